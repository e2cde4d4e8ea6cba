"""When things happened, on the site's calendar: windows, ages and look-backs count its days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from trialist.protocol.model import Visit


@dataclass(frozen=True, slots=True)
class Moment:
    """A day of the site's calendar, and the instant where it is known."""

    day: date
    instant: datetime | None = None

    def before(self, other: Moment) -> bool:
        """Whether this surely lies before `other`; within one day the clock decides where both are known."""
        if self.day != other.day or self.instant is None or other.instant is None:
            return self.day < other.day
        return self.instant < other.instant


@lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo:
    """The time zone of that name in the IANA database."""
    return ZoneInfo(name)


@lru_cache(maxsize=4096)
def moment(text: str, zone_name: str) -> Moment:
    """Read an `effective`: a whole day, or a date and time with its offset from UTC.

    Raises:
        ValueError: neither of these, or no day of the calendar.
    """
    if not text.isascii() or len(text) > 40:
        raise ValueError("not a date")
    if len(text) == 10:
        return Moment(date.fromisoformat(text))
    instant = datetime.fromisoformat(text)
    if len(text) < 16 or instant.tzinfo is None:
        raise ValueError("a time of day needs its offset from UTC")
    return Moment(instant.astimezone(zone(zone_name)).date(), instant)


def local_day(at: datetime, zone_name: str) -> date:
    """The day of the site's calendar at an instant."""
    return at.astimezone(zone(zone_name)).date()


def target(visit: Visit, anchor: date | None) -> date | None:
    """The day on which a visit is planned; None while its anchor is unknown, or where it has no day."""
    return None if anchor is None or visit.day is None else anchor + timedelta(days=visit.day)


def in_window(visit: Visit, planned: date | None, actual: date) -> bool | None:
    """Whether a visit took place in time; None where it has no window, or nothing to count from."""
    if planned is None or visit.window is None:
        return None
    before, after = visit.window
    return -before <= (actual - planned).days <= after
