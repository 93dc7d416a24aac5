"""The objectives, held against their formulas written plainly in float64."""

import math

import pytest
import torch
from torch import nn

from course_gan import losses

GRID = (-200.0, -40.0, -17.0, -4.0, -1.0, -0.3, 0.0, 0.7, 1.0, 2.5, 17.0, 40.0, 200.0)


def log1pexp(x: float) -> float:
    """log(1 + e^x) without overflow, in Python's own arithmetic."""
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


def sigmoid(x: float) -> float:
    return math.exp(x) / (1 + math.exp(x)) if x < 0 else 1 / (1 + math.exp(-x))


# name -> (real term, fake term, generator term), each as (value, derivative) of one logit
LOG_D = (lambda x: log1pexp(-x), lambda x: -sigmoid(-x))  # −log σ(x)
LOG_1_D = (log1pexp, sigmoid)  # −log(1 − σ(x))
MINUS = (lambda x: -x, lambda x: -1.0)
TO_1 = (lambda x: (x - 1) ** 2, lambda x: 2 * (x - 1))
PLAIN = {
    "minimax": (LOG_D, LOG_1_D, (lambda x: -log1pexp(x), lambda x: -sigmoid(x))),
    "non_saturating": (LOG_D, LOG_1_D, LOG_D),
    "least_squares": (TO_1, (lambda x: x**2, lambda x: 2 * x), TO_1),
    "wasserstein": (MINUS, (lambda x: x, lambda x: 1.0), MINUS),
    "hinge": (
        (lambda x: max(0.0, 1 - x), lambda x: -1.0 if x < 1 else 0.0),
        (lambda x: max(0.0, 1 + x), lambda x: 1.0 if x > -1 else 0.0),
        MINUS,
    ),
}
TOLERANCE = {torch.float64: 1e-8, torch.float32: 1e-6}


def leaf(values, dtype) -> torch.Tensor:
    return torch.tensor(values, dtype=dtype, requires_grad=True)


def assert_close(got: torch.Tensor, want: list[float], dtype: torch.dtype) -> None:
    torch.testing.assert_close(
        got.double(), torch.tensor(want, dtype=torch.float64), rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype]
    )


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("name", PLAIN)
class TestPointwise:
    def test_discriminator_is_mean_real_term_plus_mean_fake_term(self, name, dtype):
        (real_value, real_slope), (fake_value, fake_slope), _ = PLAIN[name]
        for x in GRID:  # one logit at a time, so that a large one hides no small one
            for y in GRID:
                real, fake = leaf([x, 0.5], dtype), leaf([y, -0.25, 3.0], dtype)
                loss = losses.get(name).discriminator(real, fake)
                want = (real_value(x) + real_value(0.5)) / 2
                want += (fake_value(y) + fake_value(-0.25) + fake_value(3.0)) / 3
                loss.backward()
                assert_close(loss.detach(), want, dtype)
                assert_close(real.grad, [real_slope(x) / 2, real_slope(0.5) / 2], dtype)
                assert_close(fake.grad, [fake_slope(v) / 3 for v in (y, -0.25, 3.0)], dtype)

    def test_generator_is_the_mean_of_its_term_and_needs_no_real_logits(self, name, dtype):
        value, slope = PLAIN[name][2]
        for x in GRID:
            fake = leaf([x, 0.5], dtype)
            loss = losses.get(name).generator(fake)
            loss.backward()
            assert_close(loss.detach(), (value(x) + value(0.5)) / 2, dtype)
            assert_close(fake.grad, [slope(x) / 2, slope(0.5) / 2], dtype)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_relativistic_pairs_each_real_logit_with_its_fake(dtype):
    for x in GRID:
        for y in (v / 2 for v in GRID):
            real, fake = leaf([x, 0.5], dtype), leaf([y, 2.0], dtype)
            leads = (x - y, 0.5 - 2.0)
            for move, sign in (("discriminator", -1.0), ("generator", 1.0)):
                real.grad = fake.grad = None
                logits = (real, fake) if move == "discriminator" else (fake, real)
                loss = getattr(losses.get("relativistic"), move)(*logits)
                loss.backward()
                assert_close(loss.detach(), sum(log1pexp(sign * lead) for lead in leads) / 2, dtype)
                slopes = [sign * sigmoid(sign * lead) / 2 for lead in leads]
                assert_close(real.grad, slopes, dtype)
                assert_close(fake.grad, [-slope for slope in slopes], dtype)


def test_relativistic_is_not_the_ordinary_loss_of_the_mean_lead():
    real, fake = torch.tensor([5.0, -5.0]), torch.zeros(2)
    loss = losses.get("relativistic").discriminator(real, fake)
    assert loss.item() == pytest.approx((log1pexp(-5) + log1pexp(5)) / 2, rel=1e-6)
    assert loss.item() > 2  # of the mean lead, 0, it would be log 2


def test_relativistic_generator_without_real_logits_says_what_to_pass():
    with pytest.raises(ValueError, match=r"compares with real_logits, but got none: pass D\(real\)$"):
        losses.get("relativistic").generator(torch.zeros(3))


def test_relativistic_refuses_to_broadcast_logits_of_different_shapes():
    with pytest.raises(ValueError, match=r"real \(4,\) and fake \(4, 1\) must be of one shape$"):
        losses.get("relativistic").discriminator(torch.zeros(4), torch.zeros(4, 1))


def test_discriminator_is_never_halved():
    zero = torch.zeros(5)
    at_zero = {name: losses.get(name).discriminator(zero, zero).item() for name in losses.NAMES}
    log2 = math.log(2)
    want = {"minimax": 2 * log2, "non_saturating": 2 * log2, "least_squares": 1, "wasserstein": 0, "hinge": 2}
    assert at_zero == pytest.approx(want | {"relativistic": log2})


def test_at_a_logit_of_minus_4_the_saturating_generator_gets_a_fiftieth_of_the_gradient():
    slopes = {}
    for name in ("minimax", "non_saturating"):
        logit = leaf([-4.0], torch.float32)
        losses.get(name).generator(logit).backward()
        slopes[name] = round(logit.grad.item(), 3)
    assert slopes == {"minimax": -0.018, "non_saturating": -0.982}


@pytest.mark.parametrize("logit", [17.0, 40.0])
def test_a_fooled_discriminator_keeps_its_gradient_where_sigmoid_and_bce_lose_it(logit):
    fake = leaf([logit], torch.float32)
    losses.get("non_saturating").discriminator(torch.zeros(1), fake).backward()
    assert fake.grad.item() == pytest.approx(1.0, abs=1e-6)
    naive = leaf([logit], torch.float32)
    nn.functional.binary_cross_entropy(torch.sigmoid(naive), torch.zeros(1)).backward()
    assert naive.grad.item() == 0.0


@pytest.mark.parametrize("name", losses.NAMES)
def test_patch_logits_are_averaged_over_batch_and_patches(name):
    real, fake = torch.randn(2, 1, 3, 3), torch.randn(2, 1, 3, 3)
    loss = losses.get(name)
    torch.testing.assert_close(loss.discriminator(real, fake), loss.discriminator(real.flatten(), fake.flatten()))
    torch.testing.assert_close(loss.generator(fake, real), loss.generator(fake.flatten(), real.flatten()))


@pytest.mark.parametrize("name", losses.NAMES)
def test_bfloat16_logits_under_autocast_lose_nothing_more(name):
    """The loss of bfloat16 logits is the float32 loss of the same numbers, and gradients flow back through the cast."""
    loss = losses.get(name)
    real = torch.tensor([-40.0, -4.0, 0.3, 17.0, 40.0]).bfloat16().requires_grad_()
    fake = torch.tensor([40.0, 0.1, -3.0, -17.0, -40.0]).bfloat16().requires_grad_()
    wide_real, wide_fake = (x.detach().float().requires_grad_() for x in (real, fake))
    for move in (lambda r, f: loss.discriminator(r, f), lambda r, f: loss.generator(f, r)):
        with torch.autocast("cpu", torch.bfloat16):
            half = move(real, fake)
        wide = move(wide_real, wide_fake)
        assert half.dtype == torch.float32
        assert torch.equal(half, wide)
        got = torch.autograd.grad(half, (real, fake), allow_unused=True)
        want = torch.autograd.grad(wide, (wide_real, wide_fake), allow_unused=True)
        for g, w in zip(got, want):
            assert (g is None) == (w is None)
            assert g is None or torch.equal(g, w.bfloat16())


@pytest.mark.parametrize("name", losses.NAMES)
def test_gradients_are_finite_and_alive_at_saturation(name):
    """A player that is losing by 40 logits is told so: gradient of order one (not so G of minimax: its fault)."""
    loss = losses.get(name)
    real, fake = leaf([-40.0], torch.float32), leaf([40.0], torch.float32)
    loss.discriminator(real, fake).backward()
    assert real.grad.item() <= -1 + 1e-6
    assert fake.grad.item() >= 1 - 1e-6
    fooled = leaf([-40.0], torch.float32)
    loss.generator(fooled, leaf([40.0], torch.float32)).backward()
    if name == "minimax":
        assert -1e-17 < fooled.grad.item() < 0
    else:
        assert fooled.grad.item() <= -1 + 1e-6


def test_an_unknown_name_is_answered_with_the_known_ones():
    known = "minimax, non_saturating, least_squares, wasserstein, hinge, relativistic"
    with pytest.raises(ValueError, match=f"^loss is 'lsgan', but has to be one of {known}$"):
        losses.get("lsgan")
    assert ", ".join(losses.NAMES) == known
