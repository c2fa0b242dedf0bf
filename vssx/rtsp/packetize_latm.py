"""AAC as LATM in RTP (RFC 6416 section 6; ISO/IEC 14496-3 clause 1.7.3): one frame an AudioMuxElement."""

from __future__ import annotations

from vssx.rtsp.packetize import DEFAULT_LIMIT


def stream_mux_config(audio_specific_config: bytes, bits: int) -> bytes:
    """StreamMuxConfig for one program with one layer and one frame in each element.

    ``bits``: how many of the AudioSpecificConfig count: what follows it there would end nowhere here.
    """
    value = int.from_bytes(audio_specific_config, "big") >> (len(audio_specific_config) * 8 - bits)
    writer = _Bits()
    writer.put(0, 1)  # audioMuxVersion
    writer.put(1, 1)  # allStreamsSameTimeFraming
    writer.put(0, 6 + 4 + 3)  # numSubFrames, numProgram, numLayer
    writer.put(value, bits)
    writer.put(0, 3)  # frameLengthType: each frame tells its length
    writer.put(0xFF, 8)  # latmBufferFullness: variable rate
    writer.put(0, 2)  # otherDataPresent, crcCheckPresent
    return writer.octets()


def audio_mux_element(frame: bytes, config: bytes | None = None, config_bits: int = 0) -> bytes:
    """An element with one frame. ``config``: a StreamMuxConfig of ``config_bits`` that goes in band (cpresent=1)."""
    writer = _Bits()
    if config is not None:
        writer.put(0, 1)  # useSameStreamMux
        writer.put(int.from_bytes(config, "big") >> (len(config) * 8 - config_bits), config_bits)
    writer.put_octets(b"\xff" * (len(frame) // 255) + bytes((len(frame) % 255,)) + frame)
    return writer.octets()


def stream_mux_config_bits(bits: int) -> int:
    """Length of ``stream_mux_config`` for an AudioSpecificConfig of ``bits``."""
    return 15 + bits + 13


def packetize_latm(element: bytes, limit: int = DEFAULT_LIMIT) -> list[bytes]:
    """Payloads of one element; the marker on the last one ends it. Raises ValueError for a ``limit`` below 1."""
    if limit < 1:
        raise ValueError(f"RTP payloads of {limit} octets are too small")
    return [element[start : start + limit] for start in range(0, len(element), limit)]


class _Bits:
    """Bits, the highest first."""

    def __init__(self) -> None:
        self._value = 0
        self._count = 0

    def put(self, value: int, bits: int) -> None:
        self._value = self._value << bits | value
        self._count += bits

    def put_octets(self, data: bytes) -> None:
        self.put(int.from_bytes(data, "big"), 8 * len(data))

    def octets(self) -> bytes:
        """All of them; zeros fill the last octet."""
        spare = -self._count % 8
        return (self._value << spare).to_bytes((self._count + spare) // 8, "big")
