"""Whatever is broken costs its own line only."""

from __future__ import annotations

import pytest

from tests.unit.cartography.tables import kinds, only, read
from vssx.cartography.lines import MAX_LINE
from vssx.model.cartography import Severity

_HEADER = "id,name,remarks\r\n"
_LAST = "LAST,the last,\r\n"


def _ids(text: str) -> list[str]:
    return [camera.camera_id for camera in read(text).cameras]


def test_quoted_cells() -> None:
    (camera,) = read(_HEADER + 'C1, "a ""b"", c","two\r\nlines"\r\n').cameras
    assert (camera.name, camera.remarks) == ('a "b", c', "two\r\nlines")


def test_a_quote_in_the_middle_is_itself() -> None:
    assert read(_HEADER + 'C1,5" dome,\r\n').cameras[0].name == '5" dome'


@pytest.mark.parametrize(
    "broken",
    [
        'C1,"open,\r\n',
        '"C1,open,\r\n',
        'C1,"closed"too early,\r\n',
        'C1,"open","open\r\n',
    ],
)
@pytest.mark.parametrize("behind", [_LAST, 'NEXT,"quoted","quoted"\r\n' + _LAST, _LAST * 3])
def test_a_quote_that_does_not_fit_costs_its_line_only(broken: str, behind: str) -> None:
    reading = read(_HEADER + broken + behind)
    found = next(found for found in reading.findings if found.kind == "quotes")
    assert (found.severity, found.line) == (Severity.ERROR, 2)
    assert reading.cameras[-1].camera_id == "LAST"
    assert "C1" not in {camera.camera_id for camera in reading.cameras}
    assert [found.line for found in reading.findings if found.kind == "quotes"] == [2]


def test_a_quote_open_to_the_end() -> None:
    reading = read(_HEADER + 'C1,"open,\r\n' + "".join(f"N{n},x,y\r\n" for n in range(200)))
    assert len(reading.cameras) == 200
    assert only(reading, "quotes").line == 2


def test_lines_are_counted_by_the_file() -> None:
    reading = read("\r\n\r\n" + _HEADER + '\r\nC1,"a\r\nb",\r\n,,\r\nC2,x,y,z\r\nC2,x,\r\n')
    assert [(camera.camera_id, camera.line) for camera in reading.cameras] == [("C1", 5), ("C2", 9)]
    assert only(reading, "cells").line == 8


@pytest.mark.parametrize(("row", "said"), [("C1,x", "2 cells"), ("C1", "1 cells"), ("C1,a,b,c", "4 cells")])
def test_too_few_or_too_many_cells(row: str, said: str) -> None:
    reading = read(_HEADER + row + "\r\n" + _LAST)
    assert said in only(reading, "cells").message
    assert [camera.camera_id for camera in reading.cameras] == ["LAST"]


def test_empty_cells_behind_the_table_do_no_harm() -> None:
    assert _ids(_HEADER + "C1,a,b,,,\r\n,,,,,,\r\n" + _LAST) == ["C1", "LAST"]


def test_nul_characters() -> None:
    reading = read(_HEADER + "C1,a\0b,\r\n" + _LAST)
    assert only(reading, "nul").line == 2
    assert [camera.camera_id for camera in reading.cameras] == ["LAST"]


def test_a_cell_of_ten_megabytes() -> None:
    for huge in ("x" * (10 << 20), '"' + "x" * (10 << 20) + '"', '"' + "x\n" * (5 << 20) + '"'):
        reading = read(_HEADER + f"C1,{huge},\r\n" + _LAST)
        first = reading.findings[0]
        assert (first.line, first.severity) == (2, Severity.ERROR)
        assert first.kind in ("long-line", "quotes")
        assert len(first.value) <= 200
        if "\n" not in huge:
            assert [camera.camera_id for camera in reading.cameras] == ["LAST"]


def test_the_longest_line() -> None:
    cell = "x" * (MAX_LINE - 20)
    assert kinds(read(_HEADER + f"C1,{cell},\r\n" + _LAST)) == {"long-text"}
