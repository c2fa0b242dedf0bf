"""What the handover sheet states of a handover: read from its lists, record and signatures, which must hold together.

The payload itself is not read: what the sheet gives is the digest that covers it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from vssx.errors import HandoverError, StorageError
from vssx.evidence import manifest
from vssx.evidence.bag_check import OVER_TAG_MANIFEST
from vssx.evidence.digest import digest_file, read_bounded
from vssx.evidence.handover_reading import require_handover
from vssx.evidence.record import RECORD_NAME
from vssx.evidence.record_reading import MAX_RECORD, parse_record
from vssx.evidence.signature_check import check_signature
from vssx.evidence.trust import load_anchors
from vssx.model.verification import SignatureFacts, Verdict
from vssx.shown import shown

_READ = {RECORD_NAME: MAX_RECORD, manifest.PAYLOAD_MANIFEST: manifest.MAX_MANIFEST}


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetFacts:
    """``record``: valid against its schema. ``tag_manifest``: hex SHA-256. ``payload_files``: how many the payload
    manifest names. ``signatures``: over the tag manifest, in the order of their numbers; they hold."""

    record: dict[str, Any]
    tag_manifest: str
    payload_files: int
    signatures: tuple[SignatureFacts, ...]


def read_sheet_facts(root: Path) -> SheetFacts:
    """Read a complete handover. Tag files must be as the tag manifest lists them, signatures over that must hold.

    Whom the certificates belong to is not judged. Raises HandoverError for what is no handover, or was changed;
    StorageError.
    """
    require_handover(root)
    root = root.resolve()
    data = _read(root, manifest.TAG_MANIFEST, manifest.MAX_MANIFEST)
    tags = manifest.parse(data, payload=False)
    if tags.faults:
        raise _changed(root, manifest.TAG_MANIFEST, tags.faults[0])
    contents = {name: _read(root, name, limit) for name, limit in _READ.items()}
    for name in {*tags.files, *contents}:
        held = hashlib.sha256(contents[name]).hexdigest() if name in contents else _digest(root, name)
        if tags.files.get(name) != held:
            raise _changed(root, name, f"it is not as {manifest.TAG_MANIFEST} lists it")
    payload = manifest.parse(contents[manifest.PAYLOAD_MANIFEST], payload=True)
    if payload.faults:
        raise _changed(root, manifest.PAYLOAD_MANIFEST, payload.faults[0])
    return SheetFacts(
        record=parse_record(contents[RECORD_NAME]),
        tag_manifest=hashlib.sha256(data).hexdigest(),
        payload_files=len(payload.files),
        signatures=tuple(_signatures(root, data)),
    )


def _read(root: Path, name: str, limit: int) -> bytes:
    return read_bounded(_present(root, name), limit)


def _digest(root: Path, name: str) -> str:
    return digest_file(_present(root, name)).sha256


def _present(root: Path, name: str) -> Path:
    if not (root / name).is_file():
        raise _changed(root, name, "it is missing")
    return root / name


def _signatures(root: Path, tag_manifest: bytes) -> list[SignatureFacts]:
    directory = root / "signatures"
    try:
        names = sorted(entry.name for entry in directory.iterdir()) if directory.is_dir() else []
    except OSError as error:
        raise StorageError(
            f"cannot be read: {error.strerror}", where=shown(directory), next_step="Check the permissions."
        ) from error
    anchors, moment = load_anchors(()), datetime.now(tz=UTC)
    found = []
    for name in filter(OVER_TAG_MANIFEST.fullmatch, names):
        checked = check_signature(
            directory / name,
            f"signatures/{name}",
            lambda algorithm: hashlib.new(algorithm, tag_manifest).hexdigest(),
            covers=manifest.TAG_MANIFEST,
            anchors=anchors,
            moment=moment,
        )
        failed = [finding for finding in checked.findings if finding.result is Verdict.FAILED]
        if failed or checked.facts is None:
            raise _changed(root, f"signatures/{name}", failed[0].evidence if failed else "cannot be read")
        found.append(checked.facts)
    return found


def _changed(root: Path, name: str, what: str) -> HandoverError:
    return HandoverError(
        f"no sheet for it: {what}",
        where=shown(root / name),
        next_step="vssx verify tells everything that is wrong with it.",
    )
