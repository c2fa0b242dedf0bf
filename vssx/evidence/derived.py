"""What lies beside the MP4s and is made of them alone: metadata.xml, metadata.jsonl, events.xml, events.csv.

One pass over the metadata tracks of files that were read back; the same files give the same bytes, so that anybody can
make them again and compare. How is told by ``model.metadata.DERIVATION``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from vssx.errors import StorageError
from vssx.evidence.derived_file import DerivedFile
from vssx.evidence.document_reading import DocumentReading
from vssx.evidence.event_listing import Timeline, listed_row
from vssx.evidence.event_merging import merge
from vssx.evidence.event_store import EventStore
from vssx.evidence.events_csv import EventsCsv
from vssx.evidence.events_xml import EventsXml
from vssx.evidence.metadata_jsonl import MetadataJsonl
from vssx.evidence.metadata_samples import DerivedFrom, DocumentSample, MetadataMovie, open_movies
from vssx.evidence.metadata_xml import MetadataXml
from vssx.model.event import ListedEvent, ProvenanceKind
from vssx.model.metadata import AlphaEvents, TimedMetadata
from vssx.onvif.metadata import MetadataDocument
from vssx.onvif.scene import objects, ptz
from vssx.shown import counted, shown

METADATA_XML, METADATA_JSONL, EVENTS_XML, EVENTS_CSV = NAMES = (
    "metadata.xml",
    "metadata.jsonl",
    "events.xml",
    "events.csv",
)
"""Beside the MP4s of a recording."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """What was made. ``sha256``: hex, by path in the bag. None where a recording has nothing of the kind.

    ``forgeries``: in plain words what the added tracks hold that no exporter of ours adds.
    """

    timed_metadata: TimedMetadata | None = None
    alpha_events: AlphaEvents | None = None
    sha256: Mapping[str, str] = field(default_factory=dict)
    forgeries: tuple[str, ...] = ()


def derive(
    root: Path,
    directory: str,
    files: Sequence[DerivedFrom],
    *,
    from_ns: int | None,
    to_ns: int | None,
    write: bool = True,
) -> Derived:
    """Make the files of one recording below ``root/data/directory``, replacing those of an earlier run.

    ``files``: its MP4s. ``from_ns``, ``to_ns``: the range asked for, whose start the states are told of; None: all that
    there is. Without ``write`` nothing is written, only the digests are made: to compare what is there.

    Raises MalformedMediaError or UnsupportedMediaError for an MP4 that cannot be read, StorageError.
    """
    place = root / "data" / directory
    if write:
        _remove_old(place)
    with ExitStack() as stack:
        making = _Making(place, f"data/{directory}", write, stack)
        for movie, sample, document in making.read(root, files):
            making.take(movie, sample, document)
        return making.finish(from_ns, to_ns)


def _remove_old(place: Path) -> None:
    try:
        for name in NAMES:
            DerivedFile.remove(place / name)
    except OSError as error:
        raise StorageError(
            f"what an earlier run derived cannot be removed: {error.strerror or error}",
            where=shown(place),
            next_step="Check the permissions, then run the command again.",
        ) from error


class _Making:
    def __init__(self, place: Path, path: str, write: bool, stack: ExitStack) -> None:
        self._place = place
        self._path = path
        self._write = write
        self._stack = stack
        self._outs: dict[str, DerivedFile] = {}
        self._store = stack.enter_context(EventStore())
        self._timeline = Timeline()
        self._reading = DocumentReading()
        self._recorded = False
        self._xml: MetadataXml | None = None
        self._jsonl: MetadataJsonl | None = None
        self._first_ns: int | None = None
        self._last_ns: int | None = None

    def read(
        self, root: Path, files: Sequence[DerivedFrom]
    ) -> Iterator[tuple[MetadataMovie, DocumentSample | None, MetadataDocument | None]]:
        """As ``_read_all``."""
        return _read_all(root, files, self._timeline, self._reading, self._store)

    def take(self, movie: MetadataMovie, sample: DocumentSample | None, document: MetadataDocument | None) -> None:
        """A file, or a recorded document of one."""
        self._recorded |= movie.recorded
        if sample is None:
            return
        self._first_ns = sample.utc_ns if self._first_ns is None else min(self._first_ns, sample.utc_ns)
        self._last_ns = sample.utc_ns if self._last_ns is None else max(self._last_ns, sample.utc_ns)
        if self._xml is None:
            self._xml = MetadataXml(self._open(METADATA_XML))
        whole = document is not None and not document.tolerated
        self._xml.add(movie.name, sample, document.content if document and whole else None, self._reading.reason)
        if document is None:
            return
        for observation in objects(document):
            self._lines().add_object(movie, sample, observation)
        for position in ptz(document):
            self._lines().add_ptz(movie, sample, position)

    def _lines(self) -> MetadataJsonl:
        if self._jsonl is None:
            self._jsonl = MetadataJsonl(self._open(METADATA_JSONL))
        return self._jsonl

    def _open(self, name: str) -> DerivedFile:
        out = self._stack.enter_context(DerivedFile(self._place / name if self._write else None))
        self._outs[f"{self._path}/{name}"] = out
        return out

    def finish(self, from_ns: int | None, to_ns: int | None) -> Derived:
        """Behind the last file."""
        if self._xml is not None:
            self._xml.finish()
        if self._jsonl is not None:
            self._jsonl.finish()
        timed_metadata = self._timed_metadata() if self._recorded else None
        alpha_events = self._alpha_events(from_ns, to_ns)
        sha256 = {path: out.sha256 for path, out in sorted(self._outs.items())}
        return Derived(
            timed_metadata=timed_metadata,
            alpha_events=alpha_events,
            sha256=sha256,
            forgeries=self._reading.forgeries,
        )

    def _timed_metadata(self) -> TimedMetadata:
        return TimedMetadata(
            documents=self._reading.documents,
            malformed=self._reading.malformed,
            not_decoded=self._reading.not_decoded,
            objects=self._jsonl.objects if self._jsonl else 0,
            ptz=self._jsonl.ptz if self._jsonl else 0,
            first_utc_ns=self._first_ns,
            last_utc_ns=self._last_ns,
            files=self._made(METADATA_XML, METADATA_JSONL),
            notes=self._reading.document_notes,
        )

    def _made(self, *names: str) -> tuple[str, ...]:
        return tuple(path for name in names if (path := f"{self._path}/{name}") in self._outs)

    def _alpha_events(self, from_ns: int | None, to_ns: int | None) -> AlphaEvents | None:
        store = self._store
        if not store.notifications:
            notes = self._reading.event_notes
            return AlphaEvents(events=0, notes=notes) if notes else None
        start_ns = _start(from_ns, self._timeline)
        notes = (*self._reading.event_notes, *merge(store, start_ns))
        within, more = self._write_events(from_ns, to_ns)
        notes += more
        unknown = store.count(states=True, unknown=True)
        return AlphaEvents(
            events=store.count(states=False),
            within=within,
            recorded=store.events_of(ProvenanceKind.RECORDED),
            found=store.events_of(ProvenanceKind.FOUND),
            listed=store.events_of(ProvenanceKind.LISTED),
            states=store.count(states=True) + unknown,
            states_unknown=unknown,
            files=self._made(EVENTS_XML, EVENTS_CSV),
            notes=notes,
        )

    def _write_events(self, from_ns: int | None, to_ns: int | None) -> tuple[int, tuple[str, ...]]:
        """How many events lie in the range or near the footage, and what is to be said."""
        csv = EventsCsv(self._open(EVENTS_CSV))
        xml = self._stack.enter_context(EventsXml(self._open(EVENTS_XML)))
        outside = unshown = within = 0
        for row in self._store.rows():
            listed = listed_row(row, self._path.removeprefix("data/"), self._timeline)
            csv.add(listed)
            if not row.unknown and not row.repeated:  # the notification has no other row that stands for it
                xml.add(listed, as_received=row.as_received)
            if not row.is_state:
                asked = (from_ns is None or row.utc_ns >= from_ns) and (to_ns is None or row.utc_ns <= to_ns)
                outside += not asked
                within += (asked and from_ns is not None and to_ns is not None) or self._timeline.near(row.utc_ns)
                unshown += listed.media_ns is None
        csv.finish()
        xml.finish()
        notes = []
        if xml.rewritten:
            notes.append(
                f"{counted(xml.rewritten, 'notification does', 'notifications do')} not follow the schema as received:"
                f" {EVENTS_XML} has what it says, written anew; the documents have the original"
            )
        if outside:
            notes.append(f"{counted(outside, 'event lies', 'events lie')} outside the range asked for")
        if unshown:
            notes.append(f"of {counted(unshown, 'event')} no file shows the time")
        return within, tuple(notes)


def _start(from_ns: int | None, timeline: Timeline) -> int:
    """The start of the range, or of what is there."""
    if from_ns is not None:
        return from_ns
    return timeline.start_ns or 0


def list_events(
    root: Path, directory: str, files: Sequence[DerivedFrom], *, from_ns: int | None = None
) -> Iterator[ListedEvent]:
    """The rows of events.csv of one recording, made of its MP4s. Arguments and errors as of ``derive``.

    Close the iterator, or read it to its end: a temporary file belongs to it.
    """
    with EventStore() as store:
        timeline, reading = Timeline(), DocumentReading()
        for _ in _read_all(root, files, timeline, reading, store):
            pass
        merge(store, _start(from_ns, timeline))
        for row in store.rows():
            yield listed_row(row, directory, timeline)


def _read_all(
    root: Path, files: Sequence[DerivedFrom], timeline: Timeline, reading: DocumentReading, store: EventStore
) -> Iterator[tuple[MetadataMovie, DocumentSample | None, MetadataDocument | None]]:
    """Each file, then each of its recorded documents, None where it cannot be read. Events go to the store."""
    for movie in open_movies(root, files):
        timeline.add(movie)
        yield movie, None, None
        for sample in movie.samples():
            document = None if sample.added else reading.read(movie, sample)
            if not sample.added:
                yield movie, sample, document
            for notification, provenance, start_state in reading.events(movie, sample):
                store.add(notification, provenance, start_state=start_state)
