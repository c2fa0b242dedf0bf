"""``vssx keys create``, and where passphrases come from."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from vssx.evidence.keys import CreatedKey, PassphraseSource, create_key_pair
from vssx.jobs.config import read_secret

PASSPHRASE_VARIABLE = "VSSX_KEY_PASSPHRASE"  # noqa: S105 - the variable's name, not a secret


def create(directory: Path, *, name: str, elliptic: bool, days: int, passphrase: PassphraseSource) -> CreatedKey:
    """Make a trial key. Raises HandoverError when one is there already, UsageError, StorageError."""
    return create_key_pair(directory, name=name, elliptic=elliptic, days=days, passphrase=passphrase())


def passphrase_source(file: Path | None, ask: Callable[[], str | None] | None = None) -> PassphraseSource:
    """The passphrase from ``file``, else from the environment (VSSX_KEY_PASSPHRASE), else from ``ask``, else None.

    Nothing is read or asked before somebody needs it. Reading raises UsageError for an empty first line, StorageError.
    """

    def get() -> str | None:
        if file is not None:
            return read_secret(file)
        return os.environ.get(PASSPHRASE_VARIABLE) or (ask() if ask else None)

    return get
