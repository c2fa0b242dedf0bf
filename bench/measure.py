"""What every part of the benchmark uses: the cost of processes, programs of the machine, rows of the table."""

from __future__ import annotations

import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

OUT = Path(__file__).resolve().parent / "out"
ROUNDS = 7
# An installed program has its bytecode, whatever the developer's shell says.
_ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Of processes with everything they started: seconds of wall clock and of CPU, and the largest memory in MB."""

    wall: float
    cpu: float
    memory: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One comparison. ``goal``: as docs/performance.md states it, or empty."""

    what: str
    unit: str
    ours: float
    against: str
    theirs: float
    goal: str = ""

    def __str__(self) -> str:
        ours, theirs = f"{self.ours:.2f} {self.unit}", f"{self.theirs:.2f} {self.unit}"
        return f"| {self.what} | {ours} | {self.against} | {theirs} | {self.ours / self.theirs:.2f} | {self.goal} |"


HEADER = "| what | vssx | against | measured | ratio | goal |\n|---|---:|---|---:|---:|---:|"


def needed(program: str) -> str:
    """Path of a program, or the end."""
    path = shutil.which(program)
    if path is None:
        sys.exit(f"the benchmark needs {program}")
    return path


def vssx() -> str:
    """The command of this environment."""
    return str(Path(sys.executable).with_name("vssx"))


def say(text: str) -> None:
    """Progress, beside the table."""
    print(text, file=sys.stderr, flush=True)


def cost(*commands: list[str], code: int = 0) -> Cost:
    """Of commands run one after the other; each must end with ``code``."""
    wall, cpu, memory = 0.0, 0.0, 0.0
    for command in commands:
        begun = time.perf_counter()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=_ENVIRONMENT)
        _, status, usage = os.wait4(process.pid, 0)
        wall += time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != code:
            sys.exit(f"{command[0]} ended with {process.returncode}")
        cpu += usage.ru_utime + usage.ru_stime
        memory = max(memory, usage.ru_maxrss / 1024)
    return Cost(wall=wall, cpu=cpu, memory=memory)


def alternated(*measured: Callable[[], Cost], rounds: int = ROUNDS) -> list[list[Cost]]:
    """Each of these once a round, so that what disturbs the machine meets all of them."""
    found: list[list[Cost]] = [[] for _ in measured]
    for number in range(rounds):
        say(f"  round {number + 1} of {rounds}")
        for costs, measure in zip(found, measured, strict=True):
            costs.append(measure())
    return found


def wall(costs: Sequence[Cost]) -> float:
    """Median, s."""
    return statistics.median(one.wall for one in costs)


def cpu(costs: Sequence[Cost]) -> float:
    """Median, s."""
    return statistics.median(one.cpu for one in costs)


def memory(costs: Sequence[Cost]) -> float:
    """Median, MB."""
    return statistics.median(one.memory for one in costs)


def machine() -> str:
    """One line on what this ran on."""
    lines = Path("/proc/cpuinfo").read_text("ascii", "replace").splitlines()
    model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown CPU")
    system = f"{platform.system()} {platform.release()}, Python {platform.python_version()}"
    return f"{model}, {os.cpu_count()} CPUs, {system}"
