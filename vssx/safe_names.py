"""Names fit for any file system, made from what recorders call things; nothing of a path survives."""

from __future__ import annotations

import re
import unicodedata

_RESERVED = re.compile(r"(?:CON|PRN|AUX|NUL|COM[0-9¹²³]|LPT[0-9¹²³])(?:\..*)?", re.IGNORECASE)
_UNSAFE = re.compile(r"[^\w.+=@-]+")
_MAX_BYTES = 80


def safe_name(text: str, fallback: str = "unnamed") -> str:
    """``text`` as one path component: letters, digits and ``._+=@-``, at most 80 bytes of UTF-8, never empty.

    Separators, control characters, leading dots and names that Windows reserves cannot come out of it. Two texts may
    give one name; the caller sees to that.
    """
    name = _UNSAFE.sub("_", unicodedata.normalize("NFC", text.replace("\x00", "_"))).strip("._-")
    if _RESERVED.fullmatch(name):
        name = f"_{name}"
    while len(name.encode()) > _MAX_BYTES:
        name = name[:-1]
    return name.rstrip("._-") or fallback


def unique_name(name: str, taken: set[str]) -> str:
    """``name``, or with ``_2``, ``_3`` ... appended until it differs from all of ``taken``, whatever the case."""
    folded = {other.casefold() for other in taken}
    candidate, number = name, 1
    while candidate.casefold() in folded:
        number += 1
        candidate = f"{name}_{number}"
    return candidate
