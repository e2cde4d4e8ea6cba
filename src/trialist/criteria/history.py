"""What is known about one person at one moment: the only thing a criterion reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Final, Literal, NamedTuple

from trialist.quantity.dates import PartialDate

RecordKind = Literal["measurements", "exposures", "conditions"]


class Source(NamedTuple):
    """Where a record came from: a form of a visit in a ledger, or a line of a file."""

    visit: str | None = None
    form: str | None = None
    row: int | None = None
    item: str | None = None
    seq: int | None = None
    note: str | None = None


NOWHERE: Final = Source()
"""Of a record whose origin nobody told."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """One result of one analyte, in the unit it was reported in.

    `value` is exact; `comparator` says that the truth lies beyond it (or at it). `time` breaks ties within a day
    (HH:MM).
    `upper_limit` and `lower_limit` are the reporting laboratory's own, in `unit`. `positive` is the
    laboratory's own verdict where it gives one. `valid` is false for a result that must not be used
    (a clotted sample, a lupus anticoagulant drawn on a DOAC).
    """

    analyte: str
    date: PartialDate
    value: Fraction | None = None
    unit: str | None = None
    comparator: Literal["<", "<=", ">", ">="] | None = None
    time: str | None = None
    upper_limit: Fraction | None = None
    lower_limit: Fraction | None = None
    positive: bool | None = None
    valid: bool = True
    laboratory: str | None = None
    method: str | None = None
    source: Source = NOWHERE


@dataclass(frozen=True, slots=True)
class Exposure:
    """A drug taken from `start` to `end`, both days included; `end` None means it goes on."""

    substance: str
    start: PartialDate | None = None
    end: PartialDate | None = None
    dose: Fraction | None = None
    unit: str | None = None
    source: Source = NOWHERE


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that befell the person: on `date`, open until `end` (None: still open, if `open`)."""

    condition: str
    date: PartialDate | None = None
    end: PartialDate | None = None
    source: Source = NOWHERE


@dataclass(frozen=True, slots=True)
class TimeWindow:
    """Resolved days of one named time (`M6`, `baseline`): which measurement counts as its value."""

    first: date
    last: date
    target: date | None = None
    pick: Literal["closest", "last"] = "last"
    tie: Literal["later", "earlier"] = "later"
    visits: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class History:
    """All that is known about one person.

    `index` is the day that look-backs count from. `complete` names the kinds of records whose absence means
    "did not happen"; for other kinds absence is unknown. `attestations` are the investigator's own statements.
    `anchors` are named days (`first_dose`, `consent`, `M6` …) that windows may start or end at. `times` are the
    named times at which values are read. `entered` are the values of the form being saved, by item, for edit
    checks; a value is a number with unit (tuple), a truth, a date, or a code.
    """

    index: date
    birth_date: PartialDate | None = None
    sex: str | None = None
    measurements: tuple[Measurement, ...] = ()
    exposures: tuple[Exposure, ...] = ()
    conditions: tuple[Condition, ...] = ()
    attestations: Mapping[str, bool] = field(default_factory=dict)
    complete: frozenset[RecordKind] = frozenset()
    anchors: Mapping[str, date] = field(default_factory=dict)
    times: Mapping[str, TimeWindow] = field(default_factory=dict)
    entered: Mapping[str, object] = field(default_factory=dict)
