"""metadata.xml: all documents of the recorded metadata tracks, one after the other, under one root of ours."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from xml.sax.saxutils import quoteattr

from vssx.cells import visible
from vssx.evidence.derived_file import DerivedFile
from vssx.evidence.metadata_samples import DocumentSample
from vssx.times import NS, to_xs_datetime

NAMESPACE = "urn:vssx:metadata:1"
_HEAD = f'<?xml version="1.0" encoding="UTF-8"?>\n<vssx:Metadata xmlns:vssx="{NAMESPACE}">\n'.encode()
_TAIL = b"</vssx:Metadata>\n"


class MetadataXml:
    """Writes metadata.xml into ``out`` (docs/events.md). Nothing but one document is held in memory."""

    def __init__(self, out: DerivedFile) -> None:
        self._out = out
        out.write(_HEAD)

    def add(self, file: str, sample: DocumentSample, content: bytes | None, reason: str) -> None:
        """One document. ``content``: well-formed, in UTF-8, without declaration; None: its bytes are given as they
        are, in base64, and ``reason`` says why."""
        attributes = {
            "file": file,
            "track": str(sample.track_id),
            "sample": str(sample.number),
            "utc": to_xs_datetime(sample.utc_ns),
            "media": seconds(sample.media_ns),
        }
        if sample.time_source is not None:
            attributes["timeSource"] = str(sample.time_source)
        if sample.encoding:
            attributes["contentEncoding"] = sample.encoding
        if content is not None:
            if content != sample.payload:
                attributes["content"] = "decoded"
            self._out.write(start("Document", attributes), content, b"</vssx:Document>\n")
        else:
            attributes["reason"] = reason
            if sample.payload is None:
                attributes["bytes"] = str(sample.size)
            packed = base64.b64encode(sample.payload or b"")
            self._out.write(start("Bytes", attributes), packed, b"</vssx:Bytes>\n")

    def finish(self) -> None:
        """Behind the last document."""
        self._out.write(_TAIL)
        self._out.finish()


def seconds(ns: int) -> str:
    """Seconds with microseconds, rounded to the nearest."""
    whole, fraction = divmod(abs(ns) + 500, NS)
    return f"{'-' if ns < 0 else ''}{whole}.{fraction // 1000:06d}"


def start(name: str, attributes: Mapping[str, str], *, empty: bool = False) -> bytes:
    """The tag that opens an element with the prefix vssx; with ``empty`` the whole element."""
    told = "".join(f" {key}={quoteattr(visible(value))}" for key, value in attributes.items())
    return f"<vssx:{name}{told}{'/' if empty else ''}>".encode()
