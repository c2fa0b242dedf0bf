"""Demultiplexes local files with PyAV: samples as they are stored, with their times, and what the file says of them.

Nothing is decoded, dropped or converted. Edit lists move the time line (an offset at its start), they hide nothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, ClassVar, Self

from vssx.codec.audio_decoding import PCM_FORMATS
from vssx.codec.cut_file import CutFile, declared_size
from vssx.codec.described_stream import container_configuration, printable, why_left_out
from vssx.codec.packets import DemuxedTrack, Framing, LeftOut, Packet, stated_configuration
from vssx.codec.raw_timing import raw_clock, reordered, timed
from vssx.errors import MalformedMediaError, StorageError, UnsupportedMediaError, UsageError, VssxError
from vssx.model.media import (
    AAC_RATES,
    AUDIO_CODECS,
    EVERY_TRACK,
    TRANSCODED,
    AudioChoice,
    Codec,
    TrackChoice,
)
from vssx.times import NS, from_xs_datetime

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.error import FFmpegError
    from av.stream import Stream

# Only containers that hold media themselves: a playlist or script must not make libav open other files or addresses.
_FORMATS = "mov,matroska,mpegts,mpeg,avi,flv,asf,h264,hevc,mxf,nut,dhav,ogg"
_OPTIONS = {
    "format_whitelist": _FORMATS,
    "protocol_whitelist": "file",
    "advanced_editlist": "0",  # libav: apply the offset of the edit list, but leave out no sample
    "ignore_chapters": "1",
    # libav takes any step back of more than a minute for the 33-bit clock running over; see _nearest
    "correct_ts_overflow": "0",
}
_RAW_FORMATS = frozenset({"h264", "hevc"})
RAW_SUFFIXES = {
    **dict.fromkeys((".264", ".h264", ".avc", ".26l"), "h264"),
    **dict.fromkeys((".265", ".h265", ".hevc"), "hevc"),
}
"""Raw streams are known by their names alone."""
__all__ = ["DemuxedTrack", "Demuxer", "Framing", "LeftOut", "Packet"]

_CODECS = {
    "h264": Codec.H264,
    "hevc": Codec.H265,
    "aac": Codec.AAC,
    "pcm_mulaw": Codec.PCMU,
    "pcm_alaw": Codec.PCMA,
    "adpcm_g726": Codec.G726,
    "g726": Codec.G726,
    "adpcm_g726le": Codec.G726,
    "g726le": Codec.G726,
    **{f"pcm_{name}": Codec.PCM for name in PCM_FORMATS},
    "pcm_s16be": Codec.L16,
}
_HALF_TURN = 1 << 32
_DECODE_TIMES_ONLY = frozenset({"avi", "asf"})
_NO_ORIGIN = frozenset({"mpegts", "mpeg"})  # their clock starts anywhere (ISO/IEC 13818-1 clause 2.4.2)


class Demuxer:
    """An open local file. A context manager; ``packets`` goes through it once."""

    codecs: ClassVar[Mapping[str, Codec]] = _CODECS
    """Codecs that are carried, by libav's names."""
    pictures: ClassVar[frozenset[Codec]] = frozenset({Codec.H264, Codec.H265})
    """Codecs of which a file must hold one."""

    encodes: ClassVar[bool] = True
    """Sampled audio is to become AAC, so it has to be of a kind that AAC knows."""

    def __init__(self, path: Path, *, fps: Fraction | None = None, choice: TrackChoice = EVERY_TRACK) -> None:
        """Open and probe the file. ``fps``: frames a second of a raw stream, else its VUI tells. ``choice``: which
        tracks to take.

        Raises StorageError (no such file, or not readable), MalformedMediaError (not media, or broken),
        UnsupportedMediaError (a video or audio codec that vssx does not carry, or no H.264 or H.265 video;
        a raw stream that does not say its frame rate).
        """
        self._path = path
        self._choice = choice
        self._cut: CutFile | None = None
        self._container = self._opened()
        self.beyond: dict[int, int] = {}
        """Samples, by track, that the file's tables name behind its end; known when ``packets`` has ended."""
        self.read_error = ""
        """Why ``packets`` ended early; "" where it did not."""
        try:
            self.format = self._container.format.name
            self.raw = self.format in _RAW_FORMATS
            self.decode_times_only = self.format in _DECODE_TIMES_ONLY
            self.creation_ns = _creation_time(self._container.metadata.get("creation_time"))
            self._numerators: list[int] = []
            self.tracks, self.left_out = self._read_tracks()
            self.frame_duration = self._raw_frame_duration(fps) if self.raw else None
            if self.frame_duration is not None:
                timescale, self._frame_ticks = raw_clock(self.frame_duration, str(path))
                self.tracks = (replace(self.tracks[0], timescale=timescale),)
            self.origin = self._origin() if self.format in _NO_ORIGIN else Fraction(0)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._container.close()
        if self._cut is not None:
            self._cut.close()

    def _opened(self) -> InputContainer:
        container = open_container(self._path)
        if not container.format.name.startswith("mov"):
            return container
        declared = declared_size(self._path)
        if declared <= self._path.stat().st_size:
            return container
        container.close()
        self._cut = CutFile(self._path, declared)
        return open_container(self._path, self._cut)

    @property
    def numbers(self) -> dict[int, int]:
        """The tracks by what the container calls them; in MPEG-TS that is their PID."""
        return {self._container.streams[track.stream].id: at for at, track in enumerate(self.tracks)}

    def _read_tracks(self) -> tuple[tuple[DemuxedTrack, ...], tuple[LeftOut, ...]]:
        tracks, left_out = [], []
        for stream in self._container.streams:
            unwanted = self._choice.audio is AudioChoice.NONE and stream.type == "audio"
            no_audio = f"track {stream.index} is audio, and no audio was asked for" if unwanted else ""
            if reason := no_audio or why_left_out(stream):
                left_out.append(LeftOut(stream=stream.index, detail=reason))
                continue
            base = stream.time_base
            if base is None or base <= 0:
                raise MalformedMediaError(f"track {stream.index} has no time base", where=str(self._path))
            try:
                track = self._track(stream, base.denominator)
            except UnsupportedMediaError as error:
                if not self._choice.skip_unsupported:
                    raise self._refused(error) from None
                left_out.append(LeftOut(stream=stream.index, detail=f"left out as was asked for: {error.message}"))
                continue
            if self._choice.audio is AudioChoice.AAC_ONLY and track.codec in TRANSCODED:
                detail = f"track {stream.index} is audio other than AAC ({track.codec}), which was not asked for"
                left_out.append(LeftOut(stream=stream.index, detail=detail))
                continue
            self._numerators.append(base.numerator)
            tracks.append(track)
        if not any(track.codec in self.pictures for track in tracks):
            raise UnsupportedMediaError(
                "no H.264 or H.265 video in it",
                where=str(self._path),
                next_step="vssx remuxes files with H.264 or H.265 video.",
            )
        return tuple(tracks), tuple(left_out)

    def _refused(self, error: UnsupportedMediaError) -> UnsupportedMediaError:
        """Where no picture would be left, leaving the track out is no advice."""
        contexts = [stream.codec_context for stream in self._container.streams]
        if any(context is not None and self.codecs.get(context.name) in self.pictures for context in contexts):
            return error
        carried = "Nothing else in the file is H.264 or H.265 video, which a remux needs."
        return UnsupportedMediaError(error.message, where=error.where, next_step=carried)

    def _track(self, stream: Stream, timescale: int) -> DemuxedTrack:
        context = stream.codec_context
        codec = self.codecs.get(context.name) if context is not None else None
        if context is None or codec is None:
            name = "an unknown codec" if context is None else context.codec.long_name or context.name
            raise UnsupportedMediaError(
                f"track {stream.index} holds {name} ({stream.type})",
                where=str(self._path),
                next_step="Take the other tracks with --skip-unsupported; the record will say what was left out."
                " Carried are H.264, H.265, AAC, G.711, G.726 and PCM.",
            )
        extradata = bytes(context.extradata or b"")
        if codec not in (Codec.H264, Codec.H265, Codec.AAC):
            framing, extradata = Framing.RAW, b""
        elif codec is Codec.AAC:
            framing = Framing.RAW if extradata else Framing.ADTS
        else:
            framing = Framing.LENGTH_PREFIXED if extradata[:1] == b"\x01" else Framing.ANNEX_B
        configuration = None if extradata or framing is not Framing.RAW else container_configuration(context, codec)
        if self.encodes and configuration is not None and codec in TRANSCODED:
            rate, channels = configuration.sample_rate, configuration.channels
            if rate not in AAC_RATES or channels not in (1, 2):
                raise UnsupportedMediaError(
                    f"track {stream.index} holds {codec} with {channels} channels at {rate} Hz",
                    where=str(self._path),
                    next_step="Take the other tracks with --skip-unsupported; the record will say what was left out.",
                )
        return DemuxedTrack(
            stream=stream.index,
            codec=codec,
            framing=framing,
            timescale=timescale,
            extradata=extradata,
            language=stream.language or "und",
            description=printable(stream.metadata.get("handler_name") or stream.metadata.get("title") or ""),
            # Elsewhere libav guesses; of PCM it counts every single sample.
            samples=max(stream.frames, 0) if self.format.startswith("mov") and codec not in TRANSCODED else 0,
            configuration=configuration,
        )

    def _raw_frame_duration(self, fps: Fraction | None) -> Fraction:
        if fps is not None:
            if fps <= 0:
                raise UsageError(f"a frame rate of {fps}", where=str(self._path), next_step="Correct --fps.")
            return 1 / fps
        known = stated_configuration(self.tracks[0])[1]
        if known is None or known.frame_duration is None:
            raise UnsupportedMediaError(
                "a raw stream that does not say its frame rate",
                where=str(self._path),
                next_step="State the frame rate (fps), or put the stream into an MP4 or MKV file.",
            )
        return known.frame_duration

    def _origin(self) -> Fraction:
        """Smallest first presentation time, in seconds, of a container whose clock starts anywhere."""
        streams = [self._container.streams[track.stream] for track in self.tracks]
        starts = [stream.start_time for stream in streams if stream.start_time is not None]
        if not starts:
            return Fraction(0)
        return Fraction(min(_nearest(start, starts[0]) for start in starts), self.tracks[0].timescale)

    def packets(self) -> Iterator[Packet]:
        """Every sample of the carried tracks in file order, parameter sets, SEI-only and empty samples included.

        Raw streams get times from their frame rate (``frame_duration``) and picture order, AVI and ASF presentation
        times from picture order. Raises MalformedMediaError where libav cannot go on, UnsupportedMediaError where
        the picture order cannot be told.
        """
        if self.raw:
            return timed(self._stored(), self.tracks[0], self._frame_ticks)
        if self.decode_times_only:
            video = {number: track for number, track in enumerate(self.tracks) if track.codec not in AUDIO_CODECS}
            return reordered(self._stored(), video)
        return self._stored()

    def _stored(self) -> Iterator[Packet]:
        from av.error import FFmpegError

        numbers = {track.stream: number for number, track in enumerate(self.tracks)}
        numerators = self._numerators
        origin = int(self.origin * self.tracks[0].timescale) if self.format in _NO_ORIGIN else None
        reference = origin or 0
        end = None if self._cut is None else self._cut.size
        came = False
        try:
            for packet in self._container.demux(*(self._container.streams[stream] for stream in numbers)):
                pts, dts, size = packet.pts, packet.dts, packet.size
                if size == 0 and pts is None and dts is None:
                    continue  # libav's flush at the end
                number = numbers[packet.stream_index]
                if end is not None and packet.pos is not None and packet.pos + size > end:
                    self.beyond[number] = self.beyond.get(number, 0) + 1
                    continue
                came = True
                numerator = numerators[number]
                if numerator != 1:
                    pts = None if pts is None else pts * numerator
                    dts = None if dts is None else dts * numerator
                if origin is not None:
                    if dts is not None:
                        reference = _nearest(dts, reference)
                        dts = reference - origin
                    if pts is not None:
                        reference = _nearest(pts, reference)
                        pts = reference - origin
                yield Packet(
                    number,
                    bytes(packet) if size else b"",
                    pts,
                    dts,
                    (packet.duration or 0) * numerator,
                    packet.is_keyframe,
                    packet.is_corrupt,
                    bytes(packet.get_sidedata("new_extradata")) if packet.has_sidedata("new_extradata") else None,
                )
        except FFmpegError as error:
            problem = translated(error, self._path)
            if not came or isinstance(problem, StorageError):
                raise problem from None
            self.read_error = problem.message


def _nearest(time: int, reference: int) -> int:
    """The time that 33 bits (ISO/IEC 13818-1 clause 2.4.3.6) leave open, as near to the reference as it can be."""
    return reference + (time - reference + _HALF_TURN) % (2 * _HALF_TURN) - _HALF_TURN


def open_container(path: Path, cut: CutFile | None = None) -> InputContainer:
    """For libav to demultiplex, and kept from opening anything else. ``cut``: read in place of the file.

    Raises as ``Demuxer``.
    """
    import av
    from av.error import FFmpegError

    try:
        if not path.is_file():
            raise StorageError(
                "no such file" if not path.exists() else "not a file",
                where=str(path),
                next_step="Give the path of a media file.",
            )
    except OSError as problem:  # a directory on the way that may not be looked into
        raise _unreadable(problem, path) from None
    try:
        return av.open(
            cut or f"file:{path.absolute()}",
            "r",
            format=RAW_SUFFIXES.get(path.suffix.lower()),
            options=dict(_OPTIONS),
            metadata_errors="replace",
        )
    except FFmpegError as error:
        raise translated(error, path) from None


def translated(error: FFmpegError, path: Path) -> VssxError:
    """libav says "input/output error" of damaged files too: only a file that cannot be read is a storage problem."""
    try:
        with path.open("rb") as file:
            file.read(1 << 16)
            file.seek(-min(path.stat().st_size, 1 << 16), os.SEEK_END)
            file.read()
    except OSError as problem:
        return _unreadable(problem, path)
    return MalformedMediaError(
        f"cannot be read as media ({error.strerror or error})",
        where=str(path),
        next_step="The file is damaged, or of a kind that vssx does not read.",
    )


def _unreadable(problem: OSError, path: Path) -> StorageError:
    return StorageError(
        problem.strerror or str(problem), where=str(path), next_step="Check the file, its disk and its permissions."
    )


def _creation_time(text: str | None) -> int | None:
    """libav writes the container's creation time as xs:dateTime; None where absent or plainly never set."""
    if not text:
        return None
    try:
        moment = from_xs_datetime(text.strip().replace(" ", "T"))
    except ValueError:
        return None
    return moment if moment > 365 * 86_400 * NS else None
