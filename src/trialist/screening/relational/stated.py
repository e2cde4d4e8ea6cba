"""Compiling what reads conditions, attestations and the person's own data."""

from __future__ import annotations

from typing import Any

import ibis

from trialist.criteria import nodes
from trialist.screening.relational.bounds import Bounds
from trialist.screening.relational.kleene import UNKNOWN, Flag, Kleene, both, opposite, surely
from trialist.screening.relational.subjects import Column, Leaf, Subjects, always


def has(subjects: Subjects, node: nodes.Has) -> Leaf:
    """Whether one record of the condition began in the window."""
    return _happened(subjects, node.condition, node.window, ongoing=False)


def ongoing(subjects: Subjects, node: nodes.Ongoing) -> Leaf:
    """Whether one record of the condition is open at index."""
    return _happened(subjects, node.condition, nodes.Window(), ongoing=True)


def _happened(subjects: Subjects, name: str, window: nodes.Window, *, ongoing: bool) -> Leaf:
    table = subjects.compiler.relations.happened(name)
    found = table.select(
        owner=table.owner,
        day_from=table.day_from,
        day_to=table.day_to,
        end_from=table.end_from,
        end_to=table.end_to,
    )
    rows = subjects.joined(window, found)
    undated = (rows.end_to < rows.index_day).ifelse(rows.end_to, rows.index_day)
    rows = rows.mutate(
        earliest=rows.day_from.fill_null(ibis.date(1, 1, 1)),
        latest=ibis.coalesce(rows.day_to, undated, rows.index_day),
    )
    if ongoing:
        open_ = rows.end_from.isnull()
        sure = (rows.latest <= rows.index_day) & (open_ | (rows.end_from >= rows.index_day))
        possible = (rows.earliest <= rows.index_day) & (open_ | (rows.end_to >= rows.index_day))
    else:
        sure = (rows.first <= rows.earliest) & (rows.latest <= rows.last)
        possible = (rows.earliest <= rows.last) & (rows.latest >= rows.first)
    met = rows.group_by("subject").agg(surely=surely(sure).any(), possibly=surely(possible).any())
    if always(window):
        return Leaf(met, lambda get: _met(subjects, get, known=True))
    days = subjects.window(window)
    days = days.select("subject", known=ibis.literal(value=True))
    met = met.rename(met_subject="subject")
    joined = days.left_join(met, days.subject == met.met_subject).drop("met_subject")
    return Leaf(joined, lambda get: _met(subjects, get, known=surely(get("known"))))


def _met(subjects: Subjects, get: Column, *, known: Flag) -> Kleene:
    true, possibly = surely(get("surely")), surely(get("possibly"))
    complete = surely(subjects.compiler.person("complete_conditions"))
    return Kleene(true, both(known, opposite(true), opposite(possibly), complete))


def attested(subjects: Subjects, node: nodes.Attested) -> Leaf | Kleene:
    """What the investigator states; without a statement unknown."""
    if not subjects.compiler.relations.statements:
        return UNKNOWN
    table = subjects.compiler.relations.attestations
    found = table.filter(table.name == node.name).select(owner=table.person, stated=table.stated)
    base = subjects.table.select("subject", "person")
    joined = base.join(found, base.person == found.owner).select("subject", "stated")
    return Leaf(joined, lambda get: Kleene(surely(get("stated")), surely(~get("stated"))))


def age(subjects: Subjects) -> Bounds:
    """Completed years at index; NULL if born after it."""
    person = subjects.compiler.person
    index = person("index_day")
    most = _completed(person("birth_from"), index)
    least = _completed(person("birth_to"), index)
    born = person("birth_from") <= index
    nothing = ibis.null("float64")
    return Bounds(
        born.ifelse((least < 0).ifelse(0.0, least.cast("float64")), nothing),
        born.ifelse(most.cast("float64"), nothing),
    )


def _completed(birth: Any, on: Any) -> Any:
    """Years by the calendar: who is born on 29 February completes one on the 28th where there is no 29th."""
    year = on.year()
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    born = birth.month() * 100 + birth.day()
    born = ((born == 229) & ~leap).ifelse(228, born)
    today = on.month() * 100 + on.day()
    return year - birth.year() - (born > today).ifelse(1, 0)
