"""Shell completion is click's own; it must survive commands that are imported when they are used."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

VSSX = str(Path(sys.executable).with_name("vssx"))


def _completed(words: str, number: int) -> list[str]:
    environment = {**os.environ, "_VSSX_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(number)}
    ended = subprocess.run([VSSX], env=environment, capture_output=True, text=True, check=True)
    return [line.partition(",")[2] for line in ended.stdout.splitlines()]


@pytest.mark.parametrize(
    ("words", "number", "among"),
    [
        ("vssx ver", 1, "verify"),
        ("vssx keys ", 2, "create"),
        ("vssx recorder se", 2, "serve"),
        ("vssx verify --tr", 2, "--trust"),
        ("vssx export host --rec", 3, "--recording"),
    ],
)
def test_commands_and_options_complete(words: str, number: int, among: str) -> None:
    assert among in _completed(words, number)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_for_each_shell(shell: str) -> None:
    if shell == "bash" and not Path("/bin/bash").exists():
        pytest.skip("click asks bash for its version, and there is no bash")
    environment = {**os.environ, "_VSSX_COMPLETE": f"{shell}_source"}
    ended = subprocess.run([VSSX], env=environment, capture_output=True, text=True, check=True)
    assert f"_VSSX_COMPLETE={shell}_complete" in ended.stdout
