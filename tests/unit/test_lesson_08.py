"""Lesson 08: what was trained and recorded, and that the shipped translators do what is said of them."""

import hashlib
import json
import shutil

import pytest
import torch
from PIL import Image
from torch import nn

from course_gan import data, models
from course_gan.errors import CourseError
from course_gan.files import ROOT
from course_gan.recipes import build, settings
from scripts import hidden_dots
from tests.unit import loaded
from workshop import study as studies

WAYS = {"a_to_b": "b", "b_to_a": "a"}  # direction: target domain
VARIANTS = {"all_terms", "without_cycle", "without_identity", "without_both", "without_pool"}


def recorded(name):
    return json.loads((ROOT / "results" / f"08_{name}.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def script():
    return loaded.script("08_cyclegan")


@pytest.fixture
def tiny(script, monkeypatch, tmp_path):
    """The script with players, data and steps so small that a training takes a second."""
    small = {"width": 2, "blocks": 1, "batch_size": 2, "copies": 1, "steps": 2, "dtype": "fp32"}
    small |= {"image_size": 32, "downsamplings": 1}
    monkeypatch.setattr(script, "SHORT", small)
    monkeypatch.setattr(script, "LOOKS", 2)
    monkeypatch.setattr(script, "SEEDS", (0, 1))
    monkeypatch.setattr(script, "KEPT", tmp_path / "kept")
    monkeypatch.setattr(studies, "RESULTS", tmp_path)
    return script


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """A folder of checkpoints of our own, with copies of those that a script asks."""
    for file in models.shipped.CHECKPOINTS.glob("*.pt*"):
        if file.name.startswith(("features_", "08_")):
            shutil.copy(file, tmp_path)
    monkeypatch.setattr(models.shipped, "CHECKPOINTS", tmp_path)
    return tmp_path


def translators(name):
    shape, weights = models.load_weights(name)
    made = nn.ModuleDict({way: models.ResNetGenerator(1, 1, **shape) for way in WAYS})
    made.load_state_dict(weights)
    return made.eval().requires_grad_(False)


@pytest.mark.parametrize("profile", ["smoke", "cpu"])
def test_no_player_is_shown_a_held_out_character(profile):
    chosen = settings("08", profile)
    every = data.glyphs(chosen.image_size, "all", chosen.copies, chosen.seed)
    banned = every.where(character=list(chosen.held_out)).images.flatten(1)
    banned = {bytes(image) for image in banned.numpy()}
    batches = build("08", profile, width=2, blocks=1).batches
    for side, faces in ((batches.a, chosen.typefaces_a), (batches.b, chosen.typefaces_b)):
        (images,) = side.tensors
        assert len(images) == (62 - len(chosen.held_out)) * len(faces) * chosen.copies
        assert not banned & {bytes(image) for image in images.flatten(1).numpy()}


def test_at_least_one_character_in_six_is_held_out():
    held_out = settings("08", "cpu").held_out
    assert set(held_out) <= set(data.CHARACTERS)
    assert len(set(held_out)) * 6 >= len(data.CHARACTERS)


def test_the_preview_is_two_rows_of_letters_each_with_its_translations():
    recipe = build("08", "smoke")
    assert recipe.preview().shape == (4 * recipe.columns, 1, recipe.settings.image_size, recipe.settings.image_size)


@pytest.mark.parametrize(
    ("name", "record", "key"),
    [
        ("08_cyclegan", "shipped", "sha256"),
        ("08_cyclegan_discriminators", "shipped", "sha256_discriminators"),
        ("08_hidden", "hidden", "sha256"),
    ],
)
def test_a_checkpoint_is_the_recorded_one_and_small(name, record, key):
    path = ROOT / "checkpoints" / f"{name}.pt"
    assert hashlib.sha256(path.read_bytes()).hexdigest() == recorded(record)[key]
    assert path.stat().st_size < 4e6


def test_the_shipped_translators_were_trained_by_the_recipe():
    now = studies.as_json(settings("08", "cpu").as_dict())
    written = recorded("shipped")["settings"]
    assert written == {name: now[name] for name in written}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("copies", "part"), [(1, "as_drawn"), (8, "held_out")])
def test_shipped_translators_reach_nine_tenths_of_what_the_judges_see_in_real_letters(script, way, copies, part):
    """On characters held out of training, as drawn and turned: so recorded, and found again but for a few pictures."""
    chosen = settings("08", "cpu")
    source = script.held_out(chosen, copies)["ab".replace(WAYS[way], "")]
    pictures = translators("08_cyclegan")[way](data.to_float(source.images))
    shares = script.right(pictures, source.labels["character"], getattr(chosen, f"typefaces_{WAYS[way]}"))
    written = recorded("shipped")[part][way]
    ceilings = recorded("shipped")["real_glyphs_as_drawn" if copies == 1 else "real_glyphs"]
    assert written["content"] >= 0.9 * ceilings["ab".replace(WAYS[way], "")]["content"]
    assert written["style"] >= 0.9 * ceilings[WAYS[way]]["style"]
    assert shares == {name: pytest.approx(written[name], abs=0.045 if copies == 1 else 0.015) for name in shares}


def test_what_the_classifier_says_of_real_glyphs_is_recorded(script):
    """The ceiling: no more than this can be asked of a translation."""
    found = script.real_glyphs(settings("08", "cpu"))
    for domain, written in recorded("shipped")["real_glyphs"].items():
        assert found[domain] == {name: pytest.approx(value, abs=0.01) for name, value in written.items()}
        assert written["content"] >= 0.95
        assert written["style"] >= 0.85


def in_todays_words(weights):
    """The weights in results/08_ablations.json, whose identity is a share of its cycle, and a cycle of 1e-9 is none."""
    cycle = weights["cycle"]
    identity = weights["identity"] * cycle
    weights = weights | {"cycle": cycle if cycle > 1e-6 else 0.0, "identity": pytest.approx(identity)}
    return weights | {"image_size": 32, "downsamplings": 1}  # the defaults then


def test_the_recorded_ablations_are_those_of_the_script(script):
    study = recorded("ablations")
    assert set(study["variants"]) == set(script.VARIANTS) == VARIANTS
    for name, changed in study["variants"].items():
        assert script.SHORT | script.VARIANTS[name] == in_todays_words(study["settings"] | changed)


def test_every_variant_was_played_from_the_same_three_seeds(script):
    study = recorded("ablations")
    played = [(run["variant"], run["seed"]) for run in study["runs"]]
    assert sorted(played) == sorted((variant, seed) for variant in VARIANTS for seed in (0, 1, 2))
    for run in study["runs"]:
        assert [look["step"] for look in run["upright"]][-1] == study["settings"]["steps"]
        assert len(run["upright"]) == len(run["memory"]) == len(run["moved"]) + 1 == script.LOOKS


@pytest.mark.parametrize("record", ["shipped", "ablations", "hidden"])
def test_a_record_says_how_it_was_made(record):
    found = recorded(record)
    assert found["command"] == f"python scripts/08_cyclegan.py {record}"
    assert found["machine"]["cpu"]
    seconds = [run["cpu_seconds"] for run in found.get("runs", [found])]
    assert min(seconds) > 0


def test_half_cycles_of_eight_letters_are_kept_by_the_steps_that_the_record_names(script):
    with Image.open(ROOT / "results" / "08_steps.png") as sheet:
        assert (sheet.size, sheet.mode) == ((8 * 64, 2 * 64 * len(script.SHOWN)), "L")
    assert tuple(recorded("shipped")["shown"]) == script.SHOWN


@pytest.mark.parametrize("variant", sorted(VARIANTS))
def test_a_sheet_has_twelve_letters_each_way_for_each_seed(variant):
    with Image.open(ROOT / "results" / f"08_{variant}.png") as sheet:
        assert (sheet.size, sheet.mode) == ((12 * 32, 6 * 32), "L")


def test_variants_differ_by_the_term_in_their_name_alone(script):
    full = script.ablated("all_terms", 0).as_dict()
    without = {
        "without_cycle": {"cycle": 0.0},
        "without_identity": {"identity": 0.0},
        "without_both": {"cycle": 0.0, "identity": 0.0},
        "without_pool": {"pool": 0},
    }
    assert set(script.VARIANTS) == {"all_terms", *without}
    for name, terms in without.items():
        assert script.ablated(name, 0).as_dict() == full | terms
        assert all(full[term] for term in terms)


def test_the_identity_term_stands_alone_without_a_cycle(script):
    chosen = settings("08", "smoke", cycle=0.0, identity=1.0, dtype="fp32")
    recipe = build("08", "smoke", cycle=0.0, identity=1.0, dtype="fp32")
    batch = next(recipe.batches)
    values = recipe.game.generator_step(batch)
    assert "cycle" not in values
    assert values["generator_loss"] == values["adversarial"] + chosen.identity * values["identity"]


def test_a_seed_gives_the_same_translators_again_and_another_seed_others(tiny):
    first, again, other = (tiny.trained(tiny.ablated("all_terms", seed)) for seed in (0, 0, 1))
    assert torch.equal(first["row"], again["row"])
    assert not torch.equal(first["row"], other["row"])


def test_dots_stand_on_empty_paper():
    letters, _ = hidden_dots.dotted_letters("test")
    dotted, mask = hidden_dots.with_dots(letters, torch.Generator().manual_seed(5))
    assert (letters[mask] < -0.9).all()
    assert (dotted[mask] == 1).all()
    assert torch.equal(dotted[~mask], letters[~mask])
    assert 9 <= mask.flatten(1).sum(1).min() <= mask.flatten(1).sum(1).max() == 36


def test_hidden_dots_come_back_from_a_clean_translation_and_not_from_a_noisy_one():
    found, written = hidden_dots.noise_table(translators("08_hidden")), recorded("hidden")["noise"]
    assert [row["sigma"] for row in found] == [row["sigma"] for row in written]
    for row, other in zip(found, written, strict=True):
        assert row == {name: pytest.approx(value, abs=0.02) for name, value in other.items()}
    assert found[0]["dots_back"] > 0.8
    assert found[0]["dots_in_translation"] < -0.9
    left = {row["sigma"]: row["dots_back"] for row in found}
    assert left[0.1] < 0.6
    assert left[0.2] < 0.35


def test_the_ablations_write_what_the_committed_record_holds(tiny, monkeypatch, tmp_path):
    monkeypatch.setattr(tiny, "VARIANTS", {"all_terms": {}, "without_pool": {"pool": 0}})
    tiny.ablations()
    found, study = studies.read("08_ablations"), recorded("ablations")
    assert set(found) == set(study)
    played = [("all_terms", 0), ("without_pool", 0), ("all_terms", 1), ("without_pool", 1)]
    assert [(run["variant"], run["seed"]) for run in found["runs"]] == played
    for run in found["runs"]:
        assert set(run) == set(study["runs"][0])
        assert [look["step"] for look in run["upright"]] == [1, 2]
        assert (len(run["memory"]), len(run["moved"]), len(run["discriminator_loss"])) == (2, 1, 2)
    with Image.open(tmp_path / "08_all_terms.png") as sheet:
        assert (sheet.size, sheet.mode) == ((12 * 32, 4 * 32), "L")


def test_means_are_of_whole_stretches(script):
    assert script.means([1.0, 2.0, 4.0, 5.0, 9.0], 2) == [1.5, 4.5]


@pytest.fixture
def in_the_place_of_a_training(script, shelf, monkeypatch, tmp_path):
    """The script with the shipped translators wherever it would train."""
    _, weights = models.load_weights("08_cyclegan")
    record = recorded("ablations")["runs"][0]
    del record["variant"]
    _, judges = models.load_weights("08_cyclegan_discriminators")
    made = {
        "record": record,
        "row": torch.zeros(24, 1, 32, 32),
        "strips": torch.zeros(64, 1, 64, 64),
        "translators": weights,
        "discriminators": judges,
    }
    monkeypatch.setattr(script, "trained", lambda chosen: made)
    monkeypatch.setattr(script, "KEPT", tmp_path / "kept")
    monkeypatch.setattr(studies, "RESULTS", tmp_path)
    return script


def test_the_shipped_translators_are_written_as_the_committed_record_holds(in_the_place_of_a_training, shelf):
    in_the_place_of_a_training.shipped()
    found, study = studies.read("08_shipped"), recorded("shipped")
    assert set(found) == set(study)
    assert found["settings"] == studies.as_json(settings("08", "cpu").as_dict())
    assert found["sha256"] == hashlib.sha256((shelf / "08_cyclegan.pt").read_bytes()).hexdigest()
    for name in ("as_drawn", "held_out", "real_glyphs", "real_glyphs_as_drawn"):
        assert {side: set(values) for side, values in found[name].items()} == {
            side: set(values) for side, values in study[name].items()
        }


def test_the_hidden_dots_write_what_the_committed_record_holds(script, shelf, monkeypatch, tmp_path):
    monkeypatch.setattr(hidden_dots, "STEPS", 2)
    monkeypatch.setattr(hidden_dots, "SHAPE", {"width": 2, "blocks": 1, "downsamplings": 1})
    monkeypatch.setattr(script, "KEPT", tmp_path / "kept")
    monkeypatch.setattr(studies, "RESULTS", tmp_path)
    script.hidden()
    found, study = studies.read("08_hidden"), recorded("hidden")
    assert set(found) == set(study)
    assert [set(row) for row in found["noise"]] == [set(row) for row in study["noise"]]
    assert found["sha256"] == hashlib.sha256((shelf / "08_hidden.pt").read_bytes()).hexdigest()


def test_judging_before_anything_was_shipped_is_one_line(script, monkeypatch, tmp_path):
    monkeypatch.setattr(studies, "RESULTS", tmp_path)
    with pytest.raises(CourseError) as error:
        script.judged()
    assert str(error.value) == "results/08_shipped.json is missing: run the part shipped first"
