"""The profile as it is written: strict, so that every program reads the same (docs/cartography.md)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from vssx.cartography.profile import COLUMNS, HEADER
from vssx.cells import cell
from vssx.model.cartography import MapCamera

BOM = b"\xef\xbb\xbf"


def write_profile(cameras: Iterable[MapCamera]) -> Iterator[bytes]:
    """UTF-8 with its byte order mark, every cell in quotes, CRLF, all columns in their order; a line at a time.

    Numbers have a decimal point and as many digits as they need to be read back as the same value; texts are
    neutralised by ``vssx.cells``, which ``read_table`` undoes.
    """
    yield BOM + _line(HEADER)
    for camera in cameras:
        yield _line(_cell(getattr(camera, column.name)) for column in COLUMNS)


def _line(cells: Iterable[str]) -> bytes:
    return (",".join(f'"{one}"' for one in cells) + "\r\n").encode("utf-8")


def _cell(value: str | float | None) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return cell(value)
    text = format(Decimal(repr(float(value))), "f")  # never an exponent: spreadsheets would round it
    return text.removesuffix(".0")
