"""Features tapped from inside a network: the layers' own answers, with gradient, and no layer too many."""

import pytest
import torch
from torch import nn

from course_gan.models import ResNetGenerator
from course_gan.training import features, taps
from tests.unit.tiny_games import images, make


def translator():
    torch.manual_seed(0)
    return ResNetGenerator(1, 1, 4, 2, downsamplings=1)


def inner(network, count=3):
    """The names of some convolutions, from the input on."""
    return [name for name, layer in network.named_modules() if isinstance(layer, nn.Conv2d)][:count]


def test_taps_leave_the_layers_own_answers_and_take_their_hooks_away():
    network, x = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1)), torch.randn(5, 2)
    with taps(network, ["1", "0"]) as found:
        network(x)
    assert list(found) == ["0", "1"]  # as they answered
    assert torch.equal(found["0"], network[0](x))
    assert torch.equal(found["1"], network[0](x).tanh())
    assert not any(layer._forward_hooks for layer in network.modules())
    network(2 * x)
    assert torch.equal(found["0"], network[0](x))


def test_features_are_those_of_the_whole_pass_and_the_decoder_is_not_computed():
    network, x = translator(), images(2)
    names = inner(network)
    with taps(network, names) as found:
        network(x)
    ran = []
    for layer in network.modules():
        layer.register_forward_pre_hook(lambda layer, _: ran.append(layer))
    wanted = [found[name] for name in reversed(names)]
    got = features(network, x, reversed(names))
    assert all(torch.equal(a, b) for a, b in zip(got, wanted, strict=True))
    convolutions = [layer for layer in network.modules() if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d)]
    assert [layer for layer in convolutions if layer in ran] == convolutions[:3]
    assert not any(layer._forward_hooks for layer in network.modules())


def test_gradients_pass_through_tapped_features_inside_a_move():
    """As CUT does: features of the input and of its translation, both by the translator that moves."""
    game, batches = make("Pix2Pix")
    source, _ = next(batches)
    names = inner(game.generator, 1)
    with game.turn("generator") as (generator,):
        with taps(game.generator, names) as found:
            fake = generator(source)
        (again,) = features(game.generator, fake, names)
        loss = (again - found[names[0]]).square().mean()
    game.descend("generator", loss)
    assert all(p.grad is not None and p.grad.abs().max() > 0 for p in game.generator.parameters())


def test_a_layer_that_is_not_there_or_not_reached_is_one_line():
    network = nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.Tanh()))
    with pytest.raises(ValueError, match="^the network has no layer '2': it has 0, 1, 1.0$"), taps(network, ["2"]):
        pass

    class Forgetful(nn.Module):
        def __init__(self):
            super().__init__()
            self.used, self.unused = nn.Linear(2, 2), nn.Linear(2, 2)

        def forward(self, x):
            return self.used(x)

    with pytest.raises(ValueError, match="^the forward pass never came to unused$"):
        features(Forgetful(), torch.ones(1, 2), ["used", "unused"])


def test_an_answer_that_a_later_layer_changes_in_place_is_refused():
    network = nn.Sequential(nn.Linear(2, 3), nn.ReLU(inplace=True))
    wanted = "^a layer after '0' changed its answer in place: build the network with inplace=False$"
    with pytest.raises(ValueError, match=wanted), taps(network, ["0"]):
        network(torch.randn(4, 2))
    (found,) = features(network, torch.ones(1, 2), ["0"])  # ends before the change
    assert torch.equal(found, network[0](torch.ones(1, 2)))
