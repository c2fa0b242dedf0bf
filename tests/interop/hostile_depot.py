"""A recorder, lists and options whose every text means harm: markup, formulas, control characters, letters that turn
others round, words without end."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from tests.clips import encode
from tests.interop.pages import Commands, Made, hand_over
from vssx.recorder import store
from vssx.recorder.description import Description
from vssx.recorder.server import RecorderServer
from vssx.report.language import Language
from vssx.times import from_xs_datetime

MARKUP = (
    "\"'>{{1337*7331}}<img src=x onerror=hostile()><script>hostile()</script></script></style></title></textarea></svg>"
    "]]>--><svg onload=hostile()><a href=javascript:hostile()>{% raw %}${1337*7331}#{1337*7331}&lt;&#60;"
    "<iframe srcdoc=x><base href=//x><meta http-equiv=refresh content=0>"
)
STEERING = "\u202egnp.exe\u2066\u200f\x85\x9b31m\u2028\u2029\ufeff\U000e0041\t\r\n"
"""What XML can carry of them."""
CONTROLS = "\x1b]0;title\x07\x1b[2J\x08" + STEERING
FORMULAS = ("=cmd|'/c calc'!A1", "+1+1", "-2+3", "@SUM(A1)", "\t=1+1", "\uff1d1+1", "a;=1+1", '","=1+1')
LONG = "W" * 100_000
"""Without a place to break."""
TOKENS = {"gate": "=1+1\"'><img src=x onerror=hostile()>", "yard": "yard"}
START = "2024-05-01T12:00:00Z"
_PLAN = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:x="http://www.w3.org/1999/xlink" width="200" height="100" '
    'onload="hostile()"><script>hostile()</script><image x:href="http://192.0.2.1/plan.png" width="9" height="9"/>'
    '<style>@import "http://192.0.2.1/plan.css";</style><foreignObject width="9" height="9"><body '
    'xmlns="http://www.w3.org/1999/xhtml"><iframe src="http://192.0.2.1/"/></body></foreignObject>'
    '<rect width="200" height="100" fill="none" stroke="green" stroke-width="4"/></svg>'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Depot:
    """``address`` of the recorder, the operator's ``events`` and ``cameras``, and the recordings' ``tokens``."""

    address: str
    events: Path
    cameras: Path
    tokens: tuple[str, ...]


@contextmanager
def hostile_depot(work: Path) -> Iterator[Depot]:
    """A recorder with two recordings: one with texts that do harm where they are believed, one with long ones."""
    stored = work / "recorder"
    stored.mkdir()
    texts = {"gate": f"{FORMULAS[0]}{MARKUP}{STEERING.strip()}", "yard": f"{LONG}{MARKUP}"}
    clip = encode(stored / "clip.mp4", frames=50, size=(320, 240), options={"g": "25"})
    for stem, text in texts.items():
        (stored / f"{stem}.mp4").hardlink_to(clip)
        told = [
            {
                "utc": f"2024-05-01T12:00:00.{number:03}Z",
                "topic": "tns1:UserAlarm/Hostile",
                "operation": "Changed",
                "source": {"Source": value},
                "key": {},
                "data": {value[:500]: value},
            }
            for number, value in enumerate((text, MARKUP, STEERING, *FORMULAS))
        ]
        (stored / f"{stem}.events.jsonl").write_text("".join(json.dumps(one) + "\n" for one in told), "utf-8")
    clip.unlink()
    # what the recorder itself would not take out of its files, and would not call a recording
    with (
        mock.patch.object(store, "read_description", lambda path: _described(texts[path.stem])),
        mock.patch.object(store, "recording_token", lambda name: TOKENS[name]),
    ):
        server = RecorderServer(stored, report=print)
    with server:
        yield Depot(
            address=f"127.0.0.1:{server.http_port}",
            events=_events(work),
            cameras=_cameras(work, tuple(TOKENS.values())),
            tokens=tuple(TOKENS.values()),
        )


def _described(text: str) -> Description:
    texts = {key: text + key for key in ("name", "location", "description", "address")}
    return Description(start_ns=from_xs_datetime(START), **texts)


def _events(work: Path) -> Path:
    path = work / "incidents <img src=x onerror=hostile()>.csv"
    values = (MARKUP, STEERING.strip(), *FORMULAS, LONG[:5000])
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["time", "name", "text"])
        rows.writerows([START, f"{value}", value] for value in values)
    return path


def _cameras(work: Path, tokens: tuple[str, ...]) -> Path:
    path = work / "cameras <img src=x onerror=hostile()>.csv"
    plan = "plan <img src=x onerror=hostile()>.svg"
    (work / plan).write_text(_PLAN, "utf-8")
    texts = ("name", "site", "building", "floor", "zone", "address", "operator", "contact", "remarks")
    values = (MARKUP, MARKUP, *FORMULAS, STEERING.strip(), CONTROLS.strip(), LONG[:1900], LONG)
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(
            [
                "camera_id",
                *texts,
                "longitude",
                "latitude",
                "azimuth",
                "horizontal_fov",
                "far_range",
                "plan",
                "plan_x",
                "plan_y",
            ]
        )
        for number, value in enumerate(values):
            named = tokens[number] if number < len(tokens) else f"{value} {number}"
            place = (f"{8.54 + number / 5000:.6f}", "47.3765", "90", "70", "20")
            rows.writerow([named, *[value] * len(texts), *place, plan, "50", "50"])
    return path


def hostile_handover(work: Path) -> Made:
    """One handover of all of it, in English, with its pages and with what every command said of it to a terminal."""
    commands = Commands()
    with hostile_depot(work) as depot:
        texts = {"case": MARKUP + STEERING, "exhibit": FORMULAS[0] + CONTROLS, "operator": MARKUP, "legal-basis": LONG}
        said = [f"--{name}={text}" for name, text in texts.items()]
        tokens = [argument for token in depot.tokens for argument in ("--recording", token)]
        span = ("--from", START, "--to", "2024-05-01T12:00:02Z", "--times", "recorder")
        made = hand_over(
            commands,
            work,
            *(depot.address, *tokens, *span, "--level", "0E", "--events", depot.events, "--stills", "1"),
            *("--carto", depot.cameras, "--carto-all", *said),
            languages=(Language.ENGLISH,),
            cartography=(depot.cameras,),
            expect=(0, 100),
        )
        for arguments in (
            ("carto", "check", depot.cameras),
            ("carto", "check", depot.cameras, "--against", depot.address),
            ("carto", "match", depot.cameras, depot.address),
            ("carto", "match", depot.cameras, made.handover),
            ("carto", "convert", depot.cameras, "--to", "csv", "--out", work / "converted.csv"),
            ("events", made.handover),
            ("events", depot.address, "--recording", depot.tokens[0], *span),
            ("recordings", depot.address),
            ("verify", made.handover, "--trust", made.certificate),
            ("inspect", made.handover),
        ):
            commands.run(*arguments, expect=(0, 20, 100))
    return Made(handover=made.handover, certificate=made.certificate, pages=made.pages, said="".join(commands.said))
