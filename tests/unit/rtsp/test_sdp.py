"""Session descriptions as recorders write them, and the URLs that follow from them."""

from __future__ import annotations

import pytest

from vssx.errors import ProtocolError
from vssx.rtsp.message import Headers, Response
from vssx.rtsp.sdp import MAX_MEDIA, MAX_SDP, MediaDescription, RtpMap, build_sdp, control_urls, parse_sdp
from vssx.rtsp.session import Description

RECORDER = b"""v=0
o=- 1 2 IN IP4 192.0.2.1
s=Replay
c=IN IP4 0.0.0.0
t=0 0
a=control:*
a=range:clock=20240101T000000Z-
m=video 0 RTP/AVP 96
b=AS:5000
a=rtpmap:96 H264/90000
a=fmtp:96 packetization-mode=1;profile-level-id=640028; sprop-parameter-sets=Z0IAKA==,aM4G4g;X
a=control:trackID=1
a=x-onvif-track:VIDEO001
a=recvonly
m=audio 0 RTP/AVP 97
a=rtpmap:97 mpeg4-generic/44100/2
a=fmtp:97 streamtype=5; profile-level-id=15; mode=AAC-hbr; config=1210; SizeLength=13; IndexLength=3; IndexDeltaLength=3
a=control:trackID=2
m=application 0 RTP/AVP 107
a=rtpmap:107 VND.ONVIF.METADATA/90000
a=control:trackID=3
"""


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_a_recorders_description(end):
    session = parse_sdp(RECORDER.replace(b"\n", end))
    assert (session.name, session.control, session.range) == ("Replay", "*", "clock=20240101T000000Z-")
    assert session.other == (("c", "IN IP4 0.0.0.0"),)
    video, audio, metadata = session.media
    assert video.rtpmap == RtpMap(encoding="H264", clock_rate=90000)
    assert video.parameter_sets() == (bytes.fromhex("67420028"), bytes.fromhex("68ce06e2"))
    assert (video.track_reference, video.control, video.direction) == ("VIDEO001", "trackID=1", "recvonly")
    assert video.fmtp["packetization-mode"] == "1"
    assert audio.rtpmap == RtpMap(encoding="mpeg4-generic", clock_rate=44100, channels=2)
    assert audio.config() == bytes.fromhex("1210")
    assert audio.fmtp["sizelength"] == "13"
    assert metadata.encoding == "vnd.onvif.metadata"
    assert metadata.direction == metadata.track_reference == ""
    assert parse_sdp(build_sdp(session)) == session


def test_h265():
    media = MediaDescription(
        media="video",
        formats=("96",),
        attributes=(("rtpmap", "96 H265/90000"), ("fmtp", "96 sprop-sps=QgE=;sprop-vps=QAE=;sprop-pps=RAE=,RAI=")),
    )
    assert [nal.hex() for nal in media.parameter_sets()] == ["4001", "4201", "4401", "4402"]
    assert not media.donl
    assert MediaDescription(media="video", formats=("96",), attributes=(("fmtp", "96 sprop-max-don-diff=2"),)).donl


def test_static_payload_types():
    assert MediaDescription(media="audio", formats=("8",)).rtpmap == RtpMap(encoding="PCMA", clock_rate=8000)
    assert MediaDescription(media="audio", formats=("0",)).encoding == "pcmu"
    assert MediaDescription(media="video", formats=("96",)).rtpmap is None
    assert MediaDescription(media="video", formats=("96",)).encoding == ""
    assert MediaDescription(media="video").payload_type is None
    assert MediaDescription(media="video", formats=("900",)).payload_type is None
    assert MediaDescription(media="video").rtpmap is None


def test_attributes_of_other_payload_types_do_not_count():
    media = MediaDescription(
        media="video",
        formats=("96", "97"),
        attributes=(("rtpmap", "97 H265/90000"), ("rtpmap", "96 H264/90000"), ("fmtp", "97 a=1"), ("fmtp", "96 a=2")),
    )
    assert media.encoding == "h264"
    assert media.fmtp == {"a": "2"}


def test_broken_parts_are_passed_over():
    data = (
        b"\xef\xbb\xbfv=0\nx\n=\na=control\nm=nonsense\na=control:lost\nm=video 0 RTP/AVP 96\na=rtpmap:96 /\na=\xfc\n"
    )
    session = parse_sdp(data)
    assert [media.media for media in session.media] == ["video"]
    assert session.control == ""
    assert session.media[0].control == "", "attributes behind a broken m= line are nobody's"
    assert session.media[0].rtpmap is None
    assert session.media[0].attribute("ü") == "", "no UTF-8: latin-1"
    assert session.attribute("nothing") is None


@pytest.mark.parametrize(
    "data", [b"", b"<html>", b"a=b", bytes(MAX_SDP + 1), b"m=video 0 RTP/AVP 0\n" * (MAX_MEDIA + 2)]
)
def test_no_description(data):
    with pytest.raises(ProtocolError):
        parse_sdp(data)


@pytest.mark.parametrize("text", ["", "12x", "zz", "1"])
def test_config_that_is_none(text):
    media = MediaDescription(media="audio", formats=("97",), attributes=(("fmtp", f"97 config={text}"),))
    with pytest.raises(ProtocolError, match="config"):
        media.config()


def test_nothing_is_injected():
    with pytest.raises(ProtocolError):
        build_sdp(parse_sdp(RECORDER).__class__(name="x\r\na=evil"))
    with pytest.raises(ProtocolError):
        build_sdp(parse_sdp(RECORDER).__class__(attributes=(("a", "b\nc"),)))


@pytest.mark.parametrize(
    ("base", "control", "expected"),
    [
        ("rtsp://h/p/", "trackID=1", ("rtsp://h/p/trackID=1",)),
        ("rtsp://h/p", "trackID=1", ("rtsp://h/p/trackID=1",)),
        ("rtsp://h", "trackID=1", ("rtsp://h/trackID=1",)),
        ("rtsp://h/p", "*", ("rtsp://h/p",)),
        ("rtsp://h/p", "", ("rtsp://h/p",)),
        ("rtsp://h/p", "RTSP://192.0.2.9/p/1", ("RTSP://192.0.2.9/p/1",)),
        ("rtsp://h/p", "?ctype=video", ("rtsp://h/p?ctype=video",)),
        ("rtsp://h/p?a=1", "?ctype=video", ("rtsp://h/p?ctype=video",)),
        ("rtsp://h/p", "/p/trackID=1", ("rtsp://h/p/trackID=1", "rtsp://h/p/p/trackID=1")),
        # Axis (query kept behind the control), Vivotek (control behind the query)
        (
            "rtsp://h/axis-media/media.amp?onvifreplayext=1",
            "stream=0",
            (
                "rtsp://h/axis-media/media.amp?onvifreplayext=1/stream=0",
                "rtsp://h/axis-media/media.amp/stream=0?onvifreplayext=1",
                "rtsp://h/axis-media/media.amp/stream=0",
            ),
        ),
        (
            "rtsp://h/p/?a=1",
            "s=0?b=2",
            ("rtsp://h/p/?a=1/s=0?b=2", "rtsp://h/p/s=0?b=2&a=1", "rtsp://h/p/s=0?b=2"),
        ),
    ],
)
def test_control_urls(base, control, expected):
    assert control_urls(base, control)[: len(expected)] == expected


def test_control_of_no_url():
    with pytest.raises(ProtocolError):
        control_urls("rtsp://[::", "x")


def description(session_control):
    data = RECORDER.replace(b"a=control:*", b"a=control:" + session_control)
    return Description(session=parse_sdp(data), base_url="rtsp://h/p", response=Response(status=200, headers=Headers()))


def test_track_urls():
    star = description(b"*")
    assert star.aggregate_url == "rtsp://h/p"
    assert star.track_urls(star.session.media[0]) == ("rtsp://h/p/trackID=1",)
    absolute = description(b"rtsp://h/session?x=1")
    assert absolute.aggregate_url == "rtsp://h/session?x=1"
    assert absolute.track_urls(absolute.session.media[0]) == (
        "rtsp://h/session?x=1/trackID=1",
        "rtsp://h/session/trackID=1?x=1",
        "rtsp://h/session/trackID=1",
        "rtsp://h/p/trackID=1",
    )
