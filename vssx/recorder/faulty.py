"""A recorder's faults, each at the place where it comes in."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from weakref import WeakKeyDictionary

from vssx import xml
from vssx.errors import MalformedMediaError, UsageError
from vssx.model.media import TrackType
from vssx.recorder.faults import Faults
from vssx.recorder.faults_documents import DocumentFaults
from vssx.recorder.faults_events import EventFaults
from vssx.recorder.faults_http import HttpFaults
from vssx.recorder.faults_packets import PacketFaults
from vssx.recorder.faults_rtsp import RtspFaults
from vssx.recorder.faults_samples import SampleFaults
from vssx.recorder.faults_soap import SoapFaults
from vssx.recorder.outgoing import Answer, HttpAnswer, Outgoing
from vssx.recorder.play_request import PlayRequest
from vssx.recorder.playback import Playback
from vssx.recorder.played_sample import PlayedSample
from vssx.recorder.session import Session, Stream
from vssx.recorder.store import RecordingStore, StoredRecording
from vssx.rtsp.message import Request
from vssx.rtsp.rtcp import Bye, parse_rtcp

_NO_BYE = ("silent-end", "play-stops", "loops")


class Faulty(Outgoing):
    """What one recorder does wrong."""

    def __init__(self, faults: Faults, store: RecordingStore) -> None:
        self._faults = faults
        self._soap = SoapFaults(faults)
        self._events = EventFaults(faults)
        self._documents = DocumentFaults(faults)
        self._http = HttpFaults(faults)
        self._rtsp = RtspFaults(faults)
        self._samples = SampleFaults(faults, store.find)
        self._lock = threading.Lock()
        self._packets: WeakKeyDictionary[Session, PacketFaults] = WeakKeyDictionary()
        self._required: dict[str, bool] = {}  # identifier of a session: its PLAY had Require: onvif-replay
        self._open: set[str] = set()

    def clock(self) -> int:
        """The recorder's UTC in ns."""
        return self._soap.clock()

    def soap_instead(self, name: str, request: xml.Element) -> xml.Element | None:
        """What is answered without the operation. Raises FaultError."""
        refused = self._soap.instead(name, request)
        return self._events.instead(name, request) if refused is None else refused

    def soap(self, name: str, answer: xml.Element) -> xml.Element:
        """The answer's content."""
        return self._soap.changed(name, self._events.changed(name, answer))

    def http(self, operation: str, answer: HttpAnswer) -> HttpAnswer:
        """The answer's form."""
        status = self._faults.text("one-session")
        if status is not None and self._is_taken():
            return HttpAnswer(status=int(status), headers=(("Content-Length", "0"),))
        return self._http.changed(operation, answer)

    def refused(self, request: Request) -> Answer | None:
        """A request that is answered without looking further."""
        session = request.headers.get("Session").partition(";")[0].strip()
        if request.method == "SETUP" and self._faults.on("one-session") and not session and self._is_taken():
            return Answer(status=453)
        if request.method == "PLAY":
            self._required[session] = "onvif-replay" in request.headers.get("Require")
        return self._rtsp.refused(request)

    def _is_taken(self) -> bool:
        with self._lock:
            return bool(self._open)

    def closes_after(self, answer: Answer) -> bool:
        """Whether the connection ends behind the answer."""
        return answer.status == 401 and self._faults.on("close-on-401")

    def understood(self, wanted: PlayRequest, recording: StoredRecording) -> PlayRequest:
        """A PLAY as this recorder takes it. Raises PlayRequestError."""
        return self._rtsp.understood(wanted, recording)

    def rtsp(self, request: Request, answer: Answer) -> Answer | None:
        """The answer as this recorder gives it."""
        return self._rtsp.answered(request, answer)

    def opened(self, session: Session) -> None:
        """A session begins."""
        with self._lock:
            self._open.add(session.identifier)

    def closed(self, session: Session) -> None:
        """A session ends."""
        with self._lock:
            self._open.discard(session.identifier)
            self._required.pop(session.identifier, None)

    def samples(self, session: Session, playback: Playback) -> Iterator[PlayedSample]:
        """What a PLAY sends."""
        self._of(session).begin()
        return self._documents.changed(self._samples.changed(playback), playback)

    def _of(self, session: Session) -> PacketFaults:
        with self._lock:
            found = self._packets.get(session)
            if found is None:
                found = PacketFaults(
                    self._faults, session, required=lambda: self._required.get(session.identifier, False)
                )
                self._packets[session] = found
            return found

    def packet_limit(self, stream: Stream, limit: int) -> int:
        """The largest RTP payload of a track, in octets."""
        size = self._faults.number("metadata")
        is_metadata = stream.track.track_type is TrackType.METADATA
        return int(size) if size is not None and is_metadata else limit

    def rtp(self, session: Session, stream: Stream, packets: Sequence[bytes]) -> Sequence[bytes]:
        """The packets of one access unit as they are sent."""
        return self._of(session).changed(stream, packets)

    def rtcp(self, session: Session, stream: Stream, packet: bytes) -> bytes | None:  # noqa: ARG002
        """Everything, but the BYE of a recorder that falls silent."""
        if any(self._faults.on(name) for name in _NO_BYE) and _says_bye(packet):
            return None
        return packet


def refuse_unknown(faults: Faults, store: RecordingStore, operations: frozenset[str]) -> None:
    """Faults whose value names what this recorder does not have would do nothing. Raises UsageError."""
    token = faults.text("glued")
    if token is not None and store.find(token) is None:
        known = ", ".join(one.token for one in store.recordings[:10])
        raise UsageError(f"no recording {token[:64]!r}", where="--fault glued", next_step=f"There are: {known}.")
    for name in ("soap11-fault", "fault-400", "garbage-soap"):
        operation = faults.text(name)
        if operation is not None and operation not in operations:
            raise UsageError(
                f"no operation {operation[:64]!r}",
                where=f"--fault {name}",
                next_step="docs/recorder.md lists the operations.",
            )


def _says_bye(packet: bytes) -> bool:
    try:
        return any(isinstance(part, Bye) for part in parse_rtcp(packet))
    except MalformedMediaError:
        return False
