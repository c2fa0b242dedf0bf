"""Signing keys: created for trials, and loaded from PEM, DER or PKCS#12 with every mismatch told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from vssx.errors import HandoverError, SigningError, StorageError, UsageError
from vssx.evidence.digest import read_bounded
from vssx.evidence.durable import create_durably
from vssx.evidence.signature import Signer
from vssx.shown import shown

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

PassphraseSource = Callable[[], str | None]
"""Asked only when a key is encrypted; None: there is no passphrase."""

_MAX_KEY_FILE = 1 << 20
_MAX_NAME = 64  # ub-common-name, RFC 5280 appendix A.1
_TRIAL_ORGANISATION = "vssx self-asserted trial certificate (identity unverified)"
_PEM_CERTIFICATE = b"-----BEGIN CERTIFICATE-----"
_PEM_END = b"-----END CERTIFICATE-----"


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatedKey:
    """A new key pair on disk. ``fingerprint``: hex SHA-256 of the certificate's DER."""

    key_path: Path
    certificate_path: Path
    fingerprint: str
    subject: str
    not_after: datetime
    encrypted: bool


def create_key_pair(
    directory: Path, *, name: str, elliptic: bool = False, passphrase: str | None = None, days: int = 1095
) -> CreatedKey:
    """Make ``key.pem`` (PKCS#8, mode 0600 from its creation) and ``cert.pem`` in ``directory``.

    RSA-3072, or P-256 when ``elliptic``. The self-signed certificate says in its subject that nobody vouches for it;
    key usage digitalSignature and nonRepudiation, no extended key usage, no CA.
    Raises HandoverError when one of the files exists, UsageError for an unfit name, StorageError.
    """
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    if not name.strip() or len(name) > _MAX_NAME or not name.isprintable():
        raise UsageError(
            f"a name must have 1 to {_MAX_NAME} printable characters", where=shown(name), next_step="Shorten --name."
        )
    if not 1 <= days <= 36_500:
        raise UsageError(f"a certificate cannot be valid for {days} days", next_step="Choose 1 to 36500 days.")
    key_path, certificate_path = directory / "key.pem", directory / "cert.pem"
    for path in (key_path, certificate_path):
        if path.exists() or path.is_symlink():
            raise HandoverError(
                "exists already and is never overwritten", where=shown(path), next_step="Choose another directory."
            )
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey = (
        ec.generate_private_key(ec.SECP256R1())
        if elliptic
        else rsa.generate_private_key(public_exponent=65537, key_size=3072)
    )
    protection = (
        serialization.BestAvailableEncryption(passphrase.encode()) if passphrase else serialization.NoEncryption()
    )
    certificate = _self_signed(key, name.strip(), days)
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(
            f"cannot be created: {error.strerror}", where=shown(directory), next_step="Choose another directory."
        ) from error
    create_durably(
        key_path,
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection),
        mode=0o600,
    )
    try:
        create_durably(certificate_path, certificate.public_bytes(serialization.Encoding.PEM))
    except (StorageError, HandoverError):
        key_path.unlink(missing_ok=True)  # a key without its certificate is of no use to anybody
        raise
    return CreatedKey(
        key_path=key_path,
        certificate_path=certificate_path,
        fingerprint=certificate.fingerprint(hashes.SHA256()).hex(),
        subject=certificate.subject.rfc4514_string(),
        not_after=certificate.not_valid_after_utc,
        encrypted=bool(passphrase),
    )


def _self_signed(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, name: str, days: int) -> x509.Certificate:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.x509.oid import NameOID

    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, _TRIAL_ORGANISATION),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )
    now = datetime.now(tz=UTC).replace(microsecond=0)
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,  # the newer name of nonRepudiation
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def load_signer(key: Path, cert: Path | None, passphrase: PassphraseSource) -> Signer:
    """A signer from a key file (PEM or DER, encrypted or not, or PKCS#12) and a certificate file (PEM or DER).

    ``cert`` may hold the chain in any order; without it the certificate comes from the key file. Raises SigningError
    when a file cannot be used, the passphrase is missing or wrong, key and certificate differ, the certificate is
    expired or not yet valid or not for signing, or the key is too weak; StorageError when a file cannot be read.
    """
    from cryptography.hazmat.primitives import hashes, serialization

    private, found = _load_key(key, _read(key), passphrase)
    if cert is not None:
        found = _load_certificates(cert, _read(cert))
    if not found:
        raise SigningError("holds no certificate", where=shown(key), next_step="Name the certificate with --cert.")
    algorithm = _algorithm(private, key)
    wanted = private.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    leaf = next((each for each in found if _public_key(each) == wanted), None)
    if leaf is None:
        raise SigningError(
            f"the private key does not belong to the certificate {shown(found[0].subject.rfc4514_string())}",
            where=shown(cert or key),
            next_step="Name the key and the certificate that were made together.",
        )
    _check_usable(leaf, cert or key)
    return Signer(
        key=private.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
        certificate=leaf.public_bytes(serialization.Encoding.DER),
        chain=tuple(issuer.public_bytes(serialization.Encoding.DER) for issuer in issuers(leaf, found)),
        subject=leaf.subject.rfc4514_string(),
        issuer=leaf.issuer.rfc4514_string(),
        serial_number=format(leaf.serial_number, "x"),
        fingerprint=leaf.fingerprint(hashes.SHA256()).hex(),
        algorithm=algorithm,
    )


def issuers(leaf: x509.Certificate, pool: Sequence[x509.Certificate]) -> tuple[x509.Certificate, ...]:
    """Those of ``pool`` that issued ``leaf``, or issued an issuer of it; each once, ``leaf`` itself not."""
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

    reached: list[x509.Certificate] = [leaf]
    for certificate in reached:  # grows while it is walked
        for candidate in pool:
            if candidate in reached:
                continue
            try:
                certificate.verify_directly_issued_by(candidate)
            except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
                continue
            reached.append(candidate)
    return tuple(reached[1:])


def _read(path: Path) -> bytes:
    try:
        return read_bounded(path.resolve(), _MAX_KEY_FILE)
    except HandoverError as error:
        raise SigningError(error.message, where=shown(path), next_step="Name a key or certificate file.") from error


def _load_key(
    path: Path, data: bytes, passphrase: PassphraseSource
) -> tuple[rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, list[x509.Certificate]]:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    try:
        private, certificates = _decrypt(data, None)
    except TypeError:  # cryptography's way to say: encrypted, and no passphrase was given
        secret = passphrase()
        if not secret:
            raise SigningError(
                "the key is encrypted and no passphrase was given",
                where=shown(path),
                next_step="Set VSSX_KEY_PASSPHRASE or use --passphrase-file.",
            ) from None
        try:
            private, certificates = _decrypt(data, secret.encode())
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise SigningError(
                "wrong passphrase, or a damaged key file", where=shown(path), next_step="Check the passphrase."
            ) from None
    except (ValueError, UnsupportedAlgorithm) as error:
        raise SigningError(
            "not a private key in PEM, DER or PKCS#12", where=shown(path), next_step="Name the key file with --key."
        ) from error
    if not isinstance(private, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise SigningError(
            f"keys of the kind {type(private).__name__} are not supported",
            where=shown(path),
            next_step="Use an RSA or an EC key.",
        )
    return private, certificates


def _decrypt(data: bytes, secret: bytes | None) -> tuple[object, list[x509.Certificate]]:
    """Raises TypeError when a passphrase is needed, ValueError when the data is no key or the passphrase is wrong."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.serialization import pkcs12

    if b"-----BEGIN" in data:
        return serialization.load_pem_private_key(data, secret), _pem_certificates(data)
    if _is_pkcs12(data):
        try:
            key, leaf, others = pkcs12.load_key_and_certificates(data, secret)
        except ValueError as error:
            if secret is None:  # the MAC failed: cryptography cannot tell a missing passphrase from a wrong one
                raise TypeError("needs a passphrase") from error
            raise
        if key is None:
            raise ValueError("PKCS#12 without a private key")
        return key, ([leaf] if leaf else []) + list(others)
    return serialization.load_der_private_key(data, secret), []


def _is_pkcs12(data: bytes) -> bool:
    # PFX ::= SEQUENCE { version INTEGER {v3(3)}, ... } (RFC 7292); no private key structure has version 3
    return data[:1] == b"\x30" and b"\x02\x01\x03\x30" in data[2:12]


def _load_certificates(path: Path, data: bytes) -> list[x509.Certificate]:
    from cryptography import x509

    try:
        found = _pem_certificates(data) if b"-----BEGIN" in data else [x509.load_der_x509_certificate(data)]
    except ValueError as error:
        raise SigningError(
            "not a certificate in PEM or DER", where=shown(path), next_step="Name the certificate with --cert."
        ) from error
    if not found:
        raise SigningError("holds no certificate", where=shown(path), next_step="Name the certificate with --cert.")
    return found


def _pem_certificates(data: bytes) -> list[x509.Certificate]:
    from cryptography import x509

    parts = data.split(_PEM_CERTIFICATE)[1:]
    return [
        x509.load_pem_x509_certificate(_PEM_CERTIFICATE + part.split(_PEM_END)[0] + _PEM_END + b"\n") for part in parts
    ]


def _public_key(certificate: x509.Certificate) -> bytes | None:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization

    try:
        return certificate.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    except (ValueError, UnsupportedAlgorithm):  # an issuer with an exotic key is no reason to fail
        return None


def _algorithm(private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, path: Path) -> str:
    from cryptography.hazmat.primitives.asymmetric import rsa

    if isinstance(private, rsa.RSAPrivateKey):
        if private.key_size < 2048:
            raise SigningError(
                f"an RSA key of {private.key_size} bits is too weak", where=shown(path), next_step="Use 3072 bits."
            )
        return "RSASSA-PSS with SHA-256, salt 32"
    if private.curve.name not in {"secp256r1", "secp384r1", "secp521r1"}:
        raise SigningError(
            f"the curve {private.curve.name} is not supported",
            where=shown(path),
            next_step="Use P-256, P-384 or P-521.",
        )
    return f"ECDSA with SHA-256, {private.curve.name}"


def _check_usable(certificate: x509.Certificate, path: Path) -> None:
    from cryptography import x509

    now = datetime.now(tz=UTC)
    if now > certificate.not_valid_after_utc:
        raise SigningError(
            f"the certificate expired on {certificate.not_valid_after_utc:%Y-%m-%dT%H:%M:%SZ}",
            where=shown(path),
            next_step="Use a certificate that is valid today.",
        )
    if now < certificate.not_valid_before_utc:
        raise SigningError(
            f"the certificate is valid only from {certificate.not_valid_before_utc:%Y-%m-%dT%H:%M:%SZ}",
            where=shown(path),
            next_step="Check this computer's clock.",
        )
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return
    except ValueError as error:
        raise SigningError(
            f"the certificate's extensions cannot be read: {error}", where=shown(path), next_step="Use another one."
        ) from error
    if not (usage.digital_signature or usage.content_commitment):
        raise SigningError(
            "the certificate's key usage does not allow signatures",
            where=shown(path),
            next_step="Use a certificate with digitalSignature or nonRepudiation.",
        )
