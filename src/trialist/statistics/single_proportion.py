"""Confidence intervals for one proportion.

All assume x events among n independent participants with one common probability. Checked against R
(`prop.test`, `binom.test`, package binom) at 81/263, 15/148, 0/20 and 1/29, the examples of Newcombe (1998),
Statistics in Medicine 17:857-872, and by their coverage over a grid (tests).
"""

import math

from trialist.statistics import normal
from trialist.statistics.results import Interval, check_counts, check_level


def wilson(x: int, n: int, level: float = 0.95) -> Interval:
    """The score interval: all p with |x/n - p| ≤ z·√(p(1-p)/n).

    Source: Wilson (1927), JASA 22:209-212. Coverage is close to nominal on average, also for small n.
    """
    check_counts(x, n)
    low, high = wilson_limits(x / n, n, normal.critical(level))
    return Interval(x / n, low if x > 0 else 0.0, high if x < n else 1.0, level, "wilson")


def wilson_limits(p: float, n: float, z: float) -> tuple[float, float]:
    """The two roots of (p - θ)² = z²·θ(1-θ)/n; the stratified methods call it with quantiles of their own."""
    center = p + z * z / (2 * n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return max(0.0, (center - half) / (1 + z * z / n)), min(1.0, (center + half) / (1 + z * z / n))


def wilson_corrected(x: int, n: int, level: float = 0.95) -> Interval:
    """The score interval with continuity correction.

    Source: method 4 of Newcombe (1998), Statistics in Medicine 17:857-872. Conservative; it is the
    building block of method 11 for a difference.
    """
    check_counts(x, n)
    z, p = normal.critical(level), x / n
    scale, center = 2 * (n + z * z), 2 * n * p + z * z
    low = (
        (center - 1 - z * math.sqrt(z * z - 2 - 1 / n + 4 * p * (n * (1 - p) + 1))) / scale if x > 0 else 0.0
    )
    high = (
        (center + 1 + z * math.sqrt(z * z + 2 - 1 / n + 4 * p * (n * (1 - p) - 1))) / scale if x < n else 1.0
    )
    return Interval(p, max(0.0, low), min(1.0, high), level, "wilson-corrected")


def clopper_pearson(x: int, n: int, level: float = 0.95) -> Interval:
    """The exact interval that inverts two one-sided binomial tests; coverage is never below nominal.

    Source: Clopper and Pearson (1934), Biometrika 26:404-413; limits as beta quantiles.
    """
    from scipy.special import betaincinv

    check_counts(x, n)
    check_level(level)
    tail = (1 - level) / 2
    low = float(betaincinv(x, n - x + 1, tail)) if x > 0 else 0.0
    high = float(betaincinv(x + 1, n - x, 1 - tail)) if x < n else 1.0
    return Interval(x / n, low, high, level, "clopper-pearson")


def jeffreys(x: int, n: int, level: float = 0.95, *, modified: bool = False) -> Interval:
    """The equal-tailed interval of the posterior Beta(x + ½, n - x + ½).

    Source: Brown, Cai and DasGupta (2001), Statistical Science 16:101-133. `modified=True` sets the limit
    to 0 at x = 0 and to 1 at x = n, as they advise; the plain interval leaves 0/n and n/n uncovered there.
    """
    from scipy.special import betaincinv

    check_counts(x, n)
    check_level(level)
    tail = (1 - level) / 2
    low = 0.0 if modified and x == 0 else float(betaincinv(x + 0.5, n - x + 0.5, tail))
    high = 1.0 if modified and x == n else float(betaincinv(x + 0.5, n - x + 0.5, 1 - tail))
    return Interval(x / n, low, high, level, "jeffreys-modified" if modified else "jeffreys")


def agresti_coull(x: int, n: int, level: float = 0.95) -> Interval:
    """Wald's interval after adding z²/2 events and z²/2 non-events. Limits may leave [0, 1].

    Source: Agresti and Coull (1998), The American Statistician 52:119-126.
    """
    check_counts(x, n)
    z = normal.critical(level)
    total = n + z * z
    p = (x + z * z / 2) / total
    half = z * math.sqrt(p * (1 - p) / total)
    return Interval(x / n, p - half, p + half, level, "agresti-coull")
