"""The clinic: its shared script, and that every patient is short, nameable and not labelled with its fault."""

import ast
import copy
import re

import pytest
import torch

from course_gan import data
from course_gan.catalogue import exercises, script
from course_gan.grading.items import load
from course_gan.runner import notebooks as notebook_files

clinic = script("clinic")
SIGNS, score, train = clinic.SIGNS, clinic.score, clinic.train
(EXERCISE,) = (exercise for exercise in exercises() if exercise.name == "clinic")


@pytest.fixture(scope="module")
def released():
    return notebook_files.read(EXERCISE.release)


@pytest.fixture(scope="module")
def facts():
    """The names and answers that checks.py holds."""
    probe = load("clinic")["clinic.ward_a"].verdict
    return {"names": probe.__globals__["SIGNS"], "fault": probe.__globals__["FAULT"]}


def patients(notebook) -> dict[int, ast.FunctionDef]:
    """The functions that patients brought, by number."""
    found = {}
    for cell in notebook.cells:
        if cell.cell_type == "code" and "mended" not in cell.source:
            for node in ast.parse(cell.source).body:
                if isinstance(node, ast.FunctionDef) and (number := re.search(r"_(\d+)$", node.name)):
                    found.setdefault(int(number[1]), node)
    return found


def test_there_are_twelve_patients_of_at_most_25_lines_and_one_is_healthy(released, facts):
    found = patients(released)
    assert sorted(found) == sorted(facts["fault"]) == list(range(1, 13))
    assert max(node.end_lineno - node.lineno + 1 for node in found.values()) <= 25
    assert list(facts["fault"].values()).count("healthy") == 1
    assert len(set(facts["fault"].values())) == 12


def test_the_names_offered_are_those_known_and_more_than_there_are_patients(released, facts):
    (setup,) = (c.source for c in released.cells if c.cell_type == "code" and "NAMES = [" in c.source)
    (names,) = (n.value for n in ast.parse(setup).body if isinstance(n, ast.Assign) and n.targets[0].id == "NAMES")
    assert sorted(ast.literal_eval(names)) == sorted(facts["names"])
    assert len(facts["names"]) >= 16


def test_the_page_teaches_every_name(facts):
    page = "\n".join(
        c.source for c in notebook_files.read(EXERCISE.source.parents[2] / "notebooks" / "clinic.ipynb").cells
    )
    assert [name for name in facts["names"] if f"**{name}**" not in page] == []


def test_no_patients_name_can_be_read_from_the_release(released, facts):
    for cell in released.cells:
        if "NAMES = [" not in cell.source:
            named = [name for name in set(facts["fault"].values()) - {"healthy"} if name in cell.source.lower()]
            assert named == [], cell.source[:60]


def test_a_mended_part_is_all_that_a_patient_without_fault_lacks(facts):
    items = {int(name.split("_")[-1]) for name in load("clinic") if "mend" in name}
    assert items == {number for number, name in facts["fault"].items() if name != "healthy"}


def test_a_healthy_run_keeps_a_chart_of_every_step_and_every_sign():
    chart = train(21, seed=1)
    assert [len(curve) for curve in chart.losses.values()] == [21, 21]
    assert chart.steps == [0, 10, 20]
    assert all(len(chart.signs[name]) == 3 for name in (*SIGNS, "real logit", "fake logit"))
    assert chart.fake.shape == (1000, 2)


def test_the_same_seed_gives_the_same_run_and_measuring_leaves_gradients_alone():
    first, second = train(12, seed=3), train(12, seed=3)
    assert torch.equal(first.fake, second.fake)
    gradients = [weight.grad.clone() for weight in first.G.parameters()]
    clinic.measure(first, 12, first.G, first.D, torch.randn(8, 2), torch.randn(8, 2))
    assert all(torch.equal(a, weight.grad) for a, weight in zip(gradients, first.G.parameters()))


def test_an_interruption_comes_half_way_and_a_full_checkpoint_leaves_no_trace():
    fresh = []

    def resume(old, new):
        fresh.append(torch.random.get_rng_state())
        for name, part in old.items():
            new[name].load_state_dict(copy.deepcopy(part.state_dict()))

    def networks():  # without drawing anything that the uninterrupted run does not draw
        with torch.random.fork_rng([]):
            return clinic.networks()

    whole, cut = train(20, decay=0.9, networks=networks), train(20, decay=0.9, networks=networks, resume=resume)
    assert len(fresh) == 1
    assert all(torch.equal(a, b) for a, b in zip(whole.G.parameters(), cut.G.parameters()))


def test_a_head_start_holds_the_generator_still():
    chart = train(10, head_start=10)
    torch.manual_seed(0)
    before, _ = clinic.networks()
    assert all(torch.equal(a, b) for a, b in zip(before.parameters(), chart.G.parameters()))


def test_the_score_counts_modes_and_precision():
    centres = data.ring_modes()
    assert score(centres.repeat(10, 1)) == (8, 1.0)
    assert score(centres[:1].repeat(10, 1)) == (1, 1.0)
    assert score(torch.cat([centres[:4], 5 + centres[4:]])) == (4, 0.5)
