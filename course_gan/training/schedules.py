"""Learning rates that change as training goes on."""

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR


def linear_decay(optimizer: Optimizer, constant: int, decay: int) -> LambdaLR:
    """Keep the learning rate for `constant` steps of the schedule, then let it fall linearly for `decay` more.

    The factor is 1 − max(0, t + 1 − constant) / (decay + 1), as in CycleGAN's code (arXiv:1703.10593): it never
    reaches 0 on the way, and stays at 0 beyond. Published with epochs for steps: constant = decay = 100.
    Raises ValueError for negative lengths.
    """
    if constant < 0 or decay < 0:
        raise ValueError(f"constant is {constant} and decay {decay}, but both have to be at least 0")
    return LambdaLR(optimizer, lambda t: max(0.0, 1.0 - max(0, t + 1 - constant) / (decay + 1)))
