"""In a folder of ours only what we wrote is replaced or deleted, whatever goes wrong meanwhile."""

import errno
import os
import signal
import subprocess
import sys
import threading

import pytest

from course_gan.files import ROOT
from course_gan.marker import LESSONS, NAME
from course_gan.own_folder import OwnFolder
from tests.unit.tiny_folders import contents, owned

# what is in it


def test_what_we_wrote_is_replaced_and_deleted(tmp_path):
    own = owned(tmp_path)
    own.put("x.txt", "one")
    own.put("x.txt", b"two")
    assert (tmp_path / "x.txt").read_bytes() == b"two"
    own.drop("x.txt")
    assert sorted(contents(tmp_path)) == [NAME]
    own.drop("x.txt")  # nothing there is no fault


@pytest.mark.parametrize("again", [lambda own: own.put("x.txt", "two"), lambda own: own.drop("x.txt")])
def test_what_somebody_changed_or_put_there_is_set_aside_and_named(tmp_path, again):
    said = []
    own = owned(tmp_path, say=said.append)
    own.put("x.txt", "one")
    (tmp_path / "x.txt").write_text("mine")
    (tmp_path / "x.txt.1").write_text("older")
    again(own)
    assert (tmp_path / "x.txt.2").read_text() == "mine"
    assert (tmp_path / "x.txt.1").read_text() == "older"
    assert said == [f"{tmp_path / 'x.txt'} was changed since it was written here: kept as x.txt.2"]


def test_folders_and_links_in_the_way_are_set_aside_whole(tmp_path):
    own = owned(tmp_path, say=lambda text: None)
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "a").write_text("mine")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "a").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "outside" / "a")
    for name in ("folder", "link"):
        own.put(name, "ours")
        assert (tmp_path / name).read_text() == "ours"
    assert (tmp_path / "folder.1" / "a").read_text() == "mine"
    assert (tmp_path / "link.1").is_symlink()
    assert (tmp_path / "outside" / "a").read_text() == "mine"


def test_a_file_is_moved_here_and_what_was_there_by_name_is_kept(tmp_path):
    said = []
    own = owned(tmp_path / "own", say=said.append)
    for text in ("one", "two"):
        (tmp_path / "files").mkdir()
        (tmp_path / "files" / "model.pt").write_text(text)
        own.bring("x_files", tmp_path / "files")
    assert (own.path / "x_files" / "model.pt").read_text() == "two"
    assert (own.path / "x_files.1" / "model.pt").read_text() == "one"
    assert said == [f"{own.path / 'x_files'} was there already: kept as x_files.1"]


def test_equal_bytes_are_no_change(tmp_path):
    own = owned(tmp_path, say=pytest.fail)
    (tmp_path / "x.txt").write_text("same")
    own.put("x.txt", "same")
    own.put("x.txt", "other")


def test_a_name_is_remembered_until_it_is_gone(tmp_path):
    own = owned(tmp_path)
    (tmp_path / "a").write_text("")
    own.note("a", "b")
    assert own.noted() == {"a", "b"}
    own.note("c")
    assert OwnFolder(tmp_path, LESSONS).noted() == {"a", "c"}


def test_lessons_that_end_side_by_side_lose_nothing(tmp_path):
    own = owned(tmp_path)
    threads = [
        threading.Thread(target=lambda n=n: [own.put(f"{n}-{i}", f"{n} {i}") for i in range(20)]) for n in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(OwnFolder(tmp_path, LESSONS).written()) == 80


# what can go wrong


def test_a_disk_that_fills_up_in_the_middle_of_a_write_leaves_what_was_there(tmp_path, monkeypatch):
    own = owned(tmp_path, say=pytest.fail)
    own.put("x.txt", "one")
    real = open

    class Full:
        def __init__(self, file):
            self.file = file

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self.file.close()

        def write(self, data):
            self.file.write(data[:1])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def full(path, *rest, **options):
        file = real(path, *rest, **options)
        return Full(file) if "x.txt" in str(path) else file

    monkeypatch.setattr("builtins.open", full)
    with pytest.raises(OSError, match="No space left"):
        own.put("x.txt", "two")
    monkeypatch.undo()
    assert sorted(contents(tmp_path)) == [NAME, "x.txt"]
    assert (tmp_path / "x.txt").read_text() == "one"
    OwnFolder(tmp_path, LESSONS, say=pytest.fail).put("x.txt", "three")  # it is still known as ours


def test_a_really_full_disk_leaves_what_was_there(mounted):
    folder = mounted("size=256k")
    own = owned(folder, say=pytest.fail)
    own.put("x.txt", "one")
    with pytest.raises(OSError, match="No space left"):
        own.put("x.txt", b"0" * 400_000)
    assert (folder / "x.txt").read_text() == "one"
    assert sorted(contents(folder)) == [NAME, "x.txt"]


def test_a_read_only_disk_is_an_error_and_nothing_else(mounted):
    folder = mounted("ro")
    with pytest.raises(OSError, match="Read-only"):
        owned(folder)


WRITER = """
import itertools, pathlib, sys
sys.path.insert(0, {root!r})
from course_gan.marker import LESSONS
from course_gan.own_folder import OwnFolder
own = OwnFolder(pathlib.Path({folder!r}), LESSONS)
own.mark()
print("marked", flush=True)
for number in itertools.count():
    own.put(f"{{number % 5}}.txt", str(number) * 20_000)
    own.drop(f"{{(number + 2) % 5}}.txt")
"""


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
def test_a_kill_in_the_middle_leaves_nothing_that_we_take_for_somebody_elses(tmp_path):
    for delay in (0.0, 0.01, 0.03, 0.05, 0.1, 0.2):
        code = WRITER.format(root=str(ROOT), folder=str(tmp_path / "own"))
        process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
        assert process.stdout.readline() == b"marked\n"
        threading.Event().wait(delay)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        own = owned(tmp_path / "own", say=pytest.fail)
        left = {path.name for path in own.path.iterdir()}
        assert left <= {NAME, *(f"{n}.txt" for n in range(5))}  # no half of a file
        for number in range(5):
            own.put(f"{number}.txt", "restarted")


def test_what_a_kill_left_half_written_is_swept_up_and_what_only_looks_like_it_stays(tmp_path):
    own = owned(tmp_path)
    own.put("samples/a[1].png", b"1")
    halves = [tmp_path / f".{NAME}.0123abcd.partial", tmp_path / "samples" / ".a[1].png.0123abcd.partial"]
    others = [tmp_path / ".thesis.tex.0123abcd.partial", tmp_path / "samples" / ".a1.png.0123abcd.partial"]
    for path in halves + others:
        path.write_text("half")
    owned(tmp_path)
    assert [path.exists() for path in halves + others] == [False, False, True, True]
