"""Words of the record in plain language: what its enumerations mean. English here, translated where they are shown."""

from __future__ import annotations

from typing import Final

from vssx.report.language import marked

END_REASONS: Final = {
    "range-covered": marked("footage beyond the range came on every track"),
    "end-bit": marked("the recorder marked the end of the recording"),
    "bye": marked("the recorder said that nothing follows"),
    "end-of-file": marked("the file ends here"),
    "history": marked("nothing more came, and the recorder's own history says that nothing follows"),
    "silence": marked("nothing more came"),
    "connection-lost": marked("the connection broke"),
    "no-progress": marked("what came did not get on"),
    "cut": marked("the export was cut, and finished without its recorder"),
}
GAP_CAUSES: Final = {
    "discontinuity-bit": marked("the recorder marked an interruption"),
    "time-jump": marked("the recorder's times jump forward"),
    "backward-step": marked("the recorder's clock was set back; nothing is missing"),
    "history": marked("the recorder's own history says so"),
    "source-file": marked("the times in the file jump"),
}
CONFIRMED: Final = {
    True: marked("yes: its history says that nothing was recorded"),
    False: marked("no: its history says that it was recording"),
    None: marked("not known: it does not tell"),
}
TRACK_TYPES: Final = {"Video": marked("Video"), "Audio": marked("Audio"), "Metadata": marked("Metadata")}
TIME_SOURCES: Final = {
    "replay-extension": marked("sent by the recorder with the pictures"),
    "play-range": marked("derived from the range that the recorder announced"),
    "file": marked("from the file"),
    "asserted": marked("the start was stated by the exporter"),
    "document": marked("from the metadata documents"),
    "neighbour": marked("from what came before"),
}
TLS_VERIFIED: Final = {
    "system": marked("verified by an authority that the exporting computer trusts"),
    "ca": marked("verified by an authority that the exporter named"),
    "pinned": marked("verified by the fingerprint that the exporter named"),
    "no": marked("not verified"),
}
SENTENCES: Final = frozenset(
    (
        marked("This handover was made without a key: it is unsigned and claims no level."),
        marked("There is no video in this handover, so it claims no level."),
        marked(
            "Media times are the recorder's own and were not corrected. The offset was measured at the export; what the"
            " recorder's clock showed when the footage was recorded cannot be concluded from it."
        ),
        marked("No recorder was asked for its time. Media times are those of the source files, as stated below."),
        marked("systemd-timesyncd reports this machine's clock as synchronised"),
        marked("chronyd runs on this machine; its state was not asked"),
        marked("unknown: nothing on this machine tells"),
    )
)
"""Sentences that vssx itself writes into records, always in the same words."""
LEVELS: Final = {
    "0V": marked("video"),
    "0M": marked("video with the cameras' metadata"),
    "0E": marked("video with events"),
    "0M+0E": marked("video with the cameras' metadata and events"),
}
