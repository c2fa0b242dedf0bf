"""Which documents belong to the range: each by its own time, in the order in which they came."""

import dataclasses

from tests.unit.source.raw import METADATA, NS, T0, VIDEO
from tests.unit.source.test_extent import at, extent, frames, run, seconds, video
from vssx.model.media import AccessUnit, Assumption, Loss
from vssx.source import metadata_extent

BOTH = (VIDEO, METADATA)


def document(when):
    return dataclasses.replace(video(when, clean=True, track=METADATA), payload=b"<a/>")


def woven(pictures, *documents, behind=()):
    """Pictures with a document behind the one at its place: pairs of place and document time."""
    items = []
    placed = dict(documents)
    for one in pictures:
        items.append(one)
        when = round((one.utc_ns - T0) / NS, 3)
        if when in placed:
            items.append(document(placed[when]))
    return items + [document(one) for one in behind]


def test_documents_from_the_first_picture_to_the_last_group():
    items = woven(frames(1, 6), *((n / 2, n / 2) for n in range(2, 12)))
    out = run(extent(2.5, 4.5, BOTH), items)
    assert seconds(out) == [n / 10 for n in range(20, 50)]
    assert seconds(out, METADATA) == [2, 2.5, 3, 3.5, 4, 4.5]


def test_order_of_arrival_is_kept_and_no_late_one_is_lost():
    items = woven(frames(2, 6), (2.5, 2.5), (3, 2.1), (3.5, 3.9), (3.8, 3), (4.5, 3.5), (5, 4.05), (5.4, 2.2))
    out = run(extent(2, 4, BOTH), items)
    assert seconds(out, METADATA) == [2.5, 2.1, 3.9, 3, 3.5, 2.2]


def test_a_time_ahead_of_all_footage_ends_nothing():
    found = extent(2, 4, BOTH)
    out = run(found, woven(frames(2, 6), (2.5, 900), (3, 3), (3.5, 3.5)))
    assert seconds(out, METADATA) == [3, 3.5]
    assert found.not_written == 20 + 1  # the pictures of two seconds, and the document
    assert not any(isinstance(one, Assumption) and one.subject == "start" for one in out)


def test_documents_ahead_of_the_video_wait_for_its_end():
    out = run(extent(2, 4.5, BOTH), woven(frames(2, 6), (2.5, 4.8), (2.6, 5.1), (2.7, 4.2)))
    assert seconds(out, METADATA) == [4.8, 4.2]


def test_what_waits_is_bounded(monkeypatch):
    monkeypatch.setattr(metadata_extent, "_HELD_ITEMS", 10)
    found = extent(2, 4, BOTH)
    out = [one for n in range(1000) for one in found.push(document(5 + n))]
    held = sum(len(one._held) for one in found._documents._tracks.values())
    assert held == 10
    assert out == []
    assert found.not_written == 990


def test_documents_behind_the_end_of_a_stream_that_stops_are_judged_by_the_range():
    out = run(extent(2, 10, BOTH), woven(frames(2, 5.5), (3, 3), behind=(5.45, 9, 11)))
    assert seconds(out, METADATA) == [3, 5.45, 9]


def test_the_stream_is_complete_when_documents_are_surely_beyond():
    found = extent(2, 4, BOTH)
    for one in woven(frames(2, 5.5), (3, 3), (4.5, 4.5)):
        found.push(one)
    assert found.covered
    assert not found.complete
    found.push(document(800))  # nobody's time
    assert not found.complete
    found.push(document(5.1))
    assert found.complete


def test_a_loss_in_a_document_is_told_where_the_document_is():
    loss = Loss(track=METADATA.index, at_ns=at(3), packets=1, detail="lost")
    beyond = dataclasses.replace(loss, at_ns=at(5))
    counted = dataclasses.replace(loss, at_ns=None)
    out = run(extent(2, 4, BOTH), [*frames(2, 4), loss, *frames(4, 6), beyond, counted])
    assert [one for one in out if isinstance(one, Loss)] == [loss, counted]


def test_metadata_beside_nothing_but_sound():
    from tests.unit.source.raw import AUDIO
    from tests.unit.source.test_extent import audio

    found = extent(2, 4, (AUDIO, METADATA))
    out = run(found, [document(1.5), document(2), audio(2), document(4.5), document(3), audio(5)])
    assert seconds(out, METADATA) == [2, 3]
    assert found.covered


def test_every_document_is_passed_on_or_counted():
    found = extent(2, 4, BOTH)
    items = woven(frames(1, 6), *((n / 10, n % 7) for n in range(10, 60)))
    out = run(found, items)
    passed = [one for one in out if isinstance(one, AccessUnit) and one.track == METADATA.index]
    documents = found._documents
    assert len(passed) + documents.early + documents.not_written == 50


def test_a_prompt_source_does_not_end_what_another_one_still_sends():
    found = extent(2, 4, BOTH)
    for one in woven(frames(2, 6), (3.5, 2), (5.2, 5.1), (5.7, 5.6)):  # the one 1.5 s late, the other prompt
        found.push(one)
    assert found.complete
    found = extent(2, 4, BOTH)
    for one in woven(frames(2, 5.3), (3.9, 2), (5.2, 5.1)):
        found.push(one)
    assert not found.complete
    [loss] = [one for one in found.finish() if isinstance(one, Loss)]
    assert "up to 1.9 s behind the video" in loss.detail
