"""``vssx recordings``: what a recorder holds, with spans and gaps from its own history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vssx import times
from vssx.jobs.config import RecorderAddress
from vssx.model.acquisition import ClockSample, Observe, RecorderIdentity
from vssx.model.recording import RecordingInformation, RecordingListing

if TYPE_CHECKING:
    from vssx.source.search import RecorderSession


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A recorder, its clock and its recordings, ordered by source name and token."""

    recorder: RecorderIdentity
    clock: ClockSample
    recordings: tuple[RecordingListing, ...]


def list_recordings(address: RecorderAddress, observe: Observe) -> Listing:
    """Ask a recorder for its recordings. Raises the errors of ``vssx.source.search``."""
    from vssx.source.search import RecorderSession

    with RecorderSession.connect(
        address.host, address.credentials, timeout=address.timeout, observe=observe, tls=address.tls
    ) as session:
        found = sorted(session.recordings(), key=lambda one: (one.source.name, one.token))
        return Listing(
            recorder=session.identity(),
            clock=session.sample_clock(),
            recordings=tuple(_describe(session, information) for information in found),
        )


def _describe(session: RecorderSession, information: RecordingInformation) -> RecordingListing:
    from vssx.source.search import size_estimate

    if information.earliest_ns is None:
        return RecordingListing(information=information)
    to_ns = information.latest_ns if information.latest_ns is not None else times.now()
    history = session.history(information.token, information.earliest_ns, to_ns)
    attributes = session.attributes(information.token, information.earliest_ns)
    return RecordingListing(
        information=information,
        history=history,
        attributes=attributes,
        size_bytes=size_estimate(attributes, history, information),
    )
