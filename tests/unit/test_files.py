"""A file is written whole or not at all, whoever else writes it and whenever the power goes."""

import os
import re
import subprocess
import sys

import pytest

from course_gan.files import ROOT, write_whole


def test_text_is_utf_8_with_its_line_ends_as_they_are_and_bytes_are_bytes(tmp_path):
    path = tmp_path / "a.txt"
    write_whole(path, "größer\nals\r\nvorher\n")
    assert path.read_bytes() == "größer\nals\r\nvorher\n".encode()
    write_whole(path, b"\x00\r\n")
    assert path.read_bytes() == b"\x00\r\n"
    write_whole(path, memoryview(b"abc")[1:])
    assert path.read_bytes() == b"bc"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_only_what_has_to_last_waits_for_the_disk(tmp_path, monkeypatch):
    done = []
    for name in ("fsync", "replace"):
        real = getattr(os, name)
        monkeypatch.setattr(os, name, lambda *args, name=name, real=real: (done.append((name, args)), real(*args))[1])
    write_whole(tmp_path / "a", "text")
    assert [name for name, _ in done] == ["replace"]
    partial, path = done[0][1]
    assert re.fullmatch(r"\.a\.[0-9a-f]{8}\.partial", partial.name)
    assert (partial.parent, path) == (tmp_path, tmp_path / "a")
    done.clear()
    write_whole(tmp_path / "a", "text", durable=True)
    assert [name for name, _ in done] == ["fsync", "replace", "fsync"]  # the file, its name, the folder


@pytest.mark.parametrize("fails", ["fsync", "replace"])
def test_a_write_that_fails_leaves_what_was_there_and_nothing_else(tmp_path, monkeypatch, fails):
    path = tmp_path / "a"
    write_whole(path, "first")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, fails, full)
    with pytest.raises(OSError, match="No space left on device"):
        write_whole(path, "second", durable=True)
    assert path.read_text() == "first"
    assert os.listdir(tmp_path) == ["a"]


def test_processes_that_write_one_file_at_the_same_time_do_not_meet(tmp_path):
    path = tmp_path / "a"
    code = (
        "import sys, pathlib; from course_gan.files import write_whole\n"
        f"for _ in range(300): write_whole(pathlib.Path({str(path)!r}), sys.argv[1] * 50_000)"
    )
    writers = [subprocess.Popen([sys.executable, "-c", code, letter], cwd=ROOT) for letter in "xyz"]
    while any(writer.poll() is None for writer in writers):
        if path.exists():
            seen = path.read_text()
            assert len(seen) == 50_000
            assert len(set(seen)) == 1
    assert [writer.returncode for writer in writers] == [0, 0, 0]
    assert os.listdir(tmp_path) == ["a"]
