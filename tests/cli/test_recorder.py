"""vssx recorder serve."""

from __future__ import annotations

import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.certificates import entity
from tests.clips import encode

VSSX = str(Path(sys.executable).with_name("vssx"))


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("recordings")
    encode(directory / "door.mp4", frames=10)
    (directory / "noise.mp4").write_bytes(b"noise")
    return directory


def serve(*arguments: str | Path, **environment: str) -> subprocess.Popen[str]:
    command = [VSSX, "recorder", "serve", *map(str, arguments)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={"PATH": "", **environment}
    )


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_ready_line_and_orderly_end(recordings: Path, stop: signal.Signals) -> None:
    process = serve(recordings, "--port", "0", "--rtsp-port", "0")
    assert process.stdout is not None
    try:
        ready, http, rtsp = process.stdout.readline().split()
        assert ready == "ready"
        assert rtsp.startswith("rtsp://127.0.0.1:")
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(http, timeout=10) as answer:
            assert b"vssx recorder" in answer.read()
        process.send_signal(stop)
        out, err = process.communicate(timeout=20)
    finally:
        process.kill()
    assert (process.returncode, out) == (0, "")
    assert "noise.mp4" in err


def failed(*arguments: str | Path, **environment: str) -> tuple[int, str]:
    process = serve(*arguments, **environment)
    out, err = process.communicate(timeout=30)
    assert not out
    return process.returncode, err


def test_errors(recordings: Path, tmp_path: Path) -> None:
    assert failed(tmp_path / "nowhere") == (2, f"vssx: {tmp_path / 'nowhere'}: no such directory\n")
    code, said = failed(tmp_path, "--port", "0", "--rtsp-port", "0")
    assert (code, "no recording that can be served" in said) == (13, True)
    code, said = failed(recordings, "--user", "operator")
    assert (code, "no password for operator" in said) == (2, True)
    code, said = failed(recordings, "--password-file", recordings / "door.mp4")
    assert (code, "needs --user" in said) == (2, True)


def test_port_that_is_taken(recordings: Path) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        for option in ("--port", "--rtsp-port"):
            other = "--rtsp-port" if option == "--port" else "--port"
            code, said = failed(recordings, option, port, other, "0")
            assert (code, f"127.0.0.1:{port}: cannot listen" in said) == (33, True)


def test_password_from_the_environment_is_asked_for(recordings: Path) -> None:
    process = serve(recordings, "--port", "0", "--rtsp-port", "0", "--user", "operator", VSSX_PASSWORD="geheim")
    assert process.stdout is not None
    try:
        http = process.stdout.readline().split()[1]
        request = urllib.request.Request(http, b"")
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with pytest.raises(urllib.error.HTTPError) as refused:
            opener.open(request, timeout=10)
        assert refused.value.code == 401
    finally:
        process.kill()
        process.communicate(timeout=10)


def test_encrypted_with_a_fingerprint_to_pin(recordings: Path) -> None:
    process = serve(recordings, "--port", "0", "--rtsp-port", "0", "--tls", "--no-discovery")
    assert process.stdout is not None
    try:
        ready, http, rtsp, fingerprint = process.stdout.readline().split()
        assert (ready, http[:8], rtsp[:8]) == ("ready", "https://", "rtsps://")
        command = [VSSX, "recordings", http, "--fingerprint", fingerprint, "--json"]
        assert "door" in subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
        command[4] = "0" * 64
        assert subprocess.run(command, capture_output=True, text=True, timeout=60, check=False).returncode == 10
    finally:
        process.kill()
        process.communicate()


def test_errors_of_certificates(recordings: Path, tmp_path: Path) -> None:
    key, certificate = entity("one").save(tmp_path)
    assert failed(recordings, "--tls-cert", certificate) == (2, "vssx: --tls-cert and --tls-key go together\n")
    code, error = failed(recordings, "--tls", "--tls-cert", certificate, "--tls-key", key)
    assert (code, error[:35]) == (2, "vssx: either --tls or --tls-cert. -")
    code, error = failed(recordings, "--tls-cert", key, "--tls-key", key)
    assert (code, "not a certificate and its key" in error) == (2, True)
