"""The re-randomization test: the observed statistic among those of allocations that might have been drawn.

It is valid whatever the outcomes' law, given that the allocation was drawn as stated; the outcomes, strata
and order of entry are held fixed. Source: Rosenberger, Uschner and Wang (2019), Statistics in Medicine
38:1-12; Edgington and Onghena (2007), Randomization Tests. Checked against the exact enumeration of a small
trial and against Fisher's test.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from trialist.statistics.results import Alternative, StatisticsRefusal

Allocation = TypeVar("Allocation", bound=Sequence[object])
_TIE = 1e-9


@dataclass(frozen=True, slots=True)
class Rerandomized:
    """The result of a re-randomization test.

    Attributes:
        statistic: With the real allocation.
        p: (1 + number of draws at least as extreme)/(1 + draws).
        draws: How many allocations were drawn.
        error: Monte-Carlo standard error of p.
    """

    statistic: float
    p: float
    draws: int
    error: float


def rerandomization_test(
    actual: Allocation,
    draw: Callable[[int], Allocation],
    statistic: Callable[[Allocation], float],
    draws: int = 10_000,
    alternative: Alternative = "two-sided",
) -> Rerandomized:
    """Test the sharp hypothesis that the treatment changed nobody's outcome.

    Args:
        actual: The allocation that was used.
        draw: Number 0, 1, … → an allocation drawn as the trial drew its own. The randomness is the caller's.
        statistic: Allocation → statistic, outcomes held fixed; larger favors the treatment. Two-sided uses
            its absolute value, so it should be centered, as a difference or a z statistic is.
        draws: How many.
        alternative: Which side counts as extreme.

    Raises:
        StatisticsRefusal: `too_few_values` with no draws; `no_variation` when the statistic is not a number.
    """
    if draws < 1:
        raise StatisticsRefusal("too_few_values", "a re-randomization test needs draws")
    seen = statistic(actual)
    if math.isnan(seen):
        raise StatisticsRefusal("no_variation", "the statistic is not a number for the actual allocation")
    mark = _extremity(seen, alternative)
    beyond = sum(
        _extremity(statistic(draw(i)), alternative) >= mark - _TIE * (1 + abs(mark)) for i in range(draws)
    )
    p = (1 + beyond) / (1 + draws)
    return Rerandomized(seen, p, draws, math.sqrt(p * (1 - p) / draws))


def _extremity(value: float, alternative: Alternative) -> float:
    return {"two-sided": abs(value), "greater": value, "less": -value}[alternative]
