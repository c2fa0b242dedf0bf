"""Run every harness under atheris, two at a time: run.py [--seconds 20] [--seed 1] [NAME...]. Fails when any fails.

With a seed every run begins with the seeds alone and tries the same inputs, so that a check of one commit answers the
same each time; with ``--seed 0`` it looks where nobody looked before, from what earlier such runs found.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import os
import re
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))
OUT = (
    ROOT / "build" / "fuzz"
)  # corpora of --seed 0 are kept from run to run, crashing inputs always; git ignores build/
_EXECUTIONS = re.compile(r"stat::number_of_executed_units:\s*(\d+)")
_PROGRESS = re.compile(r"#\d+\s|INFO: ")
_COVERAGE = re.compile(r"\bcov: (\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one harness ended."""

    name: str
    exit_code: int
    executions: int
    coverage: int
    seconds: float
    tail: str


def run(name: str, seconds: int, seed: int) -> Outcome:
    """One harness in its own process, from its seeds, and without ``seed`` from what earlier runs found as well."""
    (OUT / name).mkdir(parents=True, exist_ok=True)
    if not seed:
        (OUT / name / "corpus").mkdir(exist_ok=True)
        return _run(name, seconds, seed, OUT / name / "corpus")
    with tempfile.TemporaryDirectory(prefix="corpus-", dir=OUT / name) as corpus:
        return _run(name, seconds, seed, Path(corpus))


def _run(name: str, seconds: int, seed: int, corpus: Path) -> Outcome:
    reader = importlib.import_module(f"tests.fuzz.readers.{name}")
    for one in reader.seeds():
        (corpus / hashlib.sha256(one).hexdigest()[:16]).write_bytes(one)
    command = [
        *(sys.executable, str(Path(__file__).with_name("harness.py")), name, str(corpus)),
        f"-max_total_time={seconds}",
        f"-seed={seed}",  # 0: of the time
        f"-max_len={getattr(reader, 'MAX_LENGTH', 16384)}",
        "-timeout=10",
        "-rss_limit_mb=2048",
        "-print_final_stats=1",
        f"-artifact_prefix={OUT / name}/",
    ]
    environment = {**os.environ, "PYTHONHASHSEED": "0"} if seed else None
    begun = time.monotonic()
    # A reader that never comes back is stopped by libFuzzer's -timeout; this limit is for what stops even that.
    ended = subprocess.run(
        command,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=seconds + 120,
        check=False,
        cwd=ROOT,
        env=environment,
    )
    output = ended.stdout + ended.stderr
    executed, covered = _EXECUTIONS.findall(output), _COVERAGE.findall(output)
    return Outcome(
        name=name,
        exit_code=ended.returncode,
        executions=int(executed[-1]) if executed else 0,
        coverage=int(covered[-1]) if covered else 0,
        seconds=time.monotonic() - begun,
        tail="\n".join([line for line in output.splitlines() if not _PROGRESS.match(line)][-60:]),
    )


def main() -> int:
    """Exit code 1 when any harness found something, or ran nothing at all."""
    from tests.fuzz.readers import NAMES

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("names", nargs="*", choices=[[], *NAMES], default=[])
    arguments = parser.parse_args()
    failed = []
    with ThreadPoolExecutor(max_workers=2) as pool:
        for outcome in pool.map(lambda name: run(name, arguments.seconds, arguments.seed), arguments.names or NAMES):
            passed = outcome.exit_code == 0 and outcome.executions > 0
            print(
                f"{outcome.name:<12} {'ok' if passed else 'FAILED':<7} {outcome.executions:>9} inputs"
                f" {outcome.coverage:>6} edges {outcome.seconds:>6.1f} s",
                flush=True,
            )
            if not passed:
                failed.append(outcome.name)
                print(outcome.tail, flush=True)
    if failed:
        print(f"Failed: {', '.join(failed)}. The inputs are in {OUT}/NAME/crash-*.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
