"""Ways to a recorder: from TLS to none goes nobody unasked, and what came in the clear is told."""

from __future__ import annotations

import pytest

from tests.unit.transport.http_server import Log, Server, http
from tests.unit.transport.rtsp_server import ScriptedServer
from tests.unit.transport.tls_certificates import Issued
from vssx.errors import VssxError
from vssx.model.acquisition import Credentials
from vssx.model.network import StreamTransport, TlsPolicy
from vssx.transport.rtsp import RtspClient

USER = Credentials(user="u", password="geheim")


@pytest.fixture(scope="module")
def issued(tmp_path_factory) -> Issued:
    return Issued(tmp_path_factory.mktemp("tls"))


@pytest.mark.parametrize("told", ["rtsp", "http"])
def test_a_tunnel_does_not_fall_back_from_https_to_plain_http(issued, told):
    https = Server(lambda _request: http(404, b""), tls=issued.context())
    address = https.url.replace("http:", "https:")
    with ScriptedServer(lambda server, request: server.codec.response(request.cseq, 200)) as plain:
        url = plain.url.replace("rtsp:", f"{told}:")
        client = RtspClient(
            url,
            USER,
            timeout_s=2,
            transport=StreamTransport.HTTP,
            tls=TlsPolicy(fingerprints=(issued.sha256,)),
            http_address=address,
            observe=Log(),
        )
        with client, pytest.raises(VssxError):
            client.options()
        assert plain.connections == 0
    https.close()


def test_media_in_the_clear_beside_services_over_tls_is_told():
    with ScriptedServer(lambda server, request: server.codec.response(request.cseq, 200)) as plain:
        for address, expected in (("https://127.0.0.1/onvif", 1), ("http://127.0.0.1/onvif", 0)):
            with RtspClient(plain.url, USER, timeout_s=2, http_address=address, observe=Log()) as client:
                client.options()
                told = [one for one in client.assumptions if "neither encrypted nor authenticated" in one.detail]
            assert len(told) == expected
