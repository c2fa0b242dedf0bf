"""What ``vssx inspect`` tells of metadata tracks, and ``vssx remux`` makes of them."""

import json

from click.testing import CliRunner

from tests.unit.source.test_local_metadata import SENT, clip, documents, expected, movie
from vssx.cli.main import cli
from vssx.isobmff.reader import open_movie
from vssx.model.metadata import ADDED_TRACK, RECORDED_TRACK
from vssx.source.local import open_local

__all__ = ["clip", "movie"]  # fixtures


def run(*arguments):
    """A command that works, and what it prints."""
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 0, result.output
    return result


def test_inspect_shows_metadata_tracks(movie):
    found = json.loads(run("inspect", "--json", str(movie)).output)
    *media, recorded, added = found["tracks"]
    assert [track["metadata"] for track in media] == [None, None]
    assert recorded["metadata"] == {
        "namespaces": ["http://www.onvif.org/ver10/schema"],
        "encodings": [{"encoding": "xml", "documents": 4}, {"encoding": "gzip", "documents": 1}],
        "added_by_exporter": False,
    }
    assert (recorded["handler_name"], recorded["samples"], recorded["gaps"]) == (RECORDED_TRACK, len(SENT), [])
    assert added["metadata"]["added_by_exporter"]
    text = run("inspect", str(movie)).output
    for line in ("5 documents, 4 xml, 1 gzip, 1/10000 s", ADDED_TRACK, "namespace http://www.onvif.org/ver10/schema"):
        assert line in text


def test_remux_carries_them_and_keeps_the_added_one_added(movie, tmp_path):
    run("remux", str(movie), "--name", "R", "--output", str(tmp_path))
    [path] = (tmp_path / "R").glob("data/*/*.mp4")
    assert [track.handler_name for track in open_movie(path).tracks[-2:]] == [RECORDED_TRACK, ADDED_TRACK]
    with open_local(path) as source:
        items = list(source)
        assert [track.added for track in source.tracks] == [False, False, False, True]
    assert documents(items, 2) == expected()
    [section] = json.loads((tmp_path / "R" / "handover.json").read_text())["recordings"]
    assert section["losses"] == []
    assert "left out" not in {one["subject"] for one in section["assumptions"]}
