"""vssx derive"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from vssx.cli import render
from vssx.errors import ExitCode, UsageError
from vssx.jobs.handover import Progress
from vssx.shown import shown


@click.command("derive", epilog="Example: vssx derive --viewing-copy front-door_20240501 --output /tmp/viewing")
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "--viewing-copy",
    is_flag=True,
    help="Copies as H.264 and AAC, every picture at its time, labelled in a band below the picture as no evidence.",
)
@click.option(
    "--output",
    required=True,
    metavar="DIRECTORY",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where the copies are made; never in a handover, and nothing is overwritten.",
)
def command(path: Path, viewing_copy: bool, output: Path) -> int:
    """Make of PATH, a media file or a handover, what is easier to view: NAME.viewing-copy.mp4 for each file.

    For players and browsers that cannot decode the evidence itself (H.265 in some). A copy is never evidence: its
    pictures were encoded anew. Prints the paths of the copies.
    """
    from vssx.jobs.derive import derive, sources

    if not viewing_copy:
        raise UsageError("does not say what to derive", where="vssx derive", next_step="Add --viewing-copy.")
    wanted = sources(path, output)
    code = ExitCode.DONE
    with render.progress([one.path.name for one in wanted], None) as progress:
        for number, source in enumerate(wanted):
            made = derive(source, partial(_show, progress, number))
            click.echo(str(made.path))
            for shortfall in made.shortfalls:
                click.echo(f"vssx: {shown(made.path.name)}: {shortfall}", err=True)
            code = max(code, made.exit_code)
    return int(code)


def _show(progress: Progress, number: int, media_ns: int, octets: int) -> None:
    progress(number, media_ns, octets, 0)
