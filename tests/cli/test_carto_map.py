from __future__ import annotations

from pathlib import Path

import pytest
from lxml import html

from tests.peers import ROOT
from vssx.cli.main import main
from vssx.errors import ExitCode

SAMPLE = ROOT / "samples" / "cameras.csv"
MAPPING = ROOT / "samples" / "cameras-mapping.toml"


def draw(*arguments: str | Path, expect: int = 0) -> None:
    assert main(["carto", "map", *map(str, arguments)]) == expect


@pytest.mark.parametrize("language", ["en", "fr", "de"])
def test_the_sample_on_one_page(language: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    out = tmp_path / "cameras.html"
    draw(SAMPLE, "--mapping", MAPPING, "--out", out, "--language", language)
    told = capsys.readouterr()
    assert "7 of 7 rows, 7 with a position, 1 map, 1 plan" in told.out
    tree = html.document_fromstring(out.read_bytes())
    assert tree.get("lang") == language
    policy = tree.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0]
    assert policy.startswith("default-src 'none'; img-src data:; style-src 'sha256-")
    assert not tree.xpath("//script")
    assert len(tree.xpath("//table[@class='cameras']/tbody/tr")) == 7
    (image,) = tree.xpath("//image")
    assert image.get("href").startswith("data:image/svg+xml;base64,")
    assert not [one for one in tree.xpath("//@href | //@src") if not one.startswith(("#", "data:"))]


def test_rows_that_cannot_be_used_are_counted_and_end_with_100(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    table = tmp_path / "t.csv"
    table.write_text("id;lon;lat;plan\nA;2.35;48.85;nothing.png\nB;2.36\n", encoding="utf-8")
    draw(table, "--out", tmp_path / "t.html", expect=ExitCode.INCOMPLETE)
    told = capsys.readouterr()
    assert "1 of 2 rows" in told.out
    assert "vssx carto check lists them" in told.err
    assert "no plan that can be read" in (tmp_path / "t.html").read_text(encoding="utf-8")


def test_a_plan_that_leads_out_of_the_tables_directory_is_not_read(tmp_path: Path):
    (tmp_path / "secret.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"/>', encoding="utf-8"
    )
    below = tmp_path / "tables"
    below.mkdir()
    table = below / "t.csv"
    table.write_text("id;lon;lat;plan;plan_x;plan_y\nA;2.35;48.85;../secret.svg;1;1\n", encoding="utf-8")
    draw(table, "--out", tmp_path / "t.html")
    assert "<image" not in (tmp_path / "t.html").read_text(encoding="utf-8")


def test_nothing_is_overwritten_and_nothing_useless_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    out = tmp_path / "cameras.html"
    out.write_text("mine", encoding="utf-8")
    draw(SAMPLE, "--out", out, expect=ExitCode.HANDOVER)
    assert out.read_text(encoding="utf-8") == "mine"
    draw(SAMPLE, "--out", tmp_path / "cameras.pdf", expect=ExitCode.USAGE)
    empty = tmp_path / "empty.csv"
    empty.write_text("id;lon;lat\n", encoding="utf-8")
    draw(empty, "--out", tmp_path / "empty.html", expect=ExitCode.MALFORMED_MEDIA)
    assert not (tmp_path / "empty.html").exists()
