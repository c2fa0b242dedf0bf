"""FindMetadata and FindPTZPosition in documents that were recorded."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from vssx.onvif.metadata_search import FindMetadata, FindPtzPosition, PtzVector
from vssx.onvif.xpath_dialect import parse_filter
from vssx.recorder.metadata_search import find_metadata, find_ptz_positions
from vssx.recorder.store import RecordingStore, open_store
from vssx.recorder.stored_events import PAUSE_AFTER
from vssx.times import NS, from_xs_datetime, to_xs_datetime

START = from_xs_datetime("2024-05-01T12:00:00Z")
BEFORE_GAP = 9  # documents at 0.0, 0.1 ... 0.8 s; the others behind the gap, from 61.0 s on
PANS = (-0.5, 0.1, 0.2, 0.6, 0.2, -0.4, 0.0, 0.3, None, 0.9, 0.4, 0.1)


def at(number: int) -> int:
    return START + number * NS // 10 + (60 * NS + NS // 10 if number >= BEFORE_GAP else 0)


def document(number: int) -> str:
    position = f'<PanTilt x="{PANS[number]}" y="0.5"/><Zoom x="0.1"/>' if PANS[number] is not None else "<Zoom x='1'/>"
    kind = "Human" if number % 3 == 0 else "Animal"
    if number == 5:
        return "<MetadataStream><VideoAnalytics>"  # broken
    return (
        '<MetadataStream xmlns="http://www.onvif.org/ver10/schema"><VideoAnalytics>'
        '<Frame UtcTime="2024-01-01T00:00:00Z">'
        f'<Object ObjectId="{number}"><Class><Type Likelihood="0.{number}">{kind}</Type></Class></Object></Frame>'
        f"</VideoAnalytics><PTZ><PTZStatus><Position>{position}</Position></PTZStatus></PTZ></MetadataStream>"
    )


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory, recordings: Path) -> RecordingStore:
    directory = tmp_path_factory.mktemp("stored")
    for name in ("three.mp4", "three.toml", "hevc.mp4"):
        shutil.copy(recordings / name, directory / name)
    lines = [{"utc": to_xs_datetime(at(number)), "document": document(number)} for number in range(len(PANS))]
    (directory / "three.metadata.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return open_store(directory, lambda path, why: pytest.fail(f"{path}: {why}"))


def matches(stored: RecordingStore, expression: str, **request: Any) -> list[int]:
    """Numbers of the documents found."""
    asked = FindMetadata(**{"start_ns": START - NS, "stream_filter": expression, **request})
    numbers = {at(number): number for number in range(len(PANS))}
    found = [each for each in find_metadata(stored.recordings, asked, parse_filter(expression)) if each is not None]
    assert {(each.recording_token, each.track_token) for each in found} <= {("three", "META001")}
    return [numbers[each.time_ns] for each in found]


def test_documents_by_what_they_hold(stored: RecordingStore) -> None:
    assert matches(stored, "boolean(//Object)") == [0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11]
    assert matches(stored, 'boolean(//Class[Type = "Human"])') == [0, 3, 6, 9]
    assert matches(stored, 'boolean(//Type[@Likelihood >= "0.7"])') == [7, 8, 9]
    assert matches(stored, "boolean(//Nothing)") == []


def test_ranges_and_direction(stored: RecordingStore) -> None:
    human = 'boolean(//Class[Type = "Human"])'
    assert matches(stored, human, start_ns=at(3), end_ns=at(6)) == [3, 6]
    assert matches(stored, human, start_ns=at(6), end_ns=at(3)) == [6, 3]
    assert matches(stored, human, start_ns=at(3) + 1) == [6, 9]
    assert matches(stored, human, start_ns=at(11) + NS) == []


def positions(stored: RecordingStore, low: PtzVector, high: PtzVector, **request: Any) -> list[float | None]:
    asked = FindPtzPosition(**{"start_ns": START - NS, "min_position": low, "max_position": high, **request})
    found = [each for each in find_ptz_positions(stored.recordings, asked) if each is not None]
    return [each.position.pan for each in found]


def test_positions_within_a_volume(stored: RecordingStore) -> None:
    low, high = PtzVector(pan=0.0, tilt=-1.0), PtzVector(pan=0.5, tilt=1.0)
    assert positions(stored, low, high) == [0.1, 0.2, 0.2, 0.0, 0.3, 0.4, 0.1]
    assert positions(stored, low, high, enter_or_exit=True) == [0.1, 0.6, 0.2, None, 0.4]
    assert positions(stored, low, high, start_ns=at(11), end_ns=at(6)) == [0.1, 0.4, 0.3, 0.0]
    assert positions(stored, PtzVector(zoom=0.9), PtzVector(zoom=1.0)) == [None]
    assert len(positions(stored, PtzVector(), PtzVector())) == 11
    assert positions(stored, PtzVector(pan=2.0, tilt=0.0), PtzVector(pan=3.0, tilt=1.0)) == []


def test_track_attributes_say_what_documents_hold(stored: RecordingStore) -> None:
    recording = stored.find("three")
    assert recording is not None
    attributes = recording.media_attributes(START)
    assert attributes is not None
    held = attributes.tracks[-1].metadata
    assert held is not None
    assert (held.ptz, held.analytics, held.notifications) == (True, True, False)


def test_many_documents_pause_the_search(tmp_path: Path, recordings: Path) -> None:
    for name in ("three.mp4", "three.toml"):
        shutil.copy(recordings / name, tmp_path / name)
    count = 2 * PAUSE_AFTER + 10
    text = "".join(
        json.dumps({"utc": to_xs_datetime(START + number * 10_000), "document": "<a/>"}) + "\n"
        for number in range(count)
    )
    (tmp_path / "three.metadata.jsonl").write_text(text)
    stored = open_store(tmp_path, lambda *_: None)
    request = FindMetadata(start_ns=START, stream_filter="boolean(//b)")
    assert list(find_metadata(stored.recordings, request, parse_filter("boolean(//b)"))) == [None, None]
