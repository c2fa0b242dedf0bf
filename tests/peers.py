"""Other people's programs and data that tests need: found, or skipped visibly, or (in CI) a failure."""

from __future__ import annotations

import importlib.util
import os
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOOTAGE = ROOT.parent / "shared" / "footage"


def missing(what: str) -> None:
    """Skip the test, or fail it where CI promises that everything is there."""
    if os.environ.get("CI"):
        pytest.fail(f"{what} is missing, and CI must have it")
    pytest.skip(f"{what} is missing")


def need(program: str) -> str:
    """Path of a program."""
    path = shutil.which(program)
    if path is None:
        missing(program)
    return str(path)


def need_module(name: str) -> None:
    """A Python package that only tests use."""
    if importlib.util.find_spec(name) is None:
        missing(f"the Python package {name}")


def footage(name: str = "") -> Path:
    """A file of ../shared/footage, or the directory."""
    path = FOOTAGE / name
    if not path.exists():
        missing(str(path))
    return path
