"""The bank of questions: what each holds, that nothing gives the answer away, and that a wheel carries it."""

import ast
import shutil
from collections import Counter

import pytest

from course_gan import catalogue
from course_gan.catalogue import lessons, questions
from course_gan.console import PLAIN
from course_gan.errors import CourseError
from course_gan.files import ROOT
from course_gan.review import bank
from workshop import syllabus
from workshop.convert import to_notebook

BANK = bank.load()


def test_every_lesson_has_at_least_eight_questions():
    counted = Counter(question.lesson for question in BANK)
    finished = [lesson.number for lesson in lessons() if not syllabus.is_draft(to_notebook(lesson.source))]
    assert {number: counted[number] for number in finished if counted[number] < 8} == {}
    assert set(counted) <= {lesson.number for lesson in lessons()}


def test_no_two_questions_share_a_name_or_a_prompt():
    assert len({question.name for question in BANK}) == len(BANK)
    assert len({question.prompt for question in BANK}) == len(BANK)


@pytest.mark.parametrize("question", BANK, ids=lambda question: question.name)
def test_a_question_is_short_and_each_choice_has_its_reason(question):
    assert len(question.prompt.split()) <= 60
    assert 3 <= len(question.choices) <= 4
    assert [choice.is_right for choice in question.choices] == [True] + [False] * (len(question.choices) - 1)
    texts = [choice.text.casefold().rstrip(".") for choice in question.choices]
    assert len(set(texts)) == len(texts)
    assert all(text.strip() for text in texts)
    reasons = [choice.reason for choice in question.choices]
    assert len(set(reasons)) == len(reasons)
    assert all(len(reason.split()) >= 5 and reason.endswith(".") for reason in reasons)


def test_every_character_has_a_plain_form_for_a_terminal_that_lacks_it():
    told = [text for question in BANK for text in (question.prompt, *(c.text + c.reason for c in question.choices))]
    lacking = {character for text in told for character in text if not character.isascii()} - set(PLAIN)
    assert lacking <= {"é"}  # of Fréchet, which is written with a number there


def test_the_length_of_a_choice_does_not_give_the_right_one_away():
    """By chance the right one of four is the longest once in four times; so is it the shortest."""
    lengths = [[len(choice.text) for choice in question.choices] for question in BANK]
    longest = sum(right >= max(others) for right, *others in lengths)
    shortest = sum(right <= min(others) for right, *others in lengths)
    assert 0.15 < longest / len(BANK) < 0.35
    assert 0.15 < shortest / len(BANK) < 0.35
    mean_right = sum(right for right, *_ in lengths) / len(BANK)
    mean_wrong = sum(sum(others) / len(others) for _, *others in lengths) / len(BANK)
    assert mean_right == pytest.approx(mean_wrong, rel=0.1)


def test_a_wheel_carries_the_questions_and_finds_them(tmp_path, monkeypatch):
    """setup.py packs the course by patterns; here they are copied as it does, without a build."""
    tree = ast.parse((ROOT / "setup.py").read_text(encoding="utf-8"))
    (patterns,) = [
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and node.targets[0].id == "COURSE"
    ]
    packed = {path for pattern in patterns for path in ROOT.glob(pattern)}
    assert set(questions().values()) <= packed
    for path in packed:
        if path.suffix in (".toml", ".ipynb"):
            target = tmp_path / path.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    monkeypatch.setattr(catalogue, "ROOT", tmp_path)
    assert bank.load() == BANK
    assert catalogue.number_of("dcgan") in {question.lesson for question in BANK}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[[question]]\nid = 1", "lacks 'right'"),
        ("question = 3", "'int' object is not iterable"),
        ("", "lacks 'question'"),
        ('[[question]]\nid = "a"\nprompt = "b"\nright = 3\nwrong = []', "'int' object is not subscriptable"),
        ("[[question", "Expected ']]' "),
    ],
)
def test_a_file_of_another_form_is_one_line_that_names_it(tmp_path, monkeypatch, text, why):
    path = tmp_path / "source" / "06_conditional" / "questions.toml"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    monkeypatch.setattr(catalogue, "ROOT", tmp_path)
    with pytest.raises(CourseError) as refused:
        bank.load()
    assert str(refused.value).startswith(f"{path} is no file of questions ({why}")
    assert str(refused.value).endswith("): see CONTRIBUTING.md for the form")
    assert "\n" not in str(refused.value)
