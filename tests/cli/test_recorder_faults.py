"""vssx recorder faults, and vssx recorder serve --fault."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.clips import encode
from vssx.cli.main import main
from vssx.recorder.fault_registry import REGISTRY

VSSX = str(Path(sys.executable).with_name("vssx"))


def test_the_list_names_every_fault_with_its_value(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recorder", "faults"]) == 0
    lines = capsys.readouterr().out.splitlines()
    for switch in REGISTRY.values():
        wanted = switch.name if switch.value is None else f"{switch.name}[={switch.value.shown}]"
        assert any(line.split()[:1] == [wanted] for line in lines), wanted
    assert "[onvifreplayext=1]" in "\n".join(lines)


def test_the_list_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recorder", "faults", "--json"]) == 0
    faults = {one["name"]: one for one in json.loads(capsys.readouterr().out)["faults"]}
    assert set(faults) == set(REGISTRY)
    assert faults["loss"]["value"] == {"meaning": "n", "default": 50.0, "choices": None}
    assert faults["queued"]["value"]["choices"] == ["inside", "outside"]
    assert faults["bom"] == {
        "name": "bom",
        "area": "Search and SOAP",
        "does": REGISTRY["bom"].does,
        "value": None,
    }


def test_a_recorder_with_a_fault(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    encode(tmp_path / "door.mp4", frames=50, creation_time="2024-05-01T12:00:00Z")
    arguments = ["--port", "0", "--rtsp-port", "0", "--no-discovery"]
    process = subprocess.Popen(
        [VSSX, "recorder", "serve", str(tmp_path), *arguments, "--fault", "clock-skew=3600"],
        stdout=subprocess.PIPE,
        text=True,
        env={"PATH": ""},
    )
    try:
        assert process.stdout is not None
        host = process.stdout.readline().split()[1].split("/")[2]
        code = main(["recordings", host, "--json"])
        clock = json.loads(capsys.readouterr().out)["clock"]
    finally:
        process.kill()
        process.wait()
    assert code == 0
    low, high = clock["offset_seconds"]
    assert low - 1 <= 3600 <= high + 1


def test_faults_from_the_environment(tmp_path: Path) -> None:
    encode(tmp_path / "door.mp4", frames=10)
    ended = subprocess.run(
        [VSSX, "recorder", "serve", str(tmp_path), "--port", "0"],
        capture_output=True,
        text=True,
        env={"PATH": "", "VSSX_RECORDER_SERVE_FAULT": "bom nonsense"},
        check=False,
    )
    assert ended.returncode == 2
    assert "no fault 'nonsense'" in ended.stderr
