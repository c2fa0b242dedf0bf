"""A continued export writes nothing twice, loses nothing, and says what it could not prove."""

import dataclasses
import hashlib

from tests.unit.evidence.test_file_split import unit
from vssx.evidence.seam import Seam
from vssx.isobmff.progress import WrittenSample
from vssx.model.media import NS
from vssx.rtsp.rtp import make_replay_extension


def written(*seconds, payload=b"x", payloads=(), ntp=False):
    return [
        WrittenSample(
            utc_ns=int(s * NS),
            sha256=hashlib.sha256(own).digest(),
            size=len(own),
            clean_point=False,
            run=4,
            run_start_ns=int(seconds[0] * NS),
            ticks=round((s - seconds[0]) * 90_000),
            rtp_timestamp=None,
            ntp_time=make_replay_extension(int(s * NS), cseq=0).ntp_time if ntp else None,
        )
        for s, own in zip(seconds, payloads or [payload] * len(seconds), strict=True)
    ]


def seam(overlap, tolerance_ns=NS // 50, **options):
    return Seam(0, overlap, tolerance_ns=tolerance_ns, **options)


def admitted(joint, seconds):
    results = [(s, *joint.admit(unit(0, s))) for s in seconds]
    return [s for s, new, _ in results if new], [loss for *_, loss in results if loss]


def test_the_repeated_group_is_compared_and_skipped():
    joint = seam(written(10, 10.08, 10.04), NS // 50)
    assert admitted(joint, [10, 10.08, 10.04, 10.12]) == ([10.12], [])
    assert joint.compared == 3


def test_a_start_before_the_overlap_is_skipped():
    joint = seam(written(10, 10.04), NS // 50)
    assert admitted(joint, [8, 9, 10, 10.04, 10.08]) == ([10.08], [])


def test_a_start_inside_the_overlap_goes_on_from_there():
    joint = seam(written(10, 10.04, 10.08), NS // 50)
    assert admitted(joint, [10.04, 10.08, 10.12]) == ([10.12], [])
    assert joint.compared == 2


def test_other_content_is_declared():
    joint = seam(written(10, 10.04, payload=b"y"), NS // 50)
    new, losses = admitted(joint, [10, 10.04, 10.08])
    assert new == [10.08]
    assert len(losses) == 2
    assert "seam not proven" in losses[0].detail


def test_a_recorder_that_goes_on_later_is_declared():
    joint = seam(written(10, 10.04), NS // 50)
    new, losses = admitted(joint, [12, 12.04])
    assert new == [12, 12.04]
    assert len(losses) == 1


def test_a_repetition_with_a_hole_costs_no_new_sample():
    joint = seam(written(10, 10.04, 10.08), NS // 50)
    new, losses = admitted(joint, [10, 10.08, 10.12])
    assert (new, losses) == ([10.12], [])
    joint = seam(written(10, 10.04, 10.08), NS // 50)
    new, losses = admitted(joint, [10, 10.12, 10.16])
    assert new == [10.12, 10.16]
    assert "did not repeat the last 2" in losses[0].detail


def test_what_the_earlier_run_missed_is_declared():
    joint = seam(written(10, 10.08), NS // 100)
    new, losses = admitted(joint, [10, 10.04, 10.08, 10.12])
    assert new == [10.12]
    assert ["not written" in loss.detail for loss in losses] == [True]


def test_an_overlap_before_the_time_asked_for_need_not_come_again():
    joint = seam(written(10, 10.04), asked_ns=30 * NS)
    assert admitted(joint, [31, 32, 31.5]) == ([31, 32, 31.5], [])


def in_run(seconds, start, payload, *, run=0, stated=None):
    """A unit whose run starts at ``start`` seconds; ``stated``: seconds of its extension time."""
    return dataclasses.replace(
        unit(0, start),
        payload=payload,
        run=run,
        ticks=round((seconds - start) * 90_000),
        extension=None if stated is None else make_replay_extension(int(stated * NS), cseq=0),
    )


def test_what_follows_counts_on_in_the_earlier_run():
    """Times of this run begin at another anchor, 0.3 s off: what the recorder says of each picture decides."""
    joint = seam(written(10, 10.04, payloads=[b"a", b"b"], ntp=True))
    assert joint.admit(in_run(10.3, 10.3, b"a", stated=10)) == (None, None)
    assert joint.admit(in_run(10.34, 10.3, b"b", stated=10.04)) == (None, None)
    new, loss = joint.admit(in_run(10.38, 10.3, b"c", stated=10.08))
    assert loss is None
    assert (new.run, new.run_start_ns, new.ticks) == (4, 10 * NS, 7200)
    assert new.utc_ns == round(10.08 * NS)
    later, _ = joint.admit(in_run(60, 60, b"d", run=2, stated=60))
    assert (later.run, later.utc_ns) == (6, 60 * NS)


def test_behind_a_backward_step_the_place_is_found_by_content():
    joint = seam(written(10, 10.04, payloads=[b"a", b"b"], ntp=True), by_content=True)
    before = [in_run(s, 10, payload, stated=s) for s, payload in ((10, b"x"), (10.04, b"y"), (30, b"z"))]
    assert [joint.admit(one) for one in before] == [(None, None)] * 3
    assert joint.admit(in_run(10, 10, b"a", run=1, stated=10)) == (None, None)
    assert joint.admit(in_run(10.04, 10, b"b", run=1, stated=10.04)) == (None, None)
    new, loss = joint.admit(in_run(9, 9, b"c", run=2, stated=9))
    assert (new.utc_ns, loss) == (9 * NS, None)
    assert joint.finish() is None


def test_a_place_that_is_not_found_is_declared():
    joint = seam(written(10, 10.04, payloads=[b"a", b"b"]), by_content=True)
    assert joint.admit(in_run(11, 11, b"c")) == (None, None)
    loss = joint.finish()
    assert "not found again: 1 access units" in loss.detail


def test_nothing_came_is_no_finding():
    assert seam(written(10)).finish() is None


def test_silence_is_found_where_its_time_says():
    """Derived times are a little off, and every packet is the same: none is lost, none comes twice."""
    joint = seam(written(*(10 + n / 50 for n in range(8)), payload=b"x"), by_content=True)
    new, losses = admitted(joint, [10.065 + n / 50 for n in range(8)])
    assert len(new) == 3
    assert losses == []
    assert joint.compared == 5


def test_behind_a_finished_file_the_run_is_moved_to_where_its_samples_were():
    """The clock tells whole seconds: this session anchored 0.98 s earlier than the one that wrote the file."""
    overlap = written(10, 10.02, payloads=[b"a", b"b"], ntp=True)
    joint = seam([dataclasses.replace(one, run=-1, run_start_ns=0, ticks=0) for one in overlap], first_run=3)
    assert joint.admit(in_run(9.02, 9.02, b"a", stated=10)) == (None, None)
    assert joint.admit(in_run(9.04, 9.02, b"b", stated=10.02)) == (None, None)
    new, loss = joint.admit(in_run(9.06, 9.02, b"c", stated=10.04))
    assert (new.run, new.utc_ns, loss) == (3, round(10.04 * NS), None)
    later, _ = joint.admit(in_run(60, 60, b"d", run=2, stated=60))
    assert (later.run, later.utc_ns) == (5, 60 * NS)
