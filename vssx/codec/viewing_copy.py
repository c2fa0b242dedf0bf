"""Viewing copies: any video that libav decodes as H.264 and AAC in an ordinary MP4, for players that want that.

Every picture keeps its time. Nothing of it is evidence: a band below each picture says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from vssx.codec.burnt_line import Band
from vssx.codec.demux import open_container, translated
from vssx.codec.picture_decoder import MAX_PIXELS
from vssx.codec.viewing_sound import CopiedSound, EncodedSound, sound_of
from vssx.errors import MalformedMediaError, StorageError, UnsupportedMediaError
from vssx.times import NS, to_xs_datetime

if TYPE_CHECKING:
    from av.container import InputContainer, OutputContainer
    from av.packet import Packet
    from av.stream import Stream
    from av.video.codeccontext import VideoCodecContext
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

LABEL = "VIEWING COPY - NOT EVIDENCE"
_LONGEST = len("2024-05-01 12:00:00.000 UTC")
_VIDEO_OPTIONS = {"preset": "veryfast", "crf": "20", "profile": "high", "bf": "0"}
_KEY_SECONDS = 2
_NO_ORIGIN = ("mpegts", "mpeg")  # their clock starts anywhere (ISO/IEC 13818-1 clause 2.4.2)
_MS = 1_000_000


@dataclass(slots=True, kw_only=True)
class ViewingCopy:
    """What became of a copy.

    ``samples``: of the video, as they were read; ``pictures``: in the copy; ``same_time``: pictures left out, since
    one before them has their time or a later one; ``resized``: of another size than the first, and scaled to it;
    ``damaged``: samples, of picture and sound, that the decoder refused, and pictures that it calls corrupt.
    """

    samples: int = 0
    pictures: int = 0
    same_time: int = 0
    resized: int = 0
    damaged: int = 0


def make_viewing_copy(
    source: Path,
    target: Path,
    *,
    title: str,
    comment: str,
    origin_ns: int | None,
    progress: Callable[[int, int], None],
) -> ViewingCopy:
    """Write ``target``, an MP4 whatever its suffix; what is there is overwritten.

    ``title``, ``comment``: metadata of the copy. ``origin_ns``: UTC of media time 0, for the line in the picture; None:
    the line tells the time since the start. ``progress``: called with media time in ns and the bytes of video read.

    Raises StorageError, MalformedMediaError, UnsupportedMediaError (no video, or none that libav decodes).
    """
    import av
    from av.error import FFmpegError

    with open_container(source) as given:
        copying = _Copying(source, given, origin_ns, progress)
        try:
            # Behind the last sample libav moves everything to put the index in front: players begin at once.
            with av.open(str(target), "w", format="mp4", options={"movflags": "+faststart"}) as out:
                out.metadata["title"], out.metadata["comment"] = title, comment
                copying.run(_Output(out, target))
        except FFmpegError as error:
            raise _unwritable(error, target) from None
    return copying.made


class _Output:
    """The copy; what goes wrong here is no fault of the source."""

    def __init__(self, container: OutputContainer, path: Path) -> None:
        self.container = container
        self._path = path

    def write(self, packets: Sequence[Packet[Stream]]) -> None:
        from av.error import FFmpegError

        try:
            self.container.mux(packets)
        except FFmpegError as error:
            raise _unwritable(error, self._path) from None


class _Copying:
    def __init__(
        self, source: Path, given: InputContainer, origin_ns: int | None, progress: Callable[[int, int], None]
    ) -> None:
        if not given.streams.video:
            raise UnsupportedMediaError("no video in it", where=str(source), next_step="There is nothing to view.")
        self.made = ViewingCopy()
        self._source = source
        self._given = given
        self._progress = progress
        self._origin_ns = origin_ns
        self._video: VideoStream = given.streams.video[0]
        self._context: VideoCodecContext = self._decoder()
        starts = [one.start_time * one.time_base for one in given.streams if one.start_time and one.time_base]
        shifted = given.format.name in _NO_ORIGIN and starts
        self._start = min(starts) if shifted else Fraction(0)
        self._sound: list[CopiedSound | EncodedSound] = []
        self._encoder: VideoStream | None = None
        self._band: Band | None = None
        self._size: tuple[int, int] | None = None
        self._last_pts: int | None = None
        self._bytes = 0

    def run(self, out: _Output) -> None:
        """Everything, to the end of the source."""
        from av.error import EOFError as EndOfFile
        from av.error import FFmpegError

        self._encoder = self._prepared(out.container)
        self._sound = [sound_of(stream, out.container, self._start) for stream in self._given.streams.audio]
        by_stream = {sound.stream.index: sound for sound in self._sound}
        wanted = [self._video, *(sound.stream for sound in self._sound)]
        packets = self._given.demux(*wanted)
        while True:
            try:
                packet = next(packets, None)
            except EndOfFile:
                break
            except FFmpegError as error:
                raise translated(error, self._source) from None
            if packet is None:
                break
            if packet.size == 0:
                continue  # libav's flush at the end
            sound = by_stream.get(packet.stream_index)
            if sound is not None:
                out.write(sound.take(packet))
                continue
            self.made.samples += 1
            self._bytes += packet.size
            for frame in self._decoded(packet):
                out.write(self._encoded(frame))
        for frame in self._decoded(None):
            out.write(self._encoded(frame))
        out.write(self._encoder.encode(None))
        for sound in self._sound:
            out.write(sound.finish())
            self.made.damaged += sound.damaged
        if not self.made.pictures:
            raise MalformedMediaError(
                "no picture of it can be decoded",
                where=str(self._source),
                next_step="Look at it with vssx inspect, and check it with vssx verify.",
            )

    def _decoder(self) -> VideoCodecContext:
        from av.codec.context import ThreadType

        context = self._video.codec_context
        if context is None:
            raise UnsupportedMediaError(
                "its video is of a codec that nobody here decodes", where=str(self._source), next_step=""
            )
        context.options = {"max_pixels": str(MAX_PIXELS)}
        context.thread_type = ThreadType.AUTO
        return context

    def _prepared(self, container: OutputContainer) -> VideoStream:
        """The track of the pictures. Its size is that of the source, even, and a band."""
        context, video = self._context, self._video
        width, height = context.width + context.width % 2, context.height + context.height % 2
        if not 16 <= width <= 16384 or not 16 <= height <= 16384 or not video.time_base:
            raise UnsupportedMediaError(
                f"its pictures are {context.width} x {context.height}",
                where=str(self._source),
                next_step="Such pictures cannot be encoded as H.264.",
            )
        self._band = Band(width, height, lines=2, most=_LONGEST)
        rate = video.average_rate or video.guessed_rate or Fraction(25)
        rate = min(max(Fraction(1, 10), rate), Fraction(240)).limit_denominator(1001)
        stream = container.add_stream("libx264", rate=rate, options=dict(_VIDEO_OPTIONS))
        stream.width, stream.height, stream.pix_fmt = width, self._band.height, "yuv420p"
        encoder = stream.codec_context
        encoder.time_base = stream.time_base = video.time_base
        encoder.gop_size = max(1, round(rate * _KEY_SECONDS))
        encoder.color_range = 1  # limited, as ITU-T H.273 says and every player expects
        encoder.colorspace, encoder.color_trc = context.colorspace, context.color_trc
        encoder.color_primaries = context.color_primaries
        if context.sample_aspect_ratio:
            encoder.sample_aspect_ratio = context.sample_aspect_ratio
        return stream

    def _decoded(self, packet: Packet[Stream] | None) -> Iterator[VideoFrame]:
        from av.error import InvalidDataError

        try:
            yield from self._context.decode(packet)
        except InvalidDataError:
            self.made.damaged += 1

    def _encoded(self, frame: VideoFrame) -> Sequence[Packet[Stream]]:
        encoder, band = self._encoder, self._band
        assert encoder is not None
        assert band is not None
        base = self._video.time_base
        assert base is not None
        if frame.pts is None:
            raise UnsupportedMediaError(
                "does not say when its pictures are shown",
                where=str(self._source),
                next_step="Make a handover of it first, with vssx remux and --fps; then a viewing copy of that.",
            )
        pts = frame.pts - int(self._start / base)
        if self._last_pts is not None and pts <= self._last_pts:
            self.made.same_time += 1
            return ()
        self._last_pts = pts
        self.made.pictures += 1
        self.made.damaged += frame.is_corrupt
        if self._size not in (None, (frame.width, frame.height)):
            self.made.resized += 1
        self._size = self._size or (frame.width, frame.height)
        media_ns = int(pts * base * NS)
        plain = frame.reformat(band.width, band.above, "yuv420p", dst_color_range="MPEG")
        made = band.put(plain, (LABEL, self._time(media_ns)))
        made.pts, made.time_base = pts, base
        self._progress(media_ns, self._bytes)
        return encoder.encode(made)

    def _time(self, media_ns: int) -> str:
        """As much as the letters of the band can say."""
        if self._origin_ns is None:
            minutes, ms = divmod(media_ns // _MS, 60_000)
            return f"{minutes // 60:02}:{minutes % 60:02}:{ms // 1000:02}.{ms % 1000:03}"
        at = (self._origin_ns + media_ns) // _MS
        whole = to_xs_datetime(at // 1000 * NS).removesuffix("Z").replace("T", " ")
        return f"{whole}.{at % 1000:03} UTC"


def _unwritable(error: Exception, path: Path) -> StorageError:
    return StorageError(
        f"cannot be written: {getattr(error, 'strerror', None) or error}",
        where=str(path),
        next_step="Check free space and permissions, then run the command again.",
    )
