"""Grey pictures of more than 8 bits: what can be told is scaled, what cannot is refused in a line."""

import numpy as np
import pytest
from PIL import Image

from course_gan.data import folder, read_picture
from course_gan.data.levels import UnusablePicture
from course_gan.data.reading import read_pixels
from course_gan.errors import CourseError
from tests.unit.pictures_by_hand import FLOAT, RAMP, SIGNED, UNSIGNED, grey, tiff

# --- what can be told


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (RAMP.astype("u1"), UNSIGNED),
        ((RAMP // 2).astype("i1"), SIGNED),
        ((RAMP * 257).astype("u2"), UNSIGNED),
        (RAMP.astype("u2"), UNSIGNED),  # 8-bit levels in a file of 16 bits
        (RAMP.astype("i2"), SIGNED),
        (RAMP.astype("i4"), SIGNED),
        ((RAMP * 257).astype("i4"), SIGNED),
        ((RAMP / 255).astype("f4"), FLOAT),
        ((RAMP / 255 * 1.0005).astype("f4"), FLOAT),  # a little beyond 1, as resampling leaves it
        (RAMP.astype("f4"), FLOAT),
        ((RAMP + 0.2).astype("f4"), FLOAT),
        ((RAMP * 257).astype("f4"), FLOAT),
    ],
    ids=lambda value: value.dtype.str[1:] if isinstance(value, np.ndarray) else "",
)
def test_a_ramp_in_a_tiff_stays_a_ramp(tmp_path, values, kind, order):
    tiff(tmp_path / "x.tif", values, kind, order)
    expected = RAMP // 2 if values.dtype == np.int8 else RAMP
    assert np.abs(grey(tmp_path / "x.tif").astype(int) - expected).max() == 0
    assert folder(tmp_path, 32).images.float().mean() == pytest.approx(expected[:, 96:160].mean(), abs=1)
    assert read_picture(tmp_path / "x.tif").mean() == pytest.approx(expected.mean() / 127.5 - 1, abs=0.01)


def test_bits_that_a_file_states_are_used(tmp_path):
    """12 bits, packed two values to three bytes: white is 4095, not 65535."""
    first, second = (RAMP * 16 + RAMP // 16).reshape(-1, 2).T
    packed = np.stack([first >> 4, (first & 15) << 4 | second >> 8, second & 255], axis=1).astype("u1").tobytes()
    tiff(tmp_path / "x.tif", packed, bits=12)
    assert np.array_equal(grey(tmp_path / "x.tif"), RAMP)
    tiff(tmp_path / "y.tif", RAMP.astype("u4"))
    assert np.array_equal(grey(tmp_path / "y.tif"), RAMP)


@pytest.mark.parametrize("values", [(RAMP * 257).astype("u2"), (RAMP / 255).astype("f4"), RAMP.astype("u1")])
def test_where_white_is_zero_the_picture_is_no_negative(tmp_path, values):
    tiff(tmp_path / "x.tif", values, FLOAT if values.dtype.kind == "f" else UNSIGNED, photometric=0)
    assert np.array_equal(grey(tmp_path / "x.tif"), 255 - RAMP)


@pytest.mark.parametrize("suffix", ["png", "tif", "pgm", "jp2"])
def test_sixteen_bits_are_scaled_by_257_in_every_format(tmp_path, suffix):
    values = (RAMP * 257).astype("u2")
    Image.fromarray(values if suffix != "pgm" else values.astype("i4")).save(tmp_path / f"x.{suffix}")
    assert np.array_equal(grey(tmp_path / f"x.{suffix}"), RAMP)


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (np.float32(0), FLOAT, 0),
        (np.float32(1), FLOAT, 255),
        (np.float32(0.5), FLOAT, 128),
        (np.float32(127), FLOAT, 127),
        (np.float32(255), FLOAT, 255),
        (np.int32(0), SIGNED, 0),
        (np.int32(255), SIGNED, 255),
        (np.uint16(0), UNSIGNED, 0),
        (np.uint16(65535), UNSIGNED, 255),
    ],
)
def test_a_picture_of_one_value_is_that_level(tmp_path, value, kind, expected):
    tiff(tmp_path / "x.tif", np.full(RAMP.shape, value), kind)
    assert (grey(tmp_path / "x.tif") == expected).all()


def test_floats_come_in_other_formats_too(tmp_path):
    Image.fromarray((RAMP / 255).astype("f4")).save(tmp_path / "x.pfm")
    assert np.array_equal(grey(tmp_path / "x.pfm"), RAMP)


# --- what cannot


@pytest.mark.parametrize(
    ("values", "kind", "found"),
    [
        (np.where(RAMP == 3, np.nan, RAMP / 255).astype("f4"), FLOAT, "values that are no numbers, NaN or infinite"),
        (np.where(RAMP == 3, np.inf, RAMP / 255).astype("f4"), FLOAT, "values that are no numbers, NaN or infinite"),
        ((RAMP / 127.5 - 1).astype("f4"), FLOAT, "values from -1 to 1, negative ones among them"),
        ((RAMP - 128).astype("i1"), SIGNED, "values from -128 to 127, negative ones among them"),
        ((RAMP - 128).astype("i2"), SIGNED, "values from -128 to 127, negative ones among them"),
        ((RAMP - 300).astype("i4"), SIGNED, "values from -300 to -45, negative ones among them"),
        ((RAMP / 150).astype("f4"), FLOAT, "values from 0 to 1.7, which does not tell what is white"),
        ((RAMP * 4.0).astype("f4"), FLOAT, "values from 0 to 1020, which does not tell what is white"),
        ((RAMP * 1e6).astype("f4"), FLOAT, "values from 0 to 2.55e+08, which does not tell what is white"),
        ((RAMP * 128).astype("i2"), SIGNED, "values from 0 to 32640, which does not tell what is white"),
        ((RAMP * 1000).astype("i4"), SIGNED, "values from 0 to 255000, which does not tell what is white"),
        ((RAMP * 16843009).astype("u4"), UNSIGNED, "values from 0 to 4.29497e+09, which does not tell what is white"),
        ((RAMP > 99).astype("i4"), SIGNED, "values from 0 to 1, which does not tell what is white"),
    ],
)
def test_a_range_that_cannot_be_told_is_refused_in_a_line(tmp_path, values, kind, found):
    tiff(tmp_path / "x.tif", values, kind)
    instead = "save it with 8 bits, or as floats from 0 to 1"
    with pytest.raises(CourseError) as error:
        folder(tmp_path, 32)
    assert str(error.value) == (f"{tmp_path}: 1 unusable image(s): x.tif ({found}; {instead}); remove or replace them")
    with pytest.raises(CourseError) as error:
        read_picture(tmp_path / "x.tif")
    wanted = "wanted a picture such as .png or .jpg"
    assert str(error.value) == f"{tmp_path / 'x.tif'}: cannot be used ({found}; {instead}); {wanted}"


@pytest.mark.parametrize("values", [(RAMP / 255).astype("f8"), (RAMP / 255).astype("f2"), RAMP.astype("u8")])
def test_a_tiff_that_pillow_does_not_know_is_called_one(tmp_path, values):
    tiff(tmp_path / "x.tif", values, FLOAT if values.dtype.kind == "f" else UNSIGNED)
    with pytest.raises(
        UnusablePicture, match="it is a kind of TIFF that cannot be read, save it with 8 bits a channel"
    ):
        read_pixels(tmp_path / "x.tif")


def test_pictures_of_one_folder_that_were_scaled_differently_are_told(tmp_path):
    tiff(tmp_path / "a.tif", RAMP.astype("f4"), FLOAT)
    tiff(tmp_path / "b.tif", (RAMP // 255).astype("f4"), FLOAT)  # nearly black, if it is of the same kind as a.tif
    tiff(tmp_path / "black.tif", (RAMP * 0).astype("f4"), FLOAT)
    Image.fromarray(RAMP.astype("u1")).save(tmp_path / "plain.png")
    with pytest.warns(UserWarning, match="taken for white") as told:
        folder(tmp_path, 32)
    what = "the value taken for white is 1 in b.tif; 255 in a.tif; save all of them with 8 bits if that is wrong"
    assert [str(warning.message) for warning in told] == [f"{tmp_path}: {what}"]
    assert told[0].filename == __file__
