"""WS-UsernameToken: zeep's tokens are verified, and zeep computes the digests that vssx sends."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.peers import need_module
from vssx.model.acquisition import Credentials
from vssx.onvif import device, soap

pytestmark = pytest.mark.interop
USER = Credentials(user="jörg", password="pä&ss")
NOW = datetime(2024, 2, 29, 12, 34, 56, tzinfo=UTC)


def of_zeep(nonce: str) -> bytes:
    need_module("zeep")
    from lxml import etree
    from zeep.wsse.username import UsernameToken

    envelope = etree.fromstring(soap.render(device.get_scopes()))
    token = UsernameToken(USER.user, USER.password, use_digest=True, nonce=nonce, created=NOW, zulu_timestamp=True)
    signed, _ = token.apply(envelope, {})
    return etree.tostring(signed)


def test_token_of_zeep_is_verified():
    token = soap.parse(of_zeep("0123456789abcdef")).username_token
    assert token is not None
    assert token.user == USER.user
    assert soap.verify_username_token(token, USER.password)
    assert not soap.verify_username_token(token, "other")


def test_same_token_as_zeep():
    theirs = soap.parse(of_zeep("0123456789abcdef")).username_token
    ours = soap.username_token(USER, created_ns=int(NOW.timestamp()) * 10**9, nonce=b"0123456789abcdef")
    assert theirs == ours
