"""What conduct needs of a study file, worked out once: what each form, item and check takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from fractions import Fraction
from typing import Any

from trialist.conduct.intake import Bounds, ItemGate
from trialist.criteria import Dictionary, Node, nodes
from trialist.criteria.history import RecordKind
from trialist.protocol import Protocol
from trialist.protocol.model import Check, Form, Item, Laboratory
from trialist.quantity.units import normalize


@dataclass(frozen=True, slots=True)
class CheckTable:
    """One edit check: its name (`platelets.checks[0]`), the item it speaks of, its rule, what the rule reads.

    `mentions` are items of the row, `previous` items whose last recorded values are asked for; `times` says
    that named times or their days are, `reads_record` that anything is beside answers.
    """

    name: str
    item: str
    check: Check
    rule: Node
    mentions: frozenset[str]
    previous: frozenset[str]
    times: bool
    reads_record: bool


@dataclass(frozen=True, slots=True)
class FormTable:
    """One form: its items' gates in order, which of them must be answered, which are computed, its checks.

    For those who read its rows: what its items mean (item, meaning), which are measured, which state an
    attestation (item, attestation), which declare a kind of records complete.
    """

    id: str
    form: Form
    gates: Mapping[str, ItemGate]
    required: tuple[str, ...]
    formulas: Mapping[str, Node]
    formula_times: bool
    checks: tuple[CheckTable, ...]
    means: tuple[tuple[str, str], ...]
    measured: tuple[tuple[str, Item], ...]
    attests: tuple[tuple[str, str], ...]
    completes: tuple[tuple[str, RecordKind], ...]


@dataclass(frozen=True, slots=True)
class Tables:
    """Everything worked out of one study file."""

    protocol: Protocol
    hash: str
    dictionary: Dictionary
    forms: Mapping[str, FormTable]
    visit_forms: Mapping[str, frozenset[str]]
    limits: dict[tuple[str, str, str], Limits] = field(default_factory=dict)


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
        dictionary=protocol.dictionary,
        forms={name: _form(protocol, name, form, gates) for name, form in protocol.forms.items()},
        visit_forms={name: frozenset(visit.forms) for name, visit in protocol.schedule.visits.items()},
    )


def _form(protocol: Protocol, name: str, form: Form, gates: Mapping[str, ItemGate]) -> FormTable:
    items = {item: protocol.items[item] for item in form.items}
    formulas = {item: protocol.rules.formula[item] for item in items if items[item].type == "computed"}
    return FormTable(
        id=name,
        form=form,
        gates={item: gates[item] for item in form.items},
        required=tuple(item for item, model in items.items() if model.required and model.type != "computed"),
        formulas=formulas,
        formula_times=any(_reads_times(protocol, rule) for rule in formulas.values()),
        checks=(
            *(check for item, model in items.items() for check in _item_checks(protocol, item, model)),
            *_form_checks(protocol, name, form),
        ),
        means=tuple((item, model.means) for item, model in items.items() if model.means),
        measured=tuple((item, model) for item, model in items.items() if model.analyte),
        attests=tuple((item, model.attestation) for item, model in items.items() if model.attestation),
        completes=tuple((item, model.completes) for item, model in items.items() if model.completes),
    )


def _item_checks(protocol: Protocol, name: str, item: Item) -> list[CheckTable]:
    rules = protocol.rules.check.get(name, ())
    return [
        _check(protocol, f"{name}.checks[{place}]", name, check, rule)
        for place, (check, rule) in enumerate(zip(item.checks, rules, strict=True))
    ]


def _form_checks(protocol: Protocol, name: str, form: Form) -> list[CheckTable]:
    rules = protocol.rules.form_check.get(name, ())
    found = []
    for place, (check, rule) in enumerate(zip(form.checks, rules, strict=True)):
        mentions = {node.item for node in _nodes(rule) if isinstance(node, nodes.Answer)}
        item = next((item for item in form.items if item in mentions), form.items[0])
        found.append(_check(protocol, f"{name}.checks[{place}]", item, check, rule))
    return found


def _check(protocol: Protocol, name: str, item: str, check: Check, rule: Node) -> CheckTable:
    answers = [node for node in _nodes(rule) if isinstance(node, nodes.Answer)]
    return CheckTable(
        name=name,
        item=item,
        check=check,
        rule=rule,
        mentions=frozenset(node.item for node in answers) | {item},
        previous=frozenset(node.item for node in answers if node.previous),
        times=_reads_times(protocol, rule),
        reads_record=any(isinstance(part, Node) and not isinstance(part, _ANSWERS) for part in _nodes(rule)),
    )


_ANSWERS = (
    nodes.And, nodes.Or, nodes.Not, nodes.Compare, nodes.Arithmetic, nodes.Converted,
    nodes.Constant, nodes.Number, nodes.Code, nodes.Answer,
)  # fmt: skip
"""Nodes that read nothing but the answers inside them."""


def _nodes(rule: Any) -> Iterator[Any]:
    """A rule's node and everything inside it, of whatever class."""
    yield rule
    if isinstance(rule, tuple):
        inside: Iterable[Any] = rule
    else:
        inside = [getattr(rule, part.name) for part in fields(rule)] if is_dataclass(rule) else ()
    for part in inside:
        yield from _nodes(part)


def _reads_times(protocol: Protocol, rule: Node) -> bool:
    """Whether a rule names a time, to read a value at it or to count from its day."""
    return any(part in protocol.schedule.times for part in _nodes(rule) if isinstance(part, str))


def _gate(protocol: Protocol, name: str, item: Item) -> ItemGate:
    low, high = item.plausible or (None, None)
    return ItemGate(
        id=name,
        label=item.label,
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


def _units(protocol: Protocol, item: Item) -> Mapping[str, Bounds] | None:
    """Every unit that an item takes, its own first → the plausible bounds in it; None for no unit."""
    if item.unit is None:
        return None
    own = normalize(item.unit)
    codes = dict.fromkeys(normalize(unit) for unit in (item.unit, *item.units))
    low, high = item.plausible or (None, None)
    factors = {code: protocol.dictionary.factor(own, code, item.analyte) for code in codes}
    return {
        code: (
            None if low is None else Fraction(low) * factor,
            None if high is None else Fraction(high) * factor,
        )
        for code, factor in factors.items()
    }


Limits = tuple[Fraction | None, Fraction | None]
"""A laboratory's own lower and upper limit, in one unit."""


def limits(protocol: Protocol, laboratory: str, name: str, unit: str) -> Limits:
    """The limits that a laboratory gives for an item, in `unit`; else the item's normal range; else none."""
    known = tables(protocol).limits
    key = (laboratory, name, unit)
    found = known.get(key)
    if found is None:
        found = known[key] = _limits(protocol, protocol.laboratories[laboratory], protocol.items[name], unit)
    return found


def _limits(protocol: Protocol, laboratory: Laboratory, item: Item, unit: str) -> Limits:
    name = item.analyte or ""
    own = laboratory.limits.get(name)
    bounds = own or item.normal or (None, None)
    given = (laboratory.units.get(name) if own else None) or item.unit or "1"
    factor = protocol.dictionary.factor(normalize(given), unit, item.analyte)
    low, high = (None if bound is None else Fraction(bound) * factor for bound in bounds)
    return low, high
