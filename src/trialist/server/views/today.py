"""Today's work: clocks first, then visits and their windows, queries, kits to hand over, signatures."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from trialist.conduct.commands import AnswerQuery, CloseQuery, RecordVisit, Sign
from trialist.conduct.state import ParticipantState
from trialist.findings import Language
from trialist.quantity.dates import Duration
from trialist.server import dates, plan
from trialist.server.access import Here, signed_in
from trialist.server.chronicle import place_words
from trialist.server.context import home
from trialist.server.figures import Interval, Scale
from trialist.server.sight import sees_form
from trialist.server.views import dispensing, errors, queries
from trialist.server.views.participants import VISIT_TONES, state_words

BEFORE, AFTER = timedelta(days=14), timedelta(days=28)
"""How far back and ahead the figure of the visits reaches."""
SOON = timedelta(days=14)
MOST = 12
"""So many lines of a list stand here; the rest on the list's own page."""


@signed_in
@require_GET
def today(request: HttpRequest) -> HttpResponse:
    """The day, and what wants doing, most urgent first; roles without such work are sent to where they begin."""
    here: Here = request.here
    if not here.opens("today"):
        begin = home(here)
        return errors.forbidden(request) if begin == request.path else redirect(begin)
    day, language = here.today(), request.language
    visits = list(_visits(here, day, language))
    status = "answered" if here.may(CloseQuery) else "open"
    asked = queries.listed(here, language, status) if here.opens("queries") else []
    signatures = list(_signatures(here, language)) if here.may(Sign) else []
    waiting = dispensing.waiting(here, language) if here.opens("dispensing") else []
    people = here.participants()
    context = {
        "day": dates.full(day, language),
        "followed": sum(one.status == "randomized" for one in people),
        "screening": sum(one.status in ("screening", "eligible", "requested") for one in people),
        "clocks": list(_clocks(here, language)),
        "visits": visits[:MOST],
        "visits_more": max(0, len(visits) - MOST),
        "overdue": sum(one["planned"].state == "overdue" for one in visits),
        "open": sum(one["planned"].state == "open" for one in visits),
        "axis": _axis(day, language),
        "queries": asked[:MOST],
        "queries_n": len(asked),
        "closes": here.may(CloseQuery),
        "answers": here.may(AnswerQuery),
        "signatures": signatures[:MOST],
        "signatures_n": len(signatures),
        "signs": here.may(Sign),
        "waiting": waiting,
        "dispenses": here.opens("dispensing"),
        "records": here.may(RecordVisit),
        "screened": [one for one in people if one.status in ("screening", "eligible")]
        if here.opens("eligibility")
        else [],
    }
    return render(request, "server/pages/today.html", context)


def _visits(here: Here, day: date, language: Language) -> Iterator[dict[str, Any]]:
    """Visits that are overdue, open, soon, or took place and want their forms; the most urgent first."""
    if not here.opens("visit"):
        return
    found = []
    for person in here.participants():
        for one in plan.plan(person, here.protocol, here.today(person.site)):
            unfinished = plan.unfinished(person, here.protocol, one) if here.may(RecordVisit) else ()
            soon = one.state == "coming" and one.first is not None and one.first <= day + SOON
            recent = one.day is not None and one.day > day - BEFORE
            if one.state in ("open", "overdue") or soon or (unfinished and recent):
                found.append((one, unfinished))
    order = {"overdue": 0, "done": 1, "open": 2, "coming": 3}
    found.sort(key=lambda pair: (order[pair[0].state], pair[0].last or date.max, pair[0].participant))
    for one, unfinished in found:
        yield _visit(one, unfinished, day, language)


def _visit(one: plan.Planned, unfinished: tuple[str, ...], day: date, language: Language) -> dict[str, Any]:
    tone = VISIT_TONES[one.state] if not unfinished else "due"
    span = dates.span(one.first, one.last, language) if one.first and one.last else ""
    before, after = one.model.window or (0, 0)
    return {
        "planned": one,
        "tone": tone,
        "state": state_words(one, language),
        "unfinished": len(unfinished),
        "span": span,
        "offset": "" if one.model.day is None else f"{one.model.day}",
        "margin": f"± {after}" if before == after else f"−{before} +{after}",
        "figure": _figure(one, day, span),
    }


def _scale(day: date) -> Scale:
    return Scale.days(day - BEFORE, day + AFTER)


def _figure(one: plan.Planned, day: date, said: str) -> Interval:
    band = {"overdue": "stop", "open": "due", "coming": "idle"}.get(one.state, "")
    low, high, scale = one.first, one.last, _scale(day)
    if low is None or high is None:
        low = high = None
    return Interval(
        scale,
        low,
        high,
        target=one.target,
        point=one.day,
        now=day,
        band=band,
        tall_now=True,
        said=said,  # type: ignore[arg-type]
    )


def _axis(day: date, language: Language) -> list[tuple[float, str, bool]]:
    """Weeks around today: place, words, whether it is today."""
    scale = _scale(day)
    weeks = [day + timedelta(days=7 * n) for n in range(-2, 5)]
    return [(scale.at(one), dates.day(one, language, year=False, short=True), one == day) for one in weeks]


def _clocks(here: Here, language: Language) -> Iterator[dict[str, Any]]:
    """Serious events that the site has known of for less than the study file's clock, or longer and without an end."""
    clock = next((one for one in here.protocol.study.safety_clocks if one.event == "serious"), None)
    if clock is None or not here.opens("log"):
        return
    span = Duration.parse(str(clock.within))
    within = timedelta(hours=span.amount) if span.unit == "h" else timedelta(days=span.amount)
    now = here.workplace.now()
    for person in here.participants():
        for key, aware in _serious(here, person):
            due = aware + within
            if due > now:
                left = due - now
                yield {
                    "person": person,
                    "row": key.row,
                    "form": key.form,
                    "hours": int(left.total_seconds() // 3600),
                    "minutes": int(left.total_seconds() % 3600 // 60),
                    "due": here.workplace.local(person.site, due),
                    "aware": here.workplace.local(person.site, aware),
                    "to": "、".join(clock.to) if language == "zh" else ", ".join(clock.to),
                }


def _serious(here: Here, person: ParticipantState) -> Iterator[tuple[Any, datetime]]:
    """Rows that say serious, and when that was first recorded."""
    rows = {
        key: row.seqs[name]
        for key, row in person.forms.items()
        for name, record in row.items.items()
        if here.protocol.items[name].means == "serious" and record.get("value") == "true"
    }
    if not rows:
        return
    times = {event.seq: event.at for event in here.workplace.ledger.events(f"participant/{person.id}")}
    for key, seq in rows.items():
        yield key, times[seq]


def _signatures(here: Here, language: Language) -> Iterator[dict[str, Any]]:
    """Records that were signed and have changed since, and those of people who are done and were never signed."""
    for person in here.participants():
        changed = person.unsigned_since is not None
        done = person.status in ("completed", "died", "lost", "withdrawn")
        if person.signature is None and (changed or done):
            missing = [
                place_words(here, key, language)
                for key, items in person.missing.items()
                if items and key.form in here.protocol.forms and sees_form(here, key.form)
            ]
            yield {"person": person, "changed": changed, "missing": len(missing)}
