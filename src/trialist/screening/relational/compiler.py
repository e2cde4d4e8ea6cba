"""Rules to one query: a row for each person, and for each rule whether it surely holds and surely does not.

First every operation that reads records becomes a relation of its own (equal ones once); these are joined to the
persons; then logic and arithmetic read their columns.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
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


def compile_rules(rules: Mapping[str, Node], relations: Relations, dictionary: Dictionary) -> ir.Table:
    """`person`, and for each rule `<id>_true` and `<id>_false`: never NULL, never both.

    Raises:
        Unsupported: a rule reads what no warehouse holds, or a window longer than the calendar of databases.
    """
    return Compiler(relations, dictionary).everyone(rules)


class Compiler:
    """Compiles rules against relations; one use for one set of subjects."""

    def __init__(
        self, relations: Relations, dictionary: Dictionary, checking: frozenset[str] = frozenset()
    ) -> None:
        self.relations, self.dictionary, self.checking = relations, dictionary, checking
        self._wide: ir.Table | None = None
        self._leaves: dict[Node, Any] = {}

    def everyone(self, rules: Mapping[str, Node]) -> ir.Table:
        """The verdict of every person."""
        persons = self.relations.persons
        table = persons.select("person", *PERSON, subject=persons.person)
        found = self.truths(rules, table)
        return found.select(
            "person", *(f"{name}_{side}" for name in rules for side in ("true", "false"))
        )

    def held(self, rule: Node, records: ir.Table, checking: frozenset[str]) -> ir.Table:
        """Of each record whether `rule` surely held on its day: `held_record`, `held`."""
        persons = self.relations.persons.rename(person_key="person")
        drawn = records.select("owner", "record", "day_to")
        joined = drawn.join(persons, drawn.owner == persons.person_key)
        own = [name for name in PERSON if name != "index_day"]
        table = joined.select(*own, subject=joined.record, person=joined.owner, index_day=joined.day_to)
        found = Compiler(self.relations, self.dictionary, checking).truths({"rule": rule}, table)
        return found.select(held_record=found.subject, held=found.rule_true)

    def truths(self, rules: Mapping[str, Node], table: ir.Table) -> ir.Table:
        """`table` with the two columns of each rule."""
        subjects = self._named_days(rules, Subjects(self, table, self.checking))
        self._subjects = subjects
        wide = subjects.table
        for rule in rules.values():
            for node in self._operations(rule):
                if node not in self._leaves:
                    wide = self._join(subjects, node, wide)
        self._wide = wide
        verdicts = {name: self._truth(rule) for name, rule in rules.items()}
        columns = {f"{name}_true": column(verdict.true) for name, verdict in verdicts.items()}
        columns |= {f"{name}_false": column(verdict.false) for name, verdict in verdicts.items()}
        return wide.select("subject", "person", **columns)

    def person(self, name: str) -> Any:
        """A column of the person, once all leaves are joined."""
        assert self._wide is not None
        return self._wide[name]

    # -- Leaves ------------------------------------------------------------------------------------------------

    def _named_days(self, rules: Mapping[str, Node], subjects: Subjects) -> Subjects:
        names = sorted(set().union(*(anchors_of(each) for rule in rules.values() for each in _all(rule))))
        table, anchors = subjects.table, {}
        for number, name in enumerate(names):
            source = self.relations.anchors
            key, day = f"anchor_key_{number}", f"anchor_{number}"
            named = source.filter(source.anchor == name).select(**{key: source.person, day: source.named_day})
            table = table.left_join(named, table.person == named[key]).drop(key)
            anchors[name] = day
        return replace(subjects, table=table, anchors=anchors)

    def _operations(self, node: Node) -> list[Node]:
        if type(node) in _LEAVES:
            return [node]
        return [leaf for child in nodes.children(node) for leaf in self._operations(child)]

    def _join(self, subjects: Subjects, node: Node, wide: ir.Table) -> ir.Table:
        made = _LEAVES[type(node)](subjects, node)
        found = []
        for leaf in made if isinstance(made, list) else [made]:
            if isinstance(leaf, Leaf):
                prefix = f"leaf{len(self._leaves)}_{len(found)}_"
                own = leaf.table.select(**{prefix + name: leaf.table[name] for name in leaf.table.columns})
                wide = wide.left_join(own, wide.subject == own[prefix + "subject"])
                found.append((prefix, leaf))
            else:
                found.append(("", leaf))
        self._leaves[node] = found if isinstance(made, list) else found[0]
        return wide

    def _read(self, entry: tuple[str, Leaf | Value]) -> Value:
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
            return any_of(self._read(each) for each in entry) if isinstance(entry, list) else self._read(entry)
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
            case nodes.Arithmetic(operator, left, right):
                return _arithmetic(operator, self._number(left), self._number(right))
            case nodes.Converted(operand, _, factor):
                return self._number(operand).scaled(float(factor))
            case nodes.DaysBetween(later, earlier):
                return _days_between(self._value(later), self._value(earlier))
            case nodes.Egfr(formula, creatinine):
                factor = self.dictionary.factor(creatinine.unit, "mg/dL", creatinine.analyte)
                amount = self._number(creatinine).scaled(float(factor))
                return formulas.rate(formula, amount, stated.age(self._subjects), self.person("sex"))
            case nodes.Bmi(weight, height):
                meters = self._number(height).scaled(float(units.factor(height.unit, "m")))
                mass = self._number(weight).scaled(float(units.factor(weight.unit, "kg")))
                return mass * (meters * meters).reciprocal()
            case _:
                raise Unsupported(f"{type(node).__name__} reads a form being saved, which no warehouse holds")

    def _day(self, day: PartialDate | nodes.Anchor) -> tuple[Any, Any]:
        if isinstance(day, PartialDate):
            first, last = day.earliest, day.latest
            return ibis.date(first.year, first.month, first.day), ibis.date(last.year, last.month, last.day)
        found = self.person("index_day" if day == nodes.INDEX else self._subjects.anchors[day.name])
        return found, found

    def _compare(self, comparator: Any, left: Node, right: Node) -> Kleene:
        one, two = self._value(left), self._value(right)
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


def _all(node: Node) -> list[Node]:
    return [node, *(inner for child in nodes.children(node) for inner in _all(child))]


def _arithmetic(operator: str, one: Bounds, two: Bounds) -> Bounds:
    match operator:
        case "+":
            return one + two
        case "-":
            return one - two
        case "*":
            return one * two
        case _:
            return one * two.reciprocal()


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
    return {
        "<": less, ">=": ~less, ">": more, "<=": ~more, "==": equal, "!=": ~equal
    }[comparator]
