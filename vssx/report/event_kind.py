"""Kinds of events for people: few enough that each has a shape and a colour of its own."""

from __future__ import annotations

from enum import StrEnum

from vssx.model.event import ProvenanceKind


class EventKind(StrEnum):
    """What an event is about, in the order in which drawings list them."""

    MARK = "mark"  # of the operator's list
    ALARM = "alarm"  # somebody or something calls for help: tampering, faults, forced doors
    ACCESS = "access"  # doors and who went through
    INPUT = "input"  # contacts and relays
    OBJECT = "object"  # what analytics saw or heard
    MOTION = "motion"
    DEVICE = "device"  # the recorder and the camera about themselves
    OTHER = "other"


_ALARM_WORDS = ("Tamper", "Alarm", "Failure", "Fault", "Duress", "Signal", "GlobalSceneChange", "ImageToo", "Critical")
_STARTS = (  # the first that a topic begins with tells its kind
    ("VideoSource/MotionAlarm", EventKind.MOTION),
    ("RuleEngine/CellMotionDetector", EventKind.MOTION),
    ("RuleEngine/MotionRegionDetector", EventKind.MOTION),
    ("RuleEngine/DeclarativeMotionDetector", EventKind.MOTION),
    ("AccessControl", EventKind.ACCESS),
    ("AccessPoint", EventKind.ACCESS),
    ("Door", EventKind.ACCESS),
    ("Credential", EventKind.ACCESS),
    ("Device/Trigger", EventKind.INPUT),
    ("RuleEngine", EventKind.OBJECT),
    ("VideoAnalytics", EventKind.OBJECT),
    ("AudioAnalytics", EventKind.OBJECT),
    ("Device", EventKind.DEVICE),
    ("Monitoring", EventKind.DEVICE),
    ("Recording", EventKind.DEVICE),
    ("Media", EventKind.DEVICE),
    ("Configuration", EventKind.DEVICE),
    ("PTZController", EventKind.DEVICE),
)


def kind_of(topic: str, provenance: str = "") -> EventKind:
    """The kind of an event: by its ``topic`` as events.csv has it (``tns1:Device/Trigger/Relay``), but whatever stands
    in the operator's list alone is a mark. ``provenance``: the cell of events.csv, or its first word."""
    if provenance.startswith(ProvenanceKind.LISTED):
        return EventKind.MARK
    path = topic.partition(":")[2] or topic
    below = path.partition("/")[2]
    motion = path.startswith("VideoSource/MotionAlarm")
    if not motion and (path.startswith("UserAlarm") or any(word in below for word in _ALARM_WORDS)):
        return EventKind.ALARM
    return next((kind for start, kind in _STARTS if path.startswith(start)), EventKind.OTHER)
