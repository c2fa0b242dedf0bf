"""Metadata tracks that were recorded: NAME.metadata.jsonl beside the media (docs/recorder.md), a document a line."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from vssx.model.media import NS, Codec, CodecConfiguration, TrackType
from vssx.model.recording import MetadataAttributes
from vssx.recorder.media_index import Section, TrackIndex
from vssx.recorder.played_sample import PlayedSample, played
from vssx.recorder.samples import StoredSample
from vssx.recorder.timed_lines import Line, TimedLines, index_lines, known_keys

SUFFIXES = (".metadata.jsonl", *(f".metadata-{number}.jsonl" for number in range(2, 10)))
TOKEN = "META001"  # noqa: S105 - the name of the first track
_KEYS = frozenset(("utc", "document", "base64"))
_PTZ, _ANALYTICS, _NOTIFICATIONS = b"PTZStatus", b"VideoAnalytics", b"NotificationMessage"


def document_of(line: Line) -> bytes:
    """The document of a line as it goes over the wire. Raises ValueError."""
    text, encoded = line.get("document"), line.get("base64")
    if (text is None) == (encoded is None):
        raise ValueError("either document or base64 must be given")
    try:
        if isinstance(text, str):
            return text.encode()
        if isinstance(encoded, str):
            return base64.b64decode(encoded, validate=True)
    except (UnicodeEncodeError, binascii.Error):
        raise ValueError("document must be text that is UTF-8, base64 the octets of a document") from None
    raise ValueError("document and base64 must be texts")


def open_metadata(
    media: Path, tracks: tuple[TrackIndex, ...], report: Callable[[Path, str], None]
) -> tuple[TrackIndex, ...]:
    """The metadata tracks of a recording with these ``tracks``: one for each of the files beside ``media``.

    What lies outside the recorded sections of the video is told to ``report`` and not served. Raises UsageError that
    names the line, StorageError.
    """
    found: list[TrackIndex] = []
    for number, suffix in enumerate(SUFFIXES, 1):
        track = _open_track(media.with_suffix(suffix), tracks, report)
        if track is not None:
            found.append(track)
            track.token = f"META{number:03d}"
            track.index += len(found)
    return tuple(found)


def _open_track(path: Path, tracks: tuple[TrackIndex, ...], report: Callable[[Path, str], None]) -> TrackIndex | None:
    total = 0
    contains: set[bytes] = set()

    def check(line: Line) -> None:
        nonlocal total
        known_keys(line, _KEYS)
        document = document_of(line)
        if not document:
            raise ValueError("an empty document")
        total += len(document)
        contains.update(kind for kind in (_PTZ, _ANALYTICS, _NOTIFICATIONS) if kind in document)

    lines = index_lines(path, check)
    if lines is None or not len(lines):
        return None
    video = next(track for track in tracks if track.track_type is TrackType.VIDEO)
    sections = list(_sections(video, lines))
    served = sum(section.last - section.first + 1 for section in sections)
    if served < len(lines):
        report(path, f"{len(lines) - served} documents lie outside what was recorded")
    if not sections:
        return None
    return TrackIndex(
        index=max(track.index for track in tracks),
        token="",
        track_type=TrackType.METADATA,
        codec=Codec.ONVIF_METADATA,
        timescale=NS,
        configuration=CodecConfiguration(codec=Codec.ONVIF_METADATA),
        start_ns=video.start_ns,
        samples=served,
        payload_bytes=total,
        sections=sections,
        documents=lines,
        holds=MetadataAttributes(
            ptz=_PTZ in contains, analytics=_ANALYTICS in contains, notifications=_NOTIFICATIONS in contains
        ),
    )


def _sections(video: TrackIndex, lines: TimedLines) -> Iterator[Section]:
    """The video's sections that hold documents; those of its first and last moment belong to it."""
    end = 0
    for section in video.sections:
        first = max(lines.at_or_after(section.start_ns), end)
        end = lines.at_or_after(section.end_ns + 1)
        if end > first:
            yield Section(
                first=first,
                last=end - 1,
                shift_ns=section.shift_ns,
                start_ns=section.start_ns,
                end_ns=section.end_ns,
                media_start_ns=section.media_start_ns,
            )


def documents(track: TrackIndex, from_ns: int, end_ns: int | None) -> Iterator[PlayedSample]:
    """Documents of the track whose times are from ``from_ns`` to before ``end_ns``. Raises UsageError, StorageError."""
    lines = track.documents
    if lines is None:
        return
    first = lines.at_or_after(from_ns)
    end = len(lines) if end_ns is None else lines.at_or_after(end_ns)
    for section in track.sections:
        for number, line in lines.forward(max(first, section.first), min(end, section.last + 1)):
            at = lines.utc_ns[number] - track.start_ns - section.shift_ns
            yield played(track, StoredSample(track.index, number, document_of(line), at, at, 0, True))


def with_documents(
    samples: Iterable[PlayedSample], tracks: Iterable[TrackIndex], from_ns: int, end_ns: int | None
) -> Iterator[PlayedSample]:
    """Documents among other samples: each before what is decoded later on the file's own time line."""
    waiting = sorted((each for track in tracks for each in _heads(documents(track, from_ns, end_ns))), key=_decoded_at)
    for sample in samples:
        while waiting and _decoded_at(waiting[0]) <= sample.decode_media_ns:
            yield from _taken(waiting)
        yield sample
    while waiting:
        yield from _taken(waiting)


_Head = tuple[PlayedSample, Iterator[PlayedSample]]


def _heads(track: Iterator[PlayedSample]) -> Iterator[_Head]:
    head = next(track, None)
    if head is not None:
        yield head, track


def _decoded_at(head: _Head) -> int:
    return head[0].decode_media_ns


def _taken(waiting: list[_Head]) -> Iterator[PlayedSample]:
    head, track = waiting.pop(0)
    yield head
    waiting.extend(_heads(track))
    waiting.sort(key=_decoded_at)
