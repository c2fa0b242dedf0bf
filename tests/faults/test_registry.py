"""The registry, the documentation and the tests name the same faults, and the switches are read as they say."""

from __future__ import annotations

import importlib
import re
from collections import defaultdict

import pytest

from tests import peers
from tests.faults.recordings import Case
from vssx.errors import UsageError
from vssx.recorder.fault_registry import REGISTRY, read_faults
from vssx.recorder.server import RecorderServer

_MODULES = ("test_search", "test_addresses", "test_rtsp", "test_times", "test_stream", "test_metadata", "test_events")


def codes_of_tests() -> dict[str, set[int]]:
    """Exit codes of each fault's tests."""
    codes = defaultdict(set)
    for name in _MODULES:
        module = importlib.import_module(f"tests.faults.{name}")
        cases = [function.case for function in vars(module).values() if hasattr(function, "case")]
        for function in vars(module).values():
            for mark in getattr(function, "pytestmark", ()):
                if mark.name == "parametrize":
                    cases += [one for one in mark.args[1] if isinstance(one, Case)]
        for one in cases:
            codes[one.name].add(one.code)
    return dict(codes)


def codes_told() -> dict[str, set[int]]:
    """Exit codes of each fault's line in docs/recorders.md."""
    text = (peers.ROOT / "docs" / "recorders.md").read_text("utf-8")
    rows = re.findall(r"^\| `([a-z0-9-]+)[^|]*\|[^|]*\|([^|]*)\|", text, re.MULTILINE)
    assert len({name for name, _ in rows}) == len(rows)
    return {name: {int(number) for number in re.findall(r"\b\d+\b", codes)} for name, codes in rows}


def test_every_fault_is_tested_and_codes_told():
    assert set(codes_told()) == set(REGISTRY)
    assert set(codes_of_tests()) == set(REGISTRY)


def test_the_exit_codes_told_are_those_of_the_tests():
    assert codes_told() == codes_of_tests()


def test_every_switch_is_looked_at_by_the_recorder():
    modules = [path for path in (peers.ROOT / "vssx/recorder").glob("*.py") if "fault_list" not in path.name]
    sources = "\n".join(path.read_text("utf-8") for path in modules)
    assert [name for name in REGISTRY if f'"{name}"' not in sources] == []


def test_values():
    faults = read_faults(["loss=20", "queued", "stall", "gap-plays=before", "bom"])
    assert faults.number("loss") == 20
    assert faults.text("queued") == "inside"
    assert faults.number("stall") == 30
    assert faults.text("gap-plays") == "before"
    assert faults.on("bom")
    assert not faults.on("latin-1")
    assert faults.number("reorder") is None
    assert faults
    assert not read_faults([])


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("lost", "no fault 'lost'"),
        ("loss=many", "'many' is no number of n from 2 to 1e+06"),
        ("loss=1", "from 2"),
        ("loss=nan", "from 2"),
        ("queued=aside", "'aside' is none of inside, outside"),
        ("bom=1", "takes no value"),
        ("uri-query=", "wants a text"),
    ],
)
def test_switches_that_make_no_sense(word, says):
    with pytest.raises(UsageError) as refused:
        read_faults([word])
    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("glued", "no recording 'car-park'. There are: door, gate, hall, lane, yard"),
        ("fault-400=Nothing", "no operation"),
    ],
)
def test_values_that_name_nothing_of_this_recorder(word, says, recordings):
    with pytest.raises(UsageError) as refused:
        RecorderServer(recordings, faults=read_faults([word]))
    assert says in str(refused.value)


def test_a_fault_is_given_once():
    with pytest.raises(UsageError, match="given twice"):
        read_faults(["loss", "loss=3"])
