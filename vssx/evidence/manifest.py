"""Manifests of a bag (RFC 8493 section 2.1.3): written so that sha256sum and every BagIt tool reads the same."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from vssx.shown import shown

BAGIT_TXT = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
PAYLOAD_MANIFEST = "manifest-sha256.txt"
TAG_MANIFEST = "tagmanifest-sha256.txt"
MAX_MANIFEST = 64 << 20
MAX_FILES = 200_000
MAX_DEPTH = 16
_MAX_PATH = 1000
_MAX_FAULTS = 100
_LINE = re.compile(r"([0-9a-f]{64})  (.+)", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """``files``: path to hex SHA-256. ``faults``: what is wrong with the text itself, already fit to be shown."""

    files: Mapping[str, str]
    faults: tuple[str, ...]


def render(files: Mapping[str, str]) -> bytes:
    """The manifest's text, sorted by path. ``files``: path to hex SHA-256; paths as ``path_fault`` allows them."""
    return "".join(f"{digest}  {path}\n" for path, digest in sorted(files.items())).encode()


def parse(data: bytes, *, payload: bool) -> Manifest:
    """Read a manifest strictly: what other tools would read differently, or skip with a warning, is a fault.

    ``payload``: the payload manifest names files below data/ only, the tag manifest none of them. Never raises.
    """
    files: dict[str, str] = {}
    folded: set[str] = set()
    faults: list[str] = []
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        return Manifest(files={}, faults=(f"is not UTF-8 at byte {error.start}",))
    if text and not text.endswith("\n"):
        faults.append("does not end with a newline")
    lines = text.split("\n")
    if len(lines) > MAX_FILES:
        return Manifest(files={}, faults=(f"names more than {MAX_FILES} files",))
    if not lines[-1]:
        lines.pop()
    for number, line in enumerate(lines, start=1):
        match = _LINE.fullmatch(line)
        if match is None:
            faults.append(f"line {number} is not a digest, two spaces and a path: {shown(line)}")
        else:
            digest, path = match.groups()
            fault = path_fault(path)
            if fault is None and path.startswith("data/") != payload:
                fault = "does not belong into this manifest"
            if fault is None and folded_name(path) in folded:
                fault = "is named twice, in other spelling perhaps"
            folded.add(folded_name(path))
            if fault is None:
                files[path] = digest
            else:
                faults.append(f"line {number}: {shown(path)} {fault}")
        if len(faults) == _MAX_FAULTS:
            break  # enough to know what this is
    return Manifest(files=files, faults=tuple(faults))


def folded_name(path: str) -> str:
    """Equal for two names that some file system takes for one: upper and lower case, composed letters or not."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


def path_fault(path: str) -> str | None:
    r"""Why ``path`` cannot be in a handover, or None.

    Allowed are relative paths with / between names that mean the same to every tool and file system: no empty name,
    ``.`` or ``..``, no backslash, colon, percent sign (BagIt's escape), control character, ``~`` or ``*`` at the start.
    """
    if not path or len(path) > _MAX_PATH:
        return f"is empty or longer than {_MAX_PATH} characters"
    if not path.isprintable():
        return "holds control characters"
    if any(character in path for character in '\\:%"<>|?*'):
        return "holds a character that tools read differently"
    names = path.split("/")
    if any(name in ("", ".", "..") for name in names):
        return "is not a plain relative path"
    if path.startswith("~"):
        return "starts with ~"
    if any(name != name.strip() or name.endswith(".") for name in names):
        return "holds a name that starts or ends with a space, or ends with a dot"
    if len(names) > MAX_DEPTH:
        return f"lies deeper than {MAX_DEPTH} directories"
    return None
