"""H.265: NAL unit types, clean points, reorder depth, CodecConfiguration and hvcC.

Sources: ITU-T H.265 (clauses 7.3.1.2 header, 7.4.2.2 NAL unit types, D.2.8 recovery point); ISO/IEC 14496-15
clause 8.3.3 (hvcC). The parameter sets themselves are read in h265_sets.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from vssx.bitstream.h265_sets import (
    PictureParameterSet,
    SequenceParameterSet,
    nal_type,
    parse_pps,
    parse_sps,
    parse_vps_frame_duration,
)
from vssx.bitstream.nal import NalUnit, read_sized, remove_emulation_prevention, sei_payload_types
from vssx.errors import MalformedMediaError
from vssx.model.media import Codec, CodecConfiguration

VPS, SPS, PPS, PREFIX_SEI = 32, 33, 34, 39
_RECOVERY_POINT = 6
_MAX_PARAMETER_SET = 65_535  # hvcC gives each a 16-bit length
_SEI_READ = 4096
_MAX_SETS = 64  # 16 VPS, 16 SPS, 64 PPS exist at a time (clauses 7.4.3.1 to 7.4.3.3)

__all__ = [
    "configuration",
    "first_slice_starts_picture",
    "from_hvcc",
    "is_clean_point",
    "is_intra",
    "is_parameter_set",
    "is_recovery_point",
    "is_slice",
    "nal_type",
    "parse_pps",
    "parse_sps",
]


def _layer_id(nal: NalUnit) -> int:
    return (nal[0] & 1) << 5 | nal[1] >> 3 if len(nal) > 1 else 0


def is_slice(nal: NalUnit) -> bool:
    """Coded slice segment: types 0 to 31 (reserved VCL types included)."""
    return len(nal) > 1 and nal_type(nal) < VPS


def is_parameter_set(nal: NalUnit) -> bool:
    """VPS, SPS or PPS."""
    return VPS <= nal_type(nal) <= PPS


def first_slice_starts_picture(nal: NalUnit) -> bool:
    """True for a slice segment with first_slice_segment_in_pic_flag (the first bit behind the header)."""
    return len(nal) > 2 and nal[0] < 0x40 and nal[2] >= 0x80


def is_recovery_point(nal: NalUnit) -> bool:
    """A prefix SEI with a recovery point message: gradual refresh may start here (clause D.3.8)."""
    if nal_type(nal) != PREFIX_SEI:
        return False
    return _RECOVERY_POINT in sei_payload_types(remove_emulation_prevention(nal[2:_SEI_READ]))


def is_intra(nals: Sequence[NalUnit]) -> bool:
    """True when there is a slice and every one belongs to an IRAP picture; other intra pictures are not looked for."""
    kinds = [nal_type(nal) for nal in nals if is_slice(nal)]
    return bool(kinds) and all(16 <= kind <= 23 for kind in kinds)


def is_clean_point(nals: Sequence[NalUnit]) -> bool:
    """Decoding can start at this access unit: an IRAP picture (types 16 to 23), or a recovery point SEI.

    Only the base layer counts.
    """
    has_slice = recovers = False
    for nal in nals:
        if not is_slice(nal):
            recovers = recovers or is_recovery_point(nal)
        elif _layer_id(nal) == 0:
            if 16 <= nal_type(nal) <= 23:
                return True
            has_slice = True
    return recovers and has_slice


def configuration(
    parameter_sets: Iterable[NalUnit], *, other_arrays: Sequence[tuple[int, tuple[bytes, ...]]] = ()
) -> CodecConfiguration:
    """CodecConfiguration with the hvcC of these sets (VPS, SPS, PPS in any order, kept in order per type).

    The hvcC states a length size of 4 and array_completeness 1 (hvc1); a writer that names the entry hev1 clears the
    top bit of each array's first byte. ``other_arrays``: (type, NAL units) of declarative SEIs to carry on. Raises
    MalformedMediaError without a readable VPS, SPS and PPS.
    """
    sets = [bytes(nal) for nal in parameter_sets]
    vps, sps, pps = ([nal for nal in sets if nal_type(nal) == kind] for kind in (VPS, SPS, PPS))
    if not vps or not sps or not pps or max(len(vps), len(sps), len(pps)) > _MAX_SETS:
        raise MalformedMediaError(
            f"{len(vps)} VPS, {len(sps)} SPS and {len(pps)} PPS describe no decoder",
            where="H.265 parameter sets",
            next_step="At least one of each must come in the stream, its file header or its SDP.",
        )
    if max(map(len, sets)) > _MAX_PARAMETER_SET:
        raise MalformedMediaError("a parameter set exceeds 65535 bytes", where="H.265 parameter sets")
    parsed = [parse_sps(nal) for nal in sps if _layer_id(nal) == 0]
    if not parsed:
        raise MalformedMediaError("no SPS of the base layer", where="H.265 parameter sets")
    main = parsed[0]
    arrays = [(VPS, tuple(vps)), (SPS, tuple(sps)), (PPS, tuple(pps)), *other_arrays]
    payload = [_hvcc_header(main, _parallelism(main, pps)), bytes((len(arrays),))]
    for kind, nals in arrays:
        payload.append(bytes((0x80 | kind,)) + len(nals).to_bytes(2, "big"))
        payload += [len(nal).to_bytes(2, "big") + nal for nal in nals]
    return CodecConfiguration(
        codec=Codec.H265,
        decoder_configuration=b"".join(payload),
        parameter_sets=(*vps, *sps, *pps),
        width=main.width,
        height=main.height,
        pixel_aspect=main.pixel_aspect,
        reorder_depth=max(one.reorder_pictures for one in parsed),
        frame_duration=main.frame_duration or parse_vps_frame_duration(vps[0]),
        profile=main.profile,
    )


def _parallelism(sps: SequenceParameterSet, pps_nals: Sequence[bytes]) -> int:
    """parallelismType: 0 mixed or unknown, 1 slices, 2 tiles, 3 wavefronts; unknown without a stated segmentation."""
    if not sps.min_spatial_segmentation:
        return 0
    try:
        kinds = {_parallelism_of(parse_pps(nal)) for nal in pps_nals}
    except MalformedMediaError:
        return 0
    return kinds.pop() if len(kinds) == 1 else 0


def _parallelism_of(pps: PictureParameterSet) -> int:
    if pps.tiles and pps.wavefronts:
        return 0
    return 2 if pps.tiles else 3 if pps.wavefronts else 1


def _hvcc_header(sps: SequenceParameterSet, parallelism: int) -> bytes:
    """The fixed part of HEVCDecoderConfigurationRecord up to numOfArrays."""
    temporal = sps.max_sub_layers << 3 | sps.temporal_id_nesting << 2 | 3
    return b"".join(
        (
            b"\x01",
            sps.profile_tier_level,
            (0xF000 | sps.min_spatial_segmentation).to_bytes(2, "big"),
            bytes((0xFC | parallelism, 0xFC | sps.chroma_format_idc)),
            bytes((0xF8 | sps.bit_depth_luma - 8, 0xF8 | sps.bit_depth_chroma - 8)),
            b"\x00\x00",  # avgFrameRate unspecified
            bytes((temporal,)),  # constantFrameRate 0, lengthSizeMinusOne 3
        )
    )


def from_hvcc(hvcc: bytes) -> tuple[int, CodecConfiguration | None]:
    """(length size of the samples, configuration) of an hvcC payload; None where it lacks a VPS, SPS or PPS (hev1).

    The configuration is built anew from the sets, with a length size of 4; arrays of other types (declarative SEIs)
    are carried on. Raises MalformedMediaError.
    """
    if len(hvcc) < 23 or hvcc[0] != 1:
        raise _malformed_hvcc(f"{len(hvcc)} bytes, version {hvcc[0] if hvcc else 'missing'}")
    length_size = (hvcc[21] & 3) + 1
    if length_size == 3:
        raise _malformed_hvcc("length size 3")
    sets: list[bytes] = []
    others: list[tuple[int, tuple[bytes, ...]]] = []
    position = 23
    for _ in range(hvcc[22]):
        if position + 3 > len(hvcc):
            raise _malformed_hvcc(f"an array at byte {position} is cut off")
        kind, count = hvcc[position] & 0x3F, int.from_bytes(hvcc[position + 1 : position + 3], "big")
        position += 3
        units, position = read_sized(hvcc, position, count, where="hvcC")
        if VPS <= kind <= PPS:
            sets += [nal for nal in units if nal_type(nal) == kind]
        elif units and len(others) < 8:
            others.append((kind, tuple(units)))
    if {VPS, SPS, PPS} - {nal_type(nal) for nal in sets}:
        return length_size, None
    return length_size, configuration(sets, other_arrays=others)


def _malformed_hvcc(message: str) -> MalformedMediaError:
    return MalformedMediaError(message, where="hvcC", next_step="The file's sample entry is damaged.")
