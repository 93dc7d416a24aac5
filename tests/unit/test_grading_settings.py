"""What a learner switched before a check decides nothing about it, and is as it was afterwards."""

import contextlib
import locale
import time
import warnings
from contextlib import ExitStack, contextmanager

import numpy as np
import pytest
import torch

from course_gan.grading import Check, assess, check, items
from course_gan.grading.worker.ask import ask
from course_gan.grading.worker.settings import usual_settings
from tests.checks.test_checks import CHECKS, INSTANT, mutants_of

INSTANT_CHECKS = [item for item in CHECKS if item.seconds <= INSTANT]
torch.optim.SGD([torch.zeros(1, requires_grad=True)])  # the first optimiser imports for seconds


@contextmanager
def switched(write, value, usual):
    write(value)
    try:
        yield
    finally:
        write(usual)


@contextmanager
def warnings_as_errors():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@contextmanager
def printing(**how):
    torch.set_printoptions(**how)
    with np.printoptions(precision=1, threshold=2):
        try:
            yield
        finally:
            torch.set_printoptions(profile="default")


def locales():
    """A locale that writes numbers otherwise, where this machine has one."""
    before = locale.setlocale(locale.LC_ALL)
    for name in ("de_DE.UTF-8", "fr_FR.UTF-8", "German_Germany.1252", ""):
        try:
            locale.setlocale(locale.LC_ALL, name)
        except locale.Error:
            continue
        locale.setlocale(locale.LC_ALL, before)
        return switched(lambda value: locale.setlocale(locale.LC_ALL, value), name, before)
    return pytest.skip("no other locale here")


FOREIGN = {
    "gradients switched off": lambda: switched(torch.set_grad_enabled, False, True),
    "no_grad": torch.no_grad,
    "inference mode": torch.inference_mode,
    "float64": lambda: switched(torch.set_default_dtype, torch.float64, torch.float32),
    "bfloat16": lambda: switched(torch.set_default_dtype, torch.bfloat16, torch.float32),
    "the meta device": lambda: switched(torch.set_default_device, "meta", None),
    "with the meta device": lambda: torch.device("meta"),
    "autocast": lambda: torch.autocast("cpu"),
    "anomalies detected": lambda: torch.autograd.set_detect_anomaly(True),
    "deterministic": lambda: switched(torch.use_deterministic_algorithms, True, False),
    "low precision": lambda: switched(torch.set_float32_matmul_precision, "medium", "highest"),
    "warnings are errors": warnings_as_errors,
    "numpy raises": lambda: np.errstate(all="raise"),
    "printed otherwise": lambda: printing(precision=1, sci_mode=True, threshold=2, edgeitems=1),
    "another locale": locales,
}
TOGETHER = [name for name in FOREIGN if name not in ("bfloat16", "no_grad", "another locale")]


@contextmanager
def everything():
    with ExitStack() as stack:
        for name in TOGETHER:
            stack.enter_context(FOREIGN[name]())
        yield


def settings():
    """Every setting that a learner may have switched, as it is now."""
    return {
        "gradients": torch.is_grad_enabled(),
        "inference": torch.is_inference_mode_enabled(),
        "dtype": torch.get_default_dtype(),
        "device": torch.get_default_device(),
        "autocast": torch.is_autocast_enabled("cpu"),
        "anomaly": torch.is_anomaly_enabled(),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
        "precision": torch.get_float32_matmul_precision(),
        "numpy": np.geterr(),
        "warnings": list(warnings.filters),
        "random": torch.get_rng_state().numpy().tobytes(),
    }


def verdict(item, learners):
    result = assess(item, learners, torch.Generator().manual_seed(0))
    return result.status, result.message, result.on


def first(kind):
    """The first answer of a kind that each item has."""
    one_of_each = {item.name.split(".")[0]: item for item in INSTANT_CHECKS}
    loaded = {lesson: mutants_of(item) for lesson, item in one_of_each.items()}
    answers = {name: answer for module in loaded.values() for name, answer in getattr(module, kind).items()}
    return {item.name: next(iter(answers[item.name].values())) for item in INSTANT_CHECKS}


@pytest.fixture(scope="module")
def right():
    return first("RIGHT")


@pytest.fixture(scope="module")
def wrong():
    return first("WRONG")


@pytest.mark.parametrize("foreign", FOREIGN)
def test_under_foreign_settings_every_check_accepts_what_is_right(foreign, right):
    refused = {}
    before = settings()
    for item in INSTANT_CHECKS:
        with FOREIGN[foreign]():
            within = settings()
            status, message, on = verdict(item, right[item.name])
            assert settings() == within, item.name
        if status != "ok":
            refused[item.name] = (message, on)
    assert refused == {}
    assert settings() == before


def test_under_all_of_them_together_a_wrong_answer_is_told_the_same(wrong, right):
    for item in INSTANT_CHECKS:
        expected = verdict(item, wrong[item.name])
        with everything():
            within = settings()
            assert verdict(item, wrong[item.name]) == expected
            assert verdict(item, right[item.name])[0] == "ok"
            assert settings() == within


def test_checks_that_are_loaded_under_foreign_settings_are_the_same_checks(right):
    loaded = {}
    with everything():
        for lesson in {item.name.split(".")[0] for item in INSTANT_CHECKS}:
            loaded |= items._load.__wrapped__(lesson)
    for item in INSTANT_CHECKS:
        assert verdict(loaded[item.name], right[item.name])[0] == "ok"


@pytest.mark.parametrize("foreign", FOREIGN)
def test_no_learner_is_told_that_the_check_failed(foreign, monkeypatch, capsys, right):
    monkeypatch.setattr("course_gan.grading.record.keep", lambda result: None)
    with FOREIGN[foreign]():
        for name in ("07.discriminator_step", "clinic.mend_10"):
            check(name, right[name])
    lines = capsys.readouterr().out.splitlines()
    assert [line[0] for line in lines] == ["✓", "✓"], lines


def told(x):
    """A learner's function that answers with what is set while it runs."""
    return {"gradients": torch.is_grad_enabled(), "inference": torch.is_inference_mode_enabled(), "new": torch.ones(2)}


def test_the_learners_function_runs_under_the_usual_settings():
    with everything():
        answer = ask(lambda learners, case: learners(case["x"]), told, {"x": 1})["answer"]
    assert (answer["gradients"], answer["inference"]) == (True, False)
    assert (answer["new"].dtype, answer["new"].device.type) == (torch.float32, "cpu")
    assert not answer["new"].is_inference()


def meddles(x):
    torch.set_grad_enabled(False)
    torch.set_default_dtype(torch.float64)
    torch.set_default_device("meta")
    torch.use_deterministic_algorithms(True)
    torch.set_float32_matmul_precision("medium")
    np.seterr(all="raise")
    warnings.simplefilter("error")
    torch.manual_seed(7)
    return 2 * x


def test_what_a_learners_function_switches_is_switched_back_and_spoils_no_later_case():
    item = Check(
        "99.double",
        "notebooks/99",
        inputs=lambda generator: [{"x": torch.rand(2, generator=generator)} for _ in range(3)],
        reference=lambda x: 2 * x + torch.zeros(2),
    )
    before = settings()
    assert verdict(item, meddles)[:2] == ("ok", "passed (3 cases)")
    assert settings() == before
    with contextlib.suppress(KeyboardInterrupt), usual_settings():
        meddles(torch.ones(1))
        raise KeyboardInterrupt
    assert settings() == before


def test_a_warning_is_no_error_for_whoever_made_errors_of_them():
    def warns(x):
        warnings.warn("careful", stacklevel=1)
        return 2 * x + 0 * np.log(x.numpy() * 0).clip(0)

    item = Check("99.double", "", lambda g: [{"x": torch.rand(2, generator=g)}], lambda x: 2 * x)
    with pytest.warns(match="careful"), pytest.warns(match="divide by zero"), everything():
        assert verdict(item, warns)[0] == "ok"


def test_the_usual_settings_cost_next_to_nothing():
    began = time.process_time()
    for _ in range(100):
        with usual_settings():
            pass
    assert time.process_time() - began < 0.1  # 3 ms were measured
