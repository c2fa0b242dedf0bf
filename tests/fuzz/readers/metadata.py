"""Metadata documents of a recording: objects, PTZ positions, notifications, and all that is made of them."""

from __future__ import annotations

import gzip

from vssx import xml
from vssx.errors import ProtocolError, VssxError
from vssx.model.event import Provenance, ProvenanceKind
from vssx.model.recording import Notification
from vssx.onvif.added_document import added_document, provenance_of
from vssx.onvif.event_identity import event_digest
from vssx.onvif.metadata import MAX_BYTES, notifications, read_document
from vssx.onvif.metadata_sample import sample_of
from vssx.onvif.metadata_time import first_utc_ns
from vssx.onvif.namespaces import TNS1, TT, WSNT
from vssx.onvif.notification import read_notification
from vssx.onvif.scene import MAX_DETAIL, MAX_DETAILS, objects, ptz
from vssx.onvif.topic_names import state_words, topic_name

_SCENE = """<tt:VideoAnalytics><tt:Frame UtcTime="2026-01-01T00:00:00.5Z" Source="m">
<tt:PTZStatus><tt:Position><tt:PanTilt x="0.5" y="-1" space="urn:s"/><tt:Zoom x="0"/></tt:Position>
<tt:MoveStatus><tt:PanTilt>IDLE</tt:PanTilt></tt:MoveStatus><tt:UtcTime>2026-01-01T00:00:00Z</tt:UtcTime></tt:PTZStatus>
<tt:Transformation><tt:Translate x="-1" y="-1"/><tt:Scale x="0.003" y="0.004"/></tt:Transformation>
<tt:Object ObjectId="12" Parent="3"><tt:Appearance><tt:Shape>
<tt:BoundingBox left="20.0" top="30.0" right="100.0" bottom="150.0"/><tt:CenterOfGravity x="60" y="80"/></tt:Shape>
<tt:Class><tt:ClassCandidate><tt:Type>Vehicle</tt:Type><tt:Likelihood>0.8</tt:Likelihood></tt:ClassCandidate>
<tt:Type Likelihood="0.8">Car</tt:Type></tt:Class><tt:GeoLocation lon="8" lat="49"/>
<tt:LicensePlateInfo><tt:PlateNumber Likelihood="0.9">KA 1</tt:PlateNumber></tt:LicensePlateInfo></tt:Appearance>
<tt:Behaviour><tt:Idle/><tt:Speed>2.5</tt:Speed></tt:Behaviour></tt:Object></tt:Frame></tt:VideoAnalytics>"""
_EVENT = """<tt:Event><wsnt:NotificationMessage><wsnt:Topic Dialect="d">n:Device/Trigger/DigitalInput</wsnt:Topic>
<wsnt:Message><tt:Message UtcTime="2026-01-01T00:00:00.25+01:00" PropertyOperation="Changed">
<tt:Source><tt:SimpleItem Name="InputToken" Value="1"/></tt:Source><tt:Key><tt:SimpleItem Name="k" Value="v"/></tt:Key>
<tt:Data><tt:SimpleItem Name="LogicalState" Value="true"/><tt:ElementItem Name="e"><x xmlns="urn:v">n:A</x>
</tt:ElementItem></tt:Data></tt:Message></wsnt:Message></wsnt:NotificationMessage></tt:Event>"""


def _document(body: str) -> bytes:
    names = f'xmlns:tt="{TT}" xmlns:wsnt="{WSNT}" xmlns:n="{TNS1}"'
    return f"<tt:MetadataStream {names}>{body}</tt:MetadataStream>".encode()


def seeds() -> list[bytes]:
    """Documents as they are sent."""
    plain = _document(_EVENT)
    return [
        plain,
        _document(_SCENE),
        b'\xef\xbb\xbf<?xml version="1.0" encoding="UTF-8"?>' + plain,
        plain.decode().encode("utf-16"),
        gzip.compress(plain, mtime=0),
        b"<MetadataStream><q:Event><NotificationMessage><Topic>tns1:A</Topic><Message>"
        b'<Message UtcTime="2026-01-01T00:00:00Z"/></Message></NotificationMessage></q:Event></MetadataStream>',
        added_document(
            Notification(topic="vssx:Incident/Fall", utc_ns=0),
            Provenance(kind=ProvenanceKind.LISTED, where="list.csv:2"),
        ),
    ]


def read(data: bytes) -> None:
    """Read one input."""
    sample = sample_of(data)
    first_utc_ns(sample.payload)
    document = read_document(sample.payload, sample.configuration.profile)
    assert len(document.content) <= 2 * MAX_BYTES
    if not document.tolerated:
        assert xml.parse(document.content).tag == document.root.tag
    for found in (*objects(document), *ptz(document)):
        assert len(found.details) <= MAX_DETAILS
        assert all(len(detail.value) <= MAX_DETAIL for detail in found.details)
    refused: list[ProtocolError] = []
    for notification in notifications(document, refused.append):
        again = read_notification(xml.parse(notification.raw))
        if not _undeclared(notification):
            assert again == notification
            assert event_digest(again) == event_digest(notification)
        assert topic_name(notification.topic)
        state_words(notification)
        _added(notification)


def _undeclared(notification: Notification) -> bool:
    """It has names with a prefix that nobody had declared: the one that is made up for them depends on the others."""
    return b"urn:vssx:undeclared:" in notification.raw


def _added(notification: Notification) -> None:
    said = Provenance(kind=ProvenanceKind.FOUND, where="192.0.2.1")
    try:
        document = read_document(added_document(notification, said, start_state=True))
    except VssxError as problem:
        raise AssertionError("what could be read cannot be added") from problem
    assert provenance_of(document) == (said, True)
    [again] = notifications(document)
    # Not the same spelling: a text may seem to use a prefix that only the new surroundings declare.
    assert _undeclared(notification) or event_digest(again) == event_digest(notification)
