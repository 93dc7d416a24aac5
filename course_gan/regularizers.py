"""Penalties on the slope of the discriminator, without λ or γ/2, and spectral normalisation.

All are computed in at least float32 outside autocast, and can be back-propagated to the discriminator's weights. They
take discriminators that return (b,) or patch logits (b, 1, h, w); the logits of a sample are summed, so a penalty on
patches grows with their number. Samples must not see each other: no batch norm.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm as _spectral_norm

Judge = Callable[[Tensor], Tensor]  # a discriminator, or whatever else maps samples (b, …) to logits


def _gradient(discriminator: Judge, x: Tensor) -> Tensor:
    """d(sum of a sample's logits)/dx for each sample of x (b, …), as rows (b, elements of a sample)."""
    x = x.detach().to(torch.promote_types(x.dtype, torch.float32)).requires_grad_()
    with torch.autocast(x.device.type, enabled=False):
        (gradient,) = torch.autograd.grad(discriminator(x).sum(), x, create_graph=True)
    return gradient.flatten(1)


def gradient_penalty(
    discriminator: Judge, real: Tensor, fake: Tensor, generator: torch.Generator | None = None
) -> Tensor:
    """E (‖∇D(x̂)‖₂ − 1)² at x̂ = ε·real + (1 − ε)·fake, one ε in [0, 1) and one norm a sample; arXiv:1704.00028.

    real, fake: of one shape (b, …), else ValueError; generator: a torch.Generator, draws ε. A scalar.
    """
    if real.shape != fake.shape:
        raise ValueError(f"real is {tuple(real.shape)} and fake {tuple(fake.shape)}, but they must be of one shape")
    device = generator.device if generator is not None else real.device
    epsilon = torch.rand(len(real), *[1] * (real.dim() - 1), generator=generator, device=device).to(real.device)
    between = epsilon * real + (1 - epsilon) * fake
    return (_gradient(discriminator, between).norm(dim=1) - 1).square().mean()


def r1(discriminator: Judge, real: Tensor) -> Tensor:
    """E ‖∇D(real)‖², a scalar; real: (b, …); arXiv:1801.04406, which weights it with γ/2."""
    return _gradient(discriminator, real).square().sum(1).mean()


def r2(discriminator: Judge, fake: Tensor) -> Tensor:
    """E ‖∇D(fake)‖², a scalar; fake: (b, …), whose generator gets no gradient; arXiv:1801.04406, weighted with γ/2."""
    return _gradient(discriminator, fake).square().sum(1).mean()


def spectral_norm(discriminator: nn.Module) -> nn.Module:
    """Divide each weight by its largest singular value, by torch's power iteration, in place; arXiv:1802.05957.

    Convolutions and linear layers alone; a second call would stack a second one. Returns the discriminator.
    """
    for layer in discriminator.modules():
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            _spectral_norm(layer)
    return discriminator
