"""All messages of the pages, out of templates and code. ``python -m tests.unit.report.messages fr`` prints those that
the catalogs of a language lack, as entries to fill in."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from jinja2 import Environment, nodes

from vssx.report.language import Language, catalog_files

SOURCE = Path(__file__).parents[3] / "vssx"
TEMPLATES = SOURCE / "report" / "templates"
_SINGLE = {"_", "marked", "translate", "text"}
_PLURAL = {"ngettext", "plural"}


@dataclass(frozen=True)
class Message:
    """``more``: the plural, "" where there is none."""

    one: str
    more: str
    where: str


def all_messages() -> list[Message]:
    """Of all templates and all code, each once, in the order of the places."""
    found: dict[tuple[str, str], Message] = {}
    for message in (*_in_templates(), *_in_code()):
        found.setdefault((message.one, message.more), message)
    return list(found.values())


def _in_templates() -> Iterator[Message]:
    environment = Environment(autoescape=True)
    for path in sorted(TEMPLATES.glob("*.j2")):
        tree = environment.parse(path.read_text(encoding="utf-8"))
        for call in tree.find_all(nodes.Call):
            texts = [argument.value if isinstance(argument, nodes.Const) else None for argument in call.args]
            name = call.node.attr if isinstance(call.node, nodes.Getattr) else getattr(call.node, "name", "")
            yield from _message(name, texts, f"{path.name}:{call.lineno}")


def _in_code() -> Iterator[Message]:
    for path in sorted((*(SOURCE / "report").glob("*.py"), *(SOURCE / "jobs").glob("*.py"))):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call):
                texts = [argument.value if isinstance(argument, ast.Constant) else None for argument in call.args]
                name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
                yield from _message(name, texts, f"{path.name}:{call.lineno}")


def _message(name: str, texts: list[object], where: str) -> Iterator[Message]:
    if name in _SINGLE and texts and isinstance(texts[0], str):
        yield Message(texts[0], "", where)
    if name in _PLURAL and len(texts) > 1 and isinstance(texts[0], str) and isinstance(texts[1], str):
        yield Message(texts[0], texts[1], where)


def catalogs(language: Language) -> dict[str, Catalog]:
    """The catalogs of a language by file name."""
    found = {}
    for file in catalog_files(language):
        with file.open("rb") as lines:
            found[file.name] = read_po(lines, locale=str(language))
    return found


def missing(language: Language) -> list[Message]:
    """What no catalog of the language translates."""
    entries = [entry for catalog in catalogs(language).values() for entry in catalog if entry.id]
    known = {entry.id for entry in entries if all([entry.string] if isinstance(entry.string, str) else entry.string)}
    return [one for one in all_messages() if ((one.one, one.more) if one.more else one.one) not in known]


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def main() -> None:
    for message in missing(Language(sys.argv[1])):
        print(f"\n#: {message.where}\nmsgid {_quoted(message.one)}")
        print(f'msgid_plural {_quoted(message.more)}\nmsgstr[0] ""\nmsgstr[1] ""' if message.more else 'msgstr ""')


if __name__ == "__main__":
    main()
