"""Records that contradict themselves, and what each may mean.

A record dated after the index day has a wrong day; a record that stands twice may be one or two; a condition that
ends before it begins has one wrong day of two. Each is taken out of the history and kept with its possible
meanings. A verdict is known only if it is the same whichever of them holds.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import product
from typing import Final, TypeVar

from trialist.criteria.history import Condition, Exposure, History, Measurement, Source
from trialist.findings import Finding
from trialist.quantity.dates import PartialDate
from trialist.screening.fields import problem

Record = Measurement | Exposure | Condition
R = TypeVar("R", Measurement, Exposure, Condition)

MOST_WORLDS: Final = 64
"""Combinations of meanings that are tried; with more, what depends on them is unknown."""

_NOWHERE: Final = Source()


@dataclass(frozen=True, slots=True)
class Doubt:
    """A record that cannot be as it stands: what is wrong with it, and what it may mean (None: no record)."""

    problem: Finding
    name: str
    meanings: tuple[Record | None, ...]


def doubts(history: History) -> tuple[History, tuple[Doubt, ...]]:
    """The history without its doubtful records, and those."""
    found: list[Doubt] = []
    measurements = _sorted(history.measurements, history.index, found)
    exposures = _sorted(history.exposures, history.index, found)
    conditions = _sorted(history.conditions, history.index, found)
    kept = replace(history, measurements=measurements, exposures=exposures, conditions=conditions)
    return kept, tuple(found)


def _sorted(records: tuple[R, ...], index: date, found: list[Doubt]) -> tuple[R, ...]:
    """The records beyond doubt; the others go to `found`."""
    first: dict[R, R] = {}
    for record in records:
        bare = replace(record, source=_NOWHERE)
        open_ = _repeated(record, first.get(bare)) or _later(record, index) or _reversed(record)
        if open_ is not None:
            found.append(open_)
        else:
            first[bare] = record
    return tuple(first.values())


def _repeated(record: Record, first: Record | None) -> Doubt | None:
    if first is None:
        return None
    about = {"name": _name(record), "first": _path(first)}
    return Doubt(problem("record.duplicate", _path(record), **about), _name(record), (None, record))


def _later(record: Record, index: date) -> Doubt | None:
    """A record whose day lies after index: it never was, or was on some day up to index."""
    day = record.start if isinstance(record, Exposure) else record.date
    if day is None or day.earliest <= index or _ends_before_start(record):
        return None
    about = {"name": _name(record), "date": day, "index": index}
    then = PartialDate.of(index)
    moved = replace(record, start=then) if isinstance(record, Exposure) else replace(record, date=then)
    return Doubt(problem("record.future", _path(record), **about), _name(record), (None, moved))


def _reversed(record: Record) -> Doubt | None:
    """A condition that ends before it begins: one of its days is right. Rules read such exposures themselves."""
    if not isinstance(record, Condition) or not _ends_before_start(record):
        return None
    about = {"name": record.condition, "start": record.date, "end": record.end}
    meanings = (replace(record, end=None), replace(record, date=record.end))
    return Doubt(problem("record.order", _path(record), **about), record.condition, meanings)


def _ends_before_start(record: Record) -> bool:
    if isinstance(record, Measurement) or record.end is None:
        return False
    start = record.start if isinstance(record, Exposure) else record.date
    return start is not None and record.end.latest < start.earliest


def _name(record: Record) -> str:
    match record:
        case Measurement(analyte=name) | Exposure(substance=name) | Condition(condition=name):
            return name


def _path(record: Record) -> str:
    row = (record.source.row or 1) - 1
    return f"{record.source.form}.{row}"


def possible(history: History, open_: tuple[Doubt, ...]) -> Iterator[History]:
    """The history with every combination of what doubtful records may mean; nothing if there are too many."""
    if math.prod(len(doubt.meanings) for doubt in open_) > MOST_WORLDS:
        return
    for world in product(*(doubt.meanings for doubt in open_)):
        yield _with([record for record in world if record is not None], history)


def _with(records: list[Record], history: History) -> History:
    return replace(
        history,
        measurements=(*history.measurements, *(each for each in records if isinstance(each, Measurement))),
        exposures=(*history.exposures, *(each for each in records if isinstance(each, Exposure))),
        conditions=(*history.conditions, *(each for each in records if isinstance(each, Condition))),
    )
