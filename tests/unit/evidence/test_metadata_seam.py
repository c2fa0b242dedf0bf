"""Documents of a continued export: what may be missing is told."""

from __future__ import annotations

import pytest

from vssx.evidence.metadata_seam import MetadataSeam
from vssx.model.media import NS, AccessUnit, Codec, CodecConfiguration, TimeSource

START = 1_700_000_000 * NS


def document(second: int) -> AccessUnit:
    return AccessUnit(
        track=2,
        payload=b"<d%d/>" % second,
        run=0,
        run_start_ns=START,
        ticks=second * 10_000,
        timescale=10_000,
        clean_point=True,
        configuration=CodecConfiguration(codec=Codec.ONVIF_METADATA),
        time_source=TimeSource.DOCUMENT,
    )


@pytest.mark.parametrize(("late", "told"), [(0, False), (9, False), (12, True), (25, True), (3600, False)])
def test_documents_that_are_later_than_they_are_asked_for_again(late: int, told: bool) -> None:
    """An hour is a step of the clock, and told as such."""
    seam = MetadataSeam(2, (), asked_ns=START)
    for second in range(60):
        assert seam.admit(document(second), START + (second + late) * NS) is not None
    loss = seam.finish()
    assert (loss is not None) is told
    if loss is not None:
        assert (loss.at_ns, loss.track) == (START, 2)
        assert f"{late} s behind the footage" in loss.detail


def test_an_export_in_one_run_asks_for_nothing_again() -> None:
    seam = MetadataSeam(2, (), asked_ns=None)
    seam.admit(document(1), START + 60 * NS)
    assert seam.finish() is None
