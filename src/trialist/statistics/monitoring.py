"""A trial under way: conditional and predictive power, re-estimated size, and the analysis after its looks.

Z is the statistic at an information fraction t of a design; the increments of information are independent.
Checked against rpact (`getConditionalPower`, `getAnalysisResults`, `getPowerRates`) and by simulation in the
tests.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from trialist.statistics import normal
from trialist.statistics.group_sequential import SequentialDesign, crossing_probabilities
from trialist.statistics.results import Alternative, Interval, StatisticsRefusal, Stratum, check_level
from trialist.statistics.roots import crossing
from trialist.statistics.sample_size import (
    SampleSize,
    power_proportions,
    sample_size_proportions,
    variances,
)
from trialist.statistics.score import score_interval
from trialist.statistics.two_proportions import z_pooled

_WIDEST = 40.0


def drift_proportions(
    p1: float,
    p2: float,
    n1: float,
    n2: float,
    alpha: float = 0.025,
    *,
    sided: int = 1,
    null: float = 0.0,
    alternative: Alternative = "two-sided",
) -> float:
    """The mean of Z at full information that gives the fixed pooled test of two proportions its power.

    z_α + Φ⁻¹(power of the fixed design) = z_α(1 - √(V0/V1)) + effect·√(N/V1), as rpact `getPowerRates` has it:
    so a design with looks and one without agree when there are no looks.

    Args:
        p1: Probability in the first arm.
        p2: Probability in the second arm.
        n1: Participants of the first arm.
        n2: Participants of the second arm.
        alpha: Level, of both sides together when `sided` is 2.
        sided: 1 or 2.
        null: Difference under the null.
        alternative: Which sign of the effect counts as upwards; `two-sided` the one that it has.
    """
    effect, v0, v1 = variances(p1, p2, n1 / n2, null)
    upward = {"two-sided": abs(effect), "greater": effect, "less": -effect}[alternative]
    own = normal.quantile(1 - alpha / sided) * (1 - math.sqrt(v0 / v1))
    return own + upward * math.sqrt((n1 + n2) / v1)


def sequential_sample_size(
    design: SequentialDesign,
    p1: float,
    p2: float,
    power: float = 0.8,
    *,
    ratio: float = 1.0,
    null: float = 0.0,
) -> tuple[SampleSize, float]:
    """Largest sample size of a design with looks, and the expected total under the alternative."""
    fixed = sample_size_proportions(p1, p2, power, design.alpha, sided=design.sided, ratio=ratio, null=null)
    inflation = design.inflation(power)
    expected = fixed.total * inflation * design.expected_information(design.drift_for(power))
    return SampleSize(fixed.n1 * inflation, fixed.n2 * inflation), expected


def required(z: float, t: float, bound: float) -> float:
    """The z that the data after t must reach by themselves for the final Z to reach the bound."""
    if not 0 < t < 1:
        raise StatisticsRefusal("bad_rates", "an interim look has an information fraction between 0 and 1")
    return (bound - math.sqrt(t) * z) / math.sqrt(1 - t)


def conditional_power(z: float, t: float, bound: float, drift: float | None = None) -> float:
    """The probability that the final Z reaches the bound, given z at t.

    1 - Φ((bound - √t·z)/√(1-t) - drift·√(1-t)). Source: Lan and Wittes (1988), Biometrics 44:579-585.

    Args:
        z: The statistic at t.
        t: Information fraction.
        bound: Final boundary.
        drift: Mean of Z at full information; by default the trend so far, z/√t.
    """
    needed = required(z, t, bound)
    future = (z / math.sqrt(t) if drift is None else drift) * math.sqrt(1 - t)
    return normal.upper_tail(needed - future)


def predictive_power(z: float, t: float, bound: float) -> float:
    """Conditional power averaged over the drift's posterior under a flat prior: Φ((z/√t - bound)·√(t/(1-t))).

    Source: Spiegelhalter, Freedman and Blackburn (1986), Controlled Clinical Trials 7:8-17.
    """
    required(z, t, bound)
    return normal.upper_tail((bound - z / math.sqrt(t)) * math.sqrt(t / (1 - t)))


def conditional_power_proportions(
    z: float, t: float, bound: float, *, p1: float, p2: float, n1: float, n2: float
) -> float:
    """Conditional power when n1 and n2 more participants respond with probabilities p1 and p2.

    The second stage's pooled test must reach `required(z, t, bound)`; its variance is pooled under the null
    and unpooled under the alternative. The weights of the stages stay those of t.
    """
    alpha = normal.upper_tail(required(z, t, bound))
    return power_proportions(p1, p2, n1, n2, alpha, sided=1) if p1 > p2 else alpha


def reestimated_size(
    z: float, t: float, bound: float, p1: float, p2: float, *, power: float = 0.8, most: float = math.inf
) -> SampleSize:
    """Participants of the second stage that give the wanted conditional power, in equal arms.

    The final test must weigh the stages as planned (√t, √(1-t)), whatever the new size: that keeps the level.
    `most` caps the second stage's total.
    Source: Cui, Hung and Wang (1999), Biometrics 55:853-857; Lehmacher and Wassmer (1999), Biometrics
    55:1286-1290.
    """
    alpha = normal.upper_tail(required(z, t, bound))
    wanted = sample_size_proportions(p1, p2, power, alpha, sided=1).total if alpha < power else 0.0
    return SampleSize(min(wanted, most) / 2, min(wanted, most) / 2)


def combined_z(stages: Sequence[float], weights: Sequence[float]) -> float:
    """The inverse-normal combination Σw·z/√Σw² of independent stages, weights fixed beforehand."""
    return math.fsum(w * z for w, z in zip(weights, stages, strict=True)) / math.sqrt(
        math.fsum(w * w for w in weights)
    )


def blinded_size(pooled: float, difference: float, power: float = 0.8, alpha: float = 0.05) -> SampleSize:
    """Two-sided sample size when only the pooled response is re-estimated and the difference is kept.

    Source: Gould (1992), Statistics in Medicine 11:55-66. No arm is looked at, so the level needs no
    adjustment.

    Raises:
        StatisticsRefusal: `bad_counts` when the pooled response cannot carry this difference.
    """
    high, low = pooled + difference / 2, pooled - difference / 2
    if not (0 < low < 1 and 0 < high < 1):
        raise StatisticsRefusal("bad_counts", f"a pooled {pooled} cannot differ by {difference}")
    return sample_size_proportions(high, low, power, alpha)


@dataclass(frozen=True)
class SequentialAnalysis:
    """What a group-sequential trial of two proportions has shown by its last look.

    Attributes:
        z: Pooled statistic of the cumulated data at each look.
        repeated: Repeated confidence interval at each look.
        p: Overall p-value by stagewise ordering; None while the trial may go on.
        median_unbiased: Median-unbiased difference by the same ordering; None while the trial may go on.
    """

    z: tuple[float, ...]
    repeated: tuple[Interval, ...]
    p: float | None
    median_unbiased: float | None


def sequential_analysis(design: SequentialDesign, stages: Sequence[Stratum]) -> SequentialAnalysis:
    """Analyze cumulated stages (x1, n1, x2, n2 of each stage's own participants) under a one-sided design.

    Repeated intervals are score intervals at each look's boundary (Jennison and Turnbull 1989, JRSS B
    51:305-361); the final p-value and estimate order outcomes by stage (Fairbanks and Madsen 1982,
    Biometrika 69:69-74). The estimate is the drift with stagewise p-value one half, on the scale of the
    observed difference. Both are those of the look at which the boundary was first crossed: data that came
    in after it do not change them.
    """
    totals = [tuple(sum(column) for column in zip(*stages[: k + 1], strict=True)) for k in range(len(stages))]
    tables: list[Stratum] = [(x1, n1, x2, n2) for x1, n1, x2, n2 in totals]
    z = [_z(table) for table in tables]
    repeated = tuple(
        score_interval(*table, 1 - 2 * normal.upper_tail(bound), corrected=False)
        for table, bound in zip(tables, design.upper, strict=False)
    )
    end = _end(design, z)
    if end is None:
        return SequentialAnalysis(tuple(z), repeated, None, None)
    last, difference = z[end - 1], repeated[end - 1].estimate
    p = stagewise_p(design, last, end, 0.0)
    middle = crossing(lambda drift: stagewise_p(design, last, end, drift) - 0.5, -_WIDEST, _WIDEST, 1e-10)
    scale = difference / last * math.sqrt(design.rates[end - 1]) if difference and last else 0.0
    return SequentialAnalysis(tuple(z), repeated, p, middle * scale)


def _z(table: Stratum) -> float:
    """The pooled statistic; 0 while nobody, or everybody, has had the event."""
    x1, n1, x2, n2 = table
    return 0.0 if x1 + x2 in (0, n1 + n2) else float(z_pooled(*table).statistic or 0.0)


def _end(design: SequentialDesign, z: Sequence[float]) -> int | None:
    """The look (1, 2, …) at which the trial ended: the first that crossed, else the last; None before."""
    crossed = [
        look for look, (own, bound) in enumerate(zip(z, design.upper, strict=False), 1) if own >= bound
    ]
    return crossed[0] if crossed else len(z) if len(z) == len(design.rates) else None


def stagewise_p(design: SequentialDesign, z: float, look: int, drift: float = 0.0) -> float:
    """The probability of stopping earlier for efficacy, or reaching z at this look; futility is ignored."""
    rates, upper = design.rates[:look], (*design.upper[: look - 1], z)
    return crossing_probabilities(rates, (-math.inf,) * look, upper, drift).power


def stagewise_interval(
    design: SequentialDesign, z: float, look: int, level: float = 0.95
) -> tuple[float, float]:
    """The confidence limits of the drift by stagewise ordering."""
    check_level(level)

    def limit(probability: float) -> float:
        return crossing(
            lambda drift: stagewise_p(design, z, look, drift) - probability, -_WIDEST, _WIDEST, 1e-10
        )

    return limit((1 - level) / 2), limit((1 + level) / 2)
