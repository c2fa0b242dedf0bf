"""``vssx carto check`` of 20,000 rows with every fault: seconds, and memory against that of 1,000 rows.

Every fault that it finds is there some 400 times, a third of the rows is good, and one line has 10 MB
(``tests/faulty_cartography.py``). Beside it, what Python needs to take the same bytes apart and do nothing with them.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from measure import Cost, Row, alternated, cost, cpu, memory, vssx, wall

from tests.faulty_cartography import faulty_table

_ROWS, _FEW = 20_000, 1_000
_ERRORS = 20
"""Exit code of a check that finds errors."""
_ROUNDS = 5
_PLAIN = """
import csv, sys
csv.field_size_limit(1 << 30)
with open(sys.argv[1], encoding="utf-8", errors="surrogateescape", newline="") as file:
    print(sum(map(len, csv.reader(file, delimiter=";"))))
"""


def check(work: Path) -> list[Row]:
    """All three rows."""
    many, few = (work / f"{rows}.csv" for rows in (_ROWS, _FEW))
    many.write_bytes(faulty_table(_ROWS))
    few.write_bytes(faulty_table(_FEW))

    def checked(path: Path) -> Cost:
        return cost([vssx(), "carto", "check", str(path), "--all"], code=_ERRORS)

    ours, ours_of_few, plain = alternated(
        lambda: checked(many),
        lambda: checked(few),
        lambda: cost([sys.executable, "-c", _PLAIN, str(many)]),
        rounds=_ROUNDS,
    )
    what = f"carto check of {_ROWS:,} rows with every fault"
    return [
        Row(what=f"{what}, wall", unit="s", ours=wall(ours), against="csv.reader", theirs=wall(plain)),
        Row(what=f"{what}, CPU", unit="s", ours=cpu(ours), against="csv.reader", theirs=cpu(plain)),
        Row(
            what=f"{what}, peak memory",
            unit="MB",
            ours=memory(ours),
            against=f"of {_FEW:,} rows",
            theirs=memory(ours_of_few),
        ),
    ]
