"""What the recorder reads of clients and files: any bytes end in an answer or in the error that is meant for it."""

from __future__ import annotations

import base64

from hypothesis import given
from hypothesis import strategies as st

from vssx.bitstream.latm import AudioMuxReader, parse_stream_mux_config
from vssx.errors import UnsupportedMediaError
from vssx.recorder.http_tunnel import Base64Error, Base64Stream
from vssx.recorder.rtp_transport import choose_transport
from vssx.recorder.sampled_audio import repacked
from vssx.rtsp.packetize_jpeg import packetize_jpeg
from vssx.rtsp.packetize_latm import audio_mux_element, stream_mux_config, stream_mux_config_bits

PIECES = st.lists(st.binary(max_size=40), max_size=12)


@given(PIECES, st.integers(1, 30))
def test_messages_come_out_of_base64_however_it_is_cut(messages: list[bytes], size: int) -> None:
    text = b"".join(map(base64.b64encode, messages))
    stream = Base64Stream()
    got = b"".join(stream.feed(text[start : start + size]) for start in range(0, len(text), size))
    assert got == b"".join(messages)


@given(PIECES)
def test_no_base64_is_told(pieces: list[bytes]) -> None:
    stream = Base64Stream()
    try:
        for piece in pieces:
            stream.feed(piece)
    except Base64Error:
        return
    assert all(
        byte in b" \t\r\nABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=" for byte in b"".join(pieces)
    )


@given(
    st.lists(
        st.sampled_from((b"\xff", b"\xd8", b"\xdb", b"\xc0", b"\xc4", b"\xda", b"\xdd", b"\0", b"\x11", b"\x43"))
        | st.binary(max_size=70),
        max_size=30,
    )
)
def test_any_bytes_as_jpeg(parts: list[bytes]) -> None:
    try:
        payloads = packetize_jpeg(b"\xff\xd8" + b"".join(parts), 1400)
    except UnsupportedMediaError:
        return
    assert all(8 < len(payload) <= 1400 for payload in payloads)


@given(st.binary(min_size=1, max_size=3000), st.booleans())
def test_latm_round_trip(frame: bytes, in_band: bool) -> None:
    config = stream_mux_config(b"\x11\x88", 16)
    reader = AudioMuxReader(None if in_band else parse_stream_mux_config(config), in_band=in_band)
    element = audio_mux_element(frame, config, stream_mux_config_bits(16)) if in_band else audio_mux_element(frame)
    assert reader.frames(element) == (frame,)


@given(st.binary(max_size=200), st.sampled_from((2, 3, 4, 5)))
def test_repacking_moves_code_words_only(payload: bytes, bits: int) -> None:
    payload = payload[: len(payload) // bits * bits]
    packed = repacked(payload, bits)
    first = [int.from_bytes(payload[n : n + bits], "big") >> 8 * bits - bits for n in range(0, len(payload), bits)]
    assert [packed[n] & (1 << bits) - 1 for n in range(0, len(packed), bits)] == first
    assert f"{int.from_bytes(packed, 'big'):b}".count("1") == f"{int.from_bytes(payload, 'big'):b}".count("1")


@given(st.text(st.characters(max_codepoint=255), max_size=80))
def test_no_datagrams_beside_an_encrypted_connection(header: str) -> None:
    for text in (header, f"RTP/AVP;unicast;client_port=4000-4001,{header}"):
        choice = choose_transport(text, datagrams=False)
        assert choice is None or choice.interleaved
