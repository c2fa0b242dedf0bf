"""Times of metadata documents: the recorder's word, else their own, else that of the footage they came with."""

import dataclasses

import pytest

from tests.unit.source.raw import METADATA, NS, T0, content, unit
from vssx.model.media import AccessUnit, Assumption, Loss, TimeSource
from vssx.onvif.metadata_sample import XML
from vssx.source.metadata_timeline import TIMESCALE, MetadataTimeline
from vssx.times import to_xs_datetime

HOUR = 3600 * NS
RANGE = (T0, T0 + HOUR)


def document(utc_ns=None):
    told = "" if utc_ns is None else f' UtcTime="{to_xs_datetime(utc_ns)}"'
    return content(f"<tt:Frame{told}/>".encode(), clean=True, configuration=XML)


def timed(*pushed, reached=lambda: None, range_ns=RANGE):
    """Items of a track whose documents are ``pushed``, pairs of unit and content, in their order."""
    timeline = MetadataTimeline(METADATA, reached=reached, range_ns=range_ns)
    items = [item for one in pushed for item in timeline.push(*one)]
    return [item for item in items if isinstance(item, AccessUnit)], [*items, *timeline.finish()]


def test_the_recorders_word_counts_first_and_rtp_never():
    units, items = timed((unit(0, T0), document(T0 + 5 * NS)), (unit(77, T0 + 2 * NS), document()))
    assert [one.utc_ns for one in units] == [T0, T0 + 2 * NS]
    assert {one.time_source for one in units} == {TimeSource.REPLAY_EXTENSION}
    assert {one.timescale for one in units} == {TIMESCALE}
    assert items == units


def test_else_the_documents_own_time():
    units, items = timed((unit(0), document(T0 + 5 * NS)), (unit(0), document(T0 + 4 * NS)))
    assert [one.utc_ns for one in units] == [T0 + 5 * NS, T0 + 4 * NS]
    assert {one.time_source for one in units} == {TimeSource.DOCUMENT}
    [note] = [one for one in items if isinstance(one, Assumption)]
    assert note.detail.startswith("2 metadata documents came without a usable 0xABAC time, their time is the first")


def test_else_that_of_the_footage_it_came_with():
    footage = iter([T0 + NS, T0 + 2 * NS, T0 + 2 * NS])
    last = [T0]

    def reached():
        last[0] = next(footage, last[0])
        return last[0]

    units, items = timed((unit(0), document()), (unit(0), document()), reached=reached)
    assert [one.utc_ns for one in units] == [T0 + NS, T0 + 2 * NS]
    assert {one.time_source for one in units} == {TimeSource.NEIGHBOUR}
    assert "that of the footage they came with" in items[-1].detail


def test_without_footage_that_of_the_document_before():
    units, _ = timed((unit(0), document(T0 + NS)), (unit(0), document()))
    assert [one.utc_ns for one in units] == [T0 + NS, T0 + NS]
    assert [one.time_source for one in units] == [TimeSource.DOCUMENT, TimeSource.NEIGHBOUR]
    alone, _ = timed((unit(0), document()))
    assert alone[0].utc_ns == T0


@pytest.mark.parametrize("years", [-50, -3, 1, 30])
def test_times_years_off_are_not_used_and_told(years):
    far = T0 + years * 365 * 24 * HOUR
    units, items = timed(
        (unit(0, far), document(T0 + NS)), (unit(0, far), document(far)), (unit(0), document(far)), reached=lambda: T0
    )
    assert [one.utc_ns for one in units] == [T0 + NS, T0, T0]
    assert [one.time_source for one in units] == [TimeSource.DOCUMENT, TimeSource.NEIGHBOUR, TimeSource.NEIGHBOUR]
    notes = [one.detail for one in items if isinstance(one, Assumption)]
    if years == -50:
        assert any(one.startswith("2 times of the 0xABAC extension were those of an unset clock") for one in notes)
    assert any("times of metadata documents lie more than a day from all footage" in one for one in notes)


def test_a_time_far_from_the_range_but_near_the_footage_is_one():
    """A recorder that plays something else than was asked for."""
    elsewhere = T0 - 400 * HOUR
    units, items = timed((unit(0, elsewhere), document()), reached=lambda: elsewhere - NS)
    assert [one.utc_ns for one in units] == [elsewhere]
    assert items == units


def test_times_do_not_depend_on_where_a_replay_began():
    odd = [T0 + 123_456_789, T0 + 123_500_001, T0 + NS + 77]
    together, _ = timed(*((unit(0, one), document()) for one in odd))
    alone, _ = timed((unit(0, odd[2]), document()))
    assert together[2].utc_ns == alone[0].utc_ns
    assert all(abs(one.utc_ns - utc_ns) <= 50_000 for one, utc_ns in zip(together, odd, strict=True))


def test_what_is_damaged_or_missing_is_a_loss():
    whole = unit(0, T0)
    hurt = dataclasses.replace(whole, damaged=True, lost_packets=2, problems=("packets were lost within it",))
    timeline = MetadataTimeline(METADATA, range_ns=RANGE)
    loss, kept = timeline.push(hurt, document())
    assert isinstance(loss, Loss)
    assert (loss.packets, loss.at_ns) == (2, T0)
    assert isinstance(kept, AccessUnit)
    [gone] = timeline.lost(dataclasses.replace(hurt, nal_units=()))
    assert (gone.packets, gone.at_ns) == (2, T0)


def test_no_distance_is_a_gap_and_no_step_a_run():
    units, items = timed(
        (unit(0, T0), document()), (unit(0, T0 + HOUR, "D"), document()), (unit(0, T0 - HOUR, "E"), document())
    )
    assert items == units
    assert {one.run for one in units} == {0}
