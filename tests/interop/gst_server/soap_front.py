"""The SOAP half of a recorder whose media come from GStreamer: written by hand, nothing of vssx in it.

One recording with one track a stream; its history says that it is present from start to end.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOKEN = "GST_1"
_ENVELOPE = """<?xml version="1.0" encoding="UTF-8"?>
<env:Envelope xmlns:env="http://www.w3.org/2003/05/soap-envelope" xmlns:tt="http://www.onvif.org/ver10/schema"
 xmlns:tds="http://www.onvif.org/ver10/device/wsdl" xmlns:tse="http://www.onvif.org/ver10/search/wsdl"
 xmlns:trp="http://www.onvif.org/ver10/replay/wsdl" xmlns:wsnt="http://docs.oasis-open.org/wsn/b-2"
 xmlns:ter="http://www.onvif.org/ver10/error" xmlns:tns1="http://www.onvif.org/ver10/topics">
<env:Body>{body}</env:Body></env:Envelope>"""
_FAULT = """<env:Fault><env:Code><env:Value>env:Receiver</env:Value><env:Subcode><env:Value>ter:ActionNotSupported
</env:Value></env:Subcode></env:Code><env:Reason><env:Text xml:lang="en">no {name}</env:Text></env:Reason>
</env:Fault>"""
_TRACK = """<tt:Track><tt:TrackToken>{token}</tt:TrackToken><tt:TrackType>{kind}</tt:TrackType><tt:Description/>
<tt:DataFrom>{start}</tt:DataFrom><tt:DataTo>{end}</tt:DataTo></tt:Track>"""
_RECORDING = """<tt:RecordingToken>{token}</tt:RecordingToken><tt:Source><tt:SourceId>1</tt:SourceId><tt:Name>Yard
</tt:Name><tt:Location>East</tt:Location><tt:Description/><tt:Address>http://192.0.2.1/</tt:Address></tt:Source>
<tt:EarliestRecording>{start}</tt:EarliestRecording><tt:LatestRecording>{end}</tt:LatestRecording><tt:Content/>
{tracks}<tt:RecordingStatus>Stopped</tt:RecordingStatus>"""
_EVENT = """<tt:Result><tt:RecordingToken>{token}</tt:RecordingToken><tt:TrackToken>{track}</tt:TrackToken>
<tt:Time>{time}</tt:Time><tt:Event><wsnt:Topic
 Dialect="http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet">tns1:RecordingHistory/Track/State</wsnt:Topic>
<wsnt:Message><tt:Message UtcTime="{time}" PropertyOperation="Changed"><tt:Source>
<tt:SimpleItem Name="RecordingToken" Value="{token}"/><tt:SimpleItem Name="Track" Value="{track}"/></tt:Source><tt:Data>
<tt:SimpleItem Name="IsDataPresent" Value="{present}"/></tt:Data></tt:Message></wsnt:Message></tt:Event>
<tt:StartStateEvent>false</tt:StartStateEvent></tt:Result>"""
_SERVICE = """<tds:Service><tds:Namespace>{namespace}</tds:Namespace><tds:XAddr>{address}</tds:XAddr><tds:Version>
<tt:Major>22</tt:Major><tt:Minor>12</tt:Minor></tds:Version></tds:Service>"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """What the front tells about: tracks as (reference in the SDP, tt:TrackType)."""

    replay_uri: str
    start_ns: int
    end_ns: int
    tracks: tuple[tuple[str, str], ...]


def _text(ns: int) -> str:
    seconds, fraction = divmod(ns, 1_000_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{fraction:09d}Z"


def _clock() -> str:
    now = datetime.now(UTC)
    return (
        "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>NTP</tt:DateTimeType>"
        "<tt:DaylightSavings>false</tt:DaylightSavings><tt:UTCDateTime><tt:Time>"
        f"<tt:Hour>{now.hour}</tt:Hour><tt:Minute>{now.minute}</tt:Minute><tt:Second>{now.second}</tt:Second></tt:Time>"
        f"<tt:Date><tt:Year>{now.year}</tt:Year><tt:Month>{now.month}</tt:Month><tt:Day>{now.day}</tt:Day></tt:Date>"
        "</tt:UTCDateTime></tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>"
    )


def _answer(name: str, recording: Recording, address: str) -> str | None:
    start, end = _text(recording.start_ns), _text(recording.end_ns)
    tracks = "".join(_TRACK.format(token=t, kind=kind, start=start, end=end) for t, kind in recording.tracks)
    information = _RECORDING.format(token=TOKEN, start=start, end=end, tracks=tracks)
    events = "".join(
        _EVENT.format(token=TOKEN, track=track, time=time, present=present)
        for time, present in ((start, "true"), (end, "false"))
        for track, _ in recording.tracks
    )
    services = "".join(
        _SERVICE.format(namespace=f"http://www.onvif.org/ver10/{name}/wsdl", address=address)
        for name in ("device", "search", "replay")
    )
    found = "<tt:SearchState>Completed</tt:SearchState>"
    answers = {
        "GetServices": ("tds", services),
        "GetDeviceInformation": (
            "tds",
            "<tds:Manufacturer>GStreamer</tds:Manufacturer><tds:Model>gst-rtsp-server</tds:Model>"
            "<tds:FirmwareVersion>1</tds:FirmwareVersion><tds:SerialNumber>2</tds:SerialNumber>"
            "<tds:HardwareId>3</tds:HardwareId>",
        ),
        "FindRecordings": ("tse", "<tse:SearchToken>S</tse:SearchToken>"),
        "FindEvents": ("tse", "<tse:SearchToken>E</tse:SearchToken>"),
        "GetRecordingSearchResults": (
            "tse",
            f"<tse:ResultList>{found}<tt:RecordingInformation>{information}</tt:RecordingInformation></tse:ResultList>",
        ),
        "GetEventSearchResults": ("tse", f"<tse:ResultList>{found}{events}</tse:ResultList>"),
        "GetRecordingInformation": (
            "tse",
            f"<tse:RecordingInformation>{information}</tse:RecordingInformation>",
        ),
        "GetReplayUri": ("trp", f"<trp:Uri>{recording.replay_uri}</trp:Uri>"),
    }
    if name == "GetSystemDateAndTime":
        return _clock()
    if name not in answers:
        return None
    prefix, content = answers[name]
    return f"<{prefix}:{name}Response>{content}</{prefix}:{name}Response>"


@contextmanager
def fronting(recording: Recording) -> Iterator[str]:
    """Serve on loopback; gives host:port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            request = self.rfile.read(int(self.headers["Content-Length"])).decode()
            body = re.search(r"<[\w.-]*:?Body[^>]*>\s*<(?:[\w.-]+:)?(\w+)", request)
            name = body[1] if body else ""
            host = f"http://127.0.0.1:{self.server.server_address[1]}/onvif/device_service"
            answer = _answer(name, recording, host)
            content = _ENVELOPE.format(body=answer or _FAULT.format(name=name)).encode()
            self.send_response(200 if answer else 500)
            self.send_header("Content-Type", "application/soap+xml; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
