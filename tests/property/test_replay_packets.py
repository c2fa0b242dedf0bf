"""Hostile packets: nothing but a VssxError leaves the way from an RTP packet to a timed item."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.source.raw import AUDIO, METADATA, T0, VIDEO, nothing_confirmed
from vssx.bitstream.aac import build_audio_specific_config, configuration
from vssx.errors import ProtocolError, VssxError
from vssx.model.media import AccessUnit
from vssx.rtsp.rtp import RtpPacket, serialise_rtp
from vssx.rtsp.sdp import MediaDescription
from vssx.source.described_track import DescribedTrack
from vssx.source.extent import Extent
from vssx.source.replay_track import TrackReceiver

SETS = "Z0LAHtoCgL/lwEQAAAMABAAAAwDKPFi6gA==,aM48gA=="
DESCRIBED = (
    DescribedTrack(
        track=VIDEO,
        media=MediaDescription(
            media="video",
            formats=("96",),
            attributes=(("rtpmap", "96 H264/90000"), ("fmtp", f"96 sprop-parameter-sets={SETS}")),
        ),
    ),
    DescribedTrack(
        track=AUDIO,
        media=MediaDescription(
            media="audio",
            formats=("96",),
            attributes=(
                ("rtpmap", "96 mpeg4-generic/48000/2"),
                ("fmtp", "96 mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3"),
            ),
        ),
        configuration=configuration(build_audio_specific_config(2, 48_000, 2)),
    ),
    DescribedTrack(
        track=METADATA,
        media=MediaDescription(
            media="application", formats=("96",), attributes=(("rtpmap", "96 vnd.onvif.metadata/90000"),)
        ),
    ),
)


def refuse(_track, _seconds):
    raise ProtocolError("no time")


packets = st.builds(
    RtpPacket,
    payload_type=st.just(96),
    marker=st.booleans(),
    sequence=st.integers(0, 40) | st.integers(0, 65_535),
    timestamp=st.integers(0, 20).map(lambda n: n * 3_600) | st.integers(0, (1 << 32) - 1),
    ssrc=st.sampled_from([1, 1, 1, 2]),
    payload=st.sampled_from([b"\x65abc", b"\x41abc", b"\x00\x10\x00\x08a"]) | st.binary(max_size=24),
    csrc=st.just(()),
    padding=st.just(0),
    extension_profile=st.sampled_from([0xABAC, 0xABAC, 0xBEDE]),
    extension=st.binary(min_size=12, max_size=12)
    | st.integers(0, 255).map(lambda bits: (0xE9DCB2C0 << 32).to_bytes(8, "big") + bytes([bits, 0, 0, 0])),
) | st.builds(lambda n, data: RtpPacket(96, True, n, 3_600 * n, 1, data), st.integers(0, 40), st.binary(max_size=9))


@given(st.sampled_from(DESCRIBED), st.lists(packets | st.binary(max_size=40), max_size=60), st.integers(0, 60))
@settings(max_examples=300, deadline=None)
def test_only_vssx_errors(described, made, again):
    receiver = TrackReceiver(described, confirm=nothing_confirmed, fallback=refuse)
    extent = Extent([described.track], from_ns=T0, to_ns=T0 + 10**9, confirm=nothing_confirmed)
    items = []
    with suppress(VssxError):
        for number, packet in enumerate(made):
            if number == again:
                items += receiver.flush(final=False)
                receiver.restart()
                receiver.played(number)
            data = packet if isinstance(packet, bytes) else serialise_rtp(packet)
            items += receiver.push(memoryview(data))
        items += receiver.flush(final=True)
        items += receiver.finish()
    passed = [each for item in items for each in extent.push(item)] + extent.finish()
    units = [item for item in items if isinstance(item, AccessUnit)]
    assert all(isinstance(unit.utc_ns, int) for unit in units)
    kept = [item for item in passed if isinstance(item, AccessUnit)]
    assert len(kept) + extent.not_written <= len(units)
    assert len({id(unit) for unit in kept}) == len(kept)
