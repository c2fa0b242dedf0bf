"""Exports from GStreamer's ONVIF RTSP server: other people's RTP, SDP, 0xABAC and manners."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.interop import media
from tests.interop.commands import media_of, run
from tests.interop.gst_server.footage import Sent, Served, serving
from tests.interop.gst_server.soap_front import TOKEN, Recording, fronting
from vssx import times
from vssx.model.media import AccessUnit, EndReason, Gap, GapCause, Loss, StreamEnd, StreamItem, TimeSource
from vssx.source.replay import replay

pytestmark = pytest.mark.interop

NS = times.NS
START = times.from_user("2024-05-01T12:00:00Z")
VIDEO = ("bottle-detection.mp4", "test_h265.mp4", "test_signed_h265.mp4")
TIMEOUT_S = 5.0


def _received(served: Served, from_ns: int, to_ns: int) -> list[StreamItem]:
    source = replay(
        served.url,
        credentials=None,
        from_ns=from_ns,
        to_ns=to_ns,
        history=None,
        observe=lambda _event: None,
        timeout=TIMEOUT_S,
        resume_from_ns=None,
    )
    return list(source)


def _units(items: list[StreamItem], track: int = 0) -> list[AccessUnit]:
    return [item for item in items if isinstance(item, AccessUnit) and item.track == track]


def _end(items: list[StreamItem]) -> StreamEnd:
    assert isinstance(items[-1], StreamEnd)
    return items[-1]


def _assert_same_media(codec: str, sent: list[Sent], payloads: list[bytes], sets: set[bytes]) -> None:
    """NAL units in order; parameter sets as a set, since GStreamer repeats them before key frames."""
    received = [media.split_sets(codec, media.nal_units(one)) for one in payloads]
    assert [rest for rest, _ in received] == [media.split_sets(codec, media.nal_units(one.payload))[0] for one in sent]
    assert set().union(*(found for _, found in received)) <= sets


def _assert_same_times(sent: list[Sent], utc_ns: list[int]) -> None:
    # RTP ticks are 1/90000 s and the anchor is rounded once to NTP: half a tick and a nanosecond.
    assert max(abs(a.utc_ns - b) for a, b in zip(sent, utc_ns, strict=True)) <= NS // 90_000


@pytest.mark.parametrize("name", VIDEO)
def test_all_of_it_by_the_source(name: str, footage: Path, tmp_path: Path) -> None:
    path = footage / name
    codec, _ = media.extradata(path)
    with serving(path, tmp_path, start_ns=START) as served:
        sent = list(served.tracks[0])
        items = _received(served, START, max(one.utc_ns for one in sent) + NS)
    units = _units(items)
    _assert_same_media(codec, sent, [one.payload for one in units], media.sets_of(path))
    _assert_same_times(sent, [one.utc_ns for one in units])
    assert {one.time_source for one in units} == {TimeSource.REPLAY_EXTENSION}
    assert units[0].clean_point
    assert not [item for item in items if isinstance(item, Gap | Loss)]
    end = _end(items)
    assert (end.reason, end.proven) == (EndReason.SILENCE, False)


def test_the_end_is_proven_by_the_end_bits(footage: Path, tmp_path: Path) -> None:
    with serving(footage / "bottle-detection.mp4", tmp_path, start_ns=START, ends=True) as served:
        sent = served.tracks[0]
        items = _received(served, START, max(one.utc_ns for one in sent) + NS)
    assert len(_units(items)) == len(sent)
    last = _units(items)[-1].extension
    assert last is not None
    assert last.end_of_section
    # GStreamer says BYE as well, and which of the two is seen first is a matter of milliseconds
    assert _end(items).reason in (EndReason.END_BIT, EndReason.BYE)
    assert _end(items).proven


def test_video_and_sound(footage: Path, tmp_path: Path) -> None:
    path = footage / "car-detection.mp4"
    with serving(path, tmp_path, start_ns=START, streams=(0, 1), ends=True) as served:
        video, audio = map(list, served.tracks)
        items = _received(served, START, max(one.utc_ns for one in video + audio) + NS)
    _assert_same_media("h264", video, [one.payload for one in _units(items)], media.sets_of(path))
    _assert_same_times(video, [one.utc_ns for one in _units(items)])
    assert [one.payload for one in _units(items, 1)] == [one.payload for one in audio]
    offsets = [abs(a.utc_ns - b.utc_ns) for a, b in zip(audio, _units(items, 1), strict=True)]
    assert max(offsets) <= NS // 48_000


def test_a_gap(footage: Path, tmp_path: Path) -> None:
    """Nothing for a minute before the second key frame: found in the times, since nobody says so with D or E."""
    path = footage / "test_h265.mp4"
    keys = [number for number, one in enumerate(media.packets(path)) if one.key]
    with serving(path, tmp_path, start_ns=START, gap=(keys[1], 60 * NS), ends=True) as served:
        sent = list(served.tracks[0])
        items = _received(served, START, max(one.utc_ns for one in sent) + NS)
    (gap,) = [item for item in items if isinstance(item, Gap)]
    assert gap.cause is GapCause.TIME_JUMP
    assert abs(gap.end_ns - sent[keys[1]].utc_ns) <= NS // 90_000
    # Where it begins is the end of the picture before, whose duration is the one of its predecessor.
    assert abs(gap.end_ns - gap.start_ns - 60 * NS) < NS // 100
    _assert_same_media("hevc", sent, [one.payload for one in _units(items)], media.sets_of(path))
    _assert_same_times(sent, [one.utc_ns for one in _units(items)])


def test_a_range_from_its_middle(footage: Path, tmp_path: Path) -> None:
    """GStreamer starts at the next key frame; at the end whole pictures up to the first clean point are kept."""
    path = footage / "bottle-detection.mp4"
    with serving(path, tmp_path, start_ns=START) as served:
        sent = list(served.tracks[0])
        keys = [number for number, one in enumerate(sent) if one.key]
        items = _received(served, sent[keys[1]].utc_ns, sent[keys[2]].utc_ns)
    units = _units(items)
    assert [one.payload for one in units[:1]]
    _assert_same_times(sent[keys[1] : keys[1] + len(units)], [one.utc_ns for one in units])
    assert units[0].clean_point
    assert max(one.utc_ns for one in units) <= sent[keys[2]].utc_ns + NS


@pytest.mark.parametrize(
    ("name", "streams", "kinds"),
    [
        ("bottle-detection.mp4", (0,), (("VIDEO000", "Video"),)),
        ("test_h265.mp4", (0,), (("VIDEO000", "Video"),)),
        ("car-detection.mp4", (0, 1), (("VIDEO000", "Video"), ("AUDIO001", "Audio"))),
    ],
)
def test_the_whole_command(
    name: str, streams: tuple[int, ...], kinds: tuple[tuple[str, str], ...], footage: Path, tmp_path: Path
) -> None:
    """``vssx export``: the file holds what was sent, at the times that were sent, and the handover verifies."""
    path = footage / name
    codec, _ = media.extradata(path)
    with serving(path, tmp_path, start_ns=START, streams=streams) as served:
        last = max(one.utc_ns for track in served.tracks for one in track)
        recording = Recording(replay_uri=served.url, start_ns=START, end_ns=last, tracks=kinds)
        run("keys", "create", "--output", tmp_path / "keys")
        key, cert = tmp_path / "keys" / "key.pem", tmp_path / "keys" / "cert.pem"
        with fronting(recording) as address:
            range_ = ("--from", times.to_xs_datetime(START), "--to", times.to_xs_datetime(last + NS))
            out = ("--output", tmp_path, "--key", key, "--cert", cert, "--timeout", "4")
            handover = Path(run("export", address, "--recording", TOKEN, *range_, *out).strip())
    (file,) = media_of(handover)
    for index, sent in enumerate(map(list, served.tracks)):
        packets = media.packets(file, index)
        if index == 0:
            _assert_same_media(codec, sent, [one.payload for one in packets], media.sets_of(path))
        else:
            assert [one.payload for one in packets] == [one.payload for one in sent]
    record = json.loads((handover / "handover.json").read_text("utf-8"))
    assert json.dumps(record).count("GStreamer")
    started = media.origin_ns(file)
    packets = media.packets(file)
    _assert_same_times(list(served.tracks[0]), [started + int(one.pts * NS) for one in packets])
    run("verify", handover, "--trust", cert)
