"""When a question is asked again, and which are asked now: FSRS by the package fsrs, interleaved over lessons.

A right answer is rated Good, a wrong one Again. Intervals are whole days: 1 after a wrong answer; 2, 11, 46, … after
right ones; a year at the most.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime

from fsrs import Card, Rating, Scheduler

from course_gan.review.answers import Answer, Answers
from course_gan.review.bank import Question

_SCHEDULER = Scheduler(learning_steps=(), relearning_steps=(), maximum_interval=365, enable_fuzzing=False)
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def due_on(answers: Sequence[Answer]) -> date | None:
    """The day, in local time, on which a question with these answers is due again; None where there are none."""
    if not answers:
        return None
    card = Card(card_id=0, due=_NEVER)
    for answer in sorted(answers):
        card, _ = _SCHEDULER.review_card(card, Rating.Good if answer.right else Rating.Again, answer.when)
    return card.due.astimezone().date()


def due_by_lesson(questions: Sequence[Question], answers: Answers, now: datetime) -> dict[str, int]:
    """How many questions are due, by the lessons' numbers; one that was never asked is due."""
    return dict(Counter(question.lesson for question in questions if _is_due(question, answers, now)))


def next_day(questions: Sequence[Question], answers: Answers, now: datetime) -> date | None:
    """The next day after today on which one of the questions becomes due; None where none ever was asked."""
    later = [due_on(answers.get(question.name, ())) for question in questions if not _is_due(question, answers, now)]
    return min(later, default=None)


def choose(
    questions: Sequence[Question], answers: Answers, now: datetime, count: int, early: bool = False
) -> list[Question]:
    """At most `count` questions for a sitting, in the order in which to ask them.

    Of those that are due, first the ones that were asked before, the longest due before all; then those never asked.
    early: whether others follow where these are too few, the next due first. No two of one lesson stand side by side
    while one of another lesson could stand between them.
    """
    place = {}  # of a question within its lesson: new ones come a row at a time, the first of each lesson first
    seen: Counter[str] = Counter()
    for question in questions:
        place[question.name] = seen[question.lesson]
        seen[question.lesson] += 1

    def urgency(question: Question) -> tuple[bool, date, int]:
        day = due_on(answers.get(question.name, ()))
        return day is None, day or date.min, place[question.name]

    by_urgency = sorted(questions, key=urgency)
    due = [question for question in by_urgency if _is_due(question, answers, now)]
    chosen = _alternating(due, count)
    if early:
        others = [question for question in by_urgency if question not in due]
        chosen += _alternating(others, count - len(chosen))
    return _spread(chosen)


def _is_due(question: Question, answers: Answers, now: datetime) -> bool:
    day = due_on(answers.get(question.name, ()))
    return day is None or day <= now.astimezone().date()


def _alternating(questions: list[Question], count: int) -> list[Question]:
    """The first `count`, passing over those of the lesson that came last while there are others."""
    left = list(questions)
    chosen: list[Question] = []
    while left and len(chosen) < count:
        others = [question for question in left if not chosen or question.lesson != chosen[-1].lesson]
        chosen.append((others or left)[0])
        left.remove(chosen[-1])
    return chosen


def _spread(questions: list[Question]) -> list[Question]:
    """The same questions with as few neighbours of one lesson as can be: always one of the lesson with most left."""
    left = list(questions)
    spread: list[Question] = []
    while left:
        of_lesson = Counter(question.lesson for question in left)
        others = [question for question in left if not spread or question.lesson != spread[-1].lesson]
        spread.append(max(others or left, key=lambda question, most=of_lesson: most[question.lesson]))
        left.remove(spread[-1])
    return spread
