"""Timed metadata from GStreamer's ONVIF RTSP server, and from our own: what ends up in the MP4, as other people's
programs see it.

An export of video and one metadata track, whose RTP packets are made by hand; everything here judges that handover.
"""

from __future__ import annotations

import base64
import csv
import gzip
import json
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import av
import pytest

from tests import peers
from tests.conformance import onvif_schemas
from tests.interop import media
from tests.interop.chromium import shown
from tests.interop.commands import media_of, recorder, run
from tests.interop.gst_server.footage import Documents, Sent, serving
from tests.interop.gst_server.soap_front import TOKEN, Recording, fronting
from tests.scene_documents import DECLARATION, access_denied, motion, scene
from vssx import times
from vssx.errors import ExitCode

pytestmark = pytest.mark.interop

NS = times.NS
START = times.from_user("2024-05-01T12:00:00Z")
BOM = b"\xef\xbb\xbf"
EVERY = 200_000_000
TICK = 100_000  # of the metadata track, ns


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A document: what goes over the wire before it and is not part of it, and the document."""

    utc_ns: int
    before: bytes
    document: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A handover and what went into it. ``pictures``: UTC of each, ns."""

    handover: Path
    file: Path
    pictures: tuple[int, ...]
    given: tuple[Given, ...]


def _given() -> Iterator[Given]:
    befores = (b"", DECLARATION, BOM, BOM + DECLARATION + b"\n")
    for number in range(195):
        utc_ns = START + number * EVERY
        happened = [motion(utc_ns, number % 40 == 0)] if number % 20 == 0 else []
        happened += [access_denied(utc_ns, "4711 <&>")] if number == 77 else []
        objects = 250 if number in (10, 90) else number % 4  # 250: some 100 packets
        document = scene(number, utc_ns, objects=objects, ptz=number % 5 == 0, occurrences=happened)
        yield Given(utc_ns=utc_ns, before=befores[number % 4], document=document)
        if number % 30 == 3:  # several of one time
            for more in range(number // 30 + 1):
                document = scene(1000 + more, utc_ns, objects=1)
                yield Given(utc_ns=utc_ns, before=befores[more % 4], document=document)


def _key(work: Path) -> tuple[str | Path, ...]:
    run("keys", "create", "--output", work / "keys")
    return ("--key", work / "keys" / "key.pem", "--cert", work / "keys" / "cert.pem")


def _exported(
    footage: Path, work: Path, track: Documents, level: str = "0M+0E", expect: int = 0
) -> tuple[str, tuple[Sent, ...]]:
    """What ``vssx export`` printed, with a key in work/keys, and the pictures."""
    with serving(footage / "bottle-detection.mp4", work, start_ns=START, metadata=(track,), ends=True) as served:
        last = max(one.utc_ns for one in served.tracks[0])
        tracks = (("VIDEO000", "Video"), ("APPLICATION001", "Metadata"))
        recording = Recording(replay_uri=served.url, start_ns=START, end_ns=last, tracks=tracks)
        with fronting(recording) as address:
            range_ = ("--from", times.to_xs_datetime(START), "--to", times.to_xs_datetime(last + NS))
            out = ("--output", work, "--level", level, "--timeout", "4", *_key(work))
            return run("export", address, "--recording", TOKEN, *range_, *out, expect=expect), served.tracks[0]


def _from_embedded_recorder(footage: Path, work: Path, documents: Sequence[tuple[int, bytes]]) -> str:
    """What ``vssx export`` printed."""
    served = work / "served"
    served.mkdir()
    shutil.copy(footage / "bottle-detection.mp4", served / "yard.mp4")
    (served / "yard.toml").write_text("start = 2024-05-01T12:00:00Z\n", encoding="utf-8")
    with (served / "yard.metadata.jsonl").open("w", encoding="utf-8") as file:
        for utc_ns, document in documents:
            line = {"utc": times.to_xs_datetime(utc_ns), "base64": base64.b64encode(document).decode()}
            file.write(json.dumps(line) + "\n")
    with recorder(served) as address:
        range_ = ("--from", times.to_xs_datetime(START), "--to", times.to_xs_datetime(START + 60 * NS))
        options = ("--level", "0M+0E", "--times", "recorder", "--output", work, *_key(work))
        return run("export", address, "--recording", "yard", *range_, *options)


@pytest.fixture(scope="module", params=["own packets", "shared access units", "embedded recorder"])
def case(request: pytest.FixtureRequest, footage: Path, tmp_path_factory: pytest.TempPathFactory) -> Case:
    work = tmp_path_factory.mktemp("metadata")
    given = tuple(_given())
    documents = tuple((one.utc_ns, one.before + one.document) for one in given)
    if request.param == "embedded recorder":
        printed = _from_embedded_recorder(footage, work, documents)
        source = media.packets(footage / "bottle-detection.mp4")
        first = min(one.pts for one in source)
        pictures = tuple(START + round((one.pts - first) * NS) for one in source)
    else:
        track = Documents(documents=documents, shared=request.param == "shared access units")
        printed, sent = _exported(footage, work, track)
        pictures = tuple(one.utc_ns for one in sent)
    handover = Path(printed.strip())
    (file,) = media_of(handover)
    return Case(handover=handover, file=file, pictures=pictures, given=given)


def test_documents_are_those_sent_at_the_times_sent(case: Case) -> None:
    packets = media.packets(case.file, 1)
    assert [one.payload for one in packets] == [one.document for one in case.given]
    origin = media.origin_ns(case.file)
    found = [origin + round(one.pts * NS) for one in packets]
    assert max(abs(a - b.utc_ns) for a, b in zip(found, case.given, strict=True)) <= TICK
    # and the video of the same file is at its own times: what was together is together
    shown = [origin + round(one.pts * NS) for one in media.packets(case.file)]
    assert max(abs(a - b) for a, b in zip(shown, case.pictures, strict=True)) <= NS // 90_000


def test_ffprobe_lists_the_tracks(case: Case) -> None:
    shown = "stream=index,codec_type,codec_tag_string,nb_frames,nb_read_packets,start_time:stream_tags=handler_name"
    command = [peers.need("ffprobe"), "-v", "error", "-of", "json", "-count_packets", "-show_entries", shown]
    ended = subprocess.run([*command, str(case.file)], capture_output=True, text=True, check=True)
    assert not ended.stderr
    video, recorded, added = json.loads(ended.stdout)["streams"]
    assert (video["codec_type"], recorded["codec_type"], added["codec_type"]) == ("video", "data", "data")
    assert (recorded["codec_tag_string"], added["codec_tag_string"]) == ("metx", "metx")
    assert int(recorded["nb_frames"]) == int(recorded["nb_read_packets"]) == len(case.given)
    assert recorded["tags"]["handler_name"].startswith("metadata as recorded")
    assert "added by the exporter" in added["tags"]["handler_name"]
    origin = media.origin_ns(case.file)
    assert abs(origin + float(recorded["start_time"]) * NS - case.given[0].utc_ns) <= TICK + 1000


def test_ffmpeg_gives_the_documents_back(case: Case) -> None:
    command = [peers.need("ffmpeg"), "-v", "error", "-nostdin", "-i", str(case.file), "-map", "0:d:0", "-c", "copy"]
    ended = subprocess.run([*command, "-f", "data", "-"], capture_output=True, check=True)
    assert not ended.stderr
    assert ended.stdout == b"".join(one.document for one in case.given)


def test_ffmpeg_and_gstreamer_play_the_video(case: Case) -> None:
    command = [peers.need("ffmpeg"), "-v", "error", "-nostdin", "-i", str(case.file), "-f", "null", "-"]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    assert not ended.stdout + ended.stderr
    sinks = ["video-sink=fakesink name=shown silent=false sync=false", "audio-sink=fakesink sync=false"]
    command = [peers.need("gst-launch-1.0"), "-v", "playbin", f"uri={case.file.as_uri()}", *sinks]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert sum("last-message = chain" in line for line in ended.stdout.splitlines()) == media.pictures(case.file)


def _by_gstreamer(path: Path) -> list[dict[str, Any]]:
    script = Path(__file__).with_name("gst_documents.py")
    command = ["/usr/bin/python3", str(script), str(path)]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [json.loads(line) for line in out.splitlines()]


def test_gstreamer_knows_the_documents_and_their_utc(case: Case) -> None:
    """Its demuxer takes the track for ONVIF metadata, and adds up the UTC of every document from ``cstb``."""
    peers.need("gst-launch-1.0")
    documents = _by_gstreamer(case.file)
    assert {one["caps"].partition(",")[0] for one in documents} == {"application/x-onvif-metadata"}
    assert [one["sha256"] for one in documents] == [sha256(one.document).hexdigest() for one in case.given]
    assert max(abs(a["utc"] - b.utc_ns) for a, b in zip(documents, case.given, strict=True)) <= TICK


def test_chromium_plays_and_seeks(case: Case) -> None:
    (seen,) = shown({"video": case.file}, [20.0, 3.5, 28.0, 0.0]).values()
    assert [at for at, *_ in seen["pictures"]] == pytest.approx([20.0, 3.5, 28.0, 0.0], abs=0.01)
    assert len({(total, weight) for _, total, weight in seen["pictures"]}) == 4


def _valid(work: Path, *paths: Path) -> None:
    """By xmllint, against the official schemas, without a network."""
    schemas = onvif_schemas.documents(work)
    command = [peers.need("xmllint"), "--nonet", "--noout", "--schema", str(schemas), *map(str, paths)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr[-2000:]


def test_events_and_documents_are_valid(case: Case, tmp_path: Path) -> None:
    """Also what the exporter added."""
    documents = []
    for index in (1, 2):
        for number, one in enumerate(media.packets(case.file, index)):
            documents.append(tmp_path / f"{index}-{number}.xml")
            documents[-1].write_bytes(one.payload)
    events = case.handover / "data" / case.file.parent.name / "events.xml"
    _valid(tmp_path, events, *documents)


def test_events_are_told_once_each(case: Case) -> None:
    with (case.file.parent / "events.csv").open(encoding="utf-8-sig", newline="") as file:
        rows: list[dict[str, Any]] = list(csv.DictReader(file))
    denied = [row for row in rows if "AccessControl/Denied" in row["topic"]]
    moved = [row for row in rows if row["topic"] == "tns1:VideoSource/MotionAlarm"]
    assert len(denied) == 1
    assert len([row for row in moved if row["operation"] == "Changed"]) == 10


def test_the_handover_verifies_at_its_level(case: Case) -> None:
    claims = json.loads((case.handover / "handover.json").read_text("utf-8"))["claims"]
    assert claims["level"] == "0M+0E"
    run("verify", case.handover, "--level", "0M+0E", "--trust", case.handover.parent / "keys" / "cert.pem")


def test_other_peoples_demuxer_reads_the_sample_entry(case: Case) -> None:
    """PyAV: one stream of data for each track, none of it taken for subtitles or sound."""
    with av.open(str(case.file)) as container:
        assert [stream.type for stream in container.streams] == ["video", "data", "data"]


def test_remux_carries_the_tracks(case: Case, tmp_path: Path) -> None:
    """What was recorded stays recorded, what was added stays added, at the same times."""
    printed = run("remux", case.file, "--level", "0M+0E", "--output", tmp_path)
    (again,) = media_of(Path(printed.strip()))
    origins = media.origin_ns(case.file), media.origin_ns(again)
    for index in (1, 2):
        before, after = media.packets(case.file, index), media.packets(again, index)
        assert [one.payload for one in after] == [one.payload for one in before]
        moved = [
            origins[0] + round(a.pts * NS) - origins[1] - round(b.pts * NS) for a, b in zip(before, after, strict=True)
        ]
        assert max(map(abs, moved)) <= TICK


def _packed(encoding: str, content: Callable[[bytes], bytes]) -> Documents:
    return Documents(
        documents=tuple((one.utc_ns, content(one.document)) for one in _given() if one.utc_ns % NS == 0),
        encoding=encoding,
        size=500,
    )


@pytest.mark.parametrize("encoding", ["VND.ONVIF.METADATA.GZIP", "vnd.onvif.metadata"])
def test_packed_documents_stay_packed_and_are_read(encoding: str, footage: Path, tmp_path: Path) -> None:
    """Also where the SDP does not say that they are."""
    track = _packed(encoding, lambda document: gzip.compress(document, mtime=0))
    printed, _ = _exported(footage, tmp_path, track, "0M")
    (file,) = media_of(Path(printed.strip()))
    assert [one.payload for one in media.packets(file, 1)] == [document for _, document in track.documents]
    assert b"metx" + bytes(6) + b"\0\1gzip\0http://www.onvif.org/ver10/schema\0\0" in file.read_bytes()
    text = (file.parent / "metadata.xml").read_bytes()
    assert all(gzip.decompress(document) in text for _, document in track.documents)
    run("verify", printed.strip(), "--level", "0M", "--trust", tmp_path / "keys" / "cert.pem")


def test_encodings_that_alternate_in_a_track(footage: Path, tmp_path: Path) -> None:
    """Each has a sample entry of its own; ffmpeg and GStreamer give all documents back as they are."""
    documents = [
        (one.utc_ns, gzip.compress(one.document, mtime=0) if number % 3 == 1 else one.document)
        for number, one in enumerate(_given())
    ]
    (file,) = media_of(Path(_from_embedded_recorder(footage, tmp_path, documents).strip()))
    command = [peers.need("ffmpeg"), "-v", "error", "-nostdin", "-i", str(file), "-map", "0:d:0", "-c", "copy"]
    ended = subprocess.run([*command, "-f", "data", "-"], capture_output=True, check=True)
    assert (ended.stdout, ended.stderr) == (b"".join(document for _, document in documents), b"")
    peers.need("gst-launch-1.0")
    assert [one["sha256"] for one in _by_gstreamer(file)] == [sha256(document).hexdigest() for _, document in documents]


def test_exi_is_kept_and_bears_no_level(footage: Path, tmp_path: Path) -> None:
    track = _packed("vnd.onvif.metadata.exi.onvif", lambda document: b"\xa0" + sha256(document).digest() * 20)
    _exported(footage, tmp_path, track, "0M", ExitCode.LEVEL_NOT_BORNE)
    partial = next(tmp_path.glob("*.partial"))
    (file,) = media_of(partial)
    assert [one.payload for one in media.packets(file, 1)] == [document for _, document in track.documents]
    assert b"metx" + bytes(6) + b"\0\1exi\0" in file.read_bytes()
