"""Checks what a record claims against what it says is there, and against the level that a verifier asks about."""

from __future__ import annotations

from typing import Any

from vssx.evidence.findings import Findings
from vssx.evidence.signature import SIGNATURE_SUFFIX
from vssx.model.level import ExportLevel
from vssx.model.media import TrackType
from vssx.shown import shown


def check_claims(record: dict[str, Any], findings: Findings) -> None:
    """The level claimed is signed, was asked for and is borne. What the record says is there is checked elsewhere."""
    claims, level, borne = record["claims"], _level(record["claims"]["level"]), borne_by(record)
    faults = []
    if level is not None:
        faults += _unsigned(record, level)
        if borne is None:
            faults.append(f"level {level} is claimed without any video")
        if not ExportLevel(record["requested"]["level"]).covers(level):
            faults.append(f"level {level} is claimed, but {record['requested']['level']} was asked for")
    for name, claimed, there, what in (
        (
            "timed_metadata",
            level is not None and level.timed_metadata,
            borne and borne.timed_metadata,
            "timed metadata",
        ),
        ("alpha_events", level is not None and level.alpha_events, borne and borne.alpha_events, "alpha-events"),
    ):
        if claims[name] != claimed:
            faults.append(f"{name} is {claims[name]}, which is not what level {level or 'none'} says")
        if (claimed or claims[name]) and not there:
            faults.append(f"level {level or 'none'} is claimed, but not every recording has {what}")
    if _level(claims["borne"]) != borne:
        faults.append(f"the contents are said to bear {claims['borne'] or 'no level'}, but bear {borne or 'none'}")
    findings.all_or_faults(
        "claims", faults, "no level is claimed" if level is None else f"level {level} is borne by the contents"
    )


def check_level(record: dict[str, Any], asked: ExportLevel, findings: Findings) -> None:
    """Whether the handover claims the level that the verifier asks about; the other findings tell what it is worth."""
    claims = record["claims"]
    level = _level(claims["level"])
    check = f"level {asked}"
    if level is not None and level.covers(asked):
        findings.passed(check, f"claimed: the handover claims {level}")
        return
    told = "the handover claims no level" if level is None else f"the handover claims level {level} only"
    reason = f": {shown(claims['reason'])}" if claims["reason"] else ""
    findings.failed(check, f"{told}{reason}")


def borne_by(record: dict[str, Any]) -> ExportLevel | None:
    """What the contents bear, as far as the record tells them right; None without video."""
    sections = [section for section in record["recordings"] if section["files"]]
    tracks = [track for section in sections for entry in section["files"] for track in entry["tracks"]]
    if not any(track["type"] == TrackType.VIDEO and track["samples"] for track in tracks):
        return None
    return ExportLevel.of(
        timed_metadata=all(_documents(section["timed_metadata"]) > 0 for section in sections),
        alpha_events=all((section["alpha_events"] or {"within": 0})["within"] > 0 for section in sections),
    )


def _documents(told: dict[str, Any] | None) -> int:
    return 0 if told is None else int(told["documents"] - told["malformed"] - told["not_decoded"])


def _level(told: str | None) -> ExportLevel | None:
    return None if told is None else ExportLevel(told)


def _unsigned(record: dict[str, Any], level: ExportLevel) -> list[str]:
    signature = record["signature"]
    if not signature["signed"]:
        return [f"level {level} is claimed by a handover that was not signed when it was made"]
    names = set(signature["files"])
    paths = [entry["path"] for section in record["recordings"] for entry in section["files"]]
    return [
        f"level {level} is claimed, but {shown(path)} has no signature of its own"
        for path in paths
        if path + SIGNATURE_SUFFIX not in names
    ]
