"""What the operator said is in the record as it was said, and nothing that did not happen."""

import json
from pathlib import Path

import pytest

from vssx.cli.main import main
from vssx.recorder.server import RecorderServer


@pytest.fixture(scope="module")
def recorder(samples):
    with RecorderServer(samples) as server:
        yield f"127.0.0.1:{server.http_port}"


def _record(capsys, *arguments) -> tuple[dict, str]:
    code = main([*map(str, arguments)])
    captured = capsys.readouterr()
    assert code == 0, captured.err
    handover = captured.out.strip()
    assert main(["inspect", handover]) == 0
    return json.loads((Path(handover) / "handover.json").read_text()), capsys.readouterr().out


def test_local_times_and_what_was_around(recorder, tmp_path, capsys):
    around = ("--around", "2026-03-14 18:05:35", "--before", "5s", "--tz", "Europe/Zurich")
    command = ("export", recorder, "--recording", "car-park", "--output", tmp_path)
    record, shown = _record(capsys, *command, *around, "--name", "around")
    requested = record["requested"]
    assert requested["said"] == {
        "around": "2026-03-14 18:05:35",
        "before": "5 s",
        "after": "300 s",
        "tz": "Europe/Zurich",
    }
    assert requested["from"] == "2026-03-14T17:05:30Z"
    assert "--around 2026-03-14 18:05:35" in shown
    assert "--tz Europe/Zurich" in shown


def test_no_tls_is_claimed_where_there_was_none(recorder, tmp_path, capsys):
    span = ("--from", "2026-03-14T17:05:30Z", "--to", "2026-03-14T17:05:40Z")
    record, _ = _record(capsys, "export", recorder, "--recording", "car-park", *span, "--output", tmp_path)
    assert record["recorder"]["tls"] is None
    assert "verified" not in record["requested"]["options"]["tls"]
    assert record["requested"]["said"] == {"from": span[1], "to": span[3]}


def test_an_asserted_start(samples, tmp_path, capsys):
    said = ("--start", "2024-05-01 14:00:00", "--tz", "Europe/Zurich")
    record, _ = _record(capsys, "remux", samples / "car-park.mp4", *said, "--output", tmp_path)
    assert record["requested"]["said"] == {"start": "2024-05-01 14:00:00", "tz": "Europe/Zurich"}
    assert record["requested"]["from"] == "2024-05-01T12:00:00Z"
