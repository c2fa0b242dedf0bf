"""Cells of CSV files: nothing of them is a formula, whatever separates cells for the spreadsheet that opens them."""

import csv

import pytest

from tests.hostile_documents import VALUES
from vssx.cells import MAX_CELL, row, visible


@pytest.mark.parametrize("separator", [",", ";", "|", "\t"])
@pytest.mark.parametrize("value", [*VALUES, *(f"Source={one}; Key={one}" for one in VALUES)])
def test_no_cell_is_a_formula(value: str, separator: str) -> None:
    [cells] = csv.reader([row(("id", value, value)).decode()], delimiter=separator)
    assert not [one for one in cells if one.strip()[:1] in tuple("=+-@＝＋－＠")]
    assert all(one.isprintable() for one in cells[:-1])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Größe 5 m/s, 50 % \u2013 \u20ac \U0001f600", "Größe 5 m/s, 50 % \u2013 \u20ac \U0001f600"),
        ("\U0001fae8 of Unicode 15, \U0001da8c of none", "\U0001fae8 of Unicode 15, \U0001da8c of none"),
        ("a\tb\x00\x7f\x85\xa0", "a\\u{9}b\\u{0}\\u{7f}\\u{85}\\u{a0}"),
        ("\u202e\u2066\u200b\ufeff\u2028", "\\u{202e}\\u{2066}\\u{200b}\\u{feff}\\u{2028}"),
        ("\u3164\ue000\ufffe\U000e0041", "\\u{3164}\\u{e000}\\u{fffe}\\u{e0041}"),
        ("C:\\u{9}", "C:\\\\u{9}"),
    ],
)
def test_characters_that_nobody_sees_are_written_out(text, expected):
    """By a list of our own: another version of Python gives the same bytes."""
    assert visible(text) == expected
    assert next(csv.reader([row([text]).decode()])) == [expected]


def test_a_long_cell_is_cut_and_says_so():
    [cells] = csv.reader([row(["x" * (MAX_CELL + 5)]).decode()])
    assert cells == ["x" * MAX_CELL + " ... (5 more characters in events.xml)"]
