"""The figures of a report: pure functions from numbers to drawings."""

from __future__ import annotations

from collections.abc import Callable

from trialist.report.svg import NARROW, WIDE, Drawing


def pair(draw: Callable[[float], Drawing]) -> str:
    """Both drawings of one figure; the style sheet shows one of them, never both."""
    return draw(WIDE).markup() + draw(NARROW).markup()
