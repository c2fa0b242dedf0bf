"""Sample entries: how ``stsd`` describes H.264, H.265, AAC and ONVIF metadata (ISO/IEC 14496-12, -14, -15)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from vssx.isobmff.box import Box, MediaFile, box
from vssx.isobmff.fields import Fields
from vssx.model.media import Codec, CodecConfiguration

METADATA_NAMESPACE = "http://www.onvif.org/ver10/schema"

_CODES = {
    (Codec.H264, False): "avc1",
    (Codec.H264, True): "avc3",
    (Codec.H265, False): "hvc1",
    (Codec.H265, True): "hev1",
}
_CODECS = {
    "avc1": Codec.H264,
    "avc3": Codec.H264,
    "hvc1": Codec.H265,
    "hev1": Codec.H265,
    "mp4a": Codec.AAC,
    "metx": Codec.ONVIF_METADATA,
}
_MPEG4_AUDIO = {0x40, 0x66, 0x67, 0x68}  # MPEG-4 audio and MPEG-2 AAC (MP4 registration authority)


def code(configuration: CodecConfiguration, *, in_band: bool) -> str:
    """Four-character code of the sample entry."""
    if configuration.codec is Codec.AAC:
        return "mp4a"
    if configuration.codec is Codec.ONVIF_METADATA:
        return "metx"
    return _CODES[configuration.codec, in_band]


def build(configuration: CodecConfiguration, *, in_band: bool) -> bytes:
    """The sample entry. ``in_band``: parameter sets may also travel in the samples (avc3, hev1)."""
    name = code(configuration, in_band=in_band)
    if name == "mp4a":
        return _audio(configuration)
    if name == "metx":
        strings = (configuration.profile, METADATA_NAMESPACE, "")  # content_encoding, namespace, schema_location
        return box("metx", bytes(6), struct.pack(">H", 1), *(text.encode() + b"\0" for text in strings))
    if configuration.codec is Codec.H264:
        decoder = box("avcC", configuration.decoder_configuration)
    else:
        decoder = box("hvcC", _array_completeness(configuration.decoder_configuration, complete=not in_band))
    boxes = [decoder]
    horizontal, vertical = configuration.pixel_aspect
    if horizontal != vertical and horizontal > 0 and vertical > 0:
        boxes.append(box("pasp", struct.pack(">II", horizontal, vertical)))
    fixed = struct.pack(
        ">6xH16xHHIIIH32sHh",
        1,
        min(configuration.width, 0xFFFF),
        min(configuration.height, 0xFFFF),
        0x480000,  # 72 dpi, the value clause 12.1.3 fixes
        0x480000,
        0,
        1,
        b"",
        0x18,
        -1,
    )
    return box(name, fixed, *boxes)


def _array_completeness(hvcc: bytes, *, complete: bool) -> bytes:
    """Set the bit that says whether all parameter sets are in the entry (ISO/IEC 14496-15 clause 8.3.3.1.3).

    It has to be 1 for hvc1; for hev1 1 would deny that others may come in band.
    """
    out = bytearray(hvcc)
    position = 23
    for _ in range(out[22] if len(out) > 22 else 0):
        if position + 3 > len(out):
            return hvcc
        out[position] = out[position] & 0x7F | complete << 7
        count = int.from_bytes(out[position + 1 : position + 3], "big")
        position += 3
        for _ in range(count):
            position += 2 + int.from_bytes(out[position : position + 2], "big")
            if position > len(out):
                return hvcc
    return bytes(out)


def _audio(configuration: CodecConfiguration) -> bytes:
    rate = configuration.sample_rate
    fixed = struct.pack(">6xH8xHH4xI", 1, configuration.channels or 2, 16, rate << 16 if rate < 1 << 16 else 0)
    return box("mp4a", fixed, box("esds", bytes(4), _es_descriptor(configuration.decoder_configuration)))


def _descriptor(tag: int, payload: bytes) -> bytes:
    """ISO/IEC 14496-1 clause 8.3.3: the length in groups of 7 bits."""
    length = len(payload)
    encoded = [length & 0x7F]
    while length := length >> 7:
        encoded.append(length & 0x7F | 0x80)
    return bytes((tag, *reversed(encoded))) + payload


def _es_descriptor(audio_specific_config: bytes) -> bytes:
    # Bit rates 0: AAC has a variable one, and what is not known is not stated.
    decoder = struct.pack(">BB3xII", 0x40, 0x15, 0, 0) + _descriptor(5, audio_specific_config)
    return _descriptor(3, struct.pack(">HB", 0, 0) + _descriptor(4, decoder) + _descriptor(6, b"\x02"))


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleEntry:
    """A sample entry as read. ``codec`` is None for one that vssx does not carry.

    ``decoder_configuration``: payload of avcC or hvcC, or the AudioSpecificConfig. ``parameter_sets``: those in it.
    ``length_size``: bytes of the length before every NAL unit. ``content_encoding``, ``namespace``: of metx.
    """

    code: str
    codec: Codec | None
    decoder_configuration: bytes = b""
    parameter_sets: tuple[bytes, ...] = ()
    length_size: int = 4
    width: int = 0
    height: int = 0
    channels: int = 0
    sample_rate: int = 0
    content_encoding: str = ""
    namespace: str = ""


def parse(file: MediaFile, entry: Box) -> SampleEntry:
    """One child of ``stsd``. Raises MalformedMediaError."""
    codec = _CODECS.get(entry.box_type)
    fields = Fields.of(file, entry)
    if codec in (Codec.H264, Codec.H265):
        fields.take(24)
        width, height = fields.unpack("HH")
        decoder = entry.child("avcC" if codec is Codec.H264 else "hvcC")
        if decoder is None:
            raise fields.malformed("no decoder configuration")
        inside = Fields.of(file, decoder)
        length_size, sets = _avcc(inside) if codec is Codec.H264 else _hvcc(inside)
        return SampleEntry(
            code=entry.box_type,
            codec=codec,
            decoder_configuration=inside.data,
            parameter_sets=sets,
            length_size=length_size,
            width=width,
            height=height,
        )
    if codec is Codec.AAC:
        return _parse_audio(file, entry, fields)
    if codec is Codec.ONVIF_METADATA:
        fields.take(8)
        return SampleEntry(
            code=entry.box_type, codec=codec, content_encoding=fields.string(), namespace=fields.string()
        )
    return SampleEntry(code=entry.box_type, codec=None)


def _parse_audio(file: MediaFile, entry: Box, fields: Fields) -> SampleEntry:
    fields.take(16)
    channels, _size, _, rate = fields.unpack("HHII")
    esds = entry.child("esds")
    kind, config = _parse_esds(Fields.of(file, esds)) if esds is not None else (0, b"")
    return SampleEntry(
        code=entry.box_type,
        codec=Codec.AAC if kind in _MPEG4_AUDIO and config else None,
        decoder_configuration=config,
        channels=channels,
        sample_rate=rate >> 16,
    )


def _parse_esds(fields: Fields) -> tuple[int, bytes]:
    """Object type and AudioSpecificConfig of an ES_Descriptor (ISO/IEC 14496-1 clause 7.2.6.5)."""
    fields.version_and_flags()
    kind = 0
    while fields.left:
        tag = fields.u8()
        length = 0
        for _ in range(4):
            value = fields.u8()
            length = length << 7 | value & 0x7F
            if not value & 0x80:
                break
        if tag == 3:
            flags = fields.unpack("HB")[1]
            fields.take((2 if flags & 0x80 else 0) + (2 if flags & 0x20 else 0))
            if flags & 0x40:
                fields.take(fields.u8())
        elif tag == 4:
            kind = fields.u8()
            fields.take(12)
        elif tag == 5:
            return kind, fields.take(length)
        else:
            fields.take(length)
    return kind, b""


def _avcc(fields: Fields) -> tuple[int, tuple[bytes, ...]]:
    """ISO/IEC 14496-15 clause 5.3.3.1."""
    if fields.unpack("BBBB")[0] != 1:
        raise fields.malformed("avcC of an unknown version")
    length_size = (fields.u8() & 3) + 1
    sets = [fields.take(fields.u16()) for _ in range(fields.u8() & 0x1F)]
    sets += [fields.take(fields.u16()) for _ in range(fields.u8())]
    return length_size, tuple(sets)


def _hvcc(fields: Fields) -> tuple[int, tuple[bytes, ...]]:
    """ISO/IEC 14496-15 clause 8.3.3.1."""
    fields.take(21)
    length_size = (fields.u8() & 3) + 1
    sets: list[bytes] = []
    for _ in range(fields.u8()):
        fields.u8()
        sets += [fields.take(fields.u16()) for _ in range(fields.u16())]
    return length_size, tuple(sets)
