"""vssx starts at once: what is heavy is imported where it is used."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from vssx.cli.main import main
from vssx.errors import ExitCode, StorageError

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


@pytest.mark.parametrize("by_variable", [True, False])
def test_debug_shows_the_traceback_however_it_is_set(
    by_variable: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    arguments = ["inspect", str(tmp_path / "missing.mp4")]
    if by_variable:
        monkeypatch.setenv("VSSX_DEBUG", "1")
    with pytest.raises(StorageError):
        main(arguments if by_variable else ["--debug", *arguments])
    monkeypatch.delenv("VSSX_DEBUG", raising=False)
    assert main(arguments) == ExitCode.STORAGE
