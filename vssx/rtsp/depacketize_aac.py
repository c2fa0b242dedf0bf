"""AAC out of RTP (RFC 3640, mode AAC-hbr and its relatives without interleaving)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from vssx.errors import MalformedMediaError, UnsupportedMediaError
from vssx.model.media import ReplayExtension
from vssx.rtsp.rtp import RtpPacket, replay_extension
from vssx.rtsp.units import RawUnit, merged

_MAX_FRAME = 1 << 20


class _Bits:
    """Reads the AU header section bit by bit; it is a few bits long."""

    __slots__ = ("_position", "_size", "_value")

    def __init__(self, data: bytes, size: int) -> None:
        self._value = int.from_bytes(data, "big") >> (len(data) * 8 - size)
        self._size = size
        self._position = 0

    @property
    def left(self) -> int:
        return self._size - self._position

    def take(self, count: int) -> int:
        if count > self.left:
            raise MalformedMediaError("an AU header that is cut short")
        self._position += count
        return self._value >> (self._size - self._position) & (1 << count) - 1


class AacDepacketizer:
    """RFC 3640 section 3: several access units a packet, or one access unit over several packets.

    ``parameters``: the fmtp parameters with names in lower case (sizelength, indexlength, indexdeltalength, ...);
    ``frame_ticks``: RTP ticks a frame lasts (1024 or 960 samples; twice that where the clock is that of SBR).
    Each frame is a unit of its own; the replay extension of a packet goes to its first frame. A frame that arrived is
    whole, so losses before it do not make it ``damaged``; a frame of which something is missing gives a unit without
    content. Raises UnsupportedMediaError for interleaving.
    """

    __slots__ = (
        "_auxiliary",
        "_constant_size",
        "_extension",
        "_first_sequence",
        "_frame_ticks",
        "_index_delta_length",
        "_index_length",
        "_lost",
        "_optional",
        "_partial",
        "_random_access",
        "_restarted",
        "_size_length",
        "_stream_state",
        "_timestamp",
        "_void",
        "_wanted",
    )

    def __init__(self, parameters: Mapping[str, str], *, frame_ticks: int = 1024) -> None:
        numbers = {name: _parameter(parameters, name) for name in _NUMBERS}
        self._size_length = numbers["sizelength"]
        self._index_length = numbers["indexlength"]
        self._index_delta_length = numbers["indexdeltalength"]
        self._optional = (numbers["ctsdeltalength"], numbers["dtsdeltalength"])
        self._random_access = numbers["randomaccessindication"] != 0
        self._stream_state = numbers["streamstateindication"]
        self._auxiliary = numbers["auxiliarydatasizelength"]
        self._constant_size = numbers["constantsize"]
        self._frame_ticks = numbers["constantduration"] or frame_ticks
        self._partial = bytearray()
        self._wanted = 0  # octets of the fragmented frame in progress, 0 without one
        self._void = False  # something of it is missing
        self._timestamp = 0
        self._first_sequence = 0
        self._extension: ReplayExtension | None = None
        self._lost = 0
        self._restarted = False

    def push(self, packet: RtpPacket, *, lost_before: int | None) -> list[RawUnit]:
        """Take the next packet in order; get its frames."""
        out: list[RawUnit] = []
        self._lost += lost_before or 0
        if self._wanted and packet.timestamp != self._timestamp:
            out.append(self._give_up("fragments of an AAC frame are missing"))
        if lost_before is None:
            self._restarted = True
        if self._wanted and lost_before != 0:
            self._void = True
        extension = replay_extension(packet)
        if not packet.payload:
            return out
        try:
            sizes, position = self._headers(packet.payload)
        except MalformedMediaError as error:
            if self._wanted:
                self._void = True
                return out
            out.append(self._unit(packet, packet.timestamp, (), extension, error.message))
            return out
        if self._wanted:
            return out + self._more(packet, sizes, packet.payload[position:], extension)
        for number, size in enumerate(sizes):
            frame = packet.payload[position : position + size]
            timestamp = (packet.timestamp + number * self._frame_ticks) & 0xFFFFFFFF
            if len(frame) < size:
                if number == 0 and len(sizes) == 1 and frame and size <= _MAX_FRAME:
                    self._begin(packet, frame, size, extension)
                else:
                    out.append(self._unit(packet, timestamp, (), extension, "an AAC packet that is cut short"))
                break
            if frame:
                out.append(self._unit(packet, timestamp, (frame,), extension))
                extension = None
            position += size
        return out

    def flush(self) -> list[RawUnit]:
        """A frame of which fragments are still missing, or losses behind the last frame: a unit without content."""
        if self._wanted:
            return [self._give_up("the stream stopped within an AAC frame")]
        return [self._give_up("packets were lost at the end")] if self._lost else []

    def _headers(self, payload: bytes) -> tuple[list[int], int]:
        """Sizes of the access units in a packet, and where the first one starts."""
        position, sizes = 0, []
        if self._has_headers():
            bits = int.from_bytes(payload[:2], "big")
            position = 2 + (bits + 7) // 8
            if len(payload) < position:
                raise MalformedMediaError("an AAC packet that ends within its AU headers")
            sizes = list(self._sizes(_Bits(payload[2:position], bits)))
        elif not self._constant_size:
            sizes = [len(payload)]
        if self._auxiliary:
            position = self._behind_auxiliary(payload, position)
        if self._constant_size:
            count = len(sizes) or max(1, (len(payload) - position) // self._constant_size)
            sizes = [self._constant_size] * count
        elif not self._size_length:
            sizes = [len(payload) - position]
        return sizes, position

    def _has_headers(self) -> bool:
        return any((self._size_length, self._index_length, *self._optional, self._random_access, self._stream_state))

    def _sizes(self, bits: _Bits) -> Iterator[int]:
        first = True
        while (left := bits.left) > 0:
            size = bits.take(self._size_length)
            index = bits.take(self._index_length if first else self._index_delta_length)
            if index and not first:
                raise UnsupportedMediaError(
                    "interleaved AAC (RFC 3640 section 3.2.3.2) is not carried",
                    next_step="Leave the sound out with --audio none.",
                )
            for length in self._optional:
                if length and bits.take(1):
                    bits.take(length)
            bits.take(1 if self._random_access else 0)
            bits.take(self._stream_state)
            if bits.left == left:
                raise MalformedMediaError("an AU header section longer than its headers")
            first = False
            yield size

    def _behind_auxiliary(self, payload: bytes, position: int) -> int:
        rest = payload[position:]
        size = _Bits(rest, len(rest) * 8).take(self._auxiliary)
        return position + (self._auxiliary + size + 7) // 8

    def _begin(self, packet: RtpPacket, content: bytes, size: int, extension: ReplayExtension | None) -> None:
        self._partial[:] = content
        self._wanted, self._void = size, False
        self._timestamp, self._first_sequence, self._extension = packet.timestamp, packet.sequence, extension

    def _more(
        self, packet: RtpPacket, sizes: list[int], content: bytes, extension: ReplayExtension | None
    ) -> list[RawUnit]:
        if extension is not None:
            self._extension = extension if self._extension is None else merged(self._extension, extension)
        if self._void or sizes != [self._wanted] or len(self._partial) + len(content) > self._wanted:
            self._void = True
            return []
        self._partial += content
        if len(self._partial) < self._wanted:
            return []
        frame = bytes(self._partial)
        self._wanted = 0
        first = packet._replace(sequence=self._first_sequence)
        return [self._unit(first, self._timestamp, (frame,), self._extension)]

    def _give_up(self, problem: str) -> RawUnit:
        self._wanted = 0
        packet = RtpPacket(0, False, self._first_sequence, self._timestamp, 0, b"")
        return self._unit(packet, self._timestamp, (), self._extension, problem)

    def _unit(
        self,
        packet: RtpPacket,
        timestamp: int,
        frames: tuple[bytes, ...],
        extension: ReplayExtension | None,
        problem: str = "",
    ) -> RawUnit:
        unit = RawUnit(
            nal_units=frames,
            rtp_timestamp=timestamp,
            extension=extension,
            damaged=bool(problem),
            lost_packets=self._lost,
            restarted=self._restarted,
            problems=(problem,) if problem else (),
            first_sequence=packet.sequence,
        )
        self._lost, self._restarted = 0, False
        return unit


_NUMBERS = (
    "sizelength",
    "indexlength",
    "indexdeltalength",
    "ctsdeltalength",
    "dtsdeltalength",
    "randomaccessindication",
    "streamstateindication",
    "auxiliarydatasizelength",
    "constantsize",
    "constantduration",
)


def _parameter(parameters: Mapping[str, str], name: str) -> int:
    text = parameters.get(name, "0").strip()
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise MalformedMediaError(f"the fmtp parameter {name}={text[:20]!r} of AAC is no number")
    number = int(text)
    if name.endswith("length") and number > 32:
        raise MalformedMediaError(f"the fmtp parameter {name}={number} of AAC is above 32")
    return number
