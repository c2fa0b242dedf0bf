"""What is known of a recording beside its pictures: ten documents a second, and events. Nothing of vssx in them."""

from __future__ import annotations

import json
from pathlib import Path

from tests.scene_documents import Occurrence, access_denied, motion, scene, xs_datetime

DOCUMENTS = 64
FIRST, EVERY = 20_000_000, 100_000_000  # ns
SECOND = 1_000_000_000


def occurrences(start_ns: int) -> list[Occurrence]:
    """Motion twice, access denied, a door forced; the first of each property at the start."""
    return [
        motion(start_ns, False, operation="Initialized"),
        _door(start_ns, "Normal", "Initialized"),
        motion(start_ns + SECOND, True),
        access_denied(start_ns + 2 * SECOND, "card 7"),
        access_denied(start_ns + 2 * SECOND, "card 8"),
        _door(start_ns + 3 * SECOND + 34_000_000, "DoorForcedOpen"),
        motion(start_ns + 4 * SECOND, False),
        motion(start_ns + 5 * SECOND, True),
        _door(start_ns + 6 * SECOND, "Normal"),
    ]


def _door(utc_ns: int, state: str, operation: str = "Changed") -> Occurrence:
    return Occurrence(
        utc_ns=utc_ns,
        topic="tns1:Door/State/DoorAlarm",
        operation=operation,
        source=(("DoorToken", "Gate"),),
        data=(("State", state),),
    )


def documents(start_ns: int) -> list[tuple[int, bytes]]:
    """Times, and documents: objects in each, a position in every tenth, motion where it began or ended."""
    motions = [one for one in occurrences(start_ns) if "Motion" in one.topic]
    found = []
    for number in range(DOCUMENTS):
        at = start_ns + FIRST + number * EVERY
        told = [one for one in motions if at - EVERY < one.utc_ns <= at]
        found.append((at, scene(number, at, ptz=number % 10 == 0, occurrences=told)))
    return found


def write_known(media: Path, start_ns: int) -> None:
    """Both files beside ``media``."""
    lines = [{"utc": xs_datetime(at), "document": document.decode()} for at, document in documents(start_ns)]
    _write(media.with_suffix(".metadata.jsonl"), lines)
    events = [
        {
            "utc": xs_datetime(one.utc_ns),
            "topic": one.topic,
            "operation": one.operation,
            "source": dict(one.source),
            "data": dict(one.data),
        }
        for one in occurrences(start_ns)
    ]
    _write(media.with_suffix(".events.jsonl"), events)


def _write(path: Path, lines: list[dict[str, object]]) -> None:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
