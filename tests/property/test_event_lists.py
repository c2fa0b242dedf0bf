"""The operator's list: whatever the file holds, it is read or refused in words; what was written is what is read."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from vssx.errors import UsageError
from vssx.source.event_list import read_event_list
from vssx.times import to_xs_datetime

_TEXT = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"), min_size=1, max_size=30
).filter(str.strip)
_TIME = st.integers(0, 4_000_000_000_000_000_000).map(to_xs_datetime)
_EVENTS = st.lists(st.fixed_dictionaries({"time": _TIME, "name": _TEXT, "text": _TEXT, "door": _TEXT}), max_size=8)
_here = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)


@_here
@given(data=st.binary(max_size=400) | st.text(max_size=200).map(str.encode))
@example(data=b"sep=")
@example(data=b"sep=;\n")
@example(data=b'sep="\ntime"name\n')
@example(data=b"time\n" * 3)
@example(data=b'{"time": {}, "data": {"data": {}}}')
@example(data=b"\xef\xbb\xbf{")
@example(data=b"\xfe\xff")
@example(data=b"time,name\r2024-05-01T12:00:00Z,a\r")
def test_any_file_is_read_or_refused(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.write_bytes(data)
    try:
        found = read_event_list(path, "Europe/Paris")
    except UsageError:
        return
    assert len(list(found)) == found.events


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
@_here
@given(events=_EVENTS, separator=st.sampled_from(",;\t|"))
def test_what_is_written_is_read(events: list[dict[str, str]], separator: str, kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"list.{kind}"
    if kind == "csv":
        out = io.StringIO()
        writer = csv.DictWriter(out, ("time", "name", "text", "door"), delimiter=separator, quoting=csv.QUOTE_ALL)
        writer.writeheader()
        writer.writerows(events)
        path.write_text(out.getvalue(), encoding="utf-8", newline="")
    else:
        path.write_text("".join(f"{json.dumps(event)}\n" for event in events), encoding="utf-8", newline="")
    if not events:
        with pytest.raises(UsageError, match="is empty" if kind == "jsonl" else "holds no event"):
            read_event_list(path, None)
        return
    found = [line.notification for line in read_event_list(path, None)]
    assert [to_xs_datetime(one.utc_ns) for one in found] == [event["time"] for event in events]
    for one, event in zip(found, events, strict=True):
        items = {item.name: item.value for item in one.data}
        assert items == {
            "Name": event["name"].strip(),
            "Text": event["text"].strip(),
            "door": event["door"].strip(),
        }
