"""What handover.json says of the cameras' cartography, and of the row of a recording's camera."""

from __future__ import annotations

from vssx.cartography.camera_values import values_of
from vssx.model.cartography import AttachedCartography, AttachedFile
from vssx.model.handover import CameraMatch

MAX_FINDINGS = 200
"""So many of the findings are told one by one; all are counted."""


def describe_cartography(attached: AttachedCartography) -> dict[str, object]:
    """As it stands in the record."""
    return {
        "source": {
            **_file(attached.source),
            "encoding": attached.source.encoding,
            "separator": attached.source.separator,
        },
        "mapping": None if attached.mapping is None else _file(attached.mapping),
        "csv": attached.csv,
        "geojson": attached.geojson,
        "rows": attached.rows,
        "included": attached.included,
        "all": attached.all_rows,
        "operations": [
            {
                "source": one.source,
                "target": one.target,
                "pipeline": one.pipeline,
                "accuracy_m": one.accuracy_m,
                "warning": one.warning,
            }
            for one in attached.operations
        ],
        "plans": [
            {**_file(plan), "media_type": plan.media_type, "width": plan.width, "height": plan.height}
            for plan in attached.plans
        ],
        "findings": [
            {
                "severity": str(one.severity),
                "line": one.line,
                "column": one.column,
                "value": one.value,
                "message": one.message,
            }
            for one in attached.findings[:MAX_FINDINGS]
        ],
        "findings_total": attached.findings_total,
    }


def describe_match(match: CameraMatch) -> dict[str, object]:
    """As it stands in the record."""
    loci = match.loci
    return {
        "matched_by": str(match.matched_by),
        "line": match.camera.line,
        "camera": values_of(match.camera),
        "loci": None
        if loci is None
        else {
            "name": loci.name,
            "longitude": loci.longitude,
            "latitude": loci.latitude,
            "altitude": loci.altitude,
            "notes": loci.notes,
        },
    }


def _file(one: AttachedFile) -> dict[str, object]:
    return {"name": one.name, "path": one.path, "size": one.size, "sha256": one.sha256}
