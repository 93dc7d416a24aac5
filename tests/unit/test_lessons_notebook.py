"""Profiles and claims."""

import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from nbclient import NotebookClient

from course_gan.catalogue import lessons
from course_gan.errors import CourseError
from course_gan.page import Profile, claim
from course_gan.page.claims import CLAIMS_MIME, ClaimError, claims_in
from course_gan.runner.execute import Outcome, environment
from tests.unit import loaded
from workshop import notebooks as workshop_notebooks


@pytest.fixture(autouse=True)
def _profile(monkeypatch):
    monkeypatch.setenv("COURSE_GAN_PROFILE", "cpu")
    monkeypatch.setenv("COURSE_GAN_CLAIMS", "strict")


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
def test_a_claim_outside_its_interval_fails_where_the_course_is_built_and_tested(value):
    Profile("cpu")
    with pytest.raises(ClaimError, match=r"^log 2: "):
        claim("log 2", value, 0.5, 0.7)


def test_under_smoke_only_exact_claims_fail(capsys):
    Profile("smoke")
    claim("a training's outcome", 9.0, 0, 1)
    assert capsys.readouterr().out.startswith("✗ a training's outcome = 9 ")
    with pytest.raises(ClaimError):
        claim("a derivation", 9.0, 0, 1, exact=True)


@pytest.mark.parametrize("mode", [None, "shown", ""])
@pytest.mark.parametrize(("value", "shown"), [(7, "7"), (0.71, "0.71"), (float("nan"), "nan"), (-float("inf"), "-inf")])
def test_a_learners_own_seed_shows_what_came_out_and_why_that_can_be(value, shown, mode, monkeypatch, capsys):
    if mode is None:
        monkeypatch.delenv("COURSE_GAN_CLAIMS")
    else:
        monkeypatch.setenv("COURSE_GAN_CLAIMS", mode)
    assert claim("modes found", value, 8, 8) is None
    first, *reason = capsys.readouterr().out.splitlines()
    assert first == f"✗ modes found = {shown}   (stated: 8)"
    assert " ".join(line.strip() for line in reason) == (
        "That can be: what a training gives is stated for the seeds and the profile in results/NN_claims.json "
        "and for the page's own settings; another seed, width, number of steps or machine may fall outside."
    )


@pytest.mark.parametrize("profile", ["smoke", "cpu"])
def test_a_derivation_that_fails_is_an_error_for_everybody(profile, monkeypatch, capsys):
    monkeypatch.delenv("COURSE_GAN_CLAIMS")
    Profile(profile)
    with pytest.raises(ClaimError, match=r"^log 2: 0\.7 is outside 0\.69 to 0\.695$"):
        claim("log 2", 0.7, 0.69, 0.695, exact=True)
    assert capsys.readouterr().out == "✗ log 2 = 0.7   (stated: 0.69 to 0.695)\n"


@pytest.mark.parametrize("mode", [None, "strict", "shown"])
def test_a_claim_that_holds_is_one_line_whoever_runs_it(mode, monkeypatch, capsys):
    if mode is None:
        monkeypatch.delenv("COURSE_GAN_CLAIMS")
    else:
        monkeypatch.setenv("COURSE_GAN_CLAIMS", mode)
    claim("modes found", 8, 7, 8)
    assert capsys.readouterr().out == "✓ modes found = 8   (stated: 7 to 8)\n"


def test_a_missed_claim_is_recorded_as_any_other(monkeypatch):
    shell = InteractiveShell.instance()
    try:
        with capture_output() as captured:
            monkeypatch.setenv("COURSE_GAN_CLAIMS", "shown")
            claim("modes found", 7, 8, 8)
    finally:
        InteractiveShell.clear_instance()
        del shell
    (shown,) = captured.outputs
    record = {"name": "modes found", "value": 7.0, "low": 8.0, "high": 8.0, "exact": False}
    assert shown.data[CLAIMS_MIME] == [record]
    assert shown.data["text/html"].startswith("<details open><summary>✗ 1 of 1 numbers not as stated</summary>")
    assert shown.data["text/plain"].startswith("✗ modes found = 7   (stated: 8)\n  That can be: ")


def test_all_claims_of_a_cell_are_one_line_that_opens(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_GAN_CLAIMS", "shown")
    code = "from course_gan.page import claim\nclaim('a < b', 1, 0, 2)\nprint('between')\nclaim('c', 3, 0, 4)"
    cells = [nbformat.v4.new_code_cell(text) for text in (code, "claim('d', 5, 0, 6)", "claim('e', 9, 0, 6)")]
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    first, second, third = notebook.cells
    (folded,) = [output.data for output in first.outputs if output.output_type == "display_data"]
    assert folded["text/html"].startswith("<details><summary>✓ 2 numbers checked</summary>")
    assert "✓ a &lt; b = 1   (stated: 0 to 2)\n✓ c = 3   (stated: 0 to 4)" in folded["text/html"]
    assert "✓ 1 number checked" in second.outputs[0].data["text/html"]
    assert third.outputs[0].data["text/html"].startswith("<details open>")
    assert [claim.name for claim in claims_in(notebook)] == ["a < b", "c", "d", "e"]


@pytest.mark.parametrize(("given", "told"), [(None, "strict"), ("shown", "shown"), ("strict", "strict")])
def test_a_kernel_is_as_strict_as_its_caller_says_or_as_the_environment_is(given, told):
    assert environment("cpu", 1, given)["COURSE_GAN_CLAIMS"] == told


def test_a_persons_run_is_not_strict_and_a_build_is(monkeypatch):
    monkeypatch.delenv("COURSE_GAN_CLAIMS")
    assert "COURSE_GAN_CLAIMS" not in environment("cpu", 1)
    assert environment("cpu", 1, "strict")["COURSE_GAN_CLAIMS"] == "strict"


def test_the_build_and_the_script_of_claims_say_how_strict_they_are(monkeypatch):
    """The build stops at a claim that fails; the script records what comes after it too, and fails at its end."""
    said = {}

    def execute(name, *_, claims, **__):
        said[len(said)] = claims
        return Outcome(name, "failed", 0.0, "stopped here")

    monkeypatch.setattr(workshop_notebooks, "execute", execute)
    with pytest.raises(CourseError, match=r"^00_start_here: stopped here; 00_start_here\.ipynb was left as it was$"):
        workshop_notebooks.build(lessons()[0])
    script = loaded.script("claims")
    monkeypatch.setattr(script, "execute", execute)
    script.one_run(lessons()[0], "cpu", 0, 1, bf16=True)
    assert said == {0: "strict", 1: "shown"}


def test_a_claim_that_holds_says_so_and_returns_nothing(capsys):
    assert claim("log 2", 0.693, 0.69, 0.70) is None
    assert capsys.readouterr().out == "✓ log 2 = 0.693   (stated: 0.69 to 0.7)\n"


def test_claims_are_read_back_from_a_notebook():
    record = {"name": "x", "value": 2.0, "low": 0.0, "high": 1.0, "exact": False}
    output = nbformat.v4.new_output("display_data", data={CLAIMS_MIME: [record], "text/plain": "x"})
    missing = nbformat.v4.new_output("display_data", data={CLAIMS_MIME: [{**record, "value": None}]})
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("", outputs=[output, missing])])
    found = claims_in(notebook)
    assert [(c.name, c.value) for c in found[:1]] == [("x", 2.0)]
    assert [c.holds for c in found] == [False, False]
