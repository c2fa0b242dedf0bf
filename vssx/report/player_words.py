"""What the script of the player says, in the language of the page."""

from __future__ import annotations

from vssx.report.language import Translator, marked

_WORDS = {
    "play": marked("Play"),
    "pause": marked("Pause"),
    "loading": marked("Loading …"),
    "nothing": marked("Nothing in this handover at this time."),
    "picture": marked("picture %(number)s of %(all)s"),
    "picture_alone": marked("picture %(number)s"),
    "undecodable": marked(
        "This browser does not decode %(codec)s, or not here: %(file)s cannot be shown. The file may be whole all the "
        "same. Another browser, or VLC, may show it; `vssx derive --viewing-copy` makes a labelled H.264 copy that "
        "every browser shows."
    ),
    "unopened": marked(
        "%(file)s was not opened. Is it still where it was, beside this page? If it is, this browser cannot decode it: "
        "`vssx derive --viewing-copy` makes a labelled H.264 copy that every browser shows."
    ),
    "skipped": marked("Nothing in this handover from %(from)s to %(to)s: passed over."),
    "no_picture": marked("There is no picture here."),
    "no_more": marked("There is no further picture in this direction."),
    "no_events": marked("There is no further event in this direction."),
    "no_time": marked("This is no time. Write 2024-05-01T12:00:00Z, or 12:00:00 for the day on show."),
    "saved": marked("Saved as %(name)s."),
    "illustration": marked("Illustration, not evidence: the evidence is the file that is named above."),
    "tainted": marked(
        "The browser lets no page read the pictures of a file on a disk. Choose the file below once; then stills of it "
        "can be saved."
    ),
    "other_file": marked("None of these is a file of this handover, by name and size."),
    "chosen": marked("Files taken, by name and size: %(count)s. Stills of them can be saved now."),
}
_KINDS = {
    "gap": marked("gap; the recorder does not tell why"),
    "gap-confirmed": marked("gap, confirmed by the recorder's history"),
    "gap-unexplained": marked("gap, though the recorder's history says that it recorded"),
    "loss": marked("loss: recorded, but not received whole"),
}
_LATER = {name: f"%({name})s" for name in ("number", "all", "codec", "file", "from", "to", "name", "count")}


def script_words(translate: Translator) -> dict[str, object]:
    """The texts by name. The script puts values where ``%(name)s`` stands."""
    words: dict[str, object] = {name: translate.text(message, **_LATER) for name, message in _WORDS.items()}
    return words | {"kinds": {name: translate.text(message) for name, message in _KINDS.items()}}
