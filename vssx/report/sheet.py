"""The handover sheet: what stands on the paper that goes with a handover, in one language, for HTML and PDF alike.

It is one page: what does not fit is cut, and the sheet says so. It names no moment of printing: of one handover it is
always the same.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from vssx import __version__
from vssx.report.language import MOST_SHOWN, Language, Translator
from vssx.report.page import COMMON_STYLE, Page
from vssx.report.page_time import PageTime, utc_text
from vssx.report.qr import QrCode, qr_code
from vssx.report.record_view import FileView, RecordingView, RecordView
from vssx.shown import shown_fingerprint

_LINES = 28
"""Lines that the facts, the recordings and the files have together; the rest of the page is always the same."""
_FACT_WIDTH = 62
_MOST_OF_A_FACT = 105
_MOST_LEGAL_BASIS = 260
MOST_SAID = 160
"""Characters of a legal basis that is said for the sheet alone."""
_MOST_SIGNATURES = 2
_LEAST_RECORDINGS = 2
_MOST_RECORDINGS = 6
_CAMERA_WIDTH = 32
_PATH_WIDTH = 88


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetSignature:
    """A signature over the tag manifest that holds. ``fingerprint``: hex SHA-256 of its certificate."""

    name: str
    subject: str
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What is known of a handover. ``name``: of its directory. ``payload_files``: how many the payload manifest
    names. ``tag_manifest``: hex SHA-256 of tagmanifest-sha256.txt. ``legal_basis``: as said for the sheet, ""
    where only the record says one."""

    name: str
    record: RecordView
    tag_manifest: str
    payload_files: int
    signatures: tuple[SheetSignature, ...]
    legal_basis: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A line of the sheet."""

    label: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingLine:
    """A recording: the camera's name and its token, asked and delivered range (from, to), and what is missing."""

    camera: tuple[str, ...]
    asked: tuple[str, str]
    delivered: tuple[str, str]
    files: str
    gaps: str
    losses: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLine:
    """An MP4."""

    path: str
    size: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A signer. ``fingerprint``: as openssl prints it."""

    subject: str
    fingerprint: str
    signature: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetContent:
    """The words and numbers of a sheet, as plain text; those from outside have escapes only if ``fit`` made them.

    ``digest``: two lines of eight groups of four digits. ``more_*``: "" or what is left out.
    """

    title: str
    introduction: str
    facts: tuple[Fact, ...]
    recordings_title: str
    recording_columns: tuple[str, ...]
    recordings: tuple[RecordingLine, ...]
    more_recordings: str
    files_title: str
    files: tuple[FileLine, ...]
    more_files: str
    digest_label: str
    digest: tuple[str, str]
    digest_covers: str
    certificates_label: str
    certificates: tuple[Certificate, ...]
    more_certificates: str
    unsigned: str
    commands_label: str
    commands: tuple[str, ...]
    parties: tuple[str, str]
    blanks: tuple[str, ...]
    notes: tuple[str, ...]
    code: QrCode
    code_label: str


def qr_text(tag_manifest: str, fingerprint: str) -> str:
    """What the QR code of a sheet holds (docs/verifying-by-hand.md): both digests (hex), no address.

    ``fingerprint``: of the first signature's certificate, "" without one. Only characters of the alphanumeric mode.
    """
    text = f"VSSX HANDOVER SHEET 1 TAGMANIFEST-SHA256 {tag_manifest.upper()}"
    return f"{text} CERTIFICATE-SHA256 {fingerprint.upper()}" if fingerprint else text


def sheet_content(
    sheet: Sheet, _: Translator, times: PageTime, fit: Callable[[str], str] | None = None
) -> SheetContent:
    """What stands on the sheet, in the language of ``_``.

    ``fit``: puts escapes for what cannot be printed; None: whoever writes the page does, for the same characters as
    ``vssx.cells.visible``.
    """
    cut = _Cut(fit)
    facts = _facts(sheet, _, times, cut)
    left = _LINES - sum(_height(fact.value, _FACT_WIDTH) for fact in facts)
    record = sheet.record
    room = max(_LEAST_RECORDINGS, min(_MOST_RECORDINGS, left // 4))
    recordings = record.recordings[:room]
    left -= 2 * len(recordings)
    every_file = [file for one in record.recordings for file in one.files]
    files = every_file[: max(1, left // 2)]
    first = sheet.signatures[0].fingerprint if sheet.signatures else ""
    signatures = sheet.signatures[:_MOST_SIGNATURES]
    lines = tuple(_recording(one, cut) for one in recordings)
    file_lines = tuple(_file(one, _, cut) for one in files)
    certificates = tuple(
        Certificate(
            subject=cut.middle(one.subject, 80),
            fingerprint=shown_fingerprint(one.fingerprint),
            signature=cut(one.name, 60),
        )
        for one in signatures
    )
    return SheetContent(
        title=_.text("Handover sheet"),
        introduction=_.text("Goes with the video evidence named here, and travels apart from it."),
        facts=facts,
        recordings_title=_.text("Recordings: %(count)s", count=len(record.recordings)),
        recording_columns=(
            _.text("Camera"),
            _.text("Asked for, UTC"),
            _.text("Delivered, UTC"),
            _.text("Files"),
            _.text("Gaps"),
            _.text("Losses"),
        ),
        recordings=lines,
        more_recordings=_more(_, len(record.recordings) - len(recordings)),
        files_title=_.text(
            "Video files: %(count)s, %(size)s bytes; files in all: %(all)s",
            count=len(every_file),
            size=sum(one.size for one in every_file),
            all=sheet.payload_files,
        ),
        files=file_lines,
        more_files=_more(_, len(every_file) - len(files)),
        digest_label=_.text("SHA-256 of the file tagmanifest-sha256.txt"),
        digest=_grouped(sheet.tag_manifest),
        digest_covers=_.text(
            "By way of its lists this number covers every file of the handover but those in signatures/."
        ),
        certificates_label=_.text("SHA-256 fingerprint of the signer's certificate"),
        certificates=certificates,
        more_certificates=_more(_, len(sheet.signatures) - len(signatures)),
        unsigned=""
        if sheet.signatures
        else _.text("Not signed electronically: only who signs this sheet by hand vouches for the handover."),
        commands_label=_.text("To compare, in the directory of the handover (VERIFY.txt there tells every step):"),
        commands=(
            "sha256sum tagmanifest-sha256.txt",
            *(["openssl x509 -in cert.pem -noout -fingerprint -sha256"] if sheet.signatures else []),
            "vssx verify --trust cert.pem ." if sheet.signatures else "vssx verify .",
        ),
        parties=(_.text("Handed over by"), _.text("Received by")),
        blanks=(_.text("Name, office"), _.text("Place, date"), _.text("Signature")),
        notes=(
            *(
                [_.text("Texts that were too long are cut here; handover.json has those of the record whole.")]
                if cut.any
                else []
            ),
            _.text(
                "Made by vssx %(version)s from the lists, the record and the signatures of the handover; the recordings"
                " themselves were not read again for it.",
                version=__version__,
            ),
        ),
        code=qr_code(qr_text(sheet.tag_manifest, first)),
        code_label=_.text("Both numbers as a QR code") if first else _.text("The number as a QR code"),
    )


def sheet_html(sheet: Sheet, language: Language, times: PageTime) -> bytes:
    """The sheet as a page to be printed."""
    page = Page(language=language, times=times)
    content = sheet_content(sheet, page.translate, times)
    return page.render("sheet.html.j2", styles=(COMMON_STYLE, "sheet.css"), sheet=content)


class _Cut:
    """Cuts texts from outside, and remembers whether it had to."""

    def __init__(self, fit: Callable[[str], str] | None) -> None:
        self.any = False
        self._fit = fit

    def __call__(self, text: str, most: float) -> str:
        whole = self._whole(text)
        kept = self._begin(whole, most)
        return whole if len(kept) == len(whole) else kept + " ..."

    def middle(self, text: str, most: float) -> str:
        """Of a path, the beginning and the end are what tells."""
        whole = self._whole(text)
        if len(self._begin(whole, most)) == len(whole):
            return whole
        return f"{self._begin(whole, most / 2)} ... {self._begin(whole[::-1], most / 2)[::-1]}"

    def _whole(self, text: str) -> str:
        if len(text) > MOST_SHOWN:
            self.any = True
            text = text[: MOST_SHOWN // 2] + " ... " + text[-MOST_SHOWN // 2 :]
        return text if self._fit is None else self._fit(text)

    def _begin(self, text: str, most: float) -> str:
        width = 0.0
        for place, character in enumerate(text):
            width += _width(character)
            if width > most:
                self.any = True
                return text[:place]
        return text


def _width(character: str) -> float:
    """About, in small letters; rather too much."""
    if not character.isprintable() or character == "\\":
        return 8  # will be shown as an escape
    if character.isascii():
        return 1.6 if character.isupper() or character in "mw@%&" else 1
    return 2 if unicodedata.east_asian_width(character) in "WFA" else 1.4


def _height(text: str, width: int) -> int:
    return max(1, math.ceil(sum(map(_width, text)) / width))


def _facts(sheet: Sheet, _: Translator, times: PageTime, cut: _Cut) -> tuple[Fact, ...]:
    record, raw = sheet.record, sheet.record.raw
    requested = raw["requested"]
    first = min((one.first_ns for one in record.recordings if one.first_ns is not None), default=None)
    last = max((one.last_ns for one in record.recordings if one.last_ns is not None), default=None)
    said_before = requested.get("legal_basis", "") or ""
    facts = [
        (_.text("Handover"), sheet.name),
        (_.text("Case"), record.case),
        (_.text("Exhibit"), record.exhibit),
        (_.text("Exported by"), record.operator),
        (_.text("Exported from"), _source(record, _)),
        (_.text("Made"), times.plain(record.created_ns)),
        (_.text("First picture"), "" if first is None else times.plain(first)),
        (_.text("Last picture"), "" if last is None else times.plain(last)),
        (_.text("Level claimed"), f"{record.level} (IEC 62676-2-11)" if record.level else _.text("none")),
    ]
    kept = [Fact(label=label, value=cut(value, _MOST_OF_A_FACT)) for label, value in facts if value]
    said_now = sheet.legal_basis if sheet.legal_basis != said_before else ""
    most = _MOST_LEGAL_BASIS // 2 if said_now else _MOST_LEGAL_BASIS
    if said_before:
        kept.append(Fact(label=_.text("Legal basis"), value=cut(said_before, most)))
    if said_now:
        label = _.text("Legal basis, said for this sheet") if said_before else _.text("Legal basis")
        kept.append(Fact(label=label, value=cut(said_now, _MOST_LEGAL_BASIS)))
    return tuple(kept)


def _source(record: RecordView, _: Translator) -> str:
    recorder = record.raw["recorder"]
    if recorder is None:
        return _.text("local files: %(names)s", names=str(record.raw["requested"]["source"]))
    parts = [recorder["manufacturer"], recorder["model"], recorder["serial_number"]]
    return ", ".join(filter(None, [" ".join(filter(None, parts)), recorder["address"]]))


def _recording(one: RecordingView, cut: _Cut) -> RecordingLine:
    names = [one.camera] if one.token in ("", one.camera) else [one.camera, one.token]
    return RecordingLine(
        camera=tuple(cut(name, _CAMERA_WIDTH) for name in names),
        asked=_range(one.asked_from_ns, one.asked_to_ns),
        delivered=_range(one.first_ns, one.last_ns),
        files=str(len(one.files)),
        gaps=str(len(one.gaps)),
        losses=str(sum(loss.count for loss in one.losses)),
    )


def _range(first: int | None, last: int | None) -> tuple[str, str]:
    return ("-" if first is None else utc_text(first), "-" if last is None else utc_text(last))


def _file(file: FileView, _: Translator, cut: _Cut) -> FileLine:
    return FileLine(
        path=cut.middle(file.path, _PATH_WIDTH),
        size=_.text("%(size)s bytes", size=file.size),
        sha256=file.sha256,
    )


def _more(_: Translator, count: int) -> str:
    return _.text("not listed here: %(count)s more", count=count) if count > 0 else ""


def _grouped(digest: str) -> tuple[str, str]:
    groups: Sequence[str] = [digest[index : index + 4] for index in range(0, len(digest), 4)]
    return " ".join(groups[:8]), " ".join(groups[8:])
