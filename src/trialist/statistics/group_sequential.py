"""Group-sequential designs: boundaries for interim looks, what they cost, and what they can show.

The statistics Z_1…Z_K at information fractions t_1 < … < t_K = 1 are multivariate normal with means
drift·√t_k and correlations √(t_j/t_k). Probabilities of crossing come from integrating stage by stage
(Armitage, McPherson and Rowe 1969, JRSS A 132:235-244) with Gauss-Legendre nodes. Efficacy is upwards; a
two-sided design is symmetric.

Sources: Pocock (1977), Biometrika 64:191-199; O'Brien and Fleming (1979), Biometrics 35:549-556; Haybittle
(1971); Wang and Tsiatis (1987), Biometrics 43:193-199; Lan and DeMets (1983), Biometrika 70:659-663;
Pampallona and Tsiatis (1994), JSPI 42:19-35 for futility; Jennison and Turnbull (2000), Group Sequential
Methods. Checked against Jennison and Turnbull's tables 2.1 and 2.3, R rpact and gsDesign. Assumes
independent increments of information.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from trialist.statistics import normal
from trialist.statistics.results import StatisticsRefusal, check_level
from trialist.statistics.roots import crossing
from trialist.statistics.spending import Spending

Array = NDArray[np.float64]
_NODES = 160
_FAR = 8.5  # standard deviations beyond which a normal law holds less than 1e-16
_WIDEST = 30.0  # no boundary is sought beyond


@lru_cache(maxsize=4)
def _rule(nodes: int) -> tuple[Array, Array]:
    points, weights = np.polynomial.legendre.leggauss(nodes)
    return points, weights


@dataclass(frozen=True)
class _Front:
    """The law of the score process among trials still running: nodes, and mass (weight × density) at them."""

    t: float
    nodes: Array
    mass: Array

    def above(self, bound: float, t: float, drift: float) -> float:
        """The probability of being here and then, at t, at or above z = bound."""
        step = t - self.t
        gaps = (bound * math.sqrt(t) - self.nodes - drift * step) / math.sqrt(step)
        return float(self.mass @ _upper_tails(gaps))

    def below(self, bound: float, t: float, drift: float) -> float:
        """The probability of being here and then, at t, below z = bound."""
        step = t - self.t
        gaps = (bound * math.sqrt(t) - self.nodes - drift * step) / math.sqrt(step)
        return float(self.mass @ _upper_tails(-gaps))

    def advanced(self, low: float, high: float, t: float, drift: float) -> "_Front":
        """The trials that are between two boundaries at t."""
        step, root = t - self.t, math.sqrt(t)
        middle = drift * t
        start, end = max(low * root, middle - _FAR * root), min(high * root, middle + _FAR * root)
        points, weights = _rule(_NODES)
        half = max(0.0, (end - start) / 2)
        nodes = (start + end) / 2 + half * points
        gaps = (nodes[:, None] - self.nodes[None, :] - drift * step) / math.sqrt(step)
        density = np.exp(-(gaps**2) / 2) @ self.mass / math.sqrt(2 * math.pi * step)
        return _Front(t, nodes, half * weights * density)


_START = _Front(0.0, np.zeros(1), np.ones(1))


def _upper_tails(z: Array) -> Array:
    from scipy.special import ndtr

    tails: Array = ndtr(-z)
    return tails


@dataclass(frozen=True)
class Crossing:
    """Probabilities of stopping at each look: above the upper and below the lower boundary."""

    upper: tuple[float, ...]
    lower: tuple[float, ...]

    @property
    def power(self) -> float:
        """The probability of ever crossing the upper boundary."""
        return math.fsum(self.upper)

    @property
    def stopping(self) -> tuple[float, ...]:
        """The probability of stopping at each look; at the last one, whatever is left."""
        early = [up + down for up, down in zip(self.upper[:-1], self.lower[:-1], strict=True)]
        return (*early, 1 - math.fsum(early))


def crossing_probabilities(
    rates: Sequence[float], lower: Sequence[float], upper: Sequence[float], drift: float = 0.0
) -> Crossing:
    """The probabilities of crossing each boundary first, look by look.

    Args:
        rates: Information fractions, increasing; the last need not be 1.
        lower: Lower boundaries on the z scale; -infinity where there is none.
        upper: Upper boundaries on the z scale.
        drift: Mean of Z at information fraction 1.
    """
    check_rates(rates)
    front, ups, downs = _START, [], []
    for t, low, high in zip(rates, lower, upper, strict=True):
        ups.append(front.above(high, t, drift))
        downs.append(front.below(low, t, drift))
        front = front.advanced(low, high, t, drift)
    return Crossing(tuple(ups), tuple(downs))


def check_rates(rates: Sequence[float]) -> None:
    """Refuse information fractions that are not positive and increasing."""
    if not rates or rates[0] <= 0 or any(b <= a for a, b in pairwise(rates)):
        raise StatisticsRefusal("bad_rates", "information fractions are positive and increasing")


@dataclass(frozen=True)
class SequentialDesign:
    """Boundaries on the z scale at given information fractions.

    Attributes:
        rates: Information fractions; the last is 1.
        upper: Efficacy boundaries.
        lower: Futility boundaries; -infinity where there is none; in a two-sided design the mirrored
            efficacy ones.
        alpha: Level, of both sides together where `sided` is 2.
        sided: 1 or 2.
        drift: Mean of Z at full information for which a futility boundary was made; None without one.
        binding: Whether the level counts on stopping for futility.
    """

    rates: tuple[float, ...]
    upper: tuple[float, ...]
    lower: tuple[float, ...]
    alpha: float
    sided: int = 1
    drift: float | None = None
    binding: bool = False

    @property
    def stage_levels(self) -> tuple[float, ...]:
        """The nominal level of each look's test."""
        return tuple(self.sided * normal.upper_tail(bound) for bound in self.upper)

    @property
    def spent(self) -> tuple[float, ...]:
        """The level spent by each look, cumulatively; a futility boundary that does not bind is ignored."""
        floor = self.lower if self.sided == 2 or self.binding else (-math.inf,) * len(self.rates)
        steps = crossing_probabilities(self.rates, floor, self.upper).upper
        return tuple(self.sided * math.fsum(steps[: k + 1]) for k in range(len(steps)))

    def crossing(self, drift: float) -> Crossing:
        """What happens under a drift, the mean of Z at full information, when both boundaries are obeyed."""
        return crossing_probabilities(self.rates, self.lower, self.upper, drift)

    def drift_for(self, power: float) -> float:
        """The drift with which the upper boundary is crossed with this probability."""
        check_level(power)
        return crossing(lambda drift: self.crossing(drift).power - power, 0.0, _WIDEST, 1e-12)

    def inflation(self, power: float) -> float:
        """Largest sample size over that of the fixed design with the same level and power.

        With a futility boundary the power is what the boundary was made for, and its drift is known.
        """
        fixed = normal.quantile(1 - self.alpha / self.sided) + normal.quantile(power)
        return ((self.drift_for(power) if self.drift is None else self.drift) / fixed) ** 2

    def expected_information(self, drift: float) -> float:
        """The expected information fraction when the trial stops."""
        return math.fsum(t * p for t, p in zip(self.rates, self.crossing(drift).stopping, strict=True))


def equal_rates(looks: int) -> tuple[float, ...]:
    """Looks at equal steps of information."""
    return tuple((k + 1) / looks for k in range(looks))


def _symmetric(upper: Sequence[float], sided: int) -> tuple[float, ...]:
    return tuple(-bound for bound in upper) if sided == 2 else (-math.inf,) * len(upper)


def _from_shape(
    shape: Callable[[float], list[float]], rates: Sequence[float], alpha: float, sided: int
) -> SequentialDesign:
    """The design whose boundary, a family in one constant, spends exactly alpha."""
    check_level(alpha)
    check_rates(rates)

    def excess(constant: float) -> float:
        upper = shape(constant)
        return crossing_probabilities(rates, _symmetric(upper, sided), upper).power - alpha / sided

    upper = tuple(shape(crossing(excess, 0.1, _FAR, 1e-12)))
    return SequentialDesign(tuple(rates), upper, _symmetric(upper, sided), alpha, sided)


def wang_tsiatis(
    delta: float, rates: Sequence[float], alpha: float = 0.025, sided: int = 1
) -> SequentialDesign:
    """Boundaries C·t^(Δ - ½): Δ = 0 is O'Brien and Fleming's, Δ = ½ Pocock's."""
    return _from_shape(lambda constant: [constant * t ** (delta - 0.5) for t in rates], rates, alpha, sided)


def obrien_fleming_design(rates: Sequence[float], alpha: float = 0.025, sided: int = 1) -> SequentialDesign:
    """O'Brien and Fleming's boundaries C/√t."""
    return wang_tsiatis(0.0, rates, alpha, sided)


def pocock_design(rates: Sequence[float], alpha: float = 0.025, sided: int = 1) -> SequentialDesign:
    """Pocock's constant boundaries."""
    return wang_tsiatis(0.5, rates, alpha, sided)


def haybittle_peto_design(
    rates: Sequence[float], alpha: float = 0.025, sided: int = 1, interim: float = 3.0
) -> SequentialDesign:
    """A constant strict boundary at the interim looks; the last one spends what is left."""
    return _from_shape(lambda last: [interim] * (len(rates) - 1) + [last], rates, alpha, sided)


def spending_design(
    spending: Spending, rates: Sequence[float], alpha: float = 0.025, sided: int = 1
) -> SequentialDesign:
    """Boundaries that spend alpha as the function says; two-sided, half of it on each side.

    `rates` may be those that happened, not those that were planned: that is what spending functions are for.
    """
    check_level(alpha)
    check_rates(rates)
    side = alpha / sided
    front, upper, before = _START, list[float](), 0.0
    for t in rates:
        target = spending(t, side)
        upper.append(_bound_above(front, t, target - before))
        front = front.advanced(-upper[-1] if sided == 2 else -math.inf, upper[-1], t, 0.0)
        before = target
    return SequentialDesign(tuple(rates), tuple(upper), _symmetric(upper, sided), alpha, sided)


def _bound_above(front: _Front, t: float, probability: float) -> float:
    """The upper boundary that is crossed next with this probability under the null."""
    if probability <= 1e-16:
        return _WIDEST
    return crossing(lambda bound: front.above(bound, t, 0.0) - probability, -_FAR, _WIDEST, 1e-12)


def _bound_below(front: _Front, t: float, drift: float, probability: float) -> float:
    """The lower boundary that is crossed next with this probability under a drift."""
    if probability <= 1e-16:
        return -_WIDEST
    if front.below(_WIDEST, t, drift) <= probability:
        return _WIDEST
    return crossing(lambda bound: front.below(bound, t, drift) - probability, -_WIDEST, _WIDEST, 1e-12)


def futility_design(
    spending: Spending,
    beta_spending: Spending,
    rates: Sequence[float],
    alpha: float = 0.025,
    beta: float = 0.2,
    *,
    binding: bool = False,
) -> SequentialDesign:
    """A one-sided design that spends alpha upwards and beta downwards, the boundaries meeting at the end.

    The drift is the one for which they meet; it gives power 1 - beta when futility is obeyed. Without
    `binding`, the efficacy boundary ignores futility, so the level holds also when futility is overruled.
    Checked against rpact `getDesignGroupSequential` (bsOF) and gsDesign test type 4.
    """
    check_level(beta)
    check_rates(rates)
    shape = (spending, beta_spending, tuple(rates), alpha, beta)

    def gap(drift: float) -> float:
        upper, lower = _both_boundaries(shape, drift, binding=binding)
        return lower[-1] - upper[-1]

    drift = crossing(gap, 0.5, 15.0, 1e-11)
    upper, lower = _both_boundaries(shape, drift, binding=binding)
    return SequentialDesign(tuple(rates), upper, (*lower[:-1], upper[-1]), alpha, 1, drift, binding)


def _both_boundaries(
    shape: tuple[Spending, Spending, tuple[float, ...], float, float], drift: float, *, binding: bool
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    spending, beta_spending, rates, alpha, beta = shape
    null, other = _START, _START
    upper, lower = list[float](), list[float]()
    before = 0.0
    for t in rates:
        upper.append(_bound_above(null, t, spending(t, alpha) - spending(before, alpha)))
        lower.append(_bound_below(other, t, drift, beta_spending(t, beta) - beta_spending(before, beta)))
        floor = min(lower[-1], upper[-1])
        null = null.advanced(floor if binding else -math.inf, upper[-1], t, 0.0)
        other = other.advanced(floor, upper[-1], t, drift)
        before = t
    return tuple(upper), tuple(lower)
