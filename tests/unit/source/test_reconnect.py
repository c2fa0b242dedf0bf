"""A connection that breaks is made anew: nothing twice, nothing missing, and the seam is proven or declared."""

from __future__ import annotations

import pytest

from tests.unit.source.raw import FRAME
from tests.unit.source.scripted_server import CLOSE, VIDEO_SDP, Script, payload, picture, pictures
from tests.unit.source.test_replay import FAST, RANGE, at, ended, kinds, numbers, run, spans
from vssx.errors import ProtocolError, RecorderUnreachableError
from vssx.model.media import AccessUnit, Assumption, EndReason, Gap, GapCause, Loss
from vssx.source.reconnection import BACK_OFF_S


@pytest.fixture
def waits(monkeypatch) -> list[float]:
    """Seconds that were slept, in turn; nothing is slept really."""
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    return slept


def seams(items) -> list[str]:
    return [told.detail for told in kinds(items, Assumption) if told.subject == "seam"]


def test_the_seam_is_proven_by_the_last_gop_coming_again():
    script = Script(plays=[[*pictures(0, 60), CLOSE], pictures(50, 150, sequence=777, rtp=99)])
    items = run(script, 0, 4)
    assert numbers(items) == list(range(100))
    [seam] = seams(items)
    assert "10 access units before the interruption came again, byte for byte the same" in seam
    assert not kinds(items, Loss | Gap)


def test_a_recorder_that_goes_on_without_repeating_proves_no_seam():
    script = Script(plays=[[*pictures(0, 60), CLOSE], pictures(75, 150, rtp=1 << 30)])
    items = run(script, 0, 4)
    assert numbers(items) == [*range(60), *range(75, 100)]
    [loss] = kinds(items, Loss)
    assert "of the 10 access units before the interruption 0 came again" in loss.detail
    assert not seams(items)


def test_a_repetition_that_differs_is_declared():
    again = [picture(n, content=b"\x65other" if n == 50 else None) for n in range(50, 150)]
    items = run(Script(plays=[[*pictures(0, 60), CLOSE], again]), 0, 4)
    assert numbers(items) == list(range(100))
    details = [loss.detail for loss in kinds(items, Loss)]
    assert any("different in what was delivered" in detail for detail in details)
    assert any("of the 10 access units before the interruption 9 came again" in detail for detail in details)
    assert not seams(items)


def test_where_a_connection_carries_little_the_last_clean_point_itself_is_asked_for(waits):
    plays = [[*pictures(0, 54), CLOSE], [*pictures(25, 54), CLOSE], pictures(50, 150)]
    script = Script(plays=plays)
    items = run(script, 0, 4)
    begun = [request.headers.get("Range", "").split("-")[0][-7:] for request in script.asked("PLAY")]
    assert begun == ["120000Z", "120001Z", "120002Z"]
    assert numbers(items) == list(range(100))
    assert not kinds(items, Loss | Gap)
    assert len(seams(items)) == 2


def test_many_breaks_each_proven(waits):
    plays = [[*pictures(max(0, start - 12) // 25 * 25, start + 12, rtp=start), CLOSE] for start in range(0, 150, 12)]
    items = run(Script(plays=plays), 0, 5)
    assert numbers(items) == list(range(125))
    assert {item.run for item in kinds(items, AccessUnit)} == {0}
    assert not kinds(items, Loss | Gap)
    assert len(seams(items)) == 10
    assert waits == [
        0,
        1,
        2,
        3,
        4,
        5,
        5,
        5,
        5,
        5,
    ]  # a connection that brings less than a second makes the next one wait


def test_a_busy_recorder_is_asked_again_a_little_later(waits):
    plays = [[*pictures(0, 60), CLOSE], pictures(50, 150)]
    items = run(Script(plays=plays, statuses={"DESCRIBE": [200, 503, 453]}), 0, 4)
    assert numbers(items) == list(range(100))
    assert waits == [0, 1, 2]
    assert not kinds(items, Loss)


def test_a_recorder_that_does_not_come_back_is_an_error_after_a_minute(waits):
    script = Script(plays=[[*pictures(0, 60), CLOSE]], statuses={"DESCRIBE": [200] + [503] * 99})
    with pytest.raises(RecorderUnreachableError, match="the connection was lost") as caught:
        run(script, 0, 4)
    assert waits == list(BACK_OFF_S)
    assert sum(waits) > 60  # as long as recorders keep a session that nobody ended
    assert "run the same command again" in str(caught.value)


def test_a_recorder_that_is_gone_where_its_history_ends_leaves_nothing_open(waits):
    script = Script(plays=[[*pictures(0, 60), CLOSE]], statuses={"DESCRIBE": [200] + [503] * 99})
    items = run(script, 0, 4, history=spans((0, 2.4)))
    assert numbers(items) == list(range(60))
    assert (ended(items).reason, ended(items).proven) == (EndReason.HISTORY, True)


def back(first: int, last: int, **options) -> list[bytes]:
    """Pictures from ``first`` on, taken two seconds earlier than their number says."""
    return [picture(n, utc_ns=at(n / 25 - 2), **options) for n in range(first, last)]


def payloads(items) -> list[bytes]:
    return [item.payload for item in kinds(items, AccessUnit)]


@pytest.mark.parametrize("begins", [25, 50, 100])
def test_a_break_after_the_clock_went_back_is_found_by_content(begins):
    """The time asked for exists twice; wherever the recorder begins, every picture is written once."""
    again = [*pictures(begins, 100), *back(100, 300)] if begins < 100 else back(100, 300)
    items = run(Script(plays=[[*pictures(0, 100), *back(100, 130), CLOSE], again]), 0, 6)
    assert payloads(items) == [payload(n) for n in range(200)]
    assert [gap.cause for gap in kinds(items, Gap)] == [GapCause.BACKWARD_STEP]
    assert len(seams(items)) == 1
    assert not kinds(items, Loss)


def test_a_break_without_extension_is_found_by_content():
    script = Script(
        plays=[
            [*pictures(0, 310, timed=False, rtp=4000), CLOSE],
            pictures(300, 900, timed=False, rtp=123_456, sequence=99),
        ],
        play_headers=[RANGE, FAST],
    )
    items = run(script, 0, 20)
    assert numbers(items) == list(range(500))
    assert len(seams(items)) == 1
    assert ended(items).proven


def test_a_place_that_is_not_found_again_is_declared(waits):
    lost = pictures(500, 700, timed=False)
    script = Script(plays=[[*pictures(0, 310, timed=False), CLOSE], lost], play_headers=[RANGE, FAST])
    items = run(script, 0, 20)
    assert numbers(items) == list(range(310))
    assert not ended(items).proven
    assert any("0 came again unchanged" in loss.detail for loss in kinds(items, Loss))


def test_media_of_the_play_before_without_any_cseq():
    """Its packets come behind the answer to the new PLAY, which then brings them again."""
    second = [*pictures(60, 70), *pictures(50, 150, rtp=77, sequence=5000)]
    items = run(Script(plays=[pictures(0, 60), second]), 0, 4)
    assert numbers(items) == list(range(100))
    assert not kinds(items, Gap | Loss)


def test_another_session_may_renumber_the_payload_type():
    class Renumbered(Script):
        def answer(self, request):
            if request.method == "DESCRIBE" and self.asked("DESCRIBE"):
                self.sdp = VIDEO_SDP.replace("96", "98")
            return super().answer(request)

    items = run(Renumbered(plays=[[*pictures(0, 60), CLOSE], pictures(50, 150, payload_type=98)]), 0, 4)
    assert numbers(items) == list(range(100))
    assert not kinds(items, Loss)


def test_another_session_may_not_change_the_codec(waits):
    class Changed(Script):
        def answer(self, request):
            if request.method == "DESCRIBE" and self.asked("DESCRIBE"):
                self.sdp = VIDEO_SDP.replace("H264", "H265")
            return super().answer(request)

    with pytest.raises(ProtocolError, match="first, and now"):
        run(Changed(plays=[[*pictures(0, 60), CLOSE], pictures(50, 150)]), 0, 4)


def test_a_range_that_was_refused_once_is_not_asked_for_again():
    script = Script(plays=[[*pictures(0, 60), CLOSE], pictures(50, 150)], statuses={"PLAY": [457, 200]})
    items = run(script, 0, 4)
    assert numbers(items) == list(range(100))
    asked = [request.headers.get("Range").partition("-")[2] for request in script.asked("PLAY")]
    assert asked == ["20240501T120014Z", "20240501T120004Z", "20240501T120004Z"]


def test_a_break_at_a_gap_is_no_end():
    """E stood on the last picture before it; what lies behind the gap is asked for."""
    behind = [picture(500, "D", sequence=9), *pictures(501, 700, sequence=9)]
    again = [*pictures(50, 59), picture(59, "E"), *behind]
    items = run(Script(plays=[[*pictures(0, 60, "E"), CLOSE], again]), 0, 24)
    assert numbers(items) == [*range(60), *range(500, 600)]
    assert len(kinds(items, Gap)) == 1
    assert ended(items).proven


@pytest.mark.parametrize("told", [None, spans((0, 2.4))])
def test_a_break_at_an_e_bit_proves_an_end_by_the_history_only(waits, told):
    script = Script(plays=[[*pictures(0, 60, "E"), CLOSE], [*pictures(50, 60, "E"), CLOSE]])
    items = run(script, 0, 24, history=told)
    assert numbers(items) == list(range(60))
    assert ended(items).proven is (told is not None)
    assert ended(items).reason is (EndReason.CONNECTION_LOST if told is None else EndReason.END_BIT)


@pytest.mark.parametrize("then", [[], pictures(50, 60, "E")], ids=["nothing", "the last GOP"])
def test_a_break_at_an_e_bit_is_asked_what_follows(then):
    """Behind the seam the recorder closes again; asked for what follows it stays, and brings nothing."""
    script = Script(plays=[[*pictures(0, 60, "E"), CLOSE], [*pictures(50, 60, "E"), CLOSE], then])
    items = run(script, 0, 24)
    assert numbers(items) == list(range(60))
    assert (ended(items).reason, ended(items).proven) == (EndReason.END_BIT, True)
    asked = [request.headers.get("Range").partition("-")[0] for request in script.asked("PLAY")]
    assert asked == ["clock=20240501T120000Z", "clock=20240501T120002Z", "clock=20240501T120002.4Z"]


def test_a_recorder_that_is_gone_behind_an_e_bit_is_an_error(waits):
    script = Script(plays=[[*pictures(0, 60, "E"), CLOSE]], statuses={"DESCRIBE": [200] + [503] * 99})
    with pytest.raises(RecorderUnreachableError, match="the connection was lost"):
        run(script, 0, 4)


def test_footage_that_gets_no_further_with_each_connection_ends(waits, monkeypatch):
    """One new picture a connection, a microsecond behind the one before."""
    monkeypatch.setattr("vssx.source.replay.MAX_POOR", 20)
    slow = [picture(n, rtp=(30 - n) * FRAME, utc_ns=at(1.2) + (n - 30) * 1000) for n in range(30, 60)]
    plays = [[*pictures(25 if number else 0, 30), *slow[:number], CLOSE] for number in range(len(slow))]
    script = Script(plays=plays)
    items = run(script, 0, 4)
    assert waits[:8] == [0, 0, 1, 2, 3, 4, 5, 5]
    assert (ended(items).reason, ended(items).proven) == (EndReason.NO_PROGRESS, False)
    assert len(kinds(items, AccessUnit)) > 45
    assert len(script.asked("PLAY")) == 21  # the first one brought more
