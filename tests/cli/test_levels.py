"""`--level` and `--accept-lower` as a user meets them: a level is borne, refused early, refused late, or lowered."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cli.test_export import record_of, recorder, run, section_of
from tests.handovers import trial
from vssx.errors import ExitCode
from vssx.recorder.fault_registry import read_faults
from vssx.recorder.server import RecorderServer

__all__ = ["recorder"]

GATE = ("--recording", "north-gate", "--from", "2026-03-14T06:30:00Z", "--to", "2026-03-14T06:30:05Z")
DOOR = ("--recording", "side-door", "--from", "2026-03-14T21:40:09Z", "--to", "2026-03-14T21:40:20Z")
KEY = ("--key", trial().key, "--cert", trial().certificate)
TRUST = ("--trust", trial().certificate)


@pytest.fixture(scope="module")
def documents_only(samples):
    """Its metadata track holds documents without any event, and it finds no events either."""
    with RecorderServer(samples, faults=read_faults(["metadata", "no-history"])) as server:
        yield f"127.0.0.1:{server.http_port}"


def output(tmp_path, name="H"):
    return ("--output", tmp_path, "--name", name)


def log_of(handover) -> str:
    return (handover / "data/log/acquisition.jsonl").read_text()


def test_a_level_that_is_borne(recorder, tmp_path, capsys):
    code, out, err = run(capsys, "export", recorder, *DOOR, *output(tmp_path), *KEY, "--level", "0M+0E")
    assert (code, err) == (0, "")
    handover = Path(out.strip())
    claims = record_of(handover)["claims"]
    assert claims == {
        "level": "0M+0E",
        "timed_metadata": True,
        "alpha_events": True,
        "borne": "0M+0E",
        "reason": "",
    }
    section = section_of(handover)
    assert section["timed_metadata"]["documents"] > 10
    assert section["alpha_events"]["events"] > 3
    shown = run(capsys, "inspect", handover)[1]
    assert f"Metadata      {section['timed_metadata']['documents']} documents, 0 malformed" in shown
    assert f"Events        {section['alpha_events']['events']} events, " in shown
    assert "Would bear" not in shown
    for level in ("0V", "0M", "0E", "0M+0E"):
        assert run(capsys, "verify", handover, *TRUST, "--level", level)[0] == 0


def test_what_is_there_is_claimed_only_when_asked_for(recorder, tmp_path, capsys):
    code, out, _ = run(capsys, "export", recorder, *DOOR, *output(tmp_path), *KEY)
    assert code == 0
    claims = record_of(out.strip())["claims"]
    assert (claims["level"], claims["borne"], claims["reason"]) == ("0V", "0M+0E", "")
    assert "Would bear    0M+0E" in run(capsys, "inspect", out.strip())[1]
    code, out, _ = run(capsys, "verify", out.strip(), *TRUST, "--level", "0M")
    assert code == ExitCode.FAILED
    assert "level 0M: the handover claims level 0V only" in out


def test_a_level_without_its_track_is_refused_before_anything_is_received(recorder, tmp_path, capsys):
    asked = ("export", recorder, *GATE, *output(tmp_path), "--level", "0M")
    code, out, err = run(capsys, *asked)
    assert (code, out) == (ExitCode.LEVEL_NOT_BORNE, "")
    assert "recording north-gate: the recording has no metadata track" in err
    assert "--accept-lower" in err
    assert not list(tmp_path.rglob("*.mp4"))
    code, out, err = run(capsys, *asked, *KEY, "--accept-lower")
    assert code == 0
    assert "Level 0M was asked for, and a lower one accepted: no timed metadata in north-gate" in err
    record = record_of(out.strip())
    assert (record["claims"]["level"], record["claims"]["timed_metadata"]) == ("0V", False)
    assert record["claims"]["reason"].startswith("Level 0M was asked for")
    assert (record["requested"]["level"], record["requested"]["accept_lower"]) == ("0M", True)
    assert run(capsys, "verify", out.strip(), *TRUST)[0] == 0


def test_a_lower_level_may_be_asked_for_under_the_same_name_when_nothing_had_been_received(recorder, tmp_path, capsys):
    """What was noted before the refusal, events among it, is no beginning of another request."""
    asked = ("export", recorder, *GATE, *output(tmp_path), "--level")
    assert run(capsys, *asked, "0M+0E")[0] == ExitCode.LEVEL_NOT_BORNE
    code, out, _ = run(capsys, *asked, "0E")
    assert code == 0
    assert record_of(out.strip())["claims"]["borne"] == "0E"


def test_a_level_that_turns_out_not_to_be_borne_is_refused_and_kept(documents_only, tmp_path, capsys):
    """The second command asks the recorder for no footage again."""
    asked = ("export", documents_only, *GATE, *output(tmp_path), *KEY, "--level", "0M+0E")
    code, out, err = run(capsys, *asked)
    assert (code, out) == (ExitCode.LEVEL_NOT_BORNE, "")
    assert "level 0M+0E was asked for and is not borne: no alpha-events in north-gate" in err
    assert (tmp_path / "H.partial").is_dir()
    plays = log_of(tmp_path / "H.partial").count('"PLAY"')
    code, out, err = run(capsys, *asked, "--accept-lower")
    assert code in (0, ExitCode.INCOMPLETE)
    assert log_of(tmp_path / "H").count('"PLAY"') == plays
    claims = record_of(tmp_path / "H")["claims"]
    assert (claims["level"], claims["timed_metadata"], claims["alpha_events"]) == ("0M", True, False)
    assert run(capsys, "verify", tmp_path / "H", *TRUST, "--level", "0M")[0] == 0


def test_finish_has_the_same_way_out(documents_only, tmp_path, capsys):
    run(capsys, "export", documents_only, *GATE, *output(tmp_path), "--level", "0E")
    code, _, err = run(capsys, "finish", tmp_path / "H.partial", *KEY)
    assert code == ExitCode.LEVEL_NOT_BORNE
    assert "no alpha-events in north-gate" in err
    code, out, err = run(capsys, "finish", tmp_path / "H.partial", *KEY, "--accept-lower", "--sheet")
    assert code in (0, ExitCode.INCOMPLETE)
    record = record_of(out.strip())
    assert (record["claims"]["level"], record["requested"]["accept_lower"]) == ("0V", True)
    assert "no sheet" not in err
    assert "North gate" in (tmp_path / "H.sheet.html").read_text("utf-8")


def test_of_several_recordings_every_one_has_to_bear_it(recorder, tmp_path, capsys):
    span = ("--from", "2026-03-14T06:30:00Z", "--to", "2026-03-14T21:40:20Z")
    both = ("--recording", "north-gate", "--recording", "side-door")
    asked = ("export", recorder, *both, *span, *output(tmp_path), *KEY, "--level", "0M")
    code, _, err = run(capsys, *asked)
    assert code == ExitCode.LEVEL_NOT_BORNE
    assert "recording north-gate: the recorder lists no metadata track" in err
    assert "side-door" not in err
    assert not list(tmp_path.rglob("*.mp4"))
    code, out, err = run(capsys, *asked, "--accept-lower")
    assert code == 0
    assert "no timed metadata in north-gate" in err
    claims = record_of(out.strip())["claims"]
    assert (claims["level"], claims["borne"]) == ("0V", "0V" if claims["borne"] == "0V" else "0E")


def test_remux_is_refused_before_a_file_is_read(samples, tmp_path, capsys):
    asked = ("remux", samples / "car-park.mp4", "--start", "2026-03-14T17:05:30Z", *output(tmp_path))
    for level, what in (("0M", "metadata track"), ("0E", "events")):
        code, _, err = run(capsys, *asked, "--level", level)
        assert code == ExitCode.LEVEL_NOT_BORNE
        assert what in err
        assert not list(tmp_path.iterdir())
    code, out, err = run(capsys, *asked, "--level", "0M+0E", "--accept-lower", *KEY)
    assert "no timed metadata in car-park; no alpha-events in car-park" in err
    assert record_of(out.strip())["claims"]["level"] == "0V"


def test_a_range_without_documents_is_refused_before_anything_is_received(samples, tmp_path, capsys):
    """The recording has a metadata track, and the recorder finds nothing of it in the range."""
    directory = tmp_path / "served"
    directory.mkdir()
    for file in samples.glob("side-door*"):
        shutil.copy(file, directory)
    documents = directory / "side-door.metadata.jsonl"
    documents.write_text(documents.read_text().splitlines(keepends=True)[0])
    with RecorderServer(directory) as server:
        later = ("--recording", "side-door", "--from", "2026-03-14T21:40:20Z", "--to", "2026-03-14T21:40:30Z")
        asked = ("export", f"127.0.0.1:{server.http_port}", *later, *output(tmp_path), "--level", "0M")
        code, out, err = run(capsys, *asked)
        assert (code, out) == (ExitCode.LEVEL_NOT_BORNE, "")
        assert "finds metadata of it elsewhere, but none in the range (FindMetadata)" in err
        assert not (tmp_path / "H.partial").exists()
        code, out, err = run(capsys, *asked, "--accept-lower")
    assert code == 0
    assert record_of(out.strip())["claims"]["borne"] == "0V"
