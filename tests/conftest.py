"""Fixtures for all tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import peers


@pytest.fixture(scope="session")
def footage() -> Path:
    """Directory ../shared/footage."""
    return peers.footage()


@pytest.fixture(scope="session")
def samples() -> Path:
    """Directory samples/ of the project."""
    return peers.ROOT / "samples"
