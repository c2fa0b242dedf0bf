"""NAME.partial survives cuts at every point and is never mistaken for a handover."""

import multiprocessing

import pytest

from vssx.errors import HandoverError
from vssx.evidence.staging import open_staging

REQUEST = {"command": "export", "recording": "R1"}


def test_a_handover_appears_only_when_it_is_published(tmp_path):
    with open_staging(tmp_path, "H", REQUEST) as staging:
        (staging.data / "a.mp4").write_bytes(b"media")
        assert [entry.name for entry in tmp_path.iterdir() if entry.is_dir()] == ["H.partial"]
        staging.seal({"complete": True})
        final = staging.publish("H")
    assert final == tmp_path / "H"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["H"]
    assert sorted(entry.name for entry in final.iterdir()) == ["data"]


def test_the_next_run_of_the_same_request_finds_what_was_there(tmp_path):
    with open_staging(tmp_path, "H", REQUEST) as staging:
        staging.begin_run()
        staging.append("items.jsonl", {"n": 1})
    with (tmp_path / "H.partial" / "work" / "items.jsonl").open("ab") as file:
        file.write(b'{"n": 2, "to')  # the line that a kill tore
    with open_staging(tmp_path, "H", REQUEST) as staging:
        staging.begin_run()
        assert staging.resumed() == 1
        assert staging.load("items.jsonl") == [{"n": 1}]


def test_appending_after_a_torn_line_loses_nothing_new(tmp_path):
    with open_staging(tmp_path, "H", REQUEST) as staging:
        staging.append("items.jsonl", {"n": 1})
        with (staging.work / "items.jsonl").open("ab") as file:
            file.write(b'{"n": 2, "to')
        staging.append("items.jsonl", {"n": 3})
        assert staging.load("items.jsonl") == [{"n": 1}, {"n": 3}]


def test_another_request_is_refused(tmp_path):
    with open_staging(tmp_path, "H", REQUEST) as staging:
        staging.append("items.jsonl", {"n": 1})
    with pytest.raises(HandoverError, match="another request"):
        with open_staging(tmp_path, "H", {**REQUEST, "recording": "R2"}):
            pass


def test_a_request_that_was_refused_before_anything_came_makes_room_for_a_better_one(tmp_path):
    with open_staging(tmp_path, "H", REQUEST) as staging:
        staging.begin_run()
        staging.begin_run("door")
        (staging.path / "data" / "log").mkdir(parents=True)
        (staging.path / "data" / "log" / "acquisition.jsonl").write_text("refused")
    with open_staging(tmp_path, "H", {**REQUEST, "recording": "R2"}) as staging:
        assert not list((staging.path / "data").iterdir())
        staging.begin_run()
        assert staging.resumed() == 0


def test_an_existing_name_is_never_overwritten(tmp_path):
    (tmp_path / "H").mkdir()
    with pytest.raises(HandoverError, match="never overwritten"):
        with open_staging(tmp_path, "H", REQUEST):
            pass
    with open_staging(tmp_path, "G", REQUEST) as staging:
        staging.seal({"complete": True})
        with pytest.raises(HandoverError, match="never overwritten"):
            staging.publish("H")
        assert staging.sealed


def test_cut_between_the_renames_of_publish(tmp_path):
    with open_staging(tmp_path, "H", REQUEST) as staging:
        staging.seal({"complete": True})
    (tmp_path / "H.partial" / "work").rename(tmp_path / "H.partial.work")
    with open_staging(tmp_path, "H", REQUEST) as staging:
        assert staging.sealed
        assert staging.outcome == {"complete": True}
        staging.publish("H")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["H"]


def _hold(path, ready, done):
    with open_staging(path, "H", REQUEST) as staging:
        staging.begin_run()
        ready.set()
        done.wait(30)


def test_two_runs_at_once_are_refused_and_a_dead_one_blocks_nobody(tmp_path):
    context = multiprocessing.get_context("spawn")
    ready, done = context.Event(), context.Event()
    other = context.Process(target=_hold, args=(tmp_path, ready, done))
    other.start()
    assert ready.wait(30)
    with pytest.raises(HandoverError, match="another run"):
        with open_staging(tmp_path, "H", REQUEST):
            pass
    other.kill()
    other.join()
    with open_staging(tmp_path, "H", REQUEST) as staging:
        staging.begin_run()
        assert staging.resumed() == 1


@pytest.mark.parametrize("name", ["work", "data", ""])
def test_links_in_the_staging_directory_are_not_followed(name, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    link = tmp_path / "out" / "H.partial" / name if name else tmp_path / "out" / "H.partial"
    link.parent.mkdir(parents=True)
    link.symlink_to(elsewhere)
    with pytest.raises(HandoverError, match="is a link"):
        with open_staging(tmp_path / "out", "H", REQUEST):
            pass
    assert list(elsewhere.iterdir()) == []


def test_lines_that_are_no_objects_are_left_out(tmp_path):
    with open_staging(tmp_path, "H", REQUEST) as staging:
        (staging.work / "items.jsonl").write_bytes(b'7\n[1]\n\xff\n{"n": 1}\n')
        assert staging.load("items.jsonl") == [{"n": 1}]


def test_a_second_run_touches_nothing_between_the_renames_of_the_first(tmp_path):
    with open_staging(tmp_path, "H", REQUEST) as staging:
        hidden = tmp_path / "H.partial.work"
        staging.work.rename(hidden)
        with pytest.raises(HandoverError, match="another run"):
            with open_staging(tmp_path, "H", REQUEST):
                pass
        assert hidden.exists()
        assert not staging.work.exists()
