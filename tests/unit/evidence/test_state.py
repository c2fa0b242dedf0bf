"""What a run writes down for the next one comes back as it was, through the bytes of JSON."""

import json
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vssx.evidence.state import checked_from_json, checked_to_json, note_from_json, note_to_json
from vssx.model.handover import CheckedMedia, TrackSummary, WrittenFile
from vssx.model.media import Assumption, Codec, Gap, Loss, TrackType


def whole(kind, **given_fields):
    """Values with every field, also one that is added to the class later: state.py must not forget it."""
    return st.builds(kind, **{**dict.fromkeys((field.name for field in fields(kind)), ...), **given_fields})


TRACKS = st.lists(whole(TrackSummary), max_size=3).map(tuple)
CHECKED = whole(CheckedMedia, file=whole(WrittenFile, tracks=TRACKS))


@given(note=whole(Gap) | whole(Loss) | whole(Assumption))
def test_notes(note):
    again = note_from_json(json.loads(json.dumps(note_to_json(note))))
    assert again == note
    assert type(again) is type(note)
    assert hash(again) == hash(note)  # MediaState tells by it what is known already


@given(media=CHECKED)
def test_checked_media(media):
    again = checked_from_json(json.loads(json.dumps(checked_to_json(media))))
    assert again == media
    for before, after in zip(media.file.tracks, again.file.tracks, strict=True):
        assert [type(one) for one in after.time_sources] == [type(one) for one in before.time_sources]
        assert (type(after.codec), type(after.track_type)) == (Codec, TrackType)


def test_an_unknown_kind_is_no_note():
    assert note_from_json({"kind": "Rumour", "detail": "x"}) is None
    assert note_from_json({}) is None


@pytest.mark.parametrize("document", [{"kind": "Gap"}, {"kind": "Loss", "colour": "red"}])
def test_a_note_that_lacks_something_is_not_guessed(document):
    with pytest.raises((TypeError, LookupError)):
        note_from_json(document)
