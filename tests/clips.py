"""Short clips for tests, encoded with PyAV's own x264, x265 and AAC: no other program is needed."""

from __future__ import annotations

import random
from array import array
from fractions import Fraction
from pathlib import Path

import av


def picture(width: int, height: int, pixel_format: str, number: int) -> av.VideoFrame:
    """A picture that differs from every other number's."""
    frame = av.VideoFrame(width, height, pixel_format)
    high = 3 if pixel_format.endswith("10le") else 0xFF  # the upper byte of a 10-bit sample
    for index, plane in enumerate(frame.planes):
        row = bytes((x * (index + 1) + 7 * number) & (high if x & 1 else 0xFF) for x in range(plane.line_size))
        plane.update(b"".join(row[2 * (y % 16) :] + row[: 2 * (y % 16)] for y in range(plane.height)))
    return frame


def encode(
    path: Path,
    codec: str = "libx264",
    *,
    frames: int = 30,
    size: tuple[int, int] = (64, 48),
    rate: Fraction | int = 25,
    pixel_format: str = "yuv420p",
    options: dict[str, str] | None = None,
    audio: bool = False,
    noise: bool = False,
    container: dict[str, str] | None = None,
    creation_time: str = "",
    format: str | None = None,  # noqa: A002
) -> Path:
    """Write a clip; the suffix of ``path`` chooses the container. ``audio``: silence, or with ``noise`` noise."""
    with av.open(str(path), "w", format=format, options=container or {}) as out:
        if creation_time:
            out.metadata["creation_time"] = creation_time
        video = out.add_stream(codec, rate=rate)
        video.width, video.height, video.pix_fmt = *size, pixel_format
        video.options = {"preset": "ultrafast", "x265-params": "log-level=none", **(options or {})}
        sound = out.add_stream("aac", rate=48_000, layout="mono") if audio else None
        sounded = 0
        for number in range(frames):
            frame = picture(*size, pixel_format, number)
            frame.pts, frame.time_base = number, 1 / Fraction(rate)
            out.mux(video.encode(frame))
            while sound is not None and Fraction(sounded, 48_000) < Fraction(number + 1) / rate:
                out.mux(sound.encode(_noise(sounded) if noise else _silence(sounded)))
                sounded += 1024
        out.mux(video.encode(None))
        if sound is not None:
            out.mux(sound.encode(None))
    return path


def _noise(pts: int) -> av.AudioFrame:
    """No two frames are alike."""
    frame = _silence(pts)
    chance = random.Random(pts)
    frame.planes[0].update(array("f", (chance.uniform(-0.1, 0.1) for _ in range(1024))).tobytes())
    return frame


def _silence(pts: int) -> av.AudioFrame:
    samples = av.AudioFrame("fltp", "mono", 1024)
    samples.planes[0].update(bytes(4096))
    samples.sample_rate, samples.pts, samples.time_base = 48_000, pts, Fraction(1, 48_000)
    return samples
