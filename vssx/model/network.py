"""How a recorder is reached: who is trusted over TLS, how media travels, and who answered."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class StreamTransport(StrEnum):
    """How RTP travels.

    ``tcp``: interleaved in the RTSP connection (RFC 2326 section 10.12). ``udp``: datagrams beside it. ``http``: the
    RTSP connection within HTTP or HTTPS (ONVIF Streaming, "RTP/RTSP/HTTP/TCP"). ``auto``: tcp, and another where the
    recorder wants it.
    """

    AUTO = "auto"
    TCP = "tcp"
    UDP = "udp"
    HTTP = "http"


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsPolicy:
    """Whose certificate is accepted.

    Without anything: one that the system's authorities vouch for and that names the host. ``ca_file``: PEM file of
    authorities that take their place. ``fingerprints``: SHA-256 of accepted certificates, 64 hexadecimal digits in
    lower case; then nothing else is looked at. ``insecure``: any certificate.
    """

    ca_file: Path | None = None
    fingerprints: tuple[str, ...] = ()
    insecure: bool = False

    @property
    def text(self) -> str:
        """In words, for the record."""
        if self.insecure:
            return "not verified"
        if self.fingerprints:
            return f"pinned to {', '.join(self.fingerprints)}"
        return "verified by the system's authorities" if self.ca_file is None else f"verified by {self.ca_file.name}"


VERIFIED = TlsPolicy()


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsPeer:
    """The certificate that a recorder showed.

    ``certificate_sha256``: of its DER form, hexadecimal. ``subject``, ``issuer``: RFC 4514. ``not_before_ns``,
    ``not_after_ns``: UTC; all four are empty or None where the certificate cannot be read. ``version``: e.g. TLSv1.3.
    ``verified``: ``system`` or ``ca`` (chain and host name), ``pinned`` (fingerprint), ``no``.
    """

    certificate_sha256: str
    subject: str = ""
    issuer: str = ""
    not_before_ns: int | None = None
    not_after_ns: int | None = None
    version: str = ""
    verified: str
