"""Virtual people of a warehouse as lines of a patient file: the same records, told without concepts."""

from __future__ import annotations

import calendar
import math
from collections.abc import Collection, Iterator, Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from trialist.population.catalog import ANTIBODIES, HAPPENINGS, LABS, PRODUCTS
from trialist.population.warehouse import AT_MOST, FEMALE, LESS, MALE, NO_UNIT, NONE, WRONG_UNIT, as_date
from trialist.quantity.dates import Duration

if TYPE_CHECKING:
    from trialist.population.warehouse import Block
    from trialist.protocol import Protocol

Line = dict[str, Any]

_LABS: Final = {lab.number: lab for lab in (*LABS, *ANTIBODIES)}
_COMPARATORS: Final = {LESS: "<", AT_MOST: "<="}
_ANSWERS: Final = {1: True, 2: False}

COMPLETE_SINCE: Final = {"measurements": "12 wk", "exposures": "6 mo", "conditions": "42 d"}
"""A list counts as complete if the person was observed for so long before index: as far back as SMART looks."""


def lines(
    protocol: Protocol, block: Block, index: date, wanted: Collection[int] | None = None
) -> Iterator[Line]:
    """The people of a block who are `wanted`, each with all their records."""
    people = _rows(block.people, wanted)
    parts = {
        "measurements": (block.measurements, _measurement),
        "exposures": (block.exposures, _exposure),
        "conditions": (block.conditions, lambda row: _condition(row, protocol)),
    }
    told: dict[str, dict[int, list[Line]]] = {}
    for kind, (columns, tell) in parts.items():
        told[kind] = {}
        for row in _rows(columns, wanted):
            if (said := tell(row)) is not None:
                told[kind].setdefault(row["person_id"], []).append(said)
    observed: dict[int, list[tuple[date, date]]] = {}
    for row in _rows(block.periods, wanted):
        observed.setdefault(row["person_id"], []).append((as_date(row["start"]), as_date(row["end"])))
    for person in people:
        number = person["person_id"]
        since = [start for start, end in observed[number] if start <= index <= end]
        yield {
            "id": str(number),
            "index": index.isoformat(),
            **_own(person),
            **{kind: found.get(number, []) for kind, found in told.items()},
            "complete": [kind for kind, span in COMPLETE_SINCE.items() if _covered(since, span, index)],
        }


def _rows(columns: Mapping[str, Any], wanted: Collection[int] | None) -> Iterator[Line]:
    """The rows of some people, as plain Python values."""
    import numpy as np

    names, ids = list(columns), columns["person_id"]
    chosen = slice(None) if wanted is None else np.isin(ids, list(wanted))
    for values in zip(*(columns[name][chosen].tolist() for name in names), strict=True):
        yield dict(zip(names, values, strict=True))


def _covered(since: list[date], span: str, index: date) -> bool:
    return any(start <= Duration.parse(span).before(index) for start in since)


def _own(person: Line) -> Line:
    own: Line = {"birth_date": f"{person['year']:04}"}
    if person["month"] != NONE:
        own["birth_date"] += f"-{person['month']:02}"
        if person["day"] != NONE:
            own["birth_date"] += f"-{person['day']:02}"
    if (sex := {FEMALE: "F", MALE: "M"}.get(person["sex"])) is not None:
        own["sex"] = sex
    return own


def _measurement(row: Line) -> Line | None:
    lab = _LABS.get(row["lab"])
    if lab is None:
        return None
    said: Line = {"analyte": lab.word, "date": as_date(row["day"]).isoformat()}
    if row["minutes"] != NONE:
        said["time"] = f"{row['minutes'] // 60:02}:{row['minutes'] % 60:02}"
    if not math.isnan(row["value"]):
        said["value"] = row["value"]
    if row["unit"] == WRONG_UNIT:
        said["unit"] = "cm"
    elif row["unit"] != NO_UNIT and lab.units != ("1",):
        said["unit"] = lab.units[row["unit"]]
    if row["operator"]:
        said["comparator"] = _COMPARATORS[row["operator"]]
    if not math.isnan(row["high"]):
        said["upper_limit"] = row["high"]
    if row["answer"] in _ANSWERS:
        said["positive"] = _ANSWERS[row["answer"]]
    return said


def _exposure(row: Line) -> Line | None:
    product = PRODUCTS[row["product"]]
    if not product.substance:
        return None
    said: Line = {"substance": product.substance, "start": _day(row["start"], row["reported"])}
    if row["end"] != NONE:
        said["end"] = _day(row["end"], row["reported"])
    if row["days"] != NONE and not math.isnan(row["quantity"]):
        said["dose"] = round(row["quantity"] * product.amount / row["days"], 9)
        said["unit"] = f"{product.unit}/d"
    return said


def _condition(row: Line, protocol: Protocol) -> Line | None:
    one = HAPPENINGS[row["condition"]]
    if not one.word:
        return None
    assert protocol.warehouse is not None
    said: Line = {"condition": one.word, "date": _day(row["start"], row["reported"])}
    lasts = protocol.warehouse.conditions[one.word].lasts
    if row["end"] != NONE:
        said["end"] = _day(row["end"], row["reported"])
    elif lasts is not None:
        start = as_date(row["start"])
        if row["reported"]:
            start = start.replace(day=calendar.monthrange(start.year, start.month)[1])
        end = Duration.parse(lasts).after(start)
        said["end"] = f"{end:%Y-%m}" if row["reported"] else end.isoformat()
    return said


def _day(day: int, reported: bool) -> str:  # noqa: FBT001 - a column of the row
    return f"{as_date(day):%Y-%m}" if reported else as_date(day).isoformat()


def days_before(index: date, days: int) -> date:
    """The day so many days earlier."""
    return index - timedelta(days=days)
