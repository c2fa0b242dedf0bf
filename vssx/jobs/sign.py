"""``vssx sign``: a detached signature for a handover or a file."""

from __future__ import annotations

from pathlib import Path

from vssx.errors import HandoverError, StorageError
from vssx.evidence.keys import PassphraseSource, load_signer
from vssx.evidence.sign_handover import sign_handover
from vssx.evidence.signature import sign_file
from vssx.shown import shown


def sign(path: Path, *, key: Path, certificate: Path | None, passphrase: PassphraseSource) -> Path:
    """Sign and return the signature's path. Nothing that exists is changed.

    Raises HandoverError, SigningError, StorageError.
    """
    signer = load_signer(key, certificate, passphrase)
    if path.is_dir():
        return sign_handover(path, signer)
    if path.is_file():
        return sign_file(path, signer)
    if not path.exists():
        raise StorageError("does not exist", where=shown(path), next_step="Check the path.")
    raise HandoverError("neither a file nor a directory", where=shown(path), next_step="Name a handover or a file.")
