"""`vssx verify --level`: whether the handover claims it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.handovers import handover
from tests.unit.evidence.test_verify import failures, verify
from vssx.errors import ExitCode
from vssx.model.level import ExportLevel
from vssx.model.verification import Verdict


def test_the_level_that_is_claimed(tmp_path: Path):
    report = verify(handover(tmp_path), level=ExportLevel.VIDEO)
    assert report.exit_code is ExitCode.DONE
    [finding] = [one for one in report.findings if one.check == "level 0V"]
    assert (finding.result, finding.evidence) == (Verdict.PASSED, "claimed: the handover claims 0V")


@pytest.mark.parametrize("level", [ExportLevel.METADATA, ExportLevel.EVENTS, ExportLevel.METADATA_AND_EVENTS])
def test_a_level_that_is_not_claimed(tmp_path: Path, level: ExportLevel):
    report = verify(handover(tmp_path), level=level)
    assert report.exit_code is ExitCode.FAILED
    assert failures(report) == f"level {level}: the handover claims level 0V only"


def test_unsigned_claims_none(tmp_path: Path):
    report = verify(handover(tmp_path, signed=False), level=ExportLevel.VIDEO)
    assert report.exit_code is ExitCode.FAILED
    assert "level 0V: the handover claims no level: This handover was made without a key" in failures(report)


def test_a_file_alone(tmp_path: Path):
    [media] = (handover(tmp_path) / "data/gate").glob("*.mp4")
    assert verify(media).exit_code is ExitCode.DONE
    report = verify(media, level=ExportLevel.VIDEO)
    assert report.exit_code is ExitCode.INDETERMINATE
    assert "claims no level" in report.findings[-1].evidence
