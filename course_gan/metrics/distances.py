"""Distances between the rows of two matrices: answers of plain differences at the price of a matrix product.

The product gives all squared distances |x|² + |y|² − 2 x·y at once, tens of times faster than subtracting every pair,
but it rounds: a point may lie off itself. That error has a bound. So the product only settles what lies clear of the
bound, and the few pairs that it leaves open are subtracted. Nothing that is returned carries the product's rounding.
"""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

ROWS = 256  # rows of a distance matrix held at once
NARROW = 16  # up to so many features, subtracting every pair costs no more than a product
PIECE = 2**21  # numbers of a piece of gathered rows
MANY = 1 / 16  # share of open pairs from which subtracting all of them costs no more than gathering those


class Neighbours(NamedTuple):
    """distances: float64 (n, k), nearest first; indices: int64 (n, k), rows of the references."""

    distances: Tensor
    indices: Tensor


def nearest(x: Tensor, y: Tensor, k: int) -> Neighbours:
    """The k rows of y (m, d) nearest to every row of x (n, d), both float64; 1 <= k <= m."""
    if x.shape[1] <= NARROW:
        parts = [_differences(part, y).topk(k, dim=1, largest=False) for part in x.split(ROWS)]
    else:
        parts = [_nearest(part, y, lower, upper, k) for part, lower, upper in _bounded_parts(x, y)]
    return Neighbours(torch.cat([part.values for part in parts]), torch.cat([part.indices for part in parts]))


def within_any(x: Tensor, y: Tensor, radii: Tensor) -> Tensor:
    """Whether each row of x (n, d) is within the radius of a row of y (m, d), its edge included: bool (n,).

    radii: float64 (m,), one for each row of y.
    """
    if x.shape[1] <= NARROW:
        parts = [(_differences(part, y) <= radii).any(dim=1) for part in x.split(ROWS)]
    else:
        parts = [_within_any(part, y, lower, upper, radii) for part, lower, upper in _bounded_parts(x, y)]
    return torch.cat(parts)


def _nearest(x: Tensor, y: Tensor, lower: Tensor, upper: Tensor, k: int) -> torch.return_types.topk:
    limit = upper.topk(k, dim=1, largest=False).values[:, -1:]  # k rows of y are surely no farther, (n, 1)
    rows, columns = torch.nonzero(~(lower > limit), as_tuple=True)  # where a bound is NaN the pair is open too
    distances = torch.full_like(lower, torch.inf)
    distances[rows, columns] = _pair_distances(x, y, rows, columns)
    return distances.topk(k, dim=1, largest=False)


def _within_any(x: Tensor, y: Tensor, lower: Tensor, upper: Tensor, radii: Tensor) -> Tensor:
    squared = radii.square()
    inside = (upper <= squared).any(dim=1)
    unsettled = ~(lower > squared) & ~inside[:, None]
    rows, columns = torch.nonzero(unsettled, as_tuple=True)
    hit = _pair_distances(x, y, rows, columns) <= radii[columns]
    inside[rows[hit]] = True
    return inside


def _bounded_parts(x: Tensor, y: Tensor) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Some rows of x at a time, and bounds (rows, m) of their squared distances to y.

    What _differences would give lies between the bounds too.
    """
    centre = y.mean(dim=0)  # the error grows with the norms, so they are taken from the middle
    across = (y - centre).T
    norms_y = across.square().sum(dim=0)
    # Rounding of centring, norms, product, sums and of the differences themselves comes to at most
    # (2 d + 12) · eps · norms, eps = 2^-52, in any order of summation; doubled to be safe. tiny: for underflow.
    info = torch.finfo(torch.float64)
    slack = 4 * (x.shape[1] + 8) * info.eps
    tiny = x.shape[1] * info.tiny
    for part in x.split(ROWS):
        centred = part - centre
        norms = centred.square().sum(dim=1)[:, None] + norms_y
        squared = norms.sub(centred @ across, alpha=2)
        lower = squared.sub(norms, alpha=slack).sub_(tiny)
        upper = squared.add_(norms, alpha=slack).add_(tiny)
        yield part, lower, upper


def _differences(x: Tensor, y: Tensor) -> Tensor:
    """Euclidean distances (n, m), each from its own differences: a point's distance to itself is exactly 0."""
    return torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist")


def _pair_distances(x: Tensor, y: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """The entries [rows, columns] of _differences(x, y), to the last bit."""
    if len(rows) > MANY * len(x) * len(y):
        return _differences(x, y)[rows, columns]
    size = max(1, PIECE // x.shape[1])
    pieces = [
        _differences(x[row].unsqueeze(1), y[column].unsqueeze(1)).flatten()  # (size, 1, d) twice to (size, 1, 1)
        for row, column in zip(rows.split(size), columns.split(size))
    ]
    return torch.cat(pieces)
