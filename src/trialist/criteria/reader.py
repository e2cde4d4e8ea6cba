"""One person's history, as rules read it: named days, windows, usable measurements, which lists are complete."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import date
from typing import NamedTuple

from trialist.criteria import nodes
from trialist.criteria.dictionary import Dictionary
from trialist.criteria.history import History, Measurement, RecordKind
from trialist.criteria.measurements import Days, Placed
from trialist.criteria.nodes import Node, Window
from trialist.criteria.steps import Note, Step


class Sorted(NamedTuple):
    """An analyte's measurements: the usable ones with their place in the order recorded, and the others."""

    fit: list[Placed]
    unfit: list[Measurement]


class Reader(ABC):
    """What every reading of a rule needs to know about one person.

    `hurried` asks for the value alone: no records used, no reasons. `checking` are the analytes whose
    usability is being decided just now: a rule about them reads them as they stand. `index` is the day that
    look-backs count from, the history's own unless another is given.
    """

    def __init__(
        self,
        history: History,
        dictionary: Dictionary,
        *,
        hurried: bool = False,
        checking: frozenset[str] = frozenset(),
        index: date | None = None,
    ) -> None:
        self.history, self.dictionary, self.hurried, self.checking = history, dictionary, hurried, checking
        self.index = history.index if index is None else index
        self._sorted: dict[str, Sorted] = {}

    @abstractmethod
    def step(self, node: Node) -> Step:
        """`node` evaluated."""

    @abstractmethod
    def held_at_draw(self, rule: Node, measurement: Measurement) -> bool:
        """Whether `rule` surely held on the specimen's day."""

    def anchor(self, anchor: nodes.Anchor) -> date | None:
        """The day that a name stands for."""
        return self.index if anchor == nodes.INDEX else self.history.anchors.get(anchor.name)

    def days(self, window: Window) -> Days | Note:
        """The window's days, or why they are not known."""
        first = None if window.since is None else self._bound(window.since)
        last = self._bound(window.until)
        if isinstance(first, Note):
            return first
        return last if isinstance(last, Note) else Days(first, last)

    def _bound(self, bound: nodes.Bound) -> date | Note:
        if isinstance(bound, nodes.Before):
            return bound.duration.before(self.index)
        return self.anchor(bound) or Note("no_anchor", {"anchor": bound.name})

    def complete(self, kind: RecordKind) -> bool:
        """Whether no record of this kind means that it did not happen."""
        return kind in self.history.complete

    def measurements(self, analyte: str) -> Sorted:
        """The analyte's measurements, sorted into usable ones and those that must not be used."""
        found = self._sorted.get(analyte)
        if found is None:
            found = self._sorted[analyte] = self._sort(analyte)
        return found

    def _sort(self, analyte: str) -> Sorted:
        known = self.dictionary.analytes.get(analyte)
        rule = known.invalid_when if known else None
        found = Sorted([], [])
        for order, measurement in enumerate(self.history.measurements):
            if measurement.analyte == analyte:
                if not measurement.valid or (rule and self.held_at_draw(rule, measurement)):
                    found.unfit.append(measurement)
                else:
                    found.fit.append((order, measurement))
        return found
