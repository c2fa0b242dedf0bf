"""What belongs to the requested range: whole GOPs at both ends, audio up to the same instant."""

from __future__ import annotations

from functools import partial

import pytest

from tests.unit.source.raw import AUDIO, METADATA, NS, PLAIN, T0, VIDEO, nothing_confirmed
from vssx.model.media import AccessUnit, Assumption, Gap, GapCause, Loss, SourceTrack, TimeSource
from vssx.model.recording import RecordingHistory, Span
from vssx.source.extent import Extent
from vssx.source.history import parts_of_gap

GOP = 10  # frames of 100 ms: a GOP lasts a second


def video(seconds: float, *, clean: bool | None = None, track: SourceTrack = VIDEO) -> AccessUnit:
    """The frame ``seconds`` after T0; clean at whole seconds."""
    return AccessUnit(
        track=track.index,
        payload=f"{seconds:.3f}".encode(),
        run=0,
        run_start_ns=T0,
        ticks=round(seconds * track.timescale),
        timescale=track.timescale,
        clean_point=abs(seconds - round(seconds)) < 1e-6 if clean is None else clean,
        configuration=PLAIN,
        time_source=TimeSource.REPLAY_EXTENSION,
        duration_ticks=track.timescale // 10 if track is AUDIO else None,
    )


def audio(seconds: float) -> AccessUnit:
    return video(seconds, clean=True, track=AUDIO)


def at(seconds: float) -> int:
    return T0 + round(seconds * NS)


def frames(start: float, end: float):
    return [video(n / 10) for n in range(round(start * 10), round(end * 10))]


def extent(start: float, end: float, tracks=(VIDEO,)) -> Extent:
    return Extent(tracks, from_ns=at(start), to_ns=at(end), confirm=nothing_confirmed)


def run(found: Extent, items):
    out = [passed for item in items for passed in found.push(item)]
    return out + found.finish()


def seconds(items, track: SourceTrack = VIDEO):
    return [
        round((item.utc_ns - T0) / NS, 3)
        for item in items
        if isinstance(item, AccessUnit) and item.track == track.index
    ]


def gap(start: float, end: float, track: SourceTrack = VIDEO) -> Gap:
    return Gap(track=track.index, start_ns=at(start), end_ns=at(end), cause=GapCause.DISCONTINUITY_BIT)


def test_whole_gops_at_both_ends():
    found = extent(2.35, 4.15)
    out = run(found, frames(2, 7))
    assert seconds(out) == [n / 10 for n in range(20, 50)]
    assert found.covered
    assert found.not_written == 20


def test_a_clean_point_exactly_at_both_ends():
    out = run(extent(2, 4), frames(2, 5))
    assert seconds(out) == [n / 10 for n in range(20, 40)]


def test_gops_before_the_needed_one_are_left_out_and_counted():
    out = run(extent(2.35, 3), frames(0, 5))
    assert seconds(out)[0] == 2.0
    (told,) = [item for item in out if isinstance(item, Assumption)]
    assert told.subject == "start"
    assert "20 access units" in told.detail


def test_units_before_the_first_clean_point_are_a_declared_loss():
    out = run(extent(1.4, 3), frames(1.5, 4))
    assert seconds(out)[0] == 2.0
    (loss,) = [item for item in out if isinstance(item, Loss)]
    assert "5 access units" in loss.detail
    assert loss.at_ns == at(1.5)


def test_a_stream_without_clean_points_is_kept_and_said():
    items = [video(n / 10, clean=False) for n in range(40)]
    out = run(extent(0, 3), items)
    assert seconds(out) == [n / 10 for n in range(40)]
    assert [item.subject for item in out if isinstance(item, Assumption)] == ["no clean point"]


def test_start_later_than_asked_is_a_gap():
    out = run(extent(0, 8), frames(5, 10))
    (found,) = [item for item in out if isinstance(item, Gap)]
    assert (found.start_ns, found.end_ns) == (at(0), at(5))
    assert out[0] is found


@pytest.mark.parametrize(
    ("recorded_from", "start", "gaps", "said"),
    [
        (5, 4, [(4, 5, True)], ""),
        (5, 4.9, [(4.9, 5, True)], ""),
        (5, 4.97, [], ""),  # less than a frame
        (4.7, 4, [(4, 4.7, True)], "holds footage for 0.30 s"),  # no more than histories are off
        (4.9, 4, [(4, 4.9, True)], ""),
        (1, 4, [(4, 5, False)], ""),
        (4.25, 4.6, [], "holds footage for 0.40 s"),
        (5.3, 4.5, [(4.5, 5, True)], ""),  # the history is late
        (5.3, 5, [], ""),
        (None, 4, [], "is unknown"),
    ],
)
def test_less_than_a_second_at_the_start_is_what_the_history_says(recorded_from, start, gaps, said):
    told = None
    if recorded_from is not None:
        spans = (Span(start_ns=at(recorded_from), end_ns=at(30.5)),)
        told = RecordingHistory(recording_token="R", from_ns=at(0), to_ns=at(40), spans=spans, tracks=())
    out = run(Extent((VIDEO,), from_ns=at(start), to_ns=at(8), confirm=partial(parts_of_gap, told)), frames(5, 10))
    found = [item for item in out if isinstance(item, Gap)]
    assert [((one.start_ns - T0) / NS, (one.end_ns - T0) / NS, one.confirmed) for one in found] == gaps
    late = [item.detail for item in out if isinstance(item, Assumption)]
    assert len(late) == bool(said)
    assert all(said in detail for detail in late)


def test_range_inside_a_gap_leaves_out_what_lies_before_and_after():
    items = [*frames(0, 2), gap(2, 10), *frames(10, 12)]
    found = extent(5, 6)
    out = run(found, items)
    assert seconds(out) == []
    assert [(item.start_ns, item.end_ns) for item in out if isinstance(item, Gap)] == [(at(2), at(10))]
    assert found.covered
    assert found.delivered == 0


def test_gap_inside_the_range_is_passed_on_in_its_place():
    middle = gap(3, 6)
    out = run(extent(1.5, 7), [*frames(1, 3), middle, *frames(6, 9)])
    assert out.index(middle) == 20
    assert seconds(out)[-1] == 6.9


def test_gap_wholly_before_the_start_does_not_cost_the_needed_gop():
    out = run(extent(8.5, 9), [*frames(0, 2), gap(2, 5), *frames(5, 11)])
    assert seconds(out)[0] == 8.0
    assert not [item for item in out if isinstance(item, Gap)]


def test_range_inside_one_gop():
    out = run(extent(2.3, 2.5), frames(2, 6))
    assert seconds(out) == [n / 10 for n in range(20, 30)]


def interleaved(start: float, end: float):
    return [unit for frame in frames(start, end) for unit in (frame, audio((frame.utc_ns - T0) / NS + 0.03))]


def test_audio_is_kept_to_the_instant_the_video_ends():
    found = extent(2.35, 4.15, (VIDEO, AUDIO))
    out = run(found, interleaved(1, 7))
    assert seconds(out)[0] == 2.0
    heard = seconds(out, AUDIO)
    assert heard[0] == 1.93  # its end reaches into the first picture
    assert heard[-1] == 4.93
    assert found.covered


def test_audio_ahead_of_the_video_waits_for_it():
    found = extent(2, 4.15, (VIDEO, AUDIO))
    early = [audio(n / 10) for n in range(20, 80)]
    out = run(found, [*early, *frames(2, 7)])
    assert seconds(out, AUDIO) == [n / 10 for n in range(20, 50)]


def test_audio_behind_the_video_is_waited_for():
    found = extent(2, 4, (VIDEO, AUDIO))
    for frame in frames(2, 5):
        found.push(frame)
    assert not found.covered
    for n in range(20, 41):
        found.push(audio(n / 10))
    assert found.covered


def test_silent_audio_does_not_keep_the_end_from_being_proven():
    found = extent(2, 4, (VIDEO, AUDIO, METADATA))
    for frame in frames(2, 9.2):
        found.push(frame)
    assert found.covered


def test_audio_that_lags_far_behind_is_waited_for():
    found = extent(2, 4, (VIDEO, AUDIO))
    found.push(audio(2.0))
    for frame in frames(2, 20):
        found.push(frame)
    assert not found.covered


def test_audio_that_starts_before_the_video_is_kept_from_the_requested_start():
    out = run(extent(1.9, 4, (VIDEO, AUDIO)), [*[audio(1.95 + n / 10) for n in range(20)], *frames(2, 5)])
    assert seconds(out, AUDIO)[0] == 1.95


def test_stream_that_ends_early_gives_all_it_had():
    out = run(extent(2, 10, (VIDEO, AUDIO)), interleaved(2, 5.5))
    assert seconds(out)[-1] == 5.4
    assert seconds(out, AUDIO)[-1] == 5.43


def test_footage_that_ends_before_the_start_is_not_in_the_range():
    out = run(extent(20, 30), frames(0, 5))
    assert seconds(out) == []


def test_audio_alone():
    found = Extent([AUDIO], from_ns=at(2), to_ns=at(4), confirm=nothing_confirmed)
    out = run(found, [audio(n / 10) for n in range(60)])
    assert seconds(out, AUDIO) == [n / 10 for n in range(20, 40)]
    assert found.covered


def test_losses_of_a_track_without_any_unit_in_the_range_are_told():
    lost = Loss(track=AUDIO.index, at_ns=at(2.5), packets=3, detail="gone")
    out = run(extent(2, 4, (VIDEO, AUDIO)), [*frames(2, 3), lost, *frames(3, 5)])
    assert lost in out


def test_counts_over_the_whole_stream_are_told_after_the_end():
    found = extent(2, 4)
    out = run(found, frames(2, 6))
    counted = Loss(track=VIDEO.index, at_ns=None, packets=None, detail="2 packets could not be read")
    assert found.push(counted) == (counted,)
    assert not [item for item in out if isinstance(item, Loss)]
    assert found.push(Loss(track=VIDEO.index, at_ns=at(5), packets=1, detail="beyond the range")) == ()


def test_a_run_that_goes_on_gets_a_second_more_of_every_track():
    """Times of another session may begin up to a second off: what is there already is recognised later."""
    tracks = (VIDEO, AUDIO)
    found = Extent(tracks, from_ns=at(2), to_ns=at(4), confirm=nothing_confirmed, tolerance_ns=-NS)
    sound = [audio(n / 10) for n in range(5, 60)]
    out = run(found, [*frames(0, 2.5), *sound, *frames(2.5, 6)])
    assert seconds(out) == [n / 10 for n in range(10, 40)]
    assert seconds(out, AUDIO) == [n / 10 for n in range(5, 40)]
