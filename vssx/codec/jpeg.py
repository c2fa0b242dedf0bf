"""Decoded pictures as small JPEG files: baseline, full range, square pixels."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

_QUANTISER = 4  # of 2 (best) to 31: about 15 kB for 480 x 270
_SMALLEST = 16  # a block of chroma; no shape of pixels, however odd, makes a picture thinner
_FULL_RANGE = "JPEG"  # JFIF: Y, Cb and Cr of ITU-R BT.601, 0 to 255


class SmallPicture:
    """A picture scaled down, not yet encoded: it holds no memory of its decoder."""

    def __init__(self, frame: VideoFrame, pixel_aspect: Fraction, limit: int) -> None:
        """``pixel_aspect``: width by height of a pixel; ``limit``: largest width and height. Raises ValueError."""
        self.width, self.height = fitted(frame.width, frame.height, pixel_aspect, limit)
        self._frame = frame.reformat(
            self.width,
            self.height,
            "yuvj420p",
            src_colorspace=_matrix(frame),
            dst_colorspace="ITU601",
            dst_color_range=_FULL_RANGE,
            interpolation="AREA",
        )
        self.interlaced = frame.interlaced_frame

    def jpeg(self) -> bytes:
        """The JPEG file; the same picture gives the same bytes. Raises FFmpegError."""
        import av
        from av.codec.context import Flags
        from av.video.codeccontext import VideoCodecContext

        context = av.CodecContext.create("mjpeg", "w")
        assert isinstance(context, VideoCodecContext)
        context.width, context.height, context.pix_fmt = self.width, self.height, "yuvj420p"
        context.time_base = Fraction(1, 25)
        context.qmin = context.qmax = _QUANTISER
        context.flags |= Flags.bitexact  # no version of the library inside the file
        self._frame.pts = 0
        return b"".join(bytes(packet) for packet in (*context.encode(self._frame), *context.encode(None)))


def fitted(width: int, height: int, pixel_aspect: Fraction, limit: int) -> tuple[int, int]:
    """Width and height with square pixels, even, not above ``limit`` and no larger than the picture is."""
    shape = pixel_aspect if pixel_aspect > 0 else Fraction(1)
    across, down = (width * shape, Fraction(height)) if shape < 1 else (Fraction(width), height / shape)
    scale = min(Fraction(1), limit / max(across, down))
    return _even(across * scale, limit), _even(down * scale, limit)


def _matrix(frame: VideoFrame) -> str:
    """How the picture's colours were coded (ITU-T H.273, matrix coefficients); unsaid, by the custom for its size."""
    unsaid = "ITU709" if frame.height >= 720 else "ITU601"
    return {0: unsaid, 1: "ITU709", 2: unsaid, 7: "SMPTE240M"}.get(frame.colorspace, "ITU601")


def _even(length: Fraction, limit: int) -> int:
    return max(_SMALLEST, min(limit, round(length / 2) * 2))
