"""A virtual warehouse: people of an OMOP common data model 5.4, and the same people as lines of a patient file.

Everything is drawn in vectors, in blocks of people, from one seed. A small part of the people are *affected*: tested
for antiphospholipid antibodies, often with low platelets. Their records have the faults that records have: several
units, missing units and limits, values below the limit of quantification, days known to the month, days in the future,
entries that stand twice, ends before starts. The numbers are invented; they are no epidemiology.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from trialist.population.catalog import (
    ANTIBODIES,
    COURSES,
    DATA_END,
    FILLERS,
    HAPPENINGS,
    LABS,
    PRODUCTS,
    SITES,
    Lab,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from trialist.protocol import Protocol

    Column = NDArray[Any]
    Columns = dict[str, Column]

BLOCK: Final = 50_000
"""People drawn at once; a warehouse of a seed does not depend on how many follow."""

_EPOCH: Final = date(1970, 1, 1)
NONE: Final = -(2**31)
"""No day, no number of minutes."""

FEMALE, MALE, NO_SEX = 8532, 8507, 0
LESS, AT_MOST, MORE = 4171756, 4171754, 4172704
REPORTED, RECORDED = 32865, 32817
"""Types of records: told by the patient (days to the month), and from the hospital's own system."""


def _day(day: date) -> int:
    return (day - _EPOCH).days


@dataclass
class Block:
    """Some people and their records, as columns; days count from 1970-01-01."""

    people: Columns
    periods: Columns
    measurements: Columns
    exposures: Columns
    conditions: Columns


@dataclass(frozen=True)
class Warehouse:
    """Virtual people for a study. `affected`: the share that was tested for antiphospholipid antibodies."""

    protocol: Protocol
    people: int
    seed: int = 1
    affected: float = 0.01
    visits: float = 3.0
    faults: float = 1.0
    block: int = BLOCK
    _words: dict[str, int] = field(default_factory=dict, init=False, repr=False)

    def blocks(self) -> Iterator[Block]:
        """The people, block by block."""
        import numpy as np

        for number, first in enumerate(range(1, self.people + 1, self.block)):
            count = min(self.block, self.people + 1 - first)
            yield _Drawing(self, np.random.default_rng([self.seed, number]), first, count).block()

    def write(self, path: Path | str) -> None:
        """Write a DuckDB database with the tables of the common data model that screening reads."""
        from trialist.population.common_data_model import write

        write(self, Path(path))

    def lines(
        self, persons: Sequence[int] | None = None, *, index: date = DATA_END
    ) -> Iterator[dict[str, Any]]:
        """The same people (all, or some) as lines of a patient file, at one index day."""
        from trialist.population.patient_lines import lines

        wanted = None if persons is None else frozenset(persons)
        for block in self.blocks():
            yield from lines(self.protocol, block, index, wanted)


class _Drawing:
    """One block being drawn."""

    def __init__(self, plan: Warehouse, random: np.random.Generator, first: int, count: int) -> None:
        import numpy as np

        self.plan, self.random, self.first, self.count = plan, random, first, count
        self.np = np
        self.end = _day(DATA_END)
        self.ids = np.arange(first, first + count)

    def block(self) -> Block:
        people = self._people()
        periods = self._periods(people)
        return Block(
            people, periods, self._measurements(people), self._exposures(people), self._conditions(people)
        )

    # -- People ------------------------------------------------------------------------------------------------

    def _people(self) -> Columns:
        np, random, n = self.np, self.random, self.count
        sex = random.choice([FEMALE, MALE, NO_SEX], n, p=[0.55, 0.449, 0.001])
        affected = random.random(n) < self.plan.affected
        year = random.integers(1935, 2016, n)
        return {
            "person_id": self.ids,
            "sex": np.where(affected & (random.random(n) < 0.6), FEMALE, sex),
            "year": np.where(affected, random.integers(1950, 2009, n), year),
            "month": np.where(random.random(n) < 0.97, random.integers(1, 13, n), NONE),
            "day": np.where(random.random(n) < 0.9, random.integers(1, 29, n), NONE),
            "site": random.choice(len(SITES), n, p=np.array(SITES) / sum(SITES)) + 1,
            "affected": affected,
            "positive": affected & (random.random(n) < 0.6),
            "low": affected & (random.random(n) < 0.45),
            "begun": self.end - random.integers(60, 4000, n),
            "left": random.random(n) < 0.08,
        }

    def _periods(self, people: Columns) -> Columns:
        """When each is observed; some left before the end, some came back after a gap."""
        np, random, n = self.np, self.random, self.count
        end = np.where(people["left"], self.end - random.integers(1, 60, n), self.end)
        gap = (random.random(n) < 0.05) & ~people["left"]
        back = self.end - random.integers(1, 50, n)
        first_end = np.where(gap, np.maximum(people["begun"], back - 60), end)
        return {
            "person_id": np.concatenate([self.ids, self.ids[gap]]),
            "start": np.concatenate([people["begun"], back[gap]]),
            "end": np.concatenate([np.maximum(first_end, people["begun"]), end[gap]]),
        }

    # -- Measurements ------------------------------------------------------------------------------------------

    def _measurements(self, people: Columns) -> Columns:
        np = self.np
        parts = [*self._panels(people), *self._antibody_tests(people), *self._counts(people)]
        rows = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        rows = self._repeated(rows, 3e-4)
        number = len(rows["person_id"])
        rows["day"] = np.where(
            self._some(number, 2e-5), self.end + self.random.integers(1, 400, number), rows["day"]
        )
        rows["value"] = np.where(self._some(number, 1e-5), -np.abs(rows["value"]), rows["value"])
        return self._ordered(rows, "day")

    def _panels(self, people: Columns) -> Iterator[Columns]:
        """Visits at random days, at each some of the tests; affected people have a work-up in the last weeks."""
        np, random = self.np, self.random
        number = random.poisson(self.plan.visits, self.count) + people["affected"]
        who = np.repeat(np.arange(self.count), number)
        age = random.random(len(who)) ** 2.5
        day = (self.end - age * (self.end - people["begun"][who])).astype(np.int64)
        last = np.append(who[1:] != who[:-1], True)[: len(who)] & people["affected"][who]
        day = np.where(last, self.end - random.integers(0, 40, len(who)), day)
        minutes = self._minutes(len(who))
        for lab in (*LABS, *FILLERS):
            share = np.where(last, max(lab.share, 0.93), lab.share) if lab in LABS else lab.share
            chosen = random.random(len(who)) < share
            own = who[chosen]
            value = lab.median * np.exp(lab.spread * random.standard_normal(len(own)))
            if lab.word == "platelets":
                value = np.where(
                    people["low"][own], 65 * np.exp(0.25 * random.standard_normal(len(own))), value
                )
            yield self._results(people, lab, own, day[chosen], minutes[chosen], value)

    def _counts(self, people: Columns) -> Iterator[Columns]:
        """Platelets of people with low counts, every week or two up to the end."""
        np, random = self.np, self.random
        low = np.flatnonzero(people["low"])
        who = np.repeat(low, random.integers(2, 6, len(low)))
        day = self.end - random.integers(0, 70, len(who))
        value = 62 * np.exp(0.2 * random.standard_normal(len(who)))
        yield self._results(people, LABS[0], who, day, self._minutes(len(who)), value)

    def _antibody_tests(self, people: Columns) -> Iterator[Columns]:
        """Two to four tests of each antibody, days to years apart."""
        np, random = self.np, self.random
        tested = np.flatnonzero(people["affected"])
        who = np.repeat(tested, random.integers(1, 5, len(tested)))
        day = self.end - random.integers(0, 420, len(who))
        favorite = random.integers(0, len(ANTIBODIES), self.count)
        for place, lab in enumerate(ANTIBODIES):
            chosen = random.random(len(who)) < lab.share
            own = who[chosen]
            high = people["positive"][own] & (favorite[own] == place)
            value = np.where(high, 85.0, 9.0) * np.exp(0.45 * random.standard_normal(len(own)))
            yield self._results(people, lab, own, day[chosen], self._minutes(len(own)), value, high)

    def _results(  # noqa: PLR0917 - columns of one length
        self,
        people: Columns,
        lab: Lab,
        who: Column,
        day: Column,
        minutes: Column,
        value: Column,
        high: Any = None,
    ) -> Columns:
        """Rows of one test, in the units of the site's laboratory."""
        np, random, n = self.np, self.random, len(who)
        conventional = people["site"][who] % 3 == 0
        unit = np.where(conventional, len(lab.units) - 1, 0)
        unit = np.where((random.random(n) < 0.02) & (len(lab.units) > 2), 1, unit)
        factor = np.array(lab.factors)[unit]
        shown = np.round(value * factor, lab.decimals)
        unit = np.where(self._some(n, 3e-3), NO_UNIT, np.where(self._some(n, 3e-4), WRONG_UNIT, unit))
        limit = np.round(np.where(conventional, lab.high * 1.1, lab.high) * factor, 2)
        operator = np.zeros(n, dtype=np.int64)
        answer = np.zeros(n, dtype=np.int64)
        if lab.least is not None:
            below = value < lab.least
            shown = np.where(below, np.round(lab.least * factor, lab.decimals), shown)
            operator = np.where(below, np.where(random.random(n) < 0.9, LESS, AT_MOST), 0)
        if lab.words:
            answer = np.where(high, 1, 2)
            answer = np.where(random.random(n) < 0.03, 3, answer)
            shown = np.full(n, np.nan)
            unit = np.full(n, NO_UNIT)
        return {
            "person_id": self.ids[who],
            "lab": np.full(n, lab.number),
            "day": day,
            "minutes": minutes,
            "value": np.where(self._some(n, 5e-4), np.nan, shown),
            "unit": unit,
            "operator": operator,
            "high": np.where(self._some(n, 5e-2) | (lab.high == 0), np.nan, limit),
            "answer": answer,
        }

    def _minutes(self, number: int) -> Column:
        """Minutes after midnight; a third of the entries have no time."""
        return self.np.where(self.random.random(number) < 0.67, self.random.integers(360, 1200, number), NONE)

    # -- Drugs and conditions ----------------------------------------------------------------------------------

    def _exposures(self, people: Columns) -> Columns:
        np, random = self.np, self.random
        parts = []
        for course in COURSES:
            share = np.where(people["affected"], course.affected, course.share)
            who = np.flatnonzero(random.random(self.count) < share)
            product = random.choice(course.products, len(who))
            length = np.array([PRODUCTS[number].days for number in range(len(PRODUCTS))])[product]
            packs = random.integers(1, course.packs + 1, len(who))
            per_day = random.choice(course.per_day, len(who))
            until = self.end - (random.random(len(who)) ** 2 * 700).astype(np.int64) + 40
            rows = np.repeat(np.arange(len(who)), packs)
            turn = np.arange(len(rows)) - np.repeat(np.cumsum(packs) - packs, packs)
            late = np.where(random.random(len(rows)) < 0.1, random.integers(1, 5, len(rows)), 0)
            days = length[rows]
            start = until[rows] - days * (packs[rows] - turn) + late
            changed = (turn == packs[rows] - 1) & (random.random(len(rows)) < 0.15)
            daily = np.where(changed, per_day[rows] * 2, per_day[rows])
            parts.append(
                {
                    "person_id": self.ids[who[rows]],
                    "product": product[rows],
                    "start": start,
                    "end": start + days - 1,
                    "days": days,
                    "quantity": daily * days,
                }
            )
        rows_ = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        kept = rows_["start"] <= self.end
        rows_ = {name: column[kept] for name, column in rows_.items()}
        n = len(rows_["person_id"])
        rows_["quantity"] = np.where(self._some(n, 1e-2), np.nan, rows_["quantity"])
        endless = self._some(n, 5e-3)
        rows_["end"] = np.where(
            endless, NONE, np.where(self._some(n, 3e-4), rows_["start"] - 3, rows_["end"])
        )
        rows_["days"] = np.where(endless, NONE, rows_["days"])
        rows_["reported"] = random.random(n) < 2e-3
        rows_["start"] = np.where(self._some(n, 5e-5), self.end + random.integers(1, 90, n), rows_["start"])
        return self._ordered(self._repeated(rows_, 3e-4), "start")

    def _conditions(self, people: Columns) -> Columns:
        np, random = self.np, self.random
        parts = []
        for number, one in enumerate(HAPPENINGS):
            share = np.where(people["affected"], one.affected, one.share)
            if one.women:
                share = np.where((people["sex"] == FEMALE) & (people["year"] > 1980), share, 0)
            who = np.flatnonzero(random.random(self.count) < share)
            n = len(who)
            day = self.end - (random.random(n) ** one.recent * (self.end - people["begun"][who])).astype(
                np.int64
            )
            end = np.where(random.random(n) < one.ended, day + random.integers(1, one.days + 1, n), NONE)
            end = np.where(end > self.end, NONE, end)
            parts.append(
                {"person_id": self.ids[who], "condition": np.full(n, number), "start": day, "end": end}
            )
        rows = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        n = len(rows["person_id"])
        rows["reported"] = random.random(n) < 0.02
        rows["end"] = np.where(self._some(n, 1e-3), rows["start"] - 5, rows["end"])
        rows["start"] = np.where(self._some(n, 1e-4), self.end + random.integers(1, 90, n), rows["start"])
        return self._ordered(self._repeated(rows, 1e-3), "start")

    # -- Faults ------------------------------------------------------------------------------------------------

    def _some(self, number: int, share: float) -> Column:
        return self.random.random(number) < share * self.plan.faults

    def _repeated(self, rows: Columns, share: float) -> Columns:
        """Some rows stand twice."""
        np = self.np
        again = np.flatnonzero(self._some(len(rows["person_id"]), share))
        return {name: np.concatenate([column, column[again]]) for name, column in rows.items()}

    def _ordered(self, rows: Columns, day: str) -> Columns:
        """In the order recorded: by day."""
        order = self.np.argsort(rows[day], kind="stable")
        return {name: column[order] for name, column in rows.items()}


NO_UNIT, WRONG_UNIT = -1, -2


def as_date(day: int) -> date:
    """The day of a number of days since 1970-01-01."""
    return _EPOCH + timedelta(days=int(day))
