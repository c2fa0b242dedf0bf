"""Digests by a thread are those of one call after the other, and what fails there is told."""

import pytest

from vssx.evidence.digest import TrackDigest
from vssx.evidence.track_digests import TrackDigests


def test_the_same_as_one_after_the_other():
    payloads = [bytes([number]) * (number * 997 % 70_000) for number in range(250)]
    digests = TrackDigests((0, 1))
    expected = {0: TrackDigest(), 1: TrackDigest()}
    for number, payload in enumerate(payloads):
        if number % 3:
            digests.update(0, payload)
            expected[0].update(payload)
        else:
            digests.update_many(1, [payload, memoryview(payload)])
            expected[1].update_many([payload, payload])
        if number == 120:
            assert digests.settled()[0].hexdigest() == expected[0].hexdigest()
    found = digests.settled()
    digests.close()
    for track, one in expected.items():
        assert (found[track].samples, found[track].payload_bytes) == (one.samples, one.payload_bytes)
        assert found[track].hexdigest() == one.hexdigest()


def test_what_fails_in_the_thread_is_told_and_told_again():
    digests = TrackDigests((0,))
    digests.update_many(0, ["no bytes" * 100_000])
    for _ in range(2):
        with pytest.raises(TypeError):
            digests.settled()
    with pytest.raises(TypeError):
        digests.update(0, bytes(1 << 20))
    digests.close()
