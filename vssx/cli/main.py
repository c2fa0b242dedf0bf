"""The command ``vssx``: finds the commands, turns errors into exit codes."""

from __future__ import annotations

import importlib
import os
import sys

import click

from vssx import __version__
from vssx.errors import ExitCode, VssxError

# name -> (module, one line of help): modules are imported only when their command runs, so that --help is instant.
_COMMANDS = {
    "carto": ("carto", "Check, convert, match and draw the cameras' cartography."),
    "derive": ("derive", "Make viewing copies, outside of the evidence."),
    "discover": ("discover", "Find recorders on the network."),
    "events": ("events", "List what happened, at a recorder or in what was exported."),
    "export": ("export", "Export a time range from a recorder as a handover."),
    "finish": ("finish", "Complete a cut export without its recorder."),
    "inspect": ("inspect", "Show what a file or a handover holds."),
    "keys": ("keys", "Create signing keys."),
    "probe": ("probe", "Try everything an export from a recorder needs."),
    "recorder": ("recorder", "Run the embedded recorder."),
    "recordings": ("recordings", "List what a recorder holds."),
    "remux": ("remux", "Make a handover from local files."),
    "report": ("report", "Make the page that tells people about a handover."),
    "sheet": ("sheet", "Make the paper that goes with a handover."),
    "sign": ("sign", "Sign a handover or a file."),
    "verify": ("verify", "Check handovers and signed files."),
}


class _LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in _COMMANDS:
            return None
        command = importlib.import_module(f"vssx.cli.{_COMMANDS[name][0]}").command
        assert isinstance(command, click.Command)
        _name_variables(command, f"VSSX_{name.upper()}")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in sorted(_COMMANDS.items())])


def _defaults(ctx: click.Context, name: str) -> dict[str, object]:
    """What the configuration file says of the command that follows."""
    from vssx.cli import defaults

    table = defaults.of_command(name)
    command = cli.get_command(ctx, name) if table else None
    return {} if command is None else {name: defaults.checked(command, table, f"commands.{name}")}


def _name_variables(command: click.Command, prefix: str) -> None:
    """``VSSX_EXPORT_FROM`` for ``--from``: click itself would go by the name of the Python parameter."""
    for option in command.params:
        if isinstance(option, click.Option):
            option.envvar = f"{prefix}_{option.opts[-1].removeprefix('--').replace('-', '_').upper()}"
    if isinstance(command, click.Group):
        for name, below in command.commands.items():
            _name_variables(below, f"{prefix}_{name.upper()}")


@click.group(
    cls=_LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Example: vssx export recorder.local --recording TOKEN --from 2024-05-01T12:00:00Z"
    " --to 2024-05-01T12:10:00Z --output .",
)
@click.version_option(__version__, prog_name="vssx")
@click.option("--debug", is_flag=True, envvar="VSSX_DEBUG", help="Show the traceback of an error.")
@click.pass_context
def cli(ctx: click.Context, debug: bool) -> None:
    """Take recordings out of video surveillance systems as signed, verifiable evidence."""
    ctx.ensure_object(dict)["debug"] = debug
    if ctx.invoked_subcommand is not None:
        ctx.default_map = _defaults(ctx, ctx.invoked_subcommand)


def run() -> None:
    """Console script. Exits with the code of the command or of the error (see ``vssx.errors.ExitCode``)."""
    sys.exit(main(sys.argv[1:]))


def main(arguments: list[str]) -> int:
    """Run one command and return its exit code; the only place where an error becomes text."""
    settings = {"debug": False}
    try:
        code = cli.main(arguments, prog_name="vssx", standalone_mode=False, obj=settings)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except (click.Abort, KeyboardInterrupt):
        return _fail("stopped by the user. Where it left NAME.partial, the same command goes on", ExitCode.ABORT)
    except click.ClickException as error:
        error.show()
        return int(ExitCode.USAGE)
    except VssxError as error:
        if settings["debug"]:
            raise
        return _fail(str(error), error.exit_code)
    except BrokenPipeError:  # the reader of our stdout went away, e.g. ``vssx recordings | head``
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return int(ExitCode.ABORT)
    except OSError as error:
        if settings["debug"]:
            raise
        return _fail(f"{error.filename or 'input/output'}: {error.strerror or error}", ExitCode.STORAGE)
    except Exception as error:  # the last line of defence: a bug must not show a traceback
        if settings["debug"]:
            raise
        return _fail(f"this is a bug in vssx ({type(error).__name__}); run with --debug and report it", ExitCode.ABORT)
    return int(code) if isinstance(code, int) else 0


def _fail(text: str, code: ExitCode) -> int:
    # a recorder's own words may be in it: nothing of them may steer a terminal
    harmless = "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
    click.echo(f"vssx: {harmless}", err=True)
    return int(code)
