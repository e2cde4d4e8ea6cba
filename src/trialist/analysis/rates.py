"""Events per participant-year, with their exact interval."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

PER = 100.0
"""Rates are per so many participant-years."""


@dataclass(frozen=True, slots=True)
class Rate:
    """Events per 100 participant-years."""

    value: float
    low: float
    high: float


def rate(events: int, years: float, level: float = 0.95) -> Rate | None:
    """The rate of a Poisson count and its exact interval; None where nobody was observed.

    The limits are the means at which a count as far away or farther has probability (1 - level)/2: Garwood
    (1936), Biometrika 28:437-442. Assumes that events come independently, which repeated events of one
    participant need not; it describes, and tests nothing.
    """
    if years <= 0:
        return None
    tail = (1 - level) / 2
    low = 0.0 if events == 0 else _mean_at(lambda mean: _below(events - 1, mean) - (1 - tail), events)
    high = _mean_at(lambda mean: _below(events, mean) - tail, events)
    return Rate(PER * events / years, PER * low / years, PER * high / years)


def _below(count: int, mean: float) -> float:
    """The probability of at most `count` events."""
    if mean == 0:
        return 1.0
    return math.fsum(math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)) for k in range(count + 1))


def _mean_at(falling: Callable[[float], float], events: int) -> float:
    """Where a falling function of the mean crosses zero."""
    low, high = 0.0, events + 10 * math.sqrt(events + 1) + 10
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if falling(middle) > 0 else (low, middle)
    return (low + high) / 2
