"""Access units find their file, however loosely the tracks are interleaved; none is lost or doubled."""

from hypothesis import given
from hypothesis import strategies as st

from vssx.evidence.file_split import FileSplit, FinishFile, Placed, StartFile
from vssx.model.media import (
    NS,
    AccessUnit,
    Codec,
    CodecConfiguration,
    Gap,
    GapCause,
    SourceTrack,
    TimeSource,
    TrackType,
)

VIDEO = SourceTrack(index=0, track_type=TrackType.VIDEO, codec=Codec.H264, timescale=90000)
AUDIO = SourceTrack(index=1, track_type=TrackType.AUDIO, codec=Codec.AAC, timescale=8000)
CONFIGURATION = CodecConfiguration(codec=Codec.H264)


def unit(track, seconds):
    return AccessUnit(
        track=track,
        payload=b"x",
        run=0,
        run_start_ns=int(seconds * NS),
        ticks=0,
        timescale=90000,
        clean_point=True,
        configuration=CONFIGURATION,
        time_source=TimeSource.FILE,
    )


def gap(start, end, track=0):
    return Gap(track=track, start_ns=start * NS, end_ns=end * NS, cause=GapCause.DISCONTINUITY_BIT)


def run(items, tracks=(VIDEO, AUDIO)):
    """File number of every unit, as (track, seconds, file)."""
    split, current, placed, finished = FileSplit(tracks, 10 * NS), 0, [], 0
    for item in items:
        placements = []
        if isinstance(item, Gap):
            split.gap(item)
        else:
            placements = list(split.place(item))
        for placement in placements:
            if isinstance(placement, StartFile):
                current += 1
            elif isinstance(placement, FinishFile):
                finished += 1
                assert finished <= current
            else:
                file = current - placement.previous
                assert file >= finished, "written to a finished file"
                placed.append((placement.unit.track, placement.unit.utc_ns / NS, file))
    placed.extend((rest.unit.track, rest.unit.utc_ns / NS, current) for rest in split.flush())
    return placed


def test_a_short_gap_stays_in_the_file():
    assert {file for *_, file in run([unit(0, 0), gap(1, 9), unit(0, 9)])} == {0}


def test_a_long_gap_and_a_backward_step_start_files():
    items = [unit(0, 0), gap(1, 60), unit(0, 60), gap(61, 30), unit(0, 30)]
    assert [file for *_, file in run(items)] == [0, 1, 2]


def test_late_audio_goes_to_the_file_before_the_gap():
    items = [unit(0, 0), unit(1, 0), gap(1, 60), unit(0, 60), unit(1, 0.5), unit(1, 60), unit(0, 61)]
    assert sorted(run(items)) == [(0, 0, 0), (0, 60, 1), (0, 61, 1), (1, 0, 0), (1, 0.5, 0), (1, 60, 1)]


def test_early_audio_waits_for_the_file_after_the_gap():
    items = [unit(0, 0), unit(1, 0), unit(1, 60), unit(1, 61), gap(1, 60), unit(0, 60), unit(0, 61)]
    assert sorted(run(items)) == [(0, 0, 0), (0, 60, 1), (0, 61, 1), (1, 0, 0), (1, 60, 1), (1, 61, 1)]


def test_an_audio_gap_alone_starts_no_file():
    items = [unit(0, 0), unit(1, 0), gap(0, 40, track=1), *(unit(0, n) for n in range(1, 42)), unit(1, 40)]
    assert {file for *_, file in run(items)} == {0}


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 100), st.booleans()), min_size=1, max_size=60))
def test_nothing_is_lost_doubled_or_reordered_within_a_track(script):
    items, last = [], None
    for track, seconds, jump in script:
        if track == 0:
            if jump and last is not None:
                items.append(gap(last, seconds))
            last = seconds
        items.append(unit(track, seconds))
    placed = run(items)
    units = [item for item in items if isinstance(item, AccessUnit)]
    for track in (0, 1):
        got = [seconds for t, seconds, _ in placed if t == track]
        assert sorted(got) == sorted(u.utc_ns / NS for u in units if u.track == track)
    assert [s for t, s, _ in placed if t == 0] == [u.utc_ns / NS for u in units if u.track == 0]
    assert isinstance(next(FileSplit((VIDEO,), NS).place(unit(0, 0))), Placed)
