"""Bayesian monitoring of two response rates with beta priors.

With x of n responses and a Beta(a, b) prior the posterior is Beta(a + x, b + n - x). Source: Thall and Simon
(1994), Biometrics 50:337-349; Lee and Liu (2008), Clinical Trials 5:93-106, for predictive probability.
Checked against the exact finite sum for whole-number parameters and by simulation in the tests.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from trialist.statistics.results import StatisticsRefusal, Stratum, check_counts

Array = NDArray[np.float64]
_NODES = 400


@dataclass(frozen=True, slots=True)
class Beta:
    """A beta law of a probability."""

    a: float
    b: float

    def __post_init__(self) -> None:
        if self.a <= 0 or self.b <= 0:
            raise StatisticsRefusal(
                "bad_prior", "the parameters of a beta law are positive", "try Beta(1, 1)"
            )

    def after(self, x: int, n: int) -> "Beta":
        """The posterior after x of n."""
        return Beta(self.a + x, self.b + n - x)

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """The equal-tailed credible interval."""
        from scipy.special import betaincinv

        tail = (1 - level) / 2
        return float(betaincinv(self.a, self.b, tail)), float(betaincinv(self.a, self.b, 1 - tail))

    def above(self, threshold: float) -> float:
        """P(probability > threshold)."""
        from scipy.special import betainc

        return float(betainc(self.b, self.a, 1 - threshold))


UNIFORM = Beta(1.0, 1.0)


@lru_cache(maxsize=1)
def _nodes() -> tuple[Array, Array]:
    points, weights = np.polynomial.legendre.leggauss(_NODES)
    return points, weights


def probability_greater(one: Beta, two: Beta, margin: float = 0.0) -> float:
    """P(p1 > p2 + margin) for independent beta laws, by Gauss-Legendre integration of p2's law over p1's.

    The range is p1's law up to 1e-14 in each tail, so that narrow posteriors are resolved too.
    """
    from scipy.special import betainc, betaincinv, betaln

    points, weights = _nodes()
    low, high = betaincinv(one.a, one.b, 1e-14), 1 - betaincinv(one.b, one.a, 1e-14)
    p = (low + high) / 2 + (high - low) / 2 * points
    density = np.exp((one.a - 1) * np.log(p) + (one.b - 1) * np.log1p(-p) - betaln(one.a, one.b))
    below = betainc(two.a, two.b, np.clip(p - margin, 0.0, 1.0))
    mass = weights * density
    return float(mass @ below / mass.sum())


def posterior_probability(
    table: Stratum, margin: float = 0.0, prior1: Beta = UNIFORM, prior2: Beta = UNIFORM
) -> float:
    """P(p1 > p2 + margin) after (x1, n1, x2, n2); an arm in which nobody was seen yet keeps its prior."""
    x1, n1, x2, n2 = table
    for x, n in ((x1, n1), (x2, n2)):
        if (x, n) != (0, 0):
            check_counts(x, n)
    return probability_greater(prior1.after(x1, n1), prior2.after(x2, n2), margin)


def predictive_probability(
    table: Stratum,
    planned: tuple[int, int],
    threshold: float = 0.975,
    prior1: Beta = UNIFORM,
    prior2: Beta = UNIFORM,
) -> float:
    """The probability that at the planned size P(p1 > p2) will exceed the threshold, given the data so far.

    The sum, over all numbers of future responses, of their beta-binomial probabilities where the final
    posterior probability exceeds the threshold.
    """
    x1, n1, x2, n2 = table
    left1, left2 = planned[0] - n1, planned[1] - n2
    if min(left1, left2) < 0:
        raise StatisticsRefusal("bad_counts", "more participants than planned")
    law1 = beta_binomial(prior1.after(x1, n1), left1)
    law2 = beta_binomial(prior2.after(x2, n2), left2)

    def losing_from(future1: int) -> int:
        """The least number of future responses in the second arm with which the first no longer wins."""
        one, winning, losing = prior1.after(x1 + future1, planned[0]), -1, left2 + 1
        while losing - winning > 1:
            middle = (winning + losing) // 2
            won = probability_greater(one, prior2.after(x2 + middle, planned[1])) > threshold
            winning, losing = (middle, losing) if won else (winning, middle)
        return losing

    return min(1.0, math.fsum(float(mass * law2[: losing_from(k)].sum()) for k, mass in enumerate(law1)))


def beta_binomial(law: Beta, n: int) -> Array:
    """The probabilities of 0…n responses among n further participants."""
    from scipy.special import betaln

    k = np.arange(n + 1)
    choose = math.lgamma(n + 1) - np.array([math.lgamma(i + 1) + math.lgamma(n - i + 1) for i in k])
    result: Array = np.exp(choose + betaln(law.a + k, law.b + n - k) - betaln(law.a, law.b))
    return result
