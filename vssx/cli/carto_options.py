"""Options that every command has which reads a cartography."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from vssx.jobs.carto import TableRequest, said_crs


def table_argument(function: Callable[..., Any]) -> Callable[..., Any]:
    """FILE, --mapping and --crs, which reach the command as one ``request``."""

    @click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
    @click.option(
        "--mapping",
        type=click.Path(path_type=Path, dir_okay=False),
        help="How the table's own columns and words become those of the profile (TOML, docs/cartography.md).",
    )
    @click.option(
        "--crs",
        default="",
        metavar="CODE",
        help="Coordinate reference system of eastings and northings that name none, e.g. EPSG:2154.",
    )
    @wraps(function)
    def command(file: Path, mapping: Path | None, crs: str, **others: Any) -> Any:
        request = TableRequest(path=file, mapping=mapping, crs=said_crs(crs, "--crs"))
        return function(request=request, **others)

    return command
