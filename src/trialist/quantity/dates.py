"""Days that may be known only to the month or the year, and spans of calendar time."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from typing import Literal

DurationUnit = Literal["h", "d", "wk", "mo", "a"]

_PARTIAL = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
_DURATION = re.compile(r"([0-9]{1,6}) ?(h|d|wk|mo|a)")
_DAYS_IN: dict[DurationUnit, int] = {"d": 1, "wk": 7}
_MONTHS_IN: dict[DurationUnit, int] = {"mo": 1, "a": 12}


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A day, or what is known of it: the year, the year and month, or all of it.

    `earliest` and `latest` are the first and last day that it may be; equal when the day is known.

    Raises:
        ValueError: there is no such day, or a day is given without its month.
    """

    year: int
    month: int | None = None
    day: int | None = None
    earliest: date = field(init=False, compare=False, repr=False)
    latest: date = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        if self.month is None and self.day is not None:
            raise ValueError("a day needs its month")
        first_month, last_month = (1, 12) if self.month is None else (self.month, self.month)
        earliest = date(self.year, first_month, 1 if self.day is None else self.day)
        last_day = calendar.monthrange(self.year, last_month)[1] if self.day is None else self.day
        object.__setattr__(self, "earliest", earliest)
        object.__setattr__(self, "latest", date(self.year, last_month, last_day))

    @classmethod
    @lru_cache(maxsize=8192)  # one day is written in many rows and read by many rules
    def parse(cls, text: str) -> PartialDate:
        """Read `2025`, `2025-11` or `2025-11-30`.

        Raises:
            ValueError: `text` is none of these, or no day of the calendar.
        """
        match = _PARTIAL.fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} is not a date: write 2025-11-30, 2025-11 or 2025")
        year, month, day = (None if part is None else int(part) for part in match.groups())
        assert year is not None
        return cls(year, month, day)

    @classmethod
    def of(cls, day: date) -> PartialDate:
        """The known day `day`."""
        return cls(day.year, day.month, day.day)

    @property
    def exact(self) -> bool:
        """Whether the day itself is known."""
        return self.day is not None

    def __str__(self) -> str:
        parts = [f"{self.year:04d}"]
        parts += [f"{part:02d}" for part in (self.month, self.day) if part is not None]
        return "-".join(parts)


@dataclass(frozen=True, slots=True)
class Duration:
    """A span of calendar time: hours (clocks only), days, weeks, calendar months, years."""

    amount: int
    unit: DurationUnit

    @classmethod
    def parse(cls, text: str) -> Duration:
        """Read `28 d`, `12 wk`, `6 mo`, `18 a` or `24 h`.

        Raises:
            ValueError: `text` is not a whole number followed by one of these units.
        """
        match = _DURATION.fullmatch(text)
        if match is None:
            raise ValueError(
                f"{text!r} is not a duration: write a whole number and h, d, wk, mo or a, as in '12 wk'"
            )
        amount, unit = match.groups()
        return cls(int(amount), unit)  # type: ignore[arg-type]  # the pattern names the units

    @property
    def days(self) -> int | None:
        """How many days, for days and weeks; None where the calendar decides."""
        return self.amount * _DAYS_IN[self.unit] if self.unit in _DAYS_IN else None

    @property
    def hours(self) -> int | None:
        """How many hours, for hours, days and weeks of 24 hours a day; None where the calendar decides."""
        return self.amount if self.unit == "h" else None if self.days is None else self.days * 24

    def before(self, day: date) -> date:
        """The day that lies so long before `day`."""
        return self._shifted(day, -1)

    def after(self, day: date) -> date:
        """The day that lies so long after `day`."""
        return self._shifted(day, 1)

    def _shifted(self, day: date, direction: int) -> date:
        if self.unit == "h":
            raise ValueError("hours count on a clock, not in a calendar")
        if (days := self.days) is not None:
            return _plus_days(day, direction * days)
        return plus_months(day, direction * self.amount * _MONTHS_IN[self.unit])

    def __str__(self) -> str:
        return f"{self.amount} {self.unit}"


def _plus_days(day: date, days: int) -> date:
    try:
        return day + timedelta(days=days)
    except OverflowError:  # beyond the calendar nothing is recorded: its end serves as well
        return date.min if days < 0 else date.max


def plus_months(day: date, months: int) -> date:
    """The same day so many calendar months later (or earlier), or that month's last day if it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year < date.min.year:
        return date.min
    if year > date.max.year:
        return date.max
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def completed_years(birth: date, on: date) -> int:
    """Age in completed years on the day `on`; negative before birth.

    Somebody born on 29 February completes a year on 28 February where there is no 29th, as months clamp.
    """
    years = on.year - birth.year
    return years if plus_months(birth, 12 * years) <= on else years - 1
