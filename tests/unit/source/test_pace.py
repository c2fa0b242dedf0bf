"""Reading at a rate: nothing is lost or reordered, and a pause is not made up for."""

import pytest

from tests.unit.evidence.test_file_split import unit
from vssx.model.media import EndReason, StreamEnd
from vssx.source.pace import paced

END = StreamEnd(reason=EndReason.BYE, proven=True)


class Clock:
    """A clock that only waiting, and ``spend``, moves."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now

    def wait(self, seconds):
        self.now += seconds


def read(items, rate, pauses=()):
    clock, got, times = Clock(), [], []
    for item in paced(items, rate, clock=clock, wait=clock.wait):
        got.append(item)
        times.append(clock.now - 100)
        clock.now += dict(pauses).get(len(got), 0)
    return got, times, clock.now - 100


@pytest.mark.parametrize("rate", [None, 1, 1000])
def test_everything_comes_in_order(rate):
    items = [unit(0, number, size=7) for number in range(20)] + [END]
    assert read(items, rate)[0] == items


def test_the_rate_is_kept_on_average():
    items = [unit(0, number, size=100 if number % 10 else 1000) for number in range(100)]
    assert read(items, 1000)[2] == pytest.approx(19 - 0.5, abs=1)


def test_a_pause_is_not_made_up_for():
    items = [unit(0, number, size=100) for number in range(40)]
    _, times, _ = read(items, 1000, pauses=[(20, 60.0)])
    assert times[-1] - times[20] >= 1.9 - 0.5
