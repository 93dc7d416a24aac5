"""The games as behaviour: a side's move changes that side alone, at the published weights, in the published order."""

import copy

import pytest
import torch
from torch import nn

from course_gan import losses, regularizers
from course_gan.models import PatchDiscriminator, ResNetGenerator
from course_gan.regularizers import spectral_norm
from course_gan.training import GAN, Backend, CycleGAN, train
from tests.unit.tiny_games import NAMES, TinyGenerator, differing, images, make, tiny_discriminator, whole_state

ADVERSARIAL = ("GAN", "ConditionalGAN", "Pix2Pix", "CycleGAN")


@pytest.mark.parametrize(
    ("name", "move"), [(name, side) for name in NAMES for side in make(name)[0].sides], ids=lambda value: value
)
def test_a_move_changes_its_own_side_alone(name, move):
    game, batches = make(name)
    for _ in train(game, batches, 2):
        pass
    batch = next(batches)
    before = whole_state(game, batches)
    getattr(game, f"{move}_step")(batch)
    changed = differing(whole_state(game, batches), before)
    mine = tuple(f"game.players.{player}." for player in game.sides[move])
    allowed = (*mine, f"game.optimizers.{move}.", "game.random", "game.pools.", "game.extras.")
    assert all(path.startswith(allowed) for path in changed), {p for p in changed if not p.startswith(allowed)}
    for player in mine:  # every weight of the side has moved
        weights = {path for path in before if path.startswith(player) and path.endswith("weight")}
        assert weights <= changed
    assert all(p.requires_grad for p in game.players.parameters())
    assert all(module.training for module in game.players.modules())


@pytest.mark.parametrize("name", ADVERSARIAL)
@pytest.mark.parametrize("move", ["generator", "discriminator"])
def test_a_move_leaves_no_gradient_on_the_other_side(name, move):
    game, batches = make(name)
    game.players.zero_grad()
    getattr(game, f"{move}_step")(next(batches))
    for player, module in game.players.items():
        has_gradients = [p.grad is not None for p in module.parameters()]
        assert all(has_gradients) if player in game.sides[move] else not any(has_gradients)


def test_the_other_sides_batch_statistics_are_used_but_not_recorded():
    game, batches = make("GAN")
    norm = game.generator.norm
    mean, count = norm.running_mean.clone(), norm.num_batches_tracked.clone()
    game.discriminator_step(next(batches))
    assert torch.equal(norm.running_mean, mean)
    assert norm.num_batches_tracked == count
    game.generator_step(next(batches))
    assert not torch.equal(norm.running_mean, mean)
    assert norm.num_batches_tracked == count + 1


def test_spectral_norms_power_iteration_stands_still_in_the_others_move():
    discriminator = spectral_norm(tiny_discriminator(norm=False))
    game = GAN(TinyGenerator(), discriminator, backend=Backend("cpu"))
    vectors = [b.clone() for b in discriminator.buffers()]
    game.generator_step(images(4))
    assert all(torch.equal(now, then) for now, then in zip(discriminator.buffers(), vectors))
    game.discriminator_step(images(4))
    assert not all(torch.equal(now, then) for now, then in zip(discriminator.buffers(), vectors))


@pytest.fixture
def double():
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def _without_gradient(game, move, batch):
    """Names of the side's parameters that a move leaves without gradient, up to rounding in float64."""
    named = {f"{n}.{k}": p for n in game.sides[move] for k, p in game.players[n].named_parameters()}
    getattr(game, f"{move}_step")(batch)
    return {name for name, p in named.items() if p.grad is None or p.grad.abs().max() < 1e-13}


@pytest.mark.parametrize("move", ["generator", "discriminator"])
def test_gradients_reach_every_parameter_of_gan_and_pix2pix(double, move):
    for name in ("GAN", "Pix2Pix"):  # batch norm: their convolutions have no bias before it
        game, batches = make(name)
        batch = next(batches)
        batch = tuple(part.double() for part in batch) if isinstance(batch, tuple) else batch.double()
        assert _without_gradient(game, move, batch) == set()


def test_gradients_reach_every_parameter_of_cyclegan_but_the_biases_before_a_norm(double):
    players = [ResNetGenerator(1, 1, 2, 1, downsamplings=1) for _ in range(2)]
    players += [PatchDiscriminator(1, 2, 2) for _ in range(2)]
    game = CycleGAN(*players, backend=Backend("cpu"))
    batch = images(3, size=16).double(), images(3, size=16, seed=1).double()

    def dead_biases(side):
        for player in game.sides[side]:
            layers = dict(game.players[player].named_modules())
            for (name, layer), after in zip(list(layers.items()), [*list(layers.values())[1:], None]):
                if isinstance(after, nn.InstanceNorm2d) and isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
                    yield f"{player}.{name}.bias"

    for move, count in (("generator", 2 * 5), ("discriminator", 2 * 2)):
        dead = set(dead_biases(move))
        assert len(dead) == count
        assert _without_gradient(game, move, batch) == dead


def test_gradients_reach_every_parameter_of_the_adain_decoder_and_autoencoder(double):
    game, _ = make("AdaIN")
    batch = images(4).double(), images(4, seed=1).double()
    assert _without_gradient(game, "generator", batch) == set()
    game.steps = 0
    assert _without_gradient(game, "autoencoder", batch) == set()


def test_gan_losses_are_the_plain_formulas_and_are_not_halved():
    torch.manual_seed(0)
    game = GAN(TinyGenerator(), tiny_discriminator(norm=False, dropout=False), backend=Backend("cpu", "fp32"))
    twin, latents = copy.deepcopy(game.players), torch.Generator()
    real = images(4)
    latents.set_state(game.random.get_state())
    torch.randint(2**62, (), generator=latents)  # the seed of the move
    values = game.discriminator_step(real)
    fake = twin["generator"](torch.randn(4, 3, generator=latents))
    real_logits, fake_logits = twin["discriminator"](real), twin["discriminator"](fake)
    wanted = -real_logits.sigmoid().log().mean() - (1 - fake_logits.sigmoid()).log().mean()
    torch.testing.assert_close(values["discriminator_loss"], wanted.detach())
    torch.testing.assert_close(values["fake_logit"], fake_logits.mean().detach())


def test_penalties_are_weighted_as_published_and_reported_without_weight():
    def gradient(**penalty):
        torch.manual_seed(0)
        game = GAN(TinyGenerator(), tiny_discriminator(False, False), backend=Backend("cpu", "fp32"), **penalty)
        twin = copy.deepcopy(game.discriminator)
        values = game.discriminator_step(images(4))
        return torch.cat([p.grad.flatten() for p in game.discriminator.parameters()]), values, twin

    plain, values, twin = gradient()
    alone = torch.autograd.grad(regularizers.r1(twin, images(4)), list(twin.parameters()), materialize_grads=True)
    alone = torch.cat([gradient.flatten() for gradient in alone])
    with_r1, reported, _ = gradient(r1=2.0)  # γ/2 = 1
    torch.testing.assert_close(with_r1 - plain, alone, rtol=1e-4, atol=1e-7)
    assert reported["r1"] == regularizers.r1(twin, images(4)).detach()
    assert "r1" not in values
    assert reported["discriminator_loss"] == values["discriminator_loss"]
    for name in ("r2", "gradient_penalty"):  # linear in the weight
        once, more = (gradient(**{name: weight})[0] - plain for weight in (1.0, 4.0))
        torch.testing.assert_close(more, 4 * once, rtol=1e-3, atol=1e-6)
    assert gradient(gradient_penalty=1.0)[1]["gradient_penalty"] > 0


def test_the_relativistic_generator_sees_the_real_logits():
    game, batches = make("GAN", loss="relativistic", r1=1.0, r2=1.0)
    (record,) = train(game, batches, 1)
    assert {"r1", "r2", "generator_loss"} <= record.values.keys()


def test_d_moves_several_times_each_on_a_new_batch_for_one_move_of_g():
    game, batches = make("GAN", discriminator_steps=3)
    moves = []
    for side in ("discriminator", "generator"):
        step = getattr(game, f"{side}_step")
        setattr(game, f"{side}_step", lambda real, side=side, step=step: (moves.append((side, real)), step(real))[1])
    game.step(batches)
    assert [side for side, _ in moves] == ["discriminator"] * 3 + ["generator"]
    assert not torch.equal(moves[0][1], moves[1][1])
    assert moves[3][1] is moves[2][1]


def test_two_time_scales_and_the_dcgan_settings():
    game = GAN(TinyGenerator(), tiny_discriminator(), lr=1e-4, lr_discriminator=4e-4, backend=Backend("cpu"))
    rates = {side: optimizer.param_groups[0]["lr"] for side, optimizer in game.optimizers.items()}
    assert rates == {"generator": 1e-4, "discriminator": 4e-4}
    game = GAN(TinyGenerator(), tiny_discriminator(), backend=Backend("cpu"))
    for optimizer in game.optimizers.values():
        assert isinstance(optimizer, torch.optim.Adam)
        assert (optimizer.param_groups[0]["lr"], optimizer.param_groups[0]["betas"]) == (2e-4, (0.5, 0.999))


def test_training_neither_reads_nor_disturbs_the_global_random_state():
    finals = []
    for seed in (1, 2):
        game, batches = make("GAN")
        torch.manual_seed(seed)
        before = torch.get_rng_state()
        for _ in train(game, batches, 3):
            pass
        assert torch.equal(torch.get_rng_state(), before)
        finals.append(whole_state(game, batches))
    assert not differing(*finals)


def test_dropout_falls_differently_in_every_move():
    game, _ = make("GAN", seed=3)
    with game.turn("discriminator"):
        first = torch.rand(3)
    with game.turn("discriminator"):
        assert not torch.equal(torch.rand(3), first)


@pytest.mark.parametrize("name", NAMES)
def test_sampling_changes_nothing_and_says_the_same_twice(name):
    game, batches = make(name)
    for _ in train(game, batches, 2):
        pass
    before, random = whole_state(game, batches), torch.get_rng_state()
    arguments = {"GAN": (), "ConditionalGAN": (), "AdaIN": (images(3), images(3))}.get(name, (images(3),))
    first, second = game.sample(*arguments), game.sample(*arguments)
    assert torch.equal(first, second)
    assert not first.requires_grad
    assert not differing(whole_state(game, batches), before)
    assert torch.equal(torch.get_rng_state(), random)
    assert all(module.training for module in game.players.modules())


def test_samples_come_from_the_average_in_evaluation_mode():
    game, batches = make("GAN")
    for _ in train(game, batches, 3):
        pass
    latents = torch.randn(5, 3)
    average = copy.deepcopy(game.averages["generator"].module).eval()
    # Not bit for bit: some processors round otherwise where the batch has another size.
    torch.testing.assert_close(game.sample(latents), average(latents).detach())
    torch.testing.assert_close(game.sample(latents)[:2], game.sample(latents[:2]))  # no batch statistics
    torch.testing.assert_close(game.sample(n=100)[:64], game.sample(game.fixed_latents))


def test_a_larger_gradient_than_the_clip_is_shortened():
    norms = {}
    for clip in (None, 1e-3):
        game, batches = make("GAN", clip=clip)
        game.generator_step(next(batches))
        norms[clip] = nn.utils.get_total_norm([p.grad for p in game.generator.parameters()])
    assert norms[None] > 1e-3
    assert norms[1e-3] == pytest.approx(1e-3, rel=1e-3)


@pytest.mark.parametrize("name", losses.NAMES)
def test_every_objective_trains(name):
    game, batches = make("GAN", loss=name)
    for record in train(game, batches, 2):
        assert record["generator_loss"] == record["generator_loss"]  # not NaN
