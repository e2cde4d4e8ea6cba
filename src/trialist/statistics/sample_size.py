"""Sample size and power by normal (and t) approximations: two proportions, two means, repeated measures.

Arms are fractional: rounding up, and the inflation for dropout, is `inflated`.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trialist.statistics import normal
from trialist.statistics.results import Alternative, StatisticsRefusal, check_level
from trialist.statistics.score import Contrast, Tables, restricted


@dataclass(frozen=True, slots=True)
class SampleSize:
    """Participants per arm, not rounded."""

    n1: float
    n2: float

    @property
    def total(self) -> float:
        """Participants of both arms."""
        return self.n1 + self.n2

    def inflated(self, dropout: float = 0.0) -> tuple[int, int]:
        """Whole participants to randomize so that, after a share `dropout` is lost, this many remain."""
        if not 0 <= dropout < 1:
            raise StatisticsRefusal("bad_level", f"a dropout of {dropout} is not in [0, 1)")
        return math.ceil(self.n1 / (1 - dropout) - 1e-9), math.ceil(self.n2 / (1 - dropout) - 1e-9)


def non_response_inflated(p: float, dropout: float) -> float:
    """The response probability when a share of participants drops out and counts as non-response."""
    return p * (1 - dropout)


def variances(
    p1: float, p2: float, ratio: float, null: float, contrast: Contrast = "difference"
) -> tuple[float, float, float]:
    """Effect, and variance of its estimate per participant under the null and under the alternative."""
    share1, share2 = ratio / (1 + ratio), 1 / (1 + ratio)
    columns = np.array([[share1 * p1], [share1], [share2 * p2], [share2]])
    tilde1, tilde2 = (float(p[0]) for p in restricted(null, Tables(*columns), contrast))
    slope = null if contrast == "ratio" else 1.0

    def variance(a: float, b: float) -> float:
        if contrast == "odds-ratio":
            return 1 / (share1 * a * (1 - a)) + 1 / (share2 * b * (1 - b))
        return a * (1 - a) / share1 + slope**2 * b * (1 - b) / share2

    if contrast == "difference":
        effect = p1 - p2 - null
    elif contrast == "ratio":
        effect = p1 - null * p2
    else:
        effect = math.log(p1 * (1 - p2) / (p2 * (1 - p1)) / null)
    return effect, variance(tilde1, tilde2), variance(p1, p2)


def _null(null: float | None, contrast: Contrast) -> float:
    return null if null is not None else (0.0 if contrast == "difference" else 1.0)


def sample_size_proportions(
    p1: float,
    p2: float,
    power: float = 0.8,
    alpha: float = 0.05,
    *,
    sided: int = 2,
    ratio: float = 1.0,
    null: float | None = None,
    contrast: Contrast = "difference",
) -> SampleSize:
    """Participants for a test of two proportions, normal approximation.

    N = ((z_α·√V0 + z_β·√V1)/effect)², V0 at the maximum-likelihood proportions restricted to the null (pooled
    where the null is equality), V1 at the alternative. Sources: Fleiss, Levin and Paik (2003), Statistical
    Methods for Rates and Proportions; Farrington and Manning (1990), Statistics in Medicine 9:1447-1454 for
    other nulls. Checked against R `power.prop.test`, rpact `getSampleSizeRates`, gsDesign `nBinomial`.

    Args:
        p1: Probability in the first arm.
        p2: Probability in the second arm.
        power: Wanted.
        alpha: Level of the test, of both sides together when `sided` is 2.
        sided: 1 or 2; the far tail of a two-sided test is neglected.
        ratio: n1/n2.
        null: Contrast under the null; 0 for a difference, 1 for a ratio, unless stated.
        contrast: Scale of the effect and of the null.

    Raises:
        StatisticsRefusal: `no_effect` when the alternative equals the null.
    """
    check_level(power)
    effect, v0, v1 = variances(p1, p2, ratio, _null(null, contrast), contrast)
    if effect == 0:
        raise StatisticsRefusal("no_effect", "the alternative equals the null")
    root = normal.quantile(1 - alpha / sided) * math.sqrt(v0) + normal.quantile(power) * math.sqrt(v1)
    total = (root / effect) ** 2
    return SampleSize(total * ratio / (1 + ratio), total / (1 + ratio))


def power_proportions(
    p1: float,
    p2: float,
    n1: float,
    n2: float,
    alpha: float = 0.05,
    *,
    sided: int = 2,
    null: float | None = None,
    contrast: Contrast = "difference",
    strict: bool = False,
) -> float:
    """Power of the pooled test of two proportions, normal approximation; the inverse of the sample size.

    `strict` adds the probability of rejecting on the wrong side. Checked against R `power.prop.test`.
    """
    check_level(alpha)
    effect, v0, v1 = variances(p1, p2, n1 / n2, _null(null, contrast), contrast)
    drift = abs(effect) * math.sqrt(n1 + n2)
    bound = normal.quantile(1 - alpha / sided) * math.sqrt(v0)
    power = normal.upper_tail((bound - drift) / math.sqrt(v1))
    return power + normal.upper_tail((bound + drift) / math.sqrt(v1)) if strict and sided == 2 else power


def cohen_h(p1: float, p2: float) -> float:
    """The arcsine effect size 2·asin√p1 - 2·asin√p2 (Cohen 1988, chapter 6)."""
    return 2 * math.asin(math.sqrt(p1)) - 2 * math.asin(math.sqrt(p2))


def power_arcsine(
    h: float, n1: float, n2: float, alpha: float = 0.05, alternative: Alternative = "two-sided"
) -> float:
    """Power for an arcsine effect size h, whose estimate has variance 1/n1 + 1/n2.

    Source: Cohen (1988), Statistical Power Analysis, chapter 6. Checked against R pwr `pwr.2p.test`.
    """
    check_level(alpha)
    drift = h / math.sqrt(1 / n1 + 1 / n2)
    if alternative == "two-sided":
        bound = normal.critical(1 - alpha)
        return normal.upper_tail(bound - drift) + normal.upper_tail(bound + drift)
    bound = normal.quantile(1 - alpha)
    return normal.upper_tail(bound - (drift if alternative == "greater" else -drift))


def sample_size_arcsine(
    h: float, power: float = 0.8, alpha: float = 0.05, *, sided: int = 2, ratio: float = 1.0
) -> SampleSize:
    """Participants for an arcsine effect size: (z_α + z_β)²(1 + 1/ratio)/h² in the first arm times ratio."""
    check_level(power)
    if h == 0:
        raise StatisticsRefusal("no_effect", "the alternative equals the null")
    n2 = ((normal.quantile(1 - alpha / sided) + normal.quantile(power)) / h) ** 2 * (1 + 1 / ratio)
    return SampleSize(n2 * ratio, n2)


def power_means(
    difference: float,
    sd: float,
    n1: float,
    n2: float,
    alpha: float = 0.05,
    *,
    sided: int = 2,
    strict: bool = False,
) -> float:
    """Power of the equal-variance t-test, by the noncentral t distribution.

    Source: Cohen (1988), chapter 2. `strict` adds the wrong side. Checked against the identity with its
    inverse and, for large groups, the normal approximation.
    """
    from scipy.special import nctdtr, stdtrit

    check_level(alpha)
    df, drift = n1 + n2 - 2, abs(difference) / (sd * math.sqrt(1 / n1 + 1 / n2))
    bound = float(stdtrit(df, 1 - alpha / sided))
    power = 1 - float(nctdtr(df, drift, bound))
    return power + float(nctdtr(df, drift, -bound)) if strict and sided == 2 else power


def sample_size_means(
    difference: float,
    sd: float,
    power: float = 0.8,
    alpha: float = 0.05,
    *,
    sided: int = 2,
    ratio: float = 1.0,
) -> SampleSize:
    """Participants for the equal-variance t-test: the fractional n at which `power_means` is the power.

    At least two in the smaller arm, where fewer would do.
    """
    from trialist.statistics.roots import crossing

    check_level(power)
    if difference == 0:
        raise StatisticsRefusal("no_effect", "the alternative equals the null")

    def gap(n2: float) -> float:
        return power_means(difference, sd, ratio * n2, n2, alpha, sided=sided) - power

    least = 2.0 / min(1.0, ratio)
    if gap(least) >= 0:
        return SampleSize(ratio * least, least)
    high = 2 * least
    while gap(high) < 0:
        high *= 2
    n2 = crossing(gap, least, high, 1e-10)
    return SampleSize(ratio * n2, n2)


def sample_size_mmrm(
    difference: float,
    covariance: NDArray[np.float64],
    retention: tuple[float, ...],
    power: float = 0.8,
    alpha: float = 0.05,
    *,
    sided: int = 2,
    ratio: float = 1.0,
) -> SampleSize:
    """Participants for the last visit's difference in a repeated-measures model with monotone dropout.

    N1 = (z_α + z_β)²·φ·(1 + ratio)/difference², where φ is the last diagonal entry of (Σ_j (r_j -
    r_{j+1})·I_j)⁻¹ and I_j the inverse covariance of the first j visits, padded with zeros. Source: Lu, Luo
    and Chen (2008), International Journal of Biostatistics 4(1):9. Assumes the same retention and covariance
    in both arms.

    Args:
        difference: At the last visit.
        covariance: Of one participant's visits.
        retention: Share of participants still observed at each visit, non-increasing, the first at most 1.
        power: Wanted.
        alpha: Level of the test.
        sided: 1 or 2.
        ratio: n1/n2.
    """
    sigma, kept = np.asarray(covariance, dtype=float), np.array([*retention, 0.0])
    if len(retention) != len(sigma) or np.any(np.diff(kept) > 0) or kept[-2] <= 0:
        raise StatisticsRefusal("bad_retention", "retention must be positive, non-increasing, one per visit")
    information = np.zeros_like(sigma)
    for visits in range(1, len(sigma) + 1):
        information[:visits, :visits] += (kept[visits - 1] - kept[visits]) * np.linalg.inv(
            sigma[:visits, :visits]
        )
    phi = float(np.linalg.inv(information)[-1, -1])
    z = normal.quantile(1 - alpha / sided) + normal.quantile(power)
    n1 = z**2 * phi * (1 + ratio) / difference**2
    return SampleSize(n1, n1 / ratio)
