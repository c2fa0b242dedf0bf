"""Byte for byte, against the tables of the ONVIF Export File Format Specification."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from vssx.errors import MalformedMediaError
from vssx.isobmff import export_format
from vssx.isobmff.box import MediaFile, read_boxes
from vssx.isobmff.export_format import StartTime
from vssx.isobmff.fields import Fields
from vssx.model.handover import ExportUnit, Position, SourceIdentity

UNIT = ExportUnit(name="U1", url="http://u/", mac="00-01", time_ns=0, operator="Ö")
SUEP = bytes.fromhex(
    "00000042"  # size
    "73756570"  # suep
    "01000000"  # version 1
    "553100"  # U1
    "687474703a2f2f752f00"  # http://u/
    "30302d303100"  # 00-01
    "000000007c25b080"  # 1970 in seconds since 1904
    "c39600"  # Ö
    "00000002"
    "0001" + "43616d00" + "7200" + "6d00" + "3100"  # Cam r m 1
    "0002" + "783100" + "000000"
)


def fields(raw: bytes) -> Fields:
    return Fields(raw[8:], "test")


def test_suep() -> None:
    sources = [(1, SourceIdentity(name="Cam", url="r", mac="m", line="1")), (2, SourceIdentity(name="x1"))]
    assert export_format.build_suep(UNIT, sources) == SUEP
    parsed = export_format.parse_suep(fields(SUEP))
    assert (parsed.version, parsed.export_unit, parsed.sources) == (1, UNIT, tuple(sources))
    assert not parsed.wide_track_ids


@pytest.mark.parametrize("name", ["", "x", "a\0b"])
def test_a_source_name_has_at_least_two_bytes(name: str) -> None:
    """Readers that take TrackID for 32 bits get out of step otherwise."""
    raw = export_format.build_suep(UNIT, [(1, SourceIdentity(name=name))])
    stored = raw.split(b"\0\0\0\1", 1)[1][2:].split(b"\0")[0]
    assert len(stored) >= 2
    assert export_format.parse_suep(fields(raw)).sources[0][0] == 1


def test_suep_with_wide_track_ids() -> None:
    wide = SUEP.replace(b"\0\1Cam", b"\0\0\0\1Cam").replace(b"\0\2x1", b"\0\0\0\2x1")
    parsed = export_format.parse_suep(fields(wide))
    assert parsed.wide_track_ids
    assert [(track_id, source.name) for track_id, source in parsed.sources] == [(1, "Cam"), (2, "x1")]


@pytest.mark.parametrize("cut", [8, 20, 40])
def test_suep_cut_off(cut: int) -> None:
    with pytest.raises(MalformedMediaError):
        export_format.parse_suep(fields(SUEP[: len(SUEP) - cut]))


def test_suep_with_a_count_that_does_not_fit() -> None:
    with pytest.raises(MalformedMediaError):
        export_format.parse_suep(fields(SUEP.replace(b"\0\0\0\2\0\1Cam", b"\xff\xff\xff\xff\0\1Cam")))


def test_text_that_utf8_cannot_hold_is_replaced() -> None:
    raw = export_format.build_suep(ExportUnit(name="\ud800", operator="a\0b"), [])
    assert export_format.parse_suep(fields(raw)).export_unit.operator == "ab"


def test_cstb() -> None:
    """Plain box; 1970 is 116444736000000000 ticks of 100 ns after 1601."""
    starts = (StartTime(track_id=1, utc_ns=0), StartTime(track_id=2, utc_ns=1_000_000_100))
    raw = export_format.build_cstb(starts)
    assert raw == bytes.fromhex("00000024637374620000000200000001019db1ded53e800000000002019db1ded5d71681")
    assert export_format.parse_cstb(fields(raw)) == starts
    with pytest.raises(MalformedMediaError):
        export_format.parse_cstb(fields(raw[:-1]))


def test_loci() -> None:
    """16.16 fixed point in two's complement; role 1."""
    position = Position(longitude=-0.5, latitude=48.25, altitude=-2.0, name="Quai 1", notes="camera position")
    raw = export_format.build_loci(position)
    assert raw == bytes.fromhex(
        "000000386c6f6369"
        "00000000"
        "55c4"  # und
        "51756169203100"  # Quai 1
        "01"
        "ffff8000"
        "00304000"
        "fffe0000"
        "656172746800"  # earth
        "63616d65726120706f736974696f6e00"
    )
    assert export_format.parse_loci(fields(raw)) == position


def test_loci_stays_in_range() -> None:
    raw = export_format.build_loci(Position(longitude=1e9, latitude=-1e9, altitude=40_000))
    parsed = export_format.parse_loci(fields(raw))
    assert (round(parsed.longitude), round(parsed.latitude), round(parsed.altitude)) == (32768, -32768, 32768)


def test_sumi() -> None:
    own, before = uuid.UUID(int=1), uuid.UUID(int=2)
    identity = export_format.FileIdentity(
        identity=own, predecessor=before, successor=own, start_ns=0, duration_ns=60_000_000_000
    )
    raw = export_format.build_sumi(identity)
    assert raw.hex() == (
        "0000004c73756d69" + own.hex + before.hex + own.hex + "019db1ded53e8000" + "0000000023c34600" + "00000000"
    )
    assert export_format.parse_sumi(fields(raw)) == identity


@pytest.mark.parametrize("language", ["deu", "und"])
def test_language(language: str) -> None:
    assert export_format.unpack_language(export_format.pack_language(language)) == language


@pytest.mark.parametrize("language", ["", "de", "DEU", "d u", "déu"])
def test_what_is_no_language_becomes_und(language: str) -> None:
    assert export_format.unpack_language(export_format.pack_language(language)) == "und"


def test_ipro_with_two_signing_instances(tmp_path: Path) -> None:
    first = export_format.build_sinf(signature=b"S" * 256, certificate=b"\x30\x01x")
    second = export_format.build_sinf(
        signature=b"T" * 64,
        certificate=b"\x30\x01y",
        algorithm_identifier=b"\x30\x02ab",
        user_information="Reçu",
        start_times=[StartTime(track_id=1, utc_ns=5_000_000_000)],
    )
    raw = export_format.build_ipro([first, second])
    assert raw[8:14] == b"\0\0\0\0\0\1"  # protection_count stays 1
    assert b"schm\0\0\0\0oeff\0\1\0\0" in raw
    assert b"auibRe\xc3\xa7u\0" in raw
    path = tmp_path / "a"
    path.write_bytes(raw)
    with MediaFile(path) as file:
        one, two = export_format.parse_ipro(file, read_boxes(file)[0])
    assert (one.scheme_type, one.scheme_version) == ("oeff", 0x10000)
    assert (one.signature, one.certificate, one.algorithm_identifier) == (b"S" * 256, b"\x30\x01x", None)
    assert raw[one.signature_offset :][:256] == one.signature
    assert (two.signature, two.user_information) == (b"T" * 64, "Reçu")
    assert two.algorithm_identifier == b"\x30\x02ab"
    assert two.start_times == (StartTime(track_id=1, utc_ns=5_000_000_000),)
