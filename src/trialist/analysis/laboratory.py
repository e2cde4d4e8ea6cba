"""Laboratory values out of range, and how their grades moved from baseline."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any, Literal, cast

from trialist.analysis.exposure import Dosing
from trialist.analysis.people import Cells, Person, day
from trialist.conduct.tables import limits
from trialist.protocol import Protocol
from trialist.protocol.model import Analyte, Item
from trialist.quantity import units

NUMERIC = ("number", "integer")
Beginnings = tuple[tuple[int, Fraction | None, Fraction | None], ...]
"""Grade, below what it begins, above what it begins."""
Scale = tuple[Fraction | None, Fraction | None, Beginnings | None]
"""Lower and upper limit of a laboratory, and where its grades begin."""


@dataclass(frozen=True, slots=True)
class Value:
    """One usable laboratory value in the unit that values of its kind are compared in.

    A result beyond a limit of quantification has that limit as its `value`, and `comparator` says on which side of it
    the result lies. `grade` is 0 for none, None where the study file grades nothing of the kind, the laboratory gives
    no limit, or the result lies beyond one of quantification;
    `sources` are the ledger's sequence numbers of the value and of what its day and validity hang on.
    """

    analyte: str
    visit: str
    on: date
    value: Fraction
    unit: str
    low: Fraction | None
    high: Fraction | None
    grade: int | None
    sources: tuple[int, ...]
    cells: Cells
    comparator: Literal["<", ">"] | None = None

    @property
    def range(self) -> Literal["low", "normal", "high"] | None:
        """Where it surely lies to the laboratory's limits; None where there are none, or it cannot be said."""
        if self.low is None and self.high is None:
            return None
        if self.comparator is not None:
            return self._range_beyond()
        if self.low is not None and self.value < self.low:
            return "low"
        return "high" if self.high is not None and self.value > self.high else "normal"

    def _range_beyond(self) -> Literal["low", "normal", "high"] | None:
        """Less than a limit that is not above the lower one is low, and so on."""
        if self.comparator == "<":
            if self.low is not None:
                return "low" if self.value <= self.low else None
            return "normal" if self.high is not None and self.value <= self.high else None
        if self.high is not None:
            return "high" if self.value >= self.high else None
        return "normal" if self.low is not None and self.value >= self.low else None


@dataclass(frozen=True)
class Bench:
    """Reads laboratory values by one study file."""

    protocol: Protocol
    _scales: dict[tuple[str, str, str], Scale] = field(default_factory=dict, repr=False, compare=False)

    def values(self, person: Person) -> Iterator[Value]:
        """Every usable number of a participant, in file order; a result beyond a limit of quantification is none."""
        return (one for one in self.results(person) if one.comparator is None)

    def results(self, person: Person) -> Iterator[Value]:
        """Every usable result of a participant, in file order; what is withheld or not valid is none."""
        rows: dict[tuple[str | None, ...], list[Cells]] = {}
        for cells in person.values:
            rows.setdefault((cells["visit"], cells["form"], cells["row"]), []).append(cells)
        for group in rows.values():
            by_role = {self.protocol.items[cells["item"] or ""].means: cells for cells in group}
            spoiled = (by_role.get("valid") or {}).get("value") == "true"
            about = [by_role[role] for role in ("specimen_date", "valid", "method") if role in by_role]
            for cells in group:
                item, on = self.protocol.items[cells["item"] or ""], day(cells["effective"])
                if not spoiled and on is not None and self._measures(item) and cells["canonical"] is not None:
                    yield self._value(person, cells, item, on, about)

    def _measures(self, item: Item) -> bool:
        return item.analyte is not None and item.type in NUMERIC

    def _value(self, person: Person, cells: Cells, item: Item, on: date, about: Sequence[Cells]) -> Value:
        value, unit = Fraction(cells["canonical"] or "0"), cells["canonical_unit"] or "1"
        comparator = cast("Literal['<', '>'] | None", cells["comparator"] or None)
        low, high, limits_of_grades = self._scale(
            self.protocol.sites[person.about["site"] or ""].laboratory, cells["item"] or "", item, unit
        )
        return Value(
            item.analyte or "",
            cells["visit"] or "",
            on,
            value,
            unit,
            low,
            high,
            None if comparator else reached(value, limits_of_grades),
            tuple(sorted({int(one["seq"] or 0) for one in (cells, *about)})),
            cells,
            comparator,
        )

    def _scale(self, laboratory: str, name: str, item: Item, unit: str) -> Scale:
        """A laboratory's limits of an item and what each grade begins at, worked out once."""
        key = (laboratory, name, unit)
        if key not in self._scales:
            low, high = limits(self.protocol, laboratory, name, units.normalize(unit))
            analyte = self.protocol.dictionaries.analytes[item.analyte or ""]
            self._scales[key] = low, high, beginnings(analyte, low, high)
        return self._scales[key]


def beginnings(analyte: Analyte, low: Fraction | None, high: Fraction | None) -> Beginnings | None:
    """(Grade, below what, above what) by one laboratory's limits; None where a grade cannot be said."""
    found = []
    for limit in analyte.grades:
        times = {"lower_limit": low, "upper_limit": high, None: Fraction(1)}[limit.times]
        if times is None:
            return None
        below, above = (
            None if bound is None else Fraction(bound) * times for bound in (limit.below, limit.above)
        )
        found.append((limit.grade, below, above))
    return tuple(found) or None


def reached(value: Fraction, grades: Beginnings | None) -> int | None:
    """The highest grade that a value reaches, 0 for none; None where that cannot be said."""
    if grades is None:
        return None
    return max(
        (
            grade
            for grade, below, above in grades
            if (below is not None and value < below) or (above is not None and value > above)
        ),
        default=0,
    )


@dataclass(frozen=True, slots=True)
class Shift:
    """One participant's values of one analyte: the last up to the first dose, and all after it."""

    dosing: Dosing
    baseline: Value | None
    after: tuple[Value, ...]

    def worst(self) -> int | None:
        """The highest grade after the first dose; None without a graded value."""
        return max((one.grade for one in self.after if one.grade is not None), default=None)

    def ever(self, where: str) -> bool:
        """Whether a value after the first dose lay there, and the baseline did not."""
        new = self.baseline is None or self.baseline.range != where
        return new and any(one.range == where for one in self.after)


def shifts(bench: Bench, everybody: Sequence[Dosing]) -> Mapping[str, tuple[Shift, ...]]:
    """Analyte → everybody's shift, for analytes that have limits or grades and of which something is seen."""
    found: dict[str, list[Shift]] = {}
    by_person = [(one, tuple(bench.values(one.person))) for one in everybody]
    seen = {value.analyte for _, values in by_person for value in values}
    for analyte in bench.protocol.dictionaries.analytes:
        if analyte not in seen:
            continue
        of = [
            _shift(one, [value for value in values if value.analyte == analyte]) for one, values in by_person
        ]
        if any(value.range or value.grade is not None for one in of for value in one.after):
            found[analyte] = of
    return {name: tuple(of) for name, of in found.items()}


def _shift(dosing: Dosing, values: Sequence[Value]) -> Shift:
    """Values of the day of the first dose were drawn before it."""
    ordered = sorted(values, key=lambda one: one.on)
    before = [one for one in ordered if one.on <= dosing.first]
    after = tuple(one for one in ordered if one.on > dosing.first)
    return Shift(dosing, before[-1] if before else None, after)


def record(
    protocol: Protocol, found: Mapping[str, Sequence[Shift]], arms: Sequence[str]
) -> list[dict[str, Any]]:
    """Per analyte and arm: participants with a value, newly low, newly high, and baseline grade by worst grade."""
    return [
        {
            "analyte": name,
            "unit": protocol.dictionaries.analytes[name].unit,
            "arms": {arm: _arm([one for one in of if one.dosing.person.arm == arm]) for arm in arms},
        }
        for name, of in found.items()
    ]


def _arm(group: Sequence[Shift]) -> dict[str, Any]:
    valued = [one for one in group if one.after]
    graded = [one for one in valued if one.worst() is not None]

    def count(ask: Callable[[Shift], bool]) -> int:
        return sum(map(ask, valued))

    return {
        "n": len(valued),
        "newly_low": count(lambda one: one.ever("low")),
        "newly_high": count(lambda one: one.ever("high")),
        "graded": len(graded),
        "grade_3_or_more": sum((one.worst() or 0) >= 3 for one in graded),
        "worse": sum((one.worst() or 0) > _from(one) for one in graded),
        "shift": _cross(graded),
    }


def _from(one: Shift) -> int:
    return (one.baseline.grade if one.baseline else None) or 0


def _cross(graded: Sequence[Shift]) -> dict[str, dict[str, int]]:
    """Grade at baseline (`unknown` without one) → worst grade after it → participants; only what occurs."""
    table: dict[str, dict[str, int]] = {}
    for one in graded:
        known = one.baseline.grade if one.baseline else None
        row = table.setdefault("unknown" if known is None else str(known), {})
        worst = str(one.worst())
        row[worst] = row.get(worst, 0) + 1
    return {start: dict(sorted(row.items())) for start, row in sorted(table.items())}
