"""What the record says of the clocks, in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from vssx.report.language import Translator
from vssx.report.page import duration
from vssx.report.page_time import PageTime
from vssx.times import NS, from_xs_datetime

_MOST = 1e12  # seconds: more than calendars have


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockWords:
    """``sentences``: about each look at the recorder's clock; none without a recorder. ``synchronisation``: what was
    known of the exporter's own clock, an English text of the record, "" where there was no recorder to compare."""

    sentences: tuple[Markup, ...]
    synchronisation: str


def clock_words(clock: Mapping[str, Any], translate: Translator, times: PageTime) -> ClockWords:
    """``clock``: as in the record."""
    before, after = clock["before"], clock["after"]
    sentences = []
    if before is not None:
        sentences.append(translate("When the export began, %(offset)s", offset=_offset(before, translate, times)))
    if after is not None:
        sentences.append(translate("When it was finished, %(offset)s", offset=_offset(after, translate, times)))
    elif before is not None:
        sentences.append(translate("When it was finished, the recorder could not be asked for its time again."))
    return ClockWords(
        sentences=tuple(sentences), synchronisation=clock["synchronisation"] if before is not None else ""
    )


def _offset(sample: Mapping[str, Any], translate: Translator, times: PageTime) -> Markup:
    low, high = (_ns(sample[f"offset_{end}_seconds"]) for end in ("low", "high"))
    low, high = min(low, high), max(low, high)
    words = {
        "recorder": times.utc(from_xs_datetime(sample["recorder"])),
        "own": times.utc(from_xs_datetime(sample["sent"])),
        "least": duration(translate, min(abs(low), abs(high))),
        "most": duration(translate, max(abs(low), abs(high))),
    }
    if low > 0:
        return translate(
            "the recorder's clock showed %(recorder)s and the exporting computer's %(own)s: the recorder was ahead by"
            " %(least)s to %(most)s.",
            **words,
        )
    if high < 0:
        return translate(
            "the recorder's clock showed %(recorder)s and the exporting computer's %(own)s: the recorder was behind by"
            " %(least)s to %(most)s.",
            **words,
        )
    return translate(
        "the recorder's clock showed %(recorder)s and the exporting computer's %(own)s: they agreed as far as could be"
        " measured (to within %(most)s).",
        **words,
    )


def _ns(seconds: float) -> int:
    """A record that nobody has verified may say any number, also one that is no number of ns any more."""
    return round(max(-_MOST, min(_MOST, seconds)) * NS)
