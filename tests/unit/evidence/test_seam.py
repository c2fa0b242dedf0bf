"""A continued export writes nothing twice, loses nothing, and says what it could not prove."""

import hashlib

from tests.unit.evidence.test_file_split import unit
from vssx.evidence.seam import PassedOver, Seam
from vssx.isobmff.progress import WrittenSample
from vssx.model.media import NS


def written(*seconds, payload=b"x"):
    return [
        WrittenSample(
            utc_ns=int(s * NS),
            sha256=hashlib.sha256(payload).digest(),
            size=len(payload),
            clean_point=False,
            run=0,
            ticks=0,
            rtp_timestamp=None,
        )
        for s in seconds
    ]


def admitted(seam, seconds):
    results = [(s, *seam.admit(unit(0, s))) for s in seconds]
    return [s for s, new, _ in results if new], [loss for *_, loss in results if loss]


def test_the_repeated_group_is_compared_and_skipped():
    seam = Seam(0, written(10, 10.08, 10.04), NS // 50)
    assert admitted(seam, [10, 10.08, 10.04, 10.12]) == ([10.12], [])
    assert seam.compared == 3


def test_a_start_before_the_overlap_is_skipped():
    seam = Seam(0, written(10, 10.04), NS // 50)
    assert admitted(seam, [8, 9, 10, 10.04, 10.08]) == ([10.08], [])


def test_a_start_inside_the_overlap_goes_on_from_there():
    seam = Seam(1, written(10, 10.04, 10.08), NS // 50)
    assert admitted(seam, [10.04, 10.08, 10.12]) == ([10.12], [])
    assert seam.compared == 2


def test_other_content_is_declared():
    seam = Seam(0, written(10, 10.04, payload=b"y"), NS // 50)
    new, losses = admitted(seam, [10, 10.04, 10.08])
    assert new == [10.08]
    assert len(losses) == 2
    assert "seam not proven" in losses[0].detail


def test_a_recorder_that_goes_on_later_is_declared():
    seam = Seam(0, written(10, 10.04), NS // 50)
    new, losses = admitted(seam, [12, 12.04])
    assert new == [12, 12.04]
    assert len(losses) == 1


def test_a_repetition_with_a_hole_costs_no_new_sample():
    seam = Seam(0, written(10, 10.04, 10.08), NS // 50)
    new, losses = admitted(seam, [10, 10.08, 10.12])
    assert (new, losses) == ([10.12], [])
    seam = Seam(0, written(10, 10.04, 10.08), NS // 50)
    new, losses = admitted(seam, [10, 10.12, 10.16])
    assert new == [10.12, 10.16]
    assert "did not repeat the last 2" in losses[0].detail


def test_what_the_earlier_run_missed_is_declared():
    seam = Seam(0, written(10, 10.08), NS // 100)
    new, losses = admitted(seam, [10, 10.04, 10.08, 10.12])
    assert new == [10.12]
    assert ["not written" in loss.detail for loss in losses] == [True]


def test_a_track_without_overlap_goes_on_behind_its_last_sample():
    assert admitted(PassedOver(10 * NS, NS // 50), [8, 10, 10.01, 10.5, 11]) == ([10.5, 11], [])


def test_a_backward_step_behind_the_cut_is_new():
    assert admitted(PassedOver(10 * NS, NS // 50), [10, 10.5, 7, 8]) == ([10.5, 7, 8], [])
