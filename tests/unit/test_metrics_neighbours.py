"""Neighbours and regions: what is found by a product is what every difference gives, to the last bit."""

import numpy as np
import pytest
import torch
from scipy.spatial.distance import cdist

from course_gan.metrics import distances, nearest_neighbours, precision_recall

DOUBLE = torch.float64
WIDE = 40  # more features than are subtracted pair by pair


def draw(n, d, shift=0.0, scale=1.0, seed=0):
    return scale * torch.randn(n, d, generator=torch.Generator().manual_seed(seed), dtype=DOUBLE) + shift


def slow_distances(x, y):
    return torch.cdist(x.double(), y.double(), compute_mode="donot_use_mm_for_euclid_dist")


def slow_share(x, y, k):
    """Share of x within the k-th neighbour's distance of some y, by all differences, copies among them."""
    radii = slow_distances(y, y).sort(dim=1).values[:, k]
    return (slow_distances(x, y) <= radii).any(dim=1).double().mean().item()


def clouds():
    """Pairs (real, fake) on which a matrix product alone decides wrongly, and some on which it does not."""
    x, y = draw(90, WIDE), draw(70, WIDE, shift=0.1, scale=0.8, seed=1)
    few = torch.arange(90) % 4
    apart = 1e155 * few.double()[:, None]
    lattice = torch.randint(3, (160, WIDE), generator=torch.Generator().manual_seed(2)) / 3
    outlier = torch.cat([x[:-1], 1e12 * x[-1:]])
    tight = x[few] + 1e-8 * draw(90, WIDE, seed=3)
    return {
        "random": (x, y),
        "float32": (x.float(), y.float()),
        "copies": (x[few], torch.cat([x[:30], y[:40]])),
        "nearly equal": (torch.cat([x, x + 1e-9 * draw(90, WIDE, seed=4)]), x * (1 + 1e-15)),
        "far from the origin": (x + 1e8, y + 1e8),
        "close together far away": (1e8 + 1e-6 * x, 1e8 + 1e-6 * y),
        "float32 far away": ((x + 1000).float(), (y + 1000).float()),
        "tight clusters": (tight, tight[::2] + 1e-8 * draw(45, WIDE, seed=5)),
        "ties on a lattice": (lattice[:90], lattice[90:]),
        "an outlier": (x, outlier),
        "all equal": (torch.full((90, WIDE), 3.3), torch.full((70, WIDE), 3.3)),
        "squares that overflow": (1e170 * x, 1e170 * y),
        "norms that overflow": (1e150 * x + apart, 1e150 * y + apart[:70]),
        "squares of few digits": (3e-162 * x, 3e-162 * y),
        "squares that vanish": (1e-165 * x, 1e-165 * y),
        "both zeros": (torch.zeros(90, WIDE), -torch.zeros(70, WIDE)),
    }


CLOUDS = clouds()


@pytest.fixture(autouse=True)
def several_parts(monkeypatch):
    monkeypatch.setattr(distances, "ROWS", 32)


# --- precision and recall


@pytest.mark.parametrize("k", [1, 3, 5])
def test_precision_and_recall_are_those_by_brute_force(k):
    real, fake = draw(150, 4), draw(130, 4, shift=0.5, scale=0.7, seed=1)

    def share(x, y):
        radii = np.sort(cdist(y, y), axis=1)[:, k]
        return np.mean([any(np.linalg.norm(p - q) <= r for q, r in zip(y, radii)) for p in x])

    x, y = real.numpy(), fake.numpy()
    assert precision_recall(real, fake, k=k) == (share(y, x), share(x, y))


def test_a_collapsed_generator_has_precision_without_recall():
    real = draw(500, 2)
    assert precision_recall(real, real) == (1.0, 1.0)
    precision, recall = precision_recall(real, real[:1] + 1e-3 * torch.randn(500, 2, dtype=DOUBLE))
    assert precision == 1.0
    assert recall < 0.02
    assert precision_recall(real, real + 100) == (0.0, 0.0)


def test_copies_do_not_count_as_a_distance_to_oneself():
    twice = torch.tensor([[0.0], [0.0], [5.0], [5.0]])
    assert precision_recall(twice, twice + 0.1, k=1) == (0.0, 0.0)  # the nearest neighbour of a copy is at distance 0
    assert precision_recall(twice, twice + 0.1, k=2) == (1.0, 1.0)


# --- neighbours


def test_nearest_neighbours_are_scipys():
    queries, references = draw(40, 6), draw(70, 6, seed=1)
    distances, indices = nearest_neighbours(queries, references, k=3)
    expected = cdist(queries.numpy(), references.numpy())
    assert np.array_equal(indices.numpy(), np.argsort(expected, axis=1)[:, :3])
    np.testing.assert_allclose(distances.numpy(), np.sort(expected, axis=1)[:, :3], rtol=1e-12)


def test_a_copied_training_image_is_found_at_distance_zero():
    train = draw(100, 16)
    distances, indices = nearest_neighbours(train[[42]], train)
    assert (distances.item(), indices.item()) == (0.0, 42)


# --- the product only settles what lies clear of its rounding


@pytest.mark.parametrize("k", [1, 3, 7])
@pytest.mark.parametrize("name", CLOUDS)
def test_precision_and_recall_are_those_of_all_differences(name, k):
    real, fake = CLOUDS[name]
    assert precision_recall(real, fake, k) == (slow_share(fake, real, k), slow_share(real, fake, k))


@pytest.mark.parametrize("k", [1, 3, 7])
@pytest.mark.parametrize("name", CLOUDS)
def test_neighbours_are_those_of_all_differences_to_the_last_bit(name, k):
    queries, references = CLOUDS[name]
    found = nearest_neighbours(queries, references, k)
    whole = slow_distances(queries, references)
    assert torch.equal(found.distances, whole.sort(dim=1).values[:, :k])
    assert torch.equal(whole.gather(1, found.indices), found.distances)
    assert all(len(row.unique()) == k for row in found.indices)


@pytest.mark.parametrize("offset", [0.0, 1e3, 1e8, 1e12])
def test_a_sample_is_at_distance_zero_of_itself_and_inside_the_region_of_its_copies(offset):
    real = draw(200, WIDE, shift=offset)
    shuffled = real[torch.randperm(200, generator=torch.Generator().manual_seed(0))]
    assert not nearest_neighbours(shuffled, real).distances.any()
    assert precision_recall(real, shuffled, k=1) == (1.0, 1.0)
    twice = torch.cat([real[:100], real[:100]])  # a copy is the nearest neighbour, so every ball has radius 0
    assert precision_recall(twice, shuffled, k=1) == (slow_share(shuffled, twice, 1), slow_share(twice, shuffled, 1))
    assert precision_recall(twice, shuffled, k=1).precision == 0.5


@pytest.mark.parametrize("name", ["random", "float32", "copies", "far from the origin", "float32 far away"])
def test_few_pairs_are_subtracted_so_that_the_cost_is_a_products(name, monkeypatch):
    """Five thousand samples of 512 features take seconds; by all differences they took a minute."""
    subtracted = []
    differences = distances._differences

    def counted(x, y):
        result = differences(x, y)
        subtracted.append(result.numel())
        return result

    monkeypatch.setattr(distances, "_differences", counted)
    real, fake = CLOUDS[name]
    precision_recall(real, fake, k=3)
    assert sum(subtracted) <= 4 * (len(real) + len(fake)) + 20  # a sample, its three neighbours, and hardly more


def test_few_features_are_subtracted_at_once_with_the_same_result():
    real, fake = draw(90, 3), draw(80, 3, shift=0.3, seed=1)
    assert precision_recall(real, fake) == (slow_share(fake, real, 3), slow_share(real, fake, 3))
    padded_real, padded_fake = (torch.cat([x, torch.zeros(len(x), WIDE)], dim=1) for x in (real, fake))
    assert precision_recall(padded_real, padded_fake) == precision_recall(real, fake)


def test_a_share_is_the_nearest_float_to_its_fraction():
    real = torch.arange(10.0)[:, None]
    fake = torch.cat([real[:7], real[:3] + 100])
    precision, recall = precision_recall(real, fake, k=1)
    assert (precision, recall) == (7 / 10, 8 / 10)
    assert isinstance(precision, float)
