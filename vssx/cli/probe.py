"""vssx probe"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from vssx import times
from vssx.cli import render
from vssx.cli.options import tz_option
from vssx.cli.recorder_options import recorder_address, replay_options
from vssx.jobs.config import Login
from vssx.model.probe import ProbeReport, ProbeStep, StepResult
from vssx.shown import shown

if TYPE_CHECKING:
    from vssx.jobs.probe import ProbeRequest

_MARKS = {StepResult.OK: "ok", StepResult.REMARK: "ok, but", StepResult.FAILED: "FAILED", StepResult.NOT_TRIED: "-"}


@click.command("probe", epilog="Example: vssx probe 192.168.1.20 --user operator --password-file password.txt")
@replay_options
@click.option("--recording", metavar="TOKEN", help="Replay a second of this recording; else of any with video.")
@click.option("--at", metavar="T", help="Replay this second, in the recorder's time; else one that it tells of.")
@tz_option
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of the lines.")
def command(login: Login, recording: str | None, at: str | None, tz: str | None, as_json: bool) -> int:
    """Try everything that an export from the recorder HOST needs, and say in plain words what does not work.

    Clock, services, login, recordings, their history, events, replay address, and one second of replay; then which
    export levels can be made. Nothing is stored. Exits with the code of the first step that failed.
    """
    from vssx.jobs.probe import ProbeRequest, probe

    at_ns = None if at is None else times.from_user(at, tz)
    request = ProbeRequest(address=recorder_address(login), recording=recording, at_ns=at_ns)
    report = _watched(request) if sys.stderr.isatty() and not as_json else probe(request)
    if as_json:
        render.print_json(_document(report))
    else:
        _print(report)
    return int(report.exit_code)


def _watched(request: ProbeRequest) -> ProbeReport:
    """The step that runs is shown meanwhile: some recorders take long to answer."""
    from vssx.jobs.probe import probe

    with render.activity(request.address.host) as doing:
        return probe(request, doing)


def _print(report: ProbeReport) -> None:
    click.echo(shown(report.address))
    for step in report.steps:
        click.echo(f"  {_MARKS[step.result]:<8}{step.name:<16}{shown(step.text)}")
        for line in (*step.remarks, step.next_step):
            if line:
                click.echo(f"{'':26}{shown(line)}")
    for answer in report.levels:
        click.echo(f"  {'yes' if answer.possible else 'no':<8}{'level ' + answer.level:<16}{shown(answer.reason)}")


def _document(report: ProbeReport) -> dict[str, object]:
    return {
        "address": report.address,
        "steps": [_step(step) for step in report.steps],
        "levels": {one.level: {"possible": one.possible, "reason": one.reason} for one in report.levels},
        "exit_code": int(report.exit_code),
    }


def _step(step: ProbeStep) -> dict[str, object]:
    return {
        "name": step.name,
        "result": str(step.result),
        "text": step.text,
        "remarks": list(step.remarks),
        "next_step": step.next_step,
        **step.facts,
    }
