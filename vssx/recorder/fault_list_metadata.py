"""Fault switches of metadata and events."""

from __future__ import annotations

from vssx.recorder.faults import Area, FaultSwitch, FaultValue


def _metadata(name: str, does: str, value: FaultValue | None = None) -> FaultSwitch:
    return FaultSwitch(name=name, area=Area.METADATA, does=does, value=value)


_NTH = FaultValue(meaning="n", default=5.0, low=2, high=1e6)

ALL = (
    _metadata(
        "metadata",
        "has a metadata track, and cuts the documents of its tracks into packets of so many bytes",
        FaultValue(meaning="bytes", default=100.0, low=1, high=1400),
    ),
    _metadata("metadata-broken", "sends every nth document with tags that do not match", _NTH),
    _metadata("metadata-cut", "ends every nth document in its middle", _NTH),
    _metadata("metadata-twice", "sends every nth document twice", _NTH),
    _metadata("metadata-unordered", "sends every nth document behind the one that follows it", _NTH),
    _metadata(
        "metadata-together",
        "sends so many documents in one access unit",
        FaultValue(meaning="documents", default=3.0, low=2, high=1000),
    ),
    _metadata(
        "metadata-late",
        "sends documents so many seconds behind the video",
        FaultValue(meaning="seconds", default=3.0, low=0.1, high=60),
    ),
    _metadata("metadata-no-extension", "sends no 0xABAC extension with documents"),
    _metadata(
        "metadata-clock",
        "has cameras whose clocks are so many years off, which the times in documents and events tell",
        FaultValue(meaning="years", default=-20.0, low=-100, high=100),
    ),
    _metadata(
        "metadata-gzip",
        "sends documents packed with gzip, and says so in the SDP",
        FaultValue(meaning="how", default="+gzip", choices=("+gzip", ".gzip")),
    ),
    _metadata("metadata-packed", "sends every nth document packed with gzip, and says so nowhere", _NTH),
    _metadata(
        "metadata-exi",
        "sends documents as EXI",
        FaultValue(meaning="how", default=".exi.onvif", choices=(".exi.onvif", ".exi.ext")),
    ),
    _metadata(
        "metadata-encoding",
        "declares another encoding than the UTF-8 that documents have",
        FaultValue(meaning="encoding", default="UTF-16"),
    ),
    _metadata("metadata-bom", "puts a byte order mark and an XML declaration before each document"),
    _metadata("metadata-entities", "sends a document in the middle whose entities grow without bound"),
    _metadata(
        "metadata-huge",
        "sends a document in the middle of so many million bytes",
        FaultValue(meaning="megabytes", default=20.0, low=1, high=2000),
    ),
    _metadata(
        "metadata-bomb",
        "sends a document in the middle that gzip unpacks to so many million bytes",
        FaultValue(meaning="megabytes", default=1000.0, low=1, high=10_000),
    ),
    _metadata("hostile-names", "has topics and values of events that hold markup, formulas and control characters"),
    _metadata(
        "events-refused",
        "refuses searches for events that ask for more than it can: content filters, topics, states at the start",
        FaultValue(meaning="what", default="content", choices=("content", "topics", "states", "all-topics")),
    ),
    _metadata("events-no-states", "tells no states at the start of a search, but of the recording"),
    _metadata("events-twice", "finds every event twice"),
    _metadata("events-unordered", "tells events in the wrong order"),
    _metadata(
        "events-cut-short",
        "calls a search completed after so many results",
        FaultValue(meaning="results", default=8.0, low=1, high=1e6),
    ),
    _metadata("events-endless", "never completes a search for events, and tells the last ones again and again"),
)
