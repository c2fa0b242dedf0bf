"""Search: filters, sessions, the recording history."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from vssx import xml
from vssx.model.media import TrackType
from vssx.model.recording import RecordingInformation, RecordingSourceInformation, TrackInformation
from vssx.onvif import recording_history
from vssx.onvif.recording_information import fill_recording
from vssx.onvif.search_session import FindEvents
from vssx.onvif.xpath_dialect import parse_filter
from vssx.recorder.event_search import find_events
from vssx.recorder.search_sessions import SearchSessions
from vssx.recorder.server import RecorderServer
from vssx.times import NS, from_xs_datetime

START = from_xs_datetime("2024-05-01T12:00:00Z")
RECORDING = RecordingInformation(
    token="r1",
    source=RecordingSourceInformation(name="Tor", location="Basement"),
    earliest_ns=START,
    latest_ns=START + NS,
    status="Stopped",
    tracks=(
        TrackInformation(token="V1", track_type=TrackType.VIDEO, data_from_ns=START, data_to_ns=START + NS),
        TrackInformation(token="A1", track_type=TrackType.AUDIO, data_from_ns=START, data_to_ns=START + NS),
    ),
)


def element() -> xml.Element:
    root = xml.new("http://www.onvif.org/ver10/schema", "RecordingInformation")
    fill_recording(root, RECORDING)
    return root


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('boolean(//Track[TrackType = "Video"])', True),
        ("boolean(//Track[TrackType='Metadata'])", False),
        ("boolean(//Source[Location = “Basement”]) and boolean(//Track[TrackType = “Video”])", True),
        ('boolean(//Source[Location="Roof"]) or boolean(//tt:Track[tt:TrackToken = "A1"])', True),
        ('not(boolean(//Track[TrackType="Audio"]))', False),
        ('(boolean(//Track[TrackType="Audio"]) and not(boolean(//Source[Name="x"])))', True),
        ('boolean(//Track[TrackType="Video" and TrackToken="A1"])', False),
        ('boolean(//Track[TrackType="Video" and not(TrackToken="A1")])', True),
        ('boolean(//Track[(TrackToken="A1" or TrackToken="V1")])', True),
        ("boolean(//Track)", True),
        ("boolean(//Nothing)", False),
        ('contains(//Name, "or")', True),
        ('contains(/RecordingInformation/Source/Location, "attic")', False),
        ('boolean(/RecordingInformation[EarliestRecording < "2024-05-02T00:00:00Z"])', True),
        ('boolean(/RecordingInformation[EarliestRecording >= "2024-05-02T00:00:00Z"])', False),
        ('boolean(/RecordingInformation[RecordingStatus != "Stopped"])', False),
        ('boolean(//Track[@Name="x"])', False),
    ],
)
def test_filters(expression: str, expected: bool) -> None:
    assert parse_filter(expression)(element()) is expected


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "boolean(",
        "boolean(//Track[)",
        "boolean(//Track[TrackType])",
        "boolean(//Track[TrackType = Video])",
        "boolean(//Track) boolean(//Track)",
        "document('http://example.org')",
        "count(//Track) > 1",
        "//Track",
        "boolean(//Track[TrackType = 'Video'])) ",
        "not(" * 50 + "boolean(//Track)" + ")" * 50,
        'contains(//Track, "' + "x" * 3000 + '")',
        "boolean(//Track[TrackType = 'Video]) ",
        "\x00",
    ],
)
def test_filters_that_make_no_sense(expression: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_filter(expression)


def test_sessions_hand_out_each_result_once() -> None:
    now = 0
    sessions: SearchSessions[int] = SearchSessions(lambda: now)
    token = sessions.start([1, 2, 3, 4], max_matches=3, keep_alive_ns=0, reached_ns=lambda n: n or 99)
    assert token is not None
    assert sessions.fetch(token, 2) == ((1, 2), False)
    assert sessions.is_open(token)
    assert sessions.fetch(token, None) == ((3,), True)
    assert sessions.fetch(token, None) is None
    assert sessions.end(token) is None


def test_a_search_may_pause_and_goes_on() -> None:
    sessions: SearchSessions[int] = SearchSessions(lambda: 0)
    looked_at: list[int | None] = []

    def results() -> Iterator[int | None]:
        for each in (1, None, None, 2, 3, None):
            looked_at.append(each)
            yield each

    token = sessions.start(results(), max_matches=None, keep_alive_ns=0, reached_ns=lambda n: n or 99)
    assert token is not None
    assert looked_at == []
    assert [sessions.fetch(token, 10) for _ in range(4)] == [((1,), False), ((), False), ((2, 3), False), ((), True)]
    assert sessions.fetch(token, 10) is None
    paused = sessions.start(iter([1, None, 2]), max_matches=1, keep_alive_ns=0, reached_ns=lambda n: n or 99)
    assert paused is not None
    assert sessions.fetch(paused, None) == ((1,), True)


def test_a_search_looks_on_while_it_finds_nothing_and_may_be_waited_for() -> None:
    """A client that has to ask again for every thousand lines that hold nothing waits in between."""
    sessions: SearchSessions[int] = SearchSessions(itertools.count().__next__)
    many = itertools.chain(itertools.repeat(None, 500), [7])
    token = sessions.start(many, max_matches=None, keep_alive_ns=0, reached_ns=lambda n: n or 99)
    assert token is not None
    assert sessions.fetch(token, 10, wait_ns=20) == ((), False)
    assert sessions.fetch(token, 10, wait_ns=10_000) == ((7,), True)


def test_sessions_end_by_request_or_by_time() -> None:
    now = 0
    sessions: SearchSessions[int] = SearchSessions(lambda: now)
    first, second = (
        sessions.start([1, 2], max_matches=None, keep_alive_ns=30 * NS, reached_ns=lambda n: n or 99) for _ in range(2)
    )
    assert first is not None
    assert second is not None
    assert sessions.fetch(first, 1) == ((1,), False)
    assert sessions.end(first) == 2
    now = 29 * NS
    assert sessions.fetch(second, 1) == ((1,), False)
    now = 58 * NS
    assert sessions.is_open(second)
    now = 60 * NS
    assert not sessions.is_open(second)


def test_sessions_are_bounded() -> None:
    now = 0
    sessions: SearchSessions[int] = SearchSessions(lambda: now)
    tokens = [sessions.start([1], max_matches=None, keep_alive_ns=0, reached_ns=lambda _: 0) for _ in range(100)]
    assert None in tokens
    now = 11 * NS
    assert sessions.start([1], max_matches=None, keep_alive_ns=0, reached_ns=lambda _: 0) is not None


def events(recorder: RecorderServer, **request) -> list:
    recording = recorder.store.find("three")
    assert recording is not None
    return [event for event in find_events([recording], FindEvents(**request)) if event is not None]


def test_history_gives_the_sections_back(recorder: RecorderServer) -> None:
    recording = recorder.store.find("three")
    assert recording is not None
    found = events(recorder, start_ns=START - NS, end_ns=START + 100 * NS, include_start_state=True)
    history = recording_history.history("three", found, from_ns=START - NS, to_ns=START + 100 * NS)
    assert [(span.start_ns, span.end_ns) for span in history.spans] == list(recording.sections)
    video = next(track for track in history.tracks if track.track_token == "VIDEO001")
    assert [(s.start_ns, s.end_ns) for s in video.spans] == [
        (s.start_ns, s.end_ns) for s in recording.tracks[0].sections
    ]


@pytest.mark.parametrize(
    ("at", "recording"), [(-5, "false"), (0.5, "true"), (30, "false"), (62, "true"), (90, "false")]
)
def test_start_state(recorder: RecorderServer, at: float, recording: str) -> None:
    start_ns = START + int(at * NS)
    found = events(recorder, start_ns=start_ns, end_ns=start_ns, include_start_state=True)
    state = [event for event in found if event.notification.topic == "tns1:RecordingHistory/Recording/State"]
    assert [(event.start_state, event.notification.data[0].value) for event in state] == [(True, recording)]
    assert {event.time_ns for event in found} == {start_ns}


def test_order_topics_and_direction(recorder: RecorderServer) -> None:
    topics = ("tns1:RecordingHistory/Recording//.",)
    forward = events(recorder, start_ns=START - NS, topics=topics)
    assert [event.notification.data[0].value for event in forward] == ["true", "false", "true", "false"]
    times = [event.time_ns for event in forward]
    assert times == sorted(times)
    backward = events(recorder, start_ns=START + 100 * NS, end_ns=START - NS, topics=topics, include_start_state=True)
    assert [event.time_ns for event in backward[1:-1]] == times[::-1]
    assert backward[0].start_state
    assert backward[-1].start_state
    # "shall be reported identically in reverse search mode"
    assert [event.notification.data[0].value for event in backward[1:-1]] == ["false", "true", "false", "true"]
