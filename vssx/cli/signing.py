"""Where a command that signs gets the key's passphrase from."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import click

from vssx.jobs.keys import passphrase_source


def ask_passphrase(prompt: str = "Passphrase of the key", *, confirm: bool = False) -> Callable[[], str | None]:
    """Asks on the terminal when called; without a terminal there is no answer."""

    def ask() -> str | None:
        if not sys.stdin.isatty():
            return None
        text = click.prompt(
            prompt, hide_input=True, default="", show_default=False, confirmation_prompt=confirm, err=True
        )
        return str(text) or None

    return ask


def passphrase_option(file: Path | None) -> Callable[[], str | None]:
    """The passphrase source for --passphrase-file, the environment and, on a terminal, a prompt."""
    return passphrase_source(file, ask_passphrase())
