"""Clocks of the standards; property tests over the whole range of the NTP eras that vssx accepts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vssx import times
from vssx.errors import UsageError

MOMENTS = st.integers(min_value=0, max_value=times.from_xs_datetime("2103-12-31T23:59:59Z"))


@given(MOMENTS)
def test_every_clock_gives_back_what_it_got(ns):
    assert times.from_ntp(times.to_ntp(ns)) == ns
    assert times.from_clock(times.to_clock(ns)) == ns
    assert times.from_xs_datetime(times.to_xs_datetime(ns)) == ns
    assert abs(times.from_1601_ticks(times.to_1601_ticks(ns)) - ns) <= 50
    assert times.from_1904_seconds(times.to_1904_seconds(ns)) == ns // times.NS * times.NS
    assert times.from_user(times.to_xs_datetime(ns)) == ns


# RFC 5905 figure 4: UNIX begins at 2,208,988,800 of era 0; era 1 begins on 7 February 2036 at 06:28:16.
@pytest.mark.parametrize(
    ("seconds", "text"),
    [(2_208_988_800, "1970-01-01T00:00:00Z"), (0, "2036-02-07T06:28:16Z"), (2_272_060_800, "1972-01-01T00:00:00Z")],
)
def test_ntp_eras(seconds, text):
    assert times.to_xs_datetime(times.from_ntp(seconds << 32)) == text


def test_clock_of_the_onvif_example():
    assert times.from_clock("20090615T114900.440Z") == times.from_xs_datetime("2009-06-15T11:49:00.440Z")
    assert times.to_clock(times.from_clock("20090615T114900.440Z")) == "20090615T114900.44Z"


def test_epochs():
    assert times.to_1904_seconds(0) == 2_082_844_800
    assert times.to_1601_ticks(0) == 116_444_736_000_000_000  # the well-known FILETIME of 1970


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("2024-05-01T12:00:00+02:00", "2024-05-01T10:00:00Z"),
        ("2024-05-01T12:00:00", "2024-05-01T12:00:00Z"),
        ("2024-05-01T12:00:00.123456789123Z", "2024-05-01T12:00:00.123456789Z"),
        ("2024-05-01T24:00:00Z", "2024-05-02T00:00:00Z"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"),
    ],
)
def test_xs_datetime(text, same):
    assert times.to_xs_datetime(times.from_xs_datetime(text)) == same


@pytest.mark.parametrize("text", ["", "2024-13-01T00:00:00Z", "2024-02-30T00:00:00Z", "99999-01-01T00:00:00Z", "now"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(ValueError):
        times.from_xs_datetime(text)
    with pytest.raises(ValueError):
        times.from_clock(text)
    with pytest.raises(UsageError):
        times.from_user(text)


def test_local_time_needs_a_zone_and_names_the_choices():
    assert times.from_user("2024-07-01 12:00", "Europe/Paris") == times.from_xs_datetime("2024-07-01T10:00:00Z")
    with pytest.raises(UsageError, match="--tz"):
        times.from_user("2024-07-01 12:00")
    with pytest.raises(UsageError, match=r"occurs twice.*\+02:00.*\+01:00"):
        times.from_user("2024-10-27T02:30", "Europe/Paris")
    with pytest.raises(UsageError, match="does not exist"):
        times.from_user("2024-03-31T02:30", "Europe/Paris")
    with pytest.raises(UsageError, match="unknown time zone"):
        times.from_user("2024-03-31T02:30", "Mars/Olympus")


def test_file_names_sort_by_time():
    assert times.to_file_name(times.from_xs_datetime("2024-01-31T23:59:59.9999Z")) == "20240131T235959.999Z"


@pytest.mark.parametrize(
    ("utc", "local"),
    [
        ("2024-05-01T12:00:00.5Z", "2024-05-01T14:00:00.5Z"),
        ("2024-10-27T00:30:00Z", "2024-10-27T02:30:00Z"),
        ("2024-10-27T01:30:00Z", "2024-10-27T02:30:00Z"),
        ("2024-03-31T01:30:00Z", "2024-03-31T03:30:00Z"),
    ],
)
def test_local_clocks(utc, local):
    utc_ns, local_ns = times.from_xs_datetime(utc), times.from_xs_datetime(local)
    assert times.to_local(utc_ns, "Europe/Paris") == local_ns
    assert times.from_local(local_ns, "Europe/Paris", utc_ns) == utc_ns


def test_a_local_time_that_does_not_exist():
    assert times.from_local(times.from_xs_datetime("2024-03-31T02:30:00Z"), "Europe/Paris", 0) is None
    with pytest.raises(UsageError, match="Nowhere"):
        times.to_local(0, "Europe/Nowhere")
