"""Eligibility: what every criterion says of a participant today, what would decide it, sign-off, randomization."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from trialist.conduct.commands import FailScreening, RequestRandomization, SignEligibility
from trialist.conduct.eligibility import WORDS, lets_in
from trialist.conduct.state import ParticipantState
from trialist.criteria import Verdict
from trialist.criteria.steps import Note, undecided
from trialist.criteria.trace_words import say
from trialist.findings import Finding, Language, Refusal
from trialist.protocol.model import Criterion
from trialist.server import plan, words
from trialist.server.access import Here, acts, page
from trialist.server.views.common import fresh_key, local_now, password_given_again

ORDER = {"stop": 0, "unk": 1, "ok": 2}


@dataclass(frozen=True, slots=True)
class Judged:
    """One criterion as one reader sees it."""

    id: str
    criterion: Criterion
    tone: str
    verdict: str
    effect: str
    sentence: str
    trace: Mapping[str, Any]
    missing: Mapping[str, Note]


@page("eligibility")
@require_GET
def screening(request: HttpRequest) -> HttpResponse:
    """Everyone in screening, and how many criteria still stand open."""
    here: Here = request.here
    rows = []
    for person in here.participants():
        if person.status in ("screening", "eligible", "requested"):
            judged = judge(here, person, here.today(person.site), request.language)
            rows.append(
                {
                    "person": person,
                    "consented": plan.day_of(person.consented, person, here.protocol),
                    "stops": [one.id for one in judged if one.tone == "stop"],
                    "unknown": [one.id for one in judged if one.tone == "unk"],
                    "clear": sum(one.tone == "ok" for one in judged),
                }
            )
    return render(
        request, "server/pages/screening.html", {"rows": rows, "all": len(here.protocol.eligibility)}
    )


@page("eligibility")
@require_GET
def eligibility(request: HttpRequest, participant: str) -> HttpResponse:
    """Every criterion's verdict with its trace; what would decide what is open; the next act."""
    here: Here = request.here
    return render(request, "server/pages/eligibility.html", _context(request, here.participant(participant)))


def judge(here: Here, person: ParticipantState, index: date, language: Language) -> list[Judged]:
    """The criteria, what stops first, then what is unknown, then the rest in the protocol's order."""
    verdicts = here.workplace.desk.eligibility(person.id, index)
    judged = [_judged(here, name, verdict, language) for name, verdict in verdicts.items()]
    return sorted(judged, key=lambda one: ORDER[one.tone])


def _judged(here: Here, name: str, verdict: Verdict, language: Language) -> Judged:
    criterion = here.protocol.eligibility[name]
    said = WORDS[verdict.truth]
    enters = lets_in(criterion, said)
    tone = {True: "ok", False: "stop", None: "unk"}[enters]
    trace = verdict.trace.as_json(language)
    return Judged(
        id=name,
        criterion=criterion,
        tone=tone,
        verdict=words.say(f"verdict_{said}", language),
        effect=words.say(f"effect_{criterion.kind}_{said}", language),
        sentence=_sentence(trace, language),
        trace=trace,
        missing=_missing(verdict, language),
    )


def _missing(verdict: Verdict, language: Language) -> dict[str, Note]:
    """What would have to be known, each once in words."""
    dictionary = verdict.trace.dictionary
    notes = [note for step in undecided(verdict.trace.step) for note in step.missing]
    return {say(note, dictionary, language): note for note in notes}


def _sentence(trace: Mapping[str, Any], language: Language) -> str:
    """The rule, of a conjunction its parts, and the values that it was decided on."""
    heads = dict.fromkeys(_heads(trace))
    said = ("；" if language == "zh" else "; ").join(heads)
    values = list(dict.fromkeys(_values(trace)))[:MOST_VALUES]
    if values:
        said += ("（{}）" if language == "zh" else " ({})").format(
            ("、" if language == "zh" else ", ").join(values)
        )
    return said[:1].upper() + said[1:]


def _heads(trace: Mapping[str, Any]) -> Iterator[str]:
    """What a trace asks, through the words that only join."""
    if trace["words"] in _JOINS and "steps" in trace:
        for step in trace["steps"]:
            yield from _heads(step)
    else:
        yield str(trace["words"])


def _values(trace: Mapping[str, Any]) -> Iterator[str]:
    """Numbers that were read from a record, in the words of the trace."""
    if trace.get("used") and str(trace["value"])[:1].isdigit():
        yield str(trace["value"])
    for step in trace.get("steps", ()):
        yield from _values(step)


_JOINS = frozenset({"all of", "at least one of", "以下全部", "以下至少一项"})
MOST_VALUES = 4


def _context(request: HttpRequest, person: ParticipantState, **more: Any) -> dict[str, Any]:
    here: Here = request.here
    language = request.language
    today = here.today(person.site)
    zero = plan.anchor(person, here.protocol, "randomization")
    judged = judge(here, person, zero or today, language)
    tones = [one.tone for one in judged]
    settled = all(tone == "ok" for tone in tones)
    open_ = person.status in ("screening", "eligible")
    return {
        "person": person,
        "index": zero or today,
        "now": here.workplace.local(person.site),
        "version": here.protocol.study.version,
        "judged": judged,
        "hot": [one for one in judged if one.tone != "ok"],
        "clear": [one for one in judged if one.tone == "ok"],
        "stops": tones.count("stop"),
        "unknown": tones.count("unk"),
        "oks": tones.count("ok"),
        "settled": settled,
        "needs": _needs(here, person, judged),
        "signed": person.eligibility,
        "allocation": person.allocation,
        "open": open_,
        "over": not open_ and person.status != "requested",
        "may_sign": here.may(SignEligibility) and open_,
        "may_randomize": here.may(RequestRandomization) and (open_ or person.status == "requested"),
        "may_fail": here.may(FailScreening) and open_,
        "waits": [one.id for one in judged if one.tone != "ok"],
        "key": fresh_key(),
        "password_said": "",
        "failures": [(name, c.kind) for name, c in here.protocol.eligibility.items()],
        **more,
    }


def _needs(here: Here, person: ParticipantState, judged: list[Judged]) -> list[dict[str, Any]]:
    """What would decide each open criterion, and where that is entered."""
    return [
        {"id": one.id, "words": said[:1].upper() + said[1:], "address": _entered_at(here, person, note)}
        for one in judged
        if one.tone == "unk"
        for said, note in one.missing.items()
    ]


def _entered_at(here: Here, person: ParticipantState, note: Note) -> str:
    """The form that takes what is missing: by the analyte, the statement or the kind of record that it names."""
    wanted = set(map(str, note.fields.values()))
    screening = next(name for name, one in here.protocol.schedule.visits.items() if one.kind == "screening")
    forms = {name: here.protocol.forms[name] for name in here.protocol.schedule.visits[screening].forms}
    for name, form in forms.items():
        if form.log and form.record in (_LOG_OF.get(note.code), note.fields.get("kind")):
            return reverse(
                "log", args=[person.id, name, 1 + max(plan.rows_of(person, None, 1, name), default=0)]
            )
        items = (here.protocol.items[item] for item in form.items)
        if not form.log and any(wanted & {item.analyte, item.attestation} for item in items):
            row = 1 + max(plan.rows_of(person, screening, 1, name), default=0) if form.repeats else 1
            return reverse("form", args=[person.id, screening, 1, name, row])
    return reverse("visit", args=[person.id, screening, 1])


_LOG_OF = {
    "no_dose": "exposures", "exposure_start": "exposures", "exposure_end": "exposures", "exposure_both": "exposures",
    "change_days": "exposures", "condition_days": "conditions", "condition_open": "conditions",
}  # fmt: skip
"""Code of a note → the kind of records that it is about."""


def _again(request: HttpRequest, person: ParticipantState, **more: Any) -> HttpResponse:
    return render(request, "server/pages/eligibility.html", _context(request, person, **more), status=422)


def _here_again(person: ParticipantState) -> HttpResponse:
    return redirect("eligibility", person.id)


@acts(SignEligibility)
@require_POST
def sign(request: HttpRequest, participant: str) -> HttpResponse:
    """The investigator confirms, with the password again; a second click finds it signed."""
    here: Here = request.here
    person = here.participant(participant)
    if not password_given_again(request):
        return _again(request, person, password_said=words.say("sign_password_wrong", request.language))
    command = SignEligibility(person.id, local_now(here, person.site))
    try:
        here.act(command, key=request.POST.get("key", ""))
    except Refusal as refusal:
        return _after(request, person.id, refusal.findings, done=lambda one: one.eligibility is not None)
    return _here_again(person)


@acts(RequestRandomization)
@require_POST
def randomize(request: HttpRequest, participant: str) -> HttpResponse:
    """Once: a second click, or a second window, finds the kit that the first one got."""
    here: Here = request.here
    person = here.participant(participant)
    try:
        here.workplace.randomize(
            person.id,
            by=here.actor(person.site),
            effective=local_now(here, person.site),
            key=request.POST.get("key", ""),
        )
    except Refusal as refusal:
        return _after(request, person.id, refusal.findings, done=lambda one: one.allocation is not None)
    return _here_again(person)


def _after(request: HttpRequest, name: str, findings: tuple[Finding, ...], *, done: Any) -> HttpResponse:
    """After a refusal: if the act is done all the same, by a first click, there is nothing to complain of."""
    person = request.here.participant(name)
    repeated = {one.code for one in findings} & {"desk.key_reused", "randomization.once", "screening.over"}
    if repeated and done(person):
        return _here_again(person)
    return _again(request, person, findings=findings)


@acts(FailScreening)
@require_POST
def fail(request: HttpRequest, participant: str) -> HttpResponse:
    """The person does not enter."""
    here: Here = request.here
    person = here.participant(participant)
    command = FailScreening(person.id, request.POST.get("reason", ""), here.today(person.site).isoformat())
    try:
        here.act(command, key=request.POST.get("key", ""))
    except Refusal as refusal:
        return _after(request, person.id, refusal.findings, done=lambda one: one.screening_failed is not None)
    return redirect("participant", person.id)
