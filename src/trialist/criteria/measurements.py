"""Reading measurements: which are usable, what they are worth, which one counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from trialist.criteria.dictionary import Dictionary
from trialist.criteria.history import Measurement, TimeWindow
from trialist.criteria.interval import Interval, compare, hull
from trialist.criteria.steps import Note
from trialist.criteria.truth import Truth
from trialist.quantity import units
from trialist.quantity.units import NotConvertible, UnknownUnit

ZERO = Fraction(0)


class Days(NamedTuple):
    """A window's days, both included; `first` None means ever."""

    first: date | None
    last: date

    def surely(self, measurement: Measurement) -> bool:
        """Whether the specimen's day lies inside, wherever its unknown part lies."""
        day = measurement.date
        return day.latest <= self.last and (self.first is None or day.earliest >= self.first)

    def possibly(self, measurement: Measurement) -> bool:
        """Whether the specimen's day may lie inside."""
        day = measurement.date
        return day.earliest <= self.last and (self.first is None or day.latest >= self.first)


def value_of(measurement: Measurement, unit: str, dictionary: Dictionary) -> Interval | Note:
    """What a measurement is worth in `unit`, or why that is not known. `<5` lies below 5, at or above zero."""
    if measurement.value is None:
        return Note("no_value", {"analyte": measurement.analyte, "date": measurement.date})
    converted = converted_number(measurement, measurement.value, unit, dictionary)
    if isinstance(converted, Note):
        return converted
    if converted.numerator < 0:
        return Note("negative", {"analyte": measurement.analyte, "date": measurement.date})
    return _bounds(converted, measurement.comparator)


def _bounds(number: Fraction, comparator: str | None) -> Interval:
    """What a result states that lies at a number, or beyond it."""
    match comparator:
        case "<" if number:
            return Interval(ZERO, number, high_open=True)
        case "<":
            return Interval(None, number)
        case "<=":
            return Interval(ZERO, number)
        case ">" | ">=":
            return Interval(number, None, low_open=comparator == ">")
        case _:
            return Interval.exact(number)


def converted_number(
    measurement: Measurement, number: Fraction, unit: str, dictionary: Dictionary
) -> Fraction | Note:
    """A number given in the measurement's unit, in `unit`."""
    analyte, given = measurement.analyte, measurement.unit
    if given is None and units.dimension(unit) == "1":  # a ratio is printed without a unit
        return number
    if given is None:
        return Note("no_unit", {"analyte": analyte, "date": measurement.date})
    if given == unit:
        return number
    try:
        return number * dictionary.factor(units.normalize(given), unit, analyte)
    except UnknownUnit:
        return Note("unknown_unit", {"unit": given, "analyte": analyte, "date": measurement.date})
    except NotConvertible:
        return Note(
            "not_convertible", {"unit": given, "to": unit, "analyte": analyte, "date": measurement.date}
        )


def is_positive(measurement: Measurement, dictionary: Dictionary) -> Truth:
    """The laboratory's own verdict where it gives one, else whether the value reaches the analyte's threshold."""
    if measurement.positive is not None:
        return Truth.of(measurement.positive)
    analyte = dictionary.analytes.get(measurement.analyte)
    if analyte is None or analyte.positive_from is None:
        return Truth.UNKNOWN
    value = value_of(measurement, analyte.unit, dictionary)
    if isinstance(value, Note):
        return Truth.UNKNOWN
    return compare(">=", value, Interval.exact(analyte.positive_from))


class Pick(NamedTuple):
    """The measurements of which one counts; usually one. `sure` is false if possibly none lies in the window."""

    candidates: tuple[Measurement, ...]
    sure: bool


Placed = tuple[int, Measurement]
"""A measurement with its place in the order recorded."""


def latest_of(measurements: Iterable[Placed], days: Days) -> Pick:
    """The latest measurement of the window: by day, then time (none is earliest), then order recorded.

    With days known only in part: each measurement that may be the latest.
    """
    possible = [placed for placed in measurements if days.possibly(placed[1])]
    if not possible:
        return Pick((), sure=False)
    if all(measurement.date.exact for _, measurement in possible):
        return Pick((max(possible, key=_moment)[1],), sure=True)
    surely = [placed for placed in possible if days.surely(placed[1])]
    candidates = [
        placed[1] for placed in possible if not any(_surely_later(other, placed) for other in surely)
    ]
    return Pick(tuple(candidates), sure=bool(surely))


def in_order(measurements: Iterable[Placed]) -> list[Measurement]:
    """By day, time (none is earliest) and order recorded; all days known."""
    return [measurement for _, measurement in sorted(measurements, key=_moment)]


def _moment(placed: Placed) -> tuple[date, str, int]:
    order, measurement = placed
    return measurement.date.latest, measurement.time or "", order


def _surely_later(one: Placed, other: Placed) -> bool:
    if one[1].date.exact and other[1].date.exact:
        return _moment(one) > _moment(other)
    return one[1].date.earliest > other[1].date.latest


def selected_at(measurements: Iterable[Placed], window: TimeWindow) -> Pick:
    """The measurement that a named time selects; all that may lie in its window if a day is not known."""
    days = Days(window.first, window.last)
    possible = [
        (order, measurement)
        for order, measurement in measurements
        if days.possibly(measurement) and (not window.visits or measurement.source.visit in window.visits)
    ]
    if not possible:
        return Pick((), sure=False)
    if all(measurement.date.exact for _, measurement in possible):
        return Pick((_selected(possible, window),), sure=True)
    candidates = tuple(measurement for _, measurement in possible)
    return Pick(candidates, sure=any(days.surely(measurement) for measurement in candidates))


def _selected(possible: Sequence[Placed], window: TimeWindow) -> Measurement:
    if window.pick == "last" or window.target is None:
        return max(possible, key=_moment)[1]
    target = window.target
    nearest = min(abs((measurement.date.latest - target).days) for _, measurement in possible)
    tied = [placed for placed in possible if abs((placed[1].date.latest - target).days) == nearest]
    return (max if window.tie == "later" else min)(tied, key=_moment)[1]


def worth(pick: Pick, unit: str, dictionary: Dictionary) -> tuple[Interval | None, tuple[Note, ...]]:
    """The value of what was picked: bounds that hold whichever candidate counts, or None and why."""
    values = [value_of(measurement, unit, dictionary) for measurement in pick.candidates]
    reasons = tuple(value for value in values if isinstance(value, Note))
    if reasons or not pick.sure:
        return None, reasons
    return hull(value for value in values if isinstance(value, Interval)), ()
