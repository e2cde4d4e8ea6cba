"""Whom rules are asked about: a person at index, or (for the validity of a result) a person on a specimen's day.

A leaf is an operation that reads records. It is compiled to one relation with a row for each subject that has
records; the rule reads its columns.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

import ibis
from ibis import ir

from trialist.criteria import nodes
from trialist.criteria.dictionary import Dictionary
from trialist.criteria.nodes import Node
from trialist.quantity.dates import Duration
from trialist.screening.relational.bounds import Bounds
from trialist.screening.relational.kleene import Kleene
from trialist.screening.relational.relations import Relations

LONGEST_YEARS = 1000
FIRST_DAY = date(1, 1, 1)
LAST_DAY = date(9999, 12, 31)

Column = Callable[[str], Any]
Days = tuple[Any, Any]
"""A date known only to lie between two: both NULL where nothing is known."""

Value = Bounds | Kleene | Days | Any


class Unsupported(ValueError):  # noqa: N818 - named for what the rule is
    """A rule that this engine does not compile, and why. The referee decides it."""


@dataclass(frozen=True)
class Leaf:
    """A relation with `subject` and the columns named; `read` makes the value from the joined columns."""

    table: ir.Table
    read: Callable[[Column], Value]


class Compiling(Protocol):
    """What the compilation of an operation asks of that of the whole rule."""

    relations: Relations
    dictionary: Dictionary

    def set_aside(self, rule: Node, owner: str, analyte: str, found: ir.Table) -> ir.Table:
        """Records whose `fit` is false also where `rule` surely held on the specimen's day."""

    def person(self, name: str) -> Any:
        """A column of the person, once all leaves are joined."""


@dataclass
class Subjects:
    """The subjects of one compilation, with the named days that their rules use joined to each."""

    compiler: Compiling
    table: ir.Table
    checking: frozenset[str] = frozenset()
    anchors: Mapping[str, str] = field(default_factory=dict)

    def bound(self, bound: nodes.Bound) -> Any:
        """The day of a bound, as a column of `table`; NULL where the day is not named."""
        if bound == nodes.INDEX:
            return self.table.index_day
        if isinstance(bound, nodes.Before):
            return shifted(self.table.index_day, bound.duration, -1)
        return self.table[self.anchors[bound.name]]

    def window(self, window: nodes.Window) -> ir.Table:
        """Subject, person, index day, `first` and `last` of a window; subjects whose window is not known are out."""
        first = ibis.date(1, 1, 1) if window.since is None else self.bound(window.since)
        found = self.table.select(
            "subject", "person", "index_day", first=first, last=self.bound(window.until)
        )
        return found.filter(found.first.notnull() & found.last.notnull())

    def joined(self, window: nodes.Window, records: ir.Table) -> ir.Table:
        """The window of each subject beside each of their records (`owner`)."""
        days = self.window(window)
        return days.join(records, days.person == records.owner)


def always(window: nodes.Window) -> bool:
    """Whether the window is known and holds a day for everybody: it ends at index, and begins before it."""
    return window.until == nodes.INDEX and (window.since is None or isinstance(window.since, nodes.Before))


def shifted(day: Any, duration: Duration, direction: int) -> Any:
    """The day so long before or after another; calendar months clamp to the month's last day."""
    if (days := duration.days) is not None:
        if days > LONGEST_YEARS * 366:
            raise Unsupported(f"{duration} is longer than {LONGEST_YEARS} years")
        step = ibis.interval(days=days)
    else:
        months = duration.amount * (12 if duration.unit == "a" else 1)
        if months > LONGEST_YEARS * 12:
            raise Unsupported(f"{duration} is longer than {LONGEST_YEARS} years")
        step = ibis.interval(months=months)
    return (day + step if direction > 0 else day - step).cast("date")


def anchors_of(node: Node) -> set[str]:
    """The named days that a rule reads."""
    bounds: list[Any] = []
    if isinstance(window := getattr(node, "window", None), nodes.Window):
        bounds += [window.since, window.until]
    if isinstance(node, nodes.Day):
        bounds.append(node.value)
    own = {each.name for each in bounds if isinstance(each, nodes.Anchor) and each != nodes.INDEX}
    return own.union(*(anchors_of(child) for child in nodes.children(node)))
