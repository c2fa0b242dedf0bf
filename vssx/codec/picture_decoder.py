"""Decodes a stretch of samples, as our own reader gives them, and keeps the pictures that are wanted of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from vssx.bitstream import h264, h265
from vssx.bitstream.nal import split_length_prefixed
from vssx.codec.jpeg import SmallPicture
from vssx.errors import MalformedMediaError
from vssx.isobmff.box import MediaFile
from vssx.isobmff.sample_entry import SampleEntry
from vssx.isobmff.sample_tables import Sample
from vssx.model.media import Codec

if TYPE_CHECKING:
    from av.video.codeccontext import VideoCodecContext
    from av.video.frame import VideoFrame

MAX_PIXELS = 8192 * 4608
"""Larger pictures are not decoded: a decoder holds up to seventeen of them in memory."""
_DECODERS = {Codec.H264: "h264", Codec.H265: "hevc"}


@dataclass(slots=True, kw_only=True)
class Shown:
    """A picture, and the sample that it is by number and composition time. ``damaged``: see Still."""

    number: int
    composition: int
    picture: SmallPicture
    damaged: bool


class Stretch:
    """Samples to the last of those that are wanted, in decoding order.

    ``first``: number of the clean point to decode from; where the stretch begins with an earlier one, that is used to
    warm up the decoder if ``first`` leans on it. ``wanted``: composition times. ``entries``: of the track.
    """

    def __init__(
        self,
        file: MediaFile,
        entries: Sequence[SampleEntry],
        samples: Sequence[Sample],
        *,
        first: int,
        wanted: Sequence[int],
    ) -> None:
        self._file = file
        self._entries = entries
        self._first = first
        self._wanted = sorted(set(wanted))
        self._without_picture: set[int] = set()
        self._faulty: list[int] = []
        whole = next(one for one in samples if one.number == first)
        self._leans = not self._begins_anew(whole)
        self._samples = samples if self._leans else [one for one in samples if one.number >= first]

    def pictures(self, limit: int) -> dict[int, Shown]:
        """For each wanted time that shows something, what it does, within ``limit`` pixels.

        At first nothing faulty is accepted. Where something is, all is decoded again with what libav makes of it, and
        the pictures from there on are marked as damaged. A stretch that leans on what is not there (an open group of
        pictures, gradual refresh) lacks it without being damaged: there it must be behind ``first`` and warmed up.
        Raises FFmpegError, ValueError, MalformedMediaError and as ``MediaFile.read``.
        """
        found = self._decoded(limit, strict=True)
        if not self._faulty:
            return found
        unsound = [number for number in self._faulty if number >= self._first]
        if self._leans and self._samples[0].number == self._first:
            unsound = []
        found = self._decoded(limit, strict=False)
        for shown in found.values():
            shown.damaged |= bool(unsound) and shown.number >= unsound[0]
        return found

    def _begins_anew(self, sample: Sample) -> bool:
        """Nothing behind it leans on what is before it but pictures that are shown before it."""
        entry = self._entries[sample.entry]
        nals = split_length_prefixed(self._file.read(sample.offset, sample.size), entry.length_size)
        if entry.codec is Codec.H264:
            return any(nal and h264.nal_type(nal) == h264.IDR for nal in nals)
        return any(nal and 16 <= h265.nal_type(nal) <= 23 for nal in nals)  # IRAP; its RASL pictures are passed over

    def _decoded(self, limit: int, *, strict: bool) -> dict[int, Shown]:
        numbers: dict[int, int] = {}
        for sample in self._samples:
            numbers.setdefault(sample.composition, sample.number)
        found: dict[int, Shown] = {}
        waiting = list(reversed(self._wanted))
        before: tuple[int, VideoFrame, Fraction] | None = None

        def keep(until: int | None) -> None:
            """The picture before ``until`` is the one on show at every time before that."""
            while waiting and (until is None or waiting[-1] < until):
                wanted = waiting.pop()
                if before is not None and self._shows(before[0], before[1], wanted, numbers):
                    picture = SmallPicture(before[1], before[2], limit)
                    found[wanted] = Shown(
                        number=numbers[before[0]],
                        composition=before[0],
                        picture=picture,
                        damaged=before[1].is_corrupt,
                    )

        for frame, aspect in self._frames(strict=strict):
            at = frame.pts
            if at is not None and at in numbers and (before is None or at > before[0]):
                keep(at)
                before = (at, frame, aspect)
        keep(None)
        return found

    def _shows(self, at: int, frame: VideoFrame, wanted: int, numbers: dict[int, int]) -> bool:
        """An earlier picture stands in only for samples that hold none, and for the second field of its own."""
        if at == wanted:
            return True
        number = numbers[wanted]
        return number in self._without_picture or (frame.interlaced_frame and numbers[at] == number - 1)

    def _frames(self, *, strict: bool) -> Iterator[tuple[VideoFrame, Fraction]]:
        """Pictures in the order of presentation, each with the shape of its pixels."""
        import av
        from av.error import InvalidDataError

        decoder: VideoCodecContext | None = None
        entry = -1
        for sample in self._samples:
            if decoder is None or sample.entry != entry:
                if decoder is not None:
                    yield from _shaped(decoder, decoder.decode(None))
                entry = sample.entry
                decoder = _decoder(self._entries[entry], strict=strict)
            payload = self._payload(sample, self._entries[entry], strict=strict)
            if not payload:
                continue
            packet = av.Packet(payload)
            packet.pts, packet.dts = sample.composition, sample.decode
            try:
                frames = decoder.decode(packet)
            except InvalidDataError:
                self._faulty.append(sample.number)
                continue
            yield from _shaped(decoder, frames)
        if decoder is not None:
            yield from _shaped(decoder, decoder.decode(None))

    def _payload(self, sample: Sample, entry: SampleEntry, *, strict: bool) -> bytes:
        """Strictly, SEIs are left out but recovery points: they show nothing, and those of cameras are often faulty."""
        payload = self._file.read(sample.offset, sample.size)
        if not strict:
            return payload
        bits = h264 if entry.codec is Codec.H264 else h265
        try:
            nals = split_length_prefixed(payload, entry.length_size)
        except MalformedMediaError:
            self._faulty.append(sample.number)
            return b""
        if not any(nal and bits.is_slice(nal) for nal in nals):
            self._without_picture.add(sample.number)
        kept = [nal for nal in nals if nal and (not _is_sei(nal, entry.codec) or bits.is_recovery_point(nal))]
        return b"".join(part for nal in kept for part in (len(nal).to_bytes(entry.length_size, "big"), nal))


def _is_sei(nal: memoryview, codec: Codec | None) -> bool:
    return nal[0] & 0x1F == 6 if codec is Codec.H264 else nal[0] >> 1 & 0x3F in (39, 40)


def _decoder(entry: SampleEntry, *, strict: bool) -> VideoCodecContext:
    import av
    from av.codec.context import ThreadType
    from av.video.codeccontext import VideoCodecContext

    assert entry.codec is not None
    context = av.CodecContext.create(_DECODERS[entry.codec], "r")
    assert isinstance(context, VideoCodecContext)
    context.extradata = entry.decoder_configuration
    context.options = {"max_pixels": str(MAX_PIXELS), **({"err_detect": "explode"} if strict else {})}
    context.thread_type, context.thread_count = ThreadType.SLICE, 1  # an error belongs to the sample it is raised for
    return context


def _shaped(decoder: VideoCodecContext, frames: Sequence[VideoFrame]) -> Iterator[tuple[VideoFrame, Fraction]]:
    for frame in frames:
        yield frame, decoder.sample_aspect_ratio or Fraction(1)
