"""The contact sheet of a file: what stands under its pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup

from vssx.model.still import FileStills, NoStill, Still, StillEvent, StillReason
from vssx.report.language import Translator
from vssx.report.page_time import utc_text
from vssx.times import NS

_MOST_EVENTS = 4
_AT_NS = NS // 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture, or why there is none. ``said``: lines under it; ``alternative``: for who does not see it."""

    utc_ns: int
    still: Still | None
    why: str
    alternative: Markup
    said: tuple[Markup, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactSheet:
    """Values of ``contact_sheet`` in contact_sheet.html.j2. ``notes``: what there was no room for."""

    file: str
    pictures: tuple[Picture, ...]
    notes: tuple[Markup, ...]


def contact_sheet(stills: FileStills, translate: Translator) -> ContactSheet:
    """What is said of each picture of a file, in the language of the page."""
    events = {event.event_id: event for event in stills.shown}
    return ContactSheet(
        file=stills.file,
        pictures=tuple(_picture(one, events, translate) for one in stills.stills),
        notes=tuple(_notes(stills, translate)),
    )


def _picture(one: Still | NoStill, events: Mapping[str, StillEvent], _: Translator) -> Picture:
    said = [*_reasons(one, _), *_events(one, events, _)]
    if isinstance(one, NoStill):
        return Picture(utc_ns=one.utc_ns, still=None, why=one.why, alternative=Markup(), said=tuple(said))
    said.append(_("sample %(number)s", number=one.sample))
    if one.interlaced:
        said.append(_("interlaced: two moments in one picture"))
    if one.damaged:
        said.append(_("damaged: it may show what never was there"))
    return Picture(
        utc_ns=one.utc_ns,
        still=one,
        why="",
        alternative=_("Picture of %(time)s", time=utc_text(one.utc_ns)),
        said=tuple(said),
    )


def _reasons(one: Still | NoStill, _: Translator) -> list[Markup]:
    words = {
        StillReason.START: _("first picture"),
        StillReason.END: _("last picture"),
        StillReason.STEP: _("at an even step"),
    }
    found = [words[reason] for reason in one.reasons if reason in words]
    return found[:1] if len(one.reasons) > 1 and StillReason.EVENT in one.reasons else found


def _events(one: Still | NoStill, events: Mapping[str, StillEvent], _: Translator) -> list[Markup]:
    found = []
    for event in [events[name] for name in one.event_ids if name in events][:_MOST_EVENTS]:
        distance = one.utc_ns - event.utc_ns
        if abs(distance) <= _AT_NS:
            found.append(_("at the event: %(name)s", name=event.name))
        else:
            text = f"{abs(distance) / NS:.1f}"
            before = distance < 0
            found.append(
                _("%(seconds)s s before: %(name)s", seconds=text, name=event.name)
                if before
                else _("%(seconds)s s after: %(name)s", seconds=text, name=event.name)
            )
    more = len(one.event_ids) - len(found)
    return [*found, _.plural("and %(count)s more event", "and %(count)s more events", more)] if more > 0 else found


def _notes(stills: FileStills, _: Translator) -> list[Markup]:
    if stills.left_out:
        return [_("No pictures: there was no room on the page, or no time, for those of this file.")]
    notes = []
    if stills.events > len(stills.shown):
        notes.append(
            _(
                "Pictures around %(shown)s of %(all)s events in this file, evenly chosen; there was no room for more.",
                shown=len(stills.shown),
                all=stills.events,
            )
        )
    if stills.steps_left_out > 0:
        notes.append(
            _.plural(
                "%(count)s picture at an even step was left out: there was no room for it.",
                "%(count)s pictures at even steps were left out: there was no room for them.",
                stills.steps_left_out,
            )
        )
    return notes
