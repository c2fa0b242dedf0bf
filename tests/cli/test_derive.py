"""vssx derive: what it refuses, and what it says."""

from __future__ import annotations

from pathlib import Path

import av
import pytest

from tests.clips import encode
from tests.export_files import START_NS, export_file
from tests.handovers import handover
from vssx.cli.main import main
from vssx.jobs.derive import derive, sources
from vssx.times import to_xs_datetime


def test_says_what_to_derive(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["derive", str(tmp_path / "a.mp4"), "--output", str(tmp_path)]) == 2
    assert "--viewing-copy" in capsys.readouterr().err


def test_never_into_a_handover_and_never_over_anything(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bag = handover(tmp_path)
    clip = encode(tmp_path / "clip.mp4", frames=3)
    for place in (bag, bag / "data", bag / "new"):
        assert main(["derive", "--viewing-copy", str(clip), "--output", str(place)]) == 30
    assert "inside the handover" in capsys.readouterr().err
    out = tmp_path / "out"
    assert main(["derive", "--viewing-copy", str(clip), "--output", str(out)]) == 0
    assert capsys.readouterr().out == f"{out / 'clip.viewing-copy.mp4'}\n"
    assert main(["derive", "--viewing-copy", str(clip), "--output", str(out)]) == 30
    assert [path.name for path in out.iterdir()] == ["clip.viewing-copy.mp4"]


def test_a_copy_of_each_file_of_a_handover(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bag = handover(tmp_path)
    assert main(["derive", "--viewing-copy", str(bag), "--output", str(tmp_path / "out")]) == 0
    made = capsys.readouterr().out.splitlines()
    assert sorted(made) == sorted(
        str(tmp_path / "out" / f"{path.stem}.viewing-copy.mp4") for path in bag.glob("data/*/*.mp4")
    )


def test_what_is_no_media_leaves_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = tmp_path / "text.mp4"
    text.write_text("no media")
    assert main(["derive", "--viewing-copy", str(text), "--output", str(tmp_path / "out")]) == 20
    assert main(["derive", "--viewing-copy", str(tmp_path / "none.mp4"), "--output", str(tmp_path / "out")]) == 33
    assert not list((tmp_path / "out").iterdir())
    assert capsys.readouterr().out == ""


def test_the_band_says_what_it_is_and_leaves_the_picture_alone(tmp_path: Path) -> None:
    """The band is below; its letters are those of the label and of the picture's UTC."""
    clip = encode(tmp_path / "clip.mp4", size=(320, 240), frames=5, options={"qp": "0"})
    file = export_file(clip, tmp_path / "export.mp4")
    (source,) = sources(file, tmp_path / "out")
    made = derive(source, lambda _media_ns, _octets: None)
    assert made.copy.pictures == made.copy.samples == 5
    assert made.shortfalls == ()
    assert to_xs_datetime(START_NS).startswith("2024-05-01T12:00:00")
    with av.open(str(made.path)) as container, av.open(str(file)) as original:
        copied = [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]
        given = [frame.to_ndarray(format="gray") for frame in original.decode(video=0)]
    assert copied[0].shape[0] > 240
    for copy, picture in zip(copied, given, strict=True):
        assert abs(copy[:240].astype(int) - picture.astype(int)).mean() < 8
        band = copy[240:]
        assert (band > 200).any()
        assert (band < 40).mean() > 0.5


def test_damage_is_told_and_ends_with_100(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clip = encode(tmp_path / "clip.mp4", size=(160, 96), frames=40, options={"x264-params": "bframes=0:keyint=10"})
    data = bytearray(clip.read_bytes())
    start = data.index(b"mdat")
    for at in range(start + 2500, start + 6000):
        data[at] ^= 0x77
    clip.write_bytes(data)
    assert main(["derive", "--viewing-copy", str(clip), "--output", str(tmp_path / "out")]) == 100
    assert "damaged" in capsys.readouterr().err
