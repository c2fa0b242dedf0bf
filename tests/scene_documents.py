"""tt:MetadataStream documents and notifications of an invented scene, written by hand: nothing of vssx in them.

Valid against the ONVIF schema that onvif-zeep-async ships. Times are UTC in ns and written with microseconds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from xml.sax.saxutils import escape, quoteattr

CONCRETE = "http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet"
DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>'
_NAMES = (
    'xmlns:tt="http://www.onvif.org/ver10/schema" xmlns:wsnt="http://docs.oasis-open.org/wsn/b-2" '
    'xmlns:tns1="http://www.onvif.org/ver10/topics"'
)
_CLASSES = ("Human", "Animal", "Other")  # the schema in use spells vehicles "Vehical"
_SPACE = "http://www.onvif.org/ver10/tptz/PanTiltSpaces/PositionGenericSpace"


def xs_datetime(utc_ns: int) -> str:
    """With microseconds and Z."""
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=utc_ns // 1000)
    return f"{at:%Y-%m-%dT%H:%M:%S.%f}Z"


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """What a notification tells. ``items``: of its Source, Key and Data as (name, value)."""

    utc_ns: int
    topic: str
    operation: str = ""
    source: tuple[tuple[str, str], ...] = ()
    key: tuple[tuple[str, str], ...] = ()
    data: tuple[tuple[str, str], ...] = ()

    def xml(self) -> str:
        """The wsnt:NotificationMessage."""
        operation = f' PropertyOperation="{self.operation}"' if self.operation else ""
        parts = (("Source", self.source), ("Key", self.key), ("Data", self.data))
        items = "".join(f"<tt:{name}>{_items(given)}</tt:{name}>" for name, given in parts if given)
        return (
            f'<wsnt:NotificationMessage><wsnt:Topic Dialect="{CONCRETE}">{escape(self.topic)}</wsnt:Topic>'
            f'<wsnt:Message><tt:Message UtcTime="{xs_datetime(self.utc_ns)}"{operation}>{items}</tt:Message>'
            "</wsnt:Message></wsnt:NotificationMessage>"
        )


def _items(given: Iterable[tuple[str, str]]) -> str:
    return "".join(f"<tt:SimpleItem Name={quoteattr(name)} Value={quoteattr(value)}/>" for name, value in given)


def motion(utc_ns: int, state: bool, *, operation: str = "Changed") -> Occurrence:
    """A property event of the camera's motion detector."""
    return Occurrence(
        utc_ns=utc_ns,
        topic="tns1:VideoSource/MotionAlarm",
        operation=operation,
        source=(("Source", "VideoSource_1"),),
        data=(("State", str(state).lower()),),
    )


def access_denied(utc_ns: int, card: str) -> Occurrence:
    """An event of an access point, which is no property."""
    return Occurrence(
        utc_ns=utc_ns,
        topic="tns1:AccessControl/Denied/Credential",
        source=(("AccessPointToken", "Gate 3"),),
        data=(("CredentialToken", card), ("Reason", "CredentialNotEnabled")),
    )


def scene(
    number: int, utc_ns: int, *, objects: int = 2, ptz: bool = False, occurrences: Iterable[Occurrence] = ()
) -> bytes:
    """The ``number``-th document: so many objects on their ways, a position of the camera, notifications."""
    parts = [f'<tt:Frame UtcTime="{xs_datetime(utc_ns)}">', *(_object(number, one) for one in range(objects))]
    parts = ["<tt:VideoAnalytics>", *parts, "</tt:Frame></tt:VideoAnalytics>"]
    if ptz:
        parts.append(
            f'<tt:PTZ><tt:PTZStatus><tt:Position><tt:PanTilt x="{_wave(number, 400):.4f}" y="{_wave(number, 90):.4f}" '
            f'space="{_SPACE}"/><tt:Zoom x="0.5"/></tt:Position><tt:UtcTime>{xs_datetime(utc_ns)}</tt:UtcTime>'
            "</tt:PTZStatus></tt:PTZ>"
        )
    happened = "".join(one.xml() for one in occurrences)
    if happened:
        parts.append(f"<tt:Event>{happened}</tt:Event>")
    return f"<tt:MetadataStream {_NAMES}>{''.join(parts)}</tt:MetadataStream>".encode()


def _object(number: int, one: int) -> str:
    kind = _CLASSES[one % len(_CLASSES)]
    x, y = _wave(number + 50 * one, 200 + one), _wave(number, 70 + one)
    return (
        f'<tt:Object ObjectId="{number // 500 * 10 + one}"><tt:Appearance><tt:Shape><tt:BoundingBox '
        f'left="{x - 0.1:.4f}" top="{y + 0.1:.4f}" right="{x + 0.1:.4f}" bottom="{y - 0.1:.4f}"/>'
        f'<tt:CenterOfGravity x="{x:.4f}" y="{y:.4f}"/></tt:Shape><tt:Class><tt:ClassCandidate>'
        f"<tt:Type>{kind}</tt:Type><tt:Likelihood>0.{one + 5}</tt:Likelihood></tt:ClassCandidate>"
        "</tt:Class></tt:Appearance></tt:Object>"
    )


def _wave(number: int, period: int) -> float:
    """From -0.9 to 0.9 and back."""
    at = number % period / period
    return 0.9 - 3.6 * abs(at - 0.5)
