"""Picture order counts: in which order the pictures of a stream without time stamps are shown.

Sources: ITU-T H.264 clauses 7.3.3 and 8.2.1; ITU-T H.265 clauses 7.3.6.1 and 8.3.1.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from vssx.bitstream import h264, h264_sets, h265, h265_sets
from vssx.bitstream.nal import BitReader, NalUnit, remove_emulation_prevention
from vssx.errors import UnsupportedMediaError
from vssx.model.media import Codec

_HEADER_BYTES = 64  # a slice header up to the picture order count is far shorter


class Picture(NamedTuple):
    """Place of a picture: ``order`` counts within the coded video sequence that ``starts_sequence`` begins."""

    order: int
    starts_sequence: bool


class PictureOrder:
    """Derives the picture order count of access units in decoding order."""

    def __init__(self, codec: Codec) -> None:
        self._h264 = codec is Codec.H264
        self._sps: dict[int, h264_sets.SequenceParameterSet] = {}
        self._pps: dict[int, int] = {}
        self._sps265: dict[int, h265_sets.SequenceParameterSet] = {}
        self._pps265: dict[int, h265_sets.PictureParameterSet] = {}
        self._previous_msb = 0
        self._previous_lsb = 0
        self._count = 0
        self._first = True

    def use(self, parameter_sets: Iterable[bytes]) -> None:
        """Take up parameter sets. Raises MalformedMediaError."""
        for nal in parameter_sets:
            if self._h264:
                kind = h264.nal_type(nal)
                if kind == h264.SPS:
                    sps = h264_sets.parse_sps(nal)
                    self._sps[sps.id] = sps
                elif kind == h264.PPS:
                    pps_id, sps_id = h264_sets.parse_pps_ids(nal)
                    self._pps[pps_id] = sps_id
            elif h265.nal_type(nal) == h265.SPS:
                sps265 = h265_sets.parse_sps(nal)
                self._sps265[sps265.id] = sps265
            elif h265.nal_type(nal) == h265.PPS:
                pps265 = h265_sets.parse_pps(nal)
                self._pps265[pps265.id] = pps265

    def read(self, nals: Sequence[NalUnit]) -> Picture | None:
        """Place of the access unit's picture; None without a slice.

        Raises MalformedMediaError, and UnsupportedMediaError for field pictures and picture order count type 1.
        """
        for nal in nals:
            if self._h264 and h264.nal_type(nal) in (h264.SLICE, h264.PARTITION_A, h264.IDR):
                return self._read_h264(nal)
            if not self._h264 and h265.is_slice(nal):
                return self._read_h265(nal)
        return None

    def _read_h264(self, nal: NalUnit) -> Picture:
        reader = BitReader(remove_emulation_prevention(nal[1:_HEADER_BYTES]), "H.264 slice header")
        idr = h264.nal_type(nal) == h264.IDR
        reader.ue()
        reader.ue()
        sps = self._sps.get(self._pps.get(reader.ue(), -1))
        if sps is None:
            raise reader.malformed("refers to parameter sets that never came")
        if sps.separate_colour_plane:
            reader.skip(2)
        reader.skip(sps.log2_max_frame_num)
        if not sps.frame_mbs_only and reader.flag():
            raise _unsupported("field pictures")
        if idr:
            reader.ue()
            self._previous_msb = self._previous_lsb = 0
        starts = idr or self._first
        self._first = False
        self._count = 0 if starts else self._count + 1
        if sps.poc_type == 2:
            return Picture(self._count, starts)
        if sps.poc_type == 1:
            raise _unsupported("picture order count type 1")
        msb, lsb = self._place(reader.u(sps.log2_max_poc_lsb), 1 << sps.log2_max_poc_lsb)
        if nal[0] & 0x60:
            self._previous_msb, self._previous_lsb = msb, lsb
        return Picture(msb + lsb, starts)

    def _read_h265(self, nal: NalUnit) -> Picture:
        kind = h265.nal_type(nal)
        reader = BitReader(remove_emulation_prevention(nal[2:_HEADER_BYTES]), "H.265 slice header")
        reader.skip(1)
        if 16 <= kind <= 23:
            reader.skip(1)
        pps = self._pps265.get(reader.ue())
        sps = None if pps is None else self._sps265.get(pps.sps_id)
        if pps is None or sps is None:
            raise reader.malformed("refers to parameter sets that never came")
        starts = 16 <= kind <= 20 or self._first  # BLA, IDR; a CRA picture only at the beginning
        self._first = False
        if kind in (19, 20):
            self._previous_msb = self._previous_lsb = 0
            return Picture(0, True)
        reader.skip(pps.extra_slice_header_bits)
        reader.ue()
        if pps.output_flag_present:
            reader.skip(1)
        if sps.separate_colour_plane:
            reader.skip(2)
        lsb = reader.u(sps.log2_max_poc_lsb)
        msb, lsb = (0, lsb) if starts else self._place(lsb, 1 << sps.log2_max_poc_lsb)
        temporal_id = (nal[1] & 7) - 1
        if temporal_id == 0 and not 6 <= kind <= 9 and not (kind <= 14 and kind % 2 == 0):
            self._previous_msb, self._previous_lsb = msb, lsb
        return Picture(msb + lsb, starts)

    def _place(self, lsb: int, modulus: int) -> tuple[int, int]:
        """(PicOrderCntMsb, lsb) from the previous reference picture's, equations 8-3 of either standard."""
        msb = self._previous_msb
        if lsb < self._previous_lsb and self._previous_lsb - lsb >= modulus // 2:
            msb += modulus
        elif lsb > self._previous_lsb and lsb - self._previous_lsb > modulus // 2:
            msb -= modulus
        return msb, lsb


def _unsupported(what: str) -> UnsupportedMediaError:
    return UnsupportedMediaError(
        f"a stream without time stamps that uses {what}",
        where="slice header",
        next_step="Put the stream into an MP4 or MKV file that states its times.",
    )
