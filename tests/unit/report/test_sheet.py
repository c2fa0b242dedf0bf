"""What stands on the handover sheet."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from tests.unit.report.sheets import LONG, longest, sheet
from vssx.report.language import Language, Translator
from vssx.report.page_time import PageTime
from vssx.report.qr import QUIET, qr_code
from vssx.report.sheet import SheetContent, qr_text, sheet_content, sheet_html

ENGLISH = Translator(Language.ENGLISH)
UTC = PageTime(None)


def facts(content: SheetContent) -> dict[str, str]:
    return {fact.label: fact.value for fact in content.facts}


def test_both_digests_are_as_others_print_them():
    content = sheet_content(sheet(), ENGLISH, UTC)
    digest = sheet().tag_manifest
    assert " ".join(content.digest).split() == re.findall("....", digest)
    assert [one.fingerprint for one in content.certificates] == [":".join(["AB"] * 32)]
    assert (
        content.code.text == f"VSSX HANDOVER SHEET 1 TAGMANIFEST-SHA256 {digest.upper()} CERTIFICATE-SHA256 {'AB' * 32}"
    )


def test_an_unsigned_handover_says_who_vouches_for_it():
    content = sheet_content(sheet(signed=False), ENGLISH, UTC)
    assert "Not signed electronically" in content.unsigned
    assert content.certificates == ()
    assert "CERTIFICATE" not in content.code.text
    assert not any("cert.pem" in command for command in content.commands)


def test_that_nobody_vouches_for_a_name_is_not_cut_off():
    subject = "Common Name: A. Investigator, Organization: vssx self-asserted trial certificate (identity unverified)"
    small = sheet()
    made = replace(small, signatures=(replace(small.signatures[0], subject=subject),))
    (certificate,) = sheet_content(made, ENGLISH, UTC).certificates
    assert certificate.subject.startswith("Common Name: A. Investigator")
    assert certificate.subject.endswith("(identity unverified)")


def test_facts_are_those_of_the_record():
    content = sheet_content(sheet(), ENGLISH, PageTime("Europe/Paris"))
    said = facts(content)
    assert (said["Handover"], said["Case"], said["Exhibit"]) == ("gate_20240501", "C-1", "E 2")
    assert said["First picture"] == "2024-05-01T12:00:00.123Z (2024-05-01T14:00:00.123+02:00)"
    assert said["Level claimed"] == "0V (IEC 62676-2-11)"
    assert "Legal basis" not in said
    assert len(content.recordings) == 2
    assert content.more_recordings == content.more_files == ""


def test_legal_basis_of_the_record_and_of_the_sheet():
    record = sheet().record
    raw = {**record.raw, "requested": {**record.raw["requested"], "legal_basis": "§ 94 StPO"}}
    with_basis = replace(sheet(), record=replace(record, raw=raw))
    assert facts(sheet_content(with_basis, ENGLISH, UTC))["Legal basis"] == "§ 94 StPO"
    same = facts(sheet_content(replace(with_basis, legal_basis="§ 94 StPO"), ENGLISH, UTC))
    assert [label for label in same if "Legal" in label] == ["Legal basis"]
    both = facts(sheet_content(replace(with_basis, legal_basis="§ 98 StPO"), ENGLISH, UTC))
    assert (both["Legal basis"], both["Legal basis, said for this sheet"]) == ("§ 94 StPO", "§ 98 StPO")
    assert facts(sheet_content(replace(sheet(), legal_basis="x"), ENGLISH, UTC))["Legal basis"] == "x"


@pytest.mark.parametrize("text", LONG.values(), ids=LONG)
def test_what_is_left_out_is_counted_and_what_is_cut_is_said(text: str):
    content = sheet_content(longest(text), ENGLISH, UTC)
    assert content.more_recordings == f"not listed here: {40 - len(content.recordings)} more"
    assert content.more_files == f"not listed here: {1600 - len(content.files)} more"
    assert content.more_certificates == "not listed here: 3 more"
    assert any("too long" in note for note in content.notes)
    assert not any("too long" in note for note in sheet_content(sheet(), ENGLISH, UTC).notes)


def test_the_same_handover_makes_the_same_sheet():
    assert sheet_html(sheet(), Language.FRENCH, UTC) == sheet_html(sheet(), Language.FRENCH, UTC)


def test_texts_from_outside_do_nothing_on_the_page():
    hostile = "<script>alert(1)</script>\u202egnp"
    page = sheet_html(longest(hostile), Language.GERMAN, UTC).decode()
    assert "<script" not in page
    assert "\u202e" not in page
    assert r"&lt;script&gt;alert(1)&lt;/script&gt;\u{202e}gnp" in page


def test_qr_code_has_its_border_and_only_dark_runs():
    code = qr_code(qr_text("ab" * 32, "cd" * 32))
    taken = {(x, row) for column, row, length in code.runs for x in range(column, column + length)}
    assert len(taken) == sum(length for _, _, length in code.runs)
    inside = range(QUIET, code.size - QUIET)
    assert all(x in inside and y in inside for x, y in taken)
    finder = {(QUIET + x, QUIET + y) for x in range(7) for y in range(7) if max(abs(x - 3), abs(y - 3)) != 2}
    assert finder <= taken
    assert str(code.path).count("M") == len(code.runs)
