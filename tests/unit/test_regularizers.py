"""Penalties on discriminators whose slope is known on paper, and the mistakes popular code makes."""

import pytest
import torch
from torch import nn

from course_gan import regularizers
from course_gan.models import DCGANDiscriminator, PatchDiscriminator
from course_gan.regularizers import gradient_penalty, r1, r2

SHAPE = (6, 3, 4, 5)


class Linear(nn.Module):
    """D(x) = w·x: the slope is w everywhere."""

    def __init__(self, w):
        super().__init__()
        self.w = nn.Parameter(w)

    def forward(self, x):
        return (x * self.w).flatten(1).sum(1)  # (b,)


class Quadratic(nn.Module):
    """D(x) = a·‖x‖²/2: the slope is a·x."""

    def __init__(self, a):
        super().__init__()
        self.a = nn.Parameter(torch.tensor(a, dtype=torch.float64))
        self.seen = []

    def forward(self, x):
        self.seen.append(x.detach())
        return self.a * x.square().flatten(1).sum(1) / 2  # (b,)


def images() -> torch.Tensor:
    return torch.randn(SHAPE, dtype=torch.float64)


def norms(x) -> torch.Tensor:
    return x.flatten(1).norm(dim=1)


def test_a_linear_discriminator_is_penalised_by_the_norm_of_its_weights():
    w = images()[0]
    discriminator, length = Linear(w.clone()), w.norm()
    wants = {
        lambda: gradient_penalty(discriminator, images(), images()): ((length - 1) ** 2, 2 * (length - 1) * w / length),
        lambda: r1(discriminator, images()): (length**2, 2 * w),
        lambda: r2(discriminator, images()): (length**2, 2 * w),
    }
    for penalty, (value, slope) in wants.items():
        discriminator.zero_grad()
        got = penalty()
        got.backward()
        torch.testing.assert_close(got, value)
        torch.testing.assert_close(discriminator.w.grad, slope)


@pytest.mark.parametrize("penalty", [r1, r2])
def test_a_quadratic_discriminator_is_penalised_by_the_square_of_the_distance(penalty):
    x, discriminator = images(), Quadratic(0.7)
    got = penalty(discriminator, x)
    got.backward()
    mean_square = norms(x).square().mean()
    torch.testing.assert_close(got, 0.7**2 * mean_square)
    torch.testing.assert_close(discriminator.a.grad, 2 * 0.7 * mean_square)


def test_gradient_penalty_of_a_quadratic_discriminator():
    discriminator = Quadratic(0.3)
    got = gradient_penalty(discriminator, images(), images())
    got.backward()
    length = norms(discriminator.seen[0])
    torch.testing.assert_close(got, (0.3 * length - 1).square().mean())
    torch.testing.assert_close(discriminator.a.grad, (2 * (0.3 * length - 1) * length).mean())


def test_a_slope_of_one_a_sample_costs_nothing_though_the_batch_as_a_whole_has_another_norm():
    """The popular mistake takes one norm over the batch: it is then √b here, and the penalty (√b − 1)²."""
    w = images()[0]
    discriminator = Linear(w / w.norm())
    assert gradient_penalty(discriminator, images(), images()).item() == pytest.approx(0, abs=1e-20)
    x = images().requires_grad_()
    (slope,) = torch.autograd.grad(discriminator(x).sum(), x)
    assert (slope.norm() - 1).square().item() == pytest.approx((SHAPE[0] ** 0.5 - 1) ** 2)


def test_the_norm_is_taken_over_all_elements_of_a_sample():
    """Another popular mistake takes it over the channels: of a slope of 1 in each of 60 elements, √3 instead of √60."""
    discriminator = Linear(torch.ones(SHAPE[1:], dtype=torch.float64))
    got = gradient_penalty(discriminator, images(), images()).item()
    assert got == pytest.approx((60**0.5 - 1) ** 2)


def test_each_sample_has_one_epsilon_of_its_own():
    discriminator = Quadratic(1.0)
    many = (500, 2, 3, 3)
    gradient_penalty(discriminator, torch.ones(many), torch.zeros(many))
    epsilon = discriminator.seen[0].flatten(1)
    assert torch.equal(epsilon, epsilon[:, :1].expand_as(epsilon))
    assert len(epsilon[:, 0].unique()) > 490
    assert 0 <= epsilon.min() < 0.02
    assert 0.98 < epsilon.max() <= 1
    assert epsilon.mean().item() == pytest.approx(0.5, abs=0.06)


def test_points_between_lie_on_the_lines_between_pairs():
    discriminator, real, fake = Quadratic(1.0), images(), images()
    gradient_penalty(discriminator, real, fake)
    between = discriminator.seen[0]
    torch.testing.assert_close(norms(between - real) + norms(between - fake), norms(real - fake))


def test_a_generator_decides_epsilon_and_the_global_one_is_left_alone():
    real, fake, state = images(), images(), torch.get_rng_state()
    a, b, c = (gradient_penalty(Quadratic(1.0), real, fake, torch.Generator().manual_seed(s)).item() for s in (1, 1, 2))
    assert a == b != c
    assert torch.equal(torch.get_rng_state(), state)


def test_points_in_the_plane_are_penalised_like_images():
    x = torch.randn(9, 2, dtype=torch.float64)
    torch.testing.assert_close(r1(Quadratic(1.0), x), x.square().sum(1).mean())
    assert gradient_penalty(Quadratic(1.0), x, x).item() == pytest.approx((x.norm(dim=1) - 1).square().mean().item())


@pytest.mark.parametrize("penalty", [r1, r2])
def test_patch_logits_of_a_sample_are_summed(penalty):
    conv = nn.Conv2d(3, 1, 2, 2).double()  # patches that do not overlap: the slope is the kernel in each of 4
    got = penalty(conv, torch.randn(5, 3, 4, 4).double())
    torch.testing.assert_close(got, 4 * conv.weight.square().sum())
    x = torch.randn(5, 3, 4, 4).double()
    torch.testing.assert_close(gradient_penalty(conv, x, 2 * x), (2 * conv.weight.norm() - 1).square())


def penalties(discriminator, real, fake):
    return {
        "gradient_penalty": gradient_penalty(discriminator, real, fake, torch.Generator().manual_seed(0)),
        "r1": r1(discriminator, real),
        "r2": r2(discriminator, fake),
    }


@pytest.mark.parametrize("build", [lambda: DCGANDiscriminator(3, 4, 16, "none"), lambda: PatchDiscriminator(3, 4, 2)])
@pytest.mark.parametrize("name", ["gradient_penalty", "r1", "r2"])
def test_gradients_of_the_penalties_agree_with_finite_differences(name, build):
    discriminator = build().double()
    for parameter in discriminator.parameters():
        nn.init.normal_(parameter, std=0.3)
    real, fake = torch.randn(2, 2, 3, 16, 16).double()
    weight = next(discriminator.parameters())
    (slope,) = torch.autograd.grad(penalties(discriminator, real, fake)[name], weight)
    direction, step, start = torch.randn_like(weight), 1e-6, weight.detach().clone()
    sides = []
    for sign in (1, -1):
        weight.data = start + sign * step * direction
        sides.append(penalties(discriminator, real, fake)[name].item())
    assert (slope * direction).sum().item() == pytest.approx((sides[0] - sides[1]) / (2 * step), rel=1e-4)


def test_penalties_are_computed_in_float32_outside_of_autocast():
    discriminator = DCGANDiscriminator(3, 4, 16, "none")
    dtypes = []
    discriminator.layers[-1].register_forward_hook(lambda _, __, logits: dtypes.append(logits.dtype))
    real, fake = torch.randn(2, 4, 3, 16, 16)
    plain = penalties(discriminator, real, fake)
    with torch.autocast("cpu", torch.bfloat16):
        assert discriminator(real).dtype == torch.bfloat16
        dtypes.clear()
        under = penalties(discriminator, real, fake)
        penalties(discriminator, real.bfloat16(), fake.bfloat16())
    assert dtypes == [torch.float32] * 6
    assert all(torch.equal(plain[name], under[name]) for name in plain)


def test_no_gradient_flows_back_to_images_or_their_generator():
    real, fake = images().requires_grad_(), images().requires_grad_()
    discriminator = Quadratic(1.0)
    sum(penalties(discriminator, real, fake).values()).backward()
    assert real.grad is None
    assert fake.grad is None
    assert discriminator.a.grad.item() != 0


def test_a_discriminator_without_slope_is_penalised_without_nan():
    discriminator = Linear(torch.zeros(SHAPE[1:], dtype=torch.float64))
    for name, value in penalties(discriminator, images(), images()).items():
        assert value.item() == (1 if name == "gradient_penalty" else 0)
        discriminator.zero_grad()
        value.backward()
        assert discriminator.w.grad.isfinite().all()


def test_pairs_of_different_shapes_are_refused_instead_of_broadcast():
    message = r"^real is \(4, 3, 8, 8\) and fake \(1, 3, 8, 8\), but they must be of one shape$"
    with pytest.raises(ValueError, match=message):
        gradient_penalty(Linear(torch.ones(1)), torch.zeros(4, 3, 8, 8), torch.zeros(1, 3, 8, 8))


def test_spectral_norm_brings_every_weight_to_a_largest_singular_value_of_one():
    discriminator = DCGANDiscriminator(3, 4, 16, "none")
    assert regularizers.spectral_norm(discriminator) is discriminator
    for _ in range(100):  # the power iteration moves a step with each forward in training
        discriminator(torch.randn(2, 3, 16, 16))
    layers = [m for m in discriminator.modules() if isinstance(m, nn.Conv2d)]
    assert len(layers) == 3
    for layer in layers:
        assert torch.linalg.matrix_norm(layer.weight.flatten(1), 2).item() == pytest.approx(1, abs=0.01)


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA GPU")
def test_a_cpu_generator_serves_images_on_a_gpu():
    real, fake = images().cuda(), images().cuda()
    got = gradient_penalty(Quadratic(1.0).cuda(), real, fake, torch.Generator().manual_seed(0))
    want = gradient_penalty(Quadratic(1.0), real.cpu(), fake.cpu(), torch.Generator().manual_seed(0))
    torch.testing.assert_close(got.cpu(), want)
