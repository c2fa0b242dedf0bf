"""Templates that were compiled before, kept as Python keeps compiled modules: beside them, in __pycache__."""

from __future__ import annotations

import functools
import importlib.util
import sys
from importlib import resources
from pathlib import Path
from pickle import UnpicklingError
from types import CodeType
from typing import TYPE_CHECKING

from jinja2 import FileSystemBytecodeCache

if TYPE_CHECKING:
    from jinja2.bccache import Bucket


class CompiledTemplates(FileSystemBytecodeCache):
    """Python's own rules hold for the files (PYTHONPYCACHEPREFIX, PYTHONDONTWRITEBYTECODE). Where they cannot be read
    or written, a process compiles what it needs once: a quarter of a second for the pages of a handover. A template
    that changed is compiled anew."""

    def __init__(self, directory: Path) -> None:
        super().__init__(str(directory), "%s.j2c")
        self._known: dict[str, tuple[str, CodeType]] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """As the base class; what cannot be read is not there."""
        checksum, code = self._known.get(bucket.key, ("", None))
        if checksum == bucket.checksum:
            bucket.code = code
            return
        try:
            super().load_bytecode(bucket)
        except (OSError, EOFError, UnpicklingError):  # nobody may read it; cut off
            bucket.reset()
        self._keep(bucket)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """As the base class; what cannot be written is not kept beyond this process."""
        self._keep(bucket)
        if sys.dont_write_bytecode:
            return
        try:
            Path(self.directory).mkdir(parents=True, exist_ok=True)
            super().dump_bytecode(bucket)
        except OSError:  # an installation of somebody else's, a full disk
            return

    def _keep(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self._known[bucket.key] = bucket.checksum, bucket.code


@functools.cache
def compiled_templates() -> CompiledTemplates | None:
    """Of the templates of this package; None where they are no files of their own, as in an archive."""
    directory = resources.files("vssx.report").joinpath("templates")
    if not isinstance(directory, Path):
        return None
    return CompiledTemplates(Path(importlib.util.cache_from_source(str(directory / "any.py"))).parent)
