"""Fault switches change what is on the wire, and only there: tests/faults shows what a client makes of it."""

from __future__ import annotations

import http.client
from pathlib import Path

import pytest

from tests.unit.recorder.player import Player
from vssx import xml
from vssx.onvif import device, replay, search, soap
from vssx.onvif.namespaces import SOAP11
from vssx.recorder.fault_registry import read_faults
from vssx.recorder.server import RecorderServer
from vssx.rtsp.message import Response
from vssx.rtsp.rtp import RtpPacket, parse_rtp, replay_extension


def serving(recordings: Path, *faults: str) -> RecorderServer:
    return RecorderServer(recordings, faults=read_faults(faults))


def asked(server: RecorderServer, body: xml.Element, path: str = "/onvif/device_service") -> tuple[int, str, bytes]:
    """Status, declared length and whole body of an answer, read until the connection ends."""
    connection = http.client.HTTPConnection("127.0.0.1", server.http_port, timeout=10)
    connection.request("POST", path, soap.render(body), {"Connection": "close"})
    answer = connection.getresponse()
    declared, answer.length = answer.headers["Content-Length"], None
    data = answer.read()
    connection.close()
    return answer.status, declared, data


THREE = search.get_recording_information("three")
REPLAY = replay.get_replay_uri(replay.ReplayUriRequest(recording_token="three"))
UNKNOWN = search.get_recording_information("nothing")


@pytest.mark.parametrize(
    ("fault", "request_body", "there", "missing"),
    [
        ("bom", device.get_scopes(), b"\xef\xbb\xbf<?xml", b""),
        ("latin-1", THREE, b"K\xfcche", "Küche".encode()),
        ("soap11", device.get_scopes(), SOAP11.encode(), b"2003/05/soap-envelope"),
        ("soap11-fault", device.get_scopes(), b"<faultcode>s:Server</faultcode>", b":Code>"),
        ("fault-400", device.get_scopes(), b"GetScopes failed", b""),
        ("garbage-soap", device.get_scopes(), b"<html>", b"Envelope"),
        ("undeclared-prefix", UNKNOWN, b"ter:InvalidArgVal", b"xmlns:ter"),
        ("times-without-z", THREE, b"LatestRecording>2024-05-01T12:01:0", b"Z<"),
        ("earliest-1970", THREE, b"EarliestRecording>1970-01-01T", b""),
        ("summary-1970", search.get_recording_summary(), b"DataFrom>1970-01-01T", b""),
        ("no-tracks", THREE, b"RecordingToken>three<", b"TrackToken"),
        ("sparse", THREE, b"RecordingToken>three<", b"EarliestRecording"),
        ("source-address", THREE, b"Address>camera 1<", b""),
        ("services-only", device.get_capabilities(), b"Device>", b"search_service"),
        ("capabilities-only", device.get_services(), b"device_service", b"search_service"),
        ("no-get-services", device.get_services(), b"ActionNotSupported", b"device_service"),
        ("inside-xaddr", device.get_services(), b"http://198.51.100.1:", b"127.0.0.1"),
        ("unknown-host", device.get_services(), b"http://recorder.invalid:", b"127.0.0.1"),
        ("wrong-port", device.get_services(), b"http://127.0.0.1:1/", b""),
        ("inside-rtsp", REPLAY, b"rtsp://198.51.100.1:", b"127"),
        ("uri-query", REPLAY, b"/three?onvifreplayext=1<", b""),
        ("upper-case", REPLAY, b"RTSP://127.0.0.1", b"rtsp://"),
        ("daylight-off", device.get_system_date_and_time(), b"DaylightSavings>true<", b""),
    ],
)  # fmt: skip
def test_what_soap_answers(
    fault: str, request_body: xml.Element, there: bytes, missing: bytes, recordings: Path
) -> None:
    with serving(recordings, fault) as server:
        _, declared, body = asked(server, request_body)
    assert there in body
    assert not missing or missing not in body
    assert int(declared) == len(body)
    with RecorderServer(recordings) as honest:
        assert asked(honest, request_body)[2] != body


@pytest.mark.parametrize("difference", [20, -20])
def test_declared_length(difference: int, recordings: Path) -> None:
    with serving(recordings, f"content-length={difference}") as server:
        _, declared, body = asked(server, device.get_scopes())
    assert int(declared) == len(body) + difference


@pytest.mark.parametrize("status", [429, 503])
def test_two_refusals_then_an_answer(status: int, recordings: Path) -> None:
    with serving(recordings, f"busy={status}") as server:
        assert [asked(server, device.get_scopes())[0] for _ in range(3)] == [status, status, 200]


def test_the_connection_closes_without_a_word(recordings: Path) -> None:
    with serving(recordings, "close-each") as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.http_port, timeout=10)
        connection.request("POST", "/onvif/device_service", soap.render(device.get_scopes()))
        answer = connection.getresponse()
        assert answer.headers.get("Connection") is None
        answer.read()
        assert connection.sock.recv(1) == b""
        connection.close()


@pytest.mark.parametrize(
    ("fault", "header", "there", "missing"),
    [
        ("content-base-bare", "/recordings/three", b"", b""),
        ("upper-case", "RTSP://127.0.0.1", b"a=control:RTSP://127.0.0.1", b"control:rtsp"),
        ("foreign-control", "rtsp://", b"a=control:rtsp://198.51.100.1/recordings/three/VIDEO001", b""),
        ("control-query", "rtsp://", b"/recordings/three?session=7\r\n", b"a=control:*"),
        ("sets-in-band", "rtsp://", b"packetization-mode=1", b"sprop"),
        ("metadata", "rtsp://", b"m=application", b""),
    ],
)
def test_descriptions(fault: str, header: str, there: bytes, missing: bytes, recordings: Path) -> None:
    with serving(recordings, fault) as server, Player(f"{server.rtsp_url}three") as player:
        answer = player.request("DESCRIBE")
    base = answer.headers.get("Content-Base")
    assert header in base
    assert base.endswith("/") == (fault != "content-base-bare")
    assert there in answer.body
    assert not missing or missing not in answer.body


def played(recordings: Path, *faults: str) -> tuple[list[RtpPacket], Player, Response]:
    """Every RTP packet of a recording, in the order of their arrival."""
    with serving(recordings, *faults) as server, Player(f"{server.rtsp_url}three") as player:
        player.setup()
        answer = player.play()
        for _ in player.units():
            pass
        return [parse_rtp(packet) for packet in player.packets], player, answer


@pytest.fixture(scope="module")
def honest(recordings: Path) -> list[RtpPacket]:
    return played(recordings)[0]


def extensions(packets: list[RtpPacket]) -> list[object]:
    return [found for packet in packets if (found := replay_extension(packet)) is not None]


def test_extensions(recordings: Path, honest: list[RtpPacket]) -> None:
    kinds = len({packet.payload_type for packet in honest})
    assert {one.cseq for one in extensions(honest)} != {0}
    assert {one.cseq for one in extensions(played(recordings, "cseq-zero")[0])} == {0}
    assert extensions(played(recordings, "no-extension")[0]) == []
    assert len(extensions(played(recordings, "extension-once")[0])) == kinds
    assert all(one.clean_point for one in extensions(played(recordings, "extension-on-clean-points")[0]))
    packets = played(recordings, "bits-on-one-packet=last")[0]
    assert len(extensions(packets)) == len(packets)
    assert all(replay_extension(packet).clean_point <= packet.marker for packet in packets)
    assert any(one.clean_point for one in extensions(packets))
    assert not any(
        one.end_of_section or one.discontinuity
        for one in extensions(played(recordings, "no-gap-bits")[0])
        if not one.terminal
    )
    assert {one.utc_ns % 1_000_000_000 for one in extensions(played(recordings, "whole-seconds")[0])} <= {0, 999999999}
    assert max(one.ntp_time >> 32 for one in extensions(played(recordings, "unset-clock=1900")[0])) < 100


def test_packets(recordings: Path, honest: list[RtpPacket]) -> None:
    assert {packet.marker for packet in honest} == {True}  # one packet an access unit
    assert {packet.marker for packet in played(recordings, "marker-never")[0]} == {False}
    assert len({packet.ssrc for packet in honest}) == 2
    assert len({packet.ssrc for packet in played(recordings, "same-ssrc")[0]}) == 1
    assert len({packet.ssrc for packet in played(recordings, "ssrc-change")[0]}) == 4
    assert len(played(recordings, "loss=10")[0]) == len(honest) - len(honest) // 10
    assert len(played(recordings, "duplicate=10")[0]) == len(honest) + len(honest) // 10
    swapped = played(recordings, "reorder=20")[0]
    assert [packet.payload for packet in swapped] != [packet.payload for packet in honest]
    assert sorted(packet.payload for packet in swapped) == sorted(packet.payload for packet in honest)
    loose = played(recordings, "loose-interleaving=60")[0]
    assert {packet.payload_type for packet in loose[:24]} == {honest[0].payload_type}
    assert {packet.payload_type for packet in honest[:24]} == {96, 97}
    assert played(recordings, "sender-reports")[1].reports[0].ntp_time > 0
    assert all(report.ntp_time == 0 for report in played(recordings)[1].reports)


def test_answers_to_play(recordings: Path) -> None:
    assert played(recordings)[2].headers.get("Range").startswith("clock=")
    assert played(recordings, "range-npt")[2].headers.get("Range") == "npt=0-"
    assert "Range" not in played(recordings, "range-missing")[2].headers
