"""What topics and the states of their events mean, in plain English.

Topics of ONVIF Core, Analytics, Imaging, Device IO, Recording Control and Search, PTZ, Access Control and Door Control
(the last two are those of IEC 60839-11-32). What is not known is told in the words of its own path. events.csv holds
these words: another word for anything is another ``model.metadata.DERIVATION``.
"""

from __future__ import annotations

import re
from typing import TypeVar

from vssx.model.recording import Notification, SimpleItem

_Entry = TypeVar("_Entry")

MAX_WORDS = 120
"""Characters of a name or a state."""

_NAMES = {
    "tns1:VideoSource": "Video source",
    "tns1:VideoSource/MotionAlarm": "Motion",
    "tns1:VideoSource/GlobalSceneChange": "Camera view changed (tampering)",
    "tns1:VideoSource/SignalLoss": "Video signal",
    "tns1:VideoSource/SignalTooLow": "Video signal too low",
    "tns1:VideoSource/ImageTooBlurry": "Picture too blurry",
    "tns1:VideoSource/ImageTooDark": "Picture too dark",
    "tns1:VideoSource/ImageTooBright": "Picture too bright",
    "tns1:VideoSource/ImageTooNoisy": "Picture too noisy",
    "tns1:AudioSource": "Audio source",
    "tns1:AudioAnalytics/Audio/DetectedSound": "Sound",
    "tns1:AudioAnalytics": "Audio analytics",
    "tns1:VideoAnalytics": "Video analytics",
    "tns1:RuleEngine": "Analytics rule",
    "tns1:RuleEngine/CellMotionDetector/Motion": "Motion in cells",
    "tns1:RuleEngine/MotionRegionDetector/Motion": "Motion in a region",
    "tns1:RuleEngine/DeclarativeMotionDetector": "Motion",
    "tns1:RuleEngine/LineDetector/Crossed": "Line crossed",
    "tns1:RuleEngine/FieldDetector/ObjectsInside": "Object in a field",
    "tns1:RuleEngine/LoiteringDetector/ObjectIsLoitering": "Loitering",
    "tns1:RuleEngine/TamperDetector/Tamper": "Camera tampering",
    "tns1:RuleEngine/CountAggregation/Counter": "Count of objects",
    "tns1:RuleEngine/Recognition/LicensePlate": "License plate recognised",
    "tns1:RuleEngine/Recognition/Face": "Face recognised",
    "tns1:Device": "Device",
    "tns1:Device/Trigger/DigitalInput": "Digital input",
    "tns1:Device/Trigger/Relay": "Relay output",
    "tns1:Device/HardwareFailure": "Hardware failure",
    "tns1:Device/HardwareFailure/FanFailure": "Fan failure",
    "tns1:Device/HardwareFailure/PowerSupplyFailure": "Power supply failure",
    "tns1:Device/HardwareFailure/StorageFailure": "Storage failure",
    "tns1:Device/HardwareFailure/TemperatureCritical": "Temperature critical",
    "tns1:Device/OperationMode": "Device operation mode",
    "tns1:Monitoring": "Monitoring",
    "tns1:Monitoring/ProcessorUsage": "Processor usage",
    "tns1:Monitoring/OperatingTime/LastReset": "Last reset of the device",
    "tns1:Monitoring/OperatingTime/LastReboot": "Last reboot of the device",
    "tns1:Monitoring/OperatingTime/LastClockSynchronization": "Last synchronisation of the device's clock",
    "tns1:Monitoring/Backup/Last": "Last backup of the device",
    "tns1:RecordingConfig": "Recording configuration",
    "tns1:RecordingConfig/JobState": "Recording job",
    "tns1:RecordingConfig/DataDeletion": "Recorded data deleted",
    "tns1:RecordingConfig/CreateRecording": "Recording created",
    "tns1:RecordingConfig/DeleteRecording": "Recording deleted",
    "tns1:RecordingConfig/CreateTrack": "Track created",
    "tns1:RecordingConfig/DeleteTrack": "Track deleted",
    "tns1:RecordingConfig/RecordingConfiguration": "Recording configuration changed",
    "tns1:RecordingConfig/TrackConfiguration": "Track configuration changed",
    "tns1:RecordingConfig/RecordingJobConfiguration": "Recording job configuration changed",
    "tns1:RecordingHistory": "Recording history",
    "tns1:RecordingHistory/Recording/State": "Recording",
    "tns1:RecordingHistory/Track/State": "Data on a track",
    "tns1:RecordingHistory/Track/VideoParameters": "Video parameters",
    "tns1:RecordingHistory/Track/AudioParameters": "Audio parameters",
    "tns1:PTZController": "Pan, tilt, zoom",
    "tns1:PTZController/PTZPresets/Invoked": "PTZ preset called",
    "tns1:PTZController/PTZPresets/Reached": "PTZ preset reached",
    "tns1:PTZController/PTZPresets/Aborted": "PTZ preset aborted",
    "tns1:PTZController/PTZPresets/Left": "PTZ preset left",
    "tns1:Media/ProfileChanged": "Media profile changed",
    "tns1:Media/ConfigurationChanged": "Media configuration changed",
    "tns1:Configuration": "Configuration",
    "tns1:UserAlarm": "User alarm",
    "tns1:AccessControl": "Access control",
    "tns1:AccessControl/AccessGranted": "Access granted",
    "tns1:AccessControl/AccessTaken": "Access taken",
    "tns1:AccessControl/AccessNotTaken": "Access granted, but not taken",
    "tns1:AccessControl/Denied": "Access denied",
    "tns1:AccessControl/Duress": "Access under duress",
    "tns1:AccessControl/Request": "Access requested",
    "tns1:AccessPoint": "Access point",
    "tns1:AccessPoint/State/Enabled": "Access point",
    "tns1:AccessPoint/State/Tampering": "Access point tampering",
    "tns1:Door": "Door",
    "tns1:Door/State/DoorMode": "Door mode",
    "tns1:Door/State/DoorPhysicalState": "Door",
    "tns1:Door/State/LockPhysicalState": "Door lock",
    "tns1:Door/State/DoubleLockPhysicalState": "Second door lock",
    "tns1:Door/State/DoorAlarm": "Door alarm",
    "tns1:Door/State/DoorTamper": "Door tampering",
    "tns1:Door/State/DoorFault": "Door fault",
    "tns1:Door/State/DoorWarning": "Door warning",
    "tns1:Credential": "Credential",
    "vssx:Incident": "Incident",
}
_SERVICES = re.compile(r"(?:Imaging|Analytics|Recording|Media|Device)Service")

_TRUE, _FALSE = ("true", "1"), ("false", "0")

_YES_NO = {  # name of a boolean item -> words for true and false
    "IsMotion": ("motion", "no motion"),
    "IsSoundDetected": ("sound", "no sound"),
    "isSoundDetected": ("sound", "no sound"),
    "IsTamper": ("tampering", "no tampering"),
    "IsInside": ("inside", "not inside"),
    "IsRecording": ("recording", "not recording"),
    "IsDataPresent": ("data present", "no data"),
    "Failed": ("failed", "no failure"),
    "Critical": ("critical", "not critical"),
    "Active": ("active", "not active"),
    "Enabled": ("enabled", "disabled"),
}
_STATES = {  # start of a topic -> words for true and false of its boolean State, LogicalState, Value ...
    "tns1:VideoSource/MotionAlarm": ("motion", "no motion"),
    "tns1:RuleEngine/MotionRegionDetector/Motion": ("motion", "no motion"),
    "tns1:RuleEngine/LoiteringDetector": ("loitering", "no loitering"),
    "tns1:VideoSource/GlobalSceneChange": ("changed", "unchanged"),
    "tns1:VideoSource/SignalLoss": ("lost", "present"),
    "tns1:VideoSource": ("yes", "no"),
    "tns1:Device/Trigger/DigitalInput": ("active", "inactive"),
    "tns1:Device/Trigger/Relay": ("active", "inactive"),
    "tns1:AccessPoint/State/Enabled": ("enabled", "disabled"),
    "tns1:AccessPoint/State/Tampering": ("tampering", "no tampering"),
}
_VALUES = {  # start of a topic -> value -> words
    "tns1:Door/State/DoorAlarm": {
        "Normal": "no alarm",
        "DoorForcedOpen": "forced open",
        "DoorOpenTooLong": "open too long",
    },
    "tns1:Door/State/DoorTamper": {"NotInTamper": "no tampering", "TamperDetected": "tampering"},
    "tns1:Door/State/DoorFault": {"NotInFault": "no fault", "FaultDetected": "fault"},
    "tns1:Door/State/DoorMode": {"Accessed": "released for one passage", "DoubleLocked": "double locked"},
}
_STATE_ITEMS = ("State", "LogicalState", "Value", "state", "active")
_DENIAL_ITEMS = ("Reason",)
_PARAMETERS = ("tns1:RecordingHistory/Track/VideoParameters", "tns1:RecordingHistory/Track/AudioParameters")

_WORD = re.compile(r"[^\W\d_]+|\d+")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Za-z])(?=\d)")
_PLAIN = re.compile(r"[\w .,:+-]{1,60}")


def topic_name(topic: str) -> str:
    """The topic in plain words, e.g. ``Access denied: credential not found, card``; only letters, digits, ``,:()'``.

    ``topic`` as in ``Notification``. Of a topic that is not known the part of its path that is known comes first.
    """
    known, rest = _known_part(topic)
    words = [_words(step) for step in rest if not _SERVICES.fullmatch(step)]
    details = ", ".join(word for word in words if word)
    if not known:
        return _cut(details[:1].upper() + details[1:]) or "Event without a readable topic"
    return _cut(f"{known}: {details}" if details else known)


def _known_part(topic: str) -> tuple[str, list[str]]:
    steps = _steps(topic)
    for length in range(len(steps), 0, -1):
        known = _NAMES.get("/".join(steps[:length]))
        if known:
            return known, steps[length:]
    return "", [steps[0].rpartition(":")[2], *steps[1:]]


def _steps(topic: str) -> list[str]:
    """Steps below the root without prefix: vendors give standard names one of theirs."""
    root, *below = topic.split("/", 20)
    return [root, *(step.rpartition(":")[2] for step in below)]


def _words(name: str) -> str:
    """``ObjectsInside`` as ``objects inside``; abbreviations in capitals stay."""
    parts = [part for run in _WORD.findall(name) for part in _HUMP.split(run)]
    return " ".join(part if len(part) > 1 and part.isupper() else part.lower() for part in parts)


def state_words(notification: Notification) -> str:
    """What the event says of its state, in plain words: ``forced open``, ``motion``, ``inactive``; "" where of none.

    Known topics and items by their meaning; a single item of others in its own words. Only letters, digits, spaces
    and ``.,:+-``: what else was sent is told by the data itself.
    """
    topic, data = notification.topic, notification.data
    if notification.operation == "Deleted":
        return "no longer there"
    reason = _value(data, _DENIAL_ITEMS) if topic.startswith("tns1:AccessControl/") else ""
    if reason:
        return _value_words(reason)
    if topic in _PARAMETERS:
        return ", ".join(filter(None, (_value_words(item.value) for item in data)))[:MAX_WORDS]
    for item in data:
        if item.name in _YES_NO and (truth := _truth(item.value)) is not None:
            return _YES_NO[item.name][not truth]
    if value := _value(data, _STATE_ITEMS):
        return _state_of(topic, value)
    if len(data) == 1 and (words := _value_words(data[0].value)) and (name := _value_words(data[0].name)):
        return f"{name}: {words}"
    return ""


def _state_of(topic: str, value: str) -> str:
    truth = _truth(value)
    if truth is not None and (pair := _longest(_STATES, topic)) is not None:
        return pair[not truth]
    return (_longest(_VALUES, topic) or {}).get(value) or _value_words(value)


def _value_words(value: str) -> str:
    value = value.strip()
    if value in ("true", "false"):
        return "yes" if value == "true" else "no"
    if not _PLAIN.fullmatch(value):
        return ""
    return _words(value) if value.isalpha() else value


def _value(items: tuple[SimpleItem, ...], names: tuple[str, ...]) -> str:
    return next((item.value for name in names for item in items if item.name == name), "")


def _truth(value: str) -> bool | None:
    word = value.strip().lower()
    return True if word in _TRUE else False if word in _FALSE else None


def _longest(table: dict[str, _Entry], topic: str) -> _Entry | None:
    steps = _steps(topic)
    for length in range(len(steps), 0, -1):
        found = table.get("/".join(steps[:length]))
        if found is not None:
            return found
    return None


def _cut(text: str) -> str:
    return text if len(text) <= MAX_WORDS else f"{text[: MAX_WORDS - 1]}…"
