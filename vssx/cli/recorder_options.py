"""Options of commands that ask a recorder: where it is, who asks, and how its footage is asked for."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import fields
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar, cast

import click

from vssx.cli import defaults
from vssx.cli.quantities import Seconds
from vssx.errors import UsageError
from vssx.jobs.config import Login, RecorderAddress, resolve
from vssx.model.network import StreamTransport

_Command = TypeVar("_Command", bound=Callable[..., Any])


def recorder_options(command: _Command) -> _Command:
    """HOST and who asks; the command gets them as ``login``."""
    return click.argument("host", is_eager=True, callback=defaults.for_host)(_login_options(_collected(command)))


def against_option(text: str) -> Callable[[_Command], _Command]:
    """``--against HOST`` and who asks; the command gets them as ``against``, None without it."""

    def decorate(command: _Command) -> _Command:
        names = {field.name for field in fields(Login)} - {"host"}

        @wraps(command)
        def run(host: str | None, **values: Any) -> Any:
            login = {name: values.pop(name) for name in names if name in values}
            if host is None and any(login.values()):
                raise UsageError(
                    "tells who asks whom, and nobody is asked",
                    where=", ".join(f"--{name.replace('_', '-').removesuffix('s')}" for name in login if login[name]),
                    next_step="Name the recorder with --against.",
                )
            return command(against=None if host is None else Login(host=host, **login), **values)

        option = click.option("--against", "host", metavar="HOST", is_eager=True, callback=defaults.for_host, help=text)
        return option(_login_options(cast(_Command, run)))

    return decorate


def _login_options(command: _Command) -> _Command:
    """Who asks a recorder, and how."""
    for decorate in (
        click.option(
            "--insecure", is_flag=True, help="Do not verify the recorder's TLS certificate; the record says so."
        ),
        click.option(
            "--fingerprint",
            "fingerprints",
            multiple=True,
            metavar="SHA256",
            help="Accept this TLS certificate and no other; may be repeated. `vssx probe` shows it.",
        ),
        click.option(
            "--ca",
            type=click.Path(path_type=Path, dir_okay=False),
            help="PEM file with the authority of the recorder's TLS certificate, instead of the system's.",
        ),
        click.option("--timeout", type=Seconds(min=1, max=3600), help="Seconds to wait for an answer. [20]"),
        click.option(
            "--password-file",
            type=click.Path(path_type=Path, dir_okay=False),
            help="File with the password in its first line. Else VSSX_PASSWORD, the keyring, or a prompt.",
        ),
        click.option("--user", help="User name at the recorder. Else VSSX_USER."),
    ):
        command = decorate(command)
    return command


def replay_options(command: _Command) -> _Command:
    """``recorder_options``, and how its footage is asked for."""
    for decorate in (
        click.option(
            "--range-time-zone",
            metavar="ZONE",
            help="For recorders that take the times of a replay for their local time instead of UTC: the IANA zone they"
            " are in. The record says so; no time of the footage is changed.",
        ),
        click.option(
            "--transport",
            type=click.Choice([str(each) for each in StreamTransport]),
            help="How media travels: in the RTSP connection (tcp), beside it (udp), RTSP within HTTP or HTTPS (http)."
            " auto: tcp, or what the recorder takes instead. [auto]",
        ),
        click.option(
            "--rtsp-password-file",
            type=click.Path(path_type=Path, dir_okay=False),
            help="File with the password of --rtsp-user. Else VSSX_RTSP_PASSWORD, the keyring, or a prompt.",
        ),
        click.option(
            "--rtsp-user", help="User name for RTSP, where the recorder has other users there. Else VSSX_RTSP_USER."
        ),
    ):
        command = decorate(command)
    return recorder_options(command)


def _collected(command: _Command) -> _Command:
    """The command with those of its arguments that make a Login as one."""
    names = tuple(field.name for field in fields(Login))

    @wraps(command)
    def run(**values: Any) -> Any:
        login = Login(**{name: values.pop(name) for name in names if name in values})
        return command(login=login, **values)

    return cast(_Command, run)


def recorder_address(login: Login) -> RecorderAddress:
    """What the command line said, with what environment and configuration file add."""
    return resolve(login, os.environ, _prompt if sys.stdin.isatty() else None)


def _prompt(text: str) -> str:
    answer = click.prompt(text, hide_input=True, err=True)
    return str(answer)
