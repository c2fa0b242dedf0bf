"""The design's section "Time": runs, anchors, deviations, gaps, fallbacks."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from tests.unit.source.raw import (
    AUDIO,
    FRAME,
    METADATA,
    NS,
    T0,
    VIDEO,
    content,
    extension,
    timeline,
    unit,
)
from vssx.errors import ProtocolError
from vssx.model.media import AccessUnit, Assumption, Codec, CodecConfiguration, Gap, GapCause, Loss, TimeSource
from vssx.source.time_base import GapPart, RangeAnchor

MS = 1_000_000
FRAME_NS = 40 * MS
B_FRAMES = CodecConfiguration(codec=Codec.H264, reorder_depth=2)


def feed(line, units, configuration=None):
    """Items of raw units, with those of the end."""
    made = content() if configuration is None else content(configuration=configuration)
    return [item for raw in units for item in line.push(raw, made)] + line.finish()


def steady(count, *, rtp=1_000, utc=T0, bits=""):
    return [unit(rtp + n * FRAME, utc + n * FRAME_NS, bits if n == 0 else "") for n in range(count)]


def kinds(items, kind):
    return [item for item in items if isinstance(item, kind)]


def near(value, expected):
    """NTP resolution and rounding to ticks: less than a microsecond."""
    return abs(value - expected) < 1_000


def test_times_are_rtp_differences_from_the_first_extension_time():
    jitter = [0, 3, -4, 2, 1]
    units = [unit(1_000 + n * FRAME, T0 + n * FRAME_NS + jitter[n] * MS) for n in range(5)]
    found = kinds(feed(timeline(), units), AccessUnit)
    assert [item.ticks for item in found] == [n * FRAME for n in range(5)]
    assert all(near(item.utc_ns, T0 + n * FRAME_NS) for n, item in enumerate(found))
    assert {item.run for item in found} == {0}


def test_rtp_timestamps_wrap():
    found = kinds(feed(timeline(), steady(10, rtp=(1 << 32) - 4 * FRAME)), AccessUnit)
    assert [item.ticks for item in found] == [n * FRAME for n in range(10)]


def test_deviation_above_half_a_frame_is_told_once_a_run_with_count_and_largest():
    units = steady(100)
    for n in (50, 60, 70):
        units[n] = unit(1_000 + n * FRAME, T0 + n * FRAME_NS + n * MS)
    items = feed(timeline(), units)
    (told,) = kinds(items, Assumption)
    assert told.subject == "time deviation"
    assert "3 of 99" in told.detail
    assert "+70.0 ms" in told.detail
    assert not kinds(items, Gap)


def test_clock_with_whole_seconds_only_makes_no_runs():
    units = [unit(n * FRAME, (T0 + n * FRAME_NS) // NS * NS) for n in range(200)]
    items = feed(timeline(), units)
    assert {item.run for item in kinds(items, AccessUnit)} == {0}
    assert not kinds(items, Gap)


@pytest.mark.parametrize("rtp_goes_on", [True, False])
def test_d_bit_after_a_gap(rtp_goes_on):
    rtp = 1_000 + 35 * FRAME if rtp_goes_on else 77_777_777
    units = steady(10) + steady(10, rtp=rtp, utc=T0 + 35 * FRAME_NS, bits="D")
    items = feed(timeline(), units)
    (gap,) = kinds(items, Gap)
    assert gap.cause is GapCause.DISCONTINUITY_BIT
    assert near(gap.start_ns, T0 + 10 * FRAME_NS)
    assert near(gap.end_ns, T0 + 35 * FRAME_NS)
    found = kinds(items, AccessUnit)
    assert [item.run for item in found] == [0] * 10 + [1] * 10
    assert near(found[10].utc_ns, T0 + 35 * FRAME_NS)
    assert items.index(gap) == 10  # before the unit that follows it


def test_e_bit_alone_marks_the_gap_ahead():
    units = steady(10)
    units[9] = unit(1_000 + 9 * FRAME, T0 + 9 * FRAME_NS, "E")
    (gap,) = kinds(feed(timeline(), units + steady(5, rtp=1_000 + 20 * FRAME, utc=T0 + 20 * FRAME_NS)), Gap)
    assert gap.cause is GapCause.DISCONTINUITY_BIT
    assert near(gap.end_ns - gap.start_ns, 10 * FRAME_NS)


def test_d_bit_at_the_start_of_a_play_is_no_gap():
    line = timeline()
    items = [item for raw in steady(3, bits="D") for item in line.push(raw, content())]
    line.restart()
    again = steady(5)[3:]
    again[0] = unit(1_000 + 3 * FRAME, T0 + 3 * FRAME_NS, "D")
    items += [item for raw in again for item in line.push(raw, content())]
    assert not kinds(items, Gap)
    assert {item.run for item in kinds(items, AccessUnit)} == {0}


def test_time_jump_without_any_bit():
    units = steady(40) + steady(10, rtp=1_000 + 400 * FRAME, utc=T0 + 400 * FRAME_NS)
    (gap,) = kinds(feed(timeline(), units), Gap)
    assert gap.cause is GapCause.TIME_JUMP
    assert near(gap.start_ns, T0 + 40 * FRAME_NS)
    assert near(gap.end_ns, T0 + 400 * FRAME_NS)


def test_gap_of_thirteen_hours_where_the_rtp_timestamp_comes_back_to_the_same_value():
    later = T0 + (1 << 32) * NS // 90_000 + FRAME_NS * 40
    units = steady(40) + steady(10, rtp=1_000 + 40 * FRAME, utc=later)
    (gap,) = kinds(feed(timeline(), units), Gap)
    assert near(gap.end_ns, later)


def test_clock_set_back_an_hour_is_a_backward_step():
    units = steady(40) + steady(10, rtp=1_000 + 40 * FRAME, utc=T0 + 40 * FRAME_NS - 3600 * NS)
    items = feed(timeline(), units)
    (gap,) = kinds(items, Gap)
    assert gap.cause is GapCause.BACKWARD_STEP
    assert gap.end_ns < gap.start_ns
    assert kinds(items, AccessUnit)[-1].run == 1


def test_rtp_rebased_without_a_gap_is_a_run_and_no_gap():
    items = feed(timeline(), steady(40) + steady(10, rtp=5, utc=T0 + 40 * FRAME_NS))
    assert not kinds(items, Gap)
    assert kinds(items, AccessUnit)[-1].run == 1
    assert [told.subject for told in kinds(items, Assumption)] == ["RTP timestamp jumps"]


@pytest.mark.parametrize("depth", [2, 0])
def test_reordered_pictures_are_no_backward_step(depth):
    order = [0, 3, 1, 2, 6, 4, 5, 9, 7, 8, 12, 10, 11]
    units = [unit(1_000 + n * FRAME, T0 + n * FRAME_NS) for n in order]
    items = feed(timeline(), units, CodecConfiguration(codec=Codec.H264, reorder_depth=depth))
    found = kinds(items, AccessUnit)
    assert [item.ticks // FRAME for item in found] == order  # decoding order is kept
    assert {item.run for item in found} == {0}
    assert not kinds(items, Gap)


def test_leading_pictures_after_a_gap_have_negative_ticks():
    before = steady(30)
    after = [unit(9_000_000 + n * FRAME, T0 + 100 * NS + n * FRAME_NS, "D" if n == 2 else "") for n in (2, 0, 1, 3)]
    found = kinds(feed(timeline(), before + after, B_FRAMES), AccessUnit)[30:]
    assert [item.ticks // FRAME for item in found] == [0, -2, -1, 1]
    assert near(found[1].utc_ns, T0 + 100 * NS)


def test_metadata_may_be_silent_for_minutes():
    units = [unit(n * 90_000 * 300, T0 + n * 300 * NS) for n in range(5)]
    items = feed(timeline(METADATA), units)
    assert not kinds(items, Gap)
    assert {item.run for item in kinds(items, AccessUnit)} == {0}


def test_audio_frames_have_their_duration():
    aac = CodecConfiguration(codec=Codec.AAC, sample_rate=48_000, frame_samples=1024)
    units = [unit(n * 1024, T0 + n * 1024 * NS // 48_000) for n in range(5)]
    found = kinds(feed(timeline(AUDIO), units, aac), AccessUnit)
    assert [item.duration_ticks for item in found] == [1024] * 5


def test_extension_only_on_clean_points():
    units = [unit(n * FRAME, T0 + n * FRAME_NS if n % 25 == 0 else None) for n in range(100)]
    found = kinds(feed(timeline(), units), AccessUnit)
    assert len(found) == 100
    assert all(near(item.utc_ns, T0 + n * FRAME_NS) for n, item in enumerate(found))


def test_units_before_the_first_extension_wait_for_it():
    line = timeline()
    assert line.push(unit(0), content()) == []
    found = line.push(unit(FRAME, T0 + FRAME_NS), content())
    assert [item.ticks for item in found] == [-FRAME, 0]
    assert near(found[0].utc_ns, T0)


def test_jump_without_extension_waits_for_the_next_one():
    units = [*steady(40), unit(9_000_000), unit(9_000_000 + FRAME), unit(9_000_000 + 2 * FRAME, T0 + 100 * NS)]
    items = feed(timeline(), units)
    (gap,) = kinds(items, Gap)
    assert near(gap.end_ns, T0 + 100 * NS - 2 * FRAME_NS)
    assert near(kinds(items, AccessUnit)[40].utc_ns, T0 + 100 * NS - 2 * FRAME_NS)


def test_jump_that_no_extension_ever_explains_is_derived_and_said():
    items = feed(timeline(), [*steady(40), unit(1_000 + 400 * FRAME), unit(1_000 + 401 * FRAME)])
    assert near(kinds(items, AccessUnit)[-1].utc_ns, T0 + 401 * FRAME_NS)
    assert [told.subject for told in kinds(items, Assumption)] == ["time derived"]
    assert len(kinds(items, Gap)) == 1


@pytest.mark.parametrize("year", [1900, 1970])
def test_times_of_an_unset_clock_are_not_used(year):
    absurd = -2_208_988_800 * NS if year == 1900 else 5 * NS
    units = steady(30)
    for n in (5, 6):
        units[n] = unit(1_000 + n * FRAME, absurd)
    items = feed(timeline(), units)
    assert not kinds(items, Gap)
    assert all(near(item.utc_ns, T0 + n * FRAME_NS) for n, item in enumerate(kinds(items, AccessUnit)))
    (told,) = kinds(items, Assumption)
    assert "2 times" in told.detail


def test_without_extension_the_range_of_play_counts():
    asked = []

    def fallback(track, seconds):
        asked.append((track, seconds))
        return RangeAnchor(utc_ns=T0, rtp_timestamp=1_000, valid_until_ns=T0 + 100 * NS)

    items = feed(timeline(fallback=fallback), [unit(1_000 + n * FRAME) for n in range(500)])
    found = kinds(items, AccessUnit)
    assert len(found) == 500
    assert near(found[-1].utc_ns, T0 + 499 * FRAME_NS)
    assert {item.time_source for item in found} == {TimeSource.PLAY_RANGE}
    assert [track for track, _ in asked] == [VIDEO]
    assert [told.subject for told in kinds(items, Assumption)] == ["time derived"]


def test_range_of_play_holds_in_one_section_only():
    anchor = RangeAnchor(utc_ns=T0, valid_until_ns=T0 + 10 * NS)
    items = feed(timeline(fallback=lambda *_: anchor), [unit(n * FRAME) for n in range(500)])
    assert kinds(items, AccessUnit)[-1].utc_ns <= T0 + 10 * NS
    (loss,) = kinds(items, Loss)
    assert str(500 - len(kinds(items, AccessUnit))) in loss.detail


def test_unknown_time_is_an_error():
    def refuse(_track, _seconds):
        raise ProtocolError("the time of the recording is unknown")

    with pytest.raises(ProtocolError):
        feed(timeline(fallback=refuse), [unit(n * FRAME) for n in range(3)])


def test_losses_are_told_before_what_follows_them():
    units = steady(10)
    units[4] = unit(1_000 + 4 * FRAME, T0 + 4 * FRAME_NS, lost=3, damaged=True)
    units[7] = unit(1_000 + 7 * FRAME, T0 + 7 * FRAME_NS, lost=2)
    items = feed(timeline(), units)
    damaged, missing = kinds(items, Loss)
    assert (damaged.packets, missing.packets) == (3, 2)
    assert near(damaged.at_ns, T0 + 4 * FRAME_NS)
    assert items.index(damaged) == 4
    assert len(kinds(items, AccessUnit)) == 10


def test_history_confirms_the_gap():
    asked = []

    def confirm(token, start, end, usual):
        asked.append((token, start, end, usual))
        return [GapPart(start, start + NS, True), GapPart(start + NS, end, False)]

    units = steady(40) + steady(10, rtp=7, utc=T0 + 400 * FRAME_NS, bits="D")
    one, two = kinds(feed(timeline(confirm=confirm), units), Gap)
    assert (one.confirmed, two.confirmed) == (True, False)
    assert one.end_ns == two.start_ns
    assert asked == [("V", one.start_ns, two.end_ns, FRAME_NS)]


def test_frame_duration_comes_from_the_stream_not_from_a_lying_vui():
    lying = CodecConfiguration(codec=Codec.H264, frame_duration=Fraction(1, 100))
    line = timeline()
    for raw in steady(50):
        line.push(raw, content(configuration=lying))
    assert near(line.last_end_ns, T0 + 50 * FRAME_NS)


@pytest.mark.parametrize("frames", [16, 25, 61, 100, 130, 376])
@pytest.mark.parametrize("between", [1, 2, 3])
def test_the_frame_duration_of_reordered_pictures_is_exact(frames, between):
    """The end of the last frame is where a gap begins; it came 4.7 ms late."""
    shown = [0]
    for anchor in range(between + 1, frames, between + 1):
        shown += [anchor, *range(anchor - between, anchor)]
    reordered = CodecConfiguration(codec=Codec.H264, reorder_depth=1)
    line = timeline()
    for n in shown:
        line.push(unit(1_000 + n * FRAME, T0 + n * FRAME_NS), content(configuration=reordered))
    assert near(line.last_end_ns, T0 + (max(shown) + 1) * FRAME_NS)


def test_rebase_goes_on_in_the_same_run():
    line = timeline()
    known = [item for raw in steady(10) for item in line.push(raw, content())]
    line.restart()
    line.rebase(500_000, known[9])
    (item,) = line.push(unit(500_000 + FRAME, T0 + 10 * FRAME_NS), content())
    assert (item.run, item.ticks) == (0, 10 * FRAME)


def test_first_audio_timestamp_off_by_seconds_costs_no_gap():
    aac = CodecConfiguration(codec=Codec.AAC, sample_rate=48_000, frame_samples=1024)
    frame_ns = 1024 * NS // 48_000
    units = [unit(n * 1024 + (0 if n else 5 * 48_000), T0 + n * frame_ns) for n in range(50)]
    items = feed(timeline(AUDIO), units, aac)
    assert all(abs(item.utc_ns - T0 - n * frame_ns) < 30_000 for n, item in enumerate(kinds(items, AccessUnit)))
    assert not kinds(items, Gap)


def test_slow_drift_of_the_clock_is_no_step():
    units = [unit(n * FRAME, T0 + n * (FRAME_NS + 2 * MS)) for n in range(2_000)]  # 4 s after 80 s
    items = feed(timeline(), units)
    delivered = kinds(items, AccessUnit)
    assert {item.run for item in delivered} == {0, 1, 2, 3}
    assert not kinds(items, Gap), "nothing is missing where a new run follows the recorder's clock"
    assert all(abs(item.utc_ns - item.extension.utc_ns) <= NS for item in delivered)
    assert [told.subject for told in kinds(items, Assumption)].count("clock drift") == 1


def test_an_rtp_clock_that_is_fast_steps_back_to_the_recorder_s():
    line = timeline()
    units = [unit(n * FRAME * 21 // 20, T0 + n * FRAME_NS) for n in range(1_000)]  # 2 s after 40 s
    ends = []
    items = []
    for raw in units:
        items += line.push(raw, content())
        ends.append(line.last_end_ns)
    assert {gap.cause for gap in kinds(items, Gap)} == {GapCause.BACKWARD_STEP}
    assert all(abs(item.utc_ns - item.extension.utc_ns) <= NS for item in kinds(items, AccessUnit))
    assert all(end <= T0 + (n + 2) * FRAME_NS for n, end in enumerate(ends) if end), "by the recorder's word"


def test_sequence_numbers_that_start_anew_are_told():
    units = steady(10)
    units[5] = replace(units[5], restarted=True)
    items = feed(timeline(), units)
    (told,) = kinds(items, Loss)
    assert (told.at_ns, told.packets) == (T0 + 5 * FRAME_NS, None)
    assert not kinds(items, Assumption)


@pytest.mark.parametrize(("place", "bits"), [(5, "D"), (4, "E")])
def test_sequence_numbers_that_start_anew_at_a_gap_are_no_loss(place, bits):
    units = steady(10)
    units[place] = replace(units[place], extension=extension(T0 + place * FRAME_NS, bits))
    units[5] = replace(units[5], restarted=True)
    items = feed(timeline(), units)
    assert not kinds(items, Loss)
    assert [one.subject for one in kinds(items, Assumption)] == ["RTP sequence restarts"]
