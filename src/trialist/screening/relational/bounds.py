"""Numbers known only to lie between bounds, as SQL expressions: what `criteria.interval` is to the referee.

A side without a bound is an infinity; a value that is not known at all is NULL on both sides. Numbers are
double precision: two that differ by less than one part in a billion are equal.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import ibis

from trialist.criteria.interval import Comparator
from trialist.screening.relational.kleene import Flag, Kleene, both, column, either, opposite, surely

RELATIVE: Final = 1e-9
ABSOLUTE: Final = 1e-12

Number = Any
"""A double-precision expression, or a Python float."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """All numbers between two bounds; an open bound is not itself possible."""

    low: Number
    high: Number
    low_open: Flag = False
    high_open: Flag = False

    @classmethod
    def exact(cls, value: Number) -> Bounds:
        """The one number `value`."""
        return cls(value, value)

    @property
    def single(self) -> Flag:
        """Whether there is only one number."""
        if self.low is self.high:
            return True
        return both(_at_least(self.low, self.high), surely(self.high < math.inf))

    def __add__(self, other: Bounds) -> Bounds:
        return Bounds(
            self.low + other.low,
            self.high + other.high,
            either(self.low_open, other.low_open),
            either(self.high_open, other.high_open),
        )

    def __neg__(self) -> Bounds:
        return Bounds(-self.high, -self.low, self.high_open, self.low_open)

    def __sub__(self, other: Bounds) -> Bounds:
        return self + -other

    def scaled(self, factor: float) -> Bounds:
        """Every number times a constant."""
        if factor == 0:
            zero = 0.0 if isinstance(self.low, float) else self.low.notnull().ifelse(0.0, None)
            return Bounds.exact(zero)
        if factor < 0:
            return (-self).scaled(-factor)
        if self.low is self.high:
            return Bounds.exact(self.low * factor)
        return Bounds(self.low * factor, self.high * factor, self.low_open, self.high_open)

    def __mul__(self, other: Bounds) -> Bounds:
        for one, two in ((self, other), (other, self)):
            if isinstance(one.low, float) and one.low == one.high:
                return two.scaled(one.low)
        return _product(self, other)

    def reciprocal(self) -> Bounds:
        """One divided by every number; NULL where zero is among them."""
        if isinstance(self.low, float) and self.low == self.high:
            return Bounds.exact(1 / self.low if self.low else ibis.null("float64"))
        above = either(surely(self.low > 0), both(surely(self.low == 0), self.low_open))
        below = surely(self.high < 0)

        def pick(side: Number, zero: float) -> Number:
            return ibis.cases(
                (column(either(above, below)), _inverse(side, zero)), else_=ibis.null("float64")
            )

        low = pick(self.high, -math.inf)
        high = pick(self.low, math.inf)
        return Bounds(
            low,
            high,
            either(surely(self.high == math.inf), self.high_open),
            either(surely(self.low == -math.inf), self.low_open),
        )


def _inverse(number: Number, of_zero: float) -> Number:
    infinite = either(number == math.inf, number == -math.inf)
    return ibis.cases((number == 0, of_zero), (infinite, 0.0), else_=1 / number)


def _product(one: Bounds, two: Bounds) -> Bounds:
    """The product of two bounds, by what is known of them: an exact factor, four corners, or signs."""
    finite = both(*(surely(side.abs() < math.inf) for side in (one.low, one.high, two.low, two.high)))
    corners = [a * b for a in (one.low, one.high) for b in (two.low, two.high)]
    positive = both(surely(one.low >= 0), surely(two.low >= 0))
    known = both(one.low.notnull(), two.low.notnull())
    cases: list[tuple[Any, tuple[Number, Number, Flag, Flag]]] = []
    for factor, other in ((one, two), (two, one)):
        value = factor.low
        cases += [
            (both(factor.single, known, value == 0), (0.0, 0.0, False, False)),
            (
                both(factor.single, known, value > 0),
                (value * other.low, value * other.high, other.low_open, other.high_open),
            ),
            (
                both(factor.single, known, value < 0),
                (value * other.high, value * other.low, other.high_open, other.low_open),
            ),
        ]
    cases += [
        (both(known, finite), (_extreme(corners, least=True), _extreme(corners, least=False), False, False)),
        (both(known, positive), (one.low * two.low, math.inf, False, False)),
        (known, (-math.inf, math.inf, False, False)),
    ]

    def side(place: int, absent: Any) -> Any:
        return ibis.cases(*((column(when), sides[place]) for when, sides in cases), else_=absent)

    nothing = ibis.null("float64")
    return Bounds(
        side(0, nothing),
        side(1, nothing),
        surely(ibis.cases(*((column(when), column(sides[2])) for when, sides in cases), else_=False)),
        surely(ibis.cases(*((column(when), column(sides[3])) for when, sides in cases), else_=False)),
    )


def _extreme(numbers: list[Any], *, least: bool) -> Any:
    """The least or greatest of numbers that are all known; SQL's LEAST and GREATEST would drop a NULL."""
    found = numbers[0]
    for number in numbers[1:]:
        found = (number < found if least else number > found).ifelse(number, found)
    return found


# -- Comparison --------------------------------------------------------------------------------------------------


def _nudged(number: Number, direction: int) -> Number:
    """A hair above or below; infinities stay."""
    step = direction * RELATIVE
    if isinstance(number, float):
        return number * (1 + (step if number >= 0 else -step)) + direction * ABSOLUTE
    moved = (number >= 0).ifelse(number * (1 + step), number * (1 - step))
    return moved + direction * ABSOLUTE


def _above(one: Number, two: Number) -> Flag:
    """Greater by more than a hair."""
    if isinstance(two, float):
        return surely(one > _nudged(two, 1))
    return surely(two < _nudged(one, -1))


def _at_least(one: Number, two: Number) -> Flag:
    """Not less by more than a hair."""
    if isinstance(two, float):
        return surely(one >= _nudged(two, -1))
    return surely(two <= _nudged(one, 1))


def surely_less(one: Bounds, two: Bounds) -> Flag:
    """Whether every number of `one` is less than every number of `two`."""
    touching = both(either(one.high_open, two.low_open), _at_least(two.low, one.high))
    return either(_above(two.low, one.high), touching)


def surely_at_most(one: Bounds, two: Bounds) -> Flag:
    """Whether no number of `one` is greater than any number of `two`."""
    return _at_least(two.low, one.high)


def less(one: Bounds, two: Bounds) -> Kleene:
    """`one < two`."""
    return Kleene(surely_less(one, two), surely_at_most(two, one))


def at_most(one: Bounds, two: Bounds) -> Kleene:
    """`one <= two`."""
    return Kleene(surely_at_most(one, two), surely_less(two, one))


def equal(one: Bounds, two: Bounds) -> Kleene:
    """`one == two`."""
    apart = either(surely_less(one, two), surely_less(two, one))
    same = both(one.single, two.single, _at_least(one.low, two.low), _at_least(two.low, one.low))
    return Kleene(both(same, opposite(apart)), apart)


def compare(comparator: Comparator, one: Bounds, two: Bounds) -> Kleene:
    """Whether `one` stands in this relation to `two`: true or false only if so for every pair of numbers."""
    match comparator:
        case "<":
            return less(one, two)
        case "<=":
            return at_most(one, two)
        case ">":
            return less(two, one)
        case ">=":
            return at_most(two, one)
        case "==":
            return equal(one, two)
        case "!=":
            return ~equal(one, two)
