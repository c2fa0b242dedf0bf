"""vssx carto"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from vssx.cli import render
from vssx.cli.carto_convert import convert_command
from vssx.cli.carto_findings import finding_line
from vssx.cli.carto_map import map_command
from vssx.cli.carto_match import match_command, named_recordings
from vssx.cli.carto_options import table_argument
from vssx.cli.recorder_options import against_option
from vssx.jobs.config import Login
from vssx.shown import counted

if TYPE_CHECKING:
    from vssx.jobs.carto import CartographyReview, TableRequest

_SHOWN_OF_A_KIND = 100


@click.group("carto", epilog="Example: vssx carto check samples/cameras.csv")
def command() -> None:
    """Check, convert, match and draw the cameras' cartography (IEC 62676-2-11, Annex A)."""


command.add_command(convert_command)
command.add_command(map_command)
command.add_command(match_command)


@command.command(
    "check",
    short_help="List what is wrong in a table of cameras.",
    epilog="Example: vssx carto check samples/cameras.csv",
)
@table_argument
@against_option(
    "Find cameras that no recording of this recorder, or handover, goes by, and recordings without a camera."
)
@click.option("--all", "all_", is_flag=True, help=f"Print every finding, not the first {_SHOWN_OF_A_KIND} of a kind.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of text, with every finding.")
def check_command(request: TableRequest, against: Login | None, all_: bool, as_json: bool) -> int:
    """List all that is wrong, or worth a look, in the table of cameras FILE.

    Each finding names file, line, column and value. An error means that the row or the value is not used, a warning
    that somebody should look, a note that vssx tells how it read something. Exits with 0 without errors and warnings,
    with 100 where the worst is a warning, and with 20 where something cannot be used.
    """
    from vssx.jobs.carto import review

    found = review(request)
    if against is not None:
        found.compare([one.identity for one in named_recordings(against)], against.host)
    if as_json:
        render.print_json_list("findings", (asdict(one) for one in found), lambda: _summary(found))
    else:
        _print(found, None if all_ else _SHOWN_OF_A_KIND)
    return int(found.result.exit_code)


def _print(found: CartographyReview, limit: int | None) -> None:
    of_kind = Counter[str]()
    for one in found:
        of_kind[one.kind] += 1
        if limit is None or of_kind[one.kind] <= limit:
            click.echo(finding_line(one))
        elif of_kind[one.kind] == limit + 1:
            click.echo(f"... more of this kind ({one.kind}): --all prints them")
    summary = _summary(found)
    told = [counted(summary[f"{word}s"], word) for word in ("error", "warning", "note")]
    click.echo(
        f"{summary['usable']} of {counted(summary['rows'], 'row')} can be used, {summary['placed']} with a position; "
        f"{', '.join(told)}"
    )
    if found.bounds is not None:
        west, south, east, north = found.bounds
        click.echo(f"longitudes from {west:.4f} to {east:.4f}, latitudes from {south:.4f} to {north:.4f}")
    if not summary["columns"]:
        return
    encoding = {"cp1252": "Windows-1252", "utf-8-sig": "UTF-8"}.get(summary["encoding"], summary["encoding"].upper())
    separator = {"\t": "tabs"}.get(summary["separator"], f"{summary['separator']!r}")
    decimal = f", decimal sign {summary['decimal']!r}" if summary["decimal"] else ""
    click.echo(f"read as {encoding}, cells separated by {separator}{decimal}")


def _summary(found: CartographyReview) -> dict[str, Any]:
    from vssx.model.cartography import Severity

    table = found.placed_table.table
    return {
        "result": str(found.result),
        "rows": table.rows,
        "usable": found.usable,
        "placed": found.placed,
        "bounds": found.bounds,
        "errors": found.counts[Severity.ERROR],
        "warnings": found.counts[Severity.WARNING],
        "notes": found.counts[Severity.NOTE],
        "kinds": dict(sorted(found.kinds.items())),
        "encoding": table.dialect.encoding,
        "separator": table.dialect.separator,
        "decimal": table.dialect.decimal,
        "columns": table.header.columns,
        "operations": [asdict(one) for one in found.placed_table.placing.operations],
    }
