"""RTP streams: packets there and back, any NAL sizes, any loss declared, reordering within the window."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from vssx.errors import VssxError
from vssx.model.media import ReplayExtension
from vssx.rtsp.depacketize import AacDepacketizer, H264Depacketizer, H265Depacketizer
from vssx.rtsp.depacketize_metadata import MetadataDepacketizer
from vssx.rtsp.packet_order import SequenceTracker
from vssx.rtsp.packetize import (
    RtpSender,
    aggregate_aac,
    packetize_aac,
    packetize_h264,
    packetize_h265,
    packetize_metadata,
)
from vssx.rtsp.rtcp import Bye, ReceiverReport, SenderReport, parse_rtcp, serialise_rtcp
from vssx.rtsp.rtp import (
    RtpPacket,
    make_replay_extension,
    parse_rtp,
    replay_extension,
    serialise_replay_extension,
    serialise_rtp,
)
from vssx.times import from_ntp

HBR = {"sizelength": "13", "indexlength": "3", "indexdeltalength": "3"}
u16, u32 = st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF)
packets = st.builds(
    RtpPacket,
    payload_type=st.integers(0, 127),
    marker=st.booleans(),
    sequence=u16,
    timestamp=u32,
    ssrc=u32,
    payload=st.binary(max_size=60),
    extension_profile=st.none(),
    extension=st.just(b""),
    csrc=st.lists(u32, max_size=15).map(tuple),
    padding=st.integers(0, 255),
) | st.builds(
    RtpPacket,
    payload_type=st.integers(0, 127),
    marker=st.booleans(),
    sequence=u16,
    timestamp=u32,
    ssrc=u32,
    payload=st.binary(max_size=60),
    extension_profile=u16,
    extension=st.binary(max_size=10).map(lambda data: data * 4),
    csrc=st.just(()),
    padding=st.just(0),
)


@given(packets)
def test_packets_are_read_back(packet):
    data = serialise_rtp(packet)
    assert parse_rtp(data) == packet
    assert parse_rtp(memoryview(data)) == packet


@given(packets, st.data())
def test_truncated_and_noisy_packets(packet, data):
    raw = bytearray(serialise_rtp(packet))
    for _ in range(data.draw(st.integers(0, 3))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(raw[: data.draw(st.integers(0, len(raw)))])
    try:
        again = parse_rtp(cut)
    except VssxError:
        return
    assert serialise_rtp(again)[: len(cut) - again.padding] == cut[: len(cut) - again.padding]


@given(st.integers(0, (1 << 64) - 1), st.booleans(), st.booleans(), st.booleans(), st.booleans(), st.integers(0, 255))
def test_replay_extension(ntp, c, e, d, t, cseq):
    extension = ReplayExtension(
        ntp_time=ntp, utc_ns=from_ntp(ntp), clean_point=c, end_of_section=e, discontinuity=d, terminal=t, cseq=cseq
    )
    content = serialise_replay_extension(extension)
    packet = RtpPacket(96, True, 1, 2, 3, b"x", 0xABAC, content + b"JPEG")
    assert replay_extension(parse_rtp(serialise_rtp(packet))) == extension


rtcp = st.one_of(
    st.builds(
        SenderReport, ssrc=u32, ntp_time=st.integers(0, (1 << 64) - 1), rtp_timestamp=u32, packets=u32, octets=u32
    ),
    st.builds(ReceiverReport, ssrc=u32),
    st.builds(Bye, ssrcs=st.lists(u32, max_size=31).map(tuple), reason=st.text(max_size=40)),
)


@given(st.lists(rtcp, max_size=4))
def test_rtcp_is_read_back(compound):
    assert parse_rtcp(serialise_rtcp(*compound)) == tuple(compound)


@given(st.binary(max_size=100))
def test_rtcp_noise(data):
    with suppress(VssxError):
        parse_rtcp(data)


# A codec: how units become payloads, and what takes them apart again.
def h264(nals, limit):
    return packetize_h264(nals, limit)


def h265(nals, limit):
    return packetize_h265(nals, limit)


def aac(frames, limit):
    return packetize_aac(frames[0], limit)


def metadata(documents, limit):
    return packetize_metadata(b"<?xml?>" + documents[0], limit)


CODECS = {
    h264: H264Depacketizer,
    h265: H265Depacketizer,
    aac: lambda: AacDepacketizer(HBR),
    metadata: MetadataDepacketizer,
}
nals = st.one_of(
    st.binary(min_size=2, max_size=12), st.integers(2, 200).flatmap(lambda n: st.binary(min_size=n, max_size=n))
)
units = st.lists(st.lists(nals, min_size=1, max_size=4), min_size=1, max_size=8)
codecs = st.sampled_from(list(CODECS))


def stream(codec, content, limit, *, sequence=0, timestamp=0):
    """Packets of the units, and the units as they should come out."""
    sender = RtpSender(payload_type=96, ssrc=1, sequence=sequence)
    sent, expected = [], {}
    for number, unit in enumerate(content):
        ticks = (timestamp + number * 1024) & 0xFFFFFFFF
        last = number == len(content) - 1
        extension = make_replay_extension(number * 10**9, cseq=1, clean_point=number % 3 == 0, terminal=last)
        sent += [parse_rtp(raw) for raw in sender.send(codec(unit, limit), ticks, extension)]
        expected[ticks] = (
            (b"<?xml?>" + unit[0],) if codec is metadata else tuple(unit[:1] if codec is aac else unit),
            replay_extension(RtpPacket(0, False, 0, 0, 0, b"", 0xABAC, serialise_replay_extension(extension))),
        )
    return sent, expected


def receive(codec, arrived, window=32):
    tracker, depacketizer = SequenceTracker(window), CODECS[codec]()
    out = []
    for packet in arrived:
        for ordered in tracker.push(packet):
            out += depacketizer.push(ordered.packet, lost_before=ordered.lost_before)
    for ordered in tracker.flush():
        out += depacketizer.push(ordered.packet, lost_before=ordered.lost_before)
    return out + depacketizer.flush(), tracker


@settings(max_examples=300)
@given(codecs, units, st.integers(16, 60), u16, u32)
def test_any_sizes_come_back(codec, content, limit, sequence, timestamp):
    sent, expected = stream(codec, content, limit, sequence=sequence, timestamp=timestamp)
    got, tracker = receive(codec, sent)
    assert [(unit.rtp_timestamp, (unit.nal_units, unit.extension)) for unit in got] == list(expected.items())
    assert not any(unit.damaged or unit.lost_packets or unit.problems or unit.restarted for unit in got)
    assert tracker.lost == tracker.ignored == tracker.restarts == 0


@settings(max_examples=600)
@given(codecs, units, st.integers(16, 60), st.data())
def test_any_loss_is_declared(codec, content, limit, data):
    sent, expected = stream(codec, content, limit, sequence=0xFFF0)
    kept = data.draw(st.lists(st.booleans(), min_size=len(sent), max_size=len(sent)))
    kept[0] = True  # without the first packet nobody knows that anything was before
    arrived = [packet for packet, keep in zip(sent, kept, strict=True) if keep]
    got, tracker = receive(codec, arrived, window=data.draw(st.integers(0, 8)))
    last = max(index for index, keep in enumerate(kept) if keep)
    missing = kept[:last].count(False)
    assert tracker.lost == missing
    assert sum(unit.lost_packets for unit in got) == missing, "every missing packet is declared, once"
    for unit in got:
        if not unit.damaged:
            assert expected[unit.rtp_timestamp][0] == unit.nal_units, "never a silently wrong unit"
            assert unit.extension in (None, expected[unit.rtp_timestamp][1])
        elif codec in (h264, h265):
            rest = iter(expected[unit.rtp_timestamp][0])
            assert all(nal in rest for nal in unit.nal_units), "only whole NAL units, in order"
        elif codec is aac:
            assert unit.nal_units == ()
    if codec is not metadata:
        stamps = [unit.rtp_timestamp for unit in got]
        assert stamps == sorted(set(stamps))
        assert {packet.timestamp for packet in arrived} == set(stamps), "nothing that arrived vanishes"


@settings(max_examples=300)
@given(codecs, units, st.integers(16, 40), st.integers(1, 32), st.randoms(use_true_random=False))
def test_reordering_within_the_window(codec, content, limit, window, random):
    sent, expected = stream(codec, content, limit, sequence=0xFFFA)
    # No packet is overtaken by more than `window` others: sort by place plus a random delay below the window.
    keys = {packet.sequence: index + random.random() * window for index, packet in enumerate(sent)}
    arrived = [sent[0], *sorted(sent[1:], key=lambda packet: keys[packet.sequence])]
    if random.random() < 0.5:
        arrived.insert(random.randrange(1, len(arrived) + 1), random.choice(sent))  # and one comes twice
    got, tracker = receive(codec, arrived, window)
    assert [(unit.rtp_timestamp, (unit.nal_units, unit.extension)) for unit in got] == list(expected.items())
    assert not any(unit.damaged for unit in got)
    assert tracker.lost == 0
    assert tracker.ignored == len(arrived) - len(sent)


def _is_slice(codec, nal):
    return (codec is h264 and 1 <= nal[0] & 31 <= 5) or (codec is h265 and nal[0] >> 1 & 63 < 32)


@given(codecs, units, st.integers(16, 60), st.sampled_from(["never", "always"]))
def test_markers_that_lie(codec, content, limit, marker):
    assume(codec is not aac)  # AAC does not look at it
    # As in real access units, slices come last: what starts the next unit by its type does so with any marker.
    content = [sorted(unit, key=lambda nal: _is_slice(codec, nal)) for unit in content]
    sent, expected = stream(codec, content, limit)
    wrong = [packet._replace(marker=marker == "always") for packet in sent]
    got, _ = receive(codec, wrong)
    assert [(unit.rtp_timestamp, unit.nal_units) for unit in got] == [(t, nals) for t, (nals, _) in expected.items()]
    alone = marker == "never" and len(content) == 1
    assert [unit.damaged for unit in got] == [alone] * len(got), "a lone unit without marker may be cut off"


@given(st.lists(st.binary(min_size=1, max_size=50), min_size=1, max_size=8), u32)
def test_several_aac_frames_a_packet(frames, timestamp):
    packet = RtpPacket(97, True, 5, timestamp, 1, aggregate_aac(frames), 0xABAC, bytes(12))
    got = AacDepacketizer(HBR).push(packet, lost_before=0)
    assert [unit.nal_units for unit in got] == [(frame,) for frame in frames]
    assert [unit.rtp_timestamp for unit in got] == [(timestamp + 1024 * n) & 0xFFFFFFFF for n in range(len(frames))]
    assert [unit.extension is not None for unit in got] == [True] + [False] * (len(frames) - 1)


fmtp = st.dictionaries(
    st.sampled_from(
        ["sizelength", "indexlength", "indexdeltalength", "ctsdeltalength", "dtsdeltalength", "randomaccessindication",
         "streamstateindication", "auxiliarydatasizelength", "constantsize", "constantduration"]
    ),
    st.integers(0, 40).map(str) | st.text(max_size=3),
)  # fmt: skip


plain_packets = st.builds(
    lambda payload, marker, number: RtpPacket(96, marker, number, number * 3000, 1, payload),
    st.binary(max_size=30),
    st.booleans(),
    st.integers(0, 9),
)


@settings(max_examples=300)
@given(
    st.sampled_from(["h264", "h265", "donl", "metadata", "aac"]),
    fmtp,
    st.lists(packets | plain_packets, max_size=12),
    st.lists(st.sampled_from([0, 0, 0, 1, None]), min_size=12, max_size=12),
)
def test_noise_as_payload(kind, parameters, noise, losses):
    try:
        depacketizer = {
            "h264": H264Depacketizer,
            "h265": H265Depacketizer,
            "donl": lambda: H265Depacketizer(donl=True),
            "metadata": MetadataDepacketizer,
            "aac": lambda: AacDepacketizer(parameters),
        }[kind]()
        for packet, lost in zip(noise, losses, strict=False):
            depacketizer.push(packet, lost_before=lost)
        depacketizer.flush()
    except VssxError:
        pass
