"""What is kept of packets of sound is read up to the first record that is none."""

from pathlib import Path

from tests.fuzz.readers import original
from vssx.evidence.audio_packets import AudioPackets


def test_zeros_behind_the_packets_are_no_packet(tmp_path: Path) -> None:
    """Found by the fuzzer: a length of 0 has the CRC-32 0, so eight zeros look like an intact record."""
    path = tmp_path / "kept.packets"
    path.write_bytes(original._kept() + bytes(8))
    packets = AudioPackets.resume(path)
    assert packets is not None
    assert len(list(packets.units())) == 3
    packets.add(next(iter(packets.units())))
    assert len(list(packets.units())) == 4
    packets.close()
