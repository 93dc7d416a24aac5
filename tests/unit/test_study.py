"""What the long studies share: nothing half-written, nothing taken for what it is not, every record with its origin."""

import json
import re
import subprocess
import sys

import numpy as np
import pytest
import torch
from PIL import Image

from course_gan import files
from course_gan.errors import CourseError
from course_gan.files import ROOT
from course_gan.training import checkpoint
from workshop import study

SETTINGS = {"width": 8, "betas": (0.5, 0.999), "ema": None}
MADE = {"cpu_seconds": 1.5, "name": "β", "losses": [0.1, 0.2], "looks": [torch.arange(6).view(2, 3)]}


@pytest.fixture
def results(tmp_path, monkeypatch):
    """A folder of results of our own."""
    folder = tmp_path / "results"
    folder.mkdir()
    monkeypatch.setattr(study, "RESULTS", folder)
    return folder


def interrupt(*_):
    raise KeyboardInterrupt


def refused():
    raise AssertionError("it was made again")


def test_a_training_is_made_once_and_then_taken_from_its_file(tmp_path):
    path = tmp_path / "build" / "04" / "hinge_0.pt"
    first = study.kept(path, SETTINGS, lambda: dict(MADE))
    again = study.kept(path, SETTINGS, refused)
    for kept in (first, again):
        assert torch.equal(kept["looks"][0], MADE["looks"][0])
        assert {name: kept[name] for name in kept if name != "looks"} == {
            name: MADE[name] for name in MADE if name != "looks"
        }
    assert [file.name for file in path.parent.iterdir()] == ["hinge_0.pt"]


def test_an_interrupted_training_keeps_nothing(tmp_path):
    path = tmp_path / "build" / "a.pt"
    with pytest.raises(KeyboardInterrupt):
        study.kept(path, SETTINGS, interrupt)
    assert list(tmp_path.rglob("*.*")) == []


def test_an_interruption_while_keeping_leaves_nothing_half_written(tmp_path, monkeypatch):
    path = tmp_path / "a.pt"
    with monkeypatch.context() as broken:
        broken.setattr(files.os, "replace", interrupt)
        with pytest.raises(KeyboardInterrupt):
            study.kept(path, SETTINGS, lambda: dict(MADE))
    assert list(tmp_path.iterdir()) == []
    assert study.kept(path, SETTINGS, lambda: {"cpu_seconds": 2.0}) == {"cpu_seconds": 2.0}


@pytest.mark.parametrize("settings", [SETTINGS, {"width": 8, "betas": [0.5, 0.999]}])
def test_settings_are_compared_as_json_has_them(tmp_path, settings):
    """A tuple is a list there, and a setting that is new and None was not there."""
    study.kept(tmp_path / "a.pt", SETTINGS, lambda: dict(MADE))
    assert study.kept(tmp_path / "a.pt", settings, refused)["cpu_seconds"] == 1.5


@pytest.mark.parametrize(
    ("settings", "differs"),
    [
        ({"width": 16}, "width was 8, now it is 16"),
        ({"betas": (0.0, 0.9)}, r"betas was [0.5, 0.999], now it is [0.0, 0.9]"),
        ({"steps": 5}, "steps was None, now it is 5"),
    ],
)
def test_a_training_of_other_settings_is_refused(tmp_path, settings, differs):
    path = tmp_path / "a.pt"
    study.kept(path, SETTINGS, lambda: dict(MADE))
    with pytest.raises(CourseError) as error:
        study.kept(path, SETTINGS | settings, refused)
    assert str(error.value) == f"{path} was made with other settings: {differs}; remove it, and it is made anew"


def text(path):
    path.write_text("hello")


def pickle_of_torch(path):
    torch.save({"arm": "base"}, path)


def half(path):
    study.kept(path, SETTINGS, lambda: dict(MADE))
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def one_bit(path):
    study.kept(path, SETTINGS, lambda: dict(MADE))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


def a_games_checkpoint(path):
    checkpoint.write(path, {"game": {}, "batches": {}})


@pytest.mark.parametrize("damage", [text, pickle_of_torch, half, one_bit, a_games_checkpoint])
def test_a_foreign_or_damaged_file_is_named_in_one_line_and_left_alone(tmp_path, damage):
    path = tmp_path / "a.pt"
    damage(path)
    before = path.read_bytes()
    with pytest.raises(CourseError) as error:
        study.kept(path, SETTINGS, refused)
    assert re.fullmatch(rf"{re.escape(str(path))} .*; remove it, and it is made anew", str(error.value))
    assert path.read_bytes() == before


def test_a_record_is_read_back_equal_with_its_origin(results):
    values = {"settings": {"width": 16}, "seeds": (0, 1), "runs": [{"arm": "Adam's β₁", "cpu_seconds": 2.5}]}
    study.record("04_objectives", "python scripts/04_objectives.py", values)
    found = study.read("04_objectives")
    assert found == {
        "command": "python scripts/04_objectives.py",
        "machine": study.circumstances(),
        "settings": {"width": 16},
        "seeds": [0, 1],
        "runs": values["runs"],
    }
    assert json.loads((results / "04_objectives.json").read_text(encoding="utf-8")) == found


def test_a_part_leaves_the_other_parts_as_they_are(results):
    for part, seed in (("train", 0), ("compare", 1), ("train", 2)):
        study.record("10_adain", f"python scripts/10_adain.py {part}", {"seed": seed}, part=part)
    found = study.read("10_adain")
    assert {part: (found[part]["command"], found[part]["seed"]) for part in found} == {
        "train": ("python scripts/10_adain.py train", 2),
        "compare": ("python scripts/10_adain.py compare", 1),
    }


def test_an_interruption_while_recording_leaves_the_old_record(results, monkeypatch):
    study.record("x", "first", {"runs": []})
    study.sheet("x", torch.zeros(2, 1, 4, 4), 2)
    before = {path.name: path.read_bytes() for path in results.iterdir()}
    monkeypatch.setattr(files.os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        study.record("x", "second", {"runs": []})
    with pytest.raises(KeyboardInterrupt):
        study.sheet("x", torch.ones(2, 1, 4, 4), 2)
    assert {path.name: path.read_bytes() for path in results.iterdir()} == before


def test_a_number_that_json_does_not_know_is_refused_before_anything_is_written(results):
    with pytest.raises(ValueError, match="not JSON compliant"):
        study.record("x", "command", {"runs": [{"frechet": float("nan")}]})
    assert list(results.iterdir()) == []


def test_a_record_that_is_not_there_is_empty_and_a_damaged_one_is_named_in_one_line(results):
    assert study.read("x") == {}
    (results / "x.json").write_text('{"command": ')
    with pytest.raises(CourseError, match=r"x\.json cannot be read \(Expecting value.*\): restore it") as error:
        study.read("x")
    assert "\n" not in str(error.value)


def test_a_grey_sheet_holds_the_very_pixels_side_by_side(results):
    images = torch.randint(256, (6, 1, 4, 5), dtype=torch.uint8)
    study.sheet("grey", images, 3)
    with Image.open(results / "grey.png") as sheet:
        assert (sheet.size, sheet.mode) == ((15, 8), "L")
        pixels = torch.from_numpy(np.array(sheet))
    assert torch.equal(pixels[4:, 5:10], images[4, 0])


def test_a_coloured_sheet_has_a_palette_and_nearly_the_pixels(results):
    few = torch.tensor([[255, 0, 0], [0, 128, 0], [0, 0, 255]], dtype=torch.uint8)
    images = few[torch.randint(3, (4, 8, 8))].permute(0, 3, 1, 2)
    study.sheet("colour", images, 2)
    with Image.open(results / "colour.png") as sheet:
        assert (sheet.size, sheet.mode) == ((16, 16), "P")
        pixels = torch.from_numpy(np.array(sheet.convert("RGB"))).permute(2, 0, 1)
    assert (pixels[:, 8:, :8].int() - images[2].int()).abs().max() <= 2


def test_the_clock_leaves_out_its_pauses_even_one_that_fails(monkeypatch):
    shown = iter([100.0, 103.0, 110.0, 111.0, 120.0, 124.0])
    monkeypatch.setattr(study.time, "process_time", lambda: next(shown))
    clock = study.Clock()  # 100
    with clock.paused():  # 103 to 110
        pass
    assert clock.seconds == 4.0  # at 111
    with pytest.raises(ValueError, match="look"), clock.paused():  # 120 to 124
        raise ValueError("look")
    monkeypatch.setattr(study.time, "process_time", lambda: 125.0)
    assert clock.seconds == 14.0


def test_circumstances_say_what_a_time_depends_on():
    about = study.circumstances()
    assert set(about) == {"cpu", "bf16", "threads", "torch"}
    assert about["cpu"]
    assert about["threads"] == torch.get_num_threads()
    assert {name: about[name] for name in ("cpu", "bf16")} == study.machine()


def test_a_machine_without_proc_is_named_too(monkeypatch):
    monkeypatch.setattr(study, "Path", lambda _: ROOT / "nowhere")
    assert study.machine()["cpu"]


@pytest.mark.parametrize(("words", "done"), [([], ["a", "b"]), (["b"], ["b"]), (["b", "a"], ["b", "a"])])
def test_the_parts_that_are_named_are_done_or_all(words, done):
    log = []
    study.run({"a": lambda: log.append("a"), "b": lambda: log.append("b")}, words)
    assert log == done


def test_nothing_is_done_where_one_of_the_parts_is_unknown():
    with pytest.raises(SystemExit) as leaving:
        study.run({"a": refused, "b": refused}, ["a", "c"])
    assert leaving.value.code == "'c' is no part of this study: choose among a, b"


def test_what_a_person_can_mend_is_one_line_without_a_traceback():
    def part():
        raise CourseError("build/04/a.pt is damaged; remove it, and it is made anew")

    with pytest.raises(SystemExit) as leaving:
        study.run({"a": part}, [])
    assert leaving.value.code == "build/04/a.pt is damaged; remove it, and it is made anew"


def test_a_script_of_a_study_runs_from_any_folder(tmp_path):
    script = ROOT / "scripts" / "08_cyclegan.py"
    ran = subprocess.run([sys.executable, script, "judge"], cwd=tmp_path, capture_output=True, text=True)
    parts = "shipped, judged, ablations, hidden"
    assert ran.stderr == f"'judge' is no part of this study: choose among {parts}\n"
    assert ran.returncode == 1


def commands(document):
    """All commands that a record names, its parts' too."""
    for name, value in document.items():
        if name == "command":
            yield value
        elif isinstance(value, dict):
            yield from commands(value)


@pytest.mark.parametrize("path", sorted((ROOT / "results").glob("*.json")), ids=lambda path: path.stem)
def test_a_committed_record_names_commands_that_are_there(path):
    named = list(commands(json.loads(path.read_text(encoding="utf-8"))))
    assert named
    for command in named:
        python, script, *words = command.split()
        assert python == "python"
        source = (ROOT / script).read_text(encoding="utf-8")
        if script != "scripts/claims.py":  # whose words are lessons
            assert all(f'"{part}"' in source for part in words), command
