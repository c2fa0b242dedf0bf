"""Four recordings at once against one: whole commands, each with its SOAP calls, hashing, read-back and handover."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from footage import Footage
from measure import Cost, Row, alternated, cost, vssx, wall

_SERVED = Footage(name="parallel", size="1280x720", kbit=6000, seconds=240)  # 180 MB
_NAMES = ("a", "b", "c", "d")
_START = "2024-05-01T12:00:00Z"
_SPAN = ("--from", _START, "--to", "2024-05-01T12:04:00Z", "--times", "recorder")
_ROUNDS = 5


@contextmanager
def recorder(directory: Path, kept: Path) -> Iterator[str]:
    """HOST:PORT of a recorder with the recordings in ``directory``; what it sends it keeps in ``kept``."""
    kept.mkdir()
    command = [sys.executable, str(Path(__file__).with_name("prepared_recorder.py")), str(directory), str(kept)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            if not line.startswith("ready "):
                sys.exit("the prepared recorder did not start")
            yield line.split()[1]
        finally:
            process.kill()


def export(host: str, work: Path, names: tuple[str, ...]) -> Cost:
    """One command for these recordings."""
    out = Path(tempfile.mkdtemp(dir=work))
    try:
        wanted = [word for name in names for word in ("--recording", name)]
        return cost([vssx(), "export", host, *wanted, *_SPAN, "--output", str(out)])
    finally:
        shutil.rmtree(out)


def speed(work: Path) -> list[Row]:
    """The rate of four recordings at once, with as many workers as there are processors, against that of one."""
    directory = work / "served"
    directory.mkdir()
    for name in _NAMES:
        os.link(_SERVED.path(), directory / f"{name}.mp4")
        (directory / f"{name}.toml").write_text(f"start = {_START}\n", encoding="utf-8")
    with recorder(directory, work / "kept") as host:
        export(host, work, _NAMES)  # the recorder keeps what it sends, and the system the files
        one, four = alternated(
            lambda: export(host, work, _NAMES[:1]), lambda: export(host, work, _NAMES), rounds=_ROUNDS
        )
    megabytes = _SERVED.path().stat().st_size / 1e6
    return [
        Row(
            what=f"export of four recordings of {megabytes:.0f} MB at once",
            unit="MB/s",
            ours=4 * megabytes / wall(four),
            against="one of them",
            theirs=megabytes / wall(one),
            goal=">= 1.7",
        )
    ]
