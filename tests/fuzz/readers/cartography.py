"""Tables of cameras: whatever is in them, nothing raises, and what is written of them is read back the same."""

from __future__ import annotations

from dataclasses import replace

from vssx.cartography.placed_table import read_table
from vssx.cartography.profile_reading import read_profile
from vssx.cartography.profile_writer import write_profile

MAX_LENGTH = 8192
_ROW = 'C1;Entrée "nord";48°51\'29,6"N;2,29;45,5;30;dôme;31.05.2020;652000;6862000;2154\r\n'
_HEADER = "id;nom;latitude;longitude;azimut;portée;type;mise en service;x;y;epsg\r\n"


def seeds() -> list[bytes]:
    """The same small table in several encodings, one that is broken, and one of the profile."""
    text = _HEADER + _ROW + 'C2;"=cmd\u202e";0;0;400;;;;;;\r\nC3;"open;\r\nC4;;;;;;;;1;2;9999\r\n'
    told = [text.encode(encoding) for encoding in ("utf-8", "utf-16", "utf-16-le")]
    told.append(_HEADER.encode("cp1252") + _ROW.encode("cp1252"))
    return [*told, b"".join(write_profile(read_table(told[0], "cameras.csv").cameras))]


def read(data: bytes) -> None:
    """Read one table, write the profile of it, and read that, with tolerance and as the verifier does."""
    first = read_table(data[:MAX_LENGTH], "cameras.csv", crs="2154").cameras
    profile = b"".join(write_profile(first))
    again = read_table(profile, "cameras.csv").cameras
    assert [replace(one, line=0) for one in again] == [replace(one, line=0) for one in first]
    strictly = [camera for _, camera in read_profile(profile, "cameras.csv")]
    assert [replace(one, line=0) for one in strictly] == [replace(one, line=0) for one in first]
