"""Digest authentication against the vectors of the RFCs and of curl, and client against server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from vssx.digest_auth import (
    AuthenticationClient,
    AuthenticationServer,
    Verdict,
    digest_response,
    parse_challenges,
)
from vssx.errors import NotAuthenticatedError, ProtocolError, UsageError
from vssx.model.acquisition import Credentials

VECTORS = Path(__file__).parent.parent / "vectors" / "digest_auth"
CASES = [
    pytest.param(case, id=f"{path.parent.name}-{number}")
    for path in sorted(VECTORS.glob("*/expected.json"))
    for number, case in enumerate(json.loads(path.read_text(encoding="utf-8")))
]
USER = Credentials(user="admin", password="pass:wörd")


@pytest.mark.parametrize("case", CASES)
def test_vectors(case):
    case = dict(case)
    expected = case.pop("response")
    credentials = Credentials(user=case.pop("user"), password=case.pop("password"))
    assert digest_response(credentials=credentials, **case) == expected


def test_all_published_vectors_are_there():
    assert len(CASES) == 5


def test_header_of_the_rfc_example():
    case = json.loads((VECTORS / "rfc7616" / "expected.json").read_text())[1]
    client = AuthenticationClient(
        Credentials(user=case["user"], password=case["password"]), cnonce=lambda: case["cnonce"]
    )
    assert client.authorization("GET", case["uri"]) is None
    challenge = (
        f'Digest realm="{case["realm"]}", qop="auth, auth-int", algorithm=SHA-256, nonce="{case["nonce"]}", '
        'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
    )
    assert client.challenged([challenge.replace("SHA-256", "MD5"), challenge], retried=False)
    header = client.authorization("GET", case["uri"])
    parsed = parse_challenges([header])[0].parameters
    assert parsed == {
        "username": "Mufasa",
        "realm": case["realm"],
        "nonce": case["nonce"],
        "uri": case["uri"],
        "response": case["response"],
        "algorithm": "SHA-256",
        "cnonce": case["cnonce"],
        "opaque": "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS",
        "qop": "auth",
        "nc": "00000001",
    }
    # qop, nc and algorithm travel unquoted: servers of the field compare text
    assert ", qop=auth, nc=00000001" in header
    assert ", algorithm=SHA-256," in header
    assert "nc=00000002" in client.authorization("GET", case["uri"])


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('Digest realm="a, b", nonce=xyz==', [("digest", {"realm": "a, b", "nonce": "xyz=="})]),
        (
            'Basic realm="x", Digest nonce="n",qop=auth',
            [("basic", {"realm": "x"}), ("digest", {"nonce": "n", "qop": "auth"})],
        ),
        ('Digest realm = "say \\"hi\\"" , nonce="1"', [("digest", {"realm": 'say "hi"', "nonce": "1"})]),
        ("Negotiate, Basic realm=r", [("negotiate", {}), ("basic", {"realm": "r"})]),
        ('DIGEST Realm="a", NONCE="b", nonce="c"', [("digest", {"realm": "a", "nonce": "b"})]),
        ('Digest realm="never closed', [("digest", {"realm": "never closed"})]),
        ("", []),
        (",,, =", []),
    ],
)
def test_parse_challenges(value, expected):
    assert [(c.scheme, dict(c.parameters)) for c in parse_challenges([value])] == expected


@pytest.mark.parametrize("value", ['Digest nonce="a\r\nX: y"', "Digest " + "a" * 20000])
def test_parse_refuses(value):
    with pytest.raises(ProtocolError):
        parse_challenges([value])


@pytest.mark.parametrize("algorithm", ["MD5", "MD5-sess", "SHA-256", "SHA-256-sess"])
@pytest.mark.parametrize("user", ["admin", "jürgen", 'al"i\\ce', "Ж"])
def test_client_satisfies_server(algorithm, user):
    credentials = Credentials(user=user, password="pass:wörd")
    server = AuthenticationServer(credentials=credentials, algorithms=(algorithm,), realm='re"alm')
    client = AuthenticationClient(credentials)
    assert client.challenged(server.challenges(), retried=False)
    for _ in range(2):
        header = client.authorization("PLAY", "rtsp://h/x")
        assert header.isascii() or user == "jürgen"
        assert server.verify(header, "PLAY", "rtsp://h/x") is Verdict.ACCEPTED
        assert server.verify(header, "SETUP", "rtsp://h/x") is Verdict.REFUSED
        assert server.verify(header, "PLAY", "rtsp://h/y") is Verdict.REFUSED
    assert "wörd" not in repr(server)


@pytest.mark.parametrize("extra", ["", ", charset=UTF-8", ", userhash=true"])
def test_user_name_forms(extra):
    credentials = Credentials(user="jürgen", password="x")
    server = AuthenticationServer(credentials=credentials)
    client = AuthenticationClient(credentials)
    challenge = server.challenges()[0].replace(", charset=UTF-8", extra)
    client.challenged([challenge], retried=False)
    assert server.verify(client.authorization("GET", "/"), "GET", "/") is Verdict.ACCEPTED


def test_without_qop():
    server = AuthenticationServer(credentials=USER)
    client = AuthenticationClient(USER)
    client.challenged([server.challenges()[1].replace('qop="auth", ', "")], retried=False)
    header = client.authorization("OPTIONS", "*")
    assert "qop" not in header
    assert "cnonce" not in header
    assert server.verify(header, "OPTIONS", "*") is Verdict.ACCEPTED


def test_auth_int_where_nothing_else_is_offered():
    client = AuthenticationClient(USER, cnonce=lambda: "c")
    client.challenged(['Digest realm="r", nonce="n", qop="auth-int"'], retried=False)
    given = parse_challenges([client.authorization("POST", "/", b"body")])[0].parameters
    assert given["qop"] == "auth-int"
    assert given["response"] == digest_response(
        algorithm="MD5", credentials=USER, realm="r", nonce="n", method="POST", uri="/", qop="auth-int",
        nc="00000001", cnonce="c", body=b"body",
    )  # fmt: skip
    assert given["response"] != digest_response(
        algorithm="MD5", credentials=USER, realm="r", nonce="n", method="POST", uri="/", qop="auth-int",
        nc="00000001", cnonce="c", body=b"other",
    )  # fmt: skip


def test_nonce_expires_and_the_client_goes_on():
    now = 0.0
    server = AuthenticationServer(credentials=USER, clock=lambda: now, nonce_lifetime_s=60)
    client = AuthenticationClient(USER)
    client.challenged(server.challenges(), retried=False)
    header = client.authorization("GET", "/a")
    now = 60
    assert server.verify(header, "GET", "/a") is Verdict.ACCEPTED
    now = 61
    assert server.verify(header, "GET", "/a") is Verdict.STALE
    assert client.challenged(server.challenges(stale=True), retried=True)
    assert server.verify(client.authorization("GET", "/a"), "GET", "/a") is Verdict.ACCEPTED
    now = 0  # a nonce of the future (the server started anew) is not accepted either
    assert server.verify(client.authorization("GET", "/a"), "GET", "/a") is Verdict.STALE


def test_nonce_of_another_server_is_stale():
    client = AuthenticationClient(USER)
    client.challenged(AuthenticationServer(credentials=USER).challenges(), retried=False)
    server = AuthenticationServer(credentials=USER)
    assert server.verify(client.authorization("GET", "/"), "GET", "/") is Verdict.STALE


def test_wrong_password_is_not_tried_again():
    client = AuthenticationClient(Credentials(user="admin", password="no"))
    server = AuthenticationServer(credentials=USER)
    assert client.challenged(server.challenges(), retried=False)
    assert server.verify(client.authorization("GET", "/"), "GET", "/") is Verdict.REFUSED
    assert not client.challenged(server.challenges(), retried=True)


def test_rtsp_players_name_a_parent():
    server = AuthenticationServer(credentials=USER)
    client = AuthenticationClient(USER)
    client.challenged(server.challenges(), retried=False)
    header = client.authorization("SETUP", "rtsp://h:554/rec/")
    assert server.verify(header, "SETUP", "rtsp://h:554/rec/track=1") is Verdict.ACCEPTED
    assert server.verify(header, "SETUP", "rtsp://h:554/record") is Verdict.REFUSED
    root = client.authorization("SETUP", "rtsp://h")
    assert server.verify(root, "SETUP", "rtsp://h/") is Verdict.ACCEPTED
    assert server.verify(root, "SETUP", "rtsp://h/rec") is Verdict.REFUSED


def test_next_nonce():
    client = AuthenticationClient(USER)
    client.challenged(['Digest realm="r", nonce="n", qop="auth"'], retried=False)
    client.authorization("GET", "/")
    client.information('nextnonce="m", qop=auth')
    assert 'nonce="m"' in client.authorization("GET", "/")
    client.information("qop=auth")
    assert "nc=00000002" in client.authorization("GET", "/")


@pytest.mark.parametrize(
    "value",
    [
        None, "", "Basic YTpi", "Digest", 'Digest username="admin"', "Digest qop=auth", "x" * 30000,
        "Digest nonce=\"\x00\"",
        'Digest username="admin", nonce="zz.y.x", uri="/", response="é", algorithm=SHA-256',
        'Digest username="admin", nonce="", uri="http://[", response="00", algorithm=SHA-256, qop=auth, nc=é, cnonce=c',
        'Digest username="admin", algorithm=SHA-512-256',
    ],
)  # fmt: skip
def test_server_refuses(value):
    assert AuthenticationServer(credentials=USER).verify(value, "GET", "/") is Verdict.REFUSED


def test_no_credentials():
    with pytest.raises(NotAuthenticatedError, match="--user"):
        AuthenticationClient(None).challenged(['Digest nonce="a"'], retried=False)
    assert AuthenticationClient(None).authorization("GET", "/") is None


def test_basic_only_where_allowed():
    basic = ['Basic realm="r"']
    with pytest.raises(NotAuthenticatedError, match="clear"):
        AuthenticationClient(USER).challenged(basic, retried=False)
    client = AuthenticationClient(Credentials(user="Aladdin", password="open sesame"), allow_basic=True)
    assert client.challenged(basic, retried=False)
    assert client.authorization("GET", "/") == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="  # RFC 7617 section 2
    assert not client.challenged(basic, retried=True)
    colon = AuthenticationClient(Credentials(user="a:b", password="c"), allow_basic=True)
    colon.challenged(basic, retried=False)
    with pytest.raises(UsageError):
        colon.authorization("GET", "/")


def test_digest_is_preferred_to_basic():
    client = AuthenticationClient(USER, allow_basic=True)
    client.challenged(['Basic realm="r", Digest realm="r", nonce="n"'], retried=False)
    assert client.authorization("GET", "/").startswith("Digest ")


def test_unknown_offers_are_named():
    with pytest.raises(NotAuthenticatedError, match="digest SHA-512-256, negotiate"):
        AuthenticationClient(USER).challenged(["Negotiate", 'Digest nonce="a", algorithm=SHA-512-256'], retried=False)
    with pytest.raises(NotAuthenticatedError, match="no challenge at all"):
        AuthenticationClient(USER).challenged([], retried=False)


def test_password_shows_nowhere():
    client = AuthenticationClient(USER)
    client.challenged(['Digest realm="r", nonce="n"'], retried=False)
    assert "pass:" not in client.authorization("GET", "/")
