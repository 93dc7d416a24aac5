"""CycleGAN's translator as published: against plain padding layers, counts, shapes, initialisation."""

import pytest
import torch
from torch import nn

from course_gan.models import ResNetGenerator
from course_gan.models.layers import ResidualBlock


def parameters(module) -> int:
    return sum(p.numel() for p in module.parameters())


class Block(nn.Module):
    def __init__(self, width, norm):
        super().__init__()
        conv = (nn.ReflectionPad2d(1), nn.Conv2d(width, width, 3), norm(width), nn.ReLU())
        self.branch = nn.Sequential(*conv, nn.ReflectionPad2d(1), nn.Conv2d(width, width, 3), norm(width))

    def forward(self, x):
        return x + self.branch(x)


def published(width: int, blocks: int) -> nn.Module:
    """The generator of arXiv:1703.10593 written out: c7s1-w, d2w, d4w, blocks of R4w, u2w, uw, c7s1-3."""
    norm, w = nn.InstanceNorm2d, width
    return nn.Sequential(
        nn.ReflectionPad2d(3),
        nn.Conv2d(3, w, 7),
        norm(w),
        nn.ReLU(),
        nn.Conv2d(w, 2 * w, 3, 2, 1),
        norm(2 * w),
        nn.ReLU(),
        nn.Conv2d(2 * w, 4 * w, 3, 2, 1),
        norm(4 * w),
        nn.ReLU(),
        *(Block(4 * w, norm) for _ in range(blocks)),
        nn.ConvTranspose2d(4 * w, 2 * w, 3, 2, 1, 1),
        norm(2 * w),
        nn.ReLU(),
        nn.ConvTranspose2d(2 * w, w, 3, 2, 1, 1),
        norm(w),
        nn.ReLU(),
        nn.ReflectionPad2d(3),
        nn.Conv2d(w, 3, 7),
        nn.Tanh(),
    )


def test_published_parameter_counts():
    assert parameters(ResNetGenerator()) == 11_378_179
    assert parameters(ResNetGenerator(norm="batch")) == 11_383_427


def test_the_generator_computes_what_the_paper_writes_down():
    ours, theirs = ResNetGenerator(width=4, blocks=2), published(4, 2)
    assert [p.shape for p in ours.parameters()] == [p.shape for p in theirs.parameters()]
    with torch.no_grad():
        for p, q in zip(ours.parameters(), theirs.parameters()):
            q.copy_(nn.init.normal_(p, std=0.3))
    x = torch.randn(2, 3, 16, 20)
    torch.testing.assert_close(ours(x), theirs(x))


@pytest.mark.parametrize("downsamplings", [0, 1, 2, 3])
def test_any_number_of_downsamplings_gives_back_the_images_sides(downsamplings):
    smallest = []
    generator = ResNetGenerator(2, 1, width=2, blocks=1, downsamplings=downsamplings)
    generator.layers[3 + 3 * downsamplings].register_forward_hook(lambda _, __, out: smallest.append(out.shape[1:]))
    assert generator(torch.randn(1, 2, 16, 24)).shape == (1, 1, 16, 24)
    scale = 2**downsamplings
    assert smallest == [(2 * scale, 16 // scale, 24 // scale)]


@pytest.mark.parametrize("blocks", [0, 1, 6])
def test_any_number_of_blocks(blocks):
    generator = ResNetGenerator(width=2, blocks=blocks)
    assert sum(isinstance(m, ResidualBlock) for m in generator.modules()) == blocks
    assert generator(torch.zeros(1, 3, 8, 8)).shape == (1, 3, 8, 8)


def test_instance_norm_has_neither_affine_map_nor_running_statistics():
    norms = [m for m in ResNetGenerator(width=2).modules() if isinstance(m, nn.InstanceNorm2d)]
    assert len(norms) == 1 + 2 + 2 * 9 + 2
    assert not any(m.affine or m.track_running_stats for m in norms)
    generator = ResNetGenerator(width=2, blocks=1)
    x = torch.randn(3, 3, 8, 8)
    torch.testing.assert_close(generator.train()(x)[:1], generator.eval()(x[:1]))


@pytest.mark.parametrize("norm", ["instance", "batch"])
def test_the_assembled_generator_is_initialised_as_published(norm):
    generator = ResNetGenerator(width=16, blocks=3, norm=norm)
    layers = [m for m in generator.modules() if isinstance(m, (nn.Conv2d, nn.ConvTranspose2d))]
    assert len(layers) == 1 + 2 + 2 * 3 + 2 + 1
    for layer in layers:
        n = layer.weight.numel()
        assert abs(layer.weight.mean()) < 5 * 0.02 / n**0.5
        assert abs(layer.weight.std() - 0.02) < 5 * 0.02 / (2 * n) ** 0.5
        assert layer.bias is None or not layer.bias.any()
    scales = [m.weight for m in generator.modules() if isinstance(m, nn.BatchNorm2d)]
    if norm == "batch":
        scales = torch.cat(scales)
        assert abs(scales.mean() - 1) < 5 * 0.02 / len(scales) ** 0.5
        assert abs(scales.std() - 0.02) < 5 * 0.02 / (2 * len(scales)) ** 0.5


def test_only_biases_that_an_instance_norm_subtracts_are_dead():
    generator = ResNetGenerator(width=4, blocks=1).double()
    (generator(torch.randn(2, 3, 16, 16).double()) * torch.randn(2, 3, 16, 16)).sum().backward()
    slopes = {name: p.grad.abs().max().item() for name, p in generator.named_parameters()}
    dead = {name for name, slope in slopes.items() if slope < 1e-12 * max(slopes.values())}
    assert dead == {name for name in slopes if name.endswith("bias")} - {"layers.16.bias"}  # the last has no norm


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"in_channels": 0}, "in_channels is 0, but has to be an integer of at least 1"),
        ({"out_channels": -1}, "out_channels is -1, but has to be an integer of at least 1"),
        ({"width": 0.5}, "width is 0.5, but has to be an integer of at least 1"),
        ({"blocks": -1}, "blocks is -1, but has to be an integer of at least 0"),
        ({"downsamplings": -1}, "downsamplings is -1, but has to be an integer of at least 0"),
        ({"norm": "group"}, "norm is 'group', but has to be one of batch, instance, layer, none"),
    ],
)
def test_what_cannot_be_built_is_refused(arguments, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        ResNetGenerator(**arguments)


def test_images_whose_sides_would_not_come_back_are_refused():
    message = "^images are 18×16, but this generator wants sides divisible by 4: crop or pad$"
    with pytest.raises(ValueError, match=message):
        ResNetGenerator(width=2, blocks=1)(torch.zeros(1, 3, 18, 16))
