"""DCGAN as published: counts, shapes, initialisation, rules of the architecture."""

import pytest
import torch
from torch import nn

from course_gan.models import DCGANDiscriminator, DCGANGenerator


def parameters(module) -> int:
    return sum(p.numel() for p in module.parameters())


def test_published_parameter_counts_at_64():
    assert parameters(DCGANGenerator()) == 3_576_704
    assert parameters(DCGANDiscriminator()) == 2_765_568


@pytest.mark.parametrize("size", [16, 32, 64, 128])
@pytest.mark.parametrize("channels", [1, 3])
def test_images_in_and_out_at_every_power_of_two(size, channels):
    generator, discriminator = DCGANGenerator(7, channels, 4, size), DCGANDiscriminator(channels, 4, size)
    images = generator(torch.randn(3, generator.latent_dim))
    assert images.shape == (3, channels, size, size)
    assert discriminator(images).shape == (3,)
    assert discriminator.eval()(images[:1]).shape == (1,)


def written_out(w: int) -> tuple[nn.Module, nn.Module]:
    """Both players at 64×64 as figure 1 and the rules of the paper's section 3 give them."""
    up = lambda i, o, *a: nn.ConvTranspose2d(i, o, 4, *a, bias=False)  # noqa: E731
    down = lambda i, o, *a: nn.Conv2d(i, o, 4, *a, bias=False)  # noqa: E731
    norm, leaky = nn.BatchNorm2d, nn.LeakyReLU(0.2)
    generator = nn.Sequential(
        nn.Unflatten(1, (100, 1, 1)),
        up(100, 8 * w, 1, 0),
        norm(8 * w),
        nn.ReLU(),
        up(8 * w, 4 * w, 2, 1),
        norm(4 * w),
        nn.ReLU(),
        up(4 * w, 2 * w, 2, 1),
        norm(2 * w),
        nn.ReLU(),
        up(2 * w, w, 2, 1),
        norm(w),
        nn.ReLU(),
        up(w, 3, 2, 1),
        nn.Tanh(),
    )
    discriminator = nn.Sequential(
        down(3, w, 2, 1),
        leaky,
        down(w, 2 * w, 2, 1),
        norm(2 * w),
        leaky,
        down(2 * w, 4 * w, 2, 1),
        norm(4 * w),
        leaky,
        down(4 * w, 8 * w, 2, 1),
        norm(8 * w),
        leaky,
        down(8 * w, 1, 1, 0),
        nn.Flatten(0),
    )
    return generator, discriminator


def test_the_players_compute_what_the_paper_writes_down():
    inputs = torch.randn(4, 100), torch.randn(4, 3, 64, 64)
    for ours, theirs, x in zip((DCGANGenerator(width=4), DCGANDiscriminator(width=4)), written_out(4), inputs):
        assert [p.shape for p in ours.parameters()] == [p.shape for p in theirs.parameters()]
        with torch.no_grad():
            for p, q in zip(ours.parameters(), theirs.parameters()):
                q.copy_(nn.init.normal_(p, std=0.3))
        torch.testing.assert_close(ours(x), theirs(x))


@pytest.mark.parametrize(("size", "widths"), [(16, [1, 2]), (32, [1, 2, 4]), (128, [1, 2, 4, 8, 16])])
def test_maps_widen_as_the_paper_widens_them_at_other_sizes(size, widths):
    down = [m.out_channels for m in DCGANDiscriminator(1, 1, size).layers if isinstance(m, nn.Conv2d)]
    up = [m.out_channels for m in DCGANGenerator(9, 3, 1, size).layers if isinstance(m, nn.ConvTranspose2d)]
    assert down == [*widths, 1]
    assert up == [*widths[::-1], 3]


def test_feature_maps_halve_in_width_as_the_side_doubles():
    seen = []
    generator = DCGANGenerator(width=4, image_size=64).eval()
    for layer in generator.layers:
        if isinstance(layer, nn.ConvTranspose2d):
            layer.register_forward_hook(lambda _, __, out: seen.append(tuple(out.shape[1:])))
    generator(torch.randn(1, 100))
    assert seen == [(32, 4, 4), (16, 8, 8), (8, 16, 16), (4, 32, 32), (3, 64, 64)]


def test_images_are_in_minus_one_to_one():
    generator = DCGANGenerator(latent_dim=3, width=4, image_size=16)
    with torch.no_grad():
        for layer in generator.layers:
            if isinstance(layer, nn.ConvTranspose2d):
                layer.weight.mul_(100)
        images = generator(torch.randn(8, 3))
    assert 0.99 < images.abs().max() <= 1


@pytest.mark.parametrize("player", [DCGANGenerator, DCGANDiscriminator])
def test_the_assembled_player_is_initialised_as_published(player):
    module = player()
    norms = [m for m in module.modules() if isinstance(m, nn.BatchNorm2d)]
    convolutions = [m for m in module.modules() if isinstance(m, (nn.Conv2d, nn.ConvTranspose2d))]
    assert (len(norms), len(convolutions)) == ((4, 5) if player is DCGANGenerator else (3, 5))
    for layer in convolutions:  # within five standard errors of mean and deviation
        n = layer.weight.numel()
        assert abs(layer.weight.mean()) < 5 * 0.02 / n**0.5
        assert abs(layer.weight.std() - 0.02) < 5 * 0.02 / (2 * n) ** 0.5
        assert layer.bias is None
    scales = torch.cat([m.weight for m in norms])
    assert abs(scales.mean() - 1) < 5 * 0.02 / len(scales) ** 0.5
    assert abs(scales.std() - 0.02) < 5 * 0.02 / (2 * len(scales)) ** 0.5
    assert not torch.cat([m.bias for m in norms]).any()


def test_no_norm_on_the_generators_output_and_the_discriminators_input():
    generator, discriminator = DCGANGenerator().layers, DCGANDiscriminator().layers
    assert [type(m) for m in generator[-2:]] == [nn.ConvTranspose2d, nn.Tanh]
    assert [type(m) for m in discriminator[:3]] == [nn.Conv2d, nn.LeakyReLU, nn.Conv2d]
    assert {m.negative_slope for m in discriminator if isinstance(m, nn.LeakyReLU)} == {0.2}


def test_batch_norm_has_torchs_own_eps_and_momentum():
    for module in (*DCGANGenerator().layers, *DCGANDiscriminator().layers):
        if isinstance(module, nn.BatchNorm2d):
            assert (module.eps, module.momentum) == (1e-5, 0.1)


@pytest.mark.parametrize(
    ("norm", "independent"), [("batch", False), ("instance", True), ("layer", True), ("none", True)]
)
def test_norm_decides_whether_a_sample_sees_its_batch(norm, independent):
    discriminator = DCGANDiscriminator(1, 4, 16, norm)
    nn.init.normal_(discriminator.layers[0].weight)
    x = torch.randn(4, 1, 16, 16)
    alone, among = discriminator(torch.cat([x[:1], 5 * x[1:]]))[0], discriminator(x)[0]
    assert torch.allclose(alone, among, rtol=1e-4) == independent


def test_convolutions_have_a_bias_where_no_batch_norm_brings_one():
    assert not any("bias" in k for k in DCGANDiscriminator(1, 4, 16, "batch").state_dict() if k.startswith("layers.2."))
    assert DCGANDiscriminator(1, 4, 16, "none").layers[2].bias is not None
    assert DCGANGenerator(5, 1, 4, 16, "none").layers[0].bias is not None


@pytest.mark.parametrize("player", [DCGANGenerator, DCGANDiscriminator])
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"image_size": 8}, "image_size is 8, but has to be an integer of at least 16"),
        ({"image_size": 48}, r"image_size is 48, but has to be a power of two \(16, 32, 64, …\)"),
        ({"image_size": 64.0}, "image_size is 64.0, but has to be an integer of at least 16"),
        ({"channels": 0}, "channels is 0, but has to be an integer of at least 1"),
        ({"width": 0}, "width is 0, but has to be an integer of at least 1"),
        ({"norm": "spectral"}, "norm is 'spectral', but has to be one of batch, instance, layer, none"),
    ],
)
def test_what_cannot_be_built_is_refused(player, arguments, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        player(**arguments)


def test_a_generator_without_latents_is_refused():
    with pytest.raises(ValueError, match=r"^latent_dim is 0, but has to be an integer of at least 1$"):
        DCGANGenerator(latent_dim=0)


@pytest.mark.parametrize(("height", "width"), [(64, 32), (32, 64), (16, 16)])
def test_a_discriminator_refuses_images_of_another_size(height, width):
    with pytest.raises(ValueError, match=f"^images are {height}×{width}, but this discriminator wants 32×32$"):
        DCGANDiscriminator(1, 4, 32)(torch.zeros(2, 1, height, width))
