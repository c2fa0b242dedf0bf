from __future__ import annotations

import struct
from dataclasses import replace
from fractions import Fraction

import av
import pytest

from tests import peers
from tests.clips import encode
from tests.unit.isobmff.streams import UNIT
from vssx.bitstream.nal import split_length_prefixed
from vssx.codec.demux import Demuxer
from vssx.errors import MalformedMediaError, StorageError, UnsupportedMediaError, UsageError
from vssx.isobmff.reader import open_movie
from vssx.isobmff.writer import Mp4Writer
from vssx.model.handover import SourceIdentity
from vssx.model.media import (
    NS,
    AccessUnit,
    Assumption,
    Codec,
    EndReason,
    Gap,
    GapCause,
    Loss,
    StreamEnd,
    TimeSource,
    TrackType,
)
from vssx.source.local import open_local
from vssx.times import from_xs_datetime

START = from_xs_datetime("2024-05-01T12:00:00Z")
_RECORDINGS = [*sorted(peers.FOOTAGE.glob("*.mp4")), *sorted((peers.ROOT / "samples").glob("*.mp4"))]
_B_FRAMES = {"bf": "3", "b-adapt": "0", "preset": "medium"}


def read(path, **more):
    with open_local(path, **{"start_ns": START, **more}) as source:
        return source, list(source)


def units(items, track=0):
    return [item for item in items if isinstance(item, AccessUnit) and item.track == track]


def of(items, kind):
    return [item for item in items if isinstance(item, kind)]


def write(path, tracks, items):
    """An MP4 of our own writer."""
    writer = Mp4Writer(path, path.with_suffix(".journal"), tracks)
    for item in items:
        if isinstance(item, AccessUnit):
            writer.add(item)
    writer.close(
        export_unit=UNIT,
        sources={track.index: SourceIdentity(name="Gate") for track in tracks},
        position=None,
        creation_ns=START,
        sample_entry="auto",
    )
    return path


@pytest.mark.parametrize("path", _RECORDINGS, ids=lambda path: path.name)
def test_every_sample_of_a_recording_is_what_its_tables_say(path):
    """Against our own reader, which knows nothing of libav: bytes, order, durations and composition times."""
    source, items = read(path)
    movie = open_movie(path)
    carried = [track for track in movie.tracks if track.codec in (Codec.H264, Codec.H265, Codec.AAC)]
    assert [track.codec for track in source.tracks] == [track.codec for track in carried]
    for index, track in enumerate(carried):
        found = units(items, index)
        stored = list(movie.iter_payloads(track))
        assert [unit.payload for unit in found] == [payload for _, payload in stored]
        times = [sample.composition for sample, _ in stored]
        assert [unit.ticks - found[0].ticks for unit in found] == [time - times[0] for time in times]
        assert source.tracks[index].timescale == track.timescale
        if index == 0:
            # what libav's muxer marks as sync, except for samples that hold no picture
            sync = [sample.sync for sample, _ in stored]
            assert all(mark or not unit.clean_point for unit, mark in zip(found, sync, strict=True))
            assert all(
                unit.clean_point or not mark or "signed" in path.name for unit, mark in zip(found, sync, strict=True)
            )
            assert len({id(unit.configuration) for unit in found}) == 1
    assert items[-1] == StreamEnd(reason=EndReason.END_OF_FILE, proven=True)
    assert not of(items, Gap)
    assert not of(items, Loss)


def test_samples_of_seis_only_are_kept(footage):
    _, items = read(footage / "test_signed_h265.mp4")
    kinds = [{nal[0] >> 1 & 63 for nal in split_length_prefixed(unit.payload)} for unit in units(items)]
    assert len(kinds) == 303
    alone = [unit for unit, kind in zip(units(items), kinds, strict=True) if kind <= {39, 40}]
    assert len(alone) == 1
    assert not alone[0].clean_point


def test_the_start_is_asserted_or_stated_or_demanded(tmp_path):
    dated = encode(tmp_path / "dated.mp4", frames=2, creation_time="2024-05-01T12:00:00Z")
    source, items = read(dated, start_ns=None)
    assert (source.start_ns, source.time_source) == (START, TimeSource.FILE)
    assert units(items)[0].time_source is TimeSource.FILE
    assert units(items)[0].utc_ns == START
    assert "creation time" in source.assumptions[0].detail
    source, items = read(dated, start_ns=7)
    assert (source.start_ns, source.time_source) == (7, TimeSource.ASSERTED)
    assert units(items)[1].utc_ns == 7 + NS // 25
    assert "asserted" in source.assumptions[0].detail
    with pytest.raises(UsageError, match="--start"):
        open_local(encode(tmp_path / "undated.mp4", frames=2))


@pytest.mark.parametrize("start", [-(10**19), 10**20, 9_214_646_400 * NS])
def test_a_senseless_start_is_refused(tmp_path, start):
    with pytest.raises(UsageError, match="1904"):
        open_local(encode(tmp_path / "a.mp4", frames=2), start_ns=start)


def test_a_sample_centuries_away_is_left_out(tmp_path):
    path = encode(tmp_path / "a.mp4", frames=10)
    movie = open_movie(path)
    times = struct.pack(">II", 10, 512)
    data = bytearray(path.read_bytes())
    at = data.index(b"stts") + 12
    assert data[at : at + 8] == times
    data[at + 4 : at + 8] = b"\x7f\xff\xff\xff"
    scale = data.index(b"mdhd") + 16
    assert int.from_bytes(data[scale : scale + 4], "big") == movie.tracks[0].timescale
    data[scale : scale + 4] = b"\0\0\0\1"
    path.write_bytes(data)
    _, items = read(path)
    assert len(units(items)) == 2  # 68 years apart
    assert len(of(items, Loss)) == 8


def test_edit_lists_move_the_time_line_and_hide_nothing(tmp_path):
    path = encode(tmp_path / "a.mp4", options=_B_FRAMES, audio=True)
    source, items = read(path)
    video = next(track.index for track in source.tracks if track.track_type is TrackType.VIDEO)
    assert min(unit.ticks for unit in units(items, video)) == 0
    assert min(unit.ticks for unit in units(items, 1 - video)) == -1024  # the encoder's priming
    assert [note.subject for note in source.assumptions].count("edit list") == 2
    # the same with an edit list that begins a second into the video
    data = bytearray(path.read_bytes())
    at = data.index(b"elst") + 16
    (media_time,) = struct.unpack_from(">i", data, at)
    assert media_time == 1024
    struct.pack_into(">i", data, at, 1024 + 12_800)
    path.write_bytes(data)
    source, items = read(path)
    assert len(units(items, video)) == 30
    assert min(unit.ticks for unit in units(items, video)) == -12_800
    assert any("moves the track by -1.080000 s" in note.detail for note in source.assumptions)


def test_our_own_files_come_back_as_they_were_written(tmp_path):
    source, items = read(encode(tmp_path / "a.mp4", options=_B_FRAMES, audio=True, frames=60))
    start = START + 123_456_700
    source, items = read(tmp_path / "a.mp4", start_ns=start)
    again, copied = read(write(tmp_path / "b.mp4", source.tracks, items), start_ns=None)
    assert again.time_source is TimeSource.FILE
    assert any("cstb" in note.detail for note in again.assumptions)
    by_type = {track.track_type: track.index for track in again.tracks}
    for track in source.tracks:
        before, after = units(items, track.index), units(copied, by_type[track.track_type])
        assert [unit.payload for unit in before] == [unit.payload for unit in after]
        assert [unit.clean_point for unit in before] == [unit.clean_point for unit in after]
        assert all(abs(a.utc_ns - b.utc_ns) <= NS // track.timescale for a, b in zip(before, after, strict=True))
        assert before[0].configuration == after[0].configuration


def test_a_change_of_sample_entries_changes_the_configuration_and_a_return_gives_it_back(tmp_path):
    source, small = read(encode(tmp_path / "small.mp4", frames=3))
    _, large = read(encode(tmp_path / "large.mp4", frames=3, size=(128, 96)))
    shift = 0
    parts = []
    for part in (small, large, small):
        parts += [replace(unit, ticks=unit.ticks + shift) for unit in units(part)]
        shift += 3 * 512
    _, items = read(write(tmp_path / "both.mp4", source.tracks, parts))
    found = units(items)
    assert [unit.configuration.width for unit in found] == [64] * 3 + [128] * 3 + [64] * 3
    assert found[0].configuration is found[8].configuration
    assert [unit.payload for unit in found] == [unit.payload for unit in parts]


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_jump_is_a_gap(tmp_path, suffix):
    _, items = read(_spaced(tmp_path / f"a{suffix}", [0.04] * 10 + [5.04] + [0.04] * 10 + [3.0] + [0.04] * 5))
    gaps = of(items, Gap)
    assert [(gap.track, gap.cause, gap.confirmed) for gap in gaps] == [(0, GapCause.SOURCE_FILE, None)] * 2
    assert gaps[0].start_ns == START + 440_000_000
    assert gaps[0].end_ns == START + 5_440_000_000
    assert [unit.run for unit in units(items)] == [0] * 11 + [1] * 11 + [2] * 6
    assert {unit.run_start_ns for unit in units(items)} == {START}
    # a gap stands before the access unit that ends it
    assert isinstance(items[items.index(gaps[0]) + 1], AccessUnit)
    assert items[items.index(gaps[0]) + 1].utc_ns == gaps[0].end_ns


@pytest.mark.parametrize("steps", [[2.0] * 10, [0.5, 0.9, 0.3] * 5, [0.04] * 5 + [1.0] + [0.04] * 5, [10.0] * 4])
def test_slow_and_uneven_recordings_have_no_gaps(tmp_path, steps):
    _, items = read(_spaced(tmp_path / "a.mp4", steps))  # its parameter sets claim 25 frames a second
    assert len(units(items)) == len(steps) + 1
    assert not of(items, Gap)


def _spaced(path, steps):
    """A clip whose samples lie ``steps`` seconds apart; every picture is an IDR picture."""
    with av.open(str(encode(path.with_suffix(".264"), frames=len(steps) + 1, options={"g": "1"}))) as source:
        with av.open(str(path), "w") as out:
            stream = out.add_stream_from_template(source.streams.video[0])
            stream.time_base = Fraction(1, 1000)
            time = 0.0
            for packet, step in zip(
                (packet for packet in source.demux(video=0) if packet.size), [*steps, 0.04], strict=True
            ):
                packet.stream, packet.time_base = stream, Fraction(1, 1000)
                packet.pts = packet.dts = round(time * 1000)
                packet.duration = 40
                out.mux(packet)
                time += step
    return path


def test_b_frames_without_decode_times_are_no_gaps(tmp_path):
    path = encode(tmp_path / "a.mkv", options={**_B_FRAMES, "g": "50"}, rate=2, frames=40)
    _, items = read(path)
    assert not of(items, Gap)


def test_a_clock_that_steps_back_starts_a_new_run(tmp_path):
    first = encode(tmp_path / "a.ts", container={"output_ts_offset": "100"}).read_bytes()
    path = tmp_path / "both.ts"
    path.write_bytes(first + encode(tmp_path / "b.ts", container={"output_ts_offset": "10"}).read_bytes())
    _, items = read(path)
    (gap,) = of(items, Gap)
    assert gap.cause is GapCause.BACKWARD_STEP
    assert gap.end_ns < gap.start_ns
    assert [unit.run for unit in units(items)] == [0] * 30 + [1] * 30


def test_a_clock_of_33_bits_that_runs_over_goes_on(tmp_path):
    turn = Fraction(1 << 33, 90_000)
    path = encode(tmp_path / "a.ts", container={"output_ts_offset": str(float(turn - Fraction(1, 2)))}, audio=True)
    _, items = read(path)
    assert not of(items, Gap)
    for track in (0, 1):
        assert 0 <= units(items, track)[0].utc_ns - START < NS // 10
        assert NS < units(items, track)[-1].utc_ns - START < 2 * NS


def _copied(path, target):
    """The same samples in another container."""
    with av.open(str(path)) as source, av.open(str(target), "w") as out:
        stream = out.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = stream
                out.mux(packet)
    return target


def test_the_same_pictures_out_of_every_container(tmp_path):
    """An encoder's output survives MP4, MKV, TS and Annex B: the slices are the same, the times too."""
    path = encode(tmp_path / "a.mp4", options={**_B_FRAMES, "g": "10"})
    slices, times = {}, {}
    for suffix in (".mp4", ".mkv", ".ts", ".264"):
        source, items = read(path if suffix == ".mp4" else _copied(path, tmp_path / f"a{suffix}"))
        slices[suffix] = [
            b"".join(bytes(nal) for nal in split_length_prefixed(unit.payload) if nal[0] & 31 in (1, 5))
            for unit in units(items)
        ]
        times[suffix] = [unit.utc_ns for unit in units(items)]
        assert units(items)[0].clean_point
        assert ("Annex B" in [note.subject for note in source.assumptions]) is (suffix in (".ts", ".264"))
    assert slices[".mp4"] == slices[".mkv"] == slices[".ts"] == slices[".264"]
    assert times[".mp4"] == times[".mkv"] == times[".ts"] == times[".264"]
    assert len(slices[".mp4"]) == 30


def test_adts_headers_come_off(tmp_path):
    _, stored = read(encode(tmp_path / "a.mp4", audio=True))
    source, items = read(encode(tmp_path / "a.ts", audio=True))
    sound = next(track.index for track in source.tracks if track.track_type is TrackType.AUDIO)
    expected = next(unit.track for unit in of(stored, AccessUnit) if unit.configuration.codec is Codec.AAC)
    assert [unit.payload for unit in units(items, sound)] == [unit.payload for unit in units(stored, expected)]
    assert units(items, sound)[0].configuration.sample_rate == 48_000
    assert "ADTS" in [note.subject for note in source.assumptions]


def test_a_file_that_was_cut_says_so(tmp_path):
    path = encode(tmp_path / "a.mp4", container={"movflags": "faststart"}, size=(320, 240))
    path.write_bytes(path.read_bytes()[:-3000])
    _, items = read(path)
    assert 0 < len(units(items)) < 30
    assert of(items, Loss)
    end = items[-1]
    assert isinstance(end, StreamEnd)
    assert not end.proven
    assert sum("not in the file" in loss.detail or "left out" in loss.detail for loss in of(items, Loss)) >= 1


def _damage(path, samples, junk=b"\xff\xff\xff\xff"):
    """Overwrite the first length of some samples of an MP4."""
    movie = open_movie(path)
    offsets = [sample.offset for sample in movie.iter_samples(movie.tracks[0])]
    data = bytearray(path.read_bytes())
    for number in samples:
        data[offsets[number] : offsets[number] + 4] = junk
    path.write_bytes(data)
    return path


def test_an_unusable_sample_is_left_out_and_reported(tmp_path):
    path = _damage(encode(tmp_path / "a.mp4"), [7])
    _, items = read(path)
    (loss,) = of(items, Loss)
    assert "sample 7" in loss.detail
    assert loss.at_ns == START + 7 * NS // 25  # where the sample before it ends
    assert len(units(items)) == 29
    assert not items[-1].proven


def test_a_file_without_a_usable_sample_is_refused(tmp_path):
    with pytest.raises(MalformedMediaError, match="none of its 30 samples"):
        read(_damage(encode(tmp_path / "a.mp4"), range(30)))
    with pytest.raises(MalformedMediaError, match="more than 100 samples"):
        read(_damage(encode(tmp_path / "b.mp4", frames=200), range(150)))


def test_a_parameter_set_that_cannot_be_read_travels_on(tmp_path):
    options = {"g": "10", "x264-params": "repeat-headers=1"}
    path = encode(tmp_path / "a.mkv", options=options)
    _, items = read(path)
    known = units(items)[0].configuration
    sps = known.parameter_sets[0]
    data = path.read_bytes()
    at = data.rindex(sps)
    path.write_bytes(data[: at + 4] + b"\0" * (len(sps) - 4) + data[at + len(sps) :])
    _, items = read(path)
    assert len(units(items)) == 30
    assert {id(unit.configuration) for unit in units(items)} == {id(units(items)[0].configuration)}
    (note,) = of(items, Assumption)
    assert note.subject == "parameter set"
    assert units(items)[20].has_parameter_sets


@pytest.mark.parametrize("fps", [12.5, Fraction(25, 2)])
def test_the_rate_of_a_raw_stream_may_be_given(tmp_path, fps):
    source, items = read(encode(tmp_path / "a.265", "libx265", options={"x265-params": "log-level=none"}), fps=fps)
    assert sorted(unit.utc_ns - START for unit in units(items)) == [number * 80_000_000 for number in range(30)]
    assert any("the frame rate given" in note.detail for note in source.assumptions)
    with pytest.raises(UsageError):
        open_local(tmp_path / "a.265", start_ns=START, fps=float("nan"))


def test_a_track_of_another_codec_refuses_the_file(tmp_path):
    with pytest.raises(UnsupportedMediaError):
        open_local(encode(tmp_path / "a.mp4", "mpeg4", frames=2), start_ns=START)


def test_one_pass_needs_no_more_memory_for_a_longer_file(tmp_path):
    import tracemalloc

    peaks = []
    for frames in (50, 500):
        path = encode(tmp_path / f"{frames}.mp4", frames=frames, size=(320, 240), options={"g": "50"})
        tracemalloc.start()
        with open_local(path, start_ns=START) as source:
            for _ in source:
                pass
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0] + 100_000


def test_the_demuxer_is_closed_with_the_source(tmp_path):
    path = encode(tmp_path / "a.mp4", frames=2)
    with open_local(path, start_ns=START) as source:
        assert len(list(source)) == 3
    path.unlink()
    assert isinstance(source.tracks, tuple)
    with pytest.raises(StorageError):
        Demuxer(path)


def test_a_path_that_the_system_does_not_take_is_an_error_of_vssx(tmp_path):
    with pytest.raises((StorageError, UsageError)):  # Windows calls it a file that does not exist
        open_local(tmp_path / f"{'x' * 300}.mp4", start_ns=0)
