"""Samples of which nothing more needs to be known than that decoding cannot start at them."""

from __future__ import annotations

import struct

from vssx.model.media import Codec

_HEAD = struct.Struct(">IB")  # length of a NAL unit (ISO/IEC 14496-15), first byte of its header
# Slices of pictures other than IDR, delimiters and fillers: H.264 table 7-1.
_H264 = frozenset([1, 2, 3, 4, 9, 10, 11, 12])
# Slices of pictures other than IRAP, delimiters, fillers and suffix SEI: H.265 table 7-1.
_H265 = frozenset([*range(16), 35, 36, 37, 38, 40])
PLAIN = {
    Codec.H264: bytes((byte & 0x1F) in _H264 for byte in range(256)),
    Codec.H265: bytes((byte >> 1 & 0x3F) in _H265 for byte in range(256)),
}
"""By the first byte of a NAL unit: 1 where it neither makes a clean point nor brings a parameter set."""


def is_plain(payload: memoryview, plain: bytes) -> bool:
    """Whether a sample with 4-byte lengths is whole and all its NAL units are ``plain`` (one of ``PLAIN``).

    False where it takes a closer look: it may yet be no clean point.
    """
    position, size = 0, len(payload)
    while position + _HEAD.size <= size:
        length, first = _HEAD.unpack_from(payload, position)
        if not length or not plain[first]:
            return False
        position += 4 + length
    return position == size > 0
