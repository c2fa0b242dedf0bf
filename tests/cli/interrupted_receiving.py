"""Runs vssx and interrupts it (Ctrl-C) in the middle of writing the N-th access unit.

Usage: python -m tests.cli.interrupted_receiving SIGNAL N ARGUMENT...
"""

from __future__ import annotations

import os
import signal
import sys

from vssx.cli.main import main
from vssx.evidence.growing_file import GrowingFile
from vssx.model.media import AccessUnit


def _interrupt_at(wanted: signal.Signals, number: int) -> None:
    add, count = GrowingFile.add, 0

    def counted(self: GrowingFile, unit: AccessUnit) -> None:
        nonlocal count
        count += 1
        if count == number:
            os.kill(os.getpid(), wanted)
        add(self, unit)

    GrowingFile.add = counted  # type: ignore[method-assign]


if __name__ == "__main__":
    _interrupt_at(signal.Signals[sys.argv[1]], int(sys.argv[2]))
    sys.exit(main(sys.argv[3:]))
