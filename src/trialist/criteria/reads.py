"""What a rule reads: the words of the dictionary that its verdict may depend on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from trialist.criteria import nodes
from trialist.criteria.dictionary import Dictionary
from trialist.criteria.nodes import Node, Window, children

ReadKind = Literal[
    "analyte",
    "substance",
    "class",
    "condition",
    "attestation",
    "time",
    "anchor",
    "item",
    "endpoint",
    "age",
    "sex",
]


@dataclass(frozen=True, slots=True)
class Read:
    """One word, and what kind of word it is. A class, a group or an equivalence comes with its members."""

    kind: ReadKind
    name: str


def walk(node: Node) -> Iterator[Node]:
    """The node and all inside it, outermost first."""
    yield node
    for child in children(node):
        yield from walk(child)


def reads(node: Node, dictionary: Dictionary | None = None) -> frozenset[Read]:
    """Everything that the rule reads; with a dictionary also what decides whether a result is evaluable."""
    found = {read for each in walk(node) for read in _directly(each)}
    if dictionary is None:
        return frozenset(found)
    pending = set(found)
    while pending:
        word = pending.pop()
        rule = _validity(word, dictionary)
        more = reads(rule) - found if rule is not None else frozenset()
        found |= more
        pending |= more
    return frozenset(found)


def _validity(word: Read, dictionary: Dictionary) -> Node | None:
    if word.kind == "analyte" and word.name in dictionary.analytes:
        return dictionary.analytes[word.name].invalid_when
    if word.kind == "time" and word.name in dictionary.times:
        return dictionary.times[word.name].invalid_when
    return None


def _directly(node: Node) -> Iterator[Read]:  # noqa: C901, PLR0912 - one line for each kind of node
    match node:
        case nodes.Latest(analyte, _, window) | nodes.Limit(_, analyte, _, window):
            yield Read("analyte", analyte)
            yield from _ends(window)
        case nodes.At(time, analyte):
            yield Read("analyte", analyte)
            yield Read("time", time)
        case nodes.Persisted(analyte):
            yield Read("analyte", analyte)
        case nodes.Egfr() | nodes.Age():
            yield Read("age", "age")
            if isinstance(node, nodes.Egfr):
                yield Read("sex", "sex")
        case nodes.Sex():
            yield Read("sex", "sex")
        case nodes.Positive(_, analytes, window, time):
            yield from (Read("analyte", analyte) for analyte in analytes)
            yield from _ends(window)
            if time is not None:
                yield Read("time", time)
        case nodes.Repeated(_, analytes):
            yield from (Read("analyte", analyte) for analyte in analytes)
        case nodes.Dose(drugs) | nodes.Stable(drugs):
            yield from _drugs(drugs)
        case nodes.Given(drugs, window) | nodes.Raised(drugs, _, _, window):
            yield from _drugs(drugs)
            yield from _ends(window)
        case nodes.Has(condition, window):
            yield Read("condition", condition)
            yield from _ends(window)
        case nodes.Ongoing(condition):
            yield Read("condition", condition)
        case nodes.Attested(name):
            yield Read("attestation", name)
        case nodes.Answer(item):
            yield Read("item", item)
        case nodes.Day(nodes.Anchor(name)):
            yield Read("anchor", name)
        case nodes.Reached(endpoint):
            yield Read("endpoint", endpoint)
        case _:
            return


def _drugs(drugs: nodes.Drugs) -> Iterator[Read]:
    yield Read("class", drugs.name)
    yield from (Read("substance", substance) for substance in drugs.substances)


def _ends(window: Window) -> Iterator[Read]:
    for end in (window.since, window.until):
        if isinstance(end, nodes.Anchor) and end != nodes.INDEX:
            yield Read("anchor", end.name)
