"""Continuous outcomes seen once: t-tests, rank tests, analysis of covariance."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trialist.statistics import normal
from trialist.statistics.results import Alternative, Interval, StatisticsRefusal, TestResult, check_level

Array = NDArray[np.float64]
_EXACT_BELOW = 50  # as in R: exact laws of rank statistics for fewer than 50 values per group


@dataclass(frozen=True, slots=True)
class Effect:
    """An estimate with its standard error and the t law it is judged by."""

    estimate: float
    se: float
    df: float

    @property
    def t(self) -> float:
        """Estimate divided by its standard error."""
        return self.estimate / self.se

    def test(self, alternative: Alternative = "two-sided", method: str = "t") -> TestResult:
        """The test that the effect is zero."""
        from scipy.special import stdtr

        lower = float(stdtr(self.df, self.t))
        upper = float(stdtr(self.df, -self.t))
        p = {"less": lower, "greater": upper, "two-sided": min(1.0, 2 * min(lower, upper))}[alternative]
        return TestResult(self.t, p, method, alternative, self.df)

    def interval(
        self, level: float = 0.95, method: str = "t", alternative: Alternative = "two-sided"
    ) -> Interval:
        """The interval that belongs to the test: two-sided, or bounded above (`less`) or below (`greater`)."""
        from scipy.special import stdtrit

        check_level(level)
        tail = (1 - level) / (2 if alternative == "two-sided" else 1)
        half = float(stdtrit(self.df, 1 - tail)) * self.se
        low = -math.inf if alternative == "less" else self.estimate - half
        high = math.inf if alternative == "greater" else self.estimate + half
        return Interval(self.estimate, low, high, level, method)


def _values(x: Sequence[float] | Array, least: int = 2) -> Array:
    values = np.asarray(x, dtype=float)
    if len(values) < least or not np.all(np.isfinite(values)):
        raise StatisticsRefusal("too_few_values", f"a sample needs {least} finite values")
    return values


def mean_difference(x: Sequence[float], y: Sequence[float], *, equal_variances: bool = False) -> Effect:
    """The difference of two independent means, with Welch's standard error and degrees of freedom.

    Source: Welch (1947), Biometrika 34:28-35; with `equal_variances`, Student's pooled version. Assumes
    normal errors or samples that are not small. Checked against R `t.test`.

    Raises:
        StatisticsRefusal: `no_variation` when neither sample varies; `too_few_values`.
    """
    a, b = _values(x), _values(y)
    va, vb = float(a.var(ddof=1)) / len(a), float(b.var(ddof=1)) / len(b)
    if va + vb == 0:
        raise StatisticsRefusal("no_variation", "neither sample varies")
    df = (va + vb) ** 2 / (va**2 / (len(a) - 1) + vb**2 / (len(b) - 1))
    se = math.sqrt(va + vb)
    if equal_variances:
        df = len(a) + len(b) - 2
        pooled = (va * len(a) * (len(a) - 1) + vb * len(b) * (len(b) - 1)) / df
        se = math.sqrt(pooled * (1 / len(a) + 1 / len(b)))
    return Effect(float(a.mean() - b.mean()), se, df)


def paired_difference(x: Sequence[float], y: Sequence[float]) -> Effect:
    """The mean of the differences within pairs. Checked against R `t.test(paired = TRUE)`."""
    gaps = _values(x) - _values(y)
    spread = float(gaps.std(ddof=1))
    if spread == 0:
        raise StatisticsRefusal("no_variation", "the differences do not vary")
    return Effect(float(gaps.mean()), spread / math.sqrt(len(gaps)), len(gaps) - 1)


def ancova(response: Sequence[float] | Array, arm: Array, covariates: Array) -> Effect:
    """The effect of arm 1 against arm 0 on the mean, adjusted linearly for covariates, by least squares.

    Assumes independent errors of equal variance and a common slope. Checked against its identity with the
    t-test when there is no covariate, and against MMRM at a single visit.

    Args:
        response: One value per participant.
        arm: 0 or 1.
        covariates: One row per participant, without intercept and arm; may have no column.

    Raises:
        StatisticsRefusal: `collinear`; `too_few_values` when no degree of freedom is left.
    """
    y = _values(response)
    return least_squares(y, np.column_stack([np.ones(len(y)), arm, covariates]), 1)


def least_squares(y: Array, design: Array, column: int) -> Effect:
    """One coefficient of an ordinary least-squares fit."""
    df = len(y) - design.shape[1]
    if df < 1:
        raise StatisticsRefusal("too_few_values", "no degree of freedom is left for the error")
    if np.linalg.matrix_rank(design) < design.shape[1]:
        raise StatisticsRefusal("collinear", "the columns of the design are linearly dependent")
    inverse = np.linalg.inv(design.T @ design)
    beta = inverse @ design.T @ y
    variance = float(np.sum((y - design @ beta) ** 2)) / df
    return Effect(float(beta[column]), math.sqrt(variance * inverse[column, column]), df)


def ranks(values: Array) -> tuple[Array, NDArray[np.intp]]:
    """Midranks, and the sizes of the groups of equal values."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    top = np.cumsum(counts)
    middle = top - (counts - 1) / 2
    return middle[inverse], counts


def signed_rank_test(
    x: Sequence[float],
    y: Sequence[float] | None = None,
    alternative: Alternative = "two-sided",
    *,
    exact: bool | None = None,
    corrected: bool = True,
) -> TestResult:
    """Wilcoxon's signed-rank test of pairs, or of one sample against 0.

    The statistic is the sum of the ranks of positive differences; zeros are left out. Untied differences
    without zeros have the exact law, by default when there are fewer than 50; else the normal law is taken,
    with ties' variance and, if `corrected`, continuity correction. As in R `wilcox.test`, against which it is
    checked. Source: Wilcoxon (1945), Biometrics Bulletin 1:80-83. Assumes symmetry under the null.
    """
    gaps = _values(x, 1) - (0.0 if y is None else _values(y, 1))
    moved = gaps[gaps != 0]
    n = len(moved)
    if n == 0:
        raise StatisticsRefusal("no_variation", "all differences are zero")
    order, ties = ranks(np.abs(moved))
    statistic = float(order[moved > 0].sum())
    wanted = n < _EXACT_BELOW if exact is None else exact
    if wanted and n == len(gaps) and ties.max() == 1:
        return TestResult(
            statistic, _tail(_signed_rank_law(n), statistic, alternative), "signed rank, exact", alternative
        )
    variance = n * (n + 1) * (2 * n + 1) / 24 - float(np.sum(ties**3 - ties)) / 48
    p = _normal_p(statistic - n * (n + 1) / 4, variance, alternative, corrected=corrected)
    return TestResult(statistic, p, "signed rank, normal", alternative)


def rank_sum_test(
    x: Sequence[float],
    y: Sequence[float],
    alternative: Alternative = "two-sided",
    *,
    exact: bool | None = None,
    corrected: bool = True,
) -> TestResult:
    """The Wilcoxon-Mann-Whitney test of two independent samples.

    The statistic is the number of pairs with x > y, ties counting half. Untied values have the exact law, by
    default when each group has fewer than 50; else the normal law is taken, with ties' variance and, if
    `corrected`, continuity correction, as in R `wilcox.test`. Source: Mann and Whitney (1947), Annals of
    Mathematical Statistics 18:50-60.
    """
    a, b = _values(x, 1), _values(y, 1)
    m, n = len(a), len(b)
    order, ties = ranks(np.concatenate([a, b]))
    statistic = float(order[:m].sum()) - m * (m + 1) / 2
    wanted = max(m, n) < _EXACT_BELOW if exact is None else exact
    if wanted and ties.max() == 1:
        return TestResult(
            statistic, _tail(_rank_sum_law(m, n), statistic, alternative), "rank sum, exact", alternative
        )
    total = m + n
    variance = m * n / 12 * (total + 1 - float(np.sum(ties**3 - ties)) / (total * (total - 1)))
    if variance == 0:
        raise StatisticsRefusal("no_variation", "all values are equal")
    p = _normal_p(statistic - m * n / 2, variance, alternative, corrected=corrected)
    return TestResult(statistic, p, "rank sum, normal", alternative)


def _signed_rank_law(n: int) -> Array:
    """The law of the signed-rank statistic under the null: the product of (1 + t^r)/2."""
    law = np.ones(1)
    for rank in range(1, n + 1):
        law = (np.pad(law, (0, rank)) + np.pad(law, (rank, 0))) / 2
    return law


def _rank_sum_law(m: int, n: int) -> Array:
    """The law of the Mann-Whitney statistic under the null: coefficients of the Gaussian binomial."""
    ways = np.zeros((m + 1, m * n + 1))
    ways[0, 0] = 1.0
    for value in range(1, m + n + 1):
        for chosen in range(min(m, value), 0, -1):
            shift = value - chosen
            if shift <= n:
                ways[chosen, shift:] += ways[chosen - 1, : m * n + 1 - shift]
    law: Array = ways[m] / math.comb(m + n, m)
    return law


def _tail(law: Array, statistic: float, alternative: Alternative) -> float:
    here = round(statistic)
    lower, upper = float(law[: here + 1].sum()), float(law[here:].sum())
    two = min(1.0, 2 * min(lower, upper))
    return {"less": lower, "greater": upper, "two-sided": two}[alternative]


def _normal_p(excess: float, variance: float, alternative: Alternative, *, corrected: bool) -> float:
    toward = {"two-sided": math.copysign(0.5, excess) if excess else 0.0, "greater": 0.5, "less": -0.5}
    shift = toward[alternative] if corrected else 0.0
    return min(1.0, normal.p_value((excess - shift) / math.sqrt(variance), alternative))
