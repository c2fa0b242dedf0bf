"""parse(build(x)) == x for the boxes of the export format."""

from __future__ import annotations

import uuid
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from vssx.errors import MalformedMediaError
from vssx.isobmff import export_format
from vssx.isobmff.export_format import FileIdentity, StartTime
from vssx.isobmff.fields import Fields
from vssx.model.handover import ExportUnit, Position, SourceIdentity

NS = 1_000_000_000
text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
seconds = st.integers(0, 1 << 33).map(lambda value: value * NS)
steps = st.integers(-(10**17), 10**17).map(lambda value: value * 100)
sources = st.builds(SourceIdentity, name=st.text("abcé", min_size=2, max_size=9), url=text, mac=text, line=text)


def fields(raw: bytes) -> Fields:
    assert int.from_bytes(raw[:4], "big") == len(raw)
    return Fields(raw[8:], "test")


@given(
    st.builds(ExportUnit, name=text, url=text, mac=text, time_ns=seconds, operator=text),
    st.lists(st.tuples(st.integers(1, 0xFFFF), sources), max_size=5),
)
def test_suep(unit: ExportUnit, entries: list[tuple[int, SourceIdentity]]) -> None:
    read = export_format.parse_suep(fields(export_format.build_suep(unit, entries)))
    assert (read.export_unit, read.sources, read.wide_track_ids) == (unit, tuple(entries), False)


@given(st.lists(st.builds(StartTime, track_id=st.integers(1, 0xFFFFFFFF), utc_ns=steps), max_size=5))
def test_cstb(starts: list[StartTime]) -> None:
    assert export_format.parse_cstb(fields(export_format.build_cstb(starts))) == tuple(starts)


@given(st.floats(-180, 180), st.floats(-90, 90), st.floats(-1000, 9000), text, text)
def test_loci(longitude: float, latitude: float, altitude: float, name: str, notes: str) -> None:
    position = Position(longitude=longitude, latitude=latitude, altitude=altitude, name=name, notes=notes)
    read = export_format.parse_loci(fields(export_format.build_loci(position)))
    assert (read.name, read.notes) == (name, notes)
    # 16.16 fixed point: half a step of 1/65536.
    assert abs(read.longitude - longitude) <= 1 / 131072
    assert abs(read.latitude - latitude) <= 1 / 131072
    assert abs(read.altitude - altitude) <= 1 / 131072


@given(st.uuids(), st.uuids(), st.uuids(), steps, st.integers(0, 10**12))
def test_sumi(own: uuid.UUID, before: uuid.UUID, after: uuid.UUID, start_ns: int, duration: int) -> None:
    identity = FileIdentity(
        identity=own, predecessor=before, successor=after, start_ns=start_ns, duration_ns=duration * 100
    )
    assert export_format.parse_sumi(fields(export_format.build_sumi(identity))) == identity


@given(st.binary(max_size=120))
def test_any_bytes_raise_only_our_error(raw: bytes) -> None:
    for parse in (
        export_format.parse_suep,
        export_format.parse_cstb,
        export_format.parse_loci,
        export_format.parse_sumi,
    ):
        with suppress(MalformedMediaError):
            parse(Fields(raw, "test"))
