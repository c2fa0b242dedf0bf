"""vssx starts at once, and whatever goes wrong it ends in words."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import threading
from pathlib import Path

import click
import pytest

from tests.cli.commands import LEAVES
from vssx.cli.main import main
from vssx.errors import ExitCode, StorageError

HEAVY = ("av", "lxml", "pyhanko", "cryptography", "asn1crypto", "urllib3", "jsonschema", "rich", "keyring")
FOR_PAGES = ("babel", "fpdf", "jinja2", "pyproj", "segno", "uharfbuzz")


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["nonsense"]])
def test_nothing_heavy_is_imported(arguments: list[str]) -> None:
    assert imported([arguments], (*HEAVY, *FOR_PAGES)) == []


def test_what_makes_pages_is_imported_by_no_command_before_it_makes_one(samples: Path) -> None:
    asked = [["inspect", str(samples / "car-park.mp4")], *([*name.split()[1:], "--help"] for name in LEAVES)]
    assert imported(asked, FOR_PAGES) == []


def test_tables_of_cameras_are_read_by_code_that_others_do_not_load() -> None:
    """Every export, and every process that receives one, would pay for it."""
    assert imported([["export", "--help"], ["remux", "--help"]], ("vssx.cartography.table", "vssx.jobs.carto")) == []


def imported(commands: list[list[str]], modules: tuple[str, ...]) -> list[str]:
    """Which of the modules a process has imported behind these commands."""
    program = f"""
import sys
import threading
from vssx.cli.main import main
for arguments in {commands!r}:
    try:
        main(arguments)
    except SystemExit:
        pass
print("IMPORTED", *(set({modules!r}) & set(sys.modules)))
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    first, *found = ended.stdout.splitlines()[-1].split()
    assert first == "IMPORTED"
    return found


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


def test_words_of_a_recorder_cannot_steer_the_terminal(capsys):
    """A status line with an escape sequence reaches the message, spelled out."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        def answer():
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(65_536)
                    connection.sendall(
                        b"HTTP/1.1 500 \x1b[31mred \x9b31m\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                    )

        threading.Thread(target=answer, daemon=True).start()
        code = main(["recordings", f"127.0.0.1:{port}", "--timeout", "5"])
    error = capsys.readouterr().err
    assert code in (10, 12), error
    assert "\x1b" not in error
    assert "\x9b" not in error


def test_every_option_has_the_variable_that_its_name_promises(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, command in LEAVES.items():
        for option in command.params:
            if isinstance(option, click.Option):
                words = f"{name} {option.opts[-1].removeprefix('--')}"
                assert option.envvar == re.sub("[ -]", "_", words).upper()
    monkeypatch.setenv("VSSX_KEYS_CREATE_OUTPUT", str(tmp_path / "keys"))
    monkeypatch.setenv("VSSX_KEYS_CREATE_EC", "1")
    assert main(["keys", "create"]) == 0
    (tmp_path / "file").write_bytes(b"x")
    monkeypatch.setenv("VSSX_SIGN_KEY", str(tmp_path / "keys" / "key.pem"))
    monkeypatch.setenv("VSSX_SIGN_CERT", str(tmp_path / "keys" / "cert.pem"))
    assert main(["sign", str(tmp_path / "file")]) == 0
    capsys.readouterr()
    monkeypatch.setenv("VSSX_VERIFY_TRUST", str(tmp_path / "keys" / "cert.pem"))
    monkeypatch.setenv("VSSX_VERIFY_JSON", "1")
    assert main(["verify", str(tmp_path / "file")]) == 0
    assert json.loads(capsys.readouterr().out)["verdict"] == "PASSED"
