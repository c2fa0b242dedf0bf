"""What an earlier run left of a file is continued only where it is whole."""

import pytest

from tests import sounds
from tests.unit.evidence.test_transcoded_audio import holes, mixed, resumed_from, run
from vssx.errors import MalformedMediaError


def test_frames_without_any_of_their_packets_are_not_continued(tmp_path):
    """No power failure does that: the packets are on the disk before the frames."""
    packets, _ = holes(sounds.PCMU)
    run(tmp_path, mixed(packets, until_ms=8000)[:300], sounds.PCMU, cut=True)
    [kept] = tmp_path.glob("H.partial/work/media-cam/*.packets")
    kept.write_bytes(b"")
    with pytest.raises(MalformedMediaError, match="holds none of the packets"):
        resumed_from(tmp_path)
