"""Compliance from what was handed over and what came back.

Units taken are units dispensed minus units returned; units due are the doses of the days from the dispensing to
the return, days on which the drug was held left out. So 168 capsules handed over and 56 returned after 60 days
at two a day are 112 of 120: 93.3 %.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from trialist.analysis.exposure import Dosing, numbers, summary
from trialist.analysis.people import Cells, day
from trialist.protocol import Protocol

VERDICTS = ("below", "within", "above", "unknown", "impossible")


@dataclass(frozen=True, slots=True)
class Supply:
    """Units handed over and accounted for between a dispensing and the return that closed it.

    `returned`, `back` and `until` are None while nothing came back; `due` where the dose is not one number.
    """

    visit: str
    since: date
    dispensed: int
    back: str | None
    until: date | None
    returned: int | None
    due: int | None
    sources: tuple[int, ...]

    @property
    def taken(self) -> int | None:
        """Units taken, as far as the count tells."""
        return None if self.returned is None else self.dispensed - self.returned


@dataclass(frozen=True, slots=True)
class Account:
    """One participant's supplies, in order, and how the limits of the study file judge them."""

    dosing: Dosing
    supplies: tuple[Supply, ...]
    limits: tuple[Fraction, Fraction] | None

    @property
    def closed(self) -> tuple[Supply, ...]:
        """Those that can be judged: something came back, no more than was handed over, and doses were due."""
        return tuple(one for one in self.supplies if one.taken is not None and one.taken >= 0 and one.due)

    @property
    def share(self) -> Fraction | None:
        """Units taken over units due, of all supplies that can be judged; None where none can."""
        due = sum(one.due or 0 for one in self.closed)
        return Fraction(sum(one.taken or 0 for one in self.closed), due) if due else None

    @property
    def verdict(self) -> str:
        """How it is judged: impossible (more came back than went out), unknown, below, within or above."""
        if any((one.taken or 0) < 0 for one in self.supplies):
            return "impossible"
        if self.share is None:
            return "unknown"
        low, high = self.limits or (self.share, self.share)
        return "below" if self.share < low else "above" if self.share > high else "within"


def account(protocol: Protocol, dosing: Dosing) -> Account:
    """The supplies of one participant."""
    return Account(dosing, tuple(_supplies(dosing, units_a_day(protocol))), limits(protocol))


def units_a_day(protocol: Protocol) -> int | None:
    """Units due on a day; None where the arms differ, which a blinded reader could not use."""
    products = {arm.product for arm in protocol.arms.values()}
    doses = {
        protocol.products[name].units_per_dose * protocol.products[name].doses_per_day for name in products
    }
    return doses.pop() if len(doses) == 1 else None


def limits(protocol: Protocol) -> tuple[Fraction, Fraction] | None:
    """The limits that the study file sets, where the arms share them."""
    found = {protocol.products[arm.product].compliance for arm in protocol.arms.values()}
    bounds = found.pop() if len(found) == 1 else None
    return (Fraction(bounds[0]), Fraction(bounds[1])) if bounds else None


def _supplies(dosing: Dosing, a_day: int | None) -> Iterator[Supply]:
    """A return closes what was handed over since the last one; a second return belongs to the first."""
    given: list[Cells] = []
    back: list[Cells] = []
    rows = [row for row in dosing.person.exposure if row["what"] in ("dispensed", "returned")]
    for row in sorted(rows, key=lambda one: (one["effective"] or "", int(one["seq"] or 0))):
        if row["what"] == "returned":
            back.append(row)
        elif back:
            if given:
                yield _supply(dosing, given, back, a_day)
            given, back = [row], []
        else:
            given.append(row)
    if given:
        yield _supply(dosing, given, back, a_day)


def _supply(dosing: Dosing, given: Sequence[Cells], back: Sequence[Cells], a_day: int | None) -> Supply:
    since, until = day(given[0]["effective"]), day(back[-1]["effective"]) if back else None
    assert since is not None, "a dispensing has its day"
    due = None
    if until is not None and a_day is not None:
        # The last capsule due before the return is that of the day before, or of the last day on the drug.
        last = min(until - timedelta(days=1), dosing.last)
        due = a_day * max(0, (last - since).days + 1 - dosing.held_within(since, last))
    return Supply(
        given[0]["visit"] or "",
        since,
        _units(given),
        back[-1]["visit"] if back else None,
        until,
        _units(back) if back else None,
        due,
        tuple(sorted({*numbers(given), *numbers(back), *dosing.sources})),
    )


def _units(rows: Iterable[Cells]) -> int:
    return sum(int(row["units"] or 0) for row in rows)


def record(everybody: Sequence[Account], arms: Sequence[str]) -> dict[str, Any]:
    """Arm → its compliance, and who lies outside the limits."""
    bounds = next((one.limits for one in everybody if one.limits), None)
    return {
        "limits": [float(bound) for bound in bounds] if bounds else None,
        "arms": {arm: _arm([one for one in everybody if one.dosing.person.arm == arm]) for arm in arms},
        "outside": [
            {
                "participant": one.dosing.person.id,
                "arm": one.dosing.person.arm,
                "share": None if one.share is None else float(one.share),
                "verdict": one.verdict,
            }
            for one in everybody
            if one.verdict in ("below", "above", "impossible")
        ],
    }


def _arm(group: Sequence[Account]) -> dict[str, Any]:
    verdicts = [one.verdict for one in group]
    closed = [supply for one in group for supply in one.closed]
    return {
        "share": summary(
            [float(one.share) for one in group if one.share is not None and one.verdict != "impossible"]
        ),
        "units_taken": sum(supply.taken or 0 for supply in closed),
        "units_due": sum(supply.due or 0 for supply in closed),
        "units_not_returned": sum(
            supply.dispensed for one in group for supply in one.supplies if supply.returned is None
        ),
        **{name: verdicts.count(name) for name in VERDICTS},
    }
