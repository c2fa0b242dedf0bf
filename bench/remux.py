"""``vssx remux`` against ffmpeg and openssl, and its memory against the length of the recording."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from footage import HOUR, LARGE, MINUTE
from measure import Cost, Row, alternated, cost, cpu, memory, needed, vssx, wall

START = "2024-05-01T12:00:00Z"


def remux(path: Path, work: Path, command: Sequence[str] = ()) -> Cost:
    """The whole unsigned command: read, write, hash, read back, handover."""
    parent = Path(tempfile.mkdtemp(dir=work))
    try:
        return cost([*(command or (vssx(),)), "remux", str(path), "--start", START, "--output", str(parent)])
    finally:
        shutil.rmtree(parent)


def copy_and_hash(path: Path, work: Path) -> Cost:
    """What somebody does without vssx: ffmpeg -c copy, then openssl dgst -sha256."""
    copied = work / "copy.mp4"
    try:
        return cost(
            [needed("ffmpeg"), "-v", "error", "-y", "-i", str(path), "-c", "copy", str(copied)],
            [needed("openssl"), "dgst", "-sha256", str(copied)],
        )
    finally:
        copied.unlink(missing_ok=True)


def speed(work: Path) -> list[Row]:
    """400 MB."""
    path = LARGE.path()
    what, against = f"remux of {path.stat().st_size / 1e6:.0f} MB", "ffmpeg + openssl"
    ours, theirs = alternated(lambda: remux(path, work), lambda: copy_and_hash(path, work))
    return [
        Row(what=f"{what}, wall", unit="s", ours=wall(ours), against=against, theirs=wall(theirs), goal="<= 1.2"),
        Row(what=f"{what}, CPU", unit="s", ours=cpu(ours), against=against, theirs=cpu(theirs)),
    ]


def flat_memory(work: Path) -> list[Row]:
    """Peak memory of a long recording against that of a short one."""
    hour, minute = HOUR.path(), MINUTE.path()
    long, short = alternated(lambda: remux(hour, work), lambda: remux(minute, work), rounds=3)
    row = Row(
        what="peak memory of 60 minutes",
        unit="MB",
        ours=memory(long),
        against="of 1 minute",
        theirs=memory(short),
        goal="<= 1.1",
    )
    return [row]
