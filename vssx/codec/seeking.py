"""A demuxer that can start at a clean point in the middle of a file, as a recorder does for every replay."""

from __future__ import annotations

from typing import ClassVar

from vssx.codec.demux import Demuxer
from vssx.model.media import Codec


class SeekingDemuxer(Demuxer):
    """``Demuxer`` with a jump before ``packets``, and with the codecs that recorders send."""

    codecs: ClassVar = {
        **{name: codec for name, codec in Demuxer.codecs.items() if codec is not Codec.PCM},
        "pcm_s16le": Codec.L16,
        "mjpeg": Codec.JPEG,
    }
    encodes: ClassVar = False
    pictures: ClassVar = Demuxer.pictures | {Codec.JPEG}

    def seek(self, track: int, dts: int) -> bool:
        """Go to the clean point of ``track`` decoded at ``dts`` (ticks), or before it; the caller drops what precedes.

        False where the file cannot be sought in: then ``packets`` starts at the beginning, or the file has to be
        opened again. Packets after it are those of all tracks around that time.
        """
        from av.error import FFmpegError

        if self.raw:
            return False
        demuxed = self.tracks[track]
        ticks = (dts + int(self.origin * demuxed.timescale)) // self._numerators[track]
        try:
            self._container.seek(ticks, stream=self._container.streams[demuxed.stream], backward=True)
        except FFmpegError:
            return False
        return True
