"""Forms: a row saved as one act, a value corrected with a reason, and the queries that checks ask.

A check that does not hold, or that errs, opens a query; none is ever closed here. Missing answers become
work. What is refused is what cannot be data at all (see `intake`), what would change a recorded value
without a reason, and what was collected when nothing may be collected any more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from fractions import Fraction
from typing import Any

from trialist import criteria
from trialist.conduct import commands as c
from trialist.conduct.calendar import Moment
from trialist.conduct.checks import Row, with_queries
from trialist.conduct.commands import Entry, Fact, Sealed
from trialist.conduct.course import after_consent, ended_on, while_followed
from trialist.conduct.history import history_of
from trialist.conduct.intake import ItemGate, Taken, Value, plausible, reread, take
from trialist.conduct.messages import finding, refusal, shown
from trialist.conduct.state import FormKey, FormRecord, Record, place_of
from trialist.conduct.tables import FormTable
from trialist.conduct.view import Act, Decision
from trialist.findings import Finding, Refusal
from trialist.protocol.model import Item
from trialist.quantity.units import decimal


def save_form(act: Act) -> Decision:
    """One row of one form, as far as it is filled in."""
    command: c.SaveForm = act.command
    table = _form(act, command.form)
    key = _key(act, table, command)
    _not_meanwhile(act, command.expected)
    text = _effective_text(act, key, command.effective)
    when = _collected(act, text)
    before = act.person.forms.get(key)
    typed = _typed(act, table, command.entries)
    given = {item: record(entry) for item, entry in command.entries.items()}
    kept = {} if before is None else before.items
    changed = frozenset([item for item, one in given.items() if one != kept.get(item, {})])
    overwritten = sorted(item for item in changed if item in kept)
    if overwritten and command.reason is None:
        raise refusal("form.reason", path="reason", items=", ".join(overwritten), place=key)
    merged = {item: one for item, one in {**kept, **given}.items() if one}
    row = _row(act, (key, table, when), merged, changed, typed)
    computed, erred = _computed(act, row, text)
    missing = _missing(table, merged)
    payload = {
        **place_of(key),
        "effective": text,
        "items": {item: _sealed(table.gates[item], one) for item, one in {**given, **computed}.items()},
        "missing": list(missing),
    }
    saved = act.fact("form saved", payload, reason=command.reason)
    return with_queries(act, _with_errors(row, erred), saved)


def correct_value(act: Act) -> Decision:
    """One recorded item was wrong: the new entry, with the reason, beside what it was."""
    command: c.CorrectValue = act.command
    table = _form(act, command.form)
    key = _key(act, table, command)
    before = act.person.forms.get(key)
    if before is None or command.item not in before.items:
        raise refusal("value.not_recorded", path="item", place=key, item=shown(command.item))
    _not_meanwhile(act, command.expected)
    when = _collected(act, before.effective)
    typed = _typed(act, table, {command.item: command.entry})
    now, was = record(command.entry), before.items[command.item]
    if now == was:
        raise refusal("value.same", path=command.item, item=act.view.protocol.items[command.item].label)
    merged = {item: one for item, one in {**before.items, command.item: now}.items() if one}
    row = _row(act, (key, table, when), merged, frozenset({command.item}), typed)
    gate = table.gates[command.item]
    payload = {
        **place_of(key),
        "item": command.item,
        "entry": _sealed(gate, now),
        "was": _sealed(gate, was),
        "missing": list(_missing(table, merged)),
    }
    fact = act.fact("value corrected", payload, reason=command.reason)
    computed, erred = _computed(act, row, before.effective)
    return with_queries(act, _with_errors(row, erred), fact, *_recomputed(act, row, before, computed))


def record(entry: Entry) -> dict[str, str]:
    """An entry as an event keeps it: without its empty parts."""
    if not (entry.value or entry.not_done):
        return {}
    parts = {
        "value": entry.value,
        "unit": entry.unit,
        "comparator": entry.comparator,
        "not_done": entry.not_done,
        "confirmed": entry.confirmed,
    }
    return {part: text for part, text in parts.items() if text is not None}


# --- where -------------------------------------------------------------------------------------------------


def _form(act: Act, name: str) -> FormTable:
    forms = act.tables.forms
    table = forms.get(name)
    if table is None:
        raise refusal("form.unknown", path="form", form=shown(name), known=", ".join(forms))
    if act.by.role not in table.form.roles:
        raise refusal(
            "role.form", path="form", form=name, role=act.by.role, roles=", ".join(table.form.roles)
        )
    return table


def _key(act: Act, table: FormTable, command: c.SaveForm | c.CorrectValue) -> FormKey:
    if command.row != 1 and not table.form.repeats:
        raise refusal("form.row", path="row", form=table.id, row=command.row)
    if table.form.log:
        if command.visit is not None:
            raise refusal("form.log", path="visit", form=table.id)
        return FormKey(None, 1, table.id, command.row)
    visit = command.visit
    known = act.tables.visit_forms.get(visit or "")
    if visit is None or known is None:
        planned = ", ".join(act.tables.visit_forms)
        raise refusal("visit.unknown", path="visit", visit=shown(visit or ""), known=planned)
    if table.id not in known:
        raise refusal(
            "form.not_here", path="form", form=table.id, visit=visit, known=", ".join(sorted(known))
        )
    visited = act.person.visits.get((visit, command.occurrence))
    if visited is None or visited.effective is None:
        raise refusal("visit.not_recorded", path="visit", visit=visit, participant=act.person.id)
    return FormKey(visit, command.occurrence, table.id, command.row)


def _not_meanwhile(act: Act, expected: int | None) -> None:
    if expected is not None and expected != act.person.version:
        raise refusal("participant.changed", participant=act.person.id, seen=expected, now=act.person.version)


def _effective_text(act: Act, key: FormKey, given: str | None) -> str:
    """When the data were collected: as said, or the visit's moment, or the day of recording for a log."""
    if given is not None:
        return given
    if key.visit is None:
        return act.today.isoformat()
    return act.person.visits[key.visit, key.occurrence].effective or ""


def _collected(act: Act, text: str) -> Moment:
    """The data were collected after consent, and before the participant left; a record is not frozen."""
    when = after_consent(act, text)
    if ended_on(act) is not None:
        while_followed(act, when.day)
    return when


# --- what --------------------------------------------------------------------------------------------------


def _typed(act: Act, table: FormTable, entries: Mapping[Any, Any]) -> dict[str, Taken]:
    """Every entry through the gate.

    Raises:
        Refusal: with one finding for every entry that is refused.
    """
    taken: dict[str, Taken] = {}
    wrong: list[Finding] = []
    today = act.today
    for item, entry in entries.items():
        found = _through(table, item, entry, today)
        if isinstance(found, Finding):
            wrong.append(found)
        else:
            taken[item] = found
    if wrong:
        raise Refusal(*wrong)
    return taken


def _through(table: FormTable, item: Any, entry: Any, today: date) -> Taken | Finding:
    gate = table.gates.get(item) if isinstance(item, str) else None
    path = f"{table.id}.{item if gate else shown(item)}"
    if gate is None:
        known = ", ".join(table.gates)
        return finding("item.unknown", path=path, form=table.id, item=shown(item), known=known)
    if not isinstance(entry, Entry):
        return finding(
            "intake.type", path=path, field=item, wanted="an entry", wanted_zh="录入项", got=shown(entry)
        )
    found = take(gate, entry, path, today)
    if isinstance(found, Taken) and found.implausible and entry.confirmed is None:
        return finding("item.confirm", path=path, **plausible(gate, entry))
    return found


def _row(
    act: Act,
    where: tuple[FormKey, FormTable, Moment],
    records: Mapping[str, Record],
    changed: frozenset[str],
    typed: Mapping[str, Taken],
) -> Row:
    """The row with its values; those kept from before are read again by the same gate."""
    key, table, when = where
    values: dict[str, Value] = {}
    today = act.today
    for item, one in records.items():
        taken = typed.get(item) or reread(table.gates.get(item), one, today)
        if taken is not None and taken.value is not None:
            values[item] = taken.value
    confirmed = tuple([item for item, taken in typed.items() if taken.implausible and item in changed])
    return Row(key, table, when, records, changed, values, confirmed)


def _with_errors(row: Row, erred: tuple[str, ...]) -> Row:
    return row._replace(erred=erred) if erred else row


def _missing(table: FormTable, merged: Mapping[str, Record]) -> tuple[str, ...]:
    return tuple([item for item in table.required if item not in merged])


def _sealed(gate: ItemGate, one: Record) -> object:
    """The record as the ledger may hold it; an emptied one stays empty in the open."""
    return Sealed(one) if gate.sealed and one else one


# --- what follows ------------------------------------------------------------------------------------------


def _computed(act: Act, row: Row, text: str) -> tuple[dict[str, Record], tuple[str, ...]]:
    """Items that the study file computes from the record as it will stand, where they change; and which erred."""
    table, protocol = row.table, act.view.protocol
    if not table.formulas:
        return {}, ()
    standing = FormRecord(text, row.records, dict.fromkeys(row.records, 0))
    with_row = act.person.moved_on({"forms": {**act.person.forms, row.key: standing}})
    history = history_of(with_row, protocol, row.effective.day, times=table.formula_times)
    dictionary = act.tables.dictionary
    found: dict[str, Record] = {}
    erred: list[str] = []
    for item, rule in table.formulas.items():
        try:
            value = criteria.number(rule, history, dictionary)
        except Exception:  # noqa: BLE001 - the inputs are recorded all the same, and a query says what happened
            erred.append(item)
            value = None
        found[item] = {} if value is None else _result(protocol.items[item], value)
    return {item: one for item, one in found.items() if one != row.records.get(item, {})}, tuple(erred)


def _result(model: Item, value: Fraction) -> Record:
    rounded = value if model.decimals is None else round(value, model.decimals)
    return {"value": decimal(rounded), **({"unit": model.unit} if model.unit else {})}


def _recomputed(act: Act, row: Row, before: FormRecord, computed: Mapping[str, Record]) -> Iterator[Fact]:
    """Computed items that a correction changes, recorded by the system beside it."""
    for item, one in computed.items():
        gate = row.table.gates[item]
        payload = {
            **place_of(row.key),
            "item": item,
            "entry": _sealed(gate, one),
            "was": _sealed(gate, before.items.get(item, {})),
            "missing": list(_missing(row.table, row.records)),
        }
        yield act.fact("value corrected", payload, by_system=True, reason="recomputed")
