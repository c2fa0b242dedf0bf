"""Runs vssx and kills it with SIGKILL at the N-th time it opens, renames, removes or makes something in a directory.

Usage: python -m tests.cli.killed N DIRECTORY ARGUMENT... Blocks of the MP4 writer are small here, so that a short
recording has many. Exits like vssx when it is through before.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from vssx.cli.main import main
from vssx.isobmff.writer import Mp4Writer

_EVENTS = {"open", "os.rename", "os.remove", "os.mkdir", "os.truncate", "shutil.rmtree"}
_BLOCK_BYTES = 30_000


def _kill_at(number: int, directory: Path) -> None:
    count = 0

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal count
        if event in _EVENTS and str(arguments[0]).startswith(str(directory)):
            count += 1
            if count >= number:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def small_blocks() -> None:
    """A block of the MP4 writer for every GOP or two."""
    defaults = Mp4Writer.__init__.__kwdefaults__
    assert defaults is not None
    defaults["block_bytes"] = _BLOCK_BYTES
    resume_defaults = Mp4Writer.resume.__func__.__kwdefaults__  # type: ignore[attr-defined]
    resume_defaults["block_bytes"] = _BLOCK_BYTES


if __name__ == "__main__":
    small_blocks()
    _kill_at(int(sys.argv[1]), Path(sys.argv[2]))
    sys.exit(main(sys.argv[3:]))
