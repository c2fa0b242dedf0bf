"""The text of a cell as a value of its column; what is wrong with it as a word and a sentence."""

from __future__ import annotations

import re
from dataclasses import dataclass

from vssx.cartography.angle import read_angle, read_compass_point
from vssx.cartography.header import plain
from vssx.cartography.profile import MAX_TEXT, Column, Kind
from vssx.cartography.words import crs_named, word_meant
from vssx.model.cartography import Severity

_MAX_VALUE = 400  # the smallest numbers have that many decimals, and are read back exactly
_ONE_OF = {
    Kind.NUMBER: "a number",
    Kind.ANGLE: "an angle",
    Kind.DIRECTION: "a direction",
    Kind.WORD: "a word",
    Kind.MOMENT: "a date",
    Kind.CRS: "a reference system",
}
_PLAIN_NUMBER = re.compile(r"-?\d{1,15}(?:\.\d{1,350})?", re.ASCII)
_NUMBER = re.compile(r"[-+]?(?:\d{1,15}(?:\.\d{0,350})?|\.\d{1,350})(?P<exponent>[eE][-+]?\d{1,2})?", re.ASCII)
_SPACED = re.compile(r"([-+]?[1-9]\d{0,2}(?:[\s\u00a0\u2007\u2009\u202f'’_]\d{3})+)((?:[.,]\d*)?)", re.ASCII)
_SPACES = re.compile(r"[\s\u00a0\u2007\u2009\u202f'’_]")
_GROUPED = re.compile(r"[-+]?[1-9]\d{0,2}([.,])\d{3}(?:\1\d{3})*(?:(?!\1)[.,]\d*)?", re.ASCII)
_BARE_MINUTES = re.compile(r"[-+]?\d{1,3} \d{1,2}(?:[.,]\d*)?", re.ASCII)
_AMBIGUOUS = re.compile(r"[-+]?[1-9]\d{0,2}[.,]\d{3}")
_UNITS = {
    "°": re.compile(r"\s*(?:°|º|˚|deg|degr[eé]s?|degrees)$", re.IGNORECASE),
    "m": re.compile(r"\s*(?:m|m[eè]tres?|meters?)\.?$", re.IGNORECASE),
    "px": re.compile(r"\s*px$", re.IGNORECASE),
    "unit of crs": re.compile(r"\s*m$", re.IGNORECASE),
}
_ISO = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.\d{1,9})?)?\s*(?:Z|[+-]\d\d:?\d\d)?)?)?)?", re.ASCII
)
_NATIONAL = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4})", re.ASCII)
_EPSG = re.compile(r"(?:(?:EPSG|urn:ogc:def:crs:EPSG)\s*:*\s*)?:?(\d{4,6})", re.IGNORECASE | re.ASCII)
_NOT_SAID = frozenset(
    ("", "nc", "na", "nd", "none", "null", "unknown", "inconnu", "inconnue", "neant", "sansobjet", "nonrenseigne")
)
"""What people write where they have nothing to say: ``-``, ``?``, ``n.c.``, ``néant``. ``SO`` is a compass point."""
NOT_SAID = "not-said"
_SANS_OBJET = frozenset(("s/o", "s.o.", "s.o", "s. o."))
_AUTHORITY = re.compile(r"([A-Za-z]{2,20}):([A-Za-z0-9_.-]{1,20})", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is wrong with a value, or worth a look."""

    severity: Severity
    kind: str
    message: str


Read = tuple[str | float | None, Problem | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class CellReader:
    """How cells are written in one table: ``decimal`` as in Dialect, ``dates`` as in TableMapping."""

    decimal: str
    dates: str

    def read(self, column: Column, text: str) -> Read:
        """The value of a cell that is not empty, None where it cannot be used; and what there is to say of it."""
        if column.kind is Kind.TEXT:
            return _text(text)
        text = " ".join(text.split())  # long runs of blanks would cost the expressions below their square
        if text.casefold() in _SANS_OBJET:
            return None, _sans_objet(column)
        if not text[-1:].isdigit() and len(text) < 20 and plain(text) in _NOT_SAID:
            return None, Problem(severity=Severity.NOTE, kind=NOT_SAID, message="read as an empty cell")
        if len(text) > _MAX_VALUE:
            return None, _error(
                "long-text", f"has {len(text)} characters, too many for {_ONE_OF[column.kind]}; not used"
            )
        match column.kind:
            case Kind.NUMBER:
                return self._number(column, text)
            case Kind.ANGLE:
                return self._angle(column, text)
            case Kind.DIRECTION:
                return self._direction(column, text)
            case Kind.WORD:
                return _word(column, text)
            case Kind.MOMENT:
                return self._moment(text)
            case _:
                return _crs(text)

    def _number(self, column: Column, text: str) -> Read:
        if self.decimal == "." and _PLAIN_NUMBER.fullmatch(text):  # nearly all of them
            return _within(column, float(text), None)
        plain_text, said = self._decimal_point(_without_unit(column, text))
        match = _NUMBER.fullmatch(plain_text)
        if match is None:
            return None, _error("number", f"is no number{_of_unit(column)}; not used")
        if match["exponent"]:
            said = _EXPONENT
        return _within(column, float(plain_text), said)

    def _decimal_point(self, text: str) -> tuple[str, Problem | None]:
        """With a decimal point and without marks of thousands; as it is where these do not stand before three digits
        each: nobody knows what ``1.2.3`` or ``12.5,3`` is."""
        text = text.replace("−", "-").strip()
        if spaced := _SPACED.fullmatch(text):
            text = _SPACES.sub("", spaced[1]) + spaced[2]
        points, commas = text.count("."), text.count(",")
        if points and commas:  # the later one is the decimal sign
            decimal = "." if text.rfind(".") > text.rfind(",") else ","
        elif points + commas > 1:
            decimal = "." if commas else ","
        elif self.decimal and points + commas and (text[text.find(".") if points else text.find(",")] != self.decimal):
            if _AMBIGUOUS.fullmatch(text):
                other = "." if points else ","
                return text.replace(other, ""), _warning(
                    "decimal", f"read as thousands, since the decimal sign of this file is {self.decimal!r}"
                )
            decimal = "." if points else ","
        else:
            decimal = "." if points else ","
            if not self.decimal and points + commas and _AMBIGUOUS.fullmatch(text):
                word = "point" if points else "comma"
                said = _warning(
                    "decimal", f"may be a decimal {word} or thousands: read as a decimal {word}; a mapping can tell"
                )
                return text.replace(",", "."), said
        thousands = "," if decimal == "." else "."
        if thousands in text and not _GROUPED.fullmatch(text):
            return text, None
        return text.replace(thousands, "").replace(decimal, "."), None

    def _angle(self, column: Column, text: str) -> Read:
        if self.decimal == "." and _PLAIN_NUMBER.fullmatch(text):
            return _within(column, float(text), None)
        try:
            degrees, western = read_angle(text.replace("−", "-").replace(",", "."), column.name)
        except ValueError as error:
            return self._odd_angle(column, text, str(error))
        said = _warning("west-or-east", "O is read as ouest (west); in German it means east") if western else None
        if _BARE_MINUTES.fullmatch(text):
            said = _warning(
                "minutes", f"read as degrees and minutes, {degrees:g} degrees: or is the blank a decimal sign?"
            )
        return _within(column, degrees, said)

    def _odd_angle(self, column: Column, text: str, wrong: str) -> Read:
        """Projected coordinates under the wrong name are worth a sentence of their own."""
        plain_text = text.replace("−", "-").replace(",", ".")
        if match := _NUMBER.fullmatch(plain_text):
            return _within(column, float(plain_text), _EXPONENT if match["exponent"] else None)
        grouped, _ = self._decimal_point(text)
        if _NUMBER.fullmatch(grouped) and abs(float(grouped)) >= 1000:
            return _within(column, float(grouped), None)
        return None, _error("angle", f"{wrong}; not used")

    def _direction(self, column: Column, text: str) -> Read:
        if (point := read_compass_point(text)) is not None:
            degrees, western = point
            if western:
                return degrees, _warning("west-or-east", "O is read as ouest (west); in German it means east")
            return degrees, Problem(
                severity=Severity.NOTE, kind="compass-point", message=f"a compass point, read as {degrees:g} degrees"
            )
        value, said = self._number(_UNBOUNDED_DIRECTION, text)
        if not isinstance(value, float):
            return value, said
        if value == 360:
            return 0.0, said
        if -180 <= value < 0:
            return value + 360, _warning("azimuth", f"out of range 0 to 360: read as {value + 360:g}")
        return _within(column, value, said)

    def _moment(self, text: str) -> Read:
        if match := _ISO.fullmatch(text):
            year, month, day, *clock = (int(part) if part else None for part in match.groups())
            if _is_day(year or 0, month or 1, day or 1) and all(
                (part or 0) < limit for part, limit in zip(clock, (24, 60, 61), strict=True)
            ):
                return text, None
            return None, _error("date", "is no day of the calendar; not used")
        if match := _NATIONAL.fullmatch(text):
            first, second, year = int(match[1]), int(match[3]), int(match[4])
            if self.dates == "month-first" or (match[2] != "." and not self.dates and second > 12):
                month, day = first, second
            elif self.dates == "day-first" or match[2] == "." or first > 12 or first == second:
                day, month = first, second
            else:
                return None, _error("date", "day or month first? Say it in a mapping (format.dates); not used")
            if _is_day(year, month, day):
                return f"{year:04d}-{month:02d}-{day:02d}", None
        return None, _error("date", "is no ISO 8601 date or time, such as 2024-05-31; not used")


_UNBOUNDED_DIRECTION = Column(name="azimuth", kind=Kind.NUMBER, meaning="", unit="°")


def _sans_objet(column: Column) -> Problem:
    if column.kind is Kind.DIRECTION:
        return _warning(NOT_SAID, "may be sans objet (nothing) or sud-ouest (south-west): not used")
    return Problem(severity=Severity.NOTE, kind=NOT_SAID, message="read as an empty cell")


def _text(text: str) -> Read:
    if len(text) > MAX_TEXT:
        return None, _error("long-text", f"has {len(text)} characters, more than {MAX_TEXT}; not used")
    if "\ufffd" in text:
        return text, _warning("lost-character", "a character was lost before this file was written (U+FFFD)")
    return text, None


def _word(column: Column, text: str) -> Read:
    if text in column.words:
        return text, None
    found = word_meant(column, plain(text))
    if found is None:
        return None, _warning("word", f"is none of {', '.join(column.words)}; not used; a mapping can translate it")
    return found, None


def crs_code(text: str) -> str:
    """The authority and code that ``text`` means, as ``2154``, ``Lambert 93`` or ``IGNF:LAMB93``; "" for none."""
    code, _ = _crs(text)
    return str(code or "")


def _crs(text: str) -> Read:
    if match := _EPSG.fullmatch(text):
        return f"EPSG:{match[1]}", None
    if named := crs_named(plain(text)):
        return named, None
    if match := _AUTHORITY.fullmatch(text):
        return f"{match[1].upper()}:{match[2]}", None
    return None, _error("crs", "is no coordinate reference system such as EPSG:2154; not used")


def _within(column: Column, value: float, said: Problem | None) -> Read:
    low, high, above = column.minimum, column.maximum, column.above
    if (
        (low is not None and value < low)
        or (high is not None and value > high)
        or (above is not None and value <= above)
    ):
        bounds = f"above {above:g} to {high:g}" if above is not None else f"{low:g} to {high:g}"
        more = ": coordinates of a map belong to easting and northing" if column.kind is Kind.ANGLE else ""
        return None, _error("range", f"out of range, {bounds} {column.unit}{more}; not used")
    return value + 0.0, said  # -0.0 becomes 0.0


def _without_unit(column: Column, text: str) -> str:
    unit = _UNITS.get(column.unit)
    return text if unit is None else unit.sub("", text)


def _of_unit(column: Column) -> str:
    return f" of {column.unit}" if column.unit in ("°", "m") else ""


def _is_day(year: int, month: int, day: int) -> bool:
    if not (1 <= year <= 9999 and 1 <= month <= 12 and day >= 1):
        return False
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return day <= (29 if month == 2 and leap else 28 if month == 2 else 30 if month in (4, 6, 9, 11) else 31)


def _error(kind: str, message: str) -> Problem:
    return Problem(severity=Severity.ERROR, kind=kind, message=message)


def _warning(kind: str, message: str) -> Problem:
    return Problem(severity=Severity.WARNING, kind=kind, message=message)


_EXPONENT = _warning("exponent", "has an exponent, as spreadsheets write numbers that they have rounded")
