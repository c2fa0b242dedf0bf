"""Whose certificate is accepted, for SOAP and for RTSP, and what is written down about it."""

from __future__ import annotations

import socket
import ssl
import warnings

import pytest

from tests.unit.transport.http_server import Log, Server, http
from tests.unit.transport.rtsp_server import ScriptedServer
from tests.unit.transport.test_http import ANSWER, ask
from tests.unit.transport.tls_certificates import ELSEWHERE, Issued
from vssx.errors import NotAuthenticatedError, RecorderUnreachableError, UsageError
from vssx.model.acquisition import Credentials
from vssx.model.network import TlsPolicy
from vssx.transport.http import SoapHttpClient
from vssx.transport.rtsp import RtspClient
from vssx.transport.tls import TlsConnector

INSECURE = TlsPolicy(insecure=True)


@pytest.fixture(scope="module")
def issued(tmp_path_factory) -> Issued:
    return Issued(tmp_path_factory.mktemp("tls"))


def soap_over(issued: Issued, policy: TlsPolicy, log: Log) -> SoapHttpClient:
    """Asks a SOAP server with this certificate once."""
    server = Server(lambda _request: http(200, ANSWER), tls=issued.context())
    try:
        client = SoapHttpClient(server.url.replace("http:", "https:"), None, timeout=5, observe=log, tls=policy)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            ask(client)
            ask(client)
        client.close()
        return client
    finally:
        server.close()


def rtsp_over(issued: Issued, policy: TlsPolicy, log: Log) -> None:
    """The same with RTSP."""
    public = [("Public", "PLAY")]
    with ScriptedServer(
        lambda server, request: server.codec.response(request.cseq, 200, public), tls=issued.context()
    ) as server:
        url = server.url.replace("rtsp:", "rtsps:")
        with RtspClient(url, timeout_s=5, observe=log, tls=policy) as client:
            assert client.options() == {"PLAY"}
            assert client.transport == "RTP over RTSP over TLS over TCP (interleaved)"
            assert [told.subject for told in client.assumptions] == (["TLS"] if policy.insecure else [])
            assert all(issued.sha256 in told.detail for told in client.assumptions)


EITHER = pytest.mark.parametrize("over", [soap_over, rtsp_over])


@EITHER
def test_an_unknown_authority_is_refused(over, issued):
    with pytest.raises(RecorderUnreachableError, match=r"unknown authority.*--ca.*--fingerprint.*--insecure"):
        over(issued, TlsPolicy(), Log())


@EITHER
@pytest.mark.parametrize(
    ("policy", "verified"),
    [
        (lambda issued: TlsPolicy(ca_file=issued.ca), "ca"),
        (lambda issued: TlsPolicy(fingerprints=("00" * 32, issued.sha256)), "pinned"),
        (lambda _issued: INSECURE, "no"),
    ],
)
def test_who_is_trusted_is_told_once(over, issued, policy, verified):
    log = Log()
    over(issued, policy(issued), log)
    [told] = log.of("tls")
    assert told["verified"] == verified
    assert told["certificate_sha256"] == issued.sha256
    assert (told["subject"], told["issuer"]) == ("CN=recorder", "CN=Site authority")
    assert str(told["version"]).startswith("TLSv1.")
    assumed = [one for one in log.of("assumption") if one["subject"] == "TLS"]
    assert len(assumed) == (1 if verified == "no" and over is soap_over else 0)  # of RTSP the stream tells it
    assert all(issued.sha256 in str(one["detail"]) for one in assumed)


@EITHER
def test_another_certificate_than_the_pinned_one_is_refused_before_anything_is_sent(over, issued):
    with pytest.raises(
        RecorderUnreachableError, match=f"another certificate than the pinned one: SHA-256 {issued.sha256}"
    ):
        over(issued, TlsPolicy(fingerprints=("00" * 32,)), Log())


@EITHER
@pytest.mark.parametrize(
    ("options", "message"),
    [({"names": ELSEWHERE}, "does not name this address"), ({"days": -1}, "has expired")],
)
def test_a_wrong_certificate_of_a_known_authority(over, tmp_path, options, message):
    wrong = Issued(tmp_path, **options)
    with pytest.raises(RecorderUnreachableError, match=message):
        over(wrong, TlsPolicy(ca_file=wrong.ca), Log())
    over(wrong, TlsPolicy(fingerprints=(wrong.sha256,)), Log())  # whoever pins it need not trust its words


@pytest.mark.parametrize("content", [None, b"", b"no certificate", b"\xff" * 10, b"x" * 1_000_000])
def test_a_ca_file_that_is_none(issued, tmp_path, content):
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError, match=r"ca\.pem"):
        soap_over(issued, TlsPolicy(ca_file=path), Log())


def test_a_recorder_that_knows_only_old_tls(issued):
    """TLS 1.1 is broken: it takes --insecure to get at such a recorder."""
    context = issued.context()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    with ScriptedServer(lambda server, request: server.codec.response(request.cseq, 200), tls=context) as server:
        url = server.url.replace("rtsp:", "rtsps:")
        pinned = RtspClient(url, timeout_s=5, tls=TlsPolicy(fingerprints=(issued.sha256,)))
        with pinned, pytest.raises(RecorderUnreachableError, match="versions of TLS that are broken"):
            pinned.options()
        log = Log()
        with RtspClient(url, timeout_s=5, tls=INSECURE, observe=log) as client:
            client.options()
        assert log.of("tls")[0]["version"] == "TLSv1.1"


def test_rtsp_without_tls_where_it_is_wanted():
    with ScriptedServer(lambda server, _request: server.codec.response(1, 200)) as server:
        client = RtspClient(server.url.replace("rtsp:", "rtsps:"), timeout_s=1)
        with client, pytest.raises(RecorderUnreachableError, match="TLS"):
            client.options()


def test_a_server_that_never_answers_the_handshake():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        client = RtspClient(f"rtsps://127.0.0.1:{silent.getsockname()[1]}/", timeout_s=0.2)
        with client, pytest.raises(RecorderUnreachableError, match="in time"):
            client.options()


@pytest.mark.parametrize(("secure", "pinned"), [(True, True), (True, False), (False, False)])
def test_basic_needs_tls_that_was_verified(issued, secure, pinned):
    """Cameras with Basic only exist; only to the recorder for certain may the password go that way."""
    seen = []

    def answer(server, request):
        seen.append(request.headers.get("Authorization"))
        if seen[-1]:
            return server.codec.response(request.cseq, 200)
        return server.codec.response(request.cseq, 401, [("WWW-Authenticate", 'Basic realm="x"')])

    with ScriptedServer(answer, tls=issued.context() if secure else None) as server:
        url = server.url.replace("rtsp:", "rtsps:") if secure else server.url
        user = Credentials(user="u", password="geheim")
        policy = TlsPolicy(fingerprints=(issued.sha256,)) if pinned else INSECURE
        with RtspClient(url, user, timeout_s=5, tls=policy) as client:
            if pinned:
                client.options()
                assert seen[-1].startswith("Basic ")
            else:
                with pytest.raises(NotAuthenticatedError, match="clear"):
                    client.options()
                assert seen == [""]


@pytest.mark.parametrize("pinned", [True, False])
def test_basic_over_http_needs_tls_that_was_verified(issued, pinned):
    def answer(request):
        if "authorization" in request.headers:
            return http(200, ANSWER)
        return http(401, b"", 'WWW-Authenticate: Basic realm="x"')

    server = Server(answer, tls=issued.context())
    url = server.url.replace("http:", "https:")
    policy = TlsPolicy(fingerprints=(issued.sha256,)) if pinned else INSECURE
    client = SoapHttpClient(url, Credentials(user="u", password="geheim"), timeout=5, observe=Log(), tls=policy)
    try:
        if pinned:
            ask(client)
        else:
            with pytest.raises(NotAuthenticatedError, match="clear"):
                ask(client)
            assert not any("authorization" in request.headers for request in server.requests)
    finally:
        client.close()
        server.close()


def test_the_systems_authorities(issued, monkeypatch):
    """SSL_CERT_FILE is how OpenSSL's own store is extended."""
    monkeypatch.setenv("SSL_CERT_FILE", str(issued.ca))
    log = Log()
    rtsp_over(issued, TlsPolicy(), log)
    assert log.of("tls")[0]["verified"] == "system"


@EITHER
def test_a_certificate_of_the_future(over, tmp_path):
    """The usual reason is a recorder, or a laptop, whose clock was never set."""
    future = Issued(tmp_path, starts=10)
    with pytest.raises(RecorderUnreachableError, match="not valid yet: one of the clocks is wrong"):
        over(future, TlsPolicy(ca_file=future.ca), Log())


def test_a_connection_for_which_no_context_can_be_made_is_closed(tmp_path):
    plain, other = socket.socketpair()
    with other, pytest.raises(UsageError, match="certificates of authorities"):
        TlsConnector(TlsPolicy(ca_file=tmp_path / "none.pem"), lambda _event: None).wrap(plain, "h", where="h")
    assert plain.fileno() == -1
