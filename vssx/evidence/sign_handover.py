"""Adds a signature to a closed handover; nothing in it is ever rewritten."""

from __future__ import annotations

import hashlib
from pathlib import Path

from vssx.errors import HandoverError, StorageError
from vssx.evidence.bag import next_signature, read_tag_manifest
from vssx.evidence.durable import create_durably, sync_directory
from vssx.evidence.signature import Signer
from vssx.evidence.verify import check_unsigned
from vssx.model.verification import Verdict
from vssx.shown import shown


def sign_handover(root: Path, signer: Signer) -> Path:
    """Check the handover, then sign its tag manifest as ``signatures/NNNN-...p7s``; returns the new file.

    The tag manifest covers every other file, so this one signature covers the handover. Files of an unsigned handover
    get no ``.p7s`` of their own: these would be payload that no manifest names, and the record goes on to say that
    the handover was made without a key and claims no level.

    Raises HandoverError for what is no handover or has a defect, SigningError, StorageError.
    """
    failed = [finding for finding in check_unsigned(root) if finding.result is Verdict.FAILED]
    if failed:
        raise HandoverError(
            f"must not be signed, {failed[0].check}: {failed[0].evidence}",
            where=shown(root),
            next_step="vssx verify tells everything that is wrong with it.",
        )
    tag_manifest = read_tag_manifest(root)
    directory = root / "signatures"
    try:
        directory.mkdir(exist_ok=True)
        name = next_signature(entry.name for entry in directory.iterdir())
    except OSError as error:
        raise StorageError(
            f"cannot be written: {error.strerror}", where=shown(directory), next_step="Sign on a writable medium."
        ) from error
    sync_directory(root)
    create_durably(root / name, signer.sign_digest(hashlib.sha256(tag_manifest).digest()))
    return root / name
