"""A page in Chromium: everything that it says or asks for is kept, and what is wrong with it is told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.peers import ROOT

SCREENSHOTS = ROOT / "build" / "screenshots"
PAPER = (794, 1123)  # A4 in CSS pixels
MARGINS = 2 * 53  # 14 mm each
_CHECKS = Path(__file__).with_name("page_checks.js").read_text("utf-8")
_READY = """async () => {
    if (!window.vssxPlayer && typeof vssxPlayer === 'undefined') return;
    while (vssxPlayer.moving || !vssxPlayer.visible.every(pane => pane.settled || !pane.footage))
        await new Promise(requestAnimationFrame);
}"""
_FEW_PIXELS = 4000  # of height of a screenshot


class Opened:
    """One page; ``said``: by its console, ``asked``: the addresses of its requests, ``dialogs``: what it asked."""

    def __init__(self, page: Any, path: Path) -> None:
        self.page, self.path = page, path
        self.said: list[str] = []
        self.asked: list[str] = []
        self.dialogs: list[str] = []
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("dialog", self._dialog)
        page.goto(path.as_uri())

    def _dialog(self, dialog: Any) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def ready(self) -> None:
        """The player shows its pictures; other pages are ready when they are there."""
        self.page.evaluate(_READY)

    def wrong(self, width: int, *, escapes: bool = False) -> list[str]:
        """What page_checks.js complains of, at this width of the window; ``escapes``: whether there may be any."""
        found = self.page.evaluate(f"([width, escapes]) => ({_CHECKS})(width, escapes)", [width, escapes])
        assert isinstance(found, list)
        return found

    def left(self) -> list[str]:
        """Requests for anything but the page itself, what it holds, and media beside it."""
        beside = self.path.parent.as_uri() + "/data/"
        return [one for one in self.asked if one != self.path.as_uri() and not one.startswith(("data:", beside))]

    def text(self) -> str:
        """What is read on it, folded or not."""
        return str(self.page.evaluate("document.body.textContent"))

    def keep(self, name: str) -> None:
        """A screenshot of its beginning in build/screenshots."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        size = self.page.evaluate("[innerWidth, document.documentElement.scrollHeight]")
        clip = {"x": 0, "y": 0, "width": size[0], "height": min(size[1], _FEW_PIXELS)}
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True, clip=clip)

    def accessible(self) -> list[dict[str, Any]]:
        """The tree that a screen reader gets: role, name, level of each node that is not ignored, in order."""
        session = self.page.context.new_cdp_session(self.page)
        nodes = session.send("Accessibility.getFullAXTree")["nodes"]
        session.detach()
        return [
            {
                "role": node["role"]["value"],
                "name": node.get("name", {}).get("value", "").strip(),
                "level": {
                    one["name"]: one["value"]["value"] for one in node.get("properties", ()) if "value" in one["value"]
                }.get("level"),
            }
            for node in nodes
            if not node["ignored"]
        ]


@contextmanager
def opened(
    browser: Any, path: Path, *, width: int = 1280, height: int = 900, scheme: str = "light", script: bool = True
) -> Iterator[Opened]:
    """The page in a window of its own."""
    with browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, java_script_enabled=script
    ) as context:
        made = Opened(context.new_page(), path)
        if script:
            made.ready()
        yield made
