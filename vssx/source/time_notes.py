"""What the timeline of one track counts and tells: deviations of a run, unusable times, jumps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vssx.model.media import Assumption, GapCause, Loss, StreamItem
from vssx.source.distances import CLOCK_STEP_NS
from vssx.source.time_base import RangeAnchor
from vssx.times import to_xs_datetime

if TYPE_CHECKING:
    from vssx.rtsp.depacketize import RawUnit


class TimeNotes:
    """Counters of one track. Told once a run or once a stream, never once a frame."""

    __slots__ = (
        "_compared",
        "_deviations",
        "_drifting",
        "_track",
        "_unknown_before",
        "_worst",
        "_worst_at_ns",
        "absurd",
        "drifted",
        "rebased",
        "restarts",
        "unknown",
    )

    def __init__(self, track: int) -> None:
        self._track = track
        self._compared = 0
        self._deviations = 0
        self._worst = 0
        self._worst_at_ns = 0
        self.absurd = 0  # extension times of an unset clock
        self._drifting = False
        self.drifted = 0  # times the clocks had parted little by little
        self.rebased = 0  # RTP timestamp jumps without a gap
        self.restarts = 0  # RTP sequence numbers that started anew where a bit explains it
        self.unknown = 0  # units without any time, of this PLAY
        self._unknown_before = 0  # the same of the PLAY that brought most of them

    def restart(self) -> None:
        """Another PLAY brings units without a time again."""
        self._unknown_before, self.unknown = max(self._unknown_before, self.unknown), 0

    def compared(self, deviation_ns: int, utc_ns: int, *, above: bool) -> None:
        """An extension time was compared with the time that the RTP timestamp gives; ``above`` half a frame."""
        self._compared += 1
        if above:
            self._deviations += 1
            if abs(deviation_ns) > abs(self._worst):
                self._worst, self._worst_at_ns = deviation_ns, utc_ns

    def drifts(self, deviation_ns: int) -> bool:
        """Whether the recorder's clock and the RTP clock have parted by more than a second within the run."""
        self._drifting = abs(deviation_ns) > CLOCK_STEP_NS
        return self._drifting

    def take_drift(self) -> bool:
        """Whether the run that begins does so because the clocks drifted."""
        drifting, self._drifting = self._drifting, False
        self.drifted += drifting
        return drifting

    def restarted(self, at_ns: int | None, cause: GapCause | None, items: list[StreamItem]) -> None:
        """The RTP sequence numbers started anew amid a PLAY; ``cause``: of a new run, by a D or an E bit."""
        if cause is not None:
            self.restarts += 1
            return
        detail = "the RTP sequence numbers started anew, and neither a new PLAY nor a D bit explains it: "
        detail += "how many packets are missing there cannot be told"
        items.append(Loss(track=self._track, at_ns=at_ns, packets=None, detail=detail))

    def tell_run(self, run: int, usual_ns: int, items: list[StreamItem]) -> None:
        """A run is over."""
        if self._deviations:
            items.append(
                Assumption(
                    subject="time deviation",
                    detail=f"run {run}: {self._deviations} of {self._compared} extension times deviate by more than "
                    f"half a frame ({usual_ns / 2e6:.1f} ms) from the RTP timestamps; the largest, "
                    f"{self._worst / 1e6:+.1f} ms, at {to_xs_datetime(self._worst_at_ns)}",
                    track=self._track,
                    at_ns=self._worst_at_ns,
                )
            )
        self._deviations = self._compared = self._worst = 0

    def tell_end(self, last_end_ns: int | None, items: list[StreamItem]) -> None:
        """The stream is over."""
        for count, subject, detail in (
            (
                self.absurd,
                "unusable extension times",
                "times of the 0xABAC extension were those of an unset clock (NTP zero, 1900, 1970) and were not used",
            ),
            (
                self.drifted,
                "clock drift",
                "times the recorder's clock and the RTP clock had parted by a second, little by little; a new run "
                "follows the recorder's",
            ),
            (
                self.rebased,
                "RTP timestamp jumps",
                "times the RTP timestamp jumped while the extension times went on without a gap; each starts a new run",
            ),
            (
                self.restarts,
                "RTP sequence restarts",
                "times the RTP sequence numbers started anew at a D bit, or behind an E bit",
            ),
        ):
            if count:
                items.append(Assumption(subject=subject, detail=f"{count} {detail}", track=self._track))
        self.restart()
        if self._unknown_before:
            items.append(
                Loss(
                    track=self._track,
                    at_ns=last_end_ns,
                    packets=None,
                    detail=f"{self._unknown_before} access units after the contiguous section came without any time; "
                    "their time is unknown and they were not written",
                )
            )
        self.absurd = self.drifted = self.rebased = self.restarts = self._unknown_before = 0


def from_range(track: int, anchor: RangeAnchor) -> Assumption:
    """A track without extension has its times from the Range that PLAY answered."""
    contiguous = "" if anchor.valid_until_ns is not None else "; that the section is contiguous is not known"
    return Assumption(
        subject="time derived",
        detail="the recorder sends no usable 0xABAC extension; times are the clock Range that PLAY answered plus "
        f"differences of RTP timestamps{contiguous}",
        track=track,
        at_ns=anchor.utc_ns,
    )


def after_a_jump(track: int, count: int, at_ns: int, *, went_on: bool) -> Assumption:
    """Units behind a jump of the RTP timestamp have no time of their own."""
    how = "the RTP clock is taken to have gone on" if went_on else "they are placed right after the run before"
    detail = f"{count} access units after a jump of the RTP timestamp came without extension time; {how}"
    return Assumption(subject="time derived", detail=detail, track=track, at_ns=at_ns)


def in_whole_seconds(track: int, run: int, at_ns: int, uncertain_ns: int) -> Assumption:
    """A run whose times tell no fractions of seconds."""
    return Assumption(
        subject="whole seconds",
        detail=f"run {run}: the recorder tells times in whole seconds, which are taken to be cut off, not rounded; the "
        "run is placed by where the second changes, as early as that allows: the true times may be up to "
        f"{uncertain_ns / 1e6:.1f} ms later",
        track=track,
        at_ns=at_ns,
    )


def damaged(track: int, unit: RawUnit, at_ns: int) -> Loss:
    """Something of ``unit`` is missing, or may be."""
    what = "; ".join(unit.problems) or "packets were lost before it"
    detail = f"{what}: what arrived whole of this access unit is kept, whole access units may be missing before it"
    return Loss(track=track, at_ns=at_ns, packets=unit.lost_packets or None, detail=detail)


def missing(track: int, unit: RawUnit, at_ns: int | None) -> Loss:
    """Nothing of ``unit`` arrived whole."""
    detail = "; ".join((*unit.problems, "nothing of this access unit arrived whole; it is missing"))
    return Loss(track=track, at_ns=at_ns, packets=unit.lost_packets or None, detail=detail)
