"""progress.json: kept in a learner's folder alone, never replaced where it is damaged, shared by several kernels."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from course_gan.catalogue import lessons
from course_gan.files import ROOT
from course_gan.grading import record, shared_json
from course_gan.grading.learners_folder import learners_folder
from course_gan.grading.verdict import Result
from course_gan.marker import LEARNER, NAME, TRAINING
from course_gan.own_folder import OwnFolder
from course_gan.training.lock import lock

ONE, TWO, THREE = "01.optimal_discriminator", "01.game_value", "01.discriminator_loss"


@pytest.fixture
def session(monkeypatch):
    """A kernel that has just been started."""

    def fresh():
        for name in ("_session", "_unkept"):
            monkeypatch.setattr(record, name, {})
        monkeypatch.setattr(record, "_said", set())

    fresh()
    return fresh


@pytest.fixture
def mine(tmp_path, monkeypatch, session):
    """A learner's folder, with an exercise's folder as the working directory."""
    folder = tmp_path / "my"
    OwnFolder(folder, LEARNER).mark()
    here = folder / "exercises" / "01_minimax_game"
    here.mkdir(parents=True)
    monkeypatch.chdir(here)
    return folder


def keep(name: str, status: str = "ok", message: str = "passed") -> None:
    record.keep(Result(name, status, message))


def kept(folder: Path) -> dict[str, str]:
    entries = json.loads((folder / "progress.json").read_text(encoding="utf-8"))
    return {name: entry["status"] for name, entry in entries.items()}


# whose folder


FOREIGN = ['{"chapters": [1, 2]}', '{"01.game_value": {"status": "ok"}}', "[]", ""]


@pytest.mark.parametrize("text", FOREIGN)
def test_a_folder_with_exercises_in_it_is_not_the_learners_for_that(tmp_path, monkeypatch, session, capsys, text):
    here = tmp_path / "exercises" / "fitness"
    here.mkdir(parents=True)
    (tmp_path / "progress.json").write_text(text)
    monkeypatch.chdir(here)
    keep(ONE)
    assert (tmp_path / "progress.json").read_text() == text
    assert sorted(path.name for path in tmp_path.iterdir()) == ["exercises", "progress.json"]
    assert capsys.readouterr().out == ""
    assert list(record.results()) == [ONE]  # this session still knows


def test_nor_is_a_folder_of_another_kind_or_with_a_marker_from_elsewhere(tmp_path, mine):
    OwnFolder(tmp_path / "run", TRAINING).mark()
    other = tmp_path / "other"
    (other / "exercises").mkdir(parents=True)
    shutil.copy(mine / NAME, other)
    for folder in (tmp_path / "run", other / "exercises", tmp_path):
        assert learners_folder(folder) is None


def test_a_learners_folder_that_was_moved_or_copied_to_another_machine_still_is_one(tmp_path, mine, monkeypatch):
    page = mine / "notebooks" / lessons()[0].notebook.name
    page.parent.mkdir()
    page.write_text("{}")
    shutil.copytree(mine, tmp_path / "copy")
    monkeypatch.chdir(tmp_path)
    mine.rename(tmp_path / "moved")
    for name in ("copy", "moved"):
        here = tmp_path / name / "exercises" / "01_minimax_game"
        assert learners_folder(here) == tmp_path / name


def test_a_copy_of_an_earlier_version_is_told_once_how_it_is_taken_on(tmp_path, monkeypatch, session, capsys):
    copy = tmp_path / "my copy"
    here = copy / "exercises" / "01_minimax_game"
    here.mkdir(parents=True)
    for room, name in (("notebooks", "01_minimax_game.ipynb"), ("exercises/01_minimax_game", "01_minimax_game.ipynb")):
        (copy / room).mkdir(exist_ok=True)
        (copy / room / name).write_text("{}")
    monkeypatch.chdir(here)
    keep(ONE)
    keep(TWO)
    assert capsys.readouterr().out == (
        "progress is not kept: an earlier version made this copy; "
        f"`course-gan lab --no-open --dir '{copy}'` takes it on\n"
    )
    assert not (copy / "progress.json").exists()
    OwnFolder(copy, LEARNER, lambda folder: True).mark()
    keep(THREE)
    assert set(kept(copy)) == {ONE, TWO, THREE}  # what was solved meanwhile too


def test_the_checkouts_own_exercises_belong_to_its_my(monkeypatch):
    assert learners_folder(ROOT / "exercises" / "01_minimax_game") == ROOT / "my"
    assert learners_folder(ROOT / "my" / "notebooks") == ROOT / "my"
    assert learners_folder(ROOT / "notebooks") is None


# damage


def solved(folder: Path) -> str:
    keep(ONE)
    keep(TWO, "failed", 'expected {"a": 1}, got a "}"')
    return (folder / "progress.json").read_text(encoding="utf-8")


DAMAGES = {
    "cut off in the second": (lambda text: text[:-30], [ONE]),
    "cut off in the first": (lambda text: text[:30], []),
    "empty": (lambda text: "", []),
    "zeros": (lambda text: "\x00" * 300, []),
    "merge markers": (lambda text: text.replace(' "01.game', '<<<<<<< HEAD\n "01.game'), [ONE, TWO]),
    "a list": (lambda text: "[1]", []),
    "somebody else's": (lambda text: '{"chapters": {"status": "read"}}', []),
    "an entry of another form": (lambda text: text.rstrip("}\n") + '}, "03.slerp": 3}', [ONE, TWO]),
    "nested without end": (lambda text: '{"a":' * 100_000, []),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_record_is_set_aside_in_a_line_and_what_can_be_read_goes_on(mine, session, capsys, damage):
    change, rest = DAMAGES[damage]
    damaged = change(solved(mine))
    (mine / "progress.json").write_text(damaged, encoding="utf-8")
    assert list(record.read(mine)) == rest
    assert record.trouble(mine) == f"{mine}/progress.json is damaged: shown is what can be read of it"
    session()  # the kernel that wrote it is gone
    keep(THREE)
    assert (mine / "progress.damaged.json").read_text(encoding="utf-8") == damaged
    assert list(kept(mine)) == [*rest, THREE]
    said = capsys.readouterr().out
    assert said.count("\n") == 1
    assert said.startswith(f"{mine}/progress.json was damaged: kept as progress.damaged.json; ")
    assert record.trouble(mine) is None


def test_bytes_that_are_no_text_and_a_byte_order_mark(mine, session):
    text = solved(mine)
    (mine / "progress.json").write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert record.trouble(mine) is None  # an editor's, not damage
    (mine / "progress.json").write_bytes(text.encode().replace(b"passed", b"p\xffssed"))
    session()
    keep(THREE)
    assert list(kept(mine)) == [ONE, TWO, THREE]
    (mine / "progress.json").write_text(text, encoding="utf-16")
    session()
    keep(THREE)
    assert list(kept(mine)) == [THREE]
    assert (mine / "progress.damaged.2.json").read_text(encoding="utf-16") == text


def test_what_this_session_solved_survives_the_damage(mine):
    solved(mine)
    for number in range(3):
        (mine / "progress.json").write_text("{")
        keep(THREE)
        assert kept(mine) == {ONE: "ok", TWO: "failed", THREE: "ok"}
        assert (mine / f"progress.damaged{'' if number == 0 else f'.{number + 1}'}.json").read_text() == "{"


def test_a_replacement_character_in_a_message_is_no_damage(mine):
    keep(ONE, "failed", "expected a, got \N{REPLACEMENT CHARACTER}")
    keep(TWO)
    assert list(kept(mine)) == [ONE, TWO]
    assert not (mine / "progress.damaged.json").exists()


def test_a_record_that_cannot_be_read_or_written_is_left_alone_said_once_and_tried_again(mine, capsys):
    (mine / "progress.json").mkdir()
    keep(ONE)
    keep(TWO)
    line = f"progress is not kept: cannot write {mine}/progress.json (Is a directory)\n"
    assert capsys.readouterr().out == line
    assert record.trouble(mine) == f"{mine}/progress.json cannot be read (Is a directory)"
    (mine / "progress.json").rmdir()
    keep(THREE)
    assert set(kept(mine)) == {ONE, TWO, THREE}


def test_a_read_only_folder_is_one_line_and_no_obstacle(mine, mounted, monkeypatch, capsys):
    disk = mounted("size=1m")
    folder = disk / "my"
    OwnFolder(folder, LEARNER).mark()
    monkeypatch.chdir(folder)
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    keep(ONE)
    keep(TWO)
    assert capsys.readouterr().out == (
        f"progress is not kept: cannot write in {folder}: Read-only file system; choose another folder\n"
    )
    monkeypatch.chdir("/")


def test_a_full_disk_costs_nothing_that_was_kept(session, mounted, monkeypatch):
    folder = mounted("size=64k") / "my"
    OwnFolder(folder, LEARNER).mark()
    monkeypatch.chdir(folder)
    keep(ONE)
    before = (folder / "progress.json").read_bytes()
    keep(TWO, "failed", "x" * 100_000)
    assert (folder / "progress.json").read_bytes() == before
    assert not list(folder.glob(".progress.json.*"))
    monkeypatch.chdir("/")


def test_a_record_that_is_a_link_stays_one(mine, tmp_path):
    shared = tmp_path / "shared.json"
    shared.write_text("{}")
    (mine / "progress.json").symlink_to(shared)
    keep(ONE)
    assert (mine / "progress.json").is_symlink()
    assert list(json.loads(shared.read_text())) == [ONE]


# several kernels


KERNEL = """
import sys
from course_gan.grading import record, shared_json
from course_gan.grading.verdict import Result
for number in range(40):
    record.keep(Result(f"{sys.argv[1]}.item{number}", "ok", "passed"))
"""


def test_kernels_that_write_at_once_lose_nothing(mine):
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    kernels = [subprocess.Popen([sys.executable, "-c", KERNEL, name], env=environment) for name in "abc"]
    assert [kernel.wait(timeout=120) for kernel in kernels] == [0, 0, 0]
    assert len(kept(mine)) == 120
    assert not list(mine.glob("progress.damaged*"))


def test_a_record_that_another_holds_for_long_is_written_at_the_next_check(mine, monkeypatch, capsys):
    monkeypatch.setattr(shared_json, "lock", lambda path, wait: lock(path))  # does not wait
    with lock(mine / ".progress.lock"):
        keep(ONE)
    assert capsys.readouterr().out.startswith(f"progress is not kept: {mine} is in use by another run")
    keep(TWO)
    assert list(kept(mine)) == [ONE, TWO]


def test_the_entry_that_was_made_last_counts(mine, session):
    keep(ONE)
    entries = json.loads((mine / "progress.json").read_text())
    entries[ONE] |= {"status": "failed", "when": "2999-01-01 00:00:00"}  # by another kernel, later
    (mine / "progress.json").write_text(json.dumps(entries))
    assert record.results()[ONE]["status"] == "failed"
    keep(TWO)
    assert kept(mine) == {ONE: "failed", TWO: "ok"}
