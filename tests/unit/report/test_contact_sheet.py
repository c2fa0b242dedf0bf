"""What stands under stills, and that nothing of an event's name gets into the page as markup."""

from __future__ import annotations

from dataclasses import replace

import pytest

from vssx.model.still import FileStills, NoStill, Still, StillEvent, StillReason
from vssx.report.contact_sheet import contact_sheet
from vssx.report.language import Language, Translator
from vssx.report.page import Page
from vssx.times import NS

START_NS = 1_714_564_800 * NS
STILL = Still(
    file="a.mp4",
    track_id=1,
    sample=17,
    media_ns=0,
    utc_ns=START_NS,
    reasons=(StillReason.START,),
    width=480,
    height=270,
    jpeg=b"\xff\xd8jpeg",
)
HOSTILE = StillEvent(event_id="e", utc_ns=START_NS, name="<img src=x onerror=alert(1)>\u202eevil")


def said(still: Still | NoStill, *events: StillEvent, language: Language = Language.ENGLISH) -> list[str]:
    sheet = contact_sheet(FileStills(file="a.mp4", stills=(still,), shown=events), Translator(language))
    return [str(line) for line in sheet.pictures[0].said]


def test_sample_reason_and_faults_are_said() -> None:
    assert said(STILL) == ["first picture", "sample 17"]
    assert said(replace(STILL, damaged=True, interlaced=True))[2:] == [
        "interlaced: two moments in one picture",
        "damaged: it may show what never was there",
    ]


@pytest.mark.parametrize(
    ("distance", "text"), [(0, "at the event: Door"), (2, "2.0 s after: Door"), (-2, "2.0 s before: Door")]
)
def test_distance_from_an_event(distance: int, text: str) -> None:
    still = replace(
        STILL, utc_ns=START_NS + distance * NS, reasons=(StillReason.EVENT, StillReason.STEP), event_ids=("e",)
    )
    assert said(still, StillEvent(event_id="e", utc_ns=START_NS, name="Door")) == ["at an even step", text, "sample 17"]


def test_many_events_in_one_picture_are_counted() -> None:
    events = [StillEvent(event_id=f"{number}", utc_ns=START_NS, name=f"N{number}") for number in range(7)]
    still = replace(STILL, event_ids=tuple(one.event_id for one in events))
    assert said(still, *events)[-2] == "and 3 more events"


def test_what_there_was_no_room_for_is_said() -> None:
    stills = FileStills(file="a.mp4", stills=(STILL,), events=9, shown=(HOSTILE,), steps_left_out=2)
    notes = [str(one) for one in contact_sheet(stills, Translator(Language.ENGLISH)).notes]
    assert "1 of 9 events" in notes[0]
    assert notes[1].startswith("2 pictures at even steps were left out")
    assert (
        contact_sheet(replace(stills, left_out=True), Translator(Language.GERMAN)).notes[0].startswith("Keine Bilder")
    )


@pytest.mark.parametrize("language", Language)
def test_hostile_names_and_missing_pictures_on_a_page(language: Language) -> None:
    page = Page(language=language)
    missing = NoStill(file="a.mp4", utc_ns=START_NS, reasons=(StillReason.END,), why="<script>alert(2)</script>\u202e")
    hostile = replace(STILL, event_ids=("e",), reasons=(StillReason.EVENT,))
    sheet = contact_sheet(FileStills(file="a.mp4", stills=(hostile, missing), shown=(HOSTILE,)), page.translate)
    macros = '{% from "contact_sheet.html.j2" import contact_sheet, illustrations %}'
    source = macros + "{{ illustrations() }}{{ contact_sheet(s) }}"
    html = page._environment.from_string(source).render(s=sheet)
    assert "<script" not in html
    assert "<img src=x" not in html
    assert "\u202e" not in html
    assert "\\u{202e}" in html
    assert 'src="data:image/jpeg;base64,' in html
    assert html.count("<figure>") == 2
    assert ('lang="en"' in html) is (language is not Language.ENGLISH)
