"""--split on real media: every sample once, sound parted where the picture is, each file decodable by itself."""

import itertools
import subprocess
from pathlib import Path

import pytest

from tests.cli.test_export import assert_same_media, media_of, record_of, recorder, run, section_of
from tests.clips import encode
from tests.peers import need
from vssx.isobmff.reader import open_movie
from vssx.times import NS, from_xs_datetime

__all__ = ["recorder"]

SPAN = ("--from", "2026-03-14T06:30:00Z", "--to", "2026-03-14T06:30:32Z")


def test_files_of_ten_seconds(recorder, samples, tmp_path, capsys):
    arguments = ("--recording", "north-gate", *SPAN, "--split", "10s", "--output", tmp_path)
    code, out, err = run(capsys, "export", recorder, *arguments)
    assert code == 0, err
    assert_same_media(samples / "north-gate.mp4", Path(out.strip()))
    assert record_of(out.strip())["requested"]["options"]["split"] == "files of 10 seconds"
    files = section_of(out.strip())["files"]
    assert len(files) == 4
    for file, following in itertools.pairwise(files):
        video, audio = file["tracks"]
        border = from_xs_datetime(following["tracks"][0]["first"])
        assert from_xs_datetime(video["last"]) < border
        assert border - 25_000_000 <= from_xs_datetime(audio["last"]) < border  # one frame of AAC is 21 ms
        assert border <= from_xs_datetime(following["tracks"][1]["first"]) < border + 25_000_000
        assert border - from_xs_datetime(video["first"]) >= 10 * NS
    assert run(capsys, "verify", out.strip())[0] == 42


def decoded_pictures(path: Path) -> int:
    """How many pictures ffmpeg shows of a file that it finds nothing wrong with."""
    command = [need("ffmpeg"), "-v", "error", "-i", str(path), "-map", "0:v", "-f", "framemd5", "-"]
    decoded = subprocess.run(command, capture_output=True, text=True, check=True)
    assert decoded.stderr == ""
    return len([line for line in decoded.stdout.splitlines() if not line.startswith("#")])


def test_each_file_decodes_by_itself(recorder, tmp_path, capsys):
    arguments = ("--recording", "north-gate", *SPAN, "--split", "5s", "--output", tmp_path)
    code, out, err = run(capsys, "export", recorder, *arguments)
    assert code == 0, err
    assert len(media_of(out.strip())) > 3
    for path in media_of(out.strip()):
        assert decoded_pictures(path) == open_movie(path).tracks[0].sample_count
    assert section_of(out.strip())["assumptions"] == []


def test_where_every_group_leans_on_the_one_before_that_is_told(recorder, samples, tmp_path, capsys):
    """loading-dock is H.265 with open groups of pictures throughout."""
    span = ("--from", "2026-03-14T09:15:00Z", "--to", "2026-03-14T09:15:30Z")
    arguments = ("--recording", "loading-dock", *span, "--split", "5s", "--output", tmp_path)
    code, out, err = run(capsys, "export", recorder, *arguments)
    assert code == 0, err
    assert_same_media(samples / "loading-dock.mp4", Path(out.strip()))
    first, second = media_of(out.strip())
    assert decoded_pictures(first) == open_movie(first).tracks[0].sample_count
    assert decoded_pictures(second) < open_movie(second).tracks[0].sample_count
    [told] = section_of(out.strip())["assumptions"]
    assert told["subject"] == "split inside an open group of pictures"


def test_files_of_two_megabytes(tmp_path, capsys):
    source = encode(tmp_path / "a.mp4", frames=200, size=(320, 240), options={"qp": "0", "g": "5"}, audio=True)
    arguments = ("--start", "2026-01-01T00:00:00Z", "--split", "1MB", "--output", tmp_path / "out")
    code, out, err = run(capsys, "remux", source, *arguments)
    assert code == 0, err
    assert_same_media(source, Path(out.strip()))
    sizes = [path.stat().st_size for path in media_of(out.strip())]
    assert len(sizes) > 2
    assert max(sizes) <= 1_000_000
    assert min(sizes[:-1]) > 900_000


@pytest.mark.parametrize("text", ["10", "0s", "0.5s", "10kB", "x", "10mm"])
def test_no_way_to_split(text, tmp_path, capsys):
    code, _, err = run(capsys, "remux", "x.mp4", "--split", text, "--output", tmp_path)
    assert code == 2
    assert "--split" in err
