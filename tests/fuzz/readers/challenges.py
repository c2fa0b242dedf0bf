"""Authentication headers: the recorder's challenges, and the client's answers as the embedded recorder reads them."""

from __future__ import annotations

from vssx.digest_auth import AuthenticationClient, AuthenticationServer
from vssx.model.acquisition import Credentials

_CREDENTIALS = Credentials(user="operator", password="secret")
_SERVER = AuthenticationServer(credentials=_CREDENTIALS)


def seeds() -> list[bytes]:
    """The first byte chooses the side."""
    client = AuthenticationClient(_CREDENTIALS)
    client.challenged(_SERVER.challenges(), retried=False)
    return [
        b'\x00Digest realm="r", nonce="n", qop="auth,auth-int", algorithm=SHA-256, stale=TRUE, opaque="o"',
        b'\x00Digest realm="r", nonce="n", Basic realm="x", Digest realm="r", nonce=n, algorithm=MD5-sess, qop=auth',
        b'\x00Basic realm="a \\"quoted\\" realm"\nDigest realm=r,nonce=n,userhash=true',
        b"\x01" + (client.authorization("DESCRIBE", "rtsp://127.0.0.1/replay?token=a") or "").encode("latin-1"),
        b"\x02" + b'nextnonce="m", qop=auth, rspauth="00", cnonce="c", nc=00000001',
    ]


def read(data: bytes) -> None:
    """Read one input."""
    kind, text = data[:1], data[1:].decode("latin-1")
    if kind == b"\x01":
        _SERVER.verify(text, "DESCRIBE", "rtsp://127.0.0.1/replay?token=a")
        return
    client = AuthenticationClient(_CREDENTIALS)
    if kind == b"\x02":
        client.challenged(_SERVER.challenges(), retried=False)
        client.information(text)
    elif not client.challenged(text.split("\n"), retried=False):
        return
    header = client.authorization("DESCRIBE", "rtsp://127.0.0.1/replay?token=a", b"body")
    assert header is None or not set(header) & {"\r", "\n"}
