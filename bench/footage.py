"""Files to measure with, generated once into bench/out."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from measure import OUT, needed, say


@dataclass(frozen=True, slots=True, kw_only=True)
class Footage:
    """A generated file: a minute is encoded, then repeated without encoding again.

    ``kbit``: of the video, constant; the sound, if any, has 64 kbit/s more. ``fps``: pictures a second; a clean point
    every 50 pictures.
    """

    name: str
    size: str
    kbit: int
    seconds: int
    fps: int = 25
    sound: bool = True

    def path(self) -> Path:
        """The file; made when it is not there yet."""
        path, minute, part = (OUT / f"{self.name}{end}.mp4" for end in ("", "-minute", ".part"))
        if not path.exists():
            OUT.mkdir(parents=True, exist_ok=True)
            say(f"Generating {path.name} ...")
            ffmpeg(
                *("-f", "lavfi", "-i", f"testsrc2=s={self.size}:r={self.fps},noise=alls=60:allf=t"),
                *(("-f", "lavfi", "-i", "anoisesrc=r=48000:a=0.1") if self.sound else ()),
                *("-t", "60", "-c:v", "libx264", "-preset", "veryfast", "-g", "50"),
                *("-b:v", f"{self.kbit}k", "-minrate", f"{self.kbit}k", "-maxrate", f"{self.kbit}k"),
                *("-bufsize", f"{self.kbit}k", "-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "64k", str(minute)),
            )
            repeats = -(-self.seconds // 60) - 1
            ffmpeg(
                *("-stream_loop", str(repeats), "-i", str(minute), "-c", "copy", "-t", str(self.seconds), str(part)),
            )
            minute.unlink()
            part.rename(path)
        return path


# 6 Mbit/s of video and 64 kbit/s of sound: 528 s are 400 MB.
LARGE = Footage(name="400MB", size="1280x720", kbit=6000, seconds=528)
HOUR = Footage(name="60min", size="320x180", kbit=300, seconds=3600)
MINUTE = Footage(name="1min", size="320x180", kbit=300, seconds=60)
DAY = Footage(name="24h", size="160x90", kbit=40, seconds=86_400, fps=2, sound=False)
DAY_MINUTE = Footage(name="24h-1min", size="160x90", kbit=40, seconds=60, fps=2, sound=False)
NIGHT = Footage(name="12h", size="160x90", kbit=16, seconds=43_200, fps=1, sound=False)
NIGHT_HOUR = Footage(name="12h-hour", size="160x90", kbit=16, seconds=3600, fps=1, sound=False)


def ffmpeg(*arguments: str) -> None:
    """ffmpeg, overwriting, quiet."""
    subprocess.run([needed("ffmpeg"), "-v", "error", "-y", *arguments], check=True, stdin=subprocess.DEVNULL)
