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
_D = GapCause.DISCONTINUITY_BIT
CONFIGURATION = CodecConfiguration(codec=Codec.H264)


def unit(track, seconds, clean_point=True, size=1):
    return AccessUnit(
        track=track,
        payload=b"x" * size,
        run=0,
        run_start_ns=int(seconds * NS),
        ticks=0,
        timescale=90000,
        clean_point=clean_point,
        configuration=CONFIGURATION,
        time_source=TimeSource.FILE,
    )


def gap(start, end, track=0):
    return Gap(track=track, start_ns=start * NS, end_ns=end * NS, cause=GapCause.DISCONTINUITY_BIT)


def run(items, tracks=(VIDEO, AUDIO), **limits):
    """File number of every unit, as (track, seconds, file)."""
    split, current, placed, finished = FileSplit(tracks, 10 * NS, **limits), 0, [], 0
    for item in [*items, None]:
        placements = []
        if isinstance(item, Gap):
            split.gap(item)
        else:
            placements = list(split.flush() if item is None else split.place(item))
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


def files(items, **limits):
    """Times of each file's video."""
    found = {}
    for track, seconds, file in run(items, **limits):
        if track == 0:
            found.setdefault(file, []).append(seconds)
    return list(found.values())


def test_a_length_ends_a_file_at_the_clean_point_behind_it():
    items = [unit(0, second, clean_point=second % 4 == 0) for second in range(24)]
    assert [times[0] for times in files(items, length_ns=10 * NS)] == [0, 12]
    assert [times[0] for times in files(items, length_ns=4 * NS)] == [0, 4, 8, 12, 16, 20]


def test_a_size_ends_a_file_at_the_last_clean_point_within_it():
    items = [unit(0, second, clean_point=second % 2 == 0, size=10) for second in range(12)]
    assert [len(times) for times in files(items, size=64)] == [6, 6]


def test_sound_is_parted_at_the_instant_of_the_picture_however_late_or_early_it_comes():
    video = [unit(0, second) for second in range(8)]
    audio = [unit(1, second + 0.5) for second in range(8)]
    for order in (
        sorted(video + audio, key=lambda one: one.utc_ns),
        [*video, *audio],
        [*video[:6], *audio, *video[6:]],
    ):
        assert {file for _, seconds, file in run(order, length_ns=4 * NS) if seconds < 4} == {0}
        assert {file for _, seconds, file in run(order, length_ns=4 * NS) if seconds >= 4} == {1}


@given(st.lists(st.integers(-30, 30), min_size=160, max_size=160), st.booleans())
def test_files_are_parted_at_the_same_instant_in_whatever_order_the_tracks_came(lateness, by_gaps):
    """Sound up to three seconds early or late, as UDP and loose interleaving deliver it."""
    video = [unit(0, tenth / 10 + (30 * (tenth // 50) if by_gaps else 0), tenth % 10 == 0) for tenth in range(160)]
    sound = [unit(1, tenth / 10 + (30 * (tenth // 50) if by_gaps else 0)) for tenth in range(160)]
    arrival, latest = [], 0
    for number, late in enumerate(lateness):
        latest = max(latest, number * 10 + late * 10 + 5)
        arrival.append((latest, 1, number))
    items = []
    for _, track, number in sorted([*arrival, *((number * 10, 0, number) for number in range(160))]):
        if by_gaps and track == 0 and number and number % 50 == 0:
            items.append(Gap(track=0, start_ns=video[number - 1].utc_ns, end_ns=video[number].utc_ns, cause=_D))
        items.append((video, sound)[track][number])
    limits = {} if by_gaps else {"length_ns": 4 * NS}
    border = 35 if by_gaps else 4
    assert {(seconds // border, file) for track, seconds, file in run(items, **limits)} == {(n, n) for n in range(4)}


def test_a_group_that_leans_on_the_one_before_is_not_parted_from_it():
    def group(start, leading):
        return [unit(0, start), *([unit(0, start - 0.5, clean_point=False)] if leading else [])]

    items = [one for start in range(8) for one in group(start, leading=start in (2, 3))]
    assert [times[0] for times in files(items, length_ns=2 * NS)] == [0, 4, 6]


def test_where_all_groups_lean_on_the_one_before_the_fourth_begins_a_file_and_that_is_said():
    items = [one for start in range(12) for one in (unit(0, start), unit(0, start - 0.5, clean_point=False))]
    assert [times[0] for times in files(items, length_ns=2 * NS)] == [0, 5, 10]
    split = FileSplit((VIDEO,), NS, length_ns=2 * NS)
    assert [p.open_group for item in items for p in split.place(item) if isinstance(p, StartFile)] == [True, True]


def test_a_file_of_an_earlier_run_goes_on_where_it_was():
    split = FileSplit((VIDEO,), 100 * NS, length_ns=10 * NS)
    split.go_on(0, 5)
    placed = [kind for second in (8, 9, 10, 11) for kind in split.place(unit(0, second))]
    assert [type(kind) for kind in placed] == [Placed, Placed, StartFile, Placed, FinishFile, Placed]


SCRIPT = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 100), st.booleans()), min_size=1, max_size=60)
LIMITS = st.sampled_from([{}, {"length_ns": 2 * NS}, {"size": 5}, {"length_ns": 0}])


@given(SCRIPT, LIMITS)
def test_nothing_is_lost_doubled_or_reordered_within_a_track(script, limits):
    items, last = [], None
    for track, seconds, jump in script:
        if track == 0:
            if jump and last is not None:
                items.append(gap(last, seconds))
            last = seconds
        items.append(unit(track, seconds))
    placed = run(items, **limits)
    units = [item for item in items if isinstance(item, AccessUnit)]
    for track in (0, 1):
        got = [seconds for t, seconds, _ in placed if t == track]
        assert sorted(got) == sorted(u.utc_ns / NS for u in units if u.track == track)
    assert [s for t, s, _ in placed if t == 0] == [u.utc_ns / NS for u in units if u.track == 0]
    assert isinstance(next(FileSplit((VIDEO,), NS).place(unit(0, 0))), Placed)
