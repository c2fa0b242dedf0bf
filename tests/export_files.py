"""MP4 files of the export format out of any clip, as an export would have written them."""

from __future__ import annotations

from pathlib import Path

from vssx.isobmff.writer import Mp4Writer
from vssx.model.handover import ExportUnit, SourceIdentity
from vssx.model.media import AccessUnit
from vssx.source.local import open_local

START_NS = 1_714_564_800_000_000_000


def export_file(clip: Path, target: Path, *, start_ns: int = START_NS) -> Path:
    """All access units of a clip, written by our own writer; it begins at ``start_ns``."""
    source = open_local(clip, start_ns=start_ns)
    with Mp4Writer(target, target.with_suffix(".journal"), source.tracks) as writer:
        for item in source:
            if isinstance(item, AccessUnit):
                writer.add(item)
        writer.close(
            export_unit=ExportUnit(name="test", time_ns=start_ns),
            sources={track.index: SourceIdentity(name="camera") for track in source.tracks},
            position=None,
            creation_ns=start_ns,
        )
    return target
