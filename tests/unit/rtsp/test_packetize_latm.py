"""AAC as LATM: what is written is read by vssx's own reader and by libav's."""

from __future__ import annotations

from pathlib import Path

import av
import pytest

from tests.clips import encode
from vssx.bitstream.latm import AudioMuxReader, parse_stream_mux_config
from vssx.rtsp.packetize_latm import audio_mux_element, packetize_latm, stream_mux_config, stream_mux_config_bits

LC_48_MONO = bytes.fromhex("1188")


@pytest.mark.parametrize("size", [1, 254, 255, 256, 510, 700, 6000])
@pytest.mark.parametrize("in_band", [False, True])
def test_round_trip(size: int, in_band: bool) -> None:
    frame = bytes(n * 31 % 256 for n in range(size))
    config = stream_mux_config(LC_48_MONO, 16)
    assert parse_stream_mux_config(config).configuration.decoder_configuration == LC_48_MONO
    reader = AudioMuxReader(None if in_band else parse_stream_mux_config(config), in_band=in_band)
    element = audio_mux_element(frame, config, stream_mux_config_bits(16)) if in_band else audio_mux_element(frame)
    assert reader.frames(element) == (frame,)
    assert b"".join(packetize_latm(element, 100)) == element


def test_libav_decodes_it(tmp_path: Path) -> None:
    path = encode(tmp_path / "clip.mp4", frames=10, audio=True)
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        config = bytes(stream.codec_context.extradata or b"")
        frames = [bytes(packet) for packet in container.demux(stream) if packet.size]
    mux = stream_mux_config(config, 16)
    decoder = av.CodecContext.create("aac_latm", "r")
    decoded = 0
    for frame in frames:
        element = audio_mux_element(frame, mux, stream_mux_config_bits(16))
        # Behind the sync word and the length of LOAS (ISO/IEC 14496-3 clause 1.7.2), as libav wants it.
        loas = (0x2B7 << 13 | len(element)).to_bytes(3, "big") + element
        decoded += sum(one.samples for one in decoder.decode(av.Packet(loas)))
    assert decoded == 1024 * len(frames)


def test_a_limit_without_room() -> None:
    with pytest.raises(ValueError, match="too small"):
        packetize_latm(b"x", 0)
