"""The whole way once, on this machine alone: recorder, list, export, sign, verify (``make demo``).

Starts the embedded recorder with the recordings of this directory, probes it, takes four of them out as three signed
handovers, one of them with metadata and events, two with the cameras' cartography, and checks these. Everything stays
in a fresh directory below demo-out/.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
READY_WITHIN_S = 30


class DemoError(Exception):
    """A command did not do what the demonstration promises."""


def vssx_program() -> str:
    """The vssx beside the Python that runs this file."""
    return str(Path(sys.executable).with_name("vssx"))


def shown(path: Path) -> str:
    """A path as a person in the project's directory would type it."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def fresh_directory() -> Path:
    """A new directory demo-out/<UTC time>."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    for number in range(1, 100):
        path = ROOT / "demo-out" / (stamp if number == 1 else f"{stamp}-{number}")
        try:
            path.mkdir(parents=True)
        except FileExistsError:
            continue
        return path
    raise DemoError(f"{ROOT / 'demo-out'} is full of demonstrations of this second")


def say(text: str) -> None:
    """A line between the commands."""
    print(f"\n# {text}", flush=True)


def run(*arguments: str, quiet: bool = False) -> str:
    """Print and run one vssx command; print and return what it wrote to stdout."""
    if not quiet:
        print(f"$ vssx {shlex.join(arguments)}", flush=True)
    ended = subprocess.run(
        [vssx_program(), *arguments], stdout=subprocess.PIPE, text=True, encoding="utf-8", cwd=ROOT, check=False
    )
    if not quiet:
        print(ended.stdout, end="", flush=True)
    if ended.returncode:
        raise DemoError(f"vssx {arguments[0]} ended with exit code {ended.returncode}")
    return ended.stdout


@contextmanager
def recorder(log: Path) -> Iterator[str]:
    """The embedded recorder as a process of its own; gives its address once it says that it is ready."""
    arguments = ["recorder", "serve", "samples", "--port", "0", "--rtsp-port", "0"]
    print(f"$ vssx {shlex.join(arguments)} &", flush=True)
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with (
        log.open("w") as errors,
        subprocess.Popen(
            [vssx_program(), *arguments], stdout=subprocess.PIPE, stderr=errors, text=True, cwd=ROOT, env=environment
        ) as process,
    ):
        assert process.stdout is not None
        overdue = threading.Timer(READY_WITHIN_S, process.kill)
        overdue.start()
        try:
            line = process.stdout.readline()
            overdue.cancel()
            if not line.startswith("ready "):
                raise DemoError(f"the recorder did not start; its messages are in {log}")
            print(line, end="", flush=True)
            yield line.split()[1]
        finally:
            overdue.cancel()
            process.terminate()
            process.wait(10)


CARTOGRAPHY = ("--carto", "samples/cameras.csv", "--carto-mapping", "samples/cameras-mapping.toml")


def export(address: str, recordings: list[dict[str, Any]], out: Path, *more: str, name: str) -> Path:
    """Export the whole of the recordings, from the first start to the last end, as one signed handover."""
    tokens = [argument for one in recordings for argument in ("--recording", one["token"])]
    path = run(
        *("export", address, *tokens),
        *("--from", min(one["from"] for one in recordings), "--to", max(one["to"] for one in recordings)),
        *more,
        *("--output", shown(out), "--name", name),
        *("--key", shown(out / "keys" / "key.pem"), "--cert", shown(out / "keys" / "cert.pem")),
    )
    return ROOT / path.strip()


def show_events(handover: Path) -> None:
    """A short table of the events in a handover: when, at which second of the file, what, and how it came."""
    arguments = ("events", shown(handover), "--json")
    print(f"$ vssx {shlex.join(arguments)}    # here the most important of it", flush=True)
    for one in json.loads(run(*arguments, quiet=True))["events"]:
        if one["kind"] == "event":
            at = "" if one["media"] is None else f"{one['media']:.1f} s"
            ways = ", ".join(dict.fromkeys(way["kind"] for way in one["provenance"]))
            print(f"{one['utc'][11:-1]:<12} {at:>7}  {one['name']:<26} {one['state']:<22} {ways}", flush=True)


def demonstrate(out: Path) -> list[Path]:
    """All commands; returns the handovers."""
    say("An embedded recorder stands in for the one in the back office. It serves the recordings of samples/.")
    with recorder(out / "recorder.log") as address:
        say("Does everything work that an export needs?")
        run("probe", address)
        say("What has it got?")
        run("recordings", address)
        recordings = json.loads(run("recordings", address, "--json", quiet=True))["recordings"]
        with_gap = next(one for one in recordings if one["gaps"])
        with_metadata = next(one for one in recordings if any(track["type"] == "Metadata" for track in one["tracks"]))
        with_audio = [one for one in recordings if any(track["type"] == "Audio" for track in one["tracks"])]

        say("A signing key for trials. A real one comes from your authority.")
        run("keys", "create", "--output", shown(out / "keys"), "--name", "vssx demonstration")

        say("Take two cameras out of it. The intercom's sound, G.711, becomes AAC; the original is kept beside it.")
        handovers = [export(address, with_audio, out, name="gate-and-reception")]
        say(
            "And one that was interrupted: the gap splits it into two files. With the marks of the operator (level 0E),"
        )
        print("# and with the authority's own table of cameras: where they hang, and what they see.", flush=True)
        marks = ("--case", "24-1234", "--exhibit", "A1", "--level", "0E", "--events", "samples/incidents.csv")
        handovers.append(export(address, [with_gap], out, *marks, *CARTOGRAPHY, "--carto-all", name="car-park"))
        say("The side door was forced. This time with what camera, recorder and access control knew: levels 0M and 0E.")
        say("With one page to be printed and signed by hand, which holds the digest that everything hangs on.")
        known = ("--level", "0M+0E", *CARTOGRAPHY, "--sheet")
        handovers.append(export(address, [with_metadata], out, *known, name="side-door"))

    say("What happened at the side door, and where in the video? Without --json it is a table of all that is known.")
    show_events(handovers[-1])

    say("The recorder is gone. Is what we have what it recorded, and who says so?")
    run("verify", "--trust", shown(out / "keys" / "cert.pem"), *map(shown, handovers))
    say("What is in there?")
    run("inspect", shown(handovers[0]))
    return handovers


def main() -> int:
    """Exit code 0 when every command did its work."""
    try:
        out = fresh_directory()
        handovers = demonstrate(out)
    except DemoError as error:
        print(f"\nThe demonstration failed: {error}", file=sys.stderr)
        return 1
    print("\nMade:")
    for handover in handovers:
        print(f"  {shown(handover)}/")
        for media in sorted(handover.glob("data/*/*.mp4")):
            print(f"    {media.relative_to(handover)}  {media.stat().st_size / 1e6:.1f} MB, plays in any player")
        for events in sorted(handover.glob("data/*/events.csv")):
            print(f"    {events.relative_to(handover)}  what happened, for any spreadsheet")
        on_map = "cameras on the map, " if (handover / "data" / "cartography").is_dir() else ""
        print(f"    report.html      {on_map}timeline, pictures, tables: open it in a browser")
        print("    player.html      plays the files in a browser, with their times")
        print("    handover.json    the record: what was asked, what came, what is not known")
        print("    VERIFY.txt       how to check all this by hand, without vssx")
    print(f"  {shown(out / 'side-door.sheet.html')}    the paper that goes with a handover, to be signed by hand")
    print(f"  {shown(out / 'keys')}/    the key and certificate for trials; cert.pem is what --trust was given")
    print(f"\nLook at {(handovers[1] / 'report.html').as_uri()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
