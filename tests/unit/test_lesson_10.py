"""Lesson 10: styles, shares and masks; pictures of the user's own; what ships does its work."""

import io

import pytest
import torch
from PIL import Image
from torch import nn

from course_gan import data, models
from course_gan.data import read_picture
from course_gan.errors import CourseError
from course_gan.metrics import edges_kept, grain, grain_distance, palette_distance
from course_gan.models import AdaINDecoder, AdaINEncoder, adain, load_adain, stylize
from course_gan.recipes.adain import AdaINSettings, Stylist, recoloured
from course_gan.training import AdaIN, Backend


class Pixels(nn.Module):
    """An encoder whose only features are the pixels."""

    widths = (3,)

    def forward(self, x):
        return [x]


def styled(content, *styles, **options):
    """AdaIN of the pixels themselves, so that every share can be checked by hand."""
    return stylize(Pixels(), nn.Identity(), content, styles, **({"grain": 0.0} | options))


@pytest.fixture
def content():
    return torch.rand(1, 3, 64, 72) * 0.4 - 0.2


@pytest.fixture
def warm():
    return torch.rand(1, 3, 65, 90) * 0.2 + torch.tensor([0.5, 0.1, -0.4]).view(1, 3, 1, 1)


@pytest.fixture
def cold():
    return torch.rand(1, 3, 80, 64) * 0.3 - torch.tensor([0.5, 0.1, -0.4]).view(1, 3, 1, 1)


@pytest.fixture
def networks():
    shape = {"widths": (4, 6, 8), "repeats": (1, 1)}
    return AdaINEncoder(3, **shape), AdaINDecoder(3, **shape)


def test_one_style_is_adain_and_strength_the_way_to_it(content, warm):
    torch.testing.assert_close(styled(content, warm), adain(content, warm))
    torch.testing.assert_close(styled(content, warm, strength=0.25), torch.lerp(content, adain(content, warm), 0.25))
    torch.testing.assert_close(styled(content, warm, strength=0.0), content)


def test_styles_mix_by_their_weights_and_what_is_not_given_away_stays(content, warm, cold):
    a, b = adain(content, warm), adain(content, cold)
    torch.testing.assert_close(styled(content, warm, cold), (a + b) / 2)
    torch.testing.assert_close(styled(content, warm, cold, weights=[3, 1]), 0.75 * a + 0.25 * b)
    torch.testing.assert_close(styled(content, warm, cold, weights=[0.2, 0.3]), 0.5 * content + 0.2 * a + 0.3 * b)
    torch.testing.assert_close(styled(content, warm, cold, weights=[0, 0]), content)
    half = styled(content, warm, cold, weights=[3, 1], strength=0.5)
    torch.testing.assert_close(half, 0.5 * content + 0.375 * a + 0.125 * b)


def test_a_mask_says_where(content, warm, cold):
    left = torch.zeros(64, 72)
    left[:, :36] = 1
    a, b = adain(content, warm), adain(content, cold)
    only = styled(content, warm, mask=left)
    torch.testing.assert_close(only[..., :36], a[..., :36])
    torch.testing.assert_close(only[..., 36:], content[..., 36:])
    both = styled(content, warm, cold, mask=torch.stack([left, 1 - left]))
    torch.testing.assert_close(both, torch.cat([a[..., :36], b[..., 36:]], dim=3))
    coarse = styled(content, warm, mask=torch.tensor([[1.0, 0.0]]))  # a mask of another size is stretched
    torch.testing.assert_close(coarse, only)


def test_the_result_stays_in_range(content):
    bright = torch.rand(1, 3, 64, 64) * 8
    assert styled(content, bright).max() == 1


@pytest.mark.parametrize("size", [(64, 64), (200, 131), (131, 200), (67, 509), (512, 512)])
@pytest.mark.parametrize("style_size", [(64, 64), (101, 303)])
def test_any_size_comes_back_as_it_was(size, style_size, networks):
    image = stylize(*networks, torch.rand(1, 3, *size), [torch.rand(1, 3, *style_size)])
    assert image.shape == (1, 3, *size)
    assert image.isfinite().all()
    assert not image.requires_grad


def test_a_masks_place_is_the_places_own_at_odd_sizes(networks):
    """Far from the masked corner nothing changes, near it something does."""
    x, style = torch.rand(1, 3, 131, 200), torch.rand(1, 3, 64, 64) * 2 - 1
    corner = torch.zeros(131, 200)
    corner[-40:, -40:] = 1
    change = (stylize(*networks, x, [style], mask=corner) - stylize(*networks, x, [style], strength=0.0)).abs()
    assert change[..., :60, :100].max() == 0
    assert change[..., -20:, -20:].max() > 1e-3


def test_the_function_and_the_game_say_the_same(networks):
    game = AdaIN(*networks, backend=Backend("cpu", "fp32"))
    x, style = torch.rand(2, 3, 64, 64), torch.rand(1, 3, 96, 64)
    for strength in (0.0, 0.3, 1.0):
        mine = stylize(*networks, x, [style], strength=strength, grain=0.0)
        torch.testing.assert_close(mine, game.sample(x, style, strength), rtol=1e-4, atol=1e-5)


def test_grain_is_the_seeds_and_the_same_twice(networks):
    x, style = torch.zeros(1, 3, 64, 64), torch.rand(1, 3, 64, 64)
    first, again, other = (stylize(*networks, x, [style], seed=seed) for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_grain_comes_only_where_a_style_does(content, warm):
    left = torch.zeros(64, 72)
    left[:, :36] = 1
    change = (styled(content, warm, mask=left, grain=0.2) - styled(content, warm, mask=left)).abs()
    assert change[..., 36:].max() < change[..., :36].mean() / 2  # the exchange itself has seen a noisier picture
    torch.testing.assert_close(styled(content, warm, strength=0.0, grain=0.2), content)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"weights": [1, 2]}, r"weights are \[1, 2\] for 1 styles, wanted at least one style and one weight"),
        ({"weights": [-1]}, r"weights are \[-1\] for 1 styles"),
        ({"strength": 1.5}, "strength is 1.5, but has to be from 0 to 1"),
        ({"mask": torch.zeros(2, 4, 4)}, r"mask is of shape \(2, 4, 4\) with values 0 to 0, wanted \(h, w\) or \(1, h"),
        ({"mask": torch.full((4, 4), 2.0)}, r"mask is of shape \(4, 4\) with values 2 to 2"),
    ],
)
def test_what_does_not_fit_is_refused(options, message, content, warm):
    with pytest.raises(ValueError, match=message):
        styled(content, warm, **options)


def test_no_style_and_a_tiny_content_are_refused(content, networks):
    with pytest.raises(ValueError, match="wanted at least one style"):
        styled(content)
    with pytest.raises(ValueError, match="content has 5×64 pixels, but this encoder wants at least 8 a side"):
        stylize(*networks, torch.zeros(1, 3, 5, 64), [torch.zeros(1, 3, 64, 64)])


def picture(path, width, height, mode="RGB"):
    Image.new(mode, (width, height), 200 if mode == "L" else (200, 100, 0, 255)[: len(mode)]).save(path)
    return path


def test_a_picture_is_read_by_path_or_from_an_upload(tmp_path):
    path = picture(tmp_path / "mine.png", 131, 200)
    image = read_picture(path)
    assert image.shape == (1, 3, 200, 131)
    assert image[0, :, 0, 0].tolist() == pytest.approx([200 / 127.5 - 1, 100 / 127.5 - 1, -1], abs=1e-6)
    assert torch.equal(read_picture(io.BytesIO(path.read_bytes())), image)
    assert torch.equal(read_picture(str(path)), image)
    assert read_picture(picture(tmp_path / "grey.png", 64, 64, "L")).shape == (1, 3, 64, 64)


def test_a_large_picture_is_made_to_fit(tmp_path):
    assert read_picture(picture(tmp_path / "a.png", 1500, 1000)).shape == (1, 3, 341, 512)
    assert read_picture(tmp_path / "a.png", longest=256).shape == (1, 3, 171, 256)


def test_what_is_no_usable_picture_is_one_line(tmp_path):
    (tmp_path / "text.png").write_text("no picture")
    whole = picture(tmp_path / "whole.png", 300, 300).read_bytes()
    (tmp_path / "cut.png").write_bytes(whole[: len(whole) // 2])
    for name, why in {"gone.png": "No such file", "text.png": "cannot identify", "cut.png": "truncated"}.items():
        with pytest.raises(CourseError, match=rf"{name}: cannot be used \(.*{why}.*\); wanted a picture such as") as e:
            read_picture(tmp_path / name)
        assert "\n" not in str(e.value)
    with pytest.raises(CourseError, match="the picture: cannot be used"):
        read_picture(io.BytesIO(b"text"))
    with pytest.raises(CourseError, match=r"small\.png: 200×63 pixels, but each side has to have at least 64"):
        read_picture(picture(tmp_path / "small.png", 200, 63))
    with pytest.raises(CourseError, match=r"1200×100 pixels, 512×43 as used here, but each side has to have at least"):
        read_picture(picture(tmp_path / "thin.png", 1200, 100))


def test_the_palette_does_not_see_where_a_pixel_stands(content, warm):
    mixed = content.flatten(2)[..., torch.randperm(64 * 72)].view_as(content)
    assert palette_distance(content, mixed) == pytest.approx(0, abs=1e-6)
    assert palette_distance(content, content + 0.3) == pytest.approx(0.3, abs=1e-5)
    assert palette_distance(content, warm) > 0.2


def test_grain_tells_the_octaves_apart():
    fine = torch.randn(1, 3, 128, 128)
    coarse = nn.functional.interpolate(torch.randn(1, 3, 32, 32), scale_factor=4)
    assert grain(fine).argmax() == 0
    assert grain(coarse).argmax() == 2
    assert grain(coarse)[:2].max() < 1e-6  # constant in blocks of 4: nothing in the two finest octaves
    assert grain_distance(fine, fine) == 0
    assert grain_distance(fine, 4 * fine) == pytest.approx(2, abs=0.05)  # two doublings in each


def test_edges_are_kept_by_another_palette_and_lost_in_noise():
    photo = data.to_float(data.photos()["astronaut"][None])
    assert edges_kept(0.3 * photo + 0.5, photo) == pytest.approx(1, abs=1e-4)
    assert edges_kept(-photo, photo) == pytest.approx(1, abs=1e-4)
    assert abs(edges_kept(torch.randn_like(photo), photo)) < 0.02


def adain_game(**changes):
    """The game that the lesson's AdaIN networks come from, in its smallest form."""
    return Stylist(AdaINSettings(lesson="10", profile="smoke", **Stylist.profiles["smoke"] | changes))


def test_no_training_patch_shows_a_picture_that_is_held_out(monkeypatch):
    """Coffee and ihc are painted over before the game is built: nothing of the batches may change."""

    def banks():
        return [side.tensors[0] for side in (recipe.batches.a, recipe.batches.b)]

    recipe = adain_game()
    before = banks()
    assert recipe.settings.held_out == ("coffee", "ihc")
    painted = {"coffee": data.photos, "ihc": data.textures}
    for name, source in painted.items():
        pictures = source()
        pictures[name] = torch.zeros_like(pictures[name])
        monkeypatch.setattr(data, source.__name__, lambda pictures=pictures: pictures)
    recipe = adain_game()
    assert all(torch.equal(a, b) for a, b in zip(before, banks(), strict=True))


@pytest.mark.parametrize("pretrain", [0, 4, 6, 9])
def test_every_step_of_every_split_into_seeing_and_painting_moves_something(pretrain):
    recipe = adain_game(steps=6, pretrain=pretrain)
    for _ in range(6):
        before = [p.clone() for p in recipe.game.decoder.parameters()]
        recipe.game.step(recipe.batches)
        assert not all(torch.equal(a, b) for a, b in zip(before, recipe.game.decoder.parameters(), strict=True))


def test_recolouring_gives_every_image_colours_of_its_own():
    grey = torch.linspace(-1, 1, 32 * 32).view(1, 1, 32, 32).expand(64, 3, -1, -1)
    other = recoloured(grey, torch.Generator().manual_seed(0))
    assert other.shape == grey.shape
    assert other.abs().max() <= 1
    coloured = (other - other.mean(dim=1, keepdim=True)).abs().amax(dim=(1, 2, 3)) > 0.1
    assert 0.5 < coloured.float().mean() < 0.9  # about three in ten stay as they are
    assert torch.equal(other, recoloured(grey, torch.Generator().manual_seed(0)))


def shipped_pairs(photo, texture, size=192):
    content, style = (data.to_float(data.base.resize(x.expand(3, -1, -1)[None], size)) for x in (photo, texture))
    return content, style


def test_the_shipped_networks_carry_a_style_over_to_pictures_they_never_saw():
    networks = load_adain()
    content, style = shipped_pairs(data.photos()["coffee"], data.textures()["ihc"])
    image = stylize(*networks, content, [style])
    assert palette_distance(image, style) < 0.4 * palette_distance(content, style)
    assert grain_distance(image, style) < 0.4
    assert edges_kept(image, content) > 0.3
    back = stylize(*networks, content, [style], strength=0.0)
    assert (back - content).square().mean() < 0.05


def test_the_real_vgg19_takes_the_small_encoders_place(tmp_path):
    """Random weights in torchvision's layout: the path that a user with the real file goes."""
    torch.save(AdaINEncoder(3, (64, 128, 256, 512), (2, 2, 4)).state_dict(), tmp_path / "vgg19.pth")
    encoder = models.vgg19_encoder(tmp_path / "vgg19.pth")
    decoder = AdaINDecoder(3, encoder.widths, encoder.repeats)
    image = stylize(encoder, decoder, torch.rand(1, 3, 77, 64), [torch.rand(1, 3, 64, 64)])
    assert image.shape == (1, 3, 77, 64)
    game = AdaIN(encoder, decoder, backend=Backend("cpu", "fp32"))  # the paper's: no pretraining, its own loss
    before = [p.clone() for p in encoder.parameters()]
    game.generator_step((torch.rand(1, 3, 32, 32), torch.rand(1, 3, 32, 32)))
    assert all(torch.equal(a, b) for a, b in zip(before, encoder.parameters(), strict=True))


def test_settings_of_adain_that_do_not_go_together_are_one_line():
    for changes, said in (
        ({"scales": 9}, "scales is 9, so that 32 pixels shrink to 0, but the encoder's 2 levels want 4 at least"),
        ({"repeats": (2, 2)}, "repeats is \\(2, 2\\) and widths \\(4, 8\\), but repeats has one number fewer"),
        ({"image_size": 33}, "image_size is 33, but the encoder's 2 levels want one that divides by 2"),
    ):
        with pytest.raises(CourseError, match=said):
            adain_game(**changes)
