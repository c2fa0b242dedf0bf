"""``vssx export`` of a replay; the data phase is measured between the source and what writes.

    python replay_vssx.py URL DIRECTORY SECONDS

The SOAP answers come from tests/interop/gst_server/soap_front.py. Prints a Phase of bench/replay.py as JSON.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.interop.gst_server.soap_front import TOKEN, Recording, fronting
from vssx.cli.main import main as command
from vssx.model.media import AccessUnit, StreamItem
from vssx.source.replay import ReplaySource
from vssx.times import NS, to_xs_datetime

START_NS = 1_714_564_800 * NS


def cpu() -> float:
    """Seconds of this process."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def memory() -> float:
    """Largest resident memory of this program in MB; ru_maxrss would hold that of the one that started it."""
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


class Watched:
    """Stands between the source and the job, and looks at the clock."""

    def __init__(self) -> None:
        self.octets = 0
        self.begun = self.last = self.before = self.used = 0.0
        iterate = ReplaySource.__iter__

        def watched(source: ReplaySource) -> Iterator[StreamItem]:
            for item in iterate(source):
                if isinstance(item, AccessUnit):
                    if not self.octets:
                        self.begun, self.before = time.perf_counter(), cpu()
                    self.octets += len(item.payload)
                    self.last = time.perf_counter()
                else:
                    self.used = cpu() - self.before  # the last item of all is the end
                yield item

        ReplaySource.__iter__ = watched  # type: ignore[method-assign]


def main(url: str, directory: str, seconds: str) -> None:
    """Export all there is."""
    watched = Watched()
    end_ns = START_NS + round(float(seconds) * NS)
    recording = Recording(replay_uri=url, start_ns=START_NS, end_ns=end_ns, tracks=(("VIDEO000", "Video"),))
    with fronting(recording) as address:
        arguments = ["export", address, "--recording", TOKEN, "--output", directory]
        span = ["--from", to_xs_datetime(START_NS), "--to", to_xs_datetime(end_ns), "--times", "recorder"]
        status = command([*arguments, *span])
    if status:
        sys.exit(status)
    wall = watched.last - watched.begun
    print(json.dumps({"octets": watched.octets, "wall": wall, "cpu": watched.used, "memory": memory()}))


if __name__ == "__main__":
    main(*sys.argv[1:4])
