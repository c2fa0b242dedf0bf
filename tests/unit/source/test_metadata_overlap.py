"""Documents that come again after another PLAY: known by what they are, not by their place."""

import dataclasses

from tests.unit.source.raw import NS, T0, content, extension, unit
from tests.unit.source.test_metadata_extent import document
from vssx.source.metadata_overlap import MetadataOverlap


def known(when, payload=b"x"):
    return dataclasses.replace(document(when), payload=payload, extension=extension(T0 + round(when * NS)))


def again(overlap, when, payload=b"x"):
    """Whether the document is taken to be there."""
    return overlap.recognise(unit(0, T0 + round(when * NS)), content(payload)) is not None


def remembering(*documents):
    overlap = MetadataOverlap()
    for one in documents:
        overlap.remember(one)
    return overlap


def test_documents_come_again_in_any_order_and_each_once():
    overlap = remembering(known(1, b"a"), known(1, b"b"), known(1, b"b"), known(3, b"d"))
    overlap.begin(T0)
    assert [again(overlap, 1, b"b"), again(overlap, 3, b"d"), again(overlap, 1, b"a")] == [True] * 3
    assert not again(overlap, 2, b"late")
    assert again(overlap, 1, b"b")
    assert not again(overlap, 1, b"b"), "the recorder sends a third one"
    overlap.conclude()
    assert not overlap.expected
    assert overlap.finish(2) == []


def test_the_same_words_at_another_time_are_another_document():
    overlap = remembering(known(1))
    overlap.begin(T0)
    assert not again(overlap, 2)


def test_without_extension_the_words_alone_tell():
    overlap = remembering(dataclasses.replace(known(1), extension=None))
    overlap.begin(T0)
    assert overlap.recognise(unit(0), content()) is not None
    assert overlap.recognise(unit(0), content()) is None


def test_that_none_came_again_is_told():
    overlap = remembering(known(1), known(5))
    overlap.begin(T0 + 2 * NS)
    assert not again(overlap, 6)
    overlap.conclude()
    [note] = overlap.finish(2)
    assert (note.subject, note.track, note.at_ns) == ("metadata", 2, T0 + 5 * NS)
    assert "after 1 interruptions none of the metadata documents before came again" in note.detail


def test_what_lies_before_a_play_is_not_due():
    overlap = remembering(known(1), known(5))
    overlap.begin(T0 + 5 * NS)
    overlap.conclude()
    assert overlap.finish(2) == []


def test_what_is_forgotten_is_not_written_twice(monkeypatch):
    monkeypatch.setattr("vssx.source.metadata_overlap._REMEMBERED", 4)
    overlap = remembering(*(known(n, b"%d" % n) for n in range(10)))
    overlap.begin(T0)
    assert [again(overlap, n, b"%d" % n) for n in range(12)] == [True] * 10 + [False] * 2
