"""Participants of one's own sites: the list, and one with their timeline."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_GET

from trialist.conduct.commands import Consent, Dispense, RecordVisit, SaveForm, Sign
from trialist.conduct.history import history_of
from trialist.conduct.state import FormKey, ParticipantState
from trialist.findings import Language
from trialist.quantity.dates import PartialDate
from trialist.server import chronicle, dates, plan, timeline, words
from trialist.server.access import Here, page
from trialist.server.forms.fields import shown
from trialist.server.sight import seen_items, sees_form, sees_item
from trialist.server.timeline import Count, Course, Happening, Supply
from trialist.server.views.common import fresh_key

TONES = {
    "screening": "due", "eligible": "due", "requested": "due", "randomized": "ok", "completed": "idle",
    "screen_failed": "idle", "declined": "idle", "withdrawn": "idle", "lost": "idle", "died": "idle",
}  # fmt: skip
"""Status → the tone of its state: who wants a person is tinted, who is done is quiet."""
RECENT = 5


@page("participants")
@require_GET
def participants(request: HttpRequest) -> HttpResponse:
    """Everyone in scope: where they stand, what comes next."""
    here: Here = request.here
    people = here.participants()
    wanted = request.GET.get("show", "")
    shown_ = [one for one in people if _in_group(one, wanted)]
    context = {
        "rows": [_line(here, one, request.language) for one in shown_],
        "groups": [
            (name, sum(_in_group(one, name) for one in people))
            for name in ("", "screening", "followed", "ended")
        ],
        "wanted": wanted,
        "may_consent": here.may(Consent),
        "several": len(here.sites) > 1,
    }
    return render(request, "server/pages/participants.html", context)


def _in_group(person: ParticipantState, name: str) -> bool:
    match name:
        case "screening":
            return person.status in ("screening", "eligible", "requested")
        case "followed":
            return person.status == "randomized"
        case "ended":
            return person.ended
        case _:
            return True


def _line(here: Here, person: ParticipantState, language: Language) -> dict[str, Any]:
    today = here.today(person.site)
    planned = plan.plan(person, here.protocol, today)
    coming = [one for one in planned if one.state in ("open", "overdue", "coming")]
    return {
        "person": person,
        "tone": TONES.get(person.status, "idle"),
        "status": status_words(here, person, language),
        "next": min(coming, key=lambda one: one.last or date.max, default=None),
        "queries": len([one for one in person.open_queries if one.status == "open"])
        if here.opens("queries")
        else 0,
        "consented": plan.day_of(person.consented, person, here.protocol),
    }


def status_words(here: Here, person: ParticipantState, language: Language) -> str:
    """Where somebody stands: `On treatment, day 29`."""
    if person.status != "randomized":
        return words.say(f"status_{person.status}", language)
    number = plan.day_number(person, here.protocol, here.today(person.site))
    if person.treatment_ended is not None:
        return words.say("status_after_treatment", language, n=number)
    if person.held is not None:
        return words.say("status_held", language, n=number)
    if person.first_dose is None:
        return words.say("status_randomized", language)
    return words.say("status_on_treatment", language, n=number)


# --- one participant ---------------------------------------------------------------------------------------


@page("participant")
@require_GET
def participant(request: HttpRequest, participant: str) -> HttpResponse:
    """One participant: facts, timeline, forms by visit, events and medication, the last entries of the history."""
    here: Here = request.here
    return render(
        request, "server/pages/participant.html", context_of(request, here.participant(participant))
    )


def context_of(request: HttpRequest, person: ParticipantState) -> dict[str, Any]:
    """Everything that the page of a participant shows to this reader."""
    here: Here = request.here
    language = request.language
    today = here.today(person.site)
    planned = plan.plan(person, here.protocol, today)
    coming = [one for one in planned if one.state in ("open", "overdue", "coming")]
    told = chronicle.tell(here, person, language) if here.opens("history") else []
    return {
        "person": person,
        "tone": TONES.get(person.status, "idle"),
        "status": status_words(here, person, language),
        "sex_age": sex_and_age(here, person, today, language),
        "randomized": plan.anchor(person, here.protocol, "randomization"),
        "consented": plan.day_of(person.consented, person, here.protocol),
        "picture": mark_safe(timeline.draw(_course(here, person, planned, today, language), language)),  # noqa: S308 - escaped where it is drawn
        "windows": [_window_line(here, person, one, language) for one in planned if one.state != "waiting"],
        "matrix": matrix(here, person, planned) if here.opens("visit") else None,
        "next": min(coming, key=lambda one: one.last or date.max, default=None),
        "logs": _logs(here, person, language),
        "recent": list(reversed(told[-RECENT:])),
        "entries": len(told),
        "may_visit": here.may(RecordVisit) and not person.ended,
        "may_event": here.may(SaveForm) and here.opens("log"),
        "event_form": next((n for n, f in here.protocol.forms.items() if f.record == "adverse_events"), None),
        "screens": here.opens("eligibility") and person.status in ("screening", "eligible", "requested"),
        "dispenses": here.may(Dispense) and person.allocation is not None,
        "signs": here.may(Sign),
        "missing": _missing(here, person, language),
        "signature": person.signature,
        "key": fresh_key(),
        "course": here.opens("course"),
    }


def sex_and_age(here: Here, person: ParticipantState, today: date, language: Language) -> str:
    """`Woman, 49`, to those who work with the source documents."""
    if not here.opens("log"):
        return ""
    history = history_of(person, here.protocol, today, times=False)
    if history.sex is None:
        return ""
    who = words.say(f"sex_{history.sex}", language)
    born = history.birth_date
    if born is None:
        return who
    old = today.year - born.year - ((today.month, today.day) < (born.latest.month, born.latest.day))
    return words.say("sex_age", language, who=who, age=old)


def _missing(here: Here, person: ParticipantState, language: Language) -> list[str]:
    return [
        chronicle.place_words(here, key, language)
        for key, items in person.missing.items()
        if items and key.form in here.protocol.forms and sees_form(here, key.form)
    ]


def _window_line(
    here: Here, person: ParticipantState, one: plan.Planned, language: Language
) -> dict[str, Any]:
    asked = plan.asked(here.protocol, one) if here.opens("visit") and one.state == "done" else ()
    open_ = plan.unfinished(person, here.protocol, one)
    return {
        "planned": one,
        "span": dates.span(one.first, one.last, language) if one.first and one.last else "",
        "tone": VISIT_TONES[one.state],
        "state": state_words(one, language),
        "forms": len(asked),
        "complete": len(asked) - len(open_),
    }


VISIT_TONES = {
    "done": "ok", "missed": "idle", "overdue": "stop", "open": "due", "coming": "idle", "waiting": "idle",
    "closed": "idle",
}  # fmt: skip


def state_words(one: plan.Planned, language: Language) -> str:
    """What became of a visit, or how long is left."""
    match one.state:
        case "done" if one.record is not None and one.record.in_window is False:
            return words.say("visit_done_late", language)
        case "open":
            return words.say("visit_open", language, n=one.days_left)
        case state:
            return words.say(f"visit_{state}", language)


def matrix(here: Here, person: ParticipantState, planned: tuple[plan.Planned, ...]) -> dict[str, Any]:
    """Forms by visits: what is complete, begun, asked for, planned, or not asked."""
    visits = [one for one in planned if one.state != "waiting" or one.model.kind != "unscheduled"]
    forms = [
        name
        for name, form in here.protocol.forms.items()
        if not form.log and sees_form(here, name) and any(name in one.model.forms for one in visits)
    ]
    return {
        "visits": visits,
        "rows": [
            {
                "label": here.protocol.forms[name].label,
                "cells": [_cell(here, person, one, name) for one in visits],
            }
            for name in forms
        ],
    }


def _cell(here: Here, person: ParticipantState, one: plan.Planned, form: str) -> dict[str, Any]:
    if form not in one.model.forms:
        return {"state": "none"}
    key = FormKey(one.visit, one.occurrence, form, 1)
    queries = (
        sum(query.place._replace(row=1) == key for query in person.open_queries)
        if here.opens("queries")
        else 0
    )
    state = plan.form_state(person, key)
    later = here.protocol.forms[form].batch and state == "none"
    if one.state != "done" or later:
        return {"state": "missed" if one.state == "missed" else "planned", "visit": one}
    return {"state": {"none": "empty"}.get(state, state), "queries": queries, "visit": one, "form": form}


def _logs(here: Here, person: ParticipantState, language: Language) -> list[dict[str, Any]]:
    """The logs: each row in one line."""
    found = []
    for name, form in here.protocol.forms.items():
        if form.log and sees_form(here, name):
            keys = [FormKey(None, 1, name, row) for row in plan.rows_of(person, None, 1, name)]
            found.append(
                {
                    "form": name,
                    "label": form.label,
                    "rows": [_log_line(here, person, key, language) for key in keys],
                    "next": 1 + max((key.row for key in keys), default=0),
                }
            )
    return found


def _log_line(here: Here, person: ParticipantState, key: FormKey, language: Language) -> dict[str, Any]:
    items = seen_items(here, key, person.forms[key].items)
    meant = {here.protocol.items[name].means: name for name in items}
    first = meant.get("term") or meant.get("substance") or meant.get("condition")
    start, end = (
        items.get(meant.get(part, ""), {}).get("value")
        for part in _DAYS[here.protocol.forms[key.form].record]
    )
    rest = [
        shown(here, name, record, language)
        for name, record in items.items()
        if here.protocol.items[name].means in ("grade", "dose", "dose_unit", "outcome")
    ]
    return {
        "row": key.row,
        "title": shown(here, first, items[first], language)
        if first
        else words.say("row_number", language, n=key.row),
        "rest": " · ".join(one for one in rest if one),
        "start": start,
        "end": end,
        "serious": items.get(meant.get("serious", ""), {}).get("value") == "true",
        "missing": bool(person.missing.get(key)),
    }


_DAYS = {
    "adverse_events": ("onset", "end"), "exposures": ("start", "end"), "conditions": ("start", "end"),
    "measurements": ("specimen_date", "end"), "answers": ("start", "end"),
}  # fmt: skip


# --- the timeline's facts ----------------------------------------------------------------------------------


def _course(
    here: Here, person: ParticipantState, planned: tuple[plan.Planned, ...], today: date, language: Language
) -> Course:
    counts = _counts(here, person, today) if here.opens("visit") else ()
    events = tuple(_happenings(here, person, language)) if here.opens("log") else ()
    lanes = (
        "visits",
        *(("counts",) if here.opens("visit") else ()),
        "drug",
        *(("events",) if here.opens("log") else ()),
    )
    return Course(
        today=today,
        consent=plan.day_of(person.consented, person, here.protocol) or today,
        zero=plan.anchor(person, here.protocol, "randomization"),
        visits=planned,
        counts=counts,
        supplies=tuple(_supplies(here, person)),
        happenings=events,
        lanes=lanes,
    )


def _counts(here: Here, person: ParticipantState, today: date) -> tuple[Count, ...]:
    item = next((one for one in here.protocol.items.values() if one.analyte == "platelets"), None)
    if item is None or not sees_item(here, item):
        return ()
    consent = plan.day_of(person.consented, person, here.protocol) or today
    unit = here.protocol.dictionaries.analytes["platelets"].unit
    found = []
    for one in history_of(person, here.protocol, today, times=False).measurements:
        recent = one.date.exact and one.date.earliest >= consent - timedelta(days=30)
        if one.analyte == "platelets" and one.value is not None and one.valid and recent:
            factor = here.protocol.dictionary.factor(one.unit or unit, unit, "platelets")
            found.append(Count(one.date.earliest, Fraction(one.value) * factor))
    return timeline.counts_in_order(found)


def _supplies(here: Here, person: ParticipantState) -> Iterator[Supply]:
    """What was handed over, to the end of treatment; then what is still to come, in outline."""
    product = next(iter(here.protocol.products.values()))
    per_day = product.units_per_dose * product.doses_per_day
    ended = (
        plan.day_of(person.treatment_ended.effective, person, here.protocol)
        if person.treatment_ended
        else None
    )
    days = [plan.day_of(one.effective, person, here.protocol) for one in person.dispensed]
    for place, one in enumerate(person.dispensed):
        first = days[place]
        assert first is not None, "what was dispensed has its day"
        until = days[place + 1] if place + 1 < len(days) else first + timedelta(days=one.units // per_day)
        last = min(day for day in (until, ended) if day is not None)
        yield Supply(first, max(first, last), one.kit, given=True)


def _happenings(here: Here, person: ParticipantState, language: Language) -> Iterator[Happening]:
    for key, row in person.forms.items():
        form = here.protocol.forms.get(key.form)
        if form is None or form.record != "adverse_events":
            continue
        line = _log_line(here, person, key, language)
        first, last = _exact(line["start"]), _exact(line["end"])
        if first is not None and row.items:
            yield Happening(first, last, line["title"])


def _exact(text: str | None) -> date | None:
    try:
        return None if text is None else PartialDate.parse(text).earliest
    except ValueError:
        return None
