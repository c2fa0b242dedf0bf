"""Puts names beside cameras so that no two overlap; a name that finds no room is left out, and the list has it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from vssx.report.camera_map import DrawnCamera, Frame
from vssx.report.drawn_text import SIZE, shortened, width_of

_Box = tuple[float, float, float, float]
_CELL = 64.0
_MARK = 7.0
_LONGEST = 190.0
MAX_LABELS = 150


class Taken:
    """Boxes that nothing else may cover, in cells so that only those nearby are looked at."""

    def __init__(self) -> None:
        self._cells: dict[tuple[int, int], list[_Box]] = {}

    def add(self, box: _Box) -> None:
        """This room is taken."""
        for cell in _cells(box):
            self._cells.setdefault(cell, []).append(box)

    def free(self, box: _Box) -> bool:
        """Nothing lies there yet."""
        return not any(_overlap(box, other) for cell in _cells(box) for other in self._cells.get(cell, ()))


def labelled(
    cameras: Sequence[DrawnCamera], names: Sequence[Sequence[str]], frame: Frame, taken: Iterable[_Box] = ()
) -> tuple[DrawnCamera, ...]:
    """``cameras`` with labels: for each the first of its ``names`` that finds room beside it and within ``frame``."""
    room = Taken()
    for box in taken:
        room.add(box)
    for camera in cameras:
        room.add((camera.x - _MARK, camera.y - _MARK, camera.x + _MARK, camera.y + _MARK))
    left = MAX_LABELS
    found = []
    for camera, wordings in zip(cameras, names, strict=True):
        placed = _placed(camera, wordings, frame, room) if left else camera
        left -= bool(placed.label)
        found.append(placed)
    return tuple(found)


def _placed(camera: DrawnCamera, wordings: Sequence[str], frame: Frame, room: Taken) -> DrawnCamera:
    for wording in wordings:
        text = shortened(wording, _LONGEST)
        wide = width_of(text)
        for x, y, anchor in _places(camera):
            left = {"start": x, "middle": x - wide / 2, "end": x - wide}[anchor]
            box = (left - 1, y - SIZE, left + wide + 1, y + 3)
            if not (frame.left < box[0] and box[2] < frame.right and frame.top < box[1] and box[3] < frame.bottom):
                continue
            if room.free(box):
                room.add(box)
                return replace(camera, label=text, label_x=round(x, 1), label_y=round(y, 1), anchor=anchor)
    return camera


def _places(camera: DrawnCamera) -> tuple[tuple[float, float, str], ...]:
    """Right, left, below, above, then the corners: baselines of the text."""
    x, y, away = camera.x, camera.y, _MARK + 3
    return (
        (x + away, y + 4, "start"),
        (x - away, y + 4, "end"),
        (x, y + away + SIZE, "middle"),
        (x, y - away, "middle"),
        (x + away, y - away + 2, "start"),
        (x + away, y + away + SIZE - 2, "start"),
        (x - away, y - away + 2, "end"),
        (x - away, y + away + SIZE - 2, "end"),
    )


def _cells(box: _Box) -> list[tuple[int, int]]:
    columns = range(int(box[0] // _CELL), int(box[2] // _CELL) + 1)
    return [(x, y) for x in columns for y in range(int(box[1] // _CELL), int(box[3] // _CELL) + 1)]


def _overlap(one: _Box, other: _Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
