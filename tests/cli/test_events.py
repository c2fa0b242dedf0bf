"""vssx events, and the events that export and remux add, as a user runs them against the embedded recorder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.test_export import record_of, run, section_of
from vssx.errors import NotAuthenticatedError
from vssx.isobmff.reader import open_movie
from vssx.model.metadata import ADDED_TRACK
from vssx.recorder.fault_registry import REGISTRY
from vssx.recorder.faults import parse_faults
from vssx.recorder.server import RecorderServer
from vssx.times import from_xs_datetime

RANGE = ("--from", "2026-03-14T21:40:12Z", "--to", "2026-03-14T21:40:38Z")
ALARM = "tns1:Door/State/DoorAlarm"
DENIED = "tns1:AccessControl/Denied/Credential"
LIST = (
    "time;name;text;recording\n"
    "2026-03-14T21:40:30Z;Guard on site;=cmd|'/c calc'!A1;\n"
    '2026-03-14 22:40:31+01:00;Alarm \x1b[31m 7;"two\nlines";Side door\n'
    "2027-01-01T00:00:00Z;later;;\n"
).replace("\x1b[31m", "‮")


@pytest.fixture(scope="module")
def recorder(samples):
    with RecorderServer(samples) as server:
        yield f"127.0.0.1:{server.http_port}"


@pytest.fixture
def listed(tmp_path) -> Path:
    path = tmp_path / "list.csv"
    path.write_text(LIST, encoding="utf-8")
    return path


def export(capsys, recorder, output, *more, level="0E"):
    code, out, err = run(
        capsys, "export", recorder, "--recording", "side-door", *RANGE, "--output", output, "--level", level, *more
    )
    assert code == 0, err
    return Path(out.strip())


def events(capsys, *arguments) -> list[dict]:
    code, out, err = run(capsys, "events", *arguments, "--json")
    assert code == 0, err
    return json.loads(out)["events"]


def test_listing_of_a_recorder(recorder, capsys):
    found = events(capsys, recorder, "--recording", "side-door", *RANGE)
    states = [one for one in found if one["kind"] == "state"]
    assert found[: len(states)] == states
    assert {one["utc"] for one in states} == {"2026-03-14T21:40:12Z"}
    assert {"Door mode", "Digital input", "Motion"} <= {one["name"] for one in states}
    [forced] = [one for one in found if one["state"] == "forced open"]
    assert forced["topic"] == "tns1:Door/State/DoorAlarm"
    assert forced["provenance"][0]["kind"] == "find-events"
    times = [from_xs_datetime(one["utc"]) for one in found]
    assert times == sorted(times)
    code, out, _ = run(capsys, "events", recorder, "--recording", "side-door", *RANGE)
    assert code == 0
    assert out.splitlines()[0].split()[:2] == ["EVENT", "TIME"]
    assert len(out.splitlines()) == len(found) + 1
    assert forced["id"] in out


def test_recorder_handover_and_file_tell_the_same(recorder, tmp_path, capsys):
    """From the first picture on: an Initialized there tells the state, and is in no listing an event beside."""
    start = "2026-03-14T21:40:10Z"
    span = ("--from", start, "--to", "2026-03-14T21:40:38Z")
    asked = events(capsys, recorder, "--recording", "side-door", *span)
    code, out, err = run(
        capsys, "export", recorder, "--recording", "side-door", *span, "--level", "0E", "--output", tmp_path
    )
    assert code == 0, err
    kept = events(capsys, out.strip())
    assert {(one["id"], one["state"]) for one in asked} == {(one["id"], one["state"]) for one in kept}
    assert not [one for one in asked if one["utc"] == start and one["operation"] == "Initialized"]
    # The recorder was asked for a time before the first picture, and answered that it did not record.
    early = ("--from", "2026-03-14T21:40:00Z", "--to", "2026-03-14T21:40:38Z", "--output", tmp_path / "early")
    code, out, err = run(capsys, "export", recorder, "--recording", "side-door", *early, "--level", "0E")
    assert code == 0, err
    for path, state in (
        (Path(out.strip()), "not recording"),
        (next(Path(out.strip()).glob("data/*/*.mp4")), "recording"),
    ):
        told = [one for one in events(capsys, path) if (one["kind"], one["name"]) == ("state", "Recording")]
        assert [one["state"] for one in told] == [state]


def test_without_a_range_all_of_the_recording(recorder, capsys):
    found = events(capsys, recorder, "--recording", "side-door")
    assert len(found) > len(events(capsys, recorder, "--recording", "side-door", *RANGE))


@pytest.mark.parametrize(
    ("more", "topics"),
    [
        (("--topic", "tns1:AccessControl//."), {DENIED}),
        (("--topic", "tns1:Door//*|tns1:RuleEngine//."), {ALARM, "tns1:RuleEngine/LineDetector/Crossed"}),
        (("--filter", 'boolean(//tt:SimpleItem[@Name="Reason"])'), {DENIED}),
        (("--topic", "tns1:Door//.", "--filter", 'boolean(//tt:SimpleItem[@Value="DoorForcedOpen"])'), {ALARM}),
    ],
)
def test_filters_are_the_same_for_a_recorder_and_for_what_was_exported(recorder, more, topics, tmp_path, capsys):
    asked = {
        one["id"]
        for one in events(capsys, recorder, "--recording", "side-door", *RANGE, *more)
        if one["kind"] == "event"
    }
    handover = export(capsys, recorder, tmp_path)
    kept = [one for one in events(capsys, handover, *RANGE, *more) if one["kind"] == "event"]
    assert asked == {one["id"] for one in kept}
    assert topics <= {one["topic"] for one in kept}


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("nowhere.mp4",), 2, "without --recording no recorder is asked"),
        (("{recorder}", "--recording", "none"), 13, "no recording"),
        (("{recorder}", "--recording", "side-door", "--topic", "tns1:["), 2, "not a topic expression"),
        (("{recorder}", "--recording", "side-door", "--filter", "boolean("), 2, "not a content filter"),
        (("{recorder}", "--recording", "side-door", "--from", "2026-03-14T21:40:12Z"), 2, "half a range"),
        (("{recorder}", "--recording", "side-door", *RANGE[2:], "--from", "2027-01-01T00:00:00Z"), 2, "ends before"),
        (("{samples}",), 30, "not a handover"),
    ],
)
def test_refusals(recorder, samples, arguments, code, said, capsys):
    asked = [one.format(recorder=recorder, samples=samples) for one in arguments]
    ended, out, err = run(capsys, "events", *asked)
    assert (ended, out) == (code, "")
    assert said in err


def test_nothing_happened(recorder, capsys):
    code, out, err = run(capsys, "events", recorder, "--recording", "side-door", *RANGE, "--topic", "vssx:Incident")
    assert (code, out) == (0, "")
    assert "No events that the filters let pass" in err and "everything below" in err


def test_exported_events_are_a_track_of_their_own_and_the_list_is_in_it(recorder, listed, tmp_path, capsys):
    handover = export(capsys, recorder, tmp_path, "--events", listed, level="0M+0E")
    [path] = handover.glob("data/*/*.mp4")
    added = [track for track in open_movie(path).tracks if track.handler_name == ADDED_TRACK]
    assert [track.sample_count for track in added] == [
        len(events(capsys, recorder, "--recording", "side-door", *RANGE)) + 2
    ]
    found = events(capsys, handover)
    mine = [one for one in found if one["provenance"][0]["kind"] == "operator-list"]
    assert [one["utc"] for one in mine] == ["2026-03-14T21:40:30Z", "2026-03-14T21:40:31Z"]
    assert [one["provenance"][0]["where"] for one in mine] == ["list.csv, line 2", "list.csv, line 3"]
    assert mine[0]["media"] == 20.0
    both = [one for one in found if len(one["provenance"]) == 2]
    assert {"recorded-metadata", "find-events"} == {way["kind"] for one in both for way in one["provenance"]}
    section = section_of(handover)
    assert section["alpha_events"]["listed"] == 2
    said, beyond = (one["detail"] for one in section["assumptions"] if one["subject"] == "events")
    assert "footage" in beyond
    assert "list.csv" in said and "2 events; left out, since outside the range: 1 event" in said
    assert "list.csv" in record_of(handover)["requested"]["options"]["event_lists"]
    code, out, _ = run(capsys, "events", handover)
    assert code == 0
    assert "\\u202e" in out and "‮" not in out


def test_it_is_said_that_the_footage_shows_more_than_was_asked_for(recorder, tmp_path, capsys):
    narrow = ("--from", "2026-03-14T21:40:17Z", "--to", "2026-03-14T21:40:24Z")
    words = ("export", recorder, "--recording", "side-door", *narrow, "--output", tmp_path, "--level", "0M+0E")
    code, out, _ = run(capsys, *words)
    assert code == 0
    section = section_of(Path(out.strip()))
    [told] = [one["detail"] for one in section["assumptions"] if one["subject"] == "events"]
    assert "from 2026-03-14T21:40:17Z to 2026-03-14T21:40:24Z" in told
    assert f"from {section['delivered']['first']} to {section['delivered']['last']}" in told
    assert section["delivered"]["last"] > "2026-03-14T21:40:25.040Z"  # where somebody was denied access once more


def test_no_events_are_asked_for_at_other_levels(recorder, tmp_path, capsys):
    handover = export(capsys, recorder, tmp_path, level="0M")
    assert section_of(handover)["alpha_events"]["found"] == 0
    assert all(way["kind"] == "recorded-metadata" for one in events(capsys, handover) for way in one["provenance"])


def test_a_bad_list_is_refused_before_anything_is_asked(tmp_path, capsys):
    bad = tmp_path / "bad.csv"
    bad.write_text("time,name\nnoon,a\n2026-03-14T21:40:30Z,\n")
    code, _, err = run(
        capsys, "export", "127.0.0.1:1", "--recording", "x", *RANGE, "--output", tmp_path, "--events", bad
    )
    assert code == 2
    assert "line 2, column 'time'" in err and "line 3" in err
    assert not list(tmp_path.glob("*.partial"))


def test_a_list_about_another_recording_is_refused(recorder, tmp_path, capsys):
    wrong = tmp_path / "wrong.jsonl"
    wrong.write_text('{"time": "2026-03-14T21:40:30Z", "name": "a", "recording": "front"}\n')
    asked = ("--recording", "side-door", *RANGE, "--output", tmp_path, "--events", wrong)
    code, _, err = run(capsys, "export", recorder, *asked)
    assert code == 2
    assert "front: no such recording is exported" in err and "side-door" in err


def test_another_list_is_another_request(recorder, listed, tmp_path, capsys):
    export(capsys, recorder, tmp_path, "--events", listed)
    listed.write_text(LIST.replace("Guard", "Watchman"), encoding="utf-8")
    code, _, err = run(
        capsys, "export", recorder, "--recording", "side-door", *RANGE, "--output", tmp_path, "--events", listed
    )
    assert code == 30
    assert "exists already" in err


def test_remux_takes_a_list_and_leaves_out_what_no_picture_shows(samples, listed, tmp_path, capsys):
    code, out, err = run(
        capsys,
        *("remux", samples / "side-door.mp4", "--start", "2026-03-14T21:40:10Z"),
        *("--events", listed, "--level", "0E", "--output", tmp_path),
    )
    # The second line is about a camera of another name.
    assert code == 2 and "Side door: no such recording" in err
    listed.write_text(LIST.replace(";Side door", ";side-door"), encoding="utf-8")
    code, out, err = run(
        capsys,
        *("remux", samples / "side-door.mp4", "--start", "2026-03-14T21:40:10Z"),
        *("--events", listed, "--level", "0E", "--output", tmp_path),
    )
    assert code == 0, err
    found = events(capsys, out.strip())
    assert [one["media"] for one in found] == [20.0, 21.0]
    said = " ".join(one["detail"] for one in section_of(out.strip())["assumptions"])
    assert "left out, since before or behind the footage: 1 of the events" in said


def test_several_recordings_side_by_side(recorder, listed, tmp_path, capsys):
    """Each gets its own events; a line of the list that names a recording goes to that one only."""
    code, out, err = run(
        capsys,
        *("export", recorder, "--recording", "side-door", "--recording", "north-gate", "--jobs", "2"),
        *("--from", "2026-03-14T06:00:00Z", "--to", "2026-03-14T22:00:00Z"),
        *("--events", listed, "--level", "0E", "--output", tmp_path),
    )
    assert code == 0, err
    lines = {
        section["directory"]: section["alpha_events"]["listed"] for section in record_of(out.strip())["recordings"]
    }
    assert lines == {"Side_door": 2, "North_gate": 1}
    found = events(capsys, out.strip(), "--topic", "tns1:RecordingHistory/Track/State")
    assert {item["value"] for one in found for item in one["source"] if item["name"] == "RecordingToken"} == {
        "side-door",
        "north-gate",
    }


def test_true_times_of_a_list_are_moved_into_the_recorders_clock(samples, listed, tmp_path, capsys):
    hour = 3600 * 10**9
    with RecorderServer(samples, faults=parse_faults(["clock-skew=3600"], REGISTRY)) as server:
        code, out, err = run(
            capsys,
            *("export", f"127.0.0.1:{server.http_port}", "--recording", "side-door", "--times", "true"),
            *("--from", "2026-03-14T20:40:12Z", "--to", "2026-03-14T20:40:38Z"),
            *("--events", listed, "--level", "0E", "--output", tmp_path),
        )
        # The list's times are an hour off: nothing of it lies in the range.
        assert code == 0, err
        assert section_of(out.strip())["alpha_events"]["listed"] == 0
        listed.write_text("time,name\n2026-03-14T20:40:30Z,Theft\n", encoding="ascii")
        code, out, err = run(
            capsys,
            *("export", f"127.0.0.1:{server.http_port}", "--recording", "side-door", "--times", "true"),
            *("--from", "2026-03-14T20:40:12Z", "--to", "2026-03-14T20:40:38Z", "--name", "again"),
            *("--events", listed, "--level", "0E", "--output", tmp_path),
        )
        assert code == 0, err
    [theft] = events(capsys, out.strip(), "--topic", "vssx:Incident//.")
    moved = from_xs_datetime(theft["utc"]) - from_xs_datetime("2026-03-14T20:40:30Z")
    assert abs(moved - hour) < 2 * 10**9
    assert 18 < theft["media"] < 22
    assert {"name": "StatedTime", "value": "2026-03-14T20:40:30Z"} in theft["data"]
    said = [one["detail"] for one in section_of(out.strip())["assumptions"] if one["subject"] == "events"]
    assert any("moved by +" in one for one in said)


def test_a_recorder_with_another_clock_wants_to_know_whose_time_it_is(samples, capsys):
    with RecorderServer(samples, faults=parse_faults(["clock-skew=3600"], REGISTRY)) as server:
        host = f"127.0.0.1:{server.http_port}"
        code, _, err = run(capsys, "events", host, "--recording", "side-door", *RANGE)
        assert code == 2 and "--times" in err
        assert events(capsys, host, "--recording", "side-door", *RANGE, "--times", "recorder")
        later = events(capsys, host, "--recording", "side-door", *RANGE, "--times", "true")
        assert {one["kind"] for one in later} == {"state"}  # an hour behind the recording


def test_without_any_event_level_0e_is_refused_at_once(recorder, tmp_path, capsys):
    """A list bears it, too."""
    asked = ("export", recorder, "--recording", "north-gate", "--level", "0E", "--output", tmp_path)
    span = ("--from", "2026-03-14T06:30:05Z", "--to", "2026-03-14T06:30:10Z")
    code, _, err = run(capsys, *asked, *span)
    assert code == 14 and "--events FILE" in err
    assert not list(tmp_path.glob("*.partial/work/media-*/*"))
    (tmp_path / "list.csv").write_text("time,name\n2026-03-14T06:30:07Z,Theft\n")
    code, out, err = run(capsys, *asked, *span, "--events", tmp_path / "list.csv")
    assert code == 0, err
    assert [one["name"] for one in events(capsys, out.strip(), *span, "--topic", "vssx:Incident//.")] == [
        "Incident: theft"
    ]


def test_a_user_who_may_not_search_is_told_what_is_missing(recorder, listed, tmp_path, capsys, monkeypatch):
    def refuse(*_):
        raise NotAuthenticatedError("may not search for events", where="recorder")

    monkeypatch.setattr("vssx.source.search.RecorderSession.find_events", refuse)
    asked = ("export", recorder, "--recording", "side-door", *RANGE, "--level", "0E", "--events", listed)
    code, out, _ = run(capsys, *asked, "--output", tmp_path)
    assert code == 100
    [loss] = section_of(out.strip())["losses"]
    assert "the recorder's events are not here" in loss["detail"]


def test_search_that_is_cut_before_what_is_wanted_goes_on(samples, recorder, capsys):
    """It tells all topics, eight results at a time, and calls each time that all there is."""
    door = (*RANGE, "--topic", "tns1:Door//.")
    whole = events(capsys, recorder, "--recording", "side-door", *door)
    happened = [one["id"] for one in whole if one["kind"] == "event"]
    faults = parse_faults(["events-refused=topics", "events-cut-short=8"], REGISTRY)
    with RecorderServer(samples, faults=faults) as server:
        found = events(capsys, f"127.0.0.1:{server.http_port}", "--recording", "side-door", *door)
    assert happened
    assert [one["id"] for one in found if one["kind"] == "event"] == happened
