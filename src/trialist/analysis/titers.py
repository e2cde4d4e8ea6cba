"""Change of a laboratory value between two named times, as the ratio of geometric means."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from trialist import criteria, statistics
from trialist.analysis import censored, pairs
from trialist.analysis.histories import Reader
from trialist.analysis.outcomes import Case
from trialist.analysis.pairs import Pair
from trialist.analysis.refusals import refusal
from trialist.analysis.repeated import ratio
from trialist.criteria import nodes
from trialist.criteria.history import Measurement
from trialist.criteria.truth import Truth
from trialist.protocol.model import Analysis, Endpoint, Estimand

METHOD = "normal maximum likelihood on the log ratio, values beyond the limits censored, t interval"
REPEATED = (
    "mixed model for repeated measures of both days on the log scale, equal means at the first, Kenward-Roger; "
    "values beyond the limits imputed"
)
STATES = ("positive", "negative", "not_evaluable", "missing")
"""What an analyte that is answered positive or negative can be at a named time."""


def change(
    reader: Reader,
    endpoint: Endpoint,
    estimand: Estimand | None,
    everybody: Sequence[Case],
    arms: tuple[str, str],
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Analyte → its record: per arm n, mean and sd of the log ratio; estimate and interval as a ratio.

    Only results of one assay are compared, and, where the endpoint says so, only participants positive at its
    first time count. Intercurrent events change nothing: the values are compared as they are.
    """
    analysis = estimand.analysis if estimand else None
    for analyte in endpoint.analytes:
        found = tuple(_pairs(reader, endpoint, analyte, everybody, arms))
        yield analyte, _record(found, arms, analysis)


def _record(found: Sequence[Pair], arms: tuple[str, str], analysis: Analysis | None) -> dict[str, Any]:
    """By the model that the estimand names; where that has no answer, by the plainer one, saying why."""
    level = float(analysis.level) if analysis else 0.95
    ratios = [
        [value for one in found if one.first is first and (value := _ratio(one)) is not None]
        for first in (True, False)
    ]
    by_arm = {arm: _counts(found, ratios[turn], first=turn == 0) for turn, arm in enumerate(arms)}
    record: dict[str, Any] = {"arms": by_arm, "estimate": None, "ci": None, "p": None, "method": METHOD}
    because: list[statistics.StatisticsRefusal] = []
    if analysis is not None and analysis.model == "mmrm":
        try:
            return record | {"method": REPEATED} | _repeated(found, by_arm, analysis)
        except statistics.StatisticsRefusal as refused:
            because.append(refused)
            record["not_used"] = [{"model": "mmrm", "why": str(refused)}]
    try:
        fit = censored.compare(ratios[0], ratios[1], level)
    except statistics.StatisticsRefusal as refused:
        return record | refusal(*because, refused)
    for arm, mean in zip(arms, fit.means, strict=True):
        by_arm[arm] |= {"mean": mean, "sd": fit.sd}
    return record | {"estimate": math.exp(fit.difference), "ci": [math.exp(fit.low), math.exp(fit.high)]}


def _repeated(found: Sequence[Pair], by_arm: dict[str, dict[str, Any]], analysis: Analysis) -> dict[str, Any]:
    fit = pairs.change(found, analysis.options.imputations, analysis.options.seed)
    for cell, mean in zip(by_arm.values(), fit.means, strict=True):
        cell |= {"mean": mean, "sd": fit.sd}
    return ratio(fit.difference, float(analysis.level)) | fit.about


def _counts(found: Sequence[Pair], ratios: Sequence[censored.Value], *, first: bool) -> dict[str, Any]:
    """`n`: whose change is known, at least to lie beyond a limit; `n_before`: who has a value before."""
    return {
        "n": len(ratios),
        "n_before": sum(one.first is first for one in found),
        "censored": sum(not value.exact for value in ratios),
        "mean": None,
        "sd": None,
    }


def _pairs(
    reader: Reader, endpoint: Endpoint, analyte: str, everybody: Iterable[Case], arms: tuple[str, str]
) -> Iterator[Pair]:
    for case in everybody:
        if not _belongs(reader, endpoint, analyte, case):
            continue
        before = reader.selected(case.history, endpoint.from_time or "", analyte)
        after = reader.selected(case.history, endpoint.time, analyte)
        start = before and _logs(reader, before)
        if before and start:
            end = _logs(reader, after) if after and after.method == before.method else None
            yield Pair(case.arm == arms[0], start, end)


def _belongs(reader: Reader, endpoint: Endpoint, analyte: str, case: Case) -> bool:
    if endpoint.among_positive_at is None:
        return True
    return _positive(reader, analyte, endpoint.among_positive_at, case) is Truth.TRUE


def _positive(reader: Reader, analyte: str, time: str, case: Case) -> Truth:
    node = nodes.Positive(analyte, (analyte,), time=time)
    return criteria.decide(node, case.history, reader.protocol.dictionary)


def _logs(reader: Reader, measurement: Measurement) -> censored.Value | None:
    """The logarithm of a result in canonical units; beyond a limit of quantification only that is known."""
    value = reader.value(measurement)
    if value is None or value <= 0:
        return None
    log = math.log(value)
    comparator = measurement.comparator or ""
    low = None if comparator.startswith("<") else log
    return censored.Value(low, None if comparator.startswith(">") else log)


def _ratio(pair: Pair) -> censored.Value | None:
    """Where the log ratio lies; None where nothing is known of it."""
    before, after = pair.before, pair.after
    if after is None:
        return None
    low = None if after.low is None or before.high is None else after.low - before.high
    high = None if after.high is None or before.low is None else after.high - before.low
    return None if low is None and high is None else censored.Value(low, high)


def courses(
    reader: Reader, endpoint: Endpoint, everybody: Sequence[Case], arms: tuple[str, str]
) -> dict[str, dict[str, Any]]:
    """Analyte → what a figure of the change draws: everybody's two values, geometric means by arm."""
    found = {}
    for analyte in endpoint.analytes:
        those = tuple(_pairs(reader, endpoint, analyte, everybody, arms))
        found[analyte] = {
            "unit": reader.protocol.dictionaries.analytes[analyte].unit,
            "times": [endpoint.from_time, endpoint.time],
            "arms": {arm: _course([one for one in those if one.first is (arm == arms[0])]) for arm in arms},
        }
    return found


def _course(those: Sequence[Pair]) -> list[list[Any]]:
    """Value and comparator before, value and comparator after, of all who have both."""
    return [[*_shown(one.before), *_shown(one.after)] for one in those if one.after is not None]


def _shown(value: censored.Value) -> tuple[float, str]:
    bound = value.low if value.low is not None else value.high
    assert bound is not None, "a value without any bound is no value"
    return math.exp(bound), "" if value.exact else "<" if value.low is None else ">"


def shifts(
    reader: Reader, endpoint: Endpoint, everybody: Sequence[Case], arms: tuple[str, str]
) -> dict[str, dict[str, Any]]:
    """Analyte → arm → state at the first time → state at the second → participants.

    For analytes answered positive or negative. What a laboratory could not judge, and what was drawn under a
    condition that spoils it, is not evaluable.
    """
    times = (endpoint.from_time or "", endpoint.time)
    found: dict[str, dict[str, Any]] = {}
    for analyte in endpoint.described:
        by_arm = {arm: {state: dict.fromkeys(STATES, 0) for state in STATES} for arm in arms}
        for case in everybody:
            if case.due(endpoint.time):
                before, after = (_state(reader, analyte, time, case) for time in times)
                by_arm[case.arm][before][after] += 1
        found[analyte] = {"times": list(times), "arms": by_arm}
    return found


def _state(reader: Reader, analyte: str, time: str, case: Case) -> str:
    truth = _positive(reader, analyte, time, case)
    if truth is not Truth.UNKNOWN:
        return "positive" if truth is Truth.TRUE else "negative"
    window = case.history.times[time]
    drawn = any(
        one.analyte == analyte
        and window.first <= one.date.earliest <= window.last
        and (not window.visits or one.source.visit in window.visits)
        for one in case.history.measurements
    )
    return "not_evaluable" if drawn else "missing"
