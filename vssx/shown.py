"""Names and texts from outside, made fit to be shown: nothing of them can move a cursor or hide a letter."""

from __future__ import annotations

import os

_MAX = 300


def shown(text: object) -> str:
    r"""``text`` on one line: control, bidirectional and unassigned characters as ``\xNN``, cut after 300 characters."""
    raw = os.fspath(text) if isinstance(text, os.PathLike) else text
    value = raw.decode("utf-8", "surrogateescape") if isinstance(raw, bytes) else str(raw)
    clipped = value[:_MAX] + ("..." if len(value) > _MAX else "")
    return "".join(
        character if character.isprintable() and character != "\\" else _escape(character) for character in clipped
    )


def counted(count: int, one: str, more: str = "") -> str:
    """A number of things: ``1 track``, ``2 tracks``; ``more`` where an s does not make the plural."""
    return f"{count} {one if count == 1 else more or one + 's'}"


def shown_fingerprint(digest: str) -> str:
    """A hex digest as ``openssl x509 -fingerprint`` prints it: pairs of upper-case digits with colons."""
    return ":".join(digest[index : index + 2] for index in range(0, len(digest), 2)).upper()


def _escape(character: str) -> str:
    if character == "\\":
        return "\\" if os.sep == "\\" else "\\\\"
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
