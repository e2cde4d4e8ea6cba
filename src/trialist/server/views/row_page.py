"""What the page of a row shows: its fields with what is said of them, its neighbors, its queries, its window."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from trialist.conduct.commands import OpenQuery, SaveForm, Sign
from trialist.conduct.entry import record
from trialist.findings import Finding
from trialist.server import dates, plan, words
from trialist.server.forms import drafts, fields, foresight
from trialist.server.forms.fields import Clash, Page
from trialist.server.forms.foresight import Foresight
from trialist.server.forms.merge import Merged
from trialist.server.forms.rows import Row, Sheet
from trialist.server.forms.typed import Typed, entry
from trialist.server.sight import sees_form, sees_item
from trialist.server.views.common import fresh_key

_NOTHING = Typed()


def page_of(
    request: HttpRequest,
    row: Row,
    sheet: Sheet,
    merged: Merged,
    *,
    kept: drafts.Kept | None = None,
    refused: tuple[Finding, ...] = (),
    status: int = 200,
) -> HttpResponse:
    """The whole page of a row."""
    context = context_of(request, row, sheet, merged, kept=kept, refused=refused)
    return render(request, "server/pages/form.html", context, status=status)


def context_of(
    request: HttpRequest,
    row: Row,
    sheet: Sheet,
    merged: Merged,
    *,
    kept: drafts.Kept | None = None,
    refused: tuple[Finding, ...] = (),
) -> dict[str, Any]:
    """Everything that the page of a row shows; a part of it is all that an answer to typing needs."""
    here, person, key = row.here, row.person, row.key
    typed = dict(merged.typed)
    command = row.command(typed, sheet.reason, None)
    seen = foresight.foresee(here, person, command) if row.entered and command.entries else Foresight()
    items = set(row.table.form.items)
    at_fields = tuple(one for one in refused if foresight.item_of(one) in items)
    seen = replace(seen, stops=(*at_fields, *(one for one in seen.stops if one not in at_fields)))
    sheet_page = Page(here, row.language, person, key, row.table, typed, seen, _clashes(row, sheet, merged))
    shown = sheet_page.fields()
    kept_items = person.forms[key].items if key in person.forms else {}
    return {
        "row": row,
        "person": person,
        "key": key,
        "fields": shown,
        "base": [(name, sheet.base.get(name, _NOTHING)) for name in row.items],
        "token": sheet.key or fresh_key(),
        "expected": person.version if merged.clashes else sheet.expected,
        "reason": sheet.reason,
        "reason_wanted": any(name in kept_items for name in command.entries),
        "reason_wrong": [one for one in refused if one.path == "reason"],
        "others": [one for one in refused if one not in at_fields and one.path != "reason"],
        "clashes": bool(merged.clashes),
        "draft": kept,
        "draft_time": dates.clock(here.workplace.local(person.site, here.workplace.now())) if kept else "",
        "saved": "saved" in request.GET,
        "same": "same" in request.GET,
        "missing": [here.protocol.items[name].label for name in _missing(row, command, seen)],
        "mend": [one.label for one in shown if one.stopped],
        "title": _title(row),
        "form_label": row.table.form.label,
        "rows": _rows(row),
        "tabs": _tabs(row),
        "threads": _threads(row),
        "laboratory": _laboratory(row),
        "asks": here.may(OpenQuery),
        "signature": person.signature,
        "signs": here.may(Sign) and person.allocation is not None,
        "place": drafts.place_of(key),
        "window": _window(row),
    }


def _clashes(row: Row, sheet: Sheet, merged: Merged) -> dict[str, Clash]:
    nothing = words.say("nothing", row.language)

    def said(name: str, typed: Typed) -> str:
        one = record(entry(row.here.protocol.items[name], typed))
        return fields.shown(row.here, name, one, row.language) or nothing

    recorded = row.recorded()
    return {
        name: Clash(
            was=said(name, sheet.base.get(name, _NOTHING)),
            theirs=said(name, recorded.get(name, _NOTHING)),
            mine=said(name, merged.typed[name]),
        )
        for name in merged.clashes
    }


def _missing(row: Row, command: SaveForm, seen: Foresight) -> tuple[str, ...]:
    if command.entries and (seen.missing or not seen.stops):
        return seen.missing
    if row.key in row.person.forms:
        return row.person.missing.get(row.key, ())
    return row.table.required


def _title(row: Row) -> str:
    form = row.table.form.label.say(row.language)
    if row.key.visit is None:
        return form
    visit = row.here.protocol.schedule.visits[row.key.visit].label.say(row.language)
    return words.say("visit_and_form", row.language, visit=visit, form=form)


def _rows(row: Row) -> list[dict[str, Any]]:
    """The rows of a form that may have several, and an empty one to add."""
    if not row.table.form.repeats:
        return []
    key = row.key
    saved = plan.rows_of(row.person, key.visit, key.occurrence, key.form)
    numbers = sorted({*saved, key.row})
    more = [max(numbers) + 1] if row.entered and key.row in saved else []
    if len(numbers) + len(more) == 1:
        return []
    return [
        {
            "number": None if number is None else str(number).replace("-", "−"),
            "address": replace(row, key=key._replace(row=number)).address,
            "current": number == key.row,
            "new": number in more,
        }
        for number in (*numbers, *more)
    ]


def _tabs(row: Row) -> list[dict[str, Any]]:
    """The forms of the visit, or the logs of the participant, and how far each has come."""
    here, key = row.here, row.key
    names = (
        [name for name, form in here.protocol.forms.items() if form.log]
        if key.visit is None
        else [
            name
            for name in here.protocol.schedule.visits[key.visit].forms
            if not here.protocol.forms[name].log
        ]
    )
    begun = drafts.begun(here, row.person.id)
    return [_tab(row, name, begun) for name in names if sees_form(here, name)]


def _tab(row: Row, name: str, begun: frozenset[str]) -> dict[str, Any]:
    key = row.key._replace(form=name, row=1)
    queries = [one for one in row.person.open_queries if one.place._replace(row=1) == key]
    return {
        "label": row.here.protocol.forms[name].label,
        "address": replace(row, key=key).address,
        "current": name == row.key.form,
        "state": plan.form_state(row.person, key),
        "queries": len(queries),
        "draft": drafts.place_of(key) in begun,
    }


def _threads(row: Row) -> list[dict[str, Any]]:
    from trialist.server.views.queries import thread

    return [
        thread(row.here, row.person, query, row.language)
        for query in row.person.queries.values()
        if query.place == row.key and query.item in row.table.form.items
        if row.here.opens("queries") and sees_item(row.here, row.here.protocol.items[query.item])
    ]


def _laboratory(row: Row) -> Any:
    if row.table.form.record != "measurements":
        return None
    site = row.here.protocol.sites[row.person.site]
    return row.here.protocol.laboratories[site.laboratory].label


def _window(row: Row) -> dict[str, Any] | None:
    """The visit's day and window, in words."""
    key = row.key
    if key.visit is None:
        return None
    here, person = row.here, row.person
    visited = person.visits[key.visit, key.occurrence]
    day = plan.day_of(visited.effective, person, here.protocol)
    assert day is not None, "a form's visit took place"
    number = plan.day_number(person, here.protocol, day)
    planned = next(
        (
            one
            for one in plan.plan(person, here.protocol, here.today(person.site))
            if (one.visit, one.occurrence) == (key.visit, key.occurrence)
        ),
        None,
    )
    first: date | None = planned.first if planned else None
    last: date | None = planned.last if planned else None
    span = dates.span(first, last, row.language) if first and last and first != last else ""
    return {
        "day": day,
        "number": None if number is None else str(number).replace("-", "−"),
        "span": span,
        "late": visited.in_window is False,
    }
