"""Small made-up streams: right in everything a container looks at, not meant to be decoded."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from pathlib import Path

from vssx.isobmff.closed_file import ClosedFile
from vssx.isobmff.read_back import side_by_side
from vssx.isobmff.writer import Mp4Writer
from vssx.model.handover import ExportUnit, Position, SourceIdentity
from vssx.model.media import (
    AccessUnit,
    Codec,
    CodecConfiguration,
    ReplayExtension,
    SourceTrack,
    TimeSource,
    TrackType,
)

START_NS = 1_700_000_000_123_456_700
SPS = bytes.fromhex("67640a0a")
PPS = bytes.fromhex("68ee3880")
VIDEO = SourceTrack(index=0, track_type=TrackType.VIDEO, codec=Codec.H264, timescale=90_000, token="VIDEO001")
AUDIO = SourceTrack(index=1, track_type=TrackType.AUDIO, codec=Codec.AAC, timescale=16_000, language="deu")
METADATA = SourceTrack(
    index=2, track_type=TrackType.METADATA, codec=Codec.ONVIF_METADATA, timescale=90_000, description="Analytics"
)
AAC = CodecConfiguration(
    codec=Codec.AAC,
    decoder_configuration=bytes.fromhex("1408"),
    sample_rate=16_000,
    channels=1,
    frame_samples=1024,
)
XML = CodecConfiguration(codec=Codec.ONVIF_METADATA)
UNIT = ExportUnit(name="Unit 7", url="http://10.0.0.1/", mac="00-11-22-33-44-55", time_ns=START_NS, operator="Ж. Doe")
SOURCES = {
    0: SourceIdentity(name="Entrance", url="rtsp://10.0.0.2/", mac="08-00-27-00-0C-15", line="1"),
    1: SourceIdentity(name="Microphone"),
    2: SourceIdentity(name="Analytics"),
}


def h264(width: int = 640, height: int = 480, **more: object) -> CodecConfiguration:
    """A configuration; different sizes make different sample entries."""
    sps = SPS + bytes([width & 0xFF, height & 0xFF])
    avcc = b"\1" + sps[1:4] + b"\xff\xe1" + len(sps).to_bytes(2, "big") + sps + b"\1\0\4" + PPS
    return CodecConfiguration(
        codec=Codec.H264,
        decoder_configuration=avcc,
        parameter_sets=(sps, PPS),
        width=width,
        height=height,
        **more,  # type: ignore[arg-type]
    )


H264 = h264(frame_duration=Fraction(1, 25))


def nal(content: bytes) -> bytes:
    """A NAL unit behind its length."""
    return len(content).to_bytes(4, "big") + content


def video(
    ticks: int,
    payload: bytes,
    *,
    clean: bool = False,
    run: int = 0,
    run_start_ns: int = START_NS,
    configuration: CodecConfiguration = H264,
    sets: bool = False,
    duration: int | None = None,
    rtp: int | None = None,
    extension: ReplayExtension | None = None,
    track: SourceTrack = VIDEO,
) -> AccessUnit:
    """An access unit of the video track."""
    return AccessUnit(
        track=track.index,
        payload=payload,
        run=run,
        run_start_ns=run_start_ns,
        ticks=ticks,
        timescale=track.timescale,
        clean_point=clean,
        configuration=configuration,
        time_source=TimeSource.REPLAY_EXTENSION if extension else TimeSource.FILE,
        has_parameter_sets=sets,
        duration_ticks=duration,
        rtp_timestamp=rtp,
        extension=extension,
    )


def audio(number: int, payload: bytes, *, run: int = 0, run_start_ns: int = START_NS) -> AccessUnit:
    """The frame of 1024 samples with this number."""
    return AccessUnit(
        track=1,
        payload=payload,
        run=run,
        run_start_ns=run_start_ns,
        ticks=number * 1024,
        timescale=16_000,
        clean_point=True,
        configuration=AAC,
        time_source=TimeSource.FILE,
        duration_ticks=1024,
    )


def gop(first: int, count: int, *, b_frames: bool = True, start: int = 0) -> list[AccessUnit]:
    """A GOP of 25 frames/s in decoding order, from frame ``first`` on: I P B P B ... with ``b_frames``."""
    order = [0]
    for number in range(1, count, 2):
        order += [number + 1, number] if b_frames and number + 1 < count else range(number, min(number + 2, count))
    return [
        video(
            start + (first + position) * 3600,
            nal(bytes([0x65 if position == 0 else 0x41, (first + position) & 0xFF, 1]) * (1 + position % 5)),
            clean=position == 0,
        )
        for position in order
    ]


def digest(payloads: Iterable[bytes]) -> str:
    """The digest of a track (plan: length in 8 bytes, payload)."""
    running = hashlib.sha256()
    for payload in payloads:
        running.update(len(payload).to_bytes(8, "big") + payload)
    return running.hexdigest()


def close(writer: Mp4Writer, *, position: Position | None = None, sample_entry: str = "auto") -> ClosedFile:
    """Close with the usual metadata."""
    return writer.close(
        export_unit=UNIT,
        sources=SOURCES,
        position=position,
        creation_ns=START_NS,
        sample_entry=sample_entry,  # type: ignore[arg-type]
    )


def write(
    path: Path,
    units: Iterable[AccessUnit],
    tracks: Sequence[SourceTrack] = (VIDEO,),
    *,
    block_bytes: int = 200,
    position: Position | None = None,
    sample_entry: str = "auto",
) -> ClosedFile:
    """Write a file with its journal beside it (suffix .journal)."""
    writer = Mp4Writer(path, journal_of(path), tracks, block_bytes=block_bytes)
    for unit in units:
        writer.add(unit)
    return close(writer, position=position, sample_entry=sample_entry)


def journal_of(path: Path) -> Path:
    """Where ``write`` puts the journal."""
    return path.with_name(path.name + ".journal")


def one_by_one(take: Callable[[int, int, memoryview], object]) -> Callable[[int, int, Sequence[int], memoryview], None]:
    """For ``read_back``: track ID, number and payload of every sample."""

    def take_many(track_id: int, number: int, sizes: Sequence[int], payloads: memoryview) -> None:
        assert sum(sizes) == len(payloads)
        for at, payload in enumerate(side_by_side(sizes, payloads), number):
            take(track_id, at, payload)

    return take_many
