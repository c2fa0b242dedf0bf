"""What a replay sends: samples, order, times and bits (ONVIF Streaming, "Playback")."""

from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path

import pytest

from tests.interop import media
from tests.unit.recorder.player import Player, Unit, clock
from vssx.recorder.server import RecorderServer
from vssx.times import NS, from_xs_datetime

START = from_xs_datetime("2024-05-01T12:00:00Z")
FRAME = NS // 25
GAP = 60 * NS
FIRST_AFTER_GAP = 24  # the clean point at 0.96 s
VIDEO, AUDIO = "VIDEO001", "AUDIO001"


def replay(url: str, *headers: tuple[str, str], tracks: tuple[str, ...] = ()) -> list[Unit]:
    with Player(url) as player:
        player.setup(*tracks)
        player.play(*headers)
        return list(player.units())


def of(units: list[Unit], track: str = VIDEO) -> list[Unit]:
    return [unit for unit in units if unit.track == track]


def utc(frame: int) -> int:
    """Time of a picture, counted in the order in which pictures are shown."""
    return START + frame * FRAME + (GAP if frame >= FIRST_AFTER_GAP else 0)


def frames(units: list[Unit]) -> list[int]:
    """Numbers of the pictures in the order in which they came."""
    numbers = {utc(number): number for number in range(100)}
    return [numbers[unit.extension.utc_ns] for unit in units]


def flagged(units: list[Unit], flag: str) -> list[int]:
    return frames([unit for unit in units if flag in unit.flags])


def test_every_sample_comes_as_it_is_stored(recordings: Path, three: str) -> None:
    units = replay(three)
    stored = [media.nal_units(packet.payload) for packet in media.packets(recordings / "three.mp4")]
    assert [list(unit.raw.nal_units) for unit in of(units)] == stored
    audio = [packet.payload for packet in media.packets(recordings / "three.mp4", 1)]
    assert [unit.raw.nal_units[0] for unit in of(units, AUDIO)] == audio
    assert not any(unit.raw.damaged or unit.raw.problems for unit in units)


@pytest.mark.parametrize(("name", "source"), [("hevc", "hevc.mp4"), ("plain", "plain.264")])
def test_other_files_too(recorder: RecorderServer, recordings: Path, name: str, source: str) -> None:
    units = of(replay(recorder.rtsp_url + name))
    assert len(units) == 40
    assert len({unit.extension.utc_ns for unit in units}) == 40
    if source.endswith("mp4"):
        stored = [media.nal_units(packet.payload) for packet in media.packets(recordings / source)]
        assert [list(unit.raw.nal_units) for unit in units] == stored


def test_raw_stream_has_times_in_presentation_order(recorder: RecorderServer) -> None:
    units = of(replay(f"{recorder.rtsp_url}plain"))
    times = sorted(unit.extension.utc_ns for unit in units)
    assert {later - earlier for earlier, later in pairwise(times)} == {FRAME}
    assert times != [unit.extension.utc_ns for unit in units]


def test_times_and_bits_around_a_gap(three: str) -> None:
    units = replay(three)
    video, audio = of(units), of(units, AUDIO)
    assert sorted(frames(video)) == list(range(75))
    assert flagged(video, "C") == [0, 12, 24, 36, 48, 60, 72]
    before_gap = frames(video)[FIRST_AFTER_GAP - 1]
    last = frames(video)[-1]
    assert flagged(video, "E") == [before_gap, last]
    assert flagged(video, "T") == [last]
    assert flagged(video, "D") == [FIRST_AFTER_GAP]
    assert [unit.flags for unit in audio].count("CE") == 1
    assert audio[-1].flags == "CET"
    jumps = [later.extension.utc_ns - earlier.extension.utc_ns > GAP for earlier, later in pairwise(audio)]
    assert jumps.count(True) == 1
    assert "D" in audio[jumps.index(True) + 1].flags


def test_rtp_time_is_recording_time_without_rate_control(three: str) -> None:
    for track, rate in ((VIDEO, 90_000), (AUDIO, 48_000)):
        units = of(replay(three, tracks=(track,)), track)
        first = units[0]
        for unit in units:
            ticks = (unit.raw.rtp_timestamp - first.raw.rtp_timestamp + (1 << 31)) % (1 << 32) - (1 << 31)
            assert abs(ticks * NS / rate - (unit.extension.utc_ns - first.extension.utc_ns)) < NS / rate


def test_tracks_come_in_recording_order(three: str) -> None:
    """No sample comes after one of the other track that was recorded half a second later."""
    newest = 0
    for unit in replay(three):
        newest = max(newest, unit.extension.utc_ns)
        assert newest - unit.extension.utc_ns < NS // 2


@pytest.mark.parametrize(
    ("start", "first"),
    [
        ("20240501T115000Z", 0),
        ("20240501T120000Z", 0),
        ("20240501T120000.479Z", 0),
        ("20240501T120000.480Z", 12),
        ("20240501T120000.900Z", 12),
        ("20240501T120030Z", 24),  # in the gap: the first clean point of the next section
        ("20240501T120101.5Z", 36),
        ("20240501T120102.9Z", 72),
    ],
)
def test_start_at_the_clean_point_at_or_before(three: str, start: str, first: int) -> None:
    video = of(replay(three, clock(start)))
    assert frames(video)[0] == first
    assert sorted(frames(video)) == list(range(first, 75))
    assert flagged(video, "D") == [FIRST_AFTER_GAP] * (first < FIRST_AFTER_GAP)


def test_start_behind_the_footage_is_refused(three: str) -> None:
    with Player(three) as player:
        player.setup()
        assert player.request("PLAY", clock("20240501T120103Z")).status == 457
        assert player.request("PLAY", clock("20240501T120010Z", "20240501T120020Z")).status == 457
        assert player.request("PLAY", ("Range", "smpte=0:10:20-")).status == 457


def test_end_of_the_range(three: str) -> None:
    units = replay(three, clock("20240501T120000Z", "20240501T120000.600Z"))
    video = of(units)
    assert set(range(15)) <= set(frames(video))
    assert len(video) <= 15 + 3  # what B-frames need, and no more
    assert not flagged(video, "E")
    assert not flagged(video, "T")
    assert max(unit.extension.utc_ns for unit in of(units, AUDIO)) < START + 600_000_000


def test_answer_tells_the_delivered_range(three: str) -> None:
    with Player(three) as player:
        player.setup()
        answer = player.play(clock("20240501T120000.700Z"))
        assert answer.headers.get("Range") == "clock=20240501T120000.48Z-20240501T120103.008Z"
        assert answer.headers.get("Rate-Control") == "no"
        timestamps = {
            entry.split(";")[0].rpartition("/")[2]: int(entry.rpartition("=")[2])
            for entry in answer.headers.get("RTP-Info").split(",")
        }
        first = next(unit for unit in player.units() if unit.track == VIDEO)
        assert first.raw.rtp_timestamp == timestamps[VIDEO]


def test_npt_range(three: str) -> None:
    with Player(three) as player:
        player.setup(headers=())
        answer = player.play(("Range", "npt=1.5-2.0"))
        assert answer.headers.get("Range") == "npt=1.44-2"
        video = of(list(player.units()))
    assert frames(video)[0] == 36
    assert {number for number in frames(video) if number < 50} == set(range(36, 50))


def test_intra_frames_only(three: str) -> None:
    video = of(replay(three, ("Frames", "intra")))
    assert frames(video) == [0, 12, 24, 36, 48, 60, 72]
    assert flagged(video, "E") == [12, 72]
    assert flagged(video, "T") == [72]
    assert flagged(video, "D") == [24]


def test_intra_frames_to_the_end_of_a_range(three: str) -> None:
    video = of(replay(three, ("Frames", "intra"), clock("20240501T120000Z", "20240501T120102Z")))
    assert [(number, unit.flags) for number, unit in zip(frames(video), video, strict=True)] == [
        (0, "C"),
        (12, "CE"),
        (24, "CD"),
        (36, "C"),
        (48, "C"),
    ]


def test_a_moment_is_one_picture(three: str) -> None:
    video = of(replay(three, clock("20240501T120000.480Z", "20240501T120000.480Z"), tracks=(VIDEO,)))
    assert frames(video)[0] == 12


def test_intra_frames_with_an_interval(three: str) -> None:
    assert frames(of(replay(three, ("Frames", "intra/960")))) == [0, 24, 48, 72]


def test_predicted_frames_leave_out_what_nothing_refers_to(three: str) -> None:
    units = of(replay(three, ("Frames", "predicted")))
    assert 7 < len(units) < 75
    assert flagged(units, "C") == [0, 12, 24, 36, 48, 60, 72]
    assert all(any(nal[0] & 0x60 for nal in unit.raw.nal_units if 1 <= nal[0] & 31 <= 5) for unit in units)
    assert len(flagged(units, "E")) == 2


def test_reverse_sends_groups_of_pictures_backwards(three: str) -> None:
    with Player(three) as player:
        player.setup()
        answer = player.play(("Scale", "-1.0"), clock("20240501T120102Z", "20240501T120000.5Z"))
        assert answer.headers.get("Scale") == "-1.000"
        player.byes.add(AUDIO)  # nothing but its BYE comes
        video = of(list(player.units()))
        sequence = player.sequences[VIDEO]
    starts = flagged(video, "D")
    assert starts == [48, 36, 24, 12]
    assert starts == flagged(video, "C")
    groups = {start: set() for start in starts}
    start = 0
    for number, unit in zip(frames(video), video, strict=True):
        start = number if "D" in unit.flags else start
        groups[start].add(number)
    assert groups[36] == set(range(36, 48))
    assert groups[24] == set(range(24, 36))
    assert groups[12] == set(range(12, 24))
    assert {48, 49, 50} <= groups[48]
    ends = [number for number, unit in zip(frames(video), video, strict=True) if "E" in unit.flags]
    assert len(ends) == 1
    assert ends[0] in groups[24]  # the group behind the gap
    assert all((later - earlier) & 0xFFFF == 1 for earlier, later in pairwise(sequence))


def test_reverse_to_the_start_of_the_footage(three: str) -> None:
    video = of(replay(three, ("Scale", "-1.0"), tracks=(VIDEO,)))
    assert flagged(video, "D") == [72, 60, 48, 36, 24, 12, 0]
    assert len(flagged(video, "E")) == 2
    assert video[-1].flags == "ET"
    assert sorted(frames(video)) == list(range(75))


def test_reverse_intra_from_within_the_gap(three: str) -> None:
    video = of(replay(three, ("Scale", "-1"), ("Frames", "intra"), clock("20240501T120030Z"), tracks=(VIDEO,)))
    assert frames(video) == [12, 0]
    assert [unit.flags for unit in video] == ["CD", "CEDT"]


def test_direction_of_range_and_scale_must_agree(three: str) -> None:
    with Player(three) as player:
        player.setup()
        refused = player.request("PLAY", ("Scale", "-1"), clock("20240501T120000Z", "20240501T120001Z"))
        assert refused.status == 457


def test_cseq_of_play_comes_back(three: str) -> None:
    with Player(three) as player:
        player.setup(VIDEO)
        answer = player.play()
        units = list(player.units())
        assert {unit.extension.cseq for unit in units} == {answer.cseq & 0xFF}
        answer = player.play(clock("20240501T120000.5Z"))
        again = list(player.units())
        assert {unit.extension.cseq for unit in again} == {answer.cseq & 0xFF}
        assert "D" in again[0].flags
        sequence = player.sequences[VIDEO]
        assert all((later - earlier) & 0xFFFF == 1 for earlier, later in pairwise(sequence))


def test_rate_control_plays_in_real_time(three: str) -> None:
    with Player(three) as player:
        player.setup()
        player.play(("Range", "npt=0-0.8"), rate_control="yes")
        started = time.monotonic()
        units = list(player.units())
        took = time.monotonic() - started
    assert took > 0.5
    assert player.reports[0].ntp_time > 0
    video = of(units)
    ticks = [(unit.raw.rtp_timestamp - video[0].raw.rtp_timestamp) & 0xFFFFFFFF for unit in video]
    assert sorted(ticks)[:20] == [3600 * number for number in range(20)]


def test_rate_control_skips_the_gap_and_takes_scale(three: str) -> None:
    with Player(three) as player:
        player.setup(VIDEO)
        answer = player.play(("Scale", "4"), rate_control="yes")
        assert answer.headers.get("Scale") == "4.000"
        video = list(player.units())
    ticks = sorted((unit.raw.rtp_timestamp - video[0].raw.rtp_timestamp) & 0xFFFFFFFF for unit in video)
    assert ticks == [900 * number for number in range(75)]
    assert frames(video)[0] == 0


def test_reports_without_rate_control_say_nothing(three: str) -> None:
    with Player(three) as player:
        player.setup()
        player.play()
        list(player.units())
    assert {(report.ntp_time, report.rtp_timestamp) for report in player.reports} == {(0, 0)}
