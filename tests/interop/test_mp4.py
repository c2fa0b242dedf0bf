"""Other people's players and parsers take what the MP4 writer makes of real footage."""

from __future__ import annotations

import json
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import peers
from tests.unit.isobmff.streams import START_NS, close, digest, journal_of, write
from vssx.isobmff.elementary import extract, split
from vssx.isobmff.frames import write_frames
from vssx.isobmff.reader import open_movie
from vssx.isobmff.writer import Mp4Writer
from vssx.model.handover import Position
from vssx.model.media import NS, AccessUnit, Codec, CodecConfiguration, SourceTrack, TimeSource, TrackType

pytestmark = pytest.mark.interop

FOOTAGE = ("bottle-detection.mp4", "car-detection.mp4", "test_h265.mp4", "test_signed_h265.mp4")
CODECS = {"h264": Codec.H264, "hevc": Codec.H265, "aac": Codec.AAC}
VIDEO, AUDIO = TrackType.VIDEO, TrackType.AUDIO


class Source:
    """A file demuxed by PyAV, not by vssx."""

    def __init__(self, path: Path) -> None:
        import av

        self.tracks: list[SourceTrack] = []
        self.units: list[AccessUnit] = []
        with av.open(str(path), options={"ignore_editlist": "1"}) as container:
            streams = {s.index: s for s in container.streams if s.type in ("video", "audio")}
            configurations = {index: self._track(stream) for index, stream in streams.items()}
            for packet in container.demux(list(streams.values())):
                if packet.pts is not None:
                    self.units.append(self._unit(packet, configurations[packet.stream.index]))

    def _track(self, stream) -> CodecConfiguration:
        context = stream.codec_context
        kind = VIDEO if stream.type == "video" else AUDIO
        self.tracks.append(
            SourceTrack(
                index=stream.index,
                track_type=kind,
                codec=CODECS[context.name],
                timescale=int(1 / stream.time_base),
            )
        )
        return CodecConfiguration(
            codec=CODECS[context.name],
            decoder_configuration=context.extradata,
            width=context.width if kind is VIDEO else 0,
            height=context.height if kind is VIDEO else 0,
            sample_rate=context.sample_rate if kind is AUDIO else 0,
            channels=context.layout.nb_channels if kind is AUDIO else 0,
        )

    @staticmethod
    def _unit(packet, configuration: CodecConfiguration) -> AccessUnit:
        payload = bytes(packet)
        sets = False
        if configuration.codec is Codec.H265:
            sets = any(unit[0] >> 1 & 0x3F in (32, 33, 34) for unit in split(payload, 4, "") if unit)
        elif configuration.codec is Codec.H264:
            sets = any(unit[0] & 0x1F in (7, 8) for unit in split(payload, 4, "") if unit)
        return AccessUnit(
            track=packet.stream.index,
            payload=payload,
            run=0,
            run_start_ns=START_NS,
            ticks=packet.pts,
            timescale=int(1 / packet.stream.time_base),
            clean_point=packet.is_keyframe,
            configuration=configuration,
            time_source=TimeSource.FILE,
            has_parameter_sets=sets,
            duration_ticks=packet.duration,
        )

    def of(self, track: SourceTrack) -> list[AccessUnit]:
        return [unit for unit in self.units if unit.track == track.index]


@pytest.fixture(params=FOOTAGE)
def source(request: pytest.FixtureRequest, footage: Path) -> Source:
    return Source(footage / request.param)


def has_slice(unit: AccessUnit) -> bool:
    """Real streams have samples of SEIs only; they show nothing."""
    if unit.configuration.codec is Codec.H265:
        return any(unit and unit[0] >> 1 & 0x3F < 32 for unit in split(unit.payload, 4, ""))
    return any(unit and 1 <= unit[0] & 0x1F <= 5 for unit in split(unit.payload, 4, ""))


def run(*command: object) -> str:
    """Output of a program that must succeed."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def ffprobe(path: Path, *more: str) -> dict:
    return json.loads(run(peers.need("ffprobe"), "-v", "error", "-of", "json", *more, path))


def decodes_without_a_word(path: Path) -> None:
    done = subprocess.run(
        [peers.need("ffmpeg"), "-v", "error", "-i", str(path), "-f", "null", "-"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "")


def gstreamer_frames(path: Path) -> list[int]:
    """Presentation times, ns, of the pictures that GStreamer decodes."""
    out = run(
        peers.need("gst-launch-1.0"),
        *("-v", "filesrc", f"location={path}", "!", "qtdemux", "name=d", "d.video_0", "!", "queue"),
        *("!", "decodebin", "!", "fakesink", "sync=false", "silent=false"),
    )
    times = []
    for line in out.splitlines():
        if "chain   **" in line:
            hours, minutes, seconds = line.split("pts: ")[1].split(",")[0].split(":")
            whole, fraction = seconds.split(".")
            times.append(((int(hours) * 60 + int(minutes)) * 60 + int(whole)) * NS + int(fraction))
    return times


def test_ffprobe_and_ffmpeg(source: Source, tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    closed = write(path, source.units, source.tracks, block_bytes=100_000)
    streams = ffprobe(path, "-count_packets", "-show_streams")["streams"]
    assert len(streams) == len(closed.tracks) == len(source.tracks)
    for stream, track in zip(streams, closed.tracks, strict=True):
        units = source.of(track.track)
        assert int(stream["nb_read_packets"]) == int(stream["nb_frames"]) == len(units)
        assert stream["codec_tag_string"] in track.sample_entries
        ticks = [unit.ticks for unit in units]
        last = max(units, key=lambda unit: unit.ticks)
        assert int(stream["duration_ts"]) == max(ticks) - min(ticks) + last.duration_ticks
    decodes_without_a_word(path)


def test_static_metadata_by_ffprobe(footage: Path, tmp_path: Path) -> None:
    source = Source(footage / "car-detection.mp4")
    path = tmp_path / "a.mp4"
    position = Position(longitude=-0.5, latitude=48.25, altitude=30, name="Quai 1", notes="camera position")
    write(path, source.units, source.tracks, position=position)
    found = ffprobe(path, "-show_format", "-show_streams")
    tags = found["format"]["tags"]
    assert tags["major_brand"] == "isom"
    assert tags["creation_time"] == "2023-11-14T22:13:20.000000Z"
    assert tags["location"].startswith("+48.2500-000.5000+30.000")
    assert tags["location"].endswith("/Quai 1")
    assert [stream["tags"]["handler_name"] for stream in found["streams"]] == ["Video", "Audio"]


def test_packets_by_ffprobe(source: Source, tmp_path: Path) -> None:
    """Sizes, offsets into the file, key frames and differences of times, as libavformat sees them."""
    path = tmp_path / "a.mp4"
    closed = write(path, source.units, source.tracks, block_bytes=100_000)
    content = path.read_bytes()
    packets = ffprobe(path, "-show_packets")["packets"]
    for number, track in enumerate(closed.tracks):
        units = source.of(track.track)
        mine = [packet for packet in packets if packet["stream_index"] == number]
        mine.sort(key=lambda packet: int(packet["dts"]))
        assert len(mine) == len(units)
        for packet, unit in zip(mine, units, strict=True):
            at, size = int(packet["pos"]), int(packet["size"])
            assert content[at : at + size] == unit.payload
            assert int(packet["pts"]) - int(mine[0]["pts"]) == unit.ticks - units[0].ticks
            if track.track.track_type is VIDEO:
                assert ("K" in packet["flags"]) == unit.clean_point


def test_pyav_reads_the_same_packets(source: Source, tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    write(path, source.units, source.tracks, block_bytes=100_000)
    again = Source(path)
    for old, new in zip(source.tracks, again.tracks, strict=True):
        assert digest(u.payload for u in source.of(old)) == digest(u.payload for u in again.of(new))


def test_gstreamer_plays(source: Source, tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    closed = write(path, source.units, source.tracks, block_bytes=100_000)
    run(
        peers.need("gst-launch-1.0"),
        *("-q", "playbin", f"uri={path.as_uri()}", "video-sink=fakesink sync=false", "audio-sink=fakesink sync=false"),
    )
    assert len(closed.tracks) == len(source.tracks)
    assert len(gstreamer_frames(path)) == sum(map(has_slice, source.of(source.tracks[0])))


@pytest.mark.parametrize("shift_ns", [3 * NS, -3 * NS])
def test_tracks_that_start_apart(footage: Path, tmp_path: Path, shift_ns: int) -> None:
    """Audio 3 s after the video, and 3 s before it: players keep the distance and show every picture."""
    source = Source(footage / "car-detection.mp4")
    units = [
        unit if unit.track == 0 else _shifted(unit, shift_ns)  # the audio
        for unit in source.units
    ]
    path = tmp_path / "a.mp4"
    closed = write(path, units, source.tracks)
    streams = ffprobe(path, "-show_streams")["streams"]
    distance = float(streams[1]["start_time"]) - float(streams[0]["start_time"])
    assert distance == pytest.approx(shift_ns / NS, abs=0.001)
    decodes_without_a_word(path)
    times = gstreamer_frames(path)
    assert len(times) == closed.tracks[0].samples
    assert times[0] == max(0, -shift_ns)


def _shifted(unit: AccessUnit, shift_ns: int) -> AccessUnit:
    from dataclasses import replace

    return replace(unit, run_start_ns=unit.run_start_ns + shift_ns)


@pytest.mark.parametrize("choice", ["in-band", "out-of-band"])
@pytest.mark.parametrize("name", ["bottle-detection.mp4", "test_h265.mp4"])
def test_both_kinds_of_sample_entries_decode(footage: Path, tmp_path: Path, name: str, choice: str) -> None:
    source = Source(footage / name)
    path = tmp_path / "a.mp4"
    closed = write(path, source.units, source.tracks, sample_entry=choice)
    assert closed.tracks[0].sample_entries[0] in (("avc3", "hev1") if choice == "in-band" else ("avc1", "hvc1"))
    decodes_without_a_word(path)
    assert len(gstreamer_frames(path)) == closed.tracks[0].samples


def test_a_short_gap_and_a_second_run(footage: Path, tmp_path: Path) -> None:
    """The picture before the gap lasts until the one after it."""
    source = Source(footage / "car-detection.mp4")
    track = source.tracks[0]
    units = source.of(track)
    half = next(n for n, unit in enumerate(units) if n > 100 and unit.clean_point)
    cut = [*units[:half], *(_shifted(unit, 7 * NS) for unit in units[half:])]
    path = tmp_path / "a.mp4"
    write(path, cut, [track])
    packets = ffprobe(path, "-show_packets")["packets"]
    assert len(packets) == len(units)
    assert float(packets[half - 1]["duration_time"]) == pytest.approx(7 + 0.08, abs=0.0001)
    decodes_without_a_word(path)
    assert len(gstreamer_frames(path)) == len(units)


def test_a_cut_file_that_was_finished_plays(footage: Path, tmp_path: Path) -> None:
    source = Source(footage / "car-detection.mp4")
    path = tmp_path / "a.mp4"
    writer = Mp4Writer(path, journal_of(path), source.tracks, block_bytes=100_000)
    for unit in source.units[:1500]:
        writer.add(unit)
    writer.abandon()  # as far as the files go this is what a kill leaves, torn tail apart
    with path.open("ab") as file:
        file.write(b"\0\1\0\0mdat torn")
    resumed = Mp4Writer.resume(path, journal_of(path), block_bytes=100_000)
    assert resumed.resumed is not None
    assert resumed.resumed.dropped_bytes == 13
    written = {one.track.index: one.samples for one in resumed.resumed.tracks}
    assert all(count > 0 for count in written.values())
    rest: Iterator[AccessUnit] = iter(source.units)
    for unit in rest:
        if written[unit.track]:
            written[unit.track] -= 1
        else:
            resumed.add(unit)
    close(resumed)
    decodes_without_a_word(path)
    again = Source(path)
    for old, new in zip(source.tracks, again.tracks, strict=True):
        assert digest(u.payload for u in source.of(old)) == digest(u.payload for u in again.of(new))


def test_elementary_streams(footage: Path, tmp_path: Path) -> None:
    source = Source(footage / "bottle-detection.mp4")
    path = tmp_path / "a.mp4"
    write(path, source.units, source.tracks)
    movie = open_movie(path)
    extract(movie, movie.tracks[0], tmp_path / "a.h264")
    assert ffprobe(tmp_path / "a.h264", "-count_packets", "-show_streams")["streams"][0]["nb_read_packets"] == "1189"
    decodes_without_a_word(tmp_path / "a.h264")

    source = Source(footage / "car-detection.mp4")
    path = tmp_path / "b.mp4"
    write(path, source.units, source.tracks)
    movie = open_movie(path)
    extract(movie, movie.tracks[1], tmp_path / "b.aac")
    packets = ffprobe(tmp_path / "b.aac", "-count_packets", "-show_streams")["streams"][0]["nb_read_packets"]
    assert int(packets) == len(source.of(source.tracks[1]))
    decodes_without_a_word(tmp_path / "b.aac")


def test_frames_table_points_at_the_samples(source: Source, tmp_path: Path) -> None:
    """Unpacked with gzip, read line by line, checked against the file: what an expert does without vssx."""
    path, table = tmp_path / "a.mp4", tmp_path / "frames.csv.gz"
    write(path, source.units, source.tracks)
    write_frames(journal_of(path), table)
    content = path.read_bytes()
    rows = [line.split(",") for line in run(peers.need("gzip"), "-dc", table).splitlines()]
    assert rows[0] == ["track", "sample", "offset", "size", "utc", "rtp", "ntp", "flags"]
    for number, track in enumerate(source.tracks, 1):
        mine = [row for row in rows[1:] if row[0] == str(number)]
        units = source.of(track)
        assert [int(row[1]) for row in mine] == list(range(1, len(units) + 1))
        for row, unit in zip(mine, units, strict=True):
            offset, size = int(row[2]), int(row[3])
            assert content[offset : offset + size] == unit.payload


PAGE = """<video id=v muted src="{url}"></video><script>
const v = document.getElementById('v');
const once = name => new Promise((done, fail) => {{
  v.addEventListener(name, done, {{once: true}});
  v.addEventListener('error', () => fail(v.error.message), {{once: true}});
}});
window.check = async () => {{
  if (v.readyState < 2) await once('loadeddata');
  const before = [v.duration, v.videoWidth, v.videoHeight];
  const seeks = [];
  for (const part of [0.7, 0.2, 0.95]) {{
    v.currentTime = v.duration * part;
    await once('seeked');
    seeks.push([v.currentTime / v.duration, v.readyState]);
  }}
  v.currentTime = 0;
  await once('seeked');
  await v.play();
  while (v.currentTime < 0.5) await new Promise(r => requestAnimationFrame(r));
  v.pause();
  return {{before, seeks, played: v.currentTime, frames: v.getVideoPlaybackQuality().totalVideoFrames}};
}};
</script>"""


@pytest.mark.parametrize("choice", ["out-of-band", "in-band"])
@pytest.mark.parametrize("name", ["bottle-detection.mp4", "car-detection.mp4"])
def test_chromium_plays_and_seeks(footage: Path, tmp_path: Path, name: str, choice: str) -> None:
    browser_path = peers.need("chromium")
    peers.need_module("playwright")
    from playwright.sync_api import sync_playwright

    source = Source(footage / name)
    path = tmp_path / "a.mp4"
    write(path, source.units, source.tracks, block_bytes=100_000, sample_entry=choice)
    page_path = tmp_path / "page.html"
    page_path.write_text(PAGE.format(url=path.as_uri()), encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=browser_path,
            args=["--no-sandbox", "--allow-file-access-from-files", "--autoplay-policy=no-user-gesture-required"],
        )
        try:
            page = browser.new_page()
            page.goto(page_path.as_uri())
            seen = page.evaluate("window.check()")
        finally:
            browser.close()
    first = source.units[0].configuration
    assert seen["before"][1:] == [first.width, first.height]
    stream = ffprobe(path, "-show_format")["format"]
    assert seen["before"][0] == pytest.approx(float(stream["duration"]), abs=0.1)
    assert [round(part, 2) for part, _ in seen["seeks"]] == [0.7, 0.2, 0.95]
    assert all(state >= 2 for _, state in seen["seeks"])
    assert seen["frames"] > 0


def test_meta_is_the_last_box(source: Source, tmp_path: Path) -> None:
    """Walked by hand: the order of the boxes that readers in the field insist on."""
    path = tmp_path / "a.mp4"
    write(path, source.units, source.tracks, block_bytes=100_000)
    content = path.read_bytes()
    kinds, at = [], 0
    while at < len(content):
        size, kind = struct.unpack_from(">I4s", content, at)
        kinds.append(kind.decode())
        at += size
    assert at == len(content)
    assert kinds[0] == "ftyp"
    assert kinds[-2:] == ["moov", "meta"]
    assert set(kinds[1:-2]) == {"mdat"}
