"""What a paper may change without a game of its own: augmentation, lazy penalties, handed fakes, other losses."""

import copy
from dataclasses import dataclass
from typing import ClassVar

import pytest
import torch
from torch import nn

from course_gan import losses, regularizers
from course_gan.training import Backend, Pix2Pix, train
from tests.unit.tiny_games import (
    differing,
    images,
    make,
    passed_to,
    plain,
    tiny_patch_discriminator,
    tiny_translator,
    whole_state,
)


def gradient_of(module):
    return torch.cat([p.grad.flatten() for p in module.parameters() if p.grad is not None])


# augmentation


def test_an_augmentation_that_does_nothing_changes_nothing():
    for name in ("GAN", "Pix2Pix", "CycleGAN"):
        finals = []
        for augment in (None, nn.Identity()):
            game, batches = make(name, augment=augment)
            for _ in train(game, batches, 3):
                pass
            finals.append(whole_state(game, batches))
        assert not differing(*finals)


@pytest.mark.parametrize(("loss", "in_gs_move"), [("non_saturating", 1), ("relativistic", 2)])
def test_d_sees_real_and_fake_through_the_augmentation_in_both_moves(loss, in_gs_move):
    through = []
    game = plain(loss=loss, augment=lambda x: (through.append(x), x.flip(3))[1])
    judged = passed_to(game.discriminator)
    real = images(4)
    for move, times in ((game.discriminator_step, 2), (game.generator_step, in_gs_move)):
        through.clear(), judged.clear()
        move(real)
        assert len(through) == len(judged) == times
        assert all(torch.equal(seen, before.flip(3)) for (seen,), before in zip(judged, through))
        if times == 2:
            assert torch.equal(through[0], real)


def test_the_generators_gradient_passes_through_the_augmentation():
    gradients = {}
    for factor in (0.0, 1.0):
        game = plain(augment=lambda x, factor=factor: factor * x)
        game.generator_step(images(4))
        gradients[factor] = gradient_of(game.generator)
    assert torch.equal(gradients[0.0], torch.zeros_like(gradients[0.0]))
    assert gradients[1.0].abs().max() > 0


def test_penalties_are_with_respect_to_images_before_the_augmentation():
    game = plain(augment=lambda x: 2 * x, r1=1.0)
    twin = copy.deepcopy(game.discriminator)
    values = game.discriminator_step(images(4))
    torch.testing.assert_close(values["r1"], regularizers.r1(lambda x: twin(2 * x), images(4)).detach())
    torch.testing.assert_close(values["r1"], 4 * regularizers.r1(twin, 2 * images(4)).detach())


def test_an_augmentation_draws_from_the_moves_own_randomness():
    finals = []
    for seed in (1, 2):
        game, batches = make("GAN", augment=lambda x: x + torch.randn(len(x), 1, 1, 1))
        torch.manual_seed(seed)
        before = torch.get_rng_state()
        for _ in train(game, batches, 3):
            pass
        assert torch.equal(torch.get_rng_state(), before)
        finals.append(whole_state(game, batches))
    assert not differing(*finals)


def test_what_steers_ada_is_reported_where_there_is_an_augmentation():
    game = plain(augment=nn.Identity())
    with torch.no_grad():
        game.discriminator[-2].bias.fill_(100.0)
    assert game.discriminator_step(images(4))["real_sign"] == 1
    assert "real_sign" not in plain().discriminator_step(images(4))


def test_pix2pix_augments_input_and_image_by_one_map():
    game, _ = make("Pix2Pix", augment=lambda pairs: pairs.roll(1, 3))
    judged = passed_to(game.discriminator)
    source, target = images(2), images(2, seed=1)
    game.step(iter([(source, target)]))
    assert torch.equal(judged[0][0], torch.cat([source, target], 1).roll(1, 3))
    for (pairs,) in judged[1:]:
        assert torch.equal(pairs[:, :1], source.roll(1, 3))


def test_cyclegans_pools_keep_images_as_they_were_before_the_augmentation():
    game, batches = make("CycleGAN", augment=lambda x: x + 5)
    judged = [passed_to(game.players[f"discriminator_{domain}"]) for domain in "ab"]
    game.step(batches)
    for seen in judged:
        assert len(seen) == 3
        assert all(looked_at.min() > 3 for (looked_at,) in seen)
    assert all(image.abs().max() <= 1 for pool in game.pools.values() for image in pool.images)


# lazy penalties


def test_penalties_come_every_kth_step_and_weigh_k_times_as_much():
    game, batches = make("GAN", r1=1.0, r2=1.0, penalty_every=3)
    records = list(train(game, batches, 7))
    assert ["r1" in record.values for record in records] == [True, False, False, True, False, False, True]
    assert all(("r1" in record.values) == ("r2" in record.values) for record in records)
    gradients = []
    for options in ({"r1": 1.0, "penalty_every": 4}, {"r1": 4.0}):
        game = plain(**options)
        game.discriminator_step(images(4))
        gradients.append(gradient_of(game.discriminator))
    assert torch.equal(*gradients)
    with pytest.raises(ValueError, match="^penalty_every is 0, but has to be at least 1$"):
        plain(penalty_every=0)
    with pytest.raises(ValueError, match="^discriminator_steps is 0, but has to be at least 1$"):
        plain(discriminator_steps=0)


# fakes handed from D's move to G's


def _twin_gradient(generator, inputs, discriminate, loss=None):
    """G's gradient, computed anew from what it was given."""
    objective = losses.get("non_saturating").generator(discriminate(generator(inputs)))
    objective = objective if loss is None else loss(objective)
    return torch.cat([g.flatten() for g in torch.autograd.grad(objective, list(generator.parameters()))])


def test_a_handed_fake_gives_g_the_gradient_of_a_new_forward_pass_and_saves_that_pass():
    game = plain(reuse_fakes=True)
    twin = copy.deepcopy(game.generator)
    made = passed_to(game.generator)
    game.step(iter([images(4)]))
    ((latents,),) = made  # one forward pass, where a game that hands nothing over makes two
    wanted = _twin_gradient(twin, latents, game.discriminator)  # D as it is after its move
    torch.testing.assert_close(gradient_of(game.generator), wanted, rtol=1e-5, atol=1e-8)
    assert game.generator.norm.num_batches_tracked == 1
    assert torch.equal(game.generator.norm.running_mean, twin.norm.running_mean)
    other = plain()
    assert len(passed_to(other.generator)) == 0
    made = passed_to(other.generator)
    other.step(iter([images(4)]))
    assert len(made) == 2


def test_the_last_of_several_fakes_is_handed_over_and_only_once():
    game = plain(reuse_fakes=True, discriminator_steps=3)
    made, judged = passed_to(game.generator), passed_to(game.discriminator)
    game.step(iter([images(4, seed=n) for n in range(3)]))
    assert (len(made), len(judged)) == (3, 7)
    assert torch.equal(judged[6][0], judged[5][0])
    game.generator_step(images(4))  # alone, it draws its own
    assert len(made) == 4


def test_d_moves_alone_with_its_own_gradient_whether_fakes_are_handed_over_or_not():
    game = plain(reuse_fakes=True)
    before = copy.deepcopy(game.generator.state_dict())
    game.discriminator_step(images(4))
    assert all(p.grad is None for p in game.generator.parameters())
    for name, tensor in game.generator.state_dict().items():
        assert torch.equal(tensor, before[name]) != ("running" in name or "tracked" in name), name


def _pix2pix(noise, reuse):
    torch.manual_seed(0)
    players = tiny_translator(nn.BatchNorm2d, noise), tiny_patch_discriminator(2)
    return Pix2Pix(*players, reuse_fakes=reuse, backend=Backend("cpu", "fp32"))


def test_pix2pix_hands_its_translation_over():
    source, target = images(2), images(2, seed=1)
    game = _pix2pix(0.0, reuse=True)
    twin = copy.deepcopy(game.generator)
    made = passed_to(game.generator)
    game.step(iter([(source, target)]))
    assert len(made) == 1
    fake = twin(source)
    logits = game.discriminator(torch.cat([source, fake], 1))
    loss = 100 * (fake - target).abs().mean() + losses.get("non_saturating").generator(logits)
    wanted = torch.cat([g.flatten() for g in torch.autograd.grad(loss, list(twin.parameters()))])
    torch.testing.assert_close(gradient_of(game.generator), wanted, rtol=1e-5, atol=1e-8)
    for reuse, passes in ((True, 1), (False, 2)):
        game = _pix2pix(0.5, reuse)
        made, judged = passed_to(game.generator), passed_to(game.discriminator)
        game.step(iter([(source, target)]))
        assert len(made) == passes
        assert torch.equal(judged[1][0], judged[2][0]) == reuse  # dropout falls alike, or anew


# losses that look at real logits


@pytest.mark.parametrize("name", ["Pix2Pix", "CycleGAN"])
def test_translators_are_judged_relative_to_real_images_too(name):
    game, batches = make(name, loss="relativistic")
    (record,) = train(game, batches, 1)
    assert record["adversarial"] > 0


@dataclass(frozen=True)
class _Mine:
    needs_real: ClassVar[bool] = True
    name: str = "mine"

    def generator(self, fake_logits, real_logits):
        return (fake_logits - real_logits).mean()


def test_a_loss_says_itself_whether_it_needs_real_logits():
    assert [name for name in losses.NAMES if losses.get(name).needs_real] == ["relativistic"]
    game = plain()
    game.loss = _Mine()
    real = images(4)
    judged = passed_to(game.discriminator)
    game.generator_step(real)
    assert torch.equal(judged[0][0], real)
