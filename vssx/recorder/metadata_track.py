"""A metadata track for recordings that have none: a document a second (ONVIF Streaming, "Metadata")."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from vssx import xml
from vssx.model.media import Codec, CodecConfiguration, TrackType
from vssx.model.recording import MetadataAttributes
from vssx.onvif.namespaces import TT, prefixes
from vssx.recorder.media_index import TrackIndex
from vssx.recorder.playback import Playback, video_of
from vssx.recorder.played_sample import PlayedSample
from vssx.recorder.samples import StoredSample
from vssx.recorder.store import RecordingStore, StoredRecording
from vssx.recorder.stored_metadata import TOKEN
from vssx.times import to_xs_datetime

INDEX = 31  # far from the tracks of any file


def with_metadata(store: RecordingStore) -> RecordingStore:
    """The same recordings, each without a metadata track with one as long as its video."""
    return RecordingStore(recordings=tuple(map(_with_track, store.recordings)))


def _with_track(recording: StoredRecording) -> StoredRecording:
    if recording.track(TOKEN) is not None:
        return recording
    video = video_of(recording)
    track = TrackIndex(
        index=INDEX,
        token=TOKEN,
        track_type=TrackType.METADATA,
        codec=Codec.ONVIF_METADATA,
        timescale=video.timescale,
        configuration=CodecConfiguration(codec=Codec.ONVIF_METADATA),
        start_ns=video.start_ns,
        samples=len(video.clean_points),
        sections=video.sections,
        holds=MetadataAttributes(ptz=False, analytics=True, notifications=False),
    )
    return replace(recording, tracks=(*recording.tracks, track))


def documents(samples: Iterable[PlayedSample], playback: Playback) -> Iterator[PlayedSample]:
    """A document behind every clean point of the video, where the session has the track."""
    track = next((each for each in playback.tracks if each.index == INDEX), None)
    for each in samples:
        yield each
        if track is not None and each.track is playback.video and each.sample.clean_point:
            sample = StoredSample(INDEX, each.sample.number, document(each.utc_ns), each.sample.pts, 0, 0, True)
            yield each._replace(track=track, sample=sample, end_of_section=False, terminal=False)


def document(utc_ns: int) -> bytes:
    """A tt:MetadataStream with one empty scene."""
    root = xml.new(TT, "MetadataStream", nsmap=prefixes("tt"))
    xml.add(xml.add(root, TT, "VideoAnalytics"), TT, "Frame", UtcTime=to_xs_datetime(utc_ns))
    return xml.serialize(root)
