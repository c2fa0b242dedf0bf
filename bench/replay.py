"""A replay from GStreamer's ONVIF RTSP server (Rate-Control: no): vssx, GStreamer's own client, a plain socket reader.

The data phase: from the first media to the last, rate and CPU time of the receiving process. vssx does all that an
export does meanwhile: depacketize, time, hash every track, write the MP4, hash it, keep its journal and flush both to
the disk. GStreamer's client writes the H.264 byte stream to a file and no more: its MP4 muxer refuses this replay
("Buffer has no PTS"). The plain reader throws away what it reads: that is what the server can send on this machine.
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from footage import HOUR, LARGE, MINUTE, Footage
from measure import ROUNDS, Row, say

HERE = Path(__file__).resolve().parent
TESTS = HERE.parent / "tests"
SERVER = TESTS / "interop" / "gst_server" / "server.py"
SYSTEM_PYTHON = Path("/usr/bin/python3")  # the one that Debian's GStreamer bindings are for
NS = 1_000_000_000
START_NS = 1_714_564_800 * NS  # 2024-05-01T12:00:00Z
NTP_EPOCH_NS = 2_208_988_800 * NS


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """What one receiver measured of itself. ``octets``: received; ``wall`` and ``cpu``: seconds; ``memory``: MB, of
    vssx only, for its whole run."""

    octets: int
    wall: float
    cpu: float
    memory: float = 0.0


def prepare(path: Path, prepared: Path) -> tuple[int, float]:
    """Writes the video of ``path`` as server.py wants it; the payload's size and its seconds."""
    import av

    rows: list[list[object]] = []
    with prepared.with_suffix(".payloads").open("wb") as payloads, av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.time_base is not None
        rate = stream.average_rate or 25
        first: int | None = None  # the first picture in decoding order is the first to be shown
        for packet in container.demux(stream):
            if not packet.size or packet.pts is None:
                continue
            first = packet.pts if first is None else first
            pts = NTP_EPOCH_NS + START_NS + int((packet.pts - first) * stream.time_base * NS)
            duration = int((packet.duration or 0) * stream.time_base * NS)
            rows.append([0, pts, packet.is_keyframe, duration, packet.size])
            payloads.write(bytes(packet))
        caps = (
            f"video/x-h264,stream-format=avc,alignment=au,width={stream.width},height={stream.height},"
            f"codec_data=(buffer){(stream.codec_context.extradata or b'').hex()}"
        )
    track = {"caps": caps, "payloader": "rtph264pay config-interval=-1"}
    with prepared.open("wb") as file, prepared.with_suffix(".payloads").open("rb") as payloads:
        file.write(json.dumps({"tracks": [track], "samples": rows}).encode() + b"\n")
        shutil.copyfileobj(payloads, file)
    size = prepared.with_suffix(".payloads").stat().st_size
    prepared.with_suffix(".payloads").unlink()
    return size, len(rows) / float(rate)


@contextmanager
def served(prepared: Path) -> Iterator[str]:
    """The URL of a GStreamer server that serves the footage, and ends the stream behind it."""
    with subprocess.Popen(
        [str(SYSTEM_PYTHON), str(SERVER), str(prepared), "--eos"], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            if not line.startswith("ready "):
                sys.exit("the GStreamer server did not start")
            yield line.split()[1]
        finally:
            process.kill()


def measured(python: Path, script: str, *arguments: str) -> Phase:
    """Runs one receiver; the last line it prints is what it measured."""
    done = subprocess.run([str(python), str(HERE / script), *arguments], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        sys.exit(f"{script} ended with {done.returncode}")
    return Phase(**json.loads(done.stdout.splitlines()[-1]))


def by_vssx(url: str, work: Path, seconds: float) -> Phase:
    """The whole command, unsigned; its data phase."""
    directory = Path(tempfile.mkdtemp(dir=work))
    try:
        return measured(Path(sys.executable), "replay_vssx.py", url, str(directory), str(seconds))
    finally:
        shutil.rmtree(directory)


def by_gstreamer(url: str, work: Path) -> Phase:
    """rtspsrc ! rtph264depay ! filesink."""
    written = work / "gstreamer.h264"
    try:
        return measured(SYSTEM_PYTHON, "replay_gstreamer.py", url, str(written))
    finally:
        written.unlink(missing_ok=True)


def available() -> bool:
    """Whether GStreamer and its RTSP server are there for the system's Python."""
    probe = "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer"
    return (
        SYSTEM_PYTHON.exists()
        and not subprocess.run([str(SYSTEM_PYTHON), "-c", probe], capture_output=True, check=False).returncode
    )


def speed(work: Path) -> list[Row]:
    """400 MB of video at 6 Mbit/s."""
    if not available():
        say("  left out: GStreamer's RTSP server for /usr/bin/python3 is not installed")
        return []
    prepared = work / "footage.bin"
    size, seconds = prepare(LARGE.path(), prepared)
    contenders: dict[str, Callable[[str], Phase]] = {
        "vssx": lambda url: by_vssx(url, work, seconds),
        "gstreamer": lambda url: by_gstreamer(url, work),
        "plain": lambda url: measured(Path(sys.executable), "replay_plain.py", url),
    }
    found: dict[str, list[Phase]] = {name: [] for name in contenders}
    for number in range(ROUNDS):
        say(f"  round {number + 1} of {ROUNDS}")
        for name, measure in contenders.items():
            with served(prepared) as url:  # one each: the server does not always survive the end of a replay
                found[name].append(measure(url))

    def rate(phases: Sequence[Phase]) -> float:
        """MB of payload a second."""
        return statistics.median(size / 1e6 / one.wall for one in phases)

    def cpu(phases: Sequence[Phase]) -> float:
        """CPU seconds for a GB of payload."""
        return statistics.median(one.cpu / size * 1e9 for one in phases)

    what, ours, theirs, plain = f"replay of {size / 1e6:.0f} MB", found["vssx"], found["gstreamer"], found["plain"]
    client = "GStreamer's client to a file"
    return [
        Row(what=f"{what}, rate", unit="MB/s", ours=rate(ours), against=client, theirs=rate(theirs), goal=">= 1.3"),
        Row(what=f"{what}, CPU", unit="s/GB", ours=cpu(ours), against=client, theirs=cpu(theirs), goal="<= 0.5"),
        Row(
            what=f"{what}, rate",
            unit="MB/s",
            ours=rate(ours),
            against="plain reader",
            theirs=rate(plain),
            goal=">= 0.75",
        ),
    ]


def flat_memory(work: Path) -> list[Row]:
    """Peak memory of a long replay against that of a short one."""
    if not available():
        return []

    def peak(footage: Footage) -> float:
        prepared = work / "footage.bin"
        _, seconds = prepare(footage.path(), prepared)
        found = []
        for _ in range(3):
            with served(prepared) as url:
                found.append(by_vssx(url, work, seconds).memory)
        return statistics.median(found)

    long, short = peak(HOUR), peak(MINUTE)
    what = "peak memory, replay of 60 minutes"
    return [Row(what=what, unit="MB", ours=long, against="of 1 minute", theirs=short, goal="<= 1.1")]
