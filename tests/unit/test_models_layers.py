"""What the papers share: initialisation, residual blocks, receptive fields."""

import pytest
import torch
from torch import nn

from course_gan.models import initialise, receptive_field
from course_gan.models.layers import ResidualBlock


def test_initialise_draws_each_kind_of_layer_from_its_distribution():
    weighing = nn.Conv2d(16, 32, 5), nn.ConvTranspose2d(32, 16, 5), nn.Linear(100, 100)
    net = nn.Sequential(*weighing, nn.BatchNorm2d(5000), nn.GroupNorm(1, 5000))
    for parameter in net.parameters():
        nn.init.constant_(parameter, 7.0)
    assert initialise(net, std=0.05) is net
    for layer, mean in zip(net, (0, 0, 0, 1, 1)):
        assert layer.weight.mean().item() == pytest.approx(mean, abs=5 * 0.05 / layer.weight.numel() ** 0.5)
        assert layer.weight.std().item() == pytest.approx(0.05, rel=0.06)
        assert not layer.bias.any()


def test_initialise_passes_over_norms_without_weights():
    norm = nn.InstanceNorm2d(4)
    assert initialise(norm).weight is None


def test_initialise_with_a_generator_leaves_the_global_one_alone():
    before = torch.get_rng_state()
    state = []
    for seed in (3, 3, 4):
        norm = initialise(nn.BatchNorm2d(8), generator=torch.Generator().manual_seed(seed))
        state.append(norm.weight)
    assert torch.equal(state[0], state[1])
    assert not torch.equal(state[0], state[2])
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("padding", ["reflect", "zeros"])
@pytest.mark.parametrize("norm", ["batch", "instance", "none"])
def test_a_residual_block_adds_its_branch_to_its_input(padding, norm):
    block = ResidualBlock(4, norm, padding)
    x = torch.randn(2, 4, 6, 5)
    assert block(x).shape == x.shape
    assert not torch.allclose(block(x), x)
    torch.testing.assert_close(block(x) - x, block.layers(x))
    nn.init.zeros_(block.layers[3].weight)
    if block.layers[3].bias is not None:
        nn.init.zeros_(block.layers[3].bias)
    torch.testing.assert_close(block(x), x)


@pytest.mark.parametrize(
    ("layers", "field"),
    [([], 1), ([(3, 1)], 3), ([(3, 1), (3, 1)], 5), ([(2, 2), (3, 1)], 6), ([(7, 1), (3, 2), (3, 2), (3, 1)], 21)],
)
def test_receptive_field_of_kernels_and_strides(layers, field):
    assert receptive_field(layers) == field


def test_receptive_field_of_modules_counts_pooling_and_dilation():
    assert receptive_field(nn.Sequential(nn.Conv2d(1, 1, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(1, 1, 3))) == 8
    assert receptive_field(nn.Sequential(nn.AvgPool2d(2), nn.Conv2d(1, 1, (3, 3), dilation=2))) == 10


def test_a_wrong_patchgan_has_the_published_count_and_a_field_of_94():
    """Four strided convolutions instead of three: the same parameters, another patch; so a count is no proof."""
    assert receptive_field([(4, 2)] * 3 + [(4, 1)] * 2) == 70
    assert receptive_field([(4, 2)] * 4 + [(4, 1)]) == 94


def test_receptive_field_refuses_layers_that_enlarge():
    with pytest.raises(ValueError, match=r"through convolutions and poolings, but found ConvTranspose2d$"):
        receptive_field(nn.Sequential(nn.Conv2d(1, 1, 3), nn.ConvTranspose2d(1, 1, 4, 2)))
