"""Chromium: started as all tests want it; plays files and seeks in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests import peers
from tests.interop import web_server

_PLAY = """async ([address, seconds]) => {
    const video = document.getElementById('v');
    const happened = (name) => new Promise((resolve, reject) => {
        video.addEventListener(name, resolve, {once: true});
        video.addEventListener('error', () => reject(video.error.message), {once: true});
    });
    const ready = happened('canplay');
    video.src = address;
    await ready;
    const moved = happened('timeupdate');
    await video.play();
    await moved;
    video.pause();
    const canvas = document.createElement('canvas');
    canvas.width = video.videoWidth; canvas.height = video.videoHeight;
    const context = canvas.getContext('2d', {willReadFrequently: true});
    const pictures = [];
    for (const second of seconds) {
        const seeked = happened('seeked');
        const painted = new Promise(resolve => video.requestVideoFrameCallback(resolve));
        video.currentTime = second;
        await seeked;
        await painted;  // seeked tells of the decoder, not of the picture shown
        context.drawImage(video, 0, 0);
        const pixels = context.getImageData(0, 0, canvas.width, canvas.height).data;
        let sum = 0, weight = 0;
        for (let i = 0; i < pixels.length; i += 401) { sum += pixels[i]; weight += pixels[i] * (i % 9973); }
        pictures.push([video.currentTime, sum, weight]);
    }
    return {duration: video.duration, width: video.videoWidth, height: video.videoHeight, pictures};
}"""


@contextmanager
def launched(*more: str) -> Iterator[Any]:
    """The system's Chromium, headless, as a Browser of Playwright; ``more``: further arguments."""
    peers.need_module("playwright")
    chromium = peers.need("chromium")
    from playwright.sync_api import sync_playwright

    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    arguments += ["--disable-sync", "--no-first-run", *more]
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=chromium, args=arguments) as browser,
    ):
        yield browser


def shown(files: Mapping[str, Path], seconds: Sequence[float]) -> dict[str, dict[str, Any]]:
    """What Chromium shows of each MP4 file at these times: ``duration``, ``width``, ``height``, and of each time in
    ``pictures`` the time shown and two sums over its pixels."""
    found: dict[str, dict[str, Any]] = {}
    with (
        web_server.serving(dict(files)) as address,
        launched("--autoplay-policy=no-user-gesture-required") as browser,
    ):
        for name in files:
            page = browser.new_page()
            page.goto(address)
            found[name] = page.evaluate(_PLAY, [f"{address}/{name}.mp4", list(seconds)])
            page.close()
    return found
