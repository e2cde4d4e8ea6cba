"""Adverse events among those who received the product, with exposure, compliance and laboratory values.

Two counts stand side by side for every line: participants with at least one event, as a share of those treated,
and events per 100 participant-years under observation since the first dose.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from trialist import statistics
from trialist.analysis import compliance, exposure, laboratory, rates
from trialist.analysis.comparisons import DECIMALS
from trialist.analysis.exposure import Dosing
from trialist.analysis.people import Cells, Person, day
from trialist.protocol import Protocol
from trialist.protocol.model import Code

AFTER_THE_FIRST_DOSE = "received at least one dose; events that began on or after the day of the first dose"
LEVEL = 0.95
SEVERE = 3
NO_CLASS = "unclassified"


def safety(
    protocol: Protocol,
    everybody: Iterable[Person],
    arms: Sequence[str],
    *,
    blinded: bool,
    as_of: date,
) -> dict[str, Any]:
    """The safety record; deaths are counted from the disposition of all randomized participants.

    Categories stand in the study file's order. In a blinded record those that could tell the arm are
    missing, and `withheld` names them. `as_of` is the day up to which the tables tell.
    """
    randomized = [person for person in everybody if person.randomized]
    treated = [found for person in randomized if (found := exposure.dosing(person, as_of))]
    accounts = [compliance.account(protocol, one) for one in treated]
    bench = laboratory.Bench(protocol)
    return {
        "population": AFTER_THE_FIRST_DOSE,
        "arms": {arm: _arm([one for one in randomized if one.arm == arm], protocol) for arm in arms},
        "withheld": list(_withheld(protocol)) if blinded else [],
        "rows": _rows(protocol, treated, arms),
        "exposure": exposure.record(treated, arms),
        "compliance": compliance.record(accounts, arms),
        "laboratory": laboratory.record(protocol, laboratory.shifts(bench, treated), arms),
    }


def emergent(person: Person) -> Iterator[Cells]:
    """The adverse events that began on or after the day of the first dose, and those of unknown onset."""
    for row in person.adverse_events:
        onset = day(row["onset"])
        if onset is None or person.first_dose is None or onset >= person.first_dose:
            yield row


def codes(protocol: Protocol) -> Mapping[str, Code]:
    """Category of adverse event → its entry in the study file."""
    items = protocol.items
    for form in protocol.forms.values():
        for name in form.items if form.record == "adverse_events" else ():
            if items[name].means in ("term", "category") and items[name].codelist:
                return protocol.codelists[items[name].codelist or ""]
    return {}


def class_of(protocol: Protocol, category: str | None) -> str:
    """The class that a category of adverse event is counted under."""
    found = codes(protocol).get(category or "")
    return (found.event_class if found else None) or NO_CLASS


def grade_of(row: Cells) -> int:
    """The grade of an adverse event; 0 where none is recorded."""
    text = row["grade"] or ""
    return int(text) if text.isdecimal() else 0


def is_related(row: Cells) -> bool:
    """Whether the investigator sees a relation to the study drug."""
    return row["related"] not in (None, "none")


def _withheld(protocol: Protocol) -> Iterator[str]:
    return (code for code, one in codes(protocol).items() if (one.visibility or "open") != "open")


def _arm(group: Sequence[Person], protocol: Protocol) -> dict[str, Any]:
    treated = [person for person in group if person.first_dose]
    events = {person.id: tuple(emergent(person)) for person in treated}
    having = Counter(
        category for rows in events.values() for category in {row["category"] or "other" for row in rows}
    )
    order = [*codes(protocol), *sorted(set(having) - set(codes(protocol)))]
    return {
        "n": len(treated),
        "any": sum(bool(rows) for rows in events.values()),
        "serious": sum(any(row["serious"] == "true" for row in rows) for rows in events.values()),
        "related": sum(any(map(is_related, rows)) for rows in events.values()),
        "grade_3_or_more": sum(any(grade_of(row) >= SEVERE for row in rows) for rows in events.values()),
        "events": sum(len(rows) for rows in events.values()),
        "categories": {category: having[category] for category in order if having[category]},
        "deaths": sum(any(person.happened("died")) for person in group),
    }


# --- the table of events ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of the table: what it counts. `kind` is total, class or term; `within` a term's class."""

    kind: str
    key: str
    counts: Callable[[Cells], bool]
    within: str = ""


def _lines(protocol: Protocol, present: Iterable[str | None]) -> Iterator[_Line]:
    yield _Line("total", "any", lambda _: True)
    yield _Line("total", "related", is_related)
    yield _Line("total", "serious", lambda row: row["serious"] == "true")
    yield _Line("total", "serious_related", lambda row: row["serious"] == "true" and is_related(row))
    yield _Line("total", "severe", lambda row: grade_of(row) >= SEVERE)
    yield _Line("total", "drug_interrupted", lambda row: row["action"] == "interrupted")
    yield _Line("total", "drug_withdrawn", lambda row: row["action"] == "withdrawn")
    yield _Line("total", "fatal", lambda row: row["outcome"] == "fatal")
    seen = {category or "other" for category in present}
    ordered = [*(code for code in codes(protocol) if code in seen), *sorted(seen - set(codes(protocol)))]
    known = [*protocol.dictionaries.event_classes, NO_CLASS]
    for name in dict.fromkeys(known):
        terms = [code for code in ordered if class_of(protocol, code) == name]
        if terms:
            yield _Line("class", name, partial(_in_class, protocol, name))
        for code in terms:
            yield _Line("term", code, partial(_of_category, code), name)


def _in_class(protocol: Protocol, name: str, row: Cells) -> bool:
    return class_of(protocol, row["category"]) == name


def _of_category(code: str, row: Cells) -> bool:
    return (row["category"] or "other") == code


def _rows(protocol: Protocol, treated: Sequence[Dosing], arms: Sequence[str]) -> list[dict[str, Any]]:
    events = {one.person.id: tuple(emergent(one.person)) for one in treated}
    groups = {arm: [one for one in treated if one.person.arm == arm] for arm in arms}
    years = {arm: sum(one.years for one in group) for arm, group in groups.items()}
    present = (row["category"] for rows in events.values() for row in rows)
    found = []
    for line in _lines(protocol, present):
        cells = {}
        for arm, group in groups.items():
            chosen = [[row for row in events[one.person.id] if line.counts(row)] for one in group]
            cells[arm] = _cell(chosen, years[arm])
        found.append(
            {
                "kind": line.kind,
                "key": line.key,
                "within": line.within,
                "arms": cells,
                "difference": _difference([(cells[arm]["participants"], cells[arm]["n"]) for arm in arms]),
            }
        )
    return found


def _cell(chosen: Sequence[Sequence[Cells]], years: float) -> dict[str, Any]:
    """One arm's cell; `chosen` holds each treated participant's events of the line."""
    n, having, events = len(chosen), sum(map(bool, chosen)), sum(map(len, chosen))
    around = statistics.wilson(having, n, LEVEL) if n else None
    per = rates.rate(events, years, LEVEL)
    worst = Counter(max(map(grade_of, rows)) for rows in chosen if rows)
    return {
        "n": n,
        "participants": having,
        "share_ci": [around.low, around.high] if around else None,
        "events": events,
        "rate": per.value if per else None,
        "rate_ci": [per.low, per.high] if per else None,
        "worst_grade": {str(one): worst[one] for one in sorted(worst)},
    }


def _difference(counts: Sequence[tuple[int, int]]) -> dict[str, Any] | None:
    """Share of the first arm minus that of the second, Miettinen-Nurminen; None without two arms of people."""
    if len(counts) != 2:
        return None
    (x1, n1), (x2, n2) = counts
    if not n1 or not n2:
        return None
    try:
        found = statistics.score_interval(x1, n1, x2, n2, LEVEL)
    except statistics.StatisticsRefusal:
        return None
    return {"estimate": x1 / n1 - x2 / n2, "ci": [round(found.low, DECIMALS), round(found.high, DECIMALS)]}
