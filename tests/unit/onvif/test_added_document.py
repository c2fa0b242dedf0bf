"""Documents that the exporter adds say where their event came from, and give the event back."""

import pytest

from vssx.errors import FalseProvenanceError, MalformedMetadataError, UsageError
from vssx.model.event import Provenance, ProvenanceKind
from vssx.model.recording import Notification, SimpleItem
from vssx.onvif.added_document import added_document, calls_itself_recorded, provenance_of
from vssx.onvif.metadata import notifications, read_document

EVENT = Notification(
    topic="tns1:Device/Trigger/DigitalInput",
    utc_ns=1_700_000_000_123_000_000,
    operation="Changed",
    source=(SimpleItem(name="InputToken", value="<1>"),),
    data=(SimpleItem(name="LogicalState", value="true"),),
)


@pytest.mark.parametrize("kind", [ProvenanceKind.FOUND, ProvenanceKind.LISTED])
@pytest.mark.parametrize("start_state", [False, True])
def test_what_is_written_is_read_again(kind, start_state):
    provenance = Provenance(kind=kind, where='https://10.0.0.1/"&<x>')
    document = read_document(added_document(EVENT, provenance, start_state=start_state))
    assert provenance_of(document) == (provenance, start_state)
    assert list(notifications(document)) == [EVENT]


def test_a_document_of_somebody_else_is_refused():
    for text in (
        b'<MetadataStream xmlns="http://www.onvif.org/ver10/schema"/>',
        b'<MetadataStream xmlns:v="urn:vssx:added:1" v:kind="rumour"/>',
    ):
        with pytest.raises(MalformedMetadataError, match="where its event came from"):
            provenance_of(read_document(text))


def test_an_added_document_is_never_of_the_recorder():
    false = added_document(EVENT, Provenance(kind=ProvenanceKind.RECORDED, where="a.mp4 track 2 sample 1"))
    with pytest.raises(FalseProvenanceError, match="recorded"):
        provenance_of(read_document(false))
    assert calls_itself_recorded(false)
    assert not calls_itself_recorded(added_document(EVENT, Provenance(kind=ProvenanceKind.LISTED, where="l.csv:2")))
    assert not calls_itself_recorded(b"<a/>")
    assert not calls_itself_recorded(false, "exi")


def test_text_that_xml_cannot_carry_is_refused():
    with pytest.raises(UsageError, match="cannot carry"):
        added_document(EVENT, Provenance(kind=ProvenanceKind.LISTED, where="line\x00"))
