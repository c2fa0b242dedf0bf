"""What a handover may claim, and what keeps it from being complete."""

import dataclasses

import pytest

from tests.handovers import acquisition, trial, write_media
from vssx.errors import ExitCode, LevelNotBorneError
from vssx.evidence.staging import open_staging
from vssx.jobs.handover import HandoverRequest, demand, finish
from vssx.jobs.levels import LevelDemand, refuse_unless_borne
from vssx.model.level import ExportLevel
from vssx.model.media import Codec, EndReason, Gap, GapCause, Loss, SourceTrack, StreamEnd, TrackType

VIDEO = SourceTrack(index=0, track_type=TrackType.VIDEO, codec=Codec.H264, timescale=90000)
METADATA = SourceTrack(index=2, track_type=TrackType.METADATA, codec=Codec.ONVIF_METADATA, timescale=10000)
AUDIO = SourceTrack(index=1, track_type=TrackType.AUDIO, codec=Codec.AAC, timescale=8000)
GAP = Gap(track=0, start_ns=0, end_ns=1, cause=GapCause.TIME_JUMP)
STEP = Gap(track=0, start_ns=5, end_ns=1, cause=GapCause.BACKWARD_STEP)


def made(tmp_path, *, kinds=tuple(TrackType), signer=None, **changes):
    with open_staging(tmp_path, "H", {}) as staging:
        media = write_media(staging.path, "data/gate/gate.mp4", "north-gate.mp4", units=20, kinds=kinds)
        (tmp_path / "H.partial.journal").unlink(missing_ok=True)
        return finish(staging, "H", acquisition([media], **changes), signer)


def test_a_signed_recording_without_video_is_refused_before_anything_is_received():
    needs = LevelDemand(video=True)
    with pytest.raises(LevelNotBorneError, match=r"^recording R: the recording has no video"):
        refuse_unless_borne(needs, [AUDIO], where="recording R")
    refuse_unless_borne(needs, [AUDIO, VIDEO], where="recording R")


def test_metadata_is_demanded_before_anything_is_received():
    needs = LevelDemand(timed_metadata=True)
    with pytest.raises(LevelNotBorneError, match=r"no metadata track.*--accept-lower"):
        refuse_unless_borne(needs, [VIDEO, dataclasses.replace(METADATA, added=True)], where="R", events=5)
    refuse_unless_borne(needs, [VIDEO, METADATA], where="R")


def test_events_are_demanded_as_soon_as_their_number_is_known():
    needs = LevelDemand(alpha_events=True)
    with pytest.raises(LevelNotBorneError, match="neither events nor a metadata track"):
        refuse_unless_borne(needs, [VIDEO], where="R", events=0)
    refuse_unless_borne(needs, [VIDEO], where="R", events=1)
    refuse_unless_borne(needs, [VIDEO], where="R")
    refuse_unless_borne(needs, [VIDEO, METADATA], where="R", events=0)


@pytest.mark.parametrize(
    ("level", "key", "lower", "recordings", "needs"),
    [
        ("0V", None, False, 1, LevelDemand()),
        ("0V", "key.pem", False, 1, LevelDemand(video=True)),
        ("0V", "key.pem", False, 2, LevelDemand()),
        ("0M", None, False, 2, LevelDemand(timed_metadata=True)),
        ("0E", "key.pem", False, 1, LevelDemand(video=True, alpha_events=True)),
        ("0M+0E", None, False, 1, LevelDemand(timed_metadata=True, alpha_events=True)),
        ("0M+0E", "key.pem", True, 1, LevelDemand()),
    ],
)
def test_demands(level, key, lower, recordings, needs, tmp_path):
    request = HandoverRequest(output=tmp_path, level=ExportLevel(level), key=key and tmp_path / key, accept_lower=lower)
    assert demand(request, recordings=recordings) == needs


def test_consent_to_a_lower_level_is_no_part_of_the_request(tmp_path):
    request = HandoverRequest(output=tmp_path, level=ExportLevel.METADATA)
    assert dataclasses.replace(request, accept_lower=True).described == request.described
    assert dataclasses.replace(request, level=ExportLevel.VIDEO).described != request.described


def asking(one, level, *, accept_lower):
    return dataclasses.replace(
        one, requested=dataclasses.replace(one.requested, level=ExportLevel(level), accept_lower=accept_lower)
    )


def test_what_is_not_borne_in_the_end_is_refused_and_kept(tmp_path):
    with open_staging(tmp_path, "H", {}) as staging:
        media = write_media(staging.path, "data/gate/gate.mp4", "north-gate.mp4", units=20)
        (tmp_path / "H.partial.journal").unlink(missing_ok=True)
        came = acquisition([media])
        with pytest.raises(LevelNotBorneError, match="no timed metadata in token 1; no alpha-events in token 1"):
            finish(staging, "H", asking(came, "0M+0E", accept_lower=False), None)
        assert staging.path.exists()
        handover = finish(staging, "H", asking(came, "0M+0E", accept_lower=True), None)
    assert handover.exit_code == ExitCode.DONE
    assert "no timed metadata in token 1" in handover.lower


def test_a_video_track_that_brought_nothing_is_a_shortfall(tmp_path):
    handover = made(tmp_path, kinds=[TrackType.AUDIO], signer=trial().signer)
    assert handover.exit_code == ExitCode.INCOMPLETE
    [shortfall] = handover.shortfalls
    assert "no video" in shortfall


def test_complete(tmp_path):
    handover = made(tmp_path, gaps=(dataclasses.replace(GAP, confirmed=True),), signer=trial().signer)
    assert (handover.exit_code, handover.shortfalls, handover.signed) == (ExitCode.DONE, (), True)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"losses": (Loss(track=0, at_ns=None, packets=1, detail="x"),)}, "1 loss"),
        ({"gaps": (GAP, dataclasses.replace(GAP, confirmed=False))}, "2 gaps that no recorder's history confirms"),
        ({"gaps": (STEP, dataclasses.replace(STEP, track=1))}, "the recorder's clock stepped back"),
        ({"end": StreamEnd(reason=EndReason.SILENCE, proven=False)}, "the end is unproven (silence)"),
    ],
)
def test_shortfalls(changes, words, tmp_path):
    handover = made(tmp_path, **changes)
    assert handover.shortfalls == (words,)
    assert handover.exit_code == ExitCode.INCOMPLETE
