"""Checks the cartography of a handover: files, profile, GeoJSON, the row of each recording and what loci says."""

from __future__ import annotations

import json
import math
import os
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from itertools import zip_longest
from pathlib import Path
from typing import IO, Any

from vssx import __version__
from vssx.cartography.camera_values import camera_of
from vssx.cartography.geojson import write_geojson
from vssx.cartography.loci import loci_of
from vssx.cartography.matching import CameraIndex, RecordingIdentity
from vssx.cartography.profile_reading import MAX_PROFILE, read_profile
from vssx.cartography.profile_writer import write_profile
from vssx.errors import HandoverError, MalformedMediaError, StorageError
from vssx.evidence.bag_check import CheckedBag
from vssx.evidence.cartography import ABOUT_CARTOGRAPHY, CSV_PATH, DIRECTORY, GEOJSON_PATH
from vssx.evidence.digest import open_regular, read_bounded
from vssx.evidence.findings import Findings
from vssx.model.cartography import MapCamera
from vssx.model.handover import Position
from vssx.shown import counted, shown

_MAX_LINE = 1 << 20
"""Bytes of a line of cameras.geojson: no camera and no sector has more."""
_INSIDE = f"{DIRECTORY}/"
_STEP = 1 / 65536
"""Of the numbers in ``loci``: degrees, metres."""
_DEGREES = 2e-7
"""Two centimetres: what another version of PROJ may compute otherwise."""
_FILES = "record: cartography files"
_ROWS = "record: cameras on the map"


def check_cartography(root: Path, record: Mapping[str, Any], bag: CheckedBag, findings: Findings) -> None:
    """Add the findings about it; none where nothing tells of one. Raises StorageError."""
    cartography = record.get("cartography")
    lying_there = [name for name in bag.tree.files if name.startswith(_INSIDE)]
    matches = [(section, match) for section in record["recordings"] if (match := section.get("map_camera"))]
    if cartography is None:
        faults = [f"{shown(name)} is there, but the record tells of no cartography" for name in sorted(lying_there)]
        faults += [
            f"{_inside(section)} has a camera on the map, but the record no cartography" for section, _ in matches
        ]
        if faults:
            findings.all_or_faults(_FILES, faults, "", "FORMAT_FAILURE")
        return
    faults = list(_file_faults(cartography, bag, lying_there))
    findings.all_or_faults(
        _FILES,
        faults,
        f"{counted(len(lying_there), 'file')}, those of the record, what was given as it was",
        "HASH_FAILURE",
    )
    wanted = {row: section for section, match in matches if (row := _row(match)) is not None}
    if not faults:
        _check_tables(root, cartography, wanted, record, findings)
    _check_matches(record, findings)
    for section, match in matches:
        _check_loci(section, match, record, bag, findings)


def _file_faults(cartography: Mapping[str, Any], bag: CheckedBag, lying_there: list[str]) -> Iterator[str]:
    given = [cartography["source"], *filter(None, [cartography["mapping"]]), *cartography["plans"]]
    named = [file["path"] for file in given] + [CSV_PATH, GEOJSON_PATH]
    if (cartography["csv"], cartography["geojson"]) != (CSV_PATH, GEOJSON_PATH):
        yield f"the table and its GeoJSON are not said to be {CSV_PATH} and {GEOJSON_PATH}"
    if len(set(named)) != len(named):
        yield "names a file twice"
    for file in given:
        path = file["path"]
        if path in bag.digests and (bag.digests[path], bag.tree.files[path]) != (file["sha256"], file["size"]):
            yield f"{shown(path)} has another SHA-256 or size than the record says"
    for path in named:
        if not path.startswith(_INSIDE):
            yield f"{shown(path)} does not lie in {_INSIDE}"
        elif path not in bag.digests:
            yield f"{shown(path)} is not in the payload"
    for path in sorted(set(lying_there) - set(named)):
        yield f"{shown(path)} is a file that the record does not name"


def _check_tables(
    root: Path,
    cartography: Mapping[str, Any],
    wanted: Mapping[bytes, Mapping[str, Any]],
    record: Mapping[str, Any],
    findings: Findings,
) -> None:
    """That the profile is one, that GeoJSON says the same, and that the rows of the recordings are there."""
    seen: set[bytes] = set()
    read = [0]

    def cameras() -> Iterator[MapCamera]:
        for line, camera in read_profile(table, CSV_PATH):
            read[0] += 1
            if line in wanted:
                seen.add(line)
            yield camera

    geojson_check = f"record: {GEOJSON_PATH}"
    try:
        table = read_bounded(root / CSV_PATH, MAX_PROFILE)
        rows = cameras()
        with os.fdopen(open_regular(root / GEOJSON_PATH), "rb") as drawn:
            differing = _differing(drawn, write_geojson(rows))
        deque(rows, maxlen=0)  # behind a difference the rest of the table is still to be read
    except (MalformedMediaError, HandoverError) as problem:
        findings.failed(f"record: {CSV_PATH}", shown(problem), "FORMAT_FAILURE")
        return
    faults = [
        f"{_inside(section)}: its row is not among the cameras" for row, section in wanted.items() if row not in seen
    ]
    if read[0] != cartography["included"]:
        faults.append(f"holds {counted(read[0], 'camera')}, the record says {cartography['included']}")
    findings.all_or_faults(
        f"record: {CSV_PATH}",
        faults,
        f"follows the profile: {counted(read[0], 'camera')}, those of the recordings among them",
        "FORMAT_FAILURE",
    )
    if differing is None:
        findings.passed(geojson_check, "says what cameras.csv says, and its view sectors follow from that")
    elif differing.geometry and not _same_version(record):
        findings.indeterminate(
            geojson_check, f"{differing.text}; another version of vssx made it: it may draw otherwise"
        )
    else:
        findings.failed(geojson_check, differing.text, "FORMAT_FAILURE")


class _Differing:
    """Where GeoJSON is not what follows from the table; ``geometry``: in the shape of a sector only."""

    def __init__(self, line: int, text: str, *, geometry: bool) -> None:
        self.geometry = geometry
        self.text = f"line {line} {text}"


def _differing(drawn: IO[bytes], made: Iterable[bytes]) -> _Differing | None:
    """``drawn``: the GeoJSON of the handover; it may be longer than memory."""
    for number, (actual, expected) in enumerate(zip_longest(_stored_lines(drawn), _lines(made)), 1):
        if actual == expected:
            continue
        if actual is None or expected is None:
            return _Differing(number, "is missing" if actual is None else "is one too many", geometry=False)
        try:
            one, other = (json.loads(line.strip().rstrip(b",")) for line in (actual, expected))
        except (ValueError, RecursionError):
            return _Differing(number, f"is not what follows from cameras.csv: {shown(actual[:100])}", geometry=False)
        if not _alike(one, other):
            sector = isinstance(one, dict) and isinstance(other, dict) and "sector" in str(other.get("id"))
            geometry = sector and {**one, "geometry": None} == {**other, "geometry": None}
            what = "draws another view sector than" if geometry else "is not what"
            return _Differing(number, f"{what} follows from cameras.csv", geometry=geometry)
    return None


def _stored_lines(file: IO[bytes]) -> Iterator[bytes]:
    """Raises StorageError."""
    try:
        yield from iter(lambda: file.readline(_MAX_LINE), b"")
    except OSError as error:
        raise StorageError(
            f"cannot be read: {error.strerror}", where=GEOJSON_PATH, next_step="Check the medium."
        ) from error


def _lines(parts: Iterable[bytes]) -> Iterator[bytes]:
    """The parts, which break anywhere, as lines."""
    rest = b""
    for part in parts:
        *whole, rest = (rest + part).split(b"\n")
        yield from (line + b"\n" for line in whole)
    if rest:
        yield rest


def _alike(one: object, other: object) -> bool:
    """Equal, but for what is less than the width of a hand in a coordinate."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_alike(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_alike, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=0, abs_tol=_DEGREES)
    return type(one) is type(other) and one == other


def _row(match: Mapping[str, Any]) -> bytes | None:
    """The line of cameras.csv that a camera of the record has to be; None where it is no camera."""
    try:
        camera = camera_of(match["camera"])
    except ValueError:
        return None
    _, line = write_profile((camera,))
    return line


def _check_matches(record: Mapping[str, Any], findings: Findings) -> None:
    faults = []
    found = 0
    for section in record["recordings"]:
        match = section.get("map_camera")
        if match is None:
            if not any(one["subject"] == ABOUT_CARTOGRAPHY for one in section["assumptions"]):
                faults.append(f"{_inside(section)} has no camera on the map, and nothing says why")
            continue
        found += 1
        faults += [f"{_inside(section)}: {fault}" for fault in _match_faults(section, match)]
    findings.all_or_faults(
        _ROWS,
        faults,
        f"{found} of {counted(len(record['recordings']), 'recording')} have one, by an identifier that is theirs",
        "FORMAT_FAILURE",
    )


def _match_faults(section: Mapping[str, Any], match: Mapping[str, Any]) -> Iterator[str]:
    try:
        camera = camera_of(match["camera"], line=match["line"])
    except ValueError as problem:
        yield shown(problem)
        return
    recording = section["recording"]
    if recording is not None:  # what a local file tells of its camera is not all in the record
        source = recording["source"]
        identity = RecordingIdentity(
            token=recording["token"],
            source_id=source["source_id"],
            names=(source["name"],),
            address=source["address"],
            track_tokens=tuple(track["token"] for track in recording["tracks"]),
        )
        by = CameraIndex((camera,), "cameras.csv").find(identity).matched_by
        if by != match["matched_by"]:
            yield f"{shown(camera.camera_id)} is not its {match['matched_by']}"
    if camera.placed and match["loci"] is None:
        yield "its row gives a position, but the record none for loci"


def _check_loci(
    section: Mapping[str, Any],
    match: Mapping[str, Any],
    record: Mapping[str, Any],
    bag: CheckedBag,
    findings: Findings,
) -> None:
    stated = match["loci"]
    if stated is None:
        return
    check = f"record: loci {shown(_inside(section))}"
    position = Position(**stated)
    faults = []
    for entry in section["files"]:
        facts = bag.media.get(entry["path"])
        if facts is None or isinstance(facts, str):
            continue  # said elsewhere
        if facts.position is None:
            faults.append(f"{shown(entry['path'])} tells no position")
        elif not _same_position(facts.position, position, _STEP) or (
            (facts.position.name, facts.position.notes) != (_stored(position.name), _stored(position.notes))
        ):
            faults.append(f"{shown(entry['path'])} tells another position than the record")
    if faults:
        findings.all_or_faults(check, faults, "", "FORMAT_FAILURE")
        return
    try:
        computed = loci_of(camera_of(match["camera"]))
    except ValueError:
        computed = None
    if computed is not None and _same_position(computed, position, 10 * _DEGREES):
        findings.passed(check, "every MP4 tells the position of the record, which follows from the camera's row")
    elif _same_version(record):
        findings.failed(check, "is not what follows from the row of the camera", "FORMAT_FAILURE")
    else:
        findings.indeterminate(
            check, "is not what this vssx computes from the row of the camera; another version made it"
        )


def _same_position(one: Position, other: Position, tolerance: float) -> bool:
    pairs = ((one.longitude, other.longitude), (one.latitude, other.latitude), (one.altitude, other.altitude))
    return all(math.isclose(*pair, rel_tol=0, abs_tol=tolerance) for pair in pairs)


def _stored(text: str) -> str:
    """As ``loci`` keeps a text."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def _same_version(record: Mapping[str, Any]) -> bool:
    return bool(record["versions"].get("vssx") == __version__)


def _inside(section: Mapping[str, Any]) -> str:
    return f"data/{section['directory']}/"
