"""Which column of a table is which of the profile: by its own name, an alias, or the mapping file."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from vssx.cartography.mapping import TableMapping
from vssx.cartography.profile import COLUMNS, HEADER
from vssx.cartography.words import crs_named
from vssx.model.cartography import CartographyFinding, Severity

_COMPARED = 100  # unknown columns; comparing takes its time
_NUMBER_SIGN = re.compile(r"\bn\s?[°º]", re.IGNORECASE)  # without its ring, N° would be a northing
_UNIT = re.compile(r"[\s_]*(?:\([^()]*\)|\[[^\[\]]*\])\s*$")


_PARTS = re.compile(r"[\s_()\[\]-]+")
_EPSG = re.compile(r"epsg:?(\d{4,6})", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """``places``: profile column -> number of the cell; ``names``: the header as written. ``strict``: the profile's."""

    line: int
    names: tuple[str, ...]
    places: Mapping[str, int]
    strict: bool

    @property
    def columns(self) -> dict[str, str]:
        """Profile column -> header as written."""
        return {column: self.names[place] for column, place in self.places.items()}

    def name_of(self, column: str) -> str:
        """How the file calls a column of the profile."""
        return self.names[self.places[column]] if column in self.places else column


def crs_in_header(name: str) -> str:
    """The code of the reference system that the name of a coordinate tells, as in ``X (L93)``; else ""."""
    return _coordinate(name)[1]


def _coordinate(name: str) -> tuple[str | None, str]:
    """easting or northing, and its reference system: where ``name`` has both."""
    parts = [plain(part) for part in _PARTS.split(name[:300]) if part]
    for end in range(1, min(len(parts), 4)):
        column = _aliases().get("".join(parts[:end]))
        if column in ("easting", "northing"):
            rest = "".join(parts[end:])
            told = _EPSG.fullmatch(rest)
            if code := f"EPSG:{told[1]}" if told else crs_named(rest):
                return column, code
    return None, ""


def known_names(names: Sequence[str], mapping: TableMapping) -> int:
    """How many of ``names`` mean something: what tells the separator of a file."""
    mapped = {plain(one) for one in mapping.columns.values()}
    return sum(_column_of(name) is not None or plain(name) in mapped for name in names)


def read_header(
    names: Sequence[str], mapping: TableMapping, file: str, line: int
) -> tuple[Header, list[CartographyFinding]]:
    """The header in ``names``, and what is odd about it."""
    findings: list[CartographyFinding] = []

    def say(severity: Severity, kind: str, name: str, message: str) -> None:
        findings.append(
            CartographyFinding(
                severity=severity, file=file, line=line, column=name[:200], value="", message=message, kind=kind
            )
        )

    written = tuple(names)
    while names and not names[-1]:  # cells below no name at all are cells too many: nobody knows which one is meant
        names = names[:-1]
    if len(names) < len(written):
        message = "columns without a name behind all others: rows with something in them are not used"
        say(Severity.NOTE, "unknown-column", "", message)
    places: dict[str, int] = {}
    plain_names = [plain(name) for name in names]
    for ours, wanted in mapping.columns.items():
        if wanted in names:
            places[ours] = names.index(wanted)
        elif plain(wanted) in plain_names:
            places[ours] = plain_names.index(plain(wanted))
        else:
            say(Severity.ERROR, "no-such-column", wanted, f"the mapping takes {ours} from it, and it is not there")
    taken = set(places.values())
    unknown = 0
    for number, name in enumerate(names):
        if number in taken:
            continue
        column = _column_of(name)
        if column is None:
            unknown += 1
            _say_unknown(say, name, compare=unknown <= _COMPARED)
        elif column in mapping.columns:
            say(Severity.NOTE, "unused-column", name, f"not used: the mapping takes {column} from another column")
        elif column in places:
            say(
                Severity.ERROR, "column-twice", name, f"is {column}, and so is {names[places[column]]!r}, which is used"
            )
        else:
            places[column] = number
    if "camera_id" not in places and "camera_id" not in mapping.defaults:
        if "name" in places:
            say(Severity.WARNING, "no-identifier", "", "no column is camera_id: the name stands for it")
        else:
            message = 'no column is camera_id: no row can be used; a mapping names one: [columns] camera_id = "..."'
            say(Severity.ERROR, "no-identifier", "", message)
    return Header(line=line, names=tuple(names), places=places, strict=written == HEADER), findings


def _say_unknown(say: Callable[[Severity, str, str, str], None], name: str, *, compare: bool) -> None:
    close = difflib.get_close_matches(plain(name), _aliases(), n=1, cutoff=0.85) if compare and len(name) < 80 else []
    if close:
        say(
            Severity.WARNING,
            "unknown-column",
            name,
            f"unknown, so not used; is it {_aliases()[close[0]]}? Then say so in a mapping",
        )
    elif plain(name):
        say(Severity.NOTE, "unknown-column", name, "unknown, so not used")
    else:
        say(Severity.NOTE, "unknown-column", name, "a column without a name, so not used")


def plain(name: str) -> str:
    """``name`` without case, accents and punctuation; ``N°`` is ``no``."""
    decomposed = unicodedata.normalize("NFKD", _NUMBER_SIGN.sub("no", name[:300])).casefold()
    return "".join(one for one in decomposed if one.isalnum())


@cache
def _aliases() -> Mapping[str, str]:
    """Plain name -> column of the profile."""
    return {plain(name): column.name for column in COLUMNS for name in (*column.aliases, column.name)}


def _column_of(name: str) -> str | None:
    """Also with its unit behind it, ``Azimut (°)``, or its reference system, ``X L93``."""
    return _aliases().get(plain(name)) or _aliases().get(plain(_UNIT.sub("", name[:300]))) or _coordinate(name)[0]
