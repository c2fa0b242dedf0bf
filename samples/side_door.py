"""The fifth scene: somebody is denied at a side door and forces it, and what the systems around it knew of that.

One list of ways and moments (seconds of media) is the source of the pictures, the metadata and the events, so that
all three agree.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image
from scenes import HEIGHT, SCALE, WIDTH, Pen, car, gradient, person, smooth

FULL_WIDTH = 800  # of what the camera can see; it shows WIDTH of it
DOOR_X, GROUND = 610.0, 282.0
CAR_PASSES = (1.0, 6.4)
PERSON_COMES, AT_DOOR = 7.2, 12.4
DENIED = (12.96, 15.04)
FORCED, INSIDE = 18.0, 19.6
LEAVES, GONE = 23.2, 28.4
SHUT = 25.6
PLATE = "ZH 48151"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """An object in the coordinates of the full scene. ``kind``: as the ONVIF schema spells it; ``speed``: metres a
    second."""

    number: int
    kind: str
    likelihood: float
    left: float
    top: float
    right: float
    bottom: float
    speed: float = 0.0
    plate: str = ""


def left_of_view(t: float) -> float:
    """Where the camera looks: the left edge of the picture, 0 to 160. It follows the person, and returns."""
    return 160 * (smooth(t, 9.0, 11.4) - smooth(t, 25.6, 28.0))


def moves(t: float) -> bool:
    """Whether the camera is turning."""
    return left_of_view(t) != left_of_view(t + 0.08)


def car_x(t: float) -> float:
    return -90 + 1000 * (t - CAR_PASSES[0]) / (CAR_PASSES[1] - CAR_PASSES[0])


def person_x(t: float) -> float:
    """Comes from the left, tries the reader, steps back, goes in; leaves to the left with a bag."""
    if t < LEAVES:
        back = 26 * (smooth(t, 15.6, 16.8) - smooth(t, 17.3, 17.9))
        return -30 + (DOOR_X - 20) * smooth(t, PERSON_COMES, AT_DOOR) - back + 40 * smooth(t, 18.4, INSIDE)
    return DOOR_X + 10 - 660 * smooth(t, LEAVES, GONE)


def opened(t: float) -> float:
    return smooth(t, FORCED, FORCED + 0.24) - smooth(t, SHUT - 0.6, SHUT)


def seen(t: float) -> list[Seen]:
    """What moves in view of the camera then."""
    found = []
    if CAR_PASSES[0] < t < CAR_PASSES[1]:
        x = car_x(t)
        found.append(
            Seen(
                number=1,
                kind="Vehical",
                likelihood=0.97,
                left=x - 62,
                top=356 - 57,
                right=x + 62,
                bottom=358,
                speed=8.3,
                plate=PLATE if 180 < x < 520 else "",
            )
        )
    if PERSON_COMES < t < INSIDE or LEAVES < t < GONE:
        x = person_x(t)
        walks = abs(person_x(t + 0.04) - person_x(t - 0.04)) / 0.08 / 38  # 38 picture elements are a metre
        found.append(
            Seen(
                number=2 if t < INSIDE else 3,
                kind="Human",
                likelihood=0.91 if t < INSIDE else 0.88,
                left=x - 10,
                top=GROUND - 66,
                right=x + 10,
                bottom=GROUND,
                speed=round(walks, 2),
            )
        )
    left = left_of_view(t)
    return [one for one in found if one.right > left and one.left < left + WIDTH]


class SideDoor:
    """A door at the side of a building, at night."""

    def background(self) -> Image.Image:
        image = gradient((16, 20, 34), (38, 42, 58)).resize((FULL_WIDTH * SCALE, HEIGHT * SCALE))
        pen = Pen(image)
        rng = np.random.default_rng(5)
        for _ in range(40):
            pen.disc(float(rng.integers(0, 420)), float(rng.integers(24, 110)), 0.8, (190, 196, 214))
        for x, w, h in ((0, 90, 90), (84, 120, 130), (196, 80, 70), (270, 110, 110)):
            pen.box(x, 250 - h, w, h, (28, 32, 46))
            for window in range(x + 8, x + w - 10, 18):
                if rng.random() < 0.4:
                    pen.box(window, 258 - h, 7, 9, (214, 186, 110))
        pen.box(0, 250, FULL_WIDTH, 36, (62, 62, 68))
        pen.box(0, 286, FULL_WIDTH, 74, (40, 42, 50))
        pen.box(0, 286, FULL_WIDTH, 3, (120, 120, 116))
        for dash in range(12, FULL_WIDTH, 88):
            pen.box(dash, 322, 44, 3, (150, 148, 130))
        pen.box(420, 50, 380, 232, (88, 72, 64))
        for row in range(50, 282, 12):
            pen.box(420, row, 380, 1.4, (74, 60, 54))
            for brick in range(420 + row // 12 % 2 * 14, 800, 28):
                pen.box(brick, row, 1.4, 12, (74, 60, 54))
        for window in (452, 510, 700, 752):
            pen.box(window, 96, 36, 58, (30, 34, 44), 2)
            pen.box(window + 3, 99, 30, 52, (60, 70, 90))
            pen.box(window + 17, 99, 2, 52, (30, 34, 44))
        pen.polygon([(DOOR_X, 126), (DOOR_X - 110, 300), (DOOR_X + 110, 300)], (255, 226, 150, 26))
        pen.box(DOOR_X - 12, 116, 24, 8, (250, 230, 170), 3)
        pen.box(DOOR_X - 27, 168, 54, 114, (52, 54, 60), 2)
        pen.box(DOOR_X - 50, 214, 13, 20, (34, 36, 40), 2)
        pen.box(DOOR_X + 36, 196, 32, 10, (206, 208, 204), 2)
        return image

    def draw(self, pen: Pen, t: float) -> None:
        swing = opened(t)
        pen.box(DOOR_X - 23, 172, 46, 110, (22, 22, 26) if swing > 0.05 else (96, 104, 112))
        if swing > 0.05:
            pen.box(DOOR_X - 23, 172, 46, 110, (222, 190, 120, 70))
            edge = DOOR_X + 23 + 26 * swing
            pen.polygon([(DOOR_X + 23, 172), (edge, 166), (edge, 288), (DOOR_X + 23, 282)], (112, 120, 128))
        else:
            pen.box(DOOR_X - 18, 226, 8, 3, (210, 210, 206))
        denied = any(moment <= t < moment + 1.2 for moment in DENIED)
        pen.disc(DOOR_X - 43.5, 219, 2.4, (255, 40, 30) if denied else (70, 120, 220))
        if denied:
            pen.disc(DOOR_X - 43.5, 219, 7, (255, 60, 50, 70))
        if PERSON_COMES < t < INSIDE or LEAVES < t < GONE:
            x = person_x(t)
            standing = AT_DOOR < t < 15.6 or 16.8 < t < 17.3
            person(pen, x, GROUND, 0 if standing else t, (46, 50, 64) if t < INSIDE else (46, 52, 66))
            if any(moment - 0.4 <= t < moment + 0.5 for moment in DENIED):
                pen.line([(x + 4, GROUND - 40), (DOOR_X - 46, 224)], (46, 50, 64), 4)
            if t > LEAVES:
                pen.box(x - 20, GROUND - 24, 14, 16, (120, 84, 44), 3)
        if FORCED <= t < SHUT + 2:
            lit = int(t * 4) % 2 == 0
            pen.disc(DOOR_X + 42, 140, 6, (255, 60, 40) if lit else (110, 30, 26))
            if lit:
                pen.disc(DOOR_X + 42, 140, 22, (255, 60, 40, 50))
        if CAR_PASSES[0] < t < CAR_PASSES[1]:
            x = car_x(t)
            car(pen, x, 356, (150, 154, 160))
            pen.box(x + 44, 336, 15, 5, (240, 240, 236), 1)
