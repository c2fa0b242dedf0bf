"""What README.md and docs/ show works: every command in a console block runs, every option named exists.

A document's console blocks are one shell session, run from top to bottom in an empty directory with the project's
samples/ in it. Documents say 127.0.0.1:8080 for a recorder that serves samples/; the test puts a free port there.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import click
import pytest

from tests import peers
from tests.cli.commands import COMMANDS, LEAVES
from tests.cli.documents import DOCUMENTS, blocks, inline_code, links, session
from vssx.errors import ExitCode

# Setting up the project itself: .ci/run does that, from a fresh clone.
_SET_UP = re.compile(r"(git clone|cd vssx|make( |$)|sudo |apt-get |python3 -m (venv|pip) |pip install |\. \.venv/bin/)")
_PEERS = ("openssl", "ffmpeg", "ffprobe", "curl", "gst-launch-1.0", "xmllint", "bagit.py")
_SERVE = re.compile(r"vssx recorder serve .*?(?= *&? *$)", re.DOTALL)
_NAMES = [str(document.relative_to(peers.ROOT)) for document in DOCUMENTS]


def _peers_of(document: Path) -> list[str]:
    words = set(re.findall(r"[\w.-]+", "\n".join(session(document))))
    return [peer for peer in _PEERS if peer in words]


def _sessions() -> list[object]:
    return [
        pytest.param(name, marks=pytest.mark.interop if _peers_of(document) else ())
        for name, document in zip(_NAMES, DOCUMENTS, strict=True)
        if any(not _SET_UP.match(command) for command in session(document))
    ]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _script(commands: list[str]) -> str:
    """The session as one script that stops at the first command that fails, and starts recorders beside itself."""
    port, rtsp_port = _free_port(), _free_port()
    lines = ["set -euo pipefail", "trap 'kill $(jobs -p) 2>/dev/null || :' EXIT"]
    for command in commands:
        if _SET_UP.match(command):
            continue
        lines.append(f"printf '%s\\n' {_quoted('$ ' + command)} >&2")
        if served := _SERVE.match(command):
            ports = "" if "--port" in served[0] else f" --port {port} --rtsp-port {rtsp_port}"
            # A named pipe kept open: the shell waits for the ready line, and later lines have somewhere to go.
            lines += [f"mkfifo .ready; {served[0]}{ports} >.ready & exec 9<.ready; read -r -t 30 ready <&9"]
            lines += ["case $ready in ready*) ;; *) exit 1; esac; rm .ready"]
        else:
            lines.append(command)
    return "\n".join(lines).replace("127.0.0.1:8080", f"127.0.0.1:{port}") + "\n"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


@pytest.mark.parametrize("name", _sessions())
def test_every_command_shown_runs(name: str, tmp_path: Path) -> None:
    document = peers.ROOT / name
    shell = peers.need("bash")
    for peer in _peers_of(document):
        peers.need(peer)
    shutil.copytree(peers.ROOT / "samples", tmp_path / "samples")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {key: value for key, value in os.environ.items() if not key.startswith("VSSX_")}
    ended = subprocess.run(
        [shell, "-c", _script(session(document))],
        cwd=tmp_path,
        env={**environment, "PATH": path, "PYTHONUNBUFFERED": "1", "HOME": str(tmp_path)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert ended.returncode == 0, f"{ended.stdout[-2000:]}\n{ended.stderr[-4000:]}"


def _invocations() -> list[tuple[str, str]]:
    """(document, line) of every vssx command line shown: in blocks of any language, and inline."""
    found = []
    for name, document in zip(_NAMES, DOCUMENTS, strict=True):
        lines = [line.strip().removeprefix("$ ") for block in blocks(document) for line in block.lines]
        found += [(name, line) for line in (*lines, *inline_code(document)) if re.match(r"vssx [a-z]", line)]
    return found


def test_every_option_shown_exists() -> None:
    wrong = []
    for document, line in _invocations():
        words = line.split()
        name = next((" ".join(words[:n]) for n in (3, 2) if " ".join(words[:n]) in COMMANDS), None)
        if name is None:
            wrong.append(f"{document}: no such command: {line}")
            continue
        options = {one for option in COMMANDS[name].params for one in option.opts} | {"--help", "-h"}
        shown = re.findall(r"(?<![\w-])--[a-z][a-z-]*", line)
        wrong += [f"{document}: {name} has no {option}: {line}" for option in shown if option not in options]
    assert not wrong, "\n".join(wrong)


def test_links_lead_somewhere() -> None:
    dead = [
        f"{name}: {link}"
        for name, document in zip(_NAMES, DOCUMENTS, strict=True)
        for link in links(document)
        if not (document.parent / link).exists()
    ]
    assert not dead, "\n".join(dead)


def test_every_exit_code_is_documented() -> None:
    text = (peers.ROOT / "docs" / "exit-codes.md").read_text("utf-8")
    rows = {int(number) for number in re.findall(r"^\|\s*(\d+)\s*\|", text, re.MULTILINE)}
    assert rows == {int(code) for code in ExitCode}


@pytest.mark.parametrize("name", LEAVES)
def test_every_command_is_documented(name: str) -> None:
    assert any(line == name or line.startswith(f"{name} ") for _, line in _invocations())


@pytest.mark.parametrize("name", LEAVES)
def test_every_command_has_help_with_an_example(name: str) -> None:
    command = LEAVES[name]
    assert command.help
    assert command.epilog
    assert command.epilog.startswith("Example")
    assert name in command.epilog
    undescribed = [option.opts[-1] for option in command.params if isinstance(option, click.Option) and not option.help]
    assert not undescribed


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_man_page(name: str) -> None:
    assert (peers.ROOT / "man" / f"{name.replace(' ', '-')}.1").is_file()


def test_man_pages_are_current() -> None:
    ended = subprocess.run(
        [sys.executable, "man/generate.py", "--check"], cwd=peers.ROOT, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr


@pytest.mark.interop
def test_man_pages_are_understood() -> None:
    man = peers.need("man")
    for page in sorted((peers.ROOT / "man").glob("*.1")):
        ended = subprocess.run(
            [man, "--warnings=w", "--encoding=UTF-8", "-l", str(page)], capture_output=True, text=True, check=False
        )
        assert ended.returncode == 0
        assert not ended.stderr
        assert "SYNOPSIS" in ended.stdout
