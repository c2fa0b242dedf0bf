"""Documents that are there already: each counts once."""

from vssx.onvif.known_documents import KnownDocuments


def test_each_is_taken_once():
    known = KnownDocuments()
    assert not known
    for ntp_time in (7, 7, None):
        known.add(b"a", ntp_time)
    assert [known.take(b"a", 7, loosely=False) for _ in range(3)] == [True, True, False]
    assert not known.take(b"b", 7, loosely=True)
    assert known.take(b"a", 8, loosely=True), "told without a time before"
    assert not known


def test_a_time_that_was_left_out_makes_no_other_document():
    known = KnownDocuments()
    known.add(b"a", 7)
    assert not known.take(b"a", 8, loosely=True)
    assert not known.take(b"a", None, loosely=False)
    assert known.take(b"a", None, loosely=True)
    known.add(b"a", 7)
    known.clear()
    assert not known.take(b"a", 7, loosely=False)
