"""Small tables of cameras, and what is found in them."""

from __future__ import annotations

from vssx.cartography.mapping import TableMapping, read_mapping
from vssx.cartography.placed_table import TableReading, read_table
from vssx.model.cartography import CartographyFinding, MapCamera

FILE = "cameras.csv"


def read(text: str | bytes, mapping: str = "", crs: str = "") -> TableReading:
    data = text if isinstance(text, bytes) else text.encode("utf-8")
    return read_table(data, FILE, mapped(mapping) if mapping else None, crs=crs, mapping_file="mapping.toml")


def mapped(text: str) -> TableMapping:
    return read_mapping(text.encode("utf-8"), "mapping.toml")


def one(text: str | bytes, mapping: str = "") -> MapCamera:
    """The only camera of a table in which nothing is wrong."""
    reading = read(text, mapping)
    assert not [found for found in reading.findings if found.kind != "no-position"]
    (camera,) = reading.cameras
    return camera


def only(reading: TableReading, kind: str) -> CartographyFinding:
    """The only finding of a kind."""
    (found,) = (found for found in reading.findings if found.kind == kind)
    return found


def kinds(reading: TableReading) -> set[str]:
    return {found.kind for found in reading.findings} - {"no-position"}
