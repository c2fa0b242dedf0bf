"""Envelopes, faults, WS-UsernameToken."""

from __future__ import annotations

import base64
import contextlib
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vssx import xml
from vssx.errors import ProtocolError, VssxError
from vssx.model.acquisition import Credentials
from vssx.onvif import device, soap
from vssx.onvif.namespaces import TDS

CREDENTIALS = Credentials(user="Jürgen <x>", password="päss&wort")
T = 1_262_304_000_123_456_789


def test_round_trip():
    token = soap.username_token(CREDENTIALS, created_ns=T, nonce=bytes(range(16)))
    envelope = soap.parse(soap.render(device.get_scopes(), token=token))
    assert envelope.body is not None
    assert (xml.namespace(envelope.body), xml.local_name(envelope.body)) == (TDS, "GetScopes")
    assert envelope.username_token == token
    assert token.created == "2010-01-01T00:00:00.123Z"
    assert soap.verify_username_token(token, CREDENTIALS.password)
    assert not soap.verify_username_token(token, "other")
    assert soap.action(envelope.body) == "http://www.onvif.org/ver10/device/wsdl/GetScopes"


def test_digest_is_that_of_the_profile():
    """Computed by hand after OASIS UsernameToken Profile 1.0, section 3.1."""
    nonce, created = base64.b64decode("LKqI6G/AikKCQrN0zqZFlg=="), "2010-09-16T07:50:45Z"
    assert soap.password_digest(nonce, created, "userpassword") == "tuOSpGlFlIXsozq4HFNeeGeFLEI="
    expected = hashlib.sha1(nonce + created.encode() + "päss".encode()).digest()
    assert base64.b64decode(soap.password_digest(nonce, created, "päss")) == expected


def test_a_password_in_the_clear_is_no_digest():
    data = soap.render(
        device.get_scopes(), token=soap.username_token(CREDENTIALS, created_ns=T, nonce=b"0123456789abcdef")
    ).replace(b"#PasswordDigest", b"#PasswordText")
    token = soap.parse(data).username_token
    assert token is not None
    assert token.digest == ""
    assert not soap.verify_username_token(token, CREDENTIALS.password)


def test_secrets_in_no_repr():
    token = soap.username_token(CREDENTIALS, created_ns=T, nonce=b"0123456789abcdef")
    assert token.digest not in repr(token)


@pytest.mark.parametrize(
    "fault",
    [
        soap.Fault(code="Sender", subcodes=("InvalidArgVal", "InvalidToken"), reason="nö", detail="more"),
        soap.Fault(code="Receiver", subcodes=("Action",), reason="x"),
        soap.Fault(code="Sender", reason="y"),
    ],
)
def test_fault_round_trip(fault):
    envelope = soap.parse(soap.render_fault(fault))
    assert envelope.fault == fault
    assert envelope.body is None


def test_http_status_of_faults():
    assert soap.Fault(code="Sender").http_status == 400
    assert soap.Fault(code="Receiver").http_status == 500


FAULTS_11 = {
    "client": ("SOAP-ENV:Client", "Sender", ()),
    "server": ("Server", "Receiver", ()),
    "own": ("ter:NotAuthorized", "Receiver", ("NotAuthorized",)),
    "dotted": ("SOAP-ENV:Client.Authentication", "Receiver", ("Client.Authentication",)),
    "empty": ("", "Receiver", ()),
}


@pytest.mark.parametrize(("code", "expected", "subcodes"), FAULTS_11.values(), ids=FAULTS_11)
@pytest.mark.parametrize(
    "namespace", ["http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope"]
)
def test_fault_of_soap_11(code, expected, subcodes, namespace):
    fault = soap.parse(
        f'<a:Envelope xmlns:a="{namespace}"><a:Body><a:Fault><faultcode>{code}</faultcode><faultstring>w\no\x85w'
        "</faultstring><detail><x>deep</x></detail></a:Fault></a:Body></a:Envelope>".encode()
    ).fault
    assert fault is not None
    assert (fault.code, fault.subcodes, fault.reason, fault.detail) == (expected, subcodes, "w o w", "deep")


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (soap.Fault(code="Sender", subcodes=("NotAuthorized",)), True),
        (soap.Fault(code="Sender", subcodes=("FailedAuthentication",)), True),
        (soap.Fault(code="Sender", reason="Sender Not Authorized"), True),
        (soap.Fault(code="Sender", subcodes=("InvalidArgVal",), reason="invalid"), False),
    ],
)
def test_faults_about_credentials(fault, expected):
    assert fault.not_authenticated is expected


def test_reason_is_bounded_and_printable():
    fault = soap.parse(soap.render_fault(soap.Fault(code="Sender", reason="\u202ex\u2028" * 5000))).fault
    assert fault is not None
    assert fault.reason.isprintable()
    assert len(fault.reason) <= 300


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"<a/>", "not a SOAP envelope"),
        (b'<Envelope xmlns="urn:other"><Body/></Envelope>', "not a SOAP envelope"),
        (b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"/>', "without a body"),
        (b"", "not well-formed"),
        (
            soap.render(device.get_scopes(), token=soap.username_token(CREDENTIALS, created_ns=T, nonce=b"x")).replace(
                b">eA==<", b">!!<"
            ),
            "Base64",
        ),
    ],
)
def test_no_envelope(data, message):
    with pytest.raises(ProtocolError, match=message):
        soap.parse(data, where="here")


def test_empty_body():
    data = b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body> </s:Body></s:Envelope>'
    assert soap.parse(data) == soap.Envelope(body=None)


@given(st.binary(max_size=200))
def test_only_vssx_errors_leave(data):
    head = b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header>'
    for document in (data, head + data + b"</s:Header><s:Body/></s:Envelope>"):
        with contextlib.suppress(VssxError):
            soap.parse(document)
