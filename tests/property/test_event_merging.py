"""Whatever comes on whichever ways: nothing is lost, nothing is doubled, and only what is the same becomes one."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.evidence.test_event_merging import FOUND, LISTED, RECORDED, START, note
from vssx.evidence.event_merging import merge
from vssx.evidence.event_store import EventStore, StoredRow
from vssx.model.event import Provenance, ProvenanceKind
from vssx.model.recording import Notification
from vssx.onvif.event_identity import content_digest, fraction_digits, same_time

_TIMES = st.sampled_from(
    ["11:59:58", "11:59:59.5", "12:00:00", "12:00:05", "12:00:06", "12:00:06.000"]
) | st.sampled_from(["12:00:05.1", "12:00:05.12", "12:00:05.123", "12:00:05.1234", "12:00:05.2", "12:00:05.200"])
_NOTES = st.builds(
    note,
    _TIMES,
    st.sampled_from(["true", "false"]),
    operation=st.sampled_from(["", "Initialized", "Changed"]),
    source=st.sampled_from(["V1", "V2"]),
)
_WAYS = st.lists(st.tuples(_NOTES, st.sampled_from([RECORDED, FOUND, LISTED]), st.booleans()), max_size=14)
Way = tuple[Notification, ProvenanceKind, bool]


def _merged(ways: list[Way]) -> list[StoredRow]:
    with EventStore() as store:
        for number, (notification, kind, state) in enumerate(ways):
            store.add(notification, Provenance(kind=kind, where=str(number)), start_state=state and kind is FOUND)
        merge(store, START)
        return list(store.rows())


@settings(max_examples=200, deadline=None)
@given(_WAYS)
def test_every_notification_is_in_one_row_and_rows_are_what_they_say(ways: list[Way]) -> None:
    rows = _merged(ways)
    places = [way.where for row in rows if not row.is_state for way in row.provenances]
    assert len(places) == len(set(places))
    told = {way.where for row in rows if row.is_state for way in row.provenances}
    states = {str(number) for number, (_, kind, state) in enumerate(ways) if state and kind is FOUND}
    consumed = {str(n) for n, (one, _, _) in enumerate(ways) if one.operation == "Initialized" and one.utc_ns <= START}
    assert set(places).isdisjoint(states)
    missing = {str(number) for number in range(len(ways))} - set(places) - states
    assert missing <= consumed & told
    assert len({row.event_id for row in rows}) == len(rows)
    assert rows == sorted(rows, key=lambda row: (row.utc_ns, not row.is_state))
    for row in rows:
        if not row.is_state:
            _is_one_event([ways[int(way.where)] for way in row.provenances])


def _is_one_event(members: list[Way]) -> None:
    assert len({content_digest(notification) for notification, _, _ in members}) == 1
    assert len({notification.operation for notification, _, _ in members} - {""}) <= 1
    for (one, kind, _), (other, other_kind, _) in combinations(members, 2):
        if kind is other_kind:
            assert one.utc_ns == other.utc_ns
        else:
            assert same_time(one.utc_ns, fraction_digits(one), other.utc_ns, fraction_digits(other))


@settings(max_examples=100, deadline=None)
@given(_WAYS)
def test_each_property_has_one_state(ways: list[Way]) -> None:
    rows = [row for row in _merged(ways) if row.is_state]
    sources = [row.notification.source[0].value for row in rows]
    assert len(sources) == len(set(sources))
    assert set(sources) == {
        one.source[0].value for one, kind, state in ways if one.operation or (state and kind is FOUND)
    }
    for row in rows:
        before = [one for one, kind, state in ways if one.utc_ns <= START or (state and kind is FOUND)]
        of_it = [one for one in before if one.source == row.notification.source]
        assert row.unknown or row.notification in of_it
        assert row.utc_ns == START
