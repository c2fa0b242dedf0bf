"""Rows that name several cameras of a recorder: which of them is meant, nobody says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from vssx.cartography.matching import CameraIndex, Key, RecordingIdentity, RowMatch, keys_of_recording, keys_of_row
from vssx.model.cartography import IdentifierKind, MapCamera
from vssx.shown import shown

_CERTAIN = (IdentifierKind.TOKEN, IdentifierKind.SOURCE)
_MAX_NAMED = 3


class Namesakes:
    """All recordings that are known of, by their identifiers."""

    def __init__(self, recordings: Iterable[RecordingIdentity]) -> None:
        self._by_key: dict[Key, list[RecordingIdentity]] = {}
        self._named: dict[int, tuple[MapCamera, tuple[RecordingIdentity, ...]]] = {}
        for one in recordings:
            for key in {key for kind in IdentifierKind for key in keys_of_recording(kind, one)}:
                self._by_key.setdefault(key, []).append(one)

    def named_by(self, row: MapCamera) -> tuple[RecordingIdentity, ...]:
        """The recordings that ``row`` names, in service at their time."""
        if (kept := self._named.get(id(row))) is not None:
            return kept[1]
        found = {id(one): one for key in keys_of_row(row) for one in self._by_key.get(key, ())}
        if not found:
            return ()
        index = CameraIndex((row,), "")
        named = tuple(one for one in found.values() if index.find(one).camera is not None)
        self._named[id(row)] = row, named
        return named

    def judge(self, match: RowMatch, recording: RecordingIdentity) -> RowMatch:
        """``match`` of ``recording``; where its row names another camera, too, that is said."""
        row = match.camera
        if row is None or not may_be_shared(match):
            return match
        certain: list[RecordingIdentity] = []
        perhaps: list[RecordingIdentity] = []
        for one in self.named_by(row):
            another = _another_camera(recording, one)
            if another is not False:
                (perhaps if another is None else certain).append(one)
        if not certain and not perhaps:
            return match
        told = _told(certain or perhaps)
        if certain:
            said = f"line {row.line} names another camera, too ({told}): it does not say which one it means"
        else:
            said = f"line {row.line} names {told}, too: whether that is the same camera, the recorder does not say"
        return replace(match, detail="; ".join(filter(None, (match.detail, said))), shared=bool(certain))


def _told(recordings: Sequence[RecordingIdentity]) -> str:
    """The first of them."""
    told = ", ".join(shown(one.token or one.told) for one in recordings[:_MAX_NAMED])
    return f"recording {told}" + (f" and {len(recordings) - _MAX_NAMED} more" if len(recordings) > _MAX_NAMED else "")


def may_be_shared(match: RowMatch) -> bool:
    """A token or a source identifier belongs to one camera; names, addresses and prefixes may belong to several."""
    return match.camera is not None and match.matched_by not in _CERTAIN


def _another_camera(one: RecordingIdentity, other: RecordingIdentity) -> bool | None:
    """Whether they are of two cameras, as far as their recorder tells: one camera may have several recordings."""
    if one is other or one.token == other.token:  # spans of one recording, or files, which have none
        return False
    if one.source_id and other.source_id:
        return one.source_id != other.source_id
    if one.address and other.address and one.address != other.address:
        return True
    if one.names and other.names and set(one.names).isdisjoint(other.names):
        return True
    return False if one.address and other.address else None
