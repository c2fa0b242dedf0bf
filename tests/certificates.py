"""Certificates and keys of every kind, also of kinds that must be refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

NOW = datetime.now(tz=UTC).replace(microsecond=0)
DAY = timedelta(days=1)
SIGNING = {"digital_signature", "content_commitment"}
ISSUING = {"key_cert_sign", "crl_sign"}
_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)
Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@dataclass(frozen=True)
class Entity:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: Key

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def save(self, directory: Path, *chain: Entity, passphrase: bytes | None = None) -> tuple[Path, Path]:
        """Paths of key.pem and cert.pem; the certificates of ``chain`` follow in cert.pem."""
        directory.mkdir(parents=True, exist_ok=True)
        protection = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
        key, certificate = directory / "key.pem", directory / "cert.pem"
        key.write_bytes(
            self.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection)
        )
        certificate.write_bytes(self.pem + b"".join(each.pem for each in chain))
        return key, certificate


def entity(
    name: str,
    issuer: Entity | None = None,
    *,
    key: Key | None = None,
    ca: bool | None = False,
    usage: set[str] | None = None,
    not_before: datetime = NOW - DAY,
    not_after: datetime = NOW + 30 * DAY,
    critical: x509.ExtensionType | None = None,
    digest: hashes.HashAlgorithm | None = None,
) -> Entity:
    """A certificate for ``name``, self-signed without ``issuer``. ``ca`` None: no basic constraints at all."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(not_after)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if ca is not None:
        builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    usage = (ISSUING if ca else SIGNING) if usage is None else usage
    if usage:
        builder = builder.add_extension(x509.KeyUsage(**{each: each in usage for each in _USAGES}), critical=True)
    if critical is not None:
        builder = builder.add_extension(critical, critical=True)
    return Entity(builder.sign(issuer.key if issuer else key, digest or hashes.SHA256()), key)


def root(name: str = "Root") -> Entity:
    """A certification authority."""
    return entity(name, ca=True)
