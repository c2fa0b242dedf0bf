"""Options that several commands share."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from vssx.cli.quantities import SPLIT, Seconds, Split
from vssx.cli.signing import passphrase_option
from vssx.errors import UsageError
from vssx.isobmff.writer import SampleEntryChoice
from vssx.jobs.added_events import read_lists
from vssx.jobs.handover import HandoverRequest
from vssx.jobs.stills import STEPS
from vssx.model.handover import Position
from vssx.model.level import ExportLevel
from vssx.model.media import AudioChoice, TrackChoice
from vssx.report.language import Language
from vssx.safe_names import safe_name
from vssx.times import NS

if TYPE_CHECKING:
    from vssx.jobs.cartography import Cartography

_Command = TypeVar("_Command", bound=Callable[..., Any])


def tz_option(command: _Command) -> _Command:
    """``--tz``: the zone of times that do not say theirs."""
    return click.option("--tz", help="IANA time zone of local times, e.g. Europe/Paris.")(command)


def said(options: Mapping[str, str | None]) -> tuple[tuple[str, str], ...]:
    """What of these was written, for the record."""
    return tuple((name, text) for name, text in options.items() if text is not None)


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


def level_option(text: str, *, default: ExportLevel | None = None) -> Callable[[_Command], _Command]:
    """``--level``."""
    return click.option(
        "--level",
        type=click.Choice([str(level) for level in ExportLevel]),
        default=None if default is None else str(default),
        show_default=default is not None,
        help=text,
    )


def language_option(text: str, *, default: Language | None = None) -> Callable[[_Command], _Command]:
    """``--language``."""
    return click.option(
        "--language",
        type=click.Choice([str(language) for language in Language]),
        default=None if default is None else str(default),
        show_default=default is not None,
        help=text,
    )


def stills_option(text: str, *, default: int | None = None) -> Callable[[_Command], _Command]:
    """``--stills``."""
    return click.option(
        "--stills",
        metavar="N",
        type=click.IntRange(0, 1000),
        default=default,
        show_default=default is not None,
        help=text,
    )


def accept_lower_option(command: _Command) -> _Command:
    """``--accept-lower``."""
    return click.option(
        "--accept-lower",
        is_flag=True,
        help="Where the level is not borne, hand over what is there; the record says so.",
    )(command)


def sheet_option(command: _Command) -> _Command:
    """``--sheet``."""
    return click.option(
        "--sheet",
        is_flag=True,
        help="Write the handover sheet beside the handover, as NAME.sheet.html: to be printed and signed by hand.",
    )(command)


def handover_options(command: _Command) -> _Command:
    """How a handover is made: where, its name, level, key, and what the record says of the case."""
    for decorate in (
        click.option(
            "--position",
            metavar="LAT,LON[,ALT]",
            help="Where the camera stands, degrees of WGS 84 and metres, for the file's loci box; for a camera that"
            " --carto does not place.",
        ),
        click.option(
            "--carto-all",
            is_flag=True,
            help="Put all cameras of --carto into the handover, not the exported ones alone.",
        ),
        click.option(
            "--carto-crs",
            metavar="CODE",
            default="",
            help="Coordinate reference system of eastings and northings in --carto that name none, e.g. EPSG:2154.",
        ),
        click.option(
            "--carto-mapping",
            metavar="FILE",
            type=click.Path(path_type=Path, dir_okay=False),
            help="How the columns and words of --carto become those of the profile (TOML, docs/cartography.md).",
        ),
        click.option(
            "--carto",
            metavar="FILE",
            type=click.Path(path_type=Path, dir_okay=False),
            help="The cameras on the map (CSV, docs/cartography.md): the rows of the exported cameras and their indoor"
            " plans go into the handover, and loci tells where each camera looks.",
        ),
        click.option(
            "--sample-entry",
            type=click.Choice(["auto", "in-band", "out-of-band"]),
            default="auto",
            show_default=True,
            help="avc3/hev1 (in-band) or avc1/hvc1 (out-of-band); auto follows the stream.",
        ),
        click.option(
            "--split",
            metavar="10m|4GB|gap",
            type=SPLIT,
            default="gap",
            show_default=True,
            help="Begin a new file at the first clean point after so long, or before a file gets larger than that;"
            " gap: only at long gaps, which begin a new file in any case.",
        ),
        click.option(
            "--gap-split",
            metavar="SECONDS",
            type=Seconds(min=0, max=6 * 3600),  # 2^31-1 ticks of 90 kHz, the longest sample, are 6.6 hours
            default=10.0,
            show_default=True,
            help="A longer gap starts a new file; a shorter one extends the frame before it.",
        ),
        click.option(
            "--skip-unsupported", is_flag=True, help="Leave out tracks that vssx does not carry; the record names them."
        ),
        click.option(
            "--audio",
            type=click.Choice([choice.value for choice in AudioChoice]),
            default=AudioChoice.KEEP.value,
            show_default=True,
            help="Audio: all of it (what is no AAC becomes AAC, and the original is kept), only AAC, or none.",
        ),
        click.option(
            "--events",
            "event_lists",
            multiple=True,
            metavar="FILE",
            type=click.Path(path_type=Path, dir_okay=False),
            help="Add the events of this list (CSV or JSON Lines, docs/events.md): incident marks, alarms of other"
            " systems. May be given several times.",
        ),
        stills_option(
            "Pictures of each file in report.html at even steps, beside the first, the last and those of events;"
            " 0: none at all.",
            default=STEPS,
        ),
        language_option("Language of report.html and the other pages.", default=Language.ENGLISH),
        click.option("--legal-basis", metavar="TEXT", default="", help="Legal basis of the handover, for the record."),
        click.option("--operator", default="", help="Who exports, for the record."),
        click.option("--exhibit", default="", help="Exhibit number, for the record."),
        click.option("--case", default="", help="Case number, for the record."),
        click.option("--name", help="Name of the handover. [<recording>_<from>_<to>]"),
        accept_lower_option,
        level_option(
            "Export level: video (0V), and the cameras' metadata (0M), or alpha-events (0E). A recording that does not"
            " bear it is refused.",
            default=ExportLevel.VIDEO,
        ),
        key_options,
        sheet_option,
        click.option(
            "--output",
            required=True,
            metavar="PARENT",
            type=click.Path(path_type=Path, file_okay=False),
            help="Directory in which the handover is made; made with its parents where it does not exist.",
        ),
    ):
        command = decorate(command)
    return command


def handover_request(
    *,
    output: Path,
    key: Path | None,
    cert: Path | None,
    passphrase_file: Path | None,
    level: str,
    accept_lower: bool,
    name: str | None,
    case: str,
    exhibit: str,
    operator: str,
    legal_basis: str,
    language: str,
    stills: int,
    split: Split,
    gap_split: float,
    position: str | None,
    sample_entry: SampleEntryChoice,
    audio: str,
    skip_unsupported: bool,
    event_lists: tuple[Path, ...],
    carto: Path | None,
    carto_mapping: Path | None,
    carto_crs: str,
    carto_all: bool,
    tz: str | None,
) -> HandoverRequest:
    """The options of ``handover_options``. ``tz``: of times in the lists of events that do not say theirs.

    Raises UsageError for a name that is no safe file name, for whatever is wrong with a list of events, and for a
    cartography that cannot be read.
    """
    if carto is None and (carto_mapping is not None or carto_crs or carto_all):
        raise UsageError(
            "tell how --carto is read and taken",
            where="--carto-mapping, --carto-crs, --carto-all",
            next_step="Name it.",
        )
    if name is not None and safe_name(name) != name:
        raise UsageError(
            "is not fit for every file system", where="--name", next_step=f"Use for example {safe_name(name)}."
        )
    return HandoverRequest(
        output=output,
        name=name,
        level=ExportLevel(level),
        accept_lower=accept_lower,
        key=key,
        certificate=cert,
        passphrase=passphrase_option(passphrase_file),
        case=case,
        exhibit=exhibit,
        operator=operator,
        legal_basis=legal_basis,
        language=Language(language),
        stills=stills,
        gap_split_ns=round(gap_split * NS),
        split_length_ns=split.length_ns,
        split_bytes=split.size,
        position=None if position is None else camera_position(position),
        sample_entry=sample_entry,
        tracks=TrackChoice(audio=AudioChoice(audio), skip_unsupported=skip_unsupported),
        event_lists=read_lists(event_lists, tz),
        cartography=None if carto is None else _cartography(carto, carto_mapping, carto_crs, all_rows=carto_all),
    )


def _cartography(table: Path, mapping: Path | None, crs: str, *, all_rows: bool) -> Cartography:
    from vssx.jobs.carto import TableRequest, said_crs
    from vssx.jobs.cartography import read_cartography

    request = TableRequest(path=table, mapping=mapping, crs=said_crs(crs, "--carto-crs"))
    return read_cartography(request, all_rows=all_rows)


def camera_position(text: str) -> Position:
    """``LAT,LON`` or ``LAT,LON,ALT``. Raises UsageError."""
    try:
        latitude, longitude, *rest = (float(part) for part in text.split(","))
        altitude = rest[0] if rest else 0.0
    except ValueError:
        latitude = longitude = altitude = math.nan
    else:
        if len(rest) > 1:
            altitude = math.nan
    if not (abs(latitude) <= 90 and abs(longitude) <= 180 and abs(altitude) < 32768):
        raise UsageError(
            f"{text!r} is no position",
            where="--position",
            next_step="Write for example 47.3769,8.5417 or 47.3769,8.5417,408.",
        )
    return Position(
        longitude=longitude,
        latitude=latitude,
        altitude=altitude,
        notes="position of the camera, not of what it looks at; stated by the exporter",
    )
