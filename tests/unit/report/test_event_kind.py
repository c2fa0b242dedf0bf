from __future__ import annotations

import pytest

from vssx.report.event_kind import EventKind, kind_of


@pytest.mark.parametrize(
    ("topic", "kind"),
    [
        ("tns1:VideoSource/MotionAlarm", EventKind.MOTION),
        ("tns1:RuleEngine/CellMotionDetector/Motion", EventKind.MOTION),
        ("tns1:RuleEngine/LineDetector/Crossed", EventKind.OBJECT),
        ("tns1:RuleEngine/TamperDetector/Tamper", EventKind.ALARM),
        ("tns1:VideoSource/SignalLoss", EventKind.ALARM),
        ("tns1:Device/HardwareFailure/FanFailure", EventKind.ALARM),
        ("tns1:UserAlarm/GuardPanicButton", EventKind.ALARM),
        ("tns1:Door/State/DoorAlarm", EventKind.ALARM),
        ("tns1:Door/State/DoorPhysicalState", EventKind.ACCESS),
        ("tns1:AccessControl/Denied/Credential", EventKind.ACCESS),
        ("tns1:Device/Trigger/DigitalInput", EventKind.INPUT),
        ("tns1:RecordingHistory/Recording/State", EventKind.DEVICE),
        ("tns1:AudioAnalytics/Audio/DetectedSound", EventKind.OBJECT),
        ("acme:Thing/Happened", EventKind.OTHER),
        ("", EventKind.OTHER),
    ],
)
def test_topics_have_kinds(topic, kind):
    assert kind_of(topic, "recorded-metadata: a.mp4 track 2 sample 1") is kind


def test_what_the_operator_lists_is_a_mark_whatever_its_topic():
    assert kind_of("tns1:VideoSource/MotionAlarm", "operator-list: list.csv line 2") is EventKind.MARK
    assert kind_of("tns1:Door/State", "find-events: http://x; operator-list: list.csv line 2") is EventKind.ACCESS
