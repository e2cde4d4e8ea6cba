"""Reading drug records: when they were surely or possibly taken, and how the dose ran from day to day."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise, product
from typing import NamedTuple

from trialist.criteria.history import Exposure
from trialist.criteria.interval import Interval
from trialist.criteria.nodes import Drugs
from trialist.quantity import units
from trialist.quantity.dates import Duration
from trialist.quantity.ucum import UNITS
from trialist.quantity.units import NotConvertible, UnknownUnit

DAY = timedelta(days=1)
MOST_WORLDS = 2000
"""Combinations of unknown days that are tried one by one; beyond, the answer is unknown."""

UNKNOWN_DOSE = Interval(Fraction(0), None, low_open=True)
NO_DOSE = Interval.exact(Fraction(0))


class Span(NamedTuple):
    """The days of one exposure: each end lies between two days. `weighted` is its dose in the drugs' unit."""

    exposure: Exposure
    start_from: date
    start_to: date
    end_from: date
    end_to: date
    weighted: Interval
    doubtful: bool = False

    @property
    def exact(self) -> bool:
        """Whether both ends are known."""
        return self.start_from == self.start_to and self.end_from == self.end_to

    def surely_meets(self, first: date, last: date) -> bool:
        """Whether a day of it lies between two days, wherever its unknown ends lie."""
        return not self.doubtful and self.start_to <= last and self.end_from >= first

    def possibly_meets(self, first: date, last: date) -> bool:
        """Whether a day of it may lie between two days."""
        return self.start_from <= last and self.end_to >= first


def spans(exposures: Sequence[Exposure], drugs: Drugs, index: date) -> list[Span]:
    """The exposures to these drugs, in order recorded. A refill that begins on the last day before it counts once."""
    weights = dict(drugs.weights)
    found = [
        _span(exposure, weights[exposure.substance], drugs, index)
        for exposure in exposures
        if exposure.substance in weights
    ]
    return [_before_refill(span, found) for span in found] if len(found) > 1 else found


def _span(exposure: Exposure, weight: Fraction, drugs: Drugs, index: date) -> Span:
    """Without a start it began at the latest on index (it is recorded); without an end it goes on."""
    start, end = exposure.start, exposure.end
    start_from, start_to = (start.earliest, start.latest) if start else (date.min, index)
    end_from, end_to = (end.earliest, end.latest) if end else (date.max, date.max)
    weighted = _weighted(exposure, weight, drugs)
    if end_to < start_from:  # an end before the start: nothing about it is sure
        return Span(exposure, end_from, start_to, end_from, start_to, weighted, doubtful=True)
    return Span(exposure, start_from, min(start_to, end_to), max(end_from, start_from), end_to, weighted)


def _weighted(exposure: Exposure, weight: Fraction, drugs: Drugs) -> Interval:
    if exposure.dose is None or exposure.unit is None or exposure.dose < 0 or drugs.unit is None:
        return _plain(exposure) if drugs.unit is None else UNKNOWN_DOSE
    try:
        factor = units.factor(units.normalize(exposure.unit), drugs.unit)
    except (UnknownUnit, NotConvertible):
        return UNKNOWN_DOSE
    return Interval.exact(exposure.dose * factor * weight)


def _plain(exposure: Exposure) -> Interval:
    """The dose as recorded, where doses are only compared with others of the same substance."""
    if exposure.dose is None or exposure.unit is None or exposure.dose < 0:
        return UNKNOWN_DOSE
    try:
        dimension_size = UNITS[units.normalize(exposure.unit)][1]
    except UnknownUnit:
        return UNKNOWN_DOSE
    return Interval.exact(exposure.dose * dimension_size)


def _before_refill(span: Span, others: Sequence[Span]) -> Span:
    """The day on which one record of a substance ends and the next begins belongs to the next."""
    if not span.exact or span.end_to == date.max:
        return span
    refilled = any(
        other.exact
        and other.start_from == span.end_to > span.start_from
        and other.exposure.substance == span.exposure.substance
        for other in others
    )
    return span._replace(end_from=span.end_to - DAY, end_to=span.end_to - DAY) if refilled else span


def dose_on(day: date, found: Sequence[Span]) -> Interval:
    """The recorded dose of a day, summed; bounds where a dose or a day is not known."""
    total = NO_DOSE
    for span in found:
        if span.surely_meets(day, day):
            total += span.weighted
        elif span.possibly_meets(day, day):
            total += Interval(Fraction(0), span.weighted.high)
    return total


def worlds(found: Sequence[Span], first: date, last: date) -> Iterator[list[Span]] | None:
    """Every way in which the unknown days may have fallen, as far as it matters from `first` to `last`.

    None if there are too many to try.
    """
    ends = [
        (_days(span.start_from, span.start_to, first, last), _days(span.end_from, span.end_to, first, last))
        for span in found
    ]
    if math.prod(len(starts) * len(stops) for starts, stops in ends) > MOST_WORLDS:
        return None
    choices = [_possible(span, *days) for span, days in zip(found, ends, strict=True)]
    return (list(world) for world in product(*choices))


def _possible(span: Span, starts: Sequence[date], ends: Sequence[date]) -> list[Span]:
    if span.exact and not span.doubtful:
        return [span]
    return [
        span._replace(start_from=start, start_to=start, end_from=end, end_to=end, doubtful=False)
        for start in starts
        for end in ends
        if start <= end
    ] or [span]


def _days(from_: date, to: date, first: date, last: date) -> list[date]:
    """The days from one to another; all before `first` are one case, and so are all after `last`."""
    if from_ == to:
        return [from_]
    low = max(from_, first - DAY) if first > date.min else from_
    high = min(to, last + DAY) if last < date.max else to
    if low >= high:
        return [low if from_ < low else high if to > high else from_]
    return [low + DAY * number for number in range((high - low).days + 1)]


class Segment(NamedTuple):
    """Days of one dose: `known` is the sum of recorded doses, `open_` the exposures whose dose is not recorded."""

    first: date
    last: date
    known: Fraction
    open_: frozenset[int]

    @property
    def bounds(self) -> Interval:
        """What the dose may be."""
        return Interval(self.known, None, low_open=True) if self.open_ else Interval.exact(self.known)


def segments(found: Sequence[Span], first: date, last: date) -> list[Segment]:
    """The dose from `first` to `last`, piece by piece; all ends of `found` are known."""
    edges = {first}
    for span in found:
        edges.add(span.start_from)
        if span.end_to < date.max:
            edges.add(span.end_to + DAY)
    inside = sorted(edge for edge in edges if first <= edge <= last)
    pieces = [*inside, last + DAY] if last < date.max else inside
    return [_segment(found, start, after - DAY) for start, after in pairwise(pieces)]


def _segment(found: Sequence[Span], first: date, last: date) -> Segment:
    known, open_ = Fraction(0), set[int]()
    for number, span in enumerate(found):
        if span.start_from <= first <= span.end_to:
            if span.weighted.value is None:
                open_.add(number)
            else:
                known += span.weighted.value
    return Segment(first, last, known, frozenset(open_))


def change_between(pieces: Sequence[Segment]) -> bool | None:
    """Whether the dose changed: None where it depends on a dose that is not recorded."""
    first = pieces[0]
    if all(piece.known == first.known and piece.open_ == first.open_ for piece in pieces):
        return None if first.open_ else False
    if any(_surely_differ(one, two) for one in pieces for two in pieces):
        return True
    return None


def _surely_differ(one: Segment, two: Segment) -> bool:
    if one.open_ == two.open_:
        return one.known != two.known and not one.open_
    return one.open_ < two.open_ and one.known <= two.known


def raised_run(pieces: Sequence[Segment], by: Fraction, span: Duration) -> bool | None:
    """Whether the dose stood `by` or more above its first day's for a run of `span`; None where not known."""
    base = pieces[0].bounds
    assert base.low is not None
    surely = [piece.known >= base.high + by if base.high is not None else False for piece in pieces]
    possibly = [bool(piece.open_) or piece.known >= base.low + by for piece in pieces]
    if _run(pieces, surely, span):
        return True
    return None if _run(pieces, possibly, span) else False


def _run(pieces: Sequence[Segment], holds: Sequence[bool], span: Duration) -> bool:
    """Whether consecutive pieces that hold make up `span`: seven days are a day and the six after it."""
    start: date | None = None
    for piece, hold in zip(pieces, holds, strict=True):
        if not hold:
            start = None
            continue
        start = start or piece.first
        if span.after(start) <= _next_day(piece.last):
            return True
    return False


def _next_day(day: date) -> date:
    return day + DAY if day < date.max else day
