"""Change of a laboratory value between two named times, as the ratio of geometric means."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from trialist import criteria, statistics
from trialist.analysis import censored
from trialist.analysis.histories import Reader
from trialist.analysis.outcomes import Case
from trialist.criteria import nodes
from trialist.criteria.history import Measurement
from trialist.criteria.truth import Truth
from trialist.protocol.model import Endpoint, Estimand

METHOD = "normal maximum likelihood on the log ratio, values beyond the limits censored, t interval"


def change(
    reader: Reader,
    endpoint: Endpoint,
    estimand: Estimand | None,
    everybody: Sequence[Case],
    arms: tuple[str, str],
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Analyte → its record: per arm n, mean and sd of the log ratio; estimate and interval as a ratio.

    Only participants with both values by the same assay count, and, where the endpoint says so, only those
    positive at its first time. Intercurrent events change nothing: the values are compared as they are.
    """
    level = float(estimand.analysis.level) if estimand else 0.95
    for analyte in endpoint.analytes:
        ratios = {arm: tuple(_ratios(reader, endpoint, analyte, everybody, arm)) for arm in arms}
        yield analyte, _record(ratios[arms[0]], ratios[arms[1]], arms, level)


def _record(
    first: Sequence[censored.Value], second: Sequence[censored.Value], arms: tuple[str, str], level: float
) -> dict[str, Any]:
    by_arm: dict[str, dict[str, Any]] = {
        arm: {
            "n": len(values),
            "censored": sum(not value.exact for value in values),
            "mean": None,
            "sd": None,
        }
        for arm, values in zip(arms, (first, second), strict=True)
    }
    record: dict[str, Any] = {"arms": by_arm, "estimate": None, "ci": None, "p": None, "method": METHOD}
    try:
        fit = censored.compare(first, second, level)
    except statistics.StatisticsRefusal as refused:
        return record | {"refusal": str(refused)}
    for arm, mean in zip(arms, fit.means, strict=True):
        by_arm[arm] |= {"mean": mean, "sd": fit.sd}
    return record | {"estimate": math.exp(fit.difference), "ci": [math.exp(fit.low), math.exp(fit.high)]}


def _ratios(
    reader: Reader, endpoint: Endpoint, analyte: str, everybody: Iterable[Case], arm: str
) -> Iterator[censored.Value]:
    before_at = endpoint.from_time or ""
    for case in everybody:
        if case.arm != arm or not _belongs(reader, endpoint, analyte, case):
            continue
        before = reader.selected(case.history, before_at, analyte)
        after = reader.selected(case.history, endpoint.time, analyte)
        if before and after and before.method == after.method:
            found = _ratio(_logs(reader, before), _logs(reader, after))
            if found is not None:
                yield found


def _belongs(reader: Reader, endpoint: Endpoint, analyte: str, case: Case) -> bool:
    if endpoint.among_positive_at is None:
        return True
    positive = nodes.Positive(analyte, (analyte,), time=endpoint.among_positive_at)
    return criteria.decide(positive, case.history, reader.protocol.dictionary) is Truth.TRUE


def _logs(reader: Reader, measurement: Measurement) -> censored.Value:
    """The logarithm of a result in canonical units; beyond a limit of quantification only that is known."""
    value = reader.value(measurement)
    if value is None or value <= 0:
        return censored.Value(None, None)
    log = math.log(value)
    low = None if measurement.comparator == "<" else log
    return censored.Value(low, None if measurement.comparator == ">" else log)


def _ratio(before: censored.Value, after: censored.Value) -> censored.Value | None:
    """Where the log ratio lies; None where nothing is known of it."""
    low = None if after.low is None or before.high is None else after.low - before.high
    high = None if after.high is None or before.low is None else after.high - before.low
    return None if low is None and high is None else censored.Value(low, high)
