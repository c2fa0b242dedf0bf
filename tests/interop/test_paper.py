"""What is printed, judged by other people's programs: poppler reads PDF files, zbar QR codes, Chromium prints."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from PIL import Image

from tests.handovers import handover, trial
from tests.interop import chromium
from tests.peers import need
from tests.unit.report.sheets import LONG, longest, sheet
from vssx.cli.main import main
from vssx.report.language import Language
from vssx.report.page_time import PageTime
from vssx.report.sheet import qr_text, sheet_html
from vssx.report.sheet_pdf import sheet_pdf

pytestmark = pytest.mark.interop

PARIS = PageTime("Europe/Paris")


def run(*command: object) -> str:
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def text_of(pdf: Path) -> str:
    return run(need("pdftotext"), "-layout", pdf, "-").replace("\f", "")


def facts_of(pdf: Path) -> dict[str, str]:
    lines = run(need("pdfinfo"), pdf).splitlines()
    return {line.split(":", 1)[0]: line.split(":", 1)[1].strip() for line in lines}


def codes_of(pdf: Path) -> str:
    picture = pdf.with_suffix("")
    run(need("pdftoppm"), "-r", "150", "-png", "-singlefile", pdf, picture)
    return run(need("zbarimg"), "--quiet", "--raw", picture.with_suffix(".png")).strip()


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Sheets of every length in every language, printed by Chromium; nothing may be complained of."""
    directory = tmp_path_factory.mktemp("printed")
    pages = {f"small-{language}": sheet_html(sheet(), language, PARIS) for language in Language}
    for name, text in LONG.items():
        pages |= {f"{name}-{language}": sheet_html(longest(text), language, PARIS) for language in Language}
    complaints: list[str] = []
    with chromium.launched() as browser:
        page = browser.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        for name, data in pages.items():
            (directory / f"{name}.html").write_bytes(data)
            page.goto((directory / f"{name}.html").as_uri())
            page.pdf(path=directory / f"{name}.pdf", prefer_css_page_size=True)
    assert complaints == []
    return {name: directory / f"{name}.pdf" for name in pages}


def test_printed_by_a_browser_it_is_one_page(printed: dict[str, Path]):
    for name, pdf in printed.items():
        facts = facts_of(pdf)
        assert (name, facts["Pages"]) == (name, "1")
        assert "A4" in facts["Page size"]


def test_printed_by_a_browser_the_code_can_be_read(printed: dict[str, Path]):
    assert codes_of(printed["small-en"]) == qr_text(sheet().tag_manifest, "ab" * 32)


@pytest.mark.parametrize("text", LONG.values(), ids=LONG)
def test_as_pdf_it_is_one_page(text: str, tmp_path: Path):
    for language in Language:
        pdf = tmp_path / f"{language}.pdf"
        pdf.write_bytes(sheet_pdf(longest(text), language, PARIS))
        facts = facts_of(pdf)
        assert (facts["Pages"], facts["Page size"]) == ("1", "595.28 x 841.89 pts (A4)")


def test_as_pdf_it_says_what_openssl_and_sha256sum_say(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    root, pdf = handover(tmp_path), tmp_path / "s.pdf"
    assert main(["sheet", str(root), "-o", str(pdf), "--legal-basis", "постановление № 7, שלום, Müller"]) == 0
    capsys.readouterr()
    text = text_of(pdf)
    digest = run(need("sha256sum"), root / "tagmanifest-sha256.txt").split()[0]
    said = run(need("openssl"), "x509", "-in", trial().certificate, "-noout", "-fingerprint", "-sha256")
    fingerprint = said.strip().split("=")[1]
    assert re.findall("....", digest) == re.findall(r"\b[0-9a-f]{4}\b(?= |\n)", text)[:16]
    assert fingerprint in text
    assert "постановление № 7" in text
    assert "Müller" in text
    assert "שלום" in text
    assert codes_of(pdf) == qr_text(digest, trial().signer.fingerprint)
    assert Image.open(tmp_path / "s.png").size == (1241, 1754)


def test_report_of_verify_as_pdf(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    root, pdf = handover(tmp_path), tmp_path / "v.pdf"
    (root / "data" / "gate" / "extra").write_bytes(b"")
    trust = ["--trust", str(trial().certificate)]
    assert main(["verify", str(root), *trust, "--report", str(pdf), "--language", "fr"]) == 40
    printed = capsys.readouterr().out
    text = text_of(pdf)
    assert "Rapport de vérification" in text
    assert "data/gate/extra is in no manifest" in text
    numbers = re.findall(r"^ *(\d+)\. (?:PASSED|FAILED)", printed, re.MULTILINE)
    assert numbers == re.findall(r"^ *(\d+) +(?:PASSED|FAILED)", text, re.MULTILINE)
    pages = int(facts_of(pdf)["Pages"])
    assert f"Page {pages} sur {pages}" in text
