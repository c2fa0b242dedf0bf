"""NAL units: Annex B and length-prefixed streams, emulation prevention, and a bounded bit reader.

Sources: ITU-T H.264 clauses 7.2, 7.3.1, 9.1 and Annex B; ITU-T H.265 clauses 7.2, 7.3.1, 9.2 and Annex B;
ISO/IEC 14496-15 clause 5.3 (length-prefixed samples). Every function is linear in the size of its input.
"""

from __future__ import annotations

from collections.abc import Iterable

from vssx.errors import MalformedMediaError

NalUnit = bytes | memoryview

_START_CODE = b"\x00\x00\x01"


def split_annex_b(data: bytes) -> list[bytes]:
    """NAL units of a byte stream (Annex B), without start codes and trailing_zero_8bits; empty ones are left out.

    A NAL unit of the standards never ends in a zero byte, so zeros before a start code belong to no NAL unit. Raises
    MalformedMediaError where something other than zeros precedes the first start code.
    """
    start = data.find(_START_CODE)
    if start < 0:
        if data.strip(b"\x00"):
            raise MalformedMediaError(
                "no start code in what should be an Annex B byte stream",
                where="NAL byte stream",
                next_step="The stream is not H.264 or H.265, or damaged.",
            )
        return []
    if data[:start].strip(b"\x00"):
        raise MalformedMediaError(
            f"{start} bytes before the first start code",
            where="NAL byte stream",
            next_step="The beginning of the stream is damaged or is not Annex B.",
        )
    units = []
    while start >= 0:
        start += 3
        following = data.find(_START_CODE, start)
        unit = data[start : following if following >= 0 else len(data)].rstrip(b"\x00")
        if unit:
            units.append(unit)
        start = following
    return units


def split_length_prefixed(payload: NalUnit, length_size: int = 4) -> list[memoryview]:
    """NAL units of a sample (ISO/IEC 14496-15), as views of it; units of length 0 are kept as empty views.

    Raises MalformedMediaError where the lengths do not add up to the sample.
    """
    view = memoryview(payload)
    size = len(view)
    units = []
    position = 0
    while position < size:
        start = position + length_size
        end = start + int.from_bytes(view[position:start], "big")
        if end > size or start > size:
            raise MalformedMediaError(
                f"a NAL unit of {end - start} bytes at byte {position} does not fit a sample of {size} bytes",
                where="length-prefixed sample",
                next_step="The file is damaged here, or its sample entry states a wrong length size.",
            )
        units.append(view[start:end])
        position = end
    return units


def read_sized(data: bytes, position: int, count: int, *, where: str) -> tuple[list[bytes], int]:
    """``count`` NAL units, each behind its length in 2 bytes big-endian (ISO/IEC 14496-15 clauses 5.3.3.1, 8.3.3.1).

    Returns them and the position behind. Raises MalformedMediaError where ``data`` ends within one.
    """
    units = []
    for _ in range(count):
        end = position + 2 + int.from_bytes(data[position : position + 2], "big")
        if position + 2 > len(data) or end > len(data):
            raise MalformedMediaError(
                f"a NAL unit at byte {position} is cut off",
                where=where,
                next_step="The file's sample entry is damaged.",
            )
        units.append(data[position + 2 : end])
        position = end
    return units, position


def join_length_prefixed(nals: Iterable[NalUnit]) -> bytes:
    """One sample: each NAL unit behind its length in 4 bytes big-endian."""
    parts: list[NalUnit] = []
    for unit in nals:
        parts.append(len(unit).to_bytes(4, "big"))
        parts.append(unit)
    return b"".join(parts)


def remove_emulation_prevention(data: NalUnit) -> bytes:
    """RBSP of a NAL unit: every 03 of a 00 00 03 taken out (H.264 clause 7.4.1, H.265 clause 7.4.2)."""
    return bytes(data).replace(b"\x00\x00\x03", b"\x00\x00")


class BitReader:
    """Reads an RBSP bit by bit. Reading past the end raises MalformedMediaError; every call takes constant time.

    ``name`` says in errors what is being read.
    """

    __slots__ = ("_bits", "_data", "_name", "_position")

    def __init__(self, data: bytes, name: str) -> None:
        self._data = data
        self._bits = 8 * len(data)
        self._position = 0
        self._name = name

    @property
    def left(self) -> int:
        """Bits not read yet."""
        return self._bits - self._position

    @property
    def position(self) -> int:
        """Bits read so far."""
        return self._position

    def malformed(self, message: str) -> MalformedMediaError:
        """The error to raise for a value that the standard does not allow."""
        return MalformedMediaError(
            message, where=f"{self._name}, bit {self._position}", next_step="The stream is damaged or not what it says."
        )

    def u(self, bits: int) -> int:
        """u(n), n up to 64: the next bits as an unsigned number."""
        position = self._position
        end = position + bits
        if end > self._bits:
            raise self.malformed("ends too early")
        self._position = end
        last = (end + 7) >> 3
        return (int.from_bytes(self._data[position >> 3 : last], "big") >> (last * 8 - end)) & ((1 << bits) - 1)

    def flag(self) -> bool:
        """u(1)."""
        return self.u(1) == 1

    def skip(self, bits: int) -> None:
        """Pass over bits."""
        if self._position + bits > self._bits:
            raise self.malformed("ends too early")
        self._position += bits

    def ue(self) -> int:
        """ue(v) up to 2**32 - 2 (H.264 clause 9.1, H.265 clause 9.2)."""
        position = self._position
        peek = min(self._bits - position, 32)
        window = self.u(peek) if peek > 0 else 0
        self._position = position
        zeros = peek - window.bit_length()
        if window == 0:
            raise self.malformed("no Exp-Golomb code")
        self.skip(zeros)
        return self.u(zeros + 1) - 1

    def se(self) -> int:
        """se(v)."""
        code = self.ue()
        return (code + 1) >> 1 if code & 1 else -(code >> 1)

    def ranged(self, what: str, highest: int) -> int:
        """ue(v) that must not exceed ``highest``."""
        value = self.ue()
        if value > highest:
            raise self.malformed(f"{what} is {value}, at most {highest} is allowed")
        return value


def sei_payload_types(rbsp: bytes) -> list[int]:
    """payloadType of each message of an SEI RBSP (H.264 clause 7.3.2.3.1, H.265 clause 7.3.5), as far as readable.

    ``rbsp`` begins behind the NAL unit header. Cameras write SEIs that break the syntax; those end the list.
    """
    types: list[int] = []
    position = 0
    size = len(rbsp)
    while position + 2 <= size:
        values: list[int] = []
        for _ in range(2):
            value = 0
            while position < size and rbsp[position] == 0xFF:
                value += 255
                position += 1
            if position >= size:
                return types
            values.append(value + rbsp[position])
            position += 1
        if position + values[1] > size:
            return types
        types.append(values[0])
        position += values[1]
        if rbsp[position : position + 1] == b"\x80" and position + 1 >= size:
            return types
    return types
