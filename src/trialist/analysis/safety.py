"""Adverse events among those who received the product: participants with at least one, by category."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from trialist.analysis.people import Cells, Person, day
from trialist.protocol import Protocol

AFTER_THE_FIRST_DOSE = "received at least one dose; events that began on or after the day of the first dose"


def safety(
    protocol: Protocol, everybody: Iterable[Person], arms: Sequence[str], *, blinded: bool
) -> dict[str, Any]:
    """The safety record; deaths are counted from the disposition of all randomized participants.

    Categories stand in the study file's order. In a blinded record those that could tell the arm are
    missing, and `withheld` names them.
    """
    randomized = [person for person in everybody if person.randomized]
    return {
        "population": AFTER_THE_FIRST_DOSE,
        "arms": {arm: _arm([one for one in randomized if one.arm == arm], protocol) for arm in arms},
        "withheld": list(_withheld(protocol)) if blinded else [],
    }


def _categories(protocol: Protocol) -> dict[str, bool]:
    """Category of adverse event → whether only the treating team may see it."""
    items = protocol.items
    for form in protocol.forms.values():
        for name in form.items if form.record == "adverse_events" else ():
            if items[name].means in ("term", "category") and items[name].codelist:
                codes = protocol.codelists[items[name].codelist or ""]
                return {code: (one.visibility or "open") != "open" for code, one in codes.items()}
    return {}


def _withheld(protocol: Protocol) -> Iterator[str]:
    return (category for category, sealed in _categories(protocol).items() if sealed)


def _arm(group: Sequence[Person], protocol: Protocol) -> dict[str, Any]:
    treated = [person for person in group if person.first_dose]
    events = {person.id: tuple(_emergent(person)) for person in treated}
    having = Counter(
        category for rows in events.values() for category in {row["category"] or "other" for row in rows}
    )
    order = [*_categories(protocol), *sorted(set(having) - set(_categories(protocol)))]
    return {
        "n": len(treated),
        "any": sum(bool(rows) for rows in events.values()),
        "serious": sum(any(row["serious"] == "true" for row in rows) for rows in events.values()),
        "related": sum(any(row["related"] not in (None, "none") for row in rows) for rows in events.values()),
        "grade_3_or_more": sum(any((row["grade"] or "0") >= "3" for row in rows) for rows in events.values()),
        "events": sum(len(rows) for rows in events.values()),
        "categories": {category: having[category] for category in order if having[category]},
        "deaths": sum(any(person.happened("died")) for person in group),
    }


def _emergent(person: Person) -> Iterator[Cells]:
    for row in person.adverse_events:
        onset = day(row["onset"])
        if onset is None or person.first_dose is None or onset >= person.first_dose:
            yield row
