"""Every harness on its seeds and on damaged seeds, without atheris: quick, and the same every time."""

from __future__ import annotations

import contextlib
import importlib
import random

import pytest

from tests.fuzz.readers import NAMES
from vssx.errors import VssxError


def _damaged(seed: bytes, chance: random.Random) -> list[bytes]:
    position = chance.randrange(len(seed) + 1)
    flipped = bytearray(seed)
    for _ in range(min(3, len(seed))):
        flipped[chance.randrange(len(seed))] ^= 1 << chance.randrange(8)
    middle = chance.randrange(len(seed) + 1)
    return [
        seed[:position],
        bytes(flipped),
        seed[:middle] + chance.randbytes(4) + seed[middle:],
        seed[:middle] + b"\xff\xff\xff\xff" + seed[middle + 4 :],
        seed[:middle] + b"\0\0\0\0" + seed[middle + 4 :],
        seed + seed,
    ]


@pytest.mark.parametrize("name", NAMES)
def test_seeds_are_read(name: str) -> None:
    """A seed that its own reader refuses teaches the fuzzer nothing."""
    reader = importlib.import_module(f"tests.fuzz.readers.{name}")
    seeds = reader.seeds()
    assert seeds
    for seed in seeds:
        reader.read(seed)


@pytest.mark.parametrize("name", NAMES)
def test_only_vssx_errors_leave(name: str) -> None:
    reader = importlib.import_module(f"tests.fuzz.readers.{name}")
    chance = random.Random(name)
    for seed in [b"", *reader.seeds()]:
        for data in _damaged(seed, chance):
            with contextlib.suppress(VssxError):
                reader.read(data)
