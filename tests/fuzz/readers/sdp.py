"""SDP, what is concluded from it about the tracks, control URLs, and addresses in other answers of the recorder."""

from __future__ import annotations

import contextlib

from vssx.errors import VssxError
from vssx.rtsp.sdp import build_sdp, control_urls, parse_sdp
from vssx.rtsp.session import interleaved_channels, split_url
from vssx.source.described_track import describe_tracks

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


def seeds() -> list[bytes]:
    """The first byte: 0 a description, 1 an RTSP URL, 2 a Transport header."""
    return [
        *(b"\0" + text for text in (_OF_GSTREAMER, _H265)),
        b"\1rtsp://user:p%40ss@[::1]:554/axis-media/media.amp?onvifreplayext=1",
        b'\2RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=D5567BFE;mode="PLAY"',
    ]


def read(data: bytes) -> None:
    """Read one input."""
    kind, text = data[:1], data[1:].decode("latin-1")
    if kind == b"\1":
        url, _ = split_url(text)
        assert not set(url) & set(" \r\n")
        return
    if kind == b"\2":
        assert interleaved_channels(text, 0)[0] < 256
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
        describe_tracks(session)
    build_sdp(session)
