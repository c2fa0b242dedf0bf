from __future__ import annotations

import itertools
import struct
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.isobmff.streams import (
    AAC,
    AUDIO,
    H264,
    METADATA,
    START_NS,
    UNIT,
    VIDEO,
    XML,
    audio,
    close,
    gop,
    h264,
    journal_of,
    nal,
    video,
    write,
)
from vssx.errors import HandoverError, NothingRecordedError, StorageError, UnsupportedMediaError
from vssx.isobmff.box import MediaFile, read_boxes
from vssx.isobmff.reader import Edit, open_movie
from vssx.isobmff.writer import Mp4Writer
from vssx.model.handover import Position
from vssx.model.media import NS, AccessUnit, SourceTrack, TimeSource, TrackType
from vssx.times import from_1904_seconds


def kinds(path: Path) -> list[str]:
    with MediaFile(path) as file:
        return [one.box_type for one in read_boxes(file)]


def test_order_of_the_boxes(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    write(path, [*gop(0, 20), *gop(20, 20), *gop(40, 20)])
    assert kinds(path) == ["ftyp", "mdat", "mdat", "mdat", "moov", "meta"]
    movie = open_movie(path)
    assert [one.box_type for one in movie.boxes[-1].children] == ["hdlr", "sumi", "suep", "cstb"]
    assert movie.remarks == ()


def test_composition_offsets_and_no_edit_list_for_video(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    write(path, gop(0, 6))
    movie = open_movie(path)
    (track,) = movie.tracks
    assert track.edits == ()
    samples = list(movie.iter_samples(track))
    assert [one.decode for one in samples] == [0, 3600, 7200, 10800, 14400, 18000]
    assert [one.composition for one in samples] == [0, 7200, 3600, 14400, 10800, 18000]
    with MediaFile(path) as file:
        stbl = read_boxes(file)[-2].child("trak").child("mdia").child("minf").child("stbl")  # type: ignore[union-attr]
        assert file.read(stbl.child("ctts").payload_offset, 1) == b"\1"  # type: ignore[union-attr]


def test_cstb_is_the_origin_and_audio_gets_an_empty_edit(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    late = START_NS + 2_500_000_000
    write(path, [*gop(0, 3), audio(0, b"a", run_start_ns=late), audio(1, b"b", run_start_ns=late)], (VIDEO, AUDIO))
    movie = open_movie(path)
    assert [(one.track_id, one.utc_ns) for one in movie.start_times] == [(1, START_NS), (2, late)]
    sound = movie.track(2)
    assert sound.edits == (
        Edit(duration=225_000, media_time=-1, rate=1.0),
        Edit(duration=11_520, media_time=0, rate=1.0),
    )
    assert [one.composition for one in movie.iter_samples(sound)] == [0, 1024]
    assert sound.language == "deu"
    assert movie.duration == 225_000 + 11_520


def test_late_video_gets_its_distance_through_composition_offsets(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    early = START_NS - 2 * NS
    write(path, [audio(0, b"a", run_start_ns=early), *gop(0, 3)], (VIDEO, AUDIO))
    movie = open_movie(path)
    assert [(one.track_id, one.utc_ns) for one in movie.start_times] == [(1, early), (2, early)]
    samples = list(movie.iter_samples(movie.track(1)))
    assert [one.decode for one in samples] == [0, 183_600, 187_200]  # the first alone bridges the distance
    assert [one.composition for one in samples] == [180_000, 187_200, 183_600]
    assert movie.track(1).edits == movie.track(2).edits == ()
    assert movie.track(1).duration == 190_800


def test_the_video_comes_first_wherever_the_source_has_it(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    tracks = (replace(AUDIO, index=0), replace(VIDEO, index=1))
    units = [replace(audio(0, b"x"), track=0), *(replace(unit, track=1) for unit in gop(0, 3))]
    closed = write(path, units, tracks)
    assert [one.track_id for one in closed.tracks] == [2, 1]
    movie = open_movie(path)
    assert [one.track_id for one in movie.tracks] == [2, 1]
    assert movie.start_times[0].track_id == 2
    assert movie.export is not None
    assert [track_id for track_id, _ in movie.export.sources] == [2, 1]


def test_a_track_without_samples_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    closed = write(path, gop(0, 3), (VIDEO, AUDIO, METADATA))
    assert [one.track_id for one in closed.tracks] == [1]
    movie = open_movie(path)
    assert [one.track_id for one in movie.tracks] == [1]
    assert movie.export is not None
    assert [track_id for track_id, _ in movie.export.sources] == [1]


def test_metadata_track(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    document = b'<tt:MetadataStream xmlns:tt="http://www.onvif.org/ver10/schema"/>'
    unit = replace(video(900, document, clean=True, configuration=XML), track=2)
    write(path, [*gop(0, 3), unit], (VIDEO, AUDIO, METADATA))
    movie = open_movie(path)
    track = movie.track(3)
    assert (track.handler, track.handler_name, track.track_type) == ("meta", "Analytics", TrackType.METADATA)
    assert track.sample_entries[0].code == "metx"
    assert [payload for _, payload in movie.iter_payloads(track)] == [document]
    with MediaFile(path) as file:
        minf = movie.boxes[-2].all("trak")[1].child("mdia").child("minf")  # type: ignore[union-attr]
        assert minf.child("nmhd") is not None  # type: ignore[union-attr]
        assert file.size == movie.size


def test_entries_follow_the_stream(tmp_path: Path) -> None:
    """Another configuration is another entry of the same kind; one that comes back gets its old one."""
    small, large = h264(320, 240), h264(640, 480)
    units = [
        video(0, nal(b"e1"), clean=True, configuration=small),
        video(3600, nal(b"e2"), clean=True, configuration=large, sets=True),
        video(7200, nal(b"e3"), clean=True, configuration=h264(320, 240)),
    ]
    closed = write(tmp_path / "a.mp4", units, block_bytes=1 << 20)
    assert closed.tracks[0].sample_entries == ("avc3", "avc3")
    movie = open_movie(tmp_path / "a.mp4")
    assert [one.entry for one in movie.iter_samples(movie.tracks[0])] == [0, 1, 0]
    assert [one.width for one in movie.tracks[0].sample_entries] == [320, 640]
    for choice, code in (("in-band", "avc3"), ("out-of-band", "avc1")):
        path = tmp_path / f"{choice}.mp4"
        assert write(path, units, sample_entry=choice).tracks[0].sample_entries == (code, code)


def test_times_and_names(tmp_path: Path) -> None:
    position = Position(longitude=2.5, latitude=48.75, name="Quai 1", notes="camera position")
    units = [*gop(0, 3), audio(0, b"x")]
    closed = write(tmp_path / "a.mp4", units, (VIDEO, AUDIO), position=position)
    movie = open_movie(tmp_path / "a.mp4")
    whole = START_NS // NS * NS
    assert movie.creation_ns == whole
    assert [one.creation_ns for one in movie.tracks] == [whole, whole]
    assert [one.handler_name for one in movie.tracks] == ["Video", "Audio"]
    assert movie.position == position
    assert movie.export is not None
    assert movie.export.export_unit == replace(UNIT, time_ns=whole)
    assert movie.export.sources[0][1].name == "Entrance"
    assert movie.identity is not None
    assert movie.identity.start_ns == closed.origin_ns == START_NS
    assert movie.identity.duration_ns == 120_000_000


def test_times_beyond_2040_take_64_bits(tmp_path: Path) -> None:
    start = from_1904_seconds(1 << 32)
    writer = Mp4Writer(tmp_path / "a.mp4", tmp_path / "j", (VIDEO,))
    writer.add(video(0, b"", clean=True, run_start_ns=start))
    writer.close(export_unit=UNIT, sources={}, position=None, creation_ns=start)
    movie = open_movie(tmp_path / "a.mp4")
    assert movie.creation_ns == movie.tracks[0].creation_ns == start
    assert movie.start_times[0].utc_ns == start


def test_tracks_take_turns_of_half_a_second(tmp_path: Path) -> None:
    """Long chunks, so that the tables stay small; short enough that a player never has to jump far."""
    pictures = gop(0, 100, b_frames=False)
    sounds = [audio(number, b"s") for number in range(62)]
    units = sorted([*pictures, *sounds], key=lambda unit: unit.utc_ns)
    write(tmp_path / "a.mp4", units, (VIDEO, AUDIO), block_bytes=1 << 20)
    movie = open_movie(tmp_path / "a.mp4")
    assert kinds(tmp_path / "a.mp4").count("mdat") == 1
    order = [track_id for track_id, run in movie.iter_runs_in_file_order() for _ in run.sizes]
    assert order[0] == 1
    turns = [len(list(group)) for _, group in itertools.groupby(order)]
    assert max(turns) <= 14
    assert 14 <= len(turns) <= 18


def test_a_block_ends_before_a_clean_point(tmp_path: Path) -> None:
    units = list(itertools.chain.from_iterable(gop(start, 10) for start in range(0, 100, 10)))
    write(tmp_path / "a.mp4", units, block_bytes=250)
    movie = open_movie(tmp_path / "a.mp4")
    sync = {one.offset for one in movie.iter_samples(movie.tracks[0]) if one.sync}
    mdats = [one for one in movie.boxes if one.box_type == "mdat"]
    assert len(mdats) > 2
    assert {one.payload_offset for one in mdats} <= sync


def test_an_endless_gop_is_written_all_the_same(tmp_path: Path) -> None:
    from vssx.isobmff.block_writer import FTYP

    path = tmp_path / "a.mp4"
    writer = Mp4Writer(path, tmp_path / "j", (VIDEO,), block_bytes=1)
    for number in range(40_000):
        writer.add(video(number, b"x", clean=number == 0))
    writer.abandon()
    assert path.stat().st_size > len(FTYP) + 16_384


@pytest.mark.parametrize("entries", [300])
def test_what_does_not_fit_into_one_file(tmp_path: Path, entries: int) -> None:
    writer = Mp4Writer(tmp_path / "a.mp4", tmp_path / "j", (VIDEO, AUDIO))
    writer.add(video(0, b"x", clean=True))
    far = video(1 << 31, b"y")
    assert not writer.fits(far)
    with pytest.raises(UnsupportedMediaError, match="cannot stand in one MP4 file") as caught:
        writer.add(far)
    assert "sample 2" in caught.value.where
    assert not writer.fits(video(-(1 << 31), b"y"))
    assert writer.fits(video(1 << 30, b"y"))
    assert writer.fits(audio(0, b"z", run_start_ns=START_NS + 20 * 3600 * NS))  # an edit list does that
    for number in range(entries):
        unit = video(number, b"x", configuration=h264(number % 256, number // 256))
        if not writer.fits(unit):
            assert number == 254
            break
        writer.add(unit)
    else:
        pytest.fail("no limit")
    assert writer.fits(video(number, b"x", configuration=H264))
    writer.abandon()


def test_a_checkpoint_is_on_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    writer = Mp4Writer(path, journal_of(path), (VIDEO,))
    for unit in gop(0, 5):
        writer.add(unit)
    writer.checkpoint()
    writer.add(video(18_000, b"lost", clean=True))
    writer.abandon()
    again = Mp4Writer.resume(path, journal_of(path))
    assert again.resumed is not None
    assert again.resumed.tracks[0].samples == again.samples == 5
    again.abandon()


def test_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="different indexes"):
        Mp4Writer(tmp_path / "a.mp4", tmp_path / "j", (VIDEO, VIDEO))
    with pytest.raises(UnsupportedMediaError, match="timescale"):
        Mp4Writer(tmp_path / "a.mp4", tmp_path / "j", (replace(VIDEO, timescale=1 << 32),))
    writer = Mp4Writer(tmp_path / "a.mp4", tmp_path / "j", (VIDEO,))
    with pytest.raises(ValueError, match="timescale"):
        writer.add(replace(video(0, b""), timescale=1000))
    with pytest.raises(NothingRecordedError):
        close(writer)
    writer.abandon()
    writer.abandon()
    for name in ("a.mp4", "b.mp4"):
        with pytest.raises(HandoverError, match="exists already"):
            Mp4Writer(tmp_path / name, tmp_path / "j", (VIDEO,))
    assert not (tmp_path / "b.mp4").exists()
    with pytest.raises(StorageError):
        Mp4Writer(tmp_path / "none" / "a.mp4", tmp_path / "none" / "j", (VIDEO,))


def test_what_a_track_summary_says(tmp_path: Path) -> None:
    units = [*gop(0, 5), audio(0, b"abc"), audio(1, b"de")]
    closed = write(tmp_path / "a.mp4", units, (VIDEO, AUDIO))
    picture, sound = (one.summary("00" * 32) for one in closed.tracks)
    assert (picture.track_id, picture.index, picture.samples, picture.clean_points) == (1, 0, 5, 1)
    assert (picture.first_utc_ns, picture.last_utc_ns) == (START_NS, START_NS + 160_000_000)
    assert (picture.width, picture.height, picture.sample_entries) == (640, 480, ("avc1",))
    assert (picture.decode_times_derived, sound.decode_times_derived) == (True, False)
    assert (sound.payload_bytes, sound.sample_rate, sound.channels) == (5, 16_000, 1)
    assert sound.time_sources == (TimeSource.FILE,)


def test_co64(tmp_path: Path) -> None:
    """Offsets beyond 4 GiB, without writing as much: the box builder alone."""
    from vssx.isobmff.journal import RunRecord, SampleRecord
    from vssx.isobmff.movie_box import MovieTrack, movie
    from vssx.isobmff.track_tables import TrackTables

    tables = TrackTables(VIDEO, 1, START_NS, tmp_path)
    run = RunRecord(0, TimeSource.FILE, 0, START_NS)
    tables.add((SampleRecord(0, 1, 0, 0, 0, 100, (5 << 32) + 7, 0, 0, 0, 0),), (run,))
    tables.finish((H264,))
    track = MovieTrack(tables=tables, configurations=(H264,), in_band=(False,))
    raw = b"".join(
        movie(
            (track,),
            origin_ns=START_NS,
            creation_ns=START_NS,
            modification_ns=START_NS,
            position=None,
            media_end=6 << 32,
        )
    )
    assert b"co64\0\0\0\0\0\0\0\1\0\0\0\5\0\0\0\7" in raw
    assert struct.unpack(">I", raw[:4])[0] == len(raw)


@pytest.mark.skipif(sys.platform == "win32", reason="RLIMIT_FSIZE is POSIX")
def test_a_disk_that_takes_no_more(tmp_path: Path) -> None:
    """The system itself refuses the write; what is on the disk is continued afterwards."""
    script = textwrap.dedent("""
        import resource, sys
        from pathlib import Path
        from tests.unit.isobmff.streams import VIDEO, close, journal_of, video
        from vssx.errors import StorageError
        from vssx.isobmff.writer import Mp4Writer
        path = Path(sys.argv[1])
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
        writer = Mp4Writer(path, journal_of(path), (VIDEO,), block_bytes=50_000)
        try:
            for number in range(1000):
                writer.add(video(number * 3600, bytes([number % 256]) * 1000, clean=number % 10 == 0))
            close(writer)
        except StorageError as error:
            print(error.exit_code.value, error.where)
            try:
                close(writer)
            except StorageError:
                print("again")
            writer.abandon()
        """)
    path = tmp_path / "a.mp4"
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)], capture_output=True, text=True, cwd=root, timeout=60, check=False
    )
    assert done.stdout.split() == ["33", str(path), "again"], done.stderr
    writer = Mp4Writer.resume(path, journal_of(path))
    assert writer.resumed is not None
    written = writer.resumed.tracks[0].samples
    assert written == 150
    for number in range(written, 1000):
        writer.add(video(number * 3600, bytes([number % 256]) * 1000, clean=number % 10 == 0))
    close(writer)
    movie = open_movie(path)
    payloads = [payload for _, payload in movie.iter_payloads(movie.tracks[0])]
    assert payloads == [bytes([number % 256]) * 1000 for number in range(1000)]


def test_any_source_track_can_stand_alone(tmp_path: Path) -> None:
    """Audio only: the reference for blocks and for the origin is the first track."""
    track: SourceTrack = AUDIO
    units: list[AccessUnit] = [audio(number, bytes([number])) for number in range(5)]
    closed = write(tmp_path / "a.mp4", units, (track,))
    assert [one.configurations for one in closed.tracks] == [(AAC,)]
    assert journal_of(tmp_path / "a.mp4").exists()
