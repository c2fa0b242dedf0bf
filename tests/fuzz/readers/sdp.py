"""SDP, what is concluded from it about the tracks, control URLs, and addresses in other answers of the recorder."""

from __future__ import annotations

import contextlib

from vssx.errors import VssxError
from vssx.rtsp.sdp import build_sdp, control_urls, parse_sdp
from vssx.rtsp.session import answered_with_tcp, interleaved_channels, server_ports, split_url
from vssx.source.described_track import depacketizer_of, describe_tracks

_OF_GSTREAMER = b"""v=0\r\no=- 15800175609579559720 1 IN IP4 127.0.0.1\r\ns=Session streamed with GStreamer\r
i=rtsp-server\r\nt=0 0\r\na=tool:GStreamer\r\na=type:broadcast\r\na=control:*\r\na=range:npt=3923553600-\r
m=video 0 RTP/AVP 96\r\nc=IN IP4 0.0.0.0\r\na=rtpmap:96 H264/90000\r
a=fmtp:96 packetization-mode=1;sprop-parameter-sets=Z2QAHqzZQKAv+XARAAADAAYAAAMBZg8WLZY=,aOviSyLA\r
a=control:stream=0\r\na=x-onvif-track:VIDEO000\r\na=recvonly\r\nm=audio 0 RTP/AVP 97\r
a=rtpmap:97 MPEG4-GENERIC/48000/2\r\na=fmtp:97 mode=AAC-hbr;config=1190;sizelength=13;indexlength=3;indexdeltalength=3\r
a=control:stream=1\r\na=x-onvif-track:AUDIO001\r\na=recvonly\r\n"""
_H265 = b"""v=0
s=-
t=0 0
m=video 0 RTP/AVP 98
a=rtpmap:98 H265/90000
a=fmtp:98 sprop-vps=QAEMAf//IUAAAAMAgAAAAwAAAwB7EwJA;sprop-pps=RAHANzwEbJA=;sprop-max-don-diff=2
a=control:rtsp://10.0.0.1/r?token=a&track=1
m=application 0 RTP/AVP 107
a=rtpmap:107 vnd.onvif.metadata/90000
a=sendonly
"""
_AUDIO = b"""v=0
s=-
t=0 0
m=audio 0 RTP/AVP 0
a=x-onvif-track:A1
m=audio 0 RTP/AVP 97
a=rtpmap:97 MP4A-LATM/48000
a=fmtp:97 profile-level-id=1;cpresent=0;object=2;config=400023203fc0
m=audio 0 RTP/AVP 98
a=rtpmap:98 AAL2-G726-24/8000
m=audio 0 RTP/AVP 99
a=rtpmap:99 L16/44100/2
m=audio 0 RTP/AVP 100
a=rtpmap:100 mpeg4-generic/16000
a=fmtp:100 mode=AAC-hbr; config=1408; SizeLength=13; IndexLength=3; IndexDeltaLength=3; constantDuration=1024
"""


def seeds() -> list[bytes]:
    """The first byte: 0 a description, 1 an RTSP URL, 2 a Transport header."""
    return [
        *(b"\0" + text for text in (_OF_GSTREAMER, _H265, _AUDIO)),
        b"\1rtsp://user:p%40ss@[::1]:554/axis-media/media.amp?onvifreplayext=1",
        b'\2RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=D5567BFE;mode="PLAY"',
        b"\2RTP/AVP;unicast;client_port=5000-5001;server_port=6970-6971;source=[fe80::1];ssrc=D5567BFE",
    ]


def read(data: bytes) -> None:
    """Read one input."""
    kind, text = data[:1], data[1:].decode("latin-1")
    if kind == b"\1":
        url, _ = split_url(text)
        assert not set(url) & set(" \r\n")
        return
    if kind == b"\2":
        if answered_with_tcp(text):
            assert interleaved_channels(text, 0)[0] < 256
        else:
            ports, _ = server_ports(text)
            assert ports is None or all(0 < port < 65_536 for port in ports)
        return
    session = parse_sdp(data[1:])
    for media in session.media:
        control_urls("rtsp://127.0.0.1/replay?a=b", media.control)
        control_urls(session.control, media.control)
        _ = media.payload_type, media.direction, media.fmtp, media.track_reference, media.donl
        try:
            _ = media.parameter_sets, media.config()
        except VssxError:
            continue
    with contextlib.suppress(VssxError):
        for described in describe_tracks(session)[0]:
            depacketizer_of(described)
    build_sdp(session)
