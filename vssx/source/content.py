"""Raw units of a payload format become samples: length-prefixed NAL units, AAC frames, metadata documents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vssx.bitstream import h264, h265
from vssx.bitstream.nal import join_length_prefixed
from vssx.bitstream.stream import ParameterSetTracker
from vssx.errors import MalformedMediaError
from vssx.model.media import Assumption, Codec, CodecConfiguration, Loss, SourceTrack, TrackType
from vssx.onvif.metadata_sample import sample_of
from vssx.source.time_base import Content, usable_time
from vssx.times import to_xs_datetime

if TYPE_CHECKING:
    from vssx.bitstream.latm import AudioMuxReader
    from vssx.rtsp.depacketize import RawUnit


class ContentReader:
    """Puts raw units of one track into the form of samples and follows the parameter sets.

    Units of video that come before any usable parameter set cannot be described to a decoder: ``read`` returns None
    for them and counts them in ``undecodable``.
    """

    def __init__(
        self,
        track: SourceTrack,
        *,
        parameter_sets: tuple[bytes, ...] = (),
        configuration: CodecConfiguration | None,
        mux: AudioMuxReader | None = None,
    ) -> None:
        """``parameter_sets`` as the SDP gives them; ``configuration`` for tracks that have none (audio, metadata);
        ``mux``: what took the LATM of this track apart, and knows the configuration of its last frame.
        """
        self._track = track
        self._mux = mux
        self._tracker: ParameterSetTracker | None = None
        self._configuration = configuration or CodecConfiguration(codec=track.codec)
        self.undecodable = 0
        self._undecodable_ns: list[int] = []  # times of the first and the last of them
        self._unreadable_sets = 0
        self._by_word = 0  # clean points that the recorder's C bit and the slices show, and nothing else
        self._declared = self._other_encoding = 0
        self._declared_why = ""
        self._is_intra = h264.is_intra if track.codec is Codec.H264 else h265.is_intra
        if track.track_type is TrackType.VIDEO:
            self._tracker = ParameterSetTracker(track.codec, parameter_sets)
            self._unreadable_sets = len(self._tracker.unreadable)

    def read(self, unit: RawUnit) -> Content | None:
        """The sample; None where no parameter set is known yet. The unit holds at least one NAL unit or frame."""
        nals = unit.nal_units
        tracker = self._tracker
        if tracker is None:
            payload = nals[0] if len(nals) == 1 else b"".join(nals)
            if self._track.codec is Codec.ONVIF_METADATA:
                return self._document(payload)
            configuration = (self._mux.configuration if self._mux is not None else None) or self._configuration
            return Content(payload=payload, configuration=configuration, clean_point=True, has_parameter_sets=False)
        nals = tuple(nal for nal in nals if nal) if not all(nals) else nals
        try:
            configuration, clean, _, has_sets = tracker.examine(nals)
        except MalformedMediaError:
            # A set nobody can read stays in the sample as it came; the sets in force before stay in force.
            current = tracker.current
            if current is None:  # no usable set came yet: the unit is lost, and told as such
                self._leave_out(unit)
                return None
            self._unreadable_sets += 1
            configuration, clean, has_sets = current, False, True
        if not clean and unit.extension is not None and unit.extension.clean_point and self._is_intra(nals):
            clean = True
            self._by_word += 1
        return Content(
            payload=join_length_prefixed(nals),
            configuration=configuration,
            clean_point=clean,
            has_parameter_sets=has_sets,
        )

    def _document(self, document: bytes) -> Content:
        sample = sample_of(document, self._configuration)
        if sample.declared:
            self._declared += 1
            self._declared_why = sample.declared
        self._other_encoding += sample.configuration != self._configuration
        return Content(
            payload=sample.payload, configuration=sample.configuration, clean_point=True, has_parameter_sets=False
        )

    def _leave_out(self, unit: RawUnit) -> None:
        self.undecodable += 1
        extension = unit.extension
        if extension is not None and usable_time(extension.ntp_time, extension.utc_ns):
            self._undecodable_ns[1:] = [extension.utc_ns]

    def finish(self) -> list[Assumption | Loss]:
        """What belongs in the record once the stream ended."""
        items: list[Assumption | Loss] = []
        if self._unreadable_sets:
            items.append(
                Assumption(
                    subject="unreadable parameter sets",
                    detail=f"parameter sets that could not be read: {self._unreadable_sets}; those in force before "
                    "were kept in force, the bytes are kept as they came",
                    track=self._track.index,
                )
            )
        if self._by_word:
            items.append(
                Assumption(
                    subject="clean points",
                    detail=f"{self._by_word} pictures of intra slices carry no mark of a random access point in the "
                    "stream itself; the recorder calls them clean points (C bit), and they are taken as such",
                    track=self._track.index,
                )
            )
        if self.undecodable:
            times_ns = self._undecodable_ns
            span = f", from {to_xs_datetime(times_ns[0])} to {to_xs_datetime(times_ns[-1])}," if times_ns else ""
            items.append(
                Loss(
                    track=self._track.index,
                    at_ns=times_ns[0] if times_ns else None,
                    packets=None,
                    detail=f"{self.undecodable} access units{span} came before any usable parameter set, in the SDP or "
                    "in band; they cannot be decoded and were not written. A range from the start of the recording may "
                    "bring the parameter sets",
                )
            )
        if self._declared:
            detail = (
                f"{self._declared} metadata documents are not plain UTF-8 ({self._declared_why}): they are kept with "
                "byte order mark and declaration, without which they would mean something else"
            )
            items.append(Assumption(subject="metadata encoding", detail=detail, track=self._track.index))
        if self._other_encoding:
            said = self._configuration.profile or "XML"
            detail = (
                f"{self._other_encoding} metadata documents have another encoding than the recorder announced ({said});"
                " each has a sample entry that names the one it has"
            )
            items.append(Assumption(subject="metadata encoding", detail=detail, track=self._track.index))
        self._unreadable_sets = self.undecodable = self._by_word = self._declared = self._other_encoding = 0
        return items
