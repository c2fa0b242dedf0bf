"""Where a page that somebody asked for is written: beside handovers, never into one, and never over anything."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from vssx.errors import HandoverError, UsageError
from vssx.evidence.bag_check import is_handover
from vssx.evidence.staging import PARTIAL_SUFFIX
from vssx.shown import shown


def check_page_file(path: Path, suffixes: Iterable[str], *, option: str = "-o") -> None:
    """Refuse before any work is done. ``suffixes``: kinds of files that can be made, with the dot.

    Raises UsageError for another kind, HandoverError for a file that exists and for a place inside a handover: there it
    would be a file that no manifest lists.
    """
    allowed = tuple(suffixes)
    if path.suffix.lower() not in allowed:
        raise UsageError(
            f"{shown(path.name)} does not say what to make: its name must end with {' or '.join(allowed)}",
            where=option,
            next_step=f"Write for example {shown(path.stem or 'page')}{allowed[0]}.",
        )
    if path.is_symlink() or path.exists():
        raise HandoverError(
            "exists already and is never overwritten", where=shown(path), next_step="Move it away or use another name."
        )
    for directory in path.absolute().resolve().parents:
        if directory.suffix == PARTIAL_SUFFIX or is_handover(directory):
            raise HandoverError(
                f"lies inside the handover {shown(directory)}, which nothing may be added to",
                where=shown(path),
                next_step="Write it beside the handover.",
            )
