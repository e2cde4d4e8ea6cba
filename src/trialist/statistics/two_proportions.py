"""Two independent proportions without strata: the chi-square tests and the closed-form intervals.

The first arm is the treatment in all signs: difference p1 - p2, ratio p1/p2. Assumption of every method here:
participants are independent and share one probability per arm. Score intervals live in `score`.
"""

import math
from typing import Literal

from trialist.statistics import normal
from trialist.statistics.results import Alternative, Interval, StatisticsRefusal, TestResult, check_counts
from trialist.statistics.single_proportion import wilson, wilson_corrected

Correction = Literal["none", "yates", "n-1"]


def check_tables(x1: int, n1: int, x2: int, n2: int) -> None:
    """Refuse impossible counts in either arm."""
    check_counts(x1, n1)
    check_counts(x2, n2)


def _check_margins(x1: int, n1: int, x2: int, n2: int) -> None:
    check_tables(x1, n1, x2, n2)
    if x1 + x2 in (0, n1 + n2):
        raise StatisticsRefusal(
            "no_variation", "all outcomes are equal: the statistic is 0/0", "Fisher's p is 1"
        )


def chi_square(x1: int, n1: int, x2: int, n2: int, correction: Correction = "none") -> TestResult:
    """The chi-square test of p1 = p2, one degree of freedom, two-sided.

    Pearson: N(ad - bc)²/(product of the margins). Yates takes min(½, |O - E|) from |O - E|. N-1 multiplies
    Pearson's by (N-1)/N and equals the Cochran-Mantel-Haenszel test with one stratum.
    Source: Pearson (1900); Yates (1934); Campbell (2007), Statistics in Medicine 26:3661-3675, for N-1.
    Assumes expected counts that are not small; true size at 42 v 42 reaches 0.063 uncorrected.
    Checked against R `chisq.test`.

    Raises:
        StatisticsRefusal: `no_variation` when nobody or everybody has the event.
    """
    _check_margins(x1, n1, x2, n2)
    total = n1 + n2
    excess = abs(x1 * n2 - x2 * n1) / total
    if correction == "yates":
        excess -= min(0.5, excess)
    events = x1 + x2
    statistic = excess**2 * total**3 / (n1 * n2 * events * (total - events))
    if correction == "n-1":
        statistic *= (total - 1) / total
    return TestResult(statistic, normal.chi_square_tail(statistic), f"chi-square, {correction}", df=1)


def z_pooled(x1: int, n1: int, x2: int, n2: int, alternative: Alternative = "two-sided") -> TestResult:
    """The signed root of Pearson's chi-square: (p1 - p2)/√(p(1-p)(1/n1 + 1/n2)), p pooled.

    Checked against gsDesign `testBinomial`. For a null difference other than zero see `score.score_test`.

    Raises:
        StatisticsRefusal: `no_variation` when nobody or everybody has the event.
    """
    _check_margins(x1, n1, x2, n2)
    pooled = (x1 + x2) / (n1 + n2)
    z = (x1 / n1 - x2 / n2) / math.sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n2))
    return TestResult(z, normal.p_value(z, alternative), "z-pooled", alternative)


def wald_difference(x1: int, n1: int, x2: int, n2: int, level: float = 0.95) -> Interval:
    """p1 - p2 ± z·√(p1q1/n1 + p2q2/n2), for comparison only.

    Its coverage is poor at small n, and it has no width when both proportions are 0 or 1.
    Checked against SAS values printed in Newcombe (1998), Statistics in Medicine 17:873-890, method 1.
    """
    check_tables(x1, n1, x2, n2)
    p1, p2 = x1 / n1, x2 / n2
    half = normal.critical(level) * math.sqrt(p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2)
    return Interval(p1 - p2, p1 - p2 - half, p1 - p2 + half, level, "wald")


def agresti_caffo(x1: int, n1: int, x2: int, n2: int, level: float = 0.95) -> Interval:
    """Wald's interval after adding one event and one non-event to each arm. Limits may leave [-1, 1].

    Source: Agresti and Caffo (2000), The American Statistician 54:280-288. Checked against PropCIs `wald2ci`.
    """
    check_tables(x1, n1, x2, n2)
    adjusted = wald_difference(x1 + 1, n1 + 2, x2 + 1, n2 + 2, level)
    return Interval(x1 / n1 - x2 / n2, adjusted.low, adjusted.high, level, "agresti-caffo")


def newcombe(x1: int, n1: int, x2: int, n2: int, level: float = 0.95, *, corrected: bool = False) -> Interval:
    """The square-and-add interval of two Wilson intervals (method 10; 11 with continuity correction).

    low = d - √((p1 - l1)² + (u2 - p2)²), high = d + √((u1 - p1)² + (p2 - l2)²), l and u Wilson's limits. They
    stay in [-1, 1], because a hypotenuse is no longer than both legs together.
    Source: Newcombe (1998), Statistics in Medicine 17:873-890. Checked against its Table II.
    """
    check_tables(x1, n1, x2, n2)
    limits = wilson_corrected if corrected else wilson
    one, two = limits(x1, n1, level), limits(x2, n2, level)
    p1, p2 = x1 / n1, x2 / n2
    low = p1 - p2 - math.hypot(p1 - one.low, two.high - p2)
    high = p1 - p2 + math.hypot(one.high - p1, p2 - two.low)
    method = "newcombe-11" if corrected else "newcombe-10"
    return Interval(p1 - p2, low, high, level, method)


def wald_ratio(x1: int, n1: int, x2: int, n2: int, level: float = 0.95) -> Interval:
    """The log-normal interval of the risk ratio: exp(log(p1/p2) ± z·√(1/x1 - 1/n1 + 1/x2 - 1/n2)).

    Source: Katz et al. (1978), Biometrics 34:469-474.

    Raises:
        StatisticsRefusal: `zero_cell` when an arm has no event; the score interval answers then.
    """
    check_tables(x1, n1, x2, n2)
    if 0 in (x1, x2):
        raise StatisticsRefusal("zero_cell", "log ratio of a zero count", "use the score interval")
    spread = normal.critical(level) * math.sqrt(1 / x1 - 1 / n1 + 1 / x2 - 1 / n2)
    ratio = (x1 / n1) / (x2 / n2)
    return Interval(ratio, ratio * math.exp(-spread), ratio * math.exp(spread), level, "wald-log")


def wald_odds_ratio(x1: int, n1: int, x2: int, n2: int, level: float = 0.95) -> Interval:
    """The log-normal interval of the odds ratio: exp(log OR ± z·√(1/a + 1/b + 1/c + 1/d)).

    Source: Woolf (1955), Annals of Human Genetics 19:251-253.

    Raises:
        StatisticsRefusal: `zero_cell` when a cell is empty; the score or Fisher's interval answers then.
    """
    check_tables(x1, n1, x2, n2)
    cells = (x1, n1 - x1, x2, n2 - x2)
    if 0 in cells:
        raise StatisticsRefusal("zero_cell", "log odds ratio with an empty cell", "use the score interval")
    spread = normal.critical(level) * math.sqrt(sum(1 / cell for cell in cells))
    ratio = x1 * (n2 - x2) / ((n1 - x1) * x2)
    return Interval(ratio, ratio * math.exp(-spread), ratio * math.exp(spread), level, "wald-log")
