"""RTP and RTCP packets, put into order and made into access units by every depacketizer."""

from __future__ import annotations

import gzip
import struct
from collections.abc import Iterator

from tests.fuzz.readers import recordings, samples_of
from vssx.bitstream.nal import split_length_prefixed
from vssx.errors import VssxError
from vssx.onvif.metadata_sample import sample_of
from vssx.onvif.metadata_time import first_utc_ns
from vssx.rtsp.depacketize import H264Depacketizer, H265Depacketizer
from vssx.rtsp.depacketize_aac import AacDepacketizer
from vssx.rtsp.depacketize_audio import SampledAudioDepacketizer
from vssx.rtsp.depacketize_metadata import MetadataDepacketizer, documents_of
from vssx.rtsp.packet_order import SequenceTracker
from vssx.rtsp.rtcp import Bye, SenderReport, parse_rtcp, serialise_rtcp
from vssx.rtsp.rtp import (
    REPLAY_PROFILE,
    RtpPacket,
    make_replay_extension,
    parse_rtp,
    replay_extension,
    serialise_replay_extension,
    serialise_rtp,
)

_AAC_HBR = {"mode": "AAC-hbr", "sizelength": "13", "indexlength": "3", "indexdeltalength": "3", "config": "1190"}
_AAC_ODD = {
    "mode": "generic",
    "sizelength": "7",
    "indexlength": "2",
    "ctsdeltalength": "5",
    "auxiliarydatasizelength": "3",
}
_MAKERS = (
    H264Depacketizer,
    H265Depacketizer,
    lambda: H265Depacketizer(donl=True),
    MetadataDepacketizer,
    lambda: AacDepacketizer(_AAC_HBR),
    lambda: AacDepacketizer(_AAC_ODD),
    lambda: SampledAudioDepacketizer(block=3),
)
_RTCP = len(_MAKERS)
_LENGTH = struct.Struct(">H")
_START_NS = 1_700_000_000_000_000_000


def _stream(payloads: list[bytes], *, marker_every: int = 3) -> bytes:
    parts = []
    for number, payload in enumerate(payloads):
        unit, place = divmod(number, marker_every)
        extension = serialise_replay_extension(make_replay_extension(_START_NS + unit, cseq=4, clean_point=not unit))
        packet = RtpPacket(
            payload_type=96,
            marker=place == marker_every - 1,
            sequence=(65533 + number) & 0xFFFF,
            timestamp=unit * 3600,
            ssrc=7,
            payload=payload,
            extension_profile=None if place else REPLAY_PROFILE,
            extension=b"" if place else extension,
        )
        data = serialise_rtp(packet)
        parts.append(_LENGTH.pack(len(data)) + data)
    return b"".join(parts)


def _h264_payloads(nal: bytes) -> list[bytes]:
    small = nal[:20]
    aggregate = b"\x18" + _LENGTH.pack(len(small)) + small + _LENGTH.pack(4) + b"\x09\xf0\0\0"
    fragments = [
        bytes([nal[0] & 0xE0 | 28, nal[0] & 0x1F | bits]) + nal[a : a + 20] for bits, a in ((128, 1), (64, 21))
    ]
    return [small, aggregate, small, *fragments, small]


def _h265_payloads(nal: bytes) -> list[bytes]:
    small, kind = nal[:20], nal[0] >> 1 & 63
    aggregate = b"\x60\x01" + _LENGTH.pack(len(small)) + small + _LENGTH.pack(3) + b"\x46\x01\x50"
    fragments = [b"\x62\x01" + bytes([kind | bits]) + nal[a : a + 20] for bits, a in ((128, 2), (0, 22), (64, 42))]
    return [small, aggregate, *fragments, small]


def seeds() -> list[bytes]:
    """The first byte chooses the payload; then each packet behind its length in two bytes."""
    found = []
    for path in recordings():
        codec, _, samples = samples_of(path, 2)
        nals = [bytes(nal) for sample in samples for nal in split_length_prefixed(sample) if len(nal) > 60]
        if codec == "h264":
            found.append(b"\0" + _stream([part for nal in nals[:4] for part in _h264_payloads(nal)]))
        else:
            parts = [part for nal in nals[:4] for part in _h265_payloads(nal)]
            numbered = [nal[:2] + _LENGTH.pack(number) + nal[2:40] for number, nal in enumerate(nals[:6])]
            found += [b"\1" + _stream(parts), b"\2" + _stream(numbered)]
    documents = [b"<tt:MetadataStream xmlns:tt='x'>", b"<a/>", b"</tt:MetadataStream>"]
    frame = bytes(range(40))
    one_frame = b"\x00\x10" + _LENGTH.pack(len(frame) << 3) + frame
    two_frames = b"\x00\x20" + _LENGTH.pack(20 << 3) + _LENGTH.pack(20 << 3) + frame
    halves = [b"\x00\x10" + _LENGTH.pack(len(frame) << 3) + part for part in (frame[:20], frame[20:])]
    whole = b"<?xml version='1.0'?>" + b"".join(documents)
    found += [b"\3" + _stream([whole * 2, gzip.compress(whole, mtime=0) * 2, b"<!-- -->" + whole], marker_every=1)]
    found += [b"\3" + _stream(documents * 2), b"\4" + _stream([one_frame, two_frames], marker_every=1)]
    found += [b"\4" + _stream(halves, marker_every=2), b"\5" + _stream([one_frame], marker_every=1)]
    found.append(b"\6" + _stream([frame[:30], frame[:31], b"", frame[:3]]))
    report = SenderReport(ssrc=7, ntp_time=0, rtp_timestamp=0, packets=1, octets=2)
    found.append(bytes([_RTCP]) + serialise_rtcp(report, Bye(ssrcs=(7,), reason="end")))
    return found


def _packets(data: bytes) -> Iterator[RtpPacket]:
    position = 0
    while position + 2 <= len(data):
        end = position + 2 + _LENGTH.unpack_from(data, position)[0]
        try:
            packet = parse_rtp(memoryview(data)[position + 2 : end])
        except VssxError:
            position = end
            continue
        position = end
        again = parse_rtp(serialise_rtp(packet))
        assert again == packet
        yield packet


def read(data: bytes) -> None:
    """Read one input."""
    choice = data[0] % (_RTCP + 1) if data else _RTCP
    if choice == _RTCP:
        parse_rtcp(data[1:])
        return
    depacketizer, tracker = _MAKERS[choice](), SequenceTracker()
    units = []
    for packet in _packets(data[1:]):
        replay_extension(packet)
        for ordered in tracker.push(packet):
            units += depacketizer.push(ordered.packet, lost_before=ordered.lost_before)
    for ordered in tracker.flush():
        units += depacketizer.push(ordered.packet, lost_before=ordered.lost_before)
    units += depacketizer.flush()
    assert sum(len(nal) for unit in units for nal in unit.nal_units) <= 2 * len(data)
    if isinstance(depacketizer, MetadataDepacketizer):
        for unit in units:
            documents = documents_of(unit)
            assert b"".join(nal for one in documents for nal in one.nal_units) == b"".join(unit.nal_units)
            for document in documents:
                sample = sample_of(b"".join(document.nal_units))
                first_utc_ns(sample.payload, sample.configuration.profile)
