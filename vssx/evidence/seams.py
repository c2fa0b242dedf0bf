"""Every track of a continued export: what an earlier run wrote, and how the stream of this run joins it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from vssx.evidence.finished_tail import finished_tail
from vssx.evidence.metadata_seam import MetadataSeam
from vssx.evidence.seam import TOLERANCE_NS, Seam
from vssx.isobmff.progress import ResumeState, WrittenSample
from vssx.model.handover import CheckedMedia
from vssx.model.media import NS, AccessUnit, Gap, Loss, SourceTrack, TrackType

_DOCUMENTS = 4096  # of a track in one file: more do not come within the time for which they are asked again


class Seams:
    """The seams of one camera. A track that has none is new as a whole."""

    def __init__(
        self,
        tracks: Sequence[SourceTrack],
        finished: Sequence[CheckedMedia],
        resumed: ResumeState | None,
        *,
        root: Path,
        asked_ns: int | None,
        note: Callable[[Loss], None],
        log: Callable[[Seam | MetadataSeam, int], None],
    ) -> None:
        """``finished``: files in the order of the stream, with paths below ``root``; ``resumed``: the one that goes on.
        Of what the exporter adds all comes again, from the beginning, and as many samples are passed over as are there.

        ``asked_ns``: from when on the recorder is asked. ``note`` takes what is not proven, ``log`` a seam that is
        behind, with its track.
        """
        self._note = note
        self._log = log
        self._first_run = resumed.last_run + 1 if resumed else 0
        self._open: set[int] = set()
        self._seams: dict[int, Seam] = {}
        self._documents: dict[int, MetadataSeam] = {}
        self._footage_ns = 0
        self._added = {track.index: 0 for track in tracks if track.added}  # samples that are there
        furthest: dict[int, int] = {}
        for media in finished:
            for summary in media.file.tracks:
                furthest[summary.index] = max(furthest.get(summary.index, 0), media.file.last_received_ns(summary))
                if summary.index in self._added:
                    self._added[summary.index] += summary.samples
        overlaps = _of_finished(finished[-1], root) if finished else {}
        documents = {track.index for track in tracks if track.track_type is TrackType.METADATA} - self._added.keys()
        written = _documents(finished, root, documents, asked_ns)
        for one in resumed.tracks if resumed is not None else ():
            if one.track.index in self._added:
                self._added[one.track.index] += one.samples
            elif one.track.index in documents:
                written[one.track.index] += one.tail
            elif one.tail:
                overlaps[one.track.index] = one.tail
        if finished or resumed is not None:
            for index in documents:
                self._documents[index] = MetadataSeam(index, written[index], asked_ns=asked_ns)
        for index, overlap in overlaps.items():
            stepped_back = furthest.get(index, 0) > max(one.utc_ns for one in overlap) + NS
            timeless = all(one.ntp_time is None and one.rtp_timestamp is not None for one in overlap)
            self._open.add(index)
            self._seams[index] = Seam(
                index, overlap, asked_ns=asked_ns, by_content=stepped_back or timeless, first_run=self._first_run
            )

    def admit(self, unit: AccessUnit) -> AccessUnit | None:
        """``unit`` as it has to be written; None when it is there already."""
        if unit.track in self._added:
            self._added[unit.track] -= 1
            return unit if self._added[unit.track] < 0 else None
        if unit.track in self._documents:
            return self._documents[unit.track].admit(unit, self._footage_ns)
        self._footage_ns = unit.utc_ns
        seam = self._seams.get(unit.track)
        if seam is None:
            return unit if not self._first_run else dataclasses.replace(unit, run=unit.run + self._first_run)
        new, loss = seam.admit(unit)
        if loss is not None:
            self._note(loss)
        if seam.closed and unit.track in self._open:
            self._open.discard(unit.track)
            self._log(seam, unit.track)
        return new

    @property
    def behind(self) -> bool:
        """Nothing is expected again: ``admit`` gives every unit as it is."""
        return not self._seams and not self._first_run and not self._documents

    def is_new(self, gap: Gap) -> bool:
        """False for a gap before samples that an earlier run wrote: their files are split there already."""
        seam = self._seams.get(gap.track)
        return seam is None or gap.track not in self._open or gap.end_ns > seam.last_ns + TOLERANCE_NS

    def finish(self) -> None:
        """The stream is over."""
        for index, documents in sorted(self._documents.items()):
            if (missed := documents.finish()) is not None:
                self._note(missed)
            self._log(documents, index)
        for index in sorted(self._open):
            loss = self._seams[index].finish()
            if loss is not None:
                self._note(loss)


def _documents(
    finished: Sequence[CheckedMedia], root: Path, tracks: Collection[int], asked_ns: int | None
) -> dict[int, tuple[WrittenSample, ...]]:
    """By track, the last documents of finished files that may come again."""
    found: dict[int, tuple[WrittenSample, ...]] = dict.fromkeys(tracks, ())
    for media in reversed(finished):
        ids = {track.track_id: track.index for track in media.file.tracks if track.index in tracks}
        if ids:
            place = media.file
            tails = finished_tail(root / place.path, root / place.frames_path, ids.keys(), most=_DOCUMENTS)
            for track_id, index in ids.items():
                found[index] = (*tails.get(track_id, ()), *found[index])
        if asked_ns is None or min(track.first_utc_ns for track in media.file.tracks) < asked_ns:
            break
    return found


def _of_finished(media: CheckedMedia, root: Path) -> dict[int, tuple[WrittenSample, ...]]:
    timed = {one.track_id: one.index for one in media.file.tracks if one.track_type is not TrackType.METADATA}
    tails = finished_tail(root / media.file.path, root / media.file.frames_path, timed.keys())
    found = {timed[track_id]: tail for track_id, tail in tails.items()}
    for one in media.file.transcoded:
        # What comes again are the packets, not the frames that were made of them.
        packets = finished_tail(root / one.original.path, root / one.original.index_path)
        found[one.index] = packets[one.track_id]
    return found
