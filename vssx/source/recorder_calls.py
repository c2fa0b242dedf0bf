"""Calls to one recorder over SOAP: its clock, the addresses of its services, credentials that fit its time.

Errors: RecorderUnreachableError, NotAuthenticatedError, ProtocolError (faults are SoapFaultError).
"""

from __future__ import annotations

import time

from vssx import xml
from vssx.errors import NotAuthenticatedError, ProtocolError, RecorderUnreachableError
from vssx.model.acquisition import AcquisitionEvent, ClockSample, Observe
from vssx.onvif import device
from vssx.onvif.namespaces import TRC, TRP, TSE
from vssx.onvif.soap import SoapFaultError
from vssx.source.address import Reachable, reachable_service
from vssx.times import NS
from vssx.transport.http import SoapHttpClient

CLOCK_MAX_AGE_S = 30.0
CLOCK_DOUBT_NS = 5 * NS
_SERVICES = {TSE: "search", TRC: "recording", TRP: "replay"}


class NoServiceError(ProtocolError):
    """The recorder names no such service."""


class RecorderCalls:
    """Who asks, where, and by which clock. ``read_clock`` and ``find_services`` before anything else."""

    def __init__(self, client: SoapHttpClient, observe: Observe) -> None:
        self.client = client
        self._observe = observe
        self._services: dict[str, tuple[Reachable, ...]] = {}
        self._reported: set[str] = set()
        self._clock_read = float("-inf")
        self._clock_doubted = False
        self._own_clock = False

    @property
    def address(self) -> str:
        """URL of the device service that answers."""
        return self.client.address

    def _report(self, kind: str, detail: dict[str, object]) -> None:
        self._observe(AcquisitionEvent(at_ns=time.time_ns(), kind=kind, detail=detail))

    def assume(self, subject: str, detail: str) -> None:
        """Once for each text: the same address is told with every request."""
        if detail not in self._reported:
            self._reported.add(detail)
            self._report("assumption", {"subject": subject, "detail": detail})

    # The clock

    def sample_clock(self) -> ClockSample:
        """The recorder's clock between two readings of this machine's."""
        try:
            return self._sample(authenticate=False)
        except (NotAuthenticatedError, SoapFaultError):
            return self._sample(authenticate=True)  # the specification wants it open to all; some recorders do not

    def _sample(self, *, authenticate: bool) -> ClockSample:
        sent_ns = time.time_ns()
        answer = self.client.call(self.address, device.get_system_date_and_time(), authenticate=authenticate)
        received_ns = time.time_ns()
        clock = device.read_get_system_date_and_time_response(answer)
        if not clock.utc_given:
            self.assume("recorder clock", "the recorder tells local time only; it was taken for UTC")
        sample = ClockSample(sent_ns=sent_ns, received_ns=received_ns, recorder_ns=clock.utc_ns)
        if not self._own_clock:
            self.client.clock_offset_ns = sample.offset_ns
        self._clock_read = time.monotonic()
        self._report(
            "clock",
            {
                "sent_ns": sent_ns,
                "received_ns": received_ns,
                "recorder_ns": clock.utc_ns,
                "resolution_ns": sample.resolution_ns,
                "time_zone": clock.time_zone,
                "ntp": clock.ntp,
            },
        )
        return sample

    def read_clock(self) -> None:
        """Before everything else: tokens carry the recorder's time. Without its clock ours must do."""
        try:
            self.sample_clock()
        except (RecorderUnreachableError, NotAuthenticatedError):
            raise
        except ProtocolError as problem:
            if not isinstance(problem, SoapFaultError):
                raise
            self.assume("recorder clock", f"the recorder does not tell its clock; this machine's is used: {problem}")

    # Services and calls

    def find_services(self) -> tuple[device.Service, ...]:
        """The services as told: GetServices, and GetCapabilities for what it leaves out or where it fails.

        Recorders list by halves. Raises ProtocolError where both fail.
        """
        found: list[device.Service] = []
        problem: ProtocolError | None = None
        for request, read in (
            (device.get_services, device.read_get_services_response),
            (device.get_capabilities, device.read_get_capabilities_response),
        ):
            if {TSE, TRP} <= {service.namespace for service in found}:
                break
            try:
                found += read(self.call(self.address, request()))
            except ProtocolError as failure:
                problem = failure
        if not found and problem is not None:
            raise problem
        for service in found:
            if service.namespace in _SERVICES and service.namespace not in self._services:
                self._services[service.namespace] = reachable_service(service.xaddr, self.address)
        return tuple(found)

    def call(self, url: str, body: xml.Element) -> xml.Element:
        """A request with credentials. Before refused ones are believed: an old clock sample is renewed, and a clock
        far from ours is doubted once, since some recorders tell local time as UTC and check tokens by the true one."""
        try:
            return self.client.call(url, body)
        except NotAuthenticatedError:
            if time.monotonic() - self._clock_read >= CLOCK_MAX_AGE_S:
                self._sample(authenticate=False)
            elif self._clock_doubted or abs(self.client.clock_offset_ns) < CLOCK_DOUBT_NS:
                raise
            else:
                self._clock_doubted = True
                return self._call_by_own_clock(url, body)
            return self.client.call(url, body)

    def _call_by_own_clock(self, url: str, body: xml.Element) -> xml.Element:
        told_ns, self.client.clock_offset_ns = self.client.clock_offset_ns, 0
        try:
            answer = self.client.call(url, body)
        except NotAuthenticatedError:
            self.client.clock_offset_ns = told_ns
            raise
        self._own_clock = True
        self.assume(
            "recorder clock",
            f"the recorder tells a clock that is {told_ns / NS:+.0f} s from this machine's, but accepts tokens by this"
            " machine's clock only: the time it tells may be local time",
        )
        return answer

    def ask(self, namespace: str, body: xml.Element) -> xml.Element:
        """A request to a service, at the first of its addresses that works."""
        addresses = self._services.get(namespace, ())
        if not addresses:
            raise NoServiceError(
                f"the recorder names no {_SERVICES[namespace]} service",
                where=self.address,
                next_step="It may not record, or hide it: check its ONVIF settings and the user's rights.",
            )
        for index, choice in enumerate(addresses):
            last = index + 1 == len(addresses)
            try:
                answer = self.call(choice.url, body)
            except RecorderUnreachableError:
                if last:
                    raise
            except ProtocolError as problem:
                # A fault is an answer of the service; anything else may be another program behind that address.
                if last or isinstance(problem, SoapFaultError):
                    raise
            else:
                self._settle(namespace, choice)
                return answer
        raise AssertionError("the last address answers or raises")

    def _settle(self, namespace: str, choice: Reachable) -> None:
        self._services[namespace] = (choice,)
        if choice.change:
            self.assume(f"address of the {_SERVICES[namespace]} service", f"{choice.change}: {choice.url}")

    def has(self, namespace: str) -> bool:
        """Whether the recorder names this service."""
        return bool(self._services.get(namespace))
