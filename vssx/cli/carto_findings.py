"""How a finding about a cartography is printed."""

from __future__ import annotations

from vssx.model.cartography import CartographyFinding
from vssx.shown import shown


def finding_line(one: CartographyFinding) -> str:
    """File and line, how bad it is, column and value, and what there is to say."""
    place = f"{shown(one.file)}:{one.line}" if one.line else shown(one.file)
    what = " ".join(filter(None, (shown(one.column), f'"{shown(one.value)}"' if one.value else "")))
    return f"{place}: {one.severity}: {f'{what}: ' if what else ''}{shown(one.message)}"
