"""Audio other than AAC from GStreamer's ONVIF RTSP server, judged by ffmpeg: the same sound at the same instants."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from tests import sounds
from tests.interop.commands import media_of, run
from tests.interop.gst_server.footage import Sound, serving
from tests.interop.gst_server.soap_front import TOKEN, Recording, fronting
from tests.peers import need
from vssx import times
from vssx.errors import ExitCode, UnsupportedMediaError
from vssx.model.media import AccessUnit, Assumption, Codec, TrackChoice
from vssx.source.replay import replay

pytestmark = pytest.mark.interop

NS = times.NS
START = times.from_user("2024-05-01T12:00:00Z")
LATE = 250_000_000  # the sound begins a quarter of a second after the picture
G726_32, AAL2_32 = sounds.G726[2], sounds.G726[6]


@dataclass(frozen=True)
class Given:
    """What goes into GStreamer: the same code words, in the packing that its payloader takes."""

    how: sounds.Recorded
    caps: str
    payloader: str
    fed: sounds.Recorded | None = None


CASES = (
    Given(sounds.PCMU, "audio/x-mulaw,rate=8000,channels=1", "rtppcmupay"),
    Given(sounds.PCMA, "audio/x-alaw,rate=8000,channels=1", "rtppcmapay"),
    Given(
        sounds.L16,
        "audio/x-raw,format=S16BE,rate=44100,channels=2,layout=interleaved,channel-mask=(bitmask)3",
        "rtpL16pay",
    ),
    Given(
        G726_32,
        "audio/x-adpcm,layout=g726,rate=8000,channels=1,bitrate=32000",
        "rtpg726pay force-aal2=false",
        fed=AAL2_32,
    ),
)


def _buffers(data: bytes, how: sounds.Recorded) -> tuple[tuple[int, int, bytes], ...]:
    """40 ms each."""
    samples = how.rate // 25
    size = samples * how.bits // 8
    return tuple(
        (START + LATE + number * 40_000_000, 40_000_000, data[at : at + size])
        for number, at in enumerate(range(0, len(data), size))
    )


@pytest.mark.parametrize("given", CASES, ids=lambda given: given.how.profile)
def test_the_sound_is_where_it_was(given: Given, footage: Path, tmp_path: Path) -> None:
    how, fed = given.how, given.fed or given.how
    signal = sounds.signal(39.6, how.rate)  # to the end of the picture
    data = sounds.payload(signal, how)
    sound = Sound(caps=given.caps, payloader=given.payloader, buffers=_buffers(sounds.payload(signal, fed), fed))
    run("keys", "create", "--output", tmp_path / "keys")
    key, cert = tmp_path / "keys" / "key.pem", tmp_path / "keys" / "cert.pem"
    with serving(footage / "bottle-detection.mp4", tmp_path, start_ns=START, ends=True, sounds=(sound,)) as served:
        last = max(one.utc_ns for one in served.tracks[0])
        recording = Recording(
            replay_uri=served.url, start_ns=START, end_ns=last, tracks=(("V", "Video"), ("A", "Audio"))
        )
        with fronting(recording) as address:
            range_ = ("--from", times.to_xs_datetime(START), "--to", times.to_xs_datetime(last + NS))
            out = ("--output", tmp_path, "--key", key, "--cert", cert, "--timeout", "4")
            handover = Path(run("export", address, "--recording", TOKEN, *range_, *out).strip())
    run("verify", handover, "--trust", cert)
    (file,) = media_of(handover)
    (told,) = json.loads((handover / "handover.json").read_text("utf-8"))["recordings"][0]["transcoded"]
    original = handover / told["original"]["path"]
    assert original.name == f"{file.stem}.audio-2.au"
    assert original.read_bytes()[32:] == data
    assert (told["stretches"], told["silent_samples"], told["times_moved"]) == (1, 0, 0)
    heard = _decoded(original, how.rate)
    assert sounds.lag(heard, signal) == 0
    assert len(heard) == len(signal)
    assert abs(_start(file) - LATE / NS) <= 1 / 90_000  # ticks of the movie
    heard = _decoded(file, how.rate)
    assert sounds.lag(heard, signal) == 0
    assert -1 < len(heard) - len(signal) < 1024  # players may show the end of the last frame


def _decoded(path: Path, rate: int) -> sounds.Samples:
    """By ffmpeg: one channel, from its first presented sample on."""
    command = [need("ffmpeg"), "-v", "error", "-i", str(path), "-map", "0:a", "-ac", "1", "-ar", str(rate)]
    pcm = subprocess.run([*command, "-f", "s16le", "-"], capture_output=True, check=True).stdout
    return np.frombuffer(pcm, "<i2") / 32768


def _start(path: Path) -> float:
    command = [need("ffprobe"), "-v", "error", "-select_streams", "a", "-show_entries", "stream=start_time"]
    return float(subprocess.run([*command, "-of", "csv=p=0", str(path)], capture_output=True, check=True).stdout)


def test_latm_is_unwrapped(footage: Path, tmp_path: Path) -> None:
    """RFC 6416, configuration in the SDP: the very AAC frames that the server was given, none of it transcoded."""
    path = footage / "car-detection.mp4"
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        assert stream.time_base is not None
        context = stream.codec_context
        codec_data = bytes(context.extradata or b"").hex()
        caps = f"audio/mpeg,mpegversion=4,stream-format=raw,rate={context.rate},channels={context.channels}"
        frames = [bytes(packet) for packet in container.demux(stream) if packet.size]
        length = 1024 * NS // context.rate
    buffers = tuple((START + number * length, length, frame) for number, frame in enumerate(frames))
    sound = Sound(caps=f"{caps},codec_data=(buffer){codec_data}", payloader="rtpmp4apay", buffers=buffers)
    with serving(path, tmp_path, start_ns=START, ends=True, sounds=(sound,)) as served:
        last = max(one.utc_ns for track in served.tracks for one in track)
        source = replay(served.url, credentials=None, from_ns=START, to_ns=last + NS, timeout=5.0)
        items = list(source)
    units = [item for item in items if isinstance(item, AccessUnit) and item.track == 1]
    assert [unit.payload for unit in units] == frames
    assert source.tracks[1].description == "MP4A-LATM"
    assert {unit.configuration.decoder_configuration.hex() for unit in units} == {codec_data}
    assert max(abs(unit.utc_ns - sent[0]) for unit, sent in zip(units, buffers, strict=True)) <= NS // context.rate


def test_motion_jpeg_is_refused_by_name_and_may_be_left_out(footage: Path, tmp_path: Path) -> None:
    with av.open(str(footage / "bottle-detection.mp4")) as container:
        pictures = []
        for number, frame in enumerate(container.decode(video=0)):
            encoder = av.CodecContext.create("mjpeg", "w")
            assert isinstance(encoder, av.VideoCodecContext)
            encoder.width, encoder.height, encoder.pix_fmt = 320, 240, "yuvj420p"
            encoder.time_base = Fraction(1, 25)
            picture = frame.reformat(320, 240, "yuvj420p")
            picture.pts = None
            pictures += [bytes(packet) for packet in (*encoder.encode(picture), *encoder.encode(None))]
            if number == 24:
                break
    buffers = tuple((START + number * 40_000_000, 40_000_000, one) for number, one in enumerate(pictures))
    jpeg = Sound(caps="image/jpeg,width=320,height=240,framerate=25/1", payloader="rtpjpegpay", buffers=buffers)
    with serving(footage / "bottle-detection.mp4", tmp_path, start_ns=START, ends=True, sounds=(jpeg,)) as served:
        with pytest.raises(UnsupportedMediaError, match=r"JPEG.*payload type") as refused:
            replay(served.url, credentials=None, from_ns=START, to_ns=START + NS, timeout=5.0)
        assert refused.value.exit_code == ExitCode.UNSUPPORTED_MEDIA
        assert "--skip-unsupported" in str(refused.value)
        choice = TrackChoice(skip_unsupported=True)
        with replay(served.url, credentials=None, from_ns=START, to_ns=START + NS, timeout=5.0, choice=choice) as rest:
            items = list(rest)
    assert [track.codec for track in rest.tracks] == [Codec.H264]
    (told,) = [item for item in items if isinstance(item, Assumption) and item.subject == "track left out"]
    assert "JPEG" in told.detail
