"""The recorder's HTTP side: who is let in, and what it does with what makes no sense."""

from __future__ import annotations

import errno
import http.client
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.recorder.player import Player
from vssx import xml
from vssx.digest_auth import AuthenticationClient
from vssx.model.acquisition import Credentials
from vssx.onvif import device, recording, replay, search, search_session, soap
from vssx.onvif.namespaces import TSE
from vssx.recorder.server import RecorderServer
from vssx.recorder.soap_authentication import TOKEN_WINDOW_NS, SoapAuthentication
from vssx.times import NS

CREDENTIALS = Credentials(user="Wächter", password="päss")
NOW = 1_714_564_800 * NS


@pytest.fixture(scope="module")
def locked(recordings: Path) -> Iterator[RecorderServer]:
    with RecorderServer(recordings, credentials=CREDENTIALS) as server:
        yield server


def post(
    recorder: RecorderServer, body: bytes, headers: dict[str, str] | None = None
) -> tuple[http.client.HTTPResponse, soap.Envelope]:
    connection = http.client.HTTPConnection("127.0.0.1", recorder.http_port, timeout=10)
    connection.request("POST", "/onvif/device_service", body, headers or {})
    response = connection.getresponse()
    envelope = soap.parse(response.read())
    connection.close()
    return response, envelope


def test_what_may_be_asked_without_a_password(locked: RecorderServer) -> None:
    for body in (device.get_system_date_and_time(), device.get_services(), device.get_capabilities()):
        response, envelope = post(locked, soap.render(body))
        assert response.status == 200
        assert envelope.fault is None


def test_everything_else_is_challenged(locked: RecorderServer) -> None:
    response, envelope = post(locked, soap.render(recording.get_recordings()))
    assert response.status == 401
    assert envelope.fault is not None
    assert envelope.fault.not_authenticated
    offered = response.headers.get_all("WWW-Authenticate")
    assert ["SHA-256" in offered[0], "MD5" in offered[1]] == [True, True]


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_digest(locked: RecorderServer, algorithm: str) -> None:
    body = soap.render(recording.get_recordings())
    response, _ = post(locked, body)
    offered = [value for value in response.headers.get_all("WWW-Authenticate") if f"algorithm={algorithm}," in value]
    for password, status in (("wrong", 401), (CREDENTIALS.password, 200)):
        client = AuthenticationClient(Credentials(user=CREDENTIALS.user, password=password))
        client.challenged(offered, retried=False)
        authorization = client.authorization("POST", "/onvif/device_service") or ""
        assert post(locked, body, {"Authorization": authorization})[0].status == status


def test_username_token(locked: RecorderServer) -> None:
    import time

    body = recording.get_recordings()
    for password, status in (("wrong", 400), (CREDENTIALS.password, 200)):
        token = soap.username_token(
            Credentials(user=CREDENTIALS.user, password=password), created_ns=time.time_ns(), nonce=bytes(16)
        )
        response, envelope = post(locked, soap.render(body, token=token))
        assert response.status == status
        assert (envelope.fault is not None and envelope.fault.not_authenticated) is (status == 400)


def test_token_age_and_reuse() -> None:
    now = NOW
    authentication = SoapAuthentication(CREDENTIALS, lambda: now)

    def judged(created_ns: int, nonce: bytes, user: str = CREDENTIALS.user) -> str:
        credentials = Credentials(user=user, password=CREDENTIALS.password)
        return authentication.token(soap.username_token(credentials, created_ns=created_ns, nonce=nonce))

    assert not judged(NOW, b"1" * 16)
    assert "used before" in judged(NOW, b"1" * 16)
    assert not judged(NOW, b"2" * 16)
    assert not judged(NOW - TOKEN_WINDOW_NS, b"3" * 16)
    assert "too far" in judged(NOW - TOKEN_WINDOW_NS - NS, b"4" * 16)
    assert "too far" in judged(NOW + TOKEN_WINDOW_NS + NS, b"5" * 16)
    assert "wrong" in judged(NOW, b"6" * 16, user="somebody")
    assert (
        SoapAuthentication(None, lambda: now).token(soap.UsernameToken(user="x", digest="", nonce=b"", created=""))
        == ""
    )


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "well-formed"),
        (b"<a/>", "not a SOAP envelope"),
        (b"\x00\xff", "XML"),
        (b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "document type"),
        (soap.render(xml.new(TSE, "GetNothing")), "not implemented"),
        (soap.render(xml.new("urn:x", "Y")), "no service"),
        (soap.render(search.get_recording_information("none")), "no recording"),
        (soap.render(xml.new(TSE, "GetRecordingInformation")), "RecordingToken is missing"),
        (soap.render(search_session.end_search("none")), "no such search"),
        (soap.render(replay.set_replay_configuration(NS)), "10 to 3600 seconds"),
        (
            soap.render(
                search_session.find_recordings(
                    search_session.FindRecordings(scope=search_session.SearchScope(recording_filter="count(//x)"))
                )
            ),
            "unknown function",
        ),
        (
            soap.render(
                search_session.find_events(search_session.FindEvents(start_ns=0, message_filters=("count(//x)",)))
            ),
            "not a content filter",
        ),
        (
            soap.render(
                search_session.find_events(search_session.FindEvents(start_ns=0, topics=("tns1:A//.",)))
            ).replace(b"tns1:A//.", b"tns1:A//"),
            "not a topic expression",
        ),
    ],
)
def test_faults(recorder: RecorderServer, body: bytes, said: str) -> None:
    response, envelope = post(recorder, body)
    assert envelope.fault is not None
    assert said in envelope.fault.reason
    assert response.status == envelope.fault.http_status


def test_bodies_that_are_too_large_or_of_no_length(recorder: RecorderServer) -> None:
    for headers, status in (({"Content-Length": "2000000"}, 413), ({"Transfer-Encoding": "chunked"}, 411)):
        connection = http.client.HTTPConnection("127.0.0.1", recorder.http_port, timeout=10)
        connection.putrequest("POST", "/")
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        assert connection.getresponse().status == status
        connection.close()


def test_length_of_more_digits_than_python_reads(recorder: RecorderServer, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_connection(("127.0.0.1", recorder.http_port), timeout=5) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 413 ")
    assert capsys.readouterr().err == ""


def test_addresses_name_the_host_that_the_client_wrote(recorder: RecorderServer) -> None:
    _, envelope = post(recorder, soap.render(device.get_services()), {"Host": "recorder.example:1234"})
    assert envelope.body is not None
    services = device.read_get_services_response(envelope.body)
    assert {service.xaddr.split("/")[2] for service in services} == {"recorder.example:1234"}
    request = replay.get_replay_uri(replay.ReplayUriRequest(recording_token="three"))
    for host, named in (("recorder.example:1234", "recorder.example"), ("[::1]:80", "[::1]"), ('"><x', "127.0.0.1")):
        _, envelope = post(recorder, soap.render(request), {"Host": host})
        assert envelope.body is not None
        uri = replay.read_get_replay_uri_response(envelope.body)
        assert uri == f"rtsp://{named}:{recorder.rtsp_port}/recordings/three"


def test_one_connection_for_several_requests(recorder: RecorderServer) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", recorder.http_port, timeout=10)
    for _ in range(3):
        connection.request("POST", "/", soap.render(device.get_system_date_and_time()))
        response = connection.getresponse()
        assert response.status == 200
        response.read()
    connection.close()


def test_session_timeout_is_that_of_the_configuration(recordings: Path) -> None:
    with RecorderServer(recordings) as recorder:
        post(recorder, soap.render(replay.set_replay_configuration(120 * NS)))
        with Player(f"{recorder.rtsp_url}hevc") as player:
            player.setup()
            assert player.connection.session_timeout_s == 120


def test_ipv6(recordings: Path) -> None:
    with socket.socket(socket.AF_INET6) as probe:
        if probe.connect_ex(("::1", 9)) == errno.EADDRNOTAVAIL:
            pytest.skip("this machine has no IPv6")
    request = replay.get_replay_uri(replay.ReplayUriRequest(recording_token="hevc"))
    with RecorderServer(recordings, host="::1") as recorder:
        connection = http.client.HTTPConnection("::1", recorder.http_port, timeout=10)
        connection.request("POST", "/", soap.render(request))
        envelope = soap.parse(connection.getresponse().read())
        connection.close()
        assert envelope.body is not None
        uri = replay.read_get_replay_uri_response(envelope.body)
        assert uri == f"rtsp://[::1]:{recorder.rtsp_port}/recordings/hevc"
        with Player(uri) as player:
            player.setup()
            player.play()
            assert len(list(player.units())) == 40
