"""Analysis tables in the manner of ADaM, every derived value with the ledger's events that it came from.

A table has one row per participant, result, event or supply, and for each derived column `X` a column `X_SEQ`:
the sequence numbers, ascending, of the events from which the value can be made again. `derived_columns` says
what each column is and how it is derived.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

from trialist import criteria
from trialist.analysis import compliance, exposure, outcomes
from trialist.analysis.derived_columns import TABLES, Column
from trialist.analysis.exposure import Dosing, numbers
from trialist.analysis.histories import Reader
from trialist.analysis.laboratory import Bench, Value
from trialist.analysis.outcomes import Case, Outcome
from trialist.analysis.people import Cells, Person, day, people
from trialist.analysis.safety import class_of, emergent
from trialist.analysis.trail import Trail
from trialist.criteria.history import Exposure, Measurement
from trialist.criteria.nodes import Node
from trialist.ledger.event import Event
from trialist.ledger.lens import exact
from trialist.ledger.record import moment
from trialist.ledger.snapshot import Snapshot
from trialist.protocol import Protocol

Seqs = tuple[int, ...]
Made = tuple[str | None, Seqs]
"""A derived value as text, and the events that it came from."""
Row = Mapping[str, Made]
NOTHING: Made = (None, ())


@dataclass(frozen=True)
class Derived:
    """The tables of one snapshot, in the order of `TABLES`."""

    tables: Mapping[str, Sequence[Row]]
    snapshot: Snapshot
    study: str

    def write(self, folder: Path | str) -> None:
        """Write `<table>.csv` (UTF-8, header, line feeds, empty cell for None) and `dictionary.json`."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        for name, rows in self.tables.items():
            columns = TABLES[name].columns
            with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
                lines = csv.writer(file, lineterminator="\n")
                lines.writerow(_header(columns))
                lines.writerows(_cells(columns, row) for row in rows)
        text = json.dumps(self.dictionary(), ensure_ascii=False, indent=1)
        (folder / "dictionary.json").write_text(text + "\n", encoding="utf-8", newline="\n")

    def dictionary(self) -> dict[str, Any]:
        """What every table and column is, and the snapshot that all of it was made of."""
        marks = (("BLINDED", self.snapshot.blinded), ("SIMULATED", self.snapshot.simulated))
        return {
            "study": self.study,
            "marks": [name for name, holds in marks if holds],
            "head": str(self.snapshot.head),
            "as_of": moment(self.snapshot.as_of),
            "protocol": self.snapshot.protocol_hash,
            "tables": {name: TABLES[name].as_json() for name in self.tables},
        }


def _header(columns: Sequence[Column]) -> list[str]:
    return [*(one.name for one in columns), *(f"{one.name}_SEQ" for one in columns if one.traced)]


def _cells(columns: Sequence[Column], row: Row) -> list[str]:
    values = [row.get(one.name, NOTHING)[0] or "" for one in columns]
    trails = [" ".join(map(str, row.get(one.name, NOTHING)[1])) for one in columns if one.traced]
    return values + trails


def derive(protocol: Protocol, snapshot: Snapshot, events: Iterable[Event]) -> Derived:
    """The analysis tables of a snapshot; `events` are those it was taken from, and only their places are read.

    Blinded where the snapshot is: arms are then dummies, and what is withheld is not there.
    """
    maker = _Maker(protocol, snapshot, Trail.read(events, snapshot.head.seq))
    return Derived(
        {
            "adsl": tuple(maker.subject(person) for person in maker.everybody),
            "adrs": tuple(maker.responses()),
            "adlb": tuple(row for person in maker.everybody for row in maker.results(person)),
            "adae": tuple(row for person in maker.everybody for row in maker.adverse(person)),
            "adex": tuple(row for one in maker.dosings.values() for row in maker.doses(one)),
        },
        snapshot,
        maker.study,
    )


class _Maker:
    """Makes the rows of one snapshot."""

    def __init__(self, protocol: Protocol, snapshot: Snapshot, trail: Trail) -> None:
        self.protocol, self.snapshot, self.trail = protocol, snapshot, trail
        self.study = protocol.study.id + ("-SIM" if snapshot.simulated else "")
        self.everybody = people(snapshot)
        self.reader, self.bench = Reader(protocol), Bench(protocol)
        as_of = snapshot.as_of.date()
        self.cases = {one.person.id: one for one in outcomes.cases(self.reader, self.everybody, as_of)}
        found = (exposure.dosing(person, as_of) for person in self.everybody if person.randomized)
        self.dosings = {one.person.id: one for one in found if one}
        self.found = {
            name: {one.case.person.id: one for one in self._outcomes(name)} for name in self._binary()
        }

    def _binary(self) -> Iterator[str]:
        for name, one in self.protocol.estimands.items():
            if self.protocol.endpoints[one.endpoint].type == "binary":
                yield name

    def _outcomes(self, name: str) -> Sequence[Outcome]:
        return outcomes.outcomes(self.reader, self.protocol.estimands[name], tuple(self.cases.values()))

    # --- what every table begins with ---------------------------------------------------------------------------

    def _key(self, person: Person) -> dict[str, Made]:
        return {
            "STUDYID": (self.study, ()),
            "USUBJID": (f"{self.study}-{person.id}", ()),
            "SUBJID": (person.id, ()),
            "TRT01P": (person.arm, self._turn(person, "randomized")),
        }

    @staticmethod
    def _turn(person: Person, *what: str) -> Seqs:
        """The last turn of the participant's way that is one of `what`."""
        return numbers([*person.happened(*what)][-1:])

    @staticmethod
    def _item(person: Person, means: str, protocol: Protocol) -> Seqs:
        rows = [row for row in person.values if protocol.items[row["item"] or ""].means == means]
        return numbers(rows[-1:])

    def _day(self, person: Person, on: date | None, sources: Seqs) -> Made:
        """Days from randomization, day 0."""
        if on is None or person.randomized is None:
            return NOTHING
        return str((on - person.randomized).days), _union(sources, self._turn(person, "randomized"))

    # --- one row per participant --------------------------------------------------------------------------------

    def subject(self, person: Person) -> Row:
        about, consented = person.about, self._turn(person, "consented")
        case, dosing = self.cases.get(person.id), self.dosings.get(person.id)
        randomized = self._turn(person, "randomized")
        row: dict[str, Made] = {
            **self._key(person),
            "SITEID": (about["site"], consented),
            "AGE": (about["age"], _union(consented, self._item(person, "birth_date", self.protocol))),
            "SEX": (about["sex"], self._item(person, "sex", self.protocol)),
            "RFICDT": (_date(about["consented"]), consented),
            "RANDDT": (_date(about["randomized"]), randomized),
            "STRATAR": (about["stratum"], randomized),
            "ITTFL": ("Y" if person.randomized else "N", randomized),
            "SAFFL": ("Y" if dosing else "N", self._first_dose(person)),
            **self._end_of_study(person),
        }
        if case is not None:
            base = self._selected(case, "baseline")
            row["STRATAA"] = (case.stratum, _union(randomized, base[1]))
            row["BASE"] = base
            primary = next(n for n, one in self.protocol.estimands.items() if one.level == "primary")
            row |= {name: made for name, made in self._outcome(primary, case).items() if name in _SHARED}
        if dosing is not None:
            row |= self._treatment(dosing)
        return row

    def _first_dose(self, person: Person) -> Seqs:
        rows = [row for row in person.exposure if row["what"] == "dispensed"]
        return numbers(sorted(rows, key=lambda row: row["effective"] or "")[:1])

    def _treatment(self, dosing: Dosing) -> dict[str, Made]:
        person, first = dosing.person, self._first_dose(dosing.person)
        ended = [row for row in person.exposure if row["what"] == "ended"]
        left = [*person.happened(*exposure.LEAVING)]
        stop = numbers(ended[-1:] or left[-1:])
        reason = (ended[-1]["reason"] if ended else left[-1]["what"] if left else None) or None
        status = "ONGOING" if not dosing.ended else "COMPLETED" if reason == "completed" else "DISCONTINUED"
        last = dosing.last.isoformat() if dosing.ended else None
        kits = {row["kit"] for row in person.exposure if row["what"] == "dispensed"}
        own = kits == {person.about["kit"]}
        return {
            "TRTSDT": (dosing.first.isoformat(), first),
            "TRTEDT": (last, stop),
            "TRTDURD": (str(dosing.days), dosing.sources),
            "EOTSTT": (status, stop),
            "DCTREAS": (reason if status == "DISCONTINUED" else None, stop),
            "TRT01A": (
                person.arm if own and not self.snapshot.blinded else None,
                _union(self._turn(person, "randomized"), self._dispensed(person)),
            ),
        }

    @staticmethod
    def _dispensed(person: Person) -> Seqs:
        return numbers(row for row in person.exposure if row["what"] == "dispensed")

    def _end_of_study(self, person: Person) -> dict[str, Made]:
        if person.randomized is None:
            return {}
        left, died = [*person.happened(*exposure.LEAVING)][-1:], [*person.happened("died")][-1:]
        what = left[0]["what"] if left else None
        status = "ONGOING" if what is None else "COMPLETED" if what == "completed" else "DISCONTINUED"
        return {
            "EOSSTT": (status, numbers(left)),
            "EOSDT": (_date(left[0]["effective"]) if left else None, numbers(left)),
            "DCSREAS": (what if status == "DISCONTINUED" else None, numbers(left)),
            "DTHFL": ("Y" if died else None, numbers(died)),
            "DTHDT": (_date(died[0]["effective"]) if died else None, numbers(died)),
        }

    # --- one row per participant and binary endpoint ------------------------------------------------------------

    def responses(self) -> Iterator[Row]:
        for name in self.found:
            endpoint = self.protocol.endpoints[self.protocol.estimands[name].endpoint]
            for case in self.cases.values():
                yield {
                    **self._key(case.person),
                    "PARAMCD": (self.protocol.estimands[name].endpoint, ()),
                    "PARAM": (endpoint.label.en, ()),
                    "ESTIMAND": (name, ()),
                    "AVISIT": (endpoint.time, ()),
                    "BASE": self._selected(case, "baseline"),
                    **self._outcome(name, case),
                }

    def _outcome(self, name: str, case: Case) -> dict[str, Made]:
        """The outcome, what decided it, and the value that it hangs on."""
        estimand, outcome = self.protocol.estimands[name], self.found[name][case.person.id]
        time = self.protocol.endpoints[estimand.endpoint].time
        sources = self._decided(estimand.endpoint, time, case, outcome)
        said = {True: "Y", False: "N", None: None}[outcome.response]
        case = outcome.read or case
        measured = self._measured(case, time)
        on = measured.date.earliest if measured else None
        days = self._seqs(measured) if measured else ()
        return {
            "AVALC": (said, sources),
            "AVAL": (None if said is None else str(int(said == "Y")), sources),
            "DECIDED": (outcome.why, sources),
            "COUNT": self._selected(case, time),
            "ADT": (on.isoformat() if on else None, days),
            "ADY": self._day(case.person, on, days),
        }

    def _decided(self, endpoint: str, time: str, case: Case, outcome: Outcome) -> Seqs:
        """The events behind an outcome; randomization is always one, because days count from it."""
        base = self._turn(case.person, "randomized")
        if outcome.why in (outcomes.MISSING, outcomes.NOT_DUE):
            return base
        if outcome.why == outcomes.OBSERVED:
            return _union(base, self._read(self.protocol.rules.endpoint[endpoint], time, case))
        event = self._happened(outcome.why, time, case)
        if outcome.read is None:
            return _union(base, event)
        return _union(base, event, self._read(self.protocol.rules.endpoint[endpoint], time, outcome.read))

    def _happened(self, event: str, time: str, case: Case) -> Seqs:
        """The events behind an intercurrent event."""
        declared = self.protocol.intercurrent_events[event]
        if declared.source == "rule":
            rule = self.protocol.rules.event[event]
            return _union(self._first_dose(case.person), self._read(rule, time, case))
        return numbers(case.person.happened(outcomes.SOURCES[declared.source]))

    def _read(self, rule: Node, time: str, case: Case) -> Seqs:
        """The records that a rule used, down to the events."""
        verdict = criteria.evaluate(rule, case.seen_from(time), self.protocol.dictionary)
        records = {id(used.record): used.record for step in verdict.trace.step.walk() for used in step.used}
        return _union(*(self._seqs(record) for record in records.values()))

    def _measured(self, case: Case, time: str) -> Measurement | None:
        return self.reader.selected(case.history, time, self._analyte)

    @property
    def _analyte(self) -> str:
        primary = next(one for one in self.protocol.estimands.values() if one.level == "primary")
        return self.reader.analyte_at[self.protocol.endpoints[primary.endpoint].time]

    def _selected(self, case: Case, time: str) -> Made:
        measured = self._measured(case, time)
        value = self.reader.value(measured) if measured else None
        return NOTHING if measured is None or value is None else (exact(value), self._seqs(measured))

    def _seqs(self, record: Any) -> Seqs:
        """The events that wrote a record: all of a log's row, a value with its day."""
        seq = record.source.seq
        if not seq:
            return ()
        if isinstance(record, Exposure) or not isinstance(record, Measurement):
            return self.trail.of(seq)
        return self.trail.saved(seq)

    # --- one row per laboratory value ---------------------------------------------------------------------------

    def results(self, person: Person) -> Iterator[Row]:
        if person.randomized is None:
            return
        values = sorted(self.bench.results(person), key=lambda one: (one.analyte, one.on))
        until = person.first_dose or person.randomized
        base = {one.analyte: one for one in values if one.on <= until}  # the last one stands
        for one in values:
            yield self._result(person, one, base.get(one.analyte))

    def _result(self, person: Person, one: Value, base: Value | None) -> Row:
        own = self.trail.saved(*one.sources)
        of_base = self.trail.saved(*base.sources) if base else ()
        censored = one.comparator is not None
        known = base is not None and one.on > base.on and not (censored or base.comparator)
        analyte = self.protocol.dictionaries.analytes[one.analyte]
        return {
            **self._key(person),
            "PARAMCD": (one.analyte, ()),
            "PARAM": (f"{analyte.label.en} ({one.unit})", ()),
            "AVISIT": (one.visit, own),
            "ADT": (one.on.isoformat(), own),
            "ADY": self._day(person, one.on, own),
            "AVAL": (exact(one.value), own),
            "AVALC": (_as_reported(one), own),
            "CENS": (_CENSORED[one.comparator], own) if censored else NOTHING,
            "DTYPE": ("LIMIT", own) if censored else NOTHING,
            "ANRLO": (_number(one.low), ()),
            "ANRHI": (_number(one.high), ()),
            "ANRIND": ((one.range or "").upper() or None, own),
            "ATOXGR": (None if one.grade is None else str(one.grade), own),
            "ABLFL": ("Y" if one is base else None, _union(own, self._first_dose(person))),
            "BASE": (exact(base.value), of_base) if base else NOTHING,
            "BASECENS": (_CENSORED[base.comparator], of_base) if base and base.comparator else NOTHING,
            "BTOXGR": (str(base.grade), of_base) if base and base.grade is not None else NOTHING,
            "CHG": (exact(one.value - base.value), _union(own, of_base)) if base and known else NOTHING,
        }

    # --- one row per adverse event ------------------------------------------------------------------------------

    def adverse(self, person: Person) -> Iterator[Row]:
        treated = {id(row) for row in emergent(person)} if person.first_dose else set()
        for row in person.adverse_events:
            yield self._event(person, row, emergent=id(row) in treated)

    def _event(self, person: Person, row: Cells, *, emergent: bool) -> Row:
        own = self.trail.of(int(row["seq"] or 0))
        start, end = day(row["onset"]), day(row["end"])
        length = str((end - start).days + 1) if start and end else None
        return {
            **self._key(person),
            "AESEQ": (row["row"], own),
            "AEDECOD": (row["category"], own),
            "AEBODSYS": (class_of(self.protocol, row["category"]), own),
            **{name: (row[column], own) for name, column in _AS_RECORDED.items()},
            "ASTDT": (row["onset"], own),
            "AENDT": (row["end"], own),
            "ASTDY": self._day(person, start, own),
            "ADURN": (length, own),
            "TRTEMFL": ("Y" if emergent else None, _union(own, self._first_dose(person))),
        }

    # --- one row per participant, supply and measure of exposure ------------------------------------------------

    def doses(self, dosing: Dosing) -> Iterator[Row]:
        key = self._key(dosing.person)
        account = compliance.account(self.protocol, dosing)
        whole = self._span("ALL", dosing.first, dosing.last if dosing.ended else None)
        yield {**key, **whole, **_measure("TRTDURD", str(dosing.days), "d", dosing.sources)}
        yield {**key, **whole, **_measure("HELDDAYS", str(dosing.held), "d", dosing.sources)}
        for supply in account.supplies:
            span = self._span(supply.visit, supply.since, supply.until)
            sources = self.trail.saved(*supply.sources)
            yield {**key, **span, **_measure("DISPENSED", str(supply.dispensed), "unit", sources)}
            if supply.taken is not None:
                yield {**key, **span, **_measure("TAKEN", str(supply.taken), "unit", sources)}
            if supply.due is not None:
                yield {**key, **span, **_measure("DUE", str(supply.due), "unit", sources)}
        if account.share is not None:
            sources = self.trail.saved(*(seq for supply in account.closed for seq in supply.sources))
            yield {**key, **whole, **_measure("COMPLIANCE", _number(100 * account.share), "%", sources)}

    @staticmethod
    def _span(visit: str, first: date, last: date | None) -> dict[str, Made]:
        return {
            "AVISIT": (visit, ()),
            "ASTDT": (first.isoformat(), ()),
            "AENDT": (last.isoformat() if last else None, ()),
        }


_CENSORED = {"<": "LEFT", ">": "RIGHT", None: None}
_SHARED = frozenset({"AVALC", "DECIDED", "COUNT"})
"""What of the primary outcome stands in ADSL too."""
_AS_RECORDED = {
    "AETOXGR": "grade",
    "AESER": "serious",
    "AEREL": "related",
    "AEACN": "action",
    "AEOUT": "outcome",
}


def _as_reported(one: Value) -> str:
    """`<10 [GPL'U]/mL`: as the laboratory wrote it."""
    return f"{one.comparator or ''}{one.cells['value']} {one.cells['unit'] or ''}".strip()


def _measure(code: str, value: str | None, unit: str, sources: Seqs) -> dict[str, Made]:
    return {"PARAMCD": (code, ()), "AVAL": (value, sources), "AVALU": (unit, ())}


def _union(*sources: Seqs) -> Seqs:
    return tuple(sorted({seq for one in sources for seq in one}))


def _date(text: str | None) -> str | None:
    return text[:10] if text else None


def _number(value: Fraction | None) -> str | None:
    return None if value is None else exact(value)
