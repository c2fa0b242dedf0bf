"""Events that were recorded: read from beside the media, found among the recording history."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from vssx.model.recording import FindEventResult
from vssx.onvif.search_session import FindEvents
from vssx.recorder.event_search import find_events
from vssx.recorder.store import RecordingStore, open_store
from vssx.times import NS, from_xs_datetime

START = from_xs_datetime("2024-05-01T12:00:00Z")
MOTION, DOOR, DENIED = "tns1:VideoSource/MotionAlarm", "tns1:Door/State/DoorMode", "tns1:AccessControl/Denied"


def line(second: float, topic: str, operation: str = "", **items: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {"utc": f"2024-05-01T12:00:{second:06.3f}Z", "topic": topic, **items}
    return {**found, "operation": operation} if operation else found


LINES = [
    line(0.1, MOTION, "Initialized", source={"Source": "v1"}, data={"State": "false"}),
    line(0.2, MOTION, "Initialized", source={"Source": "v2"}, data={"State": "false"}),
    line(0.4, MOTION, "Changed", source={"Source": "v1"}, data={"State": "true"}),
    line(0.5, DENIED, source={"AccessPointToken": "a"}, data={"Reason": "<b> & \"c\"\n'd'"}),
    line(0.5, DOOR, "Changed", source={"DoorToken": "d"}, data={"State": "Locked"}, track="META001"),
    line(30, DOOR, "Deleted", source={"DoorToken": "d"}),  # amid the recording gap
    line(59, MOTION, "Changed", source={"Source": "v2"}, data={"State": "true"}, elements={"Box": "<a b='1'/>"}),
]


def store(directory: Path, recordings: Path, text: str) -> RecordingStore:
    for name in ("three.mp4", "three.toml"):
        shutil.copy(recordings / name, directory / name)
    (directory / "three.events.jsonl").write_text(text, encoding="utf-8")
    told: list[str] = []
    found = open_store(directory, lambda _, why: told.append(why))
    assert told == []
    return found


@pytest.fixture
def events(tmp_path: Path, recordings: Path) -> RecordingStore:
    return store(tmp_path, recordings, "".join(json.dumps(each) + "\n" for each in LINES))


def found(events: RecordingStore, **request: Any) -> list[FindEventResult]:
    results = find_events(events.recordings, FindEvents(**request))
    return [event for event in results if event is not None]


def told(results: Iterable[FindEventResult]) -> list[tuple[float, str, str]]:
    """Second, last step of the topic, value of the data."""
    return [
        (
            (event.time_ns - START) / NS,
            event.notification.topic.rpartition("/")[2],
            "".join(item.value for item in event.notification.data)[:6],
        )
        for event in results
        if "RecordingHistory" not in event.notification.topic
    ]


ALL = [
    (0.1, "MotionAlarm", "false"),
    (0.2, "MotionAlarm", "false"),
    (0.4, "MotionAlarm", "true"),
    (0.5, "Denied", "<b> & "),
    (0.5, "DoorMode", "Locked"),
    (30.0, "DoorMode", ""),
    (59.0, "MotionAlarm", "true"),
]


def test_all_of_them_in_one_order_with_the_history(events: RecordingStore) -> None:
    results = found(events, start_ns=START - NS, end_ns=START + 100 * NS)
    assert told(results) == ALL
    times = [event.time_ns for event in results]
    assert times == sorted(times)
    assert len(results) > len(ALL)
    assert {event.recording_token for event in results} == {"three"}
    assert [event.track_token for event in results if event.notification.topic == DOOR] == ["META001", ""]
    [box] = results[-1].notification.elements or [e for r in results for e in r.notification.elements]
    assert (box.name, box.xml) == ("Box", b"<a b='1'/>")


def test_backward_and_bounds(events: RecordingStore) -> None:
    results = found(events, start_ns=START + 100 * NS, end_ns=START - NS)
    assert told(results) == [ALL[6], ALL[5], ALL[4], ALL[3], *ALL[2::-1]]
    assert told(found(events, start_ns=START + 4 * NS // 10, end_ns=START + NS // 2)) == ALL[2:5]
    assert told(found(events, start_ns=START + 30 * NS + 1)) == ALL[6:]
    assert told(found(events, start_ns=START + 1000 * NS)) == []


def test_topics(events: RecordingStore) -> None:
    motion = found(events, start_ns=START, topics=("tns1:VideoSource//.",))
    assert {event.notification.topic for event in motion} == {MOTION}
    assert len(motion) == 4
    assert told(found(events, start_ns=START, topics=(DENIED, DOOR))) == ALL[3:6]


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        (0.0, []),
        (0.1, [("v1", "false")]),
        (0.45, [("v1", "true"), ("v2", "false")]),
        (10, [("v1", "true"), ("v2", "false"), ("d", "Locked")]),
        (40, [("v1", "true"), ("v2", "false")]),  # the door's state was deleted
        (90, [("v1", "true"), ("v2", "true")]),
    ],
)
def test_states_at_the_start(events: RecordingStore, second: float, expected: list[tuple[str, str]]) -> None:
    start_ns = START + round(second * NS)
    results = found(events, start_ns=start_ns, end_ns=start_ns, include_start_state=True)
    states = [event for event in results if event.start_state and "RecordingHistory" not in event.notification.topic]
    assert [(event.notification.source[0].value, event.notification.data[0].value) for event in states] == expected
    assert all(event.time_ns == event.notification.utc_ns == start_ns for event in states)
    assert {event.notification.operation for event in states} <= {"Initialized"}
    flags = [event.start_state for event in results]
    assert flags == sorted(flags, reverse=True)


def test_many_lines_pause_the_search(tmp_path: Path, recordings: Path) -> None:
    text = "".join(json.dumps(line(n / 1000, DENIED)) + "\n" for n in range(2500))
    lines = store(tmp_path, recordings, text)
    request = FindEvents(start_ns=START + 50 * NS, include_start_state=True, topics=(MOTION,))
    assert list(find_events(lines.recordings, request)) == [None, None]


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"topic": "t"}, "utc must be a time"),
        (line(1, ""), "topic must be"),
        (line(1, "t" * 2000), "topic must be"),
        (line(1, "t", "Altered"), "operation must be one of"),
        ({**line(1, "t"), "data": "x"}, "data must be an object"),
        ({**line(1, "t"), "source": {"a": 1}}, "source must be an object"),
        ({**line(1, "t"), "elements": {"a": "<b>"}}, "XML"),
        ({**line(1, "t"), "data": {"a": "\u0000"}}, "XML cannot carry"),
        ({**line(1, "t"), "track": 3}, "track must be a text"),
        ({**line(1, "t"), "sources": {}}, "unknown key"),
    ],
)
def test_faults_of_the_file(tmp_path: Path, recordings: Path, bad: dict[str, Any], message: str) -> None:
    shutil.copy(recordings / "hevc.mp4", tmp_path)
    shutil.copy(recordings / "three.mp4", tmp_path)
    (tmp_path / "three.events.jsonl").write_text(json.dumps(LINES[0]) + "\n" + json.dumps(bad) + "\n")
    refused: list[str] = []
    open_store(tmp_path, lambda _, why: refused.append(why))
    assert len(refused) == 1
    assert message in refused[0]
    assert "three.events.jsonl, line 2" in refused[0]
