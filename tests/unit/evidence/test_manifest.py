from __future__ import annotations

import hashlib

import pytest

from vssx.evidence import manifest

DIGEST = hashlib.sha256(b"x").hexdigest()
OTHER = hashlib.sha256(b"y").hexdigest()


def test_what_is_rendered_is_read():
    files = {"data/b/ä c.mp4": DIGEST, "data/a": OTHER}
    text = manifest.render(files)
    assert text.splitlines()[0] == f"{OTHER}  data/a".encode()
    parsed = manifest.parse(text, payload=True)
    assert dict(parsed.files) == files
    assert parsed.faults == ()


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (f"{DIGEST}  data/../x", "not a plain relative path"),
        (f"{DIGEST}  data//x", "not a plain relative path"),
        (f"{DIGEST}  data/./x", "not a plain relative path"),
        (f"{DIGEST}  /etc/passwd", "not a plain relative path"),
        (f"{DIGEST}  data/a\\b", "tools read differently"),
        (f"{DIGEST}  data/C:x", "tools read differently"),
        (f"{DIGEST}  data/a%0Ab", "tools read differently"),
        (f"{DIGEST}  data/a\x1b[2J", "control characters"),
        (f"{DIGEST}  data/a\u202eb", "control characters"),
        (f"{DIGEST}  ~root/x", "starts with ~"),
        (f"{DIGEST}  data/x ", "starts or ends with a space"),
        (f"{DIGEST}  data/" + "d/" * 20 + "x", "deeper than"),
        (f"{DIGEST}  data/" + "x" * 2000, "longer than"),
        (f"{DIGEST}  bagit.txt", "does not belong into this manifest"),
        (f"{DIGEST} data/x", "not a digest, two spaces and a path"),
        (f"{DIGEST} *data/x", "not a digest, two spaces and a path"),
        (f"\\{DIGEST}  data/x", "not a digest, two spaces and a path"),
        (f"{DIGEST.upper()}  data/x", "not a digest, two spaces and a path"),
        (f"{DIGEST[:-1]}  data/x", "not a digest, two spaces and a path"),
        ("", "not a digest, two spaces and a path"),
        ("# comment", "not a digest, two spaces and a path"),
        (f"{DIGEST}  data/x\r", "control characters"),
    ],
)
def test_faults(line: str, fault: str):
    parsed = manifest.parse(f"{line}\n".encode(), payload=True)
    assert parsed.files == {}
    assert len(parsed.faults) == 1
    assert fault in parsed.faults[0]
    assert parsed.faults[0].isprintable()


def test_the_same_file_twice():
    parsed = manifest.parse(f"{DIGEST}  data/x\n{OTHER}  data/x\n".encode(), payload=True)
    assert parsed.files == {"data/x": DIGEST}
    assert "named twice" in parsed.faults[0]


def test_missing_newline_at_the_end():
    parsed = manifest.parse(f"{DIGEST}  data/x".encode(), payload=True)
    assert parsed.files == {"data/x": DIGEST}
    assert parsed.faults == ("does not end with a newline",)


def test_not_utf8():
    assert "not UTF-8 at byte 66" in manifest.parse(f"{DIGEST}  ".encode() + b"\xff\n", payload=True).faults[0]


def test_payload_in_the_tag_manifest():
    assert "does not belong" in manifest.parse(f"{DIGEST}  data/x\n".encode(), payload=False).faults[0]


def test_too_many_lines_are_not_looked_at():
    parsed = manifest.parse(b"\n" * (manifest.MAX_FILES + 1), payload=True)
    assert parsed.files == {}
    assert "more than" in parsed.faults[0]


def test_number_of_faults_is_bounded():
    assert len(manifest.parse(b"x\n" * 10_000, payload=True).faults) == 100
