from __future__ import annotations

from dataclasses import replace

import pytest
from lxml import html

from tests.unit.report.recordings import at, file, gap, loss, recording, track
from vssx.report.event_kind import EventKind
from vssx.report.language import Language
from vssx.report.overview_drawing import MAX_LINES, draw_overview
from vssx.report.page import Page
from vssx.report.page_time import PageTime
from vssx.report.timeline import StretchKind, Timeline, TimelineEvent
from vssx.report.timeline_drawing import LEFT, MAX_ROWS, MAX_STRETCHES, RIGHT, draw_timeline

UTC = PageTime(None)


def drawn(one, events=(), time=UTC) -> Timeline:
    timeline = draw_timeline(one, events, time=time)
    assert timeline is not None
    return timeline


def kinds(timeline: Timeline, lane: str) -> list[StretchKind]:
    (found,) = [one for one in timeline.lanes if one.name == lane]
    return [stretch.kind for stretch in found.stretches]


def event(seconds: float, kind: EventKind = EventKind.MOTION, name: str = "Motion") -> TimelineEvent:
    return TimelineEvent(utc_ns=at(seconds), kind=kind, name=name)


def test_a_gap_between_two_files_lies_between_their_bars():
    one = recording([file("a.mp4", track(0, 40)), file("b.mp4", track(60, 100))], gaps=(gap(40, 60, confirmed=True),))
    timeline = drawn(one)
    assert [lane.name for lane in timeline.lanes] == ["asked", "Video"]
    first, hole, second = timeline.lanes[1].stretches
    assert [first.kind, hole.kind, second.kind] == ["recorded", "gap-confirmed", "recorded"]
    assert first.x + first.width == pytest.approx(hole.x, abs=0.2)
    assert hole.x + hole.width == pytest.approx(second.x, abs=0.2)
    assert first.width == pytest.approx(2 * hole.width, rel=0.01)
    assert [(row.kind, row.text) for row in timeline.rows] == [
        ("recorded", "a.mp4"),
        ("asked", ""),
        ("gap-confirmed", ""),
        ("recorded", "b.mp4"),
    ]


@pytest.mark.parametrize(
    ("confirmed", "kind"),
    [(True, StretchKind.GAP_CONFIRMED), (False, StretchKind.GAP_UNEXPLAINED), (None, StretchKind.GAP)],
)
def test_what_the_history_says_of_a_gap_is_drawn(confirmed, kind):
    one = recording([file("a.mp4", track(0, 100))], gaps=(gap(40, 60, confirmed=confirmed),))
    assert kinds(drawn(one), "Video") == ["recorded", kind]


def test_a_clock_that_stepped_back_is_no_gap_and_says_how_far():
    files = [file("a.mp4", track(0, 60)), file("b.mp4", track(30, 100))]
    timeline = drawn(recording(files, gaps=(gap(60, 30, cause="backward-step"),)))
    lane = timeline.lanes[1]
    assert kinds(timeline, "Video") == ["recorded", "recorded", "clock-step"]
    assert [one.second for one in lane.stretches] == [False, True, False]
    assert lane.stretches[2].lasting_ns == at(60) - at(30)


def test_losses_are_drawn_where_known_and_counted_where_not():
    timeline = drawn(recording([file("a.mp4", track(0, 100))], losses=(loss(10), loss(None, count=4))))
    assert kinds(timeline, "Video") == ["recorded", "loss"]
    assert timeline.losses_without_time == 4


def test_an_end_that_is_not_proven_is_drawn_up_to_what_was_asked_for():
    timeline = drawn(recording([file("a.mp4", track(0, 70))], end_proven=False))
    last = timeline.lanes[1].stretches[-1]
    assert (last.kind, last.start_ns, last.end_ns) == (StretchKind.UNPROVEN_END, at(70), at(100))


def test_history_is_cut_to_the_range_and_an_open_span_reaches_its_end():
    spans = ((at(-1000), at(10)), (at(50), None))
    timeline = drawn(recording([file("a.mp4", track(0, 100))], spans=spans))
    (lane,) = [one for one in timeline.lanes if one.name == "history"]
    assert [(one.start_ns, one.end_ns) for one in lane.stretches] == [(at(0), at(10)), (at(50), at(100))]


def test_tracks_have_lanes_of_their_own_video_first():
    tracks = (track(0, 100, source=2, kind="Metadata"), track(0, 99, source=1, kind="Audio"), track(0, 100))
    more = tuple(track(0, 100, source=number, kind="Audio") for number in range(3, 12))
    timeline = drawn(recording([file("a.mp4", *tracks, *more)]))
    names = [(lane.name, lane.number) for lane in timeline.lanes[1:]]
    assert names == [("Video", 0), *(("Audio", number) for number in range(1, 8))]
    assert timeline.tracks_left_out == 4


def test_what_the_exporter_added_was_not_recorded_and_has_no_lane():
    added = replace(track(0, 100, source=2, kind="Metadata"), added=True)
    recorded = track(0, 100, source=1, kind="Metadata")
    lanes = drawn(recording([file("a.mp4", track(0, 100), recorded, added)])).lanes
    assert [(lane.name, lane.number) for lane in lanes[1:]] == [("Video", 0), ("Metadata", 0)]


def test_nothing_asked_for_and_nothing_there_gives_no_timeline():
    assert draw_timeline(recording(asked_from_ns=None, asked_to_ns=None), time=UTC) is None


def test_nothing_delivered_still_shows_what_was_asked_for():
    timeline = drawn(recording(gaps=(gap(0, 100, confirmed=True),)))
    assert kinds(timeline, "asked") == ["asked"]
    assert kinds(timeline, "Video") == ["gap-confirmed"]


def test_ten_thousand_gaps_are_drawn_with_few_stretches_and_all_counted():
    gaps = tuple(gap(number * 0.01, number * 0.01 + 0.004) for number in range(10_000))
    timeline = drawn(recording([file("a.mp4", track(0, 100))], gaps=gaps))
    holes = [one for one in timeline.lanes[1].stretches if one.kind is StretchKind.GAP]
    assert 0 < len(holes) <= MAX_STRETCHES
    assert sum(one.count for one in holes) == 10_000
    assert len(timeline.rows) == MAX_ROWS
    assert timeline.rows_left_out == 10_002 - MAX_ROWS


def test_many_files_that_could_be_told_apart_are_still_bounded():
    files = [file(f"{number}.mp4", track(number * 0.25, number * 0.25 + 0.2)) for number in range(400)]
    stretches = drawn(recording(files)).lanes[1].stretches
    assert len(stretches) <= MAX_STRETCHES
    assert sum(one.count for one in stretches) == 400


def test_a_hundred_thousand_events_fill_bins_and_none_is_lost():
    events = (event(number * 0.001, list(EventKind)[number % len(EventKind)]) for number in range(100_000))
    timeline = drawn(recording([file("a.mp4", track(0, 100))]), events)
    assert [lane.kind for lane in timeline.event_lanes] == list(EventKind)
    assert sum(len(lane.marks) for lane in timeline.event_lanes) < 1000
    assert sum(mark.count for lane in timeline.event_lanes for mark in lane.marks) == 100_000
    assert max(mark.share for lane in timeline.event_lanes for mark in lane.marks) == 1.0


def test_events_beyond_the_drawing_are_counted():
    timeline = drawn(recording([file("a.mp4", track(0, 100))]), [event(50), event(-3600), event(90_000)])
    assert timeline.events_outside == 2
    assert timeline.event_lanes[0].total == 1


def test_everything_lies_within_the_drawing():
    one = recording([file("a.mp4", track(0, 100))], spans=((at(-5), None),), losses=(loss(-100), loss(1e6)))
    timeline = drawn(one, [event(0), event(100)])
    for lane in timeline.lanes:
        for stretch in lane.stretches:
            assert LEFT <= stretch.x <= stretch.x + stretch.width <= RIGHT + 2
            assert lane.y + lane.height <= timeline.lanes_bottom


def test_local_time_stands_at_the_ticks_also_over_a_change_of_the_clock():
    hours = 3600.0
    one = recording([file("a.mp4", track(0, 24 * hours))], asked_from_ns=at(0), asked_to_ns=at(24 * hours))
    shifted = draw_timeline(one, time=PageTime("Europe/Paris"))
    assert shifted is not None
    assert [tick.offset for tick in shifted.ticks if tick.offset] == ["+01:00"]
    # 2026-03-29T01:00Z: from +01:00 to +02:00
    days = 14 * 24 * hours
    one = recording([file("a.mp4", track(days, days + 24 * hours))], asked_from_ns=at(days), asked_to_ns=None)
    shifted = draw_timeline(one, time=PageTime("Europe/Paris"))
    assert shifted is not None
    assert [tick.offset for tick in shifted.ticks if tick.offset] == ["+01:00", "+02:00"]
    assert shifted.zone == "Europe/Paris"


def test_an_overview_needs_two_recordings_and_is_bounded():
    one = recording([file("a.mp4", track(0, 100))], gaps=(gap(10, 20),))
    assert draw_overview([one], time=UTC) is None
    overview = draw_overview([one] * 100, time=UTC)
    assert overview is not None
    assert len(overview.lines) == MAX_LINES
    assert overview.left_out == 100 - MAX_LINES
    assert overview.kinds == (StretchKind.RECORDED, StretchKind.GAP)


@pytest.mark.parametrize("language", list(Language))
def test_the_drawing_is_sound_and_bears_hostile_texts(language, tmp_path):
    hostile = '</svg><script>alert(1)</script>"\u202eevil\x1b[2J'
    files = [file(f"{hostile}.mp4", track(0, 100))]
    one = recording(files, camera=hostile, losses=(loss(5, hostile),), gaps=(gap(30, 60),), end_proven=False)
    timeline = draw_timeline(one, [event(1, name=hostile), event(1), event(70, EventKind.OTHER)], time=UTC, key="t1")
    overview = draw_overview([one, one], time=UTC)
    page = Page(language=language)
    environment = page._environment
    macros = environment.get_template("timeline.html.j2").module
    text = str(macros.timeline(timeline)) + str(macros.overview(overview))
    tree = html.document_fromstring(text)
    assert not tree.xpath("//script")
    assert not tree.xpath("//@style")
    assert not [name for name in tree.xpath("//@*") if name.attrname.startswith("on")]
    assert "\u202e" not in text
    assert "\x1b" not in text
    ids = tree.xpath("//@id")
    assert all(ids.count(one) == 1 for one in ids if not one.startswith("legend-"))
    assert len(tree.xpath("//svg[@role='img'][@aria-labelledby]")) == 2
    assert len(tree.xpath("//table/tbody/tr")) == len(timeline.rows) + len(timeline.event_lanes)
