"""What the generator is given, and what both players are told of a sample: conditions, several inputs, labels."""

import pytest
import torch

from course_gan.training import GAN, Backend, train
from tests.unit.tiny_games import (
    ConditionalDiscriminator,
    ConditionalGenerator,
    draw_inputs,
    draw_labels,
    images,
    make,
    passed_to,
    plain,
)

LABELS = torch.tensor([2, 0, 0, 1])


def conditional(**options):
    torch.manual_seed(0)
    players = ConditionalGenerator(), ConditionalDiscriminator()
    backend = Backend("cpu", "fp32")
    return GAN(*players, **({"backend": backend, "draw": draw_inputs, "conditions": "batch"} | options))


# conditions


def test_fakes_have_the_labels_of_the_batch_in_both_moves():
    game = conditional()
    made, judged = passed_to(game.generator), passed_to(game.discriminator)
    real = images(4)
    game.step(iter([(real, LABELS)]))
    assert all(torch.equal(arguments[-1], LABELS) for arguments in made + judged)
    assert [len(arguments) for arguments in made] == [3, 3]  # latents, noise, labels
    assert torch.equal(judged[0][0], real)
    assert len(judged) == 3  # real and fake, then fake in G's move


def test_labels_of_fakes_may_be_drawn_and_d_is_told_them():
    game = conditional(conditions=draw_labels, r1=1.0, r2=1.0)
    made, judged = passed_to(game.generator), passed_to(game.discriminator)
    game.discriminator_step((images(64), torch.full((64,), 2)))
    drawn = made[0][-1]
    assert set(drawn.tolist()) == {0, 1, 2}
    labels = [arguments[1] for arguments in judged]  # of real, fake, R1's real, R2's fake
    assert [torch.equal(found, drawn) for found in labels] == [False, True, False, True]
    game.generator_step((images(64), torch.full((64,), 2)))
    assert not torch.equal(made[1][-1], drawn)
    assert torch.equal(judged[4][1], made[1][-1])


def test_a_conditional_game_learns_to_obey_its_labels():
    brightness = torch.tensor([-0.8, 0.0, 0.8])
    game = conditional(lr=2e-2, betas=(0.0, 0.9), ema=None, r1=0.1)

    def batches():
        generator = torch.Generator().manual_seed(0)
        while True:
            labels = draw_labels(32, generator)
            yield brightness[labels].view(-1, 1, 1, 1).expand(-1, 1, 8, 8), labels

    before = game.sample(n=60, labels=torch.arange(60) % 3).mean((1, 2, 3)).view(20, 3).mean(0)
    for _ in train(game, batches(), 300):
        pass
    after = game.sample(n=60, labels=torch.arange(60) % 3).mean((1, 2, 3)).view(20, 3).mean(0)
    assert (before - brightness).abs().max() > 0.5
    assert (after - brightness).abs().max() < 0.25


def test_the_real_logits_a_loss_needs_are_those_of_the_real_labels():
    game = conditional(loss="relativistic", conditions=draw_labels)
    judged = passed_to(game.discriminator)
    game.generator_step((images(4), LABELS))
    assert torch.equal(judged[0][1], LABELS)
    assert len(judged) == 2


def test_batches_that_do_not_fit_the_conditions_are_one_line():
    pair, alone = (images(4), LABELS), images(4)
    with pytest.raises(ValueError) as error:  # noqa: PT011
        plain().step(iter([pair]))
    assert str(error.value) == (
        "a batch holds 2 tensors, but this game has no conditions: pass samples without labels, or give the game "
        "conditions='batch'"
    )
    with pytest.raises(ValueError) as error:  # noqa: PT011
        conditional().step(iter([alone]))
    assert str(error.value) == "a batch holds samples alone, but this game has conditions: pass (samples, labels)"
    for name, wanted in (("Pix2Pix", "(input, target)"), ("AdaIN", "(content, style)")):
        with pytest.raises(ValueError) as error:  # noqa: PT011
            make(name)[0].step(iter([images(2)]))
        assert str(error.value) == f"a batch is one tensor (2, 1, 8, 8), but this game plays with pairs: {wanted}"
    with pytest.raises(ValueError, match=r"^a batch is 3 tensors, but .*: \(images of domain a, images of domain b\)$"):
        make("CycleGAN")[0].step(iter([(images(2),) * 3]))


def test_contradictory_conditions_are_refused():
    with pytest.raises(ValueError, match="^conditions is 'labels', but has to be None, 'batch' or a function"):
        conditional(conditions="labels")
    with pytest.raises(ValueError, match="^gradient_penalty mixes real and fake samples of one label: it needs"):
        conditional(conditions=draw_labels, gradient_penalty=1.0)
    conditional(gradient_penalty=1.0).discriminator_step((images(4), LABELS))


def test_samples_of_a_conditional_game():
    game = conditional(conditions=draw_labels)
    assert torch.equal(game.sample(n=100)[:64], game.sample())
    assert torch.equal(game.sample(n=2, labels=game.fixed_labels[:2]), game.sample(n=2))
    latents = tuple(part[:5] for part in game.fixed_latents)
    torch.testing.assert_close(game.sample(latents), game.sample(n=5))
    game = conditional()
    assert game.sample(n=4, labels=LABELS).shape == (4, 1, 8, 8)
    with pytest.raises(ValueError, match="^sample was given no labels, but the game's conditions are 'batch'$"):
        game.sample()
    with pytest.raises(ValueError, match="^sample was given labels, but the game's conditions are None$"):
        plain().sample(n=4, labels=LABELS)


# what the generator is given


def test_a_draw_may_give_the_generator_several_inputs_and_the_fixed_ones_belong_to_the_state():
    game = conditional(conditions=draw_labels)
    z, noise = game.draw_latents(5)
    assert (z.shape, noise.shape) == ((5, 3), (5, 1, 8, 8))
    kept = game.state_dict()["tensors"]
    assert {name: tuple(tensor.shape) for name, tensor in kept.items()} == {
        "fixed_latents.0": (64, 3),
        "fixed_latents.1": (64, 1, 8, 8),
        "fixed_labels": (64,),
    }
    other = conditional(conditions=draw_labels, seed=7)
    assert not torch.equal(other.sample(), game.sample())
    other.load_state_dict(game.state_dict())
    assert torch.equal(other.sample(), game.sample())


def test_a_draw_may_be_of_another_distribution():
    game = plain(draw=lambda n, generator: torch.rand(n, 3, generator=generator))
    assert 0 <= game.draw_latents(100).min() < 0.1
    assert game.fixed_latents.min() >= 0
    made = passed_to(game.generator)
    game.step(iter([images(4)]))
    assert all(0 <= latents.min() < latents.max() <= 1 for (latents,) in made)


def test_each_process_has_its_slice_of_latents_and_labels():
    everyone = conditional(conditions=draw_labels)
    together = [everyone.draw_latents(6), everyone.fakes(everyone.generator, 6, ())[1]]
    for rank in range(2):
        game = conditional(conditions=draw_labels)
        game.backend.world_size, game.backend.rank = 2, rank
        part = slice(3 * rank, 3 * rank + 3)
        for mine, all_of_them in zip(game.draw_latents(3), together[0], strict=True):
            assert torch.equal(mine, all_of_them[part])
        assert torch.equal(game.fakes(game.generator, 3, ())[1][0], together[1][0][part])
