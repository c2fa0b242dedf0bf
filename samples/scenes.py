"""The four scenes of the samples, drawn with Pillow: a background once, and what moves for every frame.

Everything is drawn at twice the size (see SCALE) and reduced, which smooths the edges.
"""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np
from PIL import Image, ImageDraw

WIDTH, HEIGHT, SCALE = 640, 360, 2
Colour = tuple[int, int, int]


class Scene(Protocol):
    """A view of a camera. ``t``: seconds of media since its start."""

    def background(self) -> Image.Image: ...

    def draw(self, pen: Pen, t: float) -> None: ...


class Pen:
    """Draws in the coordinates of the finished picture (640 x 360)."""

    def __init__(self, image: Image.Image) -> None:
        self._draw = ImageDraw.Draw(image, "RGBA")

    def polygon(self, points: list[tuple[float, float]], fill: Colour | tuple[int, int, int, int]) -> None:
        self._draw.polygon([(x * SCALE, y * SCALE) for x, y in points], fill=fill)

    def box(self, x: float, y: float, w: float, h: float, fill, radius: float = 0) -> None:
        corners = [x * SCALE, y * SCALE, (x + w) * SCALE - 1, (y + h) * SCALE - 1]
        self._draw.rounded_rectangle(corners, radius * SCALE, fill=fill)

    def disc(self, x: float, y: float, r: float, fill) -> None:
        self._draw.ellipse([(x - r) * SCALE, (y - r) * SCALE, (x + r) * SCALE, (y + r) * SCALE], fill=fill)

    def oval(self, x: float, y: float, rx: float, ry: float, fill) -> None:
        self._draw.ellipse([(x - rx) * SCALE, (y - ry) * SCALE, (x + rx) * SCALE, (y + ry) * SCALE], fill=fill)

    def line(self, points: list[tuple[float, float]], fill, width: float = 1) -> None:
        self._draw.line([(x * SCALE, y * SCALE) for x, y in points], fill, round(width * SCALE), joint="curve")


def smooth(t: float, start: float, end: float) -> float:
    """0 before ``start``, 1 after ``end``, and a soft way between."""
    u = min(1.0, max(0.0, (t - start) / (end - start)))
    return u * u * (3 - 2 * u)


def gradient(top: Colour, bottom: Colour, height: int = HEIGHT) -> Image.Image:
    ramp = np.linspace(0, 1, height * SCALE)[:, None, None]
    rows = np.array(top) * (1 - ramp) + np.array(bottom) * ramp
    return Image.fromarray(np.repeat(rows, WIDTH * SCALE, axis=1).astype(np.uint8), "RGB")


def person(
    pen: Pen, x: float, y: float, t: float, coat: Colour, size: float = 1.0, stripe: Colour | None = None
) -> None:
    """Someone walking; ``x``, ``y``: where the feet are."""
    swing = math.sin(t * 6) * 7 * size
    for sign in (1, -1):
        pen.line([(x, y - 24 * size), (x + sign * swing, y)], (38, 40, 52), 5 * size)
        pen.line(
            [(x, y - 43 * size), (x - sign * swing * 0.8, y - 26 * size)], tuple(c * 3 // 4 for c in coat), 4 * size
        )
    pen.box(x - 6 * size, y - 47 * size, 12 * size, 25 * size, coat, 4 * size)
    if stripe is not None:
        pen.box(x - 6 * size, y - 38 * size, 12 * size, 3 * size, stripe)
        pen.box(x - 6 * size, y - 31 * size, 12 * size, 3 * size, stripe)
    pen.disc(x, y - 53 * size, 6 * size, (214, 170, 140))
    pen.polygon([(x - 7 * size, y - 54 * size), (x, y - 62 * size), (x + 7 * size, y - 54 * size)], (60, 44, 36))


def car(pen: Pen, x: float, y: float, colour: Colour, forward: int = 1, *, brake: bool = False) -> None:
    """A car from the side, 120 wide; ``x``: its middle, ``y``: the road under its wheels."""

    def at(dx: float, dy: float) -> tuple[float, float]:
        return x + dx * forward, y - dy

    pen.oval(x, y + 2, 64, 6, (10, 12, 16, 110))
    pen.polygon([at(-60, 12), at(-60, 30), at(-48, 36), at(34, 36), at(58, 28), at(60, 12)], colour)
    pen.polygon([at(-46, 36), at(-30, 56), at(14, 56), at(36, 36)], tuple(c * 4 // 5 for c in colour))
    pen.polygon([at(-38, 37), at(-27, 52), at(-8, 52), at(-8, 37)], (150, 186, 204))
    pen.polygon([at(-4, 37), at(-4, 52), at(12, 52), at(28, 37)], (150, 186, 204))
    for dx in (-36, 36):
        cx, cy = at(dx, 11)
        pen.disc(cx, cy, 12, (24, 24, 28))
        pen.disc(cx, cy, 7, (168, 172, 178))
        for spoke in range(3):
            angle = x * forward / 12 + spoke * math.pi / 3
            dx2, dy2 = math.cos(angle) * 7, math.sin(angle) * 7
            pen.line([(cx - dx2, cy - dy2), (cx + dx2, cy + dy2)], (70, 74, 80), 1.5)
    pen.disc(*at(57, 25), 3.5, (255, 246, 204))
    pen.polygon([at(59, 27), at(170, 44), at(170, 0), at(59, 22)], (255, 244, 190, 34))
    pen.box(*at(-60 if forward == 1 else -56, 30), 4, 8, (255, 40, 30) if brake else (150, 20, 20))


class NorthGate:
    """A barrier that lets two cars through, and someone who walks by, on an early morning."""

    CARS = ((1.0, (176, 42, 48)), (16.0, (52, 92, 150)))

    def background(self) -> Image.Image:
        image = gradient((86, 120, 170), (250, 206, 160))
        pen = Pen(image)
        pen.disc(520, 150, 26, (255, 232, 180))
        rng = np.random.default_rng(7)
        x = -10
        while x < WIDTH:
            w, h = int(rng.integers(28, 62)), int(rng.integers(40, 105))
            pen.box(x, 205 - h, w, h, (104, 112, 140))
            for wx in range(x + 5, x + w - 6, 9):
                for wy in range(205 - h + 8, 198, 13):
                    if rng.random() < 0.35:
                        pen.box(wx, wy, 4, 6, (244, 214, 150))
            x += w + int(rng.integers(0, 12))
        pen.box(0, 200, WIDTH, 60, (92, 116, 84))
        for post in range(0, WIDTH, 16):
            pen.box(post, 186, 3, 56, (58, 66, 74))
        for y in (192, 212, 232):
            pen.box(0, y, WIDTH, 2.5, (58, 66, 74))
        pen.box(0, 244, WIDTH, 26, (150, 148, 144))
        pen.box(0, 268, WIDTH, 92, (70, 72, 78))
        pen.box(0, 268, WIDTH, 3, (196, 196, 190))
        for dash in range(10, WIDTH, 80):
            pen.box(dash, 316, 44, 4, (226, 222, 206))
        pen.box(405, 160, 92, 108, (206, 202, 190), 4)
        pen.box(398, 152, 106, 12, (90, 52, 46), 3)
        pen.box(416, 178, 44, 36, (255, 236, 170))
        pen.box(468, 196, 22, 72, (108, 96, 84))
        pen.box(437, 178, 2, 36, (90, 80, 70))
        pen.box(60, 90, 5, 178, (50, 54, 60))
        pen.box(60, 88, 46, 5, (50, 54, 60))
        pen.box(92, 92, 18, 6, (255, 244, 200))
        return image

    def draw(self, pen: Pen, t: float) -> None:
        for n in range(4):
            cx = (t * (5 + n) + n * 190) % (WIDTH + 160) - 80
            for k, r in enumerate((13, 18, 14)):
                pen.oval(cx + k * 22, 62 + n * 14, r + 12, r * 0.6, (255, 250, 244, 120))
        person(pen, (t * 26 - 30) % (WIDTH + 60) - 30, 266, t, (124, 62, 92), 0.9)
        raised = 0.0
        for start, _ in self.CARS:
            raised = max(raised, smooth(t, start + 5, start + 6.5) - smooth(t, start + 11, start + 12.5))
        angle = raised * math.radians(78)
        pen.box(366, 236, 18, 60, (222, 188, 60), 3)
        for part in range(11):
            a, b = part * 19, part * 19 + 19
            ends = [(372 - math.cos(angle) * d, 250 - math.sin(angle) * d) for d in (a, b)]
            pen.line(ends, (206, 40, 40) if part % 2 else (244, 244, 240), 6)
        for start, colour in self.CARS:
            u = t - start
            x = -80 + 190 * smooth(u, 0, 4.5) + 660 * smooth(u, 6.2, 12.5)
            if -79 < x < 760:
                car(pen, x, 333, colour, brake=3 < u < 6.2)
        blink = int(t * 2) % 2 == 0
        pen.disc(
            375,
            232,
            4,
            (255, 60, 40) if raised < 0.95 and blink else (70, 220, 110) if raised >= 0.95 else (90, 30, 30),
        )


class LoadingDock:
    """A forklift that carries pallets from a lorry to the store, seen from inside the hall."""

    def background(self) -> Image.Image:
        image = gradient((52, 58, 68), (92, 96, 102))
        pen = Pen(image)
        for beam in range(0, WIDTH, 80):
            pen.box(beam, 0, 8, 220, (62, 68, 78))
        pen.box(0, 34, WIDTH, 8, (70, 76, 88))
        for lamp in range(60, WIDTH, 170):
            pen.box(lamp, 42, 60, 6, (250, 250, 236))
            pen.polygon([(lamp, 48), (lamp + 60, 48), (lamp + 110, 220), (lamp - 50, 220)], (255, 255, 235, 14))
        for number, left in enumerate((30, 215, 400), 1):
            pen.box(left, 84, 132, 136, (36, 40, 46))
            pen.box(left + 6, 90, 120, 130, (128, 136, 146) if number != 2 else (24, 26, 30))
            if number != 2:
                for slat in range(96, 218, 12):
                    pen.box(left + 6, slat, 120, 2, (104, 112, 122))
            pen.box(left + 52, 62, 28, 20, (240, 200, 50), 3)
            for stroke in range(number):
                pen.box(left + 66 - number * 3.5 + stroke * 7, 66, 4, 12, (30, 30, 30))
        pen.box(221, 96, 120, 124, (196, 190, 176))
        pen.box(227, 102, 108, 118, (74, 62, 50))
        for plank in range(232, 335, 14):
            pen.box(plank, 102, 1.5, 118, (58, 48, 38))
        pen.polygon([(0, 220), (WIDTH, 220), (WIDTH, HEIGHT), (0, HEIGHT)], (132, 134, 132))
        for y in (262, 352):
            pen.box(0, y, WIDTH, 4, (232, 192, 40))
        for stripe in range(-20, WIDTH, 28):
            pen.polygon([(stripe, 232), (stripe + 14, 232), (stripe + 24, 220), (stripe + 10, 220)], (226, 184, 36))
        for shelf in range(3):
            pen.box(552, 96 + shelf * 44, 84, 5, (206, 96, 34))
            for crate in range(3):
                pen.box(556 + crate * 27, 70 + shelf * 44, 23, 26, (176, 134 - crate * 12, 84), 2)
        pen.box(548, 64, 5, 170, (46, 78, 140))
        return image

    def draw(self, pen: Pen, t: float) -> None:
        lap = t % 15.0
        there, back = smooth(lap, 1.0, 6.0), smooth(lap, 8.0, 13.5)
        x = 270 + 210 * there - 210 * back
        forward, loaded = (1, lap < 7.2) if lap < 7.6 else (-1, False)
        lift = (
            8 + 26 * (smooth(lap, 5.5, 6.6) - smooth(lap, 7.2, 8.2)) + 10 * (smooth(lap, 0, 0.8) - smooth(lap, 7.2, 8))
        )
        if lap >= 7.2:
            self._pallet(pen, 480 + 66, 330 - 34)
        self._forklift(pen, x, 330, forward, lift, t, loaded=loaded)
        walk = 560 - (t * 31) % 640
        person(pen, walk, 258, t, (242, 130, 30), 0.95, (240, 240, 200))
        lit = int(t * 3) % 2 == 0
        pen.disc(358, 74, 7, (255, 170, 30) if lit else (110, 76, 30))
        if lit:
            pen.disc(358, 74, 20, (255, 180, 40, 46))

    def _pallet(self, pen: Pen, x: float, y: float) -> None:
        pen.box(x - 25, y, 50, 5, (150, 108, 62))
        pen.box(x - 22, y - 30, 44, 30, (196, 156, 104), 2)
        pen.box(x - 3, y - 30, 6, 30, (226, 206, 160))

    def _forklift(self, pen: Pen, x: float, y: float, forward: int, lift: float, t: float, *, loaded: bool) -> None:
        def at(dx: float, dy: float) -> tuple[float, float]:
            return x + dx * forward, y - dy

        pen.oval(x, y + 1, 60, 6, (20, 22, 24, 110))
        pen.line([at(40, 8), at(40, 96)], (60, 62, 66), 5)
        pen.line([at(40, lift), at(90, lift)], (46, 48, 52), 4)
        if loaded:
            self._pallet(pen, x + 66 * forward, y - lift - 5)
        pen.polygon([at(-46, 12), at(-46, 44), at(-20, 52), at(34, 38), at(34, 12)], (234, 176, 28))
        pen.line([at(-30, 48), at(-22, 92), at(16, 92), at(28, 40)], (44, 46, 50), 4)
        pen.box(*at(-14 if forward == 1 else 8, 76), 14, 32, (44, 110, 170), 5)
        pen.disc(*at(-4, 81), 7, (214, 170, 140))
        pen.disc(*at(-3, 98), 4, (255, 150, 20) if int(t * 4) % 2 else (140, 80, 20))
        for dx, r in ((-30, 13), (24, 14)):
            pen.disc(*at(dx, r - 1), r, (28, 28, 30))
            pen.disc(*at(dx, r - 1), r * 0.5, (196, 196, 190))


class CarPark:
    """A car park from above: one car leaves and another comes, with a recording gap between."""

    GAP_AT = 14.0
    COLOURS = ((178, 44, 46), (222, 222, 216), (46, 84, 146), (52, 54, 60), (208, 170, 60), (70, 120, 92))

    def background(self) -> Image.Image:
        image = gradient((96, 100, 102), (84, 88, 92))
        pen = Pen(image)
        pen.box(0, 0, WIDTH, 22, (84, 120, 70))
        pen.box(0, 338, WIDTH, 22, (84, 120, 70))
        for tree in range(24, WIDTH, 88):
            pen.disc(tree + 6, 16, 20, (30, 40, 30, 90))
            pen.disc(tree, 10, 19, (58, 104, 56))
            pen.disc(tree - 5, 5, 9, (82, 134, 74))
        for bay in range(9):
            for y in (34, 236):
                pen.box(38 + bay * 66, y, 3, 88, (226, 226, 220))
        for y in (34, 321):
            pen.box(38, y, 531, 3, (226, 226, 220))
        for x in range(20, WIDTH, 90):
            pen.polygon(
                [(x, 177), (x + 34, 177), (x + 34, 171), (x + 50, 180), (x + 34, 189), (x + 34, 183), (x, 183)],
                (200, 200, 190),
            )
        return image

    def draw(self, pen: Pen, t: float) -> None:
        after = t >= self.GAP_AT
        taken = (
            {0: 1, 2: 3, 3: 0, 6: 2, 9: 4, 11: 1, 12: 5, 15: 3}
            if not after
            else {0: 1, 3: 0, 4: 4, 6: 2, 7: 5, 10: 0, 11: 1, 12: 5}
        )
        for bay, colour in taken.items():
            x, y = 72 + bay % 8 * 66, (78 if bay < 8 else 280)
            self._car(pen, x, y, 90 if bay < 8 else -90, self.COLOURS[colour])
        if not after:  # a car backs out of bay 5 and leaves to the right
            out, away = smooth(t, 2, 6), smooth(t, 7, 13.5)
            self._car(
                pen,
                402 - 20 * out + 330 * away,
                78 + 82 * out,
                90 * (1 - smooth(t, 3.5, 6.5)),
                self.COLOURS[2],
                lights=t > 1,
            )
        else:  # another one comes from the left and parks in the lower row
            u = t - self.GAP_AT
            along, turn, into = smooth(u, 0.5, 7), smooth(u, 6, 9), smooth(u, 6.5, 11)
            self._car(pen, -60 + 380 * along + 16 * turn, 198 + 82 * into, 90 * turn, self.COLOURS[1], lights=u < 12)
            if u > 12:
                person(pen, 372 + (u - 12) * 22, 236 - (u - 12) * 8, t, (60, 60, 90), 0.55)
        person(pen, 600 - (t * 15) % 560, 158, t, (180, 120, 40), 0.55)
        for bird in range(2):
            bx, by = (t * 60 + bird * 40) % 900 - 60, 120 + bird * 18 - 0.08 * ((t * 60) % 900)
            flap = 4 * math.sin(t * 9 + bird)
            pen.line([(bx - 7, by - flap), (bx, by), (bx + 7, by - flap)], (236, 236, 236), 1.6)

    def _car(self, pen: Pen, x: float, y: float, degrees: float, colour: Colour, *, lights: bool = False) -> None:
        c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))

        def shape(points: list[tuple[float, float]], shift: float = 0) -> list[tuple[float, float]]:
            return [(x + shift + px * c - py * s, y + shift + px * s + py * c) for px, py in points]

        body = [(-36, -14), (-33, -17), (30, -17), (37, -11), (37, 11), (30, 17), (-33, 17), (-36, 14)]
        pen.polygon(shape(body, 4), (20, 24, 26, 110))
        pen.polygon(shape(body), colour)
        pen.polygon(shape([(10, -14), (20, -12), (20, 12), (10, 14)]), (70, 92, 106))
        pen.polygon(shape([(-26, -12), (-19, -13), (-19, 13), (-26, 12)]), (70, 92, 106))
        pen.polygon(shape([(-18, -13), (9, -13), (9, 13), (-18, 13)]), tuple(min(255, k + 18) for k in colour))
        if lights:
            for side in (-11, 11):
                pen.disc(*shape([(35, side)])[0], 3, (255, 250, 210))
                pen.disc(*shape([(-35, side)])[0], 2.5, (255, 40, 30))
                pen.polygon(
                    shape([(36, side - 3), (96, side - 16), (96, side + 16), (36, side + 3)]), (255, 248, 200, 40)
                )


class Reception:
    """Someone rings at the glass door of a lobby, is let in, and walks to the desk."""

    RINGS = (2.0, 3.2)
    OPENS, SHUTS = 5.0, 11.0

    def background(self) -> Image.Image:
        image = gradient((198, 204, 206), (168, 172, 172))
        pen = Pen(image)
        pen.polygon([(0, 262), (WIDTH, 262), (WIDTH, HEIGHT), (0, HEIGHT)], (122, 112, 102))
        for tile in range(-200, WIDTH + 200, 64):
            pen.line([(WIDTH / 2 + (tile - WIDTH / 2) * 0.6, 262), (tile, HEIGHT)], (108, 98, 90), 1.5)
        for y in (280, 308):
            pen.box(0, y, WIDTH, 1.5, (108, 98, 90))
        pen.box(40, 70, 150, 96, (238, 240, 238), 3)
        pen.polygon([(46, 160), (100, 100), (132, 132), (152, 116), (184, 160)], (120, 150, 130))
        pen.disc(156, 92, 9, (240, 206, 120))
        pen.box(246, 96, 132, 170, (70, 78, 84), 2)
        pen.box(252, 102, 120, 164, (150, 190, 214))
        pen.box(252, 206, 120, 60, (126, 150, 120))
        pen.box(392, 168, 18, 34, (52, 56, 60), 3)
        pen.disc(401, 178, 4, (30, 32, 34))
        pen.box(470, 214, 170, 84, (112, 78, 54), 4)
        pen.box(460, 206, 190, 12, (150, 110, 78), 3)
        pen.box(520, 176, 54, 34, (34, 38, 44), 3)
        pen.box(544, 208, 6, 4, (34, 38, 44))
        for leaf in range(7):
            angle = math.radians(-150 + leaf * 20)
            pen.line([(216, 236), (216 + math.cos(angle) * 34, 236 + math.sin(angle) * 50)], (60, 120, 70), 5)
        pen.box(202, 234, 28, 34, (176, 92, 62), 3)
        return image

    def draw(self, pen: Pen, t: float) -> None:
        opened = smooth(t, self.OPENS, self.OPENS + 1.2) - smooth(t, self.SHUTS, self.SHUTS + 1.2)
        ringing = any(ring <= t < ring + 0.6 for ring in self.RINGS)
        inside = smooth(t, self.OPENS + 1, self.OPENS + 9)
        if t < 18:
            size = 0.95 + 0.45 * inside
            waits = 300 + 12 * smooth(t, 0, 1.5)
            person(pen, waits + 190 * inside, 262 + 62 * inside, t if 0 < inside < 1 else 0, (70, 84, 140), size)
        for side, left in ((-1, 252), (1, 312)):
            x = left + side * 56 * opened
            pen.box(max(x, 196), 102, 60 if x >= 196 else 60 - (196 - x), 164, (186, 212, 226, 110))
            pen.box(x + (54 if side < 0 else 2), 176, 4, 26, (90, 96, 100))
        pen.disc(401, 190, 4, (90, 220, 120) if opened > 0.05 else (255, 196, 60) if ringing else (150, 40, 40))
        if ringing:
            pen.disc(401, 190, 11, (255, 210, 90, 60))
