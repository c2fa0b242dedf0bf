"""Faults of RTSP: what is refused, what is misunderstood, how a replay begins and ends."""

from __future__ import annotations

import pytest

from tests.faults.recordings import GAP_AT, HOUR, SECONDS, WITH_GAP, at, case, export_case, units_of
from vssx.model.network import StreamTransport
from vssx.recorder.fault_registry import read_faults
from vssx.recorder.server import RecorderServer
from vssx.rtsp.rtp import parse_rtp, replay_extension
from vssx.times import to_clock
from vssx.transport.rtsp import RefusedError, RtspClient

UNHARMED = (
    case("frames-400"),
    case("end-ignored"),
    case("range-457"),
    case("range-npt"),
    case("range-missing"),
    case("same-ssrc"),
    case("no-interleaved", assumed="transport"),
    case("rtsp-busy=1"),
)


@pytest.mark.parametrize("one", UNHARMED, ids=str)
def test_the_handover_is_whole(one, recordings, tmp_path):
    exported = one.run_whole(recordings, tmp_path)
    assert not one.assumed or exported.assumed(one.assumed)


def connected(server):
    """A client that has set up the video of door, and the address for PLAY."""
    client = RtspClient(f"{server.rtsp_url}door", timeout_s=5)
    description = client.describe()
    [video] = [media for media in description.session.media if media.media == "video"]
    client.setup(description.track_urls(video), rtp_channel=0)
    return client, description.aggregate_url


def test_frames_are_refused(recordings):
    with RecorderServer(recordings, faults=read_faults(["frames-400"])) as server:
        client, url = connected(server)
        with client, pytest.raises(RefusedError, match="400"):
            client.play(url, [("Frames", "all")])


@pytest.mark.parametrize("required", [True, False])
def test_the_extension_comes_to_those_who_require_it(required, recordings):
    with RecorderServer(recordings, faults=read_faults(["extension-on-require"])) as server:
        client, url = connected(server)
        with client:
            require = [("Require", "onvif-replay")] if required else []
            client.play(url, [*require, ("Range", f"clock={to_clock(at(0))}-"), ("Rate-Control", "no")])
            _, first = next(iter(client.packets(silence_s=5)))
            assert (replay_extension(parse_rtp(first)) is not None) is required


@pytest.mark.parametrize(
    "one",
    [
        case("no-udp", code=12, transport=StreamTransport.UDP),
        case("no-interleaved", code=12, transport=StreamTransport.TCP),
    ],
    ids=str,
)
def test_a_transport_that_was_chosen_and_is_refused_is_named(one, recordings, tmp_path):
    assert "461" in one.run(recordings, tmp_path).error


@export_case("no-replay-support", code=12)
def test_a_recorder_without_replay_is_named(exported):
    assert "does not support onvif-replay (551)" in exported.error


@export_case("end-ignored", start=1.0, end=2.0)
def test_what_lies_beyond_the_range_is_counted_and_not_written(exported):
    everything = units_of(exported.source)
    got = exported.units()
    first = everything.index(got[0])
    assert everything[first : first + len(got)] == got
    assert exported.end["reason"] == "range-covered"
    assert exported.end["not_written"] > 0
    assert exported.section["delivered"]["last"] < "2024-05-01T12:00:02.5"


@pytest.fixture
def impatient(monkeypatch):
    """Silence is one after a moment, and an answer may take its time all the same."""
    monkeypatch.setattr("vssx.source.replay._QUIET_S", 0.2)


@export_case("immediate-ignored", "stall=3", timeout=30.0)
def test_a_play_that_has_to_wait_doubles_nothing(impatient, exported):
    exported.assert_whole()
    assert [line.get("method") for line in exported.log].count("PLAY") >= 2
    assert exported.end["proven"]


ELSEWHERE = (
    case("start-beyond", "no-history", code=13, start=20, end=30),
    case("gap-plays", "no-history", code=13, recording="yard", start=20, end=30),
    case("gap-plays=before", "no-history", code=13, recording="yard", start=20, end=30),
)


@pytest.mark.parametrize("one", ELSEWHERE, ids=str)
def test_what_lies_elsewhere_is_no_export(one, recordings, tmp_path):
    exported = one.run(recordings, tmp_path)
    assert "the recorder delivered nothing" in exported.error
    assert not (tmp_path / "H").exists()


@export_case("early-start", start=2.0)
def test_what_comes_too_early_is_counted_and_not_written(exported):
    everything = units_of(exported.source)
    got = exported.units()
    assert got == everything[-len(got) :]
    assert exported.section["delivered"]["first"] >= "2024-05-01T12:00:01.9"
    assert "began earlier than needed" in exported.assumed("start")


@export_case("late-start", code=100)
def test_pictures_that_cannot_be_decoded_are_a_loss(exported):
    everything = units_of(exported.source)
    got = exported.units()
    assert got == everything[-len(got) :]
    [loss] = exported.losses
    assert "9 access units" in loss["detail"]
    assert loss["at"] == "2024-05-01T12:00:00.080Z"


@export_case("rate-control-ignored", start=SECONDS - 0.9)
def test_a_recorder_that_plays_at_the_speed_of_life_is_borne(exported):
    everything = units_of(exported.source)
    got = exported.units()
    assert got == everything[-len(got) :]
    assert exported.losses == exported.gaps == []


@export_case("session-timeout=1", "rate-control-ignored", start=SECONDS - 1.9)
def test_a_session_is_kept_alive(exported):
    assert exported.losses == exported.gaps == []
    assert exported.end["proven"]
    methods = [line.get("method") for line in exported.log]
    assert "GET_PARAMETER" in methods
    assert methods.count("PLAY") == 1


@export_case("silent-end", timeout=0.4)
def test_silence_that_the_history_explains_is_an_end(exported):
    exported.assert_whole()
    assert (exported.end["reason"], exported.end["proven"]) == ("history", True)


@export_case("silent-end", "no-history", code=100, timeout=0.4)
def test_silence_proves_nothing(exported):
    exported.assert_whole()
    assert (exported.end["reason"], exported.end["proven"]) == ("silence", False)
    assert [line.get("method") for line in exported.log].count("PLAY") == 2


@export_case("play-stops", code=100, timeout=0.4)
def test_footage_that_the_history_tells_of_and_that_does_not_come_is_a_loss(exported):
    everything = units_of(exported.source)
    got = exported.units()
    assert got == everything[: len(got)]
    assert not exported.end["proven"]
    [loss] = exported.losses
    assert "by its own history the recorder holds footage from 20240501T120003.3" in loss["detail"]


@export_case("range-local", recording="yard", end=WITH_GAP)
def test_a_range_refused_for_its_zone_is_asked_for_without_an_end(exported):
    exported.assert_whole()
    assert [gap["confirmed"] for gap in exported.gaps] == [True]


LANE = {"recording": "lane", "start": HOUR, "end": HOUR + SECONDS - GAP_AT}


@export_case("range-local", code=13, **LANE)
def test_footage_of_another_hour_is_no_export(exported):
    assert "the recorder delivered nothing of the range. What it played lies outside" in exported.error
    assert "--range-time-zone" in exported.error


@export_case("range-local", range_time_zone="Etc/GMT-1", **LANE)
def test_the_zone_of_ranges_may_be_told(exported):
    everything = units_of(exported.source)
    got = exported.units()
    assert len(got) == 88
    assert got == everything[-len(got) :]
    assert exported.section["delivered"]["first"] == "2024-05-01T13:00:00Z"
    assert any("Etc/GMT-1" in each["detail"] for each in exported.section["assumptions"])
    assert exported.losses == exported.gaps == []
