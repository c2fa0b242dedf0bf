"""vssx carto map"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from vssx.cli import render
from vssx.cli.carto_options import table_argument
from vssx.cli.options import language_option
from vssx.report.language import Language
from vssx.shown import counted, shown

if TYPE_CHECKING:
    from vssx.jobs.carto import TableRequest


@click.command(
    "map",
    short_help="Draw the cameras as one page.",
    epilog="Example: vssx carto map samples/cameras.csv --out cameras.html --language fr",
)
@table_argument
@click.option(
    "-o",
    "--out",
    "--output",
    required=True,
    metavar="FILE.html",
    type=click.Path(path_type=Path, dir_okay=False),
    help="New page to write.",
)
@language_option("Language of the page.", default=Language.ENGLISH)
def map_command(request: TableRequest, out: Path, language: str) -> int:
    """Draw the cameras of FILE, a table or GeoJSON, as one self-contained page.

    It shows positions and view sectors with scale bar, north and coordinates, indoor plans (PNG, SVG) that lie beside
    FILE with the cameras on them, and a list of all. It loads nothing from a network, so there is no background map.
    What cannot be used is left out, and the command ends with 100 then.
    """
    from vssx.jobs import carto_map as job

    made = job.make_map(job.MapRequest(table=request, out=out, language=Language(language)))
    click.echo(
        f"{shown(out)}: {made.cameras} of {counted(made.rows, 'row')}, {made.placed} with a position,"
        f" {counted(made.maps, 'map')}, {counted(made.plans, 'plan')}, {render.size(made.size)}"
    )
    if made.errors or made.warnings:
        told = f"{counted(made.errors, 'error')} and {counted(made.warnings, 'warning')}"
        click.echo(f"{told}: vssx carto check lists them", err=True)
    return int(made.exit_code)
