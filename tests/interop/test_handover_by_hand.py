"""The commands of VERIFY.txt, exactly as printed there, run with other people's programs; and vssx beside them.

Every link of the chain is broken once, and both must notice.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import bagit
import pytest

from tests.certificates import entity
from tests.handovers import Trial, handover, make_handover, make_trial, trial
from tests.peers import need
from tests.scene_documents import access_denied
from tests.unit.evidence.metadata_files import RECORDED, at, document, event, write
from vssx.evidence.by_hand import verify_text
from vssx.evidence.keys import load_signer
from vssx.evidence.sign_handover import sign_handover
from vssx.evidence.signature import sign_file
from vssx.evidence.verify import verify_path
from vssx.jobs.sheet import make_sheet
from vssx.model.verification import Verdict

pytestmark = pytest.mark.interop

GATE = "data/gate/gate_20240501T120000.123Z.mp4"
EXPORT = "signatures/0001-export.p7s"


@dataclass(frozen=True)
class ByHand:
    """What a person sees who follows VERIFY.txt: the steps that did not end as described there."""

    complaints: tuple[str, ...]


def commands(text: str) -> Iterator[str]:
    """The commands of VERIFY.txt: indented by five spaces, continued over lines."""
    block: list[str] = []
    for line in [*text.splitlines(), ""]:
        if line.startswith("     "):
            block.append(line.strip())
            if not line.endswith("\\") and not line.lstrip().startswith("{"):
                yield "\n".join(block)
                block = []
        elif block:
            yield "\n".join(block)
            block = []


def run(command: str, root: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["bash", "-c", command], cwd=root, capture_output=True, text=True, timeout=60, check=False)


def by_hand(root: Path, certificate: Path, text: str | None = None, *, sheet: str | None = None) -> ByHand:
    """Follow the text; by default the one in the handover, which a forger may have changed. ``sheet``: its number."""
    for program in ("bash", "openssl", "sha256sum", "find", "sort", "cut", "comm", "cmp", "sed"):
        need(program)
    complaints = []
    listed = root.parent / "listed"
    text = (root / "VERIFY.txt").read_text("utf-8") if text is None else text
    text = text.replace("/trusted/cert.pem", str(certificate)).replace("/tmp/listed", str(listed))
    seen = 0
    for command in commands(text):
        if command.startswith("vssx") or "FILE.mp4" in command or "PIPELINE" in command:
            continue
        seen += 1
        if "NNNN" in command:
            names = [path.name.split("-")[0] for path in sorted(root.glob("signatures/*.p7s"))]
            results = [run(command.replace("NNNN", name), root) for name in names]
        else:
            results = [run(command, root)]
        for result in results:
            output = result.stdout + result.stderr
            if command.startswith("openssl cms -verify"):
                good = result.returncode == 0 and "erification successful" in output
            elif command.startswith("openssl x509"):
                good = result.returncode == 0
            elif command.startswith("sha256sum --strict"):
                good = result.returncode == 0 and "WARNING" not in output
            elif command.startswith("sha256sum tagmanifest-sha256.txt |"):
                good = sheet is None or result.stdout.split() == sheet.split()
            elif command.startswith("find . -type f"):
                good = all(re.match(r"signatures/\d{4}-", line) for line in output.splitlines())
            else:
                good = output == ""
            if not good:
                complaints.append(f"{command}: {output}")
    assert seen >= 7
    return ByHand(complaints=tuple(complaints))


def by_vssx(root: Path, certificate: Path) -> Verdict:
    return verify_path(root, trust=(certificate,)).verdict


@pytest.fixture(scope="module")
def rsa(tmp_path_factory: pytest.TempPathFactory) -> Trial:
    return make_trial(tmp_path_factory.mktemp("rsa"), elliptic=False)


def test_chain_holds(tmp_path: Path):
    root = handover(tmp_path)
    assert by_hand(root, trial().certificate).complaints == ()
    bagit.Bag(str(root)).validate()
    assert by_vssx(root, trial().certificate) is Verdict.PASSED


def test_chain_holds_with_rsa(tmp_path: Path, rsa: Trial):
    root = make_handover(tmp_path / "handover", rsa.signer)
    assert by_hand(root, rsa.certificate).complaints == ()
    assert by_vssx(root, rsa.certificate) is Verdict.PASSED


def test_chain_holds_with_an_authority(tmp_path: Path):
    ca = entity("Authority", ca=True)
    middle = entity("Department", ca, ca=True)
    leaf = entity("Officer", middle)
    root = make_handover(tmp_path / "handover", load_signer(*leaf.save(tmp_path / "key", middle, ca), lambda: None))
    _, trusted = ca.save(tmp_path / "ca")
    assert by_hand(root, trusted).complaints == ()
    assert by_vssx(root, trusted) is Verdict.PASSED


def test_signed_later(tmp_path: Path):
    root = handover(tmp_path, signed=False)
    assert by_hand(root, trial().certificate).complaints == ()
    sign_handover(root, trial().signer)
    assert by_hand(root, trial().certificate).complaints == ()
    assert by_hand(root, trial("Other").certificate).complaints != ()
    bagit.Bag(str(root)).validate()


def test_fingerprint_in_the_text(tmp_path: Path):
    root = handover(tmp_path)
    printed = run(f"{need('openssl')} x509 -in {trial().certificate} -noout -fingerprint -sha256", root).stdout
    assert printed.strip().split("=")[1] in (root / "VERIFY.txt").read_text("utf-8")


def number_on_sheet(root: Path, output: Path) -> str:
    """What a person reads from the paper."""
    make_sheet(root, output)
    found = re.search(r'<p class="tagdigest">([0-9a-f ]+)<br>([0-9a-f ]+)</p>', output.read_text("utf-8"))
    assert found is not None
    return f"{found[1]} {found[2]}"


@pytest.mark.parametrize("signed", [True, False])
def test_the_sheet_tells_a_handover_that_was_remade(tmp_path: Path, signed: bool):
    """Even one that agrees with itself, which nothing else notices where no key signed."""
    root = handover(tmp_path, signed=signed)
    sheet = number_on_sheet(root, tmp_path / "sheet.html")
    assert by_hand(root, trial().certificate, sheet=sheet).complaints == ()
    remade = make_handover(tmp_path / "remade", trial().signer if signed else None)
    assert by_hand(remade, trial().certificate).complaints == ()
    (complaint,) = by_hand(remade, trial().certificate, sheet=sheet).complaints
    assert complaint.startswith("sha256sum tagmanifest-sha256.txt")


def flip(name: str, position: int) -> Callable[[Path], None]:
    def change(root: Path) -> None:
        data = bytearray((root / name).read_bytes())
        data[position] ^= 1
        (root / name).write_bytes(data)

    return change


def swapped(name: str) -> Callable[[Path], None]:
    """Exchange one digest in a manifest for another one of valid form."""

    def change(root: Path) -> None:
        text = (root / name).read_text("utf-8")
        (root / name).write_text(hashlib.sha256(b"forged").hexdigest() + text[64:], encoding="utf-8")

    return change


def other_certificate(root: Path) -> None:
    """The whole handover signed anew by somebody with a certificate of the same name."""
    forger = make_trial(root.parent / "forger", name="Test").signer
    digest = hashlib.sha256((root / "tagmanifest-sha256.txt").read_bytes()).digest()
    (root / EXPORT).write_bytes(forger.sign_digest(digest))


def trailing(root: Path) -> None:
    (root / EXPORT).write_bytes((root / EXPORT).read_bytes() + b"\0")


def linked(root: Path) -> None:
    shutil.move(root / GATE, root.parent / "elsewhere.mp4")
    (root / GATE).symlink_to(root.parent / "elsewhere.mp4")


@pytest.mark.parametrize(
    ("change", "step"),
    [
        pytest.param(flip(GATE, 5000), "manifest-sha256", id="payload"),
        pytest.param(swapped("manifest-sha256.txt"), "tagmanifest-sha256", id="manifest"),
        pytest.param(swapped("tagmanifest-sha256.txt"), "cms -verify", id="tag manifest"),
        pytest.param(flip("handover.json", 20), "tagmanifest-sha256", id="record"),
        pytest.param(flip(EXPORT, -5), "cms -verify", id="signature"),
        pytest.param(other_certificate, "cms -verify", id="certificate"),
        pytest.param(lambda root: (root / EXPORT).unlink(), "cms -verify", id="signature removed"),
        pytest.param(lambda root: (root / "data/gate/added.txt").write_bytes(b"x"), "find", id="added file"),
        pytest.param(lambda root: (root / "added.txt").write_bytes(b"x"), "find", id="added beside data"),
        pytest.param(lambda root: (root / "signatures/x").write_bytes(b"x"), "find", id="added in signatures"),
        pytest.param(lambda root: (root / GATE).unlink(), "manifest-sha256", id="removed file"),
        pytest.param(
            lambda root: (root / GATE).rename(root / "data/gate/renamed.mp4"), "manifest-sha256", id="renamed file"
        ),
        pytest.param(trailing, "cmsout", id="trailing bytes after the CMS"),
        pytest.param(linked, "find", id="link"),
    ],
)
def test_each_broken_link_is_noticed(tmp_path: Path, change: Callable[[Path], None], step: str):
    root = handover(tmp_path)
    text = (root / "VERIFY.txt").read_text("utf-8")
    change(root)
    complaints = by_hand(root, trial().certificate, text).complaints
    assert any(step in complaint for complaint in complaints)
    assert by_vssx(root, trial().certificate) is not Verdict.PASSED


def test_trailing_bytes_behind_a_file_signature(tmp_path: Path):
    """Within the handover the payload manifest tells; a file that travels alone has step 6."""
    root = handover(tmp_path)
    file = tmp_path / "FILE.mp4"
    shutil.copy(root / GATE, file)
    shutil.copy(root / (GATE + ".p7s"), tmp_path / "FILE.mp4.p7s")
    steps = [command for command in commands((root / "VERIFY.txt").read_text("utf-8")) if "FILE.mp4.p7s" in command]
    steps = [step.replace("/trusted/cert.pem", str(trial().certificate)) for step in steps]
    verified, compared = (run(step, tmp_path) for step in steps)
    assert "erification successful" in verified.stderr
    assert compared.stdout + compared.stderr == ""
    with (tmp_path / "FILE.mp4.p7s").open("ab") as out:
        out.write(b"\0")
    assert run(steps[1], tmp_path).returncode != 0
    assert by_vssx(file, trial().certificate) is Verdict.FAILED
    with (root / (GATE + ".p7s")).open("ab") as out:
        out.write(b"\0")
    assert any("manifest-sha256" in each for each in by_hand(root, trial().certificate).complaints)
    assert by_vssx(root, trial().certificate) is Verdict.FAILED


def test_openssl_sees_cades(tmp_path: Path, rsa: Trial):
    file = tmp_path / "f"
    file.write_bytes(b"a\r\nb\n" * 1000)
    signature = sign_file(file, rsa.signer)
    command = (
        f"{need('openssl')} cms -verify -cades -binary -purpose any -content {file} -inform DER -in {signature}"
        f" -CAfile {rsa.certificate} -out /dev/null"
    )
    result = run(command, tmp_path)
    assert (result.returncode, result.stderr.strip()) == (0, "CAdES Verification successful")
    assert "rsassaPss" in run(f"openssl cms -cmsout -print -inform DER -in {signature}", tmp_path).stdout


@pytest.mark.parametrize("options", ["-cades", "-cades -keyopt rsa_padding_mode:pss -md sha512"])
def test_signatures_by_openssl_are_read(tmp_path: Path, rsa: Trial, options: str):
    """Somebody else's program made this signature; vssx must come to the same result."""
    file = tmp_path / "f"
    file.write_bytes(b"content")
    command = (
        f"{need('openssl')} cms -sign -binary -in {file} -signer {rsa.certificate} -inkey {rsa.key}"
        f" {options} -nosmimecap -outform DER -out {file}.p7s"
    )
    result = run(command, tmp_path)
    assert result.returncode == 0, result.stderr
    report = verify_path(file, trust=(rsa.certificate,))
    assert report.verdict is Verdict.PASSED, report.findings
    file.write_bytes(b"changed")
    assert by_vssx(file, rsa.certificate) is Verdict.FAILED


def test_signature_without_reference_to_the_certificate(tmp_path: Path, rsa: Trial):
    file = tmp_path / "f"
    file.write_bytes(b"content")
    run(
        f"{need('openssl')} cms -sign -binary -in {file} -signer {rsa.certificate} -inkey {rsa.key}"
        f" -outform DER -out {file}.p7s",
        tmp_path,
    )
    report = verify_path(file, trust=(rsa.certificate,))
    assert report.verdict is Verdict.INDETERMINATE
    assert any(finding.sub_indication == "SIG_CONSTRAINTS_FAILURE" for finding in report.findings)


def test_indefinite_lengths_are_refused(tmp_path: Path, rsa: Trial):
    file = tmp_path / "f"
    file.write_bytes(b"content")
    run(
        f"{need('openssl')} cms -sign -stream -binary -cades -in {file} -signer {rsa.certificate} -inkey {rsa.key}"
        f" -outform DER -out {file}.p7s",
        tmp_path,
    )
    assert by_vssx(file, rsa.certificate) is Verdict.FAILED


def test_created_keys_are_what_openssl_calls_valid(tmp_path: Path, rsa: Trial):
    openssl = need("openssl")
    for made in (rsa, trial()):
        text = run(f"{openssl} x509 -in {made.certificate} -noout -text", tmp_path).stdout
        assert "Digital Signature, Non Repudiation" in text
        assert "Extended Key Usage" not in text
        assert (
            run(f"{openssl} verify -x509_strict -CAfile {made.certificate} {made.certificate}", tmp_path).returncode
            == 0
        )
        assert run(f"{openssl} pkey -in {made.key} -check -noout", tmp_path).returncode == 0


def test_the_documents_of_a_metadata_track(tmp_path: Path):
    need("ffmpeg")
    documents = [event(access_denied(at(second), f"card {second}")) for second in range(3)]
    write(tmp_path, [document(RECORDED, second, payload) for second, payload in enumerate(documents)], seconds=5)
    (tmp_path / "data/cam/cam_1.mp4").rename(tmp_path / "FILE.mp4")
    [step] = [command for command in commands(verify_text().decode()) if command.startswith("ffmpeg")]
    given = run(step, tmp_path)
    assert (given.returncode, given.stdout) == (0, b"".join(documents).decode()), given.stderr
