"""Options that several commands share."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from vssx.jobs.config import Login, RecorderAddress, resolve

_Command = TypeVar("_Command", bound=Callable[..., Any])


def recorder_options(command: _Command) -> _Command:
    """HOST and who asks: ``host``, ``user``, ``password_file``, ``timeout``."""
    for decorate in (
        click.option("--timeout", type=click.FloatRange(min=1, max=3600), help="Seconds to wait for an answer. [20]"),
        click.option(
            "--password-file",
            type=click.Path(path_type=Path, dir_okay=False),
            help="File with the password in its first line. Else VSSX_PASSWORD, the keyring, or a prompt.",
        ),
        click.option("--user", help="User name at the recorder. Else VSSX_USER."),
        click.argument("host"),
    ):
        command = decorate(command)
    return command


def recorder_address(host: str, user: str | None, password_file: Path | None, timeout: float | None) -> RecorderAddress:
    """The options of ``recorder_options`` with what environment and configuration file add."""
    login = Login(host=host, user=user, password_file=password_file, timeout=timeout)
    return resolve(login, os.environ, _prompt if sys.stdin.isatty() else None)


def _prompt(text: str) -> str:
    answer = click.prompt(text, hide_input=True, err=True)
    return str(answer)


def tz_option(command: _Command) -> _Command:
    """``--tz``: the zone of times that do not say theirs."""
    return click.option("--tz", help="IANA time zone of local times, e.g. Europe/Paris.")(command)


def key_options(command: _Command) -> _Command:
    """``--key``, ``--cert`` and where the key's passphrase comes from."""
    for decorate in (
        click.option(
            "--passphrase-file",
            type=click.Path(path_type=Path, dir_okay=False),
            help="File with the key's passphrase. Else VSSX_KEY_PASSPHRASE, or a prompt.",
        ),
        click.option(
            "--cert",
            type=click.Path(path_type=Path, dir_okay=False),
            help="Certificate of the key, PEM; further certificates of its chain may follow in the same file.",
        ),
        click.option(
            "--key", type=click.Path(path_type=Path, dir_okay=False), help="Signing key: PEM, or PKCS#12 with both."
        ),
    ):
        command = decorate(command)
    return command
