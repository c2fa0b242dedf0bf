"""One second of a recording, replayed and thrown away: what an export would get."""

from __future__ import annotations

import time
from dataclasses import dataclass

from vssx import times
from vssx.errors import NothingRecordedError
from vssx.jobs.config import RecorderAddress
from vssx.model.acquisition import Observe
from vssx.model.media import AccessUnit, Assumption, Gap, Loss, SourceTrack, StreamEnd, TimeSource, TrackType

_TRIED_NS = times.NS
_OF_THE_RECORDER = {
    TimeSource.REPLAY_EXTENSION: "every picture carries its time of recording",
    TimeSource.PLAY_RANGE: "pictures carry no time of recording; it is derived from the range that PLAY answered",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayTrial:
    """What the second brought. ``tracks``: those described; ``documents``: of metadata; ``text`` and ``facts``: for
    people and programs."""

    tracks: tuple[SourceTrack, ...]
    has_video: bool
    documents: int
    text: str
    facts: dict[str, object]
    remarks: tuple[str, ...]


def try_replay(uri: str, address: RecorderAddress, *, at_ns: int, http_address: str, observe: Observe) -> ReplayTrial:
    """Replay a second from ``at_ns`` on. Raises what ``vssx.source.replay`` raises, and NothingRecordedError."""
    from vssx.source.replay import replay

    begun = time.monotonic()
    count: dict[int, int] = {}
    sources: set[TimeSource] = set()
    payload_bytes, first_s, first_ns, end = 0, 0.0, None, None
    remarks: list[str] = []
    with replay(
        uri,
        credentials=address.stream_credentials,
        from_ns=at_ns,
        to_ns=at_ns + _TRIED_NS,
        observe=observe,
        timeout=address.timeout,
        tls=address.tls,
        transport=address.transport,
        http_address=http_address,
        range_time_zone=address.range_time_zone,
    ) as source:
        for item in source:
            if isinstance(item, AccessUnit):
                if first_ns is None:
                    first_ns, first_s = item.utc_ns, time.monotonic() - begun
                count[item.track] = count.get(item.track, 0) + 1
                payload_bytes += len(item.payload)
                sources.add(item.time_source)
            elif isinstance(item, Loss):
                remarks.append(f"loss: {item.detail}")
            elif isinstance(item, Assumption):
                remarks.append(f"{item.subject}: {item.detail}")
            elif isinstance(item, StreamEnd):
                end = item
            else:
                assert isinstance(item, Gap)
    seconds = time.monotonic() - begun
    if first_ns is None:
        raise NothingRecordedError(
            f"nothing came for {times.to_xs_datetime(at_ns)} although the recorder says that it recorded then",
            where=uri,
            next_step="Try another recording with --recording; `vssx recordings HOST` lists them.",
        )
    assert end is not None
    if not end.proven:
        remarks.append(f"the end of the second is unproven: {end.detail}")
    tracks = ", ".join(f"{track.codec} ({count.get(track.index, 0)})" for track in source.tracks)
    told = "; ".join(text for kind, text in _OF_THE_RECORDER.items() if kind in sources)
    return ReplayTrial(
        tracks=source.tracks,
        has_video=any(count.get(track.index) for track in source.tracks if track.track_type is TrackType.VIDEO),
        documents=sum(count.get(track.index, 0) for track in source.tracks if track.track_type is TrackType.METADATA),
        text=f"{tracks} in {seconds:.1f} s over {source.transport}; {told}",
        facts={
            "at": times.to_xs_datetime(at_ns),
            "first_received": times.to_xs_datetime(first_ns),
            "seconds_to_first": round(first_s, 3),
            "seconds": round(seconds, 3),
            "payload_bytes": payload_bytes,
            "transport": source.transport,
            "tracks": [
                {
                    "token": track.token,
                    "type": str(track.track_type),
                    "codec": str(track.codec),
                    "received": count.get(track.index, 0),
                }
                for track in source.tracks
            ],
            "time_sources": sorted(map(str, sources)),
            "end_proven": end.proven,
        },
        remarks=tuple(dict.fromkeys(remarks)),
    )
