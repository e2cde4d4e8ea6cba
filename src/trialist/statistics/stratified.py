"""Two proportions compared within strata: Cochran-Mantel-Haenszel and what belongs to it.

Every function takes tables (x1, n1, x2, n2). Strata without participants in one arm carry no information on a
contrast and are left out; strata without events, or with events only, stay where they carry some (a
difference) and drop out by themselves where they do not (a ratio). Assumes independent participants and a
contrast that is common to the strata. Score intervals with strata live in `score`; exact ones in `fisher`.
"""

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from trialist.statistics import normal
from trialist.statistics.results import Interval, StatisticsRefusal, Stratum, TestResult
from trialist.statistics.single_proportion import wilson_limits
from trialist.statistics.two_proportions import check_tables

Array = NDArray[np.float64]


def columns(strata: Sequence[Stratum]) -> tuple[Array, Array, Array, Array]:
    """Columns x1, n1, x2, n2 of the strata in which both arms have participants.

    Raises:
        StatisticsRefusal: `empty_arm` when there is no such stratum; `bad_counts`.
    """
    kept = [stratum for stratum in strata if stratum[1] > 0 and stratum[3] > 0]
    if not kept:
        raise StatisticsRefusal("empty_arm", "no stratum has participants in both arms")
    for stratum in kept:
        check_tables(*stratum)
    x1, n1, x2, n2 = np.array(kept, dtype=float).T
    return x1, n1, x2, n2


def cmh_test(strata: Sequence[Stratum], *, corrected: bool = False) -> TestResult:
    """The Cochran-Mantel-Haenszel test that no stratum shows a difference, one degree of freedom, two-sided.

    Statistic: (|Σ(x1 - E)| - c)²/ΣVar, hypergeometric moments within strata; c = ½ if `corrected` and the
    excess is at least ½. Sources: Cochran (1954), Biometrics 10:417-451; Mantel and Haenszel (1959), JNCI
    22:719-748. With one stratum it is the N-1 chi-square. Checked against R `mantelhaen.test`.

    Raises:
        StatisticsRefusal: `no_variation` when no stratum has both events and non-events.
    """
    x1, n1, x2, n2 = columns(strata)
    total, events = n1 + n2, x1 + x2
    variance = float(np.sum(n1 * n2 * events * (total - events) / (total**2 * (total - 1))))
    if variance == 0:
        raise StatisticsRefusal(
            "no_variation", "no stratum has both events and non-events", "the exact p is 1"
        )
    excess = abs(float(np.sum(x1 - n1 * events / total)))
    if corrected and excess >= 0.5:
        excess -= 0.5
    statistic = excess**2 / variance
    method = "Cochran-Mantel-Haenszel" + (", continuity corrected" if corrected else "")
    return TestResult(statistic, normal.chi_square_tail(statistic), method, df=1)


def mh_odds_ratio(strata: Sequence[Stratum], level: float = 0.95) -> Interval:
    """The Mantel-Haenszel odds ratio with the interval of Robins, Breslow and Greenland.

    Source: Robins, Breslow and Greenland (1986), Biometrics 42:311-323. Checked against R `mantelhaen.test`.

    Raises:
        StatisticsRefusal: `zero_cell` when the estimate is 0, infinite or 0/0; the exact interval answers
            then.
    """
    x1, n1, x2, n2 = columns(strata)
    total = n1 + n2
    concordant, discordant = x1 * (n2 - x2) / total, (n1 - x1) * x2 / total
    top, bottom = float(concordant.sum()), float(discordant.sum())
    if 0 in (top, bottom):
        raise StatisticsRefusal("zero_cell", "the odds ratio is at its bound", "use conditional_odds_ratio")
    share = (x1 + n2 - x2) / total
    variance = (
        float(share @ concordant) / (2 * top**2)
        + float(share @ discordant + (1 - share) @ concordant) / (2 * top * bottom)
        + float((1 - share) @ discordant) / (2 * bottom**2)
    )
    return _log_interval(top / bottom, variance, level, "mantel-haenszel, robins-breslow-greenland")


def mh_risk_ratio(strata: Sequence[Stratum], level: float = 0.95) -> Interval:
    """The Mantel-Haenszel risk ratio with the interval of Greenland and Robins.

    Source: Greenland and Robins (1985), Biometrics 41:55-68.

    Raises:
        StatisticsRefusal: `zero_cell` when an arm has no events at all.
    """
    x1, n1, x2, n2 = columns(strata)
    total = n1 + n2
    top, bottom = float(np.sum(x1 * n2 / total)), float(np.sum(x2 * n1 / total))
    if 0 in (top, bottom):
        raise StatisticsRefusal(
            "zero_cell", "the risk ratio is at its bound", "use stratified_score_interval"
        )
    variance = float(np.sum((n1 * n2 * (x1 + x2) - x1 * x2 * total) / total**2)) / (top * bottom)
    return _log_interval(top / bottom, variance, level, "mantel-haenszel, greenland-robins")


def _log_interval(ratio: float, variance: float, level: float, method: str) -> Interval:
    spread = math.exp(normal.critical(level) * math.sqrt(variance))
    return Interval(ratio, ratio / spread, ratio * spread, level, method)


def sato_variance(strata: Sequence[Stratum]) -> float:
    """Sato's variance of the Mantel-Haenszel difference, consistent for few large and many small strata.

    (δ·ΣP + ΣQ)/(Σn1n2/N)², P = (n1²x2 - n2²x1 + n1n2(n2 - n1)/2)/N²,
    Q = (x1(n2 - x2) + x2(n1 - x1))/(2N). Source: Sato, Greenland and Robins (1989), Biometrics 45:1323-1324.
    """
    x1, n1, x2, n2 = columns(strata)
    total = n1 + n2
    p = (n1**2 * x2 - n2**2 * x1 + n1 * n2 * (n2 - n1) / 2) / total**2
    q = (x1 * (n2 - x2) + x2 * (n1 - x1)) / (2 * total)
    return (_mh_difference(x1, n1, x2, n2) * float(p.sum()) + float(q.sum())) / float(
        np.sum(n1 * n2 / total)
    ) ** 2


def _mh_difference(x1: Array, n1: Array, x2: Array, n2: Array) -> float:
    return float(np.average(x1 / n1 - x2 / n2, weights=n1 * n2 / (n1 + n2)))


def mh_risk_difference(
    strata: Sequence[Stratum], level: float = 0.95, variance: Literal["sato", "greenland-robins"] = "sato"
) -> Interval:
    """The Mantel-Haenszel risk difference Σw(p1 - p2)/Σw, w = n1n2/N, ± z·SE.

    Variance by Sato et al. (1989), or by Greenland and Robins (1985), Biometrics 41:55-68, which is valid for
    large strata only. The interval has no width when all strata are 0/n or n/n; the score interval has.
    Checked against values computed in R from the published formula.
    """
    x1, n1, x2, n2 = columns(strata)
    estimate = _mh_difference(x1, n1, x2, n2)
    if variance == "sato":
        spread = sato_variance(strata)
    else:
        weights = n1 * n2 / (n1 + n2)
        within = x1 * (n1 - x1) / n1**3 + x2 * (n2 - x2) / n2**3
        spread = float(weights**2 @ within) / float(weights.sum()) ** 2
    half = normal.critical(level) * math.sqrt(max(0.0, spread))
    return Interval(estimate, estimate - half, estimate + half, level, f"mantel-haenszel, {variance}")


def stratified_newcombe(strata: Sequence[Stratum], level: float = 0.95) -> Interval:
    """The stratified Newcombe interval with Mantel-Haenszel weights.

    Each arm gets a stratified Wilson interval (l, u): weighted Wilson limits at the quantile
    z·√Σw²v/Σw√v, v = pq/n; then low = d - z√(l1(1-l1)·Σw²/n1 + u2(1-u2)·Σw²/n2), high likewise.
    Where all v of an arm are zero they are taken in proportion to 1/n. Source: Yan and Su (2010), Statistics
    in Biopharmaceutical Research 2:385-394. With one stratum it is Newcombe's method 10.
    """
    x1, n1, x2, n2 = columns(strata)
    weights = n1 * n2 / (n1 + n2)
    weights = weights / weights.sum()
    z = normal.critical(level)
    low1, high1 = _stratified_wilson(x1, n1, weights, z)
    low2, high2 = _stratified_wilson(x2, n2, weights, z)
    spread1, spread2 = float(weights**2 @ (1 / n1)), float(weights**2 @ (1 / n2))
    d = float(weights @ (x1 / n1 - x2 / n2))
    down = z * math.sqrt(spread1 * low1 * (1 - low1) + spread2 * high2 * (1 - high2))
    up = z * math.sqrt(spread1 * high1 * (1 - high1) + spread2 * low2 * (1 - low2))
    return Interval(d, max(-1.0, d - down), min(1.0, d + up), level, "stratified newcombe, MH weights")


def _stratified_wilson(x: Array, n: Array, weights: Array, z: float) -> tuple[float, float]:
    variance = x * (n - x) / n**3
    if not variance.any():
        variance = 1 / n
    local = z * math.sqrt(float(weights**2 @ variance)) / float(weights @ np.sqrt(variance))
    lows, highs = zip(*(wilson_limits(p, m, local) for p, m in zip(x / n, n, strict=True)), strict=True)
    # The weights add to 1 but for a rounding error, with which limits of 1 would leave the scale.
    return float(weights @ np.array(lows)), min(1.0, float(weights @ np.array(highs)))


def breslow_day(strata: Sequence[Stratum], *, tarone: bool = True) -> TestResult:
    """The Breslow-Day test that the odds ratio is the same in all strata, with Tarone's correction.

    Source: Breslow and Day (1980), IARC Scientific Publications 32, 4.4; Tarone (1985), Biometrika 72:91-95.
    Needs strata that are large each. Checked against values computed in R from the published formula.

    Raises:
        StatisticsRefusal: `uninformative_stratum` when a stratum has only events or only non-events (its
            fitted cells have no variance); `zero_cell` when the common odds ratio is 0 or infinite;
            `one_stratum`.
    """
    from scipy.special import chdtrc

    x1, n1, x2, n2 = columns(strata)
    events, total = x1 + x2, n1 + n2
    if len(x1) < 2:
        raise StatisticsRefusal("one_stratum", "homogeneity needs two strata")
    if np.any((events == 0) | (events == total)):
        raise StatisticsRefusal(
            "uninformative_stratum", "a stratum has one outcome only", "leave it out or pool"
        )
    ratio = mh_odds_ratio(strata).estimate
    assert ratio is not None
    fitted = _fitted(ratio, n1, n2, events)
    variance = 1 / (1 / fitted + 1 / (n1 - fitted) + 1 / (events - fitted) + 1 / (n2 - events + fitted))
    statistic = float(np.sum((x1 - fitted) ** 2 / variance))
    if tarone:
        statistic -= float(np.sum(x1 - fitted)) ** 2 / float(np.sum(variance))
    df = len(x1) - 1
    name = "breslow-day" + (", tarone" if tarone else "")
    return TestResult(statistic, float(chdtrc(df, statistic)), name, df=df)


def _fitted(ratio: float, n1: Array, n2: Array, events: Array) -> Array:
    """Expected events of the first arm under a common odds ratio, given the margins: the admissible root."""
    a, b, c = ratio - 1, n2 - events + ratio * (n1 + events), ratio * n1 * events
    root: Array = 2 * c / (b + np.sqrt(b * b - 4 * a * c))
    return root
