"""The real client against the embedded recorder: codec x audio x transport x authentication x TLS, media equal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from tests.matrix.recordings import (
    AAC,
    AUDIO,
    G726,
    SAMPLED,
    START,
    VIDEO,
    audio_samples,
    make,
    stored,
)
from tests.peers import missing
from vssx.errors import ProtocolError, UnsupportedMediaError
from vssx.jobs.config import RecorderAddress
from vssx.jobs.export import ExportRequest, export
from vssx.jobs.handover import Handover, HandoverRequest
from vssx.model.acquisition import Credentials
from vssx.model.media import TrackChoice
from vssx.model.network import VERIFIED, StreamTransport, TlsPolicy
from vssx.recorder.server import RecorderServer
from vssx.recorder.tls import ServerTls, self_signed
from vssx.times import NS, from_xs_datetime

CREDENTIALS = Credentials(user="operator", password="not a secret")
AUTHENTICATION: dict[str, tuple[str, ...]] = {"open": (), "MD5": ("MD5",), "SHA-256": ("SHA-256",)}
TRANSPORTS = (StreamTransport.TCP, StreamTransport.UDP, StreamTransport.HTTP)
CARRIES = {
    (StreamTransport.TCP, False): "RTP over RTSP over TCP",
    (StreamTransport.TCP, True): "RTP over RTSP over TLS over TCP",
    (StreamTransport.UDP, False): "RTP over UDP",
    (StreamTransport.HTTP, False): "RTP over RTSP over HTTP over TCP",
    (StreamTransport.HTTP, True): "RTP over RTSP over HTTPS over TCP",
}
Recorders = dict[tuple[str, bool], RecorderServer]


@pytest.fixture(scope="session")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("recordings"))


@pytest.fixture(scope="session")
def certificate() -> ServerTls:
    return self_signed("127.0.0.1")


@pytest.fixture(scope="session")
def recorders(recordings: Path, certificate: ServerTls) -> Iterator[Recorders]:
    """One for each kind of authentication, plain and encrypted."""
    running: Recorders = {}
    for authentication, encrypted in product(AUTHENTICATION, (False, True)):
        algorithms = AUTHENTICATION[authentication]
        server = RecorderServer(
            recordings,
            credentials=CREDENTIALS if algorithms else None,
            tls=certificate if encrypted else None,
            algorithms=algorithms,
        )
        running[authentication, encrypted] = server.__enter__()
    yield running
    for server in running.values():
        server.__exit__(None, None, None)


def take(
    recorder: RecorderServer,
    recording: str,
    output: Path,
    *,
    transport: StreamTransport = StreamTransport.TCP,
    certificate: ServerTls | None = None,
    credentials: Credentials | None = None,
    skip_unsupported: bool = False,
) -> Handover:
    policy = VERIFIED if certificate is None else TlsPolicy(fingerprints=(certificate.fingerprint,))
    start = from_xs_datetime(START)
    request = ExportRequest(
        address=RecorderAddress(
            host=recorder.http_url, credentials=credentials, timeout=20, tls=policy, transport=transport
        ),
        recordings=(recording,),
        from_ns=start,
        to_ns=start + 10 * NS,
        clock="recorder",
        handover=HandoverRequest(
            output=output, name="H", stills=0, tracks=TrackChoice(skip_unsupported=skip_unsupported)
        ),
    )
    return export(request, lambda *_: None)


def record_of(handover: Handover) -> dict[str, Any]:
    record = json.loads((handover.path / "handover.json").read_text(encoding="utf-8"))
    assert len(record["recordings"]) == 1
    return record


@pytest.mark.parametrize("authentication", AUTHENTICATION)
@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("audio", AUDIO)
@pytest.mark.parametrize("video", VIDEO)
def test_cell(
    recordings: Path,
    recorders: Recorders,
    certificate: ServerTls,
    tmp_path: Path,
    video: str,
    audio: str,
    transport: StreamTransport,
    encrypted: bool,
    authentication: str,
) -> None:
    source = recordings / f"{video}-{audio}.mov"
    if not source.exists():
        missing("ffmpeg")

    def taken() -> Handover:
        return take(
            recorders[authentication, encrypted],
            f"{video}-{audio}",
            tmp_path,
            transport=transport,
            certificate=certificate if encrypted else None,
            credentials=CREDENTIALS if authentication != "open" else None,
        )

    if (transport, encrypted) not in CARRIES:
        with pytest.raises(ProtocolError, match="RTP over UDP was refused: 461"):
            taken()  # datagrams beside an encrypted connection would travel in the clear
        return
    handover = taken()
    record = record_of(handover)
    assert int(handover.exit_code) == 0, record["recordings"][0]
    assert record["recordings"][0]["losses"] == []
    assert record["recordings"][0]["acquired"]["transport"].startswith(CARRIES[transport, encrypted])
    [media] = handover.path.glob("data/*/*.mp4")
    assert stored(media) == stored(source)
    originals = [*handover.path.glob("data/*/*.au"), *handover.path.glob("data/*/*.wav")]
    if audio in AAC:
        assert stored(media, "audio") == stored(source, "audio")[1:]  # the first, priming, lies before the start
    if originals:
        assert audio_samples(originals[0]) == audio_samples(source)
    assert len(originals) == (audio in (*SAMPLED, *G726))


def test_jpeg_is_refused_by_name(recorders: Recorders, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedMediaError, match=r"VIDEO002.*JPEG"):
        take(recorders["open", False], "jpeg", tmp_path)


def test_the_rest_is_exported_where_jpeg_is_skipped(recordings: Path, recorders: Recorders, tmp_path: Path) -> None:
    handover = take(recorders["open", False], "jpeg", tmp_path, skip_unsupported=True)
    [media] = handover.path.glob("data/*/*.mp4")
    [original] = handover.path.glob("data/*/*.au")
    assert stored(media) == stored(recordings / "jpeg.mov")
    assert audio_samples(original) == audio_samples(recordings / "jpeg.mov")
    left_out = [each for each in record_of(handover)["recordings"][0]["assumptions"] if "left out" in each["subject"]]
    assert [("JPEG" in each["detail"], "VIDEO002" in each["detail"]) for each in left_out] == [(True, True)]
