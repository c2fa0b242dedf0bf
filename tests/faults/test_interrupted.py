"""Odd streams, interrupted: with each fault of a recorder, an export that was cut is the one that was not."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.cutting_proxy import cutting
from tests.cli.test_interrupted import content, first_difference, stored_documents
from tests.clips import encode
from vssx.evidence.media import MediaFiles, MediaTarget
from vssx.evidence.staging import open_staging
from vssx.isobmff.writer import Mp4Writer
from vssx.model.acquisition import AcquisitionEvent, Observe
from vssx.model.handover import ExportUnit, Received, SourceIdentity
from vssx.model.media import NS, AccessUnit, AccessUnits
from vssx.recorder.fault_registry import REGISTRY
from vssx.recorder.faults import parse_faults
from vssx.recorder.server import RecorderServer
from vssx.recorder.store import StoredRecording
from vssx.source.replay import replay

CUTS = 6
FAULTS = [
    *("extension-once", "extension-on-clean-points", "bits-on-one-packet", "cseq-zero", "no-extension"),
    *("whole-seconds", "time-drift=2000", "time-step=5", "time-step=-5", "rtp-jump", "audio-rtp-off=0.4"),
    *("old-packets", "same-ssrc", "ssrc-change", "marker-always", "marker-never", "duplicate", "reorder"),
    "no-gap-bits",
    *("sets-in-band", "sets-after-seek", "glued", "intra-only", "metadata", "early-start", "late-start"),
    *("loose-interleaving=1", "whole-seconds loose-interleaving=1", "no-extension loose-interleaving=1", "range-457"),
]
METADATA = [
    *("", "metadata-late=1", "metadata-unordered=2", "metadata-twice", "metadata-together", "metadata-packed"),
    *("metadata-cut", "metadata-no-extension", "metadata=7 metadata-late=4"),
    *(
        "metadata-late=0.3 metadata-unordered=3",
        "no-extension",
        "extension-once",
        "marker-never",
        "loose-interleaving=1",
    ),
    "metadata-gzip metadata-twice=2",
]
OPTIONS = {"preset": "fast", "bf": "2", "g": "12", "sc_threshold": "0", "qp": "16"}


@pytest.fixture(scope="module")
def recordings(tmp_path_factory) -> Path:
    """street: video with B-frames, sound, and a gap; square: the same with documents; car-park: what ``glued`` goes on
    with."""
    directory = tmp_path_factory.mktemp("recordings")
    encode(directory / "street.mp4", frames=400, size=(96, 64), options=OPTIONS, audio=True, noise=True)
    gap = "start = 2026-03-14T06:30:00Z\n[[gaps]]\nat = 7\nduration = 40\n"
    shutil.copy(directory / "street.mp4", directory / "square.mp4")
    for name in ("street", "square"):
        (directory / f"{name}.toml").write_text(gap, encoding="ascii")
    stored_documents(
        directory / "square.metadata.jsonl", "2026-03-14T06:30:00Z", [*range(7), *range(47, 56)], timeless=False
    )
    encode(directory / "car-park.mp4", frames=100, options=OPTIONS)
    return directory


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Nobody waits for a recorder to come back, and blocks are small, so that a short recording has many."""
    monkeypatch.setattr("vssx.source.reconnection.time.sleep", lambda _: None)
    for function in (Mp4Writer.__init__, Mp4Writer.resume.__func__):
        monkeypatch.setitem(function.__kwdefaults__, "block_bytes", 30_000)


def export(
    url: str,
    recording: StoredRecording,
    directory: Path,
    *,
    stop_after: int = 0,
    split_length_ns: int | None = None,
    observe: Observe = lambda _: None,
) -> Received | None:
    """One run; ``stop_after``: it ends there, after so many access units, as a killed one does."""
    target = MediaTarget(
        camera="cam",
        recording_token=recording.token,
        gap_split_ns=10 * NS,
        split_length_ns=split_length_ns,
        export_unit=ExportUnit(name="vssx"),
        source=SourceIdentity(name="cam"),
    )
    with (
        open_staging(directory, "H", {}) as staging,
        MediaFiles(staging, target, observe) as files,
        replay(
            url,
            credentials=None,
            from_ns=recording.start_ns,
            to_ns=recording.end_ns,
            timeout=3.0,
            quiet_s=0.6,
            resume_from_ns=files.resume_from_ns,
            known_sets=files.known_sets,
        ) as source,
    ):
        if not stop_after:
            return files.receive(source.tracks, source, lambda *_: None)
        try:
            files.receive(source.tracks, _stopped(source, stop_after), lambda *_: None)
        except KeyboardInterrupt:
            return None
        raise AssertionError("the run was through before")


def _stopped(items, number: int) -> Iterator[object]:
    count = 0
    for item in items:
        yield item
        count += len(item.ticks) if isinstance(item, AccessUnits) else isinstance(item, AccessUnit)
        if count >= number:
            raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("token", "words"), [*(("street", words) for words in FAULTS), *(("square", words) for words in METADATA)]
)
def test_an_odd_stream_that_is_cut_is_the_same(token, words, recordings, tmp_path):
    with RecorderServer(recordings, faults=parse_faults(words.split(), REGISTRY)) as server:
        recording = next(one for one in server.store.recordings if one.token == token)
        url = f"{server.rtsp_url}{token}"
        port = int(url.split("/")[2].rsplit(":", 1)[1])
        whole = export(url, recording, tmp_path / "whole")
        expected = content(tmp_path / "whole" / "H.partial")
        tracks = [track for media in whole.media for track in media.file.tracks]
        size, units = sum(one.payload_bytes for one in tracks), sum(one.samples for one in tracks)
        chance = random.Random(words)
        limits = [chance.randrange(size // 9, size // CUTS) for _ in range(CUTS)]
        with cutting(("127.0.0.1", port), limits) as (own, cutter):
            cut = export(url.replace(f":{port}/", f":{own}/"), recording, tmp_path / "cut")
        assert cutter.cuts == CUTS
        for _ in range(CUTS):
            export(url, recording, tmp_path / "stopped", stop_after=chance.randrange(units // 24, units // CUTS))
        stopped = export(url, recording, tmp_path / "stopped")
    for name, found in (("cut", cut), ("stopped", stopped)):
        assert first_difference(content(tmp_path / name / "H.partial"), expected) is None
        assert content(tmp_path / name / "H.partial") == expected
        assert len(found.losses) == len(whole.losses)
        assert [gap.start_ns // NS for gap in found.gaps] == [gap.start_ns // NS for gap in whole.gaps]
        assert found.end.proven == whole.end.proven


@pytest.mark.parametrize("words", ["whole-seconds", "audio-rtp-off=0.4", "metadata"])
def test_a_run_that_is_cut_at_the_border_of_files_goes_on_behind_it(words, recordings, tmp_path, monkeypatch):
    """Nothing of the file behind the border is on the disk: only the finished one tells where the sound was."""
    for function in (Mp4Writer.__init__, Mp4Writer.resume.__func__):
        monkeypatch.setitem(function.__kwdefaults__, "block_bytes", 10_000_000)

    def cut(event: AcquisitionEvent) -> None:
        if event.kind == "file":
            raise KeyboardInterrupt

    with RecorderServer(recordings, faults=parse_faults(words.split(), REGISTRY)) as server:
        recording = next(one for one in server.store.recordings if one.token == "street")
        url = f"{server.rtsp_url}street"
        whole = export(url, recording, tmp_path / "whole", split_length_ns=2 * NS)
        for _ in range(3):
            with pytest.raises(KeyboardInterrupt):
                export(url, recording, tmp_path / "cut", split_length_ns=2 * NS, observe=cut)
        found = export(url, recording, tmp_path / "cut", split_length_ns=2 * NS)
    expected = content(tmp_path / "whole" / "H.partial")
    assert first_difference(content(tmp_path / "cut" / "H.partial"), expected) is None
    assert content(tmp_path / "cut" / "H.partial") == expected
    assert [one.detail for one in found.losses] == [one.detail for one in whole.losses]
