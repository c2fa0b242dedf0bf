"""Streams without an end of their own: all of them come to one, and what was right in them is kept."""

from __future__ import annotations

from itertools import count, islice

import pytest

from tests.unit.source.raw import NS, T0
from tests.unit.source.scripted_server import FRAME_NS, VIDEO_SDP, Script, frame, payload, picture, pictures
from tests.unit.source.test_replay import AUDIO_SDP, ended, kinds, numbers, run, spans
from vssx.model.media import AccessUnit, EndReason, Gap, Loss
from vssx.rtsp.packetize import packetize_aac
from vssx.rtsp.rtp import RtpPacket, make_replay_extension, serialise_replay_extension, serialise_rtp

LOOP = [*pictures(0, 60), *pictures(0, 60, sequence=120, rtp=60 * 3600), *pictures(0, 60, sequence=240)]


def test_footage_that_begins_again_is_written_once():
    items = run(Script(plays=[LOOP]), 0, 10)
    assert numbers(items) == list(range(60))
    end = ended(items)
    assert not end.proven
    assert "the same footage again" in end.detail
    assert not kinds(items, Gap)


def test_footage_that_begins_again_where_the_history_ends():
    items = run(Script(plays=[LOOP]), 0, 10, history=spans((0, 2.4)))
    assert numbers(items) == list(range(60))
    assert (ended(items).reason, ended(items).proven) == (EndReason.HISTORY, True)


def test_the_second_loop_begins_before_the_range():
    """Asked for a time amid the footage, the recorder goes on with all of it from its start."""
    loops = [*pictures(25, 110), *pictures(0, 110, sequence=220), *pictures(0, 110, sequence=440)]
    items = run(Script(plays=[loops]), 1, 10)
    again = [item.payload for item in kinds(items, AccessUnit)]
    assert again == [payload(n) for n in (*range(25, 110), *range(25))]
    assert "the same footage again" in ended(items).detail


def sound(n: int, *, sequence: int) -> bytes:
    """The n-th AAC frame, of 128 ms, at 8 kHz."""
    at = n * 1024
    extension = make_replay_extension(T0 + at * NS // 8000, cseq=0)
    [content] = packetize_aac(f"frame {n}".encode())
    packet = RtpPacket(
        payload_type=97,
        marker=True,
        sequence=(sequence + n) & 0xFFFF,
        timestamp=at,
        ssrc=9,
        payload=content,
        extension_profile=0xABAC,
        extension=serialise_replay_extension(extension),
    )
    return frame(2, serialise_rtp(packet))


@pytest.mark.parametrize("late", [0, 6])
def test_both_tracks_begin_again(late):
    """The sound of the first time may come while the pictures of the second time do."""
    media = [*pictures(0, 60), *[sound(n, sequence=0) for n in range(19 - late)]]
    rest = [sound(n, sequence=0) for n in range(19 - late, 19)]
    media += [*pictures(0, 30, sequence=120), *rest, *pictures(30, 60, sequence=120)]
    media += [sound(n, sequence=19) for n in range(19)]
    items = run(Script(plays=[media], sdp=VIDEO_SDP + AUDIO_SDP), 0, 10)
    units = kinds(items, AccessUnit)
    assert [unit.payload for unit in units if unit.track == 0] == [payload(n) for n in range(60)]
    assert [unit.payload for unit in units if unit.track == 1] == [f"frame {n}".encode() for n in range(19)]
    assert "the same footage again" in ended(items).detail


def test_footage_whose_time_stands_still(monkeypatch):
    """Each picture a microsecond behind the one before: what came is kept, and the end is not proven."""
    monkeypatch.setattr("vssx.source.progress._FREE_OCTETS", 100_000)
    monkeypatch.setattr("vssx.source.progress._OCTETS_PER_S", 1_000_000)
    numbers_of_pictures = count(30)

    def more() -> bytes:
        return b"".join(
            picture(
                n, rtp=-n * 3600 + 30 * 3600, sequence=0, utc_ns=T0 + 30 * FRAME_NS + n * 1000, content=b"\x41" * 900
            )
            for n in islice(numbers_of_pictures, 64)
        )

    items = run(Script(plays=[pictures(0, 30)], background=more), 0, 4)
    end = ended(items)
    assert (end.reason, end.proven) == (EndReason.NO_PROGRESS, False)
    assert "no footage has so much" in end.detail
    assert len(kinds(items, AccessUnit)) > 60
    assert sum(len(unit.payload) for unit in kinds(items, AccessUnit)) < 2_000_000


def test_an_access_unit_that_never_ends(monkeypatch):
    """Given up at its bound; the replay ends as at a silence, and the loss is declared."""
    monkeypatch.setattr("vssx.rtsp.units.MAX_UNIT", 100_000)
    numbers_of_packets = count()

    def more() -> bytes:
        return b"".join(
            picture(30, content=(b"\x7c\x05" if n else b"\x7c\x85") + bytes(900), marker=False, sequence=n)
            for n in islice(numbers_of_packets, 64)
        )

    script = Script(plays=[pictures(0, 30), []], background=more)
    items = run(script, 0, 4, timeout=0.2, quiet_s=0.1)
    assert numbers(items) == list(range(30))
    assert not ended(items).proven
    assert any("given up" in loss.detail for loss in kinds(items, Loss))
