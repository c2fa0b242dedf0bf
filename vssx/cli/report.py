"""vssx report"""

from __future__ import annotations

from pathlib import Path

import click

from vssx.cli.options import language_option, stills_option, tz_option


@click.command("report", epilog="Example: vssx report front-door_20240501 -o front-door.html --language fr")
@click.argument("handover", metavar="HANDOVER", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="FILE.html",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write. Never overwritten, and never in the handover.",
)
@language_option("Language. [the one that the handover was made in]")
@tz_option
@stills_option(
    "Pictures of each file at even steps, beside the first, the last and those of events; 0: none at all."
    " [as in the handover]"
)
def command(handover: Path, output: Path, language: str | None, tz: str | None, stills: int | None) -> None:
    """Make the report of HANDOVER once more, as one self-contained page: in another language, or with other pictures.

    The report.html in the handover is covered by its signature; this one is not, and says so. Nothing is verified:
    vssx verify does that. Prints the path of the page.
    """
    from vssx.jobs.report import make_report
    from vssx.report.language import Language

    make_report(handover, output, language=None if language is None else Language(language), stills=stills, zone=tz)
    click.echo(str(output))
