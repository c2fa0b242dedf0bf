"""Refuses an export level that is not borne, as early as it can be known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vssx.errors import LevelNotBorneError
from vssx.evidence.claims import lacks
from vssx.model.handover import Acquisition
from vssx.model.media import SourceTrack, TrackType
from vssx.model.recording import RecordingInformation
from vssx.shown import shown


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelDemand:
    """What must be there, or nothing is handed over. ``video``: it is to be signed (level 0V)."""

    video: bool = False
    timed_metadata: bool = False
    alpha_events: bool = False


NOTHING_DEMANDED = LevelDemand()
_WAY_OUT = "With --accept-lower the same command hands over, and claims, what is there. Or ask for a lower --level."


def refuse_unless_borne(
    demand: LevelDemand, tracks: Sequence[SourceTrack], *, where: str, events: int | None = None
) -> None:
    """Before anything is received. ``where``: the recording. ``events``: how many will be added to what the recorder
    recorded; None: not known.

    Raises LevelNotBorneError.
    """
    kinds = {track.track_type for track in tracks if not track.added}
    if demand.video and TrackType.VIDEO not in kinds:
        raise LevelNotBorneError(
            "the recording has no video, which every level needs",
            where=where,
            next_step="Export it without --key: such a handover claims no level. `vssx sign` signs it afterwards.",
        )
    if TrackType.METADATA in kinds:
        return
    if demand.timed_metadata:
        raise LevelNotBorneError(
            "the recording has no metadata track, which level 0M needs", where=where, next_step=_WAY_OUT
        )
    if demand.alpha_events and events == 0:
        raise LevelNotBorneError(
            "the recording has neither events nor a metadata track that could hold some, and level 0E needs events",
            where=where,
            next_step=f"{_WAY_OUT} Events that you know of can be added with --events FILE.",
        )


def refuse_where_none_is_listed(demand: LevelDemand, recordings: Sequence[RecordingInformation]) -> None:
    """Of several recordings, before the first replay: each one's description of itself would come when the others may
    have been received for hours. A recorder that lists too little does no harm: the way out claims what is there.

    Raises LevelNotBorneError, naming all of them.
    """
    without = [one.token for one in recordings if not may_have_metadata(one)]
    if demand.timed_metadata and without and len(recordings) > 1:
        raise LevelNotBorneError(
            "the recorder lists no metadata track, which level 0M needs",
            where=f"recording {', '.join(map(shown, without))}",
            next_step=_WAY_OUT,
        )


def may_have_metadata(recording: RecordingInformation) -> bool:
    """False where it lists its tracks, and none of them is one; the replay then says the last word."""
    return not recording.tracks or any(track.track_type is TrackType.METADATA for track in recording.tracks)


def refuse_where_none_is_found(demand: LevelDemand, found: bool | None, *, where: str) -> None:
    """Before the replay. ``found``: whether the recorder finds metadata in the range; None: it does not say.

    Raises LevelNotBorneError.
    """
    if demand.timed_metadata and found is False:
        raise LevelNotBorneError(
            "the recorder finds metadata of it elsewhere, but none in the range (FindMetadata), which level 0M needs",
            where=where,
            next_step=_WAY_OUT,
        )


def refuse_unless_all_bear(acquisition: Acquisition, partial: str) -> None:
    """When everything has come. ``partial``: where it lies. Raises LevelNotBorneError, unless a lower level does."""
    requested = acquisition.requested
    missing = lacks(acquisition, requested.level)
    if missing and not requested.accept_lower:
        raise LevelNotBorneError(
            f"level {requested.level} was asked for and is not borne: {'; '.join(missing)}",
            where=shown(partial),
            next_step="Everything received is kept there. The same command with --accept-lower goes on from it; the"
            " handover then claims what is there.",
        )
