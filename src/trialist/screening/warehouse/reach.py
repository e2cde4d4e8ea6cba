"""How far back a rule looks: which records it may read, and how long a person must have been observed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from trialist.criteria import nodes
from trialist.criteria.dictionary import Dictionary
from trialist.criteria.history import RecordKind
from trialist.criteria.nodes import Node
from trialist.criteria.reads import walk
from trialist.quantity.dates import Duration

EVER: Final = None
Span = Duration | None
"""How far back from index; None: without end."""

TODAY: Final = Duration.parse("0 d")


@dataclass
class Reach:
    """Word → how far back its records are read.

    `observed`: what an empty list must have been observed for. `courses`: drugs whose dose is followed over days.
    """

    analytes: dict[str, set[Span]] = field(default_factory=dict)
    substances: dict[str, set[Span]] = field(default_factory=dict)
    conditions: dict[str, set[Span]] = field(default_factory=dict)
    courses: set[str] = field(default_factory=set)
    observed: dict[RecordKind, set[Span]] = field(
        default_factory=lambda: {"measurements": {TODAY}, "exposures": {TODAY}, "conditions": {TODAY}}
    )

    @classmethod
    def of(cls, rules: Iterable[Node], dictionary: Dictionary) -> Reach:
        """What the rules read, and what decides whether the results that they read are evaluable."""
        found = cls()
        for rule in rules:
            for node in walk(rule):
                found._add(node)
        seen: set[str] = set()
        while unseen := set(found.analytes) - seen:
            seen |= unseen
            for analyte in unseen:
                if (rule_ := dictionary.analytes[analyte].invalid_when) is not None:
                    found._add_at_specimens(rule_)
        return found

    def _add(self, node: Node) -> None:  # noqa: C901 - one line for each kind of node
        match node:
            case nodes.Latest(analyte, _, window) | nodes.Limit(_, analyte, _, window):
                self._read(self.analytes, (analyte,), _back(window))
            case nodes.Positive(_, analytes, window, _):
                self._read(self.analytes, analytes, _back(window))
            case nodes.Repeated(_, analytes, apart):
                self._read(self.analytes, analytes, EVER)
                self.observed["measurements"].add(apart)
            case nodes.Persisted(analyte, _, _, span):
                self._read(self.analytes, (analyte,), EVER)
                self.observed["measurements"].add(span)
            case nodes.At(_, analyte):
                self._read(self.analytes, (analyte,), EVER)
            case nodes.Dose(drugs):
                self._read(self.substances, drugs.substances, TODAY)
            case nodes.Stable(drugs, span):
                self._read(self.substances, drugs.substances, span)
                self.courses |= set(drugs.substances)
                self.observed["exposures"].add(span)
            case nodes.Given(drugs, window) | nodes.Raised(drugs, _, _, window):
                self.courses |= set(drugs.substances) if isinstance(node, nodes.Raised) else set()
                self._read(self.substances, drugs.substances, _back(window))
                self.observed["exposures"].add(_back(window))
            case nodes.Has(condition, window):
                self._read(self.conditions, (condition,), _back(window))
                self.observed["conditions"].add(_back(window))
            case nodes.Ongoing(condition):
                self._read(self.conditions, (condition,), EVER)
            case _:
                pass

    def _add_at_specimens(self, rule: Node) -> None:
        """What a rule reads on the day of a specimen, which may be any day; nothing is asked of lists there."""
        inner = Reach()
        for node in walk(rule):
            inner._add(node)
        for mine, own in (
            (self.analytes, inner.analytes),
            (self.substances, inner.substances),
            (self.conditions, inner.conditions),
        ):
            self._read(mine, own, EVER)

    @staticmethod
    def _read(words: dict[str, set[Span]], names: Iterable[str], span: Span) -> None:
        for name in names:
            words.setdefault(name, set()).add(span)


def _back(window: nodes.Window) -> Span:
    """How far back a window begins; a named day may be any."""
    return window.since.duration if isinstance(window.since, nodes.Before) else EVER


def earliest(spans: Iterable[Span], index: date) -> date | None:
    """The first day that one of these reaches back to; None: every day."""
    known = list(spans)
    days = [span.before(index) for span in known if span is not None]
    return None if len(days) < len(known) else min(days)
