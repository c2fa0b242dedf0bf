from __future__ import annotations

import os
import stat
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from tests.certificates import DAY, NOW, Entity, entity, root
from vssx.errors import HandoverError, SigningError, StorageError, UsageError
from vssx.evidence.keys import create_key_pair, load_signer


def no_passphrase() -> str | None:
    return None


def must_not_ask() -> str | None:
    raise AssertionError("the key is not encrypted, so nobody may be asked")


def certificate_of(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


@pytest.mark.parametrize("elliptic", [False, True])
def test_created_key(tmp_path: Path, elliptic: bool):
    created = create_key_pair(tmp_path / "keys", name="Jane Doe", elliptic=elliptic)
    certificate = certificate_of(created.certificate_path)
    public = certificate.public_key()
    if elliptic:
        assert isinstance(public, ec.EllipticCurvePublicKey)
        assert public.curve.name == "secp256r1"
    else:
        assert isinstance(public, rsa.RSAPublicKey)
        assert public.key_size == 3072
    assert "self-asserted" in certificate.subject.rfc4514_string()
    assert "CN=Jane Doe" in certificate.subject.rfc4514_string()
    assert certificate.subject == certificate.issuer
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.digital_signature
    assert usage.content_commitment
    assert not usage.key_cert_sign
    with pytest.raises(x509.ExtensionNotFound):
        certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    signer = load_signer(created.key_path, created.certificate_path, must_not_ask)
    assert signer.fingerprint == created.fingerprint
    assert "PRIVATE" not in repr(signer)
    assert str(signer.key) not in repr(signer)


@pytest.mark.skipif(os.name == "nt", reason="POSIX file modes")
def test_key_file_is_private(tmp_path: Path):
    before = os.umask(0)
    try:
        created = create_key_pair(tmp_path, name="x", elliptic=True)
    finally:
        os.umask(before)
    assert stat.S_IMODE(created.key_path.stat().st_mode) == 0o600


@pytest.mark.parametrize("name", ["key.pem", "cert.pem"])
def test_nothing_is_overwritten(tmp_path: Path, name: str):
    (tmp_path / name).write_text("precious")
    with pytest.raises(HandoverError, match="never overwritten"):
        create_key_pair(tmp_path, name="x", elliptic=True)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "precious"


def test_a_dangling_link_is_not_followed(tmp_path: Path):
    (tmp_path / "key.pem").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(HandoverError, match="never overwritten"):
        create_key_pair(tmp_path, name="x", elliptic=True)
    assert not (tmp_path / "elsewhere").exists()


def test_directory_that_cannot_be_made(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError):
        create_key_pair(tmp_path / "file" / "keys", name="x", elliptic=True)


@pytest.mark.parametrize("name", ["", "  ", "x" * 65, "a\nb"])
def test_unfit_names(tmp_path: Path, name: str):
    with pytest.raises(UsageError, match="printable characters"):
        create_key_pair(tmp_path, name=name, elliptic=True)


def test_encrypted_key(tmp_path: Path):
    created = create_key_pair(tmp_path, name="x", elliptic=True, passphrase="gehéim")
    assert created.encrypted
    assert b"ENCRYPTED" in created.key_path.read_bytes()
    load_signer(created.key_path, created.certificate_path, lambda: "gehéim")
    with pytest.raises(SigningError, match="no passphrase was given"):
        load_signer(created.key_path, created.certificate_path, no_passphrase)
    with pytest.raises(SigningError, match="wrong passphrase") as caught:
        load_signer(created.key_path, created.certificate_path, lambda: "secret guess")
    assert "secret guess" not in str(caught.value)


@pytest.mark.parametrize("secret", [None, b"secret"])
def test_pkcs12_with_chain(tmp_path: Path, secret: bytes | None):
    ca = root()
    leaf = entity("Leaf", ca)
    stranger = root("Stranger")
    protection = serialization.BestAvailableEncryption(secret) if secret else serialization.NoEncryption()
    data = pkcs12.serialize_key_and_certificates(
        b"name", leaf.key, leaf.certificate, [stranger.certificate, ca.certificate], protection
    )
    path = tmp_path / "key.p12"
    path.write_bytes(data)
    signer = load_signer(path, None, lambda: "secret")
    assert signer.certificate == leaf.der
    assert signer.chain == (ca.der,)
    if secret:
        with pytest.raises(SigningError, match="no passphrase"):
            load_signer(path, None, no_passphrase)
        with pytest.raises(SigningError, match="wrong passphrase"):
            load_signer(path, None, lambda: "other")


@pytest.mark.parametrize("form", ["pkcs8", "traditional", "der", "with certificate", "crlf"])
def test_forms_of_keys(tmp_path: Path, form: str):
    leaf = entity("Leaf")
    key, certificate = leaf.save(tmp_path)
    if form == "traditional":
        kind = serialization.PrivateFormat.TraditionalOpenSSL
        key.write_bytes(leaf.key.private_bytes(serialization.Encoding.PEM, kind, serialization.NoEncryption()))
    elif form == "der":
        kind = serialization.PrivateFormat.PKCS8
        key.write_bytes(leaf.key.private_bytes(serialization.Encoding.DER, kind, serialization.NoEncryption()))
        certificate.write_bytes(leaf.der)
    elif form == "crlf":
        key.write_bytes(key.read_bytes().replace(b"\n", b"\r\n"))
        certificate.write_bytes(b"\xef\xbb\xbf# my key\r\n" + certificate.read_bytes().replace(b"\n", b"\r\n"))
    if form == "with certificate":
        key.write_bytes(certificate.read_bytes() + key.read_bytes())
        assert load_signer(key, None, must_not_ask).certificate == leaf.der
    else:
        assert load_signer(key, certificate, must_not_ask).certificate == leaf.der


def test_chain_in_any_order_without_strangers(tmp_path: Path):
    ca = root()
    middle = entity("Middle", ca, ca=True)
    leaf = entity("Leaf", middle)
    key, certificate = leaf.save(tmp_path)
    certificate.write_bytes(ca.pem + entity("Stranger").pem + leaf.pem + middle.pem + ca.pem)
    signer = load_signer(key, certificate, must_not_ask)
    assert signer.certificate == leaf.der
    assert set(signer.chain) == {middle.der, ca.der}
    assert len(signer.chain) == 2


def test_key_of_another_certificate(tmp_path: Path):
    key, _ = entity("One").save(tmp_path / "one")
    _, certificate = entity("Two").save(tmp_path / "two")
    with pytest.raises(SigningError, match="does not belong to the certificate CN=Two"):
        load_signer(key, certificate, must_not_ask)


def test_rsa_key_that_is_too_short(tmp_path: Path):
    key, certificate = entity("Weak", key=rsa.generate_private_key(65537, 1024)).save(tmp_path)
    with pytest.raises(SigningError, match="1024 bits is too weak"):
        load_signer(key, certificate, must_not_ask)


def test_unsupported_curve(tmp_path: Path):
    key, certificate = entity("Odd", key=ec.generate_private_key(ec.SECP256K1())).save(tmp_path)
    with pytest.raises(SigningError, match="curve secp256k1 is not supported"):
        load_signer(key, certificate, must_not_ask)


def test_unsupported_kind_of_key(tmp_path: Path):
    key = tmp_path / "key.pem"
    key.write_bytes(
        dsa.generate_private_key(1024).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    with pytest.raises(SigningError, match="not supported"):
        load_signer(key, None, must_not_ask)


@pytest.mark.parametrize(
    ("leaf", "message"),
    [
        (entity("Old", not_before=NOW - 9 * DAY, not_after=NOW - timedelta(seconds=1)), "expired on"),
        (entity("New", not_before=NOW + DAY, not_after=NOW + 9 * DAY), "valid only from"),
        (entity("Wrong", usage={"key_encipherment"}), "key usage does not allow signatures"),
    ],
)
def test_certificates_that_may_not_sign_now(tmp_path: Path, leaf: Entity, message: str):
    key, certificate = leaf.save(tmp_path)
    with pytest.raises(SigningError, match=message):
        load_signer(key, certificate, must_not_ask)


@pytest.mark.parametrize("data", [b"", b"hello", b"\x30\x82\x10\x00", b"-----BEGIN PRIVATE KEY-----\nAAAA\n"])
def test_garbage(tmp_path: Path, data: bytes):
    key, certificate = entity("x").save(tmp_path)
    (tmp_path / "garbage").write_bytes(data)
    with pytest.raises(SigningError, match="not a private key"):
        load_signer(tmp_path / "garbage", certificate, must_not_ask)
    with pytest.raises(SigningError, match="certificate"):
        load_signer(key, tmp_path / "garbage", must_not_ask)


def test_key_without_certificate(tmp_path: Path):
    key, _ = entity("x").save(tmp_path)
    with pytest.raises(SigningError, match="holds no certificate"):
        load_signer(key, None, must_not_ask)


def test_missing_file(tmp_path: Path):
    with pytest.raises(StorageError, match="cannot be read"):
        load_signer(tmp_path / "none", None, must_not_ask)
