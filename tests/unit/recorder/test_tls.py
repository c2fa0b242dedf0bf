"""TLS of the recorder: certificates, handshakes, two threads at one stream."""

from __future__ import annotations

import contextlib
import hashlib
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.certificates import entity
from vssx.errors import StorageError, UsageError
from vssx.recorder.server import RecorderServer
from vssx.recorder.tls import ServerTls, TlsStream, self_signed, tls_from_files

HOST = "127.0.0.1"
REQUEST = b"OPTIONS * RTSP/1.0\r\nCSeq: %d\r\n\r\n"


@pytest.fixture(scope="module")
def own() -> ServerTls:
    return self_signed(HOST)


@pytest.fixture(scope="module")
def encrypted(recordings: Path, own: ServerTls) -> Iterator[RecorderServer]:
    with RecorderServer(recordings, tls=own) as server:
        yield server


def trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def connected(port: int, context: ssl.SSLContext) -> ssl.SSLSocket:
    return context.wrap_socket(socket.create_connection((HOST, port), timeout=10), server_hostname=HOST)


def test_both_ports_show_the_certificate(encrypted: RecorderServer, own: ServerTls) -> None:
    for port in (encrypted.http_port, encrypted.rtsp_port):
        with connected(port, trusting()) as client:
            shown = client.getpeercert(binary_form=True)
            assert hashlib.sha256(shown or b"").hexdigest() == own.fingerprint
    assert encrypted.http_url.startswith("https://")
    assert encrypted.rtsp_url.startswith("rtsps://")


def test_the_certificate_is_enough_to_verify_it(encrypted: RecorderServer) -> None:
    with connected(encrypted.rtsp_port, trusting()) as client:
        pem = ssl.DER_cert_to_PEM_cert(client.getpeercert(binary_form=True) or b"")
    with connected(encrypted.rtsp_port, ssl.create_default_context(cadata=pem)) as client:
        client.sendall(REQUEST % 1)
        assert client.recv(100).startswith(b"RTSP/1.0 200 OK")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_versions(encrypted: RecorderServer, version: ssl.TLSVersion) -> None:
    context = trusting()
    context.minimum_version = context.maximum_version = version
    with connected(encrypted.rtsp_port, context) as client:
        client.sendall(REQUEST % 1)
        assert client.recv(100).startswith(b"RTSP/1.0 200 OK")


def test_who_does_not_encrypt_is_not_served(encrypted: RecorderServer) -> None:
    with socket.create_connection((HOST, encrypted.rtsp_port), timeout=10) as client:
        client.sendall(REQUEST % 1)
        answer = b""
        while piece := client.recv(100):
            answer += piece
        assert not answer.startswith(b"RTSP")


def test_one_thread_receives_while_another_sends(own: ServerTls) -> None:
    """Each side sends 4 MB and receives 4 MB at the same time: what an SSLSocket of Python 3.11 does not survive."""
    data = bytes(range(256)) * (1 << 14)
    plain_server, plain_client = socket.socketpair()
    server = TlsStream(plain_server, own)
    shaking = threading.Thread(target=server.handshake)
    shaking.start()
    # The client's own socket must not be used by two threads either.
    client = TlsClient(plain_client)
    shaking.join()
    received: dict[str, bytes] = {}

    def send() -> None:
        for start in range(0, len(data), 1 << 16):
            server.sendall(data[start : start + (1 << 16)])
        server.say_goodbye()

    def receive() -> None:
        pieces = []
        while piece := server.recv(1 << 16):
            pieces.append(piece)
        received["server"] = b"".join(pieces)

    threads = [threading.Thread(target=work) for work in (send, receive)]
    for thread in threads:
        thread.start()
    received["client"] = client.exchange(data)
    for thread in threads:
        thread.join()
    plain_server.close()
    plain_client.close()
    assert received == {"server": data, "client": data}


class TlsClient:
    """Sends and receives in one thread, so that neither side waits for the other."""

    def __init__(self, connected: socket.socket) -> None:
        self._secure = trusting().wrap_socket(connected, server_hostname=HOST)

    def exchange(self, data: bytes) -> bytes:
        """Give all of ``data``, take what comes up to the end."""
        self._secure.setblocking(False)
        received, position, ended = bytearray(), 0, False
        while not ended or position < len(data):
            try:
                piece = self._secure.recv(1 << 16)
                ended = ended or not piece
                received += piece
            except ssl.SSLWantReadError:
                pass
            if position < len(data):
                with contextlib.suppress(ssl.SSLWantWriteError, ssl.SSLWantReadError):
                    position += self._secure.send(data[position : position + (1 << 14)])
        self._secure.setblocking(True)
        self._secure.unwrap()
        return bytes(received)


def test_from_files(tmp_path: Path) -> None:
    one = entity("recorder.example")
    key, certificate = one.save(tmp_path / "one")
    assert tls_from_files(certificate, key).fingerprint == hashlib.sha256(one.der).hexdigest()


def test_files_that_do_not_fit(tmp_path: Path) -> None:
    key, certificate = entity("one").save(tmp_path / "one")
    other, _ = entity("two").save(tmp_path / "two")
    locked, locked_certificate = entity("three").save(tmp_path / "three", passphrase=b"secret")
    for pair in ((certificate, other), (key, key), (locked_certificate, locked)):
        with pytest.raises(UsageError, match="not a certificate and its key"):
            tls_from_files(*pair)
    with pytest.raises(StorageError, match="No such file"):
        tls_from_files(certificate, tmp_path / "missing.pem")
