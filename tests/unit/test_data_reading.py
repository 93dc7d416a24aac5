"""One picture of the user's own: odd modes, large ones, damaged remarks; and who is blamed."""

import io
import os
import struct
import warnings
import zlib

import numpy as np
import pytest
import torch
from PIL import Image, ImageCms

from course_gan.data import folder, paired_folder, read_picture, unpaired_folders
from course_gan.data.levels import UnusablePicture
from course_gan.data.reading import read_pixels
from course_gan.errors import CourseError
from tests.unit.pictures_by_hand import FLOAT, RAMP, chunk, grey, jpeg, png, segment, tiff

# --- odd modes


def test_lab_is_colour(tmp_path):
    srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    red = Image.new("RGB", (80, 80), (200, 30, 60))
    ImageCms.profileToProfile(red, srgb, lab, outputMode="LAB").save(tmp_path / "x.tif")
    assert read_pixels(tmp_path / "x.tif").pixels[0, :, 9, 9].tolist() == pytest.approx([200, 30, 60], abs=4)


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_whatever_is_transparent_is_white(tmp_path, mode, suffix):
    picture = Image.new("RGBA", (80, 80), (0, 0, 0, 0))
    picture.paste((40, 40, 40, 255), (0, 0, 40, 80))
    picture.convert(mode).save(tmp_path / f"x.{suffix}")
    assert grey(tmp_path / f"x.{suffix}")[5, [5, 75]].tolist() == [40, 255]


def test_a_palette_with_an_alpha_of_its_own_is_white_where_transparent(tmp_path):
    picture = Image.new("P", (80, 80), 1)
    picture.putpalette([0, 0, 0, 40, 40, 40])
    picture = picture.convert("PA")
    picture.putalpha(Image.linear_gradient("L").resize((80, 80)).point(lambda level: 255 * (level > 127)))
    picture.save(tmp_path / "x.tif")
    assert grey(tmp_path / "x.tif")[[5, 75], 5].tolist() == [255, 40]


def test_transparency_of_sixteen_bits_is_white(tmp_path):
    values = (RAMP * 257).astype("u2")
    with_alpha = png(chunk(b"tRNS", struct.pack(">H", 100 * 257)), values)
    (tmp_path / "x.png").write_bytes(with_alpha)
    assert np.array_equal(grey(tmp_path / "x.png"), np.where(RAMP == 100, 255, RAMP))
    rows = b"".join(b"\0" + struct.pack(">HH", 0, 0) * 32 + struct.pack(">HH", 30_000, 65535) * 32 for _ in range(64))
    grey_and_alpha = struct.pack(">IIBBBBB", 64, 64, 16, 4, 0, 0, 0)
    content = [chunk(b"IHDR", grey_and_alpha), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")]
    (tmp_path / "y.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(content))
    assert grey(tmp_path / "y.png")[5, [5, 60]].tolist() == pytest.approx([255, 116], abs=1)


def test_of_several_pages_the_first_is_read(tmp_path):
    pages = [Image.fromarray((RAMP / 255).astype("f4")), Image.new("L", (256, 64), 0)]
    pages[0].save(tmp_path / "x.tif", save_all=True, append_images=pages[1:])
    assert np.array_equal(grey(tmp_path / "x.tif"), RAMP)


# --- large pictures


@pytest.mark.parametrize(("width", "height"), [(8064, 6048), (8192, 6144), (12_000, 9_000)])
def test_a_photo_of_a_phone_is_read_at_half_its_size(tmp_path, width, height):
    picture = Image.new("RGB", (width, height), (9, 80, 200))
    picture.paste((200, 80, 9), (0, 0, width // 2, height))
    picture.save(tmp_path / "x.jpg")
    pixels = read_pixels(tmp_path / "x.jpg").pixels
    assert pixels.shape == (1, 3, height // 2, width // 2)
    assert pixels[0, :, 9, [9, -9]].T.tolist() == pytest.approx(torch.tensor([[200, 80, 9], [9, 80, 200]]), abs=2)


@pytest.mark.parametrize(("mode", "colour"), [("L", 70), ("P", 70), ("1", 1), ("RGBA", (70, 70, 70, 255))])
@pytest.mark.parametrize("width", [6000, 6001])
def test_large_pictures_of_every_mode_are_halved_and_keep_an_even_or_odd_width(tmp_path, mode, colour, width):
    picture = Image.new(mode, (width, 4200), colour)
    if mode == "P":
        picture.putpalette([level for level in range(256) for _ in range(3)])
    picture.save(tmp_path / "x.png")
    pixels = read_pixels(tmp_path / "x.png").pixels
    assert pixels.shape == (1, 3, 2100, 3000 + width % 2)
    assert (pixels == (255 if mode == "1" else 70)).all()


# --- damaged remarks

EXIF = {
    "nonsense": b"nonsense",
    "nothing": b"",
    "a header alone": b"Exif\0\0",
    "cut off": b"Exif\0\0MM\0*\0\0\0\x08\0\x05\x01\x12",
    "an offset out of the file": b"Exif\0\0II*\0\xff\xff\xff\x7f",
    "an orientation of 99": b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x63\0\0\0\0\0\0\0",
    "an orientation in words": b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x02\0\x03\0\0\0six\0\0\0\0\0",
}


@pytest.mark.parametrize("block", EXIF.values(), ids=EXIF)
def test_a_damaged_exif_block_costs_the_orientation_at_most(tmp_path, block):
    (tmp_path / "a.png").write_bytes(png(chunk(b"eXIf", block.removeprefix(b"Exif\0\0"))))
    (tmp_path / "b.png").write_bytes(png(chunk(b"eXIf", block, damage=1)))
    (tmp_path / "c.png").write_bytes(png(chunk(b"tEXt", b"Raw profile type exif\0\nexif\n 4\n" + block.hex().encode())))
    (tmp_path / "d.jpg").write_bytes(jpeg(segment(0xE1, block)))
    Image.fromarray(RAMP.astype("u1")).save(tmp_path / "e.webp", exif=block, lossless=True)
    for file in sorted(tmp_path.iterdir()):
        assert np.abs(grey(file).astype(int) - RAMP).max() <= 2, file.name
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(folder(tmp_path, 32)) == 5


def test_damaged_bytes_anywhere_in_an_exif_block_do_no_harm():
    exif = Image.Exif()
    exif[0x0112], exif[0x010E], exif[0x9003] = 6, "a description", "2020:01:01 00:00:00"
    exif.get_ifd(0x8825)[2] = (1.0, 2.0, 3.0)
    whole = exif.tobytes()
    random = np.random.default_rng(0)
    for _ in range(200):
        block = bytearray(whole)
        for place in random.integers(0, len(block), 3):
            block[place] = random.integers(256)
        for content in (png(chunk(b"eXIf", bytes(block[6:]))), jpeg(segment(0xE1, bytes(block)))):
            assert sorted(read_pixels(io.BytesIO(content)).pixels.shape[2:]) == [64, 256]


@pytest.mark.parametrize(
    "extra",
    [
        chunk(b"zTXt", b"workflow\0\0" + zlib.compress(b"a" * 3_000_000)),  # more than Pillow takes
        chunk(b"iTXt", b"workflow\0\1\0\0\0" + zlib.compress(b"a" * 3_000_000)),
        chunk(b"iCCP", b"profile\0\0not compressed"),
        chunk(b"pHYs", b"\1"),
        chunk(b"gAMA", b""),
        chunk(b"tEXt", b"a remark", damage=1),
        chunk(b"acTL", b""),
    ],
    ids=lambda extra: extra[4:8].decode(),
)
def test_a_damaged_remark_in_a_png_does_no_harm(tmp_path, extra):
    assert np.array_equal(grey(io.BytesIO(png(extra))), RAMP)


def test_a_damaged_picture_behind_a_damaged_remark_is_refused():
    with pytest.raises(UnusablePicture, match="cannot identify image file"):
        read_pixels(io.BytesIO(png(chunk(b"tEXt", b"a remark", damage=1))[:150]))


# --- who is to blame


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"size": (64, 48)}, "size is (64, 48), wanted one whole number of pixels from 1 to 4096"),
        ({"size": 0}, "size is 0, wanted one whole number of pixels from 1 to 4096"),
        ({"size": -8}, "size is -8, wanted one whole number of pixels from 1 to 4096"),
        ({"size": "64"}, "size is '64', wanted one whole number of pixels from 1 to 4096"),
        ({"size": 64.0}, "size is 64.0, wanted one whole number of pixels from 1 to 4096"),
        ({"size": True}, "size is True, wanted one whole number of pixels from 1 to 4096"),
        ({"size": None}, "size is None, wanted one whole number of pixels from 1 to 4096"),
        ({"size": 10**6}, "size is 1000000, wanted one whole number of pixels from 1 to 4096"),
        ({"channels": 4}, "channels is 4, wanted 3 for colour or 1 for grey"),
        ({"channels": 0}, "channels is 0, wanted 3 for colour or 1 for grey"),
        ({"channels": True}, "channels is True, wanted 3 for colour or 1 for grey"),
        ({"channels": "RGB"}, "channels is 'RGB', wanted 3 for colour or 1 for grey"),
        ({"channels": [3]}, "channels is [3], wanted 3 for colour or 1 for grey"),
        ({"path": None}, "path is None, wanted the path of a folder of images"),
        ({"path": ""}, "path is '', wanted the path of a folder of images"),
        ({"path": 7}, "path is 7, wanted the path of a folder of images"),
    ],
)
@pytest.mark.parametrize("read", [folder, paired_folder, unpaired_folders])
def test_a_wrong_argument_is_named_and_no_file_is_blamed(tmp_path, read, arguments, message):
    Image.new("RGB", (8, 8)).save(tmp_path / "good.png")
    with pytest.raises(ValueError, match=" wanted ") as error:
        read(**{"path": tmp_path, "size": 8} | arguments)
    assert str(error.value) == message


def test_a_wrong_split_is_named(tmp_path):
    with pytest.raises(ValueError, match="^split is 3, wanted train or test$"):
        unpaired_folders(tmp_path, 8, split=3)


@pytest.mark.parametrize("longest", [0, 63, -1, "512", 100.0, None, True])
def test_read_picture_names_a_wrong_side(tmp_path, longest):
    (tmp_path / "x.png").write_bytes(png())
    with pytest.raises(ValueError, match=" wanted ") as error:
        read_picture(tmp_path / "x.png", longest=longest)
    assert str(error.value) == f"longest is {longest!r}, wanted one whole number of pixels from 64 up"


@pytest.mark.parametrize("file", [None, 7, b"x.png", torch.zeros(2), io.StringIO("x")])
def test_read_picture_names_what_is_no_file(file):
    with pytest.raises(
        ValueError, match=r"^file is .*, wanted a path, or a file that was opened with open\(path, 'rb'"
    ):
        read_picture(file)


def test_numpy_numbers_are_numbers(tmp_path):
    (tmp_path / "x.png").write_bytes(png())
    assert folder(tmp_path, np.int64(8), channels=np.int64(1)).images.shape == (1, 1, 8, 8)


def test_a_fault_of_our_own_is_not_put_on_the_file(tmp_path, monkeypatch):
    def broken(*_):
        raise RuntimeError("a fault of our own")

    (tmp_path / "good.png").write_bytes(png())
    monkeypatch.setattr("course_gan.data.folders.resize", broken)
    with pytest.raises(RuntimeError, match="a fault of our own"):
        folder(tmp_path, 8)


def test_settings_of_the_learner_change_nothing(tmp_path):
    tiff(tmp_path / "a.tif", (RAMP / 255).astype("f4"), FLOAT)
    tiff(tmp_path / "b.tif", np.where(RAMP == 7, 1e-40, RAMP / 255).astype("f4"), FLOAT)
    Image.fromarray(RAMP.astype("u1")).save(tmp_path / "c.png")
    expected = folder(tmp_path, 32).images
    with np.errstate(all="raise"), warnings.catch_warnings(), torch.device("meta"), torch.inference_mode():
        warnings.simplefilter("error")
        torch.set_default_dtype(torch.float64)
        try:
            read = folder(tmp_path, 32).images
        finally:
            torch.set_default_dtype(torch.float32)
    assert torch.equal(read, expected)


def test_a_stream_that_cannot_go_back_is_read(tmp_path):
    (tmp_path / "x.png").write_bytes(png())
    reader, writer = os.pipe()
    os.write(writer, png())
    os.close(writer)
    with open(reader, "rb") as stream:
        assert torch.equal(read_picture(stream), read_picture(tmp_path / "x.png"))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_in_a_folder_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "x.png")
    with pytest.raises(CourseError, match=r"1 unusable image\(s\): x\.png \(no regular file\); remove or replace"):
        folder(tmp_path, 8)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"\0\0\0\x24ftypheic\0\0\0\0mif1", "a HEIC file or a film"),
        (b"%PDF-1.7\n", "a PDF file"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\n", "a PostScript file"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG file"),
        (b"<!DOCTYPE html><title>404</title>", "a page of the web"),
    ],
)
def test_a_file_called_a_picture_is_told_what_it_is(tmp_path, content, kind):
    (tmp_path / "x.jpg").write_bytes(content)
    with pytest.raises(CourseError, match=rf"x\.jpg \(cannot identify image file 'x\.jpg': it is {kind}\); remove"):
        folder(tmp_path, 8)
