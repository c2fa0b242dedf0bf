"""onvif-parsers, which Home Assistant uses, reads the notifications that we write, and those of an events.xml."""

from __future__ import annotations

import asyncio
import functools
from typing import Any

import pytest
from lxml import etree

from tests import peers
from tests.conformance.zeep_answers import wsdl
from tests.scene_documents import motion
from tests.unit.evidence.metadata_files import RECORDED, at, document, event, write
from vssx import xml
from vssx.evidence.derived import derive
from vssx.model.recording import Notification, SimpleItem
from vssx.onvif.namespaces import TSE, WSNT
from vssx.onvif.notification import fill

pytestmark = pytest.mark.interop


@functools.cache
def _types() -> Any:
    peers.need_module("onvif_parsers")
    return wsdl(TSE)


def parsed(message: bytes) -> list[Any]:
    """What onvif-parsers makes of a wsnt:NotificationMessage that zeep has read."""
    client = _types()
    read = client.get_element(f"{{{WSNT}}}NotificationMessage").parse(etree.fromstring(message), client.wsdl.types)
    import onvif_parsers

    return asyncio.run(onvif_parsers.parse(read.Topic._value_1, "recorder", read))


def notification(topic: str, source: dict[str, str], name: str, value: str) -> Notification:
    return Notification(
        topic=topic,
        utc_ns=1_767_225_600_250_000_000,
        operation="Changed",
        source=tuple(SimpleItem(name=key, value=text) for key, text in source.items()),
        data=(SimpleItem(name=name, value=value),),
    )


RULE = {"VideoSourceConfigurationToken": "v", "VideoAnalyticsConfigurationToken": "a", "Rule": 'r <1> & "2"'}
EVENTS = (
    ("tns1:VideoSource/MotionAlarm", {"Source": "v"}, "State", "true", "Motion Alarm"),
    ("tns1:Device/Trigger/DigitalInput", {"InputToken": "1"}, "LogicalState", "false", "Digital Input"),
    ("tns1:Device/Trigger/Relay", {"RelayToken": "1"}, "LogicalState", "active", "Relay Triggered"),
    ("tns1:RuleEngine/CellMotionDetector/Motion", RULE, "IsMotion", "true", "Cell Motion Detection"),
    ("tns1:RuleEngine/TamperDetector/Tamper", RULE, "IsTamper", "false", "Tamper Detection"),
    ("tns1:Device/HardwareFailure/StorageFailure", {"Token": "disk"}, "Failed", "true", "Storage Failure"),
)


@pytest.mark.parametrize(("topic", "source", "item", "value", "name"), EVENTS, ids=[event[0] for event in EVENTS])
def test_what_we_write(topic, source, item, value, name):
    holder = xml.new(WSNT, "NotificationMessage")
    fill(holder, notification(topic, source, item, value))
    [entity] = parsed(xml.serialize(holder))
    assert (entity.name, entity.value) == (name, value in ("true", "active"))
    assert list(source.values())[-1] in entity.uid


def test_the_notifications_of_an_events_xml(tmp_path):
    recorded = document(RECORDED, 5, event(motion(at(5), True), motion(at(6), False)))
    derive(tmp_path, "cam", [write(tmp_path, [recorded])], from_ns=None, to_ns=None)
    messages = etree.parse(str(tmp_path / "data/cam/events.xml")).findall(f"{{{WSNT}}}NotificationMessage")
    assert [parsed(etree.tostring(message))[0].value for message in messages] == [True, False]
