"""``vssx remux`` against ffmpeg and openssl, and its memory against the length of the recording."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from footage import DAY, DAY_MINUTE, HOUR, LARGE, MINUTE
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
    once = [sys.executable, str(Path(__file__).with_name("remux_once.py"))]
    ours, theirs, unread = alternated(
        lambda: remux(path, work), lambda: copy_and_hash(path, work), lambda: remux(path, work, once)
    )
    without = f"{what} without read-back, wall"
    return [
        Row(what=f"{what}, wall", unit="s", ours=wall(ours), against=against, theirs=wall(theirs), goal="<= 1.2"),
        Row(what=without, unit="s", ours=wall(unread), against=against, theirs=wall(theirs), goal="<= 0.9"),
        Row(what=f"{what}, CPU", unit="s", ours=cpu(ours), against=against, theirs=cpu(theirs)),
    ]


def flat_memory(work: Path) -> list[Row]:
    """Peak memory of a long recording against that of a short one."""
    return [
        _memory_row(HOUR.path(), MINUTE.path(), "60 minutes", work),
        _memory_row(DAY.path(), DAY_MINUTE.path(), "24 hours at a low rate", work),
    ]


def _memory_row(long_path: Path, short_path: Path, what: str, work: Path) -> Row:
    long, short = alternated(lambda: remux(long_path, work), lambda: remux(short_path, work), rounds=3)
    return Row(
        what=f"peak memory of {what}",
        unit="MB",
        ours=memory(long),
        against="of 1 minute of it",
        theirs=memory(short),
        goal="<= 1.1",
    )


def start(work: Path) -> list[Row]:
    """How long the command takes before it does anything."""
    del work
    ours, theirs = alternated(
        lambda: cost([vssx(), "--help"]), lambda: cost([sys.executable, "-c", "import click"]), rounds=21
    )
    return [
        Row(
            what="vssx --help, wall",
            unit="s",
            ours=wall(ours),
            against="import click",
            theirs=wall(theirs),
            goal="<= 2",
        )
    ]
