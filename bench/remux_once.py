"""``vssx`` whose files are hashed while they are written and not read back: only to measure what the read-back costs.

It is no way to make a handover, therefore the command has no option for it.
"""

from __future__ import annotations

import sys
from pathlib import Path

from vssx import times
from vssx.cli.main import main
from vssx.evidence import growing_file
from vssx.isobmff.writer import Mp4Writer
from vssx.model.handover import CheckedMedia, WrittenFile


class HashedWriter(Mp4Writer):
    """Hashes the payloads whatever it is told."""

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **{**options, "hashed": True})  # type: ignore[arg-type]

    def close(self, **options: object) -> object:
        """As always, and on the disk."""
        closed = super().close(**options)  # type: ignore[arg-type]
        self.synced()
        return closed


def unread(path: Path, written: WrittenFile, **_: object) -> CheckedMedia:
    """What the read-back makes of a file, without reading it."""
    del path
    return CheckedMedia(file=written, read_back_ns=times.now())


if __name__ == "__main__":
    growing_file.Mp4Writer = HashedWriter  # type: ignore[misc]
    growing_file.read_back = unread  # type: ignore[assignment]
    sys.exit(main(sys.argv[1:]))
