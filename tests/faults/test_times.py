"""Faults of the stream's times."""

from __future__ import annotations

import re

import pytest

from tests.faults.recordings import SECONDS, WITH_GAP, case, export_case, units_of
from vssx.times import NS, from_xs_datetime

UNHARMED = (
    case("extension-on-require"),
    case("whole-seconds", assumed="whole seconds"),
    case("extension-once"),
    case("extension-on-clean-points"),
    case("bits-on-one-packet"),
    case("bits-on-one-packet=last"),
    case("cseq-zero"),
    case("sender-reports"),
    case("no-extension", assumed="time derived"),
    case("unset-clock", assumed="unusable extension times"),
    case("unset-clock=1900", assumed="unusable extension times"),
    case("time-drift", assumed="time deviation"),
    case("audio-rtp-off", assumed="RTP timestamp jumps"),
    case("audio-rtp-off=-3", assumed="RTP timestamp jumps"),
)


@pytest.mark.parametrize("one", UNHARMED, ids=str)
def test_the_handover_is_whole(one, recordings, tmp_path):
    exported = one.run_whole(recordings, tmp_path)
    assert exported.gaps == []
    assert exported.section["delivered"]["first"][:22] in ("2024-05-01T12:00:00Z", "2024-05-01T12:00:00.00")


GAPS = (
    case("bits-on-one-packet=last", recording="yard", end=WITH_GAP),
    case("rtp-jump", recording="yard", end=WITH_GAP),
    case("no-gap-bits", recording="yard", end=WITH_GAP),
    case("cseq-zero", recording="yard", end=WITH_GAP),
)


@pytest.mark.parametrize("one", GAPS, ids=str)
def test_a_gap_is_found_and_confirmed(one, recordings, tmp_path):
    exported = one.run(recordings, tmp_path)
    exported.assert_whole()
    [gap] = exported.gaps
    assert gap["confirmed"] is True
    assert gap["start"].startswith("2024-05-01T12:00:02.88")
    assert gap["end"] == "2024-05-01T12:01:02.880Z"
    assert gap["cause"] == ("time-jump" if one.name == "no-gap-bits" else "discontinuity-bit")


@export_case("no-extension")
def test_times_without_an_extension_come_from_the_answer_to_play(exported):
    details = [one["detail"] for one in exported.section["assumptions"] if one["subject"] == "time derived"]
    assert len(details) == 2
    assert all("clock Range that PLAY answered" in detail for detail in details)


@export_case("no-extension", recording="yard", end=WITH_GAP)
def test_each_section_is_asked_for_where_its_times_are_derived(exported):
    exported.assert_whole()
    assert exported.end["proven"]
    [gap] = exported.gaps
    assert (gap["cause"], gap["confirmed"]) == ("history", True)
    assert gap["start"].startswith("2024-05-01T12:00:02.88")
    assert gap["end"] == "2024-05-01T12:01:02.880Z"
    derived = [one["at"] for one in exported.section["assumptions"] if one["subject"] == "time derived"]
    assert derived == ["2024-05-01T12:00:00Z", "2024-05-01T12:01:02.880Z"]


@export_case("no-extension", "no-history", code=100, recording="yard", end=WITH_GAP)
def test_behind_a_gap_there_is_no_time_without_an_extension_and_a_history(exported):
    everything = units_of(exported.source)
    got = exported.units()
    assert got == everything[: len(got)]
    [loss] = exported.losses
    assert loss["detail"].startswith("88 access units after the contiguous section came without any time")


@export_case("no-extension", "range-missing", code=12)
def test_without_any_time_nothing_is_exported(exported):
    assert "does not say when its pictures were taken" in exported.error
    assert "PLAY was answered without a clock Range" in exported.error


@export_case("no-extension", "rate-control-ignored", code=12, start=SECONDS - 0.9)
def test_times_of_a_paced_replay_are_no_recording_times(exported):
    assert "does not show that it honours Rate-Control: no" in exported.error


@export_case("sender-reports", "no-extension")
def test_sender_reports_are_never_taken_for_recording_times(exported):
    exported.assert_whole()
    assert exported.section["delivered"]["first"].startswith("2024-05-01T12:00:00")


@export_case("whole-seconds", start=2.9, end=5.5)
def test_times_of_whole_seconds_are_placed_where_the_second_changes(exported):
    clean = case(start=2.9, end=5.5).run(exported.source.parent, exported.path.parent / "clean")
    assert exported.units() == clean.units()
    sound, clean_sound = exported.units("Audio"), clean.units("Audio")
    assert abs(len(sound) - len(clean_sound)) <= 1  # that is the uncertainty
    inner = clean_sound[1:-1]
    assert any(sound[first : first + len(inner)] == inner for first in range(3))
    assert exported.losses == []
    first, clean_first = (from_xs_datetime(each.section["delivered"]["first"]) for each in (exported, clean))
    assert abs(first - clean_first) <= NS // 25
    assert {"time deviation", "whole seconds"} <= exported.subjects
    details = [one["detail"] for one in exported.section["assumptions"] if one["subject"] == "whole seconds"]
    assert len(details) == 2
    assert all(float(re.search(r"up to ([0-9.]+) ms later", one)[1]) <= 40 for one in details)


@export_case("time-step=5", code=100, end=SECONDS + 5)
def test_a_clock_that_was_set_forward_is_a_gap_that_nobody_confirms(exported):
    exported.assert_whole()
    found = {(gap["cause"], gap["confirmed"]) for gap in exported.gaps}
    # By the new clock it reaches behind the end of the history, which confirms that part.
    assert ("time-jump", False) in found
    assert found <= {("time-jump", False), ("time-jump", True)}
    assert exported.end["proven"]


@export_case("time-step=-2", code=100)
def test_what_came_before_a_step_back_is_not_missing_at_the_end(exported):
    assert sorted(exported.units()) == sorted(units_of(exported.source))
    assert exported.losses == []
    assert {gap["cause"] for gap in exported.gaps} == {"backward-step"}
    assert not exported.end["proven"]


@export_case("time-step=-5", code=100)
def test_a_clock_that_was_set_back_starts_a_new_file(exported):
    paths = [exported.path / one["path"] for one in exported.section["files"]]
    assert len(paths) == 2
    first, second = sorted(
        (units_of(path) for path in paths), key=lambda units: units[0] != units_of(exported.source)[0]
    )
    assert first + second == units_of(exported.source)
    assert {gap["cause"] for gap in exported.gaps} == {"backward-step"}
    assert exported.losses == []
    assert "clock went back" in exported.end["detail"]
