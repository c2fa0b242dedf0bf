"""A replay against a scripted server: range, repetition, end of footage, faults."""

from __future__ import annotations

import pytest

from tests.unit.source.raw import NS, T0
from tests.unit.source.scripted_server import (
    CLOSE,
    FRAME_NS,
    METADATA_SDP,
    VIDEO_SDP,
    Script,
    bye,
    payload,
    picture,
    pictures,
    sender_report,
    serving,
)
from vssx.errors import NothingRecordedError, ProtocolError, RecorderUnreachableError, UnsupportedMediaError
from vssx.model.media import AccessUnit, Assumption, Codec, EndReason, Gap, GapCause, Loss, StreamEnd, TimeSource
from vssx.model.recording import RecordingHistory, Span
from vssx.source.replay import replay

SECOND = 25  # pictures, and a GOP


def at(seconds: float) -> int:
    return T0 + round(seconds * NS)


def run(script: Script, start: float = 0, end: float = 2, **options):
    """Everything that came for the range ``start`` to ``end`` seconds after T0."""
    with serving(script):
        given = {"credentials": None, "timeout": 1.0, "quiet_s": 0.2, **options}
        return list(replay(script.url, from_ns=at(start), to_ns=at(end), **given))


def kinds(items, kind):
    return [item for item in items if isinstance(item, kind)]


def numbers(items):
    """Numbers of the pictures delivered, and that their times are right."""
    units = kinds(items, AccessUnit)
    found = [int(item.payload.rpartition(b" ")[2]) for item in units]
    assert [item.payload for item in units] == [payload(n) for n in found]
    assert all(abs(item.utc_ns - T0 - n * FRAME_NS) < 20_000 for item, n in zip(units, found, strict=True))
    return found


def ended(items) -> StreamEnd:
    (end,) = kinds(items, StreamEnd)
    assert items[-1] is end
    return end


def spans(*pairs: tuple[float, float | None], until: float = 100) -> RecordingHistory:
    return RecordingHistory(
        recording_token="R",
        from_ns=at(-10),
        to_ns=at(until),
        spans=tuple(Span(start_ns=at(a), end_ns=None if b is None else at(b)) for a, b in pairs),
    )


def test_whole_gops_and_a_proven_end():
    script = Script(plays=[pictures(0, 200)])
    items = run(script, 1.3, 3.2)
    assert numbers(items) == list(range(25, 100))
    end = ended(items)
    assert (end.reason, end.proven) == (EndReason.RANGE_COVERED, True)
    assert end.not_written > 0
    (play,) = script.asked("PLAY")
    assert play.headers.get("Require") == "onvif-replay"
    assert play.headers.get("Rate-Control") == "no"
    assert play.headers.get("Immediate") == "yes"
    assert play.headers.get("Range") == "clock=20240501T120001.3Z-20240501T120013.2Z"
    assert script.asked("SETUP")[0].headers.get("Require") == "onvif-replay"
    assert script.asked("TEARDOWN")


def test_silence_then_more_at_another_play_is_not_doubled():
    script = Script(plays=[pictures(0, 60), pictures(50, 120, sequence=777, rtp=1 << 31)])
    items = run(script, 0, 4)
    assert numbers(items) == list(range(100))
    assert {item.run for item in kinds(items, AccessUnit)} == {0}
    assert not kinds(items, Gap)
    assert ended(items).proven
    assert script.asked("PLAY")[1].headers.get("Range").startswith("clock=20240501T120002Z-")


def test_media_that_comes_while_the_recorder_is_asked_needs_no_other_play():
    script = Script(plays=[pictures(0, 60)], ahead={"GET_PARAMETER": [pictures(60, 150), []]})
    items = run(script, 0, 4)
    assert numbers(items) == list(range(100))
    assert len(script.asked("PLAY")) == 1


def test_media_of_the_play_before_is_told_by_its_cseq():
    first, second = 4, 6  # OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, PLAY
    script = Script(
        plays=[pictures(0, 60, cseq=first), pictures(50, 150, cseq=second)],
        ahead={"PLAY": [[], pictures(60, 70, cseq=first)]},
    )
    items = run(script, 0, 4)
    assert [request.cseq for request in script.asked("PLAY")] == [first, second]
    assert numbers(items) == list(range(100))
    assert not kinds(items, Gap | Loss)


def test_cseq_that_is_right_once_and_never_renewed():
    script = Script(plays=[pictures(0, 60, cseq=4), pictures(50, 150, cseq=4)])
    items = run(script, 0, 4)
    assert numbers(items) == list(range(100))
    assert not kinds(items, Gap | Loss)


def test_silence_that_stays_is_an_unproven_end():
    script = Script(plays=[pictures(0, 60), pictures(50, 60)])
    items = run(script, 0, 4)
    assert numbers(items) == list(range(60))
    end = ended(items)
    assert (end.reason, end.proven) == (EndReason.SILENCE, False)
    assert len(script.asked("PLAY")) == 2
    assert len(script.asked("GET_PARAMETER")) >= 1


def test_what_was_under_way_and_comes_again_is_written_once():
    """Pictures 32 to 34 of the first PLAY come after the second, 31 was lost; then all comes from 25 on."""
    again = [*pictures(32, 35), *pictures(25, 80, sequence=30_000), bye()]
    items = run(Script(plays=[pictures(0, 31), again]), 0, 2)
    assert numbers(items) == [*range(31), *range(32, 50)]
    assert not [one for one in kinds(items, Assumption) if one.subject == "seam"]
    assert any("9 came again unchanged" in loss.detail for loss in kinds(items, Loss))


@pytest.mark.parametrize("length", [19, 60])
def test_an_rtp_clock_that_is_fast_ends_nothing_early(length):
    """By five in a hundred: what the recorder says of a picture tells whether it is in the range."""
    script = Script(plays=[[picture(n, rtp=n * 180) for n in range(25 * (length + 10))]])
    items = run(script, 0, length)
    said = [round((unit.extension.utc_ns - T0) / FRAME_NS) for unit in kinds(items, AccessUnit)]
    assert said == list(range(25 * length))


def test_silence_that_the_history_explains():
    script = Script(plays=[pictures(0, 60), pictures(50, 60)])
    items = run(script, 0, 10, history=spans((0, 2.4)))
    end = ended(items)
    assert (end.reason, end.proven) == (EndReason.HISTORY, True)
    (gap,) = kinds(items, Gap)
    assert (gap.cause, gap.confirmed) == (GapCause.HISTORY, True)
    assert abs(gap.start_ns - at(2.4)) < 50_000_000
    assert gap.end_ns == at(10)


def test_silence_before_a_section_that_the_history_knows():
    script = Script(plays=[pictures(0, 60), pictures(500, 650)])
    items = run(script, 0, 24, history=spans((0, 2.4), (20, 30)))
    assert numbers(items) == [*range(60), *range(500, 600)]
    (gap,) = kinds(items, Gap)
    assert gap.confirmed is True
    assert script.asked("PLAY")[1].headers.get("Range").startswith("clock=20240501T120020Z-")
    assert ended(items).proven


def test_footage_that_the_history_knows_and_nobody_sends_is_a_loss():
    script = Script(plays=[pictures(0, 60), []])
    items = run(script, 0, 24, history=spans((0, 2.4), (20, 30)))
    assert not ended(items).proven
    (loss,) = kinds(items, Loss)
    assert "20240501T120020Z to 20240501T120024Z" in loss.detail


def test_t_bit_ends_at_once():
    items = run(Script(plays=[pictures(0, 60, "T")]), 0, 10, quiet_s=30.0)
    assert numbers(items) == list(range(60))
    end = ended(items)
    assert (end.reason, end.proven) == (EndReason.END_BIT, True)


def test_t_bit_on_every_picture_is_no_end_while_more_comes():
    items = run(Script(plays=[[picture(n, "T") for n in range(60)]]), 0, 10, quiet_s=30.0)
    assert numbers(items) == list(range(60))
    assert ended(items).reason is EndReason.END_BIT


@pytest.mark.parametrize(
    "noise",
    [picture(40, payload_type=99), picture(29), b"$\0\0\4\0\0\0\0"],
    ids=["another payload type", "packets that came before", "no RTP"],
)
def test_packets_that_bring_nothing_are_silence_in_the_end(noise):
    script = Script(plays=[pictures(0, 30)], background=lambda: noise * 64)
    items = run(script, 0, 4, timeout=0.2, quiet_s=0.1)
    assert numbers(items) == list(range(30))
    assert not ended(items).proven


def test_pictures_of_many_packets_are_no_idling(monkeypatch):
    """What brings an access unit in the end is media, however long the replay has been going on."""
    monkeypatch.setattr("vssx.source.reception._IDLE_TIMEOUTS", 0)
    many = [
        b"".join(
            picture(n, content=b"\x06\x05\x01\x80\x80", sequence=100 * n + k - 2 * n, marker=False) for k in range(98)
        )
        + picture(n, sequence=100 * n + 98 - 2 * n)
        for n in range(60)
    ]
    items = run(Script(plays=[many]), 0, 1)
    assert len(kinds(items, AccessUnit)) == 25
    assert ended(items).proven


def test_clock_that_goes_back_and_silence_bring_nothing_twice():
    """Another PLAY would begin at a time that exists twice."""
    back = [picture(n, utc_ns=at(n / 25 - 2)) for n in range(100, 130)]
    script = Script(plays=[[*pictures(0, 100), *back]])
    items = run(script, 0, 10)
    assert [item.payload for item in kinds(items, AccessUnit)] == [payload(n) for n in range(130)]
    assert GapCause.BACKWARD_STEP in {gap.cause for gap in kinds(items, Gap)}
    assert len(script.asked("PLAY")) == 1
    assert not ended(items).proven
    assert "went back" in ended(items).detail


def test_e_bit_and_silence():
    script = Script(plays=[pictures(0, 60, "E")])
    items = run(script, 0, 10)
    assert numbers(items) == list(range(60))
    end = ended(items)
    assert (end.reason, end.proven) == (EndReason.END_BIT, True)
    assert "another PLAY from there brought nothing more" in end.detail
    _, second = script.asked("PLAY")
    assert second.headers.get("Range").startswith("clock=20240501T120002.4Z-")


def test_e_bit_where_the_history_tells_of_nothing_more():
    script = Script(plays=[pictures(0, 60, "E")])
    end = ended(run(script, 0, 10, history=spans((0, 2.4))))
    assert (end.reason, end.proven) == (EndReason.END_BIT, True)
    assert len(script.asked("PLAY")) == 1


def test_e_bit_before_a_gap_and_a_recorder_that_waits_to_be_asked():
    """E stands before each gap; behind the third section nothing comes any more."""
    sections = [pictures(0, 60, "E"), pictures(100, 160, "E", sequence=9), pictures(200, 260, "E", sequence=99), []]
    script = Script(plays=sections)
    items = run(script, 0, 20)
    assert numbers(items) == [*range(60), *range(100, 160), *range(200, 260)]
    assert len(kinds(items, Gap)) == 2
    assert (ended(items).reason, ended(items).proven) == (EndReason.END_BIT, True)
    assert len(script.asked("PLAY")) == 4


def test_e_bit_that_a_second_play_does_not_reach_is_no_end():
    items = run(Script(plays=[pictures(0, 60, "E"), pictures(50, 55)]), 0, 10)
    assert numbers(items) == list(range(60))
    assert not ended(items).proven


def test_e_bit_against_the_history_is_no_proof():
    items = run(Script(plays=[pictures(0, 60, "E"), pictures(50, 60, "E")]), 0, 10, history=spans((0, 30)))
    end = ended(items)
    assert (end.reason, end.proven) == (EndReason.END_BIT, False)
    assert "history" in end.detail


def test_bye():
    script = Script(plays=[[*pictures(0, 60), bye()], [*pictures(50, 60), bye()]])
    items = run(script, 0, 10, quiet_s=30.0)
    assert numbers(items) == list(range(60))
    assert (ended(items).reason, ended(items).proven) == (EndReason.BYE, True)
    assert len(script.asked("PLAY")) == 2
    assert ended(run(Script(plays=[[*pictures(0, 60), bye()]]), 0, 10, history=spans((0, 2.4)))).proven


@pytest.mark.parametrize("then", [[], [bye()]], ids=["silence", "BYE alone"])
def test_bye_and_nothing_at_another_play(then):
    end = ended(run(Script(plays=[[*pictures(0, 60), bye()], then]), 0, 10))
    assert (end.reason, end.proven) == (EndReason.BYE, True)
    assert "another PLAY from there brought nothing more" in end.detail


def test_bye_before_more_is_no_end():
    items = run(Script(plays=[[*pictures(0, 60), bye()], pictures(50, 150)]), 0, 4, quiet_s=30.0)
    assert numbers(items) == list(range(100))


def test_bye_of_another_source_is_no_end():
    """A recorder that falls silent; the new PLAY ends the old stream, which had another SSRC."""
    script = Script(
        plays=[
            pictures(0, 31),
            [bye(ssrc=8), *pictures(25, 70, sequence=777), bye(ssrc=8), *pictures(70, 150, sequence=777)],
        ]
    )
    items = run(script, 0, 4)
    assert numbers(items) == list(range(100))


def test_bye_ahead_of_the_answer_is_no_end():
    script = Script(
        plays=[pictures(0, 31), pictures(25, 150, sequence=777)], ahead={"PLAY": [[], [picture(31), bye()]]}
    )
    items = run(script, 0, 4)
    assert numbers(items) == list(range(100))
    assert len(script.asked("PLAY")) == 2


def test_gap_by_bits():
    script = Script(plays=[[*pictures(0, 60, "E"), picture(500, "D"), *pictures(501, 700)]])
    items = run(script, 0, 24, history=spans((0, 2.4), (20, 30)))
    (gap,) = kinds(items, Gap)
    assert (gap.cause, gap.confirmed) == (GapCause.DISCONTINUITY_BIT, True)
    assert numbers(items) == [*range(60), *range(500, 600)]


def test_connection_that_breaks_is_made_anew():
    script = Script(plays=[[*pictures(0, 60), CLOSE], pictures(50, 150)])
    items = run(script, 0, 4)
    assert numbers(items) == list(range(100))
    assert not kinds(items, Gap)
    assert len(script.asked("DESCRIBE")) == 2
    assert ended(items).proven


def test_picture_cut_in_half_by_the_break_comes_whole():
    half = picture(60, marker=False, content=b"\x41half")
    script = Script(plays=[[*pictures(0, 60), half, CLOSE], pictures(50, 150)])
    items = run(script, 0, 4)
    assert numbers(items) == list(range(100))
    assert not kinds(items, Loss)


def test_connection_that_always_breaks(monkeypatch):
    monkeypatch.setattr("time.sleep", lambda _: None)
    script = Script(plays=[[*pictures(0, 60), CLOSE], [*pictures(50, 60), CLOSE]])
    items = run(script, 0, 4)
    assert numbers(items) == list(range(60))
    assert (ended(items).reason, ended(items).proven) == (EndReason.CONNECTION_LOST, False)


def test_connection_that_breaks_before_anything_came(monkeypatch):
    monkeypatch.setattr("time.sleep", lambda _: None)
    with pytest.raises(RecorderUnreachableError):
        run(Script(plays=[[CLOSE]]))


def test_session_that_the_recorder_forgot_is_set_up_again():
    script = Script(plays=[pictures(0, 60), pictures(50, 150)], statuses={"PLAY": [200, 454]})
    items = run(script, 0, 4)
    assert numbers(items) == list(range(100))
    assert len(script.asked("DESCRIBE")) == 2


def test_resumed_export_starts_at_its_last_clean_point():
    script = Script(plays=[pictures(50, 150)])
    items = run(script, 0, 4, resume_from_ns=at(2) + 3_000_000)
    assert numbers(items) == list(range(50, 100))
    assert script.asked("PLAY")[0].headers.get("Range").startswith("clock=20240501T120002.003Z-")


def test_without_onvif_replay_there_is_no_time():
    with pytest.raises(ProtocolError, match="onvif-replay"):
        run(Script(statuses={"SETUP": [551]}))


def test_play_refuses_onvif_replay():
    with pytest.raises(ProtocolError, match="onvif-replay"):
        run(Script(statuses={"PLAY": [551]}))


@pytest.mark.parametrize("refusal", [{"DESCRIBE": [404]}, {"PLAY": [457, 457, 457]}])
def test_nothing_recorded(refusal):
    with pytest.raises(NothingRecordedError):
        run(Script(statuses=refusal))


def test_range_that_ends_behind_the_footage_is_asked_without_an_end():
    script = Script(plays=[pictures(0, 200)], statuses={"PLAY": [457, 457]})
    assert numbers(run(script, 0, 4)) == list(range(100))
    assert [request.headers.get("Range").partition("-")[2] for request in script.asked("PLAY")] == [
        "20240501T120014Z",
        "20240501T120004Z",
        "",
    ]


def test_connection_closed_where_the_footage_ends():
    script = Script(plays=[[*pictures(0, 60, "T"), CLOSE]])
    assert ended(run(script, 0, 4)).reason is EndReason.END_BIT
    script = Script(plays=[[*pictures(0, 60), CLOSE], [*pictures(50, 60), CLOSE]])
    end = ended(run(script, 0, 4, history=spans((0, 2.4))))
    assert (end.reason, end.proven) == (EndReason.HISTORY, True)


def test_another_play_refused_is_no_error():
    items = run(Script(plays=[pictures(0, 60)], statuses={"PLAY": [200, 457]}), 0, 4)
    assert numbers(items) == list(range(60))
    assert not ended(items).proven


RANGE = ("Range", "clock=20240501T120000Z-20240501T120012Z")
FAST = ("Rate-Control", "no")


def test_without_extension_the_answered_range_counts():
    info = ("RTP-Info", "url=rtsp://127.0.0.1/recording/video;seq=0;rtptime=4000")
    script = Script(plays=[pictures(0, 200, timed=False, rtp=4000)], play_headers=[RANGE, FAST, info])
    items = run(script, 0, 4)
    assert numbers(items) == list(range(100))
    assert {item.time_source for item in kinds(items, AccessUnit)} == {TimeSource.PLAY_RANGE}
    assert any(told.subject == "time derived" for told in kinds(items, Assumption))


def test_a_recorder_that_takes_ranges_for_its_local_time():
    script = Script(plays=[pictures(0, 200)])
    items = run(script, 0, 4, range_time_zone="Europe/Paris")
    assert numbers(items) == list(range(100))
    assert script.asked("PLAY")[0].headers.get("Range") == "clock=20240501T140000Z-20240501T140014Z"
    [told] = [item for item in kinds(items, Assumption) if item.subject == "range time zone"]
    assert "local time of Europe/Paris" in told.detail


def test_without_extension_an_answered_range_in_local_time_counts():
    local = ("Range", "clock=20240501T140000Z-20240501T140012Z")
    script = Script(plays=[pictures(0, 200, timed=False)], play_headers=[local, FAST])
    assert numbers(run(script, 0, 4, range_time_zone="Europe/Paris")) == list(range(100))


@pytest.mark.parametrize("headers", [[], [FAST], [("Range", "npt=0-10"), FAST]])
def test_without_extension_and_range_the_time_is_unknown(headers):
    with pytest.raises(ProtocolError, match="when its pictures were taken"):
        run(Script(plays=[pictures(0, 200, timed=False)], play_headers=headers), 0, 4)


@pytest.mark.parametrize(
    ("media", "named"),
    [
        ("m=audio 0 RTP/AVP 18\r\na=x-onvif-track:AUDIO001\r\n", "G729"),
        ("m=audio 0 RTP/AVP 97\r\na=rtpmap:97 opus/48000/2\r\na=x-onvif-track:AUDIO001\r\n", "opus"),
        ("m=audio 0 RTP/AVP 97\r\na=rtpmap:97 L16/22000\r\na=x-onvif-track:AUDIO001\r\n", "L16 .* at 22000 Hz"),
        ("m=video 0 RTP/AVP 26\r\na=x-onvif-track:AUDIO001\r\n", "JPEG"),
    ],
)
def test_another_codec_is_named(media, named):
    with pytest.raises(UnsupportedMediaError, match=named) as caught:
        run(Script(sdp=VIDEO_SDP + media))
    assert "AUDIO001" in str(caught.value)
    assert "payload type" in str(caught.value)


def test_backchannel_is_left_out_and_told():
    backchannel = "m=audio 0 RTP/AVP 0\r\na=sendonly\r\na=control:back\r\n"
    items = run(Script(plays=[pictures(0, 100)], sdp=VIDEO_SDP + backchannel))
    assert [told.subject for told in kinds(items, Assumption)] == ["track left out"]
    assert numbers(items) == list(range(50))


def test_metadata_is_delivered_beside_the_video():
    document = b"<tt:MetadataStream/>"
    media = [
        each
        for n in range(150)
        for each in (
            picture(n),
            *([picture(n, channel=2, payload_type=107, sequence=-n, content=document)] if n % 10 == 0 else []),
        )
    ]
    items = run(Script(plays=[media], sdp=VIDEO_SDP + METADATA_SDP), 1, 2)
    found = [item for item in kinds(items, AccessUnit) if item.track == 1]
    assert {item.configuration.codec for item in found} == {Codec.ONVIF_METADATA}
    assert {item.payload for item in found} == {document}
    assert [round((item.utc_ns - T0) / NS, 2) for item in found] == [1.2, 1.6]


def documents(last: int, *, behind: int, every: int) -> list[bytes]:
    """Pictures up to ``last``, and a document for each ``every``-th that comes ``behind`` pictures later."""
    media = []
    for n in range(last):
        media.append(picture(n))
        if n >= behind and n % every == 0:
            media.append(
                picture(
                    n - behind, channel=2, payload_type=107, sequence=-2 * (n - behind) + n // every, content=b"<a/>"
                )
            )
    return media


@pytest.mark.parametrize("behind", [0, 40, 100])
def test_metadata_behind_the_video_is_waited_for(behind):
    items = run(Script(plays=[documents(300, behind=behind, every=5)], sdp=VIDEO_SDP + METADATA_SDP), 0, 2)
    found = [item for item in kinds(items, AccessUnit) if item.track == 1]
    assert [round((item.utc_ns - T0) / FRAME_NS) for item in found] == list(range(0, 50, 5))
    assert not [told for told in kinds(items, Assumption) if told.subject == "metadata"]
    assert ended(items).reason is EndReason.RANGE_COVERED


@pytest.mark.parametrize("last", [150, 300], ids=["silence", "five seconds"])
def test_metadata_that_does_not_come_in_time_is_declared(last):
    items = run(Script(plays=[documents(last, behind=200, every=5)], sdp=VIDEO_SDP + METADATA_SDP), 0, 2)
    [told] = [told for told in kinds(items, Assumption) if told.subject == "metadata"]
    assert told.track == 1
    assert ("5.1 s" if last == 300 else "4.0 s") in told.detail
    assert (ended(items).reason, ended(items).proven) == (EndReason.RANGE_COVERED, True)


def short_of(*missing: range) -> list[bytes]:
    """Two hundred pictures without those ``missing``, their sequence numbers without a hole."""
    left = [n for n in range(200) if not any(n in one for one in missing)]
    return [picture(n, sequence=2 * (place - n)) for place, n in enumerate(left)]


@pytest.mark.parametrize("told", [None, spans((0, 100))], ids=["no history", "a history that knows of no hole"])
def test_less_than_a_second_missing_amid_footage_is_told(told):
    items = run(Script(plays=[short_of(range(30, 53))]), 0, 4, history=told)
    assert numbers(items) == [*range(30), *range(53, 100)]
    found = kinds(items, Loss if told else Assumption)
    assert ["0.92 s" in item.detail for item in found] == [True]
    assert found[0].at_ns == at(1.2)


def test_pictures_that_come_irregularly_or_at_another_rate_are_no_pauses():
    gone = [*range(100, 104), *range(110, 112), *[n for n in range(120, 200) if n % 20]]
    items = run(Script(plays=[short_of(gone)]), 0, 6, history=spans((0, 8)))
    assert numbers(items) == [n for n in range(181) if n not in gone]
    assert not [item for item in kinds(items, Loss | Assumption) if "amid contiguous" in item.detail]


@pytest.mark.parametrize(
    ("told", "kind"), [(None, Assumption), (spans((1.2, 100)), Assumption), (spans((-9, 100)), Gap)]
)
def test_less_than_a_second_missing_at_the_start_is_told(told, kind):
    items = run(Script(plays=[pictures(50, 200)]), 1.2, 4, history=told)
    assert numbers(items) == list(range(50, 100))
    [found] = kinds(items, Gap | Assumption)
    assert isinstance(found, kind)
    assert getattr(found, "confirmed", None) is (False if kind is Gap else None)


def test_lost_packets_are_declared():
    media = [each for n, each in enumerate(pictures(0, 150)) if n not in (30, 31, 32)]
    items = run(Script(plays=[media]), 0, 4)
    (loss,) = kinds(items, Loss)
    assert loss.packets == 6
    assert numbers(items) == [*range(30), *range(33, 100)]


def test_recorder_that_sends_reports_for_ever_comes_to_an_end():
    items = run(Script(plays=[pictures(0, 60), []], background=sender_report), 0, 4)
    assert numbers(items) == list(range(60))
    assert ended(items).reason is EndReason.SILENCE


def test_nothing_at_all_comes():
    items = run(Script(plays=[[]]), 0, 4, timeout=0.3)
    assert [type(item) for item in items] == [StreamEnd]
    assert not ended(items).proven


def test_what_is_reported():
    events = []
    run(Script(plays=[pictures(0, 200)]), observe=events.append)
    assert [event.detail.get("method") for event in events if event.kind == "rtsp"] == [
        "OPTIONS",
        "DESCRIBE",
        "SETUP",
        "PLAY",
        "TEARDOWN",
    ]
    assert events[-1].kind == "rtsp"
    assert [event.detail["reason"] for event in events if event.kind == "end"] == ["range-covered"]


AUDIO_SDP = (
    "m=audio 0 RTP/AVP 97\r\na=rtpmap:97 mpeg4-generic/8000/1\r\n"
    "a=fmtp:97 mode=AAC-hbr;config=1588;sizelength=13;indexlength=3;indexdeltalength=3\r\n"
    "a=control:audio\r\na=x-onvif-track:AUDIO001\r\n"
)


def test_a_described_track_that_brings_nothing_is_in_the_record():
    items = run(Script(plays=[pictures(0, 250)], sdp=VIDEO_SDP + AUDIO_SDP))
    assert numbers(items) == list(range(50))
    [gap] = kinds(items, Gap)
    assert (gap.track, gap.start_ns, gap.end_ns, gap.confirmed) == (1, at(0), at(2), None)


def test_two_tracks_on_one_channel_are_refused():
    class OneChannel(Script):
        def answer(self, request):
            status, headers, body, media = super().answer(request)
            if request.method == "SETUP":
                headers = [("Transport", "RTP/AVP/TCP;unicast;interleaved=0-1"), ("Session", "7")]
            return status, headers, body, media

    with pytest.raises(ProtocolError, match="channel 0 to two tracks"):
        run(OneChannel(plays=[pictures(0, 100)], sdp=VIDEO_SDP + AUDIO_SDP))


def test_a_server_without_options_is_asked_by_options_all_the_same():
    script = Script(plays=[pictures(0, 200)], statuses={"OPTIONS": [501]})
    assert numbers(run(script)) == list(range(50))
