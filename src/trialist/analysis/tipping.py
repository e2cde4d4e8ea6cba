"""How the missing would have had to respond to turn the conclusion.

Every number of responders among the missing of each arm is tried, and of all ways to place them in the strata the
one that is least favorable counts: the largest p-value where the conclusion is a difference, the smallest where it
is none. Source: Yan, Lee and Li (2009), Drug Information Journal 43:379-388, for the table of all completions.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any

from trialist import statistics
from trialist.analysis.outcomes import MISSING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from trialist.analysis.outcomes import Outcome

    Numbers = NDArray[np.float64]

MOST = 2_000_000
"""Completions tried; more are refused."""


def grid(found: Sequence[Outcome], arms: tuple[str, str], by: str, alpha: float) -> dict[str, Any]:
    """p-values by the number of responders among the missing: rows for the first arm, columns for the second.

    Args:
        found: Outcomes that are due; `response` None where missing.
        arms: First and second.
        by: The strata of the test.
        alpha: Two-sided level of the conclusion, which is the one with every missing response a failure.

    Raises:
        StatisticsRefusal: `empty_arm`; `too_large` with more ways to place them than can be tried.
    """
    names = list(dict.fromkeys(one.case.stratum_by(by) for one in found))
    known = _counted(found, arms, by, names)
    gone = _gone(found, arms, by, names)
    if prod(count + 1 for counts in gone for count in counts) > MOST:
        raise statistics.StatisticsRefusal("too_large", "too many values are missing to try every way")
    p, estimate = _all(known, gone)
    start = float(p[0, 0, 0])
    significant = start <= alpha
    worst = p.max(axis=2) if significant else p.min(axis=2)
    turned = (worst > alpha) if significant else (worst <= alpha)
    return {
        "missing": {arm: sum(counts) for arm, counts in zip(arms, gone, strict=True)},
        "alpha": alpha,
        "significant": significant,
        "grid": {"p": worst.tolist(), "estimate": estimate.tolist()},
        "turned": int(turned.sum()),
        "completions": int(turned.size),
        "nearest": _nearest(turned, arms),
    }


def _counted(found: Sequence[Outcome], arms: tuple[str, str], by: str, names: Sequence[str]) -> Numbers:
    """Stratum by stratum x1, n1, x2, n2 with every missing response a failure.

    Raises:
        StatisticsRefusal: an arm has nobody.
    """
    import numpy as np

    tables = np.zeros((len(names), 4))
    for one in found:
        place = 2 * arms.index(one.case.arm)
        row = tables[names.index(one.case.stratum_by(by))]
        row[place] += bool(one.response)
        row[place + 1] += 1
    if not tables[:, 1].any() or not tables[:, 3].any():
        raise statistics.StatisticsRefusal("empty_arm", "an arm has no participants")
    return tables


def _gone(found: Sequence[Outcome], arms: tuple[str, str], by: str, names: Sequence[str]) -> list[list[int]]:
    """Arm by arm and stratum by stratum, how many responses are missing."""
    missing = [(one.case.arm, one.case.stratum_by(by)) for one in found if one.why == MISSING]
    return [[missing.count((arm, name)) for name in names] for arm in arms]


def _all(known: Numbers, gone: Sequence[Sequence[int]]) -> tuple[Numbers, Numbers]:
    """The p-value of every completion by (responders of the first arm, of the second, placement), and mean differences.

    Placements of which there are fewer than of the most repeat one of their own, so that the array is full.
    """
    import numpy as np

    first, second = (_placements(counts) for counts in gone)
    width = max(map(len, first)) * max(map(len, second))
    p = np.empty((len(first), len(second), width))
    estimate = np.empty((len(first), len(second)))
    for i, j in product(range(len(first)), range(len(second))):
        pairs = [np.concatenate(pair) for pair in product(first[i], second[j])]
        added = np.array(pairs).reshape(len(pairs), 2, len(known))
        found = _p_values(known[:, 0] + added[:, 0], known[:, 1], known[:, 2] + added[:, 1], known[:, 3])
        p[i, j] = np.resize(found, width)
        estimate[i, j] = (known[:, 0].sum() + i) / known[:, 1].sum() - (known[:, 2].sum() + j) / known[
            :, 3
        ].sum()
    return p, estimate


def _placements(counts: Sequence[int]) -> list[list[tuple[int, ...]]]:
    """For each number of responders, the ways to place them in the strata."""
    ways: list[list[tuple[int, ...]]] = [[] for _ in range(sum(counts) + 1)]
    for way in product(*(range(count + 1) for count in counts)):
        ways[sum(way)].append(way)
    return ways


def _p_values(x1: Numbers, n1: Numbers, x2: Numbers, n2: Numbers) -> Numbers:
    """Cochran, Mantel and Haenszel's p-values, a row each; 1 where nothing varies."""
    import numpy as np

    total, events = n1 + n2, x1 + x2
    inside = total > 1
    excess = np.where(inside, x1 - n1 * events / np.maximum(total, 1), 0).sum(axis=1)
    spread = n1 * n2 * events * (total - events) / (np.maximum(total, 1) ** 2 * np.maximum(total - 1, 1))
    variance = spread.sum(axis=1)
    statistic = np.divide(excess**2, variance, out=np.zeros(len(x1)), where=variance > 0)
    return np.array([_tail(value) for value in statistic.tolist()])


def _tail(statistic: float) -> float:
    from trialist.statistics import normal

    return normal.chi_square_tail(statistic)


def _nearest(turned: Numbers, arms: tuple[str, str]) -> dict[str, int] | None:
    """The completion with the fewest responders that turns the conclusion; among equals, more in the second arm."""
    import numpy as np

    places = sorted(np.argwhere(turned).tolist(), key=lambda place: (sum(place), place[0]))
    return dict(zip(arms, places[0], strict=True)) if places else None


def factor(path: Sequence[dict[str, Any]], alpha: float) -> float | None:
    """The first penalty at which the pooled p-value exceeds alpha; None when none does."""
    return next((one["penalty"] for one in path if one["p"] is not None and one["p"] > alpha), None)
