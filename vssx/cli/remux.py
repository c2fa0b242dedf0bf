"""vssx remux"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import click

from vssx import times
from vssx.cli import render
from vssx.cli.options import handover_options, handover_request, said, tz_option
from vssx.errors import UsageError


@click.command(
    "remux",
    epilog="Example: vssx remux camera1.mkv --start 2024-05-01T12:00:00Z --output . --key key.pem --cert cert.pem",
)
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--start", metavar="T", help="UTC of the first frame, where you know it better than the file.")
@tz_option
@click.option(
    "--fps", metavar="RATE", help="Frames a second of a raw stream, needed where it does not say so: 25 or 30000/1001."
)
@handover_options
def command(
    files: tuple[Path, ...], start: str | None, tz: str | None, fps: str | None, sheet: bool, **options: Any
) -> int:
    """Make a handover from local files (MP4, MKV, TS, raw H.264 or H.265) without touching a frame.

    The start is the file's own creation time, or --start; the record says which. Prints the path of the handover and
    nothing else.
    """
    from vssx.jobs.remux import RemuxRequest, remux
    from vssx.jobs.sheet import with_sheet

    request = RemuxRequest(
        files=files,
        start_ns=None if start is None else times.from_user(start, tz),
        fps=None if fps is None else _rate(fps),
        said=said({"start": start, "tz": tz}),
        handover=handover_request(tz=tz, **options),
    )
    with render.progress([path.name for path in files], None) as progress:
        handover = remux(request, progress)
    return render.handover(with_sheet(handover) if sheet else handover)


def _rate(text: str) -> Fraction:
    try:
        rate = Fraction(text)
    except (ValueError, ZeroDivisionError):
        rate = Fraction(0)
    if not 0 < rate <= 1000:
        raise UsageError(f"{text!r} is no frame rate", where="--fps", next_step="Write for example 25 or 30000/1001.")
    return rate
