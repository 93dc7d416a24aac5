"""Whose a folder is: new, empty or marked by us; in any other nothing is touched, and in ours only what we wrote."""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from course_gan.errors import CourseError
from course_gan.files import ROOT
from course_gan.marker import LEARNER, LESSONS, NAME, TRAINING, is_ours, named, quoted, read, set_aside
from course_gan.own_folder import OwnFolder


def contents(folder: Path) -> dict[str, bytes | None]:
    """Everything below a folder, hidden files too."""
    return {str(p.relative_to(folder)): p.read_bytes() if p.is_file() else None for p in sorted(folder.rglob("*"))}


def owned(folder: Path, kind: str = LESSONS, **options) -> OwnFolder:
    own = OwnFolder(folder, kind, **options)
    own.mark()
    return own


def refused(folder: Path, kind: str = LESSONS, **options) -> str:
    """The one line with which a folder is refused; nothing in it may have changed."""
    before = contents(folder) if folder.is_dir() else None
    with pytest.raises(CourseError) as error:
        OwnFolder(folder, kind, **options)
    assert "\n" not in str(error.value)
    assert before == (contents(folder) if folder.is_dir() else None)
    return str(error.value)


# whose it is


@pytest.mark.parametrize("name", ["new", "new/below/new", "mit Leerzeichen", "Übung ünï 漢字", "it's", "-x"])
def test_a_new_folder_becomes_ours_whatever_it_is_called(tmp_path, name):
    folder = tmp_path / name
    own = OwnFolder(folder, LESSONS)
    assert not folder.exists()  # building one only looks
    assert own.mark() is True
    assert is_ours(folder, LESSONS)
    assert own.mark() is False


@pytest.mark.parametrize("name", [".DS_Store", "Thumbs.db", "desktop.ini", ".gitkeep", ".gitignore", "lost+found"])
def test_what_systems_leave_behind_does_not_make_a_folder_anybodys(tmp_path, name):
    (tmp_path / name).write_text("x")
    owned(tmp_path)
    assert (tmp_path / name).read_text() == "x"


@pytest.mark.parametrize(
    "foreign",
    [
        "notes.txt",
        "a.tmp",
        ".bashrc",
        "run.json",
        "settings.json",
        "log.jsonl",
        "index.html",
        "lock",
        "step-00000001.pt",
    ],
)
def test_a_folder_that_holds_anything_else_is_refused_in_a_line_that_names_it(tmp_path, foreign):
    (tmp_path / foreign).write_text("mine")
    assert refused(tmp_path) == (
        f"cannot use {tmp_path}: it holds something else than a run of lessons ({foreign}); "
        "nothing was touched, choose a new or an empty folder"
    )


def test_three_names_are_enough_to_recognise_a_folder_and_the_option_is_named(tmp_path):
    for name in "abcde":
        (tmp_path / name).mkdir()
    line = refused(tmp_path, with_option=" with --out")
    assert "(a, b, c and 2 more)" in line
    assert line.endswith("choose a new or an empty folder with --out")


def test_home_and_the_checkout_are_refused(tmp_path):
    (tmp_path / ".profile").write_text("")
    for folder in (tmp_path, ROOT, ROOT / "notebooks", ROOT / "course_gan"):
        with pytest.raises(CourseError, match="nothing was touched"):
            OwnFolder(folder, LESSONS)
    assert not (ROOT / NAME).exists()


def test_a_file_and_a_link_that_leads_nowhere_are_no_folders(tmp_path):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "nowhere").symlink_to(tmp_path / "gone")
    for name in ("file", "nowhere"):
        assert refused(tmp_path / name) == f"cannot write in {tmp_path / name}: Not a directory; choose another folder"
    assert (tmp_path / "file").read_text() == "mine"


def test_a_link_is_the_folder_that_it_leads_to(tmp_path):
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "thesis.tex").write_text("mine")
    (tmp_path / "empty").mkdir()
    for name in ("foreign", "empty"):
        (tmp_path / f"to {name}").symlink_to(tmp_path / name)
    assert "(thesis.tex)" in refused(tmp_path / "to foreign")
    owned(tmp_path / "to empty")
    assert is_ours(tmp_path / "empty", LESSONS)


def test_another_kind_of_ours_is_refused(tmp_path):
    owned(tmp_path, TRAINING)
    assert refused(tmp_path) == (
        f"cannot use {tmp_path}: it holds a training; nothing was touched, choose a new or an empty folder"
    )
    assert not is_ours(tmp_path, LESSONS)


# the marker


def test_a_folder_stays_ours_when_it_is_moved_and_when_it_comes_back_from_a_backup(tmp_path):
    owned(tmp_path / "a").put("x.txt", "ours")
    (tmp_path / "a").rename(tmp_path / "b")
    assert is_ours(tmp_path / "b", LESSONS)
    (tmp_path / "b").rename(tmp_path / "a")
    shutil.copytree(tmp_path / "a", tmp_path / "backup")
    shutil.rmtree(tmp_path / "a")
    shutil.move(tmp_path / "backup", tmp_path / "a")  # another number on the disk, the old path
    assert is_ours(tmp_path / "a", LESSONS)


def test_a_copied_folder_is_ours_as_long_as_nothing_foreign_is_in_it(tmp_path):
    owned(tmp_path / "a").put("x.txt", "ours")
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    assert owned(tmp_path / "b").written() == ["x.txt"]
    shutil.copytree(tmp_path / "a", tmp_path / "c")
    (tmp_path / "c" / "mine.txt").write_text("mine")
    assert "(mine.txt)" in refused(tmp_path / "c")
    shutil.copytree(tmp_path / "a", tmp_path / "d")
    (tmp_path / "d" / "x.txt").write_text("mine")
    assert "(x.txt)" in refused(tmp_path / "d")


def test_folders_in_a_copied_folder_are_looked_into(tmp_path):
    own = owned(tmp_path / "a")
    own.put("thumbnails/x.png", b"1")
    (own.path / "by name").mkdir()
    own.note("by name")
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    assert "(by name)" in refused(tmp_path / "b")  # a name proves nothing elsewhere
    (tmp_path / "b" / "by name").rmdir()
    assert OwnFolder(tmp_path / "b", LESSONS).written() == ["thumbnails/x.png"]
    (tmp_path / "b" / "thumbnails" / "mine.png").write_text("mine")
    assert "(thumbnails)" in refused(tmp_path / "b")


def test_a_marker_that_somebody_copied_into_a_foreign_folder_does_not_make_it_ours(tmp_path):
    owned(tmp_path / "a").put("x.txt", "ours")
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "thesis.tex").write_text("mine")
    shutil.copy(tmp_path / "a" / NAME, foreign)
    assert not is_ours(foreign, LESSONS)
    assert "(thesis.tex)" in refused(foreign)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"kind": "a run of lessons"}',
        '{"kind": 3, "place": {}, "files": {}}',
        "\x00" * 20,
        "[" * 99999,
    ],
    ids=range(8),
)
def test_a_damaged_marker_proves_nothing(tmp_path, text):
    (tmp_path / NAME).write_text(text)
    (tmp_path / "x").write_text("")
    assert read(tmp_path) is None
    assert f"({NAME}, x)" in refused(tmp_path)


def test_a_marker_that_is_a_folder_or_a_link_proves_nothing(tmp_path):
    owned(tmp_path / "ours")
    (tmp_path / "a" / NAME).mkdir(parents=True)
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / NAME).symlink_to(tmp_path / "ours" / NAME)
    for name in "ab":
        assert f"({NAME})" in refused(tmp_path / name)
        assert not is_ours(tmp_path / name, LESSONS)


def test_a_damaged_marker_of_a_folder_that_is_recognised_is_set_aside_and_written_anew(tmp_path):
    (tmp_path / NAME).write_text("{")
    said = []
    owned(tmp_path, recognised=lambda folder: True, say=said.append)
    assert said == [f"{tmp_path / NAME} is damaged: kept as {NAME}.1"]
    assert (tmp_path / f"{NAME}.1").read_text() == "{"
    assert is_ours(tmp_path, LESSONS)


def test_a_folder_that_becomes_anothers_while_we_wait_for_its_lock_is_refused(tmp_path):
    own = OwnFolder(tmp_path, LESSONS)
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(CourseError, match=r"\(mine.txt\); nothing was touched"):
        own.mark()
    assert contents(tmp_path) == {"mine.txt": b"mine"}


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


# names


@pytest.mark.parametrize("text", ["", " ", "\t\n", "  \u00a0"])
def test_a_blank_name_is_refused(text):
    with pytest.raises(CourseError) as error:
        named(text)
    assert str(error.value) == (
        "the folder's name is empty (a variable that is not set?): give a name, or . for this folder"
    )


def test_an_option_is_no_name():
    with pytest.raises(CourseError) as error:
        named("--resume")
    assert str(error.value) == (
        "the folder's name '--resume' begins like an option (a variable that is not set?): give a name, or ./--resume"
    )
    assert named("./--resume") == Path("--resume")


@pytest.mark.skipif(os.name != "posix", reason="another shell")
@pytest.mark.parametrize("name", ["plain", "two words", "it's", "$HOME", "a;b", "ü*"])
def test_a_quoted_path_is_what_the_shell_takes_it_for(name):
    said = subprocess.run(f"printf %s {quoted(Path(name))}", shell=True, capture_output=True, text=True)
    assert said.stdout == name


def test_setting_aside_never_overwrites(tmp_path):
    for number in range(3):
        (tmp_path / "a.json").write_text(str(number))
        assert set_aside(tmp_path / "a.json") == tmp_path / f"a.json.{number + 1}"
    assert {path.read_text() for path in tmp_path.iterdir()} == {"0", "1", "2"}


def test_the_marker_says_what_it_is_and_nothing_about_the_machine(tmp_path):
    owned(tmp_path, LEARNER)
    content = json.loads((tmp_path / NAME).read_text())
    assert content["kind"] == "a learner's copy"
    assert str(tmp_path) not in json.dumps(content)


# make clean


def cleaned(checkout: Path) -> str:
    run = subprocess.run([sys.executable, checkout / "scripts" / "clean.py"], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return run.stdout


def test_make_clean_removes_what_can_be_made_again_and_names_what_stays(tmp_path):
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "clean.py", tmp_path / "scripts")
    (tmp_path / "course_gan").mkdir()
    for name in ("__init__", "errors", "files", "marker", "own_folder"):
        shutil.copy(ROOT / "course_gan" / f"{name}.py", tmp_path / "course_gan")
    stay = ("grading/gradebook.db", "grading/submitted/a/01/01.ipynb", "my/progress.json", "build/03/kept.pt")
    for name in (*stay, ".ruff_cache/x", ".pytest_cache/x", "build/browser/a.png", "build/lib/x/y.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    for name in ("run", "changed"):
        run = owned(tmp_path / "build" / name)
        run.put("a.ipynb", "result")
        run.put("thumbnails/a_0.png", b"small")
        (run.path / ".running-0123abcd" / "0").mkdir(parents=True)
        run.note(".running-0123abcd")
        (run.path / "lock").write_text("")
    (tmp_path / "build" / "changed" / "a.ipynb").write_text("my notes")
    owned(tmp_path / "build" / "trained", TRAINING).put("settings.json", "{}")
    said = cleaned(tmp_path)
    left = {str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file() and "__pycache__" not in p.parts}
    code = {name for name in left if name.startswith(("course_gan/", "scripts/"))}
    kept = {f"build/changed/{NAME}", "build/changed/a.ipynb", "build/changed/lock"}
    assert left - code == {*stay, *kept, f"build/trained/{NAME}", "build/trained/settings.json"}
    assert [line.split()[0] for line in said.splitlines()] == ["build/03", "build/changed", "build/trained"]
    assert cleaned(tmp_path) == said


def test_make_clean_in_a_clean_checkout_says_nothing(tmp_path):
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "clean.py", tmp_path / "scripts")
    shutil.copytree(
        ROOT / "course_gan",
        tmp_path / "course_gan",
        ignore=lambda folder, names: (
            set(names) - {"__init__.py", "errors.py", "files.py", "marker.py", "own_folder.py"}
        ),
    )
    assert cleaned(tmp_path) == ""
