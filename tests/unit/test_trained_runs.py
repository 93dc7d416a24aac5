"""`course-gan info`, `sample` and `translate`: what a training's folder gives, read and never changed."""

import shutil
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner
from PIL import Image

from course_gan.cli import main
from course_gan.data import to_float, to_uint8
from course_gan.data.reading import read_pixels
from course_gan.runner.trained import opened
from course_gan.runner.training import run as train
from course_gan.runner.translating import translate
from course_gan.training import checkpoint
from tests.unit.own_folders import heap, picture, two_sides
from tests.unit.tiny_folders import contents

OWN = {"data": "folder", "image_size": 16, "batch_size": 4, "steps": 2, "dtype": "fp32"}


@pytest.fixture(scope="module")
def once(tmp_path_factory) -> Path:
    """A folder with five runs, to be copied and not changed: pictures, pairs, domains, and points."""
    place = tmp_path_factory.mktemp("runs")
    pictures = str(heap(place / "photos"))
    sides = str(two_sides(place / "sides"))
    train("03", "smoke", place / "dcgan", overrides=OWN | {"folder": pictures}, progress=False)
    more = {"patch_layers": 2, "folder": sides}
    train("07", "smoke", place / "pix2pix", overrides=OWN | more, progress=False)
    train("08", "smoke", place / "cyclegan", overrides=OWN | more | {"downsamplings": 2}, progress=False)
    train("09", "smoke", place / "cut", overrides=OWN | more, progress=False)
    train("01", "smoke", place / "points", overrides={"steps": 2, "samples": 200}, progress=False)
    return place


@pytest.fixture
def here(once, tmp_path, monkeypatch) -> Path:
    place = Path(shutil.copytree(once, tmp_path / "here"))
    monkeypatch.chdir(place)
    return place


def said(*words: str) -> str:
    result = CliRunner().invoke(main, list(words))
    assert result.exit_code == 0, result.output
    return result.output


def refused(*words: str) -> str:
    """The one line that refuses; nothing may have been written."""
    before = contents(Path())
    result = CliRunner().invoke(main, list(words))
    assert (result.exit_code, result.output.count("\n")) == (1, 1), result.output
    assert contents(Path()) == before
    return result.output.removeprefix("course-gan: ").rstrip("\n")


# info


def test_info_says_what_a_run_holds_and_changes_nothing(here, once):
    before = contents(here)
    lines = said("info", "dcgan").splitlines()
    assert contents(here) == before
    assert lines[0] == "dcgan"
    table = {line[2:12].strip(): line[14:] for line in lines[1:]}
    assert table["lesson"] == "03_dcgan"
    assert table["data"] == f"12 picture(s) in {once / 'photos'}"
    assert table["steps"] == "2 of 2"
    assert table["settings"] == "those of profile smoke, but dtype fp32, batch_size 4"
    game = opened(Path("dcgan")).build().game
    generator = sum(weight.numel() for weight in game.generator.parameters())
    assert f"generator {generator:,} parameters" in table["players"]
    assert table["checkpoint"].startswith("step-00000002.pt, ")
    assert table["last log"].startswith("step 2: discriminator_loss ")


def test_info_of_a_run_whose_log_and_pictures_are_gone(here):
    Path("dcgan/log.jsonl").write_text("half a rec")
    content = checkpoint.read(Path("dcgan/step-00000002.pt"))
    content["settings"]["folder"] = "/no/such/folder"
    checkpoint.write(Path("dcgan/step-00000002.pt"), content)
    Path("dcgan/settings.json").unlink()
    shown = said("info", "dcgan")
    assert "12 picture(s) in /no/such/folder, which is not there now" in shown
    assert "last log    none can be read" in shown


@pytest.mark.parametrize("command", [("info",), ("sample", "--out", "x.png"), ("translate", "photos", "--out", "x")])
def test_what_is_no_run_is_one_line(here, command):
    name, *words = command

    def line(run: str) -> str:
        return refused(name, run, *words)

    assert line("nowhere") == "there is no folder nowhere: name the folder of a training, as runs/03"
    assert line("photos").startswith("photos holds no run; runs beside it: ")
    assert line(".").startswith(". holds no run; runs in it: ")
    assert line("") == "the folder's name is empty (a variable that is not set?): give a name, or . for this folder"
    Path("photos/step-00000001.pt").write_bytes(b"PK\x03\x04 somebody's weights")
    line_of_a_stranger = line_after_warning(name, "photos", *words)
    assert line_of_a_stranger.startswith(
        "no valid checkpoint among 1 in photos: photos/step-00000001.pt is not a whole"
    )
    torch.save({"game": torch.nn.Linear(1, 1)}, "photos/step-00000001.pt")
    assert "nothing was loaded from it" in line_after_warning(name, "photos", *words)


def line_after_warning(*words: str) -> str:
    result = CliRunner().invoke(main, list(words))
    assert result.exit_code == 1
    warned, line = result.output.splitlines()
    assert warned.startswith("course-gan: passed over: ")
    return line.removeprefix("course-gan: ")


def test_the_newest_valid_checkpoint_is_used_and_a_damaged_one_is_named(here):
    damaged = Path("dcgan/step-00000009.pt")
    damaged.write_bytes(Path("dcgan/step-00000002.pt").read_bytes()[:-100])
    shown = said("info", "dcgan")
    assert "passed over: dcgan/step-00000009.pt is not a whole checkpoint" in shown
    assert "step-00000002.pt, " in shown


# sample


def test_a_sheet_and_single_files_show_the_averages_samples(here):
    assert said("sample", "dcgan", "-n", "5", "--out", "sheet.png") == "sheet.png: 5 sample(s) of dcgan\n"
    said("sample", "dcgan", "-n", "5", "--out", "files")
    names = sorted(path.name for path in Path("files").iterdir())
    assert names == [f"{number:06d}.png" for number in range(1, 6)]
    game = opened(Path("dcgan")).build().game
    generator = torch.Generator().manual_seed(0)
    latents = torch.stack([torch.randn(game.latent_dim, generator=generator) for _ in range(5)])
    expected = to_uint8(game.sample(latents))
    for number, image in enumerate(expected, start=1):
        assert torch.equal(read_pixels(f"files/{number:06d}.png").pixels[0], image)
    assert not torch.equal(to_uint8(game.sample(latents, ema=False)), expected)
    zoomed = read_pixels("sheet.png").pixels[0]
    assert torch.equal(zoomed[:, :128:8, :128:8], expected[0])  # 16 pixels, 8 times as large


def test_more_samples_begin_as_fewer_and_the_seed_changes_them(here):
    for out, n, seed in (("few", "2", "0"), ("more", "4", "0"), ("other", "2", "1")):
        said("sample", "dcgan", "-n", n, "--seed", seed, "--out", out)
    few, more, other = (Path(out, "000002.png").read_bytes() for out in ("few", "more", "other"))
    assert few == more != other


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("dcgan", "-n", "0", "--out", "x.png"), "-n is 0, but has to be from 1 to 100,000"),
        (
            ("dcgan", "-n", "2000", "--out", "x.png"),
            "-n is 2000, but a sheet holds 1,024 at most: name a folder by --o",
        ),
        (("dcgan", "--out", "photos"), "photos is there already and stays as it is: name a new folder by --out"),
        (("dcgan", "--out", "photos/00.png"), "photos/00.png is there already and stays as it is: name another file"),
        (("dcgan", "--out", "x.bmp"), "x.bmp: a picture's name has to end in .png, .jpg, .jpeg, .webp"),
        (("dcgan", "--out", "no/x"), "no/x: there is no folder no; make it, or name another one"),
        (("dcgan", "--out", " "), "--out is empty (a variable that is not set?): name a new folder"),
        (
            ("pix2pix", "--out", "x.png"),
            "pix2pix holds a run of lesson 07, a Pix2Pix: use course-gan translate pix2pix PICTURE --out FOLDER",
        ),
        (("points", "--out", "x.png"), "points holds a run of lesson 01, whose samples are points, not pictures"),
    ],
)
def test_a_sample_that_cannot_be_is_one_line(here, words, line):
    assert refused("sample", *words).startswith(line)


# translate


@pytest.mark.parametrize("size", [(16, 16), (37, 22), (70, 9), (5, 3), (1, 1)])
@pytest.mark.parametrize("name", ["pix2pix", "cyclegan", "cut"])
def test_any_size_comes_back_as_it_was(here, name, size):
    picture(Path("in.png"), size=size)
    said("translate", name, "in.png", "--out", "out")
    with Image.open("out/in.png") as result:
        assert result.size == size


def test_where_sides_divide_nothing_is_padded_and_what_is_padded_is_cut_off(here):
    recipe = opened(Path("cyclegan")).build()
    image = torch.rand(1, 3, 32, 48) * 2 - 1
    assert torch.equal(translate(recipe, image), recipe.game.sample(image))
    cut = translate(recipe, image[:, :, :31, :47])
    assert cut.shape == (1, 3, 31, 47)
    torch.testing.assert_close(cut[:, :, :8, :8], recipe.game.sample(image)[:, :, :8, :8])  # far from the border


def test_a_folder_is_translated_by_name_and_both_ways(here):
    picture(Path("photos/00.jpg"))  # beside 00.png
    assert said("translate", "cyclegan", "photos", "--out", "there") == "there: 13 picture(s), translated by cyclegan\n"
    names = sorted(str(path.relative_to("there")) for path in Path("there").rglob("*.png"))
    assert {"00.jpg.png", "00.png.png", "more/02.png"} <= set(names)
    said("translate", "cyclegan", "photos", "--out", "back", "--direction", "b_to_a")
    recipe = opened(Path("cyclegan")).build()
    pixels = to_float(read_pixels("photos/01.png").pixels)
    for out, direction in (("there", "a_to_b"), ("back", "b_to_a")):
        expected = to_uint8(translate(recipe, pixels, direction))
        assert torch.equal(read_pixels(f"{out}/01.png").pixels, expected)


def test_large_pictures_are_made_smaller(here):
    picture(Path("in.png"), size=(100, 80))
    said("translate", "pix2pix", "in.png", "--out", "out", "--size", "64")
    with Image.open("out/in.png") as result:
        assert result.size == (64, 51)


def test_what_cannot_be_read_is_named_after_all_others_are_written(here):
    Path("photos/cut.jpg").write_bytes(b"no picture")
    result = CliRunner().invoke(main, ["translate", "pix2pix", "photos", "--out", "out"])
    assert result.exit_code == 1
    start = "course-gan: 12 of 13 picture(s) are in out, 1 cannot be used: cut.jpg (cannot identify image file"
    assert result.output.startswith(start)
    assert result.output.count("\n") == 1
    assert len(list(Path("out").rglob("*.png"))) == 12


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (
            ("dcgan", "photos"),
            "dcgan holds a run of lesson 03, a GAN: use course-gan sample dcgan --out FILE.png",
        ),
        (
            ("pix2pix", "photos", "--direction", "b_to_a"),
            "--direction is for a CycleGAN, but pix2pix translates one way",
        ),
        (("cyclegan", "photos", "--direction", "up"), "--direction is 'up', but has to be a_to_b or b_to_a"),
        (("cyclegan", "no.png"), "no.png: No such file or directory; name a picture, or a folder of pictures"),
        (("cyclegan", "photos", "--size", "5000"), "--size is 5000, but has to be from 8 to 4096 pixels"),
        (("cyclegan", "photos", "--size", "3"), "--size is 3, but has to be from 8 to 4096 pixels"),
    ],
)
def test_a_translation_that_cannot_be_is_one_line(here, words, line):
    assert refused("translate", *words, "--out", "x").startswith(line)


def test_a_run_on_maps_with_latitude_says_why_a_picture_does_not_do(here):
    train("07", "smoke", "earth", overrides={"steps": 1, "maps": 4}, progress=False)
    line = "earth translates 4 channels, a picture and its latitude, but a file has 3: choose a run of other data"
    assert refused("translate", "earth", "photos", "--out", "x") == line


def test_nothing_is_written_into_what_is_there(here):
    line = "photos is there already and stays as it is: name a new folder by --out"
    assert refused("translate", "cyclegan", "photos", "--out", "photos") == line
    Path("empty").mkdir()
    said("translate", "cyclegan", "photos/00.png", "--out", "empty")
    assert sorted(path.name for path in Path("empty").iterdir()) == ["00.png"]
