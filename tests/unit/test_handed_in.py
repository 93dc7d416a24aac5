"""What a class handed in: each broken hand-in is named in a line, mended in a copy, and its 0 is no grade."""

import copy
import csv
import json
import os
import random
import zipfile

import nbformat
import pytest
from click.testing import CliRunner

from course_gan.cli import main
from course_gan.errors import CourseError
from course_gan.files import ROOT
from course_gan.grading.handed_in.compare import compare
from course_gan.grading.handed_in.findings import Effect
from course_gan.grading.handed_in.hand_ins import look
from course_gan.grading.handed_in.mending import mended
from course_gan.grading.handed_in.reading import LIMIT, read
from course_gan.grading.handed_in.release import releases_for
from tests.unit.broken_hand_ins import (
    CHECK,
    NAME,
    SOLUTION,
    WAYS,
    as_bytes,
    cell,
    copied,
    damage,
    named,
    released,
    right,
)

RELEASES = releases_for(ROOT / "grading" / "submitted")
RELEASE = RELEASES[NAME]
WORDS = {effect: f" ({effect.value})" if effect.value else "" for effect in Effect}
GIVES_0 = WORDS[Effect.FAILS]


@pytest.fixture
def submitted(tmp_path):
    folder = tmp_path / "grading" / "submitted"
    folder.mkdir(parents=True)
    return folder


def put(submitted, notebook, place=f"{NAME}/{NAME}.ipynb", student="ada"):
    path = submitted / student / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(as_bytes(notebook))
    return path


def lines(submitted):
    return [one.line for one in look(submitted, RELEASES) if one.needs_a_look]


def command(*words):
    done = CliRunner().invoke(main, ["handed-in", *map(str, words)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


# ── what is said ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("notebook", [right(), released()], ids=["all written", "nothing written"])
def test_a_hand_in_as_it_should_be_needs_no_look(submitted, notebook):
    put(submitted, notebook)
    assert lines(submitted) == []


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_each_way_to_break_a_hand_in_is_a_line(submitted, way):
    put(submitted, way.broken())
    (line,) = lines(submitted)
    assert line.startswith(f"ada, {NAME}: ")
    assert way.says in line
    assert line.endswith(WORDS[way.effect])
    assert "\n" not in line


@pytest.mark.parametrize(
    "change",
    [
        {"metadata": {"kernelspec": {"name": "conda-env-gan", "display_name": "gan", "language": "python"}}},
        {"metadata": {}},
        {"nbformat_minor": 4},
        {"nbformat_minor": 9},
    ],
)
def test_what_autograde_does_not_stumble_over_needs_no_look(submitted, change):
    put(submitted, right() | change)
    assert lines(submitted) == []


def test_a_notebook_of_format_3_is_read_as_nbgrader_reads_it(submitted):
    old = nbformat.convert(nbformat.from_dict(right()), 3)
    put(submitted, json.dumps(old))
    assert lines(submitted) == []


def test_cells_of_ones_own_and_changed_text_need_no_look(submitted):
    notebook = right()
    notebook["cells"].insert(3, {"cell_type": "code", "id": "mine", "metadata": {}, "source": "1 +", "outputs": []})
    notebook["cells"][0]["source"] = "my notes"
    del notebook["cells"][-1]
    put(submitted, notebook)
    assert lines(submitted) == []


def test_large_outputs_are_named(submitted):
    notebook = right()
    cell(notebook, SOLUTION)["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "x" * 11_000_000}]
    put(submitted, notebook)
    (line,) = lines(submitted)
    assert "is 11 MB large, outputs and all" in line


def test_one_too_large_to_read_here_is_named_and_not_called_a_failure(submitted):
    os.truncate(put(submitted, right()), LIMIT + 1)
    assert lines(submitted) == [f"ada, {NAME}: {NAME}/{NAME}.ipynb is larger than 50 MB and was not read"]


# ── where it lies ───────────────────────────────────────────────────────────────────────────────────────────────────

ELSEWHERE = [
    f"{NAME}/{NAME} (1).ipynb",
    f"{NAME}/{NAME}-Copy1.ipynb",
    f"{NAME}/Copy of {NAME}.ipynb",
    f"{NAME}/01_Minimax_Game.ipynb",
    f"{NAME}/{NAME}.ipynb.txt",
    f"{NAME}/{NAME}.IPYNB",
    f"{NAME}/{NAME}.json",
    f"{NAME}/homework.ipynb",
    f"{NAME}/{NAME}/{NAME}.ipynb",
    f"01_Minimax_Game/{NAME}.ipynb",
    "submission 3/Untitled.ipynb",
    f"{NAME}.ipynb",
]


@pytest.mark.parametrize("place", ELSEWHERE)
def test_a_notebook_elsewhere_is_told_by_its_cells_and_copied_to_its_place(submitted, tmp_path, place):
    path = put(submitted, right(), place)
    before = path.read_bytes()
    assert lines(submitted) == [f"ada, {NAME}: {place} is not where nbgrader looks ({NAME}/{NAME}.ipynb){GIVES_0}"]
    status, said = command(submitted, "--mend", tmp_path / "mended")
    assert status == 0, said
    assert read((tmp_path / "mended" / "ada" / NAME / f"{NAME}.ipynb").read_bytes())
    assert lines(tmp_path / "mended") == []
    assert path.read_bytes() == before


def test_a_notebook_in_a_zip_is_copied_to_its_place(submitted, tmp_path):
    archive = submitted / "ada" / NAME / "all.zip"
    archive.parent.mkdir(parents=True)
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("../../../work/game.ipynb", as_bytes(right()))
        file.writestr("__MACOSX/._game.ipynb", b"\0\0")
    called = f"{NAME}/all.zip: ../../../work/game.ipynb"
    assert lines(submitted) == [f"ada, {NAME}: {called} is not where nbgrader looks ({NAME}/{NAME}.ipynb){GIVES_0}"]
    assert command(submitted, "--mend", tmp_path / "mended")[0] == 0
    assert lines(tmp_path / "mended") == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["grading", "mended"], "nothing is unpacked beside"


@pytest.mark.parametrize("content", [b"PK\3\4 cut", b""])
def test_an_archive_that_cannot_be_read_is_named(submitted, content):
    put(submitted, content, "all.zip")
    assert lines(submitted) == [f"ada: all.zip is an archive without a readable notebook; unpack it{GIVES_0}"]


def test_two_notebooks_that_differ_are_a_persons_to_choose(submitted, tmp_path):
    put(submitted, right(), f"{NAME}/a.ipynb")
    put(submitted, released(), f"{NAME}/b.ipynb")
    said = f"no notebook in its place ({NAME}/{NAME}.ipynb), but {NAME}/a.ipynb, {NAME}/b.ipynb"
    assert lines(submitted) == [f"ada, {NAME}: {said}{GIVES_0}"]
    assert command(submitted, "--mend", tmp_path / "mended")[0] == 1
    assert not (tmp_path / "mended" / "ada" / NAME / f"{NAME}.ipynb").exists()


def test_a_second_notebook_beside_an_empty_one_is_named_and_an_equal_one_is_not(submitted):
    put(submitted, right(), student="bob")
    put(submitted, right(), f"{NAME}/{NAME} (1).ipynb", student="bob")
    put(submitted, released())
    put(submitted, right(), f"{NAME}/{NAME} (1).ipynb")
    also = f"there is also {NAME}/{NAME} (1).ipynb, and nothing is written into the one that is graded"
    assert lines(submitted) == [f"ada, {NAME}: {also}{WORDS[Effect.COSTS]}"]


def test_another_exercise_under_this_name_is_named(submitted):
    put(submitted, (ROOT / "exercises" / "03_dcgan" / "03_dcgan.ipynb").read_bytes())
    said = "none of the assignment's cells is in it; they are those of 03_dcgan"
    assert lines(submitted) == [f"ada, {NAME}: {said}{GIVES_0}"]


def test_what_is_no_notebook_is_named(submitted):
    put(submitted, b"%PDF", f"{NAME}/{NAME}.pdf")
    put(submitted, b"", "notes.txt", student="bob")
    put(submitted, b'{"a": 1}', "settings.json", student="cyd")
    (submitted / "dan").mkdir()
    put(submitted, cut_short(right()), "game.ipynb", student="eve")
    assert lines(submitted) == [
        f"ada, {NAME}: no notebook handed in, but {NAME}/{NAME}.pdf{GIVES_0}",
        f"bob: no notebook handed in, but notes.txt{GIVES_0}",
        f"cyd: no notebook handed in{GIVES_0}",
        f"dan: no notebook handed in{GIVES_0}",
        f"eve: game.ipynb is cut off in line 1{GIVES_0}",
    ]


def cut_short(notebook):
    return json.dumps(notebook)[:5000]


def test_links_are_not_followed_and_not_copied(submitted, tmp_path):
    secret = tmp_path / "secret.ipynb"
    secret.write_bytes(as_bytes(right()))
    place = put(submitted, right(), student="ada")
    (place.parent / "data.txt").symlink_to(secret)
    (submitted / "bob" / NAME).mkdir(parents=True)
    (submitted / "bob" / NAME / f"{NAME}.ipynb").symlink_to(secret)
    (submitted / "cyd").mkdir()
    (submitted / "cyd" / NAME).symlink_to(place.parent)
    assert lines(submitted) == [
        f"ada, {NAME}: {NAME}/data.txt is a link, not followed here but by autograde",
        f"bob, {NAME}: {NAME}/{NAME}.ipynb is a link, not followed here but by autograde",
        f"cyd, {NAME}: {NAME} is a link, not followed here but by autograde",
    ]
    assert command(submitted, "--mend", tmp_path / "mended")[0] == 1
    assert [path.name for path in (tmp_path / "mended").rglob("*.*") if path.name != ".course_gan"] == [f"{NAME}.ipynb"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are of POSIX")
def test_a_pipe_is_not_waited_for(submitted):
    (submitted / "ada" / NAME).mkdir(parents=True)
    os.mkfifo(submitted / "ada" / NAME / f"{NAME}.ipynb")
    assert lines(submitted) == [f"ada, {NAME}: {NAME}/{NAME}.ipynb is a link, not followed here but by autograde"]


def test_a_strangers_name_stays_one_line(submitted):
    put(submitted, right(), f"{NAME}/a\n\x1b[31mb.ipynb", student="a\nb")
    (line,) = lines(submitted)
    assert line.startswith(f"a?b, {NAME}: {NAME}/a??[31mb.ipynb is not where")


def test_one_bad_hand_in_never_keeps_the_others_from_being_looked_at(submitted):
    for number, way in enumerate(WAYS.values()):
        put(submitted, way.broken(), student=f"s{number:02}")
    put(submitted, right(), student="zoe")
    assert len(lines(submitted)) == len(WAYS)


@pytest.mark.parametrize(
    ("place", "says"),
    [
        ("nowhere", "cannot be read (No such file or directory); give the folder of what was handed in"),
        ("grading/submitted", "holds no student's folder; wanted STUDENT/NN_name/NN_name.ipynb"),
        ("grading", "is the folder of the class; give"),
        ("grading/submitted/ada", f"holds assignments ({NAME}), not students; give the folder above it"),
    ],
)
def test_a_folder_that_cannot_be_meant_is_one_line(submitted, tmp_path, place, says):
    if place != "grading/submitted":
        put(submitted, right())
        (tmp_path / "grading" / "autograded").mkdir()
    status, said = command(tmp_path / place)
    assert (status, said.count("\n")) == (1, 1)
    assert says in said


def test_a_class_of_its_own_is_held_to_its_own_releases(tmp_path, submitted):
    (tmp_path / "nbgrader_config.py").touch()
    own = tmp_path / "exercises" / "my_own" / "my_own.ipynb"
    own.parent.mkdir(parents=True)
    own.write_bytes(as_bytes(released()))
    assert list(releases_for(submitted)) == ["my_own"]


# ── what is mended ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("way", [way for way in WAYS.values() if way.mendable], ids=lambda way: way.says[:40])
def test_what_can_be_mended_is_as_released_and_loses_nothing(way):
    notebook, _ = read(way.broken())
    kept = copy.deepcopy(notebook)
    whole = mended(notebook, RELEASE)
    assert notebook == kept, "the given one is left as it is"
    nbformat.validate(nbformat.from_dict(whole))
    assert named(whole["cells"]) == list(RELEASE.parts)
    assert compare(whole, RELEASE, RELEASES) == []
    assert mended(whole, RELEASE) == whole
    text = "\n".join(one["source"] for one in whole["cells"])
    lost = [line for one in notebook["cells"] for line in one["source"].splitlines() if line not in text]
    assert lost == (["print(1)"] if way is WAYS["a check added to"] else []), "nbgrader drops it, and nothing needs it"


@pytest.mark.parametrize("way", ["split behind its head", "split behind its docstring", "split, half without a name"])
def test_the_halves_of_a_solution_are_joined(way):
    notebook, _ = read(WAYS[way].broken())
    whole = mended(notebook, RELEASE)
    assert cell(whole, SOLUTION)["source"] == cell(right(), SOLUTION)["source"]


def test_of_copies_the_last_keeps_the_name_and_all_are_run():
    notebook = right()
    copied(SOLUTION)(notebook)
    cell(notebook, "a-copy")["source"] = "def game_value(*a):\n    return 2"
    whole = mended(read(as_bytes(notebook))[0], RELEASE)
    sources = [one["source"] for one in whole["cells"] if "def game_value" in one["source"]]
    assert sources == [cell(right(), SOLUTION)["source"], "def game_value(*a):\n    return 2"]
    assert cell(whole, SOLUTION)["source"] == sources[1]


def test_what_was_written_into_a_locked_cell_is_run_before_it():
    whole = mended(read(WAYS["the setup added to"].broken())[0], RELEASE)
    setup = next(number for number, one in enumerate(whole["cells"]) if one["id"] == "setup")
    assert whole["cells"][setup - 1]["source"].endswith("\nimport math")
    assert whole["cells"][setup]["source"] == RELEASE.parts["setup"].source


def test_a_missing_solution_is_put_back_without_hiding_what_was_written():
    notebook = right()
    cell(notebook, SOLUTION)["source"] = "game_value = lambda D, p, q, x: 0"
    cell(notebook, SOLUTION)["metadata"] = {}
    cell(notebook, SOLUTION)["id"] = "mine"
    whole = mended(read(as_bytes(notebook))[0], RELEASE)
    assert cell(whole, SOLUTION)["source"] == f"# {SOLUTION} was missing from what was handed in"


@pytest.mark.parametrize("seed", range(60))
def test_whatever_happened_to_the_cells_a_copy_can_be_graded_and_loses_nothing(seed):
    random_ = random.Random(seed)
    notebook = right()
    for _ in range(random_.randrange(1, 9)):
        damage(notebook["cells"], random_)
    notebook, _ = read(as_bytes(notebook))
    whole = mended(notebook, RELEASE)
    nbformat.validate(nbformat.from_dict(whole))
    assert sorted(named(whole["cells"])) == sorted(RELEASE.parts)
    assert compare(whole, RELEASE, RELEASES) == []
    text = "\n".join(one["source"] for one in whole["cells"])
    assert [line for one in notebook["cells"] for line in one["source"].splitlines() if line not in text] == []


def test_the_copy_holds_the_whole_class_and_the_hand_ins_stay(submitted, tmp_path):
    put(submitted, WAYS["a check copied"].broken(), student="ada")
    put(submitted, right(), student="bob")
    put(submitted, b"x = 1", f"{NAME}/helper.py", student="bob")
    put(submitted, b"", student="cyd")
    before = {path: path.read_bytes() for path in submitted.rglob("*") if path.is_file()}
    status, said = command(submitted, "--mend", tmp_path / "mended")
    assert status == 1
    assert said == (
        f"mended: ada, {NAME}: cells there more than once ({CHECK}){GIVES_0}\n"
        f"needs a look: cyd, {NAME}: {NAME}/{NAME}.ipynb is empty (0 bytes){GIVES_0}\n"
        f"{tmp_path / 'mended'} holds a copy of 3 hand-ins, of which 1 need a look; to grade it:\n"
        f"    nbgrader autograde NN_name --CourseDirectory.submitted_directory={tmp_path / 'mended'}\n"
    )
    copies = {path.relative_to(tmp_path / "mended") for path in (tmp_path / "mended").rglob("*") if path.is_file()}
    assert {str(path) for path in copies} == {".course_gan", *(str(path.relative_to(submitted)) for path in before)}
    assert {path: path.read_bytes() for path in submitted.rglob("*") if path.is_file()} == before
    mended_too = read((tmp_path / "mended" / "bob" / NAME / f"{NAME}.ipynb").read_bytes())[0]
    assert mended_too == read(as_bytes(right()))[0]


def test_a_copy_is_brought_up_to_date_and_what_was_changed_in_it_is_kept(submitted, tmp_path):
    target = tmp_path / "mended"
    for student in ("ada", "bob", "cyd"):
        put(submitted, WAYS["a check copied"].broken(), student=student)
    command(submitted, "--mend", target)
    mine = target / "bob" / NAME / f"{NAME}.ipynb"
    mine.write_text("mended by hand")
    put(submitted, right(), student="ada")
    (submitted / "cyd" / NAME / f"{NAME}.ipynb").unlink()
    put(submitted, b"", f"{NAME}/note.txt", student="cyd")
    said = command(submitted, "--mend", target)[1]
    assert f"{mine} was changed since it was copied: kept; remove it to have it made anew\n" in said
    assert mine.read_text() == "mended by hand"
    assert read((target / "ada" / NAME / f"{NAME}.ipynb").read_bytes())[0] == read(as_bytes(right()))[0]
    assert not (target / "cyd" / NAME / f"{NAME}.ipynb").exists()


@pytest.mark.parametrize("where", ["grading/submitted/mended", "grading/submitted", "grading", "mine"])
def test_a_folder_that_is_not_for_copies_is_refused_and_untouched(submitted, tmp_path, where):
    put(submitted, WAYS["a check copied"].broken())
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("mine")
    before = sorted(tmp_path.rglob("*"))
    status, said = command(submitted, "--mend", tmp_path / where)
    assert (status, said.count("\n")) == (1, 1)
    assert sorted(tmp_path.rglob("*")) == before


# ── what was graded ─────────────────────────────────────────────────────────────────────────────────────────────────


def autograde(submitted, notebook, student="ada", outputs=()):
    """What nbgrader leaves of a hand-in that it executed: hidden tests in the checks, outputs."""
    graded = copy.deepcopy(notebook)
    for one in graded["cells"]:
        if one["metadata"].get("nbgrader", {}).get("grade"):
            one["source"] = RELEASE.parts[one["metadata"]["nbgrader"]["grade_id"]].source + "\n# hidden"
        if one["id"] == CHECK:
            one["outputs"] = list(outputs)
    put(submitted.parent / "autograded", graded, student=student)


HEADER = "assignment,duedate,timestamp,student_id,last_name,first_name,email,raw_score,late_submission_penalty,score"


def grades(tmp_path, **scores):
    path = tmp_path / "grades.csv"
    rows = [f"{NAME},,,{student},,,,{score},0.0,{score},16.0\n" for student, score in scores.items()]
    path.write_text(f"{HEADER},max_score\n{''.join(rows)}")
    return path


def looks(path):
    with path.open(encoding="utf-8") as file:
        return {row["student_id"]: (row["score"], row["look"]) for row in csv.DictReader(file)}


def test_a_zero_that_is_no_grade_is_empty_in_the_export_and_an_honest_one_stays(submitted, tmp_path):
    put(submitted, WAYS["a check copied"].broken(), student="ada")
    put(submitted, released(), student="bob")
    autograde(submitted, released(), student="bob")
    put(submitted, right(), f"{NAME}/{NAME} (1).ipynb", student="cyd")
    put(submitted, right(), student="dan")
    autograde(submitted, right(), student="dan")
    put(submitted, right(), student="eve")
    path = grades(tmp_path, ada=0.0, bob=0.0, dan=16.0, eve=0.0, fay=0.0)
    status, said = command(submitted, "--grades", path)
    assert status == 1
    assert said.splitlines()[-1] == f"{path}: 3 grades need a look, and its column look says why"
    assert looks(path) == {
        "ada": ("", f"needs a look: cells there more than once ({CHECK}){GIVES_0}"),
        "bob": ("0.0", ""),
        "cyd": (
            "",
            f"needs a look: {NAME}/{NAME} (1).ipynb is not where nbgrader looks ({NAME}/{NAME}.ipynb){GIVES_0}",
        ),
        "dan": ("16.0", ""),
        "eve": ("", f"needs a look: autograde did not get through it{GIVES_0}"),
        "fay": ("0.0", "nothing handed in"),
    }


def test_a_second_look_after_a_new_grade_takes_the_first_back(submitted, tmp_path):
    put(submitted, released())
    path = grades(tmp_path, ada=0.0)
    command(submitted, "--grades", path)
    assert looks(path)["ada"][0] == ""
    autograde(submitted, released())
    assert command(submitted, "--grades", path)[0] == 0
    assert looks(path)["ada"] == ("0.0", "")
    assert path.read_text().count("look") == 1


def test_a_second_hand_in_is_told_from_the_one_that_was_graded(submitted, tmp_path):
    put(submitted, released())
    autograde(submitted, released())
    assert lines(submitted) == []
    put(submitted, right())
    again = f"nbgrader autograde {NAME} --student=ada --force"
    said = f"is not what was graded: the old grade stays until `{again}`"
    assert lines(submitted) == [f"ada, {NAME}: {said}"]
    path = grades(tmp_path, ada=0.0)
    assert command(submitted, "--grades", path)[0] == 1
    assert looks(path)["ada"] == ("0.0", f"needs a look: {said}")


def test_a_helper_file_handed_in_anew_is_a_second_hand_in(submitted):
    put(submitted, right())
    put(submitted, b"x = 1", f"{NAME}/helper.py")
    autograde(submitted, right())
    put(submitted.parent / "autograded", b"x = 1", f"{NAME}/helper.py")
    assert lines(submitted) == []
    put(submitted, b"x = 2", f"{NAME}/helper.py")
    assert "is not what was graded" in lines(submitted)[0]


def test_a_grade_left_over_from_an_earlier_hand_in_is_named(submitted, tmp_path):
    put(submitted, right())
    path = grades(tmp_path, ada=7.0)
    command(submitted, "--grades", path)
    said = "needs a look: autograde did not get through it, the score is of an earlier hand-in"
    assert looks(path)["ada"] == ("7.0", said)


@pytest.mark.parametrize(
    "way", ["a check copied", "all names lost", "the setup added to", "a check before its solution"]
)
def test_what_was_mended_and_then_graded_is_a_grade(submitted, tmp_path, way):
    put(submitted, WAYS[way].broken())
    autograde(submitted, mended(read(WAYS[way].broken())[0], RELEASE))
    path = grades(tmp_path, ada=16.0)
    assert command(submitted, "--grades", path)[0] == 0
    assert looks(path)["ada"] == ("16.0", "")


@pytest.mark.parametrize("way", ["the setup added to", "a check before its solution", "the setup deleted"])
def test_points_lost_by_the_form_are_named_beside_the_grade(submitted, tmp_path, way):
    notebook, _ = read(WAYS[way].broken())
    put(submitted, notebook)
    if way == "the setup added to":
        cell(notebook, "setup")["source"] = RELEASE.parts["setup"].source  # as nbgrader puts it back
    autograde(submitted, notebook)
    path = grades(tmp_path, ada=3.0)
    command(submitted, "--grades", path)
    assert looks(path)["ada"] == ("3.0", f"needs a look: {WAYS[way].says}{WORDS[Effect.COSTS]}")


def test_a_line_on_stderr_and_a_cell_out_of_time_are_named(submitted, tmp_path):
    late = {"output_type": "error", "ename": "CellTimeoutError", "evalue": "", "traceback": []}
    noise = {"output_type": "stream", "name": "stderr", "text": "a warning"}
    for student, output in (("ada", noise), ("bob", late)):
        put(submitted, right(), student=student)
        autograde(submitted, right(), student, [output])
    path = grades(tmp_path, ada=0.0, bob=3.0)
    command(submitted, "--grades", path)
    assert looks(path) == {
        "ada": ("", f"needs a look: checks passed, but for a line on stderr ({CHECK}){WORDS[Effect.COSTS]}"),
        "bob": ("3.0", f"needs a look: cells out of time ({CHECK})"),
    }


def test_a_comma_in_a_students_name_is_put_together_again(submitted, tmp_path):
    put(submitted, released(), student="Doe, Jane")
    autograde(submitted, released(), student="Doe, Jane")
    path = grades(tmp_path, **{"Doe, Jane": 0.0})
    assert command(submitted, "--grades", path)[0] == 0
    assert looks(path) == {"Doe, Jane": ("0.0", "")}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "cannot be read (No such file or directory); make it with `nbgrader export`"),
        ("name,grade\nada,1\n", "is no export of nbgrader (it lacks assignment, "),
        (f"{HEADER},max_score\n{NAME},,,x,y,z,,,,0.0,0.0,0.0,16.0\n", "line 2 has 13 fields, wanted 11"),
    ],
)
def test_a_file_that_is_no_export_is_one_line_and_untouched(submitted, tmp_path, text, says):
    put(submitted, right())
    path = tmp_path / "grades.csv"
    if text is not None:
        path.write_text(text)
    status, said = command(submitted, "--grades", path)
    assert (status, said.count("\n")) == (1, 1)
    assert says in said
    assert text is None or path.read_text() == text


# ── the command and the guide ───────────────────────────────────────────────────────────────────────────────────────


def test_the_command_says_how_many_need_a_look_and_who_handed_nothing_in(submitted):
    put(submitted, right())
    put(submitted, WAYS["a check copied"].broken(), student="bob")
    put(submitted, (ROOT / "exercises" / "03_dcgan" / "03_dcgan.ipynb").read_bytes(), "03_dcgan/03_dcgan.ipynb")
    assert command(submitted) == (
        1,
        f"bob, {NAME}: cells there more than once ({CHECK}){GIVES_0}\n"
        "03_dcgan: nothing handed in by bob\n"
        "1 of 3 hand-ins need a look; --mend FOLDER puts 1 of them right, in a copy\n",
    )


def test_a_class_in_order_is_status_0(submitted):
    put(submitted, right())
    assert command(submitted) == (0, "0 of 1 hand-ins need a look\n")


def test_mend_and_grades_together_are_refused(submitted, tmp_path):
    status, said = command(submitted, "--mend", tmp_path / "m", "--grades", tmp_path / "g")
    assert (status, said.count("\n")) == (2, 1)
    assert said.startswith("course-gan: --mend is for before autograde, --grades for after it")


def test_the_guide_says_what_an_instructor_has_to_know():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    guide = readme[readme.index("## As an instructor") : readme.index("## As a maintainer")]
    for words in (
        "course-gan handed-in",
        "--mend grading/mended",
        "column `look`",
        "*Validate*",
        "every student's grade",
    ):
        assert words in guide
    assert "/grades*.csv" in (ROOT / ".gitignore").read_text().splitlines()


def test_a_release_that_cannot_be_read_is_one_line(tmp_path, submitted):
    (tmp_path / "nbgrader_config.py").touch()
    (tmp_path / "exercises" / "x").mkdir(parents=True)
    with pytest.raises(CourseError, match="holds no released exercise; run `nbgrader generate_assignment` first"):
        releases_for(submitted)
    (tmp_path / "exercises" / "x" / "x.ipynb").write_text("{}")
    with pytest.raises(CourseError, match="the release cannot be read"):
        releases_for(submitted)
