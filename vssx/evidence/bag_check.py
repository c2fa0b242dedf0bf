"""Checks a bag against its manifests: every file listed, nothing else there, every digest right."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from vssx.errors import MalformedMediaError, UnsupportedMediaError
from vssx.evidence import manifest
from vssx.evidence.by_hand import VERIFY_NAME
from vssx.evidence.digest import digest_file, read_bounded
from vssx.evidence.findings import Findings
from vssx.evidence.media_facts import MediaFacts, read_facts
from vssx.evidence.record import RECORD_NAME
from vssx.evidence.tree import Tree, list_tree
from vssx.shown import shown

SIGNATURES = "signatures/"
OVER_TAG_MANIFEST = re.compile(r"[0-9]{4}-[a-z]+\.p7s", re.ASCII)
"""Names in signatures/ of signatures over the tag manifest, and so over everything."""
MEDIA_SUFFIX = ".mp4"
_LATER = re.compile(r"signatures/[0-9]{4}-[A-Za-z0-9._-]+", re.ASCII)
_NEEDED_TAGS = ("bagit.txt", "bag-info.txt", manifest.PAYLOAD_MANIFEST, RECORD_NAME, VERIFY_NAME)
_MAX_BAG_INFO = 1 << 20
_HASH_FAILURE = "HASH_FAILURE"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedBag:
    """``tree``: what is there. ``digests``: hex SHA-256 of every file that was read, whatever the manifests say.

    ``media``: what the MP4 files among them say about themselves, or why they could not be read as such.
    ``others``: digests by name and another algorithm, computed when a signature asks for them.
    """

    tree: Tree
    digests: dict[str, str]
    media: dict[str, MediaFacts | str]
    others: dict[tuple[str, str], str]


def is_handover(root: Path) -> bool:
    """Whether the directory is a handover, even one whose record or declaration somebody removed."""
    if (root / RECORD_NAME).is_file():
        return True
    listing = root / manifest.TAG_MANIFEST
    if listing.is_symlink() or not listing.is_file():
        return False
    text = read_bounded(listing, manifest.MAX_MANIFEST)
    return any(line.endswith(b"  " + RECORD_NAME.encode()) for line in text.split(b"\n"))


def check_bag(root: Path, findings: Findings) -> CheckedBag:
    """Check everything but signatures and the record. Raises HandoverError beyond all bounds, StorageError."""
    tree = list_tree(root)
    findings.all_or_faults(
        "kinds of files",
        [f"{shown(name)} is a link, a FIFO or a device; it was not opened" for name in tree.others],
        f"{len(tree.files)} regular files, nothing else",
    )
    declaration = _read(root, tree, "bagit.txt", _MAX_BAG_INFO)
    if declaration == manifest.BAGIT_TXT:
        findings.passed("bag declaration", "BagIt 1.0, UTF-8")
    else:
        findings.failed("bag declaration", "bagit.txt is missing or not as RFC 8493 has it", "FORMAT_FAILURE")

    bag = CheckedBag(tree=tree, digests={}, media={}, others={})
    tags = _manifest(root, bag, manifest.TAG_MANIFEST, findings)
    missing = [f"does not list {name}" for name in _NEEDED_TAGS if name not in tags]
    missing += [f"lists {shown(name)}, which comes later" for name in tags if name.startswith(SIGNATURES)]
    findings.all_or_faults("tag manifest: complete", missing, f"lists {len(tags)} tag files")
    _check_digests(root, bag, tags, "tag files", findings)
    payload = _manifest(root, bag, manifest.PAYLOAD_MANIFEST, findings)
    _check_digests(root, bag, payload, "payload", findings)
    if not payload:
        findings.failed("payload", "there is none", "FORMAT_FAILURE")
    _check_unlisted(tree, {*tags, *payload, manifest.TAG_MANIFEST}, findings)
    _check_oxum(root, tree, findings)
    return bag


def _read(root: Path, tree: Tree, name: str, limit: int) -> bytes | None:
    return read_bounded(root / name, limit) if name in tree.files else None


def _manifest(root: Path, bag: CheckedBag, name: str, findings: Findings) -> dict[str, str]:
    check = "payload manifest" if name == manifest.PAYLOAD_MANIFEST else "tag manifest"
    data = _read(root, bag.tree, name, manifest.MAX_MANIFEST)
    if data is None:
        findings.failed(check, f"{name} is missing", "FORMAT_FAILURE")
        return {}
    check_same(name, data, bag, findings)
    parsed = manifest.parse(data, payload=name == manifest.PAYLOAD_MANIFEST)
    findings.all_or_faults(
        check,
        [f"{name} {fault}" for fault in parsed.faults],
        f"{name} is well-formed and names {len(parsed.files)} files",
        "FORMAT_FAILURE",
    )
    return dict(parsed.files)


def check_same(name: str, data: bytes, bag: CheckedBag, findings: Findings) -> None:
    """What is interpreted must be, byte for byte, what was hashed, also on a disk that somebody writes to."""
    actual = hashlib.sha256(data).hexdigest()
    if bag.digests.setdefault(name, actual) != actual:
        findings.failed(f"{name}: stable", "changed while it was being checked", _HASH_FAILURE)


def _check_digests(root: Path, bag: CheckedBag, listed: dict[str, str], check: str, findings: Findings) -> None:
    faults, size = [], 0
    for name, expected in listed.items():
        if name not in bag.tree.files:
            faults.append(f"{shown(name)} is missing")
            continue
        actual = _sha256(root / name, name, bag)
        bag.digests[name] = actual
        size += bag.tree.files[name]
        if actual != expected:
            faults.append(f"{shown(name)} was changed: SHA-256 {actual} instead of {expected}")
    findings.all_or_faults(
        check, faults, f"{len(listed)} files, {size} bytes: every SHA-256 is as listed", _HASH_FAILURE
    )


def _sha256(path: Path, name: str, bag: CheckedBag) -> str:
    """Media is hashed while its samples are read, so that nothing has to be read twice."""
    if name.lower().endswith(MEDIA_SUFFIX):
        try:
            facts = read_facts(path)
        except (MalformedMediaError, UnsupportedMediaError) as error:
            bag.media[name] = shown(error.message)
        else:
            bag.media[name] = facts
            return facts.sha256
    return digest_file(path).sha256


def _check_unlisted(tree: Tree, listed: set[str], findings: Findings) -> None:
    faults = [
        f"{shown(name)} is in no manifest"
        for name in sorted(tree.files)
        if name not in listed and not _LATER.fullmatch(name)
    ]
    full = {parent for name in tree.files for parent in _parents(name)}
    faults += [f"the directory {shown(name)} is empty" for name in tree.directories if name not in full]
    later = sum(1 for name in tree.files if _LATER.fullmatch(name))
    findings.all_or_faults("unlisted files", faults, f"none but {later} in signatures/" if later else "none")


def _parents(name: str) -> list[str]:
    parts = name.split("/")[:-1]
    return ["/".join(parts[: count + 1]) for count in range(len(parts))]


def _check_oxum(root: Path, tree: Tree, findings: Findings) -> None:
    """Payload-Oxum (RFC 8493 section 2.2.2): octets and number of the payload files."""
    data = _read(root, tree, "bag-info.txt", _MAX_BAG_INFO) or b""
    sizes = [size for name, size in tree.files.items() if name.startswith("data/")]
    actual = f"{sum(sizes)}.{len(sizes)}"
    stated = re.findall(rb"^Payload-Oxum: *([0-9.]{1,60})\r?$", data, re.MULTILINE)
    if stated == [actual.encode()]:
        findings.passed("payload size", f"Payload-Oxum of bag-info.txt is right: {actual}")
    else:
        findings.failed("payload size", f"the Payload-Oxum of bag-info.txt is not {actual}")
