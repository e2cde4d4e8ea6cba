"""Two values of each participant, before and after, on the log scale; some only known to lie beyond a limit.

A mixed model for repeated measures of both days: the arms have one mean before (they were randomized) and two
after, the covariance is unstructured; Kenward and Roger's standard errors. Source: Liang and Zeger (2000), Sankhya B
62:134-148. Values beyond a limit are drawn from the model's normal law beyond it, by data augmentation of the same
model in its other form (a mean before, a regression of after on before; Tanner and Wong 1987, JASA 82:528-540), and
the fits joined by Rubin's rules. Without censoring it is one fit. Checked against a direct maximization of the
restricted likelihood, and with censoring against one of the full likelihood that integrates what is censored.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trialist import statistics
from trialist.analysis.censored import Value
from trialist.analysis.repeated import DEGREES, covariance, fitted

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from trialist.statistics import Chosen, Effect

    Numbers = NDArray[np.float64]
    _Limits = tuple[NDArray[Any], Numbers, Numbers]

FEWEST = 3
"""Participants of each arm with both numbers known: below it the spread within arms is a guess."""
BURN, THIN = 50, 5


@dataclass(frozen=True, slots=True)
class Pair:
    """One participant's logarithms; `after` None where there is none by the same assay."""

    first: bool
    """Whether the participant is in the first arm."""
    before: Value
    after: Value | None

    @property
    def exact(self) -> bool:
        """Whether both numbers are known."""
        return self.before.exact and self.after is not None and self.after.exact


@dataclass(frozen=True)
class Change:
    """The log ratios of after to before: by arm (first, second), their difference, their standard deviation."""

    means: tuple[float, float]
    difference: Effect
    sd: float
    about: dict[str, Any]


def change(pairs: Sequence[Pair], draws: int, seed: int) -> Change:
    """Fit the model.

    Args:
        pairs: Everybody with a value before.
        draws: Completed data sets where something is censored.
        seed: Of NumPy's default generator (PCG64).

    Raises:
        StatisticsRefusal: an arm has too few pairs of known numbers; no covariance can be fitted.
    """
    for first in (True, False):
        if sum(pair.exact and pair.first is first for pair in pairs) < FEWEST:
            raise statistics.StatisticsRefusal(
                "too_few_values", "an arm has fewer than three pairs of numbers"
            )
    completed = _completed(pairs, draws, seed)
    fits = [_fit(pairs, values) for values in completed]
    contrasts = ((-1.0, 1.0, 1.0), (-1.0, 1.0, 0.0), (0.0, 0.0, 1.0))
    ours, theirs, difference = ([one.fit.effect(contrast, DEGREES) for one in fits] for contrast in contrasts)
    return Change(
        (_mean(ours), _mean(theirs)),
        statistics.rubin(difference) if len(fits) > 1 else difference[0],
        math.fsum(_spread(one) for one in fits) / len(fits),
        covariance(fits[0]) | {"imputations": len(fits) if len(fits) > 1 else 0},
    )


def _mean(effects: Sequence[Effect]) -> float:
    return math.fsum(one.estimate for one in effects) / len(effects)


def _spread(chosen: Chosen) -> float:
    """Standard deviation of the log ratio."""
    sigma = chosen.fit.sigma[None]
    assert sigma is not None, "no spatial structure is in the chain"
    return math.sqrt(float(sigma[0, 0] + sigma[1, 1] - 2 * sigma[0, 1]))


def _fit(pairs: Sequence[Pair], values: Numbers) -> Chosen:
    import numpy as np

    rows = [
        (place, day, value, float(day == 1 and pairs[place].first))
        for place, both in enumerate(values.tolist())
        for day, value in enumerate(both)
        if not math.isnan(value)
    ]
    design = np.array([[float(day == 0), float(day == 1), first] for _, day, _, first in rows])
    return fitted(
        [value for _, _, value, _ in rows], design, [str(place) for place, *_ in rows], [r[1] for r in rows]
    )


def _completed(pairs: Sequence[Pair], draws: int, seed: int) -> list[Numbers]:
    """Both days' values, NaN where there is none after; one set if nothing is censored."""
    import numpy as np

    known = np.array([[_number(pair.before), _number(pair.after)] for pair in pairs])
    if all(pair.before.exact and (pair.after is None or pair.after.exact) for pair in pairs):
        return [known]
    absent = np.array([pair.after is None for pair in pairs])
    chain = _Chain(pairs, np.random.default_rng(seed))
    found = []
    for turn in range(BURN + draws * THIN):
        chain.advance()
        if turn >= BURN and (turn - BURN) % THIN == THIN - 1:
            values = np.column_stack([chain.before, chain.after])
            values[absent, 1] = np.nan
            found.append(values)
    return found


def _number(value: Value | None) -> float:
    """The number, or the limit beyond which it lies."""
    if value is None:
        return math.nan
    bound = value.low if value.low is not None else value.high
    assert bound is not None, "a value without any bound is no value"
    return bound


class _Chain:
    """Data augmentation: values given parameters, parameters given values, in turn."""

    def __init__(self, pairs: Sequence[Pair], rng: np.random.Generator) -> None:
        import numpy as np

        self.rng = rng
        self.first = np.array([pair.first for pair in pairs], dtype=float)
        self.before = np.array([_number(pair.before) for pair in pairs])
        after = np.array([_number(pair.after) for pair in pairs])
        self.after = np.where(np.isnan(after), self.before, after)
        self.open_before = _limits([pair.before for pair in pairs])
        self.open_after = _limits([pair.after or Value(None, None) for pair in pairs])

    def advance(self) -> None:
        """One round."""
        import numpy as np

        size = len(self.first)
        residual = self.before - self.before.mean()
        variance = float(residual @ residual) / self.rng.chisquare(size - 1)
        mean = self.rng.normal(self.before.mean(), math.sqrt(variance / size))
        slopes, noise = self._regression()
        base = slopes[0] + slopes[1] * self.first
        precision = 1 / variance + slopes[2] ** 2 / noise
        center = (mean / variance + slopes[2] * (self.after - base) / noise) / precision
        self._redraw(self.before, center, 1 / math.sqrt(precision), self.open_before)
        expected = base + slopes[2] * self.before
        self._redraw(self.after, np.asarray(expected), math.sqrt(noise), self.open_after)

    def _regression(self) -> tuple[Numbers, float]:
        """Intercept, effect of the first arm, slope on before, and the residual variance: one draw."""
        import numpy as np

        design = np.column_stack([np.ones(len(self.first)), self.first, self.before])
        inverse = np.linalg.inv(design.T @ design)
        center = inverse @ design.T @ self.after
        residual = self.after - design @ center
        variance = float(residual @ residual) / self.rng.chisquare(len(residual) - 3)
        root = np.linalg.cholesky(inverse * variance)
        return center + root @ self.rng.standard_normal(3), variance

    def _redraw(self, values: Numbers, center: Numbers, sd: float, limits: _Limits) -> None:
        """Values that are not known exactly, from the normal law between their limits; by inversion."""
        import numpy as np
        from scipy.special import ndtr, ndtri

        where, low, high = limits
        middle = center[where]
        below, above = (low - middle) / sd, (high - middle) / sd
        sign = np.where(np.isinf(below), 1.0, -1.0)  # invert in the tail that lies toward the limit
        edge = np.where(sign > 0, above, -below)
        share = np.maximum(self.rng.random(len(where)) * ndtr(edge), 1e-300)
        values[where] = middle + sd * sign * ndtri(np.minimum(share, 1 - 1e-16))


def _limits(values: Sequence[Value]) -> _Limits:
    """Which values are not exact, and between what they lie."""
    import numpy as np

    where = [place for place, value in enumerate(values) if not value.exact]
    low = [-math.inf if (bound := values[place].low) is None else bound for place in where]
    high = [math.inf if (bound := values[place].high) is None else bound for place in where]
    return np.array(where, dtype=int), np.array(low), np.array(high)
