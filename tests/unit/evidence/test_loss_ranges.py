"""However many losses there were, the record stays readable, and says of them nothing that is not so."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vssx.evidence.loss_ranges import MOST_LOSSES, joined
from vssx.evidence.media_state import MediaState
from vssx.evidence.staging import open_staging
from vssx.model.media import NS, Loss

LOSSES = st.lists(
    st.builds(
        Loss,
        track=st.integers(0, 1),
        at_ns=st.none() | st.integers(0, 10**13),
        packets=st.none() | st.integers(0, 9),
        detail=st.sampled_from(["a", "b 1", "b 2"]),
    ),
    max_size=60,
)


def test_few_stay_as_they_are():
    losses = [Loss(track=0, at_ns=None, packets=None, detail="x")] * MOST_LOSSES
    assert joined(losses) == tuple(losses)


@given(LOSSES, st.integers(1, 20))
def test_no_count_gets_less_and_every_time_lies_in_its_range(losses, most):
    found = joined(losses, most)
    assert len(found) <= max(most, 2 * 2 * 2 * 2)  # track, text, time known, packets known
    assert sum(one.count for one in found) == len(losses)
    assert sum(one.packets or 0 for one in found) == sum(one.packets or 0 for one in losses)
    for loss in losses:
        assert any(
            one.track == loss.track
            and one.detail in (loss.detail, loss.detail.replace("1", "N").replace("2", "N"))
            and (one.packets is None) == (loss.packets is None)
            and (one.at_ns is None) == (loss.at_ns is None)
            and (loss.at_ns is None or (one.at_ns or 0) <= loss.at_ns <= (one.until_ns or one.at_ns or 0))
            for one in found
        )


def test_what_lies_apart_stays_apart_as_long_as_there_is_room():
    near = [Loss(track=0, at_ns=n * NS // 10, packets=1, detail="x") for n in range(50)]
    far = [Loss(track=0, at_ns=900 * NS + n * NS // 10, packets=2, detail="x") for n in range(50)]
    one, other = joined([*near, *far], most=2)
    assert (one.at_ns, one.until_ns, one.count, one.packets) == (0, 49 * NS // 10, 50, 50)
    assert (other.at_ns, other.count, other.packets) == (900 * NS, 50, 100)


def test_tens_of_thousands_are_noted_and_joined(tmp_path):
    with open_staging(tmp_path, "H", {}) as staging:
        state = MediaState(staging, "cam")
        for number in range(30_000):
            loss = Loss(track=0, at_ns=number * NS // 20, packets=1, detail=f"lost {number % 7}")
            assert state.note(loss)
        state.sync_notes()
        found = joined([one for one in MediaState(staging, "cam").notes if isinstance(one, Loss)])
    assert len(found) <= MOST_LOSSES
    assert sum(one.count for one in found) == sum(one.packets or 0 for one in found) == 30_000
