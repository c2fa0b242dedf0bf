"""Faults of searches for events: everything that happened is listed once, and what is not known is said."""

from __future__ import annotations

import csv
import re

import pytest

from tests.faults.recordings import case, export_case
from vssx.model.level import ExportLevel
from vssx.source.search_session import Searcher

FOUND = 14  # nine that were stored, and the recording history
BOTH = ExportLevel.METADATA_AND_EVENTS


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """Nobody waits a minute for a search that stalls."""
    monkeypatch.setitem(Searcher.__init__.__kwdefaults__, "stalled_s", 0.5)


def gate(*faults, **options):
    return case(*faults, recording="gate", level=BOTH, **options)


def listed(exported):
    """The lines of events.csv."""
    [path] = exported.path.glob("data/*/events.csv")
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


UNHARMED = (
    gate("events-refused"),
    gate("events-refused=topics"),
    gate("events-refused=states", assumed="events"),
    gate("events-no-states"),
    gate("events-twice", assumed="events"),
    gate("events-unordered", assumed="events"),
    gate("events-cut-short", assumed="events"),
)


@pytest.mark.parametrize("one", UNHARMED, ids=str)
def test_every_event_is_found(one, recordings, tmp_path):
    exported = one.run_whole(recordings, tmp_path)
    events = exported.section["alpha_events"]
    assert (events["events"], events["found"], events["recorded"]) == (FOUND, FOUND, 3)
    assert exported.record["claims"]["borne"] == "0M+0E"
    ours = [line for line in listed(exported) if "RecordingHistory" not in line["topic"]]
    times = [line["utc"] for line in ours if "unknown" not in line["state"]]
    assert times == sorted(times)


@export_case("events-no-states", recording="gate", level=BOTH, start=1.5)
def test_states_that_nobody_tells_are_unknown(exported):
    events = exported.section["alpha_events"]
    assert events["states_unknown"] == 2  # of motion and of the door
    assert sum("unknown" in line["state"] for line in listed(exported)) == 2


@export_case("events-cut-short=4", recording="gate", level=BOTH, code=100)
def test_a_search_that_cannot_get_on_is_a_loss(exported):
    [loss] = exported.losses
    assert "calls a search complete after 4 results" in loss["detail"]


@export_case("events-endless", recording="gate", level=BOTH, code=100)
def test_a_search_that_never_ends_is_given_up(exported):
    exported.assert_media()
    assert exported.section["alpha_events"]["found"] == FOUND
    [loss] = exported.losses
    assert "a search that neither ends nor finds anything" in loss["detail"]


@export_case("soap11-fault=FindEvents", recording="gate", level=BOTH, code=100)
def test_a_search_that_fails_is_a_loss(exported):
    exported.assert_media()
    assert exported.section["alpha_events"]["found"] == 0
    [loss] = exported.losses
    assert "the recorder's events are not here" in loss["detail"]
    assert "FindEvents failed" in loss["detail"]


@export_case("events-refused=all-topics", recording="gate", level=BOTH, code=100)
def test_events_of_topics_that_were_not_asked_for_may_be_missing(exported):
    assert exported.section["alpha_events"]["found"] == FOUND
    [loss] = exported.losses
    assert "it was asked for the topics that ONVIF knows only" in loss["detail"]


@export_case("metadata-clock", recording="gate", level=BOTH)
def test_events_of_other_years_are_listed_as_outside(exported):
    events = exported.section["alpha_events"]
    assert events["found"] > FOUND
    assert "9 events lie outside the range asked for" in events["notes"]
    assert "9 events have a time outside the range" in exported.assumed("events")
    assert sum(line["utc"].startswith("2004-05-01") for line in listed(exported)) == 9


@export_case("hostile-names", recording="gate", level=BOTH)
def test_hostile_events_reach_no_spreadsheet_as_they_are(exported):
    exported.assert_whole()
    assert exported.section["alpha_events"]["found"] == FOUND
    cells = [cell for line in listed(exported) for cell in line.values()]
    assert any("HYPERLINK" in cell for cell in cells)
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))]
    assert not re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", "".join(cells))


@export_case("no-history", recording="gate", level=BOTH)
def test_a_recorder_that_finds_no_events_may_have_recorded_them(exported):
    events = exported.section["alpha_events"]
    assert (events["events"], events["recorded"], events["found"]) == (3, 3, 0)
    assert "the recorder tells no events" in exported.assumed("events")
