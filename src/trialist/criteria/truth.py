"""Kleene's three values: unknown is neither a pass nor a fail."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum


class Truth(Enum):
    """True, false, or not known from what is recorded."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"

    @classmethod
    def of(cls, known: bool | None) -> Truth:  # noqa: FBT001 - the value itself is the subject
        """The three-valued form of a truth that may be missing (None)."""
        return UNKNOWN if known is None else TRUE if known else FALSE

    @property
    def known(self) -> bool | None:
        """True, False, or None where unknown."""
        return None if self is UNKNOWN else self is TRUE


TRUE, FALSE, UNKNOWN = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN


def opposite(truth: Truth) -> Truth:
    """Not: unknown stays unknown."""
    return FALSE if truth is TRUE else TRUE if truth is FALSE else UNKNOWN


def all_of(truths: Iterable[Truth]) -> Truth:
    """And: false if one is false, else unknown if one is unknown. Reads no further than it must."""
    result = TRUE
    for truth in truths:
        if truth is FALSE:
            return FALSE
        if truth is UNKNOWN:
            result = UNKNOWN
    return result


def any_of(truths: Iterable[Truth]) -> Truth:
    """Or: true if one is true, else unknown if one is unknown. Reads no further than it must."""
    result = FALSE
    for truth in truths:
        if truth is TRUE:
            return TRUE
        if truth is UNKNOWN:
            result = UNKNOWN
    return result


def between_bounds(*, surely: bool, possibly: bool) -> Truth:
    """The truth of something that surely holds, possibly holds, or cannot hold."""
    return TRUE if surely else UNKNOWN if possibly else FALSE
