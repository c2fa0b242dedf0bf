from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.handovers import handover
from vssx.cli.main import main
from vssx.errors import ExitCode


def test_a_handover(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    table = tmp_path / "cameras.csv"
    table.write_text("camera_id,name\ntoken 1,both\nelsewhere,none\n", encoding="utf-8")
    root = handover(tmp_path)
    assert main(["carto", "match", str(table), str(root), "--json"]) == ExitCode.INCOMPLETE
    told = json.loads(capsys.readouterr().out)
    assert [(one["matched_by"], one["line"]) for one in told["recordings"]] == [("token", 2), ("token", 2)]
    assert [one["camera_id"] for one in told["unknown"]] == ["elsewhere"]
    table.write_text("camera_id,name\ntoken 1,both\n", encoding="utf-8")
    assert main(["carto", "match", str(table), str(root)]) == ExitCode.DONE
    assert "2 of 2 recordings have a camera; 0 rows without a recording" in capsys.readouterr().out
