"""pix2pix as published: the U-Net against the authors' recursive form, PatchGAN's counts, grids and fields."""

import pytest
import torch
from torch import nn

from course_gan.models import (
    EncoderDecoder,
    PairDiscriminator,
    PatchDiscriminator,
    UNetGenerator,
    initialise,
    receptive_field,
)
from course_gan.models.layers import ResidualBlock
from course_gan.models.pix2pix import LastingDropout


def parameters(module) -> int:
    return sum(p.numel() for p in module.parameters())


class Recursive(nn.Module):
    """The U-Net as its authors wrote it in PyTorch: each level wraps the next and puts its input beside the result."""

    def __init__(self, outer: int, inner: int, norm, inside=None, inputs=None):
        super().__init__()
        down = nn.Conv2d(inputs or outer, inner, 4, 2, 1, bias=False)
        up = nn.ConvTranspose2d(inner * 2 if inside else inner, outer, 4, 2, 1, bias=bool(inputs))
        self.outermost = bool(inputs)
        if inputs:
            parts = [down, inside, nn.ReLU(), up, nn.Tanh()]
        elif inside:
            parts = [nn.LeakyReLU(0.2), down, norm(inner), inside, nn.ReLU(), up, norm(outer)]
        else:
            parts = [nn.LeakyReLU(0.2), down, nn.ReLU(), up, norm(outer)]
        self.model = nn.Sequential(*parts)

    def forward(self, x):
        return self.model(x) if self.outermost else torch.cat([x, self.model(x)], 1)


def recursive_unet(depth: int, width: int) -> nn.Module:
    block = Recursive(8 * width, 8 * width, nn.BatchNorm2d)
    for _ in range(depth - 5):
        block = Recursive(8 * width, 8 * width, nn.BatchNorm2d, block)
    for multiplier in (4, 2, 1):
        block = Recursive(multiplier * width, 2 * multiplier * width, nn.BatchNorm2d, block)
    return Recursive(3, width, nn.BatchNorm2d, block, inputs=3)


def test_published_parameter_count_of_the_unet():
    assert parameters(UNetGenerator()) == 54_413_955


@pytest.mark.parametrize("depth", [5, 6, 8])
def test_the_unet_computes_what_its_authors_recursive_form_computes(depth):
    ours, theirs = UNetGenerator(width=2, depth=depth, dropout=0.0), recursive_unet(depth, 2)
    assert [p.shape for p in ours.parameters()] == [p.shape for p in theirs.parameters()]
    with torch.no_grad():
        for p, q in zip(ours.parameters(), theirs.parameters()):
            q.copy_(nn.init.normal_(p, std=0.3))
    x = torch.randn(2, 3, 2**depth, 2**depth)
    torch.testing.assert_close(ours(x), theirs(x))


@pytest.mark.parametrize("depth", [2, 3, 4, 6])
@pytest.mark.parametrize("options", [{}, {"residual": True}, {"skips": False}, {"norm": "instance"}, {"norm": "none"}])
def test_any_depth_gives_back_the_images_sides(depth, options):
    generator = UNetGenerator(2, 1, width=2, depth=depth, **options)
    side = 2**depth
    images = generator(torch.randn(1, 2, side, 2 * side))
    assert images.shape == (1, 1, side, 2 * side)
    assert images.abs().max() <= 1


@pytest.mark.parametrize("skips", [True, False])
def test_max_multiplier_caps_the_width_of_every_map(skips):
    generator = UNetGenerator(width=2, depth=5, max_multiplier=4, skips=skips)
    downs = [m.out_channels for m in generator.modules() if isinstance(m, nn.Conv2d)]
    ups = [(m.in_channels, m.out_channels) for m in generator.modules() if isinstance(m, nn.ConvTranspose2d)]
    double = 2 if skips else 1
    assert downs == [2, 4, 8, 8, 8]
    assert ups == [(8, 8), (8 * double, 8), (8 * double, 4), (4 * double, 2), (2 * double, 3)]


def test_without_skips_all_passes_through_the_innermost_map():
    """With the innermost convolution at zero the encoder–decoder forgets its input; the U-Net still sees it."""
    x = torch.randn(2, 3, 16, 16)
    for player, blind in ((EncoderDecoder, True), (UNetGenerator, False)):
        generator = player(width=4, depth=4, norm="none", dropout=0.0)
        nn.init.zeros_(generator.downs[-1][1].weight)
        assert torch.equal(generator(x), generator(-3 * x)) == blind


def test_encoder_decoder_is_the_unet_with_skips_false():
    ours, theirs = EncoderDecoder(1, 2, width=4, depth=3), UNetGenerator(1, 2, width=4, depth=3, skips=False)
    assert {k: v.shape for k, v in ours.state_dict().items()} == {k: v.shape for k, v in theirs.state_dict().items()}


def test_silent_residual_blocks_leave_the_plain_unet():
    residual, plain = (UNetGenerator(width=4, depth=4, residual=r, dropout=0.0) for r in (True, False))
    x = torch.randn(2, 3, 16, 16)
    missing, extra = plain.load_state_dict(residual.state_dict(), strict=False)
    assert not missing
    assert extra
    assert not torch.allclose(residual(x), plain(x), atol=1e-3)
    blocks = [m for m in residual.modules() if isinstance(m, ResidualBlock)]
    assert len(blocks) == 2 * 3  # behind each convolution down and up, but the innermost and the last
    for block in blocks:
        nn.init.zeros_(block.layers[-1].weight)
    torch.testing.assert_close(residual(x), plain(x))


def test_dropout_stays_on_at_test_time_in_the_three_innermost_decoder_blocks():
    generator = UNetGenerator(width=2, depth=6).eval()
    assert [any(isinstance(m, LastingDropout) for m in up) for up in generator.ups] == [True] * 3 + [False] * 3
    assert {m.p for m in generator.modules() if isinstance(m, LastingDropout)} == {0.5}
    for up in generator.ups:
        nn.init.normal_(up[1].weight, std=0.5)
    x = torch.randn(1, 3, 64, 64)
    assert not torch.allclose(generator(x), generator(x), atol=1e-3)
    still = UNetGenerator(width=2, depth=6, dropout=0.0).eval()
    assert torch.equal(still(x), still(x))


def test_lasting_dropout_drops_and_rescales_alike_in_both_modes():
    for training in (True, False):
        out = LastingDropout(0.25).train(training)(torch.ones(100_000))
        assert sorted(out.unique().tolist()) == pytest.approx([0, 4 / 3])
        assert (out == 0).float().mean().item() == pytest.approx(0.25, abs=0.01)


def test_a_map_of_one_pixel_survives_a_batch_of_one():
    """No norm on the innermost map: batch and instance norm would turn one pixel of one image into a constant."""
    for norm in ("batch", "instance"):
        generator = UNetGenerator(width=8, depth=4, norm=norm)
        innermost = []
        generator.downs[-1].register_forward_hook(lambda _, __, out, found=innermost: found.append(out))
        generator(torch.randn(1, 3, 16, 16))
        assert innermost[0].shape == (1, 64, 1, 1)
        assert innermost[0].std() > 0


@pytest.mark.parametrize(
    "build",
    [
        lambda: UNetGenerator(width=16, depth=4),
        lambda: UNetGenerator(width=16, depth=4, residual=True),
        lambda: PatchDiscriminator(width=16, norm="batch"),
    ],
    ids=["unet", "residual unet", "patch"],
)
def test_the_assembled_player_is_initialised_as_published(build):
    module = build()
    norms = [m for m in module.modules() if isinstance(m, nn.BatchNorm2d)]
    layers = [m for m in module.modules() if isinstance(m, (nn.Conv2d, nn.ConvTranspose2d))]
    assert len(norms) >= 3
    for layer in layers:  # within five standard errors of mean and deviation
        n = layer.weight.numel()
        assert abs(layer.weight.mean()) < 5 * 0.02 / n**0.5
        assert abs(layer.weight.std() - 0.02) < 5 * 0.02 / (2 * n) ** 0.5
        assert layer.bias is None or not layer.bias.any()
    scales = torch.cat([m.weight for m in norms])
    assert abs(scales.mean() - 1) < 5 * 0.02 / len(scales) ** 0.5
    assert abs(scales.std() - 0.02) < 5 * 0.02 / (2 * len(scales)) ** 0.5
    assert not torch.cat([m.bias for m in norms]).any()


def test_published_parameter_counts_of_patchgan():
    assert parameters(PatchDiscriminator()) == 2_764_737
    assert parameters(PatchDiscriminator(6, norm="batch")) == 2_768_705
    assert parameters(PatchDiscriminator(layers=0)) == 4 * 64 + 65 * 128 + 129
    assert parameters(PatchDiscriminator(layers=0, norm="batch")) == 4 * 64 + 64 * 128 + 2 * 128 + 128


def test_patchgan_is_never_wider_than_eight_times_its_width():
    layers = PatchDiscriminator(width=2, layers=5).layers
    assert [m.out_channels for m in layers if isinstance(m, nn.Conv2d)] == [2, 4, 8, 16, 16, 16, 1]


@pytest.mark.parametrize(("layers", "side"), [(0, 256), (1, 126), (2, 62), (3, 30), (4, 14), (5, 6)])
def test_output_grids_on_256(layers, side):
    assert PatchDiscriminator(width=1, layers=layers)(torch.randn(2, 3, 256, 256)).shape == (2, 1, side, side)


def seen(discriminator: nn.Module, side: int) -> tuple[int, int]:
    """Height and width of the input pixels that one logit in the middle depends on: by its gradient."""
    x = torch.randn(1, 3, side, side, dtype=torch.float64, requires_grad=True)
    logits = discriminator(x)
    logits[0, 0, logits.shape[2] // 2, logits.shape[3] // 2].backward()
    rows, columns = x.grad[0].abs().amax(0).nonzero(as_tuple=True)
    return (rows.max() - rows.min() + 1).item(), (columns.max() - columns.min() + 1).item()


@pytest.mark.parametrize(("layers", "field"), [(0, 1), (1, 16), (2, 34), (3, 70), (4, 142), (5, 286)])
def test_published_receptive_fields_by_formula_and_by_gradient(layers, field):
    discriminator = PatchDiscriminator(width=1, layers=layers, norm="none").double()
    for parameter in discriminator.parameters():
        nn.init.normal_(parameter)
    assert receptive_field(discriminator) == field
    assert receptive_field(PatchDiscriminator(width=1, layers=layers)) == field
    assert seen(discriminator, 2 * field + 2) == (field, field)


def test_no_norm_on_the_discriminators_input_and_no_sigmoid_on_its_output():
    layers = PatchDiscriminator().layers
    assert [type(m) for m in layers[:3]] == [nn.Conv2d, nn.LeakyReLU, nn.Conv2d]
    assert isinstance(layers[-1], nn.Conv2d)
    assert {m.negative_slope for m in layers if isinstance(m, nn.LeakyReLU)} == {0.2}


@pytest.mark.parametrize("layers", [0, 3])
def test_only_biases_that_an_instance_norm_subtracts_are_dead(layers):
    discriminator = PatchDiscriminator(width=4, layers=layers).double()
    logits = discriminator(torch.randn(2, 3, 32, 32).double())
    (logits * torch.randn_like(logits)).sum().backward()
    slopes = {name: p.grad.abs().max().item() for name, p in discriminator.named_parameters()}
    dead = {name for name, slope in slopes.items() if slope < 1e-12 * max(slopes.values())}
    assert dead == {f"layers.{2 + 3 * i}.bias" for i in range(max(layers, 1))}


@pytest.mark.parametrize(
    ("player", "arguments", "message"),
    [
        (UNetGenerator, {"in_channels": 0}, "in_channels is 0, but has to be an integer of at least 1"),
        (UNetGenerator, {"out_channels": 0}, "out_channels is 0, but has to be an integer of at least 1"),
        (UNetGenerator, {"width": 0}, "width is 0, but has to be an integer of at least 1"),
        (UNetGenerator, {"depth": 1}, "depth is 1, but has to be an integer of at least 2"),
        (UNetGenerator, {"max_multiplier": 0}, "max_multiplier is 0, but has to be an integer of at least 1"),
        (UNetGenerator, {"width": 1, "dropout": 2.0}, "dropout probability has to be between 0 and 1, but got 2.0"),
        (UNetGenerator, {"width": 1, "norm": "bn"}, "norm is 'bn', but has to be one of batch, instance, layer, none"),
        (PatchDiscriminator, {"in_channels": 0}, "in_channels is 0, but has to be an integer of at least 1"),
        (PatchDiscriminator, {"width": -4}, "width is -4, but has to be an integer of at least 1"),
        (PatchDiscriminator, {"layers": -1}, "layers is -1, but has to be an integer of at least 0"),
        (PatchDiscriminator, {"norm": None}, "norm is None, but has to be one of batch, instance, layer, none"),
    ],
)
def test_what_cannot_be_built_is_refused(player, arguments, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        player(**arguments)


def test_images_whose_sides_would_not_come_back_are_refused():
    message = "^images are 32×40, but this generator wants sides divisible by 16: crop or pad$"
    with pytest.raises(ValueError, match=message):
        UNetGenerator(width=1, depth=4)(torch.zeros(1, 3, 32, 40))


def pairs(n=2, channels=4, side=32):
    return torch.randn(n, channels + 3, side, side, generator=torch.Generator().manual_seed(0))


def test_a_pair_shown_as_it_is_is_judged_as_by_the_plain_discriminator():
    plain, ours = PatchDiscriminator(7, 4, 2), PairDiscriminator(4, 3, 4, 2, norm="instance")
    ours.patches.load_state_dict(plain.state_dict())
    assert torch.equal(ours(pairs()), plain(pairs()))


def test_the_contrast_is_that_of_the_input_alone():
    ours, loud = (PairDiscriminator(4, width=4, layers=2, contrast=contrast) for contrast in (0.5, 1.0))
    loud.load_state_dict(ours.state_dict())
    halved = pairs()
    halved[:, :4] *= 0.5
    torch.testing.assert_close(ours(pairs()), loud(halved))
    assert not torch.allclose(ours(pairs()), loud(pairs()))


def test_the_detail_of_an_image_is_what_its_mean_nearby_leaves():
    seen = []
    judge = PairDiscriminator(4, width=4, layers=2, contrast=0.3, detail=2.0)
    judge.patches.register_forward_hook(lambda module, given, answer: seen.append(given[0]))
    flat, edge = pairs(1), pairs(1)
    flat[:, 4:] = 0.4
    edge[:, 4:] = -1.0
    edge[:, 4:, :, 16:] = 1.0
    judge(flat), judge(edge)
    assert seen[0].shape == (1, 10, 32, 32)
    torch.testing.assert_close(seen[0][:, 7:], torch.zeros(1, 3, 32, 32), atol=1e-6, rtol=0)
    detail = seen[1][0, 7, 10]
    assert detail[16] == pytest.approx(2 * (1 - (3 - 2) / 5))
    assert (detail[:14].abs().max(), detail[18:].abs().max()) == (0, 0)


@pytest.mark.parametrize("wrong", [{"contrast": -1.0}, {"detail": -0.1}, {"in_channels": 0}])
def test_a_pair_that_cannot_be_shown_is_refused(wrong):
    with pytest.raises(ValueError, match="wanted 0 or more|at least 1"):
        PairDiscriminator(**wrong)


def test_noise_is_drawn_anew_at_every_call_and_follows_torchs_seed():
    generator = UNetGenerator(3, 3, width=4, depth=3, norm="none", dropout=0.0, noise=2).eval()
    x = torch.zeros(1, 3, 16, 16)
    torch.manual_seed(0)
    first, second = generator(x), generator(x)
    torch.manual_seed(0)
    assert torch.equal(generator(x), first)
    assert not torch.equal(first, second)
    assert generator.downs[0][0].in_channels == 5


def test_a_signal_does_not_fade_without_norms():
    """With DCGAN's weights of N(0, 0.02) and no norm most of it would."""
    torch.manual_seed(0)
    generator = UNetGenerator(3, 3, width=8, depth=4, norm="none", dropout=0.0)
    x = torch.randn(4, 3, 32, 32)
    with torch.no_grad():
        kept = (generator(x) - generator(torch.zeros_like(x))).std()
        initialise(generator)
        faded = (generator(x) - generator(torch.zeros_like(x))).std()
    assert kept > 4 * faded
