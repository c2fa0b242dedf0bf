"""Metadata tracks in the files of a camera: nothing lost, nothing doubled, whatever run wrote them."""

import dataclasses
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.evidence.test_media import AUDIO, METADATA, VIDEO, counts, document, frame, gap, receive, target
from vssx.evidence.media import MediaFiles
from vssx.evidence.staging import open_staging
from vssx.isobmff.journal import JournalReader
from vssx.isobmff.reader import open_movie
from vssx.isobmff.writer import Mp4Writer
from vssx.model.handover import ExportUnit, SourceIdentity
from vssx.model.media import Codec, CodecConfiguration, Loss, SourceTrack, TimeSource, TrackType
from vssx.model.metadata import ADDED_TRACK
from vssx.rtsp.rtp import make_replay_extension
from vssx.times import NS

BOTH = (VIDEO, METADATA)
ADDED = SourceTrack(
    index=7,
    track_type=TrackType.METADATA,
    codec=Codec.ONVIF_METADATA,
    timescale=10_000,
    description=ADDED_TRACK,
    added=True,
)


def close(writer):
    return writer.close(
        export_unit=ExportUnit(name="test"),
        sources={track.index: SourceIdentity(name="camera") for track in writer.tracks},
        position=None,
        creation_ns=NS,
    )


def documents(directory, received, name="Metadata"):
    """By file: UTC in seconds and bytes of the samples of the metadata track called so."""
    found = []
    for media in received.media:
        movie = open_movie(directory / "H.partial" / media.file.path)
        for track in movie.tracks:
            if track.track_type is TrackType.METADATA and track.handler_name == name:
                start_ns = movie.start_ns(track)
                found.append(
                    [
                        ((start_ns + sample.composition * NS // track.timescale) / NS, bytes(payload))
                        for sample, payload in movie.iter_payloads(track)
                    ]
                )
    return found


def added(seconds, payload):
    return dataclasses.replace(document(seconds, payload), track=7)


def told(seconds, payload):
    """A document with the recorder's word of its time."""
    return dataclasses.replace(document(seconds, payload), extension=make_replay_extension(int(seconds * NS), cseq=0))


def test_documents_are_samples_and_not_doubled_after_a_cut(tmp_path):
    receive(tmp_path, [frame(0, 1), told(1, b"<a/>"), frame(0, 2), told(2, b"<b/>")], tracks=BOTH, fail=True)
    items = [told(1, b"<a/>"), frame(0, 2), told(2, b"<b/>"), frame(0, 3), told(3, b"<c/>")]
    received = receive(tmp_path, items, tracks=BOTH)
    assert documents(tmp_path, received) == [[(1, b"<a/>"), (2, b"<b/>"), (3, b"<c/>")]]
    assert received.losses == ()


def test_a_document_that_was_late_when_the_run_was_cut_is_written_by_the_next_one(tmp_path):
    receive(tmp_path, [frame(0, 10), told(10, b"<a/>"), frame(0, 12), told(12, b"<c/>")], tracks=BOTH, fail=True)
    items = [frame(0, 12), told(10, b"<a/>"), told(12, b"<c/>"), told(11, b"<b/>"), frame(0, 13)]
    received = receive(tmp_path, items, tracks=BOTH)
    assert documents(tmp_path, received) == [[(10, b"<a/>"), (12, b"<c/>"), (11, b"<b/>")]]


def test_equal_documents_of_one_time_are_each_kept_once(tmp_path):
    twice = [told(1, b"<a/>"), told(1, b"<a/>"), told(1, b"<b/>")]
    receive(tmp_path, [frame(0, 1), *twice[:2]], tracks=BOTH, fail=True)
    received = receive(tmp_path, [frame(0, 1), *twice, frame(0, 2)], tracks=BOTH)
    assert documents(tmp_path, received) == [[(1, b"<a/>"), (1, b"<a/>"), (1, b"<b/>")]]


def test_documents_that_do_not_come_again_are_a_loss(tmp_path):
    first = [frame(0, 20), told(20, b"<a/>"), frame(0, 22), frame(0, 24), told(24, b"<b/>")]
    receive(tmp_path, first, tracks=BOTH, fail=True)
    received = receive(tmp_path, [frame(0, 24), frame(0, 25), told(25, b"<c/>")], tracks=BOTH)
    [loss] = received.losses
    assert isinstance(loss, Loss)
    assert "none of the last 1 metadata documents came again" in loss.detail


def test_a_continued_run_asks_for_documents_that_may_be_late(tmp_path):
    receive(tmp_path, [frame(0, 5), *(frame(0, s) for s in range(6, 31))], tracks=BOTH, fail=True)
    with open_staging(tmp_path, "H", {}) as staging, MediaFiles(staging, target(), lambda _: None) as files:
        assert files.resume_from_ns == 20 * NS


def test_out_of_order_documents_keep_order_and_times(tmp_path):
    items = [frame(0, 1), document(3, b"<c/>"), document(1, b"<a/>"), frame(0, 2), document(2, b"<b/>"), frame(0, 3)]
    received = receive(tmp_path, items, tracks=BOTH)
    assert documents(tmp_path, received) == [[(3, b"<c/>"), (1, b"<a/>"), (2, b"<b/>")]]


def test_each_encoding_has_its_sample_entry(tmp_path):
    packed = dataclasses.replace(
        document(2, b"\x1f\x8b\x08"), configuration=CodecConfiguration(codec=Codec.ONVIF_METADATA, profile="gzip")
    )
    received = receive(tmp_path, [frame(0, 1), document(1, b"<a/>"), packed, frame(0, 2)], tracks=BOTH)
    movie = open_movie(tmp_path / "H.partial" / received.media[0].file.path)
    [track] = [one for one in movie.tracks if one.track_type is TrackType.METADATA]
    assert [entry.content_encoding for entry in track.sample_entries] == ["", "gzip"]
    assert [sample.entry for sample, _ in movie.iter_payloads(track)] == [0, 1]
    assert {entry.namespace for entry in track.sample_entries} == {"http://www.onvif.org/ver10/schema"}


def test_what_the_exporter_adds_is_a_track_that_says_so_and_is_skipped_by_count(tmp_path):
    tracks = (VIDEO, METADATA, ADDED)
    same = [added(second, b"<e/>") for second in (1, 1, 2, 3)]
    receive(tmp_path, [frame(0, 1), *same[:3], frame(0, 2)], tracks=tracks, fail=True)
    received = receive(tmp_path, [*same[:3], frame(0, 2), same[3], frame(0, 3)], tracks=tracks)
    assert documents(tmp_path, received, ADDED_TRACK) == [[(1, b"<e/>"), (1, b"<e/>"), (2, b"<e/>"), (3, b"<e/>")]]
    assert documents(tmp_path, received) == []
    assert received.losses == ()


def test_what_was_added_to_finished_files_is_skipped_as_well(tmp_path):
    tracks = (VIDEO, ADDED)
    stream = [frame(0, 1), added(1, b"<e/>"), frame(0, 2), gap(2, 60), frame(0, 60), added(60, b"<f/>")]
    stream += [frame(0, 100), gap(100, 200), frame(0, 200), added(200, b"<g/>"), frame(0, 201)]
    whole = documents(tmp_path / "a", receive(tmp_path / "a", stream, tracks=tracks), ADDED_TRACK)
    for cut in range(2, len(stream)):
        directory = tmp_path / str(cut)
        receive(directory, stream[:cut], tracks=tracks, fail=True)
        again = receive(directory, stream, tracks=tracks)
        assert documents(directory, again, ADDED_TRACK) == whole, cut
    assert whole == [[(1, b"<e/>")], [(60, b"<f/>")], [(200, b"<g/>")]]


@pytest.mark.parametrize("cut", range(2, 20))
def test_any_cut_leaves_the_same_documents(cut, tmp_path):
    """Documents late, early, twice, and two at a time."""
    stream = [frame(0, 1), told(1, b"<a/>"), told(1, b"<b/>"), frame(0, 2), told(1, b"<b/>"), frame(0, 3)]
    stream += [told(5, b"<e/>"), frame(0, 4), told(2, b"<late/>"), frame(0, 5), frame(0, 6), told(6, b"<x/>")]
    stream += [told(6, b"<x/>"), frame(0, 7), frame(0, 8), told(7, b"<l/>"), frame(0, 9), told(9, b"<m/>")]
    stream += [frame(0, 10), told(10, b"<n/>")]
    whole = documents(tmp_path / "a", receive(tmp_path / "a", stream, tracks=BOTH))
    directory = tmp_path / "cut"
    receive(directory, stream[:cut], tracks=BOTH, fail=True)
    received = receive(directory, stream, tracks=BOTH)
    assert documents(directory, received) == whole
    assert received.losses == ()


def test_the_last_document_holds_until_the_end_of_the_footage_and_no_longer(tmp_path):
    """A track that goes on behind the video would make the recording look longer than it is."""
    frames = [frame(0, second) for second in range(1, 11)]
    received = receive(tmp_path, [frames[0], document(1, b"<a/>"), *frames[1:], document(9, b"<b/>")], tracks=BOTH)
    movie = open_movie(tmp_path / "H.partial" / received.media[0].file.path)
    ends = [movie.start_ns(track) / NS + track.duration / track.timescale for track in movie.tracks]
    assert ends == [11, 11]


def test_the_source_of_what_was_added_is_the_exporter(tmp_path):
    tracks = (VIDEO, METADATA, ADDED)
    received = receive(tmp_path, [frame(0, 1), document(1, b"<a/>"), added(1, b"<e/>"), frame(0, 2)], tracks=tracks)
    export = open_movie(tmp_path / "H.partial" / received.media[0].file.path).export
    assert [source.name for _, source in export.sources] == ["cam", "cam", "vssx"]


def test_documents_come_behind_the_sound_that_they_are_measured_by(tmp_path):
    """A recording without video: its files follow the sound, and a cut run goes on by it."""
    first = dataclasses.replace(METADATA, index=0)
    told = dataclasses.replace(document(1, b"<a/>"), track=0)
    tracks = (first, AUDIO)
    receive(tmp_path, [told, *(frame(1, second) for second in range(1, 30))], tracks=tracks, fail=True)
    with open_staging(tmp_path, "H", {}) as staging, MediaFiles(staging, target(), lambda _: None) as files:
        assert files.resume_from_ns == 19 * NS
    received = receive(tmp_path, [told, *(frame(1, second) for second in range(1, 31))], tracks=tracks)
    assert [[track.track_type for track in one.file.tracks] for one in received.media] == [
        [TrackType.AUDIO, TrackType.METADATA]
    ]
    assert counts(received) == [[30, 1]]
    assert received.losses == ()


def test_documents_with_and_without_a_time_by_turns_share_their_runs(tmp_path):
    """Two hundred thousand of them would otherwise be as many runs, all in memory when the file is closed."""
    sources = (TimeSource.REPLAY_EXTENSION, TimeSource.DOCUMENT, TimeSource.NEIGHBOUR)
    base = document(1, b"<a/>")
    turns = [dataclasses.replace(base, time_source=sources[n % 3], ticks=n * 100) for n in range(30)]
    writer = Mp4Writer(tmp_path / "a.mp4", tmp_path / "journal", BOTH)
    for unit in [frame(0, 1), *turns, frame(0, 3)]:
        writer.add(unit)
    close(writer)
    assert sum(len(block.runs) for block in JournalReader(tmp_path / "journal").blocks()) == 5
    movie = open_movie(tmp_path / "a.mp4")
    [track] = [one for one in movie.tracks if one.track_type is TrackType.METADATA]
    assert [sample.composition for sample in movie.iter_samples(track)] == [n * 100 for n in range(30)]


@settings(deadline=None)
@given(st.lists(st.integers(0, 50_000), min_size=1, max_size=80))
def test_whatever_order_documents_come_in_each_keeps_its_own_time(ticks):
    with TemporaryDirectory() as name:
        path = Path(name) / "a.mp4"
        with Mp4Writer(path, Path(name) / "journal", (METADATA,), durable=False) as writer:
            for one in ticks:
                writer.add(dataclasses.replace(document(1, b"<a/>"), ticks=one))
            closed = close(writer)
        movie = open_movie(path)
        [track] = movie.tracks
        start_ns = movie.start_ns(track)
        found = [start_ns + sample.composition * 100_000 for sample in movie.iter_samples(track)]
    assert found == [NS + one * 100_000 for one in ticks]
    assert (closed.tracks[0].first_utc_ns, closed.tracks[0].last_utc_ns) == (min(found), max(found))


def test_a_silent_night_fits_into_one_file(tmp_path):
    """Of a tick of 1/90000 s there would be more than 2^31 within seven hours."""
    with Mp4Writer(tmp_path / "a.mp4", tmp_path / "journal", (METADATA,)) as writer:
        writer.add(document(0, b"<a/>"))
        assert writer.fits(document(59 * 3600, b"<b/>"))
        assert not writer.fits(document(60 * 3600, b"<b/>"))
