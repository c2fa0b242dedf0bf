"""vssx starts at once: what is heavy is imported where it is used."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("av", "lxml", "pyhanko", "cryptography", "asn1crypto", "urllib3", "jsonschema", "rich", "keyring")


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["nonsense"]])
def test_nothing_heavy_is_imported(arguments: list[str]) -> None:
    program = f"""
import sys
from vssx.cli.main import main
try:
    main({arguments!r})
except SystemExit:
    pass
print("IMPORTED", *(set({HEAVY!r}) & set(sys.modules)))
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines()[-1].split() == ["IMPORTED"]
