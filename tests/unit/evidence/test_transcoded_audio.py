"""Audio on its way into MP4 files: kept, encoded, at its instants, and the same after an interruption."""

import dataclasses
import gzip
import subprocess

import numpy as np
import pytest

from tests import sounds
from tests.peers import need
from tests.unit.evidence.test_file_split import VIDEO, gap
from tests.unit.evidence.test_media import END, frame, target
from vssx.errors import ReadBackMismatchError
from vssx.evidence.digest import TrackDigest
from vssx.evidence.media import MediaFiles
from vssx.evidence.staging import open_staging
from vssx.model.media import NS, Codec

T0 = 1_714_564_800 * NS
RATE = 8000


def picture(ms):
    made = frame(0, 0)
    return dataclasses.replace(made, run_start_ns=T0, ticks=90 * ms)


def mixed(packets, *, until_ms, step_ms=200):
    """Pictures and packets in the order of their times."""
    pictures = [picture(ms) for ms in range(0, until_ms, step_ms)]
    return sorted([*pictures, *packets], key=lambda unit: (unit.utc_ns, unit.track))


def run(directory, items, how, *, pictures=True, cut=False):
    """What was received; None where the run is ``cut`` behind the last item."""
    tracks = (VIDEO, how.track()) if pictures else (how.track(),)

    def stream():
        yield from items
        if cut:
            raise KeyboardInterrupt
        yield END

    with open_staging(directory, "H", {}) as staging:
        with MediaFiles(staging, target(), lambda _: None) as files:
            if not cut:
                return files.receive(tracks, stream(), lambda *_: None)
            with pytest.raises(KeyboardInterrupt):
                files.receive(tracks, stream(), lambda *_: None)
            for file in files._files:
                file.writer.checkpoint()
    return None


def decoded(path):
    """By ffmpeg, as a player presents it from movie time 0 on: silence where nothing is."""
    command = [need("ffmpeg"), "-v", "error", "-i", str(path), "-map", "0:a", "-ac", "1"]
    command += ["-af", "aresample=async=1:min_hard_comp=0.001:first_pts=0", "-f", "s16le", "-"]
    return np.frombuffer(subprocess.run(command, capture_output=True, check=True).stdout, "<i2") / 32768


@pytest.mark.parametrize("how", sounds.ALL, ids=lambda how: f"{how.profile}-{how.rate}")
def test_the_original_is_kept_and_plays(how, tmp_path):
    signal = sounds.signal(3.2, how.rate)
    data = sounds.payload(signal, how)
    packets = list(sounds.packets(data, how, start_ns=T0 + 100_000_000, samples=how.rate // 50))
    received = run(tmp_path, mixed(packets, until_ms=3400), how)
    (media,) = received.media
    (told,) = media.file.transcoded
    original = told.original
    path = tmp_path / "H.partial" / original.path
    assert path.read_bytes().endswith(data)
    digest = TrackDigest()
    for packet in packets:
        digest.update(packet.payload)
    assert (original.packets, original.digest) == (len(packets), digest.hexdigest())
    with gzip.open(tmp_path / "H.partial" / original.index_path, "rt", newline="") as lines:
        rows = [line.rstrip("\r\n").split(",") for line in lines][1:]
    assert [int(row[3]) for row in rows] == [len(packet.payload) for packet in packets]
    assert path.read_bytes()[int(rows[7][2]) :][: int(rows[7][3])] == packets[7].payload
    arguments = ["-i", str(path), "-ac", "1", "-f", "s16le", "-"]
    pcm = subprocess.run([need("ffmpeg"), "-v", "error", *arguments], capture_output=True, check=True).stdout
    heard = np.frombuffer(pcm, "<i2") / 32768
    assert abs(len(heard) - len(signal)) <= 1
    assert sounds.lag(heard, signal) == 0
    heard = decoded(tmp_path / "H.partial" / media.file.path)
    assert sounds.lag(heard, signal) == how.rate // 10


def holes(how, *cuts):
    """Packets of 20 ms without those whose number lies in one of ``cuts``; and the signal with silence there."""
    signal = sounds.signal(8, how.rate)
    packets = list(sounds.packets(sounds.payload(signal, how), how, start_ns=T0))
    missing = {number for first, behind in cuts for number in range(first, behind)}
    kept = [packet for number, packet in enumerate(packets) if number not in missing]
    for number in missing:
        signal[number * 160 : (number + 1) * 160] = 0
    return kept, signal


@pytest.mark.parametrize(
    ("cut", "stretches", "silent"),
    [((100, 101), 1, 160), ((100, 112), 1, 1920), ((100, 114), 2, 0), ((100, 250), 2, 0)],
)
def test_what_is_missing_stays_missing_and_moves_nothing(cut, stretches, silent, tmp_path):
    packets, signal = holes(sounds.PCMU, cut)
    received = run(tmp_path, mixed(packets, until_ms=8000), sounds.PCMU)
    (media,) = received.media
    (told,) = media.file.transcoded
    assert (told.stretches, told.silent_samples, told.moved) == (stretches, silent, 0)
    heard = decoded(tmp_path / "H.partial" / media.file.path)
    first, behind = cut[0] * 160, cut[1] * 160
    assert sounds.lag(heard[:first], signal[:first]) == 0
    assert sounds.lag(heard[behind : len(signal)], signal[behind:]) == 0
    assert np.abs(heard[first + 64 : behind - 1024]).max(initial=0) < 0.2


def test_a_drifting_clock_moves_the_frames(tmp_path):
    """The recorder's audio clock runs 0.1 per cent slow against the times of its packets."""
    signal = sounds.signal(20, RATE)
    packets = [
        dataclasses.replace(packet, ticks=packet.ticks + packet.ticks // 1000)
        for packet in sounds.packets(sounds.payload(signal, sounds.PCMA), sounds.PCMA, start_ns=T0)
    ]
    received = run(tmp_path, mixed(packets, until_ms=20_000), sounds.PCMA)
    (media,) = received.media
    (told,) = media.file.transcoded
    assert (told.stretches, told.silent_samples) == (1, 0)
    assert told.moved == 3  # 20 ms in steps of more than 5 ms
    (audio,) = [track for track in media.file.tracks if track.index == 1]
    assert abs(audio.last_utc_ns - packets[-1].utc_ns) < NS * 1024 // RATE


def test_trembling_times_change_nothing(tmp_path):
    packets, _ = holes(sounds.PCMU)
    trembling = [
        dataclasses.replace(packet, ticks=packet.ticks + (number * 7919 % 41) - 20)
        for number, packet in enumerate(packets)
    ]
    received = run(tmp_path, mixed(trembling[1:], until_ms=8000), sounds.PCMU)
    (told,) = received.media[0].file.transcoded
    assert (told.stretches, told.silent_samples, told.moved) == (1, 0, 0)


def test_a_long_gap_splits_the_sound_where_the_picture_is_split(tmp_path):
    how = sounds.PCMU
    signal = sounds.signal(4, RATE)
    data = sounds.payload(signal, how)
    early = list(sounds.packets(data, how, start_ns=T0))
    late = [dataclasses.replace(packet, run=1) for packet in sounds.packets(data, how, start_ns=T0 + 60 * NS)]
    behind = [dataclasses.replace(picture(ms), run=1) for ms in range(60_000, 64_000, 200)]
    step = dataclasses.replace(gap(4, 60), start_ns=T0 + 4 * NS, end_ns=T0 + 60 * NS)
    items = [*mixed(early, until_ms=4000), step, *sorted([*behind, *late], key=lambda unit: unit.utc_ns)]
    received = run(tmp_path, items, how)
    assert [media.file.transcoded[0].original.packets for media in received.media] == [200, 200]
    for media in received.media:
        assert sounds.lag(decoded(tmp_path / "H.partial" / media.file.path), signal) == 0


@pytest.mark.parametrize("places", [(0.31,), (0.05, 0.5, 0.55, 0.98), (0.7, 0.7)])
def test_after_interruptions_every_byte_of_the_tracks_is_the_same(places, tmp_path):
    packets, _ = holes(sounds.G726[2], (90, 93), (200, 260))
    items = mixed(packets, until_ms=8000)
    whole = run(tmp_path / "whole", items, sounds.G726[2])
    for place in places:
        asked_ns = resumed_from(tmp_path / "cut")
        rest = [unit for unit in items if asked_ns is None or unit.utc_ns >= asked_ns]
        run(tmp_path / "cut", rest[: max(1, round(len(rest) * place))], sounds.G726[2], cut=True)
    asked_ns = resumed_from(tmp_path / "cut")
    parts = run(tmp_path / "cut", [unit for unit in items if unit.utc_ns >= asked_ns], sounds.G726[2])
    assert parts.losses == whole.losses == ()
    assert parts.assumptions == ()
    (one,), (other,) = whole.media, parts.media
    assert one.file.tracks == other.file.tracks
    assert one.file.transcoded == other.file.transcoded


@pytest.mark.parametrize("share", [0.9, 0.5, 0.1])
def test_packets_that_the_disk_lost_are_asked_for_again(share, tmp_path):
    """Power failed: the frames are in the MP4, some of the packets they were made of are not."""
    how = sounds.PCMU
    packets, _ = holes(how)
    items = mixed(packets, until_ms=8000)
    whole = run(tmp_path / "whole", items, how)
    run(tmp_path / "cut", items[:300], how, cut=True)
    [kept] = (tmp_path / "cut").glob("H.partial/work/media-cam/*.packets")
    with kept.open("r+b") as file:
        file.truncate(round(kept.stat().st_size * share))
    asked_ns = resumed_from(tmp_path / "cut")
    rest = [unit for unit in items if asked_ns is None or unit.utc_ns >= asked_ns]
    parts = run(tmp_path / "cut", rest, how)
    assert parts.losses == parts.assumptions == ()
    assert parts.media[0].file.tracks == whole.media[0].file.tracks
    assert parts.media[0].file.transcoded == whole.media[0].file.transcoded


def test_an_encoder_that_gives_other_frames_is_told(tmp_path, monkeypatch):
    how = sounds.PCMU
    packets, signal = holes(how)
    items = mixed(packets, until_ms=8000)
    run(tmp_path, items[:300], how, cut=True)
    monkeypatch.setattr("vssx.codec.audio_encoding._BITS_A_SAMPLE", 2)
    asked_ns = resumed_from(tmp_path)
    parts = run(tmp_path, [unit for unit in items if unit.utc_ns >= asked_ns], how)
    [told] = parts.assumptions
    assert told.subject == "audio encoded again"
    assert sounds.lag(decoded(tmp_path / "H.partial" / parts.media[0].file.path), signal) == 0


def resumed_from(directory):
    with open_staging(directory, "H", {}) as staging, MediaFiles(staging, target(), lambda _: None) as files:
        return files.resume_from_ns


def test_an_original_that_changed_on_the_disk_is_refused(tmp_path):
    how = sounds.PCMU
    packets, _ = holes(how)
    with open_staging(tmp_path, "H", {}) as staging:
        with MediaFiles(staging, target(), lambda _: None) as files:
            received = files.receive((VIDEO, how.track()), iter([*mixed(packets, until_ms=8000), END]), lambda *_: None)
        path = staging.path / received.media[0].file.transcoded[0].original.path
        data = bytearray(path.read_bytes())
        data[-1] ^= 1
        path.write_bytes(data)
        with pytest.raises(ReadBackMismatchError):
            MediaFiles(staging, target(), lambda _: None)


def test_sound_alone_and_cut(tmp_path):
    how = sounds.PCMA
    packets, signal = holes(how, (120, 200))
    whole = run(tmp_path / "whole", packets, how, pictures=False)
    run(tmp_path / "cut", packets[:250], how, pictures=False, cut=True)
    asked_ns = resumed_from(tmp_path / "cut")
    rest = [packet for packet in packets if packet.utc_ns >= asked_ns]
    parts = run(tmp_path / "cut", rest, how, pictures=False)
    assert whole.media[0].file.tracks == parts.media[0].file.tracks
    assert whole.media[0].file.transcoded == parts.media[0].file.transcoded
    assert parts.losses == parts.assumptions == ()
    heard = decoded(tmp_path / "cut" / "H.partial" / parts.media[0].file.path)
    assert sounds.lag(heard[: 120 * 160], signal[: 120 * 160]) == 0
    assert sounds.lag(heard[200 * 160 : len(signal)], signal[200 * 160 :]) == 0


def test_samples_that_are_no_numbers_do_not_stop_the_export(tmp_path):
    how = sounds.Recorded(codec=Codec.PCM, profile="f32le", bits=32, arguments=("-f", "f32le"))
    data = np.array([np.nan, np.inf, -np.inf, 1e30, 0.5, -2.0] * 2000, dtype="<f4").tobytes()
    received = run(tmp_path, mixed(sounds.packets(data, how, start_ns=T0), until_ms=1600), how)
    (told,) = received.media[0].file.transcoded
    assert (tmp_path / "H.partial" / told.original.path).read_bytes().endswith(data)
    heard = decoded(tmp_path / "H.partial" / received.media[0].file.path)
    assert np.abs(heard).max() > 0.1
