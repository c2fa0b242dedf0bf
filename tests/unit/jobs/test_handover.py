"""What a handover may claim, and what keeps it from being complete."""

import dataclasses

import pytest

from tests.handovers import acquisition, trial, write_media
from vssx.errors import ExitCode, LevelNotBorneError
from vssx.evidence.staging import open_staging
from vssx.jobs.handover import finish, refuse_unless_borne
from vssx.model.media import Codec, EndReason, Gap, GapCause, Loss, SourceTrack, StreamEnd, TrackType

VIDEO = SourceTrack(index=0, track_type=TrackType.VIDEO, codec=Codec.H264, timescale=90000)
AUDIO = SourceTrack(index=1, track_type=TrackType.AUDIO, codec=Codec.AAC, timescale=8000)
GAP = Gap(track=0, start_ns=0, end_ns=1, cause=GapCause.TIME_JUMP)
STEP = Gap(track=0, start_ns=5, end_ns=1, cause=GapCause.BACKWARD_STEP)


def made(tmp_path, *, kinds=tuple(TrackType), signer=None, **changes):
    with open_staging(tmp_path, "H", {}) as staging:
        media = write_media(staging.path, "data/gate/gate.mp4", "north-gate.mp4", units=20, kinds=kinds)
        (tmp_path / "H.partial.journal").unlink(missing_ok=True)
        return finish(staging, "H", acquisition([media], **changes), signer, "0V")


def test_a_level_without_video_is_refused_before_anything_is_received():
    with pytest.raises(LevelNotBorneError, match="no video"):
        refuse_unless_borne("0V", [AUDIO])
    refuse_unless_borne("0V", [AUDIO, VIDEO])


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
