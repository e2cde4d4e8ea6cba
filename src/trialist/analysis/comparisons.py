"""Two arms compared: one endpoint, one estimand, its test and its interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from trialist import statistics
from trialist.analysis.outcomes import Outcome
from trialist.analysis.refusals import refusal
from trialist.protocol.model import Analysis

Stratum = tuple[int, int, int, int]
"""Events and participants of the first arm, events and participants of the second."""
DECIMALS = 11
"""Decimals of a difference of shares: what lies behind them is the root finder's."""


@dataclass(frozen=True, slots=True)
class Tables:
    """The 2×2 tables of a comparison, stratum by stratum."""

    arms: tuple[str, str]
    strata: Mapping[str, Stratum]

    @property
    def total(self) -> Stratum:
        """All strata together."""
        sums = [sum(column) for column in zip(*self.strata.values(), strict=True)] or [0, 0, 0, 0]
        return sums[0], sums[1], sums[2], sums[3]

    def by_arm(self) -> dict[str, dict[str, int]]:
        """Arm → participants and events."""
        return _by_arm(self.arms, self.total)

    def by_stratum(self) -> dict[str, dict[str, dict[str, int]]]:
        """Stratum → arm → participants and events."""
        return {name: _by_arm(self.arms, stratum) for name, stratum in self.strata.items()}


def _by_arm(arms: tuple[str, str], stratum: Stratum) -> dict[str, dict[str, int]]:
    x1, n1, x2, n2 = stratum
    return {arms[0]: {"n": n1, "events": x1}, arms[1]: {"n": n2, "events": x2}}


def tables(found: Sequence[Outcome], arms: tuple[str, str], strata: Sequence[str], by: str) -> Tables:
    """Count responses by arm and stratum; `by` is actual, as_randomized or none."""
    names = list(strata) if by != "none" else [""]
    counts = {name: [0, 0, 0, 0] for name in names}
    for outcome in found:
        place = 2 * arms.index(outcome.case.arm)
        row = counts[outcome.case.stratum_by(by)]
        row[place] += bool(outcome.response)
        row[place + 1] += 1
    return Tables(arms, {name: (row[0], row[1], row[2], row[3]) for name, row in counts.items()})


def compare(found: Tables, analysis: Analysis) -> dict[str, Any]:
    """Estimate (first arm minus second), interval and p-value as the estimand's analysis says.

    Where a method has no answer the record says why in `refusal`, and no number stands in its place.
    """
    return _joined(found, _interval(found, analysis), _test(found, analysis))


def exact(found: Tables, analysis: Analysis) -> dict[str, Any]:
    """The same comparison with the exact conditional test of the strata (Fisher's, where there is one)."""
    return _joined(found, _interval(found, analysis), _exact_test(found, analysis))


def _joined(found: Tables, interval: dict[str, Any], test: dict[str, Any]) -> dict[str, Any]:
    methods = [part.pop("method") for part in (test, interval) if part.get("method")]
    refused = [part.pop("refused") for part in (test, interval) if part.get("refused")]
    record = {
        "arms": found.by_arm(),
        **interval,
        **test,
        "method": "; ".join(methods),
        "strata": found.by_stratum(),
    }
    return record | refusal(*refused)


def _interval(found: Tables, analysis: Analysis) -> dict[str, Any]:
    stratified = analysis.interval == "stratified_miettinen_nurminen"
    strata = list(found.strata.values()) if stratified else [found.total]
    try:
        interval = statistics.stratified_score_interval(strata, float(analysis.level))
    except statistics.StatisticsRefusal as refused:
        return {"estimate": None, "ci": None, "refused": refused}
    assert interval.estimate is not None, "a difference always has an estimate"
    estimate, low, high = (
        round(number, DECIMALS) for number in (interval.estimate, interval.low, interval.high)
    )
    return {"estimate": estimate, "ci": [low, high], "method": interval.method}


def _test(found: Tables, analysis: Analysis) -> dict[str, Any]:
    if analysis.test == "none":
        return {"p": None, "statistic": None}
    try:
        test = statistics.cmh_test(list(found.strata.values()))
    except statistics.StatisticsRefusal as refused:
        return _exact_test(found, analysis, because=str(refused))
    p = test.p if analysis.sided == 2 else _one_sided(found, test.p)
    return {"p": p, "statistic": test.statistic, "method": test.method}


def _one_sided(found: Tables, p: float) -> float:
    """The p-value for a first arm that responds more often."""
    x1, n1, x2, n2 = found.total
    return p / 2 if x1 * n2 > x2 * n1 else 1 - p / 2


def _exact_test(found: Tables, analysis: Analysis, because: str = "") -> dict[str, Any]:
    alternative: Literal["two-sided", "greater"] = "two-sided" if analysis.sided == 2 else "greater"
    try:
        test = statistics.exact_conditional_test(list(found.strata.values()), alternative)
    except statistics.StatisticsRefusal as refused:
        return {"p": None, "statistic": None, "refused": refused}
    return {"p": test.p, "statistic": None, "method": test.method + (f" ({because})" if because else "")}
