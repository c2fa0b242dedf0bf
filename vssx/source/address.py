"""Addresses of recorders: what the user gives, and what recorders say about themselves."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit, urlunsplit

from vssx.errors import ProtocolError, UsageError
from vssx.rtsp.session import DEFAULT_PORTS, netloc

DEVICE_SERVICE = "/onvif/device_service"


def device_address(host: str) -> str:
    """URL of the device service from a host, host:port, [IPv6], or a URL. Raises UsageError.

    Credentials in it are refused: they would end up in the shell's history and in the record.
    """
    text = host.strip()
    if text.count(":") > 1 and "[" not in text and "//" not in text:
        text = f"[{text}]"  # a bare IPv6 address
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        hostname, port = parts.hostname, parts.port
    except ValueError as problem:
        raise UsageError(f"not an address of a recorder: {problem}", next_step=_EXAMPLE) from None
    if parts.username is not None or parts.password is not None:
        raise UsageError(
            "the address holds a user name or password",
            next_step="Leave them out; use --user with --password-file, or VSSX_USER and VSSX_PASSWORD.",
        )
    if parts.scheme not in ("http", "https") or not hostname or any(c.isspace() for c in text):
        raise UsageError(f"not an address of a recorder: {text[:100]!r}", next_step=_EXAMPLE)
    path = parts.path if parts.path not in ("", "/") else DEVICE_SERVICE
    return urlunsplit((parts.scheme, netloc(hostname, port), path, parts.query, ""))


_EXAMPLE = "Give a host, host:port or a URL such as http://192.0.2.1/onvif/device_service."


@dataclass(frozen=True, slots=True, kw_only=True)
class Reachable:
    """An address that a recorder told, made fit for use; ``change`` says in words what was changed, "" for nothing."""

    url: str
    change: str = ""


def _split(url: str, what: str) -> SplitResult:
    try:
        parts = urlsplit(url.strip())
        if parts.scheme and parts.hostname:
            _ = parts.port
            return parts
    except ValueError:
        pass
    raise ProtocolError(
        f"the recorder's {what} is no address: {url.rpartition('@')[2][:200]!r}",
        next_step="Check the network settings of the recorder.",
    )


def reachable_service(url: str, answered: str) -> tuple[Reachable, ...]:
    """Addresses to try for a service, best first. ``answered``: URL of the device service that answered.

    The host that answered takes the place of an inside address; port and path stay. The port that answered is the
    next choice. A session over TLS never goes on without it. Raises ProtocolError for what is no URL.
    """
    told, base = _split(url, "service address"), _split(answered, "address")
    host = base.hostname or ""
    behind_base = urlunsplit((base.scheme, base.netloc, told.path or "/", told.query, ""))
    as_told = urlunsplit((told.scheme, netloc(host, told.port), told.path or "/", told.query, ""))
    secure = base.scheme != "https" or told.scheme == "https"
    urls = [as_told] if secure and told.scheme in ("http", "https") else []
    if behind_base not in urls:
        urls.append(behind_base)
    return tuple(Reachable(url=choice, change=_change(told, choice)) for choice in urls)


def reachable_stream(url: str, answered: str) -> Reachable:
    """A stream's address with the host that answered; port, path and query stay. Raises ProtocolError.

    User name and password in it are dropped. The scheme is written in lower case.
    """
    told, base = _split(url, "stream address"), _split(answered, "address")
    if told.scheme not in ("rtsp", "rtsps", "rtspu", "http", "https"):
        raise ProtocolError(f"the recorder's stream address has the scheme {told.scheme[:20]!r}")
    fixed = urlunsplit((told.scheme, netloc(base.hostname or "", told.port), told.path, told.query, ""))
    return Reachable(url=fixed, change=_change(told, fixed))


def _change(told: SplitResult, url: str) -> str:
    parts = urlsplit(url)
    changes = []
    if (told.hostname or "").lower() != (parts.hostname or "").lower():
        changes.append(f"host {told.hostname} replaced by {parts.hostname}, which answered")
    if _port(told) != _port(parts):
        changes.append(f"port {_port(told)} replaced by {_port(parts)}")
    if told.scheme != parts.scheme:
        changes.append(f"{told.scheme} replaced by {parts.scheme}")
    if told.username is not None or told.password is not None:
        changes.append("credentials in it dropped")
    return "; ".join(changes)


def _port(parts: SplitResult) -> int | None:
    return parts.port or DEFAULT_PORTS.get(parts.scheme)
