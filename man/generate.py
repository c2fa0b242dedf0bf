"""Write the man pages from the commands themselves, or check (--check) that those here are current.

The date is that of the version's entry in CHANGELOG.md, so that the same source always gives the same pages.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from vssx import __version__, errors
from vssx.cli.main import cli

HERE = Path(__file__).parent
_RELEASE = re.compile(r"^## \[?([^\]\s]+)\]? - (\d{4}-\d\d-\d\d)$", re.MULTILINE)


def release_date() -> str:
    """ISO date of this version in CHANGELOG.md."""
    for version, date in _RELEASE.findall((HERE.parent / "CHANGELOG.md").read_text("utf-8")):
        if version == __version__:
            return str(date)
    sys.exit(f"CHANGELOG.md has no entry '## {__version__} - YYYY-MM-DD'")


def contexts(
    command: click.Command, parent: click.Context | None = None, name: str = "vssx"
) -> Iterator[click.Context]:
    """A context of the command and of each command below it, depth first."""
    # What the command itself declares (help options) comes along with context_settings.
    context = click.Context(command, parent=parent, info_name=name, **command.context_settings)
    yield context
    if isinstance(command, click.Group):
        for child in command.list_commands(context):
            below = command.get_command(context, child)
            assert below is not None
            yield from contexts(below, context, child)


def text(plain: str) -> str:
    """Plain text as roff: nothing in it is taken for a request."""
    escaped = plain.replace("\\", "\\e").replace("-", "\\-")
    return re.sub(r"^(?=[.'])", "\\\\&", escaped, flags=re.MULTILINE)


def page_name(context: click.Context) -> str:
    """``vssx-keys-create`` of ``vssx keys create``."""
    return context.command_path.replace(" ", "-")


def _first_sentence(context: click.Context) -> str:
    return context.command.get_short_help_str(limit=200).rstrip(".")


def _paragraphs(help_text: str) -> Iterator[str]:
    for paragraph in inspect.cleandoc(help_text).split("\n\n"):
        if paragraph.startswith("\b\n"):  # click's mark for lines that stay as they are
            yield ".PP\n.nf\n" + text(paragraph[2:]) + "\n.fi"
        else:
            yield ".PP\n" + text(" ".join(paragraph.split()))


def _options(context: click.Context) -> Iterator[str]:
    for parameter in context.command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None and isinstance(parameter, click.Option):
            names, help_text = record
            yield f".TP\n\\fB{text(names)}\\fR\n{text(help_text)}"


def _exit_status() -> Iterator[str]:
    meanings = {
        errors.ExitCode.DONE: "Done, and every gap is confirmed by the recorder's own history; or verification PASSED.",
        errors.ExitCode.FAILED: "Verification FAILED.",
        errors.ExitCode.INDETERMINATE: "Verification is INDETERMINATE.",
        errors.ExitCode.NOTHING_SIGNED: "There was no signature to verify.",
        errors.ExitCode.INCOMPLETE: "Done, with losses, unexplained gaps or an unproven end.",
    }
    for error in vars(errors).values():
        if isinstance(error, type) and issubclass(error, errors.VssxError) and "exit_code" in vars(error):
            meanings[error.exit_code] = inspect.cleandoc(error.__doc__ or "")
    for code in errors.ExitCode:
        yield f".TP\n\\fB{int(code)}\\fR\n{text(meanings[code])}"


def _environment(context: click.Context) -> str:
    named = [
        str(option.envvar) for option in context.command.params if isinstance(option, click.Option) and option.envvar
    ]
    if not named:
        return ""
    return ".SH ENVIRONMENT\nEach option can also be set by a variable: " + text(", ".join(named)) + "."


def page(context: click.Context, date: str) -> str:
    """The whole man page of one command."""
    command, name = context.command, page_name(context)
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    parts = [
        f'.\\" Made by man/generate.py from the command itself.\n'
        f'.TH "{text(name.upper())}" "1" "{date}" "vssx {__version__}" "User Commands"',
        f".SH NAME\n{text(name)} \\- {text(_first_sentence(context))}",
        f".SH SYNOPSIS\n\\fB{text(usage)}\\fR",
        ".SH DESCRIPTION",
        *_paragraphs(command.help or ""),
    ]
    children = []
    if isinstance(command, click.Group):
        children = [(child, command.get_command(context, child)) for child in command.list_commands(context)]
        parts.append(".SH COMMANDS")
        parts += [
            f".TP\n\\fB{text(name)}\\-{text(child)}\\fR(1)\n{text(below.get_short_help_str(limit=200))}"
            for child, below in children
            if below is not None
        ]
    parts += [".SH OPTIONS", *_options(context)]
    if environment := _environment(context):
        parts.append(environment)
    parts.append(".SH EXIT STATUS")
    parts += _exit_status() if context.parent is None else ["As in \\fBvssx\\fR(1)."]
    if command.epilog:
        examples = inspect.cleandoc(command.epilog).removeprefix("Example:")
        parts.append(".SH EXAMPLES\n.nf\n" + text(examples.strip().replace("\b\n", "")) + "\n.fi")
    related = [f"{name}-{child}" for child, _ in children] if children else []
    if context.parent is not None:
        related.insert(0, page_name(context.parent))
    parts.append(".SH SEE ALSO\n" + ", ".join(f"\\fB{text(one)}\\fR(1)" for one in related))
    return "\n".join(parts) + "\n"


def pages() -> dict[str, str]:
    """File name -> content, of every command."""
    date = release_date()
    return {f"{page_name(context)}.1": page(context, date) for context in contexts(cli)}


def main(arguments: list[str]) -> int:
    """Write or check; returns the exit code."""
    wanted = pages()
    here = {path.name: path.read_text("utf-8") for path in HERE.glob("*.1")}
    if arguments == ["--check"]:
        stale = sorted(name for name in wanted.keys() | here.keys() if wanted.get(name) != here.get(name))
        if stale:
            sys.stderr.write(f"Not current: {', '.join(stale)}. Run make man.\n")
        return 1 if stale else 0
    for name in here.keys() - wanted.keys():
        (HERE / name).unlink()
    for name, content in wanted.items():
        (HERE / name).write_text(content, "utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
