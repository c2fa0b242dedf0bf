"""A row of the cartography as the values of a JSON object, and back: what handover.json says of a camera."""

from __future__ import annotations

from collections.abc import Mapping

from vssx.cartography.profile import HEADER, WORDS
from vssx.model.cartography import MapCamera


def values_of(camera: MapCamera) -> dict[str, str | float]:
    """The columns that are set, with the names of the profile; numbers in the units of MapCamera."""
    values = ((name, getattr(camera, name)) for name in HEADER)
    return {
        name: value if isinstance(value, float) else str(value) for name, value in values if value not in (None, "")
    }


def camera_of(values: Mapping[str, object], *, line: int = 0) -> MapCamera:
    """What ``values_of`` made of it. Raises ValueError for a column that does not exist, or a value that is none."""
    read: dict[str, object] = {}
    for name, value in values.items():
        if name in WORDS:
            read[name] = WORDS[name](str(value))
        elif name not in HEADER or isinstance(value, bool) or not isinstance(value, int | float | str):
            raise ValueError(f"{name!r} is no column of the profile, or its value is none")
        elif isinstance(value, str) is not isinstance(getattr(_EMPTY, name), str):
            raise ValueError(f"{name!r} is no {'text' if isinstance(value, int | float) else 'number'}")
        else:
            read[name] = value if isinstance(value, str) else float(value)
    if not isinstance(read.get("camera_id"), str):
        raise ValueError("'camera_id' is missing")
    made: MapCamera = MapCamera(**read, line=line)  # type: ignore[arg-type]
    return made


_EMPTY = MapCamera(camera_id="")
