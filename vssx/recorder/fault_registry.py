"""Every fault switch of the embedded recorder, by name. docs/recorders.md says what the user sees of each."""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType

from vssx.recorder import fault_list_metadata, fault_list_search, fault_list_stream
from vssx.recorder.faults import Faults, parse_faults

_ALL = (*fault_list_search.ALL, *fault_list_stream.ALL, *fault_list_metadata.ALL)
REGISTRY = MappingProxyType({switch.name: switch for switch in _ALL})


def read_faults(words: Iterable[str]) -> Faults:
    """``NAME`` and ``NAME=VALUE`` as the user writes them. Raises UsageError."""
    return parse_faults(words, REGISTRY)
