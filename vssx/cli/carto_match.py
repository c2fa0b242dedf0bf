"""vssx carto match"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vssx.cli import render
from vssx.cli.carto_options import table_argument
from vssx.cli.recorder_options import recorder_address, recorder_options
from vssx.jobs.config import Login
from vssx.shown import counted, shown

if TYPE_CHECKING:
    from vssx.jobs.carto import TableRequest
    from vssx.jobs.carto_match import MatchReport, NamedRecording
    from vssx.model.cartography import MapCamera

_SHOWN = 100


def named_recordings(login: Login) -> tuple[NamedRecording, ...]:
    """Those of a handover, where HOST is a directory, else of a recorder."""
    from vssx.jobs.carto_match import recordings_of_handover, recordings_of_recorder

    root = Path(login.host)
    return recordings_of_handover(root) if root.is_dir() else recordings_of_recorder(recorder_address(login))


@click.command(
    "match",
    short_help="Show which recordings have a camera.",
    epilog="Example: vssx carto match samples/cameras.csv 192.168.1.20 --user operator",
)
@table_argument
@recorder_options
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of the table.")
def match_command(request: TableRequest, login: Login, as_json: bool) -> int:
    """Show which recordings of the recorder, or the handover, HOST have a camera in the table FILE.

    A row names a recording by its camera_id: recording token, source identifier, name, address or remote token. With
    several rows in service at the time of the recording none is taken; where a row names several cameras, that is said.
    Exits with 0 where every recording has a camera of its own and every row a recording, else with 100.
    """
    from vssx.jobs.carto_match import match
    from vssx.jobs.cartography import read_cartography

    cartography = read_cartography(request)
    report = match(cartography, named_recordings(login))
    if as_json:
        render.print_json(_document(report))
        return int(report.exit_code)
    _print(report)
    return int(report.exit_code)


def _document(report: MatchReport) -> dict[str, object]:
    return {
        "recordings": [
            {
                "recording": one.recording,
                "name": one.name,
                "matched_by": None if one.match.matched_by is None else str(one.match.matched_by),
                "line": None if one.match.camera is None else one.match.camera.line,
                "camera_id": None if one.match.camera is None else one.match.camera.camera_id,
                "placed": one.match.camera is not None and one.match.camera.placed,
                "detail": one.match.detail,
                "shared": one.match.shared,
                "candidates": [row.line for row in one.match.candidates],
            }
            for one in report.recordings
        ],
        "unknown": _rows(report.unknown),
        "former": _rows(report.former),
    }


def _rows(cameras: Sequence[MapCamera]) -> list[dict[str, object]]:
    return [{"line": row.line, "camera_id": row.camera_id, "name": row.name} for row in cameras]


def _print(report: MatchReport) -> None:
    rows = [
        (
            one.recording,
            one.name,
            "none" if one.match.camera is None else one.match.camera.camera_id,
            "" if one.match.matched_by is None else str(one.match.matched_by),
            "" if one.match.camera is None else str(one.match.camera.line),
            one.match.detail,
        )
        for one in report.recordings
    ]
    render.table(("RECORDING", "NAME", "CAMERA", "BY", "LINE", "NOTE"), rows, right=("LINE",))
    for lacking, why in ((report.unknown, "no recording"), (report.former, "not in service at the time of it")):
        for row in lacking[:_SHOWN]:
            name = f" ({shown(row.name)})" if row.name else ""
            click.echo(f"line {row.line}: {shown(row.camera_id)}{name}: {why}")
        if len(lacking) > _SHOWN:
            click.echo(f"... and {len(lacking) - _SHOWN} more; --json lists all")
    matched = sum(one.match.camera is not None for one in report.recordings)
    click.echo(
        f"{matched} of {counted(len(report.recordings), 'recording')} have a camera;"
        f" {counted(len(report.unknown), 'row')} without a recording"
    )
