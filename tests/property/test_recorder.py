"""The recorder: whatever a client writes is answered; whatever range is asked for, its pictures come."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.clips import encode
from vssx.errors import UsageError
from vssx.onvif.xpath_dialect import parse_filter
from vssx.recorder.description import read_description
from vssx.recorder.outgoing import Outgoing
from vssx.recorder.play_request import Frames, PlayRequest, PlayRequestError, Range, parse_play, range_text
from vssx.recorder.playback import plan
from vssx.recorder.rtp_transport import choose_transport
from vssx.recorder.rtsp_methods import RtspMethods
from vssx.recorder.rtsp_service import Sessions
from vssx.recorder.store import StoredRecording, open_store
from vssx.recorder.stored_events import open_events, stored_events
from vssx.recorder.stored_metadata import open_metadata
from vssx.rtsp.message import Headers, Request
from vssx.times import NS

FRAME = NS // 25
FRAMES = 60
GAP_AT, GAP = 24, 10 * NS  # the gap lies before this picture, which is a clean point
HEADER_NAMES = ("Range", "Scale", "Frames", "Rate-Control", "Immediate", "Transport", "Session", "Require", "Accept")
SCRAPS = st.sampled_from(
    [
        "clock=",
        "npt=",
        "20240501T120000Z",
        "-",
        "0",
        "intra/",
        "-1",
        "nan",
        "inf",
        "1e999",
        "RTP/AVP",
        "/TCP",
        ";",
        ",",
        "interleaved=",
        "client_port=",
        "onvif-replay",
        "now",
        "unicast",
        "=",
        "10:61:61",
        "predicted",
        "²",
    ]
)
TEXT = st.one_of(st.text(st.characters(max_codepoint=255), max_size=30), st.lists(SCRAPS, max_size=6).map("".join))
HEADERS = st.lists(st.tuples(st.sampled_from(HEADER_NAMES), TEXT), max_size=4).map(lambda each: Headers(tuple(each)))


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> StoredRecording:
    directory = tmp_path_factory.mktemp("recordings")
    options = {"preset": "fast", "bf": "2", "g": "12", "sc_threshold": "0"}
    encode(directory / "one.mp4", frames=FRAMES, options=options, audio=True)
    (directory / "one.toml").write_text("start = 2024-05-01T12:00:00Z\n[[gaps]]\nat = 0.9\nduration = 10\n")
    return open_store(directory, lambda *_: None).recordings[0]


@given(HEADERS)
def test_play_headers(headers: Headers) -> None:
    try:
        request = parse_play(headers, 1)
    except PlayRequestError:
        return
    assert request.scale == request.scale
    assert 0.125 <= abs(request.scale) <= 32


@given(
    st.booleans(),
    st.one_of(st.none(), st.integers(0, 4 * 10**18)),
    st.one_of(st.none(), st.integers(0, 4 * 10**18)),
)
def test_range_round_trip(clock: bool, start: int | None, end: int | None) -> None:
    if start is None and end is None:
        return
    if not clock:  # npt has microseconds here
        start, end = (None if each is None else each % 10**15 // 1000 * 1000 for each in (start, end))
    scale = "-1" if start is not None and end is not None and end < start else "1"
    span = Range(clock=clock, start_ns=start, end_ns=end)
    headers = Headers((("Range", range_text(span)), ("Scale", scale)))
    assert parse_play(headers, 1).range == span


@given(TEXT)
def test_transport_headers(text: str) -> None:
    choice = choose_transport(text)
    assert choice is None or choice.interleaved or choice.numbers is not None


@given(
    st.one_of(
        st.text(max_size=60),
        st.lists(
            st.sampled_from(
                (
                    "boolean(",
                    "//Track",
                    "[",
                    "]",
                    ")",
                    "(",
                    "not(",
                    '"a"',
                    " and ",
                    " or ",
                    "=",
                    "contains(",
                    ",",
                    "Name",
                )
            ),
            max_size=12,
        ).map("".join),
    )
)
def test_search_filters(text: str) -> None:
    try:
        parse_filter(text)
    except ValueError:
        return


@given(
    st.one_of(
        st.text(max_size=80),
        st.sampled_from(("start", "fps", "gaps", "name", "longitude")).flatmap(
            lambda key: st.text(max_size=20).map(lambda value: f"{key} = {value}")
        ),
    )
)
def test_toml(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        read_description(path)
    except UsageError:
        return


class Nowhere:
    """A connection that takes everything."""

    local_host = peer_host = "127.0.0.1"
    secure = False

    def shut(self) -> None: ...
    def write(self, data: bytes) -> None: ...


@given(
    st.lists(
        st.tuples(
            st.sampled_from(("OPTIONS", "DESCRIBE", "SETUP", "PLAY", "PAUSE", "TEARDOWN", "GET_PARAMETER", "X")),
            st.sampled_from(("rtsp://h/recordings/one", "rtsp://h/recordings/one/VIDEO001", "*", "rtsp://[", "/%zz")),
            HEADERS,
            st.booleans(),
        ),
        max_size=8,
    )
)
@settings(max_examples=60)
def test_every_request_is_answered(recording: StoredRecording, requests: list[tuple[str, str, Headers, bool]]) -> None:
    from vssx.recorder.store import RecordingStore

    sessions = Sessions()
    methods = RtspMethods(
        RecordingStore(recordings=(recording,)),
        sessions,
        None,
        session_timeout_s=lambda: 60,
        on_error=pytest.fail,
        outgoing=Outgoing(),
    )
    known = ""
    for number, (method, uri, headers, keep) in enumerate(requests):
        fields = (("CSeq", str(number)), *headers.fields)
        if method == "SETUP" and keep:
            fields += (("Transport", "RTP/AVP/TCP;interleaved=0-1"),)
        if known and keep:
            fields = (("Session", known), *fields)
        answer, _ = methods.answer(Request(method=method, uri=uri, headers=Headers(fields)), Nowhere())
        assert 200 <= answer.status < 600
        known = next((value.partition(";")[0] for name, value in answer.headers if name == "Session"), known)
    for session in sessions.all():
        sessions.remove(session)


def utc(recording: StoredRecording, frame: int) -> int:
    return recording.tracks[0].start_ns + frame * FRAME + (GAP if frame >= GAP_AT else 0)


@given(start=st.integers(-NS, 13 * NS), length=st.integers(0, 13 * NS))
@settings(max_examples=150, deadline=None)
def test_every_picture_of_a_range_comes(recording: StoredRecording, start: int, length: int) -> None:
    start_ns = recording.tracks[0].start_ns + start
    end_ns = start_ns + length
    request = PlayRequest(cseq=1, rate_control=False, range=Range(clock=True, start_ns=start_ns, end_ns=end_ns))
    inside = {n for n in range(FRAMES) if start_ns <= utc(recording, n) < end_ns}
    try:
        playback = plan(recording, recording.tracks, request, resume_ns=None, discontinuity=False)
    except PlayRequestError:
        assert not inside
        return
    sent = list(playback.samples())
    video = [played for played in sent if played.track.token == "VIDEO001"]
    times = [played.utc_ns for played in video]
    assert {utc(recording, n) for n in inside} <= set(times)
    assert len(times) == len(set(times))
    assert video[0].sample.clean_point
    assert max(times) < end_ns + 8 * FRAME  # a few pictures beyond, until it is certain that none within follows
    if video[0].utc_ns > start_ns:  # nothing was recorded at the start
        assert not any(utc(recording, n) <= start_ns < utc(recording, n) + FRAME for n in range(FRAMES))


@given(start=st.integers(-NS, 13 * NS), frames=st.sampled_from(Frames), interval=st.integers(0, 2 * NS))
@settings(max_examples=100, deadline=None)
def test_reverse(recording: StoredRecording, start: int, frames: Frames, interval: int) -> None:
    start_ns = recording.tracks[0].start_ns + start
    request = PlayRequest(
        cseq=1,
        rate_control=False,
        scale=-1.0,
        frames=frames,
        intra_interval_ns=interval,
        range=Range(clock=True, start_ns=start_ns, end_ns=None),
    )
    try:
        playback = plan(recording, recording.tracks, request, resume_ns=None, discontinuity=False)
    except PlayRequestError:
        assert start_ns < utc(recording, 0)
        return
    sent = list(playback.samples())
    groups = [played.utc_ns for played in sent if played.discontinuity]
    assert groups == sorted(groups, reverse=True)
    assert all(played.sample.clean_point for played in sent if played.discontinuity)
    assert groups[-1] == utc(recording, 0)
    assert [played.terminal for played in sent].count(True) == 1
    assert sent[-1].terminal
    assert sent[-1].end_of_section
    if frames is Frames.ALL:
        shown = {n for n in range(FRAMES) if utc(recording, n) <= start_ns}
        assert {utc(recording, n) for n in shown} <= {played.utc_ns for played in sent}


LINES = st.lists(
    st.one_of(
        st.binary(max_size=60),
        st.fixed_dictionaries(
            {"utc": st.sampled_from(["2024-05-01T12:00:01Z", "9999-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "x", ""])},
            optional={
                "document": st.text(max_size=20),
                "base64": st.text("QUJ=*", max_size=8),
                "topic": st.text(max_size=20),
                "operation": st.sampled_from(["Changed", "Deleted", "changed", ""]),
                "data": st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=2),
                "elements": st.dictionaries(st.text(max_size=3), st.sampled_from(["<a/>", "<a>", "<!DOCTYPE a>"])),
                "track": st.one_of(st.text(max_size=3), st.integers()),
            },
        ).map(lambda line: json.dumps(line).encode()),
    ),
    max_size=4,
)


@settings(max_examples=200)
@given(lines=LINES)
def test_lines_beside_a_recording_are_read_or_refused_with_their_number(lines, recording, tmp_path_factory):
    media = tmp_path_factory.mktemp("lines") / "x.mp4"
    for suffix in (".metadata.jsonl", ".events.jsonl"):
        path = media.with_suffix(suffix)
        path.write_bytes(b"".join(line + b"\n" for line in lines))
        try:
            if suffix == ".events.jsonl":
                found = open_events(media)
                assert found is not None
                read = list(stored_events(found, "x", -(1 << 70), 1 << 70, backward=False))
                assert len(read) == len(found)
                assert read == list(stored_events(found, "x", -(1 << 70), 1 << 70, backward=True))[::-1]
            else:
                open_metadata(media, recording.tracks, lambda *_: None)
        except UsageError as error:
            refused = str(error)
        else:
            continue
        assert f"{path}, line " in refused
