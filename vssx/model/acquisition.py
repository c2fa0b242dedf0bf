"""Who was asked, with which clock, and what was answered: the raw material of the record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from vssx.model.network import TlsPeer


@dataclass(frozen=True, slots=True, kw_only=True)
class RecorderIdentity:
    """Identity as the recorder states it (Device GetDeviceInformation, GetScopes) and as the network showed it.

    ``tls``: who answered to SOAP, None without TLS.
    """

    address: str
    manufacturer: str = ""
    model: str = ""
    firmware_version: str = ""
    serial_number: str = ""
    hardware_id: str = ""
    name: str = ""
    location: str = ""
    tls: TlsPeer | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockSample:
    """One GetSystemDateAndTime between two readings of this machine's clock, all ns UTC.

    The recorder's clock was read somewhere in [sent_ns, received_ns]; with whole seconds in the answer the
    recorder's own resolution adds ``resolution_ns``.
    """

    sent_ns: int
    received_ns: int
    recorder_ns: int
    resolution_ns: int = 1_000_000_000

    @property
    def offset_ns(self) -> int:
        """Recorder minus this machine, the middle of the bounds."""
        return (self.offset_low_ns + self.offset_high_ns) // 2

    @property
    def offset_low_ns(self) -> int:
        """Smallest offset that fits the answer."""
        return self.recorder_ns - self.received_ns

    @property
    def offset_high_ns(self) -> int:
        """Largest offset that fits the answer."""
        return self.recorder_ns + self.resolution_ns - self.sent_ns


@dataclass(frozen=True, slots=True, kw_only=True)
class AcquisitionEvent:
    """One line of data/log/acquisition.jsonl.

    ``kind``: ``soap``, ``rtsp``, ``tls``, ``clock``, ``gap``, ``loss``, ``assumption``, ``file``, ``retry``,
    ``resume``, ``end``, ``note``. ``detail``: JSON values only, never a secret.
    """

    at_ns: int
    kind: str
    detail: Mapping[str, object] = field(default_factory=dict)


Observe = Callable[[AcquisitionEvent], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """User name and password of a recorder; the password shows in no repr."""

    user: str
    password: str = field(repr=False)
