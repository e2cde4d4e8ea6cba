"""Kleene's truth as a pair of two-valued expressions: surely true, surely false. Neither is ever NULL.

Parts known while compiling are Python truths and are folded away.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import ibis
from ibis import ir

Flag = Any
"""A two-valued expression without NULL, or a Python truth."""


def both(*flags: Flag) -> Flag:
    """And."""
    result: Flag = True
    for flag in flags:
        if flag is False:
            return False
        if flag is not True:
            result = flag if result is True else result & flag
    return result


def either(*flags: Flag) -> Flag:
    """Or."""
    result: Flag = False
    for flag in flags:
        if flag is True:
            return True
        if flag is not False:
            result = flag if result is False else result | flag
    return result


def opposite(flag: Flag) -> Flag:
    """Not."""
    return (not flag) if isinstance(flag, bool) else ~flag


def surely(condition: Any) -> Flag:
    """`condition`, where NULL is not sure."""
    return condition if isinstance(condition, bool) else condition.fill_null(False)


def column(flag: Flag) -> ir.BooleanValue:
    """A flag as an expression, also where it is known already."""
    return ibis.literal(flag) if isinstance(flag, bool) else flag


@dataclass(frozen=True, slots=True)
class Kleene:
    """Surely true, surely false; unknown where it is neither."""

    true: Flag
    false: Flag

    def __invert__(self) -> Kleene:
        return Kleene(self.false, self.true)

    @classmethod
    def between(cls, true: Flag, possible: Flag) -> Kleene:
        """True where it surely holds, false where it cannot."""
        return cls(true, opposite(possible))


UNKNOWN = Kleene(true=False, false=False)


def all_of(truths: Iterable[Kleene]) -> Kleene:
    """And: false if one is false."""
    pairs = list(truths)
    return Kleene(both(*(each.true for each in pairs)), either(*(each.false for each in pairs)))


def any_of(truths: Iterable[Kleene]) -> Kleene:
    """Or: true if one is true."""
    return ~all_of(~each for each in truths)
