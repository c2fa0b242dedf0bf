from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.handovers import acquisition, handover, trial, write_log, write_media
from vssx.cartography.profile import HEADER
from vssx.errors import HandoverError
from vssx.evidence.bag import assemble
from vssx.evidence.record_reading import parse_record, schema
from vssx.evidence.verify import verify_path
from vssx.model.media import TrackType
from vssx.model.verification import Verdict


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return (handover(tmp_path_factory.mktemp("record")) / "handover.json").read_bytes()


def objects(node: Any, path: str = "") -> list[tuple[str, dict[str, Any]]]:
    found = [(path, node)] if isinstance(node, dict) and "object" in node.get("type", ()) else []
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return found + [each for key, value in children for each in objects(value, f"{path}/{key}")]


def test_schema_is_itself_valid():
    Draft202012Validator.check_schema(schema())


SINCE_CARTOGRAPHY = {"cartography", "map_camera", "legal_basis", "added"}  # which older records lack


def test_schema_says_no_more_than_it_names():
    for path, node in objects(schema()):
        assert "additionalProperties" in node, path
        required = {*node.get("required", ()), *node.get("then", {}).get("required", ())}
        names = set(node.get("properties", ())) - SINCE_CARTOGRAPHY
        assert required == ({"camera_id"} if names == set(HEADER) else names), path


def test_schema_is_documented():
    docs = Path(__file__).parents[3] / "docs"
    text = (docs / "handover-format.md").read_text("utf-8")
    names = {name for _, node in objects(schema()) for name in node.get("properties", ())}
    assert [name for name in sorted(names - set(HEADER)) if f"`{name}`" not in text] == []


def test_own_record(record: bytes):
    assert parse_record(record)["format"] == "vssx-handover"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not the JSON"),
        (b"\xff", "not the JSON"),
        (b"[]", "does not say that its format"),
        (b"{}", "does not say that its format"),
        (b'{"format": "vssx-handover", "format": "vssx-handover"}', "occurs twice"),
        (b'{"format": "vssx-handover", "version": "9.0"}', "version 9.0"),
        (b'{"format": "vssx-handover", "version": "1.0"}', "does not follow its schema"),
        (b'{"format": NaN}', "NaN is no JSON number"),
        (b'{"format": ' + b"9" * 5000 + b"}", "too many digits"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":' * 100_000, "nested too deeply"),
    ],
)
def test_hostile_records(data: bytes, words: str):
    with pytest.raises(HandoverError, match=words):
        parse_record(data)


@pytest.mark.parametrize(
    ("keys", "value", "place"),
    [
        (("recordings", 0, "files", 0, "size"), -1, "recordings/0/files/0/size"),
        (("recordings", 0, "files", 0, "path"), "../../etc/passwd", "recordings/0/files/0/path"),
        (("recordings", 0, "files", 0, "sha256"), "abc", "recordings/0/files/0/sha256"),
        (("recordings", 0, "files", 0, "tracks"), [], "recordings/0/files/0/tracks"),
        (("created",), "yesterday", "created"),
        (("created",), "2024-02-30T00:00:00Z", "created"),
        (("recordings", 0, "delivered", "first"), "0000-01-01T00:00:00Z", "recordings/0/delivered/first"),
        (("claims", "level"), "9X", "claims/level"),
        (("surprise",), 1, "the whole record"),
        (("signature", "signed"), "yes", "signature"),
        (("signature", "signed"), False, "signature"),
        (("signature",), {"signed": True}, "signature"),
        (("recorder",), [], "recorder"),
        (("recordings", 0, "files", 0, "frames"), "signatures/x", "frames"),
    ],
)
def test_schema_is_enforced(record: bytes, keys: tuple[Any, ...], value: object, place: str):
    changed = json.loads(record)
    node = changed
    for key in keys[:-1]:
        node = node[key]
    node[keys[-1]] = value
    with pytest.raises(HandoverError, match=place):
        parse_record(json.dumps(changed).encode())


def test_sound_alone_claims_no_level(tmp_path: Path):
    staging = tmp_path / "H"
    write_log(staging)
    sound = write_media(staging, "data/gate/gate.mp4", "north-gate.mp4", units=20, kinds=[TrackType.AUDIO])
    assemble(staging, acquisition([sound]), signer=trial().signer)
    claims = parse_record((staging / "handover.json").read_bytes())["claims"]
    assert claims["level"] is None
    assert "no video" in claims["reason"]
    assert verify_path(staging, trust=[trial().certificate]).verdict is Verdict.PASSED
