"""vssx sheet"""

from __future__ import annotations

from pathlib import Path

import click

from vssx.cli.options import language_option, tz_option
from vssx.report.language import Language


@click.command("sheet", epilog="Example: vssx sheet front-door_20240501 -o front-door.pdf --language fr")
@click.argument("handover", metavar="HANDOVER", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write: FILE.html, or FILE.pdf (needs the extra pdf). Never overwritten, and never in the handover.",
)
@click.option(
    "--legal-basis", default="", metavar="TEXT", help="Legal basis of the handover, where the record has none."
)
@language_option("Language. [the one that the handover was made in]")
@tz_option
def command(handover: Path, output: Path, legal_basis: str, language: str | None, tz: str | None) -> None:
    """Make the handover sheet of HANDOVER: one A4 page to be signed by hand, which travels apart from the files.

    It gives the SHA-256 of the tag manifest, which covers every file, and the fingerprint of the signer's certificate:
    what VERIFY.txt compares with. The lists, the record and the signatures must hold together; the recordings
    themselves are not read, vssx verify does that. Make it when the handover is made: a sheet that is made of a
    handover later proves nothing of what lay there before.
    """
    from vssx.jobs.sheet import make_sheet

    chosen = None if language is None else Language(language)
    make_sheet(handover, output, language=chosen, legal_basis=legal_basis, zone=tz)
    click.echo(str(output))
