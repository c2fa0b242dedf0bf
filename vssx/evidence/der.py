"""Is this one value in DER (ITU-T X.690 clauses 8, 10 and 11), and nothing else? Reads no meaning into it."""

from __future__ import annotations

import itertools

from vssx.errors import SigningError

_MAX_DEPTH = 40
_BOOLEAN, _INTEGER, _BIT_STRING, _NULL, _OID, _SEQUENCE, _SET = 0x01, 0x02, 0x03, 0x05, 0x06, 0x30, 0x31
_UTC_TIME, _GENERALIZED_TIME = 0x17, 0x18
# ContentInfo, [0] content, SignedData, [0] certificates: what lies below was signed by others, often not quite in DER
_CERTIFICATES = (_SEQUENCE, 0xA0, _SEQUENCE, 0xA0)


def check_der(data: bytes, *, where: str) -> None:
    """Raise SigningError unless ``data`` is exactly one value in DER, such as the ContentInfo of a CMS signature.

    Certificates inside a SignedData are held to definite, shortest lengths only: their own signature covers them.
    """
    end = _walk(data, 0, len(data), (), where)
    if end != len(data):
        raise _broken(f"{len(data) - end} trailing bytes after the signature", where, end)


def set_is_sorted(contents: bytes) -> bool:
    """Whether the elements of a SET OF stand in DER's order (X.690 clause 11.6). ``contents``: checked DER."""
    elements = []
    position = 0
    while position < len(contents):
        start = position
        _, length, position = _header(contents, position, len(contents), "")
        position += length
        elements.append(contents[start:position])
    return all(left < right for left, right in itertools.pairwise(elements))


def _walk(data: bytes, position: int, end: int, path: tuple[int, ...], where: str) -> int:
    tag, length, start = _header(data, position, end, where)
    stop = start + length
    if stop > end:
        raise _broken("a value is longer than what holds it", where, position)
    if len(path) >= _MAX_DEPTH:
        raise _broken(f"values are nested deeper than {_MAX_DEPTH}", where, position)
    strict = path[:4] != _CERTIFICATES
    if tag & 0x20:
        if strict and tag < 0x40 and tag not in (_SEQUENCE, _SET):
            raise _broken("a string is split into parts, which DER forbids", where, position)
        inner, children = start, (*path, tag)
        while inner < stop:
            inner = _walk(data, inner, stop, children, where)
        if strict and tag == _SET and not set_is_sorted(data[start:stop]):
            raise _broken("the elements of a SET are not in DER's order", where, position)
    elif strict and tag < 0x40:
        fault = _primitive_fault(tag, data[start:stop])
        if fault:
            raise _broken(fault, where, position)
    return stop


def _header(data: bytes, position: int, end: int, where: str) -> tuple[int, int, int]:
    if position + 2 > end:
        raise _broken("ends in the middle of a value", where, position)
    tag, first = data[position], data[position + 1]
    if tag & 0x1F == 0x1F:
        raise _broken("a tag above 30, which CMS does not use", where, position)
    if first < 0x80:
        return tag, first, position + 2
    count = first & 0x7F
    start = position + 2 + count
    if count == 0:
        raise _broken("an indefinite length, which DER forbids", where, position)
    if count > 4 or start > end:
        raise _broken("a length that cannot be", where, position)
    length = int.from_bytes(data[position + 2 : start], "big")
    if length < 0x80 or length < 1 << 8 * (count - 1):
        raise _broken("a length that is not in its shortest form", where, position)
    return tag, length, start


def _primitive_fault(tag: int, value: bytes) -> str | None:
    if tag == _BOOLEAN and value not in (b"\x00", b"\xff"):
        return "a BOOLEAN that is not in DER"
    if tag == _INTEGER and (not value or (len(value) > 1 and (value[0], value[1] >> 7) in ((0, 0), (0xFF, 1)))):
        return "an INTEGER that is not in its shortest form"
    if tag == _NULL and value:
        return "a NULL with content"
    if tag == _BIT_STRING and _bit_string_is_odd(value):
        return "a BIT STRING that is not in DER"
    if tag == _OID and _oid_is_odd(value):
        return "an OBJECT IDENTIFIER that is not in DER"
    if tag in (_UTC_TIME, _GENERALIZED_TIME) and not (value.endswith(b"Z") and value[:-1].isdigit()):
        return "a time that is not in DER's form"
    if tag in (_SEQUENCE & ~0x20, _SET & ~0x20):
        return "a SEQUENCE or SET that is not constructed"
    return None


def _bit_string_is_odd(value: bytes) -> bool:
    if not value or value[0] > 7 or (value[0] and len(value) == 1):
        return True
    return bool(value[-1] & (1 << value[0]) - 1) if len(value) > 1 else False


def _oid_is_odd(value: bytes) -> bool:
    if not value or value[-1] & 0x80:
        return True
    return any(byte == 0x80 and (index == 0 or not value[index - 1] & 0x80) for index, byte in enumerate(value))


def _broken(message: str, where: str, position: int) -> SigningError:
    return SigningError(
        f"not canonical DER at byte {position}: {message}",
        where=where,
        next_step="Take the signature as it was handed over.",
    )
