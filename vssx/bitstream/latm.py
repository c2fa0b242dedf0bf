"""LATM, the low-overhead multiplex of MPEG-4 audio: AudioMuxElements become raw AAC frames, their bytes unaltered.

Source: ISO/IEC 14496-3 clause 1.7.3 (StreamMuxConfig, PayloadLengthInfo, PayloadMux). One program with one layer, as
RFC 6416 section 6.1 recommends; everything else is refused by name.
"""

from __future__ import annotations

from dataclasses import dataclass

from vssx.bitstream import aac
from vssx.bitstream.nal import BitReader
from vssx.errors import MalformedMediaError, UnsupportedMediaError
from vssx.model.media import CodecConfiguration

MAX_ELEMENT = 1 << 20
_MAX_CONFIG = 4096
# Object types whose configuration ends where vssx knows it to end: SBR and PS wrap one of them.
_READABLE = frozenset({1, 2, 3, 4})


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamMuxConfig:
    """What an AudioMuxElement holds. ``frames``: AAC frames in each; ``frame_bits``: of each, 0 where they tell their
    own length; ``other_bits``: of other data behind the frames; ``configuration``: from its AudioSpecificConfig.
    """

    configuration: CodecConfiguration
    frames: int = 1
    frame_bits: int = 0
    other_bits: int = 0


def parse_stream_mux_config(data: bytes) -> StreamMuxConfig:
    """StreamMuxConfig as the SDP gives it. Raises MalformedMediaError, UnsupportedMediaError."""
    if len(data) > _MAX_CONFIG:
        raise MalformedMediaError(f"{len(data)} bytes", where="StreamMuxConfig")
    return _read_config(BitReader(data, "StreamMuxConfig"), data, out_of_band=True)


def _read_config(reader: BitReader, data: bytes, *, out_of_band: bool = False) -> StreamMuxConfig:
    version = reader.u(1)
    if version and reader.flag():
        raise _unsupported("audioMuxVersionA 1")
    if version:
        _value(reader)  # taraBufferFullness
    reader.skip(1)  # allStreamsSameTimeFraming: there is one stream
    frames = 1 + reader.u(6)
    if reader.u(4):
        raise _unsupported("several programs")
    if reader.u(3):
        raise _unsupported("several layers")
    length = _value(reader) if version else None
    start = reader.position
    if length is None:
        # A program_config_element aligns itself to the configuration's own start.
        inside = BitReader(_bits(data, start, reader.left), "StreamMuxConfig, AudioSpecificConfig")
        parsed = aac.read_audio_specific_config(inside, bounded=False)
        if parsed.object_type not in _READABLE:
            raise _unsupported(f"AAC {parsed.profile}")
        length = inside.position
    reader.skip(length)
    configuration = aac.configuration(_bits(data, start, length))
    if out_of_band and reader.left < 3:
        # GStreamer's payloader ends here: a variable frame length and nothing else is what everybody means.
        return StreamMuxConfig(configuration=configuration, frames=frames)
    kind = reader.u(3)
    frame_bits = 0
    if kind == 0:
        reader.skip(8)  # latmBufferFullness
    elif kind == 1:
        frame_bits = 8 * (reader.u(9) + 20)
    else:
        raise _unsupported(f"frame length type {kind} (CELP or HVXC)")
    other_bits = _other(reader, version) if reader.flag() else 0
    if reader.flag():
        reader.skip(8)  # crcCheckSum
    return StreamMuxConfig(configuration=configuration, frames=frames, frame_bits=frame_bits, other_bits=other_bits)


def _other(reader: BitReader, version: int) -> int:
    if version:
        return _value(reader)
    bits, more = 0, True
    while more:
        more = reader.flag()
        bits = bits << 8 | reader.u(8)
        if bits > 8 * MAX_ELEMENT:
            raise reader.malformed("other data larger than any element")
    return bits


def _value(reader: BitReader) -> int:
    """LatmGetValue: one to four bytes."""
    return reader.u(8 * (reader.u(2) + 1))


def _bits(data: bytes, start: int, count: int) -> bytes:
    """``count`` bits from bit ``start`` on, zeros behind them up to a whole byte."""
    if not start & 7 and not count & 7:
        return data[start >> 3 : (start + count) >> 3]
    last = (start + count + 7) >> 3
    value = int.from_bytes(data[start >> 3 : last], "big") >> (last * 8 - start - count) & (1 << count) - 1
    size = (count + 7) >> 3
    return (value << (size * 8 - count)).to_bytes(size, "big")


def _unsupported(what: str) -> UnsupportedMediaError:
    return UnsupportedMediaError(
        f"{what} is not carried", where="StreamMuxConfig", next_step="Set the recorder to plain AAC, or to G.711."
    )


class AudioMuxReader:
    """Takes AudioMuxElements apart, following the StreamMuxConfig that applies.

    ``config``: from the SDP; None where only the elements tell. ``in_band``: elements begin with the bit
    useSameStreamMux and may carry another StreamMuxConfig (cpresent=1).
    """

    def __init__(self, config: StreamMuxConfig | None, *, in_band: bool) -> None:
        self._config = config
        self._in_band = in_band

    @property
    def configuration(self) -> CodecConfiguration | None:
        """Of the last element that was whole; None before any StreamMuxConfig was seen."""
        return None if self._config is None else self._config.configuration

    def frames(self, element: bytes) -> tuple[bytes, ...]:
        """The AAC frames of one whole element, in order.

        Raises MalformedMediaError for one that is cut short, longer than its frames, or comes before any
        StreamMuxConfig; UnsupportedMediaError for a multiplex that is not carried.
        """
        if len(element) > MAX_ELEMENT:
            raise MalformedMediaError(f"an AudioMuxElement of {len(element)} bytes", where="LATM")
        reader = BitReader(element, "AudioMuxElement")
        config = self._config
        if self._in_band and not reader.flag():
            stated = _read_config(reader, element)
            config = config if stated == config else stated  # senders repeat it; equal ones keep their identity
        if config is None:
            raise reader.malformed("no StreamMuxConfig came before it")
        found = []
        for _ in range(config.frames):
            bits = config.frame_bits or 8 * _length(reader)
            start = reader.position
            reader.skip(bits)
            if bits:
                found.append(_bits(element, start, bits))
        if reader.left < config.other_bits or reader.left - config.other_bits >= 8:
            raise reader.malformed(f"{reader.left} bits behind its frames")
        self._config = config  # not before: what a torn element begins with may look like one
        return tuple(found)


def _length(reader: BitReader) -> int:
    """PayloadLengthInfo: bytes of a frame, 255 at a time."""
    total = 0
    while (part := reader.u(8)) == 255:
        total += part
    return total + part
