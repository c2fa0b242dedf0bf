"""Makes the files beside the MP4s of a handover again, out of their metadata tracks, and compares."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from vssx.errors import MalformedMediaError, UnsupportedMediaError
from vssx.evidence.bag_check import CheckedBag
from vssx.evidence.derived import NAMES, Derived, derive
from vssx.evidence.findings import Findings
from vssx.evidence.metadata_samples import DerivedFrom
from vssx.evidence.record import describe_alpha_events, describe_timed_metadata
from vssx.model.media import TrackType
from vssx.model.metadata import DERIVATION
from vssx.shown import counted, shown
from vssx.times import from_xs_datetime


def check_derived(
    root: Path, record: dict[str, Any], bag: CheckedBag, sound: Collection[str], findings: Findings
) -> None:
    """One finding for each recording that has metadata, or files that only metadata can have given.

    ``sound``: paths of the MP4s that are as recorded, with their lists of frames. Of the others it was said already,
    and what follows from them proves nothing. Raises StorageError.
    """
    for section in record["recordings"]:
        if not _has_any(section, bag):
            continue
        check = f"record: derived files {shown(_inside(section))}"
        if record["derivation"] != DERIVATION:
            findings.indeterminate(
                check,
                f"were made by rules {shown(record['derivation'])}; this vssx knows {DERIVATION}, so they were not made"
                " again and compared",
            )
        elif not all(entry["path"] in sound for entry in section["files"]):
            findings.indeterminate(check, "not compared, since the media is not what the record says")
        else:
            _compare(root, section, bag, check, findings)


def named_files(section: dict[str, Any]) -> list[str]:
    """Paths of what the record says was made of the metadata tracks of a recording."""
    parts = (section["timed_metadata"], section["alpha_events"])
    return [path for part in parts if part is not None for path in part["files"]]


def _inside(section: dict[str, Any]) -> str:
    return f"data/{section['directory']}/"


def _has_any(section: dict[str, Any], bag: CheckedBag) -> bool:
    if section["timed_metadata"] is not None or section["alpha_events"] is not None or _lying_there(section, bag):
        return True
    found = (bag.media.get(entry["path"]) for entry in section["files"])
    tracks = (track for facts in found if facts is not None and not isinstance(facts, str) for track in facts.tracks)
    return any(track.track_type == TrackType.METADATA for track in tracks)


def _lying_there(section: dict[str, Any], bag: CheckedBag) -> set[str]:
    return {_inside(section) + name for name in NAMES} & set(bag.digests)


def _compare(root: Path, section: dict[str, Any], bag: CheckedBag, check: str, findings: Findings) -> None:
    try:
        made = derive(
            root,
            section["directory"],
            [DerivedFrom.of_record(entry) for entry in section["files"]],
            from_ns=_time(section["asked"]["from"]),
            to_ns=_time(section["asked"]["to"]),
            write=False,
        )
    except (MalformedMediaError, UnsupportedMediaError, ValueError) as error:
        findings.failed(check, f"cannot be made again: {shown(error)}", "FORMAT_FAILURE")
        return
    there = {
        path: bag.digests[path] for path in {*named_files(section), *_lying_there(section, bag)} & set(bag.digests)
    }
    faults = [
        f"{shown(path)} is not what follows from the metadata tracks"
        if path in made.sha256
        else f"{shown(path)} follows from nothing in the metadata tracks"
        for path in sorted(there)
        if there[path] != made.sha256.get(path)
    ]
    faults += [f"{shown(path)} is missing" for path in made.sha256 if path not in there]
    faults += _differences(section, made)
    faults += map(shown, made.forgeries)
    findings.all_or_faults(check, faults, _evidence(made), "HASH_FAILURE")


def _time(text: str | None) -> int | None:
    return None if text is None else from_xs_datetime(text)


def _differences(section: dict[str, Any], made: Derived) -> list[str]:
    metadata, events = made.timed_metadata, made.alpha_events
    faults = []
    for name, actual in (
        ("timed_metadata", None if metadata is None else describe_timed_metadata(metadata)),
        ("alpha_events", None if events is None else describe_alpha_events(events)),
    ):
        stated = section[name]
        if actual is None or stated is None:
            if actual is not stated:
                faults.append(f"{name} is {'null' if stated is None else 'stated'}, the MP4s say otherwise")
            continue
        faults += [
            f"{name}: {key} is {shown(stated[key])}, from the MP4s follows {shown(value)}"
            for key, value in actual.items()
            if stated[key] != value
        ]
    return faults


def _evidence(made: Derived) -> str:
    told = []
    if (metadata := made.timed_metadata) is not None:
        told.append(counted(metadata.documents, "document"))
    if (events := made.alpha_events) is not None:
        told.append(counted(events.events, "event"))
    names = ", ".join(path.rpartition("/")[2] for path in made.sha256) or "no files"
    return f"{names}: byte for byte what follows from the metadata tracks ({', '.join(told) or 'which hold nothing'})"
