"""Where an ONVIF export file itself says that its tracks come from (``suep``): its word only, which nobody checked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from vssx.model.handover import SourceIdentity
from vssx.model.media import Assumption, SourceTrack
from vssx.source.movie_facts import has_boxes, open_boxes
from vssx.transport.http import without_user

_LONGEST = 500  # characters of a name or an address that an assumption repeats
_NOTHING = ("", "unknown")  # what exporters write who do not know the name


@dataclass(frozen=True, slots=True, kw_only=True)
class Origins:
    """``sources``: by index of the track, of those that the file names; ``assumptions``: that it is the file's word."""

    sources: Mapping[int, SourceIdentity]
    assumptions: tuple[Assumption, ...]


def origins_of(path: Path, tracks: Sequence[SourceTrack]) -> Origins:
    """What the file says of ``tracks``, as ``open_local`` gives them; nothing where it has no ``suep``.

    A user name and a password in an address are left out. Raises StorageError.
    """
    movie = open_boxes(path)[0] if has_boxes(path) else None
    if movie is None or movie.export is None:
        return Origins(sources={}, assumptions=())
    told = {track_id: _carried(source, path) for track_id, source in movie.export.sources}
    numbers = {str(number): track.track_id for number, track in enumerate(movie.tracks)}
    sources = {
        track.index: source
        for track in tracks
        if not track.added and (source := told.get(numbers.get(track.token, 0))) is not None
    }
    alike: defaultdict[SourceIdentity, list[int]] = defaultdict(list)
    for index, source in sources.items():
        alike[source].append(index)
    return Origins(
        sources=sources,
        assumptions=tuple(
            Assumption(
                subject="source",
                detail=f"the file itself says (suep) that its tracks {', '.join(map(str, indices))} come from "
                f'"{_shown(source.name)}", {_shown(source.url) or "no address given"}; that is carried over unchecked',
            )
            for source, indices in alike.items()
        ),
    )


def _carried(told: SourceIdentity, path: Path) -> SourceIdentity | None:
    """None where it says nothing; without a name it has that of the file."""
    name = told.name.strip()
    url = without_user(told.url) if "@" in told.url else told.url
    if name in _NOTHING and not (url or told.mac or told.line):
        return None
    return replace(told, name=path.stem if name in _NOTHING else name, url=url)


def _shown(text: str) -> str:
    shown = "".join(filter(str.isprintable, text))
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}…"
