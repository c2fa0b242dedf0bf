"""Where an MP4 says that it comes from: its own word, carried over without secrets."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from tests.unit.source.raw import AUDIO, VIDEO
from vssx.model.handover import SourceIdentity
from vssx.source import local_origin


@pytest.fixture
def told(monkeypatch, tmp_path):
    """What is told of a file that says this of its two tracks, with the IDs 7 and 3."""
    tracks = (SimpleNamespace(track_id=7), SimpleNamespace(track_id=3))

    def ask(*sources):
        movie = SimpleNamespace(tracks=tracks, export=SimpleNamespace(sources=sources))
        monkeypatch.setattr(local_origin, "has_boxes", lambda _: True)
        monkeypatch.setattr(local_origin, "open_boxes", lambda _: (movie, None))
        return local_origin.origins_of(tmp_path / "file.mp4", [replace(VIDEO, token="0"), replace(AUDIO, token="1")])

    return ask


def test_each_track_has_its_own_source(told):
    gate, hall = SourceIdentity(name="Gate", url="rtsp://a/1", mac="00", line="2"), SourceIdentity(name="Hall")
    found = told((3, hall), (7, gate))
    assert found.sources == {0: gate, 1: hall}
    assert len(found.assumptions) == 2
    assert '"Hall", no address given' in found.assumptions[1].detail


def test_passwords_stay_behind(told):
    found = told((7, SourceIdentity(name="Gate", url="rtsp://admin:hunter2@a:554/1?x=1")))
    assert found.sources[0].url == "rtsp://a:554/1?x=1"
    assert "hunter2" not in found.assumptions[0].detail


@pytest.mark.parametrize("name", ["", " ", "unknown"])
def test_a_file_that_names_no_source_says_nothing(told, name):
    assert told((7, SourceIdentity(name=name))).sources == {}
    assert told((7, SourceIdentity(name=name, url="rtsp://a"))).sources[0] == SourceIdentity(
        name="file", url="rtsp://a"
    )


def test_a_hostile_name_is_shown_short_and_printable(told):
    found = told((7, SourceIdentity(name="\x1b[31m\u202e" + "x" * 10_000)))
    assert found.assumptions[0].detail.isprintable()
    assert len(found.assumptions[0].detail) < 1_000
