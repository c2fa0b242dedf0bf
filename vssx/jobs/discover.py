"""``vssx discover``: which ONVIF devices are on the networks of this machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vssx.source.discovery import Discovery


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscoverRequest:
    """Where to ask, and for how many seconds. ``addresses``: these hosts alone, without multicast."""

    wait_s: float
    interfaces: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()


def discover(request: DiscoverRequest) -> Discovery:
    """Ask. Raises the errors of ``vssx.source.discovery``."""
    from vssx.source.discovery import discover as ask

    return ask(wait_s=request.wait_s, interfaces=request.interfaces, addresses=request.addresses)
