"""Requests that are answered with a fault."""

from __future__ import annotations

from vssx.onvif.soap import Fault


class FaultError(Exception):
    """A request that is answered with a SOAP fault; never leaves the recorder."""

    def __init__(self, code: str, *subcodes: str, reason: str) -> None:
        super().__init__(reason)
        self.fault = Fault(code=code, subcodes=subcodes, reason=reason)
