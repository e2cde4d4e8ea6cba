"""A visit with its forms, and the logs of a participant: pages of items made from the study file.

Every row has one address. GET shows it; POST saves it, or answers one of the page's smaller wishes (another unit,
a cleared field, the draft thrown away). What was typed stays on the page until the ledger has it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from trialist.conduct.commands import MissVisit, RecordVisit
from trialist.conduct.state import FormKey, ParticipantState
from trialist.findings import Refusal
from trialist.server import plan, words
from trialist.server.access import Here, page
from trialist.server.forms import drafts, fields
from trialist.server.forms.merge import Merged, merge
from trialist.server.forms.rows import Row, Sheet
from trialist.server.sight import sees_form
from trialist.server.views import errors
from trialist.server.views.common import fresh_key, moment_of, said_at, typed_now
from trialist.server.views.row_page import context_of, page_of


def _row(request: HttpRequest, participant: str, key: FormKey) -> Row:
    """The row at an address.

    Raises:
        Http404: the study file has no such place, or this role does not see it.
    """
    here: Here = request.here
    form = here.protocol.forms.get(key.form)
    if form is None or not sees_form(here, key.form) or form.log is not (key.visit is None):
        raise Http404
    if key.visit is not None and key.form not in _visit(here, key.visit).forms:
        raise Http404
    if (key.row > 1 and not form.repeats) or key.row < 1 or key.occurrence < 1:
        raise Http404
    return Row(here, request.language, here.participant(participant), key, fields.table_of(here, key.form))


def _visit(here: Here, name: str) -> Any:
    try:
        return here.protocol.schedule.visits[name]
    except KeyError:
        raise Http404 from None


# --- the visit itself --------------------------------------------------------------------------------------


@page("visit")
@require_http_methods(["GET", "POST"])
def visit(request: HttpRequest, participant: str, visit: str, occurrence: int) -> HttpResponse:
    """A visit: to its first form once it took place; before that, when it did or why it did not."""
    here: Here = request.here
    model, person = _visit(here, visit), here.participant(participant)
    if occurrence != 1 and model.kind != "unscheduled":
        raise Http404
    if request.method == "POST":
        return _settle(request, person, visit, occurrence)
    known = person.visits.get((visit, occurrence))
    if known is not None and known.effective is not None:
        form = next((name for name in model.forms if _here_shown(here, name)), None)
        if form is None:
            raise Http404
        return redirect("form", participant, visit, occurrence, form, 1)
    return render(request, "server/pages/visit.html", _before(request, person, visit, occurrence))


def _here_shown(here: Here, form: str) -> bool:
    return not here.protocol.forms[form].log and sees_form(here, form)


def _before(request: HttpRequest, person: ParticipantState, visit: str, occurrence: int) -> dict[str, Any]:
    here: Here = request.here
    today = here.today(person.site)
    planned = next((one for one in plan.plan(person, here.protocol, today) if one.visit == visit), None)
    return {
        "person": person,
        "visit": visit,
        "occurrence": occurrence,
        "model": here.protocol.schedule.visits[visit],
        "planned": planned,
        "known": person.visits.get((visit, occurrence)),
        "when": typed_now(here, person.site),
        "may": here.may(RecordVisit),
        "key": fresh_key(),
    }


_RECORDED, _MISSED = ("effective", "when", "visit_when"), ("reason", "reason", "visit_not_why")
"""The field of the act, that of the page, and what it is called."""


def _settle(request: HttpRequest, person: ParticipantState, visit: str, occurrence: int) -> HttpResponse:
    """It took place, or it did not."""
    here: Here = request.here
    if not here.may(RecordVisit):
        return errors.forbidden(request)
    post = request.POST
    key = post.get("key", "")
    command: RecordVisit | MissVisit
    if post.get("do") == "missed":
        command = MissVisit(person.id, visit, post.get("reason", ""))
    else:
        command = RecordVisit(
            person.id, visit, moment_of(here, person.site, post.get("when", "")), occurrence
        )
    try:
        here.act(command, key=key)
    except Refusal as refusal:
        context = _before(request, person, visit, occurrence)
        path, at, label = _MISSED if post.get("do") == "missed" else _RECORDED
        said = said_at(refusal.findings, path, words.say(label, request.language), request.language)
        context |= {
            "findings": [one for one in refusal.findings if one.path != path],
            "wrong": {at: said},
            "when": post.get("when", ""),
            "reason": post.get("reason", ""),
            "missing": at == "reason",
        }
        return render(request, "server/pages/visit.html", context, status=422)
    if isinstance(command, MissVisit):
        return redirect("participant", person.id)
    return redirect("visit", person.id, visit, occurrence)


# --- a row of a form ---------------------------------------------------------------------------------------


@page("visit")
@require_http_methods(["GET", "POST"])
def form(  # noqa: PLR0917 - the parts of an address
    request: HttpRequest, participant: str, visit: str, occurrence: int, form: str, row: int
) -> HttpResponse:
    """A row of a form of a visit."""
    found = _row(request, participant, FormKey(visit, occurrence, form, row))
    record_ = found.person.visits.get((visit, occurrence))
    if record_ is None or record_.effective is None:
        return redirect("visit", participant, visit, occurrence)
    return _answer(request, found)


@page("log")
@require_http_methods(["GET", "POST"])
def log(request: HttpRequest, participant: str, form: str, row: int) -> HttpResponse:
    """A row of a log of a participant: a drug, a condition, an adverse event."""
    return _answer(request, _row(request, participant, FormKey(None, 1, form, row)))


def _answer(request: HttpRequest, row: Row) -> HttpResponse:
    if request.method == "GET":
        return _show(request, row)
    if not row.entered:
        return errors.forbidden(request)
    return _wished(request, row, Sheet.of_post(request, row))


def _wished(request: HttpRequest, row: Row, sheet: Sheet) -> HttpResponse:
    """What the button that was pressed asks for."""
    wish, _, more = request.POST.get("do", "save").partition(":")
    if wish == "discard":
        drafts.drop(row.here, row.person.id, row.key)
        return redirect(row.address)
    if wish == "unit":
        item, _, unit = more.partition(":")
        return _again(request, row, sheet.with_(item, unit=unit))
    if wish == "clear":
        return _again(request, row, sheet.with_(more, value="", confirmed=""))
    if wish == "draft":
        return _draft(request, row, sheet)
    return _save(request, row, sheet)


def _show(request: HttpRequest, row: Row) -> HttpResponse:
    """The row as it is recorded, with a draft laid over it where there is one."""
    kept = drafts.find(row.here, row.person.id, row.key) if row.entered else None
    recorded = row.recorded()
    if kept is None:
        sheet = Sheet(recorded, recorded, "", row.person.version, {}, fresh_key())
    else:
        sheet = Sheet(dict(kept.typed), dict(kept.base), kept.reason, kept.expected, {}, fresh_key())
    merged = merge(sheet.typed, sheet.base, recorded, {}) if kept else Merged(recorded, ())
    return page_of(request, row, sheet, merged, kept=kept)


def _again(request: HttpRequest, row: Row, sheet: Sheet) -> HttpResponse:
    """The page with a field changed at its person's wish; the draft remembers it."""
    kept = _keep(row, sheet)
    merged = merge(sheet.typed, sheet.base, row.recorded(), sheet.chosen)
    return page_of(request, row, sheet, merged, kept=kept)


def _keep(row: Row, sheet: Sheet) -> drafts.Kept | None:
    return drafts.keep(
        row.here, row.person.id, row.key,
        typed=sheet.typed, base=sheet.base, reason=sheet.reason, expected=sheet.expected,
    )  # fmt: skip


def _draft(request: HttpRequest, row: Row, sheet: Sheet) -> HttpResponse:
    """While somebody types: the draft is kept, and what the desk would say stands at the fields."""
    kept = _keep(row, sheet)
    if sheet.key and row.here.workplace.desk.done(sheet.key):  # it was on its way when the page was saved
        drafts.drop(row.here, row.person.id, row.key)
        return HttpResponse(status=204)
    merged = merge(sheet.typed, sheet.base, row.recorded(), sheet.chosen)
    context = context_of(request, row, sheet, merged, kept=kept)
    return render(request, "server/pages/form_live.html", context)


def _save(request: HttpRequest, row: Row, sheet: Sheet) -> HttpResponse:
    """Save it, unless somebody else changed the same item meanwhile."""
    merged = merge(sheet.typed, sheet.base, row.recorded(), sheet.chosen)
    if merged.clashes:
        _keep(row, sheet)
        return page_of(request, row, sheet, merged, status=409)
    command = row.command(dict(merged.typed), sheet.reason, row.person.version)
    if not command.entries and row.key in row.person.forms:
        drafts.drop(row.here, row.person.id, row.key)
        return redirect(f"{row.address}?same=1")
    try:
        row.here.act(command, key=sheet.key, beside=lambda: drafts.drop(row.here, row.person.id, row.key))
    except Refusal as refusal:
        _keep(row, sheet)
        latest = replace(row, person=row.here.participant(row.person.id))
        merged = merge(sheet.typed, sheet.base, latest.recorded(), sheet.chosen)
        return page_of(request, latest, sheet, merged, refused=refusal.findings, status=422)
    return redirect(f"{row.address}?saved=1")
