"""The sub-indications that vssx uses are explained to those who read them."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
_MODULES = ("bag_check", "cms", "record_check", "signature_check", "trust", "verify")
_WORD = re.compile(r'"([A-Z]+(?:_[A-Z]+)+|GENERIC)"')


def test_every_sub_indication_is_explained():
    used = {word for name in _MODULES for word in _WORD.findall((ROOT / f"vssx/evidence/{name}.py").read_text("utf-8"))}
    text = (ROOT / "docs/verifying-by-hand.md").read_text("utf-8")
    assert used
    assert [word for word in sorted(used) if f"`{word}`" not in text] == []
