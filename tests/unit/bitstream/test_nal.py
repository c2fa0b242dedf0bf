from __future__ import annotations

import time

import pytest

from vssx.bitstream.nal import (
    BitReader,
    join_length_prefixed,
    remove_emulation_prevention,
    sei_payload_types,
    split_annex_b,
    split_length_prefixed,
)
from vssx.errors import MalformedMediaError


@pytest.mark.parametrize(
    ("stream", "units"),
    [
        (b"", []),
        (b"\0\0\0", []),
        (b"\0\0\1\x67\1", [b"\x67\1"]),
        (b"\0\0\0\1\x67\1\0\0\1\x68\2\0\0\0\0\1\x65", [b"\x67\1", b"\x68\2", b"\x65"]),
        (b"\0\0\0\0\0\0\1\x67\1\0\0\0\0", [b"\x67\1"]),
        (b"\0\0\1\0\0\1\x67", [b"\x67"]),
        (b"\0\0\1", []),
    ],
)
def test_start_codes_and_the_zeros_around_them_belong_to_no_unit(stream, units):
    assert split_annex_b(stream) == units


@pytest.mark.parametrize("stream", [b"\1", b"\x67\0\0\1\x68", b"\0\0\2\0\0\1\x68"])
def test_a_stream_that_does_not_begin_with_a_start_code_is_refused(stream):
    with pytest.raises(MalformedMediaError):
        split_annex_b(stream)


@pytest.mark.parametrize("size", [1, 2, 4])
def test_length_prefixes_of_every_size_keep_empty_units_and_trailing_zeros(size):
    units = [b"\x67\0\0", b"", b"\0\0\1\x41"]
    payload = b"".join(len(unit).to_bytes(size, "big") + unit for unit in units)
    assert [bytes(unit) for unit in split_length_prefixed(payload, size)] == units


def test_joining_gives_four_byte_lengths():
    assert join_length_prefixed([b"ab", memoryview(b"c")]) == b"\0\0\0\2ab\0\0\0\1c"


@pytest.mark.parametrize("payload", [b"\0", b"\0\0\0", b"\0\0\0\2a", b"\0\0\0\1ab", b"\xff\xff\xff\xffabc"])
def test_lengths_that_do_not_add_up_are_refused(payload):
    with pytest.raises(MalformedMediaError, match="does not fit"):
        split_length_prefixed(payload)


@pytest.mark.parametrize(
    ("nal", "rbsp"),
    [
        (b"\0\0\3\1", b"\0\0\1"),
        (b"\0\0\3", b"\0\0"),
        (b"\0\0\3\0\0\3\0", b"\0\0\0\0\0"),
        (b"\0\0\3\0\3", b"\0\0\0\3"),
        (b"\0\0\3\3", b"\0\0\3"),
        (b"\0\3\0\0", b"\0\3\0\0"),
    ],
)
def test_emulation_prevention_bytes_are_taken_out(nal, rbsp):
    assert remove_emulation_prevention(nal) == rbsp


def test_exp_golomb_codes_of_the_standards_table():
    # H.264 Table 9-2: 1, 010, 011, 00100 ... 0001000 are 0, 1, 2, 3 ... 7
    reader = BitReader(bytes([0b10100110, 0b01000010, 0b10001000]), "test")
    assert [reader.ue() for _ in range(4)] == [0, 1, 2, 3]
    assert reader.se() == -2
    assert reader.left == 7


def test_the_largest_exp_golomb_code():
    reader = BitReader(b"\0\0\0\1\xff\xff\xff\xfe", "test")
    assert reader.ue() == 2**32 - 2
    assert reader.left == 1


@pytest.mark.parametrize("data", [b"", b"\0", b"\0" * 100, b"\1", b"\0\0\0\0\xff\xff\xff\xff\xff"])
def test_exp_golomb_codes_that_do_not_end_are_refused(data):
    with pytest.raises(MalformedMediaError):
        BitReader(data, "test").ue()


def test_reading_past_the_end_is_refused():
    reader = BitReader(b"\xff", "test")
    with pytest.raises(MalformedMediaError):
        reader.u(9)
    with pytest.raises(MalformedMediaError):
        reader.skip(9)
    assert reader.u(8) == 0xFF


def test_values_above_what_the_standard_allows_are_named():
    with pytest.raises(MalformedMediaError, match="level is 3, at most 2"):
        BitReader(b"\x20", "test").ranged("level", 2)


@pytest.mark.parametrize(
    ("rbsp", "types"),
    [
        (b"\6\1\x84\x80", [6]),
        (b"\5\2ab\6\1\x84\x80", [5, 6]),
        (b"\xff\x05\1a\x80", [260]),
        (b"\5\xff\1" + bytes(256) + b"\x80", [5]),
        (b"\5\x10abc", []),
        (b"\xff\xff", []),
        (b"", []),
    ],
)
def test_sei_messages_are_listed_as_far_as_they_are_readable(rbsp, types):
    assert sei_payload_types(rbsp) == types


def test_a_megabyte_of_start_codes_or_of_tiny_units_is_split_in_linear_time():
    started = time.process_time()
    split_annex_b(b"\0\0\1" * 350_000)
    split_annex_b(b"\0\0\1a" * 250_000)
    split_length_prefixed(bytes(1 << 20))
    split_annex_b(bytes(1 << 20))
    assert time.process_time() - started < 5
