"""Compiled templates are kept, made anew where the template changed, and nothing depends on them."""

from __future__ import annotations

import sys

import pytest
from jinja2 import DictLoader, Environment

from vssx.report.compiled_templates import CompiledTemplates


@pytest.fixture(autouse=True)
def _keeping(monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", False)


def rendered(directory, source="{{ 1 + 1 }}", *, kept=None):
    """What a fresh process would make of a template, and whether it had to compile it."""
    compiled = []

    class Watched(Environment):
        def compile(self, *arguments, **named):
            compiled.append(arguments)
            return super().compile(*arguments, **named)

    environment = Watched(
        loader=DictLoader({"a": source}), bytecode_cache=kept or CompiledTemplates(directory), autoescape=True
    )
    return environment.get_template("a").render(), bool(compiled)


def test_a_second_process_compiles_nothing(tmp_path):
    assert rendered(tmp_path / "kept") == ("2", True)
    assert rendered(tmp_path / "kept") == ("2", False)
    assert rendered(tmp_path / "kept", "{{ 1 + 2 }}") == ("3", True)


@pytest.mark.parametrize("left", [b"", b"no such thing", 5, 20, -1])
def test_what_is_damaged_is_made_anew(tmp_path, left):
    rendered(tmp_path)
    [file] = tmp_path.iterdir()
    file.write_bytes(left if isinstance(left, bytes) else file.read_bytes()[:left])
    assert rendered(tmp_path) == ("2", True)
    assert rendered(tmp_path) == ("2", False)


def test_where_nothing_can_be_written_one_process_compiles_once(tmp_path):
    (tmp_path / "file").touch()
    kept = CompiledTemplates(tmp_path / "file" / "below")
    assert rendered(tmp_path, kept=kept) == ("2", True)
    assert rendered(tmp_path, kept=kept) == ("2", False)


def test_nothing_is_written_where_python_is_told_not_to(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert rendered(tmp_path) == ("2", True)
    assert not list(tmp_path.iterdir())
