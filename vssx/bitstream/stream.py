"""What a stream of access units says about itself: clean points and the parameter sets in force."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from vssx.bitstream import h264, h265, h265_sets
from vssx.bitstream.nal import NalUnit, split_length_prefixed
from vssx.errors import MalformedMediaError
from vssx.model.media import Codec, CodecConfiguration

_MAX_REMEMBERED = 16
_MAX_SETS_SIZE = 1 << 18  # bytes in force at a time; real ones have a few hundred


class Examined(NamedTuple):
    """What one access unit is.

    ``clean_point``: decoding can start here, judged from the bitstream. ``has_slice`` is False for samples of SEIs
    only. ``has_parameter_sets``: some travel in it.
    """

    configuration: CodecConfiguration
    clean_point: bool
    has_slice: bool
    has_parameter_sets: bool


def is_clean_point(codec: Codec, nals: Sequence[NalUnit]) -> bool:
    """Decoding can start at this access unit (h264.is_clean_point, h265.is_clean_point)."""
    return h264.is_clean_point(nals) if codec is Codec.H264 else h265.is_clean_point(nals)


def configuration(codec: Codec, parameter_sets: Iterable[NalUnit]) -> CodecConfiguration:
    """CodecConfiguration of parameter sets (h264.configuration, h265.configuration). Raises MalformedMediaError."""
    return h264.configuration(parameter_sets) if codec is Codec.H264 else h265.configuration(parameter_sets)


class ParameterSetTracker:
    """The parameter sets in force while a stream goes by.

    A set replaces the earlier one of its type and id. ``current`` stays the very same object while the sets stay the
    same, and is an earlier object again when they return to what they were.
    """

    def __init__(
        self, codec: Codec, initial_sets: Iterable[NalUnit] = (), *, initial: CodecConfiguration | None = None
    ) -> None:
        """``initial_sets`` come from an SDP or a file header: those that cannot be read are put into ``unreadable``.

        ``initial``: a configuration made of exactly these sets, to be used as it is while they are in force.
        """
        if codec not in (Codec.H264, Codec.H265):
            raise ValueError(f"{codec} has no NAL units")
        self._codec = codec
        self._h264 = codec is Codec.H264
        self._sets: dict[tuple[int, int], bytes] = {}
        self._remembered: dict[tuple[bytes, ...], CodecConfiguration] = {}
        self.current: CodecConfiguration | None = None
        self.unreadable: list[bytes] = []
        for nal in map(bytes, initial_sets if initial is None else initial.parameter_sets):
            try:
                self._store(nal)
            except MalformedMediaError:
                self.unreadable.append(nal)
        if initial is not None:
            self._remembered[self._key()] = self.current = initial
        else:
            try:
                self._renew()
            except MalformedMediaError:  # an SDP without all sets: those in the stream complete them
                self.current = None

    def _key(self) -> tuple[bytes, ...]:
        return tuple(self._sets[key] for key in sorted(self._sets))

    def _id(self, nal: bytes) -> tuple[int, int] | None:
        """(type, id); None for a NAL unit that is no parameter set. Raises MalformedMediaError."""
        if self._h264:
            kind = h264.nal_type(nal)
            if kind == h264.SPS:
                return kind, h264.parse_sps(nal).id
            if kind == h264.PPS:
                return kind, h264.parse_pps_ids(nal)[0]
            return (kind, h264.parse_sps_extension_id(nal)) if kind == h264.SPS_EXTENSION else None
        kind = h265.nal_type(nal)
        return (kind, h265_sets.parse_id(nal)) if h265.VPS <= kind <= h265.PPS else None

    def _store(self, nal: bytes) -> bool:
        key = self._id(nal)
        if key is None or self._sets.get(key) == nal:
            return False
        self._sets[key] = nal
        return True

    def _renew(self) -> CodecConfiguration:
        key = self._key()
        known = self._remembered.get(key)
        if known is None:
            if sum(map(len, key)) > _MAX_SETS_SIZE:
                raise MalformedMediaError(
                    f"{sum(map(len, key))} bytes of parameter sets",
                    where=f"{self._codec} stream",
                    next_step="The stream is damaged or hostile.",
                )
            known = configuration(self._codec, key)
            if len(self._remembered) >= _MAX_REMEMBERED:
                del self._remembered[next(iter(self._remembered))]
            self._remembered[key] = known
        self.current = known
        return known

    def replace(self, configuration: CodecConfiguration) -> CodecConfiguration:
        """Forget the sets in force and take those of ``configuration`` (a new sample entry of a file).

        Returns the object in force: an earlier one where the sets were in force before. Raises MalformedMediaError.
        """
        self._sets.clear()
        for nal in configuration.parameter_sets:
            self._store(nal)
        self._remembered.setdefault(self._key(), configuration)
        return self._renew()

    def update(self, nals: Iterable[NalUnit]) -> CodecConfiguration:
        """Take up the parameter sets among the NAL units of one access unit; return what is in force.

        Raises MalformedMediaError for a set that cannot be read (the others are taken up all the same), or when the
        sets seen so far describe no decoder.
        """
        is_parameter_set = h264.is_parameter_set if self._h264 else h265.is_parameter_set
        return self._take(bytes(nal) for nal in nals if is_parameter_set(nal))

    def _take(self, sets: Iterable[bytes]) -> CodecConfiguration:
        changed = False
        broken: MalformedMediaError | None = None
        known = self.current.parameter_sets if self.current is not None else ()
        for nal in sets:
            if nal in known:
                continue
            try:
                changed |= self._store(nal)
            except MalformedMediaError as error:
                broken = error
        current = self._renew() if changed or self.current is None else self.current
        if broken is not None:
            raise broken
        return current

    def examine(self, nals: Sequence[NalUnit]) -> Examined:
        """What the access unit is, with its parameter sets taken up. Raises MalformedMediaError as ``update`` does."""
        if self._h264:
            sets = [bytes(nal) for nal in nals if h264.is_parameter_set(nal)]
            has_slice = any(map(h264.is_slice, nals))
            clean = h264.is_clean_point(nals)
        else:
            sets = [bytes(nal) for nal in nals if h265.is_parameter_set(nal)]
            has_slice = any(map(h265.is_slice, nals))
            clean = h265.is_clean_point(nals)
        if sets or self.current is None:
            return Examined(self._take(sets), clean, has_slice, bool(sets))
        return Examined(self.current, clean, has_slice, False)

    def examine_sample(self, payload: NalUnit) -> Examined:
        """``examine`` for a sample with 4-byte length prefixes. Raises MalformedMediaError also for wrong lengths."""
        return self.examine(split_length_prefixed(payload))
