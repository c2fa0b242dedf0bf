"""One audio track on its way into an MP4 file as AAC: its packets are kept, and encoded.

What an earlier run wrote is made again from its packets: the encoder has a memory, and only by taking the same way it
goes on with the very frames that an uncut run would have made.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from vssx.codec.audio_encoding import PRIMING, encoder_name
from vssx.codec.audio_transcoding import AudioTranscoder
from vssx.evidence.audio_original import Packets, write_original
from vssx.evidence.audio_packets import AudioPackets
from vssx.evidence.digest import TrackDigest
from vssx.isobmff.progress import ResumedTrack, WrittenSample
from vssx.model.handover import TranscodedTrack
from vssx.model.media import TRANSCODED, AccessUnit, Codec, SourceTrack

PACKETS_SUFFIX = ".packets"
_MAX_TAIL = 8192
_BEHIND = 512  # packets that are expected again where none lies behind the place where the video goes on


def written_track(source: SourceTrack) -> SourceTrack:
    """The track as the MP4 has it. What is transcoded counts in samples already, only its codec changes."""
    return replace(source, codec=Codec.AAC) if source.codec in TRANSCODED else source


class TranscodedAudio:
    """Made with the first packet of a track in a file, or by ``resume``."""

    def __init__(self, packets: AudioPackets) -> None:
        self._packets = packets
        self._transcoder = AudioTranscoder(packets.track, packets.configuration)
        self._received = TrackDigest()
        self._frames = 0  # made so far
        self._written = 0  # by an earlier run
        self._written_digest = ""
        self._again = TrackDigest()  # of frames made again
        self.differs = False
        """The encoder gave other frames than in the earlier run; the earlier ones stayed in the file."""

    @classmethod
    def create(cls, path: Path, source: SourceTrack, unit: AccessUnit) -> TranscodedAudio:
        """For a new file, with the track's first packet, which is still to be added. Raises StorageError."""
        configuration = unit.configuration
        return cls(AudioPackets.create(path, replace(source, codec=configuration.codec), configuration))

    @classmethod
    def resume(cls, path: Path, written: TrackDigest) -> tuple[TranscodedAudio, list[AccessUnit]] | None:
        """Encode again what is kept. ``written``: frames of this track that are in the MP4 already.

        Also gives the frames that are not there yet. None when no packet had been kept. Raises StorageError.
        """
        packets = AudioPackets.resume(path)
        if packets is None:
            return None
        audio = cls(packets)
        audio._written, audio._written_digest = written.samples, written.hexdigest()
        return audio, [frame for unit in packets.units() for frame in audio._encode(unit)]

    @property
    def index(self) -> int:
        """SourceTrack.index."""
        return self._packets.track.index

    def add(self, unit: AccessUnit) -> list[AccessUnit]:
        """Keep a packet; get the AAC frames that are ready. Raises StorageError, MalformedMediaError."""
        self._packets.add(unit)
        return self._encode(unit)

    def sync(self) -> None:
        """See the packets on the disk."""
        self._packets.sync()

    def finish(self) -> list[AccessUnit]:
        """The AAC frames still due at the end of the file."""
        return self._due(self._transcoder.finish())

    def close(self) -> None:
        """Leave the packets for the next run."""
        self._packets.close()

    def resumed(self, continue_ns: int | None) -> ResumedTrack:
        """What an earlier run left of the track: its packets, not the frames that were made of them.

        ``continue_ns``: where the video goes on. Packets from there on are the tail.
        """
        last = deque(self._packets.units(), maxlen=_MAX_TAIL)
        tail = list(last)
        if continue_ns is not None:
            tail = [unit for unit in tail if unit.utc_ns >= continue_ns] or tail[-_BEHIND:]
        return ResumedTrack(
            track=self._packets.track,
            samples=self._received.samples,
            tail=tuple(_written_sample(unit) for unit in tail),
            last_ns=last[-1].utc_ns if last else None,
        )

    def keep(self, directory: Path, name: str, track_id: int) -> TranscodedTrack:
        """Write the original and read it back; call ``finish`` before. Raises ReadBackMismatchError, StorageError."""
        transcoder, received = self._transcoder, self._received
        packets = Packets(packets=received.samples, payload_bytes=received.payload_bytes, digest=received.hexdigest())
        original = write_original(
            directory, name, self._packets.units(), self._packets.configuration, packets, track_id=track_id
        )
        self._packets.close()
        return TranscodedTrack(
            track_id=track_id,
            index=self.index,
            encoder=encoder_name(),
            bit_rate=transcoder.bit_rate,
            priming=PRIMING,
            stretches=transcoder.stretches,
            silent_samples=transcoder.silent_samples,
            moved=transcoder.moved,
            original=original,
        )

    def _encode(self, unit: AccessUnit) -> list[AccessUnit]:
        self._received.update(unit.payload)
        return self._due(self._transcoder.push(unit))

    def _due(self, frames: list[AccessUnit]) -> list[AccessUnit]:
        return frames if self._frames >= self._written else list(self._unwritten(frames))

    def _unwritten(self, frames: list[AccessUnit]) -> Iterator[AccessUnit]:
        for frame in frames:
            self._frames += 1
            if self._frames > self._written:
                yield frame
                continue
            self._again.update(frame.payload)
            if self._frames == self._written:
                self.differs = self._again.hexdigest() != self._written_digest


def _written_sample(unit: AccessUnit) -> WrittenSample:
    return WrittenSample(
        utc_ns=unit.utc_ns,
        sha256=hashlib.sha256(unit.payload).digest(),
        size=len(unit.payload),
        clean_point=True,
        run=unit.run,
        ticks=unit.ticks,
        rtp_timestamp=unit.rtp_timestamp,
        run_start_ns=unit.run_start_ns,
        ntp_time=unit.extension.ntp_time if unit.extension is not None else None,
    )
