"""A laboratory value over the visits: a mixed model for repeated measures on the log scale.

log y at the named times = time x arm + time x log baseline, covariance unstructured or the first plainer one of a
chain that can be fitted; Kenward and Roger's standard errors and degrees of freedom (linear form). Values are
compared as they are, whatever else was given; missing ones are taken as missing at random.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trialist import statistics
from trialist.analysis.refusals import refusal

if TYPE_CHECKING:
    from trialist.analysis.histories import Reader
    from trialist.analysis.outcomes import Case
    from trialist.statistics import Chosen
    from trialist.statistics.continuous import Effect
    from trialist.statistics.repeated import Degrees

METHOD = "mixed model for repeated measures on the log scale, Kenward-Roger"
DEGREES: Degrees = "kenward-roger-linear"
FEWEST = 2
"""Participants that each arm needs at a time for the time to be in the model."""


@dataclass(frozen=True)
class Row:
    """One value of one participant at one named time."""

    participant: str
    arm: int
    """1 for the first arm, 0 for the second."""
    time: int
    value: float
    baseline: float


def log_at(reader: Reader, time: str, analyte: str, case: Case) -> float | None:
    """The logarithm of the value at a named time; None where it is not known or not positive."""
    value = reader.at(time, analyte, case.history)
    return math.log(value) if value is not None and value > 0 else None


def courses(
    reader: Reader, analyte: str, last: str, everybody: Sequence[Case], arms: tuple[str, str], *, level: float
) -> dict[str, Any]:
    """Time by time: each arm's geometric mean and their ratio (first over second), with intervals."""
    times = reader.times_until(last)
    rows = tuple(_rows(reader, analyte, times, everybody, arms))
    kept = [place for place in range(len(times)) if _enough(rows, place)]
    record: dict[str, Any] = {
        "analyte": analyte,
        "unit": reader.protocol.dictionaries.analytes[analyte].unit,
        "method": METHOD,
        "times": [],
        "covariance": None,
    }
    try:
        chosen, effects = _fitted([row for row in rows if row.time in kept])
    except statistics.StatisticsRefusal as refused:
        return record | refusal(refused)
    record |= covariance(chosen)
    for place in kept:
        name = times[place]
        counts = {
            arm: sum(r.time == place and r.arm == 1 - turn for r in rows) for turn, arm in enumerate(arms)
        }
        found = {arm: ratio(effects(place, 1 - turn), level) for turn, arm in enumerate(arms)}
        means = {
            arm: {"n": counts[arm], "mean": one["estimate"], "ci": one["ci"]} for arm, one in found.items()
        }
        difference = ratio(effects(place, None), level)
        day = reader.protocol.schedule.times[name].target
        record["times"].append({"time": name, "day": day, "arms": means, **difference})
    return record


def covariance(chosen: Chosen) -> dict[str, Any]:
    """Which covariance was fitted, and why those before it in the chain were not."""
    return {
        "covariance": chosen.fit.structure,
        "not_fitted": [{"covariance": name, "why": why} for name, why in chosen.reasons],
    }


def ratio(effect: Effect, level: float) -> dict[str, Any]:
    """An effect on the log scale as a ratio with its interval."""
    interval = effect.interval(level)
    return {"estimate": math.exp(effect.estimate), "ci": [math.exp(interval.low), math.exp(interval.high)]}


def _rows(
    reader: Reader, analyte: str, times: Sequence[str], everybody: Sequence[Case], arms: tuple[str, str]
) -> Any:
    for case in everybody:
        baseline = log_at(reader, "baseline", analyte, case)
        for place, time in enumerate(times):
            value = log_at(reader, time, analyte, case)
            if value is not None and baseline is not None:
                yield Row(case.person.id, int(case.arm == arms[0]), place, value, baseline)


def _enough(rows: Sequence[Row], place: int) -> bool:
    return all(sum(row.time == place and row.arm == arm for row in rows) >= FEWEST for arm in (0, 1))


def _fitted(rows: Sequence[Row]) -> tuple[Chosen, Callable[[int, int | None], Effect]]:
    """The fit, and (time, arm) → that least-squares mean; without an arm the difference, first minus second."""
    if not rows:
        raise statistics.StatisticsRefusal("too_few_values", "no time has values in both arms")
    times = [row.time for row in rows]
    columns: dict[str, Sequence[float]] = {
        "time": times,
        "arm": [row.arm for row in rows],
        "baseline": [row.baseline for row in rows],
    }
    several = len(set(times)) > 1
    coding = statistics.coding(
        "y ~ time*arm + time*baseline" if several else "y ~ arm + baseline", columns, factors=("time",)
    )
    people = [row.participant for row in rows]
    chosen = fitted([row.value for row in rows], coding.matrix(columns), people, times)

    def effect(time: int, arm: int | None) -> Effect:
        at: dict[str, float | str] = {"time": time} if several else {}
        if arm is not None:
            return chosen.fit.effect(coding.marginal(columns, {**at, "arm": arm}), DEGREES)
        first, second = (coding.marginal(columns, {**at, "arm": one}) for one in (1, 0))
        return chosen.fit.effect(first - second, DEGREES)

    return chosen, effect


def fitted(response: Sequence[float], design: Any, people: Sequence[str], times: Sequence[int]) -> Chosen:
    """The first covariance of the chain that has a maximum; a fit that is not finite is refused.

    Raises:
        StatisticsRefusal: none can be fitted.
    """
    import numpy as np

    with np.errstate(all="ignore"):
        try:
            chosen = statistics.fit_mmrm_chain(response, design, people, times)
        except np.linalg.LinAlgError:
            raise statistics.StatisticsRefusal("not_converged", "the likelihood has no maximum") from None
        adjusted = chosen.fit.vcov(DEGREES)
    if not (np.isfinite(adjusted).all() and (np.diag(adjusted) > 0).all()):
        raise statistics.StatisticsRefusal("not_converged", "the standard errors are not finite")
    return chosen
