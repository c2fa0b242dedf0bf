"""A handover whose every text means harm, in Chromium, in a spreadsheet and on a terminal: nothing of it runs, nothing
leaves its place, nothing hides."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.interop import chromium
from tests.interop.hostile_depot import hostile_handover
from tests.interop.page_reader import MARGINS, PAPER, Opened, opened
from tests.interop.pages import KINDS, Made
from vssx.report.language import Language

pytestmark = pytest.mark.interop


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return hostile_handover(tmp_path_factory.mktemp("hostile"))


@pytest.fixture(scope="module")
def browser(made: Made) -> Iterator[Any]:
    """Started after the commands have run: Playwright and they both want an event loop of this thread."""
    with chromium.launched() as browser:
        yield browser


@pytest.fixture(scope="module", params=KINDS)
def page(browser: Any, made: Made, request: pytest.FixtureRequest) -> Iterator[Opened]:
    with opened(browser, made.pages[request.param, Language.ENGLISH]) as page:
        yield page


def _hiding(text: str) -> set[str]:
    """Characters that a terminal obeys, or that hide or turn letters."""
    return {
        f"{ord(one):04x}" for one in text if unicodedata.category(one) in ("Cc", "Cf", "Zl", "Zp", "Cs", "Co", "Cn")
    }


_HELD = """() => {
    const all = [...document.querySelectorAll('*')];
    return {
        tags: [...new Set(all.map(one => one.localName))],
        handlers: all.flatMap(one => one.getAttributeNames()).filter(name => name.startsWith('on')),
        styled: all.filter(one => one.hasAttribute('style') && !one.closest('.pane')).length,
        addresses: all.flatMap(one => ['href', 'src', 'xlink:href', 'data', 'action']
            .map(name => one.getAttribute(name))).filter(one => one !== null),
        attributes: all.flatMap(one => one.getAttributeNames().map(name => one.getAttribute(name))),
        scripts: document.querySelectorAll('script:not([type="application/json"])').length,
        policies: document.querySelectorAll('meta[http-equiv]').length,
        hostile: [typeof window.hostile, document.title],
        wanderers: [...document.querySelectorAll('main ~ *')].map(one => one.localName),
    };
}"""
_TAGS = """
    kbd html head meta link title style body a header h1 h2 h3 h4 nav ul ol li main div p code pre section dl dt dd br
    strong table caption thead tbody tr th td details summary figure figcaption svg defs pattern path circle rect g text
    desc clipPath image img bdi span time footer script noscript fieldset legend label input button video select option
"""


def test_nothing_runs_and_nothing_leaves_its_place(page: Opened) -> None:
    held = page.page.evaluate(_HELD)
    assert set(held["tags"]) <= set(_TAGS.split())
    assert held["handlers"] == []
    assert held["styled"] == 0
    player = page.path.stem == "player"
    assert held["scripts"] == (5 if player else 0)
    assert held["policies"] == 1
    assert held["hostile"][0] == "undefined"
    assert set(held["wanderers"]) <= {"footer", "script"}
    for address in held["addresses"]:
        assert address.startswith(("./", "#", "data:image/", "data:,")) or (player and address.startswith("blob:")), (
            address
        )
    assert (page.said, page.dialogs, page.left()) == ([], [], [])


def test_nothing_hides_and_nothing_was_computed(page: Opened) -> None:
    held = page.page.evaluate(_HELD)
    lines = [page.page.inner_text("body"), held["hostile"][1], *held["attributes"]]
    for line in lines:
        assert _hiding(line.replace("\n", "").replace("\t", "")) == set(), line[:300]
    text = page.text()
    assert "9801547" not in text
    if page.path.stem != "verification":  # which names no text of the record
        assert "{{1337*7331}}" in text
        assert "\\u{202e}" in text
    assert len(page.path.read_bytes()) < 1_000_000


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 320)])
def test_words_without_end_stay_in_their_columns(page: Opened, scheme: str, width: int) -> None:
    page.page.set_viewport_size({"width": width, "height": 900})
    page.page.emulate_media(color_scheme=scheme)
    page.keep(f"hostile-{page.path.stem}-{scheme}-{width}")
    assert page.wrong(width, escapes=True) == []


def test_nor_do_they_on_paper(page: Opened, tmp_path: Path) -> None:
    page.page.emulate_media(media="print")
    page.page.set_viewport_size({"width": PAPER[0] - MARGINS, "height": PAPER[1]})
    try:
        assert page.wrong(PAPER[0] - MARGINS, escapes=True) == []
        pdf = page.page.pdf(prefer_css_page_size=True)
    finally:
        page.page.emulate_media(media="screen")
    if page.path.stem == "sheet":
        assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_no_cell_of_a_table_is_a_formula(made: Made, separator: str) -> None:
    """Also where a spreadsheet takes another separator for granted; a number is one."""
    tables = [*made.handover.glob("data/*/events.csv"), made.handover / "data" / "cartography" / "cameras.csv"]
    tables.append(made.handover.parent / "converted.csv")
    assert len(tables) == 4
    for table in tables:
        text = table.read_bytes().decode("utf-8-sig")
        assert _hiding(text.replace("\r\n", "")) == set()
        for row in csv.reader(text.splitlines(), delimiter=separator):
            for cell in row:
                formula = re.match(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]", cell)
                assert formula is None or re.fullmatch(r"-[0-9]+(\.[0-9]+)?", cell), cell[:200]


def test_a_terminal_is_told_nothing_that_it_would_obey(made: Made) -> None:
    assert len(made.said) > 10_000
    read = [path.read_text("utf-8") for path in (*made.handover.glob("*.txt"), made.handover / "handover.json")]
    assert len(read) == 6
    for line in "\n".join([made.said, *read]).split("\n"):
        assert _hiding(line) == set(), line[:300]
