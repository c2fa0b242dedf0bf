"""Letters of five by seven dots, for a line that is burnt into pictures: capitals, digits and what dates need."""

from __future__ import annotations

WIDTH, HEIGHT = 6, 7
"""Dots of a letter, with the empty column behind it."""
_ROWS = """
A .XXX. X...X X...X XXXXX X...X X...X X...X
B XXXX. X...X X...X XXXX. X...X X...X XXXX.
C .XXX. X...X X.... X.... X.... X...X .XXX.
D XXXX. X...X X...X X...X X...X X...X XXXX.
E XXXXX X.... X.... XXXX. X.... X.... XXXXX
F XXXXX X.... X.... XXXX. X.... X.... X....
G .XXX. X...X X.... X.XXX X...X X...X .XXX.
H X...X X...X X...X XXXXX X...X X...X X...X
I .XXX. ..X.. ..X.. ..X.. ..X.. ..X.. .XXX.
J ..XXX ...X. ...X. ...X. ...X. X..X. .XX..
K X...X X..X. X.X.. XX... X.X.. X..X. X...X
L X.... X.... X.... X.... X.... X.... XXXXX
M X...X XX.XX X.X.X X.X.X X...X X...X X...X
N X...X XX..X X.X.X X..XX X...X X...X X...X
O .XXX. X...X X...X X...X X...X X...X .XXX.
P XXXX. X...X X...X XXXX. X.... X.... X....
Q .XXX. X...X X...X X...X X.X.X X..X. .XX.X
R XXXX. X...X X...X XXXX. X.X.. X..X. X...X
S .XXXX X.... X.... .XXX. ....X ....X XXXX.
T XXXXX ..X.. ..X.. ..X.. ..X.. ..X.. ..X..
U X...X X...X X...X X...X X...X X...X .XXX.
V X...X X...X X...X X...X X...X .X.X. ..X..
W X...X X...X X...X X.X.X X.X.X XX.XX X...X
X X...X X...X .X.X. ..X.. .X.X. X...X X...X
Y X...X X...X .X.X. ..X.. ..X.. ..X.. ..X..
Z XXXXX ....X ...X. ..X.. .X... X.... XXXXX
0 .XXX. X...X X..XX X.X.X XX..X X...X .XXX.
1 ..X.. .XX.. ..X.. ..X.. ..X.. ..X.. .XXX.
2 .XXX. X...X ....X ...X. ..X.. .X... XXXXX
3 XXXXX ...X. ..X.. ...X. ....X X...X .XXX.
4 ...X. ..XX. .X.X. X..X. XXXXX ...X. ...X.
5 XXXXX X.... XXXX. ....X ....X X...X .XXX.
6 ..XX. .X... X.... XXXX. X...X X...X .XXX.
7 XXXXX ....X ...X. ..X.. .X... .X... .X...
8 .XXX. X...X X...X .XXX. X...X X...X .XXX.
9 .XXX. X...X X...X .XXXX ....X ...X. .XX..
- ..... ..... ..... XXXXX ..... ..... .....
: ..... .XX.. .XX.. ..... .XX.. .XX.. .....
. ..... ..... ..... ..... ..... .XX.. .XX..
+ ..... ..X.. ..X.. XXXXX ..X.. ..X.. .....
"""
_LETTERS = {line[0]: tuple(line[2:].split(" ")) for line in _ROWS.strip().splitlines()}
_EMPTY = ("." * (WIDTH - 1),) * HEIGHT


def dots(text: str, *, on: int, off: int, scale: int) -> list[bytes]:
    """The lines of dots of ``text``, each ``len(text) * WIDTH * scale`` bytes ``on`` or ``off``; other characters than
    those above are empty."""
    lit, dark = bytes([on]) * scale, bytes([off]) * scale
    rows = []
    for row in range(HEIGHT):
        line = b"".join(
            (lit if dot == "X" else dark) for character in text for dot in _LETTERS.get(character, _EMPTY)[row] + "."
        )
        rows += [line] * scale
    return rows
