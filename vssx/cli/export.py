"""vssx export"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from vssx import times
from vssx.cli import render
from vssx.cli.options import handover_options, handover_request, recorder_address, recorder_options, tz_option


@click.command(
    "export",
    epilog="Example: vssx export 192.168.1.20 --recording R-1 --from 2024-05-01T12:00:00Z"
    " --to 2024-05-01T12:10:00Z --output . --key key.pem --cert cert.pem",
)
@recorder_options
@click.option("--recording", required=True, metavar="TOKEN", help="Which recording; `vssx recordings` lists them.")
@click.option("--from", "from_", required=True, metavar="T", help="Start, e.g. 2024-05-01T12:00:00Z.")
@click.option("--to", required=True, metavar="T", help="End.")
@tz_option
@click.option(
    "--times",
    "clock",
    type=click.Choice(["true", "recorder"]),
    help="Whose time the range is in. Needed when the recorder's clock is off by more than 2 s.",
)
@handover_options
def command(
    host: str,
    user: str | None,
    password_file: Path | None,
    timeout: float | None,
    insecure: bool,
    recording: str,
    from_: str,
    to: str,
    tz: str | None,
    clock: str | None,
    **options: Any,
) -> int:
    """Export a time range of one recording from the recorder HOST and hand it over.

    Prints the path of the handover and nothing else. Interrupted, it leaves NAME.partial: the same command goes on
    from there. Exits with 100 when there are losses, unexplained gaps or an unproven end; handover.json lists them.
    """
    from vssx.jobs.export import ExportRequest, export

    request = ExportRequest(
        address=recorder_address(host=host, user=user, password_file=password_file, timeout=timeout, insecure=insecure),
        recording=recording,
        from_ns=times.from_user(from_, tz),
        to_ns=times.from_user(to, tz),
        clock=clock,
        handover=handover_request(**options),
    )
    with render.progress(recording, request.to_ns - request.from_ns) as progress:
        handover = export(request, progress)
    return render.handover(handover)
