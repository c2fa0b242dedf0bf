"""vssx report: the page once more, beside the handover."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from vssx.cli.main import main
from vssx.evidence.manifest import TAG_MANIFEST

SAMPLE = Path(__file__).parents[2] / "samples" / "north-gate.mp4"


def run(*arguments: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main(list(arguments))
    return code, out.getvalue(), err.getvalue()


@pytest.fixture(scope="module")
def handover(tmp_path_factory: pytest.TempPathFactory) -> Path:
    parent = tmp_path_factory.mktemp("report")
    code, out, err = run(
        "remux", str(SAMPLE), "--output", str(parent), "--case", "<b>K-1</b>", "--tz", "Europe/Paris",
        "--language", "de", "--legal-basis", "\u00a7 94 StPO", "--stills", "1",
    )  # fmt: skip
    assert code == 0, err
    return Path(out.strip())


def test_the_report_of_a_handover_is_listed_and_follows_its_options(handover: Path):
    page = (handover / "report.html").read_text("utf-8")
    assert "report.html" in (handover / TAG_MANIFEST).read_text()
    assert '<html lang="de">' in page
    assert "&lt;b&gt;K-1&lt;/b&gt;" in page
    assert "<b>" not in page
    assert "Rechtsgrundlage" in page
    assert "\u00a7 94 StPO" in page
    assert "2026-03-14T07:30:00+01:00" in page  # local time of --tz
    requested = json.loads((handover / "handover.json").read_text("utf-8"))["requested"]
    assert (requested["legal_basis"], requested["options"]["language"]) == ("\u00a7 94 StPO", "de")
    assert "darunter diese Seite" in page
    assert page.count("data:image/jpeg;base64,") == 3  # the first, one step, the last


def test_once_more_in_another_language_and_without_pictures(handover: Path, tmp_path: Path):
    output = tmp_path / "french.html"
    code, out, _ = run("report", str(handover), "-o", str(output), "--language", "fr", "--stills", "0")
    assert (code, out.strip()) == (0, str(output))
    page = output.read_text("utf-8")
    assert '<html lang="fr">' in page
    assert "aucune signature ne la couvre" in page
    assert "dont cette page" not in page  # no list names this one
    assert "même si les fichiers disent autre chose" in page
    assert "data:image/jpeg" not in page
    assert 'href="./' not in page  # links would lead nowhere from here


def test_never_over_a_file_nor_into_a_handover(handover: Path, tmp_path: Path):
    there = tmp_path / "there.html"
    there.write_text("mine")
    assert run("report", str(handover), "-o", str(there))[0] == 30
    assert there.read_text() == "mine"
    assert run("report", str(handover), "-o", str(handover / "data" / "more.html"))[0] == 30
    assert run("report", str(handover), "-o", str(tmp_path / "page.doc"))[0] == 2
    assert run("report", str(tmp_path), "-o", str(tmp_path / "page.html"))[0] == 30


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"directory": "north-gate"', '"directory": "../../elsewhere"'),
        ('"path": "data/north-gate/north', '"path": "data/../../north'),
        ("2026-03-14T06:30:00Z", "2026-02-30T06:30:00Z"),
    ],
)
def test_a_record_that_lies_leads_nowhere(handover: Path, tmp_path: Path, old: str, new: str):
    root = tmp_path / "changed"
    root.mkdir()
    text = (handover / "handover.json").read_text("utf-8")
    assert old in text
    (root / "handover.json").write_text(text.replace(old, new), "utf-8")
    code, _, err = run("report", str(root), "-o", str(tmp_path / "page.html"))
    assert code == 30, err
    assert "handover.json" in err
    assert not (tmp_path / "page.html").exists()
