"""Topics and states in plain English."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vssx.model.recording import Notification, SimpleItem
from vssx.onvif.topic_names import MAX_WORDS, state_words, topic_name


@pytest.mark.parametrize(
    ("topic", "name"),
    [
        ("tns1:VideoSource/MotionAlarm", "Motion"),
        ("tns1:VideoSource/GlobalSceneChange/ImagingService", "Camera view changed (tampering)"),
        ("tns1:RuleEngine/CellMotionDetector/Motion", "Motion in cells"),
        ("tns1:RuleEngine/MyRuleDetector/PeopleDetect", "Analytics rule: my rule detector, people detect"),
        ("tns1:Device/Trigger/DigitalInput", "Digital input"),
        ("tns1:Device/Trigger/Relay", "Relay output"),
        ("tns1:Device/HardwareFailure/FanFailure", "Fan failure"),
        ("tns1:Device/HardwareFailure/StorageFailure", "Storage failure"),
        ("tns1:RecordingHistory/Track/State", "Data on a track"),
        ("tns1:RecordingConfig/JobState", "Recording job"),
        ("tns1:Configuration/Door/Changed", "Configuration: door, changed"),
        ("tns1:AccessControl/AccessGranted/Credential", "Access granted: credential"),
        ("tns1:AccessControl/Denied/CredentialNotFound/Card", "Access denied: credential not found, card"),
        ("tns1:AccessControl/Duress", "Access under duress"),
        ("tns1:AccessPoint/State/Enabled", "Access point"),
        ("tns1:Door/State/DoorMode", "Door mode"),
        ("tns1:Door/tnsaxis:Status/LockJammed", "Door: status, lock jammed"),
        ("tns1:Device/Trigger/tnssamsung:DigitalInput", "Digital input"),
        ("tnsaxis:CameraApplicationPlatform/VMD", "Camera application platform, VMD"),
        ("vssx:Incident/Assault", "Incident: assault"),
        ("Tür/Öffnet", "Tür, öffnet"),
        ("", "Event without a readable topic"),
        ("<>", "Event without a readable topic"),
    ],
)
def test_names(topic, name):
    assert topic_name(topic) == name


def event(topic: str, operation: str = "Changed", **data: str) -> Notification:
    return Notification(
        topic=topic,
        utc_ns=0,
        operation=operation,
        data=tuple(SimpleItem(name=name, value=value) for name, value in data.items()),
    )


@pytest.mark.parametrize(
    ("notification", "words"),
    [
        (event("tns1:VideoSource/MotionAlarm", State="true"), "motion"),
        (event("tns1:VideoSource/MotionAlarm", State="0"), "no motion"),
        (event("tns1:RuleEngine/CellMotionDetector/Motion", IsMotion="false"), "no motion"),
        (event("tns1:RuleEngine/TamperDetector/Tamper", IsTamper="True"), "tampering"),
        (event("tns1:Device/Trigger/DigitalInput", LogicalState="true"), "active"),
        (event("tns1:Device/Trigger/Relay", LogicalState="inactive"), "inactive"),
        (event("tns1:VideoSource/ImageTooDark/ImagingService", State="true"), "yes"),
        (event("tns1:RecordingHistory/Recording/State", IsRecording="true"), "recording"),
        (event("tns1:RecordingConfig/JobState", State="Active"), "active"),
        (event("tns1:Door/State/DoorAlarm", State="DoorForcedOpen"), "forced open"),
        (event("tns1:Door/State/DoorMode", State="LockedDown"), "locked down"),
        (event("tns1:Door/State/DoorFault", State="FaultDetected", Reason="x"), "fault"),
        (event("tns1:AccessControl/Denied/Credential", "", CredentialToken="7", Reason="InvalidPIN"), "invalid PIN"),
        (event("tns1:AccessControl/AccessGranted/Credential", "", CredentialToken="7", External="true"), ""),
        (event("tns1:AccessControl/AccessGranted/Anonymous", "", External="true"), "external: yes"),
        (event("tns1:RuleEngine/CountAggregation/Counter", Count="5"), "count: 5"),
        (event("tns1:RuleEngine/PeopleDetector/People", IsPeople="true"), "is people: yes"),
        (event("tns1:Device/HardwareFailure/FanFailure", "Deleted", Failed="true"), "no longer there"),
        (
            event("tns1:RecordingHistory/Track/VideoParameters", VideoEncoding="H264", VideoWidth="640", More="<"),
            "H264, 640",
        ),
        (event("tns1:AccessPoint/State/Enabled", State="false"), "disabled"),
        (event("tns1:Other", State="<b>hot</b>"), ""),
        (event("tns1:Other", State="a\u202eb"), ""),
        (event("tns1:Other", **{"\x1b[31m": "x"}), ""),
        (event("tns1:Other"), ""),
    ],
)
def test_states(notification, words):
    assert state_words(notification) == words


@given(st.text(), st.text(), st.text())
def test_whatever_comes_is_told_in_letters_and_digits(topic, name, value):
    said = topic_name(topic)
    assert 0 < len(said) <= MAX_WORDS
    assert re.fullmatch(r"[\w ,:()'…]+", said)
    said = state_words(event(topic, **{name: value}))
    assert len(said) <= 2 * MAX_WORDS
    assert re.fullmatch(r"[\w .,:+-]*", said)
