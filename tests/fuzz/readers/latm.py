"""LATM: StreamMuxConfig of an SDP, AudioMuxElements of which the configuration comes in band, and packets of them."""

from __future__ import annotations

from vssx.bitstream.latm import AudioMuxReader, parse_stream_mux_config
from vssx.errors import VssxError
from vssx.rtsp.depacketize_latm import LatmDepacketizer
from vssx.rtsp.rtp import RtpPacket

# useSameStreamMux 0, a StreamMuxConfig with the AudioSpecificConfig 1188, a frame of one byte
_ELEMENT = int(f"0 01000000 0000000 {0x1188:016b} 000 11111111 00 00000001 10101010 000".replace(" ", ""), 2).to_bytes(
    8
)


def seeds() -> list[bytes]:
    """The first byte: 0 a StreamMuxConfig, 1 an element, 2 packets: a length before each."""
    return [
        bytes.fromhex("0040002320"),
        bytes.fromhex("00400024203fc0"),
        b"\1" + _ELEMENT,
        b"\2\x03" + _ELEMENT[:3] + b"\x85" + _ELEMENT[3:],
    ]


def read(data: bytes) -> None:
    """Read one input."""
    kind, content = data[:1], data[1:]
    if kind == b"\0":
        parse_stream_mux_config(content)
        return
    reader = AudioMuxReader(None, in_band=True)
    if kind == b"\1":
        for frame in reader.frames(content):
            assert 0 < len(frame) <= len(content)
        return
    depacketizer = LatmDepacketizer(lambda element: (reader.frames(element), 1024))
    for number in range(0xFFFF):
        size, content = content[:1], content[1:]
        if not size:
            break
        payload, content = content[: size[0] & 0x7F], content[size[0] & 0x7F :]
        packet = RtpPacket(97, size[0] > 0x7F, number, 1024 * (number // 2), 1, payload)
        try:
            units = depacketizer.push(packet, lost_before=number % 3 // 2)
        except VssxError:
            return
        assert all(len(unit.nal_units) <= 1 for unit in units)
    depacketizer.flush()
