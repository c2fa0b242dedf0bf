"""Recordings as a recorder describes them (ONVIF Recording Search, Recording Control)."""

from __future__ import annotations

from dataclasses import dataclass, field

from vssx.model.media import TrackType


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingSourceInformation:
    """tt:RecordingSourceInformation: the camera as the recorder knows it."""

    source_id: str = ""
    name: str = ""
    location: str = ""
    description: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackInformation:
    """tt:TrackInformation. Times in ns UTC; None where the recorder does not say."""

    token: str
    track_type: TrackType | str
    description: str = ""
    data_from_ns: int | None = None
    data_to_ns: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingInformation:
    """tt:RecordingInformation. ``status``: Initiated, Recording, Stopped, Removing, Removed, Unknown."""

    token: str
    source: RecordingSourceInformation
    content: str = ""
    status: str = "Unknown"
    earliest_ns: int | None = None
    latest_ns: int | None = None
    tracks: tuple[TrackInformation, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingSummary:
    """tt:RecordingSummary of GetRecordingSummary."""

    data_from_ns: int | None
    data_until_ns: int | None
    number_recordings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataAttributes:
    """tt:MetadataAttributes: what a metadata track can contain."""

    ptz: bool
    analytics: bool
    notifications: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackAttributes:
    """tt:TrackAttributes: what a track held at the time asked for. Rates in kbit/s and frames/s, None unknown.

    ``metadata``: of a metadata track, None where the recorder does not say.
    """

    track: TrackInformation
    encoding: str = ""
    width: int | None = None
    height: int | None = None
    framerate: float | None = None
    bitrate: int | None = None
    samplerate: int | None = None
    metadata: MetadataAttributes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaAttributes:
    """tt:MediaAttributes of GetMediaAttributes: one recording, one span with constant parameters."""

    recording_token: str
    tracks: tuple[TrackAttributes, ...]
    from_ns: int | None
    until_ns: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SimpleItem:
    """tt:SimpleItem of a message."""

    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ElementItem:
    """tt:ElementItem of a message. ``xml``: what it holds, as XML that stands for itself."""

    name: str
    xml: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """A wsnt:NotificationMessage with a tt:Message.

    ``topic`` as sent, with our prefixes for the namespaces that we know, e.g. ``tns1:RecordingHistory/Track/State``;
    ``utc_ns`` its UtcTime; ``operation``: Initialized, Changed, Deleted or "". ``elements``: the ElementItems of its
    Data. ``raw``: the whole wsnt:NotificationMessage as it was received, in canonical XML that stands for itself; empty
    where it was not.
    """

    topic: str
    utc_ns: int
    operation: str = ""
    source: tuple[SimpleItem, ...] = ()
    key: tuple[SimpleItem, ...] = ()
    data: tuple[SimpleItem, ...] = ()
    elements: tuple[ElementItem, ...] = ()
    raw: bytes = field(default=b"", compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class FindEventResult:
    """tt:FindEventResult. ``start_state``: a virtual event that states what held at the start of the search."""

    recording_token: str
    track_token: str
    time_ns: int
    notification: Notification
    start_state: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Recorded from ``start_ns`` to ``end_ns`` (None: still recording, or its end is not known)."""

    start_ns: int
    end_ns: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackHistory:
    """Spans with data on one track, ascending."""

    track_token: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingHistory:
    """What the recording-history events say about a recording between ``from_ns`` and ``to_ns``.

    ``available`` is False where the recorder answers no such events: then ``spans`` are no proof of anything and
    ``detail`` tells why.
    """

    recording_token: str
    from_ns: int
    to_ns: int
    spans: tuple[Span, ...] = ()
    tracks: tuple[TrackHistory, ...] = ()
    available: bool = True
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingListing:
    """One line of ``vssx recordings``. ``size_bytes``: an estimate from the bit rates the recorder tells."""

    information: RecordingInformation
    history: RecordingHistory | None = None
    attributes: MediaAttributes | None = None
    size_bytes: int | None = None
