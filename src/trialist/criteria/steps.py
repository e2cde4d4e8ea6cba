"""Expressions evaluated: what each came to, the records used, and what is missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from trialist.criteria.history import Condition, Exposure, Measurement
from trialist.criteria.interval import Interval
from trialist.criteria.nodes import Node
from trialist.criteria.truth import UNKNOWN, Truth
from trialist.quantity.dates import PartialDate

Value = Truth | Interval | PartialDate | str | None
"""What a step came to; None where a number, date or code is not known."""


class Note(NamedTuple):
    """Something to say about a step, by its code in `trace_words`, with the fields that it speaks of."""

    code: str
    fields: Mapping[str, Any] = MappingProxyType({})


class Used(NamedTuple):
    """A record that a step used; for a measurement, its value in the unit that rules compare in."""

    record: Measurement | Exposure | Condition
    value: Interval | None = None
    unit: str | None = None


class Step(NamedTuple):  # of all values made most often; a tuple is made three times as fast as a dataclass
    """One expression evaluated: its value, the steps inside it, the records used.

    `missing` says what was needed and is not there; `remarks` what else a reader should know (a result left
    aside, the days on which the verdict would turn).
    """

    node: Node
    value: Value
    steps: tuple[Step, ...] = ()
    used: tuple[Used, ...] = ()
    missing: tuple[Note, ...] = ()
    remarks: tuple[Note, ...] = ()

    @property
    def known(self) -> bool:
        """Whether the value is known: a number to the digit, a date to the day."""
        if isinstance(self.value, Interval):
            return self.value.value is not None
        if isinstance(self.value, PartialDate):
            return self.value.exact
        return self.value is not UNKNOWN and self.value is not None

    def walk(self) -> Iterator[Step]:
        """This step and all inside it, outermost first."""
        yield self
        for step in self.steps:
            yield from step.walk()


def undecided(step: Step) -> Iterator[Step]:
    """The steps through which the outermost one is not known."""
    if step.known:
        return
    yield step
    for inner in step.steps:
        yield from undecided(inner)
