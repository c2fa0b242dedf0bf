"""What clients and operators give the embedded recorder: PLAY headers, search filters, topics, TOML files."""

from __future__ import annotations

import contextlib

from tests.fuzz.readers import recordings
from tests.fuzz.readers._scratch import scratch
from vssx import xml
from vssx.onvif import topic
from vssx.onvif.xpath_dialect import parse_filter
from vssx.recorder.description import read_description
from vssx.recorder.play_request import PlayRequestError, parse_play
from vssx.rtsp.message import parse_headers

_INFORMATION = xml.parse(
    b"<R><RecordingToken>a</RecordingToken><Track><TrackType>Video</TrackType><n>3</n></Track><Track/></R>"
)


def _play(data: bytes) -> None:
    with contextlib.suppress(PlayRequestError):
        parse_play(parse_headers(data.decode("latin-1").split("\n")), 7)


def _filter(data: bytes) -> None:
    with contextlib.suppress(ValueError):
        parse_filter(data.decode("utf-8", "replace"))(_INFORMATION)


def _topic(data: bytes) -> None:
    topic.parse_expression(data.decode("utf-8", "replace")).matches("tns1:RecordingHistory/Track/State")


def _description(data: bytes) -> None:
    read_description(scratch("fuzzed.toml", data))


_READERS = (_play, _filter, _topic, _description)


def seeds() -> list[bytes]:
    """The first byte chooses the reader."""
    return [
        b"\0Range: clock=20240501T120000.5Z-20240501T120100Z\nRate-Control: no\nFrames: intra/500\nScale: -1.0",
        b"\0Range: npt=1:02:03.5-now\nImmediate: yes\nFrames: predicted\nScale: 2.0",
        b'\1boolean(//Track[TrackType = "Video"])',
        b"\1(boolean(//Track[n>=3]) and not(boolean(//Track[TrackType='Audio']))) or contains(//RecordingToken, \"a\")",
        b"\2tns1:RecordingHistory//.|tns1:RecordingHistory/Track/State",
        *(b"\3" + path.read_bytes() for path in (one.with_suffix(".toml") for one in recordings()) if path.exists()),
    ]


def read(data: bytes) -> None:
    """Read one input."""
    if data:
        _READERS[data[0] % len(_READERS)](data[1:])
