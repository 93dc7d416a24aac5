"""What every measure asks of its feature matrices (n, d)."""

import torch
from torch import Tensor


def checked(least: int, **features: Tensor) -> list[Tensor]:
    """Two feature matrices, float64 on the CPU, in the order given.

    least: samples that each has to have at least; features: two matrices (n, d) and (m, d) under the names that an
    error is to use. Raises ValueError, one line, for another shape, for values that are NaN or infinite, and for
    different numbers of features.
    """
    matrices = {name: torch.as_tensor(x).detach().to("cpu", torch.float64) for name, x in features.items()}
    for name, x in matrices.items():
        if x.ndim != 2 or len(x) < least or x.shape[1] == 0:
            raise ValueError(f"{name}: got shape {tuple(x.shape)}, wanted (n, d) with n >= {least} and d >= 1")
        bad = x.numel() - int(x.isfinite().sum())
        if bad:
            raise ValueError(f"{name}: {bad} of {x.numel()} values are NaN or infinite, wanted finite features")
    lengths = [x.shape[1] for x in matrices.values()]
    if lengths[0] != lengths[1]:
        names = ", ".join(matrices)
        raise ValueError(f"{names}: got {lengths[0]} and {lengths[1]} features a sample, wanted equally many")
    return list(matrices.values())
