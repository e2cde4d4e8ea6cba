"""Exact unconditional tests of two proportions, by enumerating every table with the given group sizes.

Tables are ordered by a statistic; the p-value is the largest probability, over the common proportion π, of
tables at least as extreme as the observed one. Boschloo orders by Fisher's p-value, Barnard here by the z
statistic, pooled or unpooled. The supremum is sought on a grid and refined around its best points.

Sources: Barnard (1947), Biometrika 34:123-138; Boschloo (1970), Statistica Neerlandica 24:1-35; Suissa and
Shuster (1985), JRSS A 148:317-327; Berger and Boos (1994), JASA 89:1012-1016. Assumes independent
participants in groups of fixed size. The true size never exceeds the nominal one. Checked against R Exact
(`exact.test`, `power.exact.test`) and, for Boschloo's statistic, the tables of `fisher_test`.
"""

import math
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from trialist.statistics.fisher import TIE
from trialist.statistics.results import Alternative, StatisticsRefusal, TestResult
from trialist.statistics.two_proportions import check_tables

Array = NDArray[np.float64]
Truth = NDArray[np.bool_]
Ordering = Literal["boschloo", "z-pooled", "z-unpooled"]
BERGER_BOOS = 0.001
"""The share that Berger and Boos, and R Exact, leave out of the nuisance parameter's range."""
_GRID, _ZOOMS, _ZOOM_GRID = 500, 3, 33
_TINY = 1e-300  # its logarithm is finite, so that 0 events have probability 1 at p = 0
_EDGE = 1e-5  # as R Exact, how near to 0 and 1 π is sought: it tells only p-values near 1 from 1
_SLACK = 1e-9  # two statistics closer than this are tied


def log_binomial_coefficients(n: int) -> Array:
    """Log C(n, k) for k = 0…n."""
    gamma = np.array([math.lgamma(k + 1) for k in range(n + 1)])
    result: Array = gamma[n] - gamma - gamma[::-1]
    return result


@lru_cache(maxsize=16)
def fisher_p_values(n1: int, n2: int, alternative: Alternative = "two-sided") -> Array:
    """Fisher's p-value of every table: entry [x1, x2]. Equal to `fisher_test`, for all tables at once."""
    one, two, both = (log_binomial_coefficients(n) for n in (n1, n2, n1 + n2))
    x1, x2 = np.ogrid[: n1 + 1, : n2 + 1]
    law = np.exp(one[:, None] + two[None, :] - both[x1 + x2])
    p: Array = np.empty_like(law)
    for events in range(n1 + n2 + 1):
        rows = np.arange(max(0, events - n2), min(events, n1) + 1)
        diagonal = law[rows, events - rows]
        p[rows, events - rows] = _tails(diagonal, alternative)
    p.setflags(write=False)
    return p


def _tails(law: Array, alternative: Alternative) -> Array:
    """The p-value of each point of one hypergeometric law."""
    result: Array = np.cumsum(law)
    if alternative == "two-sided":
        ranked = np.sort(law)
        result = np.cumsum(ranked)[np.searchsorted(ranked, law * TIE, side="right") - 1]
    elif alternative == "greater":
        result = np.cumsum(law[::-1])[::-1]
    capped: Array = np.minimum(result, 1.0)
    return capped


def z_values(n1: int, n2: int, *, pooled: bool) -> Array:
    """The z statistic of every table: 0 where proportions agree, infinite where only the variance is 0."""
    p1, p2 = np.arange(n1 + 1)[:, None] / n1, np.arange(n2 + 1)[None, :] / n2
    if pooled:
        p = (n1 * p1 + n2 * p2) / (n1 + n2)
        variance = p * (1 - p) * (1 / n1 + 1 / n2)
    else:
        variance = p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2
    gap = p1 - p2
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(gap == 0, 0.0, gap / np.sqrt(np.maximum(variance, 0.0)))


def extremeness(n1: int, n2: int, ordering: Ordering, alternative: Alternative) -> Array:
    """How far each table speaks against equality: larger is more extreme."""
    if ordering == "boschloo":
        return -np.log(np.maximum(fisher_p_values(n1, n2, alternative), 1e-300))
    z = z_values(n1, n2, pooled=ordering == "z-pooled")
    if alternative == "two-sided":
        return np.abs(z)
    return z if alternative == "greater" else -z


def binomial_laws(n: int, p: Array) -> Array:
    """The probabilities of 0…n events: one row per p."""
    k = np.arange(n + 1)
    log_p, log_q = (np.log(np.maximum(share, _TINY))[:, None] for share in (p, 1 - p))
    return np.exp(log_binomial_coefficients(n) + k * log_p + (n - k) * log_q)


def size(region: Truth, low: float = 0.0, high: float = 1.0, grid: int = _GRID) -> float:
    """The largest probability of a set of tables when both arms have the same proportion in [low, high].

    Args:
        region: Which tables [x1, x2] belong to the set.
        low: Least proportion considered.
        high: Greatest proportion considered.
        grid: Points of the first search; the best point's neighborhood is searched again, three times finer
            each.
    """
    weights = region.astype(float)
    n1, n2 = region.shape[0] - 1, region.shape[1] - 1
    width = (high - low) / (grid + 1)
    points: Array = low + width * np.arange(1, grid + 1, dtype=float)
    best = 0.0
    for _ in range(_ZOOMS + 1):
        values: Array = np.einsum("gi,gi->g", binomial_laws(n1, points) @ weights, binomial_laws(n2, points))
        here = int(np.argmax(values))
        best = max(best, float(values[here]))
        start, end = max(low, points[here] - width), min(high, points[here] + width)
        width = (end - start) / (_ZOOM_GRID + 1)
        points = start + width * np.arange(1, _ZOOM_GRID + 1, dtype=float)
    return min(1.0, best)


def unconditional_test(
    x1: int,
    n1: int,
    x2: int,
    n2: int,
    ordering: Ordering = "boschloo",
    *,
    alternative: Alternative = "two-sided",
    berger_boos: float = 0.0,
) -> TestResult:
    """Boschloo's or Barnard's exact test of p1 = p2.

    Args:
        x1: Events of the first arm.
        n1: Participants of the first arm.
        x2: Events of the second arm.
        n2: Participants of the second arm.
        ordering: The statistic that orders the tables.
        alternative: `greater` means p1 > p2.
        berger_boos: γ; if positive, π is sought in its exact (1 - γ) interval only and γ is added to p.

    Returns:
        The statistic is Fisher's p-value for Boschloo, z for the others.
    """
    check_tables(x1, n1, x2, n2)
    order = extremeness(n1, n2, ordering, alternative)
    region = order >= order[x1, x2] - _SLACK * max(1.0, min(abs(order[x1, x2]), 1e6))
    low, high = _nuisance(x1 + x2, n1 + n2, berger_boos)
    p = min(1.0, size(region, low, high) + berger_boos)
    statistic = float(
        fisher_p_values(n1, n2, alternative)[x1, x2]
        if ordering == "boschloo"
        else z_values(n1, n2, pooled=ordering == "z-pooled")[x1, x2]
    )
    return TestResult(statistic, p, f"exact unconditional, {ordering}", alternative)


def _nuisance(events: int, total: int, gamma: float) -> tuple[float, float]:
    """Where the common proportion is sought."""
    from trialist.statistics.single_proportion import clopper_pearson

    if gamma == 0:
        return _EDGE, 1 - _EDGE
    interval = clopper_pearson(events, total, 1 - gamma)
    return max(_EDGE, interval.low), min(1 - _EDGE, interval.high)


def critical_region(
    n1: int, n2: int, alpha: float, ordering: Ordering = "boschloo", alternative: Alternative = "two-sided"
) -> Truth:
    """The tables [x1, x2] that the exact test rejects at level alpha.

    The sets of tables at least as extreme as a given one are nested, so the largest whose size is at most
    alpha is found by bisection over the distinct values of the statistic.
    """
    if n1 < 1 or n2 < 1:
        raise StatisticsRefusal("empty_arm", "an arm has no participants")
    order = np.minimum(extremeness(n1, n2, ordering, alternative), 1e9)
    cuts = _distinct(order)
    accepted, refused = -1, len(cuts)
    while refused - accepted > 1:
        middle = (accepted + refused) // 2
        if size(order >= cuts[middle]) <= alpha:
            accepted = middle
        else:
            refused = middle
    return np.zeros(order.shape, dtype=bool) if accepted < 0 else order >= cuts[accepted]


def _distinct(order: Array) -> Array:
    """The distinct values, descending; of tied ones the least."""
    values = np.unique(order)[::-1]
    apart = np.append(values[:-1] - values[1:] > _SLACK * np.maximum(1.0, np.abs(values[1:])), True)
    least: Array = values[apart]
    return least
