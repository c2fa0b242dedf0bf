"""Damaged local files: read with losses or refused with a VssxError, never anything else."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.clips import encode
from vssx.errors import VssxError
from vssx.model.media import AccessUnit, StreamEnd
from vssx.source.local import open_local
from vssx.times import to_xs_datetime

_CLIPS = {
    "a.mp4": ("libx264", {"audio": True, "options": {"bf": "2", "preset": "medium"}}),
    "fragmented.mp4": ("libx264", {"container": {"movflags": "frag_keyframe+empty_moov"}}),
    "b.mp4": ("libx265", {}),
    "a.mkv": ("libx264", {"audio": True}),
    "a.ts": ("libx264", {"audio": True}),
    "a.264": ("libx264", {"options": {"bf": "2", "preset": "medium", "g": "5"}}),
    "a.265": ("libx265", {}),
}
_JUNK = st.sampled_from([b"", b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\0\1", b"\0"]) | st.binary(
    max_size=8
)


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    directory = tmp_path_factory.mktemp("clips")
    return {
        name: encode(directory / name, encoder, frames=12, **settings_).read_bytes()
        for name, (encoder, settings_) in _CLIPS.items()
    }


@pytest.mark.parametrize("name", _CLIPS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(edits=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 8), _JUNK), min_size=1, max_size=8))
def test_damage_costs_samples_or_the_file_but_nothing_else(clips, tmp_path, name, edits):
    data = bytearray(clips[name])
    for place, removed, junk in edits:
        at = int(place * len(data))
        data[at : at + removed] = junk
    path = tmp_path / name
    path.write_bytes(data)
    try:
        with open_local(path, start_ns=1_700_000_000_000_000_000) as source:
            items = list(source)
    except VssxError:
        return
    assert isinstance(items[-1], StreamEnd)
    assert [item for item in items if isinstance(item, StreamEnd)] == items[-1:]
    for item in items:
        if isinstance(item, AccessUnit):
            assert to_xs_datetime(item.utc_ns)
            assert item.configuration.codec is source.tracks[item.track].codec
