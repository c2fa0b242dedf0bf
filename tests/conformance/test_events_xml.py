"""events.xml is a wsnt:Notify of WS-BaseNotification with messages of ONVIF, whatever a recorder had sent."""

import functools

import pytest
from lxml import etree

from tests.conformance import onvif_schemas
from tests.scene_documents import access_denied, motion
from tests.unit.evidence.metadata_files import ADDED, RECORDED, at, document, event, found, stream, write
from vssx.evidence.derived import derive

pytestmark = pytest.mark.interop  # the schemas come with onvif-zeep-async


@functools.cache
def schema(work):
    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(onvif_schemas._Offline(onvif_schemas.directory()))
    text = onvif_schemas.documents(work).read_bytes()
    return etree.XMLSchema(etree.fromstring(text, parser, base_url=f"{onvif_schemas.directory()}/documents.xsd"))


def events_xml(root, *documents):
    derive(root, "cam", [write(root, documents)], from_ns=None, to_ns=None)
    return etree.parse(str(root / "data/cam/events.xml"))


def assert_valid(tree, work):
    compiled = schema(work)
    assert compiled.validate(tree), compiled.error_log


GOOD = event(access_denied(at(5), "1"), motion(at(6), True)).decode()
ELEMENT = '<tt:ElementItem Name="Face"><tt:Message UtcTime="2024-05-01T12:00:00Z"/></tt:ElementItem></tt:Data>'


@pytest.mark.parametrize(
    ("text", "rewritten"),
    [
        (GOOD, False),
        (GOOD.replace("</tt:Data>", ELEMENT), False),
        (GOOD.replace(' Dialect="', ' x="', 1), True),
        (GOOD.replace("wsnt:", "tt:").replace("xmlns:tt:", "xmlns:"), True),
        (GOOD.replace("tt:SimpleItem", "SimpleItem"), True),
        (GOOD.replace(' Value="1"', ""), True),
        (GOOD.replace("Changed", "changed"), True),
        (GOOD.replace("Changed", "Altered"), True),
        (GOOD.replace("<tt:Source>", "<tt:Strange/><tt:Source>"), True),
        (GOOD.replace("12:00:05.000000Z", "12:00:05Z "), False),
        (GOOD.replace("12:00:05.000000Z", "11:59:60Z"), True),
        (GOOD.replace("</tt:SimpleItem>", "").replace("/></tt:Data>", "><b/></tt:SimpleItem></tt:Data>", 1), True),
        (GOOD.replace("<wsnt:Topic", "<wsnt:Other/><wsnt:Topic"), True),
        (GOOD.replace("</wsnt:Message>", '<tt:Message UtcTime="x"/></wsnt:Message>'), True),
        (GOOD.replace("<wsnt:NotificationMessage>", '<wsnt:NotificationMessage x="1">'), True),
        (GOOD.replace("tns1:VideoSource", "axis:VideoSource"), False),
        (GOOD.replace("tns1:VideoSource/MotionAlarm", "&lt;b>&amp;"), False),
    ],
)
def test_every_notification_is_valid(text, rewritten, tmp_path, tmp_path_factory):
    tree = events_xml(tmp_path, document(RECORDED, 5, text.encode()))
    assert_valid(tree, tmp_path_factory.getbasetemp())
    told = tree.findall(".//{urn:vssx:events:1}Event")
    assert ("false" in {one.get("asReceived") for one in told}) is rewritten
    assert len(tree.findall("{http://docs.oasis-open.org/wsn/b-2}NotificationMessage")) == len(told) == 2


def test_states_found_events_and_strange_provenances_are_valid(tmp_path, tmp_path_factory):
    tree = events_xml(
        tmp_path,
        document(RECORDED, 5, stream()),
        document(ADDED, 0, found(motion(at(0), False), start_state=True, where='\u202e"<&>\t')),
        document(ADDED, 5, found(access_denied(at(5), "<&>"))),
    )
    assert_valid(tree, tmp_path_factory.getbasetemp())
    assert tree.find(".//{urn:vssx:events:1}Provenance").get("where") == '\\u{202e}"<&>\\u{9}'
