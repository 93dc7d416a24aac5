"""pix2pix, CycleGAN and AdaIN as published: order of moves, weights, and what each player is shown."""

import copy

import pytest
import torch
from torch.nn.functional import avg_pool2d, l1_loss, mse_loss

from course_gan.models import adain
from course_gan.training import Backend, CycleGAN, train
from tests.unit.tiny_games import differing, images, make, whole_state


def _order_of_moves(game):
    """A list to which each side's optimiser will add its name when it steps."""
    order = []
    for side, optimizer in game.optimizers.items():
        optimizer.register_step_post_hook(lambda *_, side=side: order.append(side))
    return order


def test_pix2pix_moves_d_first_and_halves_its_loss():
    game, _ = make("Pix2Pix")
    with torch.no_grad():  # D says 0 to everything
        for p in game.discriminator.parameters():
            p.zero_()
    order = _order_of_moves(game)
    values = game.moves(iter([(images(2), images(2, seed=1))]))
    assert order == ["discriminator", "generator"]
    assert float(values["discriminator_loss"]) == pytest.approx(torch.tensor(2.0).log().item())  # 2·log 2, halved
    weighted = values["adversarial"] + 100 * values["l1"]
    torch.testing.assert_close(values["generator_loss"], weighted)


def test_pix2pix_shows_d_pairs_and_can_do_without_it():
    game, batches = make("Pix2Pix", adversarial=0.0, l1=0.0, l2=1.0)
    before = whole_state(game, batches)
    source, target = next(batches)
    values = game.moves(iter([(source, target)]))
    assert "discriminator_loss" not in values
    torch.testing.assert_close(values["generator_loss"], values["l2"])
    assert not any(".discriminator." in path for path in differing(whole_state(game, batches), before))
    seen = []
    game, _ = make("Pix2Pix")
    game.discriminator.register_forward_hook(lambda _, args, __: seen.append(args[0]))
    game.discriminator_step((source, target))
    assert torch.equal(seen[0], torch.cat([source, target], 1))
    assert torch.equal(seen[1][:, :1], source)


def test_cyclegan_moves_g_first_by_the_published_weights_and_d_sees_the_fakes_of_that_move():
    game, _ = make("CycleGAN")
    twin = copy.deepcopy(game.players)
    a, b = images(2), images(2, seed=1)
    shown = []
    for domain in "ab":
        query = game.pools[domain].query
        game.pools[domain].query = lambda fakes, query=query: (shown.append(fakes), query(fakes))[1]
    order = _order_of_moves(game)
    values = game.moves(iter([(a, b)]))
    assert order == ["generator", "discriminator"]
    fake_a, fake_b = twin["b_to_a"](b), twin["a_to_b"](a)
    assert torch.equal(shown[0], fake_a)
    assert torch.equal(shown[1], fake_b)
    judged = twin["discriminator_a"](fake_a), twin["discriminator_b"](fake_b)
    adversarial = sum((logits - 1).square().mean() for logits in judged)
    cycle = l1_loss(twin["b_to_a"](fake_b), a) + l1_loss(twin["a_to_b"](fake_a), b)
    identity = l1_loss(twin["b_to_a"](a), a) + l1_loss(twin["a_to_b"](b), b)
    torch.testing.assert_close(values["generator_loss"], (adversarial + 10 * cycle + 5 * identity).detach())
    real, fake = twin["discriminator_a"](a), twin["discriminator_a"](fake_a)
    halved = ((real - 1).square().mean() + fake.square().mean()) / 2
    torch.testing.assert_close(values["discriminator_a_loss"], halved.detach())
    assert CycleGAN(*twin.values(), backend=Backend("cpu")).pools["a"].size == 50


def test_cyclegan_leaves_out_what_has_no_weight():
    game, batches = make("CycleGAN", identity=0.0)
    assert "identity" not in game.moves(batches)
    game, batches = make("CycleGAN", cycle=0.0, identity=0.0)
    values = game.moves(batches)
    assert {"cycle", "identity"}.isdisjoint(values)
    torch.testing.assert_close(values["generator_loss"], values["adversarial"])


def test_cyclegans_identity_weight_is_not_a_share_of_cycle():
    game, batches = make("CycleGAN", cycle=0.0, identity=3.0)
    values = game.moves(batches)
    assert "cycle" not in values
    torch.testing.assert_close(values["generator_loss"], values["adversarial"] + 3 * values["identity"])


def test_adain_loss_is_the_papers():
    game, _ = make("AdaIN", normalise=False, pretrain=0, clip=None)
    encoder, decoder = copy.deepcopy(game.encoder), copy.deepcopy(game.decoder)
    content, style = images(2), images(2, seed=1)
    values = game.generator_step((content, style))
    wanted = encoder(style)
    target = adain(encoder(content)[-1], wanted[-1])
    found = encoder(decoder(target))
    content_loss, style_loss = mse_loss(found[-1], target), 0.0
    for mine, other in zip(found, wanted):
        for statistic in (lambda x: x.mean((2, 3)), lambda x: (x.var((2, 3), correction=0) + 1e-5).sqrt()):
            style_loss = style_loss + mse_loss(statistic(mine), statistic(other))
    torch.testing.assert_close(values["generator_loss"], (content_loss + 10 * style_loss).detach())


def test_adain_normalised_weighs_every_channel_by_its_own_spread_at_every_scale():
    game, _ = make("AdaIN", normalise=True, scales=2, pretrain=0, clip=None)
    encoder, decoder = copy.deepcopy(game.encoder), copy.deepcopy(game.decoder)
    content, style = images(2), images(2, seed=1)
    values = game.generator_step((content, style))
    target = adain(encoder(content)[-1], encoder(style)[-1])
    image, style_loss = decoder(target), 0.0
    torch.testing.assert_close(values["content"], (mse_loss(encoder(image)[-1], target) / target.var()).detach())
    for mine, other in ((image, style), (avg_pool2d(image, 2), avg_pool2d(style, 2))):
        looks = [(torch.cat([x, x - x.roll(1, 1)], 1), *encoder(x)) for x in (mine, other)]
        for found, wanted in zip(*looks):
            statistics = [(x.mean((2, 3)), (x.var((2, 3), correction=0) + 1e-5).sqrt()) for x in (found, wanted)]
            spread = statistics[1][1].mean(0)
            unit = spread + 0.2 * spread.mean()
            style_loss = style_loss + sum(mse_loss(a / unit, b / unit) for a, b in zip(*statistics)) / 2
    torch.testing.assert_close(values["style"], style_loss.detach())


def test_adain_first_learns_to_see_then_to_paint():
    game, batches = make("AdaIN", pretrain=2)
    records = list(train(game, batches, 4))
    assert ["autoencoder_loss" in record.values for record in records] == [True, True, False, False]
    content, style = images(2), images(1, seed=1)
    plain, full = (game.sample(content, style, strength) for strength in (0.0, 1.0))
    assert plain.shape == full.shape == content.shape
    assert not torch.equal(plain, full)
