"""Detached CMS signatures: CAdES B-B (ETSI EN 319 122-1) over SHA-256, made through pyHanko."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from vssx.errors import HandoverError, SigningError
from vssx.evidence.digest import digest_file
from vssx.evidence.durable import create_durably
from vssx.shown import shown

if TYPE_CHECKING:
    from asn1crypto import algos

SIGNATURE_SUFFIX = ".p7s"
_PSS_SALT = 32  # as long as the digest, RFC 4055 section 3.1's recommendation


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """A private key with its certificate; made by ``load_signer`` only, which checks that they fit.

    ``key``: PKCS#8 DER, in no repr. ``certificate`` and ``chain``: DER; ``chain`` holds only issuers of the
    certificate. ``fingerprint``: hex SHA-256 of the certificate. ``algorithm``: in words, for the record.
    """

    key: bytes = field(repr=False)
    certificate: bytes = field(repr=False)
    chain: tuple[bytes, ...] = field(default=(), repr=False)
    subject: str
    issuer: str
    serial_number: str
    fingerprint: str
    algorithm: str

    def sign_digest(self, sha256: bytes, *, signing_time: datetime | None = None) -> bytes:
        """DER of a detached CMS signature over content with this SHA-256.

        Signed attributes: content type, message digest, signing-certificate-v2 and the signing time, which is only
        claimed (now unless given). RSA signs with RSASSA-PSS and a salt of 32 bytes (RFC 4056), EC with ECDSA.
        Raises SigningError.
        """
        if len(sha256) != 32:
            raise SigningError("not a SHA-256 digest", next_step="This is a bug in the caller.")
        import asyncio

        from asn1crypto import keys, x509
        from pyhanko.sign.general import SigningError as PyHankoError
        from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes, SimpleSigner
        from pyhanko_certvalidator.registry import SimpleCertificateStore

        store = SimpleCertificateStore()  # type: ignore[no-untyped-call]
        store.register_multiple([x509.Certificate.load(der) for der in self.chain])
        moment = (signing_time or datetime.now(tz=UTC)).replace(microsecond=0)
        try:
            signer = SimpleSigner(
                signing_cert=x509.Certificate.load(self.certificate),
                signing_key=keys.PrivateKeyInfo.load(self.key),
                cert_registry=store,
                signature_mechanism=self._mechanism(),
            )
            content_info = asyncio.run(
                signer.async_sign(
                    data_digest=sha256,
                    digest_algorithm="sha256",
                    use_pades=True,  # pyHanko's name for CAdES attributes; is_pdf_sig=False makes them CAdES B-B
                    is_pdf_sig=False,
                    signed_attr_settings=PdfCMSSignedAttributes(signing_time=moment),
                )
            )
            return bytes(content_info.dump())
        except (PyHankoError, ValueError, TypeError) as error:
            raise SigningError(
                f"cannot sign: {error}", where=self.subject, next_step="Check key and certificate."
            ) from error

    def _mechanism(self) -> algos.SignedDigestAlgorithm:
        from asn1crypto import algos

        if not self.algorithm.startswith("RSASSA-PSS"):
            return algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"})
        sha256 = algos.DigestAlgorithm({"algorithm": "sha256"})
        parameters = algos.RSASSAPSSParams(
            {
                "hash_algorithm": sha256,
                "mask_gen_algorithm": algos.MaskGenAlgorithm({"algorithm": "mgf1", "parameters": sha256}),
                "salt_length": _PSS_SALT,
            }
        )
        return algos.SignedDigestAlgorithm({"algorithm": "rsassa_pss", "parameters": parameters})


def sign_file(path: Path, signer: Signer, *, sha256: str | None = None) -> Path:
    """Put ``path.p7s`` beside a file and return its path; the file is streamed, or not read when its SHA-256 is known.

    Raises HandoverError when the signature exists already or the file lies in a closed handover (an additional file
    would break its manifests), SigningError, StorageError.
    """
    signature = path.with_name(path.name + SIGNATURE_SUFFIX)
    bag = _bag_around(path)
    if bag is not None:
        raise HandoverError(
            "lies in a closed handover, where a further file would break the manifests",
            where=shown(path),
            next_step=f"Sign the handover itself: vssx sign {shown(bag)}",
        )
    if signature.exists() or signature.is_symlink():
        raise HandoverError(
            "exists already and is never overwritten",
            where=shown(signature),
            next_step="Move it away if the file must be signed anew.",
        )
    digest = sha256 or digest_file(path.resolve()).sha256
    create_durably(signature, signer.sign_digest(bytes.fromhex(digest)))
    return signature


def _bag_around(path: Path) -> Path | None:
    for parent in path.absolute().parents:
        if (parent / "bagit.txt").exists() and (parent / "tagmanifest-sha256.txt").exists():
            return parent
    return None
