"""A sitting: from finished lessons alone, by letters, with the reasons; ended at any moment without a loss."""

import json
import os
import random
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from course_gan.cli import main
from course_gan.files import ROOT
from course_gan.grading.items import load
from course_gan.marker import LEARNER
from course_gan.own_folder import OwnFolder
from course_gan.review import answers, bank, dialogue, sitting
from course_gan.review.answers import Answer, Keeper

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
BANK = {question.name: question for question in bank.load()}


@pytest.fixture
def mine(tmp_path, monkeypatch) -> Path:
    """A learner's folder, with the folder around it as the working directory."""
    monkeypatch.chdir(tmp_path)
    OwnFolder(tmp_path / "my", LEARNER).mark()
    return Path("my")


def pass_items(folder: Path, lesson: str, share: float) -> None:
    """Let this share of a lesson's items pass, rounded up, and the others fail."""
    path = folder / "progress.json"
    entries = json.loads(path.read_text()) if path.exists() else {}
    names = list(load(lesson))
    count = -int(-share * len(names) // 1)
    for number, name in enumerate(names):
        status = "ok" if number < count else "failed"
        entries[name] = {"status": status, "message": "", "when": "2026-01-01 00:00:00"}
    path.write_text(json.dumps(entries))


def is_question(text: str) -> bool:
    return text.startswith("\n") and "\n  a  " in text


class Learner:
    """Who sits before the terminal: sees what is said, and types what `types` makes of the question on the screen."""

    def __init__(self, types, clock=lambda: NOON):
        self.types, self.clock, self.seen = types, clock, []

    def sit(self, folder, lessons=(), count=5):
        return sitting.sit(folder, lessons, count, self.seen.append, self.ask, random.Random(0), self.clock)

    def ask(self, prompt):
        assert prompt == "> "
        return self.types(self.question(), self.seen)

    def question(self):
        """The question that stands on the screen."""
        shown = " ".join(next(text for text in reversed(self.seen) if is_question(text)).split())
        (found,) = [question for question in BANK.values() if " ".join(question.prompt.split()) in shown]
        return found

    def asked(self):
        return [text.splitlines()[1] for text in self.seen if is_question(text)]


def letter_of(choice, seen) -> str:
    shown = next(text for text in reversed(seen) if is_question(text))
    lines = shown.splitlines()
    for number, line in enumerate(lines):
        if line.startswith("  ") and line[2] in "abcd" and line[3:5] == "  ":
            whole = line[5:]
            for more in lines[number + 1 :]:
                if not more.startswith("     "):
                    break
                whole += " " + more.strip()
            if whole == " ".join(choice.text.split()):
                return line[2]
    raise AssertionError(choice.text)


def rightly(question, seen):
    return letter_of(question.choices[0], seen)


def wrongly(question, seen):
    return letter_of(question.choices[1], seen)


# which lessons


def test_with_nothing_finished_one_line_says_what_to_do(mine):
    learner = Learner(rightly)
    learner.sit(mine)
    line = "no lesson is finished yet: do the exercise of one, or choose any with `course-gan review --lesson 01`"
    assert learner.seen == [line]
    assert not (mine / "review.json").exists()


def test_a_lesson_is_finished_when_half_of_its_items_pass(mine):
    pass_items(mine, "01", 0.5)
    pass_items(mine, "03", 0.3)
    pass_items(mine, "clinic", 1)
    assert sitting.finished(mine) == ["01", "clinic"]


def test_items_that_no_exercise_has_count_for_nothing(mine):
    entries = {f"01.gone{i}": {"status": "ok", "when": ""} for i in range(20)}
    (mine / "progress.json").write_text(json.dumps(entries))
    assert sitting.finished(mine) == []


def test_questions_come_from_finished_lessons_alone(mine):
    pass_items(mine, "01", 1)
    pass_items(mine, "05", 1)
    learner = Learner(rightly)
    learner.sit(mine)
    assert len(learner.asked()) == 5
    assert {heading.split(", ")[1] for heading in learner.asked()} == {"lesson 01", "lesson 05"}


@pytest.mark.parametrize("word", ["3", "03", "03_dcgan", "dcgan"])
def test_a_lesson_that_is_named_is_asked_about_finished_or_not(mine, word):
    learner = Learner(rightly)
    learner.sit(mine, [word], count=3)
    assert learner.asked() == [f"{n} of 3, lesson 03" for n in (1, 2, 3)]


def test_a_lesson_that_is_named_is_asked_about_even_where_nothing_is_due(mine):
    for _ in range(2):
        learner = Learner(rightly)
        learner.sit(mine, ["00"], count=50)
        assert len(learner.asked()) == sum(question.lesson == "00" for question in BANK.values())


# the dialogue


def test_a_right_answer_and_a_wrong_one_are_told_with_all_reasons_and_kept(mine):
    learner = Learner(lambda question, seen: (rightly if len(learner.asked()) == 1 else wrongly)(question, seen))
    outcome = learner.sit(mine, ["01"], count=2)
    assert (outcome.answered, outcome.right, outcome.ended) == (2, 1, "")
    told = [" ".join(text.split()) for text in learner.seen if text.startswith(("✓", "✗"))]
    assert [text.split()[0:2][1] for text in told] == ["right", "wrong"]
    kept = answers.read(mine)
    assert [given[0].right for given in kept.values()] == [True, False]
    for text, name in zip(told, kept):
        assert all(" ".join(choice.reason.split()) in text for choice in BANK[name].choices)
    assert learner.seen[-1] == "\n1 of 2 right; 8 questions are due now"


def test_only_the_right_choice_is_marked(mine):
    learner = Learner(wrongly)
    learner.sit(mine, ["02"], count=1)
    explained = next(text for text in learner.seen if text.startswith("✗"))
    marked = [line for line in explained.splitlines()[1:] if line.startswith("✓")]
    assert len(marked) == 1
    assert BANK[next(iter(answers.read(mine)))].choices[0].reason.split()[:3] == marked[0].split()[2:5]


@pytest.mark.parametrize("typed", ["A", " a ", "a)", "a."])
def test_a_letter_may_be_typed_as_people_do(mine, typed):
    outcome = Learner(lambda question, seen: typed).sit(mine, ["01"], count=1)
    assert outcome.answered == 1


def test_what_is_no_letter_is_told_in_a_line_and_asked_again(mine):
    typed = iter(["z", "ab", "7", ""])
    learner = Learner(lambda question, seen: next(typed))
    learner.sit(mine, ["01"], count=1)
    assert learner.seen[2:5] == ["answer with one of a, b, c, d, or press Enter to skip"] * 3


def test_enter_skips_without_telling_or_keeping_anything(mine):
    learner = Learner(lambda question, seen: "")
    outcome = learner.sit(mine, ["01"], count=2)
    assert (outcome.answered, outcome.ended) == (0, "")
    assert learner.seen[-1] == "\nnothing was answered; 10 questions are due now"
    assert not (mine / "review.json").exists()


def test_the_place_of_the_right_choice_changes_from_asking_to_asking():
    letters = []
    learner = Learner(lambda question, seen: letters.append(rightly(question, seen)) or "")
    question = next(iter(BANK.values()))
    dialogue.hold([question] * 40, lambda *answer: None, learner.ask, learner.seen.append, random.Random(0))
    assert len(question.choices) == 4
    assert min(letters.count(letter) for letter in "abcd") >= 4


def test_a_narrow_terminal_gets_narrow_lines(mine, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    learner = Learner(lambda question, seen: "a")
    learner.sit(mine, ["01"], count=3)
    shown = [line for text in learner.seen[1:-1] for line in text.splitlines()]
    assert max(map(len, shown)) <= 40


# over days


def test_a_week_of_two_minutes(mine):
    """Nothing is due the next morning after right answers; what was wrong is."""
    pass_items(mine, "00", 1)
    Learner(rightly).sit(mine, count=8)
    last = Learner(wrongly)
    last.sit(mine, count=8)
    assert last.seen[-1] == "\n0 of 1 right; the next tomorrow"
    empty = Learner(rightly)
    empty.sit(mine)
    assert empty.seen == ["nothing is due; the next tomorrow"]
    assert sitting.due(mine, now=NOON + timedelta(days=1)) == {"00": 1}
    assert sitting.due_line(mine, now=NOON + timedelta(days=2)) == "9 due: 9 of 00"
    tomorrow = Learner(rightly, clock=lambda: NOON + timedelta(days=1))
    tomorrow.sit(mine)
    assert (len(tomorrow.asked()), tomorrow.seen[-1]) == (1, "\n1 of 1 right; the next tomorrow")


def test_a_day_that_is_farther_is_named(mine):
    pass_items(mine, "00", 1)
    Learner(rightly).sit(mine, count=50)
    learner = Learner(rightly)
    learner.sit(mine)
    assert learner.seen == ["nothing is due; the next in 2 days, on 2026-03-04"]


def test_questions_that_the_bank_does_not_have_any_more_stay_in_the_file(mine):
    keeper = Keeper(mine, print)
    keeper.add("01.a_question_of_old", Answer(NOON, True))
    Learner(rightly).sit(mine, ["01"], count=1)
    assert "01.a_question_of_old" in answers.read(mine)


# its end


@pytest.mark.parametrize(
    ("error", "line"),
    [(EOFError, "\nend of input; 2 of 2 right; "), (KeyboardInterrupt, "\ninterrupted; 2 of 2 right; ")],
)
def test_an_end_in_the_middle_is_one_line_and_keeps_what_was_answered(mine, error, line):
    def types(question, seen):
        if len(learner.asked()) == 3:
            raise error
        return rightly(question, seen)

    learner = Learner(types)
    outcome = learner.sit(mine, ["04"])
    assert outcome.answered == 2
    assert learner.seen[-1].startswith(line)
    assert len(answers.read(mine)) == 2


def test_an_interrupt_while_an_answer_is_written_loses_nothing(mine, monkeypatch):
    real = answers.write_whole

    def interrupted(path, text):
        monkeypatch.setattr(answers, "write_whole", real)
        raise KeyboardInterrupt

    monkeypatch.setattr(answers, "write_whole", interrupted)
    learner = Learner(rightly)
    outcome = learner.sit(mine, ["04"])
    assert (outcome.answered, outcome.ended) == (1, "interrupted")
    assert len(answers.read(mine)) == 1
    assert learner.seen[-1].startswith("\ninterrupted; 1 of 1 right; ")


def test_an_answer_that_could_not_be_kept_is_not_called_kept(mine):
    (mine / "review.json").mkdir()
    learner = Learner(rightly)
    learner.sit(mine, ["04"], count=2)
    assert learner.seen[-1].startswith("\n2 of 2 right, not kept; ")
    assert sum("answers are not kept: " in text for text in learner.seen) == 1


# the command


def course_gan(*words, typed=""):
    return CliRunner().invoke(main, ["review", *words], input=typed)


def test_the_help_says_what_finished_means_and_where_answers_are():
    shown = " ".join(course_gan("--help").output.split())
    assert "at least half of the items of its exercise pass" in shown
    assert "review.json in your copy" in shown
    for option in ("--dir", "--lesson", "-n, --questions", "--due"):
        assert option in shown


def test_end_of_input_is_a_line_and_status_0(mine):
    ended = course_gan("--lesson", "01", typed="a\n")
    assert ended.exit_code == 0
    assert "\nend of input; " in ended.output
    assert len(answers.read(mine)) == 1


def test_no_more_than_five_where_no_number_is_given(mine):
    assert "5 of 5, lesson 01" in course_gan("--lesson", "01", typed="\n" * 9).output
    assert "2 of 2, lesson 01" in course_gan("--lesson", "01", "-n", "2", typed="\n" * 9).output


@pytest.mark.parametrize("count", ["0", "51", "many"])
def test_a_number_that_cannot_be_is_one_line_and_status_2(mine, count):
    refused = course_gan("-n", count)
    assert refused.exit_code == 2
    assert refused.output.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--lesson", "99"], "course-gan: unknown lesson '99': there are "),
        (["--dir", "nowhere"], "course-gan: there is no folder nowhere: name the one that `course-gan lab --dir` made"),
        (["--dir", "."], "course-gan: cannot use .: it holds something else than a learner's copy (my, notes.txt); "),
    ],
)
def test_what_cannot_be_is_one_line_and_nothing_is_asked(mine, words, line):
    Path("notes.txt").write_text("")
    refused = course_gan(*words, *(["--lesson", "01"] if "--dir" in words else []))
    assert refused.exit_code == 1
    assert refused.output.startswith(line)
    assert refused.output.count("\n") == 1


def test_due_only_says_how_many_and_of_which_and_makes_nothing(mine):
    pass_items(mine, "01", 1)
    pass_items(mine, "clinic", 1)
    before = sorted(path.name for path in mine.iterdir())
    counted = {lesson: sum(question.lesson == lesson for question in BANK.values()) for lesson in ("01", "clinic")}
    shown = course_gan("--due")
    assert shown.exit_code == 0
    assert shown.output == f"{sum(counted.values())} due: {counted['01']} of 01, {counted['clinic']} of clinic\n"
    assert course_gan("--due", "--lesson", "1").output == f"{counted['01']} due: {counted['01']} of 01\n"
    assert sorted(path.name for path in mine.iterdir()) == before


def test_due_without_a_copy_is_none_and_makes_none(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert course_gan("--due").output == "0 due\n"
    assert list(tmp_path.iterdir()) == []


def test_due_says_that_a_file_is_damaged(mine):
    (mine / "review.json").write_text("{")
    shown = CliRunner().invoke(main, ["review", "--due"])
    assert shown.stderr == f"{mine}/review.json is damaged: what can be read of it counts\n"
    assert shown.stdout == "0 due\n"


def test_inside_a_copy_that_copy_is_meant(mine, monkeypatch):
    (mine / "notebooks").mkdir()
    home = mine.resolve()
    monkeypatch.chdir(mine / "notebooks")
    course_gan("--lesson", "01", typed="a\n")
    assert len(answers.read(home)) == 1
    assert not (home / "notebooks" / "my").exists()


@pytest.mark.skipif(os.name != "posix", reason="signals as a terminal sends them")
def test_ctrl_c_in_a_terminal_is_one_line_without_a_traceback(mine):
    heard = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"  # tests may run in the background
    code = f"{heard}; from course_gan.cli import main; main(['review', '--lesson', '01'])"
    words = [sys.executable, "-c", code]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = subprocess.Popen(words, env=environment, text=True, encoding="utf-8", **pipes)
    process.stdin.write("a\n")
    process.stdin.flush()
    for line in process.stdout:
        if line.startswith("2 of 5"):
            break
    process.send_signal(signal.SIGINT)
    process.wait(timeout=120)
    out, err = process.communicate()
    assert process.returncode == 130
    assert err == ""
    assert out.rstrip().splitlines()[-1].startswith("interrupted; ")
    assert len(answers.read(mine)) == 1
