"""Power, size and sample size of tests of two proportions, exactly, by enumerating every pair of counts.

Checked against R Exact `power.exact.test`. Assumes groups of fixed size and independent participants.
"""

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from trialist.statistics import normal
from trialist.statistics.results import Alternative, StatisticsRefusal, check_level
from trialist.statistics.unconditional import (
    Truth,
    binomial_laws,
    critical_region,
    fisher_p_values,
    size,
    z_values,
)

Method = Literal["fisher", "boschloo", "z-pooled", "z-unpooled", "pearson", "yates", "n-1"]
_LARGEST_ARM = 400


def rejection_region(
    n1: int, n2: int, alpha: float = 0.05, method: Method = "boschloo", alternative: Alternative = "two-sided"
) -> Truth:
    """The tables [x1, x2] that a test rejects. The chi-square tests use their asymptotic p-values."""
    check_level(alpha)
    if method == "fisher":
        return fisher_p_values(n1, n2, alternative) <= alpha
    if method in ("boschloo", "z-pooled", "z-unpooled"):
        return critical_region(n1, n2, alpha, method, alternative)
    z = _chi_square_root(n1, n2, method)
    if alternative == "two-sided":
        return np.abs(z) >= normal.critical(1 - alpha)
    return (z if alternative == "greater" else -z) >= normal.quantile(1 - alpha)


def _chi_square_root(n1: int, n2: int, method: str) -> NDArray[np.float64]:
    """The signed root of a chi-square statistic for every table."""
    z, total = z_values(n1, n2, pooled=True), n1 + n2
    if method == "n-1":
        z = z * math.sqrt((total - 1) / total)
    if method == "yates":
        gap = np.abs(np.arange(n1 + 1)[:, None] * n2 - np.arange(n2 + 1)[None, :] * n1)
        with np.errstate(divide="ignore"):  # without a gap z is 0, whatever is taken from it
            z = z * np.maximum(0.0, 1 - total / 2 / gap)
    return z


def exact_power(
    p1: float,
    p2: float,
    n1: int,
    n2: int,
    alpha: float = 0.05,
    *,
    method: Method = "boschloo",
    alternative: Alternative = "two-sided",
) -> float:
    """The probability that the test rejects when the arms' probabilities are p1 and p2.

    At p1 = p2 it is the size there; `exact_size` is the largest of those.
    """
    region = rejection_region(n1, n2, alpha, method, alternative)
    one, two = binomial_laws(n1, np.array([p1])), binomial_laws(n2, np.array([p2]))
    return float((one @ region @ two.T)[0, 0])


def exact_size(
    n1: int, n2: int, alpha: float = 0.05, method: Method = "boschloo", alternative: Alternative = "two-sided"
) -> float:
    """The largest probability of rejecting when both arms share one probability."""
    return size(rejection_region(n1, n2, alpha, method, alternative))


def exact_sample_size(
    p1: float,
    p2: float,
    power: float = 0.8,
    alpha: float = 0.05,
    *,
    method: Method = "fisher",
    alternative: Alternative = "two-sided",
) -> int:
    """The smallest number per arm, equal arms, with which the exact power is reached.

    Power is not monotone in n; this is the first n that reaches it, not the one from which on all do.

    Raises:
        StatisticsRefusal: `too_large` when no arm of up to 400 reaches it; use a normal approximation.
    """
    check_level(power)
    for n in range(2, _LARGEST_ARM + 1):
        if exact_power(p1, p2, n, n, alpha, method=method, alternative=alternative) >= power:
            return n
    raise StatisticsRefusal(
        "too_large", f"no arm of up to {_LARGEST_ARM} suffices", "use sample_size_proportions"
    )
