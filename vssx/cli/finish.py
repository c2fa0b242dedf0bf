"""vssx finish"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from vssx.cli import render
from vssx.cli.options import accept_lower_option, key_options, sheet_option
from vssx.cli.signing import passphrase_option


@click.command(
    "finish",
    epilog="Example: vssx finish R-1_20240501T120000.000Z_20240501T121000.000Z.partial --key key.pem --cert cert.pem",
)
@click.argument("path", metavar="NAME.partial", type=click.Path(path_type=Path, file_okay=False))
@accept_lower_option
@key_options
@sheet_option
def command(
    path: Path, key: Path | None, cert: Path | None, passphrase_file: Path | None, accept_lower: bool, sheet: bool
) -> int:
    """Make a handover from what the cut export NAME.partial received, when its recorder is gone for good.

    Where the recorder can still be asked, run the same export again instead: it goes on where it was cut. Here every
    end is unproven, handover.json says so, and the exit code is 100. Prints the path of the handover and nothing else.
    """
    from vssx.evidence.staging import PARTIAL_SUFFIX
    from vssx.jobs.finish import FinishRequest, finish_cut
    from vssx.jobs.sheet import with_sheet

    request = FinishRequest(
        path=path,
        key=key,
        certificate=cert,
        passphrase=passphrase_option(passphrase_file),
        accept_lower=accept_lower,
    )
    made = finish_cut(request)
    if path.suffix == PARTIAL_SUFFIX:  # as it was given, not made absolute
        made = replace(made, path=path.with_name(made.path.name))
    return render.handover(with_sheet(made) if sheet else made)
