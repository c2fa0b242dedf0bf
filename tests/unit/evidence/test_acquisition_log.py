"""The log tells everything in order, survives a cut, and never joins two lines."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vssx.evidence.acquisition_log import LOG_FILE, Relay, open_log
from vssx.model.acquisition import AcquisitionEvent
from vssx.times import NS, from_xs_datetime


def lines(data):
    return [json.loads(line) for line in (data / LOG_FILE).read_bytes().splitlines()]


def event(kind, **detail):
    return AcquisitionEvent(at_ns=5 * NS, kind=kind, detail=detail)


def test_one_object_a_line_whatever_a_recorder_says(tmp_path):
    detail = {"reason": "line\nbreak \u2028 \x1b[2J \ud800", "count": 3, "none": None}
    with open_log(tmp_path) as log:
        log.observe(event("rtsp", **detail))
        log.note("note", text="ü")
    raw = (tmp_path / LOG_FILE).read_bytes()
    assert raw.isascii()
    assert raw.count(b"\n") == 2
    first, second = lines(tmp_path)
    assert first == {"time": "1970-01-01T00:00:05Z", "kind": "rtsp", **detail}
    assert (second["kind"], second["text"]) == ("note", "ü")
    assert from_xs_datetime(second["time"]) > from_xs_datetime("2024-01-01T00:00:00Z")


def test_a_line_is_in_the_file_when_it_is_written(tmp_path):
    with open_log(tmp_path) as log:
        log.observe(event("gap"))
        assert len(lines(tmp_path)) == 1


@pytest.mark.parametrize("size", [1, 65535, 65536, 65537, 200_000])
def test_a_torn_last_line_goes_and_the_rest_stays(size, tmp_path):
    with open_log(tmp_path) as log:
        log.observe(event("soap", number=1))
    with (tmp_path / LOG_FILE).open("ab") as file:
        file.write(b'{"' + b"x" * (size - 2) if size > 1 else b"{")
    with open_log(tmp_path) as log:
        log.observe(event("soap", number=2))
    assert [line["number"] for line in lines(tmp_path)] == [1, 2]


@pytest.mark.parametrize("size", [0, 1, 70_000])
def test_a_log_of_nothing_but_a_torn_line(size, tmp_path):
    (tmp_path / LOG_FILE).parent.mkdir(parents=True)
    (tmp_path / LOG_FILE).write_bytes(b"x" * size)
    with open_log(tmp_path) as log:
        log.observe(event("note"))
    assert [line["kind"] for line in lines(tmp_path)] == ["note"]


@given(numbers=st.lists(st.integers(0, 10**30), min_size=1, max_size=6), cut=st.integers(0, 400))
def test_cut_anywhere_whole_lines_stay(numbers, cut, tmp_path_factory):
    data = tmp_path_factory.mktemp("log")
    with open_log(data) as log:
        for number in numbers:
            log.observe(event("note", number=number))
    whole = (data / LOG_FILE).read_bytes()
    (data / LOG_FILE).write_bytes(whole[:cut])
    with open_log(data) as log:
        log.observe(event("resume"))
    kept = whole[:cut].count(b"\n")
    assert [line.get("number") for line in lines(data)] == [*numbers[:kept], None]


def test_events_before_the_log_was_open_come_first():
    relay, seen = Relay(), []
    relay(event("soap", number=1))
    relay(event("clock", number=2))
    relay.attach(seen.append)
    relay(event("rtsp", number=3))
    assert [one.detail["number"] for one in seen] == [1, 2, 3]
