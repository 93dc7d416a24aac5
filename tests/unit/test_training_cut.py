"""The game of CUT: who moves, what is minimised, what a generator keeps, and its recipe's own pictures."""

import copy

import pytest
import torch
from PIL import Image

from course_gan import data
from course_gan.contrast import patch_nce
from course_gan.errors import CourseError
from course_gan.models import PatchDiscriminator, PatchHeads, ResNetGenerator
from course_gan.recipes import build, settings
from course_gan.recipes.cut import crops, photo, style
from course_gan.training import CUT, Backend, features, train


def pictures(seed=0, n=2):
    return torch.rand(n, 3, 16, 16, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def game(**options):
    torch.manual_seed(0)
    generator = ResNetGenerator(width=4, blocks=2, norm="none", downsamplings=1)
    heads = PatchHeads([3, *generator.encoder.values()], 8)
    discriminator = PatchDiscriminator(3, 4, 1, "none")
    options = {"backend": Backend("cpu", "fp32"), "loss": "hinge"} | options
    return CUT(generator, discriminator, heads, tuple(generator.encoder), **options)


def weights(player):
    return torch.cat([p.detach().flatten().clone() for p in player.parameters()])


def moved(made, act):
    before = {name: weights(player) for name, player in made.players.items()}
    act()
    return {name for name, player in made.players.items() if not torch.equal(before[name], weights(player))}


def test_the_encoder_is_every_halving_and_two_residual_blocks():
    published = ResNetGenerator()
    assert published.encoder == {"layers.3": 128, "layers.6": 256, "layers.9": 256, "layers.13": 256}
    assert ResNetGenerator(width=4, blocks=1, downsamplings=1).encoder == {"layers.3": 8, "layers.6": 8}
    assert ResNetGenerator(width=4, blocks=0, downsamplings=1).encoder == {"layers.3": 8}
    generator = ResNetGenerator(width=4, blocks=2, downsamplings=1)
    maps = features(generator, pictures(), generator.encoder)
    assert [m.shape[1] for m in maps] == list(generator.encoder.values())


def test_generator_and_heads_move_together_and_d_alone():
    made = game()
    batch = (pictures(0), pictures(1))
    assert moved(made, lambda: made.discriminator_step(batch)) == {"discriminator"}
    assert moved(made, lambda: made.generator_step(batch)) == {"generator", "heads"}


def test_the_terms_are_those_of_the_paper():
    made = game(patches=10_000, contrast=2.0, identity=3.0)
    a, b = pictures(0), pictures(1)
    generator, heads = copy.deepcopy(made.players["generator"]), copy.deepcopy(made.players["heads"])
    judge = copy.deepcopy(made.players["discriminator"])

    def contrast(inputs, outputs):
        told = []
        for images in (inputs, outputs):
            maps = [images, *features(generator, images, made.layers)]
            told.append(heads(maps, [torch.arange(m.shape[2] * m.shape[3]) for m in maps]))
        return torch.stack([patch_nce(query, key) for key, query in zip(*told)]).mean()

    found = made.generator_step((a, b))
    torch.testing.assert_close(found["adversarial"], -judge(generator(a)).mean())
    torch.testing.assert_close(found["contrast"], contrast(a, generator(a)).detach())
    torch.testing.assert_close(found["identity"], contrast(b, generator(b)).detach())
    total = found["adversarial"] + 2 * found["contrast"] + 3 * found["identity"]
    torch.testing.assert_close(found["generator_loss"], total)


def test_ds_loss_is_halved():
    made = game(loss="least_squares")
    a, b = pictures(0), pictures(1)
    judge, generator = copy.deepcopy(made.players["discriminator"]), copy.deepcopy(made.players["generator"])
    wanted = ((judge(b) - 1).square().mean() + judge(generator(a)).square().mean()) / 2
    torch.testing.assert_close(made.discriminator_step((a, b))["discriminator_loss"], wanted.detach())


def test_a_term_without_weight_is_not_computed():
    batch = (pictures(0), pictures(1))
    alone = game(contrast=0.0, identity=0.0)
    assert moved(alone, lambda: alone.generator_step(batch)) == {"generator"}
    assert set(game(contrast=0.0, identity=0.0).generator_step(batch)) == {"generator_loss", "adversarial"}
    assert "identity" not in game(identity=0.0).generator_step(batch)


def test_the_fakes_of_ds_move_are_used_again_and_change_nothing():
    a, b = pictures(0), pictures(1)
    handed, anew = game(patches=10_000), game(patches=10_000)
    for made in (handed, anew):
        made.discriminator_step((a, b))
    anew._handed = None
    first, second = handed.generator_step((a, b)), anew.generator_step((a, b))
    for name, value in first.items():
        torch.testing.assert_close(value, second[name])
    assert handed._handed is None


def test_places_are_drawn_once_each_and_are_all_where_there_are_few():
    made = game(patches=10)
    places = made._drawn(torch.zeros(1, 2, 5, 4))
    assert len(set(places.tolist())) == 10
    assert sorted(game()._drawn(torch.zeros(1, 2, 5, 4)).tolist()) == list(range(20))


def test_places_are_recognised_better_and_better():
    made = game(lr=2e-3, patches=64, identity=0.0)
    batches = data.UnpairedBatches(crops(photo("coffee"), 16, 40, 0), crops(style("brick"), 16, 40, 1), 4)
    told = [record.values["contrast"].item() for record in train(made, batches, 150)]
    assert sum(told[-10:]) < 0.9 * sum(told[:10])


# the recipe


def test_a_photo_and_a_style_of_ones_own(tmp_path):
    for name, colour in (("photo.png", (200, 30, 30)), ("style.png", (30, 30, 200))):
        Image.new("RGB", (90, 80), colour).save(tmp_path / name)
    words = {"photo": str(tmp_path / "photo.png"), "style": str(tmp_path / "style.png")}
    recipe = build("09", "smoke", data="picture", **words)
    a, b = next(recipe.batches)
    assert a.mean(dim=(0, 2, 3)).argmax() == 0
    assert b.mean(dim=(0, 2, 3)).argmax() == 2
    assert recipe.preview().shape == (16, 3, 32, 32)


def test_crops_are_pieces_of_the_picture_and_the_same_for_a_seed():
    picture = photo("china")
    first = crops(picture, 32, 3, 5)
    assert torch.equal(first, crops(picture, 32, 3, 5))
    assert not torch.equal(first, crops(picture, 32, 3, 6))
    windows = picture.unfold(1, 32, 1).unfold(2, 32, 1)  # (3, rows, columns, 32, 32)
    assert (windows == first[0][:, None, None]).flatten(3).all(dim=3).all(dim=0).any()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"data": "picture", "photo": "chian"},
            "photo is 'chian', which is no file: give a picture, or one of astronaut",
        ),
        (
            {"data": "picture", "style": "no.png"},
            "style is 'no.png', which is no file: give a picture, or one of relief",
        ),
        ({"image_size": 30, "downsamplings": 2}, "image_size is 30 and downsamplings 2, but the size has to divide"),
        ({"data": "picture", "image_size": 512}, "size 512 is too large: this part of a picture has"),
        ({"into": "moon"}, "into is 'moon', but has to be one of satellite, relief"),
    ],
)
def test_what_cannot_be_is_one_line(given, said):
    with pytest.raises(CourseError) as refused:
        build("09", "smoke", **given)
    assert str(refused.value).startswith(said)
    assert "\n" not in str(refused.value)


def test_a_file_that_is_no_picture_is_named(tmp_path):
    path = tmp_path / "notes.png"
    path.write_text("no picture")
    with pytest.raises(CourseError, match="notes.png: cannot be used"):
        style(str(path))


def test_relief_maps_are_the_other_way_round():
    there, back = build("09", "smoke"), build("09", "smoke", into="relief")
    assert torch.equal(there.batches.a.tensors[0], back.batches.b.tensors[0])
    assert torch.equal(there.batches.b.tensors[0], back.batches.a.tensors[0])
    assert not torch.equal(there.shown, back.shown)


def test_one_photo_takes_fewer_steps():
    assert settings("09", "cpu").steps == 6_000
    assert settings("09", "cpu", data="picture").steps == 1_000
    assert settings("09", "cpu", data="picture", steps=7).steps == 7
