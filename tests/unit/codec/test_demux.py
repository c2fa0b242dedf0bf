from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import pytest

from tests.clips import encode
from vssx.bitstream.h264_sets import parse_sps
from vssx.bitstream.nal import remove_emulation_prevention, split_annex_b
from vssx.codec.demux import Demuxer, Framing
from vssx.errors import MalformedMediaError, StorageError, UnsupportedMediaError, UsageError
from vssx.model.media import AudioChoice, Codec, TrackChoice
from vssx.times import from_xs_datetime

_B_FRAMES = {"bf": "3", "b-adapt": "0", "preset": "medium", "g": "12", "sc_threshold": "0"}


@pytest.mark.parametrize(
    ("name", "encoder", "framing", "timescale"),
    [
        ("a.mp4", "libx264", Framing.LENGTH_PREFIXED, 12_800),
        ("a.mkv", "libx264", Framing.LENGTH_PREFIXED, 1000),
        ("a.ts", "libx264", Framing.ANNEX_B, 90_000),
        ("a.264", "libx264", Framing.ANNEX_B, 90_000),
        ("b.mp4", "libx265", Framing.LENGTH_PREFIXED, 12_800),
        ("b.mkv", "libx265", Framing.LENGTH_PREFIXED, 1000),
        ("b.ts", "libx265", Framing.ANNEX_B, 90_000),
        ("b.h265", "libx265", Framing.ANNEX_B, 90_000),
    ],
)
def test_every_container_gives_every_sample_with_its_time(tmp_path, name, encoder, framing, timescale):
    options = _B_FRAMES if encoder == "libx264" else {"x265-params": "log-level=none:bframes=3:b-adapt=0:keyint=12"}
    kind = {} if not name.endswith(".h265") else {"format": "hevc"}
    path = encode(tmp_path / name, encoder, options=options, frames=30, **kind)
    with Demuxer(path) as demuxer:
        (track,) = demuxer.tracks
        packets = list(demuxer.packets())
    assert (track.framing, track.timescale) == (framing, timescale)
    assert track.codec is (Codec.H264 if encoder == "libx264" else Codec.H265)
    assert [packet.key for packet in packets].count(True) == 3
    times = [Fraction(packet.pts, timescale) for packet in packets]
    assert times[0] == 0
    assert times[1] > times[2]  # B-frames
    assert sorted(times) == [Fraction(number, 25) for number in range(30)]
    assert not any(packet.corrupt or packet.extradata for packet in packets)


def test_containers_without_presentation_times_get_them_from_the_picture_order(tmp_path):
    path = encode(tmp_path / "a.264", options=_B_FRAMES)
    with av.open(str(path)) as source, av.open(str(tmp_path / "a.avi"), "w") as out:
        stream = out.add_stream_from_template(source.streams.video[0])
        for number, packet in enumerate(packet for packet in source.demux(video=0) if packet.size):
            packet.stream, packet.time_base = stream, Fraction(1, 25)
            packet.pts = packet.dts = number
            out.mux(packet)
    with Demuxer(path) as demuxer:
        expected = [Fraction(packet.pts, 90_000) for packet in demuxer.packets()]
    with Demuxer(tmp_path / "a.avi") as demuxer:
        assert demuxer.decode_times_only
        times = [Fraction(packet.pts, demuxer.tracks[0].timescale) for packet in demuxer.packets()]
    assert times == expected
    assert times != sorted(times)


def test_facts_of_the_file(tmp_path):
    path = encode(tmp_path / "a.mp4", audio=True, creation_time="2024-05-01T12:00:00Z")
    with Demuxer(path) as demuxer:
        video, audio = sorted(demuxer.tracks, key=lambda track: track.codec is Codec.AAC)
        assert demuxer.creation_ns == from_xs_datetime("2024-05-01T12:00:00Z")
        assert demuxer.frame_duration is None
        assert demuxer.left_out == ()
    assert (video.samples, video.language, video.description) == (30, "und", "VideoHandler")
    assert (audio.codec, audio.framing, audio.timescale) == (Codec.AAC, Framing.RAW, 48_000)


def test_a_file_without_creation_time(tmp_path):
    with Demuxer(encode(tmp_path / "a.mp4", frames=2)) as demuxer:
        assert demuxer.creation_ns is None


def test_the_time_of_a_transport_stream_starts_with_its_first_sample(tmp_path):
    with Demuxer(encode(tmp_path / "a.ts", audio=True, container={"output_ts_offset": "5"})) as demuxer:
        assert demuxer.origin > 1
        packets = list(demuxer.packets())
        assert {track.framing for track in demuxer.tracks} == {Framing.ANNEX_B, Framing.ADTS}
    assert min(packet.pts for packet in packets) == 0


def _without_vui(sps: bytes) -> bytes:
    """The SPS up to its vui_parameters_present_flag, found as the first place where it can end."""
    bits = "".join(f"{byte:08b}" for byte in remove_emulation_prevention(sps[1:]))
    size = parse_sps(sps).width, parse_sps(sps).height
    for end in range(40, len(bits)):
        short = bits[:end] + "01"
        short += "0" * (-len(short) % 8)
        nal = sps[:1] + bytes(int(short[at : at + 8], 2) for at in range(0, len(short), 8))
        try:
            if (parse_sps(nal).width, parse_sps(nal).height) == size:
                return nal
        except MalformedMediaError:
            continue
    raise AssertionError("no such place")


def _raw_without_rate(tmp_path):
    path = encode(tmp_path / "a.264", frames=5)
    nals = split_annex_b(path.read_bytes())
    path.write_bytes(b"".join(b"\0\0\0\1" + (_without_vui(nal) if nal[0] & 31 == 7 else nal) for nal in nals))
    return path


def test_a_raw_stream_that_does_not_say_its_rate_is_refused_unless_told(tmp_path):
    path = _raw_without_rate(tmp_path)
    with pytest.raises(UnsupportedMediaError, match="frame rate"):
        Demuxer(path)
    with Demuxer(path, fps=Fraction(25, 2)) as demuxer:
        assert [packet.pts for packet in demuxer.packets()] == [7200 * number for number in range(5)]


@pytest.mark.parametrize(
    ("fps", "timescale", "ticks"), [("30000/1001", 90_000, 3003), ("29.97", 2997, 100), ("7", 7, 1)]
)
def test_the_rate_given_is_kept_exactly(tmp_path, fps, timescale, ticks):
    with Demuxer(encode(tmp_path / "a.264", frames=3), fps=Fraction(fps)) as demuxer:
        assert demuxer.tracks[0].timescale == timescale
        assert [packet.pts for packet in demuxer.packets()] == [0, ticks, 2 * ticks]


@pytest.mark.parametrize("fps", [Fraction(0), Fraction(-1)])
def test_senseless_rates_are_refused(tmp_path, fps):
    with pytest.raises(UsageError):
        Demuxer(encode(tmp_path / "a.264", frames=2), fps=fps)
    with pytest.raises(UnsupportedMediaError):
        Demuxer(tmp_path / "a.264", fps=Fraction(1_000_000))


def test_damage_in_a_raw_stream_costs_no_other_sample(tmp_path):
    path = encode(tmp_path / "a.264", frames=30, options={"g": "10", "x264-params": "repeat-headers=1"})
    nals = split_annex_b(path.read_bytes())
    nals[[nal[0] & 31 for nal in nals].index(7, 5)] = b"\x67\x64"  # the second SPS
    path.write_bytes(b"".join(b"\0\0\0\1" + nal for nal in nals))
    with Demuxer(path) as demuxer:
        assert [packet.pts for packet in demuxer.packets()] == [3600 * number for number in range(30)]


def test_refused_paths(tmp_path):
    with pytest.raises(StorageError, match="no such file"):
        Demuxer(tmp_path / "missing.mp4")
    with pytest.raises(StorageError, match="not a file"):
        Demuxer(tmp_path)


@pytest.mark.parametrize("content", [b"", b"hello", bytes(5000), b"\x00\x00\x00\x08moov", b"\xff" * 3000])
@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.264", "a.265"])
def test_what_is_no_media_is_refused(tmp_path, content, name):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises((MalformedMediaError, UnsupportedMediaError)):
        Demuxer(path)


@pytest.mark.parametrize(
    "script",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nclip.ts\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile clip.ts\n",
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nm=video 5000 RTP/AVP 96\na=rtpmap:96 H264/90000\n",
    ],
)
def test_a_script_cannot_make_libav_open_other_files(tmp_path, script):
    encode(tmp_path / "clip.ts")
    path = tmp_path / "playlist.mp4"
    path.write_text(script)
    with pytest.raises(MalformedMediaError):
        Demuxer(path)


def test_a_path_that_looks_like_a_protocol_is_a_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    encode(tmp_path / "clip.mp4").rename(tmp_path / "concat:clip.mp4")
    with Demuxer(Path("concat:clip.mp4")) as demuxer:
        assert len(list(demuxer.packets())) == 30


def _with_stream(path, codec, **settings):
    """A clip of H.264 with one more stream, whose packets are empty of sense."""
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=25)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        other = out.add_stream(codec, **settings)
        for number in range(3):
            frame = av.VideoFrame(64, 48, "yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            out.mux(video.encode(frame))
        if other.type == "audio":
            sound = av.AudioFrame("s16", "mono", 1024)
            sound.sample_rate, sound.pts = 8000, 0
            out.mux(other.encode(sound))
            out.mux(other.encode(None))
        out.mux(video.encode(None))
    return path


def test_an_audio_codec_that_is_not_carried_is_named(tmp_path):
    path = _with_stream(tmp_path / "a.avi", "adpcm_ms", rate=8000, layout="mono")
    with pytest.raises(UnsupportedMediaError, match="track 1 holds ADPCM Microsoft"):
        Demuxer(path)
    with Demuxer(path, choice=TrackChoice(skip_unsupported=True)) as demuxer:
        assert [track.codec for track in demuxer.tracks] == [Codec.H264]
        assert "ADPCM Microsoft" in demuxer.left_out[0].detail


def test_sampled_audio_that_aac_does_not_know_is_named(tmp_path):
    path = _with_stream(tmp_path / "a.mkv", "pcm_s16le", rate=12_345, layout="mono")
    with pytest.raises(UnsupportedMediaError, match="track 1 holds PCM with 1 channels at 12345 Hz"):
        Demuxer(path)
    with Demuxer(path, choice=TrackChoice(skip_unsupported=True)) as demuxer:
        assert "12345 Hz" in demuxer.left_out[0].detail


def test_sampled_audio_is_described_by_its_container(tmp_path):
    path = _with_stream(tmp_path / "a.mkv", "pcm_s16le", rate=8000, layout="mono")
    with Demuxer(path) as demuxer:
        track = demuxer.tracks[1]
    assert (track.codec, track.configuration.profile) == (Codec.PCM, "s16le")
    assert (track.configuration.sample_rate, track.configuration.channels) == (8000, 1)
    for choice, why in ((AudioChoice.AAC_ONLY, "other than AAC"), (AudioChoice.NONE, "no audio")):
        with Demuxer(path, choice=TrackChoice(audio=choice)) as demuxer:
            assert [track.codec for track in demuxer.tracks] == [Codec.H264]
            assert why in demuxer.left_out[0].detail


def test_a_video_codec_that_is_not_carried_is_named(tmp_path):
    path = encode(tmp_path / "a.mp4", "mpeg4", frames=3)
    with pytest.raises(UnsupportedMediaError, match="MPEG-4 part 2"):
        Demuxer(path)


def test_audio_alone_is_refused(tmp_path):
    path = tmp_path / "a.m4a"
    with av.open(str(path), "w", format="mp4") as out:
        sound = out.add_stream("aac", rate=48_000, layout="mono")
        frame = av.AudioFrame("fltp", "mono", 1024)
        frame.planes[0].update(bytes(4096))
        frame.sample_rate, frame.pts = 48_000, 0
        out.mux(sound.encode(frame))
        out.mux(sound.encode(None))
    with pytest.raises(UnsupportedMediaError, match=r"no H\.264 or H\.265 video"):
        Demuxer(path)


def test_data_is_left_out_and_said_to_be(tmp_path):
    path = tmp_path / "a.ts"
    with av.open(str(encode(tmp_path / "b.264", frames=3))) as source, av.open(str(path), "w") as out:
        video = out.add_stream_from_template(source.streams.video[0])
        data = out.add_data_stream("klv")
        for number, packet in enumerate(packet for packet in source.demux(video=0) if packet.size):
            packet.stream, packet.time_base = video, Fraction(1, 25)
            packet.pts = packet.dts = number
            out.mux(packet)
            note = av.Packet(b"hello")
            note.stream, note.time_base, note.pts, note.dts = data, Fraction(1, 25), number, number
            out.mux(note)
    with Demuxer(path) as demuxer:
        assert len(demuxer.tracks) == 1
        assert [left_out.stream for left_out in demuxer.left_out] == [1]
        assert "track 1 (data" in demuxer.left_out[0].detail
        assert len(list(demuxer.packets())) == 3


def test_a_name_that_is_no_utf8_is_no_obstacle(tmp_path):
    path = encode(tmp_path / "a.mp4", frames=2)
    path.write_bytes(path.read_bytes().replace(b"VideoHandler", b"Video\xff\x1bndler"))
    with Demuxer(path) as demuxer:
        assert demuxer.tracks[0].description.startswith("Video")
        assert demuxer.tracks[0].description.isprintable()
