"""The players for toys: shapes, parameter counts, refusals."""

import pytest
import torch

from course_gan.models import MLPDiscriminator, MLPGenerator


def parameters(module) -> int:
    return sum(p.numel() for p in module.parameters())


@pytest.mark.parametrize("layers", [1, 2, 3, 5])
def test_layers_counts_the_linear_layers_in_all(layers):
    generator, discriminator = MLPGenerator(5, 3, 8, layers), MLPDiscriminator(3, 8, layers)
    hidden = 8 * 9 * max(layers - 2, 0)
    assert parameters(generator) == (6 * 3 if layers == 1 else 6 * 8 + hidden + 9 * 3)
    assert parameters(discriminator) == (4 if layers == 1 else 4 * 8 + hidden + 9)
    assert generator.latent_dim == 5


def test_defaults_map_the_plane_to_the_plane_and_to_one_logit():
    points = MLPGenerator()(torch.randn(7, 2))
    assert points.shape == (7, 2)
    assert MLPDiscriminator()(points).shape == (7,)
    assert MLPDiscriminator()(points[:1]).shape == (1,)


def test_points_are_not_squashed():
    generator = MLPGenerator()
    assert generator(1000 * torch.randn(50, 2)).abs().max() > 1


def test_a_flat_discriminator_takes_small_images_too():
    assert MLPDiscriminator(in_features=64)(torch.randn(4, 1, 8, 8)).shape == (4,)


def test_hidden_layers_are_not_linear():
    for player in (MLPGenerator(), MLPDiscriminator()):
        x = torch.randn(64, 2)
        assert not torch.allclose(player(2 * x) - player(x), player(x) - player(0 * x), atol=1e-3)


@pytest.mark.parametrize("argument", ["latent_dim", "out_features", "width", "layers"])
def test_generator_refuses_what_cannot_be_built(argument):
    with pytest.raises(ValueError, match=f"^{argument} is 0, but has to be an integer of at least 1$"):
        MLPGenerator(**{argument: 0})


@pytest.mark.parametrize("value", [0, -1, 2.0, True, "3"])
def test_discriminator_refuses_what_is_no_count(value):
    with pytest.raises(ValueError, match=f"^layers is {value!r}, but has to be an integer of at least 1$"):
        MLPDiscriminator(layers=value)
