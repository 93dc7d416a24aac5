"""A game copied or pickled between two steps goes on as the original does; players of any number format; one side."""

import copy
import pickle
import warnings

import pytest
import torch
from torch import nn

from course_gan import losses
from course_gan.training import GAN, Backend, RunDirectory, train
from tests.unit.tiny_games import NAMES, TinyGenerator, differing, images, make, tiny_discriminator, whole_state


def pickled(thing):
    return pickle.loads(pickle.dumps(thing))


@pytest.mark.parametrize("how", [copy.deepcopy, pickled], ids=["deepcopy", "pickle"])
@pytest.mark.parametrize("made", [0, 1, 12])  # past AdaIN's pretraining, and where learning rates fall
@pytest.mark.parametrize("name", NAMES)
def test_a_copied_game_goes_on_as_the_original_does(name, made, how):
    game, batches = make(name)
    list(train(game, batches, made))
    before = whole_state(game, batches)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # torch warns of a schedule whose optimiser was exchanged
        other, their_batches = how((game, batches))
        assert not differing(whole_state(other, their_batches), before)
        list(train(other, their_batches, 5))
    assert not differing(whole_state(game, batches), before)  # nothing is shared
    list(train(game, batches, 5))
    assert not differing(whole_state(other, their_batches), whole_state(game, batches))
    rates = [[group["lr"] for side in g.sides for group in g.optimizers[side].param_groups] for g in (game, other)]
    assert rates[0] == rates[1]


def test_a_game_can_be_copied_between_ds_move_and_gs():
    game, batches = make("ConditionalGAN")
    batch = next(batches)
    game.discriminator_step(batch)  # holds fakes with their graph, which cannot be copied
    copy.deepcopy(game).generator_step(batch)
    game.generator_step(batch)


@pytest.mark.parametrize("name", losses.NAMES)
def test_every_objective_can_be_pickled(name):
    loss = losses.get(name)
    real, fake = torch.randn(2, 5)
    assert pickled(loss).discriminator(real, fake) == loss.discriminator(real, fake)
    assert pickled(loss).generator(fake, real) == loss.generator(fake, real)


def _players(dtype):
    torch.manual_seed(0)
    return TinyGenerator().to(dtype), tiny_discriminator(norm=False, dropout=False).to(dtype)


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
@pytest.mark.parametrize("loss", ["non_saturating", "relativistic"])
def test_latents_and_batches_follow_the_format_of_the_players(dtype, loss, tmp_path):
    penalty = {"r1": 1.0} if dtype == torch.float64 else {}  # penalties are computed in float32 at least
    game = GAN(*_players(dtype), loss=loss, ema=0.9, backend=Backend("cpu", "fp32"), **penalty)
    assert game.draw_latents(2).dtype == game.fixed_latents.dtype == dtype
    made = []
    game.discriminator.register_forward_pre_hook(lambda _, arguments: made.append(arguments[0].dtype))
    _, batches = make("GAN")  # of float32
    with RunDirectory(tmp_path) as run:
        list(train(game, batches, 3, run))
    assert set(made) == {dtype}
    assert game.sample(torch.zeros(2, 3)).dtype == torch.float32
    assert {p.dtype for p in game.players.parameters()} == {dtype}
    other = GAN(*_players(dtype), loss=loss, ema=0.9, seed=7, backend=Backend("cpu", "fp32"))
    with RunDirectory(tmp_path) as run:
        assert run.restore(other, batches) == 3
    assert torch.equal(other.sample(), game.sample())


def test_labels_keep_their_own_format():
    game, _ = make("ConditionalGAN")
    game.dtype = torch.float64
    samples, labels = game.place((images(2), torch.tensor([0, 1])))
    assert (samples.dtype, labels.dtype) == (torch.float64, torch.int64)


def test_float64_points_are_taken_by_float32_players():
    game = GAN(*_players(torch.float32), backend=Backend("cpu", "fp32"))
    game.step(iter([images(4).double()]))


def test_translators_of_float64_answer_float32_inputs():
    for name in ("Pix2Pix", "CycleGAN", "AdaIN", "Autoencoder"):
        game, _ = make(name)
        game.players.double()
        game.averages.clear()
        game.dtype = torch.float64
        inputs = (images(2), images(2)) if name == "AdaIN" else (images(2),)
        if name == "Autoencoder":
            inputs = (images(2).double(),)  # the subclass of the tests calls its encoder itself
        assert game.sample(*inputs).dtype == torch.float32


def test_a_game_of_one_side_learns(tmp_path):
    game, batches = make("Autoencoder", lr=5e-3, decay=None)
    assert list(game.sides) == list(game.optimizers) == ["autoencoder"]
    with RunDirectory(tmp_path) as run:
        records = list(train(game, batches, 200, run))
    assert set(records[0].values) == {"autoencoder_loss"}
    losses_seen = [record["autoencoder_loss"] for record in records]
    assert sum(losses_seen[-20:]) < 0.6 * sum(losses_seen[:20])
    other, their_batches = make("Autoencoder", seed=7, decay=None)
    with RunDirectory(tmp_path) as run:
        assert run.restore(other, their_batches) == 200
    assert torch.equal(other.sample(images(3)), game.sample(images(3)))
    assert isinstance(other.players["encoder"][1], nn.BatchNorm2d)
