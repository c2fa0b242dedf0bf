"""Everything that leaves the recorder, each kind in one place, just before it goes: where faults come in."""

# ruff: noqa: ARG002 - what subclasses look at
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vssx.rtsp.message import Request

if TYPE_CHECKING:
    from vssx.recorder.session import Session, Stream


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswer:
    """An HTTP response. ``headers``: all that are sent besides Server and Date, Content-Length included."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


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
