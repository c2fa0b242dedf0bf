"""Two seconds of picture and sound in every codec that the recorder sends; what a handover must hold of them."""

from __future__ import annotations

import math
import shutil
import subprocess
from array import array
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av

from tests.clips import picture

START = "2024-05-01T12:00:00Z"
RATE, FRAMES, SIZE = 25, 40, (64, 48)
VIDEO = {"h264": "libx264", "h265": "libx265"}
SAMPLED = {
    "pcmu": ("pcm_mulaw", 8_000),
    "pcma": ("pcm_alaw", 8_000),
    "l16": ("pcm_s16be", 16_000),
}
G726 = ("g726-16", "g726-24", "g726-32", "g726-40", "aal2-g726-32")
AAC = {"aac": "usual", "latm": "latm", "latm-in-band": "latm-in-band"}
AUDIO = ("none", *AAC, *SAMPLED, *G726)


def make(directory: Path) -> Path:
    """A recording for each pair of video and audio, named after them; and ``jpeg``: H.264, JPEG and G.711."""
    for video in VIDEO:
        for audio in AUDIO:
            if "g726" not in audio:
                _encode(directory / f"{video}-{audio}.mov", video, audio)
            elif ffmpeg := shutil.which("ffmpeg"):
                _with_g726(ffmpeg, directory, video, audio)
    _encode(directory / "jpeg.mov", "h264", "pcma", jpeg=True)
    for path in list(directory.iterdir()):
        audio = path.stem.partition("-")[2]
        payload = "aal2" if audio.startswith("aal2") else AAC.get(audio, "usual")
        text = f'start = {START}\naudio_payload = "{payload}"\n'
        path.with_suffix(".toml").write_text(text, encoding="utf-8")
    return directory


def _with_g726(ffmpeg: str, directory: Path, video: str, audio: str) -> None:
    """PyAV puts G.726 into no container that says its bit rate."""
    command = [ffmpeg, "-v", "error", "-i", str(directory / f"{video}-pcma.mov"), "-c:v", "copy", "-c:a", "g726"]
    command += ["-b:a", f"{audio.rpartition('-')[2]}k", str(directory / f"{video}-{audio}.mov")]
    subprocess.run(command, check=True)


def _encode(path: Path, video: str, audio: str, *, jpeg: bool = False) -> None:
    with av.open(str(path), "w") as out:
        pictures = out.add_stream(VIDEO[video], rate=RATE)
        pictures.width, pictures.height, pictures.pix_fmt = *SIZE, "yuv420p"
        params = "log-level=none:keyint=12:min-keyint=12:scenecut=0:bframes=2"
        pictures.options = {"preset": "ultrafast", "x265-params": params, "g": "12", "bf": "2", "sc_threshold": "0"}
        more = out.add_stream("mjpeg", rate=RATE, options={"huffman": "default"}) if jpeg else None
        if more is not None:
            more.width, more.height, more.pix_fmt = *SIZE, "yuvj420p"
        sound = None
        if audio != "none":
            codec, rate = SAMPLED.get(audio, ("aac", 48_000))
            sound = out.add_stream(codec, rate=rate, layout="mono")
        for number in range(FRAMES):
            for stream, pixels in ((pictures, "yuv420p"), (more, "yuvj420p")):
                if stream is not None:
                    frame = picture(*SIZE, pixels, number)
                    frame.pts, frame.time_base = number, Fraction(1, RATE)
                    out.mux(stream.encode(frame))
            if sound is not None:
                out.mux(sound.encode(_tone(sound.rate, number)))
        for stream in (pictures, more, sound):
            if stream is not None:
                out.mux(stream.encode(None))


def _tone(rate: int, number: int) -> av.AudioFrame:
    count = rate // RATE
    first = number * count
    tone = array("h", (round(9000 * math.sin(n * n / rate / 9)) for n in range(first, first + count)))
    frame = av.AudioFrame("s16", "mono", count)
    frame.planes[0].update(tone.tobytes())
    frame.sample_rate, frame.pts, frame.time_base = rate, first, Fraction(1, rate)
    return frame


def stored(path: Path, kind: str = "video") -> list[bytes]:
    """Access units of the first video track, or the packets of the audio track, as they are in the file."""
    with av.open(str(path)) as container:
        stream = next(stream for stream in container.streams if stream.type == kind)
        return [bytes(packet) for packet in container.demux(stream) if packet.size]


def audio_samples(path: Path) -> bytes:
    """Decoded by libav: what a person hears, whatever the container and its packing."""
    with av.open(str(path)) as container:
        return b"".join(_samples(container))


def _samples(container: av.container.InputContainer) -> Iterator[bytes]:
    for frame in container.decode(container.streams.audio[0]):
        yield bytes(frame.planes[0])[: frame.samples * frame.format.bytes]
