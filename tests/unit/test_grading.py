"""What a learner meets: a check that tells in a line, never breaks the notebook, and keeps what passed."""

import contextlib
import importlib.util
import json
import os
import signal
import sys
import threading
import time

import pytest
import torch

from course_gan import grading
from course_gan.errors import CourseError
from course_gan.files import ROOT
from course_gan.grading import Check, Complaint, assess, check, close, notebook, progress, record, require
from course_gan.grading.items import find, load
from course_gan.grading.worker.ask import ask, call, clock, describe, plain, probe_source, same, value_and_gradients
from course_gan.marker import LEARNER
from course_gan.own_folder import OwnFolder

check_module = sys.modules["course_gan.grading.verdict"]  # the package's name `check` is the function


def right(p, q):
    return torch.where(p + q > 0, p / (p + q), 0.5)


def wrong(p, q):
    return torch.where(p + q > 0, q / (p + q), 0.5)


def double(**changes) -> Check:
    """A check of our own: twice a number."""
    settings = {"name": "99.double", "read": "notebooks/99", "inputs": lambda g: [{"x": torch.rand(2, generator=g)}]}
    return Check(**settings | {"reference": lambda x: 2 * x.double()} | changes)


def judged(learners, **changes):
    return assess(double(**changes), learners, torch.Generator().manual_seed(0))


@pytest.fixture
def learners(tmp_path, monkeypatch):
    """A learner's folder as `course-gan lab` makes it, with the notebook's folder as the working directory."""
    OwnFolder(tmp_path, LEARNER).mark()
    here = tmp_path / "exercises" / "01_minimax_game"
    here.mkdir(parents=True)
    monkeypatch.chdir(here)
    for kept in ("_session", "_unkept"):
        monkeypatch.setattr(record, kept, {})
    monkeypatch.setattr(record, "_said", set())
    return tmp_path


def test_a_right_answer_passes_in_a_line_and_returns_nothing(learners, capsys):
    assert check("01.optimal_discriminator", right) is None
    out, err = capsys.readouterr()
    assert out == "✓ 01.optimal_discriminator: passed (3 cases)\n"
    assert err == ""


def test_a_wrong_answer_is_told_what_was_expected_what_came_on_which_input_and_where_to_read(learners, capsys):
    assert check("01.optimal_discriminator", wrong) is None
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("✗ 01.optimal_discriminator: expected 0.")
    assert ", got 0." in lines[0]
    assert lines[1].startswith("    on    p = [0.")
    assert lines[2] == "    read  notebooks/01_minimax_game, section 2"


def test_a_stub_is_open_not_failed(learners, capsys):
    def stub(p, q):
        raise NotImplementedError()

    check("01.optimal_discriminator", stub)
    assert capsys.readouterr().out == "○ 01.optimal_discriminator: not written yet\n"


def test_an_unknown_name_lists_those_there_are(learners, capsys):
    check("01.optimal", right)
    check("77.optimal", right)
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("unknown check '01.optimal': there are 01.optimal_discriminator, 01.game_value, ")
    assert second.startswith("unknown lesson '77': there are 00_start_here, 01")
    with pytest.raises(CourseError, match="unknown check"):
        require("01.optimal", right)


def test_require_raises_one_line_and_is_silent_for_what_is_right(capsys):
    assert require("01.optimal_discriminator", right) is None
    with pytest.raises(grading.NotPassed, match=r"^01\.optimal_discriminator: expected .*, got .*; read notebooks/01"):
        require("01.optimal_discriminator", wrong)
    assert len(grading.NotPassed("why")._render_traceback_()) == 1
    assert capsys.readouterr() == ("", "")


def test_require_asks_again_unless_the_check_before_was_long_and_of_the_same_object(learners, monkeypatch):
    asked = []
    monkeypatch.setattr(notebook, "find", lambda name: double(seconds=20.0))
    monkeypatch.setattr(notebook, "assess", lambda c, o, g: asked.append(o) or assess(c, o, g))
    check("99.double", twice)
    require("99.double", twice)
    assert len(asked) == 1
    with pytest.raises(grading.NotPassed):
        require("99.double", lambda x: x)
    assert len(asked) == 2


def twice(x):
    return 2 * x


def changes_its_input(x):
    return x.mul_(2)


def calls_exit(x):
    raise SystemExit(3)


def divides_by_zero(x):
    return 1 / 0


@pytest.mark.parametrize(
    ("learners", "status", "message"),
    [
        (twice, "ok", "passed (1 case)"),
        (lambda x: (2 * x.double()).numpy(), "ok", "passed (1 case)"),
        (None, "error", "it wants your function itself, got None (no brackets behind the name)"),
        (torch.zeros(2), "error", "it wants your function itself, got [0, 0] (no brackets behind the name)"),
        (divides_by_zero, "error", "it raised ZeroDivisionError: division by zero (at `return 1 / 0`)"),
        (calls_exit, "error", "it raised SystemExit: 3 (at `raise SystemExit(3)`)"),
        (lambda x: None, "failed", "expected a tensor of shape (2,), got None: is the return missing?"),
        (lambda x: x * torch.nan, "failed", "expected 0.992513 at [0], got nan"),
        (lambda x: 2 * x.sum(), "failed", "expected a tensor of shape (2,), got shape ()"),
        (lambda x: (2 * x).long(), "failed", "expected a tensor of shape (2,) of float64, got int64"),
        (lambda x: x > 0, "failed", "expected a tensor of shape (2,) of float64, got bool"),
        (lambda x: [2 * x], "failed", "expected a tensor of shape (2,), got ([0.9925, 1.536])"),
        (lambda x: (2 * x).to("meta"), "failed", "expected the answer on the device of what was sent (cpu), got it on meta"),  # noqa: E501
        (lambda x: object(), "failed", "expected tensors or numbers, got a object"),
        (changes_its_input, "failed", "it changed its input x: compute new tensors, leave those sent alone"),
    ],
)  # fmt: skip
def test_each_kind_of_object_is_told_what_is_wrong(learners, status, message):
    result = judged(learners)
    assert (result.status, result.message) == (status, message)


def test_what_the_learner_prints_and_warns_of_goes_to_stdout_only(capsys):
    def loud(x):
        import warnings

        print("one")
        print("two", file=sys.stderr)
        warnings.warn("three", stacklevel=1)
        return 2 * x

    assert judged(loud).status == "ok"
    out, err = capsys.readouterr()
    assert err == ""
    assert "one" in out
    assert "two" in out


def test_a_check_leaves_the_learners_random_numbers_alone():
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    judged(lambda x: 2 * x + 0 * torch.rand(1))
    assert torch.equal(torch.rand(1), expected)


def test_inputs_are_fresh_each_time(learners, capsys):
    check("01.optimal_discriminator", wrong)
    check("01.optimal_discriminator", wrong)
    first, second = capsys.readouterr().out.split("✗")[1:]
    assert first != second


def endless(*_):
    while True:
        time.sleep(0.01)


def test_an_interruption_ends_a_check_with_a_line(learners, capsys):
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where a shell started us behind it
    try:
        threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
        check("01.optimal_discriminator", endless)
    finally:
        signal.signal(signal.SIGINT, before)
    assert capsys.readouterr() == (
        "✗ 01.optimal_discriminator: interrupted before it answered; nothing was recorded\n",
        "",
    )
    assert record.results() == {}


def test_what_never_returns_is_told_then_stopped_and_no_except_of_its_helps(monkeypatch, capsys):
    def stubborn(x):
        while True:
            with contextlib.suppress(Exception):
                time.sleep(0.05)

    monkeypatch.setattr(check_module, "clock", lambda note, stop, say: clock(note / 60, stop / 60, say))
    result = judged(stubborn)
    assert result.status == "error"
    assert result.message == "stopped after 20 s without an answer; it should take about 1 s"
    assert capsys.readouterr().out.startswith("… 99.double: still running after 0.1 s; interrupt with ■, else")


def test_a_check_with_a_fault_of_its_own_says_so(learners, capsys, monkeypatch):
    monkeypatch.setattr(notebook, "find", lambda name: double(reference=lambda x: 1 / 0))
    check("99.double", twice)
    assert "the check itself failed (ZeroDivisionError: division by zero); please report it" in capsys.readouterr().out


def fragile(case, expected, answer):
    """A verdict that thinks of numbers only."""
    return None if answer in {2: "two"} and sorted(answer) else f"expected two\n, got {answer!r}"


ODD = [{"a": 1}, [[1], {}], "text", 3 + 1j, 10**5000, torch.zeros(3) + 1j, {1, 2}, ["long"] * 999, torch.zeros(9, 9)]


@pytest.mark.parametrize("answer", ODD, ids=lambda answer: type(answer).__name__)
@pytest.mark.parametrize("verdict", [None, fragile])
def test_an_answer_that_no_comparison_thought_of_is_wrong_and_told_in_a_line(answer, verdict):
    result = judged(lambda x: answer, verdict=verdict)
    assert result.status == "failed"
    assert result.message.startswith("expected ")
    assert "\n" not in result.message
    assert len(result.message) < 400


def test_what_an_odd_answer_is_called():
    assert judged(lambda x: 3 + 1j).message == "expected tensors or numbers, got a complex"
    assert judged(lambda x: [10**5000]).message == (
        "expected a tensor of shape (2,), got (a number of more than 50 digits)"
    )
    assert judged(lambda x: {}, verdict=fragile).message == (
        "expected an answer of another form, got a dict (TypeError: unhashable type: 'dict')"
    )
    assert describe(torch.zeros(2) + 1j) == "[0+1j, 0+1j]"
    assert close(1.0, 10**400) == "expected 1, got inf"
    assert close(1.0, -(10**400)) == "expected 1, got -inf"


def test_a_loss_without_a_gradient_is_told_why():
    cases = lambda g: [{"x": torch.rand(2, generator=g)}]  # noqa: E731
    options = {
        "inputs": cases,
        "probe": value_and_gradients,
        "reference": lambda x: {"value": x.sum(), "gradient of x": x * 0 + 1},
    }
    assert judged(torch.sum, **options).status == "ok"
    assert "cut by detach" in judged(lambda x: x.sum().detach(), **options).message
    assert "expected a scalar, got a tensor of shape (2,)" in judged(lambda x: 2 * x, **options).message
    assert "expected a scalar tensor with a gradient, got 1" in judged(lambda x: 1, **options).message


@pytest.mark.parametrize(
    ("expected", "answer", "complaint"),
    [
        (0.5, 0.5, None),
        (0.5, torch.tensor(0.5), None),
        (torch.tensor(1.0), 1, None),
        (1.0, True, "expected a number, got True"),
        (0.5, "0.5", "expected a number, got '0.5'"),
        (0.5, 0.25, "expected 0.5, got 0.25"),
        (3, torch.tensor(3), None),
        (True, torch.tensor(True), None),
        (True, 1, "expected True, got 1"),
        ("a", "b", "expected 'a', got 'b'"),
        ((1.0, "a"), [1.0, "a"], None),
        ((1.0, 2.0), (1.0,), "expected 2 values, got (1)"),
        ((1.0, 2.0), (1.0, 3.0), "expected 2 (value 2), got 3"),
        ({"a": 1.0}, {"b": 1.0}, "expected a dict with a, got a dict"),
        ({"a": 1.0}, {"a": 2.0}, "expected 1 (a), got 2"),
        (torch.tensor([1.0, torch.inf]), torch.tensor([1.0, torch.inf]), None),
        (torch.tensor([1.0]), torch.tensor([1.0 + 2j]), "expected a tensor of shape (1,) of float32, got complex64"),
    ],
)
def test_close_compares_data_and_names_the_place(expected, answer, complaint):
    assert close(expected, answer) == complaint


def test_plain_data_are_copied_cut_off_and_compared_to_the_bit():
    leaf = torch.ones(2, requires_grad=True)
    made = plain([leaf * 1, {"n": 3}])
    assert not made[0].requires_grad
    assert same(made, plain(made))
    assert not same(made, plain([leaf * 2, {"n": 3}]))
    assert same(torch.tensor([torch.nan]), torch.tensor([torch.nan]))
    assert not same(torch.tensor([True]), torch.tensor([False]))
    with pytest.raises(Complaint):
        plain({"a": {1, 2}})


def test_a_description_is_short():
    assert describe(torch.zeros(3, 4)) == "float32 (3, 4)"
    assert describe("x" * 100) == "a text of 100 characters"
    assert describe([1.0, 2.0, 3.0, 4.0, 5.0]) == "(1, 2, 3, 4, …)"


def test_ask_gives_plain_data_that_a_pipe_can_carry():
    assert ask(call, lambda x: 1 / 0, {"x": 1})["error"].startswith("it raised ZeroDivisionError")
    assert ask(call, abs, {"x": -1}) == {"answer": 1}
    assert "def call" in probe_source(call)


def test_progress_is_kept_in_the_learners_folder_and_shown(learners, capsys):
    check("01.optimal_discriminator", right)
    check("01.game_value", lambda *_: 0.0)
    capsys.readouterr()
    kept = json.loads((learners / "progress.json").read_text())
    assert {name: entry["status"] for name, entry in kept.items()} == {
        "01.optimal_discriminator": "ok",
        "01.game_value": "failed",
    }
    progress("01")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"01: 1 of {len(load('01'))} pass"
    assert lines[1].split()[:3] == ["✓", "optimal_discriminator", "passed"]
    assert lines[2].split()[:3] == ["✗", "game_value", "expected"]
    assert lines[3].split() == ["○", "discriminator_loss", "not", "tried", "yet"]


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"01.game_value": 3}', '{"01.game_value": {"status": "?"}}'])
def test_a_damaged_record_is_begun_anew(learners, capsys, damage):
    (learners / "progress.json").write_text(damage)
    check("01.optimal_discriminator", right)
    progress("01")
    assert "01: 1 of" in capsys.readouterr().out


def test_a_folder_that_cannot_be_written_does_not_break_a_check(learners, capsys, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(learners), "write_text", refuse)
    check("01.optimal_discriminator", right)
    progress("01")
    out, err = capsys.readouterr()
    assert "01: 1 of" in out
    assert err == ""


def test_nothing_is_recorded_where_a_class_is_graded(tmp_path, monkeypatch):
    (tmp_path / "nbgrader_config.py").write_text("")
    (tmp_path / "exercises").mkdir()
    graded = tmp_path / "grading" / "autograded" / "alice" / "01_minimax_game"
    graded.mkdir(parents=True)
    assert record.learners_folder(graded) is None
    assert record.learners_folder(ROOT / "exercises" / "01_minimax_game") == ROOT / "my"
    assert record.learners_folder(ROOT / "solutions") is None


def test_find_gives_the_check_itself():
    assert find("01.ring").seconds == 30


def test_the_command_shows_the_same_table(learners, capsys):
    from click.testing import CliRunner

    from course_gan.cli import main

    check("01.optimal_discriminator", right)
    shown = CliRunner().invoke(main, ["progress", "01", "--dir", str(learners)])
    assert shown.exit_code == 0
    assert shown.output.startswith(f"01: 1 of {len(load('01'))} pass\n  ✓ optimal_discriminator")
    refused = CliRunner().invoke(main, ["progress", "77", "--dir", str(learners)])
    assert refused.output.startswith("course-gan: unknown lesson '77': there are 00_start_here, 01")


def test_a_check_in_a_file_of_its_own_is_not_quoted_as_the_learners_line(tmp_path):
    """The line that is quoted is the learner's, wherever the checkout lies and whatever its folder is called."""
    from course_gan.grading.worker.ask import ask

    folder = tmp_path / "course_gan" / "my"
    folder.mkdir(parents=True)
    (folder / "mine.py").write_text("def broken(x):\n    return x / {}\n")
    spec = importlib.util.spec_from_file_location("mine", folder / "mine.py")
    mine = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(mine)
    (tmp_path / "checks.py").write_text("def probe(learners, case):\n    return learners(case['x']) + 1\n")
    spec = importlib.util.spec_from_file_location("course_gan_checks_99", tmp_path / "checks.py")
    checks = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(checks)
    assert ask(checks.probe, mine.broken, {"x": 1})["error"].endswith("(at `return x / {}`)")
    assert "(at" not in ask(checks.probe, lambda x: None, {"x": 1})["error"]
