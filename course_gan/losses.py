"""What the players minimise, on logits: six objectives with one interface, `get(name)`.

Each term is written in softplus, so that neither player loses its gradient to rounding at large logits; logits that
arrive in half precision are widened to float32 first.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import relu, softplus


def _wide(logits: Tensor) -> Tensor:
    """Logits in at least float32: under autocast a discriminator answers in bfloat16, with three digits."""
    return logits.to(torch.promote_types(logits.dtype, torch.float32))


@dataclass(frozen=True)
class Loss:
    """An objective whose terms look at one logit at a time; each term maps logits to losses of the same shape."""

    name: str
    real_term: Callable[[Tensor], Tensor]
    fake_term: Callable[[Tensor], Tensor]
    generator_term: Callable[[Tensor], Tensor]

    def discriminator(self, real_logits: Tensor, fake_logits: Tensor) -> Tensor:
        """Mean real term + mean fake term, a scalar that is never halved; logits (b,) or (b, 1, h, w)."""
        return self.real_term(_wide(real_logits)).mean() + self.fake_term(_wide(fake_logits)).mean()

    def generator(self, fake_logits: Tensor, real_logits: Tensor | None = None) -> Tensor:
        """Mean generator term, a scalar; logits (b,) or (b, 1, h, w). The real logits are not looked at."""
        return self.generator_term(_wide(fake_logits)).mean()


@dataclass(frozen=True)
class RelativisticLoss:
    """Each real logit against a fake one, softplus(−(D(real) − D(fake))): RpGAN, R3GAN's (arXiv:2501.05441)."""

    name: str = "relativistic"

    def discriminator(self, real_logits: Tensor, fake_logits: Tensor) -> Tensor:
        """Mean over the pairs, a scalar; both (b,) or both (b, 1, h, w), else ValueError."""
        return softplus(-self._lead(real_logits, fake_logits)).mean()

    def generator(self, fake_logits: Tensor, real_logits: Tensor | None = None) -> Tensor:
        """The same with the roles exchanged, a scalar; ValueError without the real logits."""
        if real_logits is None:
            raise ValueError("the relativistic generator loss compares with real_logits, but got none: pass D(real)")
        return softplus(self._lead(real_logits, fake_logits)).mean()

    @staticmethod
    def _lead(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
        if real_logits.shape != fake_logits.shape:
            real, fake = tuple(real_logits.shape), tuple(fake_logits.shape)
            raise ValueError(f"relativistic losses pair the logits: real {real} and fake {fake} must be of one shape")
        return _wide(real_logits) - _wide(fake_logits)


_LOSSES = (
    # −log D(real) − log(1 − D(fake)); G minimises log(1 − D(fake)), which saturates (arXiv:1406.2661)
    Loss("minimax", lambda d: softplus(-d), softplus, lambda d: -softplus(d)),
    # the same D; G minimises −log D(fake) (arXiv:1406.2661, section 3)
    Loss("non_saturating", lambda d: softplus(-d), softplus, lambda d: softplus(-d)),
    # targets 1 and 0 (arXiv:1611.04076)
    Loss("least_squares", lambda d: (d - 1).square(), torch.square, lambda d: (d - 1).square()),
    # a critic's scores, to be kept Lipschitz by a penalty (arXiv:1701.07875, arXiv:1704.00028)
    Loss("wasserstein", torch.neg, lambda d: d, torch.neg),
    # no reward beyond a margin of 1 (arXiv:1705.02894, arXiv:1802.05957)
    Loss("hinge", lambda d: relu(1 - d), lambda d: relu(1 + d), torch.neg),
    RelativisticLoss(),
)
NAMES = tuple(loss.name for loss in _LOSSES)


def get(name: str) -> Loss | RelativisticLoss:
    """The objective of this name, with discriminator(real_logits, fake_logits) and generator(fake_logits, real_logits).

    name: minimax, non_saturating, least_squares, wasserstein, hinge or relativistic; else ValueError.
    """
    for loss in _LOSSES:
        if loss.name == name:
            return loss
    raise ValueError(f"loss is {name!r}, but has to be one of {', '.join(NAMES)}")
