"""A metadata document as it stands in an MP4: less byte order mark and XML declaration, and in which encoding. Pure.

ONVIF Export File Format, "Metadata"; ONVIF Streaming, "Metadata streaming" for the names of the encodings.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from vssx.model.media import Codec, CodecConfiguration

XML, GZIP, EXI = (CodecConfiguration(codec=Codec.ONVIF_METADATA, profile=name) for name in ("", "gzip", "exi"))
"""What the sample entry says of documents of each encoding."""

_BOM = b"\xef\xbb\xbf"
_GZIP_MAGIC = b"\x1f\x8b"
_EXI_COOKIE = b"$EXI"
_DECLARATION = re.compile(
    rb"<\?xml\s+version\s*=\s*[\"'](?P<version>[\w.]{1,8})[\"']"
    rb"(?:\s+encoding\s*=\s*[\"'](?P<encoding>[\w.:-]{1,40})[\"'])?"
    rb"(?:\s+standalone\s*=\s*[\"'](?:yes|no)[\"'])?\s*\?>\s*"  # and what ends its line
)
_DECLARED = re.compile(rb"<\?xml[\s?]")
_SAME_WITHOUT = frozenset({b"utf-8", b"utf8", b"us-ascii", b"ascii"})


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataSample:
    """``payload``: the sample. ``configuration``: XML, GZIP or EXI. ``declared``: why BOM and declaration are still in
    it, "" where they are not: without them the bytes would mean something else."""

    payload: bytes
    configuration: CodecConfiguration
    declared: str = ""


def announced(encoding: str) -> CodecConfiguration:
    """XML, GZIP or EXI, by the encoding name of the SDP: ``vnd.onvif.metadata``, with ``+gzip`` or ``.gzip``, or with
    ``.exi.onvif`` or ``.exi.ext`` (ONVIF Streaming; names are case-insensitive)."""
    suffix = encoding.lower().removeprefix("vnd.onvif.metadata")[1:]
    return GZIP if suffix.startswith("gzip") else EXI if suffix.startswith("exi") else XML


def sample_of(document: bytes, said: CodecConfiguration = XML) -> MetadataSample:
    """The sample that holds ``document``; ``said``: the encoding of the track. What is seen in the bytes counts more.

    gzip and EXI stay as they are. Of XML a UTF-8 byte order mark and a declaration of XML 1.0 in UTF-8 or ASCII are
    taken away, with the white space that ends the declaration's line, nothing else.
    """
    if document.startswith(_GZIP_MAGIC):
        return MetadataSample(payload=document, configuration=GZIP)
    if document.startswith(_EXI_COOKIE) or (said is EXI and not _is_text(document)):
        return MetadataSample(payload=document, configuration=EXI)
    if document[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in document[:4]:
        return MetadataSample(payload=document, configuration=XML, declared="UTF-16 or UTF-32")
    bare = document.removeprefix(_BOM)
    if not bare.startswith(b"<?xml"):
        return MetadataSample(payload=bare, configuration=XML)
    found = _DECLARATION.match(bare)
    if found is None:
        unread = "a declaration that cannot be read" if _DECLARED.match(bare) else ""
        return MetadataSample(payload=document if unread else bare, configuration=XML, declared=unread)
    encoding = found["encoding"] or b"utf-8"
    if found["version"] != b"1.0" or encoding.lower() not in _SAME_WITHOUT:
        why = f"XML {found['version'].decode('ascii', 'replace')} in {encoding.decode('ascii', 'replace')}"
        return MetadataSample(payload=document, configuration=XML, declared=why)
    return MetadataSample(payload=bare[found.end() :], configuration=XML)


def _is_text(document: bytes) -> bool:
    return document.removeprefix(_BOM).lstrip()[:1] == b"<"
