"""vssx carto convert"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vssx.cli import render
from vssx.cli.carto_findings import finding_line
from vssx.cli.carto_options import table_argument
from vssx.jobs.carto_convert import CartographyFormat
from vssx.model.cartography import Severity
from vssx.shown import counted, shown

if TYPE_CHECKING:
    from vssx.jobs.carto import TableRequest
    from vssx.jobs.carto_convert import Conversion

_SHOWN = 20


@click.command(
    "convert",
    short_help="Write GeoJSON, KML or CSV of the profile.",
    epilog="Example: vssx carto convert samples/cameras.csv --to geojson --out cameras.geojson",
)
@table_argument
@click.option(
    "--to",
    type=click.Choice([str(one) for one in CartographyFormat]),
    required=True,
    help="geojson (RFC 7946: points and view sectors), kml (2.2) or csv (the profile of docs/cartography.md).",
)
@click.option(
    "-o", "--out", "--output", type=click.Path(path_type=Path, dir_okay=False), required=True, help="New file to write."
)
@click.option(
    "--target-crs",
    default="",
    metavar="CODE",
    help="Reference system of eastings and northings in the CSV, e.g. EPSG:2154. [as in FILE]",
)
@click.option("--json", "as_json", is_flag=True, help="What was done as one JSON document instead of text.")
def convert_command(request: TableRequest, to: str, out: Path, target_crs: str, as_json: bool) -> int:
    """Write the cameras of FILE, a table or GeoJSON, as GeoJSON, KML or CSV of the profile.

    Longitudes and latitudes are WGS 84, computed through PROJ with the best operation that is installed; it is printed
    with its accuracy. What cannot be used is left out, and the command ends with 100 then.
    """
    from vssx.jobs import carto_convert as job
    from vssx.jobs.carto import said_crs

    conversion = job.convert(
        job.ConversionRequest(
            table=request, to=CartographyFormat(to), out=out, target_crs=said_crs(target_crs, "--target-crs")
        )
    )
    if as_json:
        render.print_json({"out": str(out), **asdict(conversion)})
    else:
        _print(out, conversion)
    return int(conversion.exit_code)


def _print(out: Path, done: Conversion) -> None:
    told = [one for one in done.findings if one.severity is not Severity.NOTE]
    for one in told[:_SHOWN]:
        click.echo(finding_line(one), err=True)
    more = done.counts[Severity.ERROR] + done.counts[Severity.WARNING] - _SHOWN
    if more > 0:
        click.echo(f"... and {more} more: vssx carto check lists all of a table", err=True)
    for operation in done.operations:
        accuracy = "unknown" if operation.accuracy_m is None else f"{operation.accuracy_m:g} m"
        click.echo(f"{operation.source} to {operation.target}, accuracy {accuracy}: {operation.pipeline}", err=True)
        if operation.warning:
            click.echo(f"warning: {shown(operation.warning)}", err=True)
    click.echo(
        f"{shown(out)}: {done.cameras} of {counted(done.rows, 'row')}, {done.placed} with a position,"
        f" {done.sectors} with a view sector, {render.size(done.size)}"
    )
