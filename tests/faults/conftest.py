"""The recordings of a faulty recorder, and exports from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.recordings import Exported, make


@pytest.fixture(scope="session")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Directory with door, yard and hall."""
    return make(tmp_path_factory.mktemp("recordings"))


@pytest.fixture
def exported(request: pytest.FixtureRequest, recordings: Path, tmp_path: Path) -> Exported:
    """The export that ``@export_case`` describes; its exit code is right."""
    return request.function.case.run(recordings, tmp_path)
