"""What a row says against itself."""

from __future__ import annotations

import pytest

from vssx.cartography.row_check import check_row

_Values = dict[str, str | float]


@pytest.mark.parametrize(
    ("values", "found", "left"),
    [
        ({"longitude": 2.0, "latitude": 48.0}, [], {"longitude", "latitude"}),
        ({"longitude": 2.0}, ["longitude error half"], set()),
        ({"latitude": 48.0}, ["latitude error half"], set()),
        ({"easting": 1.0, "crs": "EPSG:2154"}, ["easting error half"], {"crs"}),
        ({"plan_y": 1.0, "plan": "a.svg"}, ["plan_y error half"], {"plan"}),
        ({"longitude": 0.0, "latitude": 0.0}, ["longitude error zero"], set()),
        ({"longitude": 1e-7, "latitude": -1e-7}, ["longitude error zero"], set()),
        ({"longitude": 0.0, "latitude": 51.48}, [], {"longitude", "latitude"}),
        ({"longitude": 9.0, "latitude": 0.0}, [], {"longitude", "latitude"}),
        ({"easting": 1.0, "northing": 2.0}, ["easting error no-crs"], {"easting", "northing"}),
        ({"easting": 1.0, "northing": 2.0, "crs": "EPSG:2154"}, [], {"easting", "northing", "crs"}),
        ({"plan_x": 1.0, "plan_y": 2.0}, ["plan_x error no-plan"], set()),
        ({"near_range": 5.0, "far_range": 5.0}, ["near_range error ranges"], set()),
        ({"near_range": 0.0, "far_range": 5.0}, [], {"near_range", "far_range"}),
        ({"near_range": 50.0}, [], {"near_range"}),
        ({"far_range": 2001.0}, ["far_range warning far-range"], {"far_range"}),
        (
            {"horizontal_fov": 90.0, "vertical_fov": 160.0},
            ["vertical_fov warning field-of-view"],
            {"horizontal_fov", "vertical_fov"},
        ),
        ({"horizontal_fov": 60.0, "vertical_fov": 90.0}, [], {"horizontal_fov", "vertical_fov"}),
        (
            {"in_service_since": "2024-05-02", "in_service_until": "2024-05-01"},
            ["in_service_until warning service"],
            {"in_service_since", "in_service_until"},
        ),
        (
            {"in_service_since": "2024-05-02", "in_service_until": "2024"},
            [],
            {"in_service_since", "in_service_until"},
        ),
        (
            {"in_service_since": "2024", "in_service_until": "2023-12"},
            ["in_service_until warning service"],
            {"in_service_since", "in_service_until"},
        ),
    ],
)
def test_rows(values: _Values, found: list[str], left: set[str]) -> None:
    kept = dict(values)
    told = [f"{column} {problem.severity} {problem.kind}" for column, problem in check_row(kept)]
    assert (told, set(kept)) == (found, left)
