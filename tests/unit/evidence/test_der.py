from __future__ import annotations

import pytest

from tests.handovers import trial
from vssx.errors import SigningError
from vssx.evidence.der import check_der, set_is_sorted


def sequence(*values: bytes) -> bytes:
    contents = b"".join(values)
    assert len(contents) < 128
    return bytes([0x30, len(contents)]) + contents


@pytest.mark.parametrize(
    "data",
    [
        sequence(),
        sequence(b"\x02\x01\x00", b"\x02\x02\x00\x80", b"\x02\x01\xff"),
        sequence(b"\x01\x01\xff", b"\x05\x00", b"\x06\x03\x2a\x86\x48"),
        sequence(b"\x03\x02\x04\xf0", b"\x03\x01\x00", b"\x17\x0d240501120000Z"),
        b"\x04\x81\x80" + bytes(128),
        b"\x04\x82\x01\x00" + bytes(256),
        b"\x31\x06\x02\x01\x01\x02\x01\x02",
    ],
)
def test_der_is_accepted(data: bytes):
    check_der(data, where="test")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "ends in the middle"),
        (b"\x30", "ends in the middle"),
        (sequence(b"\x02\x01\x00") + b"\x00", "1 trailing bytes"),
        (b"\x30\x80\x02\x01\x00\x00\x00", "indefinite length"),
        (b"\x30\x81\x03\x02\x01\x00", "shortest form"),
        (b"\x04\x82\x00\x80" + bytes(128), "shortest form"),
        (b"\x04\x85\x00\x00\x00\x00\x01\x00", "cannot be"),
        (b"\x04\x05abc", "longer than what holds it"),
        (sequence(b"\x02\x05\x00"), "longer than what holds it"),
        (sequence(b"\x02\x02\x00\x01"), "INTEGER"),
        (sequence(b"\x02\x02\xff\x80"), "INTEGER"),
        (sequence(b"\x02\x00"), "INTEGER"),
        (sequence(b"\x01\x01\x01"), "BOOLEAN"),
        (sequence(b"\x05\x01\x00"), "NULL"),
        (sequence(b"\x03\x02\x04\xff"), "BIT STRING"),
        (sequence(b"\x03\x00"), "BIT STRING"),
        (sequence(b"\x06\x02\x2a\x86"), "OBJECT IDENTIFIER"),
        (sequence(b"\x06\x03\x2a\x80\x01"), "OBJECT IDENTIFIER"),
        (sequence(b"\x17\x0f2405011200+0100"), "time"),
        (sequence(b"\x10\x00"), "not constructed"),
        (sequence(b"\x24\x03\x04\x01x"), "split into parts"),
        (b"\x31\x06\x02\x01\x02\x02\x01\x01", "order"),
        (b"\x31\x06\x02\x01\x01\x02\x01\x01", "order"),
        (b"\x1f\x81\x01\x00", "tag above 30"),
        (b"\x30\x82\xff\xff" + bytes(4), "longer than what holds it"),
    ],
)
def test_other_encodings_are_refused(data: bytes, message: str):
    with pytest.raises(SigningError, match=message) as caught:
        check_der(data, where="x.p7s")
    assert caught.value.where == "x.p7s"


def test_depth_is_bounded():
    data = b""
    for _ in range(60):
        data = sequence(data) if len(data) < 120 else data
    with pytest.raises(SigningError, match="nested deeper"):
        check_der(data, where="test")


def test_what_is_made_here_is_canonical():
    check_der(trial().signer.sign_digest(bytes(32)), where="test")


def test_set_order():
    assert set_is_sorted(b"\x02\x01\x01\x02\x01\x02")
    assert not set_is_sorted(b"\x02\x01\x02\x02\x01\x01")
    assert not set_is_sorted(b"\x02\x01\x01\x02\x01\x01")
