import pytest
import torch

from course_gan.data import gaussians_1d, gaussians_1d_modes, grid, grid_modes, ring, ring_modes


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def test_ring_modes_lie_evenly_on_the_circle():
    centres = ring_modes(8, radius=2.0)
    assert torch.allclose(centres.norm(dim=1), torch.full((8,), 2.0))
    gaps = (centres - centres.roll(1, dims=0)).norm(dim=1)
    assert torch.allclose(gaps, gaps[0].expand(8), atol=1e-6)


def test_grid_modes_are_centred_and_spaced():
    centres = grid_modes(5, spacing=2.0)
    assert centres.shape == (25, 2)
    assert centres.mean(dim=0).tolist() == [0, 0]
    assert torch.pdist(centres).min() == 2


@pytest.mark.parametrize(
    ("sample", "centres", "std"),
    [(ring, ring_modes(), 0.05), (grid, grid_modes(), 0.05), (gaussians_1d, gaussians_1d_modes(), 0.5)],
)
def test_samples_spread_over_all_modes_with_the_stated_deviation(sample, centres, std):
    points = sample(20_000, generator=seeded())
    offsets = points[:, None] - centres  # (n, modes, d)
    distance, nearest = offsets.norm(dim=2).min(dim=1)
    share = torch.bincount(nearest, minlength=len(centres)) / len(points)
    assert torch.allclose(share, torch.full_like(share, 1 / len(centres)), atol=0.02)
    deviation = (distance.square().mean() / points.shape[1]).sqrt()
    assert deviation.item() == pytest.approx(std, rel=0.03)


def test_samples_are_float_and_follow_the_generator():
    assert ring(5, generator=seeded()).dtype == torch.float32
    assert gaussians_1d(5).shape == (5, 1)
    assert torch.equal(ring(5, generator=seeded(1)), ring(5, generator=seeded(1)))
    assert not torch.equal(ring(5, generator=seeded(1)), ring(5, generator=seeded(2)))
