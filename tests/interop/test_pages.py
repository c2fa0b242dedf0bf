"""The pages of a real handover in Chromium, as people look at them: in all languages, light and dark, on a wide and on
a narrow screen, on paper, by keyboard and by screen reader. Screenshots stay in build/screenshots."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.interop import chromium
from tests.interop.page_reader import MARGINS, PAPER, Opened, opened
from tests.interop.pages import KINDS, Made, depot, unwell
from tests.peers import need
from vssx.report.language import Language

pytestmark = pytest.mark.interop

EVERY = [(kind, language) for kind in KINDS for language in Language]
ENGLISH = [(kind, Language.ENGLISH) for kind in KINDS]


@dataclass(frozen=True)
class Shown:
    """A page in its window."""

    kind: str
    language: Language
    page: Opened


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return depot(tmp_path_factory.mktemp("pages"))


@pytest.fixture(scope="module")
def ill(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return unwell(tmp_path_factory.mktemp("unwell"), Language.FRENCH)


@pytest.fixture(scope="module")
def browser(made: Made, ill: Made) -> Iterator[Any]:
    """Started after the commands have run: Playwright and they both want an event loop of this thread."""
    with chromium.launched() as browser:
        yield browser


@pytest.fixture(scope="module", params=EVERY, ids="-".join)
def shown(browser: Any, made: Made, request: pytest.FixtureRequest) -> Iterator[Shown]:
    """Every page once, for all that is asked of every page."""
    kind, language = request.param
    with opened(browser, made.pages[kind, language]) as page:
        yield Shown(kind, language, page)


def test_nothing_is_cut_hidden_or_pale(shown: Shown) -> None:
    """Wide and narrow, light and dark; and the browser complains of nothing, and asks for nothing."""
    page, complaints = shown.page, []
    assert page.page.evaluate("document.documentElement.lang") == shown.language
    for scheme, width in (("light", 1280), ("light", 320), ("dark", 1280), ("dark", 320)):
        if scheme == "dark" and shown.language is not Language.ENGLISH:
            continue  # colours are the same in all languages
        page.page.set_viewport_size({"width": width, "height": 900})
        page.page.emulate_media(color_scheme=scheme)
        complaints += [f"{scheme} {width}: {one}" for one in page.wrong(width)]
        if shown.language is Language.ENGLISH or width == 1280:
            page.keep(f"{shown.kind}-{shown.language}-{scheme}-{width}")
    assert (complaints, page.said, page.left(), page.dialogs) == ([], [], [], [])


def test_the_checks_see_what_is_wrong(browser: Any, made: Made, tmp_path: Path) -> None:
    """They would have complained: of each of these once, at least."""
    page = made.pages["sheet", Language.ENGLISH].read_text("utf-8")
    start, rest = page.split("<main", 1)
    start = re.sub(r"<meta http-equiv=.Content-Security-Policy[^>]*>", "", start)
    wrong = (
        '<p style="color:#aaa">pale</p><p style="width:200px;overflow:hidden;white-space:nowrap">'
        'cut cut cut cut cut cut cut cut cut cut</p><p style="width:2000px;text-align:right">wide</p>'
        '<p>below</p><p style="margin-top:-2.2rem">above</p><img src="http://192.0.2.1/x.png" alt="">'
        '<table><td><p style="width:50px;overflow-wrap:anywhere">parameters</table>'
        '<script>console.log("said")</script>'
    )
    path = tmp_path / "wrong.html"
    path.write_text(f"{start}{wrong}<main{rest}", "utf-8")
    with opened(browser, path) as shown:
        found = " ".join(shown.wrong(1280))
        for word in (
            "broken: parameters",
            "wide: ",
            "sticks out: wide",
            "cut: P",
            "on each other: above / below",
            "contrast",
        ):
            assert word in found
        assert "said" in shown.said
        assert shown.left() == ["http://192.0.2.1/x.png"]


def test_a_script_that_is_not_the_page_s_own_is_refused_and_told(browser: Any, made: Made, tmp_path: Path) -> None:
    for kind in ("report", "player"):
        text = made.pages[kind, Language.ENGLISH].read_text("utf-8")
        path = tmp_path / f"{kind}.html"
        path.write_text(text.replace("</main>", "<script>window.hostile = 1</script></main>"), "utf-8")
        with opened(browser, path) as page:
            assert page.page.evaluate("window.hostile") is None
            assert any("Content Security Policy" in one for one in page.said)


@pytest.mark.parametrize(("kind", "language"), [one for one in ENGLISH if one[0] != "player"])
def test_without_script_it_reads_the_same(browser: Any, made: Made, kind: str, language: Language) -> None:
    path = made.pages[kind, language]
    with opened(browser, path) as page:
        whole = page.text()
        assert page.page.query_selector("script") is None
    with opened(browser, path, script=False) as page:
        assert page.text() == whole


def test_on_paper_it_is_a4_and_nothing_is_cut(shown: Shown, tmp_path: Path) -> None:
    page = shown.page
    page.page.emulate_media(media="print", color_scheme="dark")
    page.page.set_viewport_size({"width": PAPER[0] - MARGINS, "height": PAPER[1]})
    folded = "[...document.querySelectorAll('details:has(.paper-only)')].map(one => "
    folded += "one.open !== one.querySelector('.paper-only').checkVisibility()).every(Boolean)"
    try:
        complaints = page.wrong(PAPER[0] - MARGINS)
        assert page.page.evaluate(folded)
        page.page.pdf(path=tmp_path / "page.pdf", prefer_css_page_size=True, print_background=True)
    finally:
        page.page.emulate_media(media="screen", color_scheme="light")
    assert complaints == []
    facts = _said(need("pdfinfo"), tmp_path / "page.pdf")
    assert re.search(r"Page size: .*\(A4\)", facts)
    found = re.search(r"Pages: +(\d+)", facts)
    assert found is not None
    pages = int(found[1])
    assert pages == 1 if shown.kind == "sheet" else pages < 30
    words = _said(need("pdftotext"), "-bbox", tmp_path / "page.pdf", "-")
    right = [float(one) for one in re.findall(r'xMax="([\d.]+)"', words)]
    assert len(right) > 50
    assert max(right) < 595 - 14 / 25.4 * 72 + 1


def _said(*command: object) -> str:
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=60, check=True).stdout


@pytest.mark.parametrize("kind", ["report", "player", "sheet", "verification"])
def test_what_went_wrong_is_shown_as_well(browser: Any, ill: Made, kind: str) -> None:
    with opened(browser, ill.pages[kind, Language.FRENCH]) as page:
        complaints = []
        for scheme, width in (("light", 1280), ("dark", 320)):
            page.page.set_viewport_size({"width": width, "height": 900})
            page.page.emulate_media(color_scheme=scheme)
            complaints += [f"{scheme} {width}: {one}" for one in page.wrong(width)]
            page.keep(f"unwell-{kind}-fr-{scheme}-{width}")
        assert (complaints, page.said, page.left()) == ([], [], [])
        if kind == "report":
            assert _count(page, "svg.timeline .s-loss .cross") > 0
            assert _count(page, "svg.timeline .s-clock-step .step") > 0


_FOCUS = """() => {
    const one = document.activeElement;
    const box = one.getBoundingClientRect();
    const style = getComputedStyle(one);
    const inside = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
    const solid = style.outlineStyle === 'solid' && parseFloat(style.outlineWidth) >= 2;
    const ring = style.outlineStyle === 'auto' || solid;
    const kind = one.tagName === 'SUMMARY' ? [...document.querySelectorAll('summary')].indexOf(one) : -1;
    return {tag: one.tagName, id: one.id, skip: one.className === 'skip', seen: inside && box.width > 0, ring, kind};
}"""


@pytest.mark.parametrize(("kind", "language"), ENGLISH)
def test_by_keyboard_everything_is_reached_seen_and_opened(
    browser: Any, made: Made, kind: str, language: Language
) -> None:
    with opened(browser, made.pages[kind, language]) as page:
        keyboard = page.page.keyboard
        keyboard.press("Tab")
        first = page.page.evaluate(_FOCUS)
        assert first["skip"] and first["seen"]
        keyboard.press("Enter")
        assert page.page.evaluate("document.activeElement.id") == "content"
        page.page.evaluate("document.activeElement.blur()")
        stops = page.page.evaluate(
            "[...document.querySelectorAll('a[href], button, input, select, summary, [tabindex=\"0\"]')]"
            ".filter(one => one.checkVisibility() && !one.disabled).length"
        )
        summaries = page.page.evaluate("document.querySelectorAll('summary').length")
        reached = set()
        for _ in range(stops + 2):
            keyboard.press("Tab")
            at = page.page.evaluate(_FOCUS)
            if at["tag"] == "BODY":
                break
            assert at["seen"] and (at["ring"] or at["tag"] == "MAIN"), at
            if at["kind"] >= 0 and at["kind"] not in reached:
                reached.add(at["kind"])
                opens = "document.activeElement.parentElement.open"
                before = page.page.evaluate(opens)
                keyboard.press("Enter")
                assert page.page.evaluate(opens) is not before
                keyboard.press("Enter")
        assert len(reached) == summaries
        assert page.said == []


_NAMED = {"image", "img", "graphics-document", "link", "button", "textbox", "checkbox", "radio", "combobox", "slider"}
_NAMED |= {"region", "navigation", "group", "table", "Video"}


def test_a_screen_reader_gets_a_whole_tree(shown: Shown) -> None:
    page = shown.page
    nodes = page.accessible()
    headings = [node for node in nodes if node["role"] == "heading"]
    assert [one["level"] for one in headings].count(1) == 1
    assert headings[0]["level"] == 1
    assert all(after["level"] <= before["level"] + 1 for before, after in pairwise(headings))
    assert all(one["name"] for one in headings)
    roles = [node["role"] for node in nodes]
    assert roles.count("main") == 1
    assert roles.count("contentinfo") == 1
    assert roles.count("banner") == (0 if shown.kind == "sheet" else 1)
    unnamed = [node for node in nodes if node["role"] in _NAMED - {"group", "table"} and not node["name"]]
    assert unnamed == []
    assert page.page.evaluate("[...document.querySelectorAll('th:not([scope])')].length") == 0
    assert page.page.evaluate("[...document.querySelectorAll('th')].filter(one => !one.textContent.trim()).length") == 0
    pictures = page.page.evaluate(
        "document.querySelectorAll('img:not([alt]), img[alt=\"\"], svg:not([role=img], [aria-hidden=true])').length"
    )
    assert pictures == 0


_SHOWN = """selector => [...document.querySelectorAll(selector)].filter(one => {
    one.scrollIntoView({block: 'center'});
    const box = one.getBoundingClientRect();
    const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    return box.width > 0.5 && box.height > 2 && (one === top || one.contains(top) || one.parentElement.contains(top));
}).length"""


def _count(page: Opened, selector: str) -> int:
    found = page.page.evaluate(_SHOWN, selector)
    assert isinstance(found, int)
    return found


def test_the_report_shows_map_plan_timeline_and_pictures(browser: Any, made: Made) -> None:
    """They are seen: they have a size, and nothing lies on them."""
    with opened(browser, made.pages["report", Language.ENGLISH]) as page:
        assert _count(page, "#map svg.map:not(.plan) .sector") == 7
        assert _count(page, "#map svg.map:not(.plan) .sector.recorded") == 2
        assert _count(page, "#map svg.map:not(.plan) .camera circle") == 7
        assert _count(page, "#map svg.plan image") == 1
        assert _count(page, "#map svg.plan .camera circle") == 4
        assert _count(page, "#map .scale path, #map .north path") == 4
        for lines in ("#overview", "#r1", "#r2"):
            recorded = page.page.locator(f"{lines} .s-recorded .body").count()
            assert recorded > 0
            assert _count(page, f"{lines} .s-recorded .body") == recorded, lines
            assert _count(page, f"{lines} .s-gap-confirmed .body") >= 1, lines
        marks = _count(page, "#r1 svg.timeline .mark, #r1 svg.timeline .many")
        assert marks == page.page.locator("#r1 svg.timeline .mark, #r1 svg.timeline .many").count() > 1
        kinds = page.page.evaluate(
            "new Set([...document.querySelectorAll('#r2 svg.timeline .many')].map(one => one.className.baseVal)).size"
        )
        assert kinds > 3
        stills = page.page.evaluate(
            "[...document.querySelectorAll('ol.stills img')].map(one => [one.naturalWidth, one.width, one.height])"
        )
        assert len(stills) > 20
        assert all(natural == 480 and width > 150 and height > 80 for natural, width, height in stills)
        links = page.page.evaluate("[...document.querySelectorAll('a[href]')].map(one => one.getAttribute('href'))")
        inside = [one.removeprefix("./") for one in links if not one.startswith("#")]
        assert inside
        assert all((made.handover / one).is_file() for one in inside)
        anchors = [one for one in links if one.startswith("#")]
        assert all(page.page.query_selector(one) is not None for one in anchors)


_BAR = """() => {
    const bar = document.querySelector('#bar svg').getBoundingClientRect();
    return [...document.querySelectorAll('#bar .mark, #bar .cursor, #bar .body')]
        .map(one => one.getBoundingClientRect())
        .filter(box => box.left < bar.left || box.right > bar.right || box.bottom > bar.bottom).length;
}"""


def test_the_player_s_bar_shows_short_footage_and_whole_marks(browser: Any, made: Made) -> None:
    """Three quarters of a minute in four and a half hours; at both ends of the bar."""
    with opened(browser, made.pages["player", Language.ENGLISH]) as page:
        page.page.evaluate(
            "vssxPlayer.goTo((vssxPlayer.first + vssxPlayer.last) / 2)"
        )  # where the cursor hides nothing
        assert _count(page, "#bar .s-recorded .body") == 3
        assert _count(page, "#bar .mark") > 3
        assert page.page.evaluate(_BAR) == 0
        page.page.evaluate("vssxPlayer.goTo(vssxPlayer.first)")
        page.ready()
        assert page.page.evaluate(_BAR) == 0
        size = page.page.evaluate("(video => [video.videoWidth, video.clientWidth])(document.querySelector('video'))")
        assert size[0] == 640
        assert size[1] > 300
