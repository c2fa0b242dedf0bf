"""What export and remux have in common: from a stream in a staging directory to a published handover."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from vssx.errors import ExitCode, UsageError
from vssx.evidence.bag import assemble
from vssx.evidence.cartography import attached_to
from vssx.evidence.claims import why_lower, why_no_level
from vssx.evidence.signature import Signer
from vssx.evidence.staging import Staging
from vssx.isobmff.writer import SampleEntryChoice
from vssx.jobs.cartography import map_remarks, without_row
from vssx.jobs.levels import LevelDemand, refuse_unless_all_bear
from vssx.jobs.pages import LANGUAGE_OPTION, STILLS_OPTION, Pages
from vssx.jobs.stills import STEPS
from vssx.model.handover import AcquiredRecording, Acquisition, ExportUnit, Position, Received
from vssx.model.level import ExportLevel
from vssx.model.media import EVERY_TRACK, NS, GapCause, TrackChoice
from vssx.report.language import Language
from vssx.shown import counted

if TYPE_CHECKING:
    from vssx.jobs.cartography import Cartography
    from vssx.source.event_list import EventList

Progress = Callable[[int, int, int, int], None]
"""Called with the number of the recording or file (from 0), its media time in ns since the start, and the payload
bytes and the losses so far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverRequest:
    """How a handover is to be made. ``passphrase`` is asked only when the key is encrypted.

    ``accept_lower``: a handover that bears less than ``level`` will do.
    ``gap_split_ns``, ``split_length_ns``, ``split_bytes``: when a new file begins (``vssx.evidence.file_split``).
    ``event_lists``: events that the operator adds. ``cartography``: the cameras on the map; ``position`` is for one
    that it does not place. ``language``: of the pages. ``stills``: pictures in them at even steps of each file; 0: no
    pictures at all.
    """

    output: Path
    name: str | None = None
    level: ExportLevel = ExportLevel.VIDEO
    accept_lower: bool = False
    key: Path | None = None
    certificate: Path | None = None
    passphrase: Callable[[], str | None] = lambda: None
    case: str = ""
    exhibit: str = ""
    operator: str = ""
    legal_basis: str = ""
    language: Language = Language.ENGLISH
    stills: int = STEPS
    gap_split_ns: int = 10 * NS
    split_length_ns: int | None = None
    split_bytes: int | None = None
    position: Position | None = None
    sample_entry: SampleEntryChoice = "auto"
    tracks: TrackChoice = EVERY_TRACK
    event_lists: tuple[EventList, ...] = ()
    cartography: Cartography | None = None

    @property
    def options(self) -> tuple[tuple[str, str], ...]:
        """What belongs into the record beside the case."""
        options = [
            ("gap_split_seconds", f"{self.gap_split_ns / NS:g}"),
            ("split", self._split),
            ("sample_entry", self.sample_entry),
            ("audio", str(self.tracks.audio)),
            (LANGUAGE_OPTION, str(self.language)),
            (STILLS_OPTION, str(self.stills)),
        ]
        if self.tracks.skip_unsupported:
            options.append(("skip_unsupported", "yes"))
        if self.position is not None:
            at = self.position
            options.append(("position", f"{at.latitude},{at.longitude},{at.altitude}"))
        if self.event_lists:
            options.append(("event_lists", "; ".join(one.told for one in self.event_lists)))
        if self.cartography is not None:
            options += self.cartography.options
        return tuple(options)

    @property
    def _split(self) -> str:
        if self.split_length_ns is not None:
            return f"files of {self.split_length_ns / NS:g} seconds"
        return "gap" if self.split_bytes is None else f"files of {self.split_bytes} bytes"

    @property
    def described(self) -> dict[str, object]:
        """What of this makes another run the same request. The key is no part of it: it may come later, and so may the
        consent to a lower level."""
        return {
            "level": self.level,
            "case": self.case,
            "exhibit": self.exhibit,
            "operator": self.operator,
            "legal_basis": self.legal_basis,
            "options": [list(option) for option in self.options],
        }

    @property
    def export_unit(self) -> ExportUnit:
        """Who exports, for ``suep``."""
        return ExportUnit(name="vssx", time_ns=time.time_ns(), operator=self.operator)


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """A published handover. ``shortfalls``: in plain words, what keeps it from being complete; empty when nothing.

    ``lower``: what keeps it from bearing the level asked for, where a lower one was accepted; "" otherwise.
    ``no_sheet``: why the handover sheet that was asked for could not be written; "" otherwise. ``page_faults``: what is
    wrong with its pages, which illustrate it. ``remarks``: what else its maker should hear.
    """

    path: Path
    signed: bool
    shortfalls: tuple[str, ...]
    lower: str = ""
    no_sheet: str = ""
    page_faults: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def exit_code(self) -> ExitCode:
        """0, or 100 with losses, unexplained gaps, an unproven end, a signature without any level to claim, or without
        one of the pages or the sheet that was asked for."""
        return ExitCode.INCOMPLETE if self.shortfalls or self.page_faults or self.no_sheet else ExitCode.DONE


def demand(request: HandoverRequest, *, recordings: int) -> LevelDemand:
    """What each of so many recordings must have. Of several, one without video does not keep the others back."""
    strict = not request.accept_lower
    return LevelDemand(
        video=strict and request.key is not None and recordings == 1,
        timed_metadata=strict and request.level.timed_metadata,
        alpha_events=strict and request.level.alpha_events,
    )


def open_signer(request: HandoverRequest) -> Signer | None:
    """The signer, opened before anything is fetched: a wrong passphrase must not cost an hour. Raises SigningError."""
    if request.key is None:
        if request.certificate is not None:
            raise UsageError("--cert without --key", next_step="Name the key with --key, or leave both out.")
        return None
    from vssx.evidence.keys import load_signer

    return load_signer(request.key, request.certificate, request.passphrase)


def finish(staging: Staging, name: str, acquisition: Acquisition, signer: Signer | None) -> Handover:
    """Assemble the bag around what was received, seal it and give it its name.

    Raises LevelNotBorneError where the level asked for is not borne and no lower one was accepted, and the errors of
    ``assemble``; everything stays in NAME.partial.
    """
    cartography = attached_to(staging)
    recordings = (_derived(staging.path, one) for one in acquisition.recordings)
    acquisition = replace(
        acquisition,
        recordings=tuple(one if cartography is None else without_row(one) for one in recordings),
        cartography=cartography,
    )
    refuse_unless_all_bear(acquisition, str(staging.path))
    faults: list[str] = []
    unwritten = assemble(
        staging.path, acquisition, signer=signer, pages=Pages(root=staging.path, warn=faults.append).of_bag
    )
    faults += unwritten
    shortfalls = _shortfalls(acquisition)
    if signer is not None and (unclaimed := why_no_level(acquisition, signed=True)):
        shortfalls.append(unclaimed.rstrip("."))
    lower = why_lower(acquisition).rstrip(".")
    outcome = {
        "shortfalls": shortfalls,
        "lower": lower,
        "name": name,
        "signed": signer is not None,
        "pages": faults,
        "remarks": list(map_remarks(acquisition)),
    }
    staging.seal(outcome)
    return publish_sealed(staging)


def _derived(root: Path, one: AcquiredRecording) -> AcquiredRecording:
    """With what lies beside its MP4s and is made of them."""
    from vssx.evidence.derived import derive
    from vssx.evidence.metadata_samples import DerivedFrom

    files = [DerivedFrom.of(media.file) for media in sorted(one.received.media, key=lambda media: media.file.path)]
    if not files:
        return one
    made = derive(root, one.directory, files, from_ns=one.from_ns, to_ns=one.to_ns)
    return replace(one, timed_metadata=made.timed_metadata, alpha_events=made.alpha_events)


def publish_sealed(staging: Staging) -> Handover:
    """Give a complete bag its name, in this run or after a cut one."""
    outcome = staging.outcome
    shortfalls, page_faults, remarks = outcome["shortfalls"], outcome.get("pages", []), outcome.get("remarks", [])
    assert isinstance(shortfalls, list)
    assert isinstance(page_faults, list)
    assert isinstance(remarks, list)
    path = staging.publish(str(outcome["name"]))
    return Handover(
        path=path,
        signed=outcome["signed"] is True,
        shortfalls=tuple(map(str, shortfalls)),
        lower=str(outcome.get("lower", "")),
        page_faults=tuple(map(str, page_faults)),
        remarks=tuple(map(str, remarks)),
    )


def _shortfalls(acquisition: Acquisition) -> list[str]:
    several = len(acquisition.recordings) > 1
    return [
        f"{one.camera}: {shortfall}" if several else shortfall
        for one in acquisition.recordings
        for shortfall in _shortfalls_of(one.received)
    ]


def _shortfalls_of(received: Received) -> list[str]:
    found = []
    if not received.media and received.end.proven:
        found.append("nothing was recorded in the range")
    if received.losses:
        found.append(counted(sum(loss.count for loss in received.losses), "loss", "losses"))
    stepped = [gap for gap in received.gaps if gap.cause is GapCause.BACKWARD_STEP]
    unexplained = [gap for gap in received.gaps if gap.confirmed is not True and gap not in stepped]
    if unexplained:
        found.append(f"{counted(len(unexplained), 'gap', 'gaps')} that no recorder's history confirms")
    if stepped:
        found.append("the recorder's clock stepped back")
    if not received.end.proven:
        found.append(f"the end is unproven ({received.end.reason})")
    return found
