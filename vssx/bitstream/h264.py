"""H.264: NAL unit types, clean points, CodecConfiguration and avcC.

Sources: ITU-T H.264 (clauses 7.3.3 slice header, 7.4.1 NAL unit types, D.2.8 recovery point); ISO/IEC 14496-15 clause
5.3.3 (avcC). The parameter sets themselves are read in h264_sets.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from vssx.bitstream.h264_sets import MAX_PARAMETER_SET, nal_type, parse_pps_ids, parse_sps, parse_sps_extension_id
from vssx.bitstream.nal import BitReader, NalUnit, read_sized, remove_emulation_prevention, sei_payload_types
from vssx.errors import MalformedMediaError
from vssx.model.media import Codec, CodecConfiguration

SLICE, PARTITION_A, IDR, SEI, SPS, PPS, SPS_EXTENSION = 1, 2, 5, 6, 7, 8, 13
_RECOVERY_POINT = 6
_INTRA_SLICES = frozenset({2, 4, 7, 9})  # I and SI, Table 7-6
_SEI_READ = 4096  # a recovery point comes first in practice; large SEIs carry user data

__all__ = [
    "configuration",
    "first_slice_starts_picture",
    "from_avcc",
    "is_clean_point",
    "is_intra",
    "is_parameter_set",
    "is_recovery_point",
    "is_slice",
    "nal_type",
    "parse_pps_ids",
    "parse_sps",
    "parse_sps_extension_id",
]


def is_slice(nal: NalUnit) -> bool:
    """Coded slice data: types 1 to 5."""
    return 1 <= nal_type(nal) <= IDR


def is_parameter_set(nal: NalUnit) -> bool:
    """SPS, SPS extension or PPS."""
    return nal_type(nal) in (SPS, PPS, SPS_EXTENSION)


def first_slice_starts_picture(nal: NalUnit) -> bool:
    """True for a slice with first_mb_in_slice 0 (its first bit is 1), the usual start of a picture."""
    return nal_type(nal) in (SLICE, PARTITION_A, IDR) and len(nal) > 1 and nal[1] >= 0x80


def is_recovery_point(nal: NalUnit) -> bool:
    """An SEI with a recovery point message: decoding may start here (clause D.2.8)."""
    if nal_type(nal) != SEI:
        return False
    return _RECOVERY_POINT in sei_payload_types(remove_emulation_prevention(nal[1:_SEI_READ]))


def is_intra(nals: Sequence[NalUnit]) -> bool:
    """True when there is a slice and every slice is I or SI."""
    found = False
    for nal in nals:
        if is_slice(nal):
            found = True
            kind = nal_type(nal)
            if kind in (3, 4) or (kind != IDR and not _is_intra_slice(nal)):
                return False
    return found


def _is_intra_slice(nal: NalUnit) -> bool:
    reader = BitReader(remove_emulation_prevention(nal[1:24]), "H.264 slice header")
    try:
        reader.ue()
        return reader.ue() in _INTRA_SLICES
    except MalformedMediaError:
        return False


def is_clean_point(nals: Sequence[NalUnit]) -> bool:
    """Decoding can start at this access unit.

    That is an IDR picture, a picture with a recovery point SEI (open GOP and gradual refresh), or an intra picture
    that brings its own SPS, as cameras send that never mark anything.
    """
    brings_sps = has_slice = False
    for nal in nals:
        kind = nal_type(nal)
        if kind == IDR:
            return True
        if kind == SEI and is_recovery_point(nal):
            return any(is_slice(other) for other in nals)
        brings_sps |= kind == SPS
        has_slice |= 1 <= kind < IDR
    return brings_sps and has_slice and is_intra(nals)


def configuration(parameter_sets: Iterable[NalUnit]) -> CodecConfiguration:
    """CodecConfiguration with the avcC of these sets (SPS, SPS extension, PPS in any order, kept in order per type).

    The avcC states a length size of 4. Raises MalformedMediaError without a readable SPS and a PPS.
    """
    sets = [bytes(nal) for nal in parameter_sets]
    sps_nals = [nal for nal in sets if nal_type(nal) == SPS]
    pps_nals = [nal for nal in sets if nal_type(nal) == PPS]
    extensions = [nal for nal in sets if nal_type(nal) == SPS_EXTENSION]
    if not sps_nals or not pps_nals or len(sps_nals) > 31 or len(pps_nals) > 255 or len(extensions) > 255:
        raise MalformedMediaError(
            f"{len(sps_nals)} SPS and {len(pps_nals)} PPS describe no decoder",
            where="H.264 parameter sets",
            next_step="At least one of each must come in the stream, its file header or its SDP.",
        )
    if max(map(len, sets)) > MAX_PARAMETER_SET:
        raise MalformedMediaError("a parameter set exceeds 65535 bytes", where="H.264 parameter sets")
    parsed = [parse_sps(nal) for nal in sps_nals]
    main = parsed[0]
    payload = [
        bytes((1, main.profile_idc, main.constraints, max(sps.level_idc for sps in parsed), 0xFF)),
        bytes((0xE0 | len(sps_nals),)),
        *(len(nal).to_bytes(2, "big") + nal for nal in sps_nals),
        bytes((len(pps_nals),)),
        *(len(nal).to_bytes(2, "big") + nal for nal in pps_nals),
    ]
    if main.profile_idc not in (66, 77, 88):
        depths = 0xFC | main.chroma_format_idc, 0xF8 | main.bit_depth_luma - 8, 0xF8 | main.bit_depth_chroma - 8
        payload.append(bytes((*depths, len(extensions))))
        payload += [len(nal).to_bytes(2, "big") + nal for nal in extensions]
    return CodecConfiguration(
        codec=Codec.H264,
        decoder_configuration=b"".join(payload),
        parameter_sets=(*sps_nals, *extensions, *pps_nals),
        width=main.width,
        height=main.height,
        pixel_aspect=main.pixel_aspect,
        reorder_depth=max(sps.reorder_depth for sps in parsed),
        frame_duration=main.frame_duration,
        profile=main.profile,
    )


def from_avcc(avcc: bytes) -> tuple[int, CodecConfiguration | None]:
    """(length size of the samples, configuration) of an avcC payload; None where it holds no SPS (avc3).

    The configuration is built anew from the sets, with a length size of 4. Raises MalformedMediaError.
    """
    if len(avcc) < 6 or avcc[0] != 1:
        raise _malformed_avcc(f"{len(avcc)} bytes, version {avcc[0] if avcc else 'missing'}")
    length_size = (avcc[4] & 3) + 1
    if length_size == 3:
        raise _malformed_avcc("length size 3")
    sets, position = read_sized(avcc, 6, avcc[5] & 0x1F, where="avcC")
    if position < len(avcc):
        pps, position = read_sized(avcc, position + 1, avcc[position], where="avcC")
        sets += pps
    if avcc[1] not in (66, 77, 88) and position + 4 <= len(avcc):
        try:
            extensions, _ = read_sized(avcc, position + 4, avcc[position + 3], where="avcC")
        except MalformedMediaError:  # some muxers put other data here; the sets are what counts
            extensions = []
        sets += extensions
    sets = [nal for nal in sets if is_parameter_set(nal)]
    if not any(nal_type(nal) == SPS for nal in sets):
        return length_size, None
    return length_size, configuration(sets)


def _malformed_avcc(message: str) -> MalformedMediaError:
    return MalformedMediaError(message, where="avcC", next_step="The file's sample entry is damaged.")
