"""Any loss and any reordering on the way give declared losses, and no unit doubled, dropped or out of order."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.source.raw import FRAME, NS, T0, VIDEO, content, nothing_confirmed, timeline, unit
from vssx.model.media import AccessUnit, Codec, CodecConfiguration, Gap, Loss
from vssx.rtsp.rtp import RtpPacket, make_replay_extension, serialise_replay_extension, serialise_rtp
from vssx.rtsp.sdp import MediaDescription
from vssx.source.described_track import DescribedTrack
from vssx.source.replay_track import TrackReceiver

FRAME_NS = FRAME * NS // 90_000
SETS = (
    bytes.fromhex("6742c01eda0280bfe5c0440000030004000003 00ca3c58ba80".replace(" ", "")),
    bytes.fromhex("68ce3c80"),
)
MEDIA = MediaDescription(media="video", formats=("96",), attributes=(("rtpmap", "96 H264/90000"),))

gaps = st.lists(st.tuples(st.integers(1, 30), st.sampled_from(["", "gap", "rebase", "back", "E"])), max_size=6)


def pictures(sections):
    """(RTP timestamp, UTC, bits) of each picture in decoding order: I P B B P B B ..., after each section something."""
    made, rtp, utc, bits = [], 1_000, T0, ""
    for groups, how in sections:
        order = [0] + [n + 3 * group for group in range(groups) for n in (3, 1, 2)]
        for place, n in enumerate(order):
            made.append([rtp + n * FRAME, utc + n * FRAME_NS, bits if place == 0 else ""])
        last = 3 * groups + 1
        rtp, utc, bits = rtp + last * FRAME, utc + last * FRAME_NS, ""
        if how == "gap":
            rtp, utc, bits = rtp + 1_000 * FRAME, utc + 1_000 * FRAME_NS, "D"
        elif how == "rebase":
            rtp += 1 << 30
        elif how == "back":
            utc -= 3600 * NS
        elif how == "E":
            made[-1][2] += "E"
            utc += 60 * NS
    return made


@given(st.integers(1, 20), gaps, st.randoms(use_true_random=False), st.sampled_from([1, 2, 12]))
@settings(max_examples=60, deadline=None)
def test_units_keep_number_order_and_time(first, sections, random, every):
    made = pictures([(first, ""), *sections])
    depth = CodecConfiguration(codec=Codec.H264, reorder_depth=2)
    line = timeline()
    items, losses = [], 0
    for n, (rtp, utc, bits) in enumerate(made):
        lost = random.choice([0, 0, 0, 0, random.randrange(1, 9)])
        losses += lost
        known = n % every == 0 or bits or n < 1
        raw = unit(rtp, utc if known else None, bits, lost=lost, damaged=bool(lost))
        items += line.push(raw, content(str(n).encode(), configuration=depth))
    items += line.finish()
    units = [item for item in items if isinstance(item, AccessUnit)]
    assert [item.payload for item in units] == [str(n).encode() for n in range(len(made))]
    assert sum(item.packets for item in items if isinstance(item, Loss)) == losses
    runs = [item.run for item in units]
    assert runs == sorted(runs)
    if every == 1:
        assert all(abs(item.utc_ns - utc) < 20_000 for item, (_, utc, _) in zip(units, made, strict=True))
        wanted = [how for _, how in [(first, ""), *sections][:-1] if how in ("gap", "back", "E")]
        assert len([item for item in items if isinstance(item, Gap)]) == len(wanted)


def packets(count, random):
    """RTP packets of ``count`` pictures, one to three each, and the payload of each picture."""
    made, payloads, sequence = [], [], random.randrange(1 << 16)
    for n in range(count):
        nals = [
            bytes([0x65 if n % 10 == 0 else 0x41]) + f"{n}-{part}-".encode() * 3
            for part in range(random.choice([1, 2, 3]))
        ]
        utc = T0 + n * FRAME_NS
        extension = serialise_replay_extension(make_replay_extension(utc, cseq=1, clean_point=n % 10 == 0))
        for part, nal in enumerate(nals):
            made.append(
                RtpPacket(
                    payload_type=96,
                    marker=part == len(nals) - 1,
                    sequence=sequence & 0xFFFF,
                    timestamp=(n * FRAME) & 0xFFFFFFFF,
                    ssrc=7,
                    payload=nal,
                    extension_profile=0xABAC,
                    extension=extension,
                )
            )
            sequence += 1
        payloads.append(b"".join(len(nal).to_bytes(4, "big") + nal for nal in nals))
    return made, payloads


def shuffled(items, random, reach):
    """No item moves by more than ``reach`` places."""
    keyed = [(place + random.uniform(0, reach), item) for place, item in enumerate(items)]
    return [item for _, item in sorted(keyed, key=lambda pair: pair[0])]


@given(st.integers(2, 60), st.randoms(use_true_random=False), st.floats(0, 0.4), st.sampled_from([0, 4]))
@settings(max_examples=80, deadline=None)
def test_what_is_lost_on_the_way_is_declared(count, random, rate, reach):
    made, payloads = packets(count, random)
    kept = [n for n in range(len(made)) if n in (0, len(made) - 1) or random.random() >= rate]
    receiver = TrackReceiver(
        DescribedTrack(track=VIDEO, media=MEDIA), confirm=nothing_confirmed, fallback=lambda *_: None
    )
    receiver._reader._tracker.update(SETS)
    items = []
    # the first packet stays first: nobody can tell what came before it
    order = [kept[0], *shuffled(kept[1:], random, reach)]
    for n in order:
        items += receiver.push(memoryview(serialise_rtp(made[n])))
        if random.random() < 0.1:  # a duplicate
            items += receiver.push(memoryview(serialise_rtp(made[n])))
    items += receiver.flush(final=True) + receiver.finish()
    units = [item for item in items if isinstance(item, AccessUnit)]
    times = [item.utc_ns for item in units]
    assert times == sorted(set(times))  # decoding order, nothing doubled
    complete = {item.payload for item in units}
    missing = [payload for payload in payloads if payload not in complete]
    losses = [item for item in items if isinstance(item, Loss)]
    assert sum(item.packets or 0 for item in losses) == len(made) - len(kept)
    if len(kept) == len(made):
        assert not missing
        assert not losses
        assert [item.payload for item in units] == payloads
    else:
        assert losses
