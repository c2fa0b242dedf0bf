"""NAL units: what is put together comes apart the same; nothing but VssxError leaves a reader."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vssx.bitstream.nal import (
    BitReader,
    join_length_prefixed,
    remove_emulation_prevention,
    sei_payload_types,
    split_annex_b,
    split_length_prefixed,
)
from vssx.errors import VssxError

few = st.integers(0, 3)
zeroish = st.lists(st.sampled_from([0, 0, 0, 1, 2, 3, 0x65, 0xFF]), max_size=40).map(bytes)


def escaped(rbsp: bytes) -> bytes:
    """Emulation prevention as H.264 clause 7.4.1 describes it, byte by byte."""
    out, zeros = bytearray(), 0
    for byte in rbsp:
        if zeros >= 2 and byte <= 3:
            out.append(3)
            zeros = 0
        out.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    return bytes(out)


@given(st.lists(zeroish))
def test_length_prefixed_units_come_apart_as_they_were(units):
    assert [bytes(unit) for unit in split_length_prefixed(join_length_prefixed(units))] == units


@given(st.lists(st.tuples(zeroish.map(lambda rbsp: escaped(b"\x65" + rbsp + b"\x80")), few)), few)
def test_byte_streams_come_apart_whatever_zeros_lie_between(units, trailing):
    stream = b"".join(bytes(zeros) + b"\0\0\1" + unit for unit, zeros in units) + bytes(trailing)
    assert split_annex_b(stream) == [unit for unit, _ in units]


@given(zeroish)
def test_emulation_prevention_comes_off_again(rbsp):
    rbsp += b"\x80"  # the stop bit that ends every RBSP
    nal = escaped(rbsp)
    assert b"\0\0\1" not in nal
    restored = remove_emulation_prevention(nal)
    assert restored == rbsp
    assert b"\0\0\0" not in nal


@given(st.lists(st.integers(0, 2**32 - 2)))
def test_exp_golomb_codes_are_read_back(values):
    bits = "".join(f"{value + 1:b}".zfill(2 * (value + 1).bit_length() - 1) for value in values)
    bits += "0" * (-len(bits) % 8)
    reader = BitReader(bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits), 8)), "test")
    assert [reader.ue() for _ in values] == values


@given(st.binary(max_size=24), st.lists(st.integers(1, 64), max_size=10))
def test_fields_of_any_width_are_the_bits_in_order(data, widths):
    reader = BitReader(data, "test")
    text = "".join(f"{byte:08b}" for byte in data)
    position = 0
    for width in widths:
        if position + width > len(text):
            break
        assert reader.u(width) == int(text[position : position + width], 2)
        position += width
    assert reader.left == len(text) - position


@given(zeroish, st.sampled_from([1, 2, 4]))
def test_any_bytes_are_split_completely_or_refused(data, size):
    try:
        units = split_length_prefixed(data, size)
    except VssxError:
        return
    assert b"".join(len(unit).to_bytes(size, "big") + bytes(unit) for unit in units) == data


@given(zeroish)
def test_any_byte_stream_is_split_into_units_of_it_or_refused(data):
    try:
        units = split_annex_b(data)
    except VssxError:
        return
    assert all(unit in data and not unit.endswith(b"\0") for unit in units)


@given(zeroish)
def test_any_sei_is_read(data):
    assert len(sei_payload_types(data)) <= len(data)
