"""Closes a bag: record, VERIFY.txt, manifests and signatures around media that was read back (RFC 8493)."""

from __future__ import annotations

import hashlib
import re
import shutil
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from vssx import __version__
from vssx.cells import unhidden, unhidden_json
from vssx.errors import HandoverError, ReadBackMismatchError, StorageError
from vssx.evidence import manifest
from vssx.evidence.bag_check import MEDIA_SUFFIX
from vssx.evidence.by_hand import VERIFY_NAME, verify_text
from vssx.evidence.claims import claims_of
from vssx.evidence.digest import digest_file, read_bounded
from vssx.evidence.durable import sync_directory, sync_file, write_durably
from vssx.evidence.record import RECORD_NAME, build_record, tool_versions
from vssx.evidence.record_reading import MAX_RECORD, validate_record
from vssx.evidence.signature import SIGNATURE_SUFFIX, Signer
from vssx.evidence.tree import Tree, list_tree
from vssx.model.handover import Acquisition
from vssx.model.level import ExportLevel
from vssx.shown import shown
from vssx.times import to_xs_datetime

FIRST_SIGNATURE = "signatures/0001-export.p7s"
_TO_CLOSE = 200_000  # bytes: lists, signatures and what is noted beside the bag
_LINE_BREAKS = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")


def assemble(
    staging: Path,
    acquisition: Acquisition,
    *,
    signer: Signer | None,
    versions: Mapping[str, str] | None = None,
    pages: Callable[[Mapping[str, Any]], Mapping[str, bytes | None]] = lambda _: {},
) -> tuple[str, ...]:
    """Make the staging directory a whole bag; the caller removes its working files and renames it.

    Everything below ``staging/data`` becomes payload. Of MP4 files only those of ``acquisition.media`` may lie there,
    and their SHA-256 is taken from the CheckedMedia, not computed again; every other file is hashed, and those whose
    SHA-256 is known already (originals of audio, a recorder's own export) must still have it. With a signer
    each MP4 gets its detached signature beside it and the tag manifest gets ``signatures/0001-export.p7s``; without
    one the record claims no level. ``pages`` makes of the record the pages that people look at, by their names, which
    become tag files; None: there is none of this name. A second call after a cut run overwrites what the first left
    behind. All files are on the disk when it returns.

    Returns which pages could not be written, and why: they illustrate, and the bag is whole without them.

    Raises HandoverError for a payload that cannot be in a bag, ReadBackMismatchError for files that changed since they
    were checked or copied, SigningError, StorageError.
    """
    media = {checked.file.path: checked.file for checked in acquisition.media}
    signed_files = [path + SIGNATURE_SUFFIX for path in sorted(media)] if signer else []
    _check_payload(staging, list_tree(staging / "data"), acquisition)
    if signer is not None:
        for path, file in media.items():
            write_durably(staging / (path + SIGNATURE_SUFFIX), signer.sign_digest(bytes.fromhex(file.sha256)))
    tree = list_tree(staging / "data")
    known = _known_digests(acquisition)
    payload = {}
    for name in tree.files:
        path = f"data/{name}"
        payload[path] = media[path].sha256 if path in media else digest_file(staging / path).sha256
        if known.get(path, payload[path]) != payload[path]:
            raise _changed(staging, path, f"has SHA-256 {payload[path]}, but {known[path]} was written")
        sync_file(staging / path)
    for name in ("", *tree.directories):
        sync_directory(staging / "data" / name)

    created_ns = time.time_ns()
    record = build_record(
        acquisition,
        created_ns=created_ns,
        signer=signer,
        signed_files=[FIRST_SIGNATURE, *signed_files],
        versions=tool_versions() if versions is None else versions,
    )
    validate_record(record)
    text = render_json(record)
    if len(text) > MAX_RECORD:
        raise HandoverError(
            f"would have {len(text)} bytes, more than the {MAX_RECORD} that a record may have",
            where=shown(staging / RECORD_NAME),
            next_step="Export a shorter range, or fewer recordings at a time; everything received is kept.",
        )
    claimed = claims_of(acquisition, signed=signer is not None).level
    tags = {
        "bagit.txt": manifest.BAGIT_TXT,
        "bag-info.txt": _bag_info(acquisition, created_ns, tree, claimed),
        RECORD_NAME: text,
        VERIFY_NAME: verify_text(fingerprint=signer.fingerprint, subject=signer.subject) if signer else verify_text(),
        manifest.PAYLOAD_MANIFEST: manifest.render(payload),
    }
    for name, data in tags.items():
        write_durably(staging / name, data)
    unwritten = []
    for name, page in pages(record).items():
        _remove(staging / name)
        if page is None:
            continue
        try:
            _leave_room(staging, len(page))
            write_durably(staging / name, page)
            tags[name] = page
        except StorageError as error:
            unwritten.append(f"{name} {error.message}")
    tag_manifest = manifest.render({name: hashlib.sha256(data).hexdigest() for name, data in tags.items()})
    write_durably(staging / manifest.TAG_MANIFEST, tag_manifest)
    if signer is not None:
        (staging / FIRST_SIGNATURE).parent.mkdir(exist_ok=True)
        write_durably(staging / FIRST_SIGNATURE, signer.sign_digest(hashlib.sha256(tag_manifest).digest()))
    sync_directory(staging)
    return tuple(unwritten)


def _leave_room(staging: Path, size: int) -> None:
    """No page takes the room that the bag needs to be closed."""
    try:
        free = shutil.disk_usage(staging).free
    except OSError:  # whether there is room is seen when it is written
        return
    if free < size + _TO_CLOSE:
        raise StorageError("cannot be written: the disk is full", where=shown(staging))


def _remove(path: Path) -> None:
    """What an earlier run left."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(
            f"cannot be removed: {error.strerror or error}", where=shown(path), next_step="Check the permissions."
        ) from error


def render_json(record: Mapping[str, object]) -> bytes:
    """The record's bytes: indented, in UTF-8, for people as well as programs; nothing of it steers a terminal."""
    import json

    text = json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    return unhidden_json(text.encode("utf-8", "replace").decode("utf-8")).encode("utf-8")


def _known_digests(acquisition: Acquisition) -> dict[str, str]:
    """By path, of files that are no MP4 of ours: the SHA-256 that they had when they were written."""
    known = {one.original.path: one.original.sha256 for media in acquisition.media for one in media.file.transcoded}
    if acquisition.cartography is not None:
        known |= {file.path: file.sha256 for file in acquisition.cartography.originals}
    exports = (one.native_export for one in acquisition.recordings if one.native_export is not None)
    return known | {file.path: file.sha256 for export in exports for file in export.files}


def _named(acquisition: Acquisition) -> list[str]:
    """Every file that the record will name, but the logs."""
    named = [*_known_digests(acquisition)]
    for checked in acquisition.media:
        named += [checked.file.path, *filter(None, [checked.file.frames_path])]
        named += [one.original.index_path for one in checked.file.transcoded]
    if acquisition.cartography is not None:
        named += [acquisition.cartography.csv, acquisition.cartography.geojson]
    return named + [path for one in acquisition.recordings for path in one.derived_files]


def _check_payload(staging: Path, tree: Tree, acquisition: Acquisition) -> None:
    if tree.others:
        raise _unfit(staging, tree.others[0], "is neither a file nor a directory")
    media = {checked.file.path: checked.file for checked in acquisition.media}
    known = {*media, *_known_digests(acquisition)}
    folded: dict[str, str] = {}
    for name, size in tree.files.items():
        path = f"data/{name}"
        fault = manifest.path_fault(path)
        if fault is not None:
            raise _unfit(staging, name, fault)
        twin = folded.setdefault(manifest.folded_name(path), path)
        if twin != path:
            raise _unfit(staging, name, f"differs from {shown(twin)} in upper and lower case only")
        if path.lower().endswith(MEDIA_SUFFIX) and path not in known:
            raise _unfit(staging, name, "is an MP4 that nobody read back and checked")
        if path in media and media[path].size != size:
            raise _changed(staging, path, f"has {size} bytes, but {media[path].size} were checked")
    for path in _named(acquisition):
        if path.removeprefix("data/") not in tree.files:
            raise StorageError(
                "is missing",
                where=shown(staging / path),
                next_step=f"Move {shown(staging)} away and begin again.",
            )
    for directory in tree.directories:
        prefix = directory + "/"
        if not any(name.startswith(prefix) for name in tree.files):
            raise _unfit(staging, directory, "is an empty directory, which no manifest can name")


def _changed(staging: Path, path: str, what: str) -> ReadBackMismatchError:
    return ReadBackMismatchError(
        what,
        where=shown(staging / path),
        next_step="Something changed the file; everything is kept. Export again.",
    )


def _unfit(staging: Path, name: str, what: str) -> HandoverError:
    return HandoverError(what, where=shown(staging / "data" / name), next_step="Remove or rename it.")


def _bag_info(acquisition: Acquisition, created_ns: int, tree: Tree, claimed: ExportLevel | None) -> bytes:
    requested = acquisition.requested
    lines = [
        ("Bag-Software-Agent", f"vssx {__version__}"),
        ("Bagging-Date", to_xs_datetime(created_ns)[:10]),
        ("Payload-Oxum", f"{sum(tree.files.values())}.{len(tree.files)}"),
        ("External-Description", "Recordings of a video surveillance system; handover.json is the record"),
        ("Export-Level", f"{claimed} (IEC 62676-2-11)" if claimed else ""),
        ("External-Identifier", requested.exhibit),
        ("Internal-Sender-Identifier", requested.case),
        ("Contact-Name", requested.operator),
    ]
    return "".join(f"{label}: {_one_line(value)}\n" for label, value in lines if value).encode("utf-8", "replace")


def _one_line(text: str) -> str:
    # a label's value must not smuggle in another label
    return unhidden(_LINE_BREAKS.sub(" ", text).strip())


def next_signature(names: Iterable[str]) -> str:
    """Path of the next signature over the tag manifest, given the names in signatures/. Raises HandoverError."""
    numbers = [int(name[:4]) for name in names if re.match(r"[0-9]{4}-", name)]
    number = max(numbers, default=0) + 1
    if number > 9999:
        raise HandoverError("holds 9999 signatures", where="signatures", next_step="Sign a copy as a file instead.")
    return FIRST_SIGNATURE if number == 1 else f"signatures/{number:04d}-signature.p7s"


def read_tag_manifest(root: Path) -> bytes:
    """The bytes that the signatures in signatures/ cover. Raises HandoverError, StorageError."""
    return read_bounded(root / manifest.TAG_MANIFEST, manifest.MAX_MANIFEST)
