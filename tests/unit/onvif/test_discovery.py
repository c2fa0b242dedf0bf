"""WS-Discovery messages: what is built is read again, what devices send is read, and who must answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vssx.errors import ProtocolError
from vssx.onvif import discovery
from vssx.onvif.discovery import DEVICE, NETWORK_VIDEO_TRANSMITTER, Probe, ProbeMatches, Target

ID = "urn:uuid:0a6dc791-2be6-4991-9af1-454778a1917a"
TOKENS = st.lists(st.from_regex(r"[a-zA-Z][a-zA-Z0-9:/%.&<_-]{0,30}", fullmatch=True), max_size=4).map(tuple)
TYPES = st.sets(st.sampled_from([NETWORK_VIDEO_TRANSMITTER, DEVICE])).map(lambda types: tuple(sorted(types)))
GATE = Target(
    endpoint="urn:uuid:1",
    types=(NETWORK_VIDEO_TRANSMITTER, DEVICE),
    scopes=("onvif://www.onvif.org/Profile/G", "onvif://www.onvif.org/name/North%20gate"),
    xaddrs=("http://192.0.2.9/onvif/device_service",),
)

# Our own wording of what a device with its own prefixes sends: lower-case uuid:, unknown headers, types of others.
FOREIGN = b"""<?xml version="1.0" encoding="utf-8"?>
<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://www.w3.org/2003/05/soap-envelope"
 xmlns:wsa="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:wsdd="http://schemas.xmlsoap.org/ws/2005/04/discovery"
 xmlns:x="http://www.onvif.org/ver10/network/wsdl"><SOAP-ENV:Header><wsa:MessageID>uuid:2</wsa:MessageID>
<wsdd:AppSequence InstanceId="1" MessageNumber="2"/>
<wsa:RelatesTo>uuid:0A6DC791-2be6-4991-9af1-454778a1917a</wsa:RelatesTo>
</SOAP-ENV:Header><SOAP-ENV:Body><wsdd:ProbeMatches><wsdd:ProbeMatch>
<wsdd:XAddrs>http://10.0.0.1:8080/onvif/device_service
 http://[fd00::9]/onvif/device_service</wsdd:XAddrs><wsdd:Types>x:NetworkVideoTransmitter y:Undeclared</wsdd:Types>
<wsa:EndpointReference><wsa:ReferenceProperties/><wsa:Address>urn:uuid:9</wsa:Address></wsa:EndpointReference>
</wsdd:ProbeMatch></wsdd:ProbeMatches></SOAP-ENV:Body></SOAP-ENV:Envelope>"""


@given(types=TYPES, scopes=TOKENS, match_by=st.sampled_from(["", "urn:other"]))
def test_probe_round_trip(types, scopes, match_by):
    value = Probe(message_id=ID, types=types, scopes=scopes, match_by=match_by if scopes else "")
    assert discovery.read_probe(discovery.probe(value)) == value
    assert discovery.read_probe_matches(discovery.probe(value)) is None


@given(types=TYPES, scopes=TOKENS, xaddrs=TOKENS, version=st.integers(0, 10**9 - 1))
def test_answer_round_trip(types, scopes, xaddrs, version):
    target = Target(endpoint=ID, types=types, scopes=scopes, xaddrs=xaddrs, metadata_version=version)
    value = ProbeMatches(relates_to=ID, matches=(target, target))
    data = discovery.probe_matches(value, message_id="urn:uuid:2")
    assert discovery.read_probe_matches(data) == value
    assert discovery.read_probe(data) is None


def test_answer_with_other_prefixes_and_orders():
    answer = discovery.read_probe_matches(FOREIGN)
    assert answer is not None
    assert answer.relates_to == "uuid:0A6DC791-2be6-4991-9af1-454778a1917a"
    assert answer.matches == (
        Target(
            endpoint="urn:uuid:9",
            types=(NETWORK_VIDEO_TRANSMITTER, ("", "Undeclared")),
            xaddrs=("http://10.0.0.1:8080/onvif/device_service", "http://[fd00::9]/onvif/device_service"),
            metadata_version=0,
        ),
    )


@pytest.mark.parametrize("message", [discovery.hello(GATE, message_id=ID), discovery.bye("urn:uuid:1", message_id=ID)])
def test_announcements_are_neither_question_nor_answer(message):
    assert discovery.read_probe(message) is None
    assert discovery.read_probe_matches(message) is None


@pytest.mark.parametrize(
    "data", [b"", b"\0", b"<a/>", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a/>", b"<" * discovery.MAX_DATAGRAM, bytes(70_000)]
)
def test_garbage(data):
    with pytest.raises(ProtocolError):
        discovery.read_probe_matches(data)


def test_long_lists_are_cut():
    many = tuple(f"onvif://www.onvif.org/x/{number}" for number in range(1000))
    data = discovery.probe_matches(
        ProbeMatches(relates_to=ID, matches=(Target(endpoint=ID, scopes=many),)), message_id=ID
    )
    answer = discovery.read_probe_matches(data)
    assert answer is not None
    assert len(answer.matches[0].scopes) == 256


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (Probe(message_id=ID), True),
        (Probe(message_id=ID, types=(DEVICE,)), True),
        (Probe(message_id=ID, types=(DEVICE, ("urn:printer", "Printer"))), False),
        (Probe(message_id=ID, scopes=("onvif://www.onvif.org/Profile",)), True),
        (Probe(message_id=ID, scopes=("ONVIF://www.ONVIF.org/Profile/G/",)), True),
        (Probe(message_id=ID, scopes=("onvif://www.onvif.org/Prof",)), False),
        (Probe(message_id=ID, scopes=("onvif://www.onvif.org/Profile/S",)), False),
        (Probe(message_id=ID, scopes=("onvif://www.onvif.org/Profile/G",), match_by=f"{discovery.WSD}/strcmp0"), True),
        (Probe(message_id=ID, scopes=("onvif://www.onvif.org/Profile",), match_by=f"{discovery.WSD}/strcmp0"), False),
        (Probe(message_id=ID, scopes=("onvif://www.onvif.org/Profile/G",), match_by=f"{discovery.WSD}/ldap"), False),
    ],
)
def test_who_must_answer(question, expected):
    assert discovery.matches(question, GATE) is expected
