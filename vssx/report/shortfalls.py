"""What keeps a recording from being complete, in plain words, as its record tells it."""

from __future__ import annotations

from markupsafe import Markup

from vssx.report.language import Translator
from vssx.report.record_view import RecordingView
from vssx.report.record_words import END_REASONS


def shortfalls(one: RecordingView, translate: Translator) -> tuple[Markup, ...]:
    """A phrase for each; none where nothing is missing."""
    found = []
    if not one.files and one.end_proven:
        found.append(translate("nothing was recorded in the range"))
    losses = sum(loss.count for loss in one.losses)
    if losses:
        found.append(
            translate.plural(
                "%(count)s loss: recorded, but not received, or received damaged",
                "%(count)s losses: recorded, but not received, or received damaged",
                losses,
            )
        )
    stepped = [gap for gap in one.gaps if gap.cause == "backward-step"]
    unexplained = sum(1 for gap in one.gaps if gap.confirmed is not True and gap.cause != "backward-step")
    if unexplained:
        found.append(
            translate.plural(
                "%(count)s gap that the recorder's history does not confirm",
                "%(count)s gaps that the recorder's history does not confirm",
                unexplained,
            )
        )
    if stepped:
        found.append(translate("the recorder's clock stepped back"))
    if not one.end_proven:
        reason = translate(END_REASONS[one.raw["acquired"]["end"]["reason"]])
        found.append(translate("the end is unproven: %(reason)s", reason=reason))
    return tuple(found)
