"""How long each participant was on the study drug and under observation: days, holds, participant-years."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from trialist.analysis.courses import quantile
from trialist.analysis.people import Cells, Person, day

LEAVING = ("completed", "withdrawn", "lost", "died")
DAYS_OF_A_YEAR = 365.25


@dataclass(frozen=True, slots=True)
class Hold:
    """Days without the drug: `first` is the first of them, `last` the last."""

    first: date
    last: date

    def within(self, first: date, last: date) -> int:
        """How many of its days lie between two days, both included."""
        return max(0, (min(self.last, last) - max(self.first, first)).days + 1)


@dataclass(frozen=True, slots=True)
class Dosing:
    """One participant's time on the drug, from the first dose to its last day, both included.

    `observed` is the last day on which something could have been seen: the day the study was left, or the day
    up to which the tables tell. `sources` are the ledger's sequence numbers behind it all.
    """

    person: Person
    first: date
    last: date
    observed: date
    ended: bool
    holds: tuple[Hold, ...]
    sources: tuple[int, ...]

    @property
    def held(self) -> int:
        """Days on which the drug was held."""
        return self.held_within(self.first, self.last)

    @property
    def days(self) -> int:
        """Days on the drug, those on which it was held left out."""
        return (self.last - self.first).days + 1 - self.held

    @property
    def years(self) -> float:
        """Years under observation since the first dose."""
        return ((self.observed - self.first).days + 1) / DAYS_OF_A_YEAR

    def held_within(self, first: date, last: date) -> int:
        """Days held between two days, both included."""
        return sum(hold.within(first, last) for hold in self.holds)


def dosing(person: Person, as_of: date) -> Dosing | None:
    """The time on the drug of somebody who received it; None for who did not."""
    first = person.first_dose
    if first is None:
        return None
    given = [row for row in person.exposure if row["what"] == "dispensed" and day(row["effective"]) == first]
    left = [row for row in person.happened(*LEAVING) if day(row["effective"])]
    stopped = [row for row in person.exposure if row["what"] == "ended"] or left
    observed = day(left[-1]["effective"]) if left else as_of
    last = day(stopped[-1]["effective"]) if stopped else as_of
    assert observed is not None
    last = max(first, min(last or as_of, as_of))
    changes = [row for row in person.exposure if row["what"] in ("held", "restarted")]
    return Dosing(
        person,
        first,
        last,
        max(first, min(observed, as_of)),
        bool(stopped),
        tuple(_holds(changes, last)),
        numbers([*given, *changes, *stopped[-1:], *left[-1:]]),
    )


def _holds(changes: Sequence[Cells], last: date) -> Iterator[Hold]:
    """From the day of holding to the day before the restart, or to the last day where there is none."""
    since: date | None = None
    for row in changes:
        on = day(row["effective"])
        if on is None:
            continue
        if row["what"] == "held":
            since = since or on
        elif since is not None:
            if on > since:
                yield Hold(since, date.fromordinal(on.toordinal() - 1))
            since = None
    if since is not None and since <= last:
        yield Hold(since, last)


def numbers(rows: Iterable[Cells]) -> tuple[int, ...]:
    """The ledger's sequence numbers behind rows, each once, ascending."""
    return tuple(sorted({int(row["seq"]) for row in rows if row["seq"]}))


def record(everybody: Sequence[Dosing], arms: Sequence[str]) -> dict[str, Any]:
    """Arm → its exposure: participants, days on the drug, years on it and under observation, holds."""
    return {arm: _arm([one for one in everybody if one.person.arm == arm]) for arm in arms}


def _arm(group: Sequence[Dosing]) -> dict[str, Any]:
    days = [one.days for one in group]
    return {
        "n": len(group),
        "days": summary(days),
        "years_on_drug": sum(days) / DAYS_OF_A_YEAR,
        "years_observed": sum(one.years for one in group),
        "held": sum(bool(one.holds) for one in group),
        "days_held": sum(one.held for one in group),
        "still_on_drug": sum(not one.ended for one in group),
    }


def summary(values: Sequence[float]) -> dict[str, Any]:
    """Number, mean, standard deviation, median, quartiles, ends; None for what does not exist."""
    ordered = sorted(map(float, values))
    n = len(ordered)
    mean = sum(ordered) / n if n else None
    spread = (
        (sum((one - mean) ** 2 for one in ordered) / (n - 1)) ** 0.5 if mean is not None and n > 1 else None
    )
    q1, median, q3 = (quantile(ordered, share) for share in (0.25, 0.5, 0.75))
    return {
        "n": n,
        "mean": mean,
        "sd": spread,
        "median": median,
        "q1": q1,
        "q3": q3,
        "min": ordered[0] if n else None,
        "max": ordered[-1] if n else None,
    }
