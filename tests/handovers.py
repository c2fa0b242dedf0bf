"""Small handovers with real MP4 files, made by the writer from samples/; for tests of what is done with handovers."""

from __future__ import annotations

import functools
import itertools
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vssx.evidence.acquisition_log import LOG_FILE
from vssx.evidence.bag import assemble
from vssx.evidence.digest import TrackDigest
from vssx.evidence.keys import create_key_pair, load_signer
from vssx.evidence.signature import Signer
from vssx.isobmff.frames import write_frames
from vssx.isobmff.writer import Mp4Writer
from vssx.model.handover import (
    AcquiredRecording,
    Acquisition,
    CheckedMedia,
    ExportUnit,
    Received,
    Requested,
    SourceIdentity,
    WrittenFile,
)
from vssx.model.media import AccessUnit, EndReason, StreamEnd, TrackType
from vssx.source.local import open_local

SAMPLES = Path(__file__).parent.parent / "samples"
START_NS = 1_714_564_800_123_456_789


@dataclass(frozen=True)
class Trial:
    """A trial key on disk and loaded."""

    key: Path
    certificate: Path
    signer: Signer


@functools.cache
def _store() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="vssx-tests-")  # removed when the test process ends


@functools.cache
def trial(name: str = "Test") -> Trial:
    """The same trial key for every test of a process that asks for this name."""
    return make_trial(Path(_store().name) / f"key-{name}", name=name)


@functools.cache
def _built(signed: bool) -> Path:
    root = Path(_store().name) / ("signed" if signed else "unsigned")
    return make_handover(root, trial().signer if signed else None)


def handover(parent: Path, *, signed: bool = True) -> Path:
    """A copy of a handover that is made once a process, as ``parent/handover``."""
    return Path(shutil.copytree(_built(signed), parent / "handover"))


def make_trial(directory: Path, *, elliptic: bool = True, name: str = "Test") -> Trial:
    """A new key pair; elliptic ones are quick to make."""
    made = create_key_pair(directory, name=name, elliptic=elliptic)
    return Trial(made.key_path, made.certificate_path, load_signer(made.key_path, made.certificate_path, lambda: None))


def write_media(
    staging: Path,
    path: str,
    sample: str = "car-park.mp4",
    units: int = 120,
    kinds: Sequence[TrackType] = tuple(TrackType),
) -> CheckedMedia:
    """The first access units of a sample recording as an MP4 below the staging directory, with its frames.csv.gz."""
    source = open_local(SAMPLES / sample, start_ns=START_NS)
    tracks = [track for track in source.tracks if track.track_type in kinds]
    digests = {track.index: TrackDigest() for track in tracks}
    target, journal = staging / path, staging.with_name(staging.name + ".journal")
    target.parent.mkdir(parents=True, exist_ok=True)
    with Mp4Writer(target, journal, tracks) as writer:
        for unit in itertools.islice(
            (item for item in source if isinstance(item, AccessUnit) and item.track in digests), units
        ):
            writer.add(unit)
            digests[unit.track].update(unit.payload)
        closed = writer.close(
            export_unit=ExportUnit(name="test", time_ns=START_NS),
            sources={track.index: SourceIdentity(name="camera") for track in tracks},
            position=None,
            creation_ns=START_NS,
        )
    frames = path.removesuffix(".mp4") + ".frames.csv.gz"
    write_frames(journal, staging / frames)
    journal.unlink()
    written = WrittenFile(
        path=path,
        frames_path=frames,
        size=closed.size,
        sha256=closed.sha256,
        tracks=tuple(track.summary(digests[track.track.index].hexdigest()) for track in closed.tracks),
    )
    return CheckedMedia(file=written, read_back_ns=START_NS)


def acquisition(*recordings: Sequence[CheckedMedia], **received: Any) -> Acquisition:
    """What the record needs besides the media of each recording; ``received`` changes the first one's Received."""
    return Acquisition(
        requested=Requested(
            command="remux", source="car-park.mp4", case="C-1", exhibit="E 2", operator="Ann\nOther: x"
        ),
        started_ns=START_NS,
        finished_ns=START_NS + 1,
        recordings=tuple(acquired(media, **({} if number else received)) for number, media in enumerate(recordings)),
    )


def acquired(media: Sequence[CheckedMedia], **received: Any) -> AcquiredRecording:
    """One recording as it may have come from a local file."""
    directory = media[0].file.path.split("/")[1]
    whole: dict[str, Any] = {
        "media": tuple(media),
        "gaps": (),
        "losses": (),
        "assumptions": (),
        "end": StreamEnd(reason=EndReason.END_OF_FILE, proven=True),
        **received,
    }
    return AcquiredRecording(
        directory=directory,
        camera={"gate": "North gate"}.get(directory, directory),
        received=Received(**whole),
        started_ns=START_NS,
        finished_ns=START_NS + 1,
        transport="local file",
        log=LOG_FILE,
        recording_token="token 1",
    )


def write_log(root: Path) -> None:
    """A log of one line."""
    (root / "data/log").mkdir(parents=True)
    (root / LOG_FILE).write_text('{"kind":"note"}\n', encoding="utf-8")


def make_handover(root: Path, signer: Signer | None) -> Path:
    """A complete handover of two cameras at ``root``."""
    write_log(root)
    car_park = write_media(root, "data/Einfahrt_Süd/Einfahrt_Süd_20240501T120000.123Z.mp4")
    gate = write_media(root, "data/gate/gate_20240501T120000.123Z.mp4", "north-gate.mp4", units=60)
    assemble(root, acquisition([car_park], [gate]), signer=signer)
    return root
