"""The stream of a camera becomes files: no name collides, none is overwritten, a cut run is taken up whole."""

import dataclasses

import pytest

from tests.unit.evidence.test_file_split import AUDIO, VIDEO, gap, unit
from vssx.errors import NothingRecordedError, StorageError
from vssx.evidence.media import MediaFiles, MediaTarget
from vssx.evidence.staging import open_staging
from vssx.model.handover import ExportUnit, SourceIdentity
from vssx.model.media import NS, Codec, CodecConfiguration, EndReason, Loss, SourceTrack, StreamEnd, TrackType
from vssx.rtsp.rtp import make_replay_extension

END = StreamEnd(reason=EndReason.END_OF_FILE, proven=True)
AVC = CodecConfiguration(codec=Codec.H264, decoder_configuration=b"\x01\x42\xc0\x1e\xff\xe0\x00", width=16, height=16)
AAC = CodecConfiguration(codec=Codec.AAC, decoder_configuration=b"\x15\x88", sample_rate=8000, channels=1)


def frame(track, seconds, payload=b"\x00\x00\x00\x01\x65"):
    made = unit(track, seconds)
    scale, configuration = (90000, AVC) if track == 0 else (8000, AAC)
    return dataclasses.replace(made, payload=payload, timescale=scale, configuration=configuration)


def target(camera="cam", **split):
    return MediaTarget(
        **split,
        camera=camera,
        recording_token="R1",
        gap_split_ns=10 * NS,
        export_unit=ExportUnit(name="vssx", time_ns=0, operator=""),
        source=SourceIdentity(name=camera, url=""),
    )


def receive(directory, items, *, tracks=(VIDEO,), camera="cam", fail=False, **split):
    """Received, or with ``fail`` what a run leaves whose source breaks after ``items``."""

    def stream():
        yield from items
        if fail:
            raise KeyboardInterrupt
        yield END

    with open_staging(directory, "H", {}) as staging:
        with MediaFiles(staging, target(camera, **split), lambda _: None) as files:
            if not fail:
                return files.receive(tracks, stream(), lambda *_: None)
            with pytest.raises(KeyboardInterrupt):
                files.receive(tracks, stream(), lambda *_: None)
            for file in files._files:
                file.writer.checkpoint()
    return None


def counts(received):
    return [[track.samples for track in media.file.tracks] for media in received.media]


@pytest.mark.parametrize("camera", ["sealed", "request.json", "runs.jsonl", "cam.files.jsonl"])
def test_a_camera_may_be_called_like_a_working_file(camera, tmp_path):
    assert counts(receive(tmp_path, [frame(0, 1), frame(0, 2)], camera=camera)) == [[2]]
    with open_staging(tmp_path, "H", {}) as staging:
        assert not staging.sealed


def test_two_files_over_the_same_time_keep_both(tmp_path):
    received = receive(tmp_path, [frame(0, 1), frame(0, 2), gap(2, 1), frame(0, 1), frame(0, 2)])
    assert counts(received) == [[2], [2]]
    paths = {media.file.path for media in received.media}
    assert len(paths) == 2
    assert all((tmp_path / "H.partial" / path).exists() for path in paths)


def test_a_stream_that_begins_with_a_gap_makes_one_file(tmp_path):
    assert counts(receive(tmp_path, [gap(0, 60), frame(0, 60), frame(0, 61), frame(0, 62)])) == [[3]]


def test_audio_that_ended_before_the_last_picture_is_not_doubled(tmp_path):
    both = (VIDEO, AUDIO)
    receive(tmp_path, [frame(0, 1), frame(1, 1), frame(0, 2)], tracks=both, fail=True)
    received = receive(tmp_path, [frame(0, 1), frame(1, 1), frame(0, 2), frame(1, 2), frame(0, 3)], tracks=both)
    assert counts(received) == [[3, 2]]
    assert received.losses == ()


def test_tracks_that_changed_since_the_cut_go_to_a_new_file(tmp_path):
    receive(tmp_path, [frame(0, 1), frame(0, 2)], fail=True)
    received = receive(tmp_path, [frame(0, 2), frame(0, 3), frame(1, 3)], tracks=(VIDEO, AUDIO))
    assert counts(received) == [[2], [1, 1]]


def test_a_loss_in_a_finished_file_outlives_a_backward_step_and_a_cut(tmp_path):
    loss = Loss(track=0, at_ns=190 * NS, packets=3, detail="lost")
    step = gap(200, 150)
    items = [frame(0, 180), loss, frame(0, 200), step, frame(0, 150), frame(0, 151)]
    receive(tmp_path, items, fail=True)
    received = receive(tmp_path, [frame(0, 151), frame(0, 152)])
    assert loss in received.losses
    assert step in received.gaps


@pytest.mark.parametrize("line", [{}, {"name": "1", "file": 7}, {"name": "x"}])
def test_working_files_that_make_no_sense_are_refused_in_words(line, tmp_path):
    with open_staging(tmp_path, "H", {}) as staging:
        staging.append("files-cam.jsonl", line)
        with pytest.raises(StorageError, match="not what vssx writes"):
            MediaFiles(staging, target(), lambda _: None)
        (staging.work / "files-cam.jsonl").unlink()
        staging.append("notes-cam.jsonl", {"kind": "Gap", "cause": "rumour"})
        with pytest.raises(StorageError, match="not what vssx writes"):
            MediaFiles(staging, target(), lambda _: None)
        staging.seal({"name": 7})
        with pytest.raises(StorageError, match="not what vssx writes"):
            assert staging.outcome


METADATA = SourceTrack(index=2, track_type=TrackType.METADATA, codec=Codec.ONVIF_METADATA, timescale=10_000)


def document(seconds, payload):
    configuration = CodecConfiguration(codec=Codec.ONVIF_METADATA)
    return dataclasses.replace(unit(2, seconds), payload=payload, timescale=10_000, configuration=configuration)


def test_metadata_alone_is_no_handover(tmp_path):
    with open_staging(tmp_path, "H", {}) as staging, MediaFiles(staging, target(), lambda _: None) as files:
        with pytest.raises(NothingRecordedError, match="no video and no audio"):
            files.receive((METADATA,), iter([document(1, b"<a/>"), END]), lambda *_: None)
        with pytest.raises(NothingRecordedError, match="delivered nothing"):
            files.receive((VIDEO,), iter([END]), lambda *_: None)


def test_a_cut_behind_a_backward_step_goes_on_behind_it(tmp_path):
    """The recorder, asked for a time that exists twice, begins with the first one."""
    first, second = (frame(0, s, payload=bytes([0, 0, 0, 1, s])) for s in (180, 190)), [150, 180, 185]
    behind = [frame(0, s, payload=bytes([0, 0, 0, 1, s, 2])) for s in second]
    stream = [*first, gap(190, 150), *behind]
    receive(tmp_path, stream[:-1], fail=True)
    again = [frame(0, 180, payload=b"\0\0\0\1\xb4"), frame(0, 190, payload=b"\0\0\0\1\xbe"), gap(190, 150), *behind]
    again[3:] = [dataclasses.replace(one, run=1, rtp_timestamp=1) for one in again[3:]]
    received = receive(tmp_path, again)
    assert counts(received) == [[2], [3]]
    assert received.losses == ()


def test_a_cut_right_behind_a_finished_file_writes_nothing_of_it_again(tmp_path):
    """Derived times of another session differ by more than rounding; what the recorder says of a frame does not."""

    def timed(seconds, anchor, payload):
        extension = make_replay_extension(int(seconds * NS), cseq=0)
        return dataclasses.replace(frame(0, seconds + anchor, payload), extension=extension)

    whole = [timed(s / 10, 0, b"\0\0\0\1" + bytes([s])) for s in range(10, 40)]
    with open_staging(tmp_path, "H", {}) as staging, MediaFiles(staging, target(), lambda _: None) as files:
        files.receive((VIDEO,), iter([*whole, END]), lambda *_: None)
    again = [timed(s / 10, 0.4, b"\0\0\0\1" + bytes([s])) for s in range(30, 40)]
    received = receive(tmp_path, again)
    assert counts(received) == [[30]]
    assert received.losses == ()


SPLIT_STREAM = [frame(track, second + track / 4) for second in range(12) for track in (0, 1)]


def test_a_length_makes_files_that_part_both_tracks_at_one_instant(tmp_path):
    received = receive(tmp_path, SPLIT_STREAM, tracks=(VIDEO, AUDIO), split_length_ns=5 * NS)
    assert counts(received) == [[5, 5], [5, 5], [2, 2]]
    assert [media.file.tracks[0].first_utc_ns for media in received.media] == [0, 5 * NS, 10 * NS]
    assert not received.losses


@pytest.mark.parametrize("cut", range(1, len(SPLIT_STREAM)))
def test_cut_anywhere_the_files_are_the_same(cut, tmp_path):
    """The recorder answers from the clean point before, as a replay does."""
    limits = {"tracks": (VIDEO, AUDIO), "split_length_ns": 5 * NS}
    whole = receive(tmp_path / "whole", SPLIT_STREAM, **limits)
    receive(tmp_path / "cut", SPLIT_STREAM[:cut], fail=True, **limits)
    with open_staging(tmp_path / "cut", "H", {}) as staging:
        with MediaFiles(staging, target(split_length_ns=5 * NS), lambda _: None) as files:
            asked_ns = files.resume_from_ns
            again = [one for one in SPLIT_STREAM if asked_ns is None or one.utc_ns >= asked_ns]
            received = files.receive((VIDEO, AUDIO), iter([*again, END]), lambda *_: None)
    assert not received.losses
    assert [media.file.tracks for media in received.media] == [media.file.tracks for media in whole.media]


def test_a_file_that_had_to_grow_beyond_the_size_is_told(tmp_path):
    items = [dataclasses.replace(frame(0, second), clean_point=second == 0) for second in range(3)]
    received = receive(tmp_path, items, split_bytes=100)
    assert [note.subject for note in received.assumptions] == ["size of a file"]
