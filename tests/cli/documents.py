"""README.md and docs/*.md as tests see them: code blocks, shell sessions, inline code."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from tests.peers import ROOT

DOCUMENTS = tuple(sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]))
_BLOCK = re.compile(r"^( *)```([^\n`]*)\n(.*?)^\1```", re.DOTALL | re.MULTILINE)
_INLINE = re.compile(r"`([^`\n]+)`")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A fenced code block: the word behind the fence, and its lines."""

    language: str
    lines: tuple[str, ...]


def blocks(document: Path) -> list[Block]:
    """Every fenced code block."""
    return [
        Block(language=match[2].strip(), lines=tuple(line.removeprefix(match[1]) for line in match[3].splitlines()))
        for match in _BLOCK.finditer(document.read_text("utf-8"))
    ]


def session(document: Path) -> list[str]:
    """The commands of all ``console`` blocks in order: lines that begin with ``$ ``, continued by a final backslash."""
    commands: list[str] = []
    for block in blocks(document):
        continued = False
        for line in block.lines if block.language == "console" else ():
            if continued:
                commands[-1] += "\n" + line.removeprefix("> ")
            elif line.startswith("$ "):
                commands.append(line[2:])
            else:
                continue
            continued = line.endswith("\\")
    return commands


def inline_code(document: Path) -> list[str]:
    """Every `code` span outside of blocks."""
    return _INLINE.findall(_BLOCK.sub("", document.read_text("utf-8")))


def links(document: Path) -> list[str]:
    """Targets of all links and pictures that are no URL, without their anchors."""
    targets = re.findall(r"\]\(([^)\s]+)\)", _BLOCK.sub("", document.read_text("utf-8")))
    return [one.partition("#")[0] for one in targets if not re.match(r"[a-z]+:|#", one)]
