"""Measure vssx against what people use today (make bench). Prints one table of ratios; docs/performance.md explains it.

What is compared runs in this one run, alternated, on files generated once into bench/out. Names of parts as arguments
run only these.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import cartography
import night
import parallel
import remux
import replay
from measure import HEADER, OUT, Row, machine, say

# A part takes a directory to work in, which is removed afterwards, and gives rows of the table.
PARTS: dict[str, Callable[[Path], list[Row]]] = {
    "remux": remux.speed,
    "memory": remux.flat_memory,
    "start": remux.start,
    "replay": replay.speed,
    "replay-memory": replay.flat_memory,
    "parallel": parallel.speed,
    "night": night.cost_and_memory,
    "cartography": cartography.check,
}


def main(names: list[str]) -> None:
    """Measure, print."""
    if unknown := set(names) - set(PARTS):
        sys.exit(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    OUT.mkdir(parents=True, exist_ok=True)
    rows: list[Row] = []
    for name in names or PARTS:
        say(f"{name} ...")
        with tempfile.TemporaryDirectory(dir=OUT) as work:
            rows += PARTS[name](Path(work))
    print(f"Machine: {machine()}\n")
    print(HEADER)
    for row in rows:
        print(row)


if __name__ == "__main__":
    main(sys.argv[1:])
