"""Files that were cut: the record must say so where the container shows it, and claim less where it cannot."""

from __future__ import annotations

import pytest

from tests.clips import encode
from vssx.codec.cut_file import CutFile, declared_size
from vssx.model.media import AccessUnit, Loss, StreamEnd
from vssx.source.local import open_local

START = 1_767_323_045 * 1_000_000_000
FRAGMENTED = {"movflags": "frag_keyframe+empty_moov"}


def _read(path):
    with open_local(path, start_ns=START) as source:
        items = list(source)
    end = items[-1]
    assert isinstance(end, StreamEnd)
    units = [item for item in items if isinstance(item, AccessUnit)]
    return units, [item.detail for item in items if isinstance(item, Loss)], end


def _cut(path, keep):
    path.write_bytes(path.read_bytes()[: int(keep)])
    return path


def _whole(tmp_path, suffix, **container):
    return encode(
        tmp_path / f"a{suffix}", frames=150, size=(320, 240), audio=True, noise=suffix == ".ts", container=container
    )


def test_a_cut_fragmented_file_names_what_is_missing_and_gives_every_whole_sample(tmp_path):
    path = _whole(tmp_path, ".mp4", **FRAGMENTED)
    before, losses, end = _read(path)
    assert (losses, end.proven) == ([], True)
    size = path.stat().st_size
    units, losses, end = _read(_cut(path, size * 0.6))
    assert not end.proven
    assert any(f"claim {declared_size(path)} bytes" in loss for loss in losses)
    pictures = [unit.payload for unit in units if unit.track == 0]
    expected = [unit.payload for unit in before if unit.track == 0]
    data = path.read_bytes()
    inside = [payload for payload in expected if payload in data]
    assert pictures == inside
    assert len(inside) < len(expected)
    missing = len(expected) - len(inside)
    assert any(loss.startswith(f"{missing} samples that the file's tables name") for loss in losses)


def test_a_declared_track_without_a_sample_is_named(tmp_path):
    path = _whole(tmp_path, ".mp4", **FRAGMENTED)
    units, losses, end = _read(_cut(path, path.stat().st_size * 0.6))
    assert {unit.track for unit in units} == {0}
    assert any(loss.startswith("track 1 (AAC) is declared, and the file holds no sample of it") for loss in losses)
    assert not end.proven


@pytest.mark.parametrize("suffix", [".mkv", ".ts", ".avi", ".mp4"])
def test_a_cut_file_says_so(tmp_path, suffix):
    more = {"movflags": "faststart"} if suffix == ".mp4" else {}
    path = _whole(tmp_path, suffix, **more)
    _, losses, end = _read(path)
    assert (losses, end.proven) == ([], True)
    units, losses, end = _read(_cut(path, path.stat().st_size * 0.55 // 188 * 188 + 100))
    assert units
    assert losses
    assert not end.proven


def test_a_matroska_file_without_a_duration_that_was_cut_says_so(tmp_path):
    path = _whole(tmp_path, ".mkv", live="1")
    _, losses, end = _read(path)
    assert (losses, end.proven) == ([], True)
    assert "does not tell how much belongs to it" in end.detail
    _, losses, end = _read(_cut(path, path.stat().st_size * 0.55))
    assert any("its last element is cut" in loss for loss in losses)
    assert not end.proven


def test_a_transport_stream_cut_between_packets_claims_less(tmp_path):
    path = _whole(tmp_path, ".ts")
    data = path.read_bytes()
    pid_of_sound = 0x101
    packets = [data[at : at + 188] for at in range(0, len(data), 188)]
    starts = [n for n, p in enumerate(packets) if p[1] & 0x40 and (p[1] & 31) << 8 | p[2] == pid_of_sound]
    _cut(path, starts[len(starts) // 2] * 188)  # no packet (PES) of the sound is open there
    _, losses, end = _read(path)
    assert losses == []
    assert "at the border of a packet" in end.detail


def test_a_transport_stream_with_a_hole_or_an_open_packet_says_so(tmp_path):
    path = _whole(tmp_path, ".ts")
    data = path.read_bytes()
    packets = [data[at : at + 188] for at in range(0, len(data), 188)]
    path.write_bytes(b"".join(packets[:300] + packets[310:]))
    _, losses, end = _read(path)
    assert any("the continuity counter of PID" in loss for loss in losses)
    assert not end.proven
    sound = [n for n, p in enumerate(packets) if (p[1] & 31) << 8 | p[2] == 0x101]
    first = next(n for n in sound[len(sound) // 2 :] if packets[n][1] & 0x40)
    path.write_bytes(b"".join(packets[: first + 1]))
    _, losses, end = _read(path)
    assert any("the last packet (PES) of PID 257 is cut" in loss for loss in losses)
    assert not end.proven


def test_zeros_stand_only_behind_what_is_there(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"abc")
    file = CutFile(path, 5)
    try:
        assert file.read(10) == b"abc\0\0"
        assert file.read(1) == b""
        assert file.seek(-4, 2) == 1
        assert file.read(3) == b"bc\0"
        assert file.tell() == 4
    finally:
        file.close()
