"""TLS to a recorder, the same for SOAP and RTSP: whose certificate is accepted, and what is written down about it."""

from __future__ import annotations

import hashlib
import socket
import ssl
import time

from vssx import times
from vssx.errors import RecorderUnreachableError, UsageError, VssxError
from vssx.model.acquisition import AcquisitionEvent, Observe
from vssx.model.network import TlsPeer, TlsPolicy

_MAX_CERTIFICATE = 256 * 1024
# X509_V_ERR_... of OpenSSL, in the words of somebody who stands before a recorder
_VERIFY_CODES = {
    9: "its certificate is not valid yet: one of the clocks is wrong",
    10: "its certificate has expired",
    18: "its certificate is self-signed",
    19: "its certificate ends in an unknown authority",
    20: "its certificate comes from an unknown authority",
    21: "its certificate comes from an unknown authority",
    62: "its certificate does not name this host",
    64: "its certificate does not name this address",
    66: "the key of its certificate is too short to be trusted",
    68: "its certificate is signed with a broken algorithm",
}


class TlsConnector:
    """Makes TLS connections to one recorder under one policy; every certificate is reported once.

    ``observe`` gets an event of kind ``tls`` with the certificate. Who uses a connection says ``unverified`` where it
    has to be said.
    Errors: UsageError for a CA file that cannot be used, RecorderUnreachableError for everything else.
    """

    def __init__(self, policy: TlsPolicy, observe: Observe) -> None:
        self._policy = policy
        self._observe = observe
        self._context: ssl.SSLContext | None = None
        self._peers: dict[str, TlsPeer] = {}
        self._reported: set[tuple[str, str]] = set()

    @property
    def verifies(self) -> bool:
        """Whether a connection is to the recorder for certain: only then may a password itself be sent."""
        return not self._policy.insecure

    @property
    def context(self) -> ssl.SSLContext:
        """The context of all connections. With pins or ``insecure`` it verifies nothing: ``accept`` has to judge."""
        if self._context is None:
            self._context = _context(self._policy)
        return self._context

    def wrap(self, plain: socket.socket, host: str, *, where: str) -> tuple[ssl.SSLSocket, TlsPeer]:
        """TLS over a connected socket, whose timeout counts; ``plain`` is closed where it fails."""
        try:
            secure = self.context.wrap_socket(plain, server_hostname=host)
        except (OSError, ValueError) as error:
            plain.close()
            raise tls_error(error, where) from None
        except UsageError:
            plain.close()
            raise
        try:
            return secure, self.accept(secure, where=where)
        except VssxError:
            secure.close()
            raise

    def accept(self, secure: ssl.SSLSocket, *, where: str) -> TlsPeer:
        """Judge and report the certificate of a fresh connection. Raises RecorderUnreachableError for a wrong one."""
        certificate = secure.getpeercert(binary_form=True)
        if not certificate:
            raise RecorderUnreachableError(
                "it shows no certificate", where=where, next_step="Check the recorder's TLS settings."
            )
        digest = hashlib.sha256(certificate).hexdigest()
        if self._policy.fingerprints and not self._policy.insecure and digest not in self._policy.fingerprints:
            raise RecorderUnreachableError(
                f"it shows another certificate than the pinned one: SHA-256 {digest}",
                where=where,
                next_step="If the recorder was renewed, compare this with what its operator tells, then give it with"
                " --fingerprint. Else someone may stand between.",
            )
        if digest not in self._peers:
            self._peers[digest] = _peer(certificate, digest, secure.version() or "", self._verified())
        peer = self._peers[digest]
        if (where, digest) not in self._reported:
            self._reported.add((where, digest))
            self._report(peer, where)
        return peer

    def _verified(self) -> str:
        if self._policy.insecure:
            return "no"
        if self._policy.fingerprints:
            return "pinned"
        return "system" if self._policy.ca_file is None else "ca"

    def _report(self, peer: TlsPeer, where: str) -> None:
        detail: dict[str, object] = {
            "where": where,
            "certificate_sha256": peer.certificate_sha256,
            "subject": peer.subject,
            "issuer": peer.issuer,
            "not_before": _text(peer.not_before_ns),
            "not_after": _text(peer.not_after_ns),
            "version": peer.version,
            "verified": peer.verified,
        }
        self._observe(AcquisitionEvent(at_ns=time.time_ns(), kind="tls", detail=detail))


def unverified(peer: TlsPeer, where: str) -> str:
    """The assumption that is made with a certificate that nobody verified."""
    return f"the certificate of {where} was not verified; its SHA-256 is {peer.certificate_sha256}"


def tls_error(problem: Exception, where: str) -> RecorderUnreachableError:
    """What a failed handshake amounts to, in words."""
    if isinstance(problem, ssl.SSLCertVerificationError):
        reason = _VERIFY_CODES.get(problem.verify_code, problem.verify_message)
        return RecorderUnreachableError(
            f"TLS failed: {reason}",
            where=where,
            next_step="Name its authority with --ca, or its certificate with --fingerprint; --insecure takes any, which"
            " is recorded.",
        )
    text = str(problem)
    if "WRONG_VERSION_NUMBER" in text or "RECORD_LAYER_FAILURE" in text:
        return RecorderUnreachableError(
            "it does not speak TLS on this port", where=where, next_step="Try http:// or rtsp://."
        )
    if "UNSUPPORTED_PROTOCOL" in text or "PROTOCOL_VERSION" in text:
        return RecorderUnreachableError(
            "it speaks only versions of TLS that are broken",
            where=where,
            next_step="Renew its firmware; --insecure takes them, which is recorded.",
        )
    if isinstance(problem, TimeoutError):
        return RecorderUnreachableError(
            "no answer to TLS in time", where=where, next_step="Check address, port and network."
        )
    reason = problem.reason if isinstance(problem, ssl.SSLError) and problem.reason else str(problem)
    return RecorderUnreachableError(
        f"TLS failed: {reason}", where=where, next_step="Check address, port and the recorder's TLS settings."
    )


def _context(policy: TlsPolicy) -> ssl.SSLContext:
    if policy.insecure or policy.fingerprints:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        if policy.insecure:
            _allow_old_versions(context)
        return context
    if policy.ca_file is None:
        return ssl.create_default_context()
    return _trusting(policy)


def _trusting(policy: TlsPolicy) -> ssl.SSLContext:
    assert policy.ca_file is not None
    try:
        with policy.ca_file.open("rb") as file:
            content = file.read(_MAX_CERTIFICATE + 1)
        if not content.strip() or len(content) > _MAX_CERTIFICATE:  # an empty one would mean the system's authorities
            raise ValueError("empty or too large")
        context = ssl.create_default_context(cadata=content.decode("ascii"))
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # the user's word makes an intermediate one an anchor
        return context
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError, UnicodeDecodeError a ValueError
        reason = error.strerror if isinstance(error, OSError) and not isinstance(error, ssl.SSLError) else ""
        raise UsageError(
            f"holds no certificates of authorities that could be read{f': {reason}' if reason else ''}",
            where=str(policy.ca_file),
            next_step="--ca takes a file with certificates in PEM form.",
        ) from None


def _allow_old_versions(context: ssl.SSLContext) -> None:
    """Recorders ten years old: TLS 1.0 and short keys. Who asks for no verification gets no less than that."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.options |= getattr(ssl, "OP_LEGACY_SERVER_CONNECT", 0x4)  # Python names it from 3.12 on


def _peer(der: bytes, digest: str, version: str, verified: str) -> TlsPeer:
    from cryptography import x509

    try:
        certificate = x509.load_der_x509_certificate(der)
        return TlsPeer(
            certificate_sha256=digest,
            subject=certificate.subject.rfc4514_string()[:500],
            issuer=certificate.issuer.rfc4514_string()[:500],
            not_before_ns=int(certificate.not_valid_before_utc.timestamp()) * times.NS,
            not_after_ns=int(certificate.not_valid_after_utc.timestamp()) * times.NS,
            version=version,
            verified=verified,
        )
    except ValueError:  # recorders' certificates break X.509 in many ways; the bytes have a digest all the same
        return TlsPeer(certificate_sha256=digest, version=version, verified=verified)


def _text(ns: int | None) -> str | None:
    return None if ns is None else times.to_xs_datetime(ns)
