"""How a laboratory value went over time, and how the trial filled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

from trialist.analysis.histories import Reader
from trialist.analysis.outcomes import Case
from trialist.analysis.people import Person
from trialist.criteria.history import Measurement

KINDS_SHOWN = ("baseline", "treatment", "safety")
"""Kinds of visits at which everybody is expected; the others have no median."""


def trajectories(
    reader: Reader, analyte: str, everybody: Sequence[Case], arms: Sequence[str]
) -> dict[str, Any]:
    """Medians and quartiles by arm and visit, and everybody's own points (days from randomization)."""
    visits = {
        name: visit.day
        for name, visit in reader.protocol.schedule.visits.items()
        if visit.kind in KINDS_SHOWN
    }
    points = {case.person.id: tuple(_points(reader, analyte, case)) for case in everybody}
    return {
        "analyte": analyte,
        "unit": reader.protocol.dictionaries.analytes[analyte].unit,
        "arms": {
            arm: [
                _summary(visit, planned, [points[case.person.id] for case in everybody if case.arm == arm])
                for visit, planned in visits.items()
            ]
            for arm in arms
        },
        "participants": [
            {
                "participant": case.person.id,
                "arm": case.arm,
                "points": [[day, visit, float(value)] for day, visit, value in points[case.person.id]],
            }
            for case in everybody
        ],
    }


Point = tuple[int, str, Fraction]
"""Day from randomization, visit, value in canonical units."""


def _points(reader: Reader, analyte: str, case: Case) -> Iterator[Point]:
    first = case.history.times["baseline"].first if "baseline" in case.history.times else case.history.index
    usable = (one for one in case.history.measurements if one.analyte == analyte and _counts(one))
    for one in sorted(usable, key=lambda measurement: measurement.date.earliest):
        value = reader.value(one)
        if value is not None and one.date.earliest >= first:
            yield (one.date.earliest - case.history.index).days, one.source.visit or "", value


def _counts(measurement: Measurement) -> bool:
    return measurement.valid and measurement.date.exact and measurement.comparator is None


def _summary(visit: str, planned: int | None, people: Sequence[Sequence[Point]]) -> dict[str, Any]:
    """One visit: the last usable value there counts for each participant."""
    last = [[value for _, at, value in points if at == visit][-1:] for points in people]
    values = sorted(float(value) for one in last for value in one)
    q1, median, q3 = (quantile(values, share) for share in (0.25, 0.5, 0.75))
    return {"visit": visit, "day": planned, "n": len(values), "median": median, "q1": q1, "q3": q3}


def quantile(ordered: Sequence[float], share: float) -> float | None:
    """Linear between order statistics (type 7 of Hyndman and Fan 1996, American Statistician 50:361-365)."""
    if not ordered:
        return None
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


def enrollment(attempts: Sequence[Sequence[Person]], planned: int) -> dict[str, Any]:
    """People consented and randomized, month by month and site by site; nobody is counted twice.

    A person belongs to the month and the site of the first consent.
    """
    consented = Counter((numbers[0].about["consented"] or "")[:7] for numbers in attempts)
    entered = [one for numbers in attempts for one in numbers if one.randomized]
    randomized = Counter((one.about["randomized"] or "")[:7] for one in entered)
    by_site = Counter(numbers[0].about["site"] or "" for numbers in attempts)
    entered_by_site = Counter(one.about["site"] or "" for one in entered)
    total_consented = total_randomized = 0
    months = []
    for month in _months(sorted({*consented, *randomized} - {""})):
        total_consented += consented[month]
        total_randomized += randomized[month]
        months.append({
            "month": month,
            "consented": consented[month],
            "randomized": randomized[month],
            "consented_total": total_consented,
            "randomized_total": total_randomized,
        })  # fmt: skip
    return {
        "planned": planned,
        "months": months,
        "sites": {
            site: {"consented": by_site[site], "randomized": entered_by_site[site]}
            for site in sorted(by_site)
        },
    }


def _months(seen: Sequence[str]) -> Iterator[str]:
    """Every calendar month from the first to the last, those in which nothing happened too."""
    if not seen:
        return
    year, month = (int(part) for part in seen[0].split("-"))
    while (found := f"{year:04d}-{month:02d}") <= seen[-1]:
        yield found
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
