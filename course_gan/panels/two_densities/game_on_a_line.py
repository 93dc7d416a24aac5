"""The minimax game on a line, against a perfect discriminator, by quadrature: what lesson 01 derives."""

from typing import NamedTuple

import numpy as np

X = np.linspace(-12, 12, 801)  # 0.03 apart
LOG_4 = float(np.log(4))


class Reading(NamedTuple):
    """At a place θ of the generator, or at each of several: value of the game, JSD, and two gradients of θ."""

    value: np.ndarray
    divergence: np.ndarray
    saturating: np.ndarray
    non_saturating: np.ndarray


def log_normal(x, mean, std):
    """log N(x; mean, std²)."""
    return -0.5 * ((x - mean) / std) ** 2 - np.log(std * np.sqrt(2 * np.pi))


def log_real(x, gap, spread):
    """log p at x: two equal bumps of this spread at ±gap."""
    return np.logaddexp(log_normal(x, -gap, spread), log_normal(x, gap, spread)) - np.log(2)


def read(gap, spread, place, width) -> Reading:
    """The game against a perfect discriminator, by quadrature; lesson 01, sections 3 and 5.

    gap, spread: of the real density as in `log_real`; place: θ, a number or (n,), the generator is N(θ, width²).
    """
    theta = np.asarray(place, float)[..., None]
    p_log, q_log = log_real(X, gap, spread), log_normal(X, theta, width)
    p, q, logit = np.exp(p_log), np.exp(q_log), p_log - q_log  # (…, 801); logit of the best D
    fooled = np.exp(-np.logaddexp(0, -logit))  # D*
    value = np.trapezoid(-p * np.logaddexp(0, -logit) - q * np.logaddexp(0, logit), X)
    slope = (gap * np.tanh(gap * X / spread**2) - X) / spread**2 + (X - theta) / width**2  # of the logit
    saturating, non_saturating = (np.trapezoid(-q * factor * slope, X) for factor in (fooled, 1 - fooled))
    return Reading(value, (value + LOG_4) / 2, saturating, non_saturating)
