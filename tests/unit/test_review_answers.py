"""review.json: plain data in a learner's folder alone, never replaced where it is damaged, shared by processes."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from course_gan.errors import CourseError
from course_gan.files import ROOT
from course_gan.grading import shared_json
from course_gan.marker import LEARNER, NAME, TRAINING
from course_gan.own_folder import OwnFolder
from course_gan.review import answers
from course_gan.review.answers import Answer, Keeper
from course_gan.training.lock import lock

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
FIRST, SECOND = Answer(NOON, True), Answer(NOON + timedelta(days=2), False)


@pytest.fixture
def mine(tmp_path) -> Path:
    folder = tmp_path / "my"
    OwnFolder(folder, LEARNER).mark()
    return folder


def silent(text: str) -> None:
    raise AssertionError(text)


def test_answers_come_back_as_they_were_given(mine):
    keeper = Keeper(mine, silent)
    keeper.add("01.a", FIRST)
    keeper.add("clinic.b", SECOND)
    keeper.add("01.a", SECOND)
    assert answers.read(mine) == {"01.a": [FIRST, SECOND], "clinic.b": [SECOND]}
    assert answers.trouble(mine) is None
    assert keeper.unkept == {}


def test_the_file_is_plain_data_that_a_person_can_read(mine):
    Keeper(mine, silent).add("01.a", FIRST)
    stored = json.loads((mine / "review.json").read_text(encoding="utf-8"))
    assert stored == {"01.a": [{"when": "2026-03-02T12:00:00.000000+00:00", "right": True}]}


def test_an_answer_that_is_added_twice_counts_once(mine):
    for _ in range(2):
        Keeper(mine, silent).add("01.a", FIRST)
    assert answers.read(mine) == {"01.a": [FIRST]}


def test_another_time_zone_means_the_same_moment(mine):
    (mine / "review.json").write_text('{"01.a": [{"when": "2026-03-02T14:00:00+02:00", "right": true}]}')
    assert answers.read(mine) == {"01.a": [FIRST]}


# whose folder


def test_looking_makes_nothing(tmp_path):
    Keeper(tmp_path / "my", silent)
    assert answers.read(tmp_path / "my") == {}
    assert list(tmp_path.iterdir()) == []


def test_the_first_answer_makes_the_folder_and_marks_it(tmp_path):
    Keeper(tmp_path / "my", silent).add("01.a", FIRST)
    assert (tmp_path / "my" / NAME).is_file()
    assert answers.read(tmp_path / "my") == {"01.a": [FIRST]}


def test_a_folder_of_somebody_elses_is_refused_before_any_question(tmp_path):
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(CourseError, match=r"holds something else than a learner's copy \(thesis.tex\); nothing was"):
        Keeper(tmp_path, silent)
    OwnFolder(tmp_path / "run", TRAINING).mark()
    with pytest.raises(CourseError, match="it holds a training"):
        Keeper(tmp_path / "run", silent)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run", "thesis.tex"]


def test_the_course_itself_is_no_learners_folder():
    with pytest.raises(CourseError, match="it is the course itself; choose another with --dir"):
        Keeper(ROOT, silent)


# damage


def whole(folder: Path) -> str:
    keeper = Keeper(folder, silent)
    keeper.add("01.a", FIRST)
    keeper.add("02.b", SECOND)
    return (folder / "review.json").read_text(encoding="utf-8")


DAMAGES = {
    "cut off in the second": (lambda text: text[:-30], {"01.a": [FIRST]}),
    "cut off in the first": (lambda text: text[:30], {}),
    "empty": (lambda text: "", {}),
    "zeros": (lambda text: "\x00" * 300, {}),
    "merge markers": (lambda text: text.replace(' "02.b', '<<<<<<< HEAD\n "02.b'), {"01.a": [FIRST], "02.b": [SECOND]}),
    "a list": (lambda text: "[1]", {}),
    "an entry of another form": (lambda text: text.rstrip("}\n") + ', "03.c": 3}', {"01.a": [FIRST], "02.b": [SECOND]}),
    "an answer without a time": (
        lambda text: text.replace('"when": "2026-03-02T12', '"when": "x'),
        {"01.a": [], "02.b": [SECOND]},
    ),
    "a time without a zone": (lambda text: text.replace("+00:00", "", 1), {"01.a": [], "02.b": [SECOND]}),
    "a year that no calendar reaches": (lambda text: text.replace("2026", "9999", 1), {"01.a": [], "02.b": [SECOND]}),
    "a time that is a number": (
        lambda text: text.replace('"2026-03-02T12:00:00.000000+00:00"', "7"),
        {"01.a": [], "02.b": [SECOND]},
    ),
    "nested without end": (lambda text: '{"a":' * 5_000, {}),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_set_aside_in_a_line_and_what_can_be_read_goes_on(mine, damage):
    change, rest = DAMAGES[damage]
    damaged = change(whole(mine))
    (mine / "review.json").write_text(damaged, encoding="utf-8")
    assert answers.read(mine) == rest
    assert answers.trouble(mine) == f"{mine}/review.json is damaged: what can be read of it counts"
    said = []
    Keeper(mine, said.append).add("05.new", FIRST)
    assert (mine / "review.damaged.json").read_text(encoding="utf-8") == damaged
    assert answers.read(mine) == {**rest, "05.new": [FIRST]}
    (line,) = said
    kept = sum(map(len, rest.values()))
    assert line == (
        f"{mine}/review.json was damaged: kept as review.damaged.json; {kept} answers of it are in the new one"
    )
    assert answers.trouble(mine) is None


def test_a_second_damage_does_not_replace_the_first(mine):
    for text in ("{", "["):
        (mine / "review.json").write_text(text)
        Keeper(mine, lambda text: None).add("01.a", FIRST)
    assert (mine / "review.damaged.json").read_text() == "{"
    assert (mine / "review.damaged.2.json").read_text() == "["


def test_what_was_rescued_is_not_lost_when_the_new_file_cannot_be_written(mine, monkeypatch):
    (mine / "review.json").write_text(whole(mine)[:-3])

    def full(path, text):
        raise OSError(28, "No space left on device", str(path))

    said = []
    keeper = Keeper(mine, said.append)
    with monkeypatch.context() as patch:
        patch.setattr(answers, "write_whole", full)
        keeper.add("05.new", FIRST)
    assert said[1:] == [f"answers are not kept: cannot write {mine}/review.json (No space left on device)"]
    keeper.flush()
    assert answers.read(mine) == {"01.a": [FIRST], "02.b": [SECOND], "05.new": [FIRST]}


def test_a_file_that_cannot_be_read_is_left_alone_said_once_and_tried_again(mine):
    (mine / "review.json").mkdir()
    said = []
    keeper = Keeper(mine, said.append)
    keeper.add("01.a", FIRST)
    keeper.add("02.b", SECOND)
    assert said == [f"answers are not kept: cannot write {mine}/review.json (Is a directory)"]
    assert answers.trouble(mine) == f"{mine}/review.json cannot be read (Is a directory)"
    (mine / "review.json").rmdir()
    keeper.add("03.c", FIRST)
    assert set(answers.read(mine)) == {"01.a", "02.b", "03.c"}


def test_a_read_only_folder_is_one_line(mounted):
    disk = mounted("size=1m")
    OwnFolder(disk / "my", LEARNER).mark()
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    said = []
    keeper = Keeper(disk / "my", said.append)
    keeper.add("01.a", FIRST)
    keeper.add("02.b", SECOND)
    line = f"answers are not kept: cannot write in {disk}/my: Read-only file system; choose another folder"
    assert said == [line]
    assert set(keeper.unkept) == {"01.a", "02.b"}


def test_a_file_that_is_a_link_stays_one(mine, tmp_path):
    shared = tmp_path / "shared.json"
    shared.write_text("{}")
    (mine / "review.json").symlink_to(shared)
    Keeper(mine, silent).add("01.a", FIRST)
    assert (mine / "review.json").is_symlink()
    assert list(json.loads(shared.read_text())) == ["01.a"]


# several processes


PROCESS = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from course_gan.review.answers import Answer, Keeper
keeper = Keeper(Path(sys.argv[1]), print)
for number in range(30):
    keeper.add("01.a", Answer(datetime.now(UTC), True))
    keeper.add(f"{sys.argv[2]}.{number}", Answer(datetime.now(UTC), False))
"""


def test_processes_that_answer_at_once_lose_nothing(mine):
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    words = [sys.executable, "-c", PROCESS, str(mine)]
    processes = [subprocess.Popen([*words, name], env=environment, stdout=subprocess.PIPE) for name in ("b", "c")]
    said = [process.communicate(timeout=120)[0] for process in processes]
    assert said == [b"", b""]
    kept = answers.read(mine)
    assert len(kept["01.a"]) == 60  # the same question, answered by both
    assert len(kept) == 61
    assert not list(mine.glob("review.damaged*"))
    assert not list(mine.glob(".review.json.*"))


def test_a_folder_that_another_holds_for_long_is_written_with_the_next_answer(mine, monkeypatch):
    monkeypatch.setattr(shared_json, "lock", lambda path, wait: lock(path))  # does not wait
    said = []
    keeper = Keeper(mine, said.append)
    with lock(mine / ".review.lock"):
        keeper.add("01.a", FIRST)
    assert said[0].startswith(f"answers are not kept: {mine} is in use by another run")
    keeper.add("02.b", SECOND)
    assert set(answers.read(mine)) == {"01.a", "02.b"}
