"""When questions come back, and in which order they are asked: with clocks that stand where the test puts them."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from course_gan.review.answers import Answer
from course_gan.review.bank import Question
from course_gan.review.schedule import choose, due_by_lesson, due_on, next_day

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def days(n: float) -> datetime:
    return NOON + timedelta(days=n)


def bank(**counts: int) -> list[Question]:
    """So many questions of each lesson: a0, a1, …, b0, …"""
    return [Question(f"{lesson}{i}", lesson, "", ()) for lesson, count in counts.items() for i in range(count)]


def names(questions) -> list[str]:
    return [question.name for question in questions]


def until(day: date) -> int:
    return (day - NOON.astimezone().date()).days


# one question


def test_a_question_that_was_never_asked_has_no_day():
    assert due_on([]) is None


@pytest.mark.parametrize(("right", "wait"), [(True, 2), (False, 1)])
def test_a_first_answer_brings_it_back_in_two_days_or_tomorrow(right, wait):
    assert until(due_on([Answer(NOON, right)])) == wait


def test_right_answers_on_their_days_come_ever_later_and_at_least_once_a_year():
    given, when, waits = [], NOON, []
    for _ in range(6):
        given.append(Answer(when, True))
        waits.append((due_on(given) - when.astimezone().date()).days)
        when += timedelta(days=waits[-1])
    assert waits == [2, 11, 46, 163, 365, 365]  # the first three are told by the command's help


def test_a_wrong_answer_after_right_ones_brings_it_back_tomorrow_or_soon():
    right = [Answer(days(0), True), Answer(days(2), True)]
    kept = until(due_on([*right, Answer(days(13), True)]))
    lost = until(due_on([*right, Answer(days(13), False)]))
    assert 14 <= lost < 20
    assert kept > 40


def test_the_schedule_does_not_depend_on_the_order_in_which_answers_are_stored():
    given = [Answer(days(0), True), Answer(days(2), False), Answer(days(3), True)]
    assert due_on(given) == due_on(given[::-1])


def test_a_clock_that_was_set_back_does_no_harm():
    assert until(due_on([Answer(days(400), True), Answer(days(0), True)])) > 400


# which and in which order


def test_it_is_due_on_its_day_from_the_morning_on():
    given = {"a0": [Answer(NOON, True)]}
    local_midnight = (NOON + timedelta(days=2)).astimezone().replace(hour=0, minute=0)
    assert due_by_lesson(bank(a=1), given, local_midnight - timedelta(minutes=1)) == {}
    assert due_by_lesson(bank(a=1), given, local_midnight) == {"a": 1}
    assert next_day(bank(a=1), given, NOON) == local_midnight.date()


def test_what_was_never_asked_is_due_and_counted_by_lesson():
    assert due_by_lesson(bank(a=3, b=2), {"a1": [Answer(NOON, True)]}, NOON) == {"a": 2, "b": 2}


def test_the_next_day_is_the_first_of_those_to_come():
    given = {"a0": [Answer(NOON, True)], "a1": [Answer(NOON, False)], "b0": [Answer(days(-30), True)]}
    assert until(next_day(bank(a=2, b=1), given, NOON)) == 1
    assert next_day(bank(c=1), given, NOON) is None


def test_those_asked_before_come_first_the_longest_due_before_all():
    given = {"a0": [Answer(days(-5), True)], "b0": [Answer(days(-9), True)], "c0": [Answer(days(-1), True)]}
    assert names(choose(bank(a=2, b=2, c=2), given, NOON, 2)) == ["b0", "a0"]


def test_new_ones_come_a_row_at_a_time():
    assert names(choose(bank(a=3, b=3, c=3), {}, NOON, 5)) == ["a0", "b0", "c0", "a1", "b1"]


def test_no_more_than_asked_for_and_no_more_than_are_due():
    assert len(choose(bank(a=9), {}, NOON, 5)) == 5
    assert len(choose(bank(a=2), {}, NOON, 5)) == 2
    assert choose(bank(a=1), {"a0": [Answer(NOON, True)]}, NOON, 5) == []


def neighbours(questions) -> int:
    return sum(one.lesson == other.lesson for one, other in pairwise(questions))


@pytest.mark.parametrize(
    ("counts", "unavoidable"),
    [
        ({"a": 5, "b": 5}, 0),
        ({"a": 9, "b": 2}, 0),
        ({"a": 9, "b": 1}, 2),
        ({"a": 1, "b": 9, "c": 1}, 0),
        ({"a": 9}, 4),
        ({"a": 1, "b": 2}, 0),
    ],
)
def test_lessons_are_interleaved_as_far_as_can_be(counts, unavoidable):
    chosen = choose(bank(**counts), {}, NOON, 5)
    assert len(chosen) == min(5, sum(counts.values()))
    assert neighbours(chosen) == unavoidable


def test_lessons_alternate_even_where_one_is_longest_due():
    given = {f"a{i}": [Answer(days(-20 - i), False)] for i in range(6)} | {
        f"b{i}": [Answer(days(-3), False)] for i in range(6)
    }
    chosen = choose(bank(a=6, b=6), given, NOON, 5)
    assert neighbours(chosen) == 0
    assert names(chosen)[0] == "a5"


def test_early_ones_follow_only_where_too_few_are_due_the_next_due_first():
    given = {f"a{i}": [Answer(days(-i / 2), True)] for i in range(4)}  # a0 and a1 come last
    questions = bank(a=4, b=1)
    assert set(names(choose(questions, given, NOON, 5))) == {"b0"}
    chosen = choose(questions, given, NOON, 3, early=True)
    assert "b0" in names(chosen)
    assert {name for name in names(chosen) if name != "b0"} == {"a3", "a2"}
