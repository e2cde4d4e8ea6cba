"""The referee: what a rule means, for one person, as plainly as it can be said.

Every other engine is held to this one. Truths are Kleene's; numbers are exact, or bounds that surely hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Any, Final

from trialist.criteria import interval, measured, nodes, stated, taken
from trialist.criteria.dictionary import Dictionary, Language
from trialist.criteria.history import History, Measurement
from trialist.criteria.interval import Interval
from trialist.criteria.nodes import Node
from trialist.criteria.reader import Reader
from trialist.criteria.steps import Note, Step, Value
from trialist.criteria.trace import Computed, Trace, Verdict
from trialist.criteria.truth import FALSE, TRUE, UNKNOWN, Truth, all_of, any_of, opposite
from trialist.quantity.dates import PartialDate


def evaluate(node: Node, history: History, dictionary: Dictionary) -> Verdict:
    """Whether `node` holds for the person, with the trace of every step."""
    step = Referee(history, dictionary).step(node)
    return Verdict(_truth(step), Trace(step, dictionary))


def decide(node: Node, history: History, dictionary: Dictionary) -> Truth:
    """As `evaluate`, without the trace: stops where the answer is settled."""
    return _truth(Referee(history, dictionary, hurried=True).step(node))


def probe(node: Node, history: History, dictionary: Dictionary, language: Language = "en") -> tuple[str, ...]:
    """What would have to be known to decide `node`, in words; empty where it is decided."""
    return Trace(Referee(history, dictionary).step(node), dictionary).missing(language)


def decide_all(rules: Mapping[str, Node], history: History, dictionary: Dictionary) -> dict[str, Truth]:
    """As `decide`, of many rules; what they all read of the history is sorted once."""
    referee = Referee(history, dictionary, hurried=True)
    return {name: _truth(referee.step(rule)) for name, rule in rules.items()}


def compute(node: Node, history: History, dictionary: Dictionary) -> Computed:
    """What a numeric expression comes to for the person, in the unit of its type."""
    step = Referee(history, dictionary).step(node)
    bounds = step.value if isinstance(step.value, Interval) else None
    value = bounds.value if bounds else None
    return Computed(value, bounds, node.type.unit or "1", Trace(step, dictionary))


def number(node: Node, history: History, dictionary: Dictionary) -> Fraction | None:
    """As the value of `compute`, without the trace."""
    found = Referee(history, dictionary, hurried=True).step(node).value
    return found.value if isinstance(found, Interval) else None


def _truth(step: Step) -> Truth:
    assert isinstance(step.value, Truth), "typed nodes give truths where truths are needed"
    return step.value


class Referee(Reader):
    """One person's history, read by one rule after another."""

    def step(self, node: Node) -> Step:
        """`node` evaluated."""
        return _READINGS[type(node)](self, node)

    def held_at_draw(self, rule: Node, measurement: Measurement) -> bool:
        """Whether `rule` surely held on the specimen's day."""
        analyte = measurement.analyte
        if analyte in self.checking:
            return False
        checking, day = self.checking | {analyte}, measurement.date.latest
        referee = Referee(self.history, self.dictionary, hurried=True, checking=checking, index=day)
        return referee.step(rule).value is TRUE


# -- Logic and arithmetic ----------------------------------------------------------------------------------------


def _and(reader: Reader, node: nodes.And) -> Step:
    steps = _until(reader, FALSE, node.operands)
    return Step(node, all_of([_truth(step) for step in steps]), steps)


def _or(reader: Reader, node: nodes.Or) -> Step:
    steps = _until(reader, TRUE, node.operands)
    return Step(node, any_of([_truth(step) for step in steps]), steps)


def _until(reader: Reader, settled: Truth, operands: Iterable[Node]) -> tuple[Step, ...]:
    steps: list[Step] = []
    for operand in operands:
        steps.append(step := reader.step(operand))
        if reader.hurried and step.value is settled:
            break
    return tuple(steps)


def _not(reader: Reader, node: nodes.Not) -> Step:
    step = reader.step(node.operand)
    return Step(node, opposite(_truth(step)), (step,))


def _constant(_: Reader, node: nodes.Constant) -> Step:
    return Step(node, Truth.of(node.value))


def _number(_: Reader, node: nodes.Number) -> Step:
    return Step(node, node.exact)


def _code(_: Reader, node: nodes.Code) -> Step:
    return Step(node, node.value)


def _reached(reader: Reader, node: nodes.Reached) -> Step:
    step = reader.step(node.rule)
    return Step(node, step.value, (step,))


def _compare(reader: Reader, node: nodes.Compare) -> Step:
    left, right = reader.step(node.left), reader.step(node.right)
    return Step(node, _compared(node.comparator, left.value, right.value), (left, right))


def _compared(comparator: interval.Comparator, left: Value, right: Value) -> Truth:
    match left, right:
        case (None, _) | (_, None):
            return UNKNOWN
        case Interval(), Interval():
            return interval.compare(comparator, left, right)
        case PartialDate(), PartialDate():
            return interval.compare(comparator, _ordinals(left), _ordinals(right))
        case Truth(), Truth():
            same = UNKNOWN if UNKNOWN in (left, right) else Truth.of(left is right)
        case _:
            same = Truth.of(left == right)
    return same if comparator == "==" else opposite(same)


def _ordinals(day: PartialDate) -> Interval:
    return Interval(Fraction(day.earliest.toordinal()), Fraction(day.latest.toordinal()))


def _arithmetic(reader: Reader, node: nodes.Arithmetic) -> Step:
    steps = left, right = reader.step(node.left), reader.step(node.right)
    one, two = left.value, right.value
    if not isinstance(one, Interval) or not isinstance(two, Interval):
        return Step(node, None, steps)
    match node.operator:
        case "+":
            return Step(node, one + two, steps)
        case "-":
            return Step(node, one - two, steps)
        case "*":
            return Step(node, one * two, steps)
        case "/":
            inverse = two.reciprocal()
            if inverse is None:
                return Step(node, None, steps, missing=(Note("division_by_zero"),))
            return Step(node, one * inverse, steps)


def _converted(reader: Reader, node: nodes.Converted) -> Step:
    step = reader.step(node.operand)
    value = step.value.scaled(node.factor) if isinstance(step.value, Interval) else None
    return Step(node, value, (step,))


_READINGS: Final[dict[type[Node], Callable[[Referee, Any], Step]]] = {
    nodes.And: _and,
    nodes.Or: _or,
    nodes.Not: _not,
    nodes.Constant: _constant,
    nodes.Number: _number,
    nodes.Code: _code,
    nodes.Reached: _reached,
    nodes.Compare: _compare,
    nodes.Arithmetic: _arithmetic,
    nodes.Converted: _converted,
    **measured.READINGS,
    **taken.READINGS,
    **stated.READINGS,
}
