"""The criteria of a study as a warehouse is asked about them: rules, what they read, what a verdict does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from trialist.criteria import Truth, nodes
from trialist.criteria.dictionary import Dictionary, Kind
from trialist.criteria.nodes import Node
from trialist.criteria.prose import prose
from trialist.criteria.reads import reads
from trialist.findings import Language
from trialist.protocol import Draft
from trialist.protocol.loose import Gap
from trialist.screening.warehouse.reach import Reach


@dataclass(frozen=True)
class Criterion:
    """One criterion. Without a rule, or without a kind, it is open for everybody."""

    id: str
    kind: str | None
    rule: Node | None
    policy: str
    dictionary: Dictionary

    @cached_property
    def atoms(self) -> dict[str, Node]:
        """The parts that logic joins, by name: what may be missing one by one."""
        parts = list(dict.fromkeys(_atoms(self.rule))) if self.rule is not None else []
        return {f"{self.id}_{place}": part for place, part in enumerate(parts)}

    @cached_property
    def unstated(self) -> Node | None:
        """The rule for somebody of whom the investigator states nothing bad; None if it asks for no statement."""
        if self.rule is None or not any(isinstance(part, nodes.Attested) for part in self.atoms.values()):
            return None
        return _without_statements(self.rule)

    def rules(self) -> dict[str, Node]:
        """The rule, and where statements are asked for, the rule with none that is bad."""
        found = {} if self.rule is None else {self.id: self.rule}
        return found if self.unstated is None else {**found, f"{self.id}_but": self.unstated}

    @property
    def asked_as(self) -> str:
        """The rule that is asked of records: where the investigator has to state something, with nothing bad."""
        return self.id if self.unstated is None else f"{self.id}_but"

    @cached_property
    def reach(self) -> Reach:
        """What it reads, and how far back."""
        return Reach.of([] if self.rule is None else [self.rule], self.dictionary)

    @cached_property
    def words(self) -> frozenset[str]:
        """The words that its verdict may depend on."""
        return (
            frozenset()
            if self.rule is None
            else frozenset(each.name for each in reads(self.rule, self.dictionary))
        )

    def keeps_out(self, name: str | None = None) -> str:
        """SQL: whether it surely keeps a person out."""
        return self._effect(wanted=False, name=name or self.id)

    def lets_in(self, name: str | None = None) -> str:
        """SQL: whether it surely lets a person in."""
        return self._effect(wanted=True, name=name or self.id)

    def _effect(self, *, wanted: bool, name: str) -> str:
        if self.rule is None or self.kind is None:
            return "false"
        side = "true" if (self.kind == "inclusion") == wanted else "false"
        met = f'"{name}_{side}"'
        if self.policy == ("pass" if wanted else "fail"):
            other = f'"{name}_{"false" if side == "true" else "true"}"'
            return f"(NOT {other})"
        return met

    def said(self, language: Language) -> str:
        """The rule in words."""
        return self.id if self.rule is None else prose(self.rule, self.dictionary, language)

    def datum(self, atom: str, language: Language) -> str:
        """What has to be known for one of its parts, in words; where two parts need the same, how each is read."""
        named = {name: self._named(part, language) for name, part in self.atoms.items()}
        own = named[atom]
        if not own or list(named.values()).count(own) > 1:
            return prose(self.atoms[atom], self.dictionary, language)
        return own

    def _named(self, part: Node, language: Language) -> str:
        if isinstance(part, nodes.Attested):
            return self.dictionary.label(part.name, language, "attestation")
        kinds: dict[str, Kind] = {"analyte": "analyte", "class": "class", "condition": "condition"}
        found = sorted((read.kind, read.name) for read in reads(part) if read.kind in kinds)
        words = [self.dictionary.label(name, language, kinds[kind]) for kind, name in found]
        return ("、" if language == "zh" else ", ").join(dict.fromkeys(words))

    def missing(self, truths: Mapping[str, Truth], language: Language) -> list[str]:
        """What one person lacks for a verdict."""
        asked = {atom: self.id if len(self.atoms) == 1 else atom for atom in self.atoms}
        return [self.datum(atom, language) for atom, rule in asked.items() if truths[rule] is Truth.UNKNOWN]


def criteria_of(draft: Draft) -> list[Criterion]:
    """The criteria of a draft, in its order."""
    eligibility = draft.content.eligibility
    if eligibility is None or isinstance(eligibility, Gap):
        return []
    found = []
    for name, entry in eligibility.items():
        given = entry is not None and not isinstance(entry, Gap)
        kind = entry.kind if given and isinstance(entry.kind, str) else None
        policy = entry.missing if given and isinstance(entry.missing, str) else "block"
        found.append(Criterion(name, kind, draft.rules.criterion.get(name), policy, draft.dictionary))
    return found


def _atoms(node: Node) -> Iterator[Node]:
    match node:
        case nodes.And(operands) | nodes.Or(operands):
            for operand in operands:
                yield from _atoms(operand)
        case nodes.Not(operand):
            yield from _atoms(operand)
        case _:
            yield node


def _without_statements(node: Node) -> Node:
    match node:
        case nodes.And(operands):
            return nodes.And(tuple(map(_without_statements, operands)))
        case nodes.Or(operands):
            return nodes.Or(tuple(map(_without_statements, operands)))
        case nodes.Not(operand):
            return nodes.Not(_without_statements(operand))
        case nodes.Attested():
            return nodes.Constant(value=False)
        case _:
            return node
