"""Profiles and claims."""

import nbformat
import pytest

from course_gan.errors import CourseError
from course_gan.page import Profile, claim
from course_gan.page.claims import CLAIM_MIME, ClaimError, claims_in


@pytest.fixture(autouse=True)
def _profile(monkeypatch):
    monkeypatch.setenv("COURSE_GAN_PROFILE", "cpu")


def test_a_given_value_wins_over_the_profile():
    assert Profile("smoke").fill(None, smoke=1, cpu=2, gpu=3) == 1
    assert Profile("cpu").fill(None, smoke=1, cpu=2, gpu=3) == 2
    assert Profile("cpu").fill(0, smoke=1, cpu=2, gpu=3) == 0


def test_an_unknown_profile_is_one_line():
    with pytest.raises(CourseError, match=r"^unknown profile 'big': choose one of smoke, cpu, gpu$"):
        Profile("big")


def test_the_gpu_profile_wants_a_gpu(monkeypatch):
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(CourseError, match=r"^profile gpu wants a CUDA or MPS device and found none"):
        Profile("gpu")


@pytest.mark.parametrize("value", [0.49, 0.71, float("nan"), float("inf")])
def test_a_claim_outside_its_interval_fails(value):
    Profile("cpu")
    with pytest.raises(ClaimError, match=r"^log 2: "):
        claim("log 2", value, 0.5, 0.7)


def test_under_smoke_only_exact_claims_fail(capsys):
    Profile("smoke")
    claim("a training's outcome", 9.0, 0, 1)
    assert capsys.readouterr().out.startswith("✗ a training's outcome = 9 ")
    with pytest.raises(ClaimError):
        claim("a derivation", 9.0, 0, 1, exact=True)


def test_a_claim_that_holds_says_so_and_returns_nothing(capsys):
    assert claim("log 2", 0.693, 0.69, 0.70) is None
    assert capsys.readouterr().out == "✓ log 2 = 0.693   (stated: 0.69 to 0.7)\n"


def test_claims_are_read_back_from_a_notebook():
    record = {"name": "x", "value": 2.0, "low": 0.0, "high": 1.0, "exact": False}
    output = nbformat.v4.new_output("display_data", data={CLAIM_MIME: record, "text/plain": "x"})
    missing = nbformat.v4.new_output("display_data", data={CLAIM_MIME: {**record, "value": None}})
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("", outputs=[output, missing])])
    found = claims_in(notebook)
    assert [(c.name, c.value) for c in found[:1]] == [("x", 2.0)]
    assert [c.holds for c in found] == [False, False]
