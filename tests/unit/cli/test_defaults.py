"""Defaults of options from the configuration file: weaker than the environment, which is weaker than an argument."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from vssx.cli.main import cli

CONFIG = """
[commands.export]
operator = "from commands"
case = "17"
gap-split = 3

[commands.keys.create]
ec = true

[recorders.gate]
host = "192.0.2.1"

[recorders.gate.export]
operator = "from the recorder"
recording = "R-1"
"""
RANGE = ["--from", "2024-05-01T12:00:00Z", "--to", "2024-05-01T12:01:00Z", "--output", "."]


@pytest.fixture
def configure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    path = tmp_path / "config.toml"
    monkeypatch.setenv("VSSX_CONFIG", str(path))
    return lambda text: path.write_text(text, "utf-8") and None


def parameters(*words: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """What the command would be called with."""
    got: dict[str, object] = {}
    context = cli.make_context("vssx", ["--help"], resilient_parsing=True)
    command = cli.get_command(context, words[0])
    assert command is not None
    monkeypatch.setattr(command, "callback", lambda **options: got.update(options))
    result = CliRunner().invoke(cli, list(words), catch_exceptions=False, standalone_mode=False)
    assert result.exit_code == 0, result.output
    return got


def test_who_wins(configure, monkeypatch):
    configure(CONFIG)
    got = parameters("export", "gate", *RANGE, monkeypatch=monkeypatch)
    assert (got["operator"], got["case"], got["gap_split"]) == ("from the recorder", "17", 3.0)
    assert got["recordings"] == ("R-1",)
    got = parameters("export", "192.0.2.9", *RANGE, "--recording", "R-2", monkeypatch=monkeypatch)
    assert (got["operator"], got["recordings"]) == ("from commands", ("R-2",))
    monkeypatch.setenv("VSSX_EXPORT_OPERATOR", "from the environment")
    got = parameters("export", "gate", *RANGE, monkeypatch=monkeypatch)
    assert got["operator"] == "from the environment"
    got = parameters("export", "gate", *RANGE, "--operator", "argument", monkeypatch=monkeypatch)
    assert got["operator"] == "argument"


def test_commands_of_a_group(configure, tmp_path, monkeypatch):
    configure(CONFIG)
    result = CliRunner().invoke(cli, ["keys", "create", "--output", str(tmp_path / "keys")], catch_exceptions=False)
    assert result.exit_code == 0
    key = load_pem_private_key((tmp_path / "keys" / "key.pem").read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[commands.export]\nfrom-where = 1", "from-where"),
        ("[commands.export.deep]\nx = 1", "deep"),
        ("[commands.keys]\nnothing = 1", "nothing"),
        ("[recorders.gate.export]\npassword = 'x'", "password"),
        ("commands = 1", "not a table"),
        ("[recorders]\ngate = 1", "not a table"),
    ],
)
def test_slips_of_the_pen_are_seen(configure, capsys, text, message):
    from vssx.cli.main import main

    configure(text)
    words = ["keys", "create", "--output", "x"] if "keys" in text else ["export", "gate", "--recording", "R", *RANGE]
    assert main(words) == 2
    assert message in capsys.readouterr().err


def test_help_needs_no_configuration(configure):
    configure("not toml")
    assert CliRunner().invoke(cli, ["--help"]).exit_code == 0
    assert isinstance(cli, click.Group)
