"""What criteria read of a participant: the record as a `criteria.History`.

Units stay as the laboratory reported them, with its own limits in that unit. A record that is sealed and not
disclosed to this reader is not there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from itertools import chain
from typing import Any, NamedTuple

from trialist.conduct.calendar import moment
from trialist.conduct.state import FormKey, FormRecord, ParticipantState, Record
from trialist.conduct.tables import FormTable, limits, tables
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
from trialist.quantity.dates import PartialDate
from trialist.quantity.units import UnknownUnit, normalize, number

_NOT_EVALUABLE = "not_evaluable"


class Records(NamedTuple):
    """What one saved row contributes."""

    measurements: tuple[Measurement, ...] = ()
    exposures: tuple[Exposure, ...] = ()
    conditions: tuple[Condition, ...] = ()
    attestations: tuple[tuple[str, bool], ...] = ()
    complete: tuple[RecordKind, ...] = ()
    sex: str | None = None
    birth_date: PartialDate | None = None


def history_of(
    state: ParticipantState,
    protocol: Protocol,
    index: date,
    *,
    entered: Mapping[str, object] | None = None,
    without: FormKey | None = None,
    times: bool = True,
) -> History:
    """All that is recorded of a participant, seen from the day `index`.

    `entered` are the values being saved, for edit checks; `without` leaves out the row that they replace.
    Named times count from the randomization, and before it from `index`; readers that name none spare
    themselves the work.
    """
    rows = _rows(state, protocol, without) or [Records()]
    measured, exposures, conditions, attestations, complete, sexes, births = zip(*rows, strict=True)
    measurements = tuple(chain.from_iterable(measured))
    windows = dict(_windows(state, protocol, index)) if times else {}
    return History(
        index=index,
        birth_date=next((birth for birth in births if birth is not None), None),
        sex=next((sex for sex in sexes if sex is not None), None),
        measurements=measurements,
        exposures=tuple(chain.from_iterable(exposures)),
        conditions=tuple(chain.from_iterable(conditions)),
        attestations=dict(chain.from_iterable(attestations)),
        complete=frozenset(chain.from_iterable(complete)),
        anchors=_anchors(state, protocol, windows, measurements),
        times=windows,
        entered=entered or {},
    )


def _rows(state: ParticipantState, protocol: Protocol, without: FormKey | None) -> list[Records]:
    version = tables(protocol).hash
    return [
        record.memo.get(version) or records(key, record, state, protocol)
        for key, record in state.forms.items()
        if key != without
    ]


def _day(text: str | None, state: ParticipantState, protocol: Protocol) -> date | None:
    return None if text is None else moment(text, protocol.sites[state.site].zone).day


def _windows(state: ParticipantState, protocol: Protocol, index: date) -> Iterator[tuple[str, TimeWindow]]:
    zero = _day(state.allocation.effective if state.allocation else None, state, protocol) or index
    for name, selection in protocol.schedule.times.items():
        yield name, _window(selection, zero)


def _window(selection: Selection, zero: date) -> TimeWindow:
    return TimeWindow(
        first=zero + timedelta(days=selection.from_day),
        last=zero + timedelta(days=selection.to_day),
        target=None if selection.target is None else zero + timedelta(days=selection.target),
        pick=selection.pick,
        tie=selection.tie,
        visits=frozenset(selection.visits),
    )


def _anchors(
    state: ParticipantState,
    protocol: Protocol,
    windows: Mapping[str, TimeWindow],
    measurements: tuple[Measurement, ...],
) -> dict[str, date]:
    """The days that rules may count from; those of named times only once there is a day 0."""
    ended = state.treatment_ended
    named = {
        "consent": state.consented,
        "randomization": state.allocation.effective if state.allocation else None,
        "first_dose": state.first_dose,
        "last_dose": ended.effective if ended and state.first_dose else None,
    }
    days = {name: day for name, text in named.items() if (day := _day(text, state, protocol)) is not None}
    if state.allocation is not None:
        days |= {name: _selected(window, measurements) for name, window in windows.items()}
    return days


def _selected(window: TimeWindow, measurements: tuple[Measurement, ...]) -> date:
    """The day of the measurement that a named time selects, or the window's last day when there is none."""
    days = [
        one.date.earliest
        for one in measurements
        if one.valid
        and one.date.exact
        and window.first <= one.date.earliest <= window.last
        and (not window.visits or one.source.visit in window.visits)
    ]
    if not days:
        return window.last
    if window.pick == "last" or window.target is None:
        return max(days)
    sign = -1 if window.tie == "later" else 1
    target = window.target
    return min(days, key=lambda day: (abs((day - target).days), sign * day.toordinal()))


# --- one row -----------------------------------------------------------------------------------------------


def records(key: FormKey, record: FormRecord, state: ParticipantState, protocol: Protocol) -> Records:
    """What one row contributes; worked out once and kept beside it."""
    version = tables(protocol).hash
    known = record.memo.get(version)
    if known is None:
        known = record.memo[version] = _records(_Row(key, record, state, protocol))
    found: Records = known
    return found


class _Row:
    """One saved row, with the words to read it by."""

    def __init__(self, key: FormKey, record: FormRecord, state: ParticipantState, protocol: Protocol) -> None:
        self.key, self.record, self.state, self.protocol = key, record, state, protocol
        self.table: FormTable | None = tables(protocol).forms.get(key.form)
        self.values = {name: entry["value"] for name, entry in record.items.items() if "value" in entry}
        self.meant: dict[str, str] = {}
        for name, part in self.table.means if self.table else ():
            if name in self.values:
                self.meant.setdefault(part, self.values[name])

    def date(self, part: str) -> PartialDate | None:
        text = self.meant.get(part)
        return None if text is None else PartialDate.parse(text)

    @property
    def day(self) -> PartialDate:
        """The specimen's day, or the day that the row belongs to."""
        return self.date("specimen_date") or PartialDate.of(
            moment(self.record.effective, self.protocol.sites[self.state.site].zone).day
        )

    def source(self, item: str | None = None) -> Source:
        seqs = self.record.seqs
        seq = seqs.get(item) if item else max(seqs.values(), default=None)
        return Source(self.key.visit, self.key.form, self.key.row, item, seq)


def _records(row: _Row) -> Records:
    table, values = row.table, row.values
    if table is None:
        return Records()
    kind = table.form.record
    sex, birth = row.meant.get("sex"), row.date("birth_date")
    return Records(
        measurements=tuple(_measurements(row, table)) if kind == "measurements" else (),
        exposures=tuple(_exposures(row)) if kind == "exposures" else (),
        conditions=tuple(_conditions(row)) if kind == "conditions" else (),
        attestations=tuple(
            [(what, values[name] == "true") for name, what in table.attests if name in values]
        ),
        complete=tuple([what for name, what in table.completes if values.get(name) == "true"]),
        sex=sex,
        birth_date=birth,
    )


def _measurements(row: _Row, table: FormTable) -> Iterator[Measurement]:
    laboratory = row.protocol.sites[row.state.site].laboratory
    day, valid, method = row.day, row.meant.get("valid") != "true", row.meant.get("method")
    for name, item in table.measured:
        if name in row.values:
            yield Measurement(
                item.analyte or "",
                day,
                laboratory=laboratory,
                method=method or item.method,
                source=row.source(name),
                **{"valid": valid, **_result(row.protocol, laboratory, item, row.record.items[name], name)},
            )


def _result(protocol: Protocol, laboratory: str, item: Item, entry: Record, name: str) -> dict[str, Any]:
    """The parts of a measurement that say its result: a verdict, or a number with the laboratory's own limits."""
    value = entry["value"]
    if value == _NOT_EVALUABLE:
        return {"valid": False}
    if item.type in ("code", "truth"):
        return {"positive": value in ("positive", "true")}
    unit = _unit(entry.get("unit") or item.unit or "1")
    low, high = limits(protocol, laboratory, name, unit)
    return {
        "value": number(value),
        "unit": unit,
        "comparator": entry.get("comparator"),
        "lower_limit": low,
        "upper_limit": high,
    }


def _unit(text: str) -> str:
    try:
        return normalize(text)
    except UnknownUnit:
        return text


def _exposures(row: _Row) -> Iterator[Exposure]:
    substance = row.meant.get("substance")
    if substance is None:
        return
    dose, unit = row.meant.get("dose"), row.meant.get("dose_unit")
    yield Exposure(
        substance,
        start=row.date("start"),
        end=row.date("end"),
        dose=None if dose is None else number(dose),
        unit=None if unit is None else _unit(unit),
        source=row.source(),
    )


def _conditions(row: _Row) -> Iterator[Condition]:
    condition = row.meant.get("condition")
    if condition is not None:
        yield Condition(condition, row.date("start"), row.date("end"), row.source())
