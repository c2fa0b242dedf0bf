"""0M and 0E are independent claims on top of 0V."""

import pytest

from vssx.model.level import ExportLevel

V, M, E, ME = ExportLevel


@pytest.mark.parametrize("level", ExportLevel)
def test_of_what_it_says(level):
    assert ExportLevel.of(timed_metadata=level.timed_metadata, alpha_events=level.alpha_events) is level


def test_what_both_say():
    assert (ME & M, ME & E, M & E, V & ME) == (M, E, V, V)


def test_covers():
    assert [(one, other) for one in ExportLevel for other in ExportLevel if one.covers(other)] == [
        *((V, V), (M, V), (M, M), (E, V), (E, E)),
        *((ME, V), (ME, M), (ME, E), (ME, ME)),
    ]
