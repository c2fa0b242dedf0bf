"""handover.json: what was asked, what came, what is not known and what is claimed (docs/handover-format.md)."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from importlib import metadata

from vssx import __version__
from vssx.evidence.cartography_record import describe_cartography, describe_match
from vssx.evidence.claims import claims_of
from vssx.evidence.signature import Signer
from vssx.model.acquisition import ClockSample, RecorderIdentity
from vssx.model.handover import (
    AcquiredRecording,
    Acquisition,
    CheckedMedia,
    NativeExport,
    Requested,
    SourceFile,
    TrackSummary,
    TranscodedTrack,
)
from vssx.model.level import ExportLevel
from vssx.model.media import NS, Assumption, Gap, Loss
from vssx.model.metadata import DERIVATION, AlphaEvents, TimedMetadata
from vssx.model.network import TlsPeer
from vssx.model.recording import RecordingHistory, RecordingInformation, Span
from vssx.times import to_xs_datetime

FORMAT = "vssx-handover"
FORMAT_VERSION = "1.0"
RECORD_NAME = "handover.json"
_LIBRARIES = ("av", "cryptography", "lxml", "pyhanko", "pyhanko-certvalidator", "pyproj", "urllib3")
NO_CLOCK_STATEMENT = "No recorder was asked for its time. Media times are those of the source files, as stated below."
CLOCK_STATEMENT = (
    "Media times are the recorder's own and were not corrected. The offset was measured at the export; what the"
    " recorder's clock showed when the footage was recorded cannot be concluded from it."
)


def tool_versions() -> dict[str, str]:
    """Names and versions of what takes part in an export: vssx, Python, the platform and the libraries."""
    versions = {"vssx": __version__, "python": platform.python_version(), "platform": platform.platform()}
    for name in _LIBRARIES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue  # not installed, so it took no part
    return versions


def build_record(
    acquisition: Acquisition,
    *,
    created_ns: int,
    signer: Signer | None,
    signed_files: Sequence[str],
    versions: Mapping[str, str],
) -> dict[str, object]:
    """The record as JSON values; times as xs:dateTime in UTC with all their nanoseconds.

    ``signed_files``: the signatures that the bag will hold.
    """
    claims = claims_of(acquisition, signed=signer is not None)
    return {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        "created": to_xs_datetime(created_ns),
        "versions": dict(sorted(versions.items())),
        "claims": {
            "level": _level(claims.level),
            "timed_metadata": claims.level is not None and claims.level.timed_metadata,
            "alpha_events": claims.level is not None and claims.level.alpha_events,
            "borne": _level(claims.borne),
            "reason": claims.reason,
        },
        "derivation": DERIVATION,
        "signature": _signature(signer, signed_files),
        "requested": _requested(acquisition.requested),
        "acquired": {
            "started": to_xs_datetime(acquisition.started_ns),
            "finished": to_xs_datetime(acquisition.finished_ns),
            "resumed": acquisition.resumed,
        },
        "recorder": _recorder(acquisition.recorder) if acquisition.recorder else None,
        "clock": {
            "before": _clock(acquisition.clock_before) if acquisition.clock_before else None,
            "after": _clock(acquisition.clock_after) if acquisition.clock_after else None,
            "synchronisation": acquisition.clock_synchronisation,
            "statement": CLOCK_STATEMENT if acquisition.recorder else NO_CLOCK_STATEMENT,
        },
        "recordings": [_acquired(one) for one in acquisition.recordings],
        "cartography": describe_cartography(acquisition.cartography) if acquisition.cartography else None,
        "assumptions": [_assumption(assumption) for assumption in acquisition.assumptions],
    }


def _acquired(one: AcquiredRecording) -> dict[str, object]:
    received = one.received
    tracks = [(media.file, track) for media in received.media for track in media.file.tracks if track.samples]
    return {
        "directory": one.directory,
        "camera": one.camera,
        "recording_token": one.recording_token,
        "log": one.log,
        "asked": {"from": _time(one.from_ns), "to": _time(one.to_ns)},
        "delivered": {
            "first": _time(min((file.first_received_ns(track) for file, track in tracks), default=None)),
            "last": _time(max((file.last_received_ns(track) for file, track in tracks), default=None)),
        },
        "acquired": {
            "started": to_xs_datetime(one.started_ns),
            "finished": to_xs_datetime(one.finished_ns),
            "transport": one.transport,
            "resumed": one.resumed,
            "end": {
                "reason": str(received.end.reason),
                "proven": received.end.proven,
                "not_written": received.end.not_written,
                "detail": received.end.detail,
            },
        },
        "recording": _recording(one.recording) if one.recording else None,
        "history": _history(one.history) if one.history else None,
        "source_file": _source_file(one.source_file) if one.source_file else None,
        "files": [_media(media) for media in sorted(received.media, key=lambda media: media.file.path)],
        "native_export": _native_export(one.native_export) if one.native_export else None,
        "transcoded": [_transcoded(media, one) for media in received.media for one in media.file.transcoded],
        "timed_metadata": describe_timed_metadata(one.timed_metadata) if one.timed_metadata else None,
        "alpha_events": describe_alpha_events(one.alpha_events) if one.alpha_events else None,
        "map_camera": describe_match(one.map_camera) if one.map_camera else None,
        "gaps": [_gap(gap) for gap in received.gaps],
        "losses": [_loss(loss) for loss in received.losses],
        "assumptions": [_assumption(assumption) for assumption in received.assumptions],
    }


def _level(level: ExportLevel | None) -> str | None:
    return None if level is None else str(level)


def describe_timed_metadata(found: TimedMetadata) -> dict[str, object]:
    """As it stands in the record."""
    return {
        "documents": found.documents,
        "malformed": found.malformed,
        "not_decoded": found.not_decoded,
        "objects": found.objects,
        "ptz": found.ptz,
        "first": _time(found.first_utc_ns),
        "last": _time(found.last_utc_ns),
        "files": list(found.files),
        "notes": list(found.notes),
    }


def describe_alpha_events(found: AlphaEvents) -> dict[str, object]:
    """As it stands in the record."""
    return {
        "events": found.events,
        "within": found.within,
        "recorded": found.recorded,
        "found": found.found,
        "listed": found.listed,
        "states": found.states,
        "states_unknown": found.states_unknown,
        "files": list(found.files),
        "notes": list(found.notes),
    }


def _time(ns: int | None) -> str | None:
    return None if ns is None else to_xs_datetime(ns)


def _signature(signer: Signer | None, signed_files: Sequence[str]) -> dict[str, object]:
    if signer is None:
        return {"signed": False}
    return {
        "signed": True,
        "files": list(signed_files),
        "algorithm": signer.algorithm,
        "certificate_sha256": signer.fingerprint,
        "subject": signer.subject,
        "issuer": signer.issuer,
        "serial_number": signer.serial_number,
    }


def _requested(requested: Requested) -> dict[str, object]:
    return {
        "command": requested.command,
        "source": requested.source,
        "recordings": list(requested.recordings),
        "from": _time(requested.from_ns),
        "to": _time(requested.to_ns),
        "level": str(requested.level),
        "accept_lower": requested.accept_lower,
        "case": requested.case,
        "exhibit": requested.exhibit,
        "operator": requested.operator,
        "legal_basis": requested.legal_basis,
        "options": dict(requested.options),
        "said": dict(requested.said),
    }


def _recorder(recorder: RecorderIdentity) -> dict[str, object]:
    return {
        "address": recorder.address,
        "manufacturer": recorder.manufacturer,
        "model": recorder.model,
        "firmware_version": recorder.firmware_version,
        "serial_number": recorder.serial_number,
        "hardware_id": recorder.hardware_id,
        "name": recorder.name,
        "location": recorder.location,
        "tls": None if recorder.tls is None else _certificate(recorder.tls),
    }


def _certificate(peer: TlsPeer) -> dict[str, object]:
    return {
        "certificate_sha256": peer.certificate_sha256,
        "subject": peer.subject,
        "issuer": peer.issuer,
        "not_before": _time(peer.not_before_ns),
        "not_after": _time(peer.not_after_ns),
        "version": peer.version,
        "verified": peer.verified,
    }


def _recording(recording: RecordingInformation) -> dict[str, object]:
    source = recording.source
    return {
        "token": recording.token,
        "content": recording.content,
        "status": recording.status,
        "earliest": _time(recording.earliest_ns),
        "latest": _time(recording.latest_ns),
        "source": {
            "source_id": source.source_id,
            "name": source.name,
            "location": source.location,
            "description": source.description,
            "address": source.address,
        },
        "tracks": [
            {
                "token": track.token,
                "type": str(track.track_type),
                "description": track.description,
                "data_from": _time(track.data_from_ns),
                "data_to": _time(track.data_to_ns),
            }
            for track in recording.tracks
        ],
    }


def _source_file(source: SourceFile) -> dict[str, object]:
    return {"name": source.name, "size": source.size, "sha256": source.sha256}


def _native_export(native: NativeExport) -> dict[str, object]:
    return {
        "format": native.file_format,
        "storage": native.storage,
        "operation": native.operation,
        "finished": to_xs_datetime(native.finished_ns),
        "files": [
            {"name": file.name, "path": file.path, "size": file.size, "sha256": file.sha256} for file in native.files
        ],
    }


def _spans(spans: Sequence[Span]) -> list[dict[str, object]]:
    return [{"start": to_xs_datetime(span.start_ns), "end": _time(span.end_ns)} for span in spans]


def _history(history: RecordingHistory) -> dict[str, object]:
    return {
        "from": to_xs_datetime(history.from_ns),
        "to": to_xs_datetime(history.to_ns),
        "available": history.available,
        "detail": history.detail,
        "spans": _spans(history.spans),
        "tracks": [{"token": track.track_token, "spans": _spans(track.spans)} for track in history.tracks],
    }


def _clock(sample: ClockSample) -> dict[str, object]:
    return {
        "sent": to_xs_datetime(sample.sent_ns),
        "received": to_xs_datetime(sample.received_ns),
        "recorder": to_xs_datetime(sample.recorder_ns),
        "resolution_seconds": sample.resolution_ns / NS,
        "offset_seconds": sample.offset_ns / NS,
        "offset_low_seconds": sample.offset_low_ns / NS,
        "offset_high_seconds": sample.offset_high_ns / NS,
    }


def _media(media: CheckedMedia) -> dict[str, object]:
    file = media.file
    return {
        "path": file.path,
        "frames": file.frames_path,
        "size": file.size,
        "sha256": file.sha256,
        "read_back": to_xs_datetime(media.read_back_ns),
        "tracks": [_track(track) for track in file.tracks],
    }


def _track(track: TrackSummary) -> dict[str, object]:
    return {
        "track_id": track.track_id,
        "source_track": track.index,
        "type": str(track.track_type),
        "codec": str(track.codec),
        "profile": track.profile,
        "sample_entries": list(track.sample_entries),
        "timescale": track.timescale,
        "width": track.width,
        "height": track.height,
        "sample_rate": track.sample_rate,
        "channels": track.channels,
        "samples": track.samples,
        "clean_points": track.clean_points,
        "payload_bytes": track.payload_bytes,
        "digest": track.digest,
        "first": to_xs_datetime(track.first_utc_ns),
        "last": to_xs_datetime(track.last_utc_ns),
        "last_duration_ticks": track.last_duration_ticks,
        "last_duration_assumed": track.last_duration_assumed,
        "time_sources": [str(source) for source in track.time_sources],
        "decode_times_derived": track.decode_times_derived,
        "decode_times_clamped": track.decode_times_clamped,
        "added": track.added,
    }


def _transcoded(media: CheckedMedia, one: TranscodedTrack) -> dict[str, object]:
    original = one.original
    return {
        "file": media.file.path,
        "track_id": one.track_id,
        "source_track": one.index,
        "encoder": one.encoder,
        "bit_rate": one.bit_rate,
        "priming_samples": one.priming,
        "stretches": one.stretches,
        "silent_samples": one.silent_samples,
        "times_moved": one.moved,
        "original": {
            "path": original.path,
            "index": original.index_path,
            "size": original.size,
            "sha256": original.sha256,
            "codec": str(original.codec),
            "encoding": original.profile,
            "sample_rate": original.sample_rate,
            "channels": original.channels,
            "packets": original.packets,
            "payload_bytes": original.payload_bytes,
            "digest": original.digest,
            "first": to_xs_datetime(original.first_utc_ns),
            "last": to_xs_datetime(original.last_utc_ns),
        },
    }


def _gap(gap: Gap) -> dict[str, object]:
    return {
        "source_track": gap.track,
        "start": to_xs_datetime(gap.start_ns),
        "end": to_xs_datetime(gap.end_ns),
        "cause": str(gap.cause),
        "confirmed": gap.confirmed,
    }


def _loss(loss: Loss) -> dict[str, object]:
    return {
        "source_track": loss.track,
        "at": _time(loss.at_ns),
        "until": _time(loss.until_ns),
        "count": loss.count,
        "packets": loss.packets,
        "detail": loss.detail,
    }


def _assumption(assumption: Assumption) -> dict[str, object]:
    return {
        "subject": assumption.subject,
        "detail": assumption.detail,
        "source_track": assumption.track,
        "at": _time(assumption.at_ns),
    }
