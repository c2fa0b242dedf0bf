"""Fixtures for all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

from tests import peers

# No deadline: the machine may be busy. In CI the same examples every time; elsewhere new ones, to find more.
settings.register_profile("vssx", deadline=None, print_blob=True, derandomize="CI" in os.environ)
settings.load_profile("vssx")
# Each export would start a decoder for its pictures; tests of pictures ask for some.
os.environ |= {"VSSX_EXPORT_STILLS": "0", "VSSX_REMUX_STILLS": "0"}


@pytest.fixture(scope="session")
def footage() -> Path:
    """Directory ../shared/footage."""
    return peers.footage()


@pytest.fixture(scope="session")
def samples() -> Path:
    """Directory samples/ of the project."""
    return peers.ROOT / "samples"
