"""Generate the recordings of this directory: ``python samples/generate.py [DIRECTORY [NAME ...]]``.

Needs the extra ``samples`` (numpy, Pillow). The same library versions give the same pictures; the committed files are
what tests and the demonstration use, so there is no need to run this unless a scene changes. Every picture carries the
camera's name and the UTC time of its exposure, so that a person sees what was exported.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import av
import knowledge
import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scenes import HEIGHT, SCALE, WIDTH, CarPark, LoadingDock, NorthGate, Pen, Reception, Scene
from side_door import SideDoor, left_of_view

SAMPLE_RATE = 48_000
TELEPHONE_RATE = 8_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """A camera of the demonstration. ``gap``: seconds of media before it, and how long nothing was recorded.
    ``audio``: "aac" or "pcm_mulaw" (G.711), which takes a MOV file."""

    file: str
    name: str
    location: str
    description: str
    serial: str
    scene: Scene
    encoder: str
    options: dict[str, str]
    rate: Fraction
    seconds: int
    start: datetime
    longitude: float
    latitude: float
    audio: str = ""
    gap: tuple[float, float] | None = None

    def utc(self, t: float) -> datetime:
        jump = self.gap[1] if self.gap is not None and t >= self.gap[0] else 0.0
        return self.start + timedelta(seconds=t + jump)


CAMERAS = (
    Camera(
        file="north-gate",
        name="North gate",
        location="Building A, ground floor, north gate",
        description="Barrier and pavement of the north gate",
        serial="VSSX-0001",
        scene=NorthGate(),
        encoder="libx264",
        options={"preset": "slow", "crf": "26", "profile": "high", "bf": "2", "g": "50", "x264-params": "threads=1"},
        rate=Fraction(25),
        seconds=32,
        start=datetime(2026, 3, 14, 6, 30, tzinfo=UTC),
        longitude=8.5417,
        latitude=47.3769,
        audio="aac",
    ),
    Camera(
        file="loading-dock",
        name="Loading dock",
        location="Building B, hall 2, dock 1 to 3",
        description="Inside view of the docks",
        serial="VSSX-0002",
        scene=LoadingDock(),
        encoder="libx265",
        options={
            "preset": "medium",
            "crf": "27",
            "x265-params": "keyint=60:min-keyint=60:bframes=3:pools=1:log-level=error",
        },
        rate=Fraction(20),
        seconds=30,
        start=datetime(2026, 3, 14, 9, 15, tzinfo=UTC),
        longitude=8.5423,
        latitude=47.3772,
    ),
    Camera(
        file="car-park",
        name="Car park",
        location="Car park P1, upper deck, row C and D",
        description="View from the roof of building A",
        serial="VSSX-0003",
        scene=CarPark(),
        encoder="libx264",
        options={"preset": "slow", "crf": "25", "profile": "main", "bf": "0", "g": "25", "x264-params": "threads=1"},
        rate=Fraction(25, 2),
        seconds=30,
        start=datetime(2026, 3, 14, 17, 5, 30, tzinfo=UTC),
        longitude=8.5409,
        latitude=47.3765,
        gap=(14.0, 47.5),
    ),
    Camera(
        file="reception",
        name="Reception",
        location="Building A, ground floor, lobby",
        description="Door and desk of the reception, with the intercom's microphone",
        serial="VSSX-0004",
        scene=Reception(),
        encoder="libx264",
        options={
            "preset": "slow",
            "crf": "26",
            "profile": "baseline",
            "bf": "0",
            "g": "30",
            "x264-params": "threads=1",
        },
        rate=Fraction(15),
        seconds=20,
        start=datetime(2026, 3, 14, 6, 30, tzinfo=UTC),
        longitude=8.5415,
        latitude=47.3768,
        audio="pcm_mulaw",
    ),
    Camera(
        file="side-door",
        name="Side door",
        location="Building A, west side, side door",
        description="Side door with card reader; the camera turns",
        serial="VSSX-0005",
        scene=SideDoor(),
        encoder="libx264",
        options={"preset": "slow", "crf": "27", "profile": "main", "bf": "2", "g": "50", "x264-params": "threads=1"},
        rate=Fraction(25, 2),
        seconds=30,
        start=datetime(2026, 3, 14, 21, 40, 10, tzinfo=UTC),
        longitude=8.5412,
        latitude=47.3767,
    ),
)


class Caption:
    """Name, place and running time in every picture; digits in cells of one width, so that the clock stands still."""

    def __init__(self, camera: Camera) -> None:
        self._camera = camera
        self._large = ImageFont.load_default(17)
        self._small = ImageFont.load_default(12)

    def draw(self, image: Image.Image, t: float) -> None:
        pen = ImageDraw.Draw(image, "RGBA")
        pen.rectangle((0, 0, WIDTH, 25), fill=(8, 10, 14, 150))
        pen.rectangle((0, HEIGHT - 19, WIDTH, HEIGHT), fill=(8, 10, 14, 150))
        pen.text((8, 3), self._camera.name, font=self._large, fill=(255, 255, 255))
        now = self._camera.utc(t)
        clock = f"{now:%Y-%m-%d  %H:%M:%S}.{now.microsecond // 10_000:02d} UTC"
        x = float(WIDTH - 8)
        for char in reversed(clock):
            cell = {" ": 5, ".": 5, ":": 6, "-": 8}.get(char, 10.5 if char.isdigit() else 13)
            x -= cell
            pen.text((x + cell / 2, 3), char, font=self._large, fill=(255, 236, 130), anchor="ma")
        pen.text(
            (8, HEIGHT - 17),
            f"{self._camera.location}   |   {self._camera.serial}",
            font=self._small,
            fill=(230, 230, 230),
        )


def pictures(camera: Camera):
    """Yield one RGB array for every frame: scene, a little sensor noise, caption."""
    background = camera.scene.background()
    caption = Caption(camera)
    rng = np.random.default_rng(1)
    noise = [rng.normal(0, 1.2, (HEIGHT, WIDTH, 1)) for _ in range(4)]
    for number in range(int(camera.seconds * camera.rate)):
        t = float(number / camera.rate)
        canvas = background.copy()
        camera.scene.draw(Pen(canvas), t)
        if isinstance(camera.scene, SideDoor):
            left = round(left_of_view(t)) * SCALE
            canvas = canvas.crop((left, 0, left + WIDTH * SCALE, HEIGHT * SCALE))
        grain = np.asarray(canvas.reduce(SCALE), dtype=np.float64) + noise[number % 4]
        image = Image.fromarray(np.clip(grain, 0, 255).astype(np.uint8))
        caption.draw(image, t)
        yield np.asarray(image)


def sound_at_the_gate(seconds: int) -> np.ndarray:
    """Wind, the two cars' engines, steps, and a beep when the barrier moves; mono, -1 to 1."""
    t = np.arange(seconds * SAMPLE_RATE) / SAMPLE_RATE
    rng = np.random.default_rng(3)
    wind = np.convolve(rng.normal(0, 1, t.size), np.ones(60) / 60, mode="same") * 0.10
    out = wind * (0.7 + 0.3 * np.sin(t * 0.8))
    for start, _ in NorthGate.CARS:
        u = t - start
        near = np.exp(-(((u - 7.5) / 4.0) ** 2))
        pitch = 46 + 26 * np.exp(-(((u - 9.5) / 2.2) ** 2)) + 8 * np.exp(-(((u - 1.5) / 1.5) ** 2))
        phase = 2 * np.pi * np.cumsum(pitch) / SAMPLE_RATE
        out += near * 0.14 * (np.sin(phase) + 0.5 * np.sin(2 * phase) + 0.25 * np.sin(3 * phase + 0.4))
        for beep in (5.0, 5.5, 6.0, 11.0, 11.5, 12.0):
            on = (u >= beep) & (u < beep + 0.14)
            out += on * 0.12 * np.sin(2 * np.pi * 1180 * t)
    step = np.mod(t * 6 / np.pi, 1.0) / (6 / np.pi)
    out += 0.05 * np.exp(-step * 60) * np.sin(2 * np.pi * 160 * step)
    return np.clip(out, -1, 1)


def sound_at_the_reception(seconds: int) -> np.ndarray:
    """A lobby's hum, the bell, the door's buzzer and steps on tiles; mono, -1 to 1, 8000 Hz."""
    t = np.arange(seconds * TELEPHONE_RATE) / TELEPHONE_RATE
    rng = np.random.default_rng(4)
    out = np.convolve(rng.normal(0, 1, t.size), np.ones(12) / 12, mode="same") * 0.02
    out += 0.015 * np.sin(2 * np.pi * 100 * t)
    for ring in Reception.RINGS:
        for delay, pitch in ((0.0, 660.0), (0.3, 523.25)):
            u = np.maximum(t - ring - delay, 0)
            out += (t >= ring + delay) * 0.3 * np.exp(-u * 5) * np.sin(2 * np.pi * pitch * u)
    buzzing = (t >= Reception.OPENS - 0.6) & (t < Reception.OPENS + 0.6)
    out += buzzing * 0.12 * np.sign(np.sin(2 * np.pi * 120 * t))
    walking = (t >= Reception.OPENS + 1.5) & (t < Reception.OPENS + 8.5)
    step = np.mod(t * 6 / np.pi, 1.0) / (6 / np.pi)
    out += walking * 0.2 * np.exp(-step * 70) * np.sin(2 * np.pi * 420 * step)
    return np.clip(out, -1, 1)


def write(camera: Camera, directory: Path) -> Path:
    """Encode one camera. Negative composition offsets: presentation starts at 0 without an edit list."""
    kind = "mov" if camera.audio == "pcm_mulaw" else "mp4"
    path = directory / f"{camera.file}.{kind}"
    options = {"movflags": "+negative_cts_offsets", "use_editlist": "0"}
    metadata = {"creation_time": f"{camera.start:%Y-%m-%dT%H:%M:%SZ}"}
    with av.open(str(path), "w", format=kind, options=options) as container:
        container.metadata.update(metadata)
        video = container.add_stream(camera.encoder, rate=camera.rate, options=camera.options)
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        video.codec_context.thread_count = 1
        if camera.encoder == "libx265":
            video.codec_context.codec_tag = "hvc1"
        packets = [_video_packets(camera, video)]
        if camera.audio == "aac":
            audio = container.add_stream("aac", rate=SAMPLE_RATE, layout="mono")
            audio.bit_rate = 48_000
            packets.append(_aac_packets(camera, audio))
        elif camera.audio:
            packets.append(
                _g711_packets(camera, container.add_stream(camera.audio, rate=TELEPHONE_RATE, layout="mono"))
            )
        # Interleaved by decode time, as a recorder would store them.
        merged = sorted((p for source in packets for p in source), key=lambda p: (p.dts * p.time_base, p.stream.index))
        for packet in merged:
            container.mux(packet)
    return path


def _video_packets(camera: Camera, video):
    gap_frame = None if camera.gap is None else round(camera.gap[0] * camera.rate)
    for number, picture in enumerate(pictures(camera)):
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="yuv420p", dst_colorspace="ITU709")
        frame.pts, frame.time_base = number, 1 / camera.rate
        if number == gap_frame:
            frame.pict_type = av.video.frame.PictureType.I
        yield from video.encode(frame)
    yield from video.encode()


def _aac_packets(camera: Camera, audio):
    samples = (sound_at_the_gate(camera.seconds) * 32767).astype(np.int16)
    shift = None
    for first in range(0, samples.size, 1024):
        frame = av.AudioFrame.from_ndarray(samples[None, first : first + 1024], format="s16", layout="mono")
        frame.pts, frame.sample_rate, frame.time_base = first, SAMPLE_RATE, Fraction(1, SAMPLE_RATE)
        for packet in audio.encode(frame):
            # The encoder's first packet is its priming (pts -1024); the recording's timeline starts with it.
            shift = -packet.pts if shift is None else shift
            packet.pts += shift
            packet.dts += shift
            yield packet
    for packet in audio.encode():
        packet.pts += shift or 0
        packet.dts += shift or 0
        yield packet


def _g711_packets(camera: Camera, audio):
    samples = (sound_at_the_reception(camera.seconds) * 32767).astype(np.int16)
    for first in range(0, samples.size, 160):
        frame = av.AudioFrame.from_ndarray(samples[None, first : first + 160], format="s16", layout="mono")
        frame.pts, frame.sample_rate, frame.time_base = first, TELEPHONE_RATE, Fraction(1, TELEPHONE_RATE)
        yield from audio.encode(frame)


def describe(camera: Camera, directory: Path) -> None:
    """Write the TOML that the embedded recorder reads (docs/recorder.md)."""
    lines = [
        f'name = "{camera.name}"',
        f'location = "{camera.location}"',
        f'description = "{camera.description}"',
        f'serial = "{camera.serial}"',
        f"start = {camera.start:%Y-%m-%dT%H:%M:%SZ}",
        f"longitude = {camera.longitude}",
        f"latitude = {camera.latitude}",
    ]
    if camera.gap is not None:
        lines += [
            "",
            "[[gaps]]",
            f"at = {camera.gap[0]}  # seconds of media",
            f"duration = {camera.gap[1]}  # seconds without a recording",
        ]
    (directory / f"{camera.file}.toml").write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def main() -> None:
    directory = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    wanted = sys.argv[2:] or [camera.file for camera in CAMERAS]
    directory.mkdir(parents=True, exist_ok=True)
    for camera in CAMERAS:
        if camera.file not in wanted:
            continue
        path = write(camera, directory)
        describe(camera, directory)
        if isinstance(camera.scene, SideDoor):
            knowledge.write(camera.start, camera.seconds, path)
        print(f"{path}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
