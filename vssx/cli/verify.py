"""vssx verify"""

from __future__ import annotations

import json
from pathlib import Path

import click

from vssx import times
from vssx.cli.options import language_option, level_option, tz_option
from vssx.errors import ExitCode, VssxError
from vssx.evidence.verify import finding_as_json, report_as_json
from vssx.jobs.verify import check_report_file, verify, worst, write_report
from vssx.model.level import ExportLevel
from vssx.model.verification import Finding, Verdict, VerificationReport
from vssx.report.language import Language
from vssx.shown import shown

_NUMBERS = 10


@click.command("verify", epilog="Example: vssx verify front-door_20240501 --trust cert.pem")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--trust",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="Certificate to trust (PEM, DER): the signer's, or a CA's; never one out of the handover. Repeatable.",
)
@click.option("--at", metavar="TIME", help="Judge the certificates as of this time, as your own assumption.")
@tz_option
@level_option("The level that a handover must claim, and its contents bear.")
@click.option(
    "--report",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the findings as a page, too: FILE.html, or FILE.pdf (needs the extra pdf). Never into a handover.",
)
@language_option("Language of the report.", default=Language.ENGLISH)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line and path.")
def command(
    paths: tuple[Path, ...],
    trust: tuple[Path, ...],
    at: str | None,
    tz: str | None,
    level: str | None,
    report: Path | None,
    language: str,
    as_json: bool,
) -> int:
    """Check handovers, and files with FILE.p7s beside them. No network is used; nothing is written but --report.

    The verdict is PASSED, FAILED or INDETERMINATE. Without --trust it is never PASSED, and a certificate's revocation
    is not checked. metadata.xml, events.csv and the like are made again out of the MP4 files and compared.

    Exit codes: 0 PASSED, 40 FAILED, 41 INDETERMINATE, 42 nothing signed; of several paths the worst.
    """
    if report is not None:
        check_report_file(report, zone=tz)
    codes = []
    results = []
    at_ns = None if at is None else times.from_user(at, tz)
    asked = None if level is None else ExportLevel(level)
    for path, result in verify(paths, trust=trust, at_ns=at_ns, level=asked):
        if report is not None:
            results.append((path, result))
        if isinstance(result, VssxError):
            codes.append(result.exit_code)
            click.echo(f"vssx: {result}", err=True)
            if as_json:
                click.echo(json.dumps(_error(path, result)))
        else:
            codes.append(result.exit_code)
            click.echo(json.dumps(report_as_json(result)) if as_json else _text(result))
    if report is not None:
        try:
            write_report(report, results, trust=trust, level=asked, language=Language(language), zone=tz)
        except VssxError as error:  # a verdict of FAILED outweighs it
            codes.append(error.exit_code)
            click.echo(f"vssx: {error}", err=True)
    return int(worst(codes))


def _error(path: Path, error: VssxError) -> dict[str, object]:
    finding = Finding(check="readable", result=Verdict.INDETERMINATE, evidence=shown(error))
    return {
        "path": str(path),
        "verdict": str(Verdict.INDETERMINATE),
        "signed": False,
        "error": int(error.exit_code),
        "findings": [finding_as_json(finding)],
    }


def _text(report: VerificationReport) -> str:
    lines = [shown(report.path)]
    for number, finding in enumerate(report.findings, start=1):
        reason = f" ({finding.sub_indication})" if finding.sub_indication else ""
        lines.append(f"{number:4}. {finding.result:<13} {finding.check}: {finding.evidence}{reason}")
    lines.append(f"Verdict: {report.verdict}{_meaning(report)}")
    return "\n".join(lines)


def _meaning(report: VerificationReport) -> str:
    match report.exit_code:
        case ExitCode.NOTHING_SIGNED:
            return ": nothing is signed"
        case ExitCode.INDETERMINATE:
            open_ones = _numbers(report, Verdict.INDETERMINATE)
            return f": nothing was proven wrong, but it is not proven either; see {open_ones}"
        case ExitCode.FAILED:
            return f": see {_numbers(report, Verdict.FAILED)}"
        case _:
            return ""


def _numbers(report: VerificationReport, result: Verdict) -> str:
    """The findings of a result, by their numbers: among hundreds of others nobody finds them."""
    numbers = [str(number) for number, one in enumerate(report.findings, start=1) if one.result is result]
    more = f" and {len(numbers) - _NUMBERS} more" if len(numbers) > _NUMBERS else ""
    return f"{'findings' if len(numbers) > 1 else 'finding'} {', '.join(numbers[:_NUMBERS])}{more}"
