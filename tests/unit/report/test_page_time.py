"""Times on pages: UTC always, local time with its distance from UTC on the days when clocks change, too."""

from __future__ import annotations

import pytest

from vssx.errors import UsageError
from vssx.report.page_time import PageTime, utc_text
from vssx.times import NS, from_xs_datetime

PARIS = PageTime("Europe/Paris")


@pytest.mark.parametrize(
    ("utc", "zone", "local"),
    [
        ("2024-03-31T00:59:59Z", "Europe/Paris", "2024-03-31T01:59:59+01:00"),
        ("2024-03-31T01:00:00Z", "Europe/Paris", "2024-03-31T03:00:00+02:00"),  # an hour does not exist
        ("2024-10-27T00:30:00Z", "Europe/Paris", "2024-10-27T02:30:00+02:00"),
        ("2024-10-27T01:30:00Z", "Europe/Paris", "2024-10-27T02:30:00+01:00"),  # the same hour again
        ("2024-05-01T12:00:00.123456Z", "Asia/Kolkata", "2024-05-01T17:30:00.123+05:30"),
        ("2024-12-31T23:59:59.999999Z", "America/St_Johns", "2024-12-31T20:29:59.999-03:30"),
        ("2024-01-01T00:00:00Z", "Etc/UTC", "2024-01-01T00:00:00+00:00"),
        ("1900-01-01T00:00:00Z", "Europe/Paris", "1900-01-01T00:09:21+00:09:21"),  # local mean time
    ],
)
def test_local_time_says_how_far_it_is_from_utc(utc: str, zone: str, local: str) -> None:
    assert PageTime(zone).local(from_xs_datetime(utc)) == local


def test_both_stand_together_and_utc_alone_without_a_zone() -> None:
    ns = from_xs_datetime("2024-05-01T12:00:00.5Z")
    utc = '<time datetime="2024-05-01T12:00:00.500Z">2024-05-01T12:00:00.500Z</time>'
    assert PARIS.both(ns) == f'{utc} <span class="local">(2024-05-01T14:00:00.500+02:00)</span>'
    assert PageTime(None).both(ns) == utc
    assert PageTime(None).local(ns) == ""


def test_fractions_are_cut_and_never_rounded_up() -> None:
    assert utc_text(NS - 1) == "1970-01-01T00:00:00.999Z"
    assert utc_text(NS - 1_000_001) == "1970-01-01T00:00:00.998Z"
    assert utc_text(0) == "1970-01-01T00:00:00Z"
    assert utc_text(-1) == "1969-12-31T23:59:59.999Z"


def test_what_lies_beyond_the_calendar_has_no_local_time() -> None:
    last = from_xs_datetime("9999-12-31T23:30:00Z")
    assert PARIS.local(last) == ""
    assert PARIS.both(last) == PageTime(None).both(last)


def test_an_unknown_zone_is_refused_where_it_is_said_and_left_out_where_a_record_says_it() -> None:
    with pytest.raises(UsageError, match="unknown time zone"):
        PageTime("Europe/Nowhere")
    assert PageTime.of_record("Europe/Nowhere").zone is None
    assert PageTime.of_record("../../etc/passwd").zone is None
    assert PageTime.of_record(None).zone is None
    assert PageTime.of_record(["Europe/Paris"]).zone is None
    assert PageTime.of_record("Europe/Paris").zone == "Europe/Paris"


def test_times_that_no_calendar_has_are_told_all_the_same() -> None:
    """A file or a record may say any: no page fails for it."""
    assert utc_text(10**23) == ">9999-12-31T23:59:59Z"
    assert utc_text(-(10**23)) == "<0001-01-01T00:00:00Z"
    assert "&gt;9999" in PARIS.both(10**23)
    assert PARIS.local(10**23) == ""
