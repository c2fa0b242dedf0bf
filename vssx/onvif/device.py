"""Messages of the Device service, both directions (ONVIF Core, "Device management service").

``x()`` builds the request, ``read_x()`` parses it, ``x_response()`` builds the answer, ``read_x_response()`` parses it.
Readers take the first element of a SOAP body and raise ProtocolError.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, unquote

from vssx import xml
from vssx.errors import ProtocolError
from vssx.model.acquisition import RecorderIdentity
from vssx.onvif import fields
from vssx.onvif.namespaces import TDS, TRC, TRP, TSE, TT, prefixes
from vssx.times import NS

SCOPE_NAME = "onvif://www.onvif.org/name/"
SCOPE_HARDWARE = "onvif://www.onvif.org/hardware/"
SCOPE_LOCATION = "onvif://www.onvif.org/location/"
SCOPE_PROFILE_G = "onvif://www.onvif.org/Profile/G"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemDateAndTime:
    """The recorder's clock. ``utc_ns``: whole seconds; ``time_zone``: POSIX TZ text; ``utc_given``: the answer had
    UTCDateTime (else local time was taken for UTC and the offset may be wrong by hours)."""

    utc_ns: int
    time_zone: str = ""
    daylight_savings: bool = False
    ntp: bool = False
    utc_given: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One service: its namespace, where it answers, its version (0.0: not told)."""

    namespace: str
    xaddr: str
    version: tuple[int, int] = (2, 0)


def _response(name: str) -> xml.Element:
    return xml.new(TDS, name, nsmap=prefixes("tds", "tt"))


def get_system_date_and_time() -> xml.Element:
    """Request for the clock; needs no authentication."""
    return _response("GetSystemDateAndTime")


def get_system_date_and_time_response(value: SystemDateAndTime) -> xml.Element:
    """Answer with UTC and local time (both UTC where no zone is given)."""
    root = _response("GetSystemDateAndTimeResponse")
    system = xml.add(root, TDS, "SystemDateAndTime")
    xml.add(system, TT, "DateTimeType", "NTP" if value.ntp else "Manual")
    xml.add(system, TT, "DaylightSavings", fields.boolean(value.daylight_savings))
    xml.add(xml.add(system, TT, "TimeZone"), TT, "TZ", value.time_zone or "UTC0")
    moment = _EPOCH + timedelta(seconds=value.utc_ns // NS)
    for name in ("UTCDateTime", "LocalDateTime") if value.time_zone in ("", "UTC0", "UTC") else ("UTCDateTime",):
        element = xml.add(system, TT, name)
        time = xml.add(element, TT, "Time")
        for part, number in (("Hour", moment.hour), ("Minute", moment.minute), ("Second", moment.second)):
            xml.add(time, TT, part, str(number))
        date = xml.add(element, TT, "Date")
        for part, number in (("Year", moment.year), ("Month", moment.month), ("Day", moment.day)):
            xml.add(date, TT, part, str(number))
    return root


def read_get_system_date_and_time_response(root: xml.Element) -> SystemDateAndTime:
    """The clock; local time stands in for UTC where the recorder gives nothing else."""
    system = fields.element(root, "SystemDateAndTime")
    utc = xml.find(system, "UTCDateTime")
    element = utc if utc is not None else fields.element(system, "LocalDateTime")
    return SystemDateAndTime(
        utc_ns=_date_time(element),
        time_zone=xml.text(system, "TimeZone", "TZ")[:100],
        daylight_savings=fields.is_true(xml.text(system, "DaylightSavings")),
        ntp=xml.text(system, "DateTimeType") == "NTP",
        utc_given=utc is not None,
    )


def _date_time(element: xml.Element) -> int:
    numbers = [
        fields.integer_or_none(element, *path) for path in (("Date", "Year"), ("Date", "Month"), ("Date", "Day"))
    ] + [fields.integer_or_none(element, "Time", part) for part in ("Hour", "Minute", "Second")]
    known = [number for number in numbers if number is not None]
    if len(known) < 6:
        raise ProtocolError("the recorder's clock answers an incomplete date and time")
    year, month, day, hour, minute, second = known
    try:
        moment = datetime(year, month, day, tzinfo=UTC)
    except (ValueError, OverflowError):
        raise ProtocolError(f"the recorder's clock answers the date {year}-{month}-{day}") from None
    if not (0 <= hour <= 24 and 0 <= minute <= 59 and 0 <= second <= 60):
        raise ProtocolError(f"the recorder's clock answers the time {hour}:{minute}:{second}")
    return ((moment - _EPOCH) // timedelta(seconds=1) + hour * 3600 + minute * 60 + second) * NS


def get_device_information() -> xml.Element:
    """Request for manufacturer, model, firmware and serial number."""
    return _response("GetDeviceInformation")


def get_device_information_response(value: RecorderIdentity) -> xml.Element:
    """Answer; only the five fields of the message are used."""
    root = _response("GetDeviceInformationResponse")
    xml.add(root, TDS, "Manufacturer", value.manufacturer)
    xml.add(root, TDS, "Model", value.model)
    xml.add(root, TDS, "FirmwareVersion", value.firmware_version)
    xml.add(root, TDS, "SerialNumber", value.serial_number)
    xml.add(root, TDS, "HardwareId", value.hardware_id)
    return root


def read_get_device_information_response(root: xml.Element, *, address: str) -> RecorderIdentity:
    """Identity as stated; what is missing stays empty."""
    return RecorderIdentity(
        address=address,
        manufacturer=xml.text(root, "Manufacturer"),
        model=xml.text(root, "Model"),
        firmware_version=xml.text(root, "FirmwareVersion"),
        serial_number=xml.text(root, "SerialNumber"),
        hardware_id=xml.text(root, "HardwareId"),
    )


def get_scopes() -> xml.Element:
    """Request for the scopes: name, location, profiles."""
    return _response("GetScopes")


def get_scopes_response(scopes: Sequence[str]) -> xml.Element:
    """Answer with fixed scopes; at least one is needed by the schema."""
    root = _response("GetScopesResponse")
    for scope in scopes:
        element = xml.add(root, TDS, "Scopes")
        xml.add(element, TT, "ScopeDef", "Fixed")
        xml.add(element, TT, "ScopeItem", scope)
    return root


def read_get_scopes_response(root: xml.Element) -> tuple[str, ...]:
    """The scope URIs."""
    return tuple(item for scope in xml.children(root, "Scopes") if (item := xml.text(scope, "ScopeItem")))


def scope(prefix: str, text: str) -> str:
    """A scope URI of free text, e.g. scope(SCOPE_NAME, "Front door")."""
    return prefix + quote(text, safe="")


def scope_text(scopes: Sequence[str], prefix: str) -> str:
    """Free text of the scopes with this prefix, joined with a slash; "" if there is none."""
    return "/".join(unquote(item[len(prefix) :]) for item in scopes if item.lower().startswith(prefix.lower()))


def get_services(*, include_capability: bool = False) -> xml.Element:
    """Request for all services."""
    root = _response("GetServices")
    xml.add(root, TDS, "IncludeCapability", fields.boolean(include_capability))
    return root


def read_get_services(root: xml.Element) -> bool:
    """IncludeCapability."""
    return fields.is_true(xml.text(root, "IncludeCapability"))


def get_services_response(
    services: Sequence[Service], capabilities: Callable[[str], xml.Element | None] | None = None
) -> xml.Element:
    """Answer. ``capabilities``: gives a service's Capabilities element for its namespace, when they were asked for."""
    root = _response("GetServicesResponse")
    for service in services:
        element = xml.add(root, TDS, "Service")
        xml.add(element, TDS, "Namespace", service.namespace)
        xml.add(element, TDS, "XAddr", service.xaddr)
        content = capabilities(service.namespace) if capabilities is not None else None
        if content is not None:
            xml.add(element, TDS, "Capabilities").append(content)
        version = xml.add(element, TDS, "Version")
        xml.add(version, TT, "Major", str(service.version[0]))
        xml.add(version, TT, "Minor", str(service.version[1]))
    return root


def read_get_services_response(root: xml.Element) -> tuple[Service, ...]:
    """Services that have a namespace and an address."""
    return tuple(
        Service(
            namespace=xml.text(element, "Namespace"),
            xaddr=xml.text(element, "XAddr"),
            version=(
                fields.integer_or_none(element, "Version", "Major") or 0,
                fields.integer_or_none(element, "Version", "Minor") or 0,
            ),
        )
        for element in xml.children(root, "Service")
        if xml.text(element, "Namespace") and xml.text(element, "XAddr")
    )


def get_capabilities() -> xml.Element:
    """Request for all capabilities: the older way to the services' addresses."""
    root = _response("GetCapabilities")
    xml.add(root, TDS, "Category", "All")
    return root


def get_capabilities_response(device: str, *, search: str, recording: str, replay: str) -> xml.Element:
    """Answer of a recorder with these addresses."""
    root = _response("GetCapabilitiesResponse")
    capabilities = xml.add(root, TDS, "Capabilities")
    xml.add(xml.add(capabilities, TT, "Device"), TT, "XAddr", device)
    extension = xml.add(capabilities, TT, "Extension")
    element = xml.add(extension, TT, "Recording")
    xml.add(element, TT, "XAddr", recording)
    for name in ("ReceiverSource", "MediaProfileSource", "DynamicRecordings", "DynamicTracks"):
        xml.add(element, TT, name, "false")
    xml.add(element, TT, "MaxStringLength", "64")
    element = xml.add(extension, TT, "Search")
    xml.add(element, TT, "XAddr", search)
    xml.add(element, TT, "MetadataSearch", "false")
    xml.add(xml.add(extension, TT, "Replay"), TT, "XAddr", replay)
    return root


def read_get_capabilities_response(root: xml.Element) -> tuple[Service, ...]:
    """Addresses of the services that a recorder needs, as far as they are given."""
    capabilities = fields.element(root, "Capabilities")
    found = []
    for namespace, path in (
        (TDS, ("Device",)),
        (TRC, ("Extension", "Recording")),
        (TSE, ("Extension", "Search")),
        (TRP, ("Extension", "Replay")),
    ):
        xaddr = xml.text(capabilities, *path, "XAddr")
        if xaddr:
            found.append(Service(namespace=namespace, xaddr=xaddr, version=(0, 0)))
    return tuple(found)


def get_service_capabilities_response(*, username_token: bool = True, http_digest: bool = True) -> xml.Element:
    """Answer of the Device service to GetServiceCapabilities."""
    root = _response("GetServiceCapabilitiesResponse")
    root.append(service_capabilities(username_token=username_token, http_digest=http_digest))
    return root


def service_capabilities(*, username_token: bool = True, http_digest: bool = True) -> xml.Element:
    """tds:Capabilities for GetServices and GetServiceCapabilities."""
    element = _response("Capabilities")
    xml.add(element, TDS, "Network")
    xml.add(
        element,
        TDS,
        "Security",
        UsernameToken=fields.boolean(username_token),
        HttpDigest=fields.boolean(http_digest),
    )
    xml.add(element, TDS, "System", DiscoveryResolve="false", DiscoveryBye="false", RemoteDiscovery="false")
    return element
