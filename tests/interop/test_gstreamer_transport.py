"""GStreamer's RTSP server by every way that media can take: video and sound arrive as they were sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.interop import media
from tests.interop.gst_server.footage import Served, serving
from tests.unit.transport.tls_certificates import Issued
from vssx import times
from vssx.errors import RecorderUnreachableError
from vssx.model.acquisition import AcquisitionEvent
from vssx.model.media import AccessUnit, Assumption, Gap, Loss, StreamItem
from vssx.model.network import VERIFIED, StreamTransport, TlsPolicy
from vssx.source.replay import replay

pytestmark = pytest.mark.interop

NS = times.NS
START = times.from_user("2024-05-01T12:00:00Z")
CLIP = "car-detection.mp4"
TCP, UDP, HTTP = StreamTransport.TCP, StreamTransport.UDP, StreamTransport.HTTP
TOLD = {
    (TCP, False): "RTP over RTSP over TCP (interleaved)",
    (UDP, False): "RTP over UDP, RTSP over TCP",
    (HTTP, False): "RTP over RTSP over HTTP over TCP (interleaved)",
    (TCP, True): "RTP over RTSP over TLS over TCP (interleaved)",
    (HTTP, True): "RTP over RTSP over HTTPS over TCP (interleaved)",
}


def received(
    served: Served, to_ns: int, transport: StreamTransport, tls: TlsPolicy = VERIFIED
) -> tuple[str, list[StreamItem], list[AcquisitionEvent]]:
    """What the record says of the way, the stream, and the log."""
    events: list[AcquisitionEvent] = []
    source = replay(
        served.url,
        credentials=None,
        from_ns=START,
        to_ns=to_ns,
        observe=events.append,
        timeout=5.0,
        tls=tls,
        transport=transport,
    )
    return source.transport, list(source), events


def assert_as_sent(served: Served, items: list[StreamItem], path: Path) -> None:
    """All that came, up to where it stops, is what was sent, in order, without loss."""
    assert not [item for item in items if isinstance(item, Gap | Loss)]
    for index, sent in enumerate(served.tracks):
        units = [item for item in items if isinstance(item, AccessUnit) and item.track == index]
        assert units
        payloads = [unit.payload for unit in units]
        if index == 0:
            got = [media.split_sets("h264", media.nal_units(one))[0] for one in payloads]
            assert got == [media.split_sets("h264", media.nal_units(one.payload))[0] for one in sent[: len(got)]]
            assert media.sets_of(path)
        else:
            assert payloads == [one.payload for one in sent[: len(payloads)]]


@pytest.mark.parametrize(("transport", "secure"), TOLD)
def test_video_and_sound(transport: StreamTransport, secure: bool, footage: Path, tmp_path: Path) -> None:
    path = footage / CLIP
    issued = Issued(tmp_path / "tls") if secure else None
    with serving(
        path, tmp_path, start_ns=START, streams=(0, 1), ends=True, tls=issued.pem if issued else None
    ) as served:
        last_ns = max(one.utc_ns for track in served.tracks for one in track)
        # GStreamer sends datagrams in real time
        to_ns = START + 3 * NS if transport is UDP else last_ns + NS
        policy = TlsPolicy(ca_file=issued.ca) if issued else VERIFIED
        told, items, events = received(served, to_ns, transport, policy)
    assert told == TOLD[transport, secure]
    assert_as_sent(served, items, path)
    for index, sent in enumerate(served.tracks):
        units = [item for item in items if isinstance(item, AccessUnit) and item.track == index]
        assert len(units) >= sum(one.utc_ns < to_ns for one in sent)
    verified = [event.detail["verified"] for event in events if event.kind == "tls"]
    assert verified == (["ca"] if secure else [])


def test_a_certificate_that_nobody_vouches_for(footage: Path, tmp_path: Path) -> None:
    issued = Issued(tmp_path / "tls")
    with serving(footage / CLIP, tmp_path, start_ns=START, ends=True, tls=issued.pem) as served:
        with pytest.raises(RecorderUnreachableError, match="unknown authority"):
            received(served, START + NS, TCP)
        with pytest.raises(RecorderUnreachableError, match=issued.sha256):
            received(served, START + NS, TCP, TlsPolicy(fingerprints=("0" * 64,)))
        _, items, _ = received(served, START + NS, TCP, TlsPolicy(fingerprints=(issued.sha256,)))
        assert_as_sent(served, items, footage / CLIP)
        assert not [item for item in items if isinstance(item, Assumption) and item.subject == "TLS"]
        _, items, _ = received(served, START + NS, TCP, TlsPolicy(insecure=True))
        [told] = [item for item in items if isinstance(item, Assumption) and item.subject == "TLS"]
        assert issued.sha256 in told.detail
