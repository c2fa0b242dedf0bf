"""What people see: a timeline that is right, a table that fits, and names that do nothing to a terminal."""

import io
import json
import re
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vssx.cli import render
from vssx.model.media import TrackType
from vssx.model.recording import (
    MediaAttributes,
    RecordingHistory,
    RecordingInformation,
    RecordingListing,
    RecordingSourceInformation,
    Span,
    TrackAttributes,
    TrackInformation,
)
from vssx.times import NS, from_xs_datetime

START = from_xs_datetime("2026-03-14T06:30:00Z")
END = START + 100 * NS
SPANS = (Span(start_ns=START, end_ns=START + 50 * NS), Span(start_ns=START + 75 * NS, end_ns=END))
# What a recorder may call a camera: control sequences, text that runs backwards, markup and emoji codes of rich.
HOSTILE = ["\x1b[2J\x1b]0;owned\x07gate", "gate\r\nVerdict: PASSED", "\u202egnp.etag", "[/bold]gate", "[red]gate:door:"]


class Terminal(io.StringIO):
    def isatty(self):
        return True


def listing(name="North gate", token="north-gate", spans=SPANS):
    track = TrackInformation(token="VIDEO001", track_type=TrackType.VIDEO)
    return RecordingListing(
        information=RecordingInformation(
            token=token,
            source=RecordingSourceInformation(name=name),
            status="Stopped",
            earliest_ns=START,
            latest_ns=END,
            tracks=(track, TrackInformation(token="AUDIO001", track_type=TrackType.AUDIO)),
        ),
        history=RecordingHistory(recording_token=token, from_ns=START, to_ns=END, spans=spans),
        attributes=MediaAttributes(
            recording_token=token, tracks=(TrackAttributes(track=track, encoding="H264"),), from_ns=START, until_ns=END
        ),
        size_bytes=270_000,
    )


def drawn(monkeypatch, listings, *, terminal, columns=80):
    out = Terminal() if terminal else io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    render.recordings_table(listings)
    return out.getvalue()


def without_colours(text):
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def test_timeline_tells_whole_part_and_nothing():
    spans = [Span(start_ns=0, end_ns=20), Span(start_ns=25, end_ns=30), Span(start_ns=40, end_ns=None)]
    assert render.timeline(spans, 0, 50, 5) == "██▌·█"
    assert render.timeline([], 0, 50, 4) == "····"
    assert len(render.timeline(spans, 7, 7, 3)) == 3  # an instant is no error


@given(
    spans=st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**5)), max_size=8),
    length=st.integers(1000, 10**6),
    width=st.integers(1, 120),
)
def test_a_timeline_has_its_width_and_a_mark_wherever_something_is(spans, length, width):
    line = render.timeline([Span(start_ns=at, end_ns=at + long) for at, long in spans], 0, length, width)
    assert len(line) == width
    assert set(line) <= set("█▌·")
    recorded = any(at < length and long > 0 for at, long in spans)
    assert (set(line) != {"·"}) == recorded


def test_the_table_fits_80_columns_with_a_timeline_below(monkeypatch):
    shown = without_colours(drawn(monkeypatch, [listing()], terminal=True))
    lines = shown.splitlines()
    assert all(len(line) <= 80 for line in lines)
    assert lines[0].split()[:2] == ["RECORDING", "CAMERA"]
    bar = next(line for line in lines if "█" in line).strip()
    assert (len(bar), bar[0], bar[-1]) == (76, "█", "█")
    assert bar.count("·") == 19
    assert lines[-1].split() == ["2026-03-14", "06:30:00", "2026-03-14", "06:31:40"]


def test_long_names_are_folded_and_never_cut(monkeypatch):
    token = "recording-" + "0123456789" * 12
    shown = without_colours(drawn(monkeypatch, [listing(name="Very long " * 9, token=token)], terminal=True))
    assert all(len(line) <= 80 for line in shown.splitlines())
    first = "".join(line.split(" ")[0] for line in shown.splitlines()[1:] if line[:1].strip())
    assert token in first


def test_a_pipe_gets_one_line_a_recording_and_no_timeline(monkeypatch):
    text = drawn(monkeypatch, [listing(), listing(token="x" * 200)], terminal=False)
    assert len(text.splitlines()) == 3
    assert "\x1b" not in text
    assert "█" not in text
    assert text.splitlines()[1].split()[-3:] == ["1", "~270.0", "kB"]


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("terminal", [True, False])
def test_names_do_nothing_to_the_terminal(name, terminal, monkeypatch):
    text = drawn(monkeypatch, [listing(name=name, token=name)], terminal=terminal, columns=200)
    rest = without_colours(text).replace("\n", "")
    assert rest.isprintable()
    assert "Verdict: PASSED" not in [line.strip() for line in text.splitlines()]
    if name.isprintable():
        assert rest.count(name) == (3 if terminal else 2)  # as it is, in two columns and above the timeline


@pytest.mark.parametrize("title", HOSTILE)
def test_the_progress_bar_takes_any_title(title, monkeypatch):
    errors = Terminal()
    monkeypatch.setattr(sys, "stderr", errors)
    monkeypatch.setenv("COLUMNS", "120")
    with render.progress([title, title], 10 * NS) as progress:
        progress(1, NS, 1000, 2)
    assert "\x1b]0;" not in errors.getvalue()
    assert "\u202e" not in errors.getvalue()
    if title.isprintable():
        assert title in without_colours(errors.getvalue())


def test_without_a_terminal_there_is_no_progress(monkeypatch):
    errors = io.StringIO()
    monkeypatch.setattr(sys, "stderr", errors)
    with render.progress(["gate"], None) as progress:
        progress(0, NS, 1000, 0)
    assert errors.getvalue() == ""


def test_recordings_that_tell_little(monkeypatch):
    bare = RecordingListing(information=RecordingInformation(token="R", source=RecordingSourceInformation()))
    line = drawn(monkeypatch, [bare], terminal=False).splitlines()[1]
    assert line.split() == ["R", "-", "-", "-", "-", "?", "-"]


@pytest.mark.parametrize(
    ("count", "text"),
    [(None, "-"), (0, "0 B"), (999, "999 B"), (1500, "1.5 kB"), (2 * 10**6, "2.0 MB"), (10**13, "10.0 TB")],
)
def test_size(count, text):
    assert render.size(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00.0"), (59.99, "0:59.9"), (60, "1:00.0"), (3599.96, "59:59.9"), (3661.5, "1:01:01.5")]
)
def test_duration(seconds, text):
    assert render.duration(int(seconds * NS)) == text


def test_json_steers_no_terminal(capsys):
    value = {"name": "Caf\u00e9 \x9b2J\u202e\x1b[0m\U000e0001"}
    render.print_json(value)
    text = capsys.readouterr().out
    assert text[:-1].isprintable()
    assert "Caf\u00e9" in text
    assert json.loads(text) == value
