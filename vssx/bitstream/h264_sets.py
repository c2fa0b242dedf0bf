"""H.264 parameter sets, as far as vssx needs them.

Source: ITU-T H.264 clauses 7.3.2.1.1 (SPS), 7.3.2.1.2 (SPS extension), 7.3.2.2 (PPS), A.3 (levels), E.1 (VUI).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from vssx.bitstream.nal import BitReader, NalUnit, remove_emulation_prevention
from vssx.errors import MalformedMediaError

SPS, PPS, SPS_EXTENSION = 7, 8, 13
MAX_PARAMETER_SET = 65_535  # avcC gives each a 16-bit length
_HIGH_PROFILES = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})

# Table E-1
PIXEL_ASPECTS = (
    *((0, 1), (1, 1), (12, 11), (10, 11), (16, 11), (40, 33), (24, 11), (20, 11), (32, 11), (80, 33), (18, 11)),
    *((15, 11), (64, 33), (160, 99), (4, 3), (3, 2), (2, 1)),
)
# fmt: off
# Table A-1: level_idc -> MaxDpbMbs
_MAX_DPB_MBS = {
    9: 396, 10: 396, 11: 900, 12: 2376, 13: 2376, 20: 2376, 21: 4752, 22: 8100, 30: 8100, 31: 18000, 32: 20480,
    40: 32768, 41: 32768, 42: 34816, 50: 110400, 51: 184320, 52: 184320, 60: 696320, 61: 696320, 62: 696320,
}
_PROFILES = {
    44: "CAVLC 4:4:4", 66: "Baseline", 77: "Main", 83: "Scalable Baseline", 86: "Scalable High", 88: "Extended",
    100: "High", 110: "High 10", 118: "Multiview High", 122: "High 4:2:2", 128: "Stereo High",
    244: "High 4:4:4 Predictive",
}
# fmt: on


@dataclass(frozen=True, slots=True, kw_only=True)
class SequenceParameterSet:
    """What vssx needs of a seq_parameter_set_rbsp (clause 7.3.2.1.1). Sizes in luma samples after cropping."""

    id: int
    profile_idc: int
    constraints: int
    level_idc: int
    chroma_format_idc: int
    separate_colour_plane: bool
    bit_depth_luma: int
    bit_depth_chroma: int
    log2_max_frame_num: int
    poc_type: int
    log2_max_poc_lsb: int
    frame_mbs_only: bool
    width: int
    height: int
    max_dpb_frames: int
    pixel_aspect: tuple[int, int] = (1, 1)
    frame_duration: Fraction | None = None
    reorder_frames: int | None = None

    @property
    def reorder_depth(self) -> int:
        """max_num_reorder_frames where stated, else what clause E.2.1 infers."""
        if self.reorder_frames is not None:
            return self.reorder_frames
        intra_only = self.constraints & 0x10 and self.profile_idc in (44, 86, 100, 110, 122, 244)
        if intra_only or self.poc_type == 2 or self.profile_idc == 66:  # Baseline has no B slices
            return 0
        return self.max_dpb_frames

    @property
    def profile(self) -> str:
        """Profile and level in words."""
        name = _PROFILES.get(self.profile_idc, f"profile {self.profile_idc}")
        if self.profile_idc == 66 and self.constraints & 0x40:
            name = "Constrained Baseline"
        elif self.constraints & 0x10 and self.profile_idc in (100, 110, 122, 244):
            name += " Intra"
        level = "1b" if self.level_idc == 9 else f"{self.level_idc // 10}.{self.level_idc % 10}"
        return f"{name}@L{level}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Vui:
    pixel_aspect: tuple[int, int] = (1, 1)
    frame_duration: Fraction | None = None
    reorder_frames: int | None = None


def nal_type(nal: NalUnit) -> int:
    """nal_unit_type; 0 for an empty unit."""
    return nal[0] & 0x1F if len(nal) else 0


def parse_sps(nal: NalUnit) -> SequenceParameterSet:
    """Read a sequence parameter set (a NAL unit with its header). Raises MalformedMediaError.

    A broken VUI is taken as absent: cameras write such, and decoders live with them.
    """
    if nal_type(nal) != SPS or len(nal) > MAX_PARAMETER_SET:
        raise MalformedMediaError(
            f"not an H.264 SPS: type {nal_type(nal)}, {len(nal)} bytes",
            where="H.264 SPS",
            next_step="The stream is damaged or not H.264.",
        )
    reader = BitReader(remove_emulation_prevention(nal[1:]), "H.264 SPS")
    profile_idc, constraints, level_idc = reader.u(8), reader.u(8), reader.u(8)
    sps_id = reader.ranged("seq_parameter_set_id", 31)
    chroma_format, separate, luma, chroma = 1, False, 8, 8
    if profile_idc in _HIGH_PROFILES:
        chroma_format = reader.ranged("chroma_format_idc", 3)
        separate = chroma_format == 3 and reader.flag()
        luma = 8 + reader.ranged("bit_depth_luma_minus8", 6)
        chroma = 8 + reader.ranged("bit_depth_chroma_minus8", 6)
        reader.skip(1)
        if reader.flag():
            for index in range(8 if chroma_format != 3 else 12):
                if reader.flag():
                    _skip_scaling_list(reader, 16 if index < 6 else 64)
    log2_max_frame_num = 4 + reader.ranged("log2_max_frame_num_minus4", 12)
    poc_type = reader.ranged("pic_order_cnt_type", 2)
    log2_max_poc_lsb = 0
    if poc_type == 0:
        log2_max_poc_lsb = 4 + reader.ranged("log2_max_pic_order_cnt_lsb_minus4", 12)
    elif poc_type == 1:
        reader.skip(1)
        reader.se()
        reader.se()
        for _ in range(reader.ranged("num_ref_frames_in_pic_order_cnt_cycle", 255)):
            reader.se()
    max_num_ref_frames = reader.ranged("max_num_ref_frames", 16)
    reader.skip(1)
    width_mbs = 1 + reader.ranged("pic_width_in_mbs_minus1", 4095)
    map_units = 1 + reader.ranged("pic_height_in_map_units_minus1", 4095)
    frame_mbs_only = reader.flag()
    height_mbs = map_units * (1 if frame_mbs_only else 2)
    if not frame_mbs_only:
        reader.skip(1)
    reader.skip(1)
    left, right, top, bottom = (
        tuple(reader.ranged("frame_crop_offset", 65_535) for _ in range(4)) if reader.flag() else (0, 0, 0, 0)
    )
    unit_x, unit_y = _crop_units(0 if separate else chroma_format, frame_mbs_only)
    width, height = 16 * width_mbs - unit_x * (left + right), 16 * height_mbs - unit_y * (top + bottom)
    if width <= 0 or height <= 0:
        raise reader.malformed("the cropping leaves no picture")
    max_dpb_mbs = _MAX_DPB_MBS.get(9 if level_idc == 11 and constraints & 0x10 and profile_idc < 100 else level_idc)
    max_dpb = 16 if max_dpb_mbs is None else min(max_dpb_mbs // (width_mbs * height_mbs), 16)
    vui = _read_vui(reader) if reader.flag() else _Vui()
    return SequenceParameterSet(
        id=sps_id,
        profile_idc=profile_idc,
        constraints=constraints,
        level_idc=level_idc,
        chroma_format_idc=chroma_format,
        separate_colour_plane=separate,
        bit_depth_luma=luma,
        bit_depth_chroma=chroma,
        log2_max_frame_num=log2_max_frame_num,
        poc_type=poc_type,
        log2_max_poc_lsb=log2_max_poc_lsb,
        frame_mbs_only=frame_mbs_only,
        width=width,
        height=height,
        max_dpb_frames=max(max_dpb, max_num_ref_frames, 1),
        pixel_aspect=vui.pixel_aspect,
        frame_duration=vui.frame_duration,
        reorder_frames=vui.reorder_frames,
    )


def parse_pps_ids(nal: NalUnit) -> tuple[int, int]:
    """(pic_parameter_set_id, seq_parameter_set_id) of a PPS. Raises MalformedMediaError."""
    if nal_type(nal) != PPS or len(nal) > MAX_PARAMETER_SET:
        raise MalformedMediaError(
            f"not an H.264 PPS: type {nal_type(nal)}, {len(nal)} bytes",
            where="H.264 PPS",
            next_step="The stream is damaged or not H.264.",
        )
    reader = BitReader(remove_emulation_prevention(nal[1:16]), "H.264 PPS")
    return reader.ranged("pic_parameter_set_id", 255), reader.ranged("seq_parameter_set_id", 31)


def parse_sps_extension_id(nal: NalUnit) -> int:
    """seq_parameter_set_id of an SPS extension (clause 7.3.2.1.2). Raises MalformedMediaError."""
    reader = BitReader(remove_emulation_prevention(nal[1:16]), "H.264 SPS extension")
    return reader.ranged("seq_parameter_set_id", 31)


def _crop_units(chroma_array_type: int, frame_mbs_only: bool) -> tuple[int, int]:
    """CropUnitX and CropUnitY, clause 7.4.2.1.1."""
    vertical = 1 if frame_mbs_only else 2
    return (2 if chroma_array_type in (1, 2) else 1), (2 if chroma_array_type == 1 else 1) * vertical


def _skip_scaling_list(reader: BitReader, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + reader.se()) % 256
        last = following or last


def _read_vui(reader: BitReader) -> _Vui:
    """vui_parameters, clause E.1.1; what comes before a break is kept."""
    aspect, duration = (1, 1), None
    try:
        if reader.flag():
            aspect = read_pixel_aspect(reader)
        skip_video_signal(reader)
        if reader.flag():
            ticks, scale = reader.u(32), reader.u(32)
            reader.skip(1)
            if ticks and scale:
                duration = Fraction(2 * ticks, scale)  # a tick is a field, clause E.2.1
        nal_hrd = reader.flag()
        if nal_hrd:
            _skip_hrd(reader)
        vcl_hrd = reader.flag()
        if vcl_hrd:
            _skip_hrd(reader)
        reader.skip(2 if nal_hrd or vcl_hrd else 1)
        if not reader.flag():
            return _Vui(pixel_aspect=aspect, frame_duration=duration)
        reader.skip(1)
        for _ in range(4):
            reader.ue()
        reorder = reader.ranged("max_num_reorder_frames", 16)
    except MalformedMediaError:
        return _Vui(pixel_aspect=aspect, frame_duration=duration)
    return _Vui(pixel_aspect=aspect, frame_duration=duration, reorder_frames=reorder)


def read_pixel_aspect(reader: BitReader) -> tuple[int, int]:
    """aspect_ratio_idc and what follows it (Table E-1); unspecified is taken as square."""
    idc = reader.u(8)
    aspect = (reader.u(16), reader.u(16)) if idc == 255 else PIXEL_ASPECTS[idc] if idc < len(PIXEL_ASPECTS) else (1, 1)
    return aspect if all(aspect) else (1, 1)


def skip_video_signal(reader: BitReader) -> None:
    """Overscan, video signal type and chroma location: how to show the picture, not how to decode it."""
    if reader.flag():
        reader.skip(1)
    if reader.flag():
        reader.skip(4)
        if reader.flag():
            reader.skip(24)
    if reader.flag():
        reader.ue()
        reader.ue()


def _skip_hrd(reader: BitReader) -> None:
    count = 1 + reader.ranged("cpb_cnt_minus1", 31)
    reader.skip(8)
    for _ in range(count):
        reader.ue()
        reader.ue()
        reader.skip(1)
    reader.skip(20)
