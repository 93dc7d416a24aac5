"""What the players minimise, on logits: six objectives with one interface, `get(name)`.

Each term is written in softplus, so that neither player loses its gradient to rounding at large logits; logits that
arrive in half precision are widened to float32 first.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn.functional import relu, softplus

Term = Callable[[Tensor], Tensor]


def _wide(logits: Tensor) -> Tensor:
    """Logits in at least float32: under autocast a discriminator answers in bfloat16, with three digits."""
    return logits.to(torch.promote_types(logits.dtype, torch.float32))


@dataclass(frozen=True)
class Loss:
    """An objective whose terms look at one logit at a time; each term maps logits to losses of the same shape."""

    needs_real: ClassVar[bool] = False  # whether G's term compares with the logits of real samples
    name: str
    real_term: Term
    fake_term: Term
    generator_term: Term

    def discriminator(self, real_logits: Tensor, fake_logits: Tensor) -> Tensor:
        """Mean real term + mean fake term, a scalar that is never halved; logits (b,) or (b, 1, h, w)."""
        return self.real_term(_wide(real_logits)).mean() + self.fake_term(_wide(fake_logits)).mean()

    def generator(self, fake_logits: Tensor, real_logits: Tensor | None = None) -> Tensor:
        """Mean generator term, a scalar; logits (b,) or (b, 1, h, w). The real logits are not looked at."""
        return self.generator_term(_wide(fake_logits)).mean()


@dataclass(frozen=True)
class RelativisticLoss:
    """Each real logit against a fake one, softplus(−(D(real) − D(fake))): RpGAN, R3GAN's (arXiv:2501.05441)."""

    needs_real: ClassVar[bool] = True
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
            real = tuple(real_logits.shape)
            fake = tuple(fake_logits.shape)
            raise ValueError(f"relativistic losses pair the logits: real {real} and fake {fake} must be of one shape")
        return _wide(real_logits) - _wide(fake_logits)


# The terms have names, where a lambda would do, so that a game can be pickled.


def _minus_log(logits: Tensor) -> Tensor:
    """−log σ(logits), as softplus(−logits)."""
    return softplus(-logits)


def _saturating(logits: Tensor) -> Tensor:
    """log(1 − σ(logits)), whose gradient vanishes where D is sure of a fake."""
    return -softplus(logits)


def _distance_from_1(logits: Tensor) -> Tensor:
    return (logits - 1).square()


def _itself(logits: Tensor) -> Tensor:
    return logits


def _short_of_1(logits: Tensor) -> Tensor:
    return relu(1 - logits)


def _above_minus_1(logits: Tensor) -> Tensor:
    return relu(1 + logits)


_LOSSES = (
    # −log D(real) − log(1 − D(fake)); G minimises log(1 − D(fake)), which saturates (arXiv:1406.2661)
    Loss("minimax", _minus_log, softplus, _saturating),
    # the same D; G minimises −log D(fake) (arXiv:1406.2661, section 3)
    Loss("non_saturating", _minus_log, softplus, _minus_log),
    # targets 1 and 0 (arXiv:1611.04076)
    Loss("least_squares", _distance_from_1, torch.square, _distance_from_1),
    # a critic's scores, to be kept Lipschitz by a penalty (arXiv:1701.07875, arXiv:1704.00028)
    Loss("wasserstein", torch.neg, _itself, torch.neg),
    # no reward beyond a margin of 1 (arXiv:1705.02894, arXiv:1802.05957)
    Loss("hinge", _short_of_1, _above_minus_1, torch.neg),
    RelativisticLoss(),
)
NAMES = tuple(loss.name for loss in _LOSSES)


def get(name: str) -> Loss | RelativisticLoss:
    """The objective of this name, with discriminator(real_logits, fake_logits) and generator(fake_logits, real_logits).

    name: minimax, non_saturating, least_squares, wasserstein, hinge or relativistic; else ValueError.
    `needs_real` of the answer says whether its generator term has to be given the real logits.
    """
    for loss in _LOSSES:
        if loss.name == name:
            return loss
    raise ValueError(f"loss is {name!r}, but has to be one of {', '.join(NAMES)}")
