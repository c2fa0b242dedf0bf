"""Measure vssx against ffmpeg and openssl (make bench). Prints one table of ratios; docs/performance.md explains them.

Everything that is compared runs in this one run, alternated, on files generated once into bench/out.
"""

from __future__ import annotations

import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

OUT = Path(__file__).resolve().parent / "out"
ROUNDS = 7
START = "2024-05-01T12:00:00Z"


@dataclass(frozen=True, slots=True, kw_only=True)
class Footage:
    """A generated file: a minute is encoded, then repeated without encoding again."""

    name: str
    size: str
    kbit: int
    seconds: int

    def path(self) -> Path:
        """The file; made when it is not there yet."""
        path, minute, part = (OUT / f"{self.name}{end}.mp4" for end in ("", "-minute", ".part"))
        if not path.exists():
            OUT.mkdir(parents=True, exist_ok=True)
            print(f"Generating {path.name} ...", file=sys.stderr, flush=True)
            ffmpeg(
                *("-f", "lavfi", "-i", f"testsrc2=s={self.size}:r=25,noise=alls=60:allf=t", "-f", "lavfi"),
                *("-i", "anoisesrc=r=48000:a=0.1", "-t", "60", "-c:v", "libx264", "-preset", "veryfast", "-g", "50"),
                *("-b:v", f"{self.kbit}k", "-minrate", f"{self.kbit}k", "-maxrate", f"{self.kbit}k"),
                *("-bufsize", f"{self.kbit}k", "-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "64k", str(minute)),
            )
            repeats = -(-self.seconds // 60) - 1
            ffmpeg(
                *("-stream_loop", str(repeats), "-i", str(minute), "-c", "copy", "-t", str(self.seconds), str(part)),
            )
            minute.unlink()
            part.rename(path)
        return path


# 6 Mbit/s of video and 64 kbit/s of sound: 528 s are 400 MB.
LARGE = Footage(name="400MB", size="1280x720", kbit=6000, seconds=528)
HOUR = Footage(name="60min", size="320x180", kbit=300, seconds=3600)
MINUTE = Footage(name="1min", size="320x180", kbit=300, seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Of one process with everything it started: seconds of wall clock and of CPU, and its largest memory in MB."""

    wall: float
    cpu: float
    memory: float


def ffmpeg(*arguments: str) -> None:
    """ffmpeg, overwriting, quiet."""
    subprocess.run([needed("ffmpeg"), "-v", "error", "-y", *arguments], check=True, stdin=subprocess.DEVNULL)


def needed(program: str) -> str:
    """Path of a program, or the end."""
    path = shutil.which(program)
    if path is None:
        sys.exit(f"the benchmark needs {program}")
    return path


def cost(*commands: list[str]) -> Cost:
    """Of commands run one after the other; each must succeed."""
    wall, cpu, memory = 0.0, 0.0, 0.0
    for command in commands:
        begun = time.perf_counter()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        wall += time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            sys.exit(f"{command[0]} ended with {process.returncode}")
        cpu += usage.ru_utime + usage.ru_stime
        memory = max(memory, usage.ru_maxrss / 1024)
    return Cost(wall=wall, cpu=cpu, memory=memory)


def remux(path: Path, work: Path) -> Cost:
    """The whole unsigned command: read, write, hash, read back, handover."""
    vssx = str(Path(sys.executable).with_name("vssx"))
    parent = Path(tempfile.mkdtemp(dir=work))
    try:
        return cost([vssx, "remux", str(path), "--start", START, "--output", str(parent)])
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


def machine() -> str:
    """One line on what this ran on."""
    lines = Path("/proc/cpuinfo").read_text("ascii", "replace").splitlines()
    model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown CPU")
    system = f"{platform.system()} {platform.release()}, Python {platform.python_version()}"
    return f"{model}, {os.cpu_count()} CPUs, {system}"


def main() -> None:
    """Measure, print."""
    large, hour, minute = LARGE.path(), HOUR.path(), MINUTE.path()
    with tempfile.TemporaryDirectory(dir=OUT) as name:
        work = Path(name)
        ours, theirs = [], []
        for number in range(ROUNDS):
            print(f"Round {number + 1} of {ROUNDS} ...", file=sys.stderr, flush=True)
            ours.append(remux(large, work))
            theirs.append(copy_and_hash(large, work))
        memory_hour = statistics.median(remux(hour, work).memory for _ in range(3))
        memory_minute = statistics.median(remux(minute, work).memory for _ in range(3))
    size = large.stat().st_size / 1e6

    def median(costs: list[Cost], field: str) -> float:
        return statistics.median(getattr(one, field) for one in costs)

    rows = [
        (f"{size:.0f} MB, wall clock", "s", median(ours, "wall"), "ffmpeg + openssl", median(theirs, "wall")),
        (f"{size:.0f} MB, CPU", "s", median(ours, "cpu"), "ffmpeg + openssl", median(theirs, "cpu")),
        ("peak memory of 60 minutes", "MB", memory_hour, "of 1 minute", memory_minute),
    ]
    print(f"Machine: {machine()}\n")
    print("| `vssx remux` (unsigned) | measured | against | measured | ratio |")
    print("|---|---:|---|---:|---:|")
    for what, unit, mine, against, other in rows:
        print(f"| {what} | {mine:.2f} {unit} | {against} | {other:.2f} {unit} | {mine / other:.2f} |")


if __name__ == "__main__":
    main()
