"""vssx as its users run it: as a program."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

VSSX = str(Path(sys.executable).with_name("vssx"))
_READY_WITHIN_S = 30


def run(*arguments: str | Path, expect: int = 0) -> str:
    """stdout of a command that must end with ``expect``."""
    ended = subprocess.run(
        [VSSX, *map(str, arguments)], capture_output=True, text=True, timeout=180, check=False, stdin=subprocess.DEVNULL
    )
    assert ended.returncode == expect, f"exit code {ended.returncode}: {ended.stderr[-3000:]}"
    return ended.stdout


def media_of(handover: Path) -> list[Path]:
    """The MP4 files of a handover, in the order of their names."""
    return sorted((handover / "data").glob("*/*.mp4"))


@contextmanager
def recorder(directory: Path) -> Iterator[str]:
    """``vssx recorder serve`` on free ports; gives its HTTP address."""
    command = [VSSX, "recorder", "serve", str(directory), "--port", "0", "--rtsp-port", "0"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        overdue = threading.Timer(_READY_WITHIN_S, process.kill)
        overdue.start()
        try:
            line = process.stdout.readline()
            overdue.cancel()
            assert line.startswith("ready "), "the recorder did not start"
            yield line.split()[1]
        finally:
            overdue.cancel()
            process.kill()
