"""TLS of the recorder: its certificate, and a byte stream that two threads may use at once."""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import io
import ipaddress
import secrets
import socket
import ssl
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vssx.errors import StorageError, UsageError

_RECEIVE = 64 * 1024
_SEND = 256 * 1024
_HANDSHAKE_S = 10.0
_VALID = datetime.timedelta(days=365)
_CLOCKS_DIFFER = datetime.timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerTls:
    """What the recorder shows its clients. ``fingerprint``: SHA-256 of the certificate's DER form, hexadecimal."""

    context: ssl.SSLContext = field(repr=False)
    fingerprint: str


def tls_from_files(certificate: Path, key: Path) -> ServerTls:
    """PEM files: the certificate with what it needs of its chain, and its key without a passphrase.

    Raises UsageError where they do not fit each other, StorageError where they cannot be read.
    """
    for path in (certificate, key):
        try:
            path.read_bytes()
        except OSError as error:
            raise StorageError(error.strerror or str(error), where=str(path)) from None
    context = _context()
    try:
        # Without a passphrase given OpenSSL would ask at the terminal.
        context.load_cert_chain(certificate, key, password="")
        first = ssl.PEM_cert_to_DER_cert(_first_certificate(certificate.read_text(encoding="ascii", errors="replace")))
    except (ssl.SSLError, ValueError):
        raise UsageError(
            "not a certificate and its key",
            where=f"{certificate}, {key}",
            next_step="Give PEM files that belong together; the key without a passphrase.",
        ) from None
    return ServerTls(context=context, fingerprint=hashlib.sha256(first).hexdigest())


def _first_certificate(text: str) -> str:
    begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
    return begin + text.partition(begin)[2].partition(end)[0] + end


def self_signed(host: str) -> ServerTls:
    """A certificate of its own for ``host`` and this computer's names for itself, new at every start."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "vssx recorder")])
    now = datetime.datetime.now(tz=datetime.UTC).replace(microsecond=0)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCKS_DIFFER)
        .not_valid_after(now + _VALID)
        # Both an authority and a server: clients can take the certificate itself as the only authority.
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.SubjectAlternativeName(_names(host)), critical=False)
        .sign(key, hashes.SHA256())
    )
    # ssl reads keys from files only: one that is encrypted with a password nobody ever sees.
    password = secrets.token_bytes(32).hex().encode()
    protected = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(password),
    )
    context = _context()
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "recorder.pem"
        path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + protected)
        context.load_cert_chain(path, password=password)
    return ServerTls(context=context, fingerprint=certificate.fingerprint(hashes.SHA256()).hex())


def _usage() -> Any:  # noqa: ANN401 - cryptography is imported where it is used
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def _names(host: str) -> Sequence[Any]:
    from cryptography import x509

    names: list[Any] = []
    for text in dict.fromkeys((host, "127.0.0.1", "::1", "localhost")):
        try:
            names.append(x509.IPAddress(ipaddress.ip_address(text.partition("%")[0])))
        except ValueError:
            names.append(x509.DNSName(text.encode("idna").decode()))
    return names


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


class TlsStream:
    """A socket's calls, encrypted. One thread may receive while others send, which an SSLSocket does not allow."""

    def __init__(self, connected: socket.socket, tls: ServerTls) -> None:
        """``connected``: stays the caller's to close."""
        self._socket = connected
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = tls.context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._state = threading.Lock()  # OpenSSL's object serves one thread at a time
        self._sending = threading.Lock()  # records leave in the order in which they were made

    def handshake(self) -> None:
        """Agree with the client. Raises OSError where it does not, or takes too long."""
        self._socket.settimeout(_HANDSHAKE_S)
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                self._flush()
                if not self._fill():
                    raise ConnectionError("the client left during the TLS handshake") from None
            except ssl.SSLError:
                with contextlib.suppress(OSError):
                    self._flush()  # the alert says why
                raise
            else:
                self._flush()
                self._socket.settimeout(None)
                return

    def recv(self, size: int) -> bytes:
        """Some bytes; none at the end. Raises OSError."""
        while True:
            with self._state:
                data = self._read(size)
                answers = self._outgoing.pending
            if answers:
                self._flush()
            if data is not None:
                return data
            if not self._fill():
                return b""

    def _read(self, size: int) -> bytes | None:
        try:
            return self._tls.read(size)
        except ssl.SSLWantReadError:
            return None
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""

    def _fill(self) -> bool:
        received = self._socket.recv(_RECEIVE)
        with self._state:
            if received:
                self._incoming.write(received)
            else:
                self._incoming.write_eof()
        return bool(received)

    def recv_into(self, buffer: memoryview) -> int:
        """Like ``recv``, for a buffered reader."""
        data = self.recv(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def sendall(self, data: bytes) -> None:
        """Send all of it. Raises OSError."""
        view = memoryview(data)
        with self._sending:
            for start in range(0, len(view), _SEND):
                with self._state:
                    self._tls.write(view[start : start + _SEND])
                    records = self._outgoing.read()
                self._socket.sendall(records)

    def _flush(self) -> None:
        with self._sending:
            with self._state:
                records = self._outgoing.read()
            if records:
                self._socket.sendall(records)

    def say_goodbye(self) -> None:
        """Tell the client that nothing follows, so that it can tell an end from a cut."""
        with contextlib.suppress(OSError):
            with self._state, contextlib.suppress(ssl.SSLError):
                self._tls.unwrap()
            self._flush()

    def makefile(self, _mode: str, _buffering: int = -1) -> io.BufferedReader:
        """A reader, as http.server wants one."""
        return io.BufferedReader(_Raw(self))

    def shutdown(self, how: int) -> None:
        """Of the socket below."""
        self._socket.shutdown(how)

    def settimeout(self, seconds: float | None) -> None:
        """Of the socket below."""
        self._socket.settimeout(seconds)

    def setsockopt(self, level: int, option: int, value: int | bool) -> None:
        """Of the socket below."""
        self._socket.setsockopt(level, option, value)

    def getsockname(self) -> Any:  # noqa: ANN401 - as socket.socket's
        """Of the socket below."""
        return self._socket.getsockname()

    def getpeername(self) -> Any:  # noqa: ANN401 - as socket.socket's
        """Of the socket below."""
        return self._socket.getpeername()

    def fileno(self) -> int:
        """Of the socket below."""
        return self._socket.fileno()


class _Raw(io.RawIOBase):
    def __init__(self, stream: TlsStream) -> None:
        super().__init__()
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - as the base class's
        return self._stream.recv_into(memoryview(buffer))


Stream = socket.socket | TlsStream
