"""Everything that leaves the recorder, and what it makes of requests, each kind in one place: where faults come in."""

# ruff: noqa: ARG002 - what subclasses look at
from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vssx import xml
from vssx.rtsp.message import Request

if TYPE_CHECKING:
    from vssx.recorder.play_request import PlayRequest
    from vssx.recorder.playback import Playback
    from vssx.recorder.played_sample import PlayedSample
    from vssx.recorder.session import Session, Stream
    from vssx.recorder.store import StoredRecording


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswer:
    """An HTTP response. ``headers``: all that are sent besides Server and Date, Content-Length included.

    ``closes``: the connection ends behind it, whatever the headers say.
    """

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    closes: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An RTSP response without CSeq and Server."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


class Outgoing:
    """Lets everything pass as it is. A subclass changes, delays or swallows what it likes, in the calling thread.

    An OSError raised here ends the connection that the thing would have gone to.
    """

    def clock(self) -> int:
        """The recorder's UTC in ns."""
        return time.time_ns()

    def soap_instead(self, name: str, request: xml.Element) -> xml.Element | None:
        """An answer to the operation ``name`` that comes without it; None: it is done. May raise FaultError."""
        return None

    def soap(self, name: str, answer: xml.Element) -> xml.Element:
        """The content of the answer to the operation ``name``."""
        return answer

    def refused(self, request: Request) -> Answer | None:
        """An answer to an RTSP request that is not looked at further; None: it is."""
        return None

    def closes_after(self, answer: Answer) -> bool:
        """Whether the RTSP connection ends behind an answer to a request without the right credentials."""
        return False

    def understood(self, wanted: PlayRequest, recording: StoredRecording) -> PlayRequest:
        """A PLAY as the recorder takes it. May raise PlayRequestError."""
        return wanted

    def opened(self, session: Session) -> None:
        """An RTSP session begins."""

    def closed(self, session: Session) -> None:
        """An RTSP session ends; it may end more than once."""

    def samples(self, session: Session, playback: Playback) -> Iterator[PlayedSample]:
        """What a PLAY sends. Raises what ``Playback.samples`` raises."""
        return playback.samples()

    def packet_limit(self, stream: Stream, limit: int) -> int:
        """The largest RTP payload on a track, in octets."""
        return limit

    def http(self, operation: str, answer: HttpAnswer) -> HttpAnswer:
        """An answer to an HTTP request. ``operation``: local name of the SOAP request, "" where there is none."""
        return answer

    def rtsp(self, request: Request, answer: Answer) -> Answer | None:
        """The answer to an RTSP request; None: it gets none."""
        return answer

    def rtp(self, session: Session, stream: Stream, packets: Sequence[bytes]) -> Sequence[bytes]:
        """The RTP packets of one access unit, or some of them; what comes back is sent.

        ``session.connection`` (None over UDP) is the connection, for what is no packet.
        """
        return packets

    def rtcp(self, session: Session, stream: Stream, packet: bytes) -> bytes | None:
        """A compound RTCP packet, the BYE among them; None: it is not sent."""
        return packet
