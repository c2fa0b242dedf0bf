from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vssx.evidence import manifest
from vssx.safe_names import safe_name

digests = st.binary(min_size=32, max_size=32).map(bytes.hex)
names = st.lists(st.text(min_size=1, max_size=20).map(safe_name), min_size=1, max_size=4).map("/".join)


@given(st.dictionaries(names, digests, max_size=8))
def test_parse_of_render(files: dict[str, str]):
    files = {f"data/{name}": digest for name, digest in files.items()}
    parsed = manifest.parse(manifest.render(files), payload=True)
    spellings = {manifest.folded_name(name) for name in files}
    assert len(parsed.files) == len(spellings)
    assert len(parsed.faults) == len(files) - len(spellings)
    assert parsed.files.items() <= files.items()


@given(st.text())
def test_safe_names_may_stand_in_a_manifest(text: str):
    assert manifest.path_fault(f"data/{safe_name(text)}") is None


@given(
    st.one_of(st.binary(), st.text().map(lambda text: ("0" * 64 + "  data/" + text + "\n").encode("utf-8", "replace")))
)
def test_any_bytes_are_read_without_an_error(data: bytes):
    parsed = manifest.parse(data, payload=True)
    for name in parsed.files:
        assert name.isprintable()
        assert ".." not in name.split("/")
    assert all(fault.isprintable() for fault in parsed.faults)
