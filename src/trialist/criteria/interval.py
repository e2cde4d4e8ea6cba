"""Numbers known only to lie between bounds: a result below the limit, a dose of which part is unknown.

A bound is None where there is none. An open bound is not itself possible. All arithmetic is exact; where both
operands of a product are uncertain the bounds of the result are closed, which can only widen it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Literal, NamedTuple

from trialist.criteria.truth import FALSE, TRUE, UNKNOWN, Truth, opposite

Comparator = Literal["<", "<=", ">", ">=", "==", "!="]


class Interval(NamedTuple):
    """All numbers between two bounds."""

    low: Fraction | None
    high: Fraction | None
    low_open: bool = False
    high_open: bool = False

    @classmethod
    def exact(cls, value: Fraction) -> Interval:
        """The one number `value`."""
        return cls(value, value)

    @property
    def value(self) -> Fraction | None:
        """The number, where there is only one."""
        if self.low is self.high:  # as `exact` makes them; comparing fractions is dear
            return self.low
        return self.low if self.low is not None and self.low == self.high else None

    def __add__(self, other: Interval) -> Interval:  # type: ignore[override]  # a sum of numbers, not of tuples
        return Interval(
            None if self.low is None or other.low is None else self.low + other.low,
            None if self.high is None or other.high is None else self.high + other.high,
            self.low_open or other.low_open,
            self.high_open or other.high_open,
        )

    def __neg__(self) -> Interval:
        return Interval(
            None if self.high is None else -self.high,
            None if self.low is None else -self.low,
            self.high_open,
            self.low_open,
        )

    def __sub__(self, other: Interval) -> Interval:
        return self + -other

    def scaled(self, factor: Fraction) -> Interval:
        """Every number times `factor`."""
        if not factor:
            return Interval.exact(Fraction(0))
        if factor.numerator < 0:
            return (-self).scaled(-factor)
        low = None if self.low is None else self.low * factor
        if self.low is self.high:
            return Interval(low, low, self.low_open, self.high_open)
        high = None if self.high is None else self.high * factor
        return Interval(low, high, self.low_open, self.high_open)

    def __mul__(self, other: Interval) -> Interval:  # type: ignore[override]  # a product of numbers
        if (factor := self.value) is not None:
            return other.scaled(factor)
        if (factor := other.value) is not None:
            return self.scaled(factor)
        if None not in (bounds := (self.low, self.high, other.low, other.high)):
            corners = [a * b for a in bounds[:2] for b in bounds[2:]]  # type: ignore[operator]  # none is None
            return Interval(min(corners), max(corners))
        if self.low is not None and other.low is not None and self.low >= 0 and other.low >= 0:
            return Interval(self.low * other.low, None)
        return Interval(None, None)

    def reciprocal(self) -> Interval | None:
        """One divided by every number; None where zero is among them."""
        if self.high is not None and self.high < 0:
            mirrored = (-self).reciprocal()
            return None if mirrored is None else -mirrored
        if self.low is None or self.low < 0 or (self.low == 0 and not self.low_open):
            return None
        return Interval(
            Fraction(0) if self.high is None else 1 / self.high,
            1 / self.low if self.low else None,
            self.high is None or self.high_open,
            self.low_open,
        )


def hull(intervals: Iterable[Interval]) -> Interval:
    """The smallest interval that holds them all."""
    return functools.reduce(_joined, intervals)


def _joined(one: Interval, two: Interval) -> Interval:
    low, low_open = _lower(one, two)
    high, high_open = _lower(-one, -two)
    return Interval(low, None if high is None else -high, low_open, high_open)


def _lower(one: Interval, two: Interval) -> tuple[Fraction | None, bool]:
    if one.low is None or two.low is None:
        return None, False
    if one.low == two.low:
        return one.low, one.low_open and two.low_open
    return (one.low, one.low_open) if one.low < two.low else (two.low, two.low_open)


def compare(comparator: Comparator, one: Interval, two: Interval) -> Truth:
    """Whether `one` stands in this relation to `two`: true or false only if so for every pair of numbers."""
    return _RELATIONS[comparator](one, two)


def _surely_less(one: Interval, two: Interval) -> bool:
    if one.high is None or two.low is None:
        return False
    distance = _order(one.high, two.low)
    return distance < 0 or (distance == 0 and (one.high_open or two.low_open))


def _surely_at_most(one: Interval, two: Interval) -> bool:
    return one.high is not None and two.low is not None and _order(one.high, two.low) <= 0


def _order(one: Fraction, two: Fraction) -> int:
    """Below, at or above zero as `one` lies below, at or above `two`: what `<` does, several times faster."""
    above, below = one.as_integer_ratio()
    other_above, other_below = two.as_integer_ratio()
    return above * other_below - other_above * below


def _less(one: Interval, two: Interval) -> Truth:
    return TRUE if _surely_less(one, two) else FALSE if _surely_at_most(two, one) else UNKNOWN


def _at_most(one: Interval, two: Interval) -> Truth:
    return TRUE if _surely_at_most(one, two) else FALSE if _surely_less(two, one) else UNKNOWN


def _equal(one: Interval, two: Interval) -> Truth:
    if _surely_less(one, two) or _surely_less(two, one):
        return FALSE
    return TRUE if one.value is not None and one.value == two.value else UNKNOWN


_RELATIONS: dict[Comparator, Callable[[Interval, Interval], Truth]] = {
    "<": _less,
    "<=": _at_most,
    ">": lambda one, two: _less(two, one),
    ">=": lambda one, two: _at_most(two, one),
    "==": _equal,
    "!=": lambda one, two: opposite(_equal(one, two)),
}
