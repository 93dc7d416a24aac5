"""What panels are made of: workers that take turns, errors of one line, the line of news, and controls."""

import time

import pytest
import torch

from course_gan import panels
from course_gan.errors import CourseError
from course_gan.panels.kit.controls import Slider
from course_gan.panels.kit.messages import one_line
from course_gan.panels.kit.panel import Panel
from course_gan.panels.kit.threads import Worker
from course_gan.training import NonFiniteError
from tests.unit.panel_helpers import line, until

# --- one at a time


def test_two_workers_take_turns():
    seen, workers = [], [Worker("one"), Worker("two")]

    def endless(name):
        while True:
            yield name

    for worker in workers:
        worker.start(lambda name=worker.name: endless(name), lambda r: (seen.append(r), time.sleep(0.002))[0], len_of)
    until(lambda: len(seen) > 120)
    for worker in workers:
        worker.halt()
    both = seen[seen.index("two") :][:40]
    assert min(both.count("one"), both.count("two")) >= 8


def len_of(error):
    assert error is None


def test_a_worker_ends_by_itself_by_halt_and_by_an_error():
    worker, ends = Worker("w"), []
    worker.start(lambda: iter(range(3)), lambda r: None, ends.append)
    until(lambda: ends == [None])
    assert not worker.running

    worker.start(lambda: iter(int, 1), lambda r: None, ends.append)
    with pytest.raises(CourseError, match="it is running already"):
        worker.start(lambda: iter(()), lambda r: None, ends.append)
    worker.halt()
    assert (worker.running, ends) == (False, [None, None])

    worker.start(lambda: iter([1]), lambda r: 1 / 0, ends.append)
    until(lambda: len(ends) == 3)
    assert isinstance(ends[2], ZeroDivisionError)


# --- the line of news


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (CourseError("lr is 5: choose less"), "lr is 5: choose less"),
        (ValueError("loss is 'x'\nmore"), "loss is 'x'"),
        (ZeroDivisionError("division by zero"), "ZeroDivisionError: division by zero"),
        (RuntimeError(), "RuntimeError: no message"),
        (
            NonFiniteError("stopped at step 3: the generator's loss is NaN; saved checkpoints are untouched"),
            "stopped at step 3: the generator's loss is NaN: start anew with a lower learning rate",
        ),
        (
            torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"),
            "out of memory: choose a smaller batch size or width and start again; the game so far is kept",
        ),
        (
            RuntimeError("[enforce fail at alloc_cpu.cpp:118] . DefaultCPUAllocator: can't allocate memory"),
            "out of memory: choose a smaller batch size or width and start again; the game so far is kept",
        ),
    ],
)
def test_every_error_is_one_line(error, line):
    assert one_line(error) == line


def test_markup_in_an_error_is_shown_and_not_obeyed():
    panel = panels.Minimax()
    panel.open()
    panel.fail(CourseError("<img src=x onerror=alert(1)>"))
    assert line(panel) == "✗ &lt;img src=x onerror=alert(1)&gt;"
    assert 'role="alert"' in panel.news.value


def test_showing_nothing_new_leaves_the_line_of_news_and_showing_an_empty_one_clears_it():
    panel = panels.Minimax()
    panel.open()
    panel.fail(CourseError("wrong"))
    panel.show()
    assert line(panel) == "✗ wrong"
    panel.show("")
    assert line(panel) == ""


def test_an_error_is_taken_away_by_the_next_thing_that_goes_well():
    panel = panels.Minimax()
    panel.open()
    refused = panel.guarded(lambda: panel.set("theta", 99))
    for well in (
        lambda: panel.set("theta", 1.0),
        lambda: setattr(panel.knobs["gap"], "value", 2.0),
        panel.guarded(int),
    ):
        refused()
        assert line(panel) == "✗ generator: θ is 99, but has to be from -6 to 6"
        well()
        assert line(panel) == ""
    assert panel.error is None
    refused()
    panel.guarded(lambda: panel.say("fine"))()
    assert line(panel) == "fine"


def test_an_error_that_comes_while_something_goes_well_stays():
    panel = panels.Minimax()
    panel.open()
    panel.fail(CourseError("before"))
    panel.guarded(lambda: panel.fail(CourseError("in a thread")))()
    assert (line(panel), str(panel.error)) == ("✗ in a thread", "in a thread")


@pytest.mark.parametrize("make", [panels.Minimax, lambda: panels.Stylist(longest=64)])
def test_the_line_of_news_stands_above_the_picture(make):
    panel = make()
    box = panel.open()
    (picture,) = [part for part in box.children if panel.image in getattr(part, "children", ())]
    assert box.children.index(panel.news) < box.children.index(picture)


# --- sliders


def test_a_slider_out_of_range_or_unknown_is_one_line():
    with pytest.raises(CourseError, match=r"^width is 7, but has to be from 1 to 3$"):
        Slider("width", 2, 1, 3, 1).checked(7)
    assert Slider("width", 2, 1, 3, 1).checked(3) == 3
    with pytest.raises(CourseError, match=r"^the panel has no 'height': it has gap, spread, theta, width$"):
        panels.Minimax(height=3)


def test_a_slider_of_whole_numbers_holds_whole_numbers():
    sliders = {"whole": Slider("whole", 2, 1, 3, 1), "part": Slider("part", 0.5, 0.0, 1.0, 0.1)}
    panel = type("Two", (Panel,), {"sliders": sliders})()
    panel.slides()
    kinds = {name: type(knob).__name__ for name, knob in panel.knobs.items()}
    assert kinds == {"whole": "IntSlider", "part": "FloatSlider"}
    assert (panel.knobs["whole"].value, panel.knobs["part"].max) == (2, 1.0)
