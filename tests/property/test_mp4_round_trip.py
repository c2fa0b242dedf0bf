"""Writer to reader: nothing dropped, doubled, reordered or retimed, whatever the stream, wherever it is cut."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.isobmff.streams import (
    AAC,
    AUDIO,
    SPS,
    START_NS,
    VIDEO,
    audio,
    close,
    digest,
    h264,
    journal_of,
    nal,
    one_by_one,
    video,
    write,
)
from vssx.errors import MalformedMediaError, UnsupportedMediaError
from vssx.isobmff.decode_times import DecodeTimes
from vssx.isobmff.read_back import read_back
from vssx.isobmff.reader import Movie, open_movie
from vssx.isobmff.writer import Mp4Writer
from vssx.model.media import NS, AccessUnit, CodecConfiguration

CONFIGURATIONS = (h264(640, 480), h264(320, 240), h264(64, 48))


@contextmanager
def directory() -> Iterator[Path]:
    """Not tmp_path: hypothesis runs a test many times."""
    path = Path(tempfile.mkdtemp(prefix="vssx-test-"))
    try:
        yield path
    finally:
        shutil.rmtree(path)


@st.composite
def video_streams(draw: st.DrawFn) -> list[AccessUnit]:
    """Runs with gaps between them, B-frames up to depth 4, equal times, changing entries, sets in band or not."""
    units: list[AccessUnit] = []
    run_start_ns = START_NS + draw(st.integers(0, 5 * NS))
    for run in range(draw(st.integers(1, 3))):
        ticks = draw(st.integers(-3, 40))
        for _ in range(draw(st.integers(1, 4))):
            configuration = draw(st.sampled_from(CONFIGURATIONS))
            times = []
            for _ in range(draw(st.integers(1, 9))):
                times.append(ticks)
                ticks += draw(st.sampled_from([0, 1, 3000, 3600, 3601, 90_000]))
            depth = draw(st.integers(0, 4))
            body = times[1:]
            order = [times[0]]
            while body:
                order.append(body.pop(draw(st.integers(0, min(depth, len(body) - 1)))))
            for number, at in enumerate(order):
                content = draw(st.binary(min_size=0, max_size=60))
                units.append(
                    video(
                        at,
                        nal(content) if content or draw(st.booleans()) else b"",
                        clean=number == 0,
                        run=run,
                        run_start_ns=run_start_ns,
                        configuration=configuration,
                        sets=number == 0 and draw(st.booleans()),
                    )
                )
        run_start_ns += ticks * NS // 90_000 + draw(st.sampled_from([0, 1, 40_000_000, 9 * NS, 3600 * NS]))
    return units


@st.composite
def streams(draw: st.DrawFn) -> list[AccessUnit]:
    """Video, perhaps with audio that starts before or after it, loosely interleaved."""
    rest = draw(video_streams())
    offset = draw(st.sampled_from([None, -2 * NS, -1, 0, 1, 333_333_333, 20 * NS]))
    if offset is None:
        return rest
    sounds = [
        audio(number, bytes([number]) * draw(st.integers(0, 9)), run_start_ns=START_NS + offset)
        for number in range(draw(st.integers(1, 30)))
    ]
    merged: list[AccessUnit] = []
    while rest or sounds:
        chosen = rest if not sounds or (rest and draw(st.booleans())) else sounds
        merged.append(chosen.pop(0))
    return merged


def check(movie: Movie, units: list[AccessUnit]) -> None:
    """Everything a player or an expert gets out of the file is what was put in."""
    origin = min(unit.utc_ns for unit in units)
    for track in movie.tracks:
        expected = [unit for unit in units if unit.track == track.track_id - 1]
        found = list(movie.iter_payloads(track))
        assert [payload for _, payload in found] == [unit.payload for unit in expected]
        samples = [sample for sample, _ in found]
        start = movie.start_ns(track)
        assert start is not None
        tick = -(-NS // track.timescale)
        for sample, unit in zip(samples, expected, strict=True):
            utc = start + sample.composition * NS // track.timescale
            assert abs(utc - unit.utc_ns) <= tick
            assert sample.sync == unit.clean_point
            entry = track.sample_entries[sample.entry]
            assert entry.decoder_configuration == unit.configuration.decoder_configuration
        # Differences inside a run are exact.
        for (a, unit_a), (b, unit_b) in pairwise(zip(samples, expected, strict=True)):
            if unit_a.run == unit_b.run:
                assert b.composition - a.composition == unit_b.ticks - unit_a.ticks
        decode = [sample.decode for sample in samples]
        assert decode == sorted(decode)
        assert decode[0] == 0
        times = sorted(sample.composition for sample in samples)
        assert [0, *times[1:]] == decode
        assert all(sample.duration >= 0 for sample in samples)
        assert abs(min(unit.utc_ns for unit in expected) - start) <= tick + 100 or track.track_id == 1
    video_start = movie.start_ns(movie.tracks[0])
    assert video_start is not None
    if movie.tracks[0].track_id == 1:
        assert abs(video_start - origin) <= 100


@given(streams(), st.sampled_from([1, 60, 300, 1 << 20]))
@settings(max_examples=150, deadline=None)
def test_what_is_written_is_read(units: list[AccessUnit], block_bytes: int) -> None:
    with directory() as folder:
        path = folder / "a.mp4"
        closed = write(path, units, (VIDEO, AUDIO), block_bytes=block_bytes)
        assert closed.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
        assert closed.size == path.stat().st_size
        check(open_movie(path), units)
        seen: dict[int, list[bytes]] = {}
        result = read_back(
            path, one_by_one(lambda track, _, payload: seen.setdefault(track, []).append(bytes(payload)))
        )
        assert result.sha256 == closed.sha256
        for track in closed.tracks:
            expected = [unit.payload for unit in units if unit.track == track.track.index]
            assert digest(seen[track.track_id]) == digest(expected)
            assert track.samples == len(expected)
            assert track.first_utc_ns == min(u.utc_ns for u in units if u.track == track.track.index)
            assert track.last_utc_ns == max(u.utc_ns for u in units if u.track == track.track.index)
            assert not track.decode_times_clamped


@given(streams(), st.sampled_from([1, 60, 300]), st.data())
@settings(max_examples=150, deadline=None)
def test_any_cut_is_continued(units: list[AccessUnit], block_bytes: int, data: st.DataObject) -> None:
    with directory() as folder:
        path, whole = folder / "a.mp4", folder / "whole.mp4"
        written = units[: data.draw(st.integers(1, len(units)), label="written before the cut")]
        write(path, written, (VIDEO, AUDIO), block_bytes=block_bytes)
        for file in (path, journal_of(path)):
            size = file.stat().st_size
            with file.open("r+b") as cut:
                cut.truncate(data.draw(st.integers(0, size), label=f"bytes left of {file.name}"))
        kept: dict[int, list[bytes]] = {0: [], 1: []}
        writer = Mp4Writer.resume(
            path,
            journal_of(path),
            tracks=(VIDEO, AUDIO),
            on_sample=lambda track, payload: kept[track].append(bytes(payload)),
            block_bytes=block_bytes,
        )
        assert writer.resumed is not None
        left = list(units)
        for resumed in writer.resumed.tracks:
            mine = [unit for unit in units if unit.track == resumed.track.index]
            assert kept[resumed.track.index] == [unit.payload for unit in mine[: resumed.samples]]
            for tail, unit in zip(reversed(resumed.tail), reversed(mine[: resumed.samples]), strict=False):
                if resumed.track is VIDEO:
                    assert (tail.utc_ns, tail.sha256) == (unit.utc_ns, hashlib.sha256(unit.payload).digest())
            for unit in mine[: resumed.samples]:
                left.remove(unit)
        for unit in left:
            writer.add(unit)
        closed = close(writer)
        assert closed.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
        check(open_movie(path), units)
        # Apart from where blocks end it is the file that an undisturbed run writes.
        undisturbed = write(whole, units, (VIDEO, AUDIO), block_bytes=block_bytes)
        assert [(t.samples, t.first_utc_ns, t.last_utc_ns) for t in closed.tracks] == [
            (t.samples, t.first_utc_ns, t.last_utc_ns) for t in undisturbed.tracks
        ]


@given(st.lists(st.lists(st.integers(-(10**6), 10**6), max_size=40), max_size=6))
def test_decode_times_ascend_and_use_every_presentation_time(pieces: list[list[int]]) -> None:
    derive, together = DecodeTimes(), DecodeTimes()
    pairs = [pair for piece in pieces for pair in derive.push(piece)] + list(derive.finish())
    times = [at for piece in pieces for at in piece]
    assert pairs == [*together.push(times), *together.finish()]  # however they come in pieces
    assert [presentation for presentation, _ in pairs] == times
    decode = [at for _, at in pairs]
    assert decode == sorted(decode)
    if not derive.clamped:
        assert decode == sorted(times)


@given(st.binary(max_size=400), st.integers(0, 3000), st.integers(0, 255))
@settings(max_examples=300, deadline=None)
def test_damaged_files_raise_only_our_errors(noise: bytes, position: int, value: int) -> None:
    with directory() as folder:
        path = folder / "a.mp4"
        units = [video(0, nal(SPS), clean=True, sets=True), video(3600, nal(b"\x41x")), audio(0, b"abc")]
        write(path, units, (VIDEO, AUDIO))
        content = bytearray(path.read_bytes())
        at = position % len(content)
        content[at] = value
        content[at + 1 : at + 1 + len(noise) // 4] = noise[: len(noise) // 4]
        path.write_bytes(content)
        try:
            movie = open_movie(path)
            for track in movie.tracks:
                for _ in movie.iter_payloads(track):
                    pass
            read_back(path, lambda *_: None)
        except (MalformedMediaError, UnsupportedMediaError):
            pass


def test_configurations_of_the_strategy_differ() -> None:
    known: set[CodecConfiguration] = {*CONFIGURATIONS, AAC}
    assert len(known) == 4
