"""Boxes of the ONVIF Export File Format (22.12 and later) and of ETSI TS 126 244: suep, cstb, loci, ipro and inside."""

from __future__ import annotations

import struct
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from vssx.errors import MalformedMediaError
from vssx.isobmff.box import Box, MediaFile, box, full_box
from vssx.isobmff.fields import Fields
from vssx.model.handover import ExportUnit, Position, SourceIdentity
from vssx.times import from_1601_ticks, from_1904_seconds, to_1601_ticks, to_1904_seconds

SCHEME_TYPE = "oeff"
SCHEME_VERSION = 0x00010000
_MAX_ENTRIES = 65_535


@dataclass(frozen=True, slots=True, kw_only=True)
class StartTime:
    """One entry of ``cstb``: UTC of the origin of a track's media timeline, in ns since 1970."""

    track_id: int
    utc_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FileIdentity:
    """``sumi`` (ISO/IEC 23000-10): a file in a chain of files. The first one is its own predecessor, the last one its
    own successor. ``start_ns``: UTC, ns since 1970; ``duration_ns`` in ns; both kept in steps of 100 ns.
    """

    identity: uuid.UUID
    predecessor: uuid.UUID
    successor: uuid.UUID
    start_ns: int
    duration_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveillanceExport:
    """``suep`` as read. ``sources``: by track ID. ``version`` as stored; ``wide_track_ids``: IDs took 32 bits."""

    version: int
    export_unit: ExportUnit
    sources: tuple[tuple[int, SourceIdentity], ...]
    wide_track_ids: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningInstance:
    """One ``sinf`` of ``ipro``, not verified. ``signature_offset``: of the first byte of the sibo payload.

    ``algorithm_identifier``: DER of sigC, None for the default. ``start_times``: of a cstb in schi.
    """

    scheme_type: str
    scheme_version: int
    signature: bytes
    signature_offset: int
    certificate: bytes
    algorithm_identifier: bytes | None = None
    user_information: str | None = None
    start_times: tuple[StartTime, ...] = ()


def _string(text: str) -> bytes:
    """Null-terminated UTF-8; a null inside would end it early, a lone surrogate has no UTF-8."""
    return text.replace("\0", "").encode("utf-8", "replace") + b"\0"


def _source_name(name: str) -> bytes:
    """At least two bytes: readers that take TrackID for 32 bits stay aligned then (export-file.md)."""
    text = name.replace("\0", "").encode("utf-8", "replace") or b"unknown"
    return text.ljust(2, b" ") + b"\0"


def build_suep(export_unit: ExportUnit, sources: Sequence[tuple[int, SourceIdentity]]) -> bytes:
    """``suep`` version 1. ``sources``: (track ID, source) of every track in the file."""
    parts = [
        _string(export_unit.name),
        _string(export_unit.url),
        _string(export_unit.mac),
        struct.pack(">Q", max(0, to_1904_seconds(export_unit.time_ns))),
        _string(export_unit.operator),
        struct.pack(">I", len(sources)),
    ]
    for track_id, source in sources:
        parts += [struct.pack(">H", track_id), _source_name(source.name)]
        parts += [_string(source.url), _string(source.mac), _string(source.line)]
    return full_box("suep", 1, 0, *parts)


def parse_suep(fields: Fields) -> SurveillanceExport:
    """``suep`` with track IDs of 16 bits, or of 32 as some writers store them. Raises MalformedMediaError."""
    version, _ = fields.version_and_flags()
    name, url, mac = fields.string(), fields.string(), fields.string()
    time_ns = from_1904_seconds(fields.u64())
    operator = fields.string()
    count = fields.u32()
    if count > min(_MAX_ENTRIES, fields.left // 6):  # an ID and four nulls at the least
        raise fields.malformed(f"{count} sources do not fit")
    start = fields.position
    narrow = _parse_sources(fields, count, wide=False)
    sources, wide = narrow, False
    if narrow is None or fields.left or any(track_id == 0 for track_id, _ in narrow):
        fields.position = start
        sources, wide = _parse_sources(fields, count, wide=True), True
        if sources is None or any(track_id == 0 for track_id, _ in sources):
            sources, wide = narrow, False
    if sources is None:
        raise fields.malformed("its sources are cut off")
    return SurveillanceExport(
        version=version,
        export_unit=ExportUnit(name=name, url=url, mac=mac, time_ns=time_ns, operator=operator),
        sources=tuple(sources),
        wide_track_ids=wide,
    )


def _parse_sources(fields: Fields, count: int, *, wide: bool) -> list[tuple[int, SourceIdentity]] | None:
    found = []
    try:
        for _ in range(count):
            track_id = fields.u32() if wide else fields.u16()
            source = SourceIdentity(
                name=fields.string(), url=fields.string(), mac=fields.string(), line=fields.string()
            )
            found.append((track_id, source))
    except MalformedMediaError:
        return None
    return found


def build_cstb(starts: Sequence[StartTime]) -> bytes:
    """``cstb``; the video's entry has to be first, some readers look at no other."""
    entries = (struct.pack(">IQ", one.track_id, max(0, to_1601_ticks(one.utc_ns))) for one in starts)
    return box("cstb", struct.pack(">I", len(starts)), *entries)


def parse_cstb(fields: Fields) -> tuple[StartTime, ...]:
    """Entries of ``cstb``. Raises MalformedMediaError."""
    count = fields.u32()
    if count > min(_MAX_ENTRIES, fields.left // 12):
        raise fields.malformed(f"{count} start times do not fit")
    return tuple(StartTime(track_id=fields.u32(), utc_ns=from_1601_ticks(fields.u64())) for _ in range(count))


def build_sumi(identity: FileIdentity) -> bytes:
    """``sumi``: no longer part of the export format, but validators and counter-signing tools look for it."""
    return box(
        "sumi",
        identity.identity.bytes,
        identity.predecessor.bytes,
        identity.successor.bytes,
        struct.pack(">QQ", max(0, to_1601_ticks(identity.start_ns)), identity.duration_ns // 100),
        struct.pack(">HH", 0, 0),  # lengths of the URIs of both neighbours: there are none
    )


def parse_sumi(fields: Fields) -> FileIdentity:
    """``sumi`` without the URIs that may follow. Raises MalformedMediaError."""
    own, predecessor, successor = (uuid.UUID(bytes=fields.take(16)) for _ in range(3))
    start, duration = fields.unpack("QQ")
    return FileIdentity(
        identity=own,
        predecessor=predecessor,
        successor=successor,
        start_ns=from_1601_ticks(start),
        duration_ns=duration * 100,
    )


def _fixed(value: float) -> int:
    """16.16 fixed point in two's complement; beyond its range the nearest value."""
    scaled = round(value * 65536)
    return max(-(1 << 31), min((1 << 31) - 1, scaled))


def build_loci(position: Position) -> bytes:
    """``loci`` (ETSI TS 126 244 clause 8.10): language und, role 1 (real location), on the earth."""
    return full_box(
        "loci",
        0,
        0,
        struct.pack(">H", pack_language("und")),
        _string(position.name),
        struct.pack(">Biii", 1, _fixed(position.longitude), _fixed(position.latitude), _fixed(position.altitude)),
        _string("earth"),
        _string(position.notes),
    )


def parse_loci(fields: Fields) -> Position:
    """Position in ``loci``. Raises MalformedMediaError."""
    fields.version_and_flags()
    fields.u16()
    name = fields.string()
    _role, longitude, latitude, altitude = fields.unpack("Biii")
    fields.string()
    return Position(
        longitude=longitude / 65536,
        latitude=latitude / 65536,
        altitude=altitude / 65536,
        name=name,
        notes=fields.string(),
    )


def pack_language(language: str) -> int:
    """ISO 639-2/T code in 15 bits (ISO/IEC 14496-12 clause 8.4.2); anything else is und."""
    if len(language) != 3 or not all("a" <= letter <= "z" for letter in language):
        language = "und"
    value = 0
    for letter in language:
        value = value << 5 | ord(letter) - 0x60
    return value


def unpack_language(value: int) -> str:
    """The three letters; und where they are none."""
    letters = "".join(chr((value >> shift & 0x1F) + 0x60) for shift in (10, 5, 0))
    return letters if letters.isalpha() else "und"


def build_sinf(
    *,
    signature: bytes,
    certificate: bytes,
    algorithm_identifier: bytes | None = None,
    user_information: str | None = None,
    start_times: Sequence[StartTime] = (),
) -> bytes:
    """One signing instance. ``certificate`` and ``algorithm_identifier``: DER; the latter only if not the default."""
    inside = [box("sibo", signature), box("cert", certificate)]
    if algorithm_identifier is not None:
        inside.append(box("sigC", algorithm_identifier))
    if user_information is not None:
        inside.append(box("auib", _string(user_information)))
    if start_times:
        inside.append(build_cstb(start_times))
    scheme = full_box("schm", 0, 0, SCHEME_TYPE.encode(), struct.pack(">I", SCHEME_VERSION))
    return box("sinf", scheme, box("schi", *inside))


def build_ipro(instances: Sequence[bytes]) -> bytes:
    """``ipro`` of signing instances; protection_count stays 1 however many there are ("Repeated signing")."""
    return full_box("ipro", 0, 0, struct.pack(">H", 1), *instances)


def parse_ipro(file: MediaFile, ipro: Box) -> tuple[SigningInstance, ...]:
    """All signing instances of ``ipro``, whatever its protection_count says. Raises MalformedMediaError."""
    return tuple(_parse_sinf(file, sinf) for sinf in ipro.all("sinf"))


def _parse_sinf(file: MediaFile, sinf: Box) -> SigningInstance:
    scheme, information = sinf.child("schm"), sinf.child("schi")
    scheme_type, scheme_version = "", 0
    if scheme is not None:
        fields = Fields.of(file, scheme)
        fields.version_and_flags()
        scheme_type, scheme_version = fields.take(4).decode("latin-1"), fields.u32()
    inside = {one.box_type: one for one in reversed(information.children)} if information is not None else {}
    signature, user = inside.get("sibo"), inside.get("auib")
    # The text of the specification puts cstb into schi, its table of boxes into sinf.
    algorithm, starts = inside.get("sigC"), inside.get("cstb") or sinf.child("cstb")
    certificate = inside.get("cert")
    return SigningInstance(
        scheme_type=scheme_type,
        scheme_version=scheme_version,
        signature=Fields.of(file, signature).data if signature is not None else b"",
        signature_offset=signature.payload_offset if signature is not None else 0,
        certificate=Fields.of(file, certificate).data if certificate is not None else b"",
        algorithm_identifier=Fields.of(file, algorithm).data if algorithm is not None else None,
        user_information=Fields.of(file, user).string() if user is not None else None,
        start_times=parse_cstb(Fields.of(file, starts)) if starts is not None else (),
    )
