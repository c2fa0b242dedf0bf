"""The file-level ``meta``: the last box of the file. A seal's ``ipro`` would be the last box in it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence

from vssx.isobmff import export_format
from vssx.isobmff.box import full_box
from vssx.isobmff.movie_box import hdlr
from vssx.isobmff.track_tables import TrackTables
from vssx.model.handover import ExportUnit, SourceIdentity

_UNNAMED = SourceIdentity(name="unknown")


def file_meta(
    tracks: Sequence[TrackTables],
    *,
    export_unit: ExportUnit,
    sources: Mapping[int, SourceIdentity],
    content_sha256: bytes,
) -> bytes:
    """``meta`` with ``hdlr``, ``sumi``, ``suep`` and ``cstb``.

    ``tracks``: those of the file, video first. ``sources``: by SourceTrack.index. ``content_sha256``: of
    its samples, which give the file its identity: finishing a cut file again gives the same.
    """
    identities = [(one.track_id, sources.get(one.track.index, _UNNAMED)) for one in tracks]
    starts = [export_format.StartTime(track_id=one.track_id, utc_ns=one.origin_ns) for one in tracks]
    own = _content_uuid(content_sha256)
    start_ns = min(one.presented_ns for one in tracks)
    identity = export_format.FileIdentity(
        identity=own,
        predecessor=own,
        successor=own,
        start_ns=start_ns,
        duration_ns=max(one.end_ns for one in tracks) - start_ns,
    )
    return full_box(
        "meta",
        0,
        0,
        hdlr("null", ""),
        export_format.build_sumi(identity),
        export_format.build_suep(export_unit, identities),
        export_format.build_cstb(starts),
    )


def _content_uuid(digest: bytes) -> uuid.UUID:
    """RFC 9562 section 5.8: version 8, variant 2, the rest from the digest."""
    value = int.from_bytes(digest[:16], "big")
    return uuid.UUID(int=value & ~(0xF << 76) & ~(3 << 62) | 8 << 76 | 2 << 62)
