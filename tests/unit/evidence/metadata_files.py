"""MP4 files with metadata tracks, as an export leaves them, for tests of what is derived from them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from pathlib import Path

from tests.scene_documents import Occurrence
from tests.unit.isobmff import streams
from vssx.evidence.metadata_samples import DerivedFrom
from vssx.isobmff.frames import write_frames
from vssx.isobmff.writer import Mp4Writer
from vssx.model.event import Provenance, ProvenanceKind
from vssx.model.media import (
    NS,
    AccessUnit,
    Codec,
    CodecConfiguration,
    ReplayExtension,
    SourceTrack,
    TimeSource,
    TrackType,
)
from vssx.model.metadata import ADDED_TRACK, RECORDED_TRACK
from vssx.onvif.added_document import added_document
from vssx.onvif.metadata import notifications, read_document

START_NS = 1_714_564_800 * NS  # 2024-05-01T12:00:00Z
TICKS = 10_000
VIDEO = streams.VIDEO
RECORDED = SourceTrack(
    index=1,
    track_type=TrackType.METADATA,
    codec=Codec.ONVIF_METADATA,
    timescale=TICKS,
    token="M1",
    description=f"{RECORDED_TRACK} M1",
)
ADDED = SourceTrack(
    index=2,
    track_type=TrackType.METADATA,
    codec=Codec.ONVIF_METADATA,
    timescale=TICKS,
    description=ADDED_TRACK,
    added=True,
)
NAMES = (
    'xmlns:tt="http://www.onvif.org/ver10/schema" xmlns:wsnt="http://docs.oasis-open.org/wsn/b-2" '
    'xmlns:tns1="http://www.onvif.org/ver10/topics"'
)


def at(seconds: float) -> int:
    """UTC in ns, so many seconds behind the start."""
    return START_NS + round(seconds * NS)


def stream(*parts: str) -> bytes:
    """A tt:MetadataStream with these parts."""
    return f"<tt:MetadataStream {NAMES}>{''.join(parts)}</tt:MetadataStream>".encode()


def event(*occurrences: Occurrence) -> bytes:
    """A document that tells these."""
    return stream("<tt:Event>", *(one.xml() for one in occurrences), "</tt:Event>")


def found(
    occurrence: Occurrence,
    *,
    kind: ProvenanceKind = ProvenanceKind.FOUND,
    where: str = "http://10.0.0.1/onvif/device_service",
    start_state: bool = False,
    utc_text: str = "",
) -> bytes:
    """The document that the exporter adds for an occurrence. ``utc_text``: its UtcTime as the recorder wrote it."""
    text = event(occurrence).decode()
    if utc_text:
        head, _, rest = text.partition('UtcTime="')
        text = f'{head}UtcTime="{utc_text}"{rest.partition(chr(34))[2]}'
    (notification,) = notifications(read_document(text.encode()))
    return added_document(notification, Provenance(kind=kind, where=where), start_state=start_state)


def document(
    track: SourceTrack,
    seconds: float,
    payload: bytes,
    *,
    encoding: str = "",
    time_source: TimeSource = TimeSource.REPLAY_EXTENSION,
) -> AccessUnit:
    """A sample of a metadata track."""
    extension = ReplayExtension(
        ntp_time=1 << 60,
        utc_ns=at(seconds),
        clean_point=True,
        end_of_section=False,
        discontinuity=False,
        terminal=False,
        cseq=1,
    )
    return AccessUnit(
        track=track.index,
        payload=payload,
        run=0,
        run_start_ns=START_NS,
        ticks=round(seconds * TICKS),
        timescale=TICKS,
        clean_point=True,
        configuration=CodecConfiguration(codec=Codec.ONVIF_METADATA, profile=encoding),
        time_source=time_source,
        extension=extension if time_source is TimeSource.REPLAY_EXTENSION else None,
    )


def pictures(seconds: float, begin: float = 0.0) -> Iterable[AccessUnit]:
    """One clean picture a second."""
    for number in range(int(seconds)):
        yield streams.video(
            round((begin + number) * 90_000),
            streams.nal(b"\x65abc"),
            clean=True,
            run_start_ns=START_NS,
            duration=90_000,
        )


def write(
    root: Path,
    documents: Iterable[AccessUnit],
    *,
    seconds: float = 60,
    begin: float = 0.0,
    directory: str = "cam",
    name: str = "cam_1",
    tracks: tuple[SourceTrack, ...] = (VIDEO, RECORDED, ADDED),
    video: bool = True,
) -> DerivedFrom:
    """An MP4 with its frames.csv.gz in ``root/data/directory``."""
    place = root / "data" / directory
    place.mkdir(parents=True, exist_ok=True)
    path, journal = place / f"{name}.mp4", root / f"{name}.journal"
    units = list(documents)
    sources: dict[int, set[TimeSource]] = {}
    with Mp4Writer(path, journal, tracks) as writer:
        merged = itertools.chain(pictures(seconds, begin) if video else (), units)
        for unit in sorted(merged, key=lambda one: one.utc_ns) if video else merged:
            writer.add(unit)
            sources.setdefault(unit.track, set()).add(unit.time_source)
        writer.close(
            export_unit=streams.UNIT,
            sources={track.index: streams.SOURCES[0] for track in tracks},
            position=None,
            creation_ns=START_NS,
        )
    frames = path.with_suffix(".frames.csv.gz")
    write_frames(journal, frames)
    journal.unlink()
    return DerivedFrom(
        path=f"data/{directory}/{name}.mp4",
        frames_path=f"data/{directory}/{frames.name}",
        time_sources={
            number: tuple(sorted(sources.get(track.index, ()))) for number, track in enumerate(tracks, start=1)
        },
    )
