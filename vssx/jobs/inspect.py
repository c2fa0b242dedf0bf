"""``vssx inspect``: what a media file or a handover holds, told and not judged; judging is ``vssx verify``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vssx import times
from vssx.errors import SigningError, StorageError, UnsupportedMediaError, UsageError
from vssx.evidence.digest import read_bounded
from vssx.evidence.handover_reading import file_of, read_record
from vssx.isobmff.box import Box
from vssx.isobmff.elementary import Extracted
from vssx.isobmff.reader import Movie, Track, open_movie
from vssx.model.media import TrackType
from vssx.model.metadata import ADDED_TRACK

_GAP_SECONDS = 1.0
_MAX_GAPS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """``kind``: ``file`` or ``handover``; ``document``: JSON values."""

    kind: str
    document: dict[str, Any]


def inspect(path: Path) -> Inspection:
    """Describe a file or a handover. Raises MalformedMediaError, UnsupportedMediaError, HandoverError, StorageError."""
    if path.is_dir():
        return Inspection(kind="handover", document=_handover(path))
    if not path.exists():
        raise StorageError("does not exist", where=str(path), next_step="Check the path.")
    return Inspection(kind="file", document=_file(path))


def extract(path: Path, out: Path, track_id: int | None) -> Extracted:
    """Write one track of a media file as an elementary stream. Raises as ``vssx.isobmff.elementary.extract``.

    ``path`` may be a handover with one media file. Without ``track_id``: for .aac the first audio track, else the
    first video track.
    """
    from vssx.isobmff import elementary

    if path.is_dir():
        files = _files(read_record(path))
        if len(files) != 1:
            names = ", ".join(str(file["path"]) for file in files)
            raise UsageError(
                f"holds {len(files)} media files", where=str(path), next_step=f"Name one of them: {names}."
            )
        path = file_of(path, str(files[0]["path"]))
    movie = open_movie(path)
    if track_id is not None:
        track = movie.track(track_id)
    else:
        wanted = TrackType.AUDIO if out.suffix.lower() in (".aac", ".adts") else TrackType.VIDEO
        candidates = [track for track in movie.tracks if track.track_type is wanted] or list(movie.tracks)
        if not candidates:
            raise UsageError("has no track", where=str(path))
        track = candidates[0]
    return elementary.extract(movie, track, out)


def _files(record: dict[str, Any]) -> list[dict[str, Any]]:
    return [file for section in record["recordings"] for file in section["files"]]


def _handover(root: Path) -> dict[str, Any]:
    record = read_record(root)
    signatures = sorted((root / "signatures").glob("*.p7s")) if (root / "signatures").is_dir() else []
    return {
        "path": str(root),
        "kind": "handover",
        "record": record,
        "files": [_file(file_of(root, str(file["path"]))) for file in _files(record)],
        "signatures": [_signature(path) for path in signatures],
    }


def _file(path: Path) -> dict[str, Any]:
    _refuse_others(path)
    movie = open_movie(path)
    detached = path.with_name(f"{path.name}.p7s")
    return {
        "path": str(path),
        "kind": "file",
        "size": movie.size,
        "brands": [movie.major_brand, *movie.compatible_brands],
        "created": _time(movie.creation_ns),
        "duration": movie.duration / movie.timescale if movie.timescale else None,
        "tracks": [_track(movie, track) for track in movie.tracks],
        "static_metadata": _static_metadata(movie),
        "signatures": [_signature(detached)] if detached.exists() else [],
        "remarks": list(movie.remarks),
        "boxes": [_box(box) for box in movie.boxes],
    }


def _refuse_others(path: Path) -> None:
    """Raises UnsupportedMediaError for what does not begin with a box, whatever else it may be."""
    try:
        with path.open("rb") as file:
            box_type = file.read(8)[4:]
    except OSError:
        return  # who reads it tells why it cannot be read
    if len(box_type) == 4 and not (box_type.isascii() and box_type.decode().isprintable()):
        raise UnsupportedMediaError(
            "is no MP4 file; inspect reads MP4 files and handovers",
            where=str(path),
            next_step="`vssx remux` makes a handover with MP4 files of it.",
        )


def _track(movie: Movie, track: Track) -> dict[str, Any]:
    start_ns = movie.start_ns(track)
    clean_points, first, last = 0, None, None
    gaps: list[dict[str, Any]] = []
    encodings: Counter[int] = Counter()
    if not movie.fragmented:
        usual = None
        for sample in movie.iter_samples(track):
            clean_points += sample.sync
            first = sample.composition if first is None else min(first, sample.composition)
            last = sample.composition if last is None else max(last, sample.composition)
            encodings[sample.entry] += 1
            if track.track_type is TrackType.METADATA:
                continue  # how far documents are from each other says nothing
            usual = sample.duration if usual is None else min(usual, sample.duration) or usual
            long = sample.duration - usual
            if long > _GAP_SECONDS * track.timescale and len(gaps) < _MAX_GAPS:
                end = sample.decode + sample.duration
                gaps.append(
                    {
                        "after_sample": sample.number,
                        "from": _at(start_ns, end - long, track.timescale),
                        "to": _at(start_ns, end, track.timescale),
                        "seconds": long / track.timescale,
                    }
                )
    entry = track.sample_entries[0] if track.sample_entries else None
    return {
        "track_id": track.track_id,
        "type": str(track.track_type) if track.track_type else track.handler,
        "codec": str(track.codec) if track.codec else None,
        "sample_entries": [one.code for one in track.sample_entries],
        "handler_name": track.handler_name,
        "language": track.language,
        "timescale": track.timescale,
        "duration": track.duration / track.timescale if track.timescale else None,
        "width": entry.width if entry and entry.width else None,
        "height": entry.height if entry and entry.height else None,
        "sample_rate": entry.sample_rate if entry and entry.sample_rate else None,
        "channels": entry.channels if entry and entry.channels else None,
        "metadata": _metadata(track, encodings) if track.track_type is TrackType.METADATA else None,
        "samples": track.sample_count,
        "clean_points": clean_points,
        "first": _at(start_ns, first, track.timescale),
        "last": _at(start_ns, last, track.timescale),
        "gaps": gaps,
        "edits": [{"duration": edit.duration, "media_time": edit.media_time} for edit in track.edits],
    }


def _metadata(track: Track, documents: Counter[int]) -> dict[str, Any]:
    """``documents``: how many each sample entry has."""
    entries = track.sample_entries
    return {
        "namespaces": sorted({entry.namespace for entry in entries}),
        "encodings": [
            {"encoding": entry.content_encoding or "xml", "documents": documents[number]}
            for number, entry in enumerate(entries)
        ],
        "added_by_exporter": track.handler_name == ADDED_TRACK,
    }


def _static_metadata(movie: Movie) -> dict[str, Any]:
    export = movie.export
    return {
        "suep": None
        if export is None
        else {
            "name": export.export_unit.name,
            "url": export.export_unit.url,
            "mac": export.export_unit.mac,
            "time": _time(export.export_unit.time_ns),
            "operator": export.export_unit.operator,
            "sources": [
                {"track_id": number, "name": one.name, "url": one.url, "mac": one.mac, "line": one.line}
                for number, one in export.sources
            ],
        },
        "cstb": [{"track_id": one.track_id, "start": _time(one.utc_ns)} for one in movie.start_times],
        "loci": None
        if movie.position is None
        else {
            "longitude": movie.position.longitude,
            "latitude": movie.position.latitude,
            "altitude": movie.position.altitude,
            "name": movie.position.name,
            "notes": movie.position.notes,
        },
        "ipro": [
            {"scheme": one.scheme_type, "signature_bytes": len(one.signature), "user_information": one.user_information}
            for one in movie.signatures
        ],
    }


def _signature(path: Path) -> dict[str, Any]:
    """What a detached signature says of itself. Nothing of it is checked here."""
    from cryptography import x509

    from vssx.evidence.cms import MAX_SIGNATURE, parse_signature

    try:
        signature = parse_signature(read_bounded(path, MAX_SIGNATURE), where=str(path))
        certificate = x509.load_der_x509_certificate(signature.certificate)
    except (SigningError, ValueError) as error:
        return {"path": str(path), "error": str(error)}
    return {
        "path": str(path),
        "signer": certificate.subject.rfc4514_string(),
        "issuer": certificate.issuer.rfc4514_string(),
        "algorithm": signature.algorithm,
        "claimed_signing_time": signature.signing_time.isoformat() if signature.signing_time else None,
    }


def _box(box: Box) -> dict[str, Any]:
    found: dict[str, Any] = {"type": box.box_type, "offset": box.offset, "size": box.size}
    if box.children:
        found["children"] = [_box(child) for child in box.children]
    return found


def walk_boxes(boxes: list[dict[str, Any]], depth: int = 0) -> Iterator[tuple[int, dict[str, Any]]]:
    """Depth and box, parents first."""
    for box in boxes:
        yield depth, box
        yield from walk_boxes(box.get("children", []), depth + 1)


def _at(start_ns: int | None, ticks: int | None, timescale: int) -> str | None:
    if start_ns is None or ticks is None or not timescale:
        return None
    utc_ns = start_ns + (ticks * times.NS + timescale // 2) // timescale
    return _time((utc_ns + 500) // 1000 * 1000)  # cstb tells 100 ns, a tick is longer than 1 us


def _time(ns: int | None) -> str | None:
    if ns is None:
        return None
    try:
        return times.to_xs_datetime(ns)
    except ValueError:
        return None  # a hostile or unset clock far outside of the calendar
