"""Timed metadata of local MP4 files: carried where it is ONVIF's, with its bytes, times and encoding."""

from __future__ import annotations

import pytest

from tests.clips import encode
from tests.unit.source.test_movie_samples import _assert_alike
from vssx.isobmff.writer import Mp4Writer
from vssx.model.handover import ExportUnit, SourceIdentity
from vssx.model.media import NS, AccessUnit, Assumption, Codec, Loss, SourceTrack, StreamEnd, TimeSource, TrackType
from vssx.model.metadata import ADDED_TRACK, RECORDED_TRACK
from vssx.onvif.metadata_sample import GZIP, XML
from vssx.source.local import open_local

T0 = 1_714_564_800 * NS
SENT = [(0.3, b"<a/>", XML), (0.3, b"<b/>", XML), (0.9, b"\x1f\x8b\x08", GZIP), (0.5, b"", XML), (1.1, b"<c/>", XML)]


def metadata(index, name=RECORDED_TRACK):
    return SourceTrack(
        index=index,
        track_type=TrackType.METADATA,
        codec=Codec.ONVIF_METADATA,
        timescale=10_000,
        description=name,
    )


def document(track, seconds, payload, configuration=XML):
    return AccessUnit(
        track=track,
        payload=payload,
        run=0,
        run_start_ns=T0,
        ticks=round(seconds * 10_000),
        timescale=10_000,
        clean_point=True,
        configuration=configuration,
        time_source=TimeSource.REPLAY_EXTENSION,
    )


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return encode(tmp_path_factory.mktemp("clips") / "clip.mp4", frames=30, options={"g": "10"}, audio=True)


@pytest.fixture
def movie(clip, tmp_path):
    """A second of video and sound with a recorded and an added metadata track."""
    path = tmp_path / "movie.mp4"
    with open_local(clip, start_ns=T0) as source:
        tracks = (*source.tracks, metadata(7), metadata(8, ADDED_TRACK))
        with Mp4Writer(path, tmp_path / "journal", tracks) as writer:
            for item in source:
                if isinstance(item, AccessUnit):
                    writer.add(item)
            for seconds, payload, configuration in SENT:
                writer.add(document(7, seconds, payload, configuration))
            writer.add(document(8, 0.7, b"<added/>"))
            writer.close(
                export_unit=ExportUnit(name="test"),
                sources={track.index: SourceIdentity(name="camera") for track in tracks},
                position=None,
                creation_ns=T0,
            )
    return path


def documents(items, track):
    units = [item for item in items if isinstance(item, AccessUnit) and item.track == track]
    return [(unit.utc_ns, unit.payload, unit.configuration) for unit in units]


def first_picture(items):
    return next(one for one in items if isinstance(one, AccessUnit) and one.track == 0)


def expected(shift_ns=0):
    return [(T0 + shift_ns + round(one * NS), payload, encoding) for one, payload, encoding in SENT]


def test_documents_keep_bytes_times_encoding_and_order(movie, monkeypatch):
    items = _assert_alike(movie, monkeypatch)
    with open_local(movie) as source:
        found = list(source)
        *_, recorded, added = source.tracks
        assert [track.index for track in source.tracks] == [0, 1, 2, 3]
        assert not any(one.subject == "left out" for one in source.assumptions)
    assert (recorded.track_type, recorded.added, recorded.description) == (TrackType.METADATA, False, RECORDED_TRACK)
    assert (added.added, added.description) == (True, ADDED_TRACK)
    assert documents(found, 2) == expected()
    assert documents(found, 3) == [(T0 + 700_000_000, b"<added/>", XML)]
    assert found[-1].proven
    assert isinstance(found[-1], StreamEnd)
    assert not [one for one in [*items, *found] if isinstance(one, Loss)]


def test_what_passes_for_recorded_in_an_added_track_is_left_out(movie, monkeypatch):
    monkeypatch.setattr("vssx.source.local_metadata.calls_itself_recorded", lambda payload, _: payload == b"<added/>")
    with open_local(movie) as source:
        items = list(source)
        [told] = [one for one in source.assumptions if one.subject == "events"]
    assert (told.track, "as it claims them; no recorder was asked" in told.detail) == (3, True)
    assert documents(items, 2) == expected()
    assert not documents(items, 3)
    [loss] = [one for one in items if isinstance(one, Loss)]
    assert (loss.track, loss.detail.startswith("1 of the documents that an exporter added call")) == (3, True)


def test_documents_lie_among_the_pictures_of_their_time(movie):
    with open_local(movie) as source:
        order = [item.track for item in source if isinstance(item, AccessUnit)]
    place = order.index(3)
    assert 10 < sum(track == 0 for track in order[:place]) < 30


def test_a_start_given_by_the_caller_moves_documents_with_the_pictures(movie):
    with open_local(movie) as source:
        before = list(source)
    with open_local(movie, start_ns=T0 + 3600 * NS) as source:
        items = list(source)
    moved_ns = first_picture(items).utc_ns - first_picture(before).utc_ns
    assert moved_ns > 3599 * NS
    assert documents(items, 2) == expected(moved_ns)
    assert {one.time_source for one in items if isinstance(one, AccessUnit)} == {TimeSource.ASSERTED}


def changed(path, old, new):
    content = path.read_bytes()
    assert content.count(old) >= 1
    path.write_bytes(content.replace(old, new))
    return path


def test_metadata_of_others_is_left_out_and_told(movie):
    changed(movie, b"http://www.onvif.org/ver10/schema", b"http://www.other.org/ver10/schema")
    with open_local(movie) as source:
        items = list(source)
        left_out = [one.detail for one in source.assumptions if one.subject == "left out"]
        assert [track.track_type for track in source.tracks] == [TrackType.VIDEO, TrackType.AUDIO]
    assert len(left_out) == 2
    assert all("timed metadata (metx of the namespace http://www.other.org/ver10/schema)" in one for one in left_out)
    assert not any(isinstance(one, Loss) for one in items)


def test_without_the_origin_of_times_documents_follow_the_presentation(movie):
    changed(movie, b"cstb", b"skip")
    with open_local(movie, start_ns=T0 - NS) as source:
        items = list(source)
    moved_ns = first_picture(items).utc_ns - T0
    found = [(round((utc_ns - T0 - moved_ns) / NS, 4), payload) for utc_ns, payload, _ in documents(items, 2)]
    assert found == [(seconds, payload) for seconds, payload, _ in SENT]


def test_documents_behind_the_end_of_a_cut_file_are_a_loss(movie):
    content = bytearray(movie.read_bytes())
    place = content.index(b"<c/>")
    name = content.index(b"stco", content.index(RECORDED_TRACK.encode()))
    entries = int.from_bytes(content[name + 8 : name + 12], "big")
    for entry in range(entries):
        at = name + 12 + 4 * entry
        offset = int.from_bytes(content[at : at + 4], "big")
        if offset <= place < offset + 100 and entry == entries - 1:
            content[at : at + 4] = (len(content) + 5).to_bytes(4, "big")
    movie.write_bytes(content)
    with open_local(movie) as source:
        items = list(source)
    [loss] = [one for one in items if isinstance(one, Loss)]
    assert loss.track == 2
    assert "metadata documents" in loss.detail
    assert not items[-1].proven


def test_metadata_of_a_file_whose_boxes_cannot_be_read_is_a_loss(movie):
    content = bytearray(movie.read_bytes())
    table = content.index(b"stsz", content.index(RECORDED_TRACK.encode()))
    content[table + 8 : table + 12] = len(content).to_bytes(4, "big")
    movie.write_bytes(content)
    with open_local(movie) as source:
        assert [track.track_type for track in source.tracks] == [TrackType.VIDEO, TrackType.AUDIO]
        items = list(source)
    details = [one.detail for one in items if isinstance(one, Loss)]
    assert sum("whether it is timed metadata cannot be told" in one for one in details) == 2
    assert not items[-1].proven


def test_a_file_without_metadata_has_no_track_of_it(clip, tmp_path):

    with open_local(clip, start_ns=T0) as source:
        assert not source._metadata
        assert not [one for one in source.assumptions if isinstance(one, Assumption) and one.subject == "left out"]
