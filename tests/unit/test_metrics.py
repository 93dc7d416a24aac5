"""The metrics agree with torchmetrics, with scipy and with what can be worked out by hand."""

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm
from torch import nn

from course_gan.metrics import frechet_distance, kernel_distance, mode_count, nearest_neighbours, precision_recall

DOUBLE = torch.float64


def draw(n, d, shift=0.0, scale=1.0, seed=0):
    generator = torch.Generator().manual_seed(seed)
    mix = torch.randn(d, d, generator=generator, dtype=DOUBLE) / d**0.5 + torch.eye(d, dtype=DOUBLE)
    return scale * torch.randn(n, d, generator=generator, dtype=DOUBLE) @ mix + shift


def identity(d):
    network = nn.Identity()
    network.num_features = d
    return network


# --- Fréchet distance


@pytest.mark.parametrize(("n", "m", "d"), [(500, 300, 16), (2000, 2000, 64), (65, 70, 64)])
def test_frechet_distance_is_torchmetrics_to_a_millionth(n, m, d):
    from torchmetrics.image.fid import FrechetInceptionDistance

    real, fake = draw(n, d), draw(m, d, shift=0.3, scale=1.4, seed=1)
    reference = FrechetInceptionDistance(feature=identity(d)).set_dtype(DOUBLE)
    reference.update(real, real=True)
    reference.update(fake, real=False)
    assert frechet_distance(real, fake) == pytest.approx(reference.compute().item(), rel=1e-6)


def test_frechet_distance_is_the_formula_with_scipys_root():
    real, fake = draw(200, 10), draw(150, 10, shift=1.0, seed=1)
    gap = ((real.mean(0) - fake.mean(0)) ** 2).sum().item()
    a, b = np.cov(real.numpy().T), np.cov(fake.numpy().T)
    assert frechet_distance(real, fake) == pytest.approx(gap + np.trace(a + b - 2 * sqrtm(a @ b).real), rel=1e-9)


def test_frechet_distance_of_one_feature_is_that_of_two_normals():
    real, fake = torch.tensor([[-1.0], [1.0]]), torch.tensor([[1.0], [5.0]])  # means 0 and 3, variances 2 and 8
    assert frechet_distance(real, fake) == pytest.approx(9 + (8**0.5 - 2**0.5) ** 2, rel=1e-12)


def test_frechet_distance_with_fewer_samples_than_features_is_right():
    # Turned into a 5-dimensional subspace of 512, the same points have the same distance.
    real, fake = draw(20, 5), draw(30, 5, shift=0.5, seed=1)
    turn = torch.linalg.qr(torch.randn(512, 5, dtype=DOUBLE)).Q.T
    assert frechet_distance(real @ turn, fake @ turn) == pytest.approx(frechet_distance(real, fake), rel=1e-9)


def test_frechet_distance_of_constant_features_is_the_gap_between_them():
    assert frechet_distance(torch.zeros(50, 8), torch.full((60, 8), 2.0)) == pytest.approx(32, rel=1e-12)
    spread = draw(50, 8)
    expected = spread.mean(0).square().sum() + spread.var(0).sum()
    assert frechet_distance(spread, torch.zeros(9, 8)) == pytest.approx(expected.item(), rel=1e-9)


def test_frechet_distance_of_a_set_to_itself_is_zero_and_symmetric():
    real, fake = draw(100, 200), draw(80, 200, seed=1)
    assert 0 <= frechet_distance(real, real) < 1e-9
    assert frechet_distance(real, fake) == pytest.approx(frechet_distance(fake, real), rel=1e-9)


def test_frechet_distance_of_float32_features_far_from_zero_keeps_its_digits():
    real, fake = draw(300, 8), draw(300, 8, seed=1)
    far = frechet_distance((real + 1000).float(), (fake + 1000).float())
    assert far == pytest.approx(frechet_distance(real, fake), rel=1e-3)


# --- kernel distance


@pytest.mark.filterwarnings("ignore:Metric `Kernel Inception Distance`")
def test_kernel_distance_is_torchmetrics_to_a_billionth():
    from torchmetrics.image.kid import KernelInceptionDistance

    real, fake = draw(120, 16), draw(120, 16, shift=0.2, seed=1)
    reference = KernelInceptionDistance(feature=identity(16), subsets=1, subset_size=120)
    reference.set_dtype(DOUBLE)
    reference.update(real, real=True)
    reference.update(fake, real=False)
    assert kernel_distance(real, fake).value == pytest.approx(reference.compute()[0].item(), rel=1e-9)


def test_kernel_distance_is_the_double_sum_over_different_pairs():
    real, fake = draw(7, 3), draw(5, 3, seed=1)

    def mean_kernel(xs, ys, same):
        return np.mean([(x @ y / 3 + 1) ** 3 for i, x in enumerate(xs) for j, y in enumerate(ys) if not same or i != j])

    x, y = real.numpy(), fake.numpy()
    expected = mean_kernel(x, x, True) + mean_kernel(y, y, True) - 2 * mean_kernel(x, y, False)
    assert kernel_distance(real, fake).value == pytest.approx(expected, rel=1e-9)


def test_kernel_distance_has_no_bias_where_the_distributions_are_equal():
    values = torch.tensor([kernel_distance(*torch.randn(2, 30, 4, dtype=DOUBLE)).value for _ in range(400)])
    assert (values < 0).any()
    assert values.mean().abs() < 4 * values.std() / 400**0.5


def test_the_error_of_the_kernel_distance_is_the_spread_over_new_samples():
    results = [kernel_distance(torch.randn(400, 4), torch.randn(400, 4) + 0.7) for _ in range(60)]
    spread = torch.tensor([result.value for result in results]).std().item()
    stated = torch.tensor([result.error for result in results]).mean().item()
    assert 0.7 * spread < stated < 1.5 * spread


def test_the_kernel_distance_draws_its_subsets_from_the_generator():
    real, fake = draw(50, 4), draw(50, 4, seed=1)
    first, second, third = (kernel_distance(real, fake, 5, torch.Generator().manual_seed(s)) for s in (1, 1, 2))
    assert first == second
    assert first.value == third.value
    assert first.error != third.error


def test_large_sets_are_measured_in_parts_with_the_same_kernel_distance(monkeypatch):
    from course_gan.metrics import kernel

    real, fake = draw(90, 3), draw(80, 3, shift=0.3, seed=1)
    whole = kernel_distance(real, fake).value
    monkeypatch.setattr(kernel, "ROWS", 7)
    assert kernel_distance(real, fake).value == pytest.approx(whole, rel=1e-9)


# --- modes


def test_modes_are_counted_and_stray_samples_are_not_of_high_quality():
    modes = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    samples = torch.tensor([[0.01, 0.0], [0.0, 0.1], [1.0, 0.14], [0.5, 0.5]])
    assert mode_count(samples, modes, std=0.05) == (2, 0.75)
    assert mode_count(samples, modes, std=0.05, radius=1.0) == (1, 0.25)
    assert mode_count(samples + 9, modes, std=0.05) == (0, 0.0)


# --- refusals

PAIRS = [frechet_distance, kernel_distance, precision_recall]


@pytest.mark.parametrize("metric", PAIRS)
@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_what_is_not_finite_is_named(metric, bad):
    good, broken = torch.randn(10, 4), torch.randn(10, 4)
    broken[2, 1] = bad
    message = "1 of 40 values are NaN or infinite, wanted finite features"
    with pytest.raises(ValueError, match=f"^real: {message}$"):
        metric(broken, good)
    with pytest.raises(ValueError, match=f"^fake: {message}$"):
        metric(good, broken)


@pytest.mark.parametrize("metric", PAIRS)
@pytest.mark.parametrize("shape", [(10,), (10, 4, 1), (1, 4), (0, 4), (10, 0)])
def test_wrong_shapes_are_named(metric, shape):
    with pytest.raises(ValueError, match=r"^fake: got shape \(.*\), wanted \(n, d\) with n >= \d and d >= 1$"):
        metric(torch.randn(10, 4), torch.zeros(shape))


@pytest.mark.parametrize("metric", PAIRS)
def test_different_numbers_of_features_are_refused(metric):
    with pytest.raises(ValueError, match=r"^real, fake: got 4 and 5 features a sample, wanted equally many$"):
        metric(torch.randn(10, 4), torch.randn(10, 5))


def test_impossible_arguments_are_refused():
    x = torch.randn(5, 2)
    with pytest.raises(ValueError, match=r"^k: got 5, wanted 1 to 4, one less than the fewer samples$"):
        precision_recall(x, x, k=5)
    with pytest.raises(ValueError, match=r"^k: got 6, wanted 1 to 5, the number of references$"):
        nearest_neighbours(x, x, k=6)
    with pytest.raises(ValueError, match=r"^subsets: got 1, wanted at least 2$"):
        kernel_distance(x, x, subsets=1)
    with pytest.raises(ValueError, match=r"^std, radius: got 0.0 and 3.0, wanted both above 0$"):
        mode_count(x, x, std=0.0)
    with pytest.raises(ValueError, match=r"^samples: 1 of 2 values are NaN or infinite, wanted finite features$"):
        mode_count(torch.tensor([[0.0, float("nan")]]), x, std=1.0)
