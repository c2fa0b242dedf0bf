"""SOAP envelopes and every message in them, from recorders and (in the embedded recorder) from clients."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any

from vssx import xml
from vssx.errors import VssxError
from vssx.model.acquisition import Credentials
from vssx.onvif import device, metadata_search, recording, replay, search, search_session, soap

_NAMES = {"address": "http://127.0.0.1/onvif", "track_token": "VIDEO"}


def _readers(module: ModuleType) -> list[Callable[[xml.Element], Any]]:
    readers = []
    for name, function in sorted(vars(module).items()):
        if name.startswith("read_") and inspect.isfunction(function) and function.__module__ == module.__name__:
            _, *others = inspect.signature(function).parameters.values()
            extra = {each.name: _NAMES[each.name] for each in others if each.default is inspect.Parameter.empty}
            readers.append(lambda root, function=function, extra=extra: function(root, **extra))
    return readers


_MODULES = (device, recording, replay, search, search_session, metadata_search)
_READERS = [reader for module in _MODULES for reader in _readers(module)]


def _messages() -> list[xml.Element]:
    """The requests without arguments. Answers in other people's words stand below."""
    found = []
    for module in (device, recording, replay, search):
        for name, function in sorted(vars(module).items()):
            if name.startswith("get_") and inspect.isfunction(function):
                parameters = inspect.signature(function).parameters.values()
                if all(one.default is not one.empty for one in parameters):
                    found.append(function())
    return found


_RECORDINGS = b"""<?xml version="1.0" encoding="UTF-8"?>
<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:tse="http://www.onvif.org/ver10/search/wsdl"
 xmlns:tt="http://www.onvif.org/ver10/schema"><s:Body><tse:GetRecordingSearchResultsResponse><tse:ResultList>
<tt:SearchState>Completed</tt:SearchState><tt:RecordingInformation><tt:RecordingToken>R1</tt:RecordingToken><tt:Source>
<tt:SourceId>a</tt:SourceId><tt:Name>Gate</tt:Name><tt:Location>North</tt:Location><tt:Description/><tt:Address>b
</tt:Address></tt:Source><tt:EarliestRecording>1970-01-01T00:00:00Z</tt:EarliestRecording><tt:LatestRecording>
2024-05-01T12:00:00.123+02:00</tt:LatestRecording><tt:Content>c</tt:Content><tt:Track><tt:TrackToken>V</tt:TrackToken>
<tt:TrackType>Video</tt:TrackType><tt:Description/><tt:DataFrom>2024-05-01T12:00:00</tt:DataFrom><tt:DataTo>
2024-05-01T24:00:00Z</tt:DataTo></tt:Track><tt:RecordingStatus>Stopped</tt:RecordingStatus></tt:RecordingInformation>
</tse:ResultList></tse:GetRecordingSearchResultsResponse></s:Body></s:Envelope>"""
_EVENTS = b"""<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:tse="http://www.onvif.org/ver10/search/wsdl"
 xmlns:tt="http://www.onvif.org/ver10/schema" xmlns:n="http://docs.oasis-open.org/wsn/b-2"><s:Body>
<tse:GetEventSearchResultsResponse><tse:ResultList><tt:SearchState>Searching</tt:SearchState><tt:Result>
<tt:RecordingToken>R1</tt:RecordingToken><tt:TrackToken>V</tt:TrackToken><tt:Time>2024-05-01T12:00:00Z</tt:Time>
<tt:Event><n:Topic Dialect="http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet">
tns1:RecordingHistory/Track/State</n:Topic><n:Message><tt:Message UtcTime="2024-05-01T12:00:00Z"
 PropertyOperation="Changed"><tt:Source><tt:SimpleItem Name="RecordingToken" Value="R1"/></tt:Source><tt:Data>
<tt:SimpleItem Name="IsDataPresent" Value="true"/></tt:Data></tt:Message></n:Message></tt:Event>
<tt:StartStateEvent>true</tt:StartStateEvent></tt:Result></tse:ResultList></tse:GetEventSearchResultsResponse></s:Body>
</s:Envelope>"""
_FAULT = b"""<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><e:Fault><faultcode>e:Client</faultcode>
<faultstring>Sender not Authorized</faultstring><detail>x</detail></e:Fault></e:Body></e:Envelope>"""


def seeds() -> list[bytes]:
    """Envelopes as they stand; every reader gets each of them."""
    token = soap.username_token(
        Credentials(user="operator", password="secret"), created_ns=1_700_000_000_000_000_000, nonce=b"0123456789abcdef"
    )
    fault = soap.render_fault(soap.Fault(code="Sender", subcodes=("NotAuthorized",), reason="Who?"))
    return [_RECORDINGS, _EVENTS, _FAULT, fault, *(soap.render(message, token=token) for message in _messages())]


def read(data: bytes) -> None:
    """Read one input with the parser, then with every reader of a message (each for itself)."""
    envelope = soap.parse(data)
    if envelope.username_token is not None:
        soap.verify_username_token(envelope.username_token, "secret")
    if envelope.body is None:
        return
    for reader in _READERS:
        try:
            reader(envelope.body)
        except VssxError:
            continue
