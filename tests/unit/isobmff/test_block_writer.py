"""What goes wrong in the threads that write and read is told; nothing is described that is not on the disk."""

import hashlib
import os

import pytest

from vssx.errors import StorageError
from vssx.isobmff.block_writer import BlockWriter, PendingBlock
from vssx.isobmff.read_back import _Hashing

needs_devices = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")  # noqa: PTH110
BLOCK = PendingBlock(start=0, end=9, payloads=(b"x",), configurations=(), runs=(), samples=())


def opened(tmp_path, media, journal, **options):
    """A writer on these files; nothing is buffered, as with ``create``."""
    files = [(tmp_path / name).open("wb", buffering=0) for name in (media, journal)]
    return BlockWriter(tmp_path / media, files[0], tmp_path / journal, files[1], hashlib.sha256(), **options)


@needs_devices
@pytest.mark.parametrize(("media", "journal"), [("/dev/full", "j"), ("m", "/dev/full")])
def test_a_full_disk_is_told_by_every_later_call(media, journal, tmp_path):
    writer = opened(tmp_path, media, journal)
    writer.submit(BLOCK)
    for call in (writer.wait, lambda: writer.submit(BLOCK), writer.drain, lambda: writer.append([b"moov"])):
        with pytest.raises(StorageError, match="the disk is full") as told:
            call()
        assert told.value.where == "/dev/full"
    writer.close()


@needs_devices
def test_the_journal_describes_nothing_that_could_not_be_synced(tmp_path):
    writer = opened(tmp_path, "/dev/null", "j")  # takes every byte and cannot be synced
    writer.submit(BLOCK)
    with pytest.raises(StorageError, match="cannot be written"):
        writer.wait()
    writer.close()
    assert (tmp_path / "j").read_bytes() == b""


@needs_devices
def test_an_end_that_could_not_be_synced_is_told(tmp_path):
    writer = opened(tmp_path, "/dev/null", "j", durable=False)
    writer.submit(BLOCK)
    writer.drain()
    writer.append([b"moov"])
    with pytest.raises(StorageError, match="cannot be written"):
        writer.synced()


def test_what_fails_while_hashing_is_told_at_the_end():
    hashing = _Hashing()
    hashing.put("no buffer", 1)
    hashing.put(bytearray(b"x"), 1)
    with pytest.raises(TypeError):
        hashing.finish()
