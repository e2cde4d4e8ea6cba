"""Some people's whole records, from the warehouse to the referee: as a line of a patient file says them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any, Final

from trialist.screening.patients import Patient, read_record
from trialist.screening.warehouse import records
from trialist.screening.warehouse.database import Database, translated
from trialist.screening.warehouse.reach import EVER, Reach
from trialist.screening.warehouse.records import Frame

CHOSEN: Final = "trialist_chosen"

Line = dict[str, Any]


class Charts:
    """Reads people's records, in the frame of the screening that asks, among those of the table `CHOSEN`."""

    def __init__(self, database: Database, frame: Frame) -> None:
        self._database, self._frame, self._words = database, frame, frame.words
        self._units = {concept: code for code, ids in frame.words.section.units.items() for concept in ids}

    def patients(self, people: str, reach: Reach) -> Iterator[Patient]:
        """The people of a table (or a query in parentheses) of the form of `records.people`."""
        for line in self.lines(people, reach):
            yield read_record(line, self._words.dictionary)

    def lines(self, people: str, reach: Reach) -> Iterator[Line]:
        """The same, as objects of a patient file, with exact numbers; in the order of their numbers."""
        self._keep(CHOSEN, f"SELECT * FROM {people} AS p")
        chosen = self._rows(
            "SELECT person, birth_from, birth_to, sex, complete_measurements, complete_exposures, "
            f"complete_conditions FROM {CHOSEN} ORDER BY person"
        )
        measured, taken, happened = self._measurements(reach), self._exposures(reach), self._conditions(reach)
        for person, birth_from, birth_to, sex, *complete in chosen:
            kinds = ("measurements", "exposures", "conditions")
            line: Line = {"id": str(person), "index": self._frame.index.isoformat()}
            if (birth := _birth(birth_from, birth_to)) is not None:
                line["birth_date"] = birth
            if sex is not None:
                line["sex"] = sex
            line["measurements"] = measured.get(person, [])
            line["exposures"] = taken.get(person, [])
            line["conditions"] = happened.get(person, [])
            line["complete"] = [kind for kind, known in zip(kinds, complete, strict=True) if known]
            yield line

    def _keep(self, name: str, query: str) -> None:
        self._database.keep(name, translated(query, self._database.dialect))

    def _rows(self, query: str) -> Sequence[tuple[Any, ...]]:
        return self._database.rows(translated(query, self._database.dialect))

    def _measurements(self, reach: Reach) -> Mapping[int, list[Line]]:
        if not reach.analytes:
            return {}
        ever = dict.fromkeys(reach.analytes, (EVER,))
        query = records.measurements(self._frame, ever)
        rows = self._rows(
            "SELECT owner, word, day, clock, value, unit, comparator, raw_high, raw_low, positive "
            f"FROM ({query}) AS q ORDER BY owner, record"
        )
        names = {number: name for name, number in self._words.numbers.items()}
        found: dict[int, list[Line]] = {}
        for owner, word, day, clock, value, unit, comparator, high, low, positive in rows:
            said: Line = {"analyte": names[word], "date": _iso(day)}
            if clock >= 0:
                said["time"] = f"{clock // 3600:02}:{clock // 60 % 60:02}:{clock % 60:02}"
            numbers = {"value": value, "upper_limit": high, "lower_limit": low}
            said |= {name: Fraction(str(each)) for name, each in numbers.items() if each is not None}
            if positive is not None:
                said["positive"] = positive
            if comparator:
                said["comparator"] = comparator
            if unit:
                said["unit"] = self._units.get(unit, f"concept {unit}")
            found.setdefault(owner, []).append(said)
        return found

    def _exposures(self, reach: Reach) -> Mapping[int, list[Line]]:
        if not reach.substances:
            return {}
        drugs = f"{CHOSEN}_drugs"
        self._keep(drugs, records.products(self._words, reach.substances, self._frame.columns))
        ever = dict.fromkeys(reach.substances, (EVER,))
        query = records.exposures(self._frame, ever, drugs)
        rows = self._rows(
            "SELECT owner, substance, started, ended, monthly, shown_dose, unit "
            f"FROM ({query}) AS q ORDER BY owner, record"
        )
        found: dict[int, list[Line]] = {}
        for owner, substance, started, ended, monthly, dose, unit in rows:
            said: Line = {"substance": substance, "start": _iso(started, monthly=monthly)}
            if ended is not None:
                said["end"] = _iso(ended, monthly=monthly)
            if dose is not None and unit is not None:
                said |= {"dose": Fraction(str(round(float(dose), 9))), "unit": unit}
            found.setdefault(owner, []).append(said)
        return found

    def _conditions(self, reach: Reach) -> Mapping[int, list[Line]]:
        if not reach.conditions:
            return {}
        table = f"{CHOSEN}_diagnoses"
        self._keep(table, records.diagnoses(self._words, reach.conditions))
        query = records.conditions(self._frame, reach.conditions, table)
        rows = self._rows(
            f"SELECT owner, name, started, ended, monthly FROM ({query}) AS q ORDER BY owner, record"
        )
        found: dict[int, list[Line]] = {}
        for owner, name, started, ended, monthly in rows:
            said: Line = {"condition": name, "date": _iso(started, monthly=monthly)}
            if ended is not None:
                said["end"] = _iso(ended, monthly=monthly)
            found.setdefault(owner, []).append(said)
        return found


def _iso(day: Any, *, monthly: bool = False) -> str:
    return str(day)[: 7 if monthly else 10]


def _birth(first: Any, last: Any) -> str | None:
    """A day, a month or a year: what is known of it."""
    if first is None:
        return None
    one, two = str(first)[:10], str(last)[:10]
    return one if one == two else one[:7] if one[:7] == two[:7] else one[:4]
