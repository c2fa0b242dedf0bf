"""Prepares footage for server.py with PyAV, and starts the server. Independent of vssx's own demuxer."""

from __future__ import annotations

import json
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av

from tests import peers

NS = 1_000_000_000
_CLOCK = 90_000
_1900_1970_NS = 2_208_988_800 * NS
_PYTHON = Path("/usr/bin/python3")
_SERVER = Path(__file__).with_name("server.py")
_GIVEN = {
    "h264": ("video/x-h264,stream-format=avc,alignment=au", "rtph264pay config-interval=-1"),
    "hevc": ("video/x-h265,stream-format=hvc1,alignment=au", "rtph265pay config-interval=-1"),
    "aac": ("audio/mpeg,mpegversion=4,stream-format=raw", "rtpmp4gpay"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One sample as given to the server, with the absolute presentation time it was given."""

    utc_ns: int
    key: bool
    payload: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """A track that no file holds: its caps and payloader, and (UTC in ns, duration in ns, payload) of its buffers."""

    caps: str
    payloader: str
    buffers: tuple[tuple[int, int, bytes], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Documents:
    """A metadata track: (UTC in ns, document as it goes over the wire) in the order of sending.

    ``size``: of the largest payload of an RTP packet; ``shared``: documents of one time that stand next to each other
    are one access unit: one RTP timestamp, the marker on the last packet of all. Packets are made here, RFC 3550 by
    hand, since GStreamer has no payloader for them in Debian.
    """

    documents: tuple[tuple[int, bytes], ...]
    encoding: str = "VND.ONVIF.METADATA"
    size: int = 1400
    shared: bool = False

    def caps(self, number: int) -> str:
        """``number``: of the track."""
        return (
            f"application/x-rtp,media=(string)application,payload=(int){96 + number},clock-rate=(int){_CLOCK},"
            f"encoding-name=(string){self.encoding}"
        )

    def packets(self, number: int) -> list[tuple[int, bool, int, bytes]]:
        """(UTC in ns, first of its document, 0, RTP packet)."""
        out: list[tuple[int, bool, int, bytes]] = []
        for index, (utc_ns, document) in enumerate(self.documents):
            more = self.shared and index + 1 < len(self.documents) and self.documents[index + 1][0] == utc_ns
            timestamp = (utc_ns * _CLOCK // NS + 4_711) & 0xFFFFFFFF
            for at in range(0, len(document), self.size):
                marker = 0x80 if at + self.size >= len(document) and not more else 0
                head = struct.pack(">BBHII", 0x80, marker | 96 + number, (65_000 + len(out)) & 0xFFFF, timestamp, 77)
                out.append((utc_ns, at == 0, 0, head + document[at : at + self.size]))
        return out


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """What a server serves where: the samples of each track in decoding order; of metadata the documents."""

    url: str
    tracks: tuple[tuple[Sent, ...], ...]


def _samples(path: Path, stream_index: int, start_ns: int) -> list[tuple[int, bool, int, bytes]]:
    with av.open(str(path), options={"ignore_editlist": "1"}) as container:
        stream = container.streams[stream_index]
        assert stream.time_base is not None
        packets = [packet for packet in container.demux(stream) if packet.size and packet.pts is not None]
        first = min(Fraction(packet.pts) for packet in packets)

        def ns(ticks: Fraction | int) -> int:
            return int(ticks * stream.time_base * NS)

        return [
            (start_ns + ns(packet.pts - first), packet.is_keyframe, ns(packet.duration or 0), bytes(packet))
            for packet in packets
        ]


def _caps(path: Path, stream_index: int) -> tuple[str, str, str]:
    with av.open(str(path)) as container:
        stream = container.streams[stream_index]
        codec = stream.codec_context.name.replace("libdav1d", "")
        caps, payloader = _GIVEN[codec]
        caps += f",codec_data=(buffer){(stream.codec_context.extradata or b'').hex()}"
        if stream.type == "video":
            return f"{caps},width={stream.width},height={stream.height}", payloader, codec
        return f"{caps},rate={stream.rate},channels={stream.channels}", payloader, codec


@contextmanager
def serving(
    path: Path,
    work: Path,
    *,
    start_ns: int,
    streams: tuple[int, ...] = (0,),
    ends: bool = False,
    gap: tuple[int, int] | None = None,
    tls: Path | None = None,
    sounds: tuple[Sound, ...] = (),
    metadata: tuple[Documents, ...] = (),
) -> Iterator[Served]:
    """Serve ``streams`` of ``path`` so that each track's first presentation time is ``start_ns``.

    ``gap``: (number of the video sample it stands before, its length in ns): all later times move by that.
    ``tls``: PEM file with certificate and key. ``sounds``, then ``metadata``: further tracks.
    """
    if not _PYTHON.exists():
        peers.missing(str(_PYTHON))
    probe = "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer"
    if subprocess.run([str(_PYTHON), "-c", probe], capture_output=True, check=False).returncode:
        peers.missing("gst-rtsp-server for /usr/bin/python3 (python3-gi, gir1.2-gst-rtsp-server-1.0)")
    described, tracks = [], []
    for index in streams:
        caps, payloader, _ = _caps(path, index)
        described.append({"caps": caps, "payloader": payloader})
        tracks.append(_samples(path, index, start_ns))
    if gap is not None:
        after = tracks[0][gap[0]][0]
        tracks = [[(pts + gap[1] if pts >= after else pts, *rest) for pts, *rest in track] for track in tracks]
    for sound in sounds:
        described.append({"caps": sound.caps, "payloader": sound.payloader})
        tracks.append([(utc_ns, True, duration, payload) for utc_ns, duration, payload in sound.buffers])
    sent = [tuple(Sent(utc_ns=pts, key=key, payload=payload) for pts, key, _, payload in track) for track in tracks]
    for track in metadata:
        number = len(tracks)
        described.append({"caps": track.caps(number), "payloader": ""})
        tracks.append(track.packets(number))
        sent.append(tuple(Sent(utc_ns=utc_ns, key=True, payload=document) for utc_ns, document in track.documents))
    rows = [
        [number, pts + _1900_1970_NS, key, duration, len(payload)]
        for number, track in enumerate(tracks)
        for pts, key, duration, payload in track
    ]
    prepared = work / "footage.bin"
    with prepared.open("wb") as file:
        file.write(json.dumps({"tracks": described, "samples": rows}).encode() + b"\n")
        for track in tracks:
            for *_, payload in track:
                file.write(payload)
    command = [
        str(_PYTHON),
        str(_SERVER),
        str(prepared),
        *(["--eos"] if ends else []),
        *(["--tls", str(tls)] if tls else []),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            assert line.startswith("ready "), "the GStreamer server did not start"
            yield Served(url=line.split()[1], tracks=tuple(sent))
        finally:
            process.kill()
