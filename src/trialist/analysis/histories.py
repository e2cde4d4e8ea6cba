"""From a participant's rows to the history that rules read: the one the desk reads, rebuilt from tables.

The tables are all there is, so every kind of record counts as complete: a drug that is not in the list was
not taken.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from functools import cached_property
from typing import Any, Literal, cast

from trialist import criteria
from trialist.analysis.people import Cells, Person, day
from trialist.conduct.tables import limits
from trialist.criteria import nodes
from trialist.criteria.history import (
    Condition,
    Exposure,
    History,
    Measurement,
    RecordKind,
    Source,
    TimeWindow,
)
from trialist.protocol import Protocol
from trialist.protocol.model import Item, Selection
from trialist.quantity import units
from trialist.quantity.dates import PartialDate

ALL_KINDS: frozenset[RecordKind] = frozenset({"measurements", "exposures", "conditions"})
NOT_EVALUABLE = "not_evaluable"
"""The answer of a laboratory that could not judge its sample."""
Group = dict[str, Cells]
"""The rows of one saved form row: item → cells."""


@dataclass(frozen=True)
class Reader:
    """Reads people by one study file."""

    protocol: Protocol

    def history(self, person: Person) -> History:
        """All that the tables say of a randomized participant; index is the day of randomization."""
        assert person.randomized is not None, f"{person.id} was not randomized"
        groups = _groups(person)
        history = History(
            index=person.randomized,
            sex=person.about["sex"],
            measurements=tuple(found for rows in groups for found in self._measurements(person, rows)),
            exposures=tuple(_exposures(person)),
            conditions=tuple(found for rows in groups for found in self._conditions(rows)),
            complete=ALL_KINDS,
            anchors=_anchors(person),
            times=self.windows(person.randomized),
        )
        return self._with_time_anchors(history)

    def windows(self, randomized: date) -> dict[str, TimeWindow]:
        """The named times of the study file, as days."""
        return {name: _window(time, randomized) for name, time in self.protocol.schedule.times.items()}

    def times_until(self, last: str) -> tuple[str, ...]:
        """The named times after randomization that aim at a day, in order, up to and with `last`."""
        declared = self.protocol.schedule.times
        end = declared[last].target or declared[last].to_day
        aimed = {
            name: time.target
            for name, time in declared.items()
            if time.target is not None and 0 < time.target < end
        }
        return (*sorted(aimed, key=aimed.__getitem__), last)

    def selected(self, history: History, time: str, analyte: str) -> Measurement | None:
        """The measurement that counts as an analyte's value at a named time; None where none surely does."""
        unit = self.protocol.dictionaries.analytes[analyte].unit
        used = criteria.compute(
            nodes.At(time, analyte, unit), history, self.protocol.dictionary
        ).trace.step.used
        records = [one.record for one in used if isinstance(one.record, Measurement)]
        return records[0] if len(records) == 1 else None

    def at(self, time: str, analyte: str, history: History) -> Fraction | None:
        """The value of an analyte at a named time, in canonical units; None where it is not known."""
        unit = self.protocol.dictionaries.analytes[analyte].unit
        return criteria.compute(nodes.At(time, analyte, unit), history, self.protocol.dictionary).value

    def value(self, measurement: Measurement) -> Fraction | None:
        """A measurement's number in its analyte's canonical unit."""
        if measurement.value is None:
            return None
        unit = self.protocol.dictionaries.analytes[measurement.analyte].unit
        reported = units.normalize(measurement.unit or unit)
        return measurement.value * self.protocol.dictionary.factor(reported, unit, measurement.analyte)

    @cached_property
    def analyte_at(self) -> Mapping[str, str]:
        """Named time → the analyte that the endpoint rules read at it (the first, if they read several)."""
        found: dict[str, str] = {}
        for rule in self.protocol.rules.endpoint.values():
            for node in walk(rule):
                if isinstance(node, nodes.At):
                    found.setdefault(node.time, node.analyte)
        return found

    def _with_time_anchors(self, history: History) -> History:
        """Named times are days too: the selected measurement's, or the window's last where there is none."""
        days: dict[str, date] = {}
        for time, window in history.times.items():
            analyte = self.analyte_at.get(time)
            found = self.selected(history, time, analyte) if analyte else None
            days[time] = found.date.earliest if found else window.last
        return replace(history, anchors={**history.anchors, **days})

    @cached_property
    def needed(self) -> frozenset[str]:
        """The analytes that an analysis can come to read: those that rules and endpoints name."""
        protocol = self.protocol
        rules = (
            protocol.rules.endpoint,
            protocol.rules.among,
            protocol.rules.event,
            protocol.rules.stratum,
            protocol.rules.subgroup,
            protocol.rules.time,
        )
        named = _texts(tuple(rule for kind in rules for rule in kind.values()))
        named |= {analyte for endpoint in protocol.endpoints.values() for analyte in endpoint.described}
        named |= {analyte for endpoint in protocol.endpoints.values() for analyte in endpoint.analytes}
        named |= _texts(tuple(rule for name, rule in protocol.rules.analyte.items() if name in named))
        return frozenset(named & set(protocol.dictionaries.analytes))

    def _measurements(self, person: Person, rows: Group) -> Iterator[Measurement]:
        laboratory = self.protocol.sites[person.about["site"] or ""].laboratory
        for name, cells in rows.items():
            item, on = self.protocol.items[name], day(cells["effective"])
            if item.analyte in self.needed and cells["value"] is not None and on is not None:
                yield self._measurement(rows, cells, PartialDate.of(on), laboratory)

    def _measurement(self, rows: Group, cells: Cells, on: PartialDate, laboratory: str) -> Measurement:
        item, by_role, text = (
            self.protocol.items[cells["item"] or ""],
            self._roles(rows),
            cells["value"] or "",
        )
        usable = by_role.get("valid") != "true"  # the question is whether something spoiled the sample
        common: dict[str, Any] = {
            "analyte": item.analyte,
            "date": on,
            "laboratory": laboratory,
            "method": by_role.get("method") or item.method,
            "source": self._source(cells),
        }
        if item.type in ("code", "truth"):
            evaluable = text != NOT_EVALUABLE
            positive = text in ("positive", "true") if evaluable else None
            return Measurement(**common, valid=usable and evaluable, positive=positive)
        unit = units.normalize(cells["unit"] or item.unit or "1")
        low, high = limits(self.protocol, laboratory, cells["item"] or "", unit)
        return Measurement(
            **common,
            valid=usable,
            value=units.number(text),
            unit=unit,
            comparator=cast("Literal['<', '>'] | None", cells["comparator"]),
            lower_limit=low,
            upper_limit=high,
        )

    def _conditions(self, rows: Group) -> Iterator[Condition]:
        by_role = self._roles(rows)
        name = by_role.get("condition")
        if name is not None:
            yield Condition(
                condition=name,
                date=_partial(by_role.get("start")),
                end=_partial(by_role.get("end")),
                source=self._source(next(iter(rows.values()))),
            )

    def _source(self, cells: Cells) -> Source:
        visit = cells["visit"]
        if visit is not None and visit not in self.protocol.schedule.visits:
            visit = visit.rpartition(".")[0]  # a repeated visit: UNS.2
        return Source(visit, cells["form"], int(cells["row"] or 1), cells["item"], int(cells["seq"] or 0))

    def _roles(self, rows: Group) -> dict[str, str | None]:
        items: Mapping[str, Item] = self.protocol.items
        return {
            means: cells["value"] for name, cells in rows.items() if (means := items[name].means) is not None
        }


def _texts(value: object) -> set[str]:
    """Every text that a rule holds, wherever it holds it: the names it speaks of are among them."""
    if isinstance(value, str):
        return {value}
    if isinstance(value, tuple | frozenset):
        return {text for one in value for text in _texts(one)}
    fields = getattr(value, "__dataclass_fields__", ())
    return {text for name in fields for text in _texts(getattr(value, name))}


def walk(node: nodes.Node) -> Iterator[nodes.Node]:
    """A rule and everything inside it."""
    yield node
    for child in nodes.children(node):
        yield from walk(child)


def _groups(person: Person) -> Sequence[Group]:
    """Rows of `values`, form row by form row, in file order."""
    groups: dict[tuple[str | None, ...], Group] = defaultdict(dict)
    for cells in person.values:
        groups[cells["visit"], cells["form"], cells["row"]][cells["item"] or ""] = cells
    return tuple(groups.values())


def _exposures(person: Person) -> Iterator[Exposure]:
    for cells in person.medications:
        if cells["substance"] is not None:
            yield Exposure(
                substance=cells["substance"],
                start=_partial(cells["start"]),
                end=_partial(cells["end"]),
                dose=units.number(cells["dose"]) if cells["dose"] else None,
                unit=cells["unit"],
                source=Source(form="medications", row=int(cells["row"] or 1), seq=int(cells["seq"] or 0)),
            )


def _anchors(person: Person) -> dict[str, date]:
    days = {
        "consent": day(person.about["consented"]),
        "randomization": person.randomized,
        "first_dose": person.first_dose,
        "last_dose": day(person.about["treatment_ended"]),
    }
    return {name: found for name, found in days.items() if found is not None}


def _window(time: Selection, randomized: date) -> TimeWindow:
    return TimeWindow(
        first=randomized + timedelta(days=time.from_day),
        last=randomized + timedelta(days=time.to_day),
        target=None if time.target is None else randomized + timedelta(days=time.target),
        pick=time.pick,
        tie=time.tie,
        visits=frozenset(time.visits),
    )


def _partial(text: str | None) -> PartialDate | None:
    return PartialDate.parse(text[:10]) if text else None
