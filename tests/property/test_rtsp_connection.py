"""RTSP byte streams: however they are cut, the events are the same; what is written is read back."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from vssx.errors import ProtocolError, VssxError
from vssx.rtsp.connection import ClientConnection, ServerConnection, interleaved
from vssx.rtsp.message import Headers, Request, Response, serialise_request, serialise_response
from vssx.rtsp.sdp import MediaDescription, SessionDescription, build_sdp, control_urls, parse_sdp

names = st.from_regex(r"X-[A-Za-z0-9-]{1,10}", fullmatch=True)
values = st.text(st.characters(min_codepoint=0x21, max_codepoint=0xFF, exclude_characters="\x7f"), max_size=20)
fields = st.lists(st.tuples(names, values), max_size=4)
methods = st.sampled_from(["OPTIONS", "DESCRIBE", "SETUP", "PLAY", "GET_PARAMETER", "TEARDOWN"])
uris = st.from_regex(r"rtsp://[a-z0-9.]{1,10}/[!-~]{0,20}", fullmatch=True)
bodies = st.binary(max_size=200)
pieces = st.one_of(
    st.builds(interleaved, st.integers(0, 255), bodies),
    st.builds(serialise_response, st.integers(100, 999), fields, bodies),
    st.builds(serialise_request, methods, uris, fields, bodies),
    st.binary(max_size=30),  # garbage
    st.sampled_from(
        [
            b"\r\n",
            b"\n",
            b"$",
            b"RTSP/1.0 200 OK\r\n",
            b"RTSP/",
            b"OPTIONS * RTSP/1.0\nCSeq: 1\n\n",
            b"A" * 40,
            b"PLAY " + b"x" * 8200,
        ]
    ),
)


def as_value(event):
    return (event[0], bytes(event[1])) if isinstance(event, tuple) else event


def read(data, cuts):
    """All events, a ProtocolError as its text at the end; frames as bytes."""
    connection = ServerConnection()
    events = []
    edges = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    try:
        for start, end in pairwise(edges):
            for event in connection.feed(data[start:end]):
                events.append(as_value(event))  # noqa: PERF401 - an error must not lose what came before
    except ProtocolError as error:
        events.append(str(error))
    return events


@settings(max_examples=400)
@given(st.lists(pieces, max_size=8), st.lists(st.integers(0, 1 << 20), max_size=20))
def test_any_chunking_gives_the_same_events(parts, cuts):
    data = b"".join(parts)
    whole = read(data, [])
    assert read(data, cuts) == whole
    assert read(data, range(len(data))) == whole


@given(st.binary(max_size=2000))
def test_noise_gives_events_or_a_protocol_error(data):
    read(data, [])


@given(methods, uris, fields, bodies)
def test_requests_are_read_back(method, uri, headers, body):
    (event,) = ServerConnection().feed(serialise_request(method, uri, headers, body))
    length = [("Content-Length", str(len(body)))] if body else []
    assert event == Request(method=method, uri=uri, headers=Headers((*headers, *length)), body=body)


@given(st.integers(100, 999), fields, bodies, st.from_regex(r"[A-Za-z]{1,9}( [A-Za-z]{1,9})?", fullmatch=True))
def test_responses_are_read_back(status, headers, body, reason):
    (event,) = ClientConnection().feed(serialise_response(status, headers, body, reason))
    length = [("Content-Length", str(len(body)))] if body else []
    assert event == Response(status=status, reason=reason, headers=Headers((*headers, *length)), body=body)


@given(names, st.text(max_size=20), uris, st.text(max_size=10))
def test_nothing_can_be_injected(name, value, uri, tail):
    try:
        data = serialise_request("PLAY", uri + tail, [(name, value)])
    except ProtocolError:
        return
    (event,) = ServerConnection().feed(data)
    assert len(event.headers.fields) == 1
    assert event.uri == uri + tail


words = st.from_regex(r"[A-Za-z0-9._-]{1,8}", fullmatch=True)
texts = st.text(st.characters(exclude_characters="\r\n\x00", exclude_categories=["Cs"]), max_size=20)
attributes = st.lists(st.tuples(words, st.one_of(st.none(), texts)), max_size=4).map(tuple)
medias = st.builds(
    MediaDescription,
    media=st.sampled_from(["video", "audio", "application"]),
    port=st.integers(0, 65535),
    protocol=st.sampled_from(["RTP/AVP", "RTP/SAVP"]),
    formats=st.lists(words, min_size=1, max_size=3).map(tuple),
    attributes=attributes,
    other=st.lists(st.tuples(st.sampled_from("icb"), texts), max_size=3).map(tuple),
)
sessions = st.builds(
    SessionDescription,
    name=texts,
    origin=texts,
    time=texts,
    attributes=attributes,
    other=st.lists(st.tuples(st.sampled_from("iuepcb"), texts), max_size=3).map(tuple),
    media=st.lists(medias, max_size=3).map(tuple),
)


@given(sessions)
def test_descriptions_are_read_back(session):
    assert parse_sdp(build_sdp(session)) == session


sdp_lines = st.lists(
    st.one_of(
        st.sampled_from(
            [b"v=0", b"m=video 0 RTP/AVP 96", b"m=", b"m=audio 99999999 x 0", b"a=rtpmap:96 H264/90000", b"a=rtpmap:x",
             b"a=rtpmap:96 /", b"a=rtpmap:96 A/0", b"a=fmtp:96 sprop-parameter-sets=Z0IA,!!,=;;=;config=zz",
             b"a=control", b"a=control:rtsp://[::", b"a=x-onvif-track:", b"a=", b"a=:"]
        ),
        st.binary(max_size=20),
    ),
    max_size=12,
)  # fmt: skip


@given(sdp_lines, st.sampled_from([b"\r\n", b"\n", b"\r"]), st.text(max_size=20))
def test_any_description_is_read_or_refused(lines, end, base):
    try:
        session = parse_sdp(end.join(lines))
        for media in session.media:
            _ = (media.payload_type, media.rtpmap, media.fmtp, media.track_reference, media.direction, media.donl)
            media.parameter_sets()
            assert control_urls("rtsp://h/p?q", media.control)
            control_urls("rtsp://" + base, media.control)
            media.config()
    except VssxError:
        pass
