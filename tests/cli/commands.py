"""All commands of vssx, as click knows them."""

from __future__ import annotations

from collections.abc import Iterator

import click

from vssx.cli.main import cli


def all_commands(
    command: click.Command = cli, path: tuple[str, ...] = ("vssx",)
) -> Iterator[tuple[str, click.Command]]:
    """(``vssx keys create``, its command) of every command and group, ``vssx`` itself included."""
    yield " ".join(path), command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from all_commands(below, (*path, name))


COMMANDS = dict(all_commands())
LEAVES = {name: command for name, command in COMMANDS.items() if not isinstance(command, click.Group)}
