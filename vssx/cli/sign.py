"""vssx sign"""

from __future__ import annotations

from pathlib import Path

import click

from vssx.cli.options import key_options
from vssx.cli.signing import passphrase_option
from vssx.jobs.sign import sign


@click.command("sign", epilog="Example: vssx sign front-door_20240501 --key key.pem --cert cert.pem")
@click.argument("path", type=click.Path(path_type=Path))
@key_options
def command(path: Path, key: Path | None, cert: Path | None, passphrase_file: Path | None) -> None:
    """Sign PATH, a handover or any file, and print the path of the new signature.

    A handover is checked first and then gets a further signature in signatures/, over its tag manifest and so over
    everything in it. A file gets FILE.p7s beside it. Nothing that exists is ever changed.
    """
    if key is None:
        raise click.UsageError("Missing option '--key'.")
    click.echo(str(sign(path, key=key, certificate=cert, passphrase=passphrase_option(passphrase_file))))
