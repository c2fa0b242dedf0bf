"""Pictures that no other picture needs, for Frames: predicted."""

from __future__ import annotations

from vssx.bitstream import h264, h265
from vssx.bitstream.nal import split_length_prefixed
from vssx.model.media import Codec

_FIRST_REFERENCE_FREE_TYPES = range(0, 16, 2)  # TRAIL_N, TSA_N, ... (ITU-T H.265 table 7-1)


def is_disposable(codec: Codec, payload: bytes) -> bool:
    """Whether every slice says that nothing refers to it (nal_ref_idc 0; sub-layer non-reference picture).

    ``payload``: NAL units behind 4-byte lengths. Raises MalformedMediaError.
    """
    nals = split_length_prefixed(payload)
    if codec is Codec.H264:
        slices = [nal for nal in nals if h264.is_slice(nal)]
        return bool(slices) and all(not nal[0] & 0x60 for nal in slices)
    kinds = [h265.nal_type(nal) for nal in nals if h265.is_slice(nal)]
    return bool(kinds) and all(kind in _FIRST_REFERENCE_FREE_TYPES for kind in kinds)
