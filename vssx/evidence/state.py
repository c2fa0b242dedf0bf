"""What a run knows, as JSON in ``work/``: how the next run takes it up.

Written and read by the same version of vssx only; handover.json is the format for everybody else.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from vssx.model.handover import CheckedMedia
from vssx.model.media import Assumption, Gap, Loss

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Note = Gap | Loss | Assumption
_KINDS: Mapping[str, type[Any]] = {kind.__name__: kind for kind in (Gap, Loss, Assumption)}
_Value = TypeVar("_Value")


def to_json(value: DataclassInstance) -> dict[str, object]:
    """A value of the model, with all that is in it; enumerations become their text."""
    return dataclasses.asdict(value)


def from_json(kind: type[_Value], document: object) -> _Value:
    """What ``to_json`` made of a ``kind``. Raises ValueError, LookupError or TypeError for anything else."""
    value: _Value = _read(kind, document)
    return value


def note_to_json(value: Note) -> dict[str, object]:
    """A value with the name of its kind."""
    return {"kind": type(value).__name__, **to_json(value)}


def note_from_json(document: Mapping[str, Any]) -> Note | None:
    """What ``note_to_json`` made of it; None for a kind that is not known."""
    fields = dict(document)
    kind = _KINDS.get(fields.pop("kind", ""))
    if kind is None:
        return None
    value: Note = from_json(kind, fields)
    return value


def checked_to_json(media: CheckedMedia) -> dict[str, object]:
    """A file that was read back."""
    return to_json(media)


def checked_from_json(document: Mapping[str, Any]) -> CheckedMedia:
    """What ``checked_to_json`` made of it; other names beside it are passed over."""
    return from_json(CheckedMedia, {field: document[field] for field in _hints(CheckedMedia)})


@cache
def _hints(kind: type[Any]) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _read(kind: Any, value: Any) -> Any:  # noqa: ANN401 - as many kinds as the model has
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        hints = _hints(kind)
        if not isinstance(value, dict):
            raise TypeError(f"no {kind.__name__}")
        return kind(**{name: _read(hints[name], one) for name, one in value.items()})
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is tuple:
        kinds = [arguments[0]] * len(value) if arguments[1:] == (...,) else arguments
        return tuple(_read(one, part) for one, part in zip(kinds, value, strict=True))
    if origin in (types.UnionType, typing.Union):
        return _read_union(arguments, value)
    if origin is typing.Literal:
        if value not in arguments:
            raise ValueError(f"none of {arguments}")
        return value
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(value)
    if kind is float and isinstance(value, int):
        return float(value)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise TypeError(f"no {kind.__name__}")
    return value


def _read_union(kinds: tuple[Any, ...], value: Any) -> Any:  # noqa: ANN401
    if value is None and type(None) in kinds:
        return None
    for kind in kinds:
        try:
            return _read(kind, value)
        except (ValueError, TypeError, LookupError):
            continue
    raise TypeError("none of the kinds that it may be")
