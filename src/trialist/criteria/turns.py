"""The days on which a verdict would turn, were an unknown day known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Literal

from trialist.quantity.dates import PartialDate


@dataclass(frozen=True, slots=True)
class Turns:
    """The verdict holds if the day meant by `unknown` lies in one of these ranges (both ends in)."""

    unknown: PartialDate
    ranges: tuple[tuple[date, date], ...]

    @classmethod
    def of(cls, unknown: PartialDate, days: Iterable[date]) -> Turns:
        """Gathers single days into ranges."""
        ordered = sorted(days)
        breaks = [later for earlier, later in pairwise(ordered) if later - earlier > timedelta(days=1)]
        starts = [*ordered[:1], *breaks]
        ends = [*(earlier for earlier, later in pairwise(ordered) if later in breaks), *ordered[-1:]]
        return cls(unknown, tuple(zip(starts, ends, strict=True)))

    def words(self, language: Literal["en", "zh"]) -> str:
        """As the end of a sentence; empty where no day makes it hold."""
        if not self.ranges:
            return ""
        to = "至" if language == "zh" else " to "
        said = [str(first) if first == last else f"{first}{to}{last}" for first, last in self.ranges]
        if language == "zh":
            return f"（{self.unknown}若为{'、'.join(said)}则成立）"
        return f" (it holds if {self.unknown} was {', '.join(said)})"
