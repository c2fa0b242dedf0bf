"""A file for readers that want a path, not bytes."""

from __future__ import annotations

import atexit
import tempfile
from pathlib import Path

_DIRECTORY = tempfile.TemporaryDirectory(prefix="vssx-fuzz-")
atexit.register(_DIRECTORY.cleanup)


def scratch(name: str, data: bytes) -> Path:
    """The file with this content, always the same path for the same name."""
    path = Path(_DIRECTORY.name) / name
    path.write_bytes(data)
    return path
