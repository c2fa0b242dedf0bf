"""The pages of a handover: collects what they show out of its record and its files, and makes them."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vssx.errors import HandoverError, VssxError
from vssx.evidence.handover_reading import name_fault
from vssx.evidence.record import RECORD_NAME
from vssx.jobs.cartography_pages import cartography_of_bag
from vssx.jobs.player import make_player
from vssx.jobs.stills import STEPS, StillPlan
from vssx.model.still import FileStills, StillEvent
from vssx.report.event_rows import EventRow, read_event_rows
from vssx.report.language import Language
from vssx.report.page import Page
from vssx.report.page_time import PageTime
from vssx.report.player_page import PLAYER_NAME
from vssx.report.record_view import RecordView, view_record
from vssx.report.report_page import REPORT_NAME, ReportContent, render_report
from vssx.shown import shown

LANGUAGE_OPTION = "language"
STILLS_OPTION = "stills"
MOST_OCTETS = 50_000_000
"""Of one page: far more than any has, and no browser is glad of it."""
_EVENTS = "events.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """Makes the pages of the handover, or staging directory, at ``root``.

    ``language``, ``stills`` (pictures at even steps a file; 0: no pictures), ``times`` (whose zone local times have):
    None: as the record says. ``warn``: is told in a sentence each what a page cannot show; the page says it, too.
    """

    root: Path
    language: Language | None = None
    stills: int | None = None
    times: PageTime | None = None
    warn: Callable[[str], None] = lambda _: None
    _unread: dict[str, str] = field(default_factory=dict, init=False)

    def of_bag(self, record: Mapping[str, Any]) -> dict[str, bytes | None]:
        """The pages that are files of the handover, by their names. ``record``: follows its schema.

        Never raises: the evidence is not kept back by what illustrates it. In place of a page that cannot be made there
        is one that says why; None where not even that can be made.
        """
        makers: dict[str, Callable[[], bytes]] = {
            REPORT_NAME: lambda: self._report(self._view(record), in_bag=True, made_ns=None),
            PLAYER_NAME: lambda: self._player(self._view(record)),
        }
        made = {name: self._made(name, record, make) for name, make in makers.items()}
        for directory, why in self._unread.items():
            self.warn(f"not all events of {shown(directory)} are on the pages: {why}")
        return made

    def report(self, record: Mapping[str, Any], *, made_ns: int) -> bytes:
        """report.html anew, for a place outside of the handover. Raises HandoverError for a record that is not ours,
        StorageError."""
        return self._report(self._view(record), in_bag=False, made_ns=made_ns)

    def _made(self, name: str, record: Mapping[str, Any], make: Callable[[], bytes]) -> bytes | None:
        try:
            page = make()
            if len(page) <= MOST_OCTETS:
                return page
            why = f"it would have {len(page)} bytes"
        except Exception as error:  # noqa: BLE001 (it is told: on stderr, by the exit code, and where the page would be)
            why = _why(error)
        self.warn(f"{name} could not be made: {why}")
        try:
            return self._page(record).render("no_page.html.j2", name=name, why=why)
        except Exception as error:  # noqa: BLE001 (as above)
            self.warn(f"{name} is missing: {_why(error)}")
            return None

    def _page(self, record: Mapping[str, Any]) -> Page:
        requested = record["requested"]
        return Page(
            language=self.language or language_of(requested["options"]),
            times=self.times or PageTime.of_record(requested["said"].get("tz")),
        )

    def _player(self, record: RecordView) -> bytes:
        return make_player(self.root, record, self._page(record.raw), self._events)

    def _report(self, record: RecordView, *, in_bag: bool, made_ns: int | None) -> bytes:
        try:
            cartography, no_maps = cartography_of_bag(self.root, record), ""
        except VssxError as error:
            cartography, no_maps = None, str(error)
            self.warn(f"the report has no map: {error}")
        content = ReportContent(
            record=record,
            events=self._events,
            stills={one.file: one for one in self._stills(record)},
            cartography=cartography,
            no_maps=no_maps,
            unread=self._unread,
            in_bag=in_bag,
            made_ns=made_ns,
        )
        return render_report(content, self._page(record.raw))

    def _view(self, record: Mapping[str, Any]) -> RecordView:
        """Of a handover that nobody has verified: nothing that it names lies outside of it."""
        view = view_record(record)
        for one in view.recordings:
            for path in (f"data/{one.directory}", *(file.path for file in one.files)):
                fault = name_fault(self.root, path)
                if fault is not None:
                    raise HandoverError(
                        f"names {shown(path)}, which {fault}",
                        where=RECORD_NAME,
                        next_step="Check the handover with `vssx verify`.",
                    )
        return view

    def _stills(self, record: RecordView) -> Iterator[FileStills]:
        steps = self.stills if self.stills is not None else _steps(record.raw["requested"]["options"])
        plan = StillPlan(record, steps=steps)
        for one in record.recordings if steps else ():
            paths = {file.name: file.path for file in one.files}
            for event in self._events(one.directory):
                if event.file in paths and not event.state_row:
                    place = StillEvent(event_id=event.event_id, utc_ns=event.utc_ns, name=event.name)
                    plan.add(paths[event.file], place)
        return plan.take(self.root)

    def _events(self, directory: str) -> Iterator[EventRow]:
        """As far as the list can be read; why it ends there is noted in ``_unread``."""
        path = self.root / "data" / directory / _EVENTS
        try:
            if not path.is_symlink() and path.is_file():
                with path.open("rb") as file:
                    yield from read_event_rows(file, shown(path))
        except HandoverError as error:
            self._unread[directory] = str(error)
        except OSError as error:
            self._unread[directory] = f"{shown(path)} cannot be read: {error.strerror or error}"


def _why(error: Exception) -> str:
    """With the place, where it is a mistake of the program and no message of ours."""
    if isinstance(error, VssxError):
        return str(error)
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {shown(error)}{place}"


def language_of(options: Mapping[str, str]) -> Language:
    """The language that the record's options name; English where they name none that there is."""
    named = options.get(LANGUAGE_OPTION, "")
    return next((one for one in Language if one == named), Language.ENGLISH)


def _steps(options: Mapping[str, str]) -> int:
    named = options.get(STILLS_OPTION, "")
    return int(named) if re.fullmatch("[0-9]{1,4}", named) else STEPS
