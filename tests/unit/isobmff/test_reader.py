"""Files that nobody vouches for."""

from __future__ import annotations

import hashlib
import struct
from pathlib import Path

import pytest

from tests.unit.isobmff.streams import AUDIO, H264, START_NS, VIDEO, audio, gop, nal, one_by_one, video, write
from vssx.errors import MalformedMediaError, UnsupportedMediaError, UsageError
from vssx.isobmff import export_format, sample_entry
from vssx.isobmff.box import box, full_box
from vssx.isobmff.movie_box import hdlr
from vssx.isobmff.read_back import read_back
from vssx.isobmff.reader import Movie, open_movie
from vssx.isobmff.sample_tables import Sample

MATRIX = bytes(36)


def mp4(
    *,
    stts: bytes = struct.pack(">III", 1, 3, 10),
    stsz: bytes = struct.pack(">IIIII", 0, 3, 1, 2, 3),
    stsc: bytes = struct.pack(">IIII", 1, 1, 3, 1),
    stco: bytes = struct.pack(">II", 1, 8),
    more: bytes = b"",
    sizes: str = "stsz",
    trak: bytes = b"",
    behind: bytes = b"",
    timescale: int = 1000,
    media: bytes = b"abbccc",
) -> bytes:
    """A file by hand: mdat at 0, three samples of 1, 2 and 3 bytes."""
    tables = b"".join(
        (
            full_box("stsd", 0, 0, b"\0\0\0\1", sample_entry.build(H264, in_band=False)),
            full_box("stts", 0, 0, stts),
            full_box(sizes, 0, 0, stsz),
            full_box("stsc", 0, 0, stsc),
            full_box("stco", 0, 0, stco),
            more,
        )
    )
    mdhd = full_box("mdhd", 0, 0, struct.pack(">IIIIHH", 0, 0, timescale, 30, 0x55C4, 0))
    mdia = box("mdia", mdhd, hdlr("vide", "x"), box("minf", box("stbl", tables)))
    tkhd = full_box("tkhd", 0, 3, struct.pack(">III4xI", 0, 0, 1, 30), bytes(16), MATRIX, bytes(8))
    mvhd = full_box("mvhd", 0, 0, struct.pack(">IIII", 0, 0, 1000, 30), bytes(80))
    moov = box("moov", mvhd, box("trak", tkhd, mdia), trak)
    return box("mdat", media) + moov + behind


def read(path: Path, content: bytes) -> Movie:
    path.write_bytes(content)
    return open_movie(path)


def samples(movie: Movie) -> list[Sample]:
    return list(movie.iter_samples(movie.tracks[0]))


def test_a_file_by_hand(tmp_path: Path) -> None:
    movie = read(tmp_path / "a", mp4())
    assert [payload for _, payload in movie.iter_payloads(movie.tracks[0])] == [b"a", b"bb", b"ccc"]
    assert [(one.decode, one.composition, one.sync) for one in samples(movie)] == [
        (0, 0, True),
        (10, 10, True),
        (20, 20, True),
    ]
    assert movie.creation_ns is None
    assert movie.start_ns(movie.tracks[0]) is None
    assert movie.remarks == ("no ftyp box",)


@pytest.mark.parametrize(
    ("field", "sizes"),
    [(4, b"\x12\x30"), (8, b"\1\2\3"), (16, b"\0\1\0\2\0\3")],
)
def test_compact_sample_sizes(tmp_path: Path, field: int, sizes: bytes) -> None:
    movie = read(tmp_path / "a", mp4(sizes="stz2", stsz=struct.pack(">II", field, 3) + sizes))
    assert [one.size for one in samples(movie)] == [1, 2, 3]


def test_samples_of_one_size(tmp_path: Path) -> None:
    movie = read(tmp_path / "a", mp4(stsz=struct.pack(">II", 2, 3)))
    assert [one.offset for one in samples(movie)] == [8, 10, 12]


def test_several_chunks_and_sync_samples(tmp_path: Path) -> None:
    movie = read(
        tmp_path / "a",
        mp4(
            stsc=struct.pack(">IIIIIII", 2, 1, 1, 1, 2, 2, 1),
            stco=struct.pack(">III", 2, 8, 9),
            more=full_box("stss", 0, 0, struct.pack(">II", 1, 2))
            + full_box("ctts", 1, 0, struct.pack(">IIiIi", 2, 1, 5, 2, -5)),
        ),
    )
    assert [(one.offset, one.sync, one.composition) for one in samples(movie)] == [
        (8, False, 5),
        (9, True, 5),
        (11, False, 15),
    ]


@pytest.mark.parametrize(
    "broken",
    [
        {"stts": struct.pack(">I", 0)},
        {"stts": struct.pack(">III", 1, 2, 10)},
        {"stts": struct.pack(">III", 2, 3, 10)},
        {"stts": struct.pack(">I", 0xFFFFFFFF)},
        {"stsz": struct.pack(">II", 0, 0xFFFFFFFF)},
        {"stsz": struct.pack(">II", 0xFFFFFFFF, 0xFFFFFFFF)},
        {"stsz": struct.pack(">IIIII", 0, 3, 1, 2, 0x0FFFFFFF)},
        {"stsz": b""},
        {"stsc": struct.pack(">I", 0)},
        {"stsc": struct.pack(">IIII", 1, 2, 3, 1)},
        {"stsc": struct.pack(">IIII", 1, 1, 2, 1)},
        {"stsc": struct.pack(">IIII", 1, 1, 3, 0)},
        {"stsc": struct.pack(">IIII", 1, 1, 3, 2)},
        {"stsc": struct.pack(">IIIIIII", 2, 1, 1, 1, 1, 1, 1), "stco": struct.pack(">IIII", 3, 8, 9, 9)},
        {"stco": struct.pack(">II", 1, 0xFFFFFFFF)},
        {"stco": struct.pack(">I", 0)},
        {"stco": b"\0"},
        {"more": full_box("stss", 0, 0, struct.pack(">III", 2, 2, 2))},
        {"more": full_box("stss", 0, 0, struct.pack(">III", 2, 1, 9))},
        {"more": full_box("ctts", 0, 0, struct.pack(">III", 1, 1, 5))},
        {"sizes": "stz2", "stsz": struct.pack(">II", 5, 3) + b"abc"},
        {"sizes": "free"},
        {"timescale": 0},
        {"trak": box("trak")},
    ],
)
def test_tables_that_make_no_sense(tmp_path: Path, broken: dict[str, bytes]) -> None:
    with pytest.raises(MalformedMediaError) as caught:
        samples(read(tmp_path / "a", mp4(**broken)))  # type: ignore[arg-type]
    assert str(tmp_path / "a") in caught.value.where


def test_hostile_counts_cost_nothing(tmp_path: Path) -> None:
    """Run lengths of four thousand million, for three samples."""
    movie = read(
        tmp_path / "a",
        mp4(
            stts=struct.pack(">III", 1, 0xFFFFFFFF, 10),
            stsc=struct.pack(">IIII", 1, 1, 0xFFFFFFFF, 1),
            more=full_box("ctts", 0, 0, struct.pack(">III", 1, 0xFFFFFFFF, 1)),
        ),
    )
    assert len(samples(movie)) == 3


def test_a_sample_beyond_any_camera(tmp_path: Path) -> None:
    path = tmp_path / "a"
    content = mp4(stsz=struct.pack(">III", 0, 1, 0x20000000), stsc=struct.pack(">IIII", 1, 1, 1, 1))
    with path.open("wb") as file:
        file.write(content)
        file.seek(0x30000000)  # sparse: the size is real, the disk stays empty
        file.write(struct.pack(">I4s", 8, b"free"))
        file.seek(len(content))
        file.write(struct.pack(">I4s", 0x30000000 - len(content), b"free"))
    with pytest.raises(UnsupportedMediaError, match="a sample of"):
        samples(open_movie(path))
    with pytest.raises(UnsupportedMediaError, match="a sample of"):
        read_back(path, lambda *_: None)


def test_fragmented_files(tmp_path: Path) -> None:
    movie = read(tmp_path / "a", mp4(behind=box("moof", full_box("mfhd", 0, 0, bytes(4)))))
    assert movie.fragmented
    with pytest.raises(UnsupportedMediaError, match="fragmented"):
        samples(movie)


def test_no_movie(tmp_path: Path) -> None:
    for content in (b"", box("ftyp", b"isom\0\0\0\0"), bytes(100)):
        with pytest.raises(MalformedMediaError, match="no moov"):
            read(tmp_path / "a", content)


def test_what_deviates_from_the_export_format_is_said(tmp_path: Path) -> None:
    sinf = export_format.build_sinf(signature=b"s", certificate=b"c", start_times=()).replace(b"oeff", b"OEFF")
    suep = export_format.build_suep(export_format.ExportUnit(name="u"), [])
    meta = full_box("meta", 0, 0, hdlr("null", ""), suep, export_format.build_ipro([sinf]), box("free"))
    movie = read(tmp_path / "a", mp4(behind=meta + box("mfra")))
    assert movie.remarks == (
        "no ftyp box",
        "behind meta: mfra",
        "ipro is not the last box in meta",
        "scheme type 'OEFF' instead of 'oeff'",
    )
    assert movie.signatures[0].signature == b"s"


def test_start_times_out_of_a_signing_instance(tmp_path: Path) -> None:
    starts = [export_format.StartTime(track_id=1, utc_ns=START_NS)]
    ipro = export_format.build_ipro([export_format.build_sinf(signature=b"", certificate=b"", start_times=starts)])
    movie = read(tmp_path / "a", mp4(behind=full_box("meta", 0, 0, hdlr("null", ""), ipro)))
    assert movie.start_ns(movie.tracks[0]) == START_NS


def test_a_start_that_no_64_bits_of_ns_reach_is_none(tmp_path: Path) -> None:
    """cstb reaches to the year 60056; what counts with it, and what writes it down, does not."""
    starts = [export_format.StartTime(track_id=1, utc_ns=10**21)]
    ipro = export_format.build_ipro([export_format.build_sinf(signature=b"", certificate=b"", start_times=starts)])
    movie = read(tmp_path / "a", mp4(behind=full_box("meta", 0, 0, hdlr("null", ""), ipro)))
    assert movie.start_ns(movie.tracks[0]) is None


def test_two_tracks_with_one_id(tmp_path: Path) -> None:
    content = mp4()
    start = content.index(b"trak") - 4
    size = int.from_bytes(content[start : start + 4], "big")
    with pytest.raises(MalformedMediaError, match="same ID"):
        read(tmp_path / "a", mp4(trak=content[start : start + size]))


def test_unknown_track(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no track 9"):
        read(tmp_path / "a", mp4()).track(9)


def test_read_back_gives_every_sample_and_the_hash(tmp_path: Path) -> None:
    """Samples larger than the pieces the file is read in, and empty ones."""
    path = tmp_path / "a.mp4"
    units = [
        video(0, nal(bytes(9_000_000)), clean=True),
        video(3600, b""),
        audio(0, b"x" * 4_000_000),
        audio(1, b""),
        video(7200, nal(b"z" * 5)),
        audio(2, b""),
    ]
    closed = write(path, units, (VIDEO, AUDIO), block_bytes=1 << 30)
    seen: list[tuple[int, int, str]] = []
    result = read_back(
        path,
        one_by_one(lambda track, number, payload: seen.append((track, number, hashlib.sha256(payload).hexdigest()))),
    )
    assert (result.sha256, result.size) == (closed.sha256, closed.size)
    for track_id, index in ((1, 0), (2, 1)):
        mine = [unit for unit in units if unit.track == index]
        assert [(number, value) for track, number, value in seen if track == track_id] == [
            (number, hashlib.sha256(unit.payload).hexdigest()) for number, unit in enumerate(mine, 1)
        ]


def test_read_back_refuses_samples_that_overlap(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(mp4(stsc=struct.pack(">IIII", 1, 1, 1, 1), stco=struct.pack(">IIII", 3, 8, 8, 8)))
    with pytest.raises(MalformedMediaError, match="out of order"):
        read_back(path, lambda *_: None)


def test_an_error_of_the_callback_comes_through(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    write(path, gop(0, 5))

    def fail(track: int, number: int, payload: memoryview) -> None:
        raise RuntimeError(f"{track} {number} {len(payload)}")

    with pytest.raises(RuntimeError, match=r"^1 1 "):
        read_back(path, one_by_one(fail))


@pytest.mark.parametrize("prefix", [b"", b"\0\0\0\0"])
def test_every_truncation_of_a_real_file(tmp_path: Path, prefix: bytes) -> None:
    path = tmp_path / "a.mp4"
    write(path, [*gop(0, 4), audio(0, b"a")], (VIDEO, AUDIO))
    content = path.read_bytes()
    for size in range(0, len(content), 3):
        path.write_bytes(content[:size] + prefix)
        try:
            movie = open_movie(path)
        except MalformedMediaError:
            continue
        assert sum(1 for track in movie.tracks for _ in movie.iter_payloads(track)) == 5
