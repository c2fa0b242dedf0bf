"""NAL units, parameter sets, avcC and hvcC, AudioSpecificConfig and ADTS."""

from __future__ import annotations

from tests.fuzz.readers import recordings, samples_of
from vssx.bitstream import aac, h264, h265
from vssx.bitstream.nal import remove_emulation_prevention, split_annex_b, split_length_prefixed
from vssx.bitstream.stream import ParameterSetTracker
from vssx.errors import VssxError
from vssx.model.media import Codec

_START_CODE = b"\0\0\0\1"


def _tracker_h264(data: bytes) -> None:
    tracker = ParameterSetTracker(Codec.H264, split_annex_b(data))
    tracker.examine(split_annex_b(data))


def _tracker_h265(data: bytes) -> None:
    tracker = ParameterSetTracker(Codec.H265, split_annex_b(data))
    tracker.examine(split_annex_b(data))


def _prefixed(data: bytes) -> None:
    for size in (1, 2, 4):
        try:
            nals = split_length_prefixed(data, size)
        except VssxError:
            continue
        assert b"".join(len(nal).to_bytes(size, "big") + bytes(nal) for nal in nals) == data


def _rbsp(data: bytes) -> None:
    assert len(remove_emulation_prevention(data)) <= len(data)


_READERS = (
    _tracker_h264,
    _tracker_h265,
    h264.from_avcc,
    h265.from_hvcc,
    aac.configuration,
    aac.parse_adts,
    _prefixed,
    _rbsp,
)


def seeds() -> list[bytes]:
    """The first byte chooses the reader."""
    found = [b"\x04\x11\x90", b"\x04\x2b\x8a\x08\x00", b"\x05\xff\xf1\x50\x80\x02\x1f\xfc"]
    for path in recordings():
        codec, configuration, samples = samples_of(path, 3)
        number = 0 if codec == "h264" else 1
        _, decoded = (h264.from_avcc if number == 0 else h265.from_hvcc)(configuration)
        assert decoded is not None
        sets = b"".join(_START_CODE + nal for nal in decoded.parameter_sets)
        found.append(bytes([number + 2]) + configuration)
        for sample in samples:
            nals = b"".join(_START_CODE + bytes(nal[:60]) for nal in split_length_prefixed(sample))
            found += [bytes([number]) + sets + nals, b"\x06" + sample[:300], b"\x07" + sample[:300]]
    return found


def read(data: bytes) -> None:
    """Read one input."""
    if data:
        _READERS[data[0] % len(_READERS)](data[1:])
