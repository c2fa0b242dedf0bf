"""Mapping files of cartographies."""

from __future__ import annotations

from vssx.cartography.mapping import read_mapping

MAX_LENGTH = 8192


def seeds() -> list[bytes]:
    """One with everything in it."""
    return [
        b'[format]\nseparator = "semicolon"\nencoding = "windows-1252"\ndecimal = "comma"\ndates = "day-first"\n'
        b'crs = "EPSG:2154"\n[columns]\ncamera_id = "Ref"\n[defaults]\noperator = "Ville"\n[values.camera_type]\n'
        b'"T1" = "fixed"\n[plans."ground floor.svg"]\ncontrol_points = [\n'
        b"{ x = 0, y = 0, longitude = 2.2945, latitude = 48.8584 },\n"
        b'{ x = 0, y = 600, easting = 648237.3, northing = 6862228.1, crs = "EPSG:2154" }]\n'
    ]


def read(data: bytes) -> None:
    """Read one."""
    read_mapping(data, "mapping.toml")
