"""`course-gan stylize` as a person runs it: known styles, a style of one's own, and every mistake in one line."""

import pytest
import torch
from click.testing import CliRunner
from PIL import Image

from course_gan.cli import main
from course_gan.data import read_picture, to_uint8
from course_gan.models import in_styles, load_style_network
from course_gan.runner import stylizing
from tests.unit.odd_pictures import animated, bomb, encoded


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cat.jpg").write_bytes(encoded("JPEG", size=(130, 90)))
    return tmp_path


def run(*words):
    return CliRunner().invoke(main, ["stylize", *map(str, words)])


def test_a_photo_in_a_style_of_the_course(folder):
    result = run("cat.jpg", "--style", "mosaic")
    assert result.exit_code == 0, result.output
    assert result.output.startswith("cat in mosaic.png: cat.jpg in the style of mosaic, ")
    with Image.open(folder / "cat in mosaic.png") as picture:
        assert picture.size == (130, 90)
    painted = to_uint8(in_styles(load_style_network(), read_picture("cat.jpg"), ["mosaic"]))
    assert torch.equal(to_uint8(read_picture("cat in mosaic.png")), painted)


def test_a_style_of_ones_own_and_half_its_strength(folder, monkeypatch):
    (folder / "wall.png").write_bytes(encoded(size=(100, 80)))
    seen = []

    def repaint(start, style, photo):
        seen.append((tuple(start.shape), tuple(style.shape)))
        return torch.ones_like(start)

    monkeypatch.setattr(stylizing, "repaint", repaint)
    result = run("cat.jpg", "--style", "wall.png", "--out", "half.webp", "--strength", "0.5", "--size", "65")
    assert result.exit_code == 1  # 65 × 45 pixels
    assert "each side has to have at least 64" in result.output
    result = run("cat.jpg", "--style", "wall.png", "--out", "half.webp", "--strength", "0.5", "--size", "100")
    assert result.exit_code == 0, result.output
    assert seen == [((1, 3, 69, 100), (1, 3, 80, 100))]
    expected = (read_picture("cat.jpg", 100) + 1) / 2
    assert (read_picture("half.webp") - expected).abs().mean() < 0.05


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ("--style", "mosiac"),
            "'mosiac' is neither a style nor a file: did you mean mosaic? styles are relief",
        ),
        (("--style", "mosaic", "--strength", "1.5"), "--strength is 1.5, but has to be from 0, the photo, to 1"),
        (("--style", "mosaic", "--size", "5000"), "--size is 5000, but has to be from 64 to 1024 pixels"),
        (("--style", "mosaic", "--out", "a.bmp"), "a.bmp: a picture's name has to end in .png, .jpg, .jpeg, .webp"),
        (("--style", "mosaic", "--out", "no/a.png"), "no/a.png: there is no folder no; make it, or name another file"),
        (("--style", "mosaic", "--out", " "), "--out is empty (a variable that is not set?): name a file, such as"),
        (("--style", "mosaic", "--out", "cat.jpg"), "cat.jpg is there already and stays as it is: name another file"),
    ],
)
def test_every_mistake_is_one_line_and_nothing_is_lost(folder, words, said):
    before = (folder / "cat.jpg").read_bytes()
    result = run("cat.jpg", *words)
    assert result.exit_code == 1
    assert f"course-gan: {said}" in result.output
    assert result.output.count("\n") == 1
    assert [path.name for path in folder.iterdir()] == ["cat.jpg"]
    assert (folder / "cat.jpg").read_bytes() == before


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"no picture", "photo.png: cannot be used (cannot identify image file"),
        (bomb(12_000, 12_000), "photo.png: cannot be used ("),
        (encoded(size=(300, 20)), "photo.png: 300×20 pixels, but each side has to have at least 64"),
    ],
)
def test_what_is_no_photo_is_one_line(folder, content, said):
    (folder / "photo.png").write_bytes(content)
    result = run("photo.png", "--style", "brick")
    assert (result.exit_code, result.output.count("\n")) == (1, 1)
    assert said in result.output
    assert not (folder / "photo in brick.png").exists()


@pytest.mark.parametrize("how", [("PNG", "L"), ("PNG", "RGBA"), ("PNG", "I;16"), ("GIF",)])
def test_odd_photos_are_painted(folder, how):
    content = animated() if how == ("GIF",) else encoded(*how, size=(80, 70))
    (folder / "odd.png").write_bytes(content)
    result = run("odd.png", "--style", "stippling", "--out", "painted.jpg")
    assert result.exit_code == 0, result.output
    assert (folder / "painted.jpg").exists()
