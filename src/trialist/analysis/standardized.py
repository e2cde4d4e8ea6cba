"""The difference standardized over stratum and baseline: g-computation after a logistic regression.

The variance is Ye's, valid though the regression be wrong (FDA 2023, Adjusting for Covariates in Randomized
Clinical Trials). Where the regression has no maximum, it is fitted with fewer covariates, and the record says why.
Where it has none without any (an arm without events, or all of one kind), or an arm is too small for a normal law, the
difference over the strata stands in its place, with methods that have an answer at any size: Mantel and Haenszel's
difference, Yan and Su's interval, the exact conditional test.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from trialist import statistics
from trialist.analysis.refusals import FEWEST_FOR_NORMAL, refusal
from trialist.analysis.repeated import log_at

if TYPE_CHECKING:
    from trialist.analysis.comparisons import Tables
    from trialist.analysis.histories import Reader
    from trialist.analysis.outcomes import Outcome
    from trialist.protocol.model import Analysis
    from trialist.statistics import MarginalEffect

METHOD = "standardized difference (g-computation), variance of Ye and others"
IN_PLACE = "Mantel-Haenszel difference; stratified newcombe, MH weights; exact conditional"
Columns = list[list[float]]


def difference(
    reader: Reader, analyte: str, found: Sequence[Outcome], tables: Tables, analysis: Analysis
) -> dict[str, Any]:
    """The standardized difference of the two arms' shares with Wald's interval.

    Args:
        reader: Of the study file.
        analyte: Whose baseline is a covariate.
        found: The outcomes, everything missing counted.
        tables: The same by arm and stratum, for where no regression has an answer.
        analysis: Level, sides and strata.
    """
    arms = tables.arms
    because: list[statistics.StatisticsRefusal] = []
    record: dict[str, Any] = {"estimate": None, "ci": None, "p": None, "method": METHOD, "adjusted_for": []}
    for names, columns in _adjustments(reader, analyte, found, analysis):
        try:
            effect = _computed(found, arms, columns)
        except statistics.StatisticsRefusal as refused:
            because.append(refused)
        else:
            return (
                record
                | _said(effect, arms, analysis)
                | {"adjusted_for": names, "not_used": list(map(str, because))}
            )
    return record | _in_place(tables, analysis, because)


def _in_place(
    tables: Tables, analysis: Analysis, because: Sequence[statistics.StatisticsRefusal]
) -> dict[str, Any]:
    """The difference over the strata by methods for any size; `because` says why it is not the standardized one."""
    strata = list(tables.strata.values())
    try:
        interval = statistics.stratified_newcombe(strata, float(analysis.level))
        test = statistics.exact_conditional_test(strata, "two-sided" if analysis.sided == 2 else "greater")
    except statistics.StatisticsRefusal as refused:
        return refusal(because[-1], refused)
    return {
        "estimate": interval.estimate,
        "ci": [interval.low, interval.high],
        "p": test.p,
        "statistic": None,
        "method": IN_PLACE,
        "in_place_of": METHOD,
        "adjusted_for": ["stratum"] if len(strata) > 1 else [],
        "not_used": [str(one) for one in because],
        "because": refusal(because[-1])["refusal_words"],
    }


def _adjustments(
    reader: Reader, analyte: str, found: Sequence[Outcome], analysis: Analysis
) -> Iterator[tuple[list[str], Columns]]:
    """Covariates, name by name and participant by participant, from the most to none."""
    strata = [one.case.stratum_by(analysis.strata) for one in found]
    kept = list(dict.fromkeys(strata))[1:]
    by_stratum = [[float(stratum == one) for one in kept] for stratum in strata]
    baseline = [log_at(reader, "baseline", analyte, one.case) for one in found]
    if None not in baseline:
        yield (
            ["stratum", "baseline"],
            [[*row, value or 0.0] for row, value in zip(by_stratum, baseline, strict=True)],
        )
    if kept:
        yield ["stratum"], by_stratum
    yield [], [[] for _ in found]


def _computed(found: Sequence[Outcome], arms: tuple[str, str], columns: Columns) -> MarginalEffect:
    import numpy as np

    arm = np.array([one.case.arm == arms[0] for one in found], dtype=float)
    if min(arm.sum(), len(arm) - arm.sum()) < FEWEST_FOR_NORMAL:
        raise statistics.StatisticsRefusal(
            "too_few_values", f"an arm has fewer than {FEWEST_FOR_NORMAL} participants"
        )
    response = np.array([bool(one.response) for one in found], dtype=float)
    effect = statistics.g_computation(response, arm, np.array(columns).reshape(len(found), -1))
    if not (math.isfinite(effect.se) and effect.se > 0):
        raise statistics.StatisticsRefusal("no_variation", "the standardized shares do not vary")
    return effect


def _said(effect: MarginalEffect, arms: tuple[str, str], analysis: Analysis) -> dict[str, Any]:
    from trialist.statistics import normal

    interval = effect.interval(float(analysis.level))
    z = effect.estimate / effect.se
    return {
        "estimate": effect.estimate,
        "ci": [max(-1.0, interval.low), min(1.0, interval.high)],
        "p": normal.p_value(z, "two-sided" if analysis.sided == 2 else "greater"),
        "statistic": z,
        "standardized": dict(zip(arms, effect.proportions, strict=True)),
    }
