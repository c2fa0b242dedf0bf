"""What is written in the profile is read back as the same value."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from vssx.cartography.placed_table import read_table
from vssx.cartography.profile_writer import write_profile
from vssx.cells import cell, text_of
from vssx.model.cartography import CameraType, IdentifierKind, MapCamera, Setting

_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufffd"), max_size=60) | st.text(
    "=+-@'\";,| \\u{}0a\u202e\n\r\0", max_size=20
)


def _number(low: float, high: float) -> st.SearchStrategy[float | None]:
    return st.none() | st.floats(low, high, allow_nan=False).map(lambda one: one + 0.0)


_CAMERAS = st.builds(
    MapCamera,
    camera_id=_TEXT.filter(bool),
    identifier_kind=st.none() | st.sampled_from(IdentifierKind),
    name=_TEXT,
    setting=st.none() | st.sampled_from(Setting),
    camera_type=st.none() | st.sampled_from(CameraType),
    longitude=st.floats(1, 180),
    latitude=st.floats(-90, 90).map(lambda one: one + 0.0),
    altitude=_number(-500, 10_000),
    azimuth=st.none() | st.floats(0, 359.999),
    tilt=_number(-90, 90),
    far_range=st.none() | st.floats(0.001, 100_000),
    plan=_TEXT.filter(bool),
    plan_x=st.floats(-1e6, 1e6).map(lambda one: one + 0.0),
    plan_y=st.just(1.5),
    remarks=_TEXT,
    in_service_since=st.sampled_from(["", "2020", "2020-05-31", "2020-05-31T12:00:00Z"]),
    position_from=st.sampled_from(["given", "crs", "plan"]),
)


@given(_CAMERAS)
def test_every_value_is_kept(camera: MapCamera) -> None:
    reading = read_table(b"".join(write_profile([camera])), "cameras.csv")
    assert reading.dialect.strict
    assert [replace(one, line=0) for one in reading.cameras] == [camera]


@given(_TEXT)
def test_neutralised_texts_are_found_again(text: str) -> None:
    assert text_of(cell(text).replace('""', '"')) == text
