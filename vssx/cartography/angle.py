"""Longitudes, latitudes and directions as people write them."""

from __future__ import annotations

import re

_DEGREE = r"(?:°|º|˚|deg|degr[eé]s?|d)"
# The letter s is a sign of seconds only behind the letter m of minutes: else it is south.
_SEXAGESIMAL = re.compile(
    rf"""(?P<sign>[-+])?\s*(?P<degrees>\d{{1,3}})\s*(?:{_DEGREE}|:|(?<=\d)\s)\s*
    (?P<minutes>\d{{1,2}}(?:\.\d{{0,12}})?)\s*
    (?:(?:['′’´ʹ:]|(?<=\d)\s|$)\s*(?:(?P<seconds>\d{{1,2}}(?:\.\d{{0,12}})?)\s*(?:''|["″”]|’’|′′|´´|ʺ|$))?
    |(?:min|mn|m)\s*(?:(?P<seconds_>\d{{1,2}}(?:\.\d{{0,12}})?)\s*(?:sec|s|$))?)""",
    re.VERBOSE | re.ASCII,
)
_DEGREES = re.compile(rf"(?P<sign>[-+])?\s*(?P<degrees>\d{{1,3}}(?:\.\d{{0,20}})?)\s*{_DEGREE}?", re.ASCII)
_PACKED = re.compile(r"(?P<degrees>\d{2,3})(?P<minutes>\d\d)(?P<seconds>\d\d(?:\.\d{0,12})?)", re.ASCII)
_HEMISPHERE = r"north|nord|south|sud|east|est|west|ouest|[nsewo]"
_BEFORE = re.compile(rf"({_HEMISPHERE})(?![a-z])\s*", re.IGNORECASE)
_LAST = re.compile(rf"\s*(?:(?<![a-z])|(?<=\d[smd]))({_HEMISPHERE})$", re.IGNORECASE)
_SIGNS = {"n": 1, "s": -1, "e": 1, "w": -1, "o": -1}
_OF = {"longitude": "ewo", "latitude": "ns"}
_POINTS = ("N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW")
_WORDS = (
    ("OUEST", "W"),  # before EST, which is in it
    *(("NORTH", "N"), ("EAST", "E"), ("SOUTH", "S"), ("WEST", "W"), ("NORD", "N"), ("EST", "E"), ("SUD", "S")),
)


def read_angle(text: str, column: str) -> tuple[float, bool]:
    """Degrees of a longitude or latitude with a decimal point, and whether an O was taken for west (French ouest).

    ``48.8582``, ``48.8582° N``, ``48°51'29.6"N``, ``N 48 51 29.6``, ``48°51.493'``, ``48:51:29.6``, ``485129.6N``.
    Raises ValueError with what is wrong.
    """
    angle, hemisphere = _hemisphere(text.strip())
    if hemisphere and hemisphere not in _OF[column]:
        raise ValueError(f"{hemisphere.upper()} is no hemisphere of a {column}")
    match = _DEGREES.fullmatch(angle) or _SEXAGESIMAL.fullmatch(angle)
    if match is None and hemisphere:
        match = _PACKED.fullmatch(angle)
    if match is None:
        raise ValueError("is no angle")
    parts = match.groupdict()
    minutes, seconds = float(parts.get("minutes") or 0), float(parts.get("seconds") or parts.get("seconds_") or 0)
    if minutes >= 60 or seconds >= 60:
        raise ValueError("has 60 or more minutes or seconds")
    if parts.get("sign") and hemisphere:
        raise ValueError("has a sign and a hemisphere")
    degrees = float(parts["degrees"]) + minutes / 60 + seconds / 3600
    negative = parts.get("sign") == "-" or (bool(hemisphere) and _SIGNS[hemisphere] < 0)
    return round(-degrees if negative else degrees, 10), hemisphere == "o"


def _hemisphere(text: str) -> tuple[str, str]:
    """The angle without its hemisphere, and the first letter of that."""
    if _SEXAGESIMAL.fullmatch(text):  # ends in the s of seconds, if in any letter
        return text, ""
    before, behind = _BEFORE.match(text), _LAST.search(text)
    if before and behind:
        raise ValueError("has two hemispheres")
    if before:
        return text[before.end() :], before[1][0].lower()
    if behind:
        return text[: behind.start()], behind[1][0].lower()
    return text, ""


def read_compass_point(text: str) -> tuple[float, bool] | None:
    """Degrees of N, NNE, north-east, sud-ouest ..., and whether an O was taken for west; None for anything else."""
    point = "".join(one for one in text[:40].upper() if one.isalpha())
    for word, letter in _WORDS:
        point = point.replace(word, letter)
    western = point.replace("O", "W")
    if western not in _POINTS or len(text) > 40 or any(one.isdigit() for one in text):
        return None
    return _POINTS.index(western) * 22.5, western != point
