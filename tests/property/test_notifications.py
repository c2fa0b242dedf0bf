"""Notifications, documents and topic expressions: what is written is read again, whatever it says."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from vssx import xml
from vssx.model.event import Provenance, ProvenanceKind
from vssx.model.recording import ElementItem, Notification, SimpleItem
from vssx.onvif.added_document import added_document, provenance_of
from vssx.onvif.content_filter import parse_content_filter
from vssx.onvif.metadata import notifications, read_document
from vssx.onvif.namespaces import PREFIXES, WSNT
from vssx.onvif.notification import add_message, fill, read_notification
from vssx.onvif.topic import parse_expression
from vssx.times import NS

# What XML 1.0 can carry.
CARRIED = st.text(
    st.characters(exclude_categories=("Cs",), exclude_characters="\ufffe\uffff").filter(
        lambda one: one >= " " or one in "\t\n\r"
    ),
    max_size=20,
)
ITEMS = st.lists(st.builds(SimpleItem, name=CARRIED, value=CARRIED), max_size=4).map(tuple)
NAMES = st.from_regex(r"[A-Za-z_][\w.-]{0,8}", fullmatch=True).filter(lambda name: name.isascii())
ELEMENTS = st.recursive(
    st.builds(lambda name, text: (name, text, ()), NAMES, CARRIED),
    lambda inner: st.tuples(NAMES, CARRIED, st.lists(inner, max_size=3).map(tuple)),
    max_leaves=6,
)


def element(namespaced: bool, tree: tuple[str, str, tuple]) -> bytes:
    def build(name, text, children):
        made = xml.new("urn:v" if namespaced else "", name, text)
        made.extend(build(*child) for child in children)
        return made

    return xml.standalone(build(*tree))


STEPS = st.sampled_from(["A", "B", "Cd", "v:E"])
TOPICS = st.builds(
    lambda root, steps: "/".join([root, *steps]), st.sampled_from(["tns1:A", "v:B", "C"]), st.lists(STEPS)
)
NOTIFICATIONS = st.builds(
    Notification,
    topic=TOPICS,
    utc_ns=st.integers(-(10**9) * NS, 10**10 * NS),
    operation=st.sampled_from(["", "Initialized", "Changed", "Deleted"]),
    source=ITEMS,
    key=ITEMS,
    data=ITEMS,
    elements=st.lists(
        st.builds(ElementItem, name=CARRIED, xml=st.builds(element, st.booleans(), ELEMENTS)), max_size=2
    ).map(tuple),
)


@given(NOTIFICATIONS)
def test_notifications(notification):
    holder = xml.new(WSNT, "NotificationMessage")
    fill(holder, notification)
    read = read_notification(xml.parse(xml.serialize(holder)))
    assert read == notification
    assert read_notification(xml.parse(read.raw)) == notification
    parent = xml.new(WSNT, "Notify", nsmap=PREFIXES)
    add_message(parent, read)
    again = read_notification(xml.parse(xml.serialize(parent))[0])
    assert again == notification


@given(NOTIFICATIONS, st.sampled_from([ProvenanceKind.FOUND, ProvenanceKind.LISTED]), CARRIED, st.booleans())
def test_added_documents(notification, kind, where, start_state):
    said = Provenance(kind=kind, where=where)
    document = read_document(added_document(notification, said, start_state=start_state))
    assert document.tolerated == ""
    assert list(notifications(document)) == [notification]
    assert provenance_of(document) == (said, start_state)


PATTERNS = st.builds(
    lambda first, rest: first + "".join(rest),
    st.sampled_from(["tns1:A", "v:B", "C", "*", "//A", "//*", "tns1:*", "//."]),
    st.lists(
        st.builds(
            str.__add__,
            st.sampled_from(["/", "//"]),
            st.sampled_from(["A", "B", "Cd", "v:E", "*", "v:*"]),
        )
        | st.just("//."),
        max_size=4,
    ),
)


def as_regex(pattern: str) -> str:
    """The same set of topics, said differently: every name ends with a slash."""
    made = ""
    for slashes, name in re.findall(r"(/{0,2})([^/]+)", pattern):
        if slashes == "//":
            made += r"(?:[^/]+/)*"
        if name != ".":
            made += re.escape(name).replace(r"\*", "[^/:]+" if ":" in name else "[^/]+") + "/"
    return made


@given(PATTERNS, TOPICS)
def test_expressions_match_what_a_regular_expression_matches(pattern, topic):
    expected = re.fullmatch(as_regex(pattern), f"{topic}/") is not None
    assert parse_expression(pattern).matches(topic) is expected


@given(CARRIED.filter(lambda text: '"' not in text), NOTIFICATIONS)
def test_content_filters(value, notification):
    expected = any(item.value == value for group in ("source", "key", "data") for item in getattr(notification, group))
    content = parse_content_filter(f'boolean(//tt:SimpleItem[@Value="{value}"])')
    assert content.matches(notification) is expected
