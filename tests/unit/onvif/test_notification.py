"""Notifications, read and written (OASIS WS-BaseNotification 1.3; ONVIF Core, "Notification data structure")."""

from __future__ import annotations

import pytest

from vssx import xml
from vssx.errors import ProtocolError, UsageError
from vssx.model.recording import ElementItem, Notification, SimpleItem
from vssx.onvif import notification
from vssx.onvif.namespaces import PREFIXES, TNS1, TT, WSNT
from vssx.times import from_xs_datetime

T = from_xs_datetime("2026-01-01T00:00:00.25Z")
FULL = Notification(
    topic="tns1:Device/Trigger/DigitalInput",
    utc_ns=T,
    operation="Changed",
    source=(SimpleItem(name="InputToken", value='Tür <1> & "2"'),),
    key=(SimpleItem(name="k", value=""), SimpleItem(name="k", value="\n\t")),
    data=(SimpleItem(name="LogicalState", value="true"),),
    elements=(ElementItem(name="e", xml=b'<v:x xmlns:v="urn:v" a="1"><y>t</y></v:x>'),),
)
MESSAGE = (
    f'<w:NotificationMessage xmlns:w="{WSNT}" xmlns:t="{TT}" xmlns:n="{TNS1}" xmlns:unused="urn:u">'
    '<w:Topic Dialect="d">n:Device/Trigger/DigitalInput</w:Topic><w:Message>'
    '<t:Message UtcTime="2026-01-01T01:00:00.25+01:00" PropertyOperation="Changed">'
    '<t:Source><t:SimpleItem Name="InputToken" Value="1"/></t:Source>'
    '<t:Data><t:SimpleItem Name="LogicalState" Value="true"/><t:ElementItem Name="e"><t:x/></t:ElementItem></t:Data>'
    "</t:Message></w:Message></w:NotificationMessage>"
)


def read(document: str) -> Notification:
    return notification.read_notification(xml.parse(document.encode(), tolerant=True))


def test_what_is_written_is_read_again():
    holder = xml.new(WSNT, "NotificationMessage", nsmap={"wsnt": WSNT, "tt": TT})
    notification.fill(holder, FULL)
    again = notification.read_notification(xml.parse(xml.serialize(holder)))
    assert again == FULL
    assert notification.read_notification(xml.parse(again.raw)) == FULL


def test_message_in_other_prefixes():
    assert read(MESSAGE) == Notification(
        topic="tns1:Device/Trigger/DigitalInput",
        utc_ns=T,
        operation="Changed",
        source=(SimpleItem(name="InputToken", value="1"),),
        data=(SimpleItem(name="LogicalState", value="true"),),
        elements=(ElementItem(name="e", xml=f'<t:x xmlns:t="{TT}"></t:x>'.encode()),),
    )


def test_raw_stands_for_itself_and_says_the_same():
    root = xml.parse(f"<s:E xmlns:s='urn:s'>{MESSAGE}</s:E>".encode())
    value = notification.read_notification(root[0])
    alone = xml.parse(value.raw)
    assert alone.tag == f"{{{WSNT}}}NotificationMessage"
    assert alone[0].text == "n:Device/Trigger/DigitalInput"
    assert alone.nsmap == {"w": WSNT, "n": TNS1}  # what nothing uses is not declared
    assert notification.read_notification(alone) == value
    assert b"+01:00" in value.raw


def test_raw_of_a_search_result_is_a_notification_message():
    value = read(MESSAGE.replace("w:NotificationMessage", "t:Event"))
    assert [each.tag for each in xml.parse(value.raw).iter()] == [
        each.tag for each in xml.parse(MESSAGE.encode()).iter()
    ]
    assert notification.read_notification(xml.parse(value.raw)) == read(MESSAGE)


def test_undeclared_prefixes_in_raw_get_their_namespaces():
    bare = (
        "<wsnt:NotificationMessage><wsnt:Topic>tns1:A</wsnt:Topic><wsnt:Message>"
        "<tt:Message UtcTime='2026-01-01T00:00:00Z'>"
        "<tt:Data><tt:SimpleItem Name='a' Value='b' v:more='c'/></tt:Data></tt:Message></wsnt:Message>"
        "</wsnt:NotificationMessage>"
    )
    value = read(bare)
    assert (value.topic, value.data) == ("tns1:A", (SimpleItem(name="a", value="b"),))
    alone = xml.parse(value.raw)
    message = xml.find(alone, "Message", "Message")
    assert message is not None
    assert (alone.tag, message.tag) == (f"{{{WSNT}}}NotificationMessage", f"{{{TT}}}Message")
    assert "urn:vssx:undeclared:v" in value.raw.decode()


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ('<w:Topic Dialect="d">n:Device/Trigger/DigitalInput</w:Topic>', "", "no topic"),
        ("n:Device/Trigger/DigitalInput", " ", "topic of a NotificationMessage is empty"),
        ("n:Device/Trigger/DigitalInput", "x" * 2000, "longer than 1000"),
        ('UtcTime="2026-01-01T01:00:00.25+01:00"', "", "UtcTime"),
        ("2026-01-01T01:00:00.25+01:00", "yesterday", "UtcTime .*DigitalInput"),
        ("2026-01-01T01:00:00.25+01:00", "0001-01-01T00:00:00+14:00", "UtcTime"),
        ("t:Message", "t:Other", "no message"),
    ],
)
def test_what_is_no_notification(old, new, match):
    with pytest.raises(ProtocolError, match=match):
        read(MESSAGE.replace(old, new))


@pytest.mark.parametrize(
    ("sent", "operation"), [("changed", "Changed"), (" Deleted", "Deleted"), ("Whatever", ""), ("", "")]
)
def test_operations(sent, operation):
    assert read(MESSAGE.replace('"Changed"', f'"{sent}"')).operation == operation


def test_element_items_with_anything_but_one_element_are_kept_whole():
    [item] = read(MESSAGE.replace("<t:x/>", "text")).elements
    assert item.xml == f'<t:ElementItem xmlns:t="{TT}" Name="e">text</t:ElementItem>'.encode()
    [item] = read(MESSAGE.replace("<t:x/>", "<t:x/><t:y/>")).elements
    assert xml.local_name(xml.parse(item.xml)) == "ElementItem"


def test_markup_in_a_topic_stays_text():
    value = read(MESSAGE.replace("n:Device/Trigger/DigitalInput", "n:&lt;b&gt;&amp;lt;/b"))
    assert value.topic == "tns1:<b>&lt;/b"
    assert len(xml.parse(value.raw)[0]) == 0


def test_a_message_is_added_as_it_was_received():
    parent = xml.new(TT, "Event", nsmap=PREFIXES)
    received = read(MESSAGE)
    notification.add_message(parent, received)
    notification.add_message(parent, FULL)
    assert xml.standalone(parent[0]) == received.raw  # though the parent has other prefixes for its namespaces
    assert notification.read_notification(parent[1]) == FULL


def test_text_that_xml_cannot_carry_is_refused():
    with pytest.raises(UsageError, match="cannot carry"):
        notification.fill(
            xml.new(WSNT, "NotificationMessage"),
            Notification(topic="t", utc_ns=0, data=(SimpleItem(name="a", value="\x00"),)),
        )


@pytest.mark.parametrize("topic", ["n:/Trigger", "n:1a/b", "n::a", "n:", f"{'x' * 50}:A", "n<x/>:A", "<x>n</x>:A"])
def test_an_odd_topic_means_the_same_in_what_is_kept_of_it(topic):
    """Found by the fuzzer: the prefix of a topic that is no QName was not declared in the notification as kept."""
    prefix = topic.partition(":")[0] if ":" in topic and "<" not in topic else "n"
    message = '<Message><Message UtcTime="2026-01-01T00:00:00Z"/></Message>'
    read = notification.read_notification(
        xml.parse(f'<e xmlns:{prefix}="{TNS1}"><Topic>{topic}</Topic>{message}</e>'.encode())
    )
    assert read.topic.startswith("tns1:")
    assert notification.read_notification(xml.parse(read.raw)) == read
