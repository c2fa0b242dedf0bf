"""Messages of WS-Discovery, both directions (WS-Discovery April 2005; ONVIF Core, "Device discovery").

``x()`` builds the datagram, ``read_x()`` parses it; readers raise ProtocolError.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vssx import xml
from vssx.errors import ProtocolError
from vssx.onvif import soap
from vssx.onvif.namespaces import TDN, TDS, WSA_2004, WSD, prefixes

PORT = 3702
GROUP_V4 = "239.255.255.250"
GROUP_V6 = "ff02::c"
MAX_DATAGRAM = 65_535
NETWORK_VIDEO_TRANSMITTER = (TDN, "NetworkVideoTransmitter")
DEVICE = (TDS, "Device")

_TO_ALL = "urn:schemas-xmlsoap-org:ws:2005:04:discovery"
_TO_SENDER = f"{WSA_2004}/role/anonymous"
_MATCH_BY_SEGMENTS = ("", f"{WSD}/rfc3986")
_MATCH_BY_TEXT = f"{WSD}/strcmp0"
_MAX_LISTED = 256  # types, scopes and addresses of one match that are read

QName = tuple[str, str]  # namespace ("" where the prefix is not declared), local name


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A device as it describes itself. ``endpoint``: urn:uuid; ``scopes``: URIs; ``xaddrs``: URLs."""

    endpoint: str
    types: tuple[QName, ...] = ()
    scopes: tuple[str, ...] = ()
    xaddrs: tuple[str, ...] = ()
    metadata_version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """A question for devices that have all ``types`` and all ``scopes``; empty means any.

    ``match_by``: how scopes are compared; "" means rfc3986."""

    message_id: str
    types: tuple[QName, ...] = ()
    scopes: tuple[str, ...] = ()
    match_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeMatches:
    """An answer. ``relates_to``: message identifier of the probe, "" where it is missing."""

    relates_to: str
    matches: tuple[Target, ...]


def _headers(action: str, message_id: str, to: str, relates_to: str = "") -> list[xml.Element]:
    fields = [("MessageID", message_id), ("To", to), ("Action", f"{WSD}/{action}")]
    if relates_to:
        fields.append(("RelatesTo", relates_to))
    return [xml.new(WSA_2004, name, text, nsmap=prefixes("a")) for name, text in fields]


def _add_types(parent: xml.Element, types: Sequence[QName]) -> None:
    names = {namespace: prefix for prefix, namespace in parent.nsmap.items() if prefix}
    xml.add(parent, WSD, "Types", " ".join(f"{names[namespace]}:{name}" for namespace, name in types))


def probe(value: Probe) -> bytes:
    """Probe, to be sent to the group or to one device."""
    body = xml.new(WSD, "Probe", nsmap=prefixes("d", "tdn", "tds"))
    if value.types:
        _add_types(body, value.types)
    if value.scopes:
        scopes = xml.add(body, WSD, "Scopes", " ".join(value.scopes))
        if value.match_by:
            scopes.set("MatchBy", value.match_by)
    return soap.render(body, headers=_headers("Probe", value.message_id, _TO_ALL))


def read_probe(data: bytes) -> Probe | None:
    """The question; None for any other message."""
    envelope = _envelope(data)
    body = envelope.body
    if body is None or xml.local_name(body) != "Probe":
        return None
    scopes = xml.find(body, "Scopes")
    return Probe(
        message_id=xml.text(envelope.header, "MessageID"),
        types=tuple(_types(body)),
        scopes=_listed(xml.text(scopes)),
        match_by="" if scopes is None else xml.attribute(scopes, "MatchBy") or "",
    )


def _fill_target(parent: xml.Element, target: Target) -> None:
    xml.add(xml.add(parent, WSA_2004, "EndpointReference"), WSA_2004, "Address", target.endpoint)
    _add_types(parent, target.types)
    xml.add(parent, WSD, "Scopes", " ".join(target.scopes))
    xml.add(parent, WSD, "XAddrs", " ".join(target.xaddrs))
    xml.add(parent, WSD, "MetadataVersion", str(target.metadata_version))


def probe_matches(value: ProbeMatches, *, message_id: str) -> bytes:
    """Answer to a probe, to its sender alone."""
    body = xml.new(WSD, "ProbeMatches", nsmap=prefixes("d", "a", "tdn", "tds"))
    for target in value.matches:
        _fill_target(xml.add(body, WSD, "ProbeMatch"), target)
    return soap.render(body, headers=_headers("ProbeMatches", message_id, _TO_SENDER, value.relates_to))


def hello(target: Target, *, message_id: str) -> bytes:
    """A device comes to the network."""
    body = xml.new(WSD, "Hello", nsmap=prefixes("d", "a", "tdn", "tds"))
    _fill_target(body, target)
    return soap.render(body, headers=_headers("Hello", message_id, _TO_ALL))


def bye(endpoint: str, *, message_id: str) -> bytes:
    """A device leaves the network."""
    body = xml.new(WSD, "Bye", nsmap=prefixes("d", "a"))
    xml.add(xml.add(body, WSA_2004, "EndpointReference"), WSA_2004, "Address", endpoint)
    return soap.render(body, headers=_headers("Bye", message_id, _TO_ALL))


def read_probe_matches(data: bytes) -> ProbeMatches | None:
    """The answer; None for any other message, such as another client's probe or a Hello."""
    envelope = _envelope(data)
    body = envelope.body
    if body is None or xml.local_name(body) != "ProbeMatches":
        return None
    return ProbeMatches(
        relates_to=xml.text(envelope.header, "RelatesTo"),
        matches=tuple(_target(element) for element in xml.children(body, "ProbeMatch")),
    )


def _target(element: xml.Element) -> Target:
    version = xml.text(element, "MetadataVersion")
    return Target(
        endpoint=xml.text(element, "EndpointReference", "Address")[:1000],
        types=tuple(_types(element)),
        scopes=_listed(xml.text(element, "Scopes")),
        xaddrs=_listed(xml.text(element, "XAddrs")),
        metadata_version=int(version) if version.isascii() and version.isdigit() and len(version) < 10 else 0,
    )


def _envelope(data: bytes) -> soap.Envelope:
    if len(data) > MAX_DATAGRAM:
        raise ProtocolError(f"a discovery message of {len(data)} bytes")
    return soap.parse(data)


def _types(element: xml.Element) -> Iterator[QName]:
    found = xml.find(element, "Types")
    for name in _listed(xml.text(found)):
        prefix, _, local = name.rpartition(":")
        namespace = found.nsmap.get(prefix or None) if found is not None else None
        yield str(namespace or ""), local


def _listed(text: str) -> tuple[str, ...]:
    return tuple(text.split()[:_MAX_LISTED])


def matches(question: Probe, target: Target) -> bool:
    """Whether the device must answer (WS-Discovery section 5.1: all types and all scopes of the probe)."""
    if not set(question.types) <= set(target.types):
        return False
    if question.match_by in _MATCH_BY_SEGMENTS:
        return all(any(_segments_match(asked, has) for has in target.scopes) for asked in question.scopes)
    return question.match_by == _MATCH_BY_TEXT and set(question.scopes) <= set(target.scopes)


def _segments_match(asked: str, has: str) -> bool:
    """Same scheme and authority whatever the case, and the path's segments begin like those asked for."""
    (asked_root, asked_path), (root, path) = _split(asked), _split(has)
    return asked_root.lower() == root.lower() and path[: len(asked_path)] == asked_path


def _split(uri: str) -> tuple[str, list[str]]:
    scheme, separator, rest = uri.partition("://")
    authority, _, path = rest.partition("/")
    return f"{scheme}{separator}{authority}", [segment for segment in path.split("/") if segment]
