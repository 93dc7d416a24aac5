"""What `course-gan review` does: which lessons count, what is due, a sitting and the line at its end."""

import random
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from course_gan.catalogue import number_of
from course_gan.errors import CourseError
from course_gan.grading import record
from course_gan.grading.items import load
from course_gan.grading.learners_folder import learners_folder
from course_gan.review import answers, bank, dialogue, schedule

_NOTHING = "no lesson is finished yet: do the exercise of one, or choose any with `course-gan review --lesson 01`"


def usual_folder() -> Path:
    """The learner's folder that the working directory is in, else my/ in the working directory."""
    return learners_folder() or Path("my")


def finished(folder: Path) -> list[str]:
    """The numbers of the lessons that are finished: at least half of the items of their exercise pass."""
    passed = [name for name, entry in record.read(folder).items() if entry["status"] == "ok"]
    found = []
    for lesson in record.lessons_with_checks():
        if any(name.startswith(f"{lesson}.") for name in passed):  # to load checks takes a moment
            items = load(lesson)
            if 2 * sum(name in items for name in passed) >= len(items):
                found.append(lesson)
    return found


def due(folder: Path, lessons: Sequence[str] = (), now: datetime | None = None) -> dict[str, int]:
    """How many questions are due, by the lessons' numbers; of the lessons named, else of the finished ones.

    lessons: as a person calls them, "3", "dcgan". Raises CourseError for one that has no questions.
    """
    return schedule.due_by_lesson(_questions(folder, lessons), answers.read(folder), now or datetime.now(UTC))


def due_line(folder: Path, lessons: Sequence[str] = (), now: datetime | None = None) -> str:
    """A line that says how many questions are due, and of which lessons."""
    found = due(folder, lessons, now)
    named = ", ".join(f"{number} of {lesson}" for lesson, number in found.items())
    return f"{sum(found.values())} due: {named}" if found else "0 due"


def sit(
    folder: Path,
    lessons: Sequence[str],
    count: int,
    say: Callable[[str], None],
    ask: Callable[[str], str] = input,
    chance: random.Random | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> dialogue.Outcome:
    """Hold a sitting of at most `count` questions, keep each answer in the folder, and say how it went.

    lessons: those to ask about, due or not; where none is named, what is due of the finished ones.
    Raises CourseError where the folder is not a learner's, or a lesson named has no questions.
    """
    questions = _questions(folder, lessons)
    if not questions:
        say(_NOTHING)
        return dialogue.Outcome()
    keeper = answers.Keeper(folder, say)
    chosen = schedule.choose(questions, answers.read(folder), clock(), count, early=bool(lessons))
    if not chosen:
        say(f"nothing is due; {_next(questions, answers.read(folder), clock())}")
        return dialogue.Outcome()
    say(f"{_counted(len(chosen), 'question')}; answer with a letter, Enter skips, Ctrl-C ends")

    def answered(question: bank.Question, is_right: bool) -> None:
        keeper.add(question.name, answers.Answer(clock(), is_right))

    outcome = dialogue.hold(chosen, answered, ask, say, chance or random.Random())
    keeper.flush()
    ended = f"\n{outcome.ended}; " if outcome.ended else "\n"
    kept = ", not kept" if keeper.unkept else ""
    score = f"{outcome.right} of {outcome.answered} right{kept}" if outcome.answered else "nothing was answered"
    say(f"{ended}{score}; {_next(questions, answers.read(folder), clock())}")
    return outcome


def _questions(folder: Path, lessons: Sequence[str]) -> list[bank.Question]:
    """The questions of the lessons named, else of the finished ones."""
    every = bank.load()
    numbers = [number_of(word) for word in lessons] if lessons else finished(folder)
    if lessons:
        known = {question.lesson for question in every}
        for number in numbers:
            if number not in known:
                raise CourseError(f"there are no questions about lesson {number}: choose {', '.join(sorted(known))}")
    return [question for question in every if question.lesson in numbers]


def _next(questions: list[bank.Question], given: answers.Answers, now: datetime) -> str:
    """When the next questions are due."""
    still = sum(schedule.due_by_lesson(questions, given, now).values())
    if still:
        return f"{_counted(still, 'question')} {'are' if still > 1 else 'is'} due now"
    day = schedule.next_day(questions, given, now)
    return f"the next {_in_days(day, now.astimezone().date())}"


def _in_days(day: date, today: date) -> str:
    days = (day - today).days
    return "tomorrow" if days == 1 else f"in {days} days, on {day.isoformat()}"


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}{'s' if number != 1 else ''}"
