from __future__ import annotations

import hashlib
import struct
import subprocess
import sys
import textwrap
import zlib
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.isobmff.streams import AUDIO, START_NS, VIDEO, audio, close, digest, gop, journal_of, video, write
from vssx.errors import MalformedMediaError, StorageError, UsageError
from vssx.isobmff.block_writer import FTYP
from vssx.isobmff.journal import MAGIC, JournalReader, encode_data, encode_header
from vssx.isobmff.reader import open_movie
from vssx.isobmff.writer import Mp4Writer
from vssx.model.media import AccessUnit, ReplayExtension
from vssx.times import to_ntp

UNITS = [*gop(0, 20), *gop(20, 20), *gop(40, 20)]


def cut(path: Path, units: list[AccessUnit], *tracks: object) -> None:
    """What a run leaves that was killed while it wrote its last block."""
    writer = Mp4Writer(path, journal_of(path), tracks or (VIDEO,), block_bytes=200)  # type: ignore[arg-type]
    for unit in units:
        writer.add(unit)
    writer.abandon()


def test_state_of_a_cut_file(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    sounds = [audio(number, bytes([number]) * 20) for number in range(38)]
    units = [unit for start in range(0, 60, 20) for unit in (*gop(start, 20), *sounds[start // 5 * 3 :][:12])]
    cut(path, units, VIDEO, AUDIO)
    with path.open("ab") as file:
        file.write(bytes(77))
    with journal_of(path).open("ab") as file:
        file.write(b"DATA torn")
    payloads: dict[int, list[bytes]] = {0: [], 1: []}
    writer = Mp4Writer.resume(
        path, journal_of(path), on_sample=lambda index, payload: payloads[index].append(bytes(payload))
    )
    state = writer.resumed
    assert state is not None
    assert (state.dropped_bytes, state.last_run) == (77, 0)
    assert path.stat().st_size == state.kept_bytes
    picture, sound = state.tracks
    assert picture.samples == 40
    assert digest(payloads[0]) == digest(unit.payload for unit in UNITS[:40])
    assert digest(payloads[1]) == digest(unit.payload for unit in sounds[: sound.samples])
    # The last whole GOP, and the sound since its beginning.
    assert state.continue_ns == UNITS[20].utc_ns
    assert [one.utc_ns for one in picture.tail] == [unit.utc_ns for unit in UNITS[20:40]]
    assert [one.sha256 for one in picture.tail] == [hashlib.sha256(unit.payload).digest() for unit in UNITS[20:40]]
    assert picture.tail[0].clean_point
    assert sound.tail[0].utc_ns >= UNITS[20].utc_ns
    writer.abandon()


def test_finishing_what_is_there(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    cut(path, UNITS)
    closed = close(Mp4Writer.resume(path, journal_of(path)))
    assert closed.tracks[0].samples == 40
    assert closed.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    again = close(Mp4Writer.resume(path, journal_of(path)))
    assert again == closed  # a closed file can be opened and finished again: the same bytes


def test_the_continued_file_is_that_of_one_run(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    cut(path, UNITS)
    writer = Mp4Writer.resume(path, journal_of(path), block_bytes=200)
    for unit in UNITS[40:]:
        writer.add(unit)
    closed = close(writer)
    whole = write(tmp_path / "b.mp4", UNITS)
    assert (closed.sha256, closed.tracks) == (whole.sha256, whole.tracks)


def test_a_kill_before_the_first_block(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    cut(path, [])
    for size in (len(FTYP), 3, 0):
        with path.open("r+b") as file:
            file.truncate(size)
        writer = Mp4Writer.resume(path, journal_of(path))
        assert (writer.samples, writer.tracks) == (0, (VIDEO,))
        writer.abandon()
        assert path.read_bytes() == FTYP


def test_a_torn_header_needs_the_tracks(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    cut(path, UNITS)
    with journal_of(path).open("r+b") as file:
        file.truncate(30)
    with pytest.raises(MalformedMediaError, match="nothing can be continued"):
        Mp4Writer.resume(path, journal_of(path))
    writer = Mp4Writer.resume(path, journal_of(path), tracks=(VIDEO,), block_bytes=200)
    for unit in UNITS:
        writer.add(unit)
    assert close(writer).sha256 == write(tmp_path / "b.mp4", UNITS).sha256


@pytest.mark.parametrize("line", [1, 2, 5, 9, 14])
def test_a_killed_process(tmp_path: Path, line: int) -> None:
    """SIGKILL while it writes, not a model of it."""
    path = tmp_path / "a.mp4"
    script = textwrap.dedent("""
        import sys
        from pathlib import Path
        from tests.unit.isobmff.streams import VIDEO, gop, journal_of
        from vssx.isobmff.writer import Mp4Writer
        path = Path(sys.argv[1])
        writer = Mp4Writer(path, journal_of(path), (VIDEO,), block_bytes=300)
        first = 0
        while True:
            for unit in gop(first, 20):
                writer.add(unit)
            first += 20
            print(first, flush=True)
        """)
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE, cwd=Path(__file__).parents[3]
    )
    assert process.stdout is not None
    for _ in range(line):
        assert process.stdout.readline()
    process.kill()
    process.wait()
    process.stdout.close()
    writer = Mp4Writer.resume(path, journal_of(path), block_bytes=300)
    written = writer.samples
    assert written % 20 == 0
    for first in range(written, written + 40, 20):
        for unit in gop(first, 20):
            writer.add(unit)
    closed = close(writer)
    units = [unit for first in range(0, written + 40, 20) for unit in gop(first, 20)]
    assert closed.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    movie = open_movie(path)
    assert [payload for _, payload in movie.iter_payloads(movie.tracks[0])] == [unit.payload for unit in units]


def test_a_kill_before_the_media_file_is_made(tmp_path: Path) -> None:
    """The journal comes first, with its header."""
    path = tmp_path / "a.mp4"
    cut(path, [])
    path.unlink()
    writer = Mp4Writer.resume(path, journal_of(path))
    assert (writer.tracks, writer.samples, writer.origin_ns) == ((VIDEO,), 0, None)
    writer.abandon()


@pytest.mark.parametrize("missing", ["file", "journal"])
def test_one_of_the_two_files_is_missing(tmp_path: Path, missing: str) -> None:
    path = tmp_path / "a.mp4"
    cut(path, UNITS)
    (path if missing == "file" else journal_of(path)).unlink()
    writer = Mp4Writer.resume(path, journal_of(path), tracks=(VIDEO,))
    assert writer.samples == 0
    writer.abandon()


def test_other_tracks_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    cut(path, UNITS)
    before = path.read_bytes()
    with pytest.raises(UsageError, match="the tracks are others"):
        Mp4Writer.resume(path, journal_of(path), tracks=(VIDEO, AUDIO))
    assert path.read_bytes() == before


def test_media_that_changed_is_never_continued(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    cut(path, UNITS)
    content = bytearray(path.read_bytes())
    content[60] ^= 1
    path.write_bytes(content)
    with pytest.raises(MalformedMediaError, match="not what was written"):
        Mp4Writer.resume(path, journal_of(path))
    assert path.read_bytes() == content


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="does not exist"):
        Mp4Writer.resume(tmp_path / "a.mp4", tmp_path / "j", tracks=(VIDEO,))


def test_everything_about_a_sample_survives_the_journal(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    utc = START_NS + 40_000_000
    extension = ReplayExtension(
        ntp_time=to_ntp(utc),
        utc_ns=utc,
        clean_point=True,
        end_of_section=False,
        discontinuity=True,
        terminal=False,
        cseq=251,
    )
    unit = video(-5, b"x", clean=True, run=7, run_start_ns=utc, rtp=0xFFFFFFFF, extension=extension, sets=True)
    write(path, [unit])
    (block,) = JournalReader(journal_of(path)).blocks()
    assert block.configurations == ((0, unit.configuration),)
    (run,) = block.runs
    assert (run.run, run.start_ns, run.time_source) == (7, utc, unit.time_source)
    (sample,) = block.samples
    assert (sample.ticks, sample.rtp, sample.ntp, sample.cseq) == (-5, 0xFFFFFFFF, extension.ntp_time, 251)
    assert hashlib.sha256(path.read_bytes()[: block.mdat_end]).digest() == block.prefix_sha256


def test_a_journal_that_refers_to_nothing(tmp_path: Path) -> None:
    """Intact by its checksum, yet with samples of no run: damaged before it was written, or not ours."""
    path = tmp_path / "a.mp4"
    write(path, UNITS, block_bytes=1 << 20)
    (block,) = JournalReader(journal_of(path)).blocks()
    header = journal_of(path).read_bytes()[: -len(encode_data(block))]
    for name, value in (("run", 1), ("entry", 1), ("track", 1)):
        samples = (block.samples[0]._replace(**{name: value}), *block.samples[1:])
        journal_of(path).write_bytes(header + encode_data(replace(block, samples=samples)))
        with pytest.raises(MalformedMediaError, match="makes no sense"):
            Mp4Writer.resume(path, journal_of(path))


@pytest.mark.parametrize("head", [b"{}", b"[]", b'{"tracks": [{}]}', b"[" * 100_000, b"\xff"])
def test_a_header_that_makes_no_sense(tmp_path: Path, head: bytes) -> None:
    path = tmp_path / "a.mp4"
    checksum = zlib.crc32(head, zlib.crc32(b"HEAD"))
    journal_of(path).write_bytes(MAGIC + struct.pack("<4sII", b"HEAD", len(head), checksum) + head)
    with pytest.raises(MalformedMediaError, match="makes no sense"):
        Mp4Writer.resume(path, journal_of(path))


def test_a_timescale_of_zero(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    journal_of(path).write_bytes(encode_header([replace(VIDEO, timescale=0)]))
    with pytest.raises(MalformedMediaError, match="timescale"):
        Mp4Writer.resume(path, journal_of(path))


@pytest.mark.parametrize("position", [3, 20, 400])
def test_a_journal_with_a_flipped_bit_ends_there(tmp_path: Path, position: int) -> None:
    path = tmp_path / "a.mp4"
    cut(path, UNITS)
    content = bytearray(journal_of(path).read_bytes())
    content[position] ^= 4
    journal_of(path).write_bytes(content)
    writer = Mp4Writer.resume(path, journal_of(path), tracks=(VIDEO,), block_bytes=200)
    for unit in UNITS[writer.samples :]:
        writer.add(unit)
    close(writer)
    movie = open_movie(path)
    assert [payload for _, payload in movie.iter_payloads(movie.tracks[0])] == [unit.payload for unit in UNITS]
