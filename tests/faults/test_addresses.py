"""Faults of addresses, and of logging in."""

from __future__ import annotations

import pytest

from tests.faults.recordings import CREDENTIALS, case, export_case
from vssx.model.acquisition import Credentials

ADDRESSES = (
    case("inside-xaddr", assumed="address of the search service"),
    case("unknown-host", assumed="address of the search service"),
    case("wrong-port", assumed="address of the search service"),
    case("inside-rtsp", assumed="address of the replay"),
    case("uri-query"),
    case("uri-query=replaymode=onvifreplay"),
    case("upper-case"),
    case("control-query"),
    case("control-query=dropped"),
    case("foreign-control"),
    case("content-base-bare"),
)
LOGINS = (
    case("token-window=10", credentials=CREDENTIALS),
    case("token-window=10", "clock-skew=7200", credentials=CREDENTIALS),
    case("digest-only", credentials=CREDENTIALS),
    case("token-only", credentials=CREDENTIALS),
    case("close-on-401", credentials=CREDENTIALS),
)


@pytest.mark.parametrize("one", [*ADDRESSES, *LOGINS], ids=str)
def test_the_handover_is_whole(one, recordings, tmp_path):
    exported = one.run(recordings, tmp_path)
    exported.assert_whole()
    if one.assumed:
        assert "127.0.0.1" in exported.assumed(one.assumed)


@export_case("rtsp-user", code=11, credentials=CREDENTIALS)
def test_other_credentials_for_rtsp_are_named(exported):
    assert "RTSP users of their own" in exported.error
    assert CREDENTIALS.password not in exported.error
    assert not exported.record


RTSP_USER = Credentials(user="replay", password=CREDENTIALS.password)


@export_case("rtsp-user", credentials=CREDENTIALS, rtsp_credentials=RTSP_USER)
def test_other_credentials_for_rtsp_may_be_given(exported):
    exported.assert_whole()
