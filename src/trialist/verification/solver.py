"""Rules for the solver: every leaf is a bounded number or a truth with a flag that says whether it is known.

A Kleene value is a pair: surely true, surely false; both are false where it is unknown. What is not linear (the powers
of an eGFR formula) stays one bounded number of its own. Proofs hold for real numbers; witnesses are sought among
whole ones first, as laboratories print them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any, Literal, NamedTuple

import z3

from trialist.criteria import nodes
from trialist.criteria.dictionary import Dictionary
from trialist.criteria.nodes import EVER, Latest, Node
from trialist.criteria.prose import amount, prose

BASELINE = "baseline"
LARGEST = 100_000


class Kleene(NamedTuple):
    """A three-valued truth."""

    true: Any
    false: Any


class Known(NamedTuple):
    """A number, and whether it is known."""

    value: Any
    known: Any


class Translation:
    """Nodes as solver expressions. The same node is the same variable wherever it stands.

    The value at the named time `baseline` is the latest value at entry: the one that eligibility reads.
    """

    def __init__(self, dictionary: Dictionary) -> None:
        self.dictionary = dictionary
        self.facts: list[Any] = []
        self.numbers: dict[Node, Known] = {}
        self.truths: dict[Node, Kleene] = {}

    # -- Truths ------------------------------------------------------------------------------------------------

    def truth(self, node: Node) -> Kleene:  # noqa: PLR0911 - one line for each shape of node
        """A truth, surely true and surely false."""
        match node:
            case nodes.Constant(value):
                return Kleene(z3.BoolVal(value), z3.BoolVal(not value))
            case nodes.And(operands):
                parts = [self.truth(one) for one in operands]
                return Kleene(z3.And([one.true for one in parts]), z3.Or([one.false for one in parts]))
            case nodes.Or(operands):
                parts = [self.truth(one) for one in operands]
                return Kleene(z3.Or([one.true for one in parts]), z3.And([one.false for one in parts]))
            case nodes.Not(operand):
                inner = self.truth(operand)
                return Kleene(inner.false, inner.true)
            case nodes.Reached(_, rule):
                return self.truth(rule)
            case nodes.Compare(comparator, left, right) if left.type.kind == "number":
                return self._compare(comparator, self.number(left), self.number(right))
            case nodes.Compare("!=", left, right):
                inner = self.leaf(nodes.Compare("==", left, right))
                return Kleene(inner.false, inner.true)
            case _:
                return self.leaf(node)

    def _compare(self, comparator: str, left: Known, right: Known) -> Kleene:
        one, two = left.value, right.value
        relation = {
            "<": one < two,
            "<=": one <= two,
            ">": one > two,
            ">=": one >= two,
            "==": one == two,
            "!=": one != two,
        }[comparator]
        known = z3.And(left.known, right.known)
        return Kleene(z3.And(known, relation), z3.And(known, z3.Not(relation)))

    def leaf(self, node: Node) -> Kleene:
        """A truth that only records decide."""
        if node not in self.truths:
            number = len(self.truths)
            holds, known = z3.Bool(f"truth {number}"), z3.Bool(f"truth {number} known")
            self.truths[node] = found = Kleene(z3.And(known, holds), z3.And(known, z3.Not(holds)))
            self._relate(node, found)
        return self.truths[node]

    def _relate(self, node: Node, found: Kleene) -> None:
        """What a leaf implies about others."""
        if isinstance(node, nodes.Persisted):
            latest = self.number(Latest(node.analyte, node.low.unit))
            low, high = _exact(node.low.value), _exact(node.high.value)
            self.facts.append(
                z3.Implies(found.true, z3.And(latest.known, latest.value >= low, latest.value <= high))
            )
        if isinstance(node, nodes.Repeated) and node.same == "analyte":
            wider = self.leaf(nodes.Repeated(node.name, node.analytes, node.apart, "any"))
            self.facts += [z3.Implies(found.true, wider.true), z3.Implies(wider.false, found.false)]

    # -- Numbers -----------------------------------------------------------------------------------------------

    def number(self, node: Node) -> Known:
        """A number; a leaf is bounded by what is possible."""
        match node:
            case nodes.Number(value):
                return Known(_exact(value), z3.BoolVal(val=True))
            case nodes.Converted(operand, _, factor):
                inner = self.number(operand)
                return Known(inner.value * _exact(factor), inner.known)
            case nodes.Arithmetic(operator, left, right) if _linear(node):
                one, two = self.number(left), self.number(right)
                value = {
                    "+": lambda: one.value + two.value,
                    "-": lambda: one.value - two.value,
                    "*": lambda: one.value * two.value,
                    "/": lambda: one.value / two.value,
                }[operator]()
                return Known(value, z3.And(one.known, two.known))
            case nodes.At("baseline", analyte, unit):
                return self.variable(Latest(analyte, unit, EVER))
            case _:
                return self.variable(node)

    def variable(self, node: Node) -> Known:
        """The variable of a leaf."""
        if node not in self.numbers:
            number = len(self.numbers)
            value = z3.Real(f"number {number}")
            self.numbers[node] = Known(value, z3.Bool(f"number {number} known"))
            least = -LARGEST if isinstance(node, nodes.Arithmetic | nodes.DaysBetween) else 0
            self.facts += [value >= least, value <= (130 if isinstance(node, nodes.Age) else LARGEST)]
        return self.numbers[node]

    # -- Witnesses ---------------------------------------------------------------------------------------------

    def all_known(self) -> list[Any]:
        """Everything that has been translated is recorded."""
        known = [one.known for one in self.numbers.values()]
        return known + [z3.Or(one.true, one.false) for one in self.truths.values()]

    def whole(self) -> list[Any]:
        """Every number is a whole one."""
        return [z3.IsInt(one.value) for one in self.numbers.values()]

    def words(self, model: Any, read: Iterable[Node], language: Literal["en", "zh"] = "en") -> str:
        """The values that a model gives to some leaves, as a clinician would write them."""
        said = []
        no, stop = ("not: ", "; ") if language == "en" else ("否：", "；")
        for leaf in read:
            if leaf in self.numbers:
                value = as_fraction(model.eval(self.numbers[leaf].value, model_completion=True))
                name = prose(leaf, self.dictionary, language)
                said.append(f"{name} {amount(value, leaf.type.unit, language)}")
            elif leaf in self.truths:
                holds = z3.is_true(model.eval(self.truths[leaf].true, model_completion=True))
                said.append(f"{'' if holds else no}{prose(leaf, self.dictionary, language)}")
        return stop.join(said)


def _linear(node: nodes.Arithmetic) -> bool:
    if node.operator in "+-":
        return True
    constants = [_constant(node.left), _constant(node.right)]
    return constants[1] if node.operator == "/" else any(constants)


def _constant(node: Node) -> bool:
    match node:
        case nodes.Number():
            return True
        case nodes.Converted(operand):
            return _constant(operand)
        case nodes.Arithmetic(_, left, right):
            return _constant(left) and _constant(right)
        case _:
            return False


def _exact(value: Fraction) -> Any:
    return z3.Q(value.numerator, value.denominator)


def as_fraction(value: Any) -> Fraction:
    """A rational of a model."""
    return Fraction(value.numerator_as_long(), value.denominator_as_long())


def solve(*constraints: Any, prefer: Iterable[Any] = ()) -> Any | None:
    """A model, with what is preferred if that can be had; None if there is none."""
    solver = z3.Solver()
    solver.set("timeout", 2000)
    solver.add(*constraints)
    solver.push()
    solver.add(*prefer)
    if solver.check() == z3.sat:
        return solver.model()
    solver.pop()
    return solver.model() if solver.check() == z3.sat else None


def impossible(*constraints: Any) -> bool:
    """Whether no values satisfy all of them: a proof."""
    solver = z3.Solver()
    solver.set("timeout", 2000)
    solver.add(*constraints)
    return bool(solver.check() == z3.unsat)


def core(named: Mapping[str, Any], facts: Iterable[Any]) -> tuple[str, ...]:
    """The names of a smallest set that cannot hold together; empty if all can."""
    solver = z3.Solver()
    solver.set("timeout", 2000)
    solver.set(unsat_core=True)
    solver.set("core.minimize", True)
    solver.add(*facts)
    for name, constraint in named.items():
        solver.assert_and_track(constraint, name)
    if solver.check() != z3.unsat:
        return ()
    return tuple(str(name) for name in solver.unsat_core())


def extreme(aim: Any, *constraints: Any, highest: bool) -> Fraction | None:
    """The highest (or lowest) value of `aim`; None where there is none."""
    optimizer = z3.Optimize()
    optimizer.set("timeout", 2000)
    optimizer.add(*constraints)
    (optimizer.maximize if highest else optimizer.minimize)(aim)
    if optimizer.check() != z3.sat:
        return None
    return as_fraction(optimizer.model().eval(aim, model_completion=True))
