"""The normal and the one-degree chi-square distribution, from the standard library alone.

The primary analysis needs nothing heavier, and importing SciPy costs more than the analysis itself.
"""

import math
from statistics import NormalDist

from trialist.statistics.results import Alternative, check_level

_STANDARD = NormalDist()


def quantile(p: float) -> float:
    """The standard normal quantile (Wichura 1988, AS 241; relative error about 1e-16)."""
    check_level(p)
    return _STANDARD.inv_cdf(p)


def critical(level: float) -> float:
    """The two-sided critical value z with P(|Z| ≤ z) = level."""
    check_level(level)
    return -_STANDARD.inv_cdf((1 - level) / 2)


def upper_tail(z: float) -> float:
    """P(Z > z), without cancellation in the far tail."""
    return math.erfc(z / math.sqrt(2)) / 2


def p_value(z: float, alternative: Alternative = "two-sided") -> float:
    """The p-value of a standard normal statistic."""
    if alternative == "two-sided":
        return math.erfc(abs(z) / math.sqrt(2))
    return upper_tail(z if alternative == "greater" else -z)


def chi_square_tail(x: float) -> float:
    """P(χ²₁ > x): the two-sided tail of √x."""
    return math.erfc(math.sqrt(x / 2))
