"""What conduct needs of a study file, worked out once: which form takes which items, and what each item takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from trialist.conduct.intake import ItemGate
from trialist.protocol import Protocol
from trialist.protocol.model import Check, Form, Item, Laboratory
from trialist.quantity.units import UnknownUnit, normalize


@dataclass(frozen=True, slots=True)
class CheckTable:
    """One edit check: its name (`platelets.checks[0]`), the item it speaks of, its rule, the items it mentions."""

    name: str
    item: str
    check: Check
    rule: Any
    mentions: frozenset[str]


@dataclass(frozen=True, slots=True)
class FormTable:
    """One form: its items' gates in order, which of them must be answered, which are computed, its checks."""

    id: str
    form: Form
    gates: Mapping[str, ItemGate]
    required: tuple[str, ...]
    formulas: tuple[tuple[str, Any], ...]
    checks: tuple[CheckTable, ...]


@dataclass(frozen=True, slots=True)
class Tables:
    """Everything worked out of one study file."""

    protocol: Protocol
    hash: str
    forms: Mapping[str, FormTable]
    visit_forms: Mapping[str, frozenset[str]]


_TABLES: dict[int, Tables] = {}
_KEPT = 8


def tables(protocol: Protocol) -> Tables:
    """The tables of a study file, worked out at the first call and kept as long as it is in use."""
    known = _TABLES.get(id(protocol))
    if known is None or known.protocol is not protocol:
        if len(_TABLES) >= _KEPT:
            _TABLES.clear()
        known = _TABLES[id(protocol)] = _tables(protocol)
    return known


def _tables(protocol: Protocol) -> Tables:
    gates = {name: _gate(protocol, name, item) for name, item in protocol.items.items()}
    return Tables(
        protocol=protocol,
        hash=protocol.hash,
        forms={name: _form(protocol, name, form, gates) for name, form in protocol.forms.items()},
        visit_forms={name: frozenset(visit.forms) for name, visit in protocol.schedule.visits.items()},
    )


def _form(protocol: Protocol, name: str, form: Form, gates: Mapping[str, ItemGate]) -> FormTable:
    items = {item: protocol.items[item] for item in form.items}
    return FormTable(
        id=name,
        form=form,
        gates={item: gates[item] for item in form.items},
        required=tuple(item for item, model in items.items() if model.required and model.type != "computed"),
        formulas=tuple(
            (item, protocol.rules.formula[item]) for item, model in items.items() if model.type == "computed"
        ),
        checks=(
            *(check for item, model in items.items() for check in _item_checks(protocol, item, model)),
            *_form_checks(protocol, name, form),
        ),
    )


def _item_checks(protocol: Protocol, name: str, item: Item) -> list[CheckTable]:
    rules = protocol.rules.check.get(name, ())
    return [
        CheckTable(f"{name}.checks[{place}]", name, check, rule, mentioned(rule, protocol) | {name})
        for place, (check, rule) in enumerate(zip(item.checks, rules, strict=True))
    ]


def _form_checks(protocol: Protocol, name: str, form: Form) -> list[CheckTable]:
    rules = protocol.rules.form_check.get(name, ())
    found = []
    for place, (check, rule) in enumerate(zip(form.checks, rules, strict=True)):
        items = mentioned(rule, protocol)
        first = next((item for item in form.items if item in items), form.items[0])
        found.append(CheckTable(f"{name}.checks[{place}]", first, check, rule, items))
    return found


def _gate(protocol: Protocol, name: str, item: Item) -> ItemGate:
    low, high = item.plausible or (None, None)
    return ItemGate(
        id=name,
        type=item.type,
        codes=_codes(protocol, item),
        unit=item.unit,
        units=_units(protocol, item),
        low=None if low is None else Fraction(low),
        high=None if high is None else Fraction(high),
        comparator=item.comparator,
        partial=item.partial,
        past_only=item.means in ("specimen_date", "birth_date", "onset"),
        sealed=item.visibility != "open" or item.identifying or item.type == "text",
    )


def _codes(protocol: Protocol, item: Item) -> frozenset[str]:
    return frozenset(protocol.codelists[item.codelist]) if item.codelist else frozenset()


def _units(protocol: Protocol, item: Item) -> Mapping[str, Fraction] | None:
    """Every unit that an item takes → its factor into the item's own; None where it has no unit."""
    if item.unit is None:
        return None
    own = normalize(item.unit)
    codes = dict.fromkeys(normalize(unit) for unit in (item.unit, *item.units))
    return {code: protocol.dictionary.factor(code, own, item.analyte) for code in codes}


def mentioned(rule: Any, protocol: Protocol) -> frozenset[str]:
    """The items whose ids a rule holds, wherever it holds them."""
    found: set[str] = set()
    pending = [rule]
    while pending:
        node = pending.pop()
        if isinstance(node, str):
            if node in protocol.items:
                found.add(node)
        elif isinstance(node, (tuple, list)):
            pending.extend(node)
        elif hasattr(node, "__dataclass_fields__"):
            pending.extend(getattr(node, field) for field in node.__dataclass_fields__)
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class Limits:
    """A laboratory's own limits of one analyte, in `unit`."""

    low: Fraction | None
    high: Fraction | None
    unit: str


def limits(protocol: Protocol, site: str, item: Item) -> Limits | None:
    """The limits that the site's laboratory gives for an item, or the item's normal range."""
    laboratory = protocol.laboratories[protocol.sites[site].laboratory]
    name = item.analyte or ""
    own = laboratory.limits.get(name)
    if own is not None:
        return Limits(_fraction(own[0]), _fraction(own[1]), _laboratory_unit(laboratory, name, item))
    if item.normal is None or item.unit is None:
        return None
    return Limits(_fraction(item.normal[0]), _fraction(item.normal[1]), normalize(item.unit))


def _laboratory_unit(laboratory: Laboratory, name: str, item: Item) -> str:
    try:
        return normalize(laboratory.units.get(name) or item.unit or "1")
    except UnknownUnit:
        return "1"


def _fraction(number: Any) -> Fraction | None:
    return None if number is None else Fraction(number)
