"""The game of a style network and its critic: who moves, what is minimised, and that it goes on where it stopped."""

import copy

import pytest
import torch
import torch.nn.functional as F

from course_gan import data
from course_gan.models import StyleCritic, StyleNetwork
from course_gan.style_losses import content_distance
from course_gan.training import Backend, PatchStyle
from tests.unit.tiny_games import differing, leaves

NAMES = ("brick", "woodcut")


def photos(seed=0, n=2):
    return torch.rand(n, 3, 40, 40, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def game(**options):
    torch.manual_seed(0)
    pictures = [data.to_float(data.style_picture(name)) for name in NAMES]
    players = StyleNetwork(NAMES, 4, 1), StyleCritic(2, 4, 2)
    return PatchStyle(*players, pictures, **({"backend": Backend("cpu", "fp32"), "ema": 0.9} | options))


def crops(made):
    return photos(), torch.tensor([0, 1]), torch.stack([picture[:, :40, :40] for picture in made.styles])


def weights(player):
    return torch.cat([p.detach().flatten().clone() for p in player.parameters()])


def moved(made, act):
    before = weights(made.critic), weights(made.network)
    act()
    return [not torch.equal(a, b) for a, b in zip(before, (weights(made.critic), weights(made.network)))]


def test_each_side_moves_alone():
    made = game()
    batch = crops(made)
    assert moved(made, lambda: made.critic_step(batch)) == [True, False]
    assert moved(made, lambda: made.network_step(batch)) == [False, True]


def test_the_terms_are_what_they_say_and_hinge_is_the_critics():
    made = game()
    batch = crops(made)
    values = made.critic_step(batch)
    painted = made._handed.detach()
    expected = 2 - float(values["real_logit"]) + float(values["fake_logit"])
    assert float(values["critic_loss"]) == pytest.approx(expected, abs=0.3)
    judged = copy.deepcopy(made.critic)
    found = made.network_step(batch)
    torch.testing.assert_close(found["content"], content_distance(painted, batch[0]))
    torch.testing.assert_close(found["adversarial"], -judged(painted, batch[1]).mean(), atol=1e-4, rtol=1e-4)
    total = found["content"] + found["patches"] + found["adversarial"]
    torch.testing.assert_close(found["network_loss"], total)


def test_a_term_without_weight_is_left_out():
    alone = game(adversarial=0.0)
    assert moved(alone, lambda: alone.step(iter([photos()]))) == [False, True]
    values = game(patches=0.0).step(iter([photos()]))
    assert "patches" not in values
    assert set(alone.step(iter([photos()]))) == {"network_loss", "content", "patches"}


def test_every_photo_of_a_batch_gets_another_style_while_there_are_some():
    made = game()
    assert sorted(made._drawn(2).tolist()) == [0, 1]
    assert made._drawn(5).bincount().tolist() in ([3, 2], [2, 3])


def test_crops_of_a_style_are_pieces_of_its_picture():
    made = game()
    piece = made._crop(made.styles[0], (40, 44))
    places = made.styles[0].unfold(1, 40, 1).unfold(2, 44, 1)
    assert (places == piece[:, None, None]).flatten(3).all(dim=3).all(dim=0).any()


def test_it_goes_on_where_it_stopped_and_can_be_copied():
    first, second = game(), game(seed=1)
    first.step(iter([photos()]))
    second.load_state_dict(copy.deepcopy(first.state_dict()))
    copied = copy.deepcopy(first)  # spectral norm cannot be pickled
    for made in (first, second, copied):
        made.step(iter([photos(1)]))
    for other in (second, copied):
        assert not differing(dict(leaves(first.state_dict())), dict(leaves(other.state_dict())))


def test_the_sample_is_the_averages_painting():
    made = game(lr=0.01)
    for seed in (0, 1, 2):
        made.step(iter([photos(seed)]))
    one, two = made.sample(photos(), torch.tensor([0, 1])), made.sample(photos(), torch.tensor([1, 1]))
    assert one.shape == photos().shape
    torch.testing.assert_close(one[1], two[1])
    assert not torch.allclose(one[0], two[0])
    assert F.mse_loss(one, made.sample(photos(), torch.tensor([0, 1]), ema=False)) > 0
