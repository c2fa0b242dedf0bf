"""``verify_path``: everything that can be said about a handover or a signed file, as numbered findings.

Verdicts and sub-indications are the words of ETSI EN 319 102-1. Nothing signed, or nothing to check, is never PASSED.
"""

from __future__ import annotations

import stat
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from vssx.errors import HandoverError, StorageError, UsageError
from vssx.evidence import manifest
from vssx.evidence.bag_check import OVER_TAG_MANIFEST, SIGNATURES, CheckedBag, check_bag, check_same
from vssx.evidence.certificate_facts import certificate_facts
from vssx.evidence.claims_check import check_level
from vssx.evidence.digest import digest_file, read_bounded
from vssx.evidence.findings import Findings
from vssx.evidence.handover_reading import require_handover
from vssx.evidence.record import RECORD_NAME
from vssx.evidence.record_check import check_record
from vssx.evidence.record_reading import MAX_RECORD, parse_record
from vssx.evidence.signature import SIGNATURE_SUFFIX
from vssx.evidence.signature_check import DigestOf, check_signature
from vssx.evidence.trust import TrustAnchors, load_anchors, moment_of
from vssx.model.level import ExportLevel
from vssx.model.verification import Finding, SignatureFacts, VerificationReport
from vssx.shown import shown


def verify_path(
    path: Path, *, trust: Sequence[Path] = (), at_ns: int | None = None, level: ExportLevel | None = None
) -> VerificationReport:
    """Check a handover (a directory) or a file with ``FILE.p7s`` beside it, offline and without writing anything.

    ``trust``: files with the certificates that the verifier trusts; without any the verdict is INDETERMINATE at best.
    ``at_ns``: validation time if not now; an assumption of the verifier, which the findings state. ``level``: one that
    the handover must claim.

    Raises HandoverError for a directory that is no handover, is not complete (``.partial``) or exceeds all bounds, and
    for anything that is no file; StorageError when something cannot be read; UsageError for bad trust files.
    """
    anchors = load_anchors(trust)
    validation_ns = time.time_ns() if at_ns is None else at_ns
    moment = moment_of(validation_ns)
    findings = Findings()
    assumed = "now" if at_ns is None else "assumed by the verifier, not proven"
    findings.passed("validation time", f"{moment:%Y-%m-%dT%H:%M:%SZ}, {assumed}")
    try:
        mode = path.stat().st_mode
        real = path.resolve()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise StorageError(f"cannot be read: {reason}", where=shown(path), next_step="Check the path.") from error
    if stat.S_ISDIR(mode):
        require_handover(path)
        found = _verify_handover(real, anchors, moment, findings, level)
    elif stat.S_ISREG(mode):
        found = _verify_file(real, path, anchors, moment, findings)
        if level is not None:
            findings.indeterminate(f"level {level}", "one file alone claims no level; check the handover it is from")
    else:
        raise HandoverError(
            "neither a file nor a directory; it was not opened", where=shown(path), next_step="Name a handover."
        )
    return VerificationReport(
        path=str(path),
        verdict=findings.verdict(),
        findings=findings.as_tuple(),
        signed=found.signed,
        validation_ns=validation_ns,
        validation_assumed=at_ns is not None,
        handover=stat.S_ISDIR(mode),
        trusted=tuple(map(certificate_facts, anchors.certificates)),
        signatures=found.signatures,
        digest_of=found.digest_of,
        sha256=found.sha256,
    )


def check_unsigned(root: Path) -> tuple[Finding, ...]:
    """Check a handover without its signatures: what a signer must see before signing it. Raises as verify_path."""
    findings = Findings()
    require_handover(root)
    bag = check_bag(root.resolve(), findings)
    _check_record(root.resolve(), bag, findings)
    return findings.as_tuple()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """``signed``: there was a signature. ``signatures``: those that could be read. ``digest_of``, ``sha256``: as in
    the report."""

    signed: bool
    signatures: tuple[SignatureFacts, ...] = ()
    digest_of: str = ""
    sha256: str = ""


def _verify_handover(
    root: Path, anchors: TrustAnchors, moment: datetime, findings: Findings, level: ExportLevel | None
) -> _Found:
    bag = check_bag(root, findings)
    record = _check_record(root, bag, findings)
    fingerprints: dict[str, str] = {}
    signatures: list[SignatureFacts] = []
    over_all = 0
    for name in sorted(name for name in bag.tree.files if name.endswith(SIGNATURE_SUFFIX)):
        content = _content_of(name, bag)
        if content is None:
            findings.failed(f"signature {shown(name)}", "what it should sign is missing", "SIGNED_DATA_NOT_FOUND")
            continue
        over_all += content == manifest.TAG_MANIFEST
        checked = check_signature(
            root / name, name, _digest_of(root, content, bag), covers=content, anchors=anchors, moment=moment
        )
        findings.extend(checked.findings)
        fingerprints[name] = checked.fingerprint
        if checked.facts is not None:
            signatures.append(checked.facts)
    _check_uncovered(bag, findings)
    if record is not None:
        _check_announced(record, fingerprints, findings)
        if level is not None:
            check_level(record, level, findings)
    signed = bool(fingerprints)
    if not over_all:
        findings.indeterminate(
            "handover signature",
            "no signature covers the handover as a whole"
            if signed
            else "nothing is signed: anybody could have made it",
        )
    return _Found(
        signed=signed,
        signatures=tuple(signatures),
        digest_of=manifest.TAG_MANIFEST,
        sha256=bag.digests.get(manifest.TAG_MANIFEST, ""),
    )


def _content_of(signature: str, bag: CheckedBag) -> str | None:
    name = signature.removeprefix(SIGNATURES)
    if signature.startswith(SIGNATURES) and OVER_TAG_MANIFEST.fullmatch(name):
        return manifest.TAG_MANIFEST if manifest.TAG_MANIFEST in bag.tree.files else None
    content = signature.removesuffix(SIGNATURE_SUFFIX)
    return content if content in bag.tree.files else None


def _digest_of(root: Path, content: str, bag: CheckedBag) -> DigestOf:
    def digest(algorithm: str) -> str:
        if algorithm == "sha256" and content in bag.digests:
            return bag.digests[content]
        key = (content, algorithm)
        if key not in bag.others:  # kept: a hostile bag may hold thousands of signatures over one large file
            bag.others[key] = digest_file(root / content, algorithm).of(algorithm)
        return bag.others[key]

    return digest


def _check_uncovered(bag: CheckedBag, findings: Findings) -> None:
    """Receipts and the like in signatures/ are in no manifest, so each needs a signature of its own."""
    for name in sorted(bag.tree.files):
        later = name.startswith(SIGNATURES) and not name.endswith(SIGNATURE_SUFFIX)
        if later and name + SIGNATURE_SUFFIX not in bag.tree.files:
            findings.indeterminate(f"signatures: {shown(name)}", "no manifest and no signature covers it")


def _check_record(root: Path, bag: CheckedBag, findings: Findings) -> dict[str, Any] | None:
    if RECORD_NAME not in bag.tree.files:
        findings.failed("record", f"{RECORD_NAME} is missing", "FORMAT_FAILURE")
        return None
    try:
        data = read_bounded(root / RECORD_NAME, MAX_RECORD)
        check_same(RECORD_NAME, data, bag, findings)
        record = parse_record(data)
    except HandoverError as error:
        findings.failed("record", shown(error), "FORMAT_FAILURE")
        return None
    findings.passed("record", f"{RECORD_NAME} follows its schema, version {record['version']}")
    check_record(root, record, bag, findings)
    return record


def _check_announced(record: dict[str, Any], fingerprints: dict[str, str], findings: Findings) -> None:
    """A handover that says it was signed must still have all of these signatures, by the same certificate."""
    signature = record["signature"]
    if not signature["signed"]:
        findings.passed("announced signatures", "none: the record says that it was made without a key")
        return
    faults = []
    for name in signature["files"]:
        if name not in fingerprints:
            faults.append(f"{shown(name)} is missing")
        elif fingerprints[name] not in ("", signature["certificate_sha256"]):
            faults.append(f"{shown(name)} is by another certificate than the record says")
    findings.all_or_faults(
        "announced signatures",
        faults,
        f"all {len(signature['files'])} are there, by the certificate that the record names",
    )


def _verify_file(real: Path, given: Path, anchors: TrustAnchors, moment: datetime, findings: Findings) -> _Found:
    signature = given.with_name(given.name + SIGNATURE_SUFFIX)
    if not signature.is_symlink() and not signature.exists():
        if given.suffix == SIGNATURE_SUFFIX:
            raise UsageError(
                "is a signature", where=shown(given), next_step=f"Name the file: vssx verify {shown(given.stem)}"
            )
        findings.indeterminate("signature", f"nothing is signed: there is no {shown(signature.name)}")
        return _Found(signed=False)
    digest = digest_file(real, "sha384", "sha512")
    findings.passed("file", f"{digest.size} bytes, SHA-256 {digest.sha256}")
    checked = check_signature(
        signature.resolve(),
        signature.name,
        digest.of,
        covers=given.name,
        anchors=anchors,
        moment=moment,
    )
    findings.extend(checked.findings)
    return _Found(
        signed=True,
        signatures=() if checked.facts is None else (checked.facts,),
        digest_of=shown(given.name),
        sha256=digest.sha256,
    )


def report_as_json(report: VerificationReport) -> dict[str, object]:
    """The report as JSON values, as ``vssx verify --json`` prints it."""
    return {
        "path": report.path,
        "verdict": str(report.verdict),
        "signed": report.signed,
        "findings": [finding_as_json(finding) for finding in report.findings],
    }


def finding_as_json(finding: Finding) -> dict[str, object]:
    """One finding as JSON values; ``sub_indication`` only where there is one."""
    value: dict[str, object] = {
        "check": finding.check,
        "result": str(finding.result),
        "evidence": finding.evidence,
    }
    if finding.sub_indication:
        value["sub_indication"] = finding.sub_indication
    return value
