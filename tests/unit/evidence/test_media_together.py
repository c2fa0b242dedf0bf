"""Many access units at once become what they become one by one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import pytest

from tests.unit.evidence.test_file_split import AUDIO, VIDEO, gap
from tests.unit.evidence.test_media import frame, receive
from vssx.isobmff.reader import open_movie
from vssx.model.media import NS, AccessUnit, AccessUnits, StreamItem


def stream(first: int, end: int) -> list[AccessUnit]:
    """Half a second of pictures, then as much sound; a clean point every second, pictures in another order."""
    units = []
    for half in range(2 * first, 2 * end):
        for number in range(5):
            shown = half / 2 + 0.1 * (number, 2, 1, 3, 4)[number]
            picture = frame(0, shown, bytes([0, 0, 0, 1, 65 + half % 20]) * (1 + 5000 * (number == 0)))
            units.append(replace(picture, clean_point=half % 2 == number == 0, duration_ticks=9000))
        units += [frame(1, half / 2 + 0.125 * number, bytes([half % 256, number])) for number in range(4)]
    return units


def together(items: Iterable[StreamItem]) -> Iterator[StreamItem | AccessUnits]:
    """What follows each other on a track, at once."""
    for key, group in groupby(items, lambda item: isinstance(item, AccessUnit) and (item.track, item.run_start_ns)):
        if not key:
            yield from group
            continue
        units = list(group)
        first = units[0]
        yield AccessUnits(
            track=first.track,
            payloads=[memoryview(unit.payload) for unit in units],
            run=first.run,
            run_start_ns=first.run_start_ns,
            ticks=[unit.ticks for unit in units],
            timescale=first.timescale,
            clean_points=[unit.clean_point for unit in units],
            configuration=first.configuration,
            time_source=first.time_source,
            parameter_sets=[unit.has_parameter_sets for unit in units],
            durations=[unit.duration_ticks or 0 for unit in units],
        )


def one_run(unit: AccessUnit) -> AccessUnit:
    """With the time in its ticks, as local files have it."""
    return replace(unit, run_start_ns=0, ticks=unit.ticks + unit.run_start_ns * unit.timescale // NS)


SCRIPTS = {
    "plain": ([(0, 30)], {}),
    "two files": ([(0, 5), (60, 65)], {}),
    "a step back": ([(60, 65), (0, 5)], {}),
    "split by length": ([(0, 30)], {"split_length_ns": 7 * NS}),
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_files_are_the_same(name: str, tmp_path: Path) -> None:
    parts, split = SCRIPTS[name]
    items: list[StreamItem] = []
    for number, (first, end) in enumerate(parts):
        if number:
            items.append(gap(parts[number - 1][1], first))
        items += map(one_run, stream(first, end))
    one_by_one, at_once = both_ways(items, tmp_path, **split)
    assert one_by_one == at_once
    assert len(list(together(items))) < len(items) / 4


@pytest.mark.parametrize("duration", [(1 << 31) - 1, 1 << 31, (1 << 32) - 1])
def test_a_last_duration_that_no_file_holds_is_assumed(duration: int, tmp_path: Path) -> None:
    items = list(map(one_run, stream(0, 2)))
    at = max(number for number, unit in enumerate(items) if unit.track == 0)
    items[at] = replace(items[at], duration_ticks=duration)
    one_by_one, at_once = both_ways(items, tmp_path)
    assert one_by_one == at_once
    [(_, (picture, _), _)] = at_once
    assert picture.last_duration_assumed == (duration >= 1 << 31)


def both_ways(items: Sequence[StreamItem], tmp_path: Path, **split: int) -> list[list[tuple[object, ...]]]:
    """Path, tracks and samples of every file that ``items`` make one by one, and of those that they make at once."""
    results: list[list[tuple[object, ...]]] = []
    for way in (list(items), list(together(items))):
        directory = tmp_path / str(len(results))
        directory.mkdir()
        received = receive(directory, way, tracks=(VIDEO, AUDIO), **split)
        results.append([])
        for media in received.media:
            movie = open_movie(directory / "H.partial" / media.file.path)
            samples = [[one._replace(offset=0) for one in movie.iter_samples(track)] for track in movie.tracks]
            results[-1].append((media.file.path, media.file.tracks, samples))
    return results
