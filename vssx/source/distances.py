"""Distances between access units of one run: how far reordering goes, and where a piece seems to be missing. Pure."""

from __future__ import annotations

from vssx.model.media import NS, Assumption, Loss, SourceTrack, StreamItem, TrackType
from vssx.source.time_base import Confirm
from vssx.times import to_xs_datetime

AVERAGED = 32  # units over which the usual frame duration is taken
_FLOOR_FRAMES = 4  # streams whose parameter sets claim no reordering have been seen to reorder this far
SETTLED = 8  # units after which the usual frame duration is worth comparing with
CLOCK_STEP_NS = NS  # the recorder's clock and the RTP clock part by more than this: a new run
_SLOWEST_NS = 60 * NS  # between two pictures of a stream that is taken to be contiguous
_SHORTEST_NS = NS // 5
_LOSS_NS = NS // 2


def allowed_drop(track: SourceTrack, usual: int, units: int, reorder_depth: int) -> int:
    """How many ticks an RTP timestamp may fall behind the largest one of its ``units`` because pictures are reordered.

    ``usual``: frame duration in ticks, 0 while not known.
    """
    scale = track.timescale
    if track.track_type is TrackType.METADATA:
        return scale
    if track.track_type is TrackType.AUDIO:
        return 0
    usual = usual or scale // 25
    if units < AVERAGED:  # the duration is a guess yet, and leading pictures come here
        return max(reorder_depth * usual * 3 // 2, scale // 2)
    return max(reorder_depth * usual * 3 // 2, min(_FLOOR_FRAMES * usual, scale // 2))


def may_be_slow(track: SourceTrack, units: int, ahead_ns: int, went_ns: int | None) -> bool:
    """The second picture of a run, long after the first: a gap, or the frame rate of a recorder that stores intra
    pictures only? The third one tells. ``went_ns``: how far the recorder's own times went on, where it told them."""
    return (
        units == 1
        and track.track_type is TrackType.VIDEO
        and 0 < ahead_ns <= _SLOWEST_NS
        and (went_ns is None or abs(went_ns - ahead_ns) < CLOCK_STEP_NS // 2)
    )


class Pauses:
    """Distances of more than five frames and a fifth of a second, which are too short for a gap to be told.

    A single one between usual distances is a pause; two of a kind are another frame rate.
    """

    def __init__(self, track: SourceTrack, confirm: Confirm) -> None:
        self._track = track
        self._confirm = confirm
        self._long: tuple[int, int, int] | None = None  # start, end and usual duration of one that may be a pause
        self._before_ns = 0
        self._count = 0
        self._longest = (0, 0)

    def step(
        self, last_ns: int, next_ns: int, usual_ns: int, items: list[StreamItem], *, units: int, depth: int
    ) -> None:
        """From the latest unit of the run so far to one behind it; ``units`` of the run came, ``depth``: reordering."""
        length_ns = next_ns - last_ns
        before_ns, self._before_ns = self._before_ns, length_ns
        if self._long is not None:
            start_ns, end_ns, _ = self._long
            if 4 * length_ns < 3 * (end_ns - start_ns):
                self._found(items, sure=True)
            self._long = None
        elif (
            units > SETTLED
            and 4 * before_ns < 3 * length_ns
            and length_ns > max((max(depth, _FLOOR_FRAMES) + 1) * usual_ns, _SHORTEST_NS)
        ):
            self._long = (last_ns, next_ns, usual_ns)

    def _found(self, items: list[StreamItem], *, sure: bool) -> None:
        assert self._long is not None
        start_ns, end_ns, usual_ns = self._long
        start_ns += usual_ns
        length_ns = end_ns - start_ns
        parts = self._confirm(self._track.token, start_ns, end_ns, usual_ns)
        held = any(part.confirmed is False for part in parts)
        if sure and held and length_ns >= _LOSS_NS and self._track.track_type is TrackType.VIDEO:
            detail = (
                f"no picture came for {length_ns / NS:.2f} s amid contiguous footage, and nothing says that there was "
                "none: by its own history the recorder holds footage then"
            )
            items.append(Loss(track=self._track.index, at_ns=start_ns, packets=None, detail=detail))
            return
        self._count += 1
        self._longest = max(self._longest, (length_ns, start_ns))

    def tell_run(self, items: list[StreamItem]) -> None:
        """A run is over."""
        if self._long is not None:
            self._found(items, sure=False)
        if self._count:
            length_ns, start_ns = self._longest
            detail = (
                f"{self._count} times nothing came for more than five frames amid contiguous footage; the longest, "
                f"{length_ns / NS:.2f} s, from {to_xs_datetime(start_ns)}; whether it was recorded is unknown"
            )
            items.append(Assumption(subject="pauses", detail=detail, track=self._track.index, at_ns=start_ns))
        self._long, self._count, self._longest = None, 0, (0, 0)
