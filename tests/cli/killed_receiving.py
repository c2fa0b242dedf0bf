"""Runs vssx and kills it with SIGKILL when it is about to write the N-th access unit.

Usage: python -m tests.cli.killed_receiving N ARGUMENT... Blocks of the MP4 writer are small, as in tests.cli.killed.
Exits like vssx when it is through before.
"""

from __future__ import annotations

import os
import signal
import sys

from tests.cli.killed import small_blocks
from vssx.cli.main import main
from vssx.evidence.growing_file import GrowingFile
from vssx.model.media import AccessUnit


def _kill_at(number: int) -> None:
    add, count = GrowingFile.add, 0

    def counted(self: GrowingFile, unit: AccessUnit) -> None:
        nonlocal count
        count += 1
        if count >= number:
            os.kill(os.getpid(), signal.SIGKILL)
        add(self, unit)

    GrowingFile.add = counted  # type: ignore[method-assign]


if __name__ == "__main__":
    small_blocks()
    _kill_at(int(sys.argv[1]))
    sys.exit(main(sys.argv[2:]))
