"""Documents that the exporter adds: one event each, and on the root where it came from. Both directions.

A tt:MetadataStream with one tt:Event; kind, where and startState are attributes in a namespace of ours, which the
schema of tt:MetadataStream allows.
"""

from __future__ import annotations

from vssx import xml
from vssx.errors import FalseProvenanceError, MalformedMetadataError, UnsupportedMediaError
from vssx.model.event import Provenance, ProvenanceKind
from vssx.model.metadata import ADDED_NAMESPACE
from vssx.model.recording import Notification
from vssx.onvif.metadata import ROOT, MetadataDocument, read_document
from vssx.onvif.namespaces import TT, WSNT
from vssx.onvif.notification import add_message

_KIND, _WHERE, _START_STATE = (f"{{{ADDED_NAMESPACE}}}{name}" for name in ("kind", "where", "startState"))


def added_document(notification: Notification, provenance: Provenance, *, start_state: bool = False) -> bytes:
    """The document, in UTF-8 without XML declaration. Raises UsageError for text that XML cannot carry."""
    said = {_KIND: str(provenance.kind), _WHERE: provenance.where} | ({_START_STATE: "true"} if start_state else {})
    root = xml.new(TT, ROOT, nsmap={"tt": TT, "wsnt": WSNT, "vssx": ADDED_NAMESPACE}, **said)
    add_message(xml.add(root, TT, "Event"), notification)
    return xml.standalone(root)


def provenance_of(document: MetadataDocument) -> tuple[Provenance, bool]:
    """Where the document's event came from, and whether it states what held at the start.

    Raises MalformedMetadataError for a document that no exporter of ours made; FalseProvenanceError for one that calls
    its event recorded, which only the recorded track can tell.
    """
    root = document.root
    try:
        kind = ProvenanceKind(root.get(_KIND, ""))
    except ValueError:
        raise MalformedMetadataError("an added document does not say where its event came from") from None
    if kind is ProvenanceKind.RECORDED:
        raise FalseProvenanceError("an added document calls its event recorded by the recorder")
    return Provenance(kind=kind, where=root.get(_WHERE, "")), root.get(_START_STATE) == "true"


def calls_itself_recorded(payload: bytes, encoding: str = "") -> bool:
    """Whether a sample of an added track claims to be of the recorder. False where it cannot be read."""
    try:
        provenance_of(read_document(payload, encoding))
    except FalseProvenanceError:
        return True
    except (MalformedMetadataError, UnsupportedMediaError):
        return False
    return False
