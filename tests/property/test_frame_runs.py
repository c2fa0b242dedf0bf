"""The fast way through a replay, many frames at once, gives what the slow way gives, packet by packet."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.property.test_replay_packets import DESCRIBED
from tests.unit.source.raw import T0, nothing_confirmed
from vssx.errors import ProtocolError, VssxError
from vssx.model.media import Codec, SourceTrack, TrackType
from vssx.rtsp.connection import HEAD, ClientConnection, FrameRun, interleaved
from vssx.rtsp.packetize import RtpSender, packetize_h264, packetize_h265
from vssx.rtsp.rtp import make_replay_extension
from vssx.rtsp.sdp import MediaDescription
from vssx.source.described_track import DescribedTrack
from vssx.source.replay_track import TrackReceiver

H264 = DESCRIBED[0]
H265 = DescribedTrack(
    track=SourceTrack(index=0, track_type=TrackType.VIDEO, codec=Codec.H265, timescale=90_000, token="V"),
    media=MediaDescription(media="video", formats=("96",), attributes=(("rtpmap", "96 H265/90000"),)),
)


def no_time(_track, _seconds):
    raise ProtocolError("no time")


class Sent(NamedTuple):
    """A picture: sizes of its NAL units, what its packets say, and what becomes of them on the way."""

    sizes: list[int]
    bits: int
    on_all: bool
    limit: int


pictures = st.builds(
    Sent,
    sizes=st.lists(st.integers(2, 400), min_size=1, max_size=3),
    bits=st.sampled_from([0, 0, 0, 0, 1, 2, 4]),
    on_all=st.booleans(),
    limit=st.sampled_from([16, 20, 33]),
)
# place in the stream, what happens there, an octet
accidents = st.tuples(
    st.integers(0, 400),
    st.sampled_from(
        [
            "lose",
            "twice",
            "swap",
            "type",
            "source",
            "marker",
            "octet",
            "jump",
            "stretch",
            "ghost",
            "other",
            "message",
            "garbage",
        ]
    ),
    st.integers(0, 255),
)


def surprises(accident: tuple[int, str, int], octet: int) -> list[tuple[int, str, int]]:
    """The worst there is: what follows is like the packet that was pushed, which was not the one handed out last."""
    place = accident[0]
    return [(place, "stretch", octet), (place, "ghost", 0), accident]


def packets_of(content: list[Sent], codec: Codec, sequence: int) -> list[bytes]:
    sender = RtpSender(payload_type=96, ssrc=7, sequence=sequence)
    out = []
    for number, picture in enumerate(content):
        heads = (b"\x65", b"\x41", b"\x06") if codec is Codec.H264 else (b"\x26\x01", b"\x02\x01", b"\x4e\x01")
        nals = [
            heads[(number + n) % 3] + bytes((n + k) & 0xFF for k in range(size)) for n, size in enumerate(picture.sizes)
        ]
        extension = make_replay_extension(
            T0 + number * 40_000_000,
            cseq=3,
            clean_point=bool(picture.bits & 1),
            end_of_section=bool(picture.bits & 2),
            discontinuity=bool(picture.bits & 4),
        )
        payloads = (packetize_h264 if codec is Codec.H264 else packetize_h265)(nals, picture.limit)
        out += sender.send(payloads, number * 3600, extension, extension_on_all=picture.on_all)
    return out


def stream_of(packets: list[bytes], happens: list[tuple[int, str, int]]) -> bytes:
    """What is on the wire: the packets behind their heads, with accidents."""
    frames = [(0, packet) for packet in packets]
    extra: dict[int, bytes] = {}
    for place, what, octet in happens:
        at = place % len(frames)
        channel, packet = frames[at]
        changed = bytearray(packet)
        if what == "lose":
            del frames[at]
            if not frames:
                return b""
        elif what == "twice":
            frames.insert(at, frames[at])
        elif what == "swap":
            frames[at], frames[at - 1] = frames[at - 1], frames[at]
        elif what == "type":
            changed[1] = changed[1] & 0x80 | 97
            frames[at] = (channel, bytes(changed))
        elif what == "source":
            changed[11] ^= 1
            frames[at] = (channel, bytes(changed))
        elif what == "marker":
            changed[1] ^= 0x80
            frames[at] = (channel, bytes(changed))
        elif what == "octet":
            changed[octet % len(changed)] ^= 1 << octet % 8
            frames[at] = (channel, bytes(changed))
        elif what == "jump":
            changed[2:4] = bytes((octet, octet))
            frames[at] = (channel, bytes(changed))
        elif what == "stretch":  # several packets that differ from those before in the same way
            for n in range(at, min(at + 6, len(frames))):
                changed = bytearray(frames[n][1])
                changed[octet % 34 % len(changed)] ^= 1 << octet // 34
                frames[n] = (frames[n][0], bytes(changed))
        elif what == "ghost":  # like the packet behind it, but with a number that was there already
            changed[2:4] = frames[at - 1][1][2:4]
            frames.insert(at, (channel, bytes(changed)))
        elif what == "other":
            frames.insert(at, (2, packet))
        elif what == "message":
            extra[at] = b"RTSP/1.0 200 OK\r\nCSeq: 9\r\n\r\n"
        else:
            extra[at] = bytes((octet,)) * 3
    return b"".join(extra.get(n, b"") + interleaved(channel, packet) for n, (channel, packet) in enumerate(frames))


def received(described: DescribedTrack, data: bytes, cuts: list[int], *, runs: bool) -> tuple[list[object], int, str]:
    """All items; how many packets came by the fast way; how it ended."""
    connection = ClientConnection(runs=runs)
    receiver = TrackReceiver(described, confirm=nothing_confirmed, fallback=no_time)
    receiver.played(3)
    items: list[object] = []
    fast, end = 0, ""
    edges = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    try:
        for first, last in pairwise(edges):
            for event in connection.feed(data[first:last]):
                if not isinstance(event, tuple):
                    items.append(event)
                elif isinstance(event, FrameRun) and event.channel == 0:
                    position = 0
                    while position <= len(event.data) - event.size:
                        found, count = receiver.push_run(
                            event.data, position, size=event.size, stride=event.size + HEAD
                        )
                        items += found
                        fast += count - 1
                        position += count * (event.size + HEAD)
                elif event[0] == 0:
                    items += receiver.push(event[1])
        items += receiver.flush(final=True)
        items += receiver.finish()
    except VssxError as error:
        end = str(error)
    return items, fast, end


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from([H264, H265]),
    st.lists(pictures, min_size=1, max_size=6),
    st.sampled_from([0, 0xFFF0, 0x00F8]),
    st.lists(accidents, max_size=4) | st.builds(surprises, accidents, st.integers(0, 255)),
    st.lists(st.integers(0, 1 << 20), max_size=8),
)
def test_both_ways_give_the_same(described, content, sequence, happens, cuts):
    data = stream_of(packets_of(content, described.track.codec, sequence), happens)
    slow, none, slow_end = received(described, data, [], runs=False)
    assert none == 0
    for chosen in ([], cuts):
        items, _, end = received(described, data, chosen, runs=True)
        assert (items, end) == (slow, slow_end)


def test_the_fast_way_is_taken():
    """A long NAL unit: all but the first fragments and the last come at once, with the extension on all or on one."""
    for described in (H264, H265):
        for on_all in (True, False):
            content = [Sent([4000], 1, on_all, 33)] * 3
            packets = packets_of(content, described.track.codec, 0xFFF0)
            _, fast, _ = received(described, stream_of(packets, []), [], runs=True)
            assert fast > 0.9 * len(packets)


def test_the_fast_way_of_one_nal_unit_is_bounded(monkeypatch):
    """A NAL unit that never ends is given up on both ways with the same words."""
    monkeypatch.setattr("vssx.rtsp.units.MAX_UNIT", 2000)
    data = stream_of(packets_of([Sent([4000], 1, False, 33)], Codec.H264, 0), [])
    slow, _, _ = received(H264, data, [], runs=False)
    fast, _, _ = received(H264, data, [], runs=True)
    assert "2000 octets" in str(slow)
    assert slow == fast


@pytest.mark.parametrize(
    ("at", "bit"), [(1, 0), (1, 0x80), (1, 0x01), (7, 0x01), (11, 0x01), (19, 0x01), (24, 0x40), (29, 0x40), (29, 0x80)]
)
@pytest.mark.parametrize("marked", [False, True])
@pytest.mark.parametrize("cut_short", [False, True])
def test_a_repeated_number_announces_nothing(at, bit, marked, cut_short):
    """A packet whose number was there already is passed over, and those behind it are like it: all of it in the head.

    The octets: marker and payload type, timestamp, source, time and bits of the extension, end and start of a fragment.
    """
    packets = packets_of([Sent([400], 1, True, 33)] * 2, Codec.H264, 0)
    if marked:
        packets[4] = packets[4][:1] + bytes((packets[4][1] | 0x80,)) + packets[4][2:]
    for number in range(5, 10):
        changed = bytearray(packets[number])
        changed[at] ^= bit
        packets[number] = bytes(changed)
    ghost = packets[5][:2] + packets[4][2:4] + packets[5][4:]
    last = next(number for number, packet in enumerate(packets) if len(packet) < len(ghost))
    if cut_short:
        del packets[last]
    data = stream_of([*packets[:5], ghost, *packets[5:]], [])
    slow = received(H264, data, [], runs=False)
    for cut in range(0, 4 * (len(ghost) + HEAD), len(ghost) + HEAD):  # the run begins at the ghost, or before it
        items, _, end = received(H264, data, [cut + 2 * (len(ghost) + HEAD)], runs=True)
        assert (items, end) == (slow[0], slow[2])


@pytest.mark.parametrize("first", [0, 0x00F8, 0xFFF8])
@pytest.mark.parametrize("octet", [2, 3])
@pytest.mark.parametrize("length", [1, 3, 9])
def test_a_number_out_of_line_within_a_run(first, octet, length):
    packets = packets_of([Sent([800], 1, True, 33)] * 2, Codec.H264, first)
    for number in range(7, 7 + length):
        packets[number] = packets[number][:octet] + bytes((packets[number][octet] ^ 1,)) + packets[number][octet + 1 :]
    data = stream_of(packets, [])
    slow, _, _ = received(H264, data, [], runs=False)
    items, fast, _ = received(H264, data, [], runs=True)
    assert fast
    assert items == slow
