"""H.265 parameter sets, as far as vssx needs them.

Source: ITU-T H.265 clauses 7.3.2.1 (VPS), 7.3.2.2 (SPS), 7.3.2.3 (PPS), 7.3.3 (profile, tier and level), 7.3.7
(short-term reference picture sets), E.2.1 (VUI), E.2.2 (HRD).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from vssx.bitstream.h264_sets import read_pixel_aspect, skip_video_signal
from vssx.bitstream.nal import BitReader, NalUnit, remove_emulation_prevention
from vssx.errors import MalformedMediaError

_MAX_PARAMETER_SET = 65_535
# fmt: off
_PROFILES = {
    1: "Main", 2: "Main 10", 3: "Main Still Picture", 4: "Rext", 5: "High Throughput", 6: "Multiview Main",
    7: "Scalable Main", 9: "SCC",
}
# fmt: on


@dataclass(frozen=True, slots=True, kw_only=True)
class SequenceParameterSet:
    """What vssx needs of an SPS. Sizes in luma samples inside the conformance window.

    ``profile_tier_level``: the 12 bytes general_profile_space to general_level_idc, as hvcC wants them.
    """

    id: int
    max_sub_layers: int
    temporal_id_nesting: bool
    profile_tier_level: bytes
    chroma_format_idc: int
    separate_colour_plane: bool
    bit_depth_luma: int
    bit_depth_chroma: int
    log2_max_poc_lsb: int
    reorder_pictures: int
    width: int
    height: int
    pixel_aspect: tuple[int, int] = (1, 1)
    frame_duration: Fraction | None = None
    min_spatial_segmentation: int = 0

    @property
    def profile(self) -> str:
        """Profile, level and (if high) tier in words."""
        idc, level = self.profile_tier_level[0] & 0x1F, self.profile_tier_level[11]
        name = _PROFILES.get(idc, f"profile {idc}")
        tenths = level // 3  # general_level_idc is 30 times the level number, clause A.4.1
        tier = " High tier" if self.profile_tier_level[0] & 0x20 else ""
        return f"{name}@L{tenths // 10}.{tenths % 10}{tier}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureParameterSet:
    """What vssx needs of a PPS."""

    id: int
    sps_id: int
    output_flag_present: bool
    extra_slice_header_bits: int
    tiles: bool
    wavefronts: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Vui:
    pixel_aspect: tuple[int, int] = (1, 1)
    frame_duration: Fraction | None = None
    min_spatial_segmentation: int = 0


def nal_type(nal: NalUnit) -> int:
    """nal_unit_type; 63 (unspecified) for an empty unit."""
    return nal[0] >> 1 & 0x3F if len(nal) else 63


def _reader(nal: NalUnit, kind: int, name: str) -> BitReader:
    if nal_type(nal) != kind or not 2 < len(nal) <= _MAX_PARAMETER_SET:
        raise MalformedMediaError(
            f"not an {name}: type {nal_type(nal)}, {len(nal)} bytes",
            where=name,
            next_step="The stream is damaged or not H.265.",
        )
    return BitReader(remove_emulation_prevention(nal[2:]), name)


def parse_vps_frame_duration(nal: NalUnit) -> Fraction | None:
    """Duration of a picture from the VPS timing; None where absent or not readable."""
    try:
        reader = _reader(nal, 32, "H.265 VPS")
        reader.skip(12)
        sub_layers = 1 + reader.u(3)
        reader.skip(17)
        _read_profile_tier_level(reader, sub_layers)
        ordering_for_all = reader.flag()
        for _ in range(sub_layers if ordering_for_all else 1):
            for _ in range(3):
                reader.ue()
        max_layer_id = reader.u(6)
        for _ in range(reader.ranged("vps_num_layer_sets_minus1", 1023)):
            reader.skip(max_layer_id + 1)
        if not reader.flag():
            return None
        ticks, scale = reader.u(32), reader.u(32)
    except MalformedMediaError:
        return None
    return Fraction(ticks, scale) if ticks and scale else None


def parse_sps(nal: NalUnit) -> SequenceParameterSet:
    """Read a sequence parameter set (a NAL unit with its header). Raises MalformedMediaError.

    A broken VUI is taken as absent: cameras write such, and decoders live with them.
    """
    reader = _reader(nal, 33, "H.265 SPS")
    reader.skip(4)
    sub_layers = 1 + reader.u(3)
    if sub_layers > 7:
        raise reader.malformed("8 temporal sub-layers")
    nesting = reader.flag()
    profile_tier_level = _read_profile_tier_level(reader, sub_layers)
    sps_id = reader.ranged("sps_seq_parameter_set_id", 15)
    chroma_format = reader.ranged("chroma_format_idc", 3)
    separate = chroma_format == 3 and reader.flag()
    width, height = reader.ranged("pic_width", 65_535), reader.ranged("pic_height", 65_535)
    if reader.flag():
        left, right, top, bottom = (reader.ranged("conf_win_offset", 65_535) for _ in range(4))
        unit_x = 2 if chroma_format in (1, 2) and not separate else 1
        unit_y = 2 if chroma_format == 1 else 1
        width, height = width - unit_x * (left + right), height - unit_y * (top + bottom)
    if width <= 0 or height <= 0:
        raise reader.malformed("the conformance window leaves no picture")
    luma, chroma = (8 + reader.ranged("bit_depth_minus8", 7) for _ in range(2))
    log2_max_poc_lsb = 4 + reader.ranged("log2_max_pic_order_cnt_lsb_minus4", 12)
    ordering_for_all = reader.flag()
    reorder = 0
    for _ in range(sub_layers if ordering_for_all else 1):
        reader.ranged("sps_max_dec_pic_buffering_minus1", 15)
        reorder = reader.ranged("sps_max_num_reorder_pics", 15)
        reader.ue()
    vui = _vui_of(reader, sub_layers, log2_max_poc_lsb)
    return SequenceParameterSet(
        id=sps_id,
        max_sub_layers=sub_layers,
        temporal_id_nesting=nesting,
        profile_tier_level=profile_tier_level,
        chroma_format_idc=chroma_format,
        separate_colour_plane=separate,
        bit_depth_luma=luma,
        bit_depth_chroma=chroma,
        log2_max_poc_lsb=log2_max_poc_lsb,
        reorder_pictures=reorder,
        width=width,
        height=height,
        pixel_aspect=vui.pixel_aspect,
        frame_duration=vui.frame_duration,
        min_spatial_segmentation=vui.min_spatial_segmentation,
    )


def parse_pps(nal: NalUnit) -> PictureParameterSet:
    """Read a picture parameter set up to the tiles. Raises MalformedMediaError."""
    reader = _reader(nal, 34, "H.265 PPS")
    pps_id, sps_id = reader.ranged("pps_pic_parameter_set_id", 63), reader.ranged("pps_seq_parameter_set_id", 15)
    reader.skip(1)
    output_flag_present = reader.flag()
    extra_bits = reader.u(3)
    reader.skip(2)  # sign_data_hiding, cabac_init_present
    reader.ue()
    reader.ue()
    reader.se()
    reader.skip(2)  # constrained_intra_pred, transform_skip
    if reader.flag():
        reader.ue()
    reader.se()
    reader.se()
    reader.skip(4)  # slice chroma offsets, both weighted predictions, transquant bypass
    tiles, wavefronts = reader.flag(), reader.flag()
    return PictureParameterSet(
        id=pps_id,
        sps_id=sps_id,
        output_flag_present=output_flag_present,
        extra_slice_header_bits=extra_bits,
        tiles=tiles,
        wavefronts=wavefronts,
    )


def parse_id(nal: NalUnit) -> int:
    """The set's own id: of a VPS the first 4 bits, of an SPS or PPS its first (PPS) or later ue(v)."""
    kind = nal_type(nal)
    if kind == 32:
        return _reader(nal, 32, "H.265 VPS").u(4)
    return parse_sps(nal).id if kind == 33 else parse_pps(nal).id


def _read_profile_tier_level(reader: BitReader, sub_layers: int) -> bytes:
    """profile_tier_level(1, sub_layers - 1): its general part; the rest is passed over."""
    general = b"".join(reader.u(32).to_bytes(4, "big") for _ in range(3))
    present = []
    if sub_layers > 1:
        for index in range(8):
            flags = reader.u(2)
            if index < sub_layers - 1:
                present.append(flags)
    for flags in present:
        reader.skip((88 if flags & 2 else 0) + (8 if flags & 1 else 0))
    return general


def _vui_of(reader: BitReader, sub_layers: int, log2_max_poc_lsb: int) -> _Vui:
    """From log2_min_luma_coding_block_size_minus3 on: passed over up to the VUI, which is read."""
    try:
        for _ in range(6):
            reader.ue()
        if reader.flag() and reader.flag():
            _skip_scaling_lists(reader)
        reader.skip(2)
        if reader.flag():  # pcm
            reader.skip(8)
            reader.ue()
            reader.ue()
            reader.skip(1)
        _skip_short_term_sets(reader)
        if reader.flag():
            for _ in range(reader.ranged("num_long_term_ref_pics_sps", 32)):
                reader.skip(log2_max_poc_lsb + 1)
        reader.skip(2)
        return _read_vui(reader, sub_layers) if reader.flag() else _Vui()
    except MalformedMediaError:
        return _Vui()


def _skip_scaling_lists(reader: BitReader) -> None:
    """scaling_list_data, clause 7.3.4."""
    for size_id in range(4):
        for _ in range(2 if size_id == 3 else 6):
            if not reader.flag():
                reader.ue()
                continue
            for _ in range(min(64, 1 << (4 + 2 * size_id)) + (1 if size_id > 1 else 0)):
                reader.se()


def _skip_short_term_sets(reader: BitReader) -> None:
    """Every st_ref_pic_set of the SPS; a predicted one is as long as the set before it says."""
    pictures = 0
    for index in range(reader.ranged("num_short_term_ref_pic_sets", 64)):
        if index and reader.flag():
            reader.skip(1)
            reader.ue()
            kept = 0
            for _ in range(pictures + 1):
                if reader.flag() or reader.flag():
                    kept += 1
            pictures = kept
        else:
            pictures = reader.ranged("num_negative_pics", 16) + reader.ranged("num_positive_pics", 16)
            for _ in range(pictures):
                reader.ue()
                reader.skip(1)


def _read_vui(reader: BitReader, sub_layers: int) -> _Vui:
    """vui_parameters; what comes before a break is kept."""
    aspect, duration = (1, 1), None
    try:
        if reader.flag():
            aspect = read_pixel_aspect(reader)
        skip_video_signal(reader)
        reader.skip(3)  # neutral chroma, field_seq, frame_field_info
        if reader.flag():  # default display window: advice for players, not cropping
            for _ in range(4):
                reader.ue()
        if reader.flag():
            ticks, scale = reader.u(32), reader.u(32)
            if ticks and scale:
                duration = Fraction(ticks, scale)
            if reader.flag():
                reader.ue()
            if reader.flag():
                _skip_hrd(reader, sub_layers)
        if not reader.flag():
            return _Vui(pixel_aspect=aspect, frame_duration=duration)
        reader.skip(3)
        segmentation = reader.ranged("min_spatial_segmentation_idc", 4095)
    except MalformedMediaError:
        return _Vui(pixel_aspect=aspect, frame_duration=duration)
    return _Vui(pixel_aspect=aspect, frame_duration=duration, min_spatial_segmentation=segmentation)


def _skip_hrd(reader: BitReader, sub_layers: int) -> None:
    """hrd_parameters(1, sub_layers - 1)."""
    nal, vcl = reader.flag(), reader.flag()
    sub_pictures = False
    if nal or vcl:
        sub_pictures = reader.flag()
        reader.skip(19 + 8 + 4 + 15 if sub_pictures else 8 + 15)
    for _ in range(sub_layers):
        fixed_rate = reader.flag() or reader.flag()
        low_delay = False
        if fixed_rate:
            reader.ue()
        else:
            low_delay = reader.flag()
        count = 1 if low_delay else 1 + reader.ranged("cpb_cnt_minus1", 31)
        for _ in range(count * (nal + vcl)):
            for _ in range(4 if sub_pictures else 2):
                reader.ue()
            reader.skip(1)
