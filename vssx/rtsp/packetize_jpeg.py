"""JPEG pictures in RTP (RFC 2435): baseline, standard Huffman tables, quantisation tables in every first packet."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from vssx.errors import UnsupportedMediaError

_SOF0, _DHT, _EOI, _SOS, _DQT, _DRI = 0xC0, 0xC4, 0xD9, 0xDA, 0xDB, 0xDD
_MAX_SIDE = 2040
_MAX_BYTES = 1 << 24  # the fragment offset has 24 bits
_DYNAMIC_TABLES = 255
# SHA-256 of the tables of ITU-T T.81 annex K.3, which receivers of RTP assume: by class and destination
_HUFFMAN = {
    0x00: "2f66814c875b53173f057d784a16a34d0d1f9aa91cdfa7143c41be02c9c7b005",
    0x01: "602f734c8c12c1d9d049a18fd91d9ef3d3d8c402665f90db3d97721fc49e4804",
    0x10: "a6283a08f5d97906b66adcc812e32396ea83059e55dd4cc91934cf447559aeb6",
    0x11: "13f90e3c9dc476c66f24347f6ad29cea93262e99faed279970c2f74e0557f445",
}


@dataclass(slots=True, kw_only=True)
class _Picture:
    width: int = 0
    height: int = 0
    kind: int = 0
    order: tuple[int, ...] = ()
    tables: dict[int, bytes] | None = None
    restart_interval: int = 0
    scan: bytes = b""


def packetize_jpeg(data: bytes, limit: int) -> list[bytes]:
    """Payloads of one picture; the marker goes on the last one.

    Raises UnsupportedMediaError for what RFC 2435 cannot carry: progressive, other sampling than 4:2:0 and 4:2:2,
    more than 2040 pixels, 16-bit quantisation tables, Huffman tables of its own.
    ValueError for a ``limit`` that leaves no room.
    """
    picture = _parse(data)
    tables = picture.tables or {}
    quantisation = b"".join(tables.get(number, b"") for number in picture.order[:2])  # luma, chroma
    head = bytes((_DYNAMIC_TABLES, picture.width // 8, picture.height // 8))
    restart = b""
    kind = picture.kind
    if picture.restart_interval:
        kind += 64
        restart = picture.restart_interval.to_bytes(2, "big") + b"\xff\xff"
    first = b"\0\0" + len(quantisation).to_bytes(2, "big") + quantisation
    if limit <= 8 + len(restart) + len(first):
        raise ValueError(f"RTP payloads of {limit} octets are too small")
    payloads: list[bytes] = []
    offset = 0
    while offset < len(picture.scan):
        front = b"\0" + offset.to_bytes(3, "big") + bytes((kind,)) + head + restart + (b"" if offset else first)
        part = picture.scan[offset : offset + limit - len(front)]
        payloads.append(front + part)
        offset += len(part)
    return payloads


def _parse(data: bytes) -> _Picture:
    picture = _Picture(tables={})
    position = 2
    if data[:2] != b"\xff\xd8":
        raise _unsupported("no JPEG picture")
    while position + 4 <= len(data) and data[position] == 0xFF:
        marker = data[position + 1]
        length = int.from_bytes(data[position + 2 : position + 4], "big")
        content = data[position + 4 : position + 2 + length]
        if marker == _DQT:
            _read_tables(content, picture)
        elif marker == _DHT:
            _check_huffman(content)
        elif marker == _SOF0:
            _read_frame(content, picture)
        elif 0xC1 <= marker <= 0xCF and marker not in (0xC8, 0xCC):
            raise _unsupported("a JPEG picture that is not baseline")
        elif marker == _DRI:
            picture.restart_interval = int.from_bytes(content[:2], "big")
        elif marker == _SOS:
            end = data.rfind(bytes((0xFF, _EOI)), position)
            picture.scan = data[position + 2 + length : end if end >= 0 else len(data)]
            break
        position += 2 + length
    if not picture.scan or not picture.width or len(picture.scan) >= _MAX_BYTES:
        raise _unsupported("a JPEG picture without a frame and a scan, or larger than 16 MB")
    return picture


def _read_tables(content: bytes, picture: _Picture) -> None:
    position = 0
    assert picture.tables is not None
    while position < len(content):
        if content[position] >> 4:
            raise _unsupported("quantisation tables of 16 bits")
        picture.tables[content[position] & 15] = content[position + 1 : position + 65]
        position += 65


def _check_huffman(content: bytes) -> None:
    position = 0
    while position + 17 <= len(content):
        end = position + 17 + sum(content[position + 1 : position + 17])
        table = hashlib.sha256(content[position + 1 : end]).hexdigest()
        if _HUFFMAN.get(content[position]) != table:
            raise _unsupported("a JPEG picture with Huffman tables of its own")
        position = end


def _read_frame(content: bytes, picture: _Picture) -> None:
    height, width = int.from_bytes(content[1:3], "big"), int.from_bytes(content[3:5], "big")
    components = [content[6 + 3 * number : 9 + 3 * number] for number in range(content[5])] if len(content) > 5 else []
    sampling = [component[1] for component in components if len(component) == 3]
    kinds = {0x21: 0, 0x22: 1}
    if len(sampling) != 3 or sampling[0] not in kinds or sampling[1:] != [0x11, 0x11]:
        raise _unsupported("JPEG with other sampling than 4:2:0 or 4:2:2")
    if not 0 < width <= _MAX_SIDE or not 0 < height <= _MAX_SIDE or width % 8 or height % 8:
        raise _unsupported(f"a JPEG picture of {width}x{height}; RTP carries multiples of 8 up to 2040")
    picture.width, picture.height, picture.kind = width, height, kinds[sampling[0]]
    picture.order = tuple(component[2] for component in components)


def _unsupported(what: str) -> UnsupportedMediaError:
    return UnsupportedMediaError(f"{what} does not travel over RTP", where="JPEG (RFC 2435)")
