"""vssx keys"""

from __future__ import annotations

from pathlib import Path

import click

from vssx.cli.signing import ask_passphrase
from vssx.jobs.keys import PASSPHRASE_VARIABLE, create, passphrase_source
from vssx.shown import shown_fingerprint


@click.group("keys", epilog="Example: vssx keys create --output keys")
def command() -> None:
    """Create signing keys for trials."""


@command.command(
    "create",
    short_help="Make a key and a certificate for trials.",
    epilog='Example: vssx keys create --output keys --name "Jane Doe, Station 5"',
)
@click.option(
    "--output", type=click.Path(path_type=Path, file_okay=False), required=True, help="Directory for the two files."
)
@click.option("--name", default="vssx trial", show_default=True, help="Common name in the certificate.")
@click.option("--ec", is_flag=True, help="An elliptic-curve key (P-256) instead of RSA-3072.")
@click.option("--days", type=click.IntRange(1, 36500), default=1095, show_default=True, help="How long it is valid.")
@click.option(
    "--passphrase-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help=f"Encrypt the key with the passphrase in this file; otherwise with that in {PASSPHRASE_VARIABLE}, if set.",
)
@click.option("--ask-passphrase", "ask", is_flag=True, help="Ask for the passphrase on the terminal.")
def create_command(output: Path, name: str, ec: bool, days: int, passphrase_file: Path | None, ask: bool) -> None:
    """Make DIR/key.pem and DIR/cert.pem: a signing key and a self-asserted certificate.

    Nobody vouches for the name in such a certificate, and it says so. Give its fingerprint to whoever shall trust it,
    by another way than the files. Existing files are never overwritten. The key's file is readable by its owner only.
    """
    prompt = ask_passphrase("Passphrase for the new key", confirm=True) if ask else None
    key = create(output, name=name, elliptic=ec, days=days, passphrase=passphrase_source(passphrase_file, prompt))
    click.echo(f"key          {key.key_path}{' (encrypted)' if key.encrypted else ' (not encrypted)'}")
    click.echo(f"certificate  {key.certificate_path}")
    click.echo(f"subject      {key.subject}")
    click.echo(f"valid until  {key.not_after:%Y-%m-%dT%H:%M:%SZ}")
    click.echo(f"SHA-256 fingerprint  {shown_fingerprint(key.fingerprint)}")
