"""Documents of the exporter come into the stream where the footage has got as far, and nowhere else."""

from __future__ import annotations

from vssx.model.media import (
    AccessUnit,
    AccessUnits,
    Assumption,
    Codec,
    CodecConfiguration,
    EndReason,
    Gap,
    GapCause,
    SourceTrack,
    StreamEnd,
    TimeSource,
    TrackType,
)
from vssx.model.metadata import ADDED_TRACK
from vssx.source.added_track import AddedTrack
from vssx.times import NS

T = 1_700_000_000 * NS
TRACKS = (
    SourceTrack(index=2, track_type=TrackType.AUDIO, codec=Codec.AAC, timescale=8000),
    SourceTrack(index=0, track_type=TrackType.VIDEO, codec=Codec.H264, timescale=90_000),
    SourceTrack(index=5, track_type=TrackType.METADATA, codec=Codec.ONVIF_METADATA, timescale=10_000),
)
VIDEO = CodecConfiguration(codec=Codec.H264)
END = StreamEnd(reason=EndReason.RANGE_COVERED, proven=True)


def unit(second: float, track: int = 0) -> AccessUnit:
    return AccessUnit(
        track=track,
        payload=b"x",
        run=0,
        run_start_ns=T,
        ticks=round(second * 90_000),
        timescale=90_000,
        clean_point=True,
        configuration=VIDEO,
        time_source=TimeSource.REPLAY_EXTENSION,
    )


def gap(start: float, end: float, track: int = 0) -> Gap:
    return Gap(
        track=track,
        start_ns=T + round(start * NS),
        end_ns=T + round(end * NS),
        cause=GapCause.TIME_JUMP if end > start else GapCause.BACKWARD_STEP,
    )


def documents(*seconds: float) -> list[tuple[int, bytes]]:
    return [(T + round(second * NS), f"<d{second}/>".encode()) for second in seconds]


def merged(items: list, *seconds: float, **more: bool) -> list[object]:
    """What comes out: a number for a frame, name and time for a document, else the item."""
    added = AddedTrack(documents(*seconds), TRACKS, base_ns=T, gap_split_ns=10 * NS, **more)
    shown: list[object] = []
    for item in added.into(items):
        if isinstance(item, AccessUnit):
            second = (item.utc_ns - T) / NS
            shown.append((item.payload.decode(), second) if item.track == 6 else second)
        else:
            shown.append(item)
    return shown


def test_the_track_says_what_it_is():
    track = AddedTrack((), TRACKS, base_ns=T, gap_split_ns=0).track
    assert (track.index, track.added, track.description, track.token) == (6, True, ADDED_TRACK, "")
    assert track.track_type is TrackType.METADATA


def test_documents_follow_the_footage_that_has_got_as_far():
    items = [unit(0), unit(1), unit(2), END]
    assert merged(items, 0, 0.5, 1.25, 1.25) == [
        0, ("<d0/>", 0), 1, ("<d0.5/>", 0.5), 2, ("<d1.25/>", 1.25), ("<d1.25/>", 1.25), END,
    ]  # fmt: skip


def test_only_the_reference_track_brings_them():
    assert merged([unit(0), unit(5, track=2), unit(4, track=5), unit(1), END], 0.5, 3) == [
        0, 5, 4, 1, ("<d0.5/>", 0.5), ("<d3/>", 3), END,
    ]  # fmt: skip


def test_without_footage_at_its_time_a_document_stands_at_the_nearest():
    assert merged([unit(10), unit(11), END], 3, 50) == [10, ("<d3/>", 10), 11, ("<d50/>", 11), END]


def test_a_long_gap_keeps_what_happened_in_it_with_what_was_before():
    long = gap(1, 100)
    assert merged([unit(0), unit(1), long, unit(100), END], 50, 99.9, 100) == [
        0, 1, ("<d50/>", 1), ("<d99.9/>", 1), long, 100, ("<d100/>", 100), END,
    ]  # fmt: skip


def test_a_short_gap_and_one_of_another_track_move_nothing():
    items = [unit(0), gap(0, 9), gap(0, 90, track=2), unit(9), END]
    assert merged(items, 5)[3:] == [9, ("<d5/>", 5), END]


def test_a_step_back_of_the_clock_does_not_bring_a_document_twice():
    back = gap(11, 5)
    assert merged([unit(10), back, unit(5), unit(12), END], 10.5, 11.5) == [
        10, ("<d10.5/>", 10.5), back, 5, 12, ("<d11.5/>", 11.5), END,
    ]  # fmt: skip


def test_a_run_that_goes_on_knows_no_first_frame():
    """What stood before it is skipped by count: no time is changed for it."""
    assert merged([unit(10), END], 3, resumed=True) == [10, ("<d3/>", 3), END]


def test_many_at_once():
    frames = AccessUnits(
        track=0,
        payloads=[b"a", b"b", b"c"],
        run=0,
        run_start_ns=T,
        ticks=[0, 180_000, 90_000],
        timescale=90_000,
        clean_points=[True, False, False],
        configuration=VIDEO,
        time_source=TimeSource.FILE,
        parameter_sets=[False] * 3,
        durations=[90_000] * 3,
    )
    assert merged([frames, END], -1, 1.5, 2, 3)[1:] == [
        ("<d-1/>", 0), ("<d1.5/>", 1.5), ("<d2/>", 2), ("<d3/>", 2), END,
    ]  # fmt: skip


def test_a_stream_without_footage_gets_nothing():
    note = Assumption(subject="s", detail="d")
    assert merged([note, unit(1, track=5), END], 1) == [note, 1, END]


def test_times_are_those_of_the_documents_to_a_tenth_of_a_millisecond():
    added = AddedTrack([(T + 123_456_789, b"<d/>")], TRACKS, base_ns=T - 1, gap_split_ns=0)
    [_, _, one] = added.into([unit(0), unit(1)])
    assert isinstance(one, AccessUnit)
    assert 0 <= one.utc_ns - (T + 123_456_789) < 100_000
    assert one.time_source is TimeSource.DOCUMENT


def test_what_lies_beyond_the_footage_may_be_left_out_and_is_told():
    shown = merged([unit(10), gap(10, 50), unit(50), END], 3, 9.9, 20, 50.9, 51.1, all_of_them=False)
    assert shown[:1] + shown[1:2] == [10, ("<d20/>", 10)]
    assert shown[3:5] == [50, ("<d50.9/>", 50)]
    note = shown[5]
    assert isinstance(note, Assumption)
    assert note.detail.endswith("before or behind the footage: 3 of the events")
