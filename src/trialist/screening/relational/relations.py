"""The narrow relations that criteria are compiled against: what `criteria.History` is to the referee.

A day known only in part is two columns, the earliest and the latest day that it may be. `record` numbers the
records of a relation over all persons, in the order recorded. Units are UCUM codes; a unit that the table of
units does not hold stays as it is and converts to nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import ibis
from ibis import ir

from trialist.criteria.history import Exposure, History, Measurement
from trialist.quantity import units
from trialist.quantity.dates import PartialDate
from trialist.quantity.units import UnknownUnit

SCHEMAS: Final[Mapping[str, Mapping[str, str]]] = {
    "persons": {
        "person": "int64",
        "index_day": "date",
        "birth_from": "date",
        "birth_to": "date",
        "sex": "string",
        "complete_measurements": "boolean",
        "complete_exposures": "boolean",
        "complete_conditions": "boolean",
    },
    "measurements": {
        "record": "int64",
        "person": "int64",
        "analyte": "string",
        "day_from": "date",
        "day_to": "date",
        "clock": "string",
        "value": "float64",
        "unit": "string",
        "comparator": "string",
        "upper_limit": "float64",
        "lower_limit": "float64",
        "positive": "boolean",
        "valid": "boolean",
        "visit": "string",
    },
    "exposures": {
        "record": "int64",
        "person": "int64",
        "substance": "string",
        "start_from": "date",
        "start_to": "date",
        "end_from": "date",
        "end_to": "date",
        "dose": "float64",
        "unit": "string",
    },
    "conditions": {
        "record": "int64",
        "person": "int64",
        "name": "string",
        "day_from": "date",
        "day_to": "date",
        "end_from": "date",
        "end_to": "date",
    },
    "attestations": {"person": "int64", "name": "string", "stated": "boolean"},
    "anchors": {"person": "int64", "anchor": "string", "named_day": "date"},
    "times": {
        "person": "int64",
        "named_time": "string",
        "time_first": "date",
        "time_last": "date",
        "target": "date",
        "closest": "boolean",
        "earlier": "boolean",
        "visits": "string",
    },
}
"""Relation → column → type. `visits` is `|M6|M6C|`, or NULL where every visit counts."""

Row = dict[str, Any]


@dataclass(frozen=True)
class Relations:
    """Tables (or queries) of these names and columns.

    `partial_days` false promises that every day of a result is known, `statements` false that nobody stated anything.
    """

    persons: ir.Table
    measurements: ir.Table
    exposures: ir.Table
    conditions: ir.Table
    attestations: ir.Table
    anchors: ir.Table
    times: ir.Table
    partial_days: bool = True
    statements: bool = True

    def results(self, analyte: str) -> ir.Table:
        """The analyte's measurements; `fit` is false for a result that must not be used.

        A relation may have `amount` and `upper_amount` beside them: in the analyte's unit, NULL if not known.
        """
        table = self.measurements
        return table.filter(table.analyte == analyte).select(
            owner=table.person,
            record=table.record,
            day_from=table.day_from,
            day_to=table.day_to,
            clock=table.clock.fill_null(""),
            value=table.value,
            unit=table.unit,
            comparator=table.comparator.fill_null(""),
            upper_limit=table.upper_limit,
            lower_limit=table.lower_limit,
            positive=table.positive,
            fit=table.valid.fill_null(True),
            visit=table.visit,
        )

    def taken(self, substances: Iterable[str]) -> ir.Table:
        """The exposures to some substances.

        A relation may have `dimension` in place of `unit`: then its doses are in base units.
        """
        table = self.exposures
        return table.filter(table.substance.isin(sorted(substances))).rename(owner="person")

    def happened(self, condition: str) -> ir.Table:
        """The records of a condition."""
        table = self.conditions
        return table.filter(table.name == condition).rename(owner="person")

    @classmethod
    def unbound(cls) -> Relations:
        """Tables that exist nowhere: enough to compile."""
        return cls(**{name: ibis.table(dict(schema), name=name) for name, schema in SCHEMAS.items()})

    @classmethod
    def of(cls, connection: Any) -> Relations:
        """The tables of a database that has them all under these names."""
        return cls(**{name: connection.table(name) for name in SCHEMAS})


def rows(histories: Iterable[History]) -> dict[str, list[Row]]:
    """Histories as rows of the relations; persons are numbered from zero."""
    found: dict[str, list[Row]] = {name: [] for name in SCHEMAS}
    for person, history in enumerate(histories):
        for name, made in _rows_of(history).items():
            for row in made:
                own = {"record": len(found[name])} if "record" in SCHEMAS[name] else {}
                found[name].append({**own, "person": person, **row})
    return found


def _rows_of(history: History) -> dict[str, list[Row]]:
    birth = _days("birth", history.birth_date)
    complete = {
        f"complete_{kind}": kind in history.complete for kind in ("measurements", "exposures", "conditions")
    }
    return {
        "persons": [{"index_day": history.index, **birth, "sex": history.sex, **complete}],
        "measurements": [_measurement(each) for each in history.measurements],
        "exposures": [_exposure(each) for each in history.exposures],
        "conditions": [
            {"name": each.condition, **_days("day", each.date), **_days("end", each.end)}
            for each in history.conditions
        ],
        "attestations": [{"name": name, "stated": stated} for name, stated in history.attestations.items()],
        "anchors": [{"anchor": name, "named_day": day} for name, day in history.anchors.items()],
        "times": [
            {
                "named_time": name,
                "time_first": window.first,
                "time_last": window.last,
                "target": window.target,
                "closest": window.pick == "closest",
                "earlier": window.tie == "earlier",
                "visits": f"|{'|'.join(sorted(window.visits))}|" if window.visits else None,
            }
            for name, window in history.times.items()
        ],
    }


def _days(name: str, day: PartialDate | None) -> Row:
    return {f"{name}_from": day and day.earliest, f"{name}_to": day and day.latest}


def _unit(text: str | None) -> str | None:
    try:
        return None if text is None else units.normalize(text)
    except UnknownUnit:
        return text


def _measurement(each: Measurement) -> Row:
    return {
        "analyte": each.analyte,
        **_days("day", each.date),
        "clock": each.time,
        "value": None if each.value is None else float(each.value),
        "unit": _unit(each.unit),
        "comparator": each.comparator,
        "upper_limit": None if each.upper_limit is None else float(each.upper_limit),
        "lower_limit": None if each.lower_limit is None else float(each.lower_limit),
        "positive": each.positive,
        "valid": each.valid,
        "visit": each.source.visit,
    }


def _exposure(each: Exposure) -> Row:
    return {
        "substance": each.substance,
        **_days("start", each.start),
        **_days("end", each.end),
        "dose": None if each.dose is None else float(each.dose),
        "unit": _unit(each.unit),
    }
