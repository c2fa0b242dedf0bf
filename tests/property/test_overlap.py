"""However often a recorder is asked to play again, and from wherever: every unit comes once, in order, in its run."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.source.raw import FRAME, NS, T0, VIDEO, nothing_confirmed
from vssx.model.media import AccessUnit, Gap, Loss
from vssx.rtsp.rtp import RtpPacket, make_replay_extension, serialise_replay_extension, serialise_rtp
from vssx.rtsp.sdp import MediaDescription
from vssx.source.described_track import DescribedTrack
from vssx.source.replay_track import TrackReceiver

FRAME_NS = FRAME * NS // 90_000
GOP = 12
SETS = "Z0LAHtoCgL/lwEQAAAMABAAAAwDKPFi6gA==,aM48gA=="
MEDIA = MediaDescription(
    media="video",
    formats=("96",),
    attributes=(("rtpmap", "96 H264/90000"), ("fmtp", f"96 sprop-parameter-sets={SETS}")),
)


def shown(n: int) -> int:
    """Place in presentation order of the n-th picture in decoding order: I P B B P B B P B B P P."""
    inside = n % GOP
    if inside == 0 or inside == GOP - 1:
        return n
    group, place = divmod(inside - 1, 3)
    return n - inside + 3 * group + (3, 1, 2)[place] if inside < 10 else n


def packets(n: int, *, rtp: int, sequence: int, every: int, same: bool) -> list[bytes]:
    """The two packets of a picture. ``every``: only each n-th has an extension; ``same``: content tells no pictures."""
    text = b"picture" if same and n % GOP else f"picture {n}".encode()
    nals = (b"\x06\x05\x01x\x80", (b"\x65" if n % GOP == 0 else b"\x41") + text)
    extension = serialise_replay_extension(make_replay_extension(T0 + shown(n) * FRAME_NS, cseq=0))
    timed = n % every == 0
    return [
        serialise_rtp(
            RtpPacket(
                payload_type=96,
                marker=part == 1,
                sequence=(sequence + 2 * n + part) & 0xFFFF,
                timestamp=(rtp + shown(n) * FRAME) & 0xFFFFFFFF,
                ssrc=1,
                payload=nal,
                extension_profile=0xABAC if timed else None,
                extension=extension if timed else b"",
            )
        )
        for part, nal in enumerate(nals)
    ]


breaks = st.lists(
    st.tuples(
        st.integers(0, 40),  # pictures that come before the next break
        st.integers(0, 1),  # packets of the picture after them
        st.integers(0, 2),  # GOPs that the next PLAY goes back behind the last clean point
        st.integers(0, (1 << 32) - 1),  # RTP timestamp of picture 0
        st.integers(0, 65_535),
    ),
    max_size=5,
)


@given(st.integers(30, 90), breaks, st.sampled_from([1, 3, GOP]), st.booleans())
@settings(max_examples=150, deadline=None)
def test_every_unit_once(count, plan, every, same):
    if every > 1:
        same = False  # without times equal pictures cannot be told apart
    receiver = TrackReceiver(
        DescribedTrack(track=VIDEO, media=MEDIA), confirm=nothing_confirmed, fallback=lambda *_: None
    )
    items = []
    position, rtp, sequence = 0, 1_000, 7
    for new, half, back, next_rtp, next_sequence in plan:
        reached = min(count - 1, position + new)
        for n in range(position, reached):
            for data in packets(n, rtp=rtp, sequence=sequence, every=every, same=same):
                items += receiver.push(memoryview(data))
        if half:
            items += receiver.push(memoryview(packets(reached, rtp=rtp, sequence=sequence, every=every, same=same)[0]))
        items += receiver.flush(final=False)
        receiver.restart()
        position = max(0, (max(reached - 1, 0) // GOP - back) * GOP)
        rtp, sequence = next_rtp, next_sequence
    for n in range(position, count):
        for data in packets(n, rtp=rtp, sequence=sequence, every=every, same=same):
            items += receiver.push(memoryview(data))
    items += receiver.flush(final=True) + receiver.finish()
    units = [item for item in items if isinstance(item, AccessUnit)]
    assert [round((unit.utc_ns - T0) / FRAME_NS) for unit in units] == [shown(n) for n in range(count)]
    assert {unit.run for unit in units} == {0}
    assert not [item for item in items if isinstance(item, Gap | Loss)]
