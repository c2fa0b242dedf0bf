"""Detached signatures, the certificates in them, trust anchors, and the handover's manifests and record."""

from __future__ import annotations

import functools
import hashlib
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from tests.fuzz.readers._scratch import scratch
from vssx.evidence import manifest
from vssx.evidence.keys import create_key_pair, load_signer
from vssx.evidence.record_reading import parse_record, validate_record
from vssx.evidence.signature_check import check_signature
from vssx.evidence.trust import TrustAnchors, load_anchors

_MOMENT = datetime(2026, 11, 21, 12, tzinfo=UTC)
_CONTENT = b"what was signed"


@functools.cache
def _material(elliptic: bool) -> tuple[bytes, bytes]:
    """(certificate as PEM, signature) of a key made for this process."""
    with tempfile.TemporaryDirectory() as name:
        create_key_pair(Path(name), name="fuzz", elliptic=elliptic)
        signer = load_signer(Path(name) / "key.pem", Path(name) / "cert.pem", lambda: None)
        pem = (Path(name) / "cert.pem").read_bytes()
    return pem, signer.sign_digest(hashlib.sha256(_CONTENT).digest(), signing_time=_MOMENT)


@functools.cache
def _anchors() -> TrustAnchors:
    return load_anchors([scratch("trusted.pem", _material(elliptic=True)[0])])


def _signature(data: bytes) -> None:
    checked = check_signature(
        scratch("signature.p7s", data),
        "signature.p7s",
        lambda algorithm: hashlib.new(algorithm, _CONTENT).hexdigest(),
        covers="signature",
        anchors=_anchors(),
        moment=_MOMENT,
    )
    assert checked.findings


def _anchor(data: bytes) -> None:
    load_anchors([scratch("anchor.pem", data)])


def _manifest(data: bytes) -> None:
    manifest.parse(data, payload=True)


def _record(data: bytes) -> None:
    validate_record(parse_record(data))


_READERS = (_signature, _anchor, _manifest, _record)


def seeds() -> list[bytes]:
    """The first byte chooses the reader."""
    found = []
    for elliptic in (False, True):
        pem, signature = _material(elliptic)
        found += [b"\0" + signature, b"\1" + pem]
    found.append(b"\2" + manifest.render({"data/a/b.mp4": hashlib.sha256(b"").hexdigest()}))
    return found


def read(data: bytes) -> None:
    """Read one input."""
    if data:
        _READERS[data[0] % len(_READERS)](data[1:])
