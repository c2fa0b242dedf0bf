"""Notifications that we write, alone and in documents, are valid against WS-BaseNotification and the ONVIF schema."""

from __future__ import annotations

import pytest
from lxml import etree

from tests.conformance.test_events_xml import assert_valid
from vssx import xml
from vssx.model.event import Provenance, ProvenanceKind
from vssx.model.recording import ElementItem, Notification, SimpleItem
from vssx.onvif.added_document import added_document
from vssx.onvif.namespaces import TT, WSNT
from vssx.onvif.notification import fill, read_notification

pytestmark = pytest.mark.interop  # the schemas come with onvif-zeep-async

ITEMS = (SimpleItem(name="a", value=""), SimpleItem(name="b <&>\"'", value="ü\n\t"))
# The schema takes only elements that it knows into a tt:ElementItem; this is one of the few.
ELEMENT = ElementItem(name="e", xml=f'<t:Message xmlns:t="{TT}" UtcTime="2026-01-01T00:00:00Z"></t:Message>'.encode())
NOTIFICATIONS = {
    "bare": Notification(topic="tns1:Monitoring/ProcessorUsage", utc_ns=0),
    "full": Notification(
        topic="tns1:Door/tnsaxis:Status",
        utc_ns=1_767_225_600_250_000_001,
        operation="Changed",
        source=ITEMS,
        key=ITEMS,
        data=ITEMS,
        elements=(ELEMENT, ELEMENT),
    ),
    "elements alone": Notification(topic="tns1:A", utc_ns=0, operation="Deleted", elements=(ELEMENT,)),
    "unknown prefix": Notification(topic="vendor:Thing/Happened", utc_ns=0, operation="Initialized", source=ITEMS),
    "of ours": Notification(topic="vssx:Incident/Fall", utc_ns=-1_000_000_000, data=ITEMS),
    "markup": Notification(topic="tns1:<b>&amp;</b>", utc_ns=0),
}


@pytest.mark.parametrize("name", NOTIFICATIONS)
def test_alone(name, tmp_path_factory):
    holder = xml.new(WSNT, "Notify")
    fill(xml.add(holder, WSNT, "NotificationMessage"), NOTIFICATIONS[name])
    assert_valid(etree.ElementTree(etree.fromstring(xml.serialize(holder))), tmp_path_factory.getbasetemp())


@pytest.mark.parametrize("name", NOTIFICATIONS)
def test_as_received(name, tmp_path_factory):
    """``raw`` of a tt:Event of a search result is a whole wsnt:NotificationMessage."""
    event = xml.new(TT, "Event")
    fill(event, NOTIFICATIONS[name])
    raw = read_notification(xml.parse(xml.serialize(event))).raw
    notify = etree.fromstring(f'<Notify xmlns="{WSNT}">{raw.decode()}</Notify>')
    assert_valid(etree.ElementTree(notify), tmp_path_factory.getbasetemp())


@pytest.mark.parametrize("start_state", [True, False])
@pytest.mark.parametrize("name", NOTIFICATIONS)
def test_in_a_document(name, start_state, tmp_path_factory):
    said = Provenance(kind=ProvenanceKind.FOUND, where="http://192.0.2.1/<\"&'")
    document = added_document(NOTIFICATIONS[name], said, start_state=start_state)
    assert_valid(etree.ElementTree(etree.fromstring(document)), tmp_path_factory.getbasetemp())
