"""No text of a recorder can leave the directory it is meant for."""

from pathlib import PurePosixPath, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vssx.safe_names import safe_name, unique_name


@given(st.text())
def test_one_harmless_component(text):
    name = safe_name(text)
    assert name
    assert len(name.encode()) <= 81
    assert PurePosixPath(name).parts == (name,)
    assert PureWindowsPath(name).parts == (name,)
    assert not name.startswith(".")
    assert name.isprintable()
    assert not set(name) & set('<>:"/\\|?*')
    assert safe_name(name) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("../../etc/passwd", "etc_passwd"),
        ("CON", "_CON"),
        ("nul.mp4", "_nul.mp4"),
        ("North gate, east", "North_gate_east"),
        ("Zürich 3", "Zürich_3"),
        ("...", "unnamed"),
        ("a\u202egpj.exe", "a_gpj.exe"),
    ],
)
def test_names(text, name):
    assert safe_name(text) == name


def test_unique_names_differ_whatever_the_case():
    assert unique_name("Gate", {"gate", "GATE_2"}) == "Gate_3"
