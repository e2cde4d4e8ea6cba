"""Queries: the list, a thread, and the three acts: ask, answer, close."""

from __future__ import annotations

import re
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from trialist.conduct import messages
from trialist.conduct.commands import AnswerQuery, CloseQuery, Entry, OpenQuery
from trialist.conduct.intake import plausible
from trialist.conduct.state import FormKey, ParticipantState, Query
from trialist.conduct.tables import tables
from trialist.findings import Language, Refusal
from trialist.server import words
from trialist.server.access import Here, acts, page
from trialist.server.chronicle import own_words, place_words
from trialist.server.forms import foresight
from trialist.server.forms.fields import shown
from trialist.server.sight import sees_form, sees_item
from trialist.server.views import errors
from trialist.server.views.common import fresh_key

_CHECK = re.compile(r"([a-z][a-z0-9_]*)\.checks\[([0-9]+)\]")


def asked(here: Here, person: ParticipantState, query: Query, language: Language) -> str:
    """The question in words: a person's own, or those of the check that asked."""
    if query.check is None:
        return (
            own_words(here, query.text, language)
            if isinstance(query.text, str)
            else words.say("value_erased", language)
        )
    protocol = here.protocol
    found = _CHECK.fullmatch(query.check)
    owner = (protocol.items.get(found[1]) or protocol.forms.get(found[1])) if found else None
    if found and owner is not None and int(found[2]) < len(owner.checks):
        return owner.checks[int(found[2])].say.say(language)
    return _of_the_gate(here, person, query, language)


def _of_the_gate(here: Here, person: ParticipantState, query: Query, language: Language) -> str:
    """What the gate asked: about a value that was confirmed, or a formula that failed."""
    label = here.protocol.items[query.item].label.say(language)
    row = person.forms.get(query.place)
    record = {} if row is None else row.items.get(query.item, {})
    if query.check == f"{query.item}.plausible":
        if "value" not in record:
            return words.say("query_plausible_gone", language, item=label)
        gate = tables(here.protocol).forms[query.place.form].gates[query.item]
        fields = plausible(gate, Entry(**record))  # type: ignore[arg-type]  # a record is an entry's parts
        finding = messages.finding("query.plausible", **fields)
    else:
        finding = messages.finding("query.rule_error", check=query.check, error="formula")
    return foresight.words(finding, here.protocol, language)


def thread(here: Here, person: ParticipantState, query: Query, language: Language) -> dict[str, Any]:
    """A query with everything said, and who is next."""
    said = []
    ledger = here.workplace.ledger
    for event in ledger.events(f"participant/{person.id}"):
        if event.kind.startswith("query ") and event.payload.get("query") == query.id:
            payload = ledger.disclosed(event)
            text = payload["text"] if event.kind != "query opened" else asked(here, person, query, language)
            said.append(
                {
                    "by": _by(event.actor, event.role, language),
                    "at": here.workplace.local(person.site, event.at),
                    "text": own_words(here, text, language)
                    if isinstance(text, str)
                    else words.say("value_erased", language),
                }
            )
    site_next = query.status == "open"
    return {
        "query": query,
        "person": person,
        "where": place_words(here, query.place, language, item=query.item),
        "label": here.protocol.items[query.item].label,
        "address": address_of(person, query),
        "said": said,
        "value": shown(here, query.item, _record(person, query), language),
        "next": ""
        if query.status == "closed"
        else words.say("next_site" if site_next else "next_dm", language),
        "may_answer": query.status != "closed" and here.may(AnswerQuery),
        "may_close": query.status != "closed" and here.may(CloseQuery),
        "key": fresh_key(),
    }


def _record(person: ParticipantState, query: Query) -> Any:
    row = person.forms.get(query.place)
    return {} if row is None else row.items.get(query.item, {})


def _by(actor: str, role: str, language: Language) -> str:
    if role == "system" or actor == "system":
        return words.say("by_check", language)
    return words.say(f"role_{role}", language)


def address_of(person: ParticipantState, query: Query) -> str:
    """The row that a query stands at."""
    key = query.place
    if key.visit is None:
        return reverse("log", args=[person.id, key.form, key.row])
    return reverse("form", args=[person.id, key.visit, key.occurrence, key.form, key.row])


def seen(here: Here, query: Query) -> bool:
    """Whether this role sees the query's item."""
    known = query.place.form in here.protocol.forms and query.item in here.protocol.items
    return known and sees_form(here, query.place.form) and sees_item(here, here.protocol.items[query.item])


def listed(here: Here, language: Language, status: str | None = None) -> list[dict[str, Any]]:
    """The open queries of everyone in scope, oldest first; `status` narrows."""
    return [
        {
            "query": query,
            "person": person,
            "text": asked(here, person, query, language),
            "where": place_words(here, query.place, language, item=query.item),
            "address": f"{address_of(person, query)}#query-{query.id}",
            "automatic": query.by == "system",
        }
        for person in here.participants()
        for query in person.open_queries
        if seen(here, query) and status in (None, query.status)
    ]


@page("queries")
@require_GET
def queries(request: HttpRequest) -> HttpResponse:
    """Every open query in scope: those that wait for the site, those that wait for the data manager."""
    here: Here = request.here
    everything = listed(here, request.language)
    context = {
        "open": [one for one in everything if one["query"].status == "open"],
        "answered": [one for one in everything if one["query"].status == "answered"],
        "closes": here.may(CloseQuery),
        "answers": here.may(AnswerQuery),
    }
    return render(request, "server/pages/queries.html", context)


@acts(OpenQuery)
@require_POST
def ask(request: HttpRequest, participant: str) -> HttpResponse:
    """A question about a recorded value."""
    here: Here = request.here
    post, person = request.POST, here.participant(participant)
    place = _place(post.get("place", ""))
    item = post.get("item", "")
    if place is None or item not in here.protocol.items or not sees_item(here, here.protocol.items[item]):
        return errors.bad_request(request)
    command = OpenQuery(
        person.id,
        place.form,
        item,
        post.get("text", ""),
        visit=place.visit,
        occurrence=place.occurrence,
        row=place.row,
    )
    return _do(request, command, back=address_of(person, Query("", place, item, "")))


@acts(AnswerQuery, CloseQuery)
@require_POST
def reply(request: HttpRequest, participant: str, query: str) -> HttpResponse:
    """The site answers, or the data manager closes."""
    here: Here = request.here
    person = here.participant(participant)
    found = person.queries.get(query)
    if found is None or not seen(here, found):
        return errors.not_found(request)
    text = request.POST.get("text", "")
    command: AnswerQuery | CloseQuery = (
        CloseQuery(person.id, query, text)
        if request.POST.get("do") == "close"
        else AnswerQuery(person.id, query, text)
    )
    return _do(request, command, back=f"{address_of(person, found)}#query-{query}")


def _do(request: HttpRequest, command: Any, *, back: str) -> HttpResponse:
    """Record it; a refusal stands on a page with what was written still in its field."""
    try:
        request.here.act(command, key=request.POST.get("key", ""))
    except Refusal as refusal:
        context = {
            "findings": refusal.findings,
            "text": request.POST.get("text", ""),
            "fields": [
                (name, value)
                for name, value in request.POST.items()
                if name not in ("text", "csrfmiddlewaretoken")
            ],
            "action": request.path,
            "back": back,
        }
        return render(request, "server/pages/query_refused.html", context, status=422)
    return redirect(back)


def _place(text: str) -> FormKey | None:
    """`M1/1/hematology/1`; a log has no visit."""
    parts = text.split("/")
    if len(parts) != 4 or not (parts[1].isdigit() and parts[3].isdigit()):
        return None
    return FormKey(parts[0] or None, int(parts[1][:4]), parts[2], int(parts[3][:6]))
