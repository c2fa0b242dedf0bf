"""Checks handover.json against the payload: files, sizes, digests, and the media read through ``vssx.isobmff``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from vssx.evidence.bag_check import MEDIA_SUFFIX, CheckedBag
from vssx.evidence.cartography_check import check_cartography
from vssx.evidence.claims_check import check_claims
from vssx.evidence.derivation_check import check_derived, named_files
from vssx.evidence.findings import Findings
from vssx.evidence.frames_check import frames_fault, tolerance_ns
from vssx.evidence.media_facts import MediaFacts, TrackFacts
from vssx.evidence.original_check import original_fault
from vssx.model.media import Codec
from vssx.shown import counted, shown
from vssx.times import from_xs_datetime


def check_record(root: Path, record: dict[str, Any], bag: CheckedBag, findings: Findings) -> None:
    """Add the findings about a record that follows its schema."""
    _check_sections(record, findings)
    _check_files(record, bag, findings)
    sound = set()
    for entry in _files(record):
        facts = bag.media.get(entry["path"])
        if facts is not None:
            media = _check_media(entry, facts, findings)
            frames = _check_frames(root, entry, bag, findings)
            sound |= {entry["path"]} if media and frames else set()
        elif entry["path"] in bag.digests:
            findings.failed(_media_check(entry), "is not named as an MP4 file", "FORMAT_FAILURE")
    _check_transcoded(root, record, bag, findings)
    check_derived(root, record, bag, sound, findings)
    check_cartography(root, record, bag, findings)
    check_claims(record, findings)


def _files(record: dict[str, Any]) -> list[dict[str, Any]]:
    return [entry for section in record["recordings"] for entry in section["files"]]


def _check_sections(record: dict[str, Any], findings: Findings) -> None:
    """Each recording has a directory of its own, all its files lie there, and its times are those of its files."""
    faults = []
    folded = [section["directory"].casefold() for section in record["recordings"]]
    if len(set(folded)) != len(folded):
        faults.append("two recordings share a directory")
    for section in record["recordings"]:
        inside = f"data/{section['directory']}/"
        names = [name for entry in section["files"] for name in (entry["path"], entry["frames"]) if name]
        native = [file["path"] for file in (section["native_export"] or {}).get("files", ())]
        faults += [
            f"{shown(name)} does not lie in {shown(inside)}"
            for name in (*names, *named_files(section), *native)
            if not name.startswith(inside)
        ]
        originals = {(one["file"], one["track_id"]): one["original"] for one in section["transcoded"]}
        tracks = [
            originals.get((entry["path"], track["track_id"]), track)
            for entry in section["files"]
            for track in entry["tracks"]
            if track["samples"]
        ]
        for name, stated in (
            ("first", min((track["first"] for track in tracks), key=_moment, default=None)),
            ("last", max((track["last"] for track in tracks), key=_moment, default=None)),
        ):
            told = section["delivered"][name]
            if told != stated:
                faults.append(f"{shown(inside)}: the {name} time delivered is {told}, its files say {stated}")
    findings.all_or_faults(
        "record: recordings",
        faults,
        f"{counted(len(folded), 'recording')}, each with its own files and their first and last time",
        "FORMAT_FAILURE",
    )


def _moment(text: str) -> int:
    try:
        return from_xs_datetime(text)
    except ValueError:
        return 0  # such a time is found where it is compared with the media


def _check_files(record: dict[str, Any], bag: CheckedBag, findings: Findings) -> None:
    faults = []
    paths = [entry["path"] for entry in _files(record)]
    if len(set(paths)) != len(paths):
        faults.append("names a file twice")
    for entry in _files(record):
        path = entry["path"]
        if path not in bag.digests:
            faults.append(f"{shown(path)} is not in the payload")
        elif bag.digests[path] != entry["sha256"]:
            faults.append(f"{shown(path)} has SHA-256 {bag.digests[path]}, the record says {entry['sha256']}")
        elif bag.tree.files[path] != entry["size"]:
            faults.append(f"{shown(path)} has {bag.tree.files[path]} bytes, the record says {entry['size']}")
        if entry["frames"] and entry["frames"] not in bag.digests:
            faults.append(f"{shown(entry['frames'])} is not in the payload")
    others = [name for section in record["recordings"] for name in (section["log"], *named_files(section))]
    faults += [f"{shown(name)} is not in the payload" for name in others if name not in bag.digests]
    native = [file for section in record["recordings"] for file in (section["native_export"] or {}).get("files", ())]
    for file in native:
        if file["path"] not in bag.digests:
            faults.append(f"{shown(file['path'])} is not in the payload")
        elif (bag.digests[file["path"]], bag.tree.files[file["path"]]) != (file["sha256"], file["size"]):
            faults.append(f"{shown(file['path'])} has another SHA-256 or size than the record says")
    known = {*paths, *(file["path"] for file in native)}
    faults += [
        f"{shown(name)} is a media file that the record does not name"
        for name in sorted(bag.tree.files)
        if name.startswith("data/") and name.lower().endswith(MEDIA_SUFFIX) and name not in known
    ]
    findings.all_or_faults(
        "record: files",
        faults,
        f"{counted(len(paths), 'media file')} with size and SHA-256 as recorded, no others",
        "HASH_FAILURE",
    )


def _media_check(entry: dict[str, Any]) -> str:
    return f"record: media {shown(entry['path'])}"


def _check_media(entry: dict[str, Any], media: MediaFacts | str, findings: Findings) -> bool:
    """Whether it is as the record says."""
    check = _media_check(entry)
    if isinstance(media, str):
        findings.failed(check, f"cannot be read as the record describes it: {media}", "FORMAT_FAILURE")
        return False
    facts = {track.track_id: track for track in media.tracks}
    faults = []
    recorded = {track["track_id"]: track for track in entry["tracks"]}
    if len(recorded) != len(entry["tracks"]) or set(recorded) != set(facts):
        faults.append(f"has the tracks {sorted(facts)}, the record says {[t['track_id'] for t in entry['tracks']]}")
    for track_id in sorted(set(recorded) & set(facts)):
        faults += [
            f"track {track_id}: {name} is {shown(actual)}, the record says {shown(stated)}"
            for name, actual, stated in _differences(facts[track_id], recorded[track_id])
        ]
    samples = sum(track.samples for track in facts.values())
    findings.all_or_faults(
        check,
        faults,
        f"{counted(len(facts), 'track')}, {counted(samples, 'sample')}: counts, times and the digests of all samples"
        " are as recorded",
        "HASH_FAILURE",
    )
    return not faults and media.sha256 == entry["sha256"]


def _check_frames(root: Path, entry: dict[str, Any], bag: CheckedBag, findings: Findings) -> bool:
    """Whether there is no list of frames, or a right one."""
    name, media = entry["frames"], entry["path"]
    if not name or name not in bag.digests or isinstance(bag.media[media], str):
        return not name  # the rest is said elsewhere
    fault = frames_fault(root / name, root / media)
    check = f"record: frames {shown(name)}"
    if fault:
        findings.failed(check, fault, "HASH_FAILURE")
    else:
        findings.passed(check, "every sample of the media is there once, with its place, size, time and clean points")
    return not fault


def _differences(facts: TrackFacts, stated: dict[str, Any]) -> list[tuple[str, object, object]]:
    pairs: list[tuple[str, object, object]] = [
        ("the type", facts.track_type, stated["type"]),
        ("the codec", facts.codec, stated["codec"]),
        ("the timescale", facts.timescale, stated["timescale"]),
        ("the number of samples", facts.samples, stated["samples"]),
        ("the number of clean points", facts.clean_points, stated["clean_points"]),
        ("the width", facts.width, stated["width"]),
        ("the height", facts.height, stated["height"]),
        ("the sample rate", facts.sample_rate, stated["sample_rate"]),
        ("the number of channels", facts.channels, stated["channels"]),
        ("the number of payload bytes", facts.payload_bytes, stated["payload_bytes"]),
        ("the digest of the samples", facts.digest, stated["digest"]),
        ("whether the exporter added it", facts.added, stated.get("added", facts.added)),
        ("the kinds of sample entries", list(facts.sample_entries), stated["sample_entries"]),
    ]
    found = [pair for pair in pairs if pair[1] != pair[2]]
    tolerance = tolerance_ns(facts.timescale)
    for name, actual, text in (
        ("the first time", facts.first_utc_ns, stated["first"]),
        ("the last time", facts.last_utc_ns, stated["last"]),
    ):
        try:
            difference = None if actual is None else abs(actual - from_xs_datetime(text))
        except ValueError:
            difference = None  # the schema knows the form of a time, not the length of a month
        if difference is None or difference > tolerance:
            found.append((name, "not told by the file" if actual is None else f"{actual} ns since 1970", text))
    return found


def _check_transcoded(root: Path, record: dict[str, Any], bag: CheckedBag, findings: Findings) -> None:
    """Every track that is not as recorded is there, as AAC, and so is its original, packet by packet."""
    transcoded = [(one, section) for section in record["recordings"] for one in section["transcoded"]]
    if not transcoded:
        return
    faults = []
    codecs = {
        (entry["path"], track["track_id"]): track["codec"] for entry in _files(record) for track in entry["tracks"]
    }
    for one, section in transcoded:
        original, name = one["original"], f"track {one['track_id']} of {shown(one['file'])}"
        if codecs.get((one["file"], one["track_id"])) != Codec.AAC:
            faults.append(f"{name} is said to be transcoded, but is no AAC track of the record")
        for place in (original["path"], original["index"]):
            if place not in bag.digests:
                faults.append(f"{shown(place)} is not in the payload")
            if not place.startswith(f"data/{section['directory']}/"):
                faults.append(f"{shown(place)} does not lie beside {shown(one['file'])}")
        found = bag.digests.get(original["path"], original["sha256"])
        if found != original["sha256"]:
            faults.append(f"{shown(original['path'])} has SHA-256 {found}, the record says {original['sha256']}")
        elif bag.tree.files.get(original["path"], original["size"]) != original["size"]:
            faults.append(f"{shown(original['path'])} has another size than the record says")
        there = original["path"] in bag.digests and original["index"] in bag.digests
        if there and (fault := original_fault(root, one)):
            faults.append(f"{shown(original['path'])}: {fault}")
    findings.all_or_faults(
        "record: transcoded audio",
        faults,
        f"of {counted(len(transcoded), 'track')} made AAC the original is there, every packet in its place",
        "HASH_FAILURE",
    )
