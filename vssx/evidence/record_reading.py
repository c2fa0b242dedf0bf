"""Reads handover.json as strictly as evidence deserves: bounded, no double names, valid against its schema."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any, NoReturn

from vssx.errors import HandoverError
from vssx.evidence.record import FORMAT, FORMAT_VERSION, RECORD_NAME
from vssx.shown import shown
from vssx.times import from_xs_datetime

MAX_RECORD = 32 << 20
_SCHEMA_FILE = "handover-1.schema.json"
_MAX_INTEGER_DIGITS = 30


def schema() -> dict[str, Any]:
    """The JSON Schema of the record, as it ships in the package."""
    text = resources.files("vssx.evidence").joinpath(_SCHEMA_FILE).read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def parse_record(data: bytes) -> dict[str, Any]:
    """The record as JSON values, valid against its schema.

    Raises HandoverError: no JSON, a name that occurs twice in an object, NaN, another format or version, not as the
    schema says.
    """
    try:
        value = json.loads(
            data.decode("utf-8"), object_pairs_hook=_no_doubles, parse_constant=_no_constant, parse_int=_bounded_int
        )
    except RecursionError:
        raise _broken("is nested too deeply") from None
    except ValueError as error:
        raise _broken(f"is not the JSON of a record: {shown(error)}") from error
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise _broken(f"does not say that its format is {FORMAT}")
    if value.get("version") != FORMAT_VERSION:
        raise HandoverError(
            f"has version {shown(value.get('version'))} of the format; this vssx knows {FORMAT_VERSION}",
            where=RECORD_NAME,
            next_step="Use a newer vssx.",
        )
    validate_record(value)
    return value


def validate_record(record: dict[str, Any]) -> None:
    """Raises HandoverError where the record is not as its schema says, or has a time that no calendar has."""
    from jsonschema import Draft202012Validator, FormatChecker

    formats = FormatChecker(formats=())
    formats.checks("date-time", raises=ValueError)(_is_time)
    error = next(iter(Draft202012Validator(schema(), format_checker=formats).iter_errors(record)), None)
    if error is not None:
        place = "/".join(str(part) for part in error.absolute_path) or "the whole record"
        raise _broken(f"does not follow its schema at {shown(place)}: {shown(error.message)}")


def _is_time(value: object) -> bool:
    """The 30th of February follows the pattern, too. Raises ValueError."""
    return not isinstance(value, str) or from_xs_datetime(value) is not None


def _broken(message: str) -> HandoverError:
    return HandoverError(message, where=RECORD_NAME, next_step="It is not a record that vssx made, or was changed.")


def _no_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a name occurs twice in an object")
    return value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _bounded_int(text: str) -> int:
    if len(text) > _MAX_INTEGER_DIGITS:
        raise ValueError("a number with too many digits")
    return int(text)
