"""A band below a picture, with a line of text: nothing of the picture is covered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vssx.codec.letters import HEIGHT, WIDTH, dots

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

_DARK, _LIGHT, _GREY = 16, 235, 128  # of limited range (ITU-R BT.601)


class Band:
    """Puts pictures of ``width`` x ``height`` (even) above a band. ``most``: characters of the longest line.

    ``above``: height of the picture; ``height``: of both together.
    """

    def __init__(self, width: int, height: int, *, lines: int, most: int) -> None:
        self.width = width
        self.above = height
        self._columns = max(1, min(most, width // WIDTH))
        rows = lines * -(-most // self._columns)
        by_width, by_height = width // (self._columns * WIDTH), height // 16 // (HEIGHT + 3)
        self._scale = max(1, min(by_width, by_height))
        self._line = (HEIGHT + 3) * self._scale
        band = rows * self._line + 2 * self._scale
        self.height = height + band + band % 2

    def put(self, picture: VideoFrame, lines: tuple[str, ...]) -> VideoFrame:
        """A new picture of ``width`` x ``self.height``. ``picture``: yuv420p, of the size of this band."""
        from av.video.frame import VideoFrame

        made = VideoFrame(self.width, self.height, "yuv420p")
        for index, (source, target) in enumerate(zip(picture.planes, made.planes, strict=True)):
            shift = 1 if index else 0
            above, used = self.above >> shift, self.width >> shift
            read, write = memoryview(source), memoryview(target)
            step, stride = source.line_size, target.line_size
            if step == stride:
                write[: above * stride] = read[: above * step]
            else:
                for row in range(above):
                    write[row * stride : row * stride + used] = read[row * step : row * step + used]
            write[above * stride :] = bytes([_GREY if index else _DARK]) * (len(write) - above * stride)
        luma = made.planes[0]
        self._write(memoryview(luma), luma.line_size, lines)
        return made

    def _write(self, luma: memoryview, stride: int, lines: tuple[str, ...]) -> None:
        top = self.above + 2 * self._scale
        for line in lines:
            for part in self._folded(line):
                left = (self.width - len(part) * WIDTH * self._scale) // 2
                for number, row in enumerate(dots(part, on=_LIGHT, off=_DARK, scale=self._scale)):
                    at = (top + number) * stride + left
                    luma[at : at + len(row)] = row
                top += self._line

    def _folded(self, line: str) -> list[str]:
        return [line[at : at + self._columns] for at in range(0, len(line), self._columns)]
