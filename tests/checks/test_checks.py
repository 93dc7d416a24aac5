"""The checks checked: each rejects a list of wrong answers and accepts right ones, written otherwise.

A lesson's lists are WRONG and RIGHT in source/NN_name/mutants.py: item -> what it is -> the learner's object.
"""

import ast
import importlib.util
import math
import time
from collections import defaultdict
from types import ModuleType

import pytest
import torch

import course_gan.grading.worker.ask as ask_module
from course_gan.files import ROOT
from course_gan.grading.items import Check, load
from course_gan.grading.record import lessons_with_checks
from course_gan.grading.verdict import assess
from course_gan.grading.worker.ask import probe_source

CHECKS = [check for lesson in lessons_with_checks() for check in load(lesson).values()]
each_check = pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
INSTANT = 2.0  # seconds stated; what takes longer is an experiment, tried once
_seen: dict[str, dict[str, list[bool]]] = defaultdict(lambda: {"wrong": [], "right": []})


def mutants_of(check: Check) -> ModuleType:
    lesson = check.name.split(".")[0]
    (path,) = (p for p in (ROOT / "source").glob("*/mutants.py") if p.parent.name.split("_")[0] == lesson)
    spec = importlib.util.spec_from_file_location(f"mutants_{lesson}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def verdicts(check: Check, learners, seeds: int) -> list:
    seeds = 1 if check.seconds > INSTANT else seeds
    return [assess(check, learners, torch.Generator().manual_seed(seed)) for seed in range(seeds)]


@each_check
def test_wrong_answers_are_rejected_whatever_is_drawn(check):
    wrong = mutants_of(check).WRONG[check.name]
    assert len(wrong) >= 5
    passed = []
    for what, learners in wrong.items():
        results = verdicts(check, learners, 3)
        _seen[check.name]["wrong"].append(all(result.status != "ok" for result in results))
        passed += [what] * any(result.status == "ok" for result in results)
        assert all("the check itself" not in r.message and len(r.message) > 10 for r in results), what
        assert not any(r.status == "open" for r in results), f"{what}: not written?"
    assert len(passed) <= 0.05 * len(wrong), f"accepted though wrong: {', '.join(passed)}"


@each_check
def test_right_answers_are_accepted_however_written(check):
    right = mutants_of(check).RIGHT[check.name]
    assert len(right) >= 2
    for what, learners in right.items():
        results = verdicts(check, learners, 5)
        _seen[check.name]["right"].append(all(result.status == "ok" for result in results))
        assert [(what, r.message, r.on) for r in results if r.status != "ok"] == []


@each_check
def test_a_probe_works_from_its_text_alone(check):
    """What would be sent into a sandbox: the probe's source and the names of grading.ask, no reference beside it."""
    right = next(iter(mutants_of(check).RIGHT[check.name].values()))
    names = dict(vars(ask_module))
    if check.probe.__module__ != ask_module.__name__:
        exec(probe_source(check.probe), names)
    shipped = type(check)(**{**vars(check), "probe": names[check.probe.__name__]})
    assert assess(shipped, right, torch.Generator().manual_seed(0)).status == "ok"


@each_check
def test_a_check_draws_fresh_inputs_and_is_quick(check):
    first, second = (check.inputs(torch.Generator().manual_seed(seed)) for seed in (1, 2))
    assert not all(ask_module.same(a, b) for a, b in zip(first, second)), "the same inputs twice"
    assert all(ask_module.same(ask_module.plain(case), ask_module.plain(case)) for case in first)
    assert check.read.startswith(("notebooks/", "exercises/"))
    assert (ROOT / f"{check.read.split(',')[0]}.ipynb").exists()
    if check.seconds <= INSTANT:
        right = next(iter(mutants_of(check).RIGHT[check.name].values()))
        assess(check, right, torch.Generator().manual_seed(0))  # the first call of an optimiser imports for a second
        began = time.process_time()
        assess(check, right, torch.Generator().manual_seed(0))
        assert time.process_time() - began <= 1.0


BAD = {
    "nothing": lambda: None,
    "a number": lambda: 3.0,
    "a tensor": lambda: torch.zeros(3),
    "raises": lambda: lambda *_: 1 / 0,
    "returns nothing": lambda: lambda *_: None,
    "NaN": lambda: lambda *_: math.nan,
    "an object": lambda: lambda *_: object(),
    "equals everything": lambda: lambda *_: type("Yes", (), {"__eq__": lambda s, o: True, "__hash__": None})(),
    "leaves": lambda: lambda *_: exit(0),
    "on another device": lambda: lambda *_: torch.zeros(3, device="meta"),
    "too many arguments": lambda: lambda a, b, c, d, e, f, g, h: a,
}


@each_check
@pytest.mark.parametrize("kind", BAD)
def test_a_bad_object_is_told_so_in_a_line(check, kind):
    result = assess(check, BAD[kind](), torch.Generator().manual_seed(0))
    assert result.status in ("failed", "error")
    assert "\n" not in result.message
    assert 10 < len(result.message) < 400
    assert "check itself" not in result.message


def test_the_table_of_mutants(capsys):
    """Over all lessons: at least 95 % of the wrong answers rejected and every right one accepted."""
    if not _seen:
        pytest.skip("the tests above did not run in this process")
    with capsys.disabled():
        print(f"\n{'item':<36}{'wrong rejected':>16}{'right accepted':>16}")
        for name, seen in _seen.items():
            cells = (f"{sum(seen[kind])} of {len(seen[kind])}" for kind in ("wrong", "right"))
            print(f"{name:<36}" + "".join(f"{cell:>16}" for cell in cells))
    wrong, right = ([v for seen in _seen.values() for v in seen[kind]] for kind in ("wrong", "right"))
    assert sum(wrong) >= 0.95 * len(wrong)
    assert all(right)


def test_the_training_that_exercise_03_shows_is_the_one_its_check_plays():
    shown = (ROOT / "source" / "03_dcgan" / "exercise.py").read_text(encoding="utf-8")
    shown = shown[shown.index("class Training:") :].partition("\n\n\n# %%")[0]
    (check,) = (check for check in CHECKS if check.name == "03.checkpoint")
    assert shown in check.inputs(torch.Generator())[0]["_code"]


def test_the_game_that_exercise_02_shows_is_the_one_its_check_plays():
    source = ast.parse((ROOT / "source" / "02_training_dynamics" / "exercise.py").read_text(encoding="utf-8"))
    shown = {"torch": torch, "math": math, "nn": torch.nn, "F": torch.nn.functional}
    kept = [n for n in source.body if isinstance(n, ast.FunctionDef) and n.name in ("count_modes", "play")]
    exec(compile(ast.Module(kept, []), "exercise.py", "exec"), shown)
    (check,) = (check for check in CHECKS if check.name == "02.rates")
    table = torch.linspace(1e-3, 4e-3, 40).repeat(2, 1).T
    counts = shown["play"](lambda progress: table[round(progress * 40)].tolist(), seed=3, steps=40)
    played = check.verdict.__globals__["play"](table, 3)
    assert len(played) >= 5
    assert torch.allclose(torch.tensor(counts[: len(played)]), torch.tensor(played))
