"""Small recordings for a faulty recorder, and their exports."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from tests.clips import encode
from tests.faults.known_scene import write_known
from vssx.errors import ExitCode, VssxError
from vssx.evidence.verify import verify_path
from vssx.isobmff.elementary import split
from vssx.isobmff.reader import open_movie
from vssx.jobs.config import RecorderAddress
from vssx.jobs.export import ExportRequest, export
from vssx.jobs.handover import HandoverRequest
from vssx.model.acquisition import Credentials
from vssx.model.level import ExportLevel
from vssx.model.metadata import ADDED_TRACK
from vssx.model.network import StreamTransport
from vssx.recorder.fault_registry import read_faults
from vssx.recorder.faults import Faults
from vssx.recorder.server import RecorderServer
from vssx.times import NS, from_xs_datetime

START_NS = from_xs_datetime("2024-05-01T12:00:00Z")
SECONDS = 6.4  # of media in each recording
WITH_GAP = SECONDS + 60.0
GAP_AT, GAP = 2.88, 60.0  # in "yard": seconds of media before it, and how long
HOUR = 3600.0  # after which "lane" goes on
CREDENTIALS = Credentials(user="operator", password="not a secret")
_GOP = {"preset": "fast", "bf": "2", "g": "12", "sc_threshold": "0"}
_PARAMETER_SETS = (7, 8)
_FRAMES = 160
Function = TypeVar("Function", bound=Callable[..., Any])


def make(directory: Path) -> Path:
    """door: H.264 and AAC without a gap. yard, lane: H.264 with a gap of a minute, of an hour. hall: another size.
    gate: H.264, with documents and events."""
    encode(directory / "door.mp4", frames=_FRAMES, options=_GOP, audio=True)
    encode(directory / "yard.mp4", frames=_FRAMES, options=_GOP)
    encode(directory / "lane.mp4", frames=_FRAMES, options=_GOP)
    encode(directory / "hall.mp4", frames=_FRAMES, options=_GOP, size=(80, 64))
    encode(directory / "gate.mp4", frames=_FRAMES, options=_GOP)
    write_known(directory / "gate.mp4", START_NS)
    for name, gap in (("door", 0.0), ("yard", GAP), ("lane", HOUR - GAP_AT), ("hall", 0.0), ("gate", 0.0)):
        text = f'name = "{name.capitalize()} at the caf\u00e9"\nserial = "S-1"\nstart = 2024-05-01T12:00:00Z\n'
        if gap:
            text += f"[[gaps]]\nat = {GAP_AT}\nduration = {gap}\n"
        (directory / f"{name}.toml").write_text(text, encoding="utf-8")
    return directory


def at(seconds: float) -> int:
    """UTC in ns of so many seconds after the recordings begin."""
    return START_NS + round(seconds * NS)


def units_of(path: Path, track_type: str = "Video") -> list[bytes]:
    """NAL units but parameter sets, or AAC frames, of an MP4 file in their order."""
    movie = open_movie(path)
    found = []
    for track in movie.tracks:
        if str(track.track_type) != track_type:
            continue
        for sample, payload in movie.iter_payloads(track):
            if track_type != "Video":
                found.append(bytes(payload))
                continue
            units = split(payload, track.sample_entries[sample.entry].length_size, "")
            found += [bytes(unit) for unit in units if unit[0] & 31 not in _PARAMETER_SETS]
    return found


@dataclass(frozen=True, kw_only=True)
class Exported:
    """What an export came to. ``record``: handover.json, ``section`` its part about the recording."""

    code: int
    error: str = ""
    path: Path = Path()
    source: Path = Path()
    record: dict[str, Any] = field(default_factory=dict)
    log: tuple[dict[str, Any], ...] = ()

    @property
    def documents(self) -> list[bytes]:
        """What the recorded metadata tracks hold."""
        return [
            bytes(payload)
            for path in sorted(self.path.glob("data/*/*.mp4"))
            for movie in [open_movie(path)]
            for track in movie.tracks
            if track.track_type == "Metadata" and track.handler_name != ADDED_TRACK
            for _, payload in movie.iter_payloads(track)
        ]

    @property
    def section(self) -> dict[str, Any]:
        """The recording's own part of the record."""
        [section] = self.record["recordings"]
        return section

    def units(self, track_type: str = "Video") -> list[bytes]:
        """What the handover holds."""
        return [unit for path in sorted(self.path.glob("data/*/*.mp4")) for unit in units_of(path, track_type)]

    def assert_whole(self) -> None:
        """Everything that was recorded is there, byte for byte, in its order, and nothing else."""
        self.assert_media()
        assert self.losses == []

    def assert_media(self) -> None:
        """All that was recorded is there."""
        assert self.units("Video") == units_of(self.source)
        # The first audio frame lies before the start: the encoder's priming.
        assert self.units("Audio") == units_of(self.source, "Audio")[1:]

    @property
    def subjects(self) -> set[str]:
        """What had to be assumed."""
        return {each["subject"] for each in (*self.record["assumptions"], *self.section["assumptions"])}

    def assumed(self, subject: str) -> str:
        """The detail of the one assumption about ``subject``."""
        found = [
            each["detail"]
            for each in (*self.record["assumptions"], *self.section["assumptions"])
            if each["subject"] == subject
        ]
        assert len(found) == 1, (subject, found, self.subjects)
        return found[0]

    @property
    def losses(self) -> list[dict[str, Any]]:
        """What was lost."""
        return self.section["losses"]

    @property
    def gaps(self) -> list[dict[str, Any]]:
        """What was not recorded."""
        return self.section["gaps"]

    @property
    def end(self) -> dict[str, Any]:
        """How it ended."""
        return self.section["acquired"]["end"]


def export_from(
    directory: Path, output: Path, faults: Faults, *, credentials: Credentials | None = None, **options: Any
) -> Exported:
    """``export_at`` with its ``options``, from a recorder with these faults."""
    with RecorderServer(directory, credentials=credentials, faults=faults) as server:
        return export_at(f"127.0.0.1:{server.http_port}", directory, output, credentials=credentials, **options)


def export_at(
    host: str,
    directory: Path,
    output: Path,
    *,
    recording: str = "door",
    start: float = 0.0,
    end: float = SECONDS,
    times: str | None = "recorder",
    timeout: float = 1.0,
    credentials: Credentials | None = None,
    transport: StreamTransport = StreamTransport.AUTO,
    range_time_zone: str = "",
    rtsp_credentials: Credentials | None = None,
    level: ExportLevel = ExportLevel.VIDEO,
) -> Exported:
    """Export ``start`` to ``end``, seconds after the recording began."""
    request = ExportRequest(
        address=RecorderAddress(
            host=host,
            credentials=credentials,
            timeout=timeout,
            transport=transport,
            range_time_zone=range_time_zone,
            rtsp_credentials=rtsp_credentials,
        ),
        recordings=(recording,),
        from_ns=at(start),
        to_ns=at(end),
        clock=times,
        handover=HandoverRequest(output=output, name="H", level=level, stills=0),
    )
    try:
        made = export(request, lambda *_: None)
    except VssxError as error:
        return Exported(code=int(error.exit_code), error=str(error))
    lines = (made.path / "data/log/acquisition.jsonl").read_text().splitlines()
    return Exported(
        code=int(made.exit_code),
        path=made.path,
        source=directory / f"{recording}.mp4",
        record=json.loads((made.path / "handover.json").read_text()),
        log=tuple(map(json.loads, lines)),
    )


class Watched(Faults):
    """Faults that remember which of them the recorder looked at."""

    def __init__(self, words: tuple[str, ...]) -> None:
        super().__init__({name: read_faults([word]).value(name) for word in words for name in [word.partition("=")[0]]})
        self.asked: set[str] = set()

    def on(self, name: str) -> bool:
        """As in Faults."""
        self.asked.add(name)
        return super().on(name)

    def number(self, name: str) -> float | None:
        """As in Faults."""
        self.asked.add(name)
        return super().number(name)

    def text(self, name: str) -> str | None:
        """As in Faults."""
        self.asked.add(name)
        return super().text(name)


@dataclass(frozen=True)
class Case:
    """An export from a recorder whose first fault is the one under test, and the exit code that it comes to."""

    faults: tuple[str, ...]
    code: int = 0
    assumed: str = ""
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The fault under test."""
        return self.faults[0].partition("=")[0]

    def __str__(self) -> str:
        return " ".join(self.faults)

    def run(self, directory: Path, output: Path) -> Exported:
        """Export. Every fault that is switched on must have been looked at, and what was made must verify."""
        watched = Watched(self.faults)
        exported = export_from(directory, output, watched, **self.options)
        assert exported.code == self.code, exported.error or exported.section
        assert {word.partition("=")[0] for word in self.faults} <= watched.asked
        if exported.record:
            report = verify_path(exported.path, trust=(), at_ns=None)
            assert report.exit_code is ExitCode.NOTHING_SIGNED, report.findings
        return exported

    def run_whole(self, directory: Path, output: Path) -> Exported:
        """Export. Everything is there with a proven end, and what had to be assumed is in the record."""
        exported = self.run(directory, output)
        exported.assert_whole()
        assert exported.end["proven"]
        assert not self.assumed or self.assumed in exported.subjects
        return exported


def case(*faults: str, code: int = 0, assumed: str = "", **options: Any) -> Case:
    """A Case as one writes it."""
    return Case(faults, code, assumed, options)


def export_case(*faults: str, code: int = 0, **options: Any) -> Callable[[Function], Function]:
    """The test's fixture ``exported`` is this case's export."""

    def mark(function: Function) -> Function:
        function.case = case(*faults, code=code, **options)  # type: ignore[attr-defined]
        return function

    return mark
