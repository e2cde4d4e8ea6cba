"""What a report shows of a screening: plain values, nothing of a person."""

from __future__ import annotations

import calendar
import copy
from collections import Counter
from datetime import date
from typing import Any, Final

from trialist.screening.warehouse.everyone import Everyone
from trialist.screening.warehouse.messages import PROBLEMS
from trialist.screening.warehouse.screening import OWN, Attrition, WarehouseScreening

READY: Final = ("eligible", "to_state")
FEWEST: Final = 5
"""Fewer people than this at one site are told as such: a report leaves the hospital."""


def record(screening: WarehouseScreening, found: Attrition | Everyone, *, months: int = 12) -> dict[str, Any]:
    """The attrition, who may enter by site and month end, what is missing (of everybody), and what was wrong."""
    steps = found if isinstance(found, Attrition) else screening.attrition()
    by_month = {screening.index: _by_site(screening, steps)}
    for day in _month_ends(screening.index, months):
        earlier = copy.copy(screening)
        earlier.index = day
        by_month[day] = _by_site(earlier, earlier.attrition())
    study = screening.draft.content.study
    return {
        "study": str(getattr(study, "id", "")),
        "hash": screening.draft.hash,
        "index": screening.index.isoformat(),
        "persons": steps.persons,
        "observed": steps.observed,
        "steps": [_step(screening, step) for step in steps.steps],
        "classes": steps.classes,
        "months": [{"day": day.isoformat(), "sites": by_month[day]} for day in sorted(by_month)],
        "sites": _names(screening),
        "missing": _missing(found) if isinstance(found, Everyone) else [],
        "near": {name: own.near for name, own in found.counts.items()} if isinstance(found, Everyone) else {},
        "faults": [
            {"code": code, "word": word, "number": number, "words": PROBLEMS[code]}
            for code, word, number in found.faults.listed()
        ],
    }


def _month_ends(index: date, months: int) -> list[date]:
    """The last days of the months before the index day's."""
    found = []
    for back in range(1, months):
        turn = index.year * 12 + index.month - 1 - back
        year, month = turn // 12, turn % 12 + 1
        found.append(date(year, month, calendar.monthrange(year, month)[1]))
    return found


def _by_site(screening: WarehouseScreening, found: Attrition) -> dict[str, list[int]]:
    """Site → how many are ready, and how many may be eligible besides."""
    ready, left = Counter[str](), Counter[str]()
    doubtful = f"SELECT owner FROM {OWN}doubtful"
    test = " AND ".join(one.lets_in(one.asked_as) for one in screening.criteria) or "false"
    for site, sure, number in screening.rows(
        f"SELECT site, sum(CASE WHEN {test} THEN 1 ELSE 0 END), count(*) FROM {found.people} "
        f"WHERE person NOT IN ({doubtful}) GROUP BY site"
    ):
        ready[str(site)] += int(sure)
        left[str(site)] += int(number)
    for person, site in screening.rows(
        f"SELECT person, site FROM {found.people} WHERE person IN ({doubtful})"
    ):
        own = found.judged.get(person)
        left_as = own.left_as(screening.criteria) if own else "open"
        ready[str(site)] += left_as in READY
        left[str(site)] += left_as is not None
    return {site: [ready[site], left[site] - ready[site]] for site in sorted(left)}


def _step(screening: WarehouseScreening, step: Any) -> dict[str, Any]:
    (one,) = (each for each in screening.criteria if each.id == step.criterion)
    said = {language: one.said(language) for language in ("en", "zh")}
    return {
        "id": step.criterion,
        "asked": step.asked,
        "out": step.out,
        "open": step.open,
        "kind": one.kind,
        "words": said,
    }


def _missing(found: Everyone) -> list[dict[str, Any]]:
    known = {one.id: one for one in found.criteria}
    return [
        {
            "criterion": each.criterion,
            "lacking": each.lacking,
            "alone": each.alone,
            "words": {
                language: known[each.criterion].datum(each.atom, language) for language in ("en", "zh")
            },
        }
        for each in found.missing
    ]


def _names(screening: WarehouseScreening) -> dict[str, str]:
    """What sites are called; their number where the warehouse has no names."""
    if not {"care_site_id", "care_site_name"} <= screening.columns["care_site"]:
        return {}
    rows = screening.rows("SELECT care_site_id, care_site_name FROM care_site ORDER BY care_site_id")
    return {str(site): str(name) for site, name in rows if name is not None}
