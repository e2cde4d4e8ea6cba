"""Rules to one query: a row for each person, and for each rule whether it surely holds and surely does not.

First every operation that reads records becomes a relation of its own (equal ones once); these are joined to the
persons; then logic and arithmetic read their columns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import ibis
from ibis import ir

from trialist.criteria import nodes
from trialist.criteria.dictionary import Dictionary
from trialist.criteria.nodes import Node
from trialist.quantity import units
from trialist.quantity.dates import PartialDate
from trialist.screening.relational import formulas, measured, stated, taken
from trialist.screening.relational.bounds import Bounds, compare
from trialist.screening.relational.kleene import Kleene, all_of, any_of, both, column, either, surely
from trialist.screening.relational.plan import Plan
from trialist.screening.relational.relations import Relations
from trialist.screening.relational.subjects import (
    Leaf,
    Subjects,
    Unsupported,
    Value,
    anchors_of,
)

PERSON: Final = (
    "index_day",
    "birth_from",
    "birth_to",
    "sex",
    "complete_measurements",
    "complete_exposures",
    "complete_conditions",
)

_LEAVES: Final[dict[type[Node], Callable[[Subjects, Any], Any]]] = {
    nodes.Latest: measured.latest_number,
    nodes.At: measured.at_number,
    nodes.Limit: measured.limit,
    nodes.Positive: measured.positive,
    nodes.Repeated: measured.repeated,
    nodes.Persisted: measured.persisted,
    nodes.Given: taken.given,
    nodes.Dose: taken.dose,
    nodes.Stable: taken.stable,
    nodes.Raised: taken.raised,
    nodes.Has: stated.has,
    nodes.Ongoing: stated.ongoing,
    nodes.Attested: stated.attested,
}


LEAVES_JOINED: Final = 8
"""Relations joined to the subjects in one step, and"""
RULES_TOLD: Final = 60
"""rules answered in one: larger queries take the compiler longer than in proportion."""


def compile_rules(
    rules: Mapping[str, Node], relations: Relations, dictionary: Dictionary, prefix: str = ""
) -> Plan:
    """A plan whose answer has `person`, and for each rule `<id>_true` and `<id>_false`: never NULL, never both.

    The names of its steps begin with `prefix`.

    Raises:
        Unsupported: a rule reads what no warehouse holds, or a window longer than the calendar of databases.
    """
    persons = relations.persons
    table = persons.select("person", *PERSON, subject=persons.person)
    plan = Plan()
    compiler = Compiler(relations, dictionary, plan, prefix)
    answer = compiler.truths(rules, plan.keep(f"{prefix}subjects", table, passing=True))
    columns = [f"{name}_{side}" for name in rules for side in ("true", "false")]
    plan.keep(f"{prefix}answer", answer.select("person", *columns))
    return plan


class Compiler:
    """Compiles rules against relations, for one set of subjects; `prefix` keeps names of its steps apart."""

    def __init__(
        self,
        relations: Relations,
        dictionary: Dictionary,
        plan: Plan,
        prefix: str = "",
        checking: frozenset[str] = frozenset(),
    ) -> None:
        self.relations, self.dictionary, self.plan = relations, dictionary, plan
        self.prefix, self.checking = prefix, checking
        self._wide: ir.Table | None = None
        self._leaves: dict[Node, Any] = {}
        self._later: dict[Node, Any] = {}
        self._usable: dict[str, ir.Table] = {}

    def set_aside(self, rule: Node, owner: str, analyte: str, found: ir.Table) -> ir.Table:
        """Records whose `fit` is false also where `rule` surely held on the specimen's day; once for each `owner`."""
        key = f"{owner}_{analyte}"
        if analyte in self.checking:
            return found
        if key not in self._usable:
            name = f"{self.prefix}fit_{key}"
            held = self._held(rule, found, f"{name}_", self.checking | {analyte})
            joined = found.left_join(held, found.record == held.held_record)
            joined = joined.mutate(fit=joined.fit & ~joined.held.fill_null(False))
            self._usable[key] = self.plan.keep(name, joined.drop("held", "held_record"))
        return self._usable[key]

    def _held(self, rule: Node, records: ir.Table, prefix: str, checking: frozenset[str]) -> ir.Table:
        """Of each record whether `rule` surely held on its day: `held_record`, `held`."""
        persons = self.relations.persons.rename(person_key="person")
        drawn = records.select("owner", "record", "day_to")
        joined = drawn.join(persons, drawn.owner == persons.person_key)
        own = [name for name in PERSON if name != "index_day"]
        table = joined.select(*own, subject=joined.record, person=joined.owner, index_day=joined.day_to)
        table = self.plan.keep(f"{prefix}subjects", table)
        inner = Compiler(self.relations, self.dictionary, self.plan, prefix, checking)
        found = inner.truths({"rule": rule}, table)
        return found.select(held_record=found.subject, held=found.rule_true)

    def truths(self, rules: Mapping[str, Node], table: ir.Table) -> ir.Table:
        """Subject, person, and the two columns of each rule."""
        self._subjects = self._named_days(rules, Subjects(self, table, self.checking))
        operations = list(dict.fromkeys(each for rule in rules.values() for each in self._operations(rule)))
        wide = self._subjects.table
        for number, some in enumerate(_batches(operations, LEAVES_JOINED)):
            wide = self.plan.keep(f"{self.prefix}wide_{number}", self._joined(wide, some), passing=True)
        self._wide = wide
        self._calculate(rules.values())
        names = list(rules)
        if len(names) <= RULES_TOLD:
            return self._told({name: rules[name] for name in names})
        parts = [
            self.plan.keep(f"{self.prefix}told_{number}", self._told({name: rules[name] for name in some}))
            for number, some in enumerate(_batches(names, RULES_TOLD))
        ]
        together = parts[0]
        for number, part in enumerate(parts[1:]):
            own = part.drop("person").rename({f"subject_{number}": "subject"})
            together = together.join(own, together.subject == own[f"subject_{number}"])
        return together

    def _told(self, rules: Mapping[str, Node]) -> ir.Table:
        columns: dict[str, Any] = {}
        for name, rule in rules.items():
            verdict = self._truth(rule)
            columns |= {f"{name}_true": column(verdict.true), f"{name}_false": column(verdict.false)}
        assert self._wide is not None
        return self._wide.select("subject", "person", **columns)

    def person(self, name: str) -> Any:
        """A column of the person, once all leaves are joined."""
        assert self._wide is not None
        return self._wide[name]

    # -- Leaves ------------------------------------------------------------------------------------------------

    def _named_days(self, rules: Mapping[str, Node], subjects: Subjects) -> Subjects:
        names = sorted(set().union(*(anchors_of(rule) for rule in rules.values())))
        table, anchors = subjects.table, {}
        for number, name in enumerate(names):
            source = self.relations.anchors
            key, day = f"anchor_key_{number}", f"anchor_{number}"
            named = source.filter(source.anchor == name).select(**{key: source.person, day: source.named_day})
            table = table.left_join(named, table.person == named[key]).drop(key)
            anchors[name] = day
        if names:
            table = self.plan.keep(f"{self.prefix}subjects_and_days", table)
        return replace(subjects, table=table, anchors=anchors)

    def _operations(self, node: Node) -> list[Node]:
        if type(node) in _LEAVES:
            return [node]
        return [leaf for child in nodes.children(node) for leaf in self._operations(child)]

    def _joined(self, wide: ir.Table, operations: Iterable[Node]) -> ir.Table:
        """The subjects with the columns of some operations more."""
        for node in operations:
            made = _LEAVES[type(node)](self._subjects, node)
            found: list[tuple[str, Leaf | Value]] = []
            for leaf in made if isinstance(made, list) else [made]:
                prefix = f"leaf{len(self._leaves)}_{len(found)}_"
                found.append((prefix, leaf))
                if isinstance(leaf, Leaf):
                    own = leaf.table.select(
                        **{prefix + name: leaf.table[name] for name in leaf.table.columns}
                    )
                    own = self.plan.keep(self.prefix + prefix[:-1], own)
                    wide = wide.left_join(own, wide.subject == own[prefix + "subject"])
                    wide = wide.drop(prefix + "subject")
            self._leaves[node] = found if isinstance(made, list) else found[0]
        return wide

    # -- Calculated numbers are named columns: nested in one expression they would grow without measure ---------

    def _calculate(self, rules: Iterable[Node]) -> None:
        waiting = dict.fromkeys(each for rule in rules for each in _calculated(rule))
        number = 0
        while waiting:
            ready = [each for each in waiting if not any(inner in waiting for inner in _inside(each))]
            self._store(ready, number)
            number += 1
            waiting = dict.fromkeys(each for each in waiting if each not in ready)

    def _store(self, ready: Sequence[Node], number: int) -> None:
        columns: dict[str, Any] = {}
        for node in ready:
            prefix = f"number{number}_{len(columns)}_"
            bounds = self._number(node)
            columns |= {
                prefix + "low": bounds.low,
                prefix + "high": bounds.high,
                prefix + "low_open": column(bounds.low_open),
                prefix + "high_open": column(bounds.high_open),
            }
            self._later[node] = prefix, Leaf(self._subjects.table, measured.bounds_of)
        assert self._wide is not None
        self._wide = self.plan.keep(
            f"{self.prefix}numbers_{number}", self._wide.mutate(**columns), passing=True
        )
        self._leaves |= self._later
        self._later = {}

    def _read(self, entry: tuple[str, Leaf | Value]) -> Any:
        prefix, leaf = entry
        if not isinstance(leaf, Leaf):
            return leaf
        return leaf.read(lambda name: self.person(prefix + name))

    # -- Expressions -------------------------------------------------------------------------------------------

    def _truth(self, node: Node) -> Kleene:
        value = self._value(node)
        assert isinstance(value, Kleene), "typed nodes give truths where truths are needed"
        return value

    def _number(self, node: Node) -> Bounds:
        value = self._value(node)
        assert isinstance(value, Bounds), "typed nodes give numbers where numbers are needed"
        return value

    def _value(self, node: Node) -> Value:  # noqa: C901, PLR0911, PLR0912 - one line for each shape of node
        if node in self._leaves:
            entry = self._leaves[node]
            return (
                any_of(self._read(each) for each in entry) if isinstance(entry, list) else self._read(entry)
            )
        match node:
            case nodes.And(operands):
                return all_of(self._truth(each) for each in operands)
            case nodes.Or(operands):
                return any_of(self._truth(each) for each in operands)
            case nodes.Not(operand):
                return ~self._truth(operand)
            case nodes.Constant(value):
                return Kleene(value, not value)
            case nodes.Reached(_, rule):
                return self._value(rule)
            case nodes.Number(number):
                return Bounds.exact(float(number))
            case nodes.Code(code):
                return ibis.literal(code)
            case nodes.Sex():
                return self.person("sex")
            case nodes.Age():
                return stated.age(self._subjects)
            case nodes.Day(day):
                return self._day(day)
            case nodes.Compare(comparator, left, right):
                return self._compare(comparator, left, right)
            case nodes.Arithmetic("/", left, right):
                return self._number(left) * self._number(Inverse(right))
            case nodes.Arithmetic(operator, left, right):
                return _arithmetic(operator, self._number(left), self._number(right))
            case Inverse(operand):
                return self._number(operand).reciprocal()
            case nodes.Converted(operand, _, factor):
                return self._number(operand).scaled(float(factor))
            case nodes.DaysBetween(later, earlier):
                return _days_between(self._value(later), self._value(earlier))
            case nodes.Egfr(formula, creatinine):
                factor = self.dictionary.factor(creatinine.unit, "mg/dL", creatinine.analyte)
                amount = self._number(creatinine).scaled(float(factor))
                return formulas.rate(formula, amount, self._number(nodes.Age()), self.person("sex"))
            case nodes.Bmi():
                return self._number(_as_division(node))
            case _:
                raise Unsupported(f"{type(node).__name__} reads a form being saved, which no warehouse holds")

    def _day(self, day: PartialDate | nodes.Anchor) -> tuple[Any, Any]:
        if isinstance(day, PartialDate):
            first, last = day.earliest, day.latest
            return ibis.date(first.year, first.month, first.day), ibis.date(last.year, last.month, last.day)
        found = self.person("index_day" if day == nodes.INDEX else self._subjects.anchors[day.name])
        return found, found

    def _compare(self, comparator: Any, left: Node, right: Node) -> Kleene:
        one: Any = self._value(left)
        two: Any = self._value(right)
        match one:
            case Bounds():
                return compare(comparator, one, two)
            case tuple():
                return _compare_days(comparator, one, two)
            case Kleene():
                same = Kleene(
                    either(both(one.true, two.true), both(one.false, two.false)),
                    either(both(one.true, two.false), both(one.false, two.true)),
                )
            case _:
                same = Kleene(surely(one == two), surely(one != two))
        return same if comparator == "==" else ~same


@dataclass(frozen=True, slots=True)
class Inverse(Node):
    """One divided by a number: a division is two steps of its own."""

    operand: Node

    @property
    def type(self) -> nodes.Type:
        """A number."""
        return self.operand.type


def _as_division(node: nodes.Bmi) -> Node:
    """Kilograms over meters times meters, as pure numbers."""
    kilograms = nodes.Converted(node.weight, "1", units.factor(node.weight.unit, "kg"))
    meters = nodes.Converted(node.height, "1", units.factor(node.height.unit, "m"))
    return nodes.Arithmetic("/", kilograms, nodes.Arithmetic("*", meters, meters))


def _within(node: Node) -> tuple[Node, ...]:
    if isinstance(node, Inverse):
        return (node.operand,)
    if isinstance(node, nodes.Arithmetic) and node.operator == "/":
        return (node.left, Inverse(node.right))
    if isinstance(node, nodes.Egfr):
        return (node.creatinine, nodes.Age())
    if isinstance(node, nodes.Bmi):
        return (_as_division(node),)
    return nodes.children(node)


def _inside(node: Node) -> Iterator[Node]:
    """All expressions inside another."""
    for child in _within(node):
        yield child
        yield from _inside(child)


def _calculated(rule: Node) -> Iterator[Node]:
    """The operations of a rule whose bounds take many cases to say."""
    for node in (rule, *_inside(rule)):
        match node:
            case nodes.Arithmetic(_, left, right):
                if not isinstance(left, nodes.Number) and not isinstance(right, nodes.Number):
                    yield node
            case nodes.Bmi() | nodes.Egfr() | nodes.Age() | nodes.Dose():
                yield node
            case Inverse(operand):
                if not isinstance(operand, nodes.Number):
                    yield node
            case _:
                pass


def _batches(items: Sequence[Any], size: int) -> list[Sequence[Any]]:
    return [items[start : start + size] for start in range(0, len(items), size)]


def _arithmetic(operator: str, one: Bounds, two: Bounds) -> Bounds:
    match operator:
        case "+":
            return one + two
        case "-":
            return one - two
        case _:
            return one * two


def _days_between(later: Any, earlier: Any) -> Bounds:
    return Bounds(
        later[0].delta(earlier[1], unit="day").cast("float64"),
        later[1].delta(earlier[0], unit="day").cast("float64"),
    )


def _compare_days(comparator: str, one: Any, two: Any) -> Kleene:
    less = Kleene(surely(one[1] < two[0]), surely(two[1] <= one[0]))
    more = Kleene(surely(two[1] < one[0]), surely(one[1] <= two[0]))
    apart = either(less.true, more.true)
    known = both(surely(one[0] == one[1]), surely(two[0] == two[1]))
    equal = Kleene(both(known, surely(one[0] == two[0])), apart)
    return {"<": less, ">=": ~less, ">": more, "<=": ~more, "==": equal, "!=": ~equal}[comparator]
