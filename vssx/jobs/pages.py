"""The pages of a handover: collects what they show out of its record and its files, and makes them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vssx.errors import HandoverError, StorageError
from vssx.evidence.manifest import path_fault
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
_EVENTS = "events.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """Makes the pages of the handover, or staging directory, at ``root``.

    ``language``, ``stills`` (pictures at even steps a file; 0: no pictures), ``times`` (whose zone local times have):
    None: as the record says.
    """

    root: Path
    language: Language | None = None
    stills: int | None = None
    times: PageTime | None = None

    def of_bag(self, record: Mapping[str, Any]) -> dict[str, bytes]:
        """The pages that are files of the handover, by their names. ``record``: follows its schema.

        Raises HandoverError for a record or a list of events that is not ours, StorageError.
        """
        view = self._view(record)
        return {
            REPORT_NAME: self._report(view, in_bag=True, made_ns=None),
            PLAYER_NAME: make_player(self.root, view, self._page(view), self._events),
        }

    def report(self, record: Mapping[str, Any], *, made_ns: int) -> bytes:
        """report.html anew, for a place outside of the handover. Errors as above."""
        return self._report(self._view(record), in_bag=False, made_ns=made_ns)

    def _page(self, record: RecordView) -> Page:
        requested = record.raw["requested"]
        return Page(
            language=self.language or language_of(requested["options"]),
            times=self.times or PageTime.of_record(requested["said"].get("tz")),
        )

    def _report(self, record: RecordView, *, in_bag: bool, made_ns: int | None) -> bytes:
        content = ReportContent(
            record=record,
            events=self._events,
            stills={one.file: one for one in self._stills(record)},
            cartography=cartography_of_bag(self.root, record),
            in_bag=in_bag,
            made_ns=made_ns,
        )
        return render_report(content, self._page(record))

    def _view(self, record: Mapping[str, Any]) -> RecordView:
        """Of a handover that nobody has verified: nothing that it names lies outside of it."""
        try:
            view = view_record(record)
        except ValueError as error:  # a date that no calendar has
            raise _not_ours(f"holds a value that is none: {shown(error)}") from error
        root = self.root.resolve()
        for one in view.recordings:
            for path in (f"data/{one.directory}", *(file.path for file in one.files)):
                fault = path_fault(path)
                if fault is not None:
                    raise _not_ours(f"names {shown(path)}, which {fault}")
                if not (root / path).resolve().is_relative_to(root):
                    raise _not_ours(f"names {shown(path)}, which leads out of the handover")
        return view

    def _stills(self, record: RecordView) -> Iterator[FileStills]:
        steps = self.stills if self.stills is not None else _steps(record.raw["requested"]["options"])
        plan = StillPlan(record, steps=steps)
        for one in record.recordings:
            paths = {file.name: file.path for file in one.files}
            for event in self._events(one.directory):
                if event.file in paths and not event.state_row:
                    place = StillEvent(event_id=event.event_id, utc_ns=event.utc_ns, name=event.name)
                    plan.add(paths[event.file], place)
        return plan.take(self.root)

    def _events(self, directory: str) -> Iterator[EventRow]:
        path = self.root / "data" / directory / _EVENTS
        try:
            if not path.is_symlink() and path.is_file():
                with path.open("rb") as file:
                    yield from read_event_rows(file, shown(path))
        except OSError as error:
            raise StorageError(
                f"cannot be read: {error.strerror or error}", where=shown(path), next_step="Check the permissions."
            ) from error


def _not_ours(what: str) -> HandoverError:
    return HandoverError(what, where=RECORD_NAME, next_step="Check the handover with `vssx verify`.")


def language_of(options: Mapping[str, str]) -> Language:
    """The language that the record's options name; English where they name none that there is."""
    named = options.get(LANGUAGE_OPTION, "")
    return next((one for one in Language if one == named), Language.ENGLISH)


def _steps(options: Mapping[str, str]) -> int:
    named = options.get(STILLS_OPTION, "")
    return int(named) if re.fullmatch("[0-9]{1,4}", named) else STEPS
