"""Reads the documents of metadata tracks, and counts what could not be read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from vssx.cells import visible
from vssx.errors import FalseProvenanceError, MalformedMetadataError, UnsupportedMediaError, VssxError
from vssx.evidence.metadata_samples import MAX_DOCUMENT, DocumentSample, MetadataMovie
from vssx.model.event import Provenance, ProvenanceKind
from vssx.model.recording import Notification
from vssx.onvif.added_document import provenance_of
from vssx.onvif.metadata import MetadataDocument, notifications, read_document
from vssx.shown import counted

_EXAMPLES = 3
_MAX_REASON = 200
# A recorder that sends such documents by the thousand would fill the disk with what they unpack to.
_MAX_RATIO = 100
_SMALL = 1 << 20


@dataclass(slots=True)
class _Faults:
    """Counted, the first ones in words."""

    count: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, place: str, reason: str) -> None:
        self.count += 1
        if len(self.examples) < _EXAMPLES:
            self.examples.append(f"{place}: {_stable(reason)}")

    def note(self, one: str, more: str, told: str) -> tuple[str, ...]:
        if not self.count:
            return ()
        first = "; ".join(self.examples)
        return (f"{counted(self.count, one, more)} {told} ({'the first: ' if self.count > _EXAMPLES else ''}{first})",)


class DocumentReading:
    """Documents of one recording, one after the other.

    ``documents``, ``malformed``, ``not_decoded``: of the recorded tracks, as in TimedMetadata.
    """

    def __init__(self) -> None:
        self.documents = self.malformed = self.not_decoded = 0
        self.reason = ""
        """Why the last document cannot stand in an XML document as it is; "" where it can."""
        self._document: MetadataDocument | None = None
        self._malformed, self._tolerated, self._refused, self._strange = _Faults(), _Faults(), _Faults(), _Faults()
        self._false = _Faults()

    def read(self, movie: MetadataMovie, sample: DocumentSample) -> MetadataDocument | None:
        """The next recorded document; None for one that cannot be read."""
        self.documents += 1
        self.reason = ""
        self._document = None
        place = _place(movie, sample)
        try:
            self._document = _read(sample)
            self.reason = _stable(self._document.tolerated)
        except UnsupportedMediaError as error:
            self.not_decoded += 1
            self.reason = _stable(error.message)
        except MalformedMetadataError as error:
            self.malformed += 1
            self.reason = _stable(error.message)
            self._malformed.add(place, error.message)
        if self._document is not None and self.reason:
            self._tolerated.add(place, self.reason)
        return self._document

    def events(self, movie: MetadataMovie, sample: DocumentSample) -> Iterator[tuple[Notification, Provenance, bool]]:
        """The notifications of the document: of the one that was read last, or of one that the exporter added.

        With each where it came from, and whether it states what held at the start.
        """
        place = _place(movie, sample)
        if not sample.added:
            document, provenance, start_state = (
                self._document,
                Provenance(kind=ProvenanceKind.RECORDED, where=place),
                False,
            )
        else:
            document = None
            try:
                document = _read(sample)
                provenance, start_state = provenance_of(document)
            except FalseProvenanceError as error:
                self._false.add(place, error.message)
                return
            except (UnsupportedMediaError, MalformedMetadataError) as error:
                self._strange.add(place, error.message)
                return
        if document is None:
            return

        def refused(problem: VssxError) -> None:
            self._refused.add(place, problem.message)

        for notification in notifications(document, refused):
            yield notification, provenance, start_state

    @property
    def document_notes(self) -> tuple[str, ...]:
        """In plain words what was wrong with recorded documents."""
        not_decoded = f"{counted(self.not_decoded, 'document')} encoded as EXI: kept, not decoded"
        return (
            *self._malformed.note("document", "documents", "cannot be read, kept as received"),
            *((not_decoded,) if self.not_decoded else ()),
            *self._tolerated.note("document", "documents", "could be read only by overlooking faults"),
        )

    @property
    def event_notes(self) -> tuple[str, ...]:
        """In plain words what was wrong with notifications."""
        return (
            *self._refused.note("notification", "notifications", "cannot be read and is in no list of events"),
            *self._strange.note("document", "documents", "of the added track not made by vssx and left out"),
            *self.forgeries,
        )

    @property
    def forgeries(self) -> tuple[str, ...]:
        """In plain words what no exporter of ours adds: documents that pass for the recorder's."""
        return self._false.note(
            "document", "documents", "of the added track passed for metadata that the recorder recorded, and left out"
        )


def _read(sample: DocumentSample) -> MetadataDocument:
    if sample.payload is None:
        raise MalformedMetadataError(f"{sample.size} bytes, more than the {MAX_DOCUMENT} that are read")
    document = read_document(sample.payload, sample.encoding)
    size = len(document.content)
    if size > _SMALL and size > _MAX_RATIO * sample.size:
        raise MalformedMetadataError(f"{sample.size} bytes that unpack to {size}: no scene is described so")
    return document


def _place(movie: MetadataMovie, sample: DocumentSample) -> str:
    return f"{movie.name} track {sample.track_id} sample {sample.number}"


def _stable(reason: str) -> str:
    """Without the details behind the colon: they are in the words of a library, and another version has others."""
    return visible(reason.partition(": ")[0][:_MAX_REASON])
