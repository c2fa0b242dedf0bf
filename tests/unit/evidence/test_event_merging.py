"""One event from several sources is one event; two that only look alike stay two; states at the start are told."""

import random
from dataclasses import replace

import pytest

from vssx.errors import StorageError
from vssx.evidence import event_store
from vssx.evidence.event_merging import merge
from vssx.evidence.event_store import MAX_PROVENANCES, EventStore
from vssx.model.event import Provenance, ProvenanceKind
from vssx.model.recording import ElementItem, Notification, SimpleItem
from vssx.onvif.event_identity import event_digest
from vssx.times import NS, from_xs_datetime, to_xs_datetime

START = from_xs_datetime("2024-05-01T12:00:00Z")
RECORDED, FOUND, LISTED = ProvenanceKind.RECORDED, ProvenanceKind.FOUND, ProvenanceKind.LISTED


def note(time, value="true", *, operation="Changed", source="V1", **more):
    """A notification whose UtcTime was written as ``time`` on 2024-05-01."""
    text = f"2024-05-01T{time}Z"
    return Notification(
        topic="tns1:VideoSource/MotionAlarm",
        utc_ns=from_xs_datetime(text),
        operation=operation,
        source=(SimpleItem(name="Source", value=source),),
        data=(SimpleItem(name="State", value=value),),
        raw=f'<Message UtcTime="{text}"/>'.encode(),
        **more,
    )


def merged(*ways, start_ns=START):
    """Rows and notes of (notification, kind) or (notification, kind, True) for a start state."""
    with EventStore() as store:
        for number, (notification, kind, *state) in enumerate(ways):
            store.add(notification, Provenance(kind=kind, where=str(number)), start_state=bool(state))
        notes = merge(store, start_ns)
        return list(store.rows()), notes


def events(*ways, start_ns=START):
    return [row for row in merged(*ways, start_ns=start_ns)[0] if not row.is_state]


def states(*ways, start_ns=START):
    return [row for row in merged(*ways, start_ns=start_ns)[0] if row.is_state]


def kinds(row):
    return tuple(way.kind for way in row.provenances)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("12:00:05.250", "12:00:05.250", True),
        ("12:00:05.250", "12:00:05", True),
        ("12:00:05.999", "12:00:05", True),
        ("12:00:05.999", "12:00:06", False),
        ("12:00:05.25", "12:00:05.2", True),
        ("12:00:05.25", "12:00:05.3", False),
        ("12:00:05.250", "12:00:05.000", False),
        ("12:00:05.2500001", "12:00:05.2509999", True),  # both are cut to milliseconds
        ("12:00:05.250", "12:00:05.251", False),
    ],
)
def test_times_of_different_sources_are_compared_as_finely_as_the_coarser_one(one, other, same):
    for first, second in ((one, other), (other, one)):
        found = events((note(first), RECORDED), (note(second), FOUND))
        assert len(found) == (1 if same else 2)
        if same:
            assert kinds(found[0]) == (RECORDED, FOUND)


def test_times_of_one_source_have_to_be_equal():
    assert len(events((note("12:00:05.250"), FOUND), (note("12:00:05"), FOUND))) == 2
    assert len(events((note("12:00:05.2500001"), FOUND), (note("12:00:05.2500002"), FOUND))) == 2
    (twice,) = events((note("12:00:05"), FOUND), (note("12:00:05.000"), FOUND))
    assert [way.where for way in twice.provenances] == ["0", "1"]


@pytest.mark.parametrize(
    "other",
    [
        note("12:00:05", "false"),
        note("12:00:05", source="V2"),
        note("12:00:05", operation="Initialized"),
        replace(note("12:00:05"), topic="tns1:VideoSource/MotionAlarm/X"),
        replace(note("12:00:05"), key=(SimpleItem(name="k", value="1"),)),
        replace(note("12:00:05"), elements=(ElementItem(name="e", xml=b"<a/>"),)),
    ],
)
def test_what_differs_in_anything_but_the_time_stays_two(other):
    assert len(events((note("12:00:05"), RECORDED), (other, FOUND))) == 2


def test_the_order_of_items_and_the_spelling_of_elements_do_not_matter():
    items = (SimpleItem(name="a", value="1"), SimpleItem(name="b", value="2"))
    one = replace(note("12:00:05"), data=items, elements=(ElementItem(name="e", xml=b'<a x="1" y="2"></a>'),))
    other = replace(note("12:00:05"), data=items[::-1], elements=(ElementItem(name="e", xml=b"<a y='2' x='1'/>"),))
    assert len(events((one, RECORDED), (other, FOUND))) == 1


def test_an_operation_that_one_source_does_not_tell_makes_no_difference():
    (row,) = events((note("12:00:05", operation=""), FOUND), (note("12:00:05"), RECORDED))
    assert kinds(row) == (RECORDED, FOUND)


def test_pulses_within_a_second_stay_apart():
    """The recorder's list has whole seconds: each of its entries is the same as one recorded event at most."""
    rows = events(
        (note("12:00:05.1"), RECORDED),
        (note("12:00:05.6"), RECORDED),
        (note("12:00:05"), FOUND),
    )
    assert [kinds(row) for row in rows] == [(RECORDED, FOUND), (RECORDED,)]


def test_the_finest_time_stands_for_all_and_the_id_is_that_of_the_recorders_list():
    """Whoever lists the recorder's events sees the same id as later in the handover."""
    found = note("12:00:05")
    for ways in ([(found, FOUND), (note("12:00:05.25"), RECORDED)], [(note("12:00:05.25"), RECORDED), (found, FOUND)]):
        (row,) = events(*ways)
        assert row.utc_ns == START + 5 * NS + NS // 4
        assert row.event_id == event_digest(found)[:8]


def test_three_sources():
    (row,) = events((note("12:00:05"), LISTED), (note("12:00:05.1"), FOUND), (note("12:00:05.12"), RECORDED))
    assert kinds(row) == (RECORDED, FOUND, LISTED)


def test_provenances_beyond_all_bounds_are_counted():
    (row,) = events(*[(note("12:00:05"), RECORDED)] * (MAX_PROVENANCES + 7))
    assert (len(row.provenances), row.more) == (MAX_PROVENANCES, 7)
    (row,) = events(*[(note("12:00:05"), RECORDED)] * MAX_PROVENANCES)
    assert (len(row.provenances), row.more) == (MAX_PROVENANCES, 0)


def test_equal_provenances_are_listed_once():
    with EventStore() as store:
        for _ in range(3):
            store.add(note("12:00:05", operation=""), Provenance(kind=FOUND, where="https://10.0.0.1/"))
        merge(store, START)
        (row,) = store.rows()
    assert row.provenances == (Provenance(kind=FOUND, where="https://10.0.0.1/"),)


def test_a_second_full_of_equal_events_is_bounded_and_told():
    times = [f"12:00:05.{number:06d}" for number in range(0, 300_000, 1000)]
    rows, notes = merged(*[(note(time), kind) for time in times for kind in (RECORDED, FOUND)])
    assert len([row for row in rows if not row.is_state]) == 300
    assert "more than 100 events with equal contents" in notes[0]


def test_years_at_both_ends_are_ordered():
    far = [
        replace(note("12:00:05"), utc_ns=from_xs_datetime(text), raw=b"")
        for text in ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z")
    ]
    rows = events((far[1], RECORDED), (note("12:00:05"), RECORDED), (far[0], RECORDED))
    assert [to_xs_datetime(row.utc_ns)[:4] for row in rows] == ["0001", "2024", "9999"]


def test_ids_that_begin_alike_get_longer(monkeypatch):
    digests = iter(["aaaaaaaab" + "0" * 55, "aaaaaaaac" + "0" * 55, "aaaaaaabc" + "0" * 55])
    monkeypatch.setattr(event_store, "event_digest", lambda _: next(digests))
    rows = events(*[(note(f"12:00:0{second}", operation=""), FOUND) for second in (1, 2, 3)])
    assert [row.event_id for row in rows] == ["aaaaaaaab", "aaaaaaaac", "aaaaaaab"]


def test_nobody_tells_the_state():
    (row,) = states((note("12:00:05"), RECORDED))
    assert (row.unknown, row.utc_ns, row.provenances) == (True, START, ())


def test_what_is_no_property_has_no_state():
    assert states((note("12:00:05", operation=""), RECORDED)) == []


def test_the_recorder_tells_the_state():
    rows, notes = merged((note("12:00:00", "false"), FOUND, True), (note("12:00:05"), FOUND))
    assert [(row.is_state, row.unknown, row.notification.data[0].value) for row in rows] == [
        (True, False, "false"),
        (False, False, "true"),
    ]
    assert notes == ()


def test_an_initialized_before_the_start_tells_the_state_and_is_no_event():
    ways = [(note("11:59:58", "false", operation="Initialized"), RECORDED), (note("12:00:05"), RECORDED)]
    (state,) = states(*ways)
    assert (state.unknown, state.repeated, state.notification.data[0].value) == (False, False, "false")
    assert len(events(*ways)) == 1


def test_an_initialized_amid_the_range_is_an_event_and_tells_nothing_of_the_start():
    ways = [(note("12:00:05", operation="Initialized"), RECORDED)]
    assert len(events(*ways)) == 1
    assert states(*ways)[0].unknown


def test_the_last_change_before_the_start_tells_the_state_and_stays_an_event():
    ways = [
        (note("11:59:57", "false", operation="Initialized"), RECORDED),
        (note("11:59:58", "true"), RECORDED),
        (note("12:00:05", "false"), RECORDED),
    ]
    (state,) = states(*ways)
    assert (state.repeated, state.notification.data[0].value, kinds(state)) == (True, "true", (RECORDED,))
    assert [row.notification.operation for row in events(*ways)] == ["Initialized", "Changed", "Changed"]


def test_two_sources_that_agree_are_both_named():
    (state,) = states(
        (note("12:00:00", "false"), FOUND, True), (note("11:59:58", "false", operation="Initialized"), RECORDED)
    )
    assert kinds(state) == (RECORDED, FOUND)


def test_two_sources_that_contradict_each_other_are_told():
    ways = [(note("12:00:00", "false"), FOUND, True), (note("11:59:58", "true", operation="Initialized"), RECORDED)]
    rows, notes = merged(*ways)
    assert [(row.is_state, kinds(row)) for row in rows] == [(False, (RECORDED,)), (True, (FOUND,))]
    assert "of 1 property" in notes[0]


def test_each_property_has_its_own_state():
    rows = states((note("12:00:05"), RECORDED), (note("12:00:06", source="V2"), RECORDED))
    assert len({row.event_id for row in rows}) == 2


def test_the_order_of_arrival_makes_no_difference():
    """But for where an event came from first, and the order of events of one time."""
    ways = [
        (note(f"12:00:{second:02d}{fraction}", value), kind)
        for second in range(1, 5)
        for fraction, kind in (("", FOUND), (".1", RECORDED), (".15", LISTED), (".7", RECORDED))
        for value in ("true", "false")
    ]

    def told(ways):
        return sorted((row.event_id, row.utc_ns, sorted(kinds(row)), row.is_state) for row in merged(*ways)[0])

    expected = told(ways)
    shuffler = random.Random(1)
    for _ in range(20):
        shuffler.shuffle(ways)
        assert told(ways) == expected


def test_a_notification_comes_back_whole():
    given = note("12:00:05.123456789", 'ä"\\\n\u202e', elements=(ElementItem(name="é", xml="<a>ü</a>".encode()),))
    (row,) = events((given, RECORDED))
    assert (row.notification, row.notification.raw) == (given, given.raw)


def test_a_full_disk_is_a_storage_error():
    with EventStore() as store:
        store._database.execute("PRAGMA max_page_count=20")
        with pytest.raises(StorageError, match="temporary"):
            store.add(note("12:00:05", "x" * 1_000_000), Provenance(kind=FOUND, where=""))


def test_a_start_state_counts_at_its_own_time():
    """An MP4 begins behind the range for which the recorder was asked: what came between is the state there."""
    ways = [(note("12:00:00", "false"), FOUND, True), (note("12:00:05"), FOUND)]
    rows, notes = merged(*ways, start_ns=START + 10 * NS)
    assert [(row.is_state, row.repeated, row.notification.data[0].value) for row in rows] == [
        (False, False, "true"),
        (True, True, "true"),
    ]
    assert len(notes) == 1
    assert "of 1 property something else was told between" in notes[0]


def test_what_happens_at_the_time_of_a_start_state_follows_it():
    rows, notes = merged((note("12:00:00", "false"), FOUND, True), (note("12:00:00"), FOUND))
    assert [row.notification.data[0].value for row in rows] == ["true", "true"]
    assert "is not what" not in "".join(notes)


def test_a_start_state_with_a_later_time_was_the_answer_for_the_start():
    rows, notes = merged((note("13:00:00", "false"), FOUND, True), (note("11:59:59"), RECORDED))
    assert [(row.is_state, row.notification.data[0].value) for row in rows] == [(False, "true"), (True, "false")]
    assert "is not what was last recorded" in notes[0]


def test_what_was_told_before_an_overtaken_start_state_is_compared_with_it():
    ways = [(note("11:59:50", "false"), RECORDED), (note("11:59:55"), FOUND, True), (note("11:59:58", "x"), RECORDED)]
    (state,) = states(*ways)
    assert state.notification.data[0].value == "x"
    _, notes = merged(*ways)
    assert ["is not what" in one for one in notes] == [True, False]


def test_of_one_time_the_state_is_what_came_last():
    (state,) = states((note("11:59:58", "x"), RECORDED), (note("11:59:58", "y"), RECORDED))
    assert state.notification.data[0].value == "y"


def test_opposite_states_have_different_ids():
    ids = {
        states((note("11:59:58", value), RECORDED), (note("12:00:05"), RECORDED))[0].event_id
        for value in ("true", "false")
    } | {states((note("12:00:05"), RECORDED))[0].event_id}
    assert len(ids) == 3
    assert states((note("11:59:57"), RECORDED))[0].event_id == states((note("12:00:00"), FOUND, True))[0].event_id


def test_events_of_one_time_stand_as_they_came():
    values = [str(number) for number in range(20)]
    ways = [(note("12:00:05", value), FOUND) for value in values]
    assert [row.notification.data[0].value for row in events(*ways)] == values
    rows = events(*ways, (note("12:00:05", "15"), RECORDED), (note("12:00:05", "new"), RECORDED))
    assert [row.notification.data[0].value for row in rows] == ["15", "new", *values[:15], *values[16:]]
