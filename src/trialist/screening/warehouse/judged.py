"""People whose records contradict themselves: their criteria as the referee decides them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from trialist.criteria import Truth, decide
from trialist.criteria.dictionary import Dictionary
from trialist.criteria.nodes import Node
from trialist.criteria.reads import reads
from trialist.screening.doubts import possible
from trialist.screening.patients import Patient
from trialist.screening.warehouse.criteria import Criterion

Truths = Mapping[str, Truth]
"""Rule → its truth for one person: criteria, criteria with nothing bad stated, and their parts."""


@dataclass(frozen=True)
class Judged:
    """One person's truths."""

    truths: Truths

    @classmethod
    def of(cls, rules: Sequence[str], flags: Sequence[object]) -> Judged:
        """From a row of the engine: for each rule whether it is surely true, and surely false."""
        pairs = zip(flags[::2], flags[1::2], strict=True)
        return cls({name: _truth(*pair) for name, pair in zip(rules, pairs, strict=True)})

    def lets_in(self, one: Criterion, *, stated: bool = False) -> bool | None:
        """What a criterion does; with `stated`, once the investigator has stated nothing bad."""
        truth = self.truths.get(one.asked_as if stated else one.id, Truth.UNKNOWN)
        if one.kind is None:
            return None
        if truth is Truth.UNKNOWN:
            return {"pass": True, "fail": False}.get(one.policy)
        return (truth is Truth.TRUE) == (one.kind == "inclusion")

    def first_out(self, criteria: Sequence[Criterion]) -> int | None:
        """The place of the first criterion that keeps the person out."""
        return next((place for place, one in enumerate(criteria) if self.lets_in(one) is False), None)

    def left_as(self, criteria: Sequence[Criterion]) -> str | None:
        """The class among those left; None if a criterion keeps the person out."""
        if self.first_out(criteria) is not None:
            return None
        if all(self.lets_in(one) for one in criteria):
            return "eligible"
        return "to_state" if all(self.lets_in(one, stated=True) for one in criteria) else "open"


def _truth(true: object, false: object) -> Truth:
    return Truth.TRUE if true else Truth.FALSE if false else Truth.UNKNOWN


@dataclass(frozen=True)
class Asked:
    """The rules that people are judged by, with the words that each reads: found once, not for every person."""

    rules: Mapping[str, Node]
    words: Mapping[str, frozenset[str]]
    dictionary: Dictionary

    @classmethod
    def of(cls, rules: Mapping[str, Node], dictionary: Dictionary) -> Asked:
        """Some rules by name."""
        words = {
            name: frozenset(each.name for each in reads(rule, dictionary)) for name, rule in rules.items()
        }
        return cls(rules, words, dictionary)

    def judged(self, patient: Patient, engine: Truths) -> Judged:
        """The truths of the engine, but for the rules that read what is in doubt: those are the referee's."""
        doubtful = _doubtful(patient)
        again = {
            name: self.truth_of(name, patient)
            for name, words in self.words.items()
            if not words.isdisjoint(doubtful)
        }
        return Judged({**engine, **again})

    def truth_of(self, name: str, patient: Patient) -> Truth:
        """Known only if it is the same whatever the doubtful records mean."""
        rule = self.rules[name]
        truth = decide(rule, patient.history, self.dictionary)
        doubts = tuple(doubt for doubt in patient.doubts if doubt.name in self.words[name])
        if not doubts:
            return truth
        truths = {decide(rule, world, self.dictionary) for world in possible(patient.history, doubts)}
        return truth if truths == {truth} else Truth.UNKNOWN


def _doubtful(patient: Patient) -> set[str]:
    """The words whose records the engine does not read as the referee does."""
    found = {doubt.name for doubt in patient.doubts}
    for record in patient.history.exposures:
        vague = any(each is not None and each.earliest != each.latest for each in (record.start, record.end))
        late = record.start is not None and record.start.latest > patient.history.index
        if vague or late or record.dose is None:
            found.add(record.substance)
    return found
