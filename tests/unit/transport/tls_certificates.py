"""Certificates of recorders, and servers' TLS contexts with them."""

from __future__ import annotations

import hashlib
import ipaddress
import ssl
from datetime import timedelta
from pathlib import Path

from cryptography import x509

from tests.certificates import NOW, Entity, entity, root

LOOPBACK = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName("localhost")])
ELSEWHERE = x509.SubjectAlternativeName([x509.DNSName("recorder.example")])


class Issued:
    """A recorder's certificate under an authority of its own; ``pem``: its key and chain, ``ca``: the authority.

    Valid from ``starts`` to ``days`` days from now.
    """

    def __init__(
        self, directory: Path, *, names: x509.SubjectAlternativeName = LOOPBACK, days: int = 30, starts: int = -60
    ) -> None:
        authority = root("Site authority")
        self.leaf: Entity = entity(
            "recorder",
            authority,
            critical=names,
            not_before=NOW - timedelta(days=-starts),
            not_after=NOW + timedelta(days=days),
        )
        key, certificate = self.leaf.save(directory)
        self.pem = directory / "both.pem"
        self.pem.write_bytes(key.read_bytes() + certificate.read_bytes())
        self.ca = directory / "ca.pem"
        self.ca.write_bytes(authority.pem)

    @property
    def sha256(self) -> str:
        """Fingerprint, as --fingerprint takes it."""
        return hashlib.sha256(self.leaf.der).hexdigest()

    def context(self) -> ssl.SSLContext:
        """For a server."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.pem)
        return context
