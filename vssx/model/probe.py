"""What ``vssx probe`` finds out about a recorder, step by step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from vssx.errors import ExitCode


class StepResult(StrEnum):
    """How a step went. ``remark``: it worked, and something about it belongs to be known."""

    OK = "ok"
    REMARK = "remark"
    FAILED = "failed"
    NOT_TRIED = "not tried"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeStep:
    """One step in plain words. ``facts``: the same for programs, JSON values; ``remarks``: what was assumed."""

    name: str
    result: StepResult
    text: str
    next_step: str = ""
    remarks: tuple[str, ...] = ()
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelAnswer:
    """Whether an export at a level of IEC 62676-2-11 can be made from this recorder, and why, or why not."""

    level: str
    possible: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeReport:
    """All steps in their order. ``exit_code``: of the first step that failed, 0 without any."""

    address: str
    steps: tuple[ProbeStep, ...]
    levels: tuple[LevelAnswer, ...]
    exit_code: ExitCode
