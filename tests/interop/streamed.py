"""Clips of other encoders as RTP streams that a scripted server sends, faults included, and what becomes of them."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from tests.interop.media import H264_SETS, H265_SETS, extradata, nal_units, packets, sets_of
from tests.peers import need
from tests.unit.source.raw import NS, T0
from tests.unit.source.scripted_server import Script, frame, serving
from vssx.evidence.media import MediaFiles, MediaTarget, Received
from vssx.evidence.staging import open_staging
from vssx.model.handover import ExportUnit, SourceIdentity
from vssx.model.media import StreamItem
from vssx.rtsp.packetize import RtpSender, packetize_aac, packetize_h264, packetize_h265
from vssx.rtsp.rtp import make_replay_extension
from vssx.source.replay import replay

CLOCK = 90_000


class Unit(NamedTuple):
    """One access unit in decoding order; ``at``: seconds after T0."""

    nals: tuple[bytes, ...]
    at: float
    key: bool


@dataclass(frozen=True)
class Clip:
    """A clip: its parameter sets in order, and its units with none of them."""

    codec: str
    sets: tuple[bytes, ...]
    units: tuple[Unit, ...]

    @classmethod
    def read(cls, path: Path, *, start: float = 0.0) -> Clip:
        """``start``: seconds after T0 of the picture shown first."""
        codec = extradata(path)[0]
        kinds = H264_SETS if codec == "h264" else H265_SETS  # x265 puts an SEI there, too
        sets = sorted((one for one in sets_of(path) if _kind(codec, one) in kinds), key=lambda nal: _kind(codec, nal))
        found = packets(path)
        first = min(packet.pts for packet in found)
        units = tuple(
            Unit(
                tuple(nal for nal in nal_units(one.payload) if nal not in sets),
                start + float(one.pts - first),
                one.key,
            )
            for one in found
        )
        return cls(codec, tuple(sets), units)

    def in_band(self) -> tuple[Unit, ...]:
        """The units with the parameter sets before every key picture."""
        return tuple(one._replace(nals=(*self.sets, *one.nals)) if one.key else one for one in self.units)

    def sdp(self, *, sets: bool) -> str:
        """m= section; ``sets``: with the parameter sets."""
        encoded = [base64.b64encode(one).decode() for one in self.sets]
        if self.codec == "h264":
            name, parameters = "H264", ["packetization-mode=1"]
            parameters += [f"sprop-parameter-sets={','.join(encoded)}"] if sets else []
        else:
            name, parameters = "H265", []
            names = {32: "sprop-vps", 33: "sprop-sps", 34: "sprop-pps"}
            if sets:
                pairs = zip(self.sets, encoded, strict=True)
                parameters += [f"{names[_kind(self.codec, nal)]}={text}" for nal, text in pairs]
        return (
            f"m=video 0 RTP/AVP 96\r\na=rtpmap:96 {name}/{CLOCK}\r\n"
            + (f"a=fmtp:96 {';'.join(parameters)}\r\n" if parameters else "")
            + "a=control:video\r\na=x-onvif-track:VIDEO001\r\n"
        )


SESSION = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns= \r\nt=0 0\r\na=control:*\r\n"
AAC_SDP = (
    "m=audio 0 RTP/AVP 97\r\na=rtpmap:97 mpeg4-generic/48000/1\r\n"
    "a=fmtp:97 mode=AAC-hbr;config=1188;sizelength=13;indexlength=3;indexdeltalength=3\r\n"
    "a=control:audio\r\na=x-onvif-track:AUDIO001\r\n"
)


def _kind(codec: str, nal: bytes) -> int:
    return nal[0] & 31 if codec == "h264" else nal[0] >> 1 & 63


class Timed(NamedTuple):
    """Interleaved packets of one unit; ``at``: seconds after T0, by which streams are merged."""

    at: float
    data: bytes


def video(
    units: Sequence[Unit], codec: str, *, marker: str = "right", ssrc: int = 9, clean: bool = True, last: str = "T"
) -> list[Timed]:
    """``marker``: right, always, never; ``last``: bits of the last unit."""
    sender = RtpSender(payload_type=96, ssrc=ssrc, sequence=65_000)
    cut = packetize_h264 if codec == "h264" else packetize_h265
    out = []
    for number, one in enumerate(units):
        bits = last if number == len(units) - 1 else ""
        extension = make_replay_extension(
            T0 + round(one.at * NS),
            cseq=0,
            clean_point=one.key and clean,
            end_of_section="E" in bits,
            terminal="T" in bits,
        )
        data = b""
        for packet in sender.send(cut(one.nals, 300), round(one.at * CLOCK) + 12_345, extension):
            second = packet[1] | 0x80 if marker == "always" else packet[1] & 0x7F if marker == "never" else packet[1]
            data += frame(0, packet[:1] + bytes((second,)) + packet[2:])
        out.append(Timed(one.at, data))
    return out


def audio(frames: Sequence[tuple[bytes, float]], *, ssrc: int = 9, wrong_first: int = 0) -> list[Timed]:
    """AAC frames at 48 kHz, each with its time in seconds. ``wrong_first``: ticks the first RTP timestamp is off."""
    sender = RtpSender(payload_type=97, ssrc=ssrc, sequence=1)
    out = []
    for number, (content, at) in enumerate(frames):
        extension = make_replay_extension(T0 + round(at * NS), cseq=0, terminal=number == len(frames) - 1)
        rtp = round(at * 48_000) + 777 + (wrong_first if number == 0 else 0)
        out.append(Timed(at, b"".join(frame(2, one) for one in sender.send(packetize_aac(content), rtp, extension))))
    return out


def export(
    directory: Path, sdp: str, media: Sequence[bytes], *, seconds: float, cut: int = 0, **options
) -> Received | None:
    """What ``vssx export`` makes of the stream: ``seconds`` from T0 on, in ``directory``/H.partial.

    ``cut``: the run ends after so many items, with what it has on the disk; another call continues it.
    """
    script = Script(plays=[list(media), []], sdp=SESSION + sdp)
    target = MediaTarget(
        camera="cam",
        recording_token="R",
        gap_split_ns=10 * NS,
        export_unit=ExportUnit(name="vssx"),
        source=SourceIdentity(name="cam"),
    )
    given = {"credentials": None, "timeout": 2.0, "quiet_s": 0.5, **options}
    with (
        serving(script),
        open_staging(directory, "H", {}) as staging,
        MediaFiles(staging, target, lambda _: None) as files,
        replay(
            script.url,
            from_ns=T0,
            to_ns=T0 + round(seconds * NS),
            resume_from_ns=files.resume_from_ns,
            known_sets=files.known_sets,
            **given,
        ) as source,
    ):
        if not cut:
            return files.receive(source.tracks, source, lambda *_: None)
        with suppress(KeyboardInterrupt):
            files.receive(source.tracks, _cut(source, cut), lambda *_: None)
        for file in files._files:
            file.writer.checkpoint()
    return None


def _cut(items: Iterable[StreamItem], number: int) -> Iterator[StreamItem]:
    yield from islice(items, number)
    raise KeyboardInterrupt


def mp4(directory: Path) -> list[Path]:
    """Files of the export, in the order of time."""
    return sorted(directory.glob("H.partial/data/cam/*.mp4"))


def run(*command: object) -> str:
    """Standard output of a program that must succeed and say nothing on standard error."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout


def decoded(path: Path, *, scaled: bool = False) -> list[str]:
    """MD5 of every picture that ffmpeg decodes, in order of presentation. It must not complain."""
    scale = ("-vf", "scale=64:48") if scaled else ("-autoscale", "0")
    out = run(need("ffmpeg"), "-v", "error", "-i", path, "-map", "0:v:0", *scale, "-fps_mode", "passthrough",
              "-f", "framemd5", "-")  # fmt: skip
    return [line.rsplit(",", 1)[1].strip() for line in out.splitlines() if not line.startswith("#")]


def gstreamer_pictures(path: Path) -> int:
    """How many pictures GStreamer decodes."""
    out = run(need("gst-launch-1.0"), "-v", "filesrc", f"location={path}", "!", "qtdemux", "name=d", "d.video_0", "!",
              "queue", "!", "decodebin", "!", "fakesink", "sync=false", "silent=false")  # fmt: skip
    return sum("chain   **" in line for line in out.splitlines())


def streams(path: Path) -> list[dict[str, object]]:
    """ffprobe's view of the streams."""
    text = run(need("ffprobe"), "-v", "error", "-of", "json", "-show_streams", path)
    found: list[dict[str, object]] = json.loads(text)["streams"]
    return found
