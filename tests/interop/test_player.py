"""player.html in Chromium, from a disk as from a stick: plays, steps by pictures, saves stills, says what fails."""

from __future__ import annotations

import csv
import gzip
import http.server
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests import clips, peers
from tests.interop import chromium
from tests.interop.commands import media_of, run
from vssx.times import NS, from_xs_datetime, to_xs_datetime

pytestmark = pytest.mark.interop

START = "2024-05-01T12:00:00Z"
_STATE = """vssxPlayer.panes.map(pane => ({
    utc: pane.parts.utc.textContent, local: pane.parts.local.textContent, number: pane.parts.number.textContent,
    note: pane.parts.note.textContent, frame: pane.frame, paused: pane.video.paused, rate: pane.video.playbackRate}))"""


class Shown:
    """A page of the player, and everything that went wrong in it."""

    def __init__(self, page: Any, address: str) -> None:
        self.page = page
        self.wrong: list[str] = []
        self.asked: list[str] = []
        page.on("console", lambda message: self.wrong.append(message.text))
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("request", lambda request: self.asked.append(request.url))
        page.goto(address)

    def panes(self) -> list[dict[str, Any]]:
        """What each camera shows."""
        found = self.page.evaluate(_STATE)
        assert isinstance(found, list)
        return found

    def ready(self) -> None:
        """Every camera that is on shows a picture, and nothing moves any more."""
        self.until("!vssxPlayer.moving && vssxPlayer.visible.every(pane => pane.settled)")

    def until(self, condition: str) -> None:
        """Wait for an expression; not by Playwright's own means, which evaluate text as the page's policy forbids."""
        self.page.evaluate(f"async () => {{ while (!({condition})) await new Promise(requestAnimationFrame); }}")

    def step(self, direction: int) -> dict[str, Any]:
        """One picture on or back; what the first camera shows then."""
        self.page.evaluate(f"vssxPlayer.step({direction})")
        return self.panes()[0]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium.launched() as browser:
        yield browser


@contextmanager
def opened(browser: Any, address: str, **context: Any) -> Iterator[Shown]:
    """The player, ready."""
    with browser.new_context(viewport={"width": 1280, "height": 1100}, **context) as made:
        shown = Shown(made.new_page(), address)
        yield shown


def _remuxed(work: Path, *sources: Path) -> Path:
    """Several begin when they say that they were made."""
    start = ("--start", START) if len(sources) == 1 else ()
    return Path(run("remux", *sources, *start, "--stills", "0", "--output", work).strip())


@pytest.fixture(scope="module")
def reordered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A handover of one file with B pictures."""
    work = tmp_path_factory.mktemp("reordered")
    clip = clips.encode(work / "gate.mp4", frames=100, size=(320, 240), options={"bf": "3", "g": "25"})
    return _remuxed(work / "out", clip)


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A handover of two cameras with different frame rates."""
    work = tmp_path_factory.mktemp("two")
    first = clips.encode(work / "first.mp4", frames=150, size=(320, 240), creation_time=START)
    second = clips.encode(work / "second.mp4", frames=60, size=(320, 240), rate=10, creation_time=START)
    return _remuxed(work / "out", first, second)


def _utc(handover: Path) -> list[str]:
    """UTC of the pictures of the first file in order, cut to milliseconds."""
    (table, *_) = sorted((handover / "data").glob("*/*.frames.csv.gz"))
    with gzip.open(table, "rt", newline="") as lines:
        times = sorted(from_xs_datetime(row["utc"]) for row in csv.DictReader(lines) if row["track"] == "1")
    return [f"{to_xs_datetime(ns // NS * NS)[:-1]}.{ns % NS // 1_000_000:03}Z" for ns in times]


def _page(handover: Path) -> str:
    return (handover / "player.html").as_uri()


def test_steps_show_every_picture_at_its_time_forth_and_back(browser: Any, reordered: Path) -> None:
    wanted = _utc(reordered)
    assert len(wanted) == 100
    with opened(browser, _page(reordered)) as shown:
        shown.ready()
        seen = [shown.panes()[0]["utc"], *(shown.step(1)["utc"] for _ in range(40))]
        assert seen == wanted[:41]
        assert [shown.step(-1)["utc"] for _ in range(40)] == wanted[:40][::-1]
        assert shown.panes()[0]["number"] == "picture 1 of 100"
        assert shown.step(-1)["utc"] == wanted[0]
        assert shown.page.inner_text("#status") == "There is no further picture in this direction."
        assert shown.wrong == []


def test_the_end_is_the_last_picture(browser: Any, reordered: Path) -> None:
    wanted = _utc(reordered)
    with opened(browser, _page(reordered)) as shown:
        shown.ready()
        shown.page.focus("#bar")
        shown.page.keyboard.press("End")
        shown.page.fill("#time", wanted[98])
        shown.page.press("#time", "Enter")
        shown.until(f"vssxPlayer.panes[0].parts.utc.textContent === {wanted[98]!r}")
        shown.ready()
        assert shown.step(1)["utc"] == wanted[99]
        assert shown.panes()[0]["number"] == "picture 100 of 100"
        shown.step(1)
        assert shown.panes()[0]["utc"] == wanted[99]


def test_pictures_before_a_sync_sample_are_found_where_sound_begins_first(browser: Any, tmp_path: Path) -> None:
    """A browser seeks by decode times: these must not be early by the distance between sound and video."""
    clip = clips.encode(tmp_path / "late.mp4", frames=75, size=(320, 240), options={"bf": "2", "g": "25"}, audio=True)
    late = tmp_path / "delayed.mp4"
    command = [peers.need("ffmpeg"), "-v", "error", "-nostdin", "-i", str(clip), "-itsoffset", "0.7", "-i", str(clip)]
    subprocess.run([*command, "-map", "1:v", "-map", "0:a", "-c", "copy", str(late)], check=True, timeout=60)
    handover = _remuxed(tmp_path / "out", late)
    wanted = _utc(handover)
    with opened(browser, _page(handover)) as shown:
        shown.ready()
        for number in (20, 23, 24, 25, 26, 49, 50, 74):
            shown.page.evaluate(
                f"(() => {{ const [file] = vssxPlayer.panes[0].files;"
                f" vssxPlayer.goTo(file.utc(file.times.within({number}))); }})()"
            )
            shown.ready()
            assert (
                abs(from_xs_datetime(shown.panes()[0]["utc"]) - from_xs_datetime(wanted[number])) <= 1_000_000
            )  # cstb and ticks are rounded
        assert shown.wrong == []


def test_nothing_leaves_the_handover_and_the_browser_says_nothing(browser: Any, two: Path) -> None:
    with opened(browser, _page(two)) as shown:
        shown.ready()
        shown.page.click("[data-do=play]")
        shown.until("vssxPlayer.now > vssxPlayer.first + 700")
        shown.page.click("[data-do=play]")
        inside = two.as_uri()
        assert [address for address in shown.asked if not address.startswith((inside, "data:,"))] == []
        assert shown.wrong == []


def test_cameras_play_in_step(browser: Any, two: Path) -> None:
    with opened(browser, _page(two)) as shown:
        shown.ready()
        shown.page.click("[data-do=play]")
        shown.until("vssxPlayer.now > vssxPlayer.first + 2500")
        apart = shown.page.evaluate(
            "(() => { const at = vssxPlayer.panes.map(pane => pane.footage.utc(pane.video.currentTime));"
            " return Math.abs(at[0] - at[1]); })()"
        )
        assert apart < 500
        shown.page.click("[data-do=play]")
        shown.ready()
        assert all(pane["paused"] for pane in shown.panes())
        first, second = (shown.page.evaluate(f"vssxPlayer.panes[{number}].picture().ms") for number in (0, 1))
        assert 0 <= first - second < 100  # the slower one shows the picture of that time
        shown.page.check("input[name=leads] >> nth=1")
        shown.page.evaluate("vssxPlayer.step(1)")
        shown.ready()
        moved = [shown.page.evaluate(f"vssxPlayer.panes[{number}].picture().ms") for number in (0, 1)]
        assert moved[1] == second + 100
        assert 0 <= moved[1] - moved[0] < 40


def test_a_time_at_which_one_camera_has_nothing_is_said(browser: Any, tmp_path: Path) -> None:
    long = clips.encode(tmp_path / "long.mp4", frames=100, size=(320, 240), creation_time=START)
    short = clips.encode(tmp_path / "short.mp4", frames=25, size=(320, 240), creation_time=START)
    with opened(browser, _page(_remuxed(tmp_path / "out", long, short))) as shown:
        shown.ready()
        shown.page.fill("#time", "12:00:02")
        shown.page.press("#time", "Enter")
        shown.ready()
        assert [pane["note"] for pane in shown.panes()] == ["", "Nothing in this handover at this time."]
        assert [pane["utc"] for pane in shown.panes()] == ["2024-05-01T12:00:02.000Z", ""]


def test_from_a_disk_a_still_needs_the_file_chosen_once(browser: Any, reordered: Path, tmp_path: Path) -> None:
    (media,) = media_of(reordered)
    with opened(browser, _page(reordered), accept_downloads=True) as shown:
        shown.ready()
        for _ in range(3):
            shown.step(1)
        shown.page.click("[data-do=still]")
        shown.page.wait_for_selector("#chooser:visible")
        other = tmp_path / media.name
        other.write_bytes(b"another file of this name")
        shown.page.set_input_files("#chooser input", other)
        assert shown.page.inner_text("#status") == "None of these is a file of this handover, by name and size."
        shown.page.set_input_files("#chooser input", media)
        shown.ready()
        assert not shown.page.is_visible("#chooser")
        assert shown.panes()[0]["utc"] == "2024-05-01T12:00:00.120Z"
        with shown.page.expect_download() as caught:
            shown.page.click("[data-do=still]")
        assert caught.value.suggested_filename == f"{media.parent.name}_20240501T120000.120Z.png"
        caught.value.save_as(tmp_path / "still.png")
        assert (tmp_path / "still.png").read_bytes().startswith(b"\x89PNG\r\n")
        assert shown.wrong == []


@contextmanager
def _served(directory: Path) -> Iterator[str]:
    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Quiet."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(directory))) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def test_over_http_a_still_is_saved_at_once(browser: Any, reordered: Path) -> None:
    with _served(reordered) as address, opened(browser, f"{address}/player.html", accept_downloads=True) as shown:
        shown.ready()
        with shown.page.expect_download() as caught:
            shown.page.keyboard.press("s")
        assert caught.value.suggested_filename.endswith("_20240501T120000.000Z.png")
        assert shown.wrong == []


def test_what_the_browser_does_not_decode_is_said(browser: Any, tmp_path: Path) -> None:
    clip = clips.encode(tmp_path / "gate.mp4", "libx265", frames=50, size=(320, 240), audio=True)
    with opened(browser, _page(_remuxed(tmp_path / "out", clip))) as shown:
        if shown.page.evaluate(
            """document.createElement('video').canPlayType('video/mp4; codecs="hvc1.1.6.L120.90"')"""
        ):
            pytest.skip("this Chromium decodes H.265")
        shown.until("vssxPlayer.panes[0].footage?.failed")
        note = shown.panes()[0]["note"]
        assert note.startswith("This browser does not decode H.265")
        assert "vssx derive --viewing-copy" in note
        assert shown.page.inner_text("#status") == note


def test_a_file_that_was_taken_away_is_said(browser: Any, reordered: Path, tmp_path: Path) -> None:
    (tmp_path / "alone.html").write_bytes((reordered / "player.html").read_bytes())
    with opened(browser, (tmp_path / "alone.html").as_uri()) as shown:
        shown.until("vssxPlayer.panes[0].footage?.failed")
        assert "Is it still where it was, beside this page?" in shown.panes()[0]["note"]


def test_it_is_used_by_keyboard_alone(browser: Any, reordered: Path) -> None:
    with opened(browser, _page(reordered)) as shown:
        shown.ready()
        page = shown.page
        page.keyboard.press(".")
        shown.until("vssxPlayer.panes[0].parts.number.textContent === 'picture 2 of 100'")
        page.keyboard.press("k")
        shown.until("vssxPlayer.playing && vssxPlayer.now > vssxPlayer.first + 400")
        page.keyboard.press("k")
        assert shown.page.evaluate("vssxPlayer.playing") is False
        page.focus("#bar")
        page.keyboard.press("Home")
        shown.ready()
        assert page.get_attribute("#bar", "aria-valuetext") == "2024-05-01T12:00:00.000Z"
        page.keyboard.press("]")
        assert page.evaluate("vssxPlayer.speed") == 2
        page.uncheck("#keys")
        page.focus("h1 >> nth=0") if page.query_selector("h1[tabindex]") else page.evaluate(
            "document.activeElement.blur()"
        )
        page.keyboard.press("]")
        assert page.evaluate("vssxPlayer.speed") == 2


def test_without_script_the_files_are_there(browser: Any, reordered: Path) -> None:
    with opened(browser, _page(reordered), java_script_enabled=False) as shown:
        assert shown.page.is_visible("noscript p")
        assert shown.page.get_attribute("#files a", "href").endswith(".mp4")
        assert not shown.page.is_visible("[data-do=play]")


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_wider_than_the_window(browser: Any, two: Path, width: int, scheme: str) -> None:
    with browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme) as context:
        shown = Shown(context.new_page(), _page(two))
        shown.ready()
        assert shown.page.evaluate("document.documentElement.scrollWidth") <= width
        assert shown.wrong == []
