"""The original of transcoded audio and its list, as verify compares them; and its packets in an unfinished run."""

from __future__ import annotations

import gzip
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from tests.fuzz.readers._scratch import scratch
from vssx.evidence.audio_original import Packets, write_original
from vssx.evidence.audio_packets import AudioPackets
from vssx.evidence.digest import TrackDigest
from vssx.evidence.original_check import original_fault
from vssx.model.media import AccessUnit, Codec, CodecConfiguration, SourceTrack, TimeSource, TrackType
from vssx.rtsp.rtp import make_replay_extension
from vssx.times import to_xs_datetime

_START_NS = 1_700_000_000_000_000_000
_TRACK = SourceTrack(index=1, track_type=TrackType.AUDIO, codec=Codec.PCMU, timescale=8000)
_MU_LAW = CodecConfiguration(codec=Codec.PCMU, profile="PCMU", sample_rate=8000, channels=1)
_G726 = CodecConfiguration(codec=Codec.G726, profile="G726-24", sample_rate=8000, channels=1)
_WAVE = CodecConfiguration(codec=Codec.PCM, profile="s16le", sample_rate=8000, channels=1)


def _unit(number: int) -> AccessUnit:
    return AccessUnit(
        track=1,
        payload=bytes([number]) * 6,
        run=0,
        run_start_ns=_START_NS,
        ticks=160 * number,
        timescale=8000,
        clean_point=True,
        configuration=_MU_LAW,
        time_source=TimeSource.REPLAY_EXTENSION,
        rtp_timestamp=160 * number,
        extension=make_replay_extension(_START_NS, cseq=4),
    )


@cache
def _written(configuration: CodecConfiguration) -> tuple[bytes, bytes, dict[str, Any]]:
    """The original, its list without gzip, and the record's entry."""
    units = [_unit(number) for number in range(3)]
    digest = TrackDigest()
    for unit in units:
        digest.update(unit.payload)
    received = Packets(packets=digest.samples, payload_bytes=digest.payload_bytes, digest=digest.hexdigest())
    with tempfile.TemporaryDirectory() as name:
        told = write_original(Path(name), "a", units, configuration, received, track_id=2)
        original = (Path(name) / told.path).read_bytes()
        lines = gzip.decompress((Path(name) / told.index_path).read_bytes())
    entry = {
        "path": f"fuzzed{Path(told.path).suffix}",
        "index": "fuzzed.csv.gz",
        "codec": str(told.codec),
        "encoding": told.profile,
        "sample_rate": told.sample_rate,
        "channels": told.channels,
        "packets": told.packets,
        "payload_bytes": told.payload_bytes,
        "digest": told.digest,
        "first": to_xs_datetime(told.first_utc_ns),
        "last": to_xs_datetime(told.last_utc_ns),
    }
    return original, lines, {"track_id": 2, "original": entry}


@cache
def _kept() -> bytes:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "kept"
        packets = AudioPackets.create(path, _TRACK, _MU_LAW)
        for number in range(3):
            packets.add(_unit(number))
        packets.close()
        return path.read_bytes()


def _packets(data: bytes) -> None:
    packets = AudioPackets.resume(scratch("fuzzed.packets", data))
    if packets is not None:
        for unit in packets.units():
            assert unit.track == packets.track.index
        packets.close()


_CONFIGURATIONS = (_MU_LAW, _G726, _WAVE)


def seeds() -> list[bytes]:
    """The first byte: 0 to 2 a list beside its original, 3 to 5 an original beside its list, 6 kept packets."""
    written = [_written(configuration) for configuration in _CONFIGURATIONS]
    lists = [bytes([number]) + lines for number, (_, lines, _) in enumerate(written)]
    originals = [bytes([number + 3]) + original for number, (original, _, _) in enumerate(written)]
    return [*lists, *originals, b"\6" + _kept()]


def read(data: bytes) -> None:
    """Read one input. What was written is found to be right, and no other original."""
    choice, content = data[0] % 7 if data else 6, data[1:]
    if choice == 6:
        _packets(content)
        return
    original, lines, entry = _written(_CONFIGURATIONS[choice % 3])
    fuzzed_list = choice < 3
    scratch(entry["original"]["path"], original if fuzzed_list else content)
    index = scratch("fuzzed.csv.gz", gzip.compress(content if fuzzed_list else lines, 1))
    fault = original_fault(index.parent, entry)
    altered = content != (lines if fuzzed_list else original)
    assert bool(fault) == altered or (altered and fuzzed_list)  # RTP times and flags are not in the original
