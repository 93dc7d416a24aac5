"""`course-gan train --data FOLDER`: one's own pictures are learned, looked at before, and the same on resuming."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner
from PIL import Image

from course_gan.cli import main
from course_gan.data import to_uint8
from course_gan.errors import CourseError
from course_gan.recipes import build, settings
from course_gan.recipes.own import left_or_right
from course_gan.training import checkpoint
from tests.unit.own_folders import halves, heap, picture, two_sides
from tests.unit.tiny_games import differing, leaves, whole_state

SMALL = ("--profile", "smoke", "--size", "16", "-p", "batch_size", "4", "-p", "dtype", "fp32", "-p", "steps")


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return heap(tmp_path / "photos")


def trained(*words: str, steps: int = 2):
    return CliRunner().invoke(main, ["train", *words, *SMALL, str(steps)])


def resumed(*words: str):
    return CliRunner().invoke(main, ["train", *words, "--resume"])


def last_line(result) -> str:
    assert result.exit_code == 1, result.output
    (line,) = result.output.splitlines()
    return line.removeprefix("course-gan: ")


# training


def test_a_folder_is_learned_and_the_run_says_of_what(folder):
    result = trained("dcgan", "--data", "photos", "--out", "run")
    assert result.exit_code == 0, result.output
    assert f"{folder}: 12 picture(s) to learn from, 16×16 pixels in colour" in result.output
    kept = json.loads(Path("run/settings.json").read_text())
    assert (kept["data"], kept["folder"], kept["image_size"]) == ("folder", str(folder), 16)
    assert json.loads(Path("run/pictures.json").read_text())["files"] == 12
    with Image.open("run/samples/step-00000002.png") as sheet:
        assert sheet.width > 300


@pytest.mark.parametrize(
    ("lesson", "said"),
    [
        (
            "pix2pix",
            "11 pair(s), by name in A and B, to learn from, 16×16 pixels in colour; 1 more are held out for the",
        ),
        (
            "cyclegan",
            "11 picture(s) in A and 11 in B to learn from, 16×16 pixels in colour; 1 of each more are held out",
        ),
        (
            "cut",
            "11 picture(s) in A and 11 in B to learn from, 16×16 pixels in colour; 1 of each more are held out",
        ),
    ],
)
def test_pairs_and_domains_are_learned_and_some_are_held_out(tmp_path, monkeypatch, lesson, said):
    monkeypatch.chdir(tmp_path)
    two_sides(tmp_path / "mine")
    more = ("-p", "patch_layers", "2")
    result = CliRunner().invoke(main, ["train", lesson, "--data", "mine", "--out", "run", *SMALL, "2", *more])
    assert result.exit_code == 0, result.output
    assert said in result.output


@pytest.mark.parametrize("lesson", ["03", "04", "07", "08", "09"])
@pytest.mark.parametrize("channels", [1, 3])
def test_colour_and_grey_train_and_preview(tmp_path, lesson, channels):
    two_sides(tmp_path)
    own = {"data": "folder", "folder": str(tmp_path), "channels": channels, "batch_size": 4, "patch_layers": 2}
    if lesson in ("03", "04"):
        del own["patch_layers"]
    recipe = build(lesson, "smoke", image_size=16, **own)
    recipe.game.step(recipe.batches)
    assert recipe.preview().shape[1] == channels


def test_what_is_held_out_is_in_no_batch(tmp_path):
    halves(tmp_path, 12)
    own = {"data": "folder", "folder": str(tmp_path), "image_size": 16, "batch_size": 11, "mirror": False}
    recipe = build("07", "smoke", patch_layers=2, **own)
    inputs, targets = next(recipe.batches)  # all there is
    assert len(inputs) == 11
    assert len({int(one[0, 0, 0]) for one in to_uint8(inputs)}) == 11
    shown, wanted = recipe.held_out
    assert (inputs != shown).flatten(1).any(dim=1).all()
    assert torch.equal(to_uint8(shown)[:, 0], to_uint8(wanted)[:, 2])
    assert torch.equal(to_uint8(inputs)[:, 0], to_uint8(targets)[:, 2])


def test_pictures_are_mirrored_left_to_right_pairs_alike():
    image = torch.arange(16.0).view(1, 1, 4, 4).expand(100, -1, -1, -1)
    one = left_or_right(image, torch.Generator().manual_seed(0))
    ways = {tuple(way.flatten().tolist()) for way in one}
    assert ways == {tuple(image[0].flatten().tolist()), tuple(image[0].flip(2).flatten().tolist())}
    a, b = left_or_right((image, image + 100), torch.Generator().manual_seed(0))
    assert torch.equal(a + 100, b)


def test_photographs_have_the_settings_of_the_colour_recipes():
    chosen = settings("03", "cpu", data="folder")
    assert (chosen.image_size, chosen.width, chosen.batch_size, chosen.steps) == (64, 40, 32, 20_000)
    assert settings("08", "cpu", data="folder").identity == 2.5
    assert settings("07", "cpu", data="folder").contrast == 1.0
    assert [settings("07", "cpu", data="folder", image_size=size).depth for size in (96, 80, 72, 64)] == [5, 4, 3, 5]


# before hours are spent


@pytest.mark.parametrize(("lesson", "shown"), [("dcgan", "12 images"), ("pix2pix", "11 pairs"), ("cyclegan", "11 im")])
def test_a_preview_shows_what_will_be_seen_and_trains_nothing(tmp_path, monkeypatch, lesson, shown):
    monkeypatch.chdir(tmp_path)
    two_sides(tmp_path / "mine") if lesson != "dcgan" else heap(tmp_path / "mine")
    batch = "12" if lesson == "dcgan" else "11"
    words = ["train", lesson, "--data", "mine", "--size", "32", "-p", "batch_size", batch, "--preview", "sheet.png"]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0, result.output
    assert f"sheet.png shows {shown}" in result.output
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine", "sheet.png"]
    with Image.open("sheet.png") as sheet:
        assert sheet.height > 200


def test_a_pair_stands_side_by_side(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    halves(tmp_path / "mine")
    words = ["train", "pix2pix", "--data", "mine", "--size", "32", "-p", "mirror", "False", "--preview", "sheet.png"]
    assert CliRunner().invoke(main, words).exit_code == 0
    with Image.open("sheet.png") as sheet:
        pixels = sheet.convert("RGB")
        left, right = pixels.getpixel((60, 60)), pixels.getpixel((192, 60))  # 128 pixels each, and a gap of 4
    assert left == (right[2], 0, 0)
    assert left[0] > 0


# every mistake is one line


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("1", "--data", "photos"), "lesson 01 learns no pictures of your own: choose one of 03, 04, 07, 08"),
        (("10", "--data", "photos"), "lesson 10 learns no pictures of your own: choose one of 03, 04, 07, 08"),
        (("3", "--data", "earth"), "there is no folder earth; for the course's own set of that name say -p data earth"),
        (("3", "--data", "photos", "-p", "data", "earth"), "--data and -p data say the same: leave out one of them"),
        (("3", "--size", "16", "-p", "image_size", "16"), "--size and -p image_size say the same: leave out one of"),
        (("1", "--size", "16"), "--size is 16, but lesson 01 learns points, which have none"),
        (("3", "--data", "photos", "--size", "48"), "image_size is 48, but has to be a power of two: 16, 32, 64"),
        (("7", "--data", "photos", "--size", "50"), "image_size is 50 and depth 2, but the size has to divide by"),
        (("3", "-p", "data", "folder"), "folder is empty, but data is 'folder': name it by --data PATH"),
        (("3", "-p", "folder", "photos"), "folder is 'photos', but data is 'glyphs': say --data PATH instead"),
        (("3", "--data", "photos", "-p", "channels", "2"), "channels is 2, but has to be 3 for colour or 1 for grey"),
        (("8", "--data", "photos"), "{folder}: it holds no two domains; make two folders in it, trainA and trainB"),
        (("3", "--data", "no"), "{here}/no: No such file or directory, wanted a folder of images; check the path"),
        (
            ("3", "--data", "photos", "--size", "16"),
            "{folder}: 12 picture(s) to learn from, but a batch has 32: add some, or make it smaller with "
            "-p batch_size 12",
        ),
        (("3", "--data", " "), "the folder's name is empty (a variable that is not set?): give a name, or ."),
        (
            ("3", "--preview", "photos/00.png"),
            "photos/00.png is there already and stays as it is: name another file by",
        ),
        (("3", "--preview", "a.bmp"), "a.bmp: a picture's name has to end in .png, .jpg, .jpeg, .webp"),
        (("3", "--preview", ""), "--preview is empty (a variable that is not set?): name a file, such as painted.png"),
        (("1", "--preview", "a.png"), "lesson 01 learns points, of which there is no picture: leave out --preview"),
    ],
)
def test_every_mistake_is_one_line_and_nothing_is_begun(folder, words, line):
    before = sorted(folder.parent.rglob("*"))
    said = last_line(CliRunner().invoke(main, ["train", *words]))
    assert said.startswith(line.format(folder=folder, here=folder.parent))
    assert sorted(folder.parent.rglob("*")) == before


@pytest.mark.parametrize("words", [("--resume",), ("--out", "x")])
def test_a_preview_is_no_training(folder, words):
    result = CliRunner().invoke(main, ["train", "3", "--preview", "a.png", *words])
    assert result.exit_code == 2
    assert result.output.startswith("course-gan: --preview only shows: leave out --out and --resume")


# resuming


def test_interrupted_and_resumed_it_ends_as_without(folder):
    assert trained("3", "--data", "photos", "--out", "whole", steps=6).exit_code == 0
    assert trained("3", "--data", "photos", "--out", "parted", steps=3).exit_code == 0
    assert resumed("3", "--out", "parted", "-p", "steps", "6").exit_code == 0
    states = []
    for name in ("whole", "parted"):
        content = checkpoint.read(Path(name, "step-00000006.pt"))
        states.append(dict(leaves({"game": content["game"], "batches": content["batches"]})))
    assert not differing(*states)


def test_moved_pictures_are_found_where_they_are_said_to_be(folder):
    trained("3", "--data", "photos", "--out", "run")
    folder.rename("moved")
    line = last_line(resumed("3", "--out", "run", "-p", "steps", "3"))
    assert line.startswith(f"{folder}: No such file or directory")
    assert line.endswith("(where are the pictures of run now? say it by --data PATH)")
    assert resumed("3", "--out", "run", "-p", "steps", "3", "--data", "moved").exit_code == 0
    assert json.loads(Path("run/settings.json").read_text())["folder"] == str(folder.parent / "moved")
    assert resumed("3", "--out", "run", "-p", "steps", "4").exit_code == 0


def test_other_pictures_are_refused_and_the_line_names_the_difference(folder):
    trained("3", "--data", "photos", "--out", "run")
    (folder / "00.png").unlink()
    picture(folder / "01.png", size=(50, 50))
    picture(folder / "new.png")
    picture(folder / "newer.png")
    before = {path: path.read_bytes() for path in Path("run").rglob("*") if path.is_file()}
    found = "12 picture(s) then, 13 now; new: new.png, newer.png; missing: 00.png; changed: 01.png"
    advice = "put them back, or start a new run in another folder"
    expected = f"{folder} does not hold the pictures that run was started with ({found}): {advice}"
    assert last_line(resumed("3", "--out", "run", "-p", "steps", "3")) == expected
    assert {path: path.read_bytes() for path in Path("run").rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("damage", [b"", b"[]", b'{"sizes": {"a.png": 3}, "digest": "of another"}', None])
def test_a_lost_or_wrong_list_of_names_costs_the_names_alone(folder, damage):
    trained("3", "--data", "photos", "--out", "run")
    path = Path("run/pictures.json")
    path.unlink()
    if damage is not None:
        path.write_bytes(damage)
    picture(folder / "new.png")
    line = last_line(resumed("3", "--out", "run", "-p", "steps", "3"))
    assert "(12 picture(s) then, 13 now)" in line
    (folder / "new.png").unlink()
    result = resumed("3", "--out", "run", "-p", "steps", "3")
    assert result.exit_code == 0, result.output


def test_another_size_or_another_set_is_another_run(folder):
    trained("3", "--data", "photos", "--out", "run")
    line = last_line(resumed("3", "--out", "run", "--size", "32"))
    assert line == "image_size was 16 when run was started: it cannot become 32 on resuming"
    trained("3", "--out", "letters")
    line = last_line(resumed("3", "--out", "letters", "--data", "photos"))
    assert line == "data was 'glyphs' when letters was started: it cannot become 'folder' on resuming"


def test_a_copied_run_goes_on_elsewhere(folder):
    trained("3", "--data", "photos", "--out", "run")
    shutil.copytree("run", "copy")
    shutil.copytree("photos", "photos2")
    result = resumed("3", "--out", "copy", "-p", "steps", "3", "--data", "photos2")
    assert result.exit_code == 0, result.output


def test_the_list_of_a_run_whose_checkpoints_are_gone_is_kept(folder):
    trained("3", "--data", "photos", "--out", "run")
    before = Path("run/pictures.json").read_bytes()
    Path("run/step-00000002.pt").unlink()
    picture(folder / "new.png")
    assert trained("3", "--data", "photos", "--out", "run").exit_code == 0
    assert Path("run/pictures.json.1").read_bytes() == before
    assert json.loads(Path("run/pictures.json").read_text())["files"] == 13


def test_a_recipe_without_data_has_the_same_players(folder):
    own = {"data": "folder", "folder": str(folder), "image_size": 16, "batch_size": 4, "dtype": "fp32"}
    chosen = settings("03", "smoke", **own)
    recipe = build("03", "smoke", **own)
    shutil.rmtree(folder)
    bare = type(recipe)(chosen, with_data=False)
    assert bare.batches is None
    state = whole_state(recipe.game, recipe.batches)
    bare.game.load_state_dict(recipe.game.state_dict())
    assert not differing(whole_state(bare.game, recipe.batches), state)
    with pytest.raises(CourseError, match="No such file or directory"):
        build("03", "smoke", **own)
