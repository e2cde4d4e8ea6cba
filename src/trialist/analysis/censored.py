"""Two groups of normal values of which some are only known to lie beyond a limit.

Maximum likelihood with one standard deviation for both groups, by expectation and maximization (Dempster,
Laird and Rubin 1977, JRSS B 39:1-38; moments of the truncated normal: Tobin 1958, Econometrica 26:24-36).
The standard error comes from the observed information; the variance is scaled by n/(n - 2) and the interval
uses Student's t with n - 2 degrees of freedom, so that without censoring this is the two-sample t interval
with pooled variance.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from trialist.statistics import StatisticsRefusal
from trialist.statistics.roots import crossing

_ROUNDS, _TOLERANCE = 2000, 1e-10
_STEP = 1e-4
"""Of the second differences, in standard deviations: their error is about 1e-8 relative."""


@dataclass(frozen=True, slots=True)
class Value:
    """A number known to lie from `low` to `high`; None: no bound. Equal bounds: an exact value."""

    low: float | None
    high: float | None

    @property
    def exact(self) -> bool:
        """Whether the number itself is known."""
        return self.low is not None and self.low == self.high


@dataclass(frozen=True, slots=True)
class Fit:
    """Means of both groups, their common standard deviation, and the difference with its interval."""

    means: tuple[float, float]
    sd: float
    difference: float
    low: float
    high: float


Groups = tuple[Sequence[Value], Sequence[Value]]
Parameters = tuple[float, float, float]


def compare(first: Sequence[Value], second: Sequence[Value], level: float = 0.95) -> Fit:
    """Estimate both means and their difference (first minus second).

    Raises:
        StatisticsRefusal: a group has fewer than two exact values, or they do not vary.
    """
    groups = (first, second)
    if any(sum(value.exact for value in group) < 2 for group in groups):
        raise StatisticsRefusal("too_few_values", "an arm has fewer than two values within the limits")
    mean1, mean2, sd = fit(groups)
    size = len(first) + len(second)
    error = math.sqrt(_difference_variance(groups, (mean1, mean2, sd)) * size / (size - 2))
    half = student(level, size - 2) * error
    difference = mean1 - mean2
    pooled = sd * math.sqrt(size / (size - 2))
    return Fit((mean1, mean2), pooled, difference, difference - half, difference + half)


def fit(groups: Groups) -> Parameters:
    """The means and the standard deviation of highest likelihood."""
    known = [[value.low for value in group if value.exact and value.low is not None] for group in groups]
    means = [sum(group) / len(group) for group in known]
    spread = sum((x - mean) ** 2 for group, mean in zip(known, means, strict=True) for x in group)
    if spread == 0:
        raise StatisticsRefusal("no_variation", "the values within the limits do not vary")
    size = sum(len(group) for group in groups)
    sd = math.sqrt(spread / sum(len(group) for group in known))
    for _ in range(_ROUNDS):
        expected = [
            [_moments(value, mean, sd) for value in group] for group, mean in zip(groups, means, strict=True)
        ]
        new_means = [sum(one for one, _ in group) / len(group) for group in expected]
        square = sum(
            two - 2 * mean * one + mean**2
            for group, mean in zip(expected, new_means, strict=True)
            for one, two in group
        )
        new_sd = math.sqrt(square / size)
        moved = max(abs(new_sd - sd), *(abs(a - b) for a, b in zip(means, new_means, strict=True)))
        means, sd = new_means, new_sd
        if moved < _TOLERANCE * sd:
            break
    return means[0], means[1], sd


def _moments(value: Value, mean: float, sd: float) -> tuple[float, float]:
    """First and second moment of a normal number, given where it is known to lie."""
    if value.exact:
        assert value.low is not None
        return value.low, value.low**2
    if value.high is not None:  # below a limit
        z = (value.high - mean) / sd
        ratio = -_hazard(-z)
    else:
        assert value.low is not None
        z = (value.low - mean) / sd
        ratio = _hazard(z)
    first = mean + sd * ratio
    variance = sd**2 * (1 + z * ratio - ratio**2)
    return first, variance + first**2


def _hazard(z: float) -> float:
    """φ(z)/(1 - Φ(z)); by its asymptote where both vanish."""
    if z > 30:
        return z + 1 / z
    return math.exp(-z * z / 2) / math.sqrt(2 * math.pi) / (math.erfc(z / math.sqrt(2)) / 2)


def log_likelihood(groups: Groups, parameters: Parameters) -> float:
    """Of all values, up to a constant."""
    *means, sd = parameters
    return sum(
        _log_likelihood(value, mean, sd) for group, mean in zip(groups, means, strict=True) for value in group
    )


def _log_likelihood(value: Value, mean: float, sd: float) -> float:
    if value.exact:
        assert value.low is not None
        return -math.log(sd) - ((value.low - mean) / sd) ** 2 / 2
    bound, sign = (value.high, -1) if value.high is not None else (value.low, 1)
    assert bound is not None
    return math.log(max(math.erfc(sign * (bound - mean) / sd / math.sqrt(2)) / 2, 1e-300))


def _difference_variance(groups: Groups, at: Parameters) -> float:
    """Variance of the difference of means, from the inverse of the observed information (3 × 3)."""
    step = _STEP * at[2]

    def shifted(*shifts: tuple[int, float]) -> float:
        moved = list(at)
        for place, by in shifts:
            moved[place] += by * step
        return log_likelihood(groups, (moved[0], moved[1], moved[2]))

    def second(i: int, j: int) -> float:
        corners = ((1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1))
        total = sum(sign * shifted((i, a), (j, b)) for a, b, sign in corners)
        return -total / (4 * step**2)

    a, b, c = second(0, 0), second(1, 1), second(2, 2)
    d, e = second(0, 2), second(1, 2)  # the two means share no value, so their own second derivative is zero
    determinant = a * b * c - b * d * d - a * e * e
    return ((b * c - e * e) + (a * c - d * d) - 2 * d * e) / determinant


def student(level: float, df: int) -> float:
    """The two-sided critical value t with P(|T| ≤ t) = level, for whole degrees of freedom.

    The probability as a finite sum (Abramowitz and Stegun 26.7.3 and 26.7.4); SciPy has it too, and takes
    longer to load than the whole analysis.
    """
    return crossing(lambda t: _within(t, df) - level, 0.0, 1e3)


def _within(t: float, df: int) -> float:
    """P(|T| ≤ t)."""
    angle = math.atan(t / math.sqrt(df))
    square = math.cos(angle) ** 2
    odd = df % 2
    term = math.cos(angle) if odd else 1.0
    total = term if df > 1 else 0.0
    for k in range(2 + odd, df - 1, 2):
        term *= square * (k - 1) / k
        total += term
    total *= math.sin(angle)
    return (angle + total) * 2 / math.pi if odd else total
