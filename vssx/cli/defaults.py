"""Defaults of options from the configuration file: ``[commands.NAME]`` for all recorders, ``[recorders.HOST.NAME]``."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import click

from vssx.errors import UsageError


def of_command(name: str) -> Mapping[str, object]:
    """The table ``[commands.NAME]``, empty where there is none. Raises UsageError, StorageError."""
    path = _path()
    if not path.exists():
        return {}
    from vssx.jobs.config import load, table_of

    return table_of(load(path), "commands", name, path=path)


def for_host(ctx: click.Context, _param: click.Parameter, host: str | None) -> str | None:
    """Callback of HOST, which is read before the options: what its table says of this command is their default."""
    path = _path()
    if host is not None and path.exists() and not ctx.resilient_parsing:
        from vssx.jobs.config import load, table_of

        name = str(ctx.info_name)
        found = table_of(load(path), "recorders", host, name, path=path)
        ctx.default_map = {**(ctx.default_map or {}), **checked(ctx.command, found, f"recorders.{host}.{name}")}
    return host


def checked(command: click.Command, table: Mapping[str, object], where: str) -> dict[str, object]:
    """``table`` by the names that click gives to the options, for its ``default_map``; of a group by its commands.

    Raises UsageError for an option that does not exist.
    """
    if isinstance(command, click.Group):
        below = {name: child for name, child in command.commands.items() if isinstance(table.get(name), dict)}
        if unknown := set(table) - set(below):
            raise UsageError(f"{where}.{min(unknown)} is no command", where=str(_path()))
        return {name: checked(child, _table(table[name]), f"{where}.{name}") for name, child in below.items()}
    known = {
        option.opts[-1].removeprefix("--"): option
        for option in command.params
        if isinstance(option, click.Option) and option.opts[-1].startswith("--")
    }
    values: dict[str, object] = {}
    for key, value in table.items():
        option = known.get(key.replace("_", "-"))
        if option is None or option.name is None or isinstance(value, dict):
            raise UsageError(
                f"{where}.{key} is no option of that command",
                where=str(_path()),
                next_step=f"Options: {', '.join(sorted(known))}.",
            )
        values[option.name] = [value] if option.multiple and not isinstance(value, list) else value
    return values


def _table(value: object) -> Mapping[str, object]:
    assert isinstance(value, dict)
    return value


def _path() -> Path:
    from vssx.jobs.config import default_config_path

    return default_config_path(os.environ)
