"""One reader under atheris, as a process of its own: harness.py NAME CORPUS [libFuzzer options]."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).parents[2]))


def main() -> None:
    """Fuzz until libFuzzer's own limits end it; any exception but VssxError ends it at once with a traceback."""
    name = sys.argv[1]
    with atheris.instrument_imports(include=["vssx"]):
        reader = importlib.import_module(f"tests.fuzz.readers.{name}")
        errors = importlib.import_module("vssx.errors")

    def read(data: bytes) -> None:
        try:
            reader.read(data)
        except errors.VssxError:
            return

    atheris.Setup([f"harness {name}", *sys.argv[2:]], read)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
