"""What the samples of a local file's track are: converted to what MP4 stores, and judged by their bitstream."""

from __future__ import annotations

from collections.abc import Sequence

from vssx.bitstream import aac, h264, h265
from vssx.bitstream.nal import NalUnit, join_length_prefixed, split_annex_b, split_length_prefixed
from vssx.bitstream.stream import Examined, ParameterSetTracker
from vssx.codec.audio_decoding import sample_bits
from vssx.codec.packets import DemuxedTrack, Framing, Packet, stated_configuration
from vssx.errors import MalformedMediaError, UnsupportedMediaError
from vssx.model.media import Codec, CodecConfiguration


class VideoSamples:
    """Makes samples with 4-byte length prefixes and tells what they are."""

    def __init__(self, track: DemuxedTrack) -> None:
        self._track = track
        self._length_size, initial = stated_configuration(track)
        self._tracker = ParameterSetTracker(track.codec, initial=initial)
        self._is_intra = h264.is_intra if track.codec is Codec.H264 else h265.is_intra
        self.unread = ""

    @property
    def nominal(self) -> float:
        """Seconds of a frame by the VUI; 0 where it says nothing."""
        current = self._tracker.current
        return float(current.frame_duration) if current is not None and current.frame_duration is not None else 0.0

    @property
    def reorder_depth(self) -> int:
        """By the parameter sets in force; 0 without any."""
        return self._tracker.current.reorder_depth if self._tracker.current is not None else 0

    @property
    def current(self) -> CodecConfiguration | None:
        """The configuration in force."""
        return self._tracker.current

    def convert(self, packet: Packet) -> tuple[bytes, Examined]:
        """Sample as MP4 stores it. Raises MalformedMediaError when nothing can be made of it."""
        if packet.extradata:
            self._take_extradata(packet.extradata)
        payload = packet.payload
        nals: Sequence[NalUnit]
        if self._track.framing is Framing.ANNEX_B:
            nals = split_annex_b(payload)
            payload = join_length_prefixed(nals)
        else:
            nals = split_length_prefixed(payload, self._length_size)
            if self._length_size != 4:
                payload = join_length_prefixed(nals)
        try:
            examined = self._tracker.examine(nals)
        except MalformedMediaError as error:
            # A set that cannot be read travels on in the sample, as the camera sent it; the last good ones describe it.
            if self._tracker.current is None:
                raise
            self.unread = str(error)
            examined = self._tracker.examine([nal for nal in nals if not self._is_set(nal)])
            examined = examined._replace(has_parameter_sets=True)
        if packet.key and not examined.clean_point and examined.has_slice and self._is_intra(nals):
            examined = examined._replace(clean_point=True)
        return payload, examined

    def _is_set(self, nal: NalUnit) -> bool:
        return h264.is_parameter_set(nal) if self._track.codec is Codec.H264 else h265.is_parameter_set(nal)

    def _take_extradata(self, data: bytes) -> None:
        if data[:1] != b"\x01":
            self._tracker.update(split_annex_b(data))
            return
        self._length_size, configuration = (
            h264.from_avcc(data) if self._track.codec is Codec.H264 else h265.from_hvcc(data)
        )
        if configuration is not None:
            self._tracker.replace(configuration)


class AudioSamples:
    """Raw AAC frames; ADTS headers are taken off."""

    def __init__(self, track: DemuxedTrack) -> None:
        self._adts = track.framing is Framing.ADTS
        self._asc = track.extradata
        self._configuration = stated_configuration(track)[1]
        self.unread = ""
        self.reorder_depth = 0

    @property
    def nominal(self) -> float:
        """Seconds of a frame; 0 before the first one."""
        known = self._configuration
        return known.frame_samples / known.sample_rate if known is not None else 0.0

    def convert(self, packet: Packet) -> tuple[bytes, Examined]:
        """Raw frame. Raises MalformedMediaError, UnsupportedMediaError."""
        payload = packet.payload
        if self._adts:
            header = aac.parse_adts(payload)
            if header.raw_data_blocks != 1:
                raise UnsupportedMediaError(
                    f"{header.raw_data_blocks} AAC frames in one ADTS frame",
                    where="ADTS header",
                    next_step="Leave the sound out with --audio none, or put it into an MP4 or MKV file.",
                )
            if header.frame_size != len(payload):
                raise MalformedMediaError(
                    f"frame of {header.frame_size} bytes in a packet of {len(payload)}", where="ADTS header"
                )
            payload = payload[header.header_size :]
            self._take(header.audio_specific_config)
        elif packet.extradata:
            self._take(packet.extradata)
        assert self._configuration is not None
        return payload, Examined(self._configuration, True, False, False)

    def _take(self, asc: bytes) -> None:
        if asc != self._asc or self._configuration is None:
            self._configuration = aac.configuration(asc)
            self._asc = asc


class SampledAudio:
    """G.711, G.726 and PCM: the samples as they are stored."""

    def __init__(self, track: DemuxedTrack) -> None:
        configuration = stated_configuration(track)[1]
        assert configuration is not None, "the demuxer tells what sampled audio is"
        self._configuration = configuration
        self._samples = 0
        self.sample_rate = configuration.sample_rate
        self.unread = ""
        self.reorder_depth = 0

    @property
    def nominal(self) -> float:
        """Seconds of the packet before."""
        return self._samples / self.sample_rate

    def convert(self, packet: Packet) -> tuple[bytes, Examined]:
        """The payload as it is. Raises MalformedMediaError for a part of a sample."""
        bits = sample_bits(self._configuration)
        if 8 * len(packet.payload) % bits:
            raise MalformedMediaError(f"{len(packet.payload)} bytes are no whole number of samples of {bits} bits")
        self._samples = 8 * len(packet.payload) // bits
        return packet.payload, Examined(self._configuration, True, False, False)
