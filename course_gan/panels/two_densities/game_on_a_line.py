"""The minimax game on a line, against a perfect discriminator, by quadrature: what lesson 01 derives."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

X = np.linspace(-12, 12, 801)  # 0.03 apart
LOG_4 = float(np.log(4))


class Reading(NamedTuple):
    """At a place θ of the generator, or at each of several: value of the game, JSD, and two gradients of θ."""

    value: np.ndarray
    divergence: np.ndarray
    saturating: np.ndarray
    non_saturating: np.ndarray


class Curves(NamedTuple):
    """What can be seen of the game: over X both densities and D*; over places of θ its value and two gradients."""

    real: np.ndarray
    generator: np.ndarray
    best: np.ndarray
    value: np.ndarray
    saturating: np.ndarray
    non_saturating: np.ndarray


def log_normal(x: np.ndarray, mean: ArrayLike, std: float) -> np.ndarray:
    """log N(x; mean, std²), in the shape of x and mean together."""
    return -0.5 * ((x - mean) / std) ** 2 - np.log(std * np.sqrt(2 * np.pi))


def log_real(x: np.ndarray, gap: float, spread: float) -> np.ndarray:
    """log p at x (n,): two equal bumps of this spread at ±gap."""
    return np.logaddexp(log_normal(x, -gap, spread), log_normal(x, gap, spread)) - np.log(2)


def read(gap: float, spread: float, place: ArrayLike, width: float) -> Reading:
    """The game against a perfect discriminator, by quadrature; lesson 01, sections 3 and 5.

    gap, spread: of the real density as in `log_real`; place: θ, a number or (n,), the generator is N(θ, width²).
    Each part of the Reading has the shape of place.
    """
    theta = np.asarray(place, float)[..., None]
    p_log = log_real(X, gap, spread)
    q_log = log_normal(X, theta, width)
    p, q = np.exp(p_log), np.exp(q_log)
    logit = p_log - q_log  # (…, 801), of the best D
    fooled = np.exp(-np.logaddexp(0, -logit))  # D*
    value = np.trapezoid(-p * np.logaddexp(0, -logit) - q * np.logaddexp(0, logit), X)
    slope = (gap * np.tanh(gap * X / spread**2) - X) / spread**2 + (X - theta) / width**2  # of the logit
    saturating = np.trapezoid(-q * fooled * slope, X)
    non_saturating = np.trapezoid(-q * (1 - fooled) * slope, X)
    return Reading(value, (value + LOG_4) / 2, saturating, non_saturating)


def look(gap: float, spread: float, theta: float, width: float, places: np.ndarray) -> tuple[Curves, Reading]:
    """The game's curves, the value and the gradients at places (n,) of θ, and the Reading at θ itself."""
    p = log_real(X, gap, spread)
    q = log_normal(X, theta, width)
    best = np.exp(-np.logaddexp(0, q - p))
    everywhere = read(gap, spread, np.append(places, theta), width)
    here = Reading(*(values[-1] for values in everywhere))
    along = Reading(*(values[:-1] for values in everywhere))
    curves = Curves(np.exp(p), np.exp(q), best, along.value, along.saturating, along.non_saturating)
    return curves, here
