"""The stylist as the kernel knows it: shares, uploads, and the panel without a browser."""

import base64
import io
import re

import numpy as np
import pytest
import torch
from PIL import Image

from course_gan import data, panels
from course_gan.data import read_picture
from course_gan.errors import CourseError
from course_gan.models import in_styles, load_style_network
from course_gan.panels.kit.uploads import LARGEST, received
from course_gan.panels.photo_stylist import masks, painters
from course_gan.panels.photo_stylist.masks import PLACES, painted, shares, where
from course_gan.panels.photo_stylist.pictures import sized
from tests.unit.odd_pictures import animated, bomb, encoded
from tests.unit.panel_helpers import line

# --- shares


def test_places_are_where_they_say():
    content = torch.linspace(-1, 1, 64).expand(1, 3, 48, 64)  # dark at the left, bright at the right
    left, right, middle = (slice(None), slice(0, 16)), (slice(None), slice(-16, None)), (slice(20, 28), slice(28, 36))
    for place, full, empty in (
        ("left half", left, right),
        ("dark parts", left, right),
        ("bright parts", right, left),
        ("middle", middle, (slice(0, 6), slice(None))),
    ):
        inside = where(place, content)
        assert inside.shape == (48, 64)
        assert inside[full].min() > 0.9, place
        assert inside[empty].max() < 0.1, place
    assert (where("everywhere", content) == 1).all()
    assert len(PLACES) == 6
    hand = torch.zeros(6, 8)
    hand[:3] = 1
    painted_there = where("painted by hand", content, hand)
    assert (painted_there[:20] == 1).all()
    assert (painted_there[-20:] == 0).all()


@pytest.mark.parametrize("place", PLACES[:-1])
@pytest.mark.parametrize("elsewhere", [False, True])
def test_shares_never_sum_to_more_than_one_and_fill_the_picture_where_they_should(place, elsewhere):
    share = shares(torch.rand(1, 3, 40, 40) * 2 - 1, place, 0.25, elsewhere)
    assert (share >= 0).all()
    assert share.sum(0).max() <= 1 + 1e-6
    if elsewhere:
        torch.testing.assert_close(share.sum(0), torch.ones(40, 40))
    else:
        torch.testing.assert_close(share[0], 3 * share[1])


def test_a_style_without_a_share_is_not_asked_for():
    asked = []

    def paint(content, styles, strength, mask):
        asked.append((styles, strength, tuple(mask.shape)))
        return content

    content = torch.rand(1, 3, 20, 30)
    for place, mix, elsewhere in (("everywhere", 0.0, True), ("everywhere", 1.0, False), ("left half", 0.0, True)):
        painted(paint, content, ["first", "second"], 0.5, place, mix, elsewhere)
    assert asked == [
        (["first"], 0.5, (1, 20, 30)),
        (["second"], 0.5, (1, 20, 30)),
        (["first", "second"], 0.5, (2, 20, 30)),
    ]


def test_a_picture_is_made_smaller_and_never_larger():
    picture = torch.rand(1, 3, 100, 200) * 2 - 1
    assert sized(picture, 128).shape == (1, 3, 64, 128)
    torch.testing.assert_close(sized(picture, 512), picture)


# --- uploads

BAD = {
    "text": (
        b"no picture at all",
        r"^holiday\.png: cannot be used \(cannot identify image file 'holiday\.png'\); wanted",
    ),
    "empty": (b"", r"^holiday\.png: cannot be used \(cannot identify"),
    "cut off": (encoded()[:900], r"^holiday\.png: cannot be used \("),
    "100 megapixels": (
        bomb(10_000, 10_000),
        r"^holiday\.png: cannot be used \(10000×10000 pixels in a file of 12 kB, a decompression bomb\)",
    ),
    "a gigapixel": (
        bomb(40_000, 25_000, 1),
        r"^holiday\.png: cannot be used \(Image size \(1000000000 pixels\) exceeds",
    ),
    "tiny": (encoded(size=(20, 300)), r"^holiday\.png: 20×300 pixels, but each side has to have at least 64"),
}


@pytest.mark.parametrize("kind", BAD)
def test_an_upload_that_is_no_picture_is_one_line_and_loses_nothing(kind, monkeypatch):
    content, said = BAD[kind]
    if "pixel" in kind:
        monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("it was decoded"))
    with pytest.raises(CourseError, match=said) as raised:
        received("holiday.png", len(content), content, read_picture)
    assert "\n" not in str(raised.value)


def test_an_upload_too_large_for_the_way_is_one_line():
    with pytest.raises(CourseError) as raised:
        received("holiday.png", 12_000_000, b"", read_picture)
    wanted = "an upload may have 8 MB at most: save it with fewer pixels, or as a JPEG"
    assert str(raised.value) == f"holiday.png: 12.0 MB, but {wanted}"
    assert LARGEST * 1.05 < 10 * 2**20  # with what a message holds beside it


ODD = [("JPEG", "CMYK"), ("PNG", "P"), ("PNG", "LA"), ("TIFF", "I;16"), ("WEBP", "RGB")]


@pytest.mark.parametrize("content", [animated(), *(encoded(*how) for how in ODD)], ids=["animated", *map(str, ODD)])
def test_odd_pictures_are_accepted(content):
    picture = received("odd", len(content), content, read_picture)
    assert (picture.shape[:2], picture.min() >= -1, picture.max() <= 1) == ((1, 3), True, True)


# --- the stylist


@pytest.fixture
def stylist():
    panel = panels.Stylist(longest=64)
    panel.open()
    return panel


def test_the_stylist_paints_what_the_style_network_paints(stylist):
    stylist.knobs["content"].value, stylist.knobs["style"].value = "coffee", "brick"
    stylist.knobs["strength"].value = 0.5
    content = sized(stylist.choices["content"]["coffee"], 64)
    expected = in_styles(load_style_network(), content, ["brick"], strength=0.5)
    torch.testing.assert_close(stylist.result, expected, atol=1e-3, rtol=0)


def test_a_style_of_ones_own_is_painted_once_and_then_only_blended(monkeypatch):
    painted = []

    def repaint(start, style, photo, steps):
        painted.append(style)
        return torch.ones_like(start)

    monkeypatch.setattr(painters, "repaint", repaint)
    paint = painters.StylePainter()
    content, wall = torch.zeros(1, 3, 64, 64), torch.rand(1, 3, 70, 70)
    for strength in (1.0, 0.5, 0.0):
        assert torch.equal(paint(content, [wall], strength=strength), torch.full_like(content, strength))
    assert len(painted) == 1
    left = torch.zeros(64, 64)
    left[:, :32] = 1
    both = paint(content, [wall, "mosaic"], mask=torch.stack([left, 1 - left]))
    assert (both[..., :32] == 1).all()
    torch.testing.assert_close(both[..., 32:], paint(content, ["mosaic"])[..., 32:])
    paint(content + 0.1, [wall])
    assert len(painted) == 2


def test_every_control_of_the_stylist_changes_the_picture(stylist):
    for name, value in (
        ("content", "china"),
        ("style", "gravel"),
        ("strength", 0.5),
        ("mix", 0.5),
        ("second", "flower"),
        ("place", "middle"),
        ("elsewhere", True),
        ("longest", 128),
    ):
        before, shown = stylist.result, stylist.image.value
        stylist.knobs[name].value = value
        assert stylist.image.value != shown, name
        assert before.shape != stylist.result.shape or not torch.equal(before, stylist.result), name
    assert "128 × 85 pixels" in stylist.readout.value


def test_a_mask_painted_by_hand_says_where(stylist):
    assert stylist.canvas.layout.display == "none"
    whole = stylist.result
    stylist.knobs["place"].value = "painted by hand"
    assert stylist.canvas.layout.display == ""
    content = sized(stylist.choices["content"][stylist.state["content"]], 64)
    torch.testing.assert_close(stylist.result, content)  # nothing is painted yet
    width, height, _ = stylist.canvas.shape
    left = torch.zeros(height, width, dtype=torch.uint8)
    left[:, : width // 2] = 1
    stylist.canvas.labels = left.numpy().tobytes()
    assert (stylist.result[..., :24] - content[..., :24]).abs().mean() > 0.1
    torch.testing.assert_close(stylist.result[..., -24:], content[..., -24:])
    assert stylist.result.shape == whole.shape
    stylist.knobs["content"].value = "china"  # another picture: nothing painted, another shape
    assert stylist.hand is None or not stylist.hand.any()
    assert stylist.canvas.shape[:2] == [96, 64]
    assert not any(stylist.canvas.labels)


def test_an_upload_is_chosen_at_once_and_stays_to_be_chosen(stylist):
    content = encoded("JPEG")
    stylist.receive("content", "my cat.jpg", len(content), [content])
    assert (stylist.state["content"], stylist.knobs["content"].value) == ("my cat.jpg", "my cat.jpg")
    assert line(stylist) == "my cat.jpg is the content now"
    style = stylist.state["style"]
    stylist.receive("style", "wall.png", 3000, [encoded()])
    assert (stylist.state["content"], stylist.state["style"]) == ("my cat.jpg", "wall.png")
    stylist.knobs["style"].value = style
    stylist.knobs["second"].value = "wall.png"
    assert {"my cat.jpg", "coffee"} <= set(stylist.knobs["content"].options)
    assert {"wall.png", "brick"} <= set(stylist.knobs["second"].options)
    result = stylist.result
    with pytest.raises(CourseError):
        stylist.receive("content", "bad.png", 5, [b"hello"])
    assert torch.equal(stylist.result, result)
    assert stylist.state["content"] == "my cat.jpg"


def test_the_same_name_again_is_the_new_picture(stylist):
    for kind in ("JPEG", "PNG"):
        before = stylist.result
        stylist.receive("content", "a.jpg", 100, [encoded(kind, size=(100, 100 if kind == "JPEG" else 70))])
        assert not torch.equal(before, stylist.result)


def test_content_and_result_are_compared(stylist):
    before, after = stylist.compared.before, stylist.compared.after
    assert before.startswith("data:image/webp;base64,")
    stylist.knobs["style"].value = "woodcut"
    assert stylist.compared.before == before
    assert stylist.compared.after != after
    stylist.knobs["content"].value = "china"
    assert stylist.compared.before != before


def test_the_download_is_the_picture(stylist):
    (content,) = re.findall(r'download="painted.png" href="data:image/png;base64,([^"]*)"', stylist.readout.value)
    picture = torch.from_numpy(np.array(Image.open(io.BytesIO(base64.b64decode(content)))))
    assert torch.equal(picture.permute(2, 0, 1), data.to_uint8(stylist.result[0]))


def test_translators_are_styles_too_as_in_lesson_08():
    letters = {name: torch.rand(1, 1, 32, 32) * 2 - 1 for name in "ab"}
    translators = {"B to A": lambda x: -x, "A to B": lambda x: x * 0}

    def paint(content, chosen, strength, mask):
        return content + sum(strength * part * (way(content) - content) for way, part in zip(chosen, mask))

    panel = panels.stylist(letters, translators, paint, read=lambda path: letters["b"])
    panel.open()
    assert (panel.result == 0).all()
    panel.knobs["style"].value = "B to A"
    torch.testing.assert_close(panel.result, -letters["a"])
    panel.receive("content", "mine.png", 10, [b"x"])
    torch.testing.assert_close(panel.result, -letters["b"])
    assert tuple(panel.knobs["style"].options) == ("B to A", "A to B")


@pytest.mark.parametrize(
    ("read", "said"),
    [
        (lambda path: [][0], "✗ IndexError: list index out of range"),
        (Image.open, "✗ cannot identify image file &#x27;a.png&#x27;"),
    ],
)
def test_a_reader_that_fails_in_its_own_way_is_one_line_too(read, said):
    panel = panels.Stylist(longest=64, read=read)
    panel.open()
    panel.guarded(lambda: panel.receive("content", "a.png", 3, [b"abc"]))()
    assert line(panel) == said


def test_places_match_the_dropdown(stylist):
    assert tuple(stylist.knobs["place"].options) == masks.PLACES
