"""The SOAP client against small real HTTP servers."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.unit.transport.http_server import Log, Request, Script, Server, http
from vssx import xml
from vssx.digest_auth import AuthenticationServer, Verdict
from vssx.errors import NotAuthenticatedError, ProtocolError, RecorderUnreachableError, UsageError
from vssx.model.acquisition import Credentials
from vssx.model.network import TlsPolicy
from vssx.onvif import device, soap
from vssx.transport.busy import WAITS_S, RecorderBusyError
from vssx.transport.http import SoapHttpClient

USER = Credentials(user="user", password="geheim-ß")
PASSWORD_NEVER_SHOWN = "geheim"
ANSWER = soap.render(device.get_scopes_response(("onvif://www.onvif.org/name/x",)))
SOAP11_FAULT = (
    b'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><e:Fault><faultcode>e:Client</faultcode>'
    b"<faultstring>no such thing</faultstring></e:Fault></e:Body></e:Envelope>"
)


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    """Start servers; all end with the test."""
    servers: list[Server] = []

    def start(script: Script | bytes, **options) -> Server:
        servers.append(Server((lambda _request: script) if isinstance(script, bytes) else script, **options))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def client(server: Server | str, log: Log | None = None, credentials: Credentials | None = USER, **options):
    url = server if isinstance(server, str) else server.url
    options = {"timeout": 2.0, "pause": lambda _seconds: None, **options}
    return SoapHttpClient(url, credentials, observe=log or Log(), **options)


def ask(c: SoapHttpClient, **options) -> tuple[str, ...]:
    return device.read_get_scopes_response(c.call(c.address, device.get_scopes(), **options))


def token_of(request: Request) -> soap.UsernameToken | None:
    return soap.parse(request.body).username_token


def test_request_and_answer(serve):
    log = Log()
    server = serve(http(200, ANSWER))
    assert ask(client(server, log)) == ("onvif://www.onvif.org/name/x",)
    request = server.requests[0]
    assert request.line == "POST /onvif/device_service HTTP/1.1"
    assert request.headers["content-type"] == (
        'application/soap+xml; charset=utf-8; action="http://www.onvif.org/ver10/device/wsdl/GetScopes"'
    )
    [event] = log.of("soap")
    assert event.pop("duration_ms") >= 0
    assert event == {"operation": "GetScopes", "url": server.url, "status": 200, "fault": None}


def test_connections_are_kept(serve):
    server = serve(http(200, ANSWER))
    c = client(server)
    for _ in range(3):
        ask(c)
    assert [request.connection for request in server.requests] == [1, 1, 1]


def test_recorder_that_closes_after_each_request(serve):
    server = serve(http(200, ANSWER), keep_open=False)
    c = client(server)
    for _ in range(3):
        ask(c)
    assert len(server.requests) == 3


def test_dropped_connection_is_tried_again_once(serve):
    log = Log()
    server = serve(lambda _request: None if len(server.requests) == 2 else http(200, ANSWER))
    c = client(server, log)
    ask(c)
    ask(c)
    assert len(server.requests) == 3
    assert [event["status"] for event in log.of("soap")] == [200, None, 200]
    server = serve(lambda _request: None)
    with pytest.raises(RecorderUnreachableError, match="broke"):
        ask(client(server))
    assert len(server.requests) == 2


def test_username_token_by_the_recorders_clock(serve):
    server = serve(http(200, ANSWER))
    c = client(server)
    c.clock_offset_ns = -40 * 365 * 86_400 * 10**9
    ask(c)
    ask(c)
    tokens = [token_of(request) for request in server.requests]
    assert all(token and soap.verify_username_token(token, USER.password) for token in tokens)
    assert tokens[0].created.startswith("198")
    assert tokens[0].nonce != tokens[1].nonce
    ask(c, authenticate=False)
    assert token_of(server.requests[2]) is None


def test_no_token_without_credentials(serve):
    server = serve(http(200, ANSWER))
    ask(client(server, credentials=None))
    assert token_of(server.requests[0]) is None


@pytest.mark.parametrize("algorithms", [("MD5",), ("SHA-256",), ("SHA-256", "MD5")])
def test_http_digest(serve, algorithms):
    authentication = AuthenticationServer(credentials=USER, algorithms=algorithms)

    def script(request: Request) -> bytes:
        verdict = authentication.verify(request.headers.get("authorization"), "POST", request.line.split()[1])
        if verdict is Verdict.ACCEPTED:
            return http(200, ANSWER)
        return http(401, b"", *(f"WWW-Authenticate: {value}" for value in authentication.challenges()))

    log = Log()
    server = serve(script)
    c = client(server, log)
    ask(c)
    ask(c)
    assert [event["status"] for event in log.of("soap")] == [401, 200, 200]  # the nonce is used again
    assert PASSWORD_NEVER_SHOWN not in repr(log.events)
    wrong = client(server, log, Credentials(user="user", password="x"))
    with pytest.raises(NotAuthenticatedError):
        ask(wrong)
    with pytest.raises(NotAuthenticatedError, match="wanted"):
        ask(client(server, credentials=None))


def test_the_next_nonce_is_taken_from_the_answer(serve):
    """RFC 7616 section 3.5."""
    nonces = ["n0"]

    def script(request: Request) -> bytes:
        if f'nonce="{nonces[-1]}"' not in request.headers.get("authorization", ""):
            return http(401, b"", f'WWW-Authenticate: Digest realm="x", qop="auth", nonce="{nonces[-1]}"')
        nonces.append(f"n{len(nonces)}")
        return http(200, ANSWER, f'Authentication-Info: nextnonce="{nonces[-1]}"')

    log = Log()
    c = client(serve(script), log)
    for _ in range(3):
        ask(c)
    assert [event["status"] for event in log.of("soap")] == [401, 200, 200, 200]


def test_a_recorder_that_always_calls_the_nonce_stale(serve):
    server = serve(http(401, b"", 'WWW-Authenticate: Digest realm="x", nonce="1", stale=true'))
    with pytest.raises(NotAuthenticatedError):
        ask(client(server))
    assert len(server.requests) <= 5


def test_basic_is_not_sent_in_the_clear(serve):
    server = serve(http(401, b"", 'WWW-Authenticate: Basic realm="x"'))
    with pytest.raises(NotAuthenticatedError, match="clear"):
        ask(client(server))
    assert "authorization" not in server.requests[0].headers


@pytest.mark.parametrize("status", [200, 400, 500])
def test_fault(serve, status):
    fault = soap.Fault(code="Sender", subcodes=("InvalidArgVal", "InvalidToken"), reason="no such token")
    log = Log()
    with pytest.raises(soap.SoapFaultError, match="InvalidToken: no such token") as caught:
        ask(client(serve(http(status, soap.render_fault(fault))), log))
    assert caught.value.fault == fault
    assert log.of("soap")[0]["fault"] == "Sender/InvalidArgVal/InvalidToken"


@pytest.mark.parametrize("status", [200, 400, 401])
def test_not_authorized_fault(serve, status):
    fault = soap.Fault(code="Sender", subcodes=("NotAuthorized",), reason="sender not authorized")
    with pytest.raises(NotAuthenticatedError):
        ask(client(serve(http(status, soap.render_fault(fault)))))


def test_soap_11_fault(serve):
    with pytest.raises(soap.SoapFaultError, match="Sender: no such thing"):
        ask(client(serve(http(500, SOAP11_FAULT))))


@pytest.mark.parametrize(
    ("answer", "error", "message"),
    [
        (http(200, b"<html>hello</html>"), ProtocolError, "not a SOAP envelope"),
        (http(200, b"hello"), ProtocolError, "not well-formed"),
        (http(200, b""), ProtocolError, "not well-formed"),
        (http(200, soap.render(device.get_capabilities())), ProtocolError, "answers GetCapabilities"),
        (http(200, soap.render(device.get_scopes()).replace(b"tds:GetScopes", b"x")), ProtocolError, "answers"),
        (http(404, b"<html>gone</html>"), ProtocolError, "HTTP status 404"),
        (http(301, b"", "Location: http://u:secret@192.0.2.1/x"), ProtocolError, "another address.*192.0.2.1/x"),
        (http(403, b"no"), NotAuthenticatedError, "403"),
        (http(401, b"no"), NotAuthenticatedError, "401"),
        (b"nonsense\r\n\r\n", RecorderUnreachableError, "broke"),
        (http(200, ANSWER.replace(b"<s:Body", b"<s:Bdy").replace(b"/s:Body", b"/s:Bdy")), ProtocolError, "body"),
        (
            http(200, b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bomb">]><a>&b;</a>'),
            ProtocolError,
            "document type",
        ),
    ],
)
def test_what_is_no_answer(serve, answer, error, message):
    with pytest.raises(error, match=message) as caught:
        ask(client(serve(answer)))
    assert "GetScopes at http://127.0.0.1" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_entity_bomb_ends_quickly(serve):
    entities = b"".join(b'<!ENTITY e%d "%s">' % (i, b"&e%d;" % (i - 1) * 10) for i in range(1, 30))
    bomb = b'<?xml version="1.0"?>\n<!-- x --><!DOCTYPE a [<!ENTITY e0 "ha">' + entities + b"]><a>&e29;</a>"
    with pytest.raises(ProtocolError, match="document type"):
        ask(client(serve(http(200, bomb))))


def test_huge_answer_is_not_read_to_its_end(serve):
    sent = []

    def script(_request: Request) -> bytes:
        sent.append(1)
        return http(200, b"<a>" + b" " * (16 << 20), length=1 << 40)

    with pytest.raises(ProtocolError, match="more than 8388608 bytes"):
        ask(client(serve(script)))


def test_endless_trickle(serve):
    """Each piece comes in time, the whole never does."""
    ended = threading.Event()

    def script(request: Request) -> bytes:
        connection = server.connections[request.connection - 1]
        with contextlib.suppress(OSError):
            connection.sendall(http(200, b"", length=1 << 30))
            while not ended.wait(0.02):
                connection.sendall(b" ")
        return b""

    server = serve(script)
    with pytest.raises(RecorderUnreachableError, match="whole answer"):
        ask(client(server, timeout=0.1))
    ended.set()


@pytest.mark.parametrize(
    ("start", "piece"),
    [
        (b"", b"H"),
        (b"HTTP/1.1 200 OK\r\nX: ", b"a"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"0"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;", b"0"),
    ],
    ids=["status line", "header", "continue", "chunk size", "chunk extension"],
)
def test_header_or_chunk_size_that_trickles(serve, start, piece):
    """The time for a whole answer counts from its first byte on, not only from its body on."""
    ended = threading.Event()

    def script(request: Request) -> bytes:
        connection = server.connections[request.connection - 1]
        with contextlib.suppress(OSError):
            connection.sendall(start)
            while not ended.wait(0.02):
                connection.sendall(piece)
        return b""

    server = serve(script)
    with pytest.raises(RecorderUnreachableError, match="whole answer"):
        ask(client(server, timeout=0.1))
    ended.set()


def test_length_of_more_digits_than_python_reads(serve):
    server = serve(
        lambda _request: http(200, b"<a/>").replace(b"Length: 4", b"Length: " + b"9" * 5000), keep_open=False
    )
    with pytest.raises(ProtocolError, match="SOAP envelope"):
        ask(client(server))


@pytest.mark.parametrize("difference", [-300, -5, 1, 400])
@pytest.mark.parametrize("keep_open", [True, False])
def test_wrong_content_length(serve, difference, keep_open):
    """Shorter or longer than the body, on a kept connection or a closed one: the envelope counts, and it is said."""
    log = Log()
    server = serve(http(200, ANSWER, length=len(ANSWER) + difference), keep_open=keep_open)
    c = client(server, log, timeout=20.0)
    started = time.monotonic()
    for _ in range(3):
        assert ask(c) == ("onvif://www.onvif.org/name/x",)
    assert time.monotonic() - started < 10
    [assumption] = log.of("assumption")
    assert assumption["subject"] == "Content-Length"


def test_chunked_answer_and_byte_order_mark(serve):
    body = b"\xef\xbb\xbf" + ANSWER
    chunks = (
        b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:7], body[7:100], body[100:])) + b"0\r\n\r\n"
    )
    server = serve(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)
    c = client(server)
    ask(c)
    ask(c)
    assert [request.connection for request in server.requests] == [1, 1]


def test_answer_without_a_length(serve):
    server = serve(b"HTTP/1.0 200 OK\r\n\r\n" + ANSWER, keep_open=False)
    assert ask(client(server))


def test_latin_1_under_an_utf_8_declaration(serve):
    answer = soap.render(device.get_scopes_response(("café",))).replace("é".encode(), b"\xe9")
    assert ask(client(serve(http(200, answer)))) == ("café",)


@pytest.mark.parametrize("status", [429, 503])
def test_busy_recorder(serve, status):
    pauses = []
    server = serve(lambda _r: http(status, b"", "Retry-After: 7") if len(server.requests) == 1 else http(200, ANSWER))
    assert ask(client(server, pause=pauses.append))
    assert pauses == [7.0]
    log = Log()
    server = serve(http(status, b"", "Retry-After: Fri, 01 Jan 2027 00:00:00 GMT"))
    with pytest.raises(RecorderBusyError, match="busy"):
        ask(client(server, log, pause=pauses.append))
    assert pauses[1:] == list(WAITS_S)
    assert [f"asked again in {wait:g} s" in str(told) for wait, told in zip(WAITS_S, log.of("retry"), strict=True)]
    server = serve(http(status, b"", "Retry-After: 99999999999999999999"))
    with pytest.raises(RecorderBusyError, match="busy"):
        ask(client(server, pause=pauses.append))
    assert pauses[1 + len(WAITS_S) :] == [sum(WAITS_S)]


def test_nobody_there():
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    log = Log()
    with pytest.raises(RecorderUnreachableError, match=r"GetScopes.*127\.0\.0\.1.*refused"):
        ask(client(f"http://127.0.0.1:{port}/x", log))
    assert log.of("soap")[0]["status"] is None


def test_silence(serve):
    server = serve(lambda _request: time.sleep(1) or None)
    with pytest.raises(RecorderUnreachableError, match="in time"):
        ask(client(server, timeout=0.1))


@pytest.mark.parametrize("url", ["http://", "ftp://h/x", "http://[::1", "http://h:99999999/", "http://" + "ä" * 300])
def test_addresses_that_are_none(url):
    with pytest.raises(UsageError):
        ask(client(url))


def test_no_proxy_from_the_environment(serve, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    assert ask(client(serve(http(200, ANSWER))))


def test_secrets_appear_nowhere(serve):
    log = Log()
    server = serve(http(400, b"x"))
    c = client(server.url.replace("//", "//someone:topsecret@"), log)
    with pytest.raises(ProtocolError) as caught:
        ask(c)
    everything = repr(log.events) + str(caught.value) + repr(c.__dict__["_credentials"])
    assert "topsecret" not in everything
    assert PASSWORD_NEVER_SHOWN not in everything


def test_body_can_be_sent_again():
    """call() renders the body for each try and leaves the element alone."""
    body = device.get_scopes()
    soap.render(xml.parse(xml.serialize(body)))
    assert body.getparent() is None


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> tuple[str, str]:
    """A self-signed certificate with its key, PEM, and its SHA-256."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "recorder")])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + built.public_bytes(serialization.Encoding.PEM))
    return str(path), built.fingerprint(hashes.SHA256()).hex()


def test_tls(serve, certificate):
    """An unknown certificate is refused; with --insecure its digest is reported, as an assumption too."""
    path, digest = certificate
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    server = serve(http(200, ANSWER), tls=context)
    url = server.url.replace("http:", "https:")
    with pytest.raises(RecorderUnreachableError, match=r"TLS failed.*--insecure"):
        ask(client(url))
    log = Log()
    c = client(url, log, tls=TlsPolicy(insecure=True))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ask(c)
        ask(c)
    assert c.tls_peer
    assert c.tls_peer.certificate_sha256 == digest
    [assumption] = log.of("assumption")
    assert digest in str(assumption["detail"])


def test_plain_http_where_tls_is_wanted():
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(1)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(RecorderUnreachableError, match="TLS"):
            ask(client(f"https://127.0.0.1:{listener.getsockname()[1]}/x"))
        thread.join()
