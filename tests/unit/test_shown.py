from __future__ import annotations

import os
from pathlib import Path

import pytest

from vssx.shown import shown


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a b/ä", "a b/ä"),
        ("\x1b[31mred\r\n", "\\x1b[31mred\\x0d\\x0a"),
        ("left\u202eright", "left\\u202eright"),
        (os.fsdecode(b"\xff"), "\\udcff"),
        ("\U000e0001", "\\U000e0001"),
        (Path("x/y"), "x/y"),
        (b"raw\x00", "raw\\x00"),
        ("x" * 400, "x" * 300 + "..."),
    ],
)
def test_shown(text: object, expected: str):
    assert shown(text) == expected


def test_backslashes_cannot_fake_an_escape():
    assert shown("\\x41") != shown("A")
