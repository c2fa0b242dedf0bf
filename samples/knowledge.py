"""What camera, alarm input and access control knew of the side door: NAME.metadata.jsonl, NAME.events.jsonl.

The documents are valid against the ONVIF schema of 2012 and those since: what is younger stands in Extension elements.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.sax.saxutils import quoteattr

import side_door
from scenes import HEIGHT, WIDTH

_NAMES = (
    'xmlns:tt="http://www.onvif.org/ver10/schema" xmlns:wsnt="http://docs.oasis-open.org/wsn/b-2" '
    'xmlns:tns1="http://www.onvif.org/ver10/topics"'
)
_DIALECT = "http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet"
_PAN_TILT = "http://www.onvif.org/ver10/tptz/PanTiltSpaces/PositionGenericSpace"
_ZOOM = "http://www.onvif.org/ver10/tptz/ZoomSpaces/PositionGenericSpace"
_FRAME = 0.08
_EVERY = 3  # pictures
_CAMERA = {"VideoSourceConfigurationToken": "VideoSource_1", "Rule": "MyMotionDetectorRule"}

Event = dict[str, object]


def _event(at: float, topic: str, operation: str = "", *, seen: bool = False, **items: dict[str, str]) -> Event:
    """``seen``: the camera told it in its metadata, too."""
    return {"at": at, "topic": topic, "operation": operation, "seen": seen, **items}


def _motion(at: float, state: str, operation: str = "Changed") -> Event:
    source = {"Source": "VideoSource_1"}
    return _event(at, "tns1:VideoSource/MotionAlarm", operation, seen=True, source=source, data={"State": state})


def _input(at: float, state: str, operation: str = "Changed") -> Event:
    source, data = {"InputToken": "DIGITAL_INPUT_1"}, {"LogicalState": state}
    return _event(at, "tns1:Device/Trigger/DigitalInput", operation, seen=True, source=source, data=data)


def _door(at: float, what: str, state: str, operation: str = "Changed") -> Event:
    return _event(at, f"tns1:Door/State/{what}", operation, source={"DoorToken": "side-door"}, data={"State": state})


def _denied(at: float) -> Event:
    return _event(
        at,
        "tns1:AccessControl/Denied/Credential",
        source={"AccessPointToken": "side-door-outside"},
        data={
            "External": "false",
            "CredentialToken": "0x04A1B2C3",
            "CredentialHolderName": "",
            "Reason": "CredentialNotEnabled",
        },
    )


def _crossed(at: float, object_id: int) -> Event:
    return _event(
        at,
        "tns1:RuleEngine/LineDetector/Crossed",
        seen=True,
        source={**_CAMERA, "Rule": "Side door"},
        data={"ObjectId": str(object_id)},
    )


EVENTS = (
    _motion(0.0, "false", "Initialized"),
    _input(0.0, "false", "Initialized"),
    _door(0.0, "DoorMode", "Locked", "Initialized"),
    _door(0.0, "DoorPhysicalState", "Closed", "Initialized"),
    _door(0.0, "DoorAlarm", "Normal", "Initialized"),
    _event(
        0.0,
        "tns1:AccessPoint/State/Enabled",
        "Initialized",
        source={"AccessPointToken": "side-door-outside"},
        data={"State": "true"},
    ),
    _motion(1.2, "true"),
    _motion(6.64, "false"),
    _motion(7.44, "true"),
    _crossed(11.2, 2),
    _denied(side_door.DENIED[0]),
    _denied(side_door.DENIED[1]),
    _input(side_door.FORCED, "true"),
    _door(side_door.FORCED + 0.021, "DoorPhysicalState", "Open"),
    _door(side_door.FORCED + 0.034, "DoorAlarm", "DoorForcedOpen"),
    _motion(20.0, "false"),
    _motion(23.28, "true"),
    _crossed(24.4, 3),
    _input(side_door.SHUT, "false"),
    _door(side_door.SHUT + 0.018, "DoorPhysicalState", "Closed"),
    _door(side_door.SHUT + 1.9, "DoorAlarm", "Normal"),
    _motion(28.8, "false"),
)


def _xs(start: datetime, at: float) -> str:
    return f"{start + timedelta(milliseconds=round(at * 1000)):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"


def _notification(event: Event, utc: str) -> str:
    operation = f' PropertyOperation="{event["operation"]}"' if event["operation"] else ""
    groups = ""
    for name in ("source", "data"):
        items = event.get(name, {})
        simple = "".join(f"<tt:SimpleItem Name={quoteattr(k)} Value={quoteattr(v)}/>" for k, v in items.items())
        groups += f"<tt:{name.capitalize()}>{simple}</tt:{name.capitalize()}>"
    return (
        f'<wsnt:NotificationMessage><wsnt:Topic Dialect="{_DIALECT}">{event["topic"]}</wsnt:Topic><wsnt:Message>'
        f'<tt:Message UtcTime="{utc}"{operation}>{groups}</tt:Message></wsnt:Message></wsnt:NotificationMessage>'
    )


def _object(one: side_door.Seen, view: float) -> str:
    """Coordinates of the picture from -1 to 1, upwards."""

    def x(value: float) -> str:
        return f"{max(-1.0, min(1.0, (value - view) / WIDTH * 2 - 1)):.3f}"

    def y(value: float) -> str:
        return f"{max(-1.0, min(1.0, 1 - value / HEIGHT * 2)):.3f}"

    kind = f"<tt:ClassCandidate><tt:Type>{one.kind}</tt:Type><tt:Likelihood>{one.likelihood}</tt:Likelihood>"
    plate = ""
    if one.plate:
        plate = f'<tt:Extension><tt:LicensePlateInfo><tt:PlateNumber Likelihood="0.93">{one.plate}</tt:PlateNumber>'
        plate += "</tt:LicensePlateInfo></tt:Extension>"
    return (
        f'<tt:Object ObjectId="{one.number}"><tt:Appearance><tt:Shape><tt:BoundingBox left="{x(one.left)}" '
        f'top="{y(one.top)}" right="{x(one.right)}" bottom="{y(one.bottom)}"/><tt:CenterOfGravity '
        f'x="{x((one.left + one.right) / 2)}" y="{y((one.top + one.bottom) / 2)}"/></tt:Shape>'
        f"<tt:Class>{kind}</tt:ClassCandidate></tt:Class>{plate}</tt:Appearance><tt:Behaviour><tt:Extension>"
        f"<tt:Speed>{one.speed}</tt:Speed></tt:Extension></tt:Behaviour></tt:Object>"
    )


def _ptz(at: float, utc: str) -> str:
    pan = side_door.left_of_view(at) / 160 * 0.5 - 0.25
    status = "MOVING" if side_door.moves(at) else "IDLE"
    return (
        f'<tt:PTZ><tt:PTZStatus><tt:Position><tt:PanTilt x="{pan:.4f}" y="-0.1200" space="{_PAN_TILT}"/>'
        f'<tt:Zoom x="0.1000" space="{_ZOOM}"/></tt:Position><tt:MoveStatus><tt:PanTilt>{status}</tt:PanTilt>'
        f"<tt:Zoom>IDLE</tt:Zoom></tt:MoveStatus><tt:UtcTime>{utc}</tt:UtcTime></tt:PTZStatus></tt:PTZ>"
    )


def _documents(start: datetime, seconds: float) -> Iterator[tuple[float, str]]:
    """Scene descriptions at every third picture in which something moves, positions while it turns and each second,
    and what the camera told of events, each in a document of its own."""
    turning = False
    for number in range(round(seconds / _FRAME)):
        at = round(number * _FRAME, 2)
        utc = _xs(start, at)
        for event in EVENTS:
            if event["seen"] and at <= event["at"] < at + _FRAME - 1e-6:
                moment = _xs(start, event["at"])
                yield event["at"], f"<tt:Event>{_notification(event, moment)}</tt:Event>"
        if number % _EVERY:
            continue
        before, turning = turning, side_door.moves(at)
        if turning or before or number % (_EVERY * 4) == 0:
            yield at, _ptz(at, utc)
        objects = "".join(_object(one, side_door.left_of_view(at)) for one in side_door.seen(at))
        if objects:
            yield at, f'<tt:VideoAnalytics><tt:Frame UtcTime="{utc}">{objects}</tt:Frame></tt:VideoAnalytics>'


def write(start: datetime, seconds: float, path: Path) -> None:
    """Write both files beside ``path``, the recording."""
    assert start.tzinfo is UTC
    documents = sorted(_documents(start, seconds), key=lambda each: each[0])
    with path.with_suffix(".metadata.jsonl").open("w", encoding="utf-8", newline="\n") as file:
        for at, content in documents:
            document = f"<tt:MetadataStream {_NAMES}>{content}</tt:MetadataStream>"
            file.write(json.dumps({"utc": _xs(start, at), "document": document}) + "\n")
    with path.with_suffix(".events.jsonl").open("w", encoding="utf-8", newline="\n") as file:
        for event in sorted(EVENTS, key=lambda each: each["at"]):
            line = {"utc": _xs(start, event["at"]), "topic": event["topic"]}
            line |= {key: event[key] for key in ("operation", "source", "data") if event.get(key)}
            file.write(json.dumps(line) + "\n")
