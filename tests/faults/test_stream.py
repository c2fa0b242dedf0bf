"""Faults of the stream: packets, the connection, parameter sets, tracks."""

from __future__ import annotations

import pytest

from tests.faults.recordings import case, export_case, units_of
from vssx.isobmff.reader import open_movie
from vssx.model.network import StreamTransport

UNHARMED = (
    case("reorder"),
    case("reorder=3"),
    case("duplicate=5"),
    case("stall=0.3", timeout=2.0),
    case("garbage"),
    case("garbage=5000"),
    case("marker-always"),
    case("marker-never"),
    case("sets-sdp-only"),
    case("sets-in-band"),
    case("sets-after-seek"),
    case("loose-interleaving"),
    case("loose-interleaving=5"),
    case("metadata"),
    case("metadata=7"),
)


@pytest.mark.parametrize("one", UNHARMED, ids=str)
def test_the_handover_is_whole(one, recordings, tmp_path):
    exported = one.run_whole(recordings, tmp_path)
    assert exported.gaps == []


CHANGED = tuple(
    case("ssrc-change", code=100, transport=transport)
    for transport in (StreamTransport.TCP, StreamTransport.UDP, StreamTransport.HTTP)
)


@pytest.mark.parametrize("one", CHANGED, ids=lambda one: f"{one}-{one.options['transport']}")
def test_another_source_amid_the_stream_may_hide_a_loss(one, recordings, tmp_path):
    exported = one.run(recordings, tmp_path)
    assert [loss["packets"] for loss in exported.losses] == [None, None]
    assert all("started anew" in loss["detail"] for loss in exported.losses)
    exported.assert_media()


@pytest.mark.parametrize("one", [case("loss=10", code=100), case("bad-packets=10", code=100)], ids=str)
def test_what_is_missing_is_a_loss_and_nothing_else_is_missing(one, recordings, tmp_path):
    exported = one.run(recordings, tmp_path)
    for kind in ("Video", "Audio"):
        everything = units_of(exported.source, kind)
        got = exported.units(kind)
        rest = iter(everything)
        assert all(unit in rest for unit in got)  # in their order
        assert 0.85 * len(everything) < len(got) < len(everything)
    lost = sum(loss["packets"] or 0 for loss in exported.losses)
    assert 40 < lost < 55
    unreadable = [loss for loss in exported.losses if "could not be read" in loss["detail"]]
    assert bool(unreadable) == (one.name == "bad-packets")
    assert exported.end["proven"]


ELSEWHERE = tuple(
    case(*faults, transport=transport)
    for transport in (StreamTransport.UDP, StreamTransport.HTTP)
    for faults in (("reorder",), ("duplicate=5",), ("marker-never",), ("stall=0.1",))
)


@pytest.mark.parametrize("one", ELSEWHERE, ids=lambda one: f"{one}-{one.options['transport']}")
def test_faults_over_udp_and_within_http(one, recordings, tmp_path):
    exported = one.run_whole(recordings, tmp_path)
    over_udp = "UDP" in exported.section["acquired"]["transport"]
    assert over_udp == (one.options["transport"] is StreamTransport.UDP)


LOST = tuple(case("loss=10", code=100, transport=one) for one in (StreamTransport.UDP, StreamTransport.HTTP))


@pytest.mark.parametrize("one", LOST, ids=lambda one: str(one.options["transport"]))
def test_losses_over_udp_and_within_http(one, recordings, tmp_path):
    exported = one.run(recordings, tmp_path)
    assert 40 < sum(loss["packets"] or 0 for loss in exported.losses) < 55
    assert exported.end["proven"]


@export_case("loss", code=100)
def test_each_loss_has_its_time(exported):
    assert all(loss["at"].startswith("2024-05-01T12:00:0") for loss in exported.losses)


AGAIN = (
    case("stall", timeout=0.4),
    case("old-packets", "stall", timeout=0.4),
    case("drop-after-bytes=20000"),
    case("drop-after-units=150"),
    case("drop-after-units=150", transport=StreamTransport.HTTP),
    case("drop-after-units=150", transport=StreamTransport.UDP, timeout=0.4),
)


@pytest.mark.parametrize("one", AGAIN, ids=lambda one: f"{one} {one.options.get('transport', '')}".strip())
def test_what_was_interrupted_is_joined_and_the_seam_is_proven(one, recordings, tmp_path):
    exported = one.run(recordings, tmp_path)
    exported.assert_whole()
    assert exported.gaps == []
    assert exported.end["proven"]
    seams = [each["detail"] for each in exported.section["assumptions"] if each["subject"] == "seam"]
    assert seams
    assert all("byte for byte the same" in detail for detail in seams)
    assert [line.get("method") for line in exported.log].count("PLAY") >= 2


@pytest.fixture
def waits(monkeypatch):
    """Waits between connections, which are counted and not waited for."""
    found = []
    monkeypatch.setattr("vssx.source.reconnection.time.sleep", found.append)
    return found


@export_case("drop-after-units=0", code=10)
def test_a_recorder_that_always_drops_the_connection_is_unreachable(waits, exported):
    assert waits == sorted(waits)
    assert len(waits) > 1
    assert "closed the connection" in exported.error


@export_case("sets-after-seek", code=100, start=2.0)
def test_pictures_without_parameter_sets_are_a_loss(exported):
    everything = units_of(exported.source)
    got = exported.units()
    assert got == everything[-len(got) :]
    [loss] = exported.losses
    assert loss["at"] == "2024-05-01T12:00:01.920Z"
    assert loss["detail"].startswith("12 access units, from 2024-05-01T12:00:01.920Z to 2024-05-01T12:00:02.3")
    assert "came before any usable parameter set" in loss["detail"]
    assert "unreadable parameter sets" not in exported.subjects


@export_case("sets-nowhere", code=100)
def test_video_that_nobody_can_decode_is_a_loss(exported):
    assert exported.units("Video") == []
    assert exported.units("Audio") == units_of(exported.source, "Audio")[1:]
    [loss] = exported.losses
    assert loss["detail"].startswith("160 access units, from 2024-05-01T12:00:00")


@export_case("intra-only")
def test_intra_pictures_alone_are_a_recording(exported):
    got = exported.units()
    everything = set(units_of(exported.source))
    assert all(unit in everything for unit in got)
    assert len(got) == 15  # 14 pictures, one of which has an SEI
    assert exported.gaps == exported.losses == []


@export_case("metadata=7")
def test_a_metadata_track_that_was_made_up(exported):
    assert len(exported.documents) == 14  # one for each clean point
    assert all(
        one.startswith(b"<tt:MetadataStream") and one.endswith(b"</tt:MetadataStream>") for one in exported.documents
    )


GLUED = (case("glued=hall"), case("glued=hall", "drop-after-units=150"))


@pytest.mark.parametrize("one", GLUED, ids=str)
def test_other_parameter_sets_in_the_middle(one, recordings, tmp_path):
    exported = one.run(recordings, tmp_path)
    ours, theirs = units_of(exported.source), units_of(recordings / "hall.mp4")
    got = exported.units()
    assert got[:85] == ours[:85]
    assert got[85:] == theirs[: len(got) - 85]
    [file] = exported.section["files"]
    [video, _] = open_movie(exported.path / file["path"]).tracks
    sizes = {(entry.width, entry.height) for entry in video.sample_entries}
    assert sizes == {(64, 48), (80, 64)}
    assert exported.losses == exported.gaps == []


@export_case("endless-unit", code=100, timeout=0.25)
def test_an_access_unit_that_never_ends_is_given_up(exported):
    before = 85  # NAL units before that one, of which it depends on the time how much is taken before it is given up
    assert exported.units()[:before] == units_of(exported.source)[:before]
    assert any("holds footage from 20240501T120003" in loss["detail"] for loss in exported.losses)
    assert not exported.end["proven"]


@export_case("loops")
def test_a_recording_that_begins_anew_is_written_once(exported):
    exported.assert_whole()
    assert exported.end["proven"]
    assert "began to send the same footage again" in exported.end["detail"]


@export_case("loops", "no-history", code=100)
def test_footage_that_comes_again_proves_no_end(exported):
    exported.assert_whole()
    assert (exported.end["reason"], exported.end["proven"]) == ("silence", False)
