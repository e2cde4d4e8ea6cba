"""What happened to a participant: one page that leads to a small sheet for every kind of happening.

A sheet is shown at its own address. GET shows it, POST records it: a refusal stands at its field (422) with
everything that was typed, and a second click finds it recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from trialist.conduct.calendar import moment
from trialist.conduct.commands import Consent, RecordVisit, Sign
from trialist.conduct.state import ParticipantState
from trialist.findings import Finding, Language, Refusal
from trialist.server import plan, words
from trialist.server.access import Here, acts, page
from trialist.server.milestones import milestones
from trialist.server.views.common import fresh_key, moment_of, said_at, typed_now
from trialist.server.views.happenings import PARTS, SHEETS, Field, Part, Sheet, why_not
from trialist.server.views.participants import TONES, status_words

_FEW = 4
"""So many choices stand one below the other; more fold into a list."""
_SHORT = 60
"""So many characters of a criterion stand in a list."""


# --- the page ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Way:
    """Where something is written down: its part of the page, its name, its address, and why not now."""

    part: Part
    name: str
    address: str
    why_not: str | None
    sheet: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A way in words."""

    title: str
    said: str
    why_not: str
    way: Way

    @classmethod
    def of(cls, way: Way, language: Language) -> Line:
        """The way in one reader's words."""
        closed = way.why_not in ("why_locked", "why_frozen")  # said once, above
        why = words.say("why_is_closed" if closed else way.why_not, language) if way.why_not else ""
        return cls(words.say(f"{way.name}_sheet", language), words.say(f"{way.name}_say", language), why, way)


@page("course")
@require_GET
def course(request: HttpRequest, participant: str) -> HttpResponse:
    """What may be written down of a participant by this reader, and what has happened so far."""
    here: Here = request.here
    person, language = here.participant(participant), request.language
    done = {one.name: one for one in SHEETS}.get(request.GET.get("done", ""))
    context = {
        "person": person,
        "tone": TONES.get(person.status, "idle"),
        "status": status_words(here, person, language),
        "parts": _parts(here, person, language),
        "closed": _closed(here, person),
        "so_far": milestones(here, person, language),
        "done": words.say(f"{done.name}_sheet", language) if done else "",
        "reads_history": here.opens("history"),
    }
    return render(request, "server/pages/course.html", context)


def _closed(here: Here, person: ParticipantState) -> str:
    """Why most sheets are closed at once, as the key of words; empty where they are open."""
    locked = here.workplace.desk.study().locked is not None
    return "why_locked" if locked else "why_frozen" if person.frozen else ""


def _parts(here: Here, person: ParticipantState, language: Language) -> list[tuple[str, list[Line]]]:
    """What this reader may write down, by part, under its title."""
    locked = here.workplace.desk.study().locked is not None
    lines = [*_sheets(here, person, locked=locked), *_elsewhere(here, person, locked=locked)]
    return [
        (words.say(f"part_{part}", language), [Line.of(one, language) for one in lines if one.part == part])
        for part in PARTS
        if any(one.part == part for one in lines)
    ]


def _sheets(here: Here, person: ParticipantState, *, locked: bool) -> Iterator[Way]:
    """The sheets of this role; that of screening only while there is one."""
    for sheet in SHEETS:
        why = why_not(sheet, person, locked=locked)
        if here.may(sheet.command) and not (why is not None and sheet.part == "screening"):
            yield Way(sheet.part, sheet.name, _address(sheet, person), why, sheet=True)


def _elsewhere(here: Here, person: ParticipantState, *, locked: bool) -> Iterator[Way]:
    """What has a page of its own: another screening, an unscheduled visit, a signature, a code break."""
    closed = "why_locked" if locked else "why_frozen" if person.frozen else None
    again = person.status == "screen_failed" and person.rescreened is None and person.previous is None
    if here.may(Consent) and again:
        yield Way("screening", "rescreen", f"{reverse('consent')}?previous={person.id}", closed)
    unscheduled = plan.next_unscheduled(person, here.protocol)
    if here.may(RecordVisit) and unscheduled is not None:
        why = closed or ("why_left" if person.ended else None)
        yield Way("visits", "unscheduled", reverse("visit", args=[person.id, *unscheduled]), why)
    if here.may(Sign):
        why = "why_locked" if locked else "why_signed" if person.signature else None
        yield Way("record", "sign", f"{reverse('participant', args=[person.id])}#sign", why)
    if here.opens("emergency"):
        why = None if person.allocation else "why_not_randomized"
        yield Way("emergency", "emergency", f"{reverse('emergency')}?from={person.id}", why)


def _address(sheet: Sheet, person: ParticipantState) -> str:
    return str(reverse(f"course-{sheet.name}", args=[person.id]))


# --- a sheet -----------------------------------------------------------------------------------------------


def view_of(sheet: Sheet) -> Callable[..., HttpResponse]:
    """The view of one sheet, for the roles that may give its command."""

    @acts(sheet.command)
    @require_http_methods(["GET", "POST"])
    def view(request: HttpRequest, participant: str) -> HttpResponse:
        person = request.here.participant(participant)
        if request.method == "GET":
            return _show(request, sheet, person, _first(request, sheet, person))
        return _record(request, sheet, person)

    return view


def _first(request: HttpRequest, sheet: Sheet, person: ParticipantState) -> dict[str, str]:
    """What the fields hold at first: now, and what a link to this sheet suggests."""
    typed = {one.name: request.GET.get(one.name, "") if one.takes == "choice" else "" for one in sheet.fields}
    return typed | {
        one.name: typed_now(request.here, person.site) for one in sheet.fields if one.takes == "moment"
    }


def _record(request: HttpRequest, sheet: Sheet, person: ParticipantState) -> HttpResponse:
    here: Here = request.here
    typed = {one.name: request.POST.get(one.name, "") for one in sheet.fields}
    meant = {name: value.strip() for name, value in typed.items()}
    if "effective" in meant:
        meant["effective"] = moment_of(here, person.site, meant["effective"])
    wrong = {one.name: why for one in sheet.fields if (why := _unusable(here, sheet, one, meant[one.name]))}
    if wrong:
        said = {name: [words.say(key, request.language)] for name, key in wrong.items()}
        return _show(request, sheet, person, typed, said=said, status=422)
    try:
        here.act(sheet.act(person.id, meant), key=request.POST.get("key", ""))
    except Refusal as refusal:
        return _show(request, sheet, person, typed, refused=refusal.findings, status=422)
    return redirect(f"{reverse('course', args=[person.id])}?done={sheet.name}")


def _unusable(here: Here, sheet: Sheet, field: Field, meant: str) -> str | None:
    """Why a field says nothing, as the key of words; whether what it says can be is the desk's to judge."""
    if field.takes == "choice":
        return None if meant in sheet.choices(field, here.protocol) else "choose_one"
    if field.takes == "words":
        return None if meant or field.optional else "write_why"
    try:
        moment(meant, "UTC")
    except ValueError:
        return "when_needed"
    return None


def _show(
    request: HttpRequest,
    sheet: Sheet,
    person: ParticipantState,
    typed: Mapping[str, str],
    *,
    said: Mapping[str, list[str]] | None = None,
    refused: tuple[Finding, ...] = (),
    status: int = 200,
) -> HttpResponse:
    here, language = request.here, request.language
    names = {one.name for one in sheet.fields}
    at_fields = said or {
        name: said_at(refused, name, words.say(f"field_{name}", language), language) for name in names
    }
    locked = here.workplace.desk.study().locked is not None
    context = {
        "person": person,
        "title": words.say(f"{sheet.name}_sheet", language),
        "say": words.say(f"{sheet.name}_say", language),
        "then": words.say(f"{sheet.name}_then", language),
        "press": words.say(f"{sheet.name}_press", language, participant=person.id),
        "heavy": sheet.part == "leaving" and sheet.name != "complete",
        "fields": [
            _field(here, sheet, one, language)
            | {"typed": typed[one.name], "said": at_fields.get(one.name, ())}
            for one in sheet.fields
        ],
        "findings": [one for one in refused if one.path not in names],
        "why_not": _why_not(sheet, person, language, locked=locked) if not refused and not said else "",
        "address": _address(sheet, person),
        "key": fresh_key(),
    }
    return render(request, "server/pages/sheet.html", context, status=status)


def _why_not(sheet: Sheet, person: ParticipantState, language: Language, *, locked: bool) -> str:
    why = why_not(sheet, person, locked=locked)
    return words.say(why, language) if why else ""


def _field(here: Here, sheet: Sheet, field: Field, language: Language) -> dict[str, Any]:
    """A field: its label, its hint, and its choices in words; many of them fold into a list."""
    choices = [(one, _choice(here, field, one, language)) for one in sheet.choices(field, here.protocol)]
    hint = "field_effective_hint" if field.takes == "moment" else "field_optional" if field.optional else ""
    return {
        "name": field.name,
        "label": words.say(f"field_{field.name}", language),
        "hint": words.say(hint, language) if hint else "",
        "takes": "list" if len(choices) > _FEW else field.takes,
        "choices": choices,
    }


def _choice(here: Here, field: Field, code: str, language: Language) -> str:
    """A choice in words; a criterion by its id and the protocol's own."""
    criterion = here.protocol.eligibility.get(code)
    if criterion is not None:
        text = criterion.text.say(language)
        return f"{code} · {text if len(text) <= _SHORT else text[: _SHORT - 1] + '…'}"
    prefix = {"category": "deviation", "reason": "reason"}.get(field.name, "choice")
    said = words.say(f"{prefix}_{code}", language)
    return said[:1].upper() + said[1:]
