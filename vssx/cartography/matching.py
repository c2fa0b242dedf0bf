"""Which row of a cartography tells of the camera of a recording: by its identifier, and never by a guess.

Each kind of identifier is compared in its own way, in the order of IdentifierKind: tokens and source identifiers as
they are (UUIDs in any spelling), names without regard to case and spaces, addresses by host and, where both tell one,
port. A remote token (IEC 62676-2-33, 6.2: prefix, colon, local token) is that of the recording or one of its tracks; of
a row that says that it holds one, the same prefix, which all tokens of one device share, does as well.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from vssx.cartography.service_time import in_service
from vssx.model.cartography import IdentifierKind, MapCamera
from vssx.model.recording import RecordingInformation
from vssx.shown import shown

_UUID = re.compile(r"(?:urn:uuid:)?\{?([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})\}?", re.IGNORECASE | re.ASCII)
_REMOTE = re.compile(r"([^:\s]+):[^:\s]{1,36}")
_MAX_REMOTE = 64
_MAX_NAMED = 10
Key = tuple[IdentifierKind, str]
"""An identifier in the spelling in which equal ones are equal."""
_WORDS = {
    IdentifierKind.TOKEN: "token",
    IdentifierKind.SOURCE: "source identifier",
    IdentifierKind.NAME: "name",
    IdentifierKind.ADDRESS: "address",
    IdentifierKind.REMOTE: "remote token",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingIdentity:
    """By what a row may name a recording. ``from_ns``/``to_ns``: UTC of its footage, None where nobody knows."""

    token: str = ""
    source_id: str = ""
    names: tuple[str, ...] = ()
    address: str = ""
    track_tokens: tuple[str, ...] = ()
    from_ns: int | None = None
    to_ns: int | None = None

    @property
    def told(self) -> str:
        """All of it in words."""
        names = [(IdentifierKind.TOKEN, self.token), (IdentifierKind.SOURCE, self.source_id)]
        names += [(IdentifierKind.NAME, name) for name in self.names]
        names.append((IdentifierKind.ADDRESS, self.address))
        return ", ".join(f"{_WORDS[kind]} {shown(text)}" for kind, text in names if text)


@dataclass(frozen=True, slots=True, kw_only=True)
class RowMatch:
    """The row of a recording's camera, and what its identifier is; both None where there is none.

    ``detail``: in words, why there is none, or what else is to be said; "" for a plain match. ``candidates``: rows
    that name the recording, of which none could be taken. ``shared``: the row names another camera, too.
    """

    camera: MapCamera | None = None
    matched_by: IdentifierKind | None = None
    detail: str = ""
    candidates: tuple[MapCamera, ...] = ()
    shared: bool = False


def identity_of(
    recording: RecordingInformation, *, from_ns: int | None = None, to_ns: int | None = None
) -> RecordingIdentity:
    """As the recorder describes it."""
    source = recording.source
    return RecordingIdentity(
        token=recording.token,
        source_id=source.source_id,
        names=(source.name,) if source.name else (),
        address=source.address,
        track_tokens=tuple(track.token for track in recording.tracks),
        from_ns=from_ns,
        to_ns=to_ns,
    )


class CameraIndex:
    """The rows of a cartography by what they name. ``file``: its name, for words."""

    def __init__(self, cameras: Iterable[MapCamera], file: str) -> None:
        self._file = shown(file)
        self._rows: dict[Key, list[MapCamera]] = {}
        for camera in cameras:
            for key in keys_of_row(camera):
                self._rows.setdefault(key, []).append(camera)

    def find(self, recording: RecordingIdentity) -> RowMatch:
        """The row that names the recording. With several, none: but those out of service at its time do not count."""
        by_kind = {kind: rows for kind in IdentifierKind if (rows := self._named(kind, recording))}
        for kind, rows in by_kind.items():
            serving = [row for row in rows if in_service(row, recording.from_ns, recording.to_ns)]
            if len(serving) > 1:
                return RowMatch(
                    detail=f"{_lines(serving)} of {self._file} name it by its {_WORDS[kind]}: none of them was taken",
                    candidates=tuple(serving),
                )
            if serving:
                return RowMatch(camera=serving[0], matched_by=kind, detail=self._also(serving[0], by_kind, recording))
        if by_kind:
            kind, rows = next(iter(by_kind.items()))
            return RowMatch(
                detail=f"{_lines(rows)} of {self._file} name{'s' if len(rows) == 1 else ''} it by its {_WORDS[kind]},"
                f" but not as in service at its time ({_service(rows[0])})",
                candidates=tuple(rows),
            )
        return RowMatch(detail=f"no row of {self._file} names it ({recording.told or 'which has no identifier'})")

    def _named(self, kind: IdentifierKind, recording: RecordingIdentity) -> list[MapCamera]:
        found: dict[int, MapCamera] = {}
        for key in keys_of_recording(kind, recording):
            found |= {id(row): row for row in self._rows.get(key, ())}
        rows = list(found.values())
        if kind is IdentifierKind.ADDRESS:
            return [row for row in rows if _same_address(row.camera_id, recording.address)]
        return rows

    def _also(
        self, taken: MapCamera, by_kind: Mapping[IdentifierKind, Sequence[MapCamera]], recording: RecordingIdentity
    ) -> str:
        others = {
            id(row): row
            for rows in by_kind.values()
            for row in rows
            if row is not taken and in_service(row, recording.from_ns, recording.to_ns)
        }
        if not others:
            return ""
        rows = list(others.values())
        return f"{_lines(rows)} of {self._file} name{'s' if len(rows) == 1 else ''} it in another way"


def _lines(rows: Sequence[MapCamera]) -> str:
    numbers = ", ".join(str(row.line) for row in rows[:_MAX_NAMED])
    more = f" and {len(rows) - _MAX_NAMED} more" if len(rows) > _MAX_NAMED else ""
    return f"line{'s' if len(rows) > 1 else ''} {numbers}{more}"


def _service(row: MapCamera) -> str:
    since = f"since {shown(row.in_service_since)}" if row.in_service_since else ""
    until = f"until {shown(row.in_service_until)}" if row.in_service_until else ""
    return " ".join(filter(None, (since, until)))


def keys_of_row(camera: MapCamera) -> Iterator[Key]:
    """By what it names recordings."""
    text = camera.camera_id
    for kind in IdentifierKind if camera.identifier_kind is None else (camera.identifier_kind,):
        for key in _keys(kind, text):
            yield kind, key
        # Only where the row says what it holds: "http:" and "urn:" look like prefixes.
        if kind is IdentifierKind.REMOTE and camera.identifier_kind is kind and (prefix := _prefix(text)):
            yield kind, prefix


def keys_of_recording(kind: IdentifierKind, recording: RecordingIdentity) -> Iterator[Key]:
    """What a row may say to name it: equal keys are equal identifiers, but for the ports of addresses."""
    texts: tuple[str, ...]
    match kind:
        case IdentifierKind.TOKEN:
            texts = (recording.token,)
        case IdentifierKind.SOURCE:
            texts = (recording.source_id,)
        case IdentifierKind.NAME:
            texts = recording.names
        case IdentifierKind.ADDRESS:
            texts = (recording.address,)
        case IdentifierKind.REMOTE:
            texts = (recording.token, recording.source_id, *recording.track_tokens)
    for text in texts:
        for key in _keys(kind, text):
            yield kind, key
        if kind is IdentifierKind.REMOTE and (prefix := _prefix(text)):
            yield kind, prefix


def _keys(kind: IdentifierKind, text: str) -> Iterator[str]:
    text = text.strip()
    if not text:
        return
    if kind is IdentifierKind.NAME:
        yield " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    elif kind is IdentifierKind.ADDRESS:
        if host := _host_and_port(text)[0]:
            yield host
    else:
        match = _UUID.fullmatch(text)
        yield match[1].lower() if match else text


def _prefix(text: str) -> str:
    """The prefix of a remote token with its colon, which no token ends with; "" for any other text."""
    match = _REMOTE.fullmatch(text.strip())
    return f"{match[1]}:" if match is not None and len(text.strip()) <= _MAX_REMOTE else ""


def _same_address(one: str, other: str) -> bool:
    (_, first), (_, second) = _host_and_port(one), _host_and_port(other)
    return first is None or second is None or first == second


def _host_and_port(text: str) -> tuple[str, int | None]:
    """Of a URL, host, or host:port. ("", None) for anything else."""
    text = text.strip()
    if text.count(":") > 1 and "//" not in text and not text.startswith("["):
        text = f"[{text}]"  # a bare IPv6 address
    try:
        parts = urlsplit(text if "//" in text else f"//{text}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "", None
    if any(character.isspace() for character in host):
        return "", None
    return host.rstrip("."), port
