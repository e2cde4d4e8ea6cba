"""The typed gate: what was typed is text until it has passed here. Every intake takes the same way.

Refused are wrong types, days no calendar has, numbers below zero where nothing can be, unknown items, codes
and units. A number outside its plausible range passes when a reason confirms it (and a query opens);
nothing typed is ever changed.
"""

# ruff: noqa: ARG001 - the readers of one table share one signature

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any, Literal, NamedTuple

from trialist.conduct.commands import Entry
from trialist.conduct.messages import finding, shown
from trialist.findings import Finding
from trialist.protocol.model import Text
from trialist.quantity.dates import PartialDate
from trialist.quantity.units import UnknownUnit, decimal, normalize, number

LONGEST_TEXT = 4000
LONGEST_UNIT = 40
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_WHOLE = re.compile(r"-?[0-9]{1,18}")

Bounds = tuple[Fraction | None, Fraction | None]
Value = tuple[Fraction, str] | tuple[Fraction, str, str] | bool | PartialDate | str
"""A number with its unit (and `<` or `>`), a truth, a date, a code or words."""


@dataclass(frozen=True, slots=True)
class ItemGate:
    """What one item takes, worked out once per study file.

    `low` and `high` bound the plausible, in `unit`; `units` maps every accepted unit (UCUM) to the same
    bounds in it.
    """

    id: str
    label: Text
    type: Literal["number", "integer", "code", "truth", "date", "text", "computed"]
    codes: frozenset[str] = frozenset()
    unit: str | None = None
    units: Mapping[str, Bounds] | None = None
    low: Fraction | None = None
    high: Fraction | None = None
    comparator: bool = False
    partial: bool = False
    past_only: bool = False
    sealed: bool = False


class Taken(NamedTuple):
    """An entry that passed: its value, if it has one, and whether that lies outside the plausible."""

    value: Value | None
    implausible: bool = False


class _Bad(Exception):  # noqa: N818 - carries one finding from a reader to `take`
    def __init__(self, code: str, **fields: Any) -> None:
        super().__init__(code)
        self.code, self.fields = code, fields


def take(gate: ItemGate, entry: Entry, path: str, today: date) -> Taken | Finding:
    """The typed value of an entry, or the finding that says why it is refused."""
    try:
        return _taken(gate, entry, today)
    except _Bad as bad:
        return finding(bad.code, path=path, **{"item": gate.label, "field": gate.label, **bad.fields})


def _taken(gate: ItemGate, entry: Entry, today: date) -> Taken:
    _shape(entry)
    if entry.value is None:
        return Taken(None)
    if entry.not_done is not None:
        raise _Bad("item.contradiction")
    return _READERS[gate.type](gate, entry, today)


def _shape(entry: Entry) -> None:
    """An entry's parts are text, of bearable length, and say something."""
    for text in (entry.value, entry.unit, entry.not_done, entry.confirmed):
        if text is None:
            continue
        if not isinstance(text, str):
            raise _Bad("intake.type", wanted="text", wanted_zh="文本", got=shown(text))
        if len(text) > LONGEST_TEXT:
            raise _Bad("intake.long", length=len(text), limit=LONGEST_TEXT)
        if not text.isprintable() and CONTROL.search(text):
            raise _Bad("intake.characters")
    for reason in (entry.not_done, entry.confirmed):
        if reason is not None and not reason.strip():
            raise _Bad("intake.blank")
    if entry.comparator not in (None, "<", ">"):
        raise _Bad("item.comparator")


def _number(gate: ItemGate, entry: Entry, today: date) -> Taken:
    text = entry.value or ""
    try:
        value = number(text)
    except ValueError:
        raise _Bad("item.number", got=shown(text)) from None
    return _measured(gate, entry, value)


def _integer(gate: ItemGate, entry: Entry, today: date) -> Taken:
    text = entry.value or ""
    if _WHOLE.fullmatch(text) is None:
        raise _Bad("item.integer", got=shown(text))
    return _measured(gate, entry, Fraction(int(text)))


def _measured(gate: ItemGate, entry: Entry, value: Fraction) -> Taken:
    if entry.comparator is not None and not gate.comparator:
        raise _Bad("item.comparator")
    if value.numerator < 0 and (gate.low is None or gate.low >= 0):
        raise _Bad("item.negative", got=shown(entry.value))
    unit, (low, high) = _unit(gate, entry.unit)
    outside = (low is not None and _less(value, low)) or (high is not None and _less(high, value))
    measured = (value, unit) if entry.comparator is None else (value, unit, entry.comparator)
    return Taken(measured, outside)


def _less(one: Fraction, two: Fraction) -> bool:
    """As `one < two`, several times faster."""
    above, below = one.as_integer_ratio()
    other_above, other_below = two.as_integer_ratio()
    return above * other_below < other_above * below


def _unit(gate: ItemGate, typed: str | None) -> tuple[str, Bounds]:
    """The UCUM unit of an entry, and what is plausible in it."""
    if gate.units is None:
        if typed is not None and typed != "1":
            raise _Bad("item.unit", got=shown(typed), known="none")
        return "1", (gate.low, gate.high)
    if typed is None:
        if len(gate.units) > 1:
            raise _Bad("item.unit_needed", known=", ".join(gate.units))
        return next(iter(gate.units.items()))
    bounds = gate.units.get(typed)
    if bounds is not None:
        return typed, bounds
    try:
        code = normalize(typed) if len(typed) <= LONGEST_UNIT else ""
        return code, gate.units[code]
    except (UnknownUnit, KeyError):
        raise _Bad("item.unit", got=shown(typed), known=", ".join(gate.units)) from None


def _plain(entry: Entry) -> None:
    """Only numbers have units and comparators."""
    if entry.unit is not None:
        raise _Bad("item.unit", got=shown(entry.unit), known="none")
    if entry.comparator is not None:
        raise _Bad("item.comparator")


def _code(gate: ItemGate, entry: Entry, today: date) -> Taken:
    _plain(entry)
    if entry.value not in gate.codes:
        raise _Bad("item.code", got=shown(entry.value), known=", ".join(sorted(gate.codes)))
    return Taken(entry.value)


def _truth(gate: ItemGate, entry: Entry, today: date) -> Taken:
    _plain(entry)
    if entry.value not in ("true", "false"):
        raise _Bad("item.truth", got=shown(entry.value))
    return Taken(entry.value == "true")


def _date(gate: ItemGate, entry: Entry, today: date) -> Taken:
    _plain(entry)
    shape = "2026-03-30, 2026-03 or 2026" if gate.partial else "2026-03-30"
    text = entry.value or ""
    try:
        day = PartialDate.parse(text)
    except ValueError:
        raise _Bad("item.date", got=shown(text), shape=shape) from None
    if not (gate.partial or day.exact):
        raise _Bad("item.date", got=shown(text), shape=shape)
    if gate.past_only and day.earliest > today:
        raise _Bad("item.future", got=text, today=today)
    return Taken(day)


def _text(gate: ItemGate, entry: Entry, today: date) -> Taken:
    _plain(entry)
    text = entry.value or ""
    if not text.strip():
        raise _Bad("intake.blank")
    return Taken(text)


def _computed(gate: ItemGate, entry: Entry, today: date) -> Taken:
    raise _Bad("item.computed")


_READERS: Mapping[str, Callable[[ItemGate, Entry, date], Taken]] = {
    "number": _number,
    "integer": _integer,
    "code": _code,
    "truth": _truth,
    "date": _date,
    "text": _text,
    "computed": _computed,
}


def reread(gate: ItemGate | None, one: Mapping[str, str], today: date) -> Taken | None:
    """What a kept record says; None where its value is erased, or its item is not in the study file any more."""
    if gate is None or "commitment" in one:
        return None
    found = take(gate, Entry(**one), gate.id, today)  # type: ignore[arg-type]  # a record is an entry's parts
    return found if isinstance(found, Taken) else None


def plausible(gate: ItemGate, entry: Entry) -> dict[str, Text | str]:
    """The parts of a message about a value outside its range: the value, and the range in the item's own unit."""
    low, high = ("" if bound is None else decimal(bound) for bound in (gate.low, gate.high))
    typed = " ".join(filter(None, (shown(entry.value).strip("'"), entry.unit or gate.unit)))
    own = "" if gate.unit in (None, "1") else f" {gate.unit}"
    return {"item": gate.label, "got": typed, "low": low, "high": high, "unit": own}
