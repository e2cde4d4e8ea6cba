"""Which assumptions return a number of participants: the usual formulas, read backwards."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from trialist import statistics as st

POWERS = (0.8, 0.9)
DROPOUTS = (0.0, 0.1, 0.2)
FORMULAS = ("chi-square", "arcsine")


def needed(
    formula: str, treatment: float, control: float, *, power: float, alpha: float, ratio: float = 1.0
) -> tuple[float, float]:
    """Participants of treatment and control by a usual formula, not rounded.

    `chi-square` is the normal approximation with the pooled variance under the null (Fleiss, Levin and Paik
    2003); `arcsine` is Cohen's (1988).
    """
    if formula == "arcsine":
        size = st.sample_size_arcsine(st.cohen_h(treatment, control), power, alpha, ratio=ratio)
    else:
        size = st.sample_size_proportions(treatment, control, power, alpha, ratio=ratio)
    return size.n1, size.n2


def randomized(each: tuple[float, float], dropout: float) -> int:
    """Whole participants to randomize so that `each` remain after a share `dropout` is lost."""
    return sum(math.ceil(n / (1 - dropout) - 1e-9) for n in each)


def justifying(total: int, alpha: float, ratio: float = 1.0) -> list[dict[str, Any]]:
    """Pairs of rates, in steps of 1 %, for which a usual formula returns exactly `total`.

    Every combination of formula, power and dropout; only improvements over the control, since a pair and its
    mirror image return the same number.
    """
    return [
        {"formula": formula, "power": power, "dropout": dropout, "pairs": pairs}
        for formula in FORMULAS
        for power in POWERS
        for dropout in DROPOUTS
        if (pairs := list(_pairs(total, formula, power=power, dropout=dropout, alpha=alpha, ratio=ratio)))
    ]


def _pairs(
    total: int, formula: str, *, power: float, dropout: float, alpha: float, ratio: float
) -> Iterator[tuple[float, float]]:
    """(control, treatment) of whole percents; for one control the number falls as the treatment's rate rises."""
    for control in range(1, 90):
        for treatment in range(control + 5, 100):
            found = randomized(
                needed(formula, treatment / 100, control / 100, power=power, alpha=alpha, ratio=ratio),
                dropout,
            )
            if found == total:
                yield control / 100, treatment / 100
            if found < total:
                break
