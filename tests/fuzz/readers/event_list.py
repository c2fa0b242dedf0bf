"""The operator's lists of events, CSV and JSON Lines."""

from __future__ import annotations

from tests.fuzz.readers._scratch import scratch
from vssx.source.event_list import read_event_list


def seeds() -> list[bytes]:
    """One of each kind."""
    return [
        b"time,topic,name,text,source,state,operation,recording,door\n"
        b'2024-05-01T12:00:00Z,tns1:Device/Trigger/DigitalInput,a,"b ""c""\nd",e,f,Changed,g,h\n',
        b"\xef\xbb\xbfsep=;\nutc;alarm\n2024-05-01 14:00:00;Theft\n",
        "time\tname\n2024-05-01T12:00:00+02:00\tTür\n".encode("utf-16"),
        "time|name\n2024-05-01T12:00:00Z|T\u00fcr\n".encode("cp1252"),
        b'{"time": "2024-05-01T12:00:00Z", "name": "a", "state": true, "data": {"level": 3, "x": null}}\n',
    ]


def read(data: bytes) -> None:
    """Read one list, twice as an export does."""
    list(read_event_list(scratch("list", data), "Europe/Paris"))
