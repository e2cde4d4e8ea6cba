"""A visit with its forms, and the logs of a participant: pages of items made from the study file.

Every row has one address. GET shows it; POST saves it, or answers one of the page's smaller wishes (another unit,
a cleared field, the draft thrown away). What was typed stays on the page until the ledger has it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from trialist.conduct.commands import Entry, MissVisit, OpenQuery, RecordVisit, SaveForm
from trialist.conduct.entry import record
from trialist.conduct.state import FormKey, ParticipantState
from trialist.conduct.tables import FormTable
from trialist.findings import Finding, Language, Refusal
from trialist.server import dates, plan, words
from trialist.server.access import Here, page
from trialist.server.forms import drafts, fields, foresight
from trialist.server.forms.fields import Clash, Page
from trialist.server.forms.foresight import Foresight
from trialist.server.forms.merge import Merged, merge
from trialist.server.forms.typed import Typed, entry, of_post
from trialist.server.sight import enters, sees_form, sees_item
from trialist.server.views import errors
from trialist.server.views.common import fresh_key, local_now, moment_of

_NOTHING = Typed()


@dataclass(frozen=True)
class Row:
    """One row of one form, as one person looks at it."""

    here: Here
    language: Language
    person: ParticipantState
    key: FormKey
    table: FormTable

    @property
    def address(self) -> str:
        """Where this row is shown and saved."""
        key = self.key
        if key.visit is None:
            return reverse("log", args=[self.person.id, key.form, key.row])
        return reverse("form", args=[self.person.id, key.visit, key.occurrence, key.form, key.row])

    @property
    def entered(self) -> bool:
        """Whether this role fills the form in."""
        return enters(self.here, self.table.form)

    @property
    def items(self) -> tuple[str, ...]:
        """Items with a field on this person's page."""
        known = self.here.protocol.items
        return tuple(
            name
            for name in self.table.form.items
            if known[name].type != "computed" and sees_item(self.here, known[name])
        )

    def recorded(self) -> dict[str, Typed]:
        """What is recorded, as the fields hold it."""
        return {
            name: one for name, one in fields.recorded(self.person, self.key).items() if name in self.items
        }

    def changes(self, typed: dict[str, Typed]) -> dict[str, Entry]:
        """The entries that differ from what is recorded."""
        kept = self.person.forms[self.key].items if self.key in self.person.forms else {}
        entries = {name: entry(self.here.protocol.items[name], one) for name, one in typed.items()}
        return {name: one for name, one in entries.items() if record(one) != kept.get(name, {})}

    def command(self, typed: dict[str, Typed], reason: str, expected: int | None) -> SaveForm:
        """The act that would save it."""
        key = self.key
        return SaveForm(
            self.person.id,
            key.form,
            self.changes(typed),
            visit=key.visit,
            occurrence=key.occurrence,
            row=key.row,
            reason=reason or None,
            expected=expected,
        )


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
        "when": local_now(here, person.site)[:16].replace("T", " "),
        "may": here.may(RecordVisit),
        "key": fresh_key(),
    }


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
        context |= {
            "findings": refusal.findings,
            "when": post.get("when", ""),
            "reason": post.get("reason", ""),
        }
        context["wrong"] = "reason" if post.get("do") == "missed" else "when"
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


@dataclass(frozen=True)
class Sheet:
    """What a page of a row sent: the fields, what it had shown, which version of the participant that was."""

    typed: dict[str, Typed]
    base: dict[str, Typed]
    reason: str
    expected: int
    chosen: dict[str, str]
    key: str

    @classmethod
    def of_post(cls, request: HttpRequest, row: Row) -> Sheet:
        """Read it; what is no field of this page is left alone."""
        post = request.POST
        base = {
            name: Typed(
                post.get(f"bv.{name}", ""), post.get(f"bu.{name}", ""), post.get(f"bc.{name}", ""),
                post.get(f"bn.{name}", ""),
            )
            for name in row.items
        }  # fmt: skip
        expected = post.get("expected", "")
        return cls(
            typed=of_post(post, row.items),
            base=base,
            reason=post.get("reason", ""),
            expected=int(expected) if expected.isascii() and expected.isdigit() and len(expected) < 10 else 0,
            chosen={name: post.get(f"k.{name}", "") for name in row.items},
            key=post.get("key", ""),
        )

    def with_(self, item: str, **change: str) -> Sheet:
        """The same with one field changed."""
        if item not in self.typed:
            return self
        return replace(self, typed={**self.typed, item: replace(self.typed[item], **change)})


def _show(request: HttpRequest, row: Row) -> HttpResponse:
    """The row as it is recorded, with a draft laid over it where there is one."""
    kept = drafts.find(row.here, row.person.id, row.key) if row.entered else None
    recorded = row.recorded()
    if kept is None:
        sheet = Sheet(recorded, recorded, "", row.person.version, {}, fresh_key())
    else:
        sheet = Sheet(dict(kept.typed), dict(kept.base), kept.reason, kept.expected, {}, fresh_key())
    merged = merge(sheet.typed, sheet.base, recorded, {}) if kept else Merged(recorded, ())
    return _page(request, row, sheet, merged, kept=kept)


def _again(request: HttpRequest, row: Row, sheet: Sheet) -> HttpResponse:
    """The page with a field changed at its person's wish; the draft remembers it."""
    kept = _keep(row, sheet)
    merged = merge(sheet.typed, sheet.base, row.recorded(), sheet.chosen)
    return _page(request, row, sheet, merged, kept=kept)


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
    context = _context(request, row, sheet, merged, kept=kept)
    return render(request, "server/pages/form_live.html", context)


def _save(request: HttpRequest, row: Row, sheet: Sheet) -> HttpResponse:
    """Save it, unless somebody else changed the same item meanwhile."""
    merged = merge(sheet.typed, sheet.base, row.recorded(), sheet.chosen)
    if merged.clashes:
        _keep(row, sheet)
        return _page(request, row, sheet, merged, status=409)
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
        return _page(request, latest, sheet, merged, refused=refusal.findings, status=422)
    return redirect(f"{row.address}?saved=1")


# --- what the page shows -----------------------------------------------------------------------------------


def _page(
    request: HttpRequest,
    row: Row,
    sheet: Sheet,
    merged: Merged,
    *,
    kept: drafts.Kept | None = None,
    refused: tuple[Finding, ...] = (),
    status: int = 200,
) -> HttpResponse:
    context = _context(request, row, sheet, merged, kept=kept, refused=refused)
    return render(request, "server/pages/form.html", context, status=status)


def _context(
    request: HttpRequest,
    row: Row,
    sheet: Sheet,
    merged: Merged,
    *,
    kept: drafts.Kept | None = None,
    refused: tuple[Finding, ...] = (),
) -> dict[str, Any]:
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
