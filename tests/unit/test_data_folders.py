import os
import re
import struct
import zlib

import numpy as np
import pytest
import torch
from PIL import Image

from course_gan.data import UnpairedBatches, folder, paired_folder, unpaired_folders
from course_gan.errors import CourseError


def save(path, mode="RGB", size=(8, 8), colour=0, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, colour).save(path, **options)


def claims(path, width, height):
    """A small PNG file whose header claims a size."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 10)), (b"IEND", b"")]
    packed = [struct.pack(">I", len(d)) + t + d + struct.pack(">I", zlib.crc32(t + d)) for t, d in chunks]
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(packed))


def problem(function, *arguments, **options):
    """The one line a user is shown."""
    with pytest.raises(CourseError) as error:
        function(*arguments, **options)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_images_come_in_order_of_name_as_central_squares(tmp_path):
    save(tmp_path / "b.png", colour=(200, 0, 0))
    wide = np.zeros((8, 20, 3), dtype=np.uint8)
    wide[:, 6:14] = (0, 90, 0)
    Image.fromarray(wide).save(tmp_path / "a.png")
    images = folder(tmp_path, size=4)
    assert images.images[:, :, 2, 2].tolist() == [[0, 90, 0], [200, 0, 0]]
    assert (images.images[0, 1] == 90).all()
    assert images.images.shape == (2, 3, 4, 4)
    assert folder(tmp_path, 4, channels=1).images.shape == (2, 1, 4, 4)


def test_other_files_hidden_files_and_subfolders_are_left_out(tmp_path):
    save(tmp_path / "a.PNG")
    save(tmp_path / "sub" / "b.png")
    (tmp_path / "notes.txt").write_text("notes")
    for name in ("._a.png", ".DS_Store", "Thumbs.db", "desktop.ini"):
        (tmp_path / name).write_bytes(b"what some systems leave beside a file")
    line = f"{tmp_path}: 1 file(s) not read: notes.txt; convert to PNG or JPEG what is a picture"
    with pytest.warns(UserWarning, match=f"^{re.escape(line)}$"):
        assert len(folder(tmp_path, 8)) == 1


NO_PICTURES = ["a.pdf", "b.h5", "c.fits", "d.eps", "e.svg", "f.heic", "g.npy", "h.mpg", "i.wmf", "j.grib", "k"]


@pytest.mark.parametrize("name", NO_PICTURES)
@pytest.mark.parametrize("read", [folder, paired_folder])
def test_one_file_of_another_kind_beside_pictures_is_told_and_does_no_harm(tmp_path, read, name):
    save(tmp_path / "x.png")
    (tmp_path / name).write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0")
    with pytest.warns(UserWarning, match=rf": 1 file\(s\) not read: {name}; convert to PNG or JPEG what") as told:
        read(tmp_path, 8)
    assert told[0].filename == __file__


def test_many_files_of_another_kind_are_counted_in_one_line(tmp_path):
    save(tmp_path / "x.png")
    for name in NO_PICTURES:
        (tmp_path / name).touch()
    with pytest.warns(UserWarning, match="not read") as told:
        folder(tmp_path, 8)
    listed = "a.pdf, b.h5, c.fits, d.eps, e.svg and 6 more"
    line = f"{tmp_path}: 11 file(s) not read: {listed}; convert to PNG or JPEG what is a picture"
    assert [str(warning.message) for warning in told] == [line]


def test_a_folder_of_pictures_that_are_not_read_says_what_to_do(tmp_path):
    for name in ("a.HEIC", "b.heic", "c.dng", "notes.txt"):
        (tmp_path / name).touch()
    found = "3 file(s) of kinds that are not read: a.HEIC, b.heic, c.dng"
    line = f"{tmp_path}: no image among 4 entries, but {found}; convert them to PNG or JPEG"
    assert problem(folder, tmp_path, 8) == line


@pytest.mark.filterwarnings("error")
def test_the_first_bytes_of_a_picture_count_and_not_its_suffix(tmp_path):
    Image.new("RGB", (8, 8), (10, 20, 30)).save(tmp_path / "really_png.jpg", "PNG")
    Image.new("RGB", (8, 8), (10, 20, 30)).save(tmp_path / "ПИСЬМО é 写真.JPG", "BMP")
    assert folder(tmp_path, 8).images[:, :, 4, 4].tolist() == [[10, 20, 30]] * 2


@pytest.mark.skipif(os.name == "nt", reason="needs names of any bytes, and links")
def test_odd_names_and_links_stay_in_one_line(tmp_path):
    save(tmp_path / "good.png")
    (tmp_path / "a\nb.png").touch()
    with open(os.fsencode(tmp_path) + b"/c\xff.png", "wb"):
        pass
    (tmp_path / "loop.png").symlink_to(tmp_path / "loop.png")
    (tmp_path / "gone.png").symlink_to(tmp_path / "nowhere.png")
    (tmp_path / "link.png").symlink_to(tmp_path / "good.png")
    line = problem(folder, tmp_path, 8)
    assert line.encode("utf-8").startswith(f"{tmp_path}: 4 unusable image(s): a b.png (".encode())
    assert "gone.png (No such file or directory)" in line
    assert "loop.png (Too many levels of symbolic links)" in line
    assert "link.png" not in line


def test_a_file_that_may_not_be_read_is_named(tmp_path, monkeypatch):
    def refused(*_, **__):
        raise PermissionError(13, "Permission denied", str(tmp_path / "x.png"))

    save(tmp_path / "x.png")
    monkeypatch.setattr(Image, "open", refused)
    line = f"{tmp_path}: 1 unusable image(s): x.png (Permission denied); remove or replace them"
    assert problem(folder, tmp_path, 8) == line


@pytest.mark.parametrize(
    ("mode", "colour", "suffix", "expected"),
    [
        ("L", 120, "png", [120, 120, 120]),
        ("1", 1, "png", [255, 255, 255]),
        ("LA", (120, 255), "png", [120, 120, 120]),
        ("LA", (0, 0), "png", [255, 255, 255]),  # transparent shows white, not the black that lies under it
        ("RGBA", (10, 20, 30, 255), "png", [10, 20, 30]),
        ("RGBA", (0, 0, 0, 0), "png", [255, 255, 255]),
        ("I;16", 30_000, "png", [116, 116, 116]),  # 30000 / 257; clipping would give 255
        ("CMYK", (0, 0, 0, 255), "tif", [0, 0, 0]),
        ("CMYK", (0, 0, 0, 0), "jpg", [255, 255, 255]),
        ("YCbCr", (128, 128, 128), "jpg", [128, 128, 128]),
    ],
)
def test_odd_modes_are_converted(tmp_path, mode, colour, suffix, expected):
    save(tmp_path / f"x.{suffix}", mode, colour=colour)
    with Image.open(tmp_path / f"x.{suffix}") as written:
        assert written.mode == mode or mode == "YCbCr"
    assert folder(tmp_path, 8).images[0, :, 4, 4].tolist() == pytest.approx(expected, abs=1)


def test_palettes_are_looked_up_and_their_transparent_colour_is_white(tmp_path):
    image = Image.new("P", (8, 8), 1)
    image.putpalette([0, 0, 0, 10, 200, 30])
    image.save(tmp_path / "opaque.png")
    image.save(tmp_path / "transparent.png", transparency=1)
    assert folder(tmp_path, 8).images[:, :, 4, 4].tolist() == [[10, 200, 30], [255, 255, 255]]


@pytest.mark.parametrize("suffix", ["gif", "png", "webp"])
def test_of_an_animation_the_first_frame_is_taken(tmp_path, suffix):
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    options = {"lossless": True} if suffix == "webp" else {}
    frames[0].save(tmp_path / f"x.{suffix}", save_all=True, append_images=frames[1:], **options)
    with Image.open(tmp_path / f"x.{suffix}") as written:
        assert written.n_frames == 2
    assert folder(tmp_path, 8).images[0, :, 4, 4].tolist() == [255, 0, 0]


def test_photographs_taken_sideways_are_put_upright(tmp_path):
    pixels = np.zeros((8, 8, 3), dtype=np.uint8)
    pixels[:, :4] = 255  # left half white; orientation 6 turns it a quarter clockwise: upper half white
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(pixels).save(tmp_path / "x.png", exif=exif)
    image = folder(tmp_path, 8).images[0, 0]
    assert (image[:4] == 255).all()
    assert (image[4:] == 0).all()


def test_a_missing_or_empty_folder_is_one_line(tmp_path):
    missing = tmp_path / "nowhere"
    expected = f"{missing}: No such file or directory, wanted a folder of images; check the path"
    assert problem(folder, missing, 8) == expected
    (tmp_path / "notes.txt").write_text("notes")
    expected = f"{tmp_path}: no image among 1 entries; put .png or .jpg files directly in it"
    assert problem(folder, tmp_path, 8) == expected
    file = tmp_path / "notes.txt"
    assert problem(folder, file, 8) == f"{file}: Not a directory, wanted a folder of images; check the path"


def test_all_broken_files_are_named_in_one_line(tmp_path):
    save(tmp_path / "good.png")
    (tmp_path / "empty.png").touch()
    (tmp_path / "text.jpg").write_text("not an image")
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "whole.jpg")
    cut = (tmp_path / "whole.jpg").read_bytes()
    (tmp_path / "cut.jpg").write_bytes(cut[: len(cut) // 2])
    (tmp_path / "folder.png").mkdir()
    line = problem(folder, tmp_path, 8)
    assert line.startswith(f"{tmp_path}: 4 unusable image(s): cut.jpg (image file is truncated")
    assert "empty.png (cannot identify image file 'empty.png')" in line
    assert "folder.png (Is a directory)" in line
    assert "text.jpg (cannot identify image file 'text.jpg')" in line
    assert "good.png" not in line
    assert line.endswith("; remove or replace them")


def test_many_broken_files_are_counted_not_all_listed(tmp_path):
    for k in range(12):
        (tmp_path / f"{k:02}.png").touch()
    line = problem(folder, tmp_path, 8)
    assert f"{tmp_path}: 12 unusable image(s): 00.png" in line
    assert "04.png" in line
    assert "05.png" not in line
    assert line.endswith(" and 7 more; remove or replace them")


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("side", "why"),
    [
        (7_100, "7100×7100 pixels in a file of 0 kB, a decompression bomb"),
        (10_000, "10000×10000 pixels in a file of 0 kB, a decompression bomb"),
        (11_000, "11000×11000, over 120 megapixels"),
        (15_000, "Image size (225000000 pixels) exceeds limit of"),
    ],
)
def test_huge_images_are_named_and_never_decoded(tmp_path, monkeypatch, side, why):
    claims(tmp_path / "huge.png", side, side)
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("it was decoded"))
    assert problem(folder, tmp_path, 8).startswith(f"{tmp_path}: 1 unusable image(s): huge.png ({why}")


def test_damaged_pixels_behind_a_good_header_are_named(tmp_path):
    claims(tmp_path / "short.png", 100, 100)
    assert "1 unusable image(s): short.png (" in problem(folder, tmp_path, 8)


def test_paired_files_are_cut_in_the_middle(tmp_path):
    for k, (left, right) in enumerate([(10, 20), (30, 40)]):
        pixels = np.full((8, 16, 3), left, dtype=np.uint8)
        pixels[:, 8:] = right
        Image.fromarray(pixels).save(tmp_path / f"{k}.png")
    pairs = paired_folder(tmp_path, 4)
    assert pairs.inputs.images.shape == pairs.targets.images.shape == (2, 3, 4, 4)
    assert pairs.inputs.images[:, 0, 0, 0].tolist() == [10, 30]
    assert pairs.targets.images[:, 0, 0, 0].tolist() == [20, 40]
    assert (pairs.targets.images == pairs.targets.images[:, :, :1, :1]).all()  # nothing of A in B


def test_a_paired_file_of_odd_width_is_named(tmp_path):
    save(tmp_path / "odd.png", size=(15, 8))
    expected = f"{tmp_path}: 1 unusable image(s): odd.png (odd width, cannot hold two images side by side)"
    assert problem(paired_folder, tmp_path, 8) == f"{expected}; remove or replace them"


def test_unpaired_folders_are_read_by_split_and_feed_batches(tmp_path):
    for name, n in (("trainA", 3), ("trainB", 2), ("testA", 1), ("testB", 1)):
        for k in range(n):
            save(tmp_path / name / f"{k}.png", colour=(100 if name.endswith("A") else 200,) * 3)
    a, b = unpaired_folders(tmp_path, 8)
    assert (len(a), len(b)) == (3, 2)
    assert [len(side) for side in unpaired_folders(tmp_path, 8, "test")] == [1, 1]
    batch_a, batch_b = next(UnpairedBatches(a, b, 2))
    assert torch.allclose(batch_a, torch.tensor(100 / 127.5 - 1))
    assert torch.allclose(batch_b, torch.tensor(200 / 127.5 - 1))


def test_an_unpaired_folder_that_is_missing_is_named(tmp_path):
    save(tmp_path / "trainA" / "a.png")
    wanted = f"{tmp_path / 'trainB'}: No such file or directory, wanted a folder of images; check the path"
    assert problem(unpaired_folders, tmp_path, 8) == wanted
    assert problem(unpaired_folders, tmp_path, 8, "all").startswith(f"{tmp_path / 'allA'}: No such file")
