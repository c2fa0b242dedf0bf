"""Handovers made by the real commands against the embedded recorder, with all the pages of them."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from tests.peers import ROOT
from vssx.cli.main import main
from vssx.jobs.pages import Pages
from vssx.recorder.fault_registry import read_faults
from vssx.recorder.server import RecorderServer
from vssx.report.language import Language

SAMPLES = ROOT / "samples"
CARTOGRAPHY = (SAMPLES / "cameras.csv", SAMPLES / "cameras-mapping.toml")
KINDS = ("report", "player", "sheet", "verification", "map")


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A handover and its pages by kind and language; ``said``: what the commands wrote to stdout and stderr."""

    handover: Path
    certificate: Path
    pages: dict[tuple[str, Language], Path]
    said: str


class Commands:
    """vssx in this process; keeps what it says."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def run(self, *arguments: str | Path, expect: tuple[int, ...] = (0,)) -> str:
        """stdout of a command that must end with one of these exit codes."""
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            code = main(list(map(str, arguments)))
        self.said += [out.getvalue(), err.getvalue()]
        assert code in expect, f"exit code {code}: {err.getvalue()[-3000:]}"
        return out.getvalue()


def depot(
    work: Path,
    languages: tuple[Language, ...] = tuple(Language),
    *,
    recordings: tuple[str, ...] = ("car-park", "side-door"),
    end: str = "2026-03-14T21:40:40Z",
) -> Made:
    """The car park with its gap and the operator's marks, the side door with its metadata; map, plan, a few stills."""
    commands = Commands()
    table, mapping = CARTOGRAPHY
    with RecorderServer(SAMPLES) as server:
        return hand_over(
            commands,
            work,
            *(f"127.0.0.1:{server.http_port}", *(word for one in recordings for word in ("--recording", one))),
            *("--from", "2026-03-14T17:05:30Z", "--to", end, "--tz", "Europe/Zurich"),
            *("--level", "0E", "--events", SAMPLES / "incidents.csv", "--stills", "2"),
            *("--carto", table, "--carto-mapping", mapping, "--carto-all"),
            *(
                "--case",
                "24-1234",
                "--exhibit",
                "A1",
                "--operator",
                "A. Investigator",
                "--legal-basis",
                "Art. 263 StPO",
            ),
            languages=languages,
            cartography=(table, "--mapping", mapping),
        )


def unwell(work: Path, language: Language) -> Made:
    """Losses, a clock that was set back, sound that was converted; signed by nobody."""
    faults = read_faults(["loss=60", "time-step=-5"])
    span = ("--from", "2026-03-14T06:29:50Z", "--to", "2026-03-14T06:30:40Z")
    options = ("--output", work, "--name", "handover", "--stills", "1", "--language", str(language))
    commands = Commands()
    with RecorderServer(SAMPLES, faults=faults) as server:
        host = f"127.0.0.1:{server.http_port}"
        recordings = ("--recording", "north-gate", "--recording", "reception")
        commands.run("export", host, *recordings, *span, *options, "--sheet", expect=(100,))
    handover = work / "handover"
    pages = {(name, language): handover / f"{name}.html" for name in ("report", "player")}
    pages |= {("sheet", language): work / "handover.sheet.html", ("verification", language): work / "verified.html"}
    report = ("--report", pages["verification", language], "--language", str(language))
    commands.run("verify", handover, *report, expect=(42,))
    return Made(handover=handover, certificate=Path(), pages=pages, said="".join(commands.said))


def hand_over(
    commands: Commands,
    work: Path,
    *export: str | Path,
    languages: tuple[Language, ...],
    cartography: tuple[str | Path, ...],
    expect: tuple[int, ...] = (0,),
) -> Made:
    """Export, and make every page in every language; ``expect``: exit codes of the export and of the map."""
    commands.run("keys", "create", "--output", work / "keys", "--name", "A. Investigator", "--ec")
    key, certificate = work / "keys" / "key.pem", work / "keys" / "cert.pem"
    options = ("--key", key, "--cert", certificate, "--output", work, "--name", "handover")
    commands.run("export", *export, *options, expect=expect)
    handover = work / "handover"
    record = json.loads((handover / "handover.json").read_text("utf-8"))
    pages = {}
    for language in languages:
        beside = work / str(language)
        beside.mkdir()
        (beside / "data").symlink_to(handover / "data")
        for name, page in Pages(root=handover, language=language).of_bag(record).items():
            assert page is not None
            pages[name.removesuffix(".html"), language] = beside / name
            (beside / name).write_bytes(page)
        said = ("--language", str(language))
        for kind in ("sheet", "verification", "map"):
            pages[kind, language] = beside / f"{kind}.html"
        commands.run("sheet", handover, "-o", pages["sheet", language], *said)
        trust = ("--trust", certificate, "--report", pages["verification", language])
        commands.run("verify", handover, *trust, *said)
        commands.run("carto", "map", *cartography, "-o", pages["map", language], *said, expect=expect)
    return Made(handover=handover, certificate=certificate, pages=pages, said="".join(commands.said))
