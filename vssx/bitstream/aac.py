"""AAC: AudioSpecificConfig, ADTS headers.

Sources: ISO/IEC 14496-3 clause 1.6.2.1 (AudioSpecificConfig), 1.6.5 (signalling of SBR and PS), 4.4.1
(GASpecificConfig, program_config_element), 1.A.3 (ADTS).
"""

from __future__ import annotations

from dataclasses import dataclass

from vssx.bitstream.nal import BitReader
from vssx.errors import MalformedMediaError, UnsupportedMediaError
from vssx.model.media import AAC_RATES, Codec, CodecConfiguration

_CHANNELS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 6, 7: 8, 11: 7, 12: 8, 13: 24, 14: 8}
_SBR, _PS = 5, 29
_GENERAL_AUDIO = frozenset({1, 2, 3, 4, 6, 7, 17, 19, 20, 21, 22, 23})
_OBJECTS = {1: "Main", 2: "LC", 3: "SSR", 4: "LTP", 17: "ER LC", 23: "LD", 39: "ELD", 42: "xHE"}
_MAX_CONFIG = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioSpecificConfig:
    """What vssx needs of an AudioSpecificConfig.

    ``sample_rate``/``channels``/``frame_samples`` are those of the decoder's output: with SBR twice the core's rate
    and samples, with parametric stereo two channels.
    """

    object_type: int
    sample_rate: int
    channels: int
    frame_samples: int
    sbr: bool = False
    ps: bool = False

    @property
    def profile(self) -> str:
        """Profile in words, as ffprobe names it."""
        if self.ps:
            return "HE-AACv2"
        return "HE-AAC" if self.sbr else _OBJECTS.get(self.object_type, f"object type {self.object_type}")


@dataclass(frozen=True, slots=True, kw_only=True)
class AdtsHeader:
    """adts_fixed_header and adts_variable_header. Sizes in bytes; ``frame_size`` includes the header."""

    object_type: int
    sample_rate_index: int
    channel_configuration: int
    header_size: int
    frame_size: int
    raw_data_blocks: int

    @property
    def audio_specific_config(self) -> bytes:
        """The two bytes of AudioSpecificConfig that say the same."""
        word = self.object_type << 11 | self.sample_rate_index << 7 | self.channel_configuration << 3
        return word.to_bytes(2, "big")


def parse_audio_specific_config(data: bytes) -> AudioSpecificConfig:
    """Read an AudioSpecificConfig. Raises MalformedMediaError."""
    if len(data) > _MAX_CONFIG:
        raise MalformedMediaError(f"{len(data)} bytes", where="AudioSpecificConfig")
    return read_audio_specific_config(BitReader(data, "AudioSpecificConfig"), bounded=True)


def read_audio_specific_config(reader: BitReader, *, bounded: bool) -> AudioSpecificConfig:
    """Read an AudioSpecificConfig amid other bits; the reader stands behind it afterwards.

    ``bounded``: it ends where the reader's data does, so the backward compatible signalling of SBR may follow
    (clause 1.6.5.2). Raises MalformedMediaError.
    """
    object_type = _read_object_type(reader)
    core_rate = rate = _read_sample_rate(reader)
    channel_configuration = reader.u(4)
    sbr = ps = False
    if object_type in (_SBR, _PS):
        sbr, ps = True, object_type == _PS
        rate = _read_sample_rate(reader)
        object_type = _read_object_type(reader)
        if object_type == 22:
            reader.skip(4)
    channels = _CHANNELS.get(channel_configuration, 0)
    frame = 1024
    if object_type in _GENERAL_AUDIO:
        short_frames = reader.flag()
        frame = (480 if short_frames else 512) if object_type == 23 else (960 if short_frames else 1024)
        if reader.flag():
            reader.skip(14)
        reader.skip(1)
        if channel_configuration == 0:
            channels = _read_program_config_channels(reader)
        if not sbr and bounded:
            sbr, ps, rate = _read_sync_extension(reader, rate)
    elif object_type == 39:
        frame = 480 if reader.flag() else 512
    if channels == 0:
        raise reader.malformed(f"channel configuration {channel_configuration}")
    return AudioSpecificConfig(
        object_type=object_type,
        sample_rate=rate,
        channels=2 if ps else channels,
        frame_samples=frame * rate // core_rate if sbr else frame,
        sbr=sbr,
        ps=ps,
    )


def _read_object_type(reader: BitReader) -> int:
    object_type = reader.u(5)
    return 32 + reader.u(6) if object_type == 31 else object_type


def _read_sample_rate(reader: BitReader) -> int:
    index = reader.u(4)
    if index == 15:
        rate = reader.u(24)
        if rate == 0:
            raise reader.malformed("sampling frequency 0")
        return rate
    if index >= len(AAC_RATES):
        raise reader.malformed(f"sampling frequency index {index}")
    return AAC_RATES[index]


def _read_program_config_channels(reader: BitReader) -> int:
    """Channels of a program_config_element: single elements count one, pairs two."""
    reader.skip(4 + 2 + 4)
    front, side, back, lfe, data, coupling = (reader.u(bits) for bits in (4, 4, 4, 2, 3, 4))
    for bits in (4, 4, 3):
        if reader.flag():
            reader.skip(bits)
    channels = lfe
    for _ in range(front + side + back):
        channels += 2 if reader.flag() else 1
        reader.skip(4)
    reader.skip(4 * lfe + 4 * data + 5 * coupling)
    reader.skip(-reader.position % 8)
    reader.skip(8 * reader.u(8))
    return channels


def _read_sync_extension(reader: BitReader, rate: int) -> tuple[bool, bool, int]:
    """The backward compatible signalling behind the configuration: (sbr, ps, output rate)."""
    try:
        if reader.left < 16 or reader.u(11) != 0x2B7 or _read_object_type(reader) != _SBR or not reader.flag():
            return False, False, rate
        rate = _read_sample_rate(reader)
        ps = reader.left >= 12 and reader.u(11) == 0x548 and reader.flag()
    except MalformedMediaError:  # padding that looks like an extension
        return False, False, rate
    return True, ps, rate


def build_audio_specific_config(object_type: int, sample_rate: int, channels: int) -> bytes:
    """AudioSpecificConfig of a plain stream (no SBR) with 1024 samples a frame. Raises UnsupportedMediaError."""
    configuration_of = {count: key for key, count in reversed(_CHANNELS.items()) if key < 8}
    if channels not in configuration_of or not 1 <= object_type <= 4 or not 0 < sample_rate < 1 << 24:
        raise UnsupportedMediaError(
            f"AAC object type {object_type}, {sample_rate} Hz, {channels} channels", where="AudioSpecificConfig"
        )
    bits, size = object_type, 5
    if sample_rate in AAC_RATES:
        bits, size = bits << 4 | AAC_RATES.index(sample_rate), size + 4
    else:
        bits, size = (bits << 4 | 15) << 24 | sample_rate, size + 28
    bits, size = (bits << 4 | configuration_of[channels]) << 3, size + 7
    padding = -size % 8
    return (bits << padding).to_bytes((size + padding) // 8, "big")


def configuration(asc: bytes) -> CodecConfiguration:
    """CodecConfiguration of an AudioSpecificConfig, whose bytes it keeps. Raises MalformedMediaError."""
    parsed = parse_audio_specific_config(asc)
    return CodecConfiguration(
        codec=Codec.AAC,
        decoder_configuration=bytes(asc),
        sample_rate=parsed.sample_rate,
        channels=parsed.channels,
        frame_samples=parsed.frame_samples,
        profile=parsed.profile,
    )


def parse_adts(data: bytes | memoryview) -> AdtsHeader:
    """Read the ADTS header at the start of ``data``. Raises MalformedMediaError."""
    if len(data) < 7 or data[0] != 0xFF or data[1] & 0xF6 != 0xF0:
        raise MalformedMediaError(
            f"no ADTS header: {bytes(data[:2]).hex() or 'nothing'}",
            where="ADTS frame",
            next_step="The audio is damaged.",
        )
    word = int.from_bytes(data[:7], "big")
    header = AdtsHeader(
        object_type=1 + (word >> 38 & 3),
        sample_rate_index=word >> 34 & 15,
        channel_configuration=word >> 30 & 7,
        header_size=7 if data[1] & 1 else 9,
        frame_size=word >> 13 & 0x1FFF,
        raw_data_blocks=1 + (word & 3),
    )
    if header.frame_size < header.header_size or header.sample_rate_index >= len(AAC_RATES):
        raise MalformedMediaError(
            f"frame of {header.frame_size} bytes, sampling frequency index {header.sample_rate_index}",
            where="ADTS header",
            next_step="The audio is damaged.",
        )
    return header
