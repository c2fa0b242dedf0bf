"""What a table tells of how it is written."""

from __future__ import annotations

import codecs
import io

import pytest

from tests.unit.cartography.tables import kinds, one, only, read
from vssx.cartography.dialect import decimal_sign
from vssx.model.cartography import Severity
from vssx.separated_text import find_encoding, said_separator

_TABLE = "id{0}nom{0}latitude{0}azimut\r\nC1{0}Entrée{0}48.5{0}12\r\n"


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_separators_and_ends_of_lines(separator: str, end: str) -> None:
    reading = read(_TABLE.format(separator).replace("\r\n", end))
    assert reading.dialect.separator == separator
    assert reading.cameras[0].name == "Entrée"


@pytest.mark.parametrize(
    ("encoding", "bom", "read_as"),
    [
        ("utf-8", b"", "utf-8"),
        ("utf-8", codecs.BOM_UTF8, "utf-8-sig"),
        ("utf-16-le", codecs.BOM_UTF16_LE, "utf-16"),
        ("utf-16-be", codecs.BOM_UTF16_BE, "utf-16"),
        ("utf-16-le", b"", "utf-16-le"),
        ("utf-16-be", b"", "utf-16-be"),
        ("utf-32-le", codecs.BOM_UTF32_LE, "utf-32"),
        ("cp1252", b"", "cp1252"),
    ],
)
def test_encodings(encoding: str, bom: bytes, read_as: str) -> None:
    reading = read(bom + _TABLE.format(";").encode(encoding))
    assert reading.dialect.encoding == read_as
    assert reading.cameras[0].name == "Entrée"
    assert ("encoding" in kinds(reading)) is (read_as == "cp1252")


def test_a_damaged_byte_costs_its_line_only() -> None:
    rows = [f"C{n};Entrée\r\n".encode() for n in range(5)]
    rows[2] = rows[2].replace("é".encode(), b"\xe9")
    reading = read(b"id;nom\r\n" + b"".join(rows))
    assert reading.dialect.encoding == "utf-8"
    assert [camera.camera_id for camera in reading.cameras] == ["C0", "C1", "C3", "C4"]
    assert only(reading, "encoding").line == 4
    assert only(reading, "encoding").severity is Severity.ERROR


def test_a_mapping_decides_on_the_encoding() -> None:
    reading = read("id;nom\nC1;é\n".encode(), '[format]\nencoding = "windows-1252"\n')
    assert reading.cameras[0].name == "Ã©"
    assert not kinds(reading)


def test_multibyte_characters_across_pieces() -> None:
    assert find_encoding(io.BytesIO(b"a" * ((1 << 20) - 1) + "é".encode() * 10)) == "utf-8"


def test_the_separator_that_makes_sense_of_the_header_wins() -> None:
    camera = read("id;name, as known;azimuth, if any;address\nC1;x;;1, rue A, Lyon\n").cameras[0]
    assert camera.address == "1, rue A, Lyon"


def test_excel_says_its_separator() -> None:
    camera = one("sep=;\r\nid;remarks, all\r\nC1;a\r\n", '[columns]\nremarks = "remarks, all"\n')
    assert (camera.remarks, camera.line) == ("a", 3)


def test_a_mapping_decides_on_the_separator() -> None:
    assert read("id,name\nC1;x,y\n", '[format]\nseparator = "comma"\n').cameras[0].camera_id == "C1;x"


@pytest.mark.parametrize(
    ("numbers", "sign"),
    [
        (["1,5", "2,25"], ","),
        (["1.5", "1,234"], "."),
        (["1,234", "1.234"], ""),
        (["1.234.567,5"], ","),
        (["1,234,567"], "."),
        (["0,125"], ","),
        (["12", "-7"], ""),
        (["1,5", "1.5", "2.5"], "."),
    ],
)
def test_decimal_sign(numbers: list[str], sign: str) -> None:
    # 0,125 is grouped like a thousand, but no thousand begins with 0
    assert decimal_sign(numbers) == sign


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("sep=;\r\n", ";"),
        ("SEP=,", ","),
        ('"sep=|"\n', "|"),
        ("sep=\t\r\n", "\t"),
        ("sep=:\n", None),
        ("sep=\n", None),
        ("sep=;;", None),
        ("id;name", None),
    ],
)
def test_what_excel_puts_first(line: str, said: str | None) -> None:
    assert said_separator(line) == said
