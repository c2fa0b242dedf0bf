"""Fault switches of SOAP, search, addresses and logging in."""

from __future__ import annotations

from vssx.recorder.faults import Area, FaultSwitch, FaultValue


def _search(name: str, does: str, value: FaultValue | None = None) -> FaultSwitch:
    return FaultSwitch(name=name, area=Area.SEARCH, does=does, value=value)


def _address(name: str, does: str, value: FaultValue | None = None) -> FaultSwitch:
    return FaultSwitch(name=name, area=Area.ADDRESSES, does=does, value=value)


_OPERATION = FaultValue(meaning="operation", default="GetScopes")

ALL = (
    _search("earliest-1970", "tells 1970-01-01 as the earliest time of each recording and track"),
    _search("summary-1970", "tells a summary of all recordings that begins at 1970-01-01"),
    _search("history-1970", "tells a recording history by which it records without a break since 1970"),
    _search("no-tracks", "leaves the tracks out of RecordingInformation"),
    _search("no-history", "does not know FindEvents"),
    _search("empty-search-fault", "keeps no history, and answers a fault where a search for events found none"),
    _search(
        "queued",
        "answers the first poll of every search with the state Queued",
        FaultValue(meaning="where the state stands", default="inside", choices=("inside", "outside")),
    ),
    _search("search-gone", "never says Completed: behind the last result the search does not exist any more"),
    _search("unlisted", "lists no recordings, in the search and in Recording Control, but replays those asked for"),
    _search(
        "source-address",
        "tells a camera's address that is no URI",
        FaultValue(meaning="text", default="camera 1"),
    ),
    _search("sparse", "leaves out what is optional: times, status, descriptions, scopes, media attributes"),
    _search("times-without-z", "tells times without their time zone"),
    _search("undeclared-prefix", "uses the prefixes tns1 and ter inside values without declaring them"),
    _search("services-only", "names its Search, Replay and Recording services in GetServices only"),
    _search("capabilities-only", "names its Search, Replay and Recording services in GetCapabilities only"),
    _search("no-get-services", "does not know GetServices"),
    _search(
        "content-length",
        "declares a Content-Length that is so many bytes above (or below) that of the body",
        FaultValue(meaning="bytes", default=20.0, low=-200, high=10_000),
    ),
    _search("soap11", "answers in envelopes of SOAP 1.1"),
    _search("soap11-fault", "answers one operation with a fault of SOAP 1.1", _OPERATION),
    _search("fault-400", "answers one operation with HTTP 400 and a SOAP fault in the body", _OPERATION),
    _search("garbage-soap", "answers one operation with a page of HTML", _OPERATION),
    _search("bom", "puts a byte order mark before the XML"),
    _search("latin-1", "sends latin-1 bytes under a declaration of UTF-8"),
    _search("close-each", "closes the HTTP connection after each answer, without saying so"),
    _search(
        "busy",
        "answers the first two requests with this HTTP status",
        FaultValue(meaning="status", default="503", choices=("429", "503")),
    ),
    _search(
        "one-session",
        "serves one client at a time: while one replays, SOAP requests get this status and others' RTSP sessions 453",
        FaultValue(meaning="status", default="503", choices=("429", "503")),
    ),
    _search(
        "clock-skew",
        "has a clock that is so many seconds off",
        FaultValue(meaning="seconds", default=3600.0, low=-4e8, high=4e8),
    ),
    _search(
        "clock-jump",
        "sets its clock by so many seconds as soon as a replay address was asked for",
        FaultValue(meaning="seconds", default=7200.0, low=-4e8, high=4e8),
    ),
    _search(
        "local-as-utc",
        "tells its local time, so many hours ahead, as UTC, and judges WS-UsernameTokens by the true time",
        FaultValue(meaning="hours", default=2.0, low=-14, high=14),
    ),
    _search("daylight-off", "forgets daylight saving: the UTC that it tells and uses is one hour ahead"),
    _address(
        "token-window",
        "accepts a WS-UsernameToken only so many seconds around its own time",
        FaultValue(meaning="seconds", default=10.0, low=1, high=3600),
    ),
    _address("digest-only", "accepts HTTP Digest only, no WS-UsernameToken"),
    _address("token-only", "accepts WS-UsernameToken only and sends no challenge"),
    _address("inside-xaddr", "names its services at an inside address, 198.51.100.1"),
    _address("unknown-host", "names its services at a host name that does not resolve"),
    _address("wrong-port", "names its services at a port where nobody listens"),
    _address("inside-rtsp", "names its recordings at an inside address, 198.51.100.1"),
    _address(
        "uri-query",
        "gives replay addresses with a query, and knows no recording without it",
        FaultValue(meaning="query", default="onvifreplayext=1"),
    ),
    _address("upper-case", "writes RTSP:// in its addresses"),
    _address(
        "control-query",
        "describes the session with a query in its address, and wants it at SETUP, or refuses it there",
        FaultValue(meaning="query at SETUP", default="kept", choices=("kept", "dropped")),
    ),
    _address("foreign-control", "describes tracks with absolute addresses that name another host"),
    _address("content-base-bare", "answers a Content-Base without a slash at its end"),
    _address(
        "rtsp-user",
        "wants another user name for RTSP than for SOAP, with the same password",
        FaultValue(meaning="user name", default="replay"),
    ),
    _address("close-on-401", "closes the RTSP connection behind a 401"),
)
