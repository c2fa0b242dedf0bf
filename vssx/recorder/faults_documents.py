"""Faults of metadata documents: what they hold, in which order they come, how they are packed."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from vssx.model.media import TrackType
from vssx.recorder.faults import Faults
from vssx.recorder.media_index import TrackIndex
from vssx.recorder.playback import Playback
from vssx.recorder.played_sample import PlayedSample
from vssx.recorder.store import RecordingStore

_YEAR = re.compile(rb"""(UtcTime(?:\s*=\s*["']|>))(\d{4})(?=-\d\d-\d\dT)""")
_END = b"</tt:MetadataStream>"
_EXI = b"$EXI\x80"  # cookie and first bits of the header (W3C EXI 1.0, 5)
_DECLARATION = b'<?xml version="1.0" encoding="%s"?>'
_MEGABYTE = 1_000_000
HOSTILE_TOPIC = "/&lt;script&gt;alert(1)&lt;/script&gt;\u202e"
HOSTILE_VALUE = "=HYPERLINK(&quot;http://192.0.2.1/&quot;,&quot;x&quot;)&#10;\u009b31m\u202e&lt;b&gt;|"


def labelled(store: RecordingStore, faults: Faults) -> RecordingStore:
    """The same recordings, whose metadata tracks say how their documents are packed."""
    suffix = faults.text("metadata-gzip") or faults.text("metadata-exi")
    if suffix is None:
        return store
    return RecordingStore(
        recordings=tuple(
            replace(one, tracks=tuple(_labelled(track, suffix) for track in one.tracks)) for one in store.recordings
        )
    )


def _labelled(track: TrackIndex, suffix: str) -> TrackIndex:
    return replace(track, document_encoding=suffix) if track.track_type is TrackType.METADATA else track


class DocumentFaults:
    """One recorder's faults of documents."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults

    def changed(self, samples: Iterable[PlayedSample], playback: Playback) -> Iterator[PlayedSample]:
        """The samples of a PLAY, with documents as this recorder sends them."""
        middles = {
            track.index: _middle(track, playback) for track in playback.tracks if track.track_type is TrackType.METADATA
        }
        found: Iterator[PlayedSample] = (
            self._document(each, middles[each.track.index]) if each.track.index in middles else each for each in samples
        )
        for name, change in (
            ("metadata-together", _together),
            ("metadata-unordered", _unordered),
            ("metadata-twice", _twice),
        ):
            number = self._faults.number(name)
            if number is not None:
                found = change(found, int(number))
        return found

    def _document(self, played: PlayedSample, middle: int) -> PlayedSample:
        faults, number = self._faults, played.sample.number
        payload = played.sample.payload
        years = faults.number("metadata-clock")
        if years is not None:
            payload = _YEAR.sub(_shifted(int(years)), payload)
        if faults.on("hostile-names"):
            payload = payload.replace(b"</wsnt:Topic>", HOSTILE_TOPIC.encode() + b"</wsnt:Topic>")
            payload = payload.replace(b' Value="', b' Value="' + HOSTILE_VALUE.encode())
        if _is_nth(faults.number("metadata-broken"), number):
            payload = payload.removesuffix(_END) + b"</tt:Nothing>"
        if _is_nth(faults.number("metadata-cut"), number):
            payload = payload[: len(payload) // 2]
        encoding = faults.text("metadata-encoding")
        if encoding is not None:
            payload = _DECLARATION % encoding.encode() + payload
        if faults.on("metadata-bom"):
            payload = b"\xef\xbb\xbf" + _DECLARATION % b"UTF-8" + payload
        if number == middle:
            payload = self._monster(payload)
        if faults.on("metadata-gzip") or _is_nth(faults.number("metadata-packed"), number):
            payload = gzip.compress(payload, mtime=0)
        if faults.on("metadata-exi"):
            payload = _EXI + zlib.compress(payload)
        return played._replace(sample=played.sample._replace(payload=payload))

    def _monster(self, payload: bytes) -> bytes:
        if self._faults.on("metadata-entities"):
            payload = _entities() + payload.replace(_END, b"&e9;" + _END)
        megabytes = self._faults.number("metadata-huge")
        if megabytes is not None:
            payload = payload.replace(_END, b" " * int(megabytes * _MEGABYTE) + _END)
        megabytes = self._faults.number("metadata-bomb")
        return payload if megabytes is None else _bomb(payload, int(megabytes))


def _shifted(years: int) -> Callable[[re.Match[bytes]], bytes]:
    return lambda match: match[1] + b"%04d" % (int(match[2]) + years)


def _is_nth(n: float | None, number: int) -> bool:
    return n is not None and number % int(n) == int(n) - 1


def _middle(track: TrackIndex, playback: Playback) -> int:
    """Number of the document in the middle; those of a track made up go with the video's clean points."""
    if track.documents is not None:
        return (track.sections[0].first + track.sections[-1].last) // 2
    numbers = playback.video.clean_points.numbers
    return numbers[len(numbers) // 2]


def _entities() -> bytes:
    """A billion laughs."""
    lines = [b'<!ENTITY e0 "ha">']
    lines += [b'<!ENTITY e%d "%s">' % (level, b"&e%d;" % (level - 1) * 10) for level in range(1, 10)]
    return b"<!DOCTYPE x [" + b"".join(lines) + b"]>"


def _bomb(payload: bytes, megabytes: int) -> bytes:
    """gzip (RFC 1952) of the document with so many million spaces in it; a block for each million, all the same."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    head = packer.compress(payload.removesuffix(_END)) + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(b" " * _MEGABYTE) + packer.flush(zlib.Z_FULL_FLUSH)
    end = packer.compress(_END) + packer.flush()
    crc = zlib.crc32(payload.removesuffix(_END))
    spaces = b" " * _MEGABYTE
    for _ in range(megabytes):
        crc = zlib.crc32(spaces, crc)
    size = len(payload) + megabytes * _MEGABYTE
    trailer = zlib.crc32(_END, crc).to_bytes(4, "little") + (size & 0xFFFFFFFF).to_bytes(4, "little")
    return b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff" + head + block * megabytes + end + trailer


def _is_metadata(played: PlayedSample) -> bool:
    return played.track.track_type is TrackType.METADATA


def _together(samples: Iterable[PlayedSample], count: int) -> Iterator[PlayedSample]:
    """So many documents, one behind the other, at the time of the last. Their numbers say which belong together, so
    that it makes no difference where a PLAY begins."""
    waiting: list[PlayedSample] = []
    for each in samples:
        if not _is_metadata(each):
            yield each
            continue
        if waiting and (waiting[0].section != each.section or waiting[0].track is not each.track):
            yield _joined(waiting)
            waiting = []
        waiting.append(each)
        if _is_nth(count, each.sample.number):
            yield _joined(waiting)
            waiting = []
    if waiting:
        yield _joined(waiting)


def _joined(waiting: list[PlayedSample]) -> PlayedSample:
    payload = b"".join(each.sample.payload for each in waiting)
    return waiting[-1]._replace(sample=waiting[-1].sample._replace(payload=payload))


def _unordered(samples: Iterable[PlayedSample], n: int) -> Iterator[PlayedSample]:
    held: PlayedSample | None = None
    for each in samples:
        if not _is_metadata(each):
            yield each
        elif held is not None:
            # E and T stay with what is sent last.
            yield each._replace(end_of_section=False, terminal=False)
            yield held._replace(end_of_section=each.end_of_section, terminal=each.terminal)
            held = None
        elif _is_nth(n, each.sample.number) and not each.end_of_section:
            held = each
        else:
            yield each
    if held is not None:
        yield held


def _twice(samples: Iterable[PlayedSample], n: int) -> Iterator[PlayedSample]:
    for each in samples:
        yield each
        if _is_metadata(each) and _is_nth(n, each.sample.number):
            yield each
