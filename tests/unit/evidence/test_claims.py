"""A handover claims what was asked for and is borne, and nothing without a signature or video."""

import dataclasses

import pytest

from vssx.evidence.claims import claims_of, lacks
from vssx.model.handover import (
    AcquiredRecording,
    Acquisition,
    CheckedMedia,
    Received,
    Requested,
    TrackSummary,
    WrittenFile,
)
from vssx.model.level import ExportLevel
from vssx.model.media import Codec, EndReason, StreamEnd, TrackType
from vssx.model.metadata import AlphaEvents, TimedMetadata

VIDEO = TrackSummary(
    track_id=1,
    index=0,
    track_type=TrackType.VIDEO,
    codec=Codec.H264,
    timescale=90000,
    samples=10,
    clean_points=1,
    payload_bytes=10,
    first_utc_ns=0,
    last_utc_ns=1,
    digest="",
    sample_entries=("avc1",),
    time_sources=(),
)


def recording(token="R", *, metadata=None, events=None, track=VIDEO):
    file = WrittenFile(path="data/a/a.mp4", frames_path="", size=1, sha256="", tracks=(track,))
    media = () if track is None else (CheckedMedia(file=file, read_back_ns=0),)
    end = StreamEnd(reason=EndReason.BYE, proven=True)
    return AcquiredRecording(
        directory="a",
        camera="a",
        received=Received(media=media, gaps=(), losses=(), assumptions=(), end=end),
        started_ns=0,
        finished_ns=0,
        transport="",
        log="",
        recording_token=token,
        timed_metadata=metadata,
        alpha_events=events,
    )


def claims(asked, *recordings, signed=True):
    requested = Requested(command="export", source="h", level=ExportLevel(asked))
    made = claims_of(
        Acquisition(requested=requested, started_ns=0, finished_ns=0, recordings=recordings), signed=signed
    )
    return made.level, made.borne, made.reason


DOCUMENTS = TimedMetadata(documents=3)
EVENTS = AlphaEvents(events=1, within=1)
FULL = recording(metadata=DOCUMENTS, events=EVENTS)


@pytest.mark.parametrize("asked", ExportLevel)
def test_all_that_is_asked_for_and_borne_is_claimed_and_no_more(asked):
    assert claims(asked, FULL) == (asked, "0M+0E", "")


def test_less_than_asked_is_explained():
    level, borne, reason = claims("0M+0E", recording(events=EVENTS))
    assert (level, borne) == ("0E", "0E")
    assert reason == "Level 0M+0E was asked for, and a lower one accepted: no timed metadata in R."


def test_documents_that_nobody_can_read_bear_nothing():
    unread = recording("U", metadata=TimedMetadata(documents=3, malformed=2, not_decoded=1))
    level, _, reason = claims("0M", unread, recording("N", metadata=TimedMetadata(documents=0)), recording("T"))
    assert level == "0V"
    assert reason.endswith("no timed metadata in N, T; no metadata document that can be read in U.")


def test_states_at_the_start_are_no_events():
    assert claims("0E", recording(events=AlphaEvents(events=0, states=4)))[0] == "0V"


def test_events_years_off_bear_nothing():
    level, _, reason = claims("0E", recording("Y", events=AlphaEvents(events=2, within=0)), recording("N"))
    assert level == "0V"
    assert reason.endswith("no alpha-events in N; no alpha-event in the range asked for, or near the footage, in Y.")


def test_every_recording_has_to_bear_it():
    level, _, reason = claims("0M", FULL, recording("S"), recording("T"))
    assert level == "0V"
    assert "no timed metadata in S, T" in reason


def test_a_recording_of_several_spans_is_named_once():
    assert claims("0M", recording(), recording())[2].endswith("no timed metadata in R.")


def test_a_recording_of_which_nothing_came_keeps_nothing_back():
    assert claims("0M+0E", FULL, recording(track=None))[0] == "0M+0E"


def test_unsigned_claims_nothing_and_says_what_it_bears():
    level, borne, reason = claims("0M", FULL, signed=False)
    assert (level, borne) == (None, "0M+0E")
    assert "without a key" in reason


@pytest.mark.parametrize("track", [None, dataclasses.replace(VIDEO, samples=0)])
def test_nothing_is_borne_without_video(track):
    level, borne, reason = claims("0M", recording(metadata=DOCUMENTS, track=track))
    assert (level, borne) == (None, None)
    assert "no video" in reason


def test_a_local_file_is_named():
    one = dataclasses.replace(recording(""), camera="gate\x1b[2J")
    requested = Requested(command="remux", source="h")
    what = Acquisition(requested=requested, started_ns=0, finished_ns=0, recordings=(one,))
    assert lacks(what, ExportLevel.EVENTS) == ("no alpha-events in gate\\x1b[2J",)
