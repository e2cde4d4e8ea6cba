"""The questions: what stands in the record, as the asking person's role may see it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from ninja import Query
from ninja.errors import AuthorizationError

from trialist.conduct.eligibility import WORDS, lets_in
from trialist.conduct.state import FormKey, ParticipantState
from trialist.ledger import Event
from trialist.server import sight
from trialist.server.access import Here
from trialist.server.api import shapes
from trialist.server.api.problems import UNANSWERED
from trialist.server.api.router import router
from trialist.server.views.queries import asked


def _at(request: HttpRequest, page: str) -> Here:
    """Who asks, when their role opens what the page of that name shows."""
    here: Here = request.here  # type: ignore[attr-defined]  # the guard sets it
    if not here.opens(page):
        raise AuthorizationError
    return here


@router.get(
    "/session", response={200: shapes.Session, **UNANSWERED}, operation_id="session", tags=["questions"]
)
def session(request: HttpRequest) -> shapes.Session:
    """Who is signed in; and the token that every act sends back."""
    here: Here = request.here  # type: ignore[attr-defined]  # the guard sets it
    return shapes.Session(
        person=here.person,
        role=here.role,
        roles=list(here.roles),
        sites=list(here.sites),
        language=here.language,
        csrf=get_token(request),
    )


@router.get("/study", response={200: shapes.Study, **UNANSWERED}, operation_id="study", tags=["questions"])
def study(request: HttpRequest) -> shapes.Study:
    """The study as it now stands, and the ledger's head."""
    here: Here = request.here  # type: ignore[attr-defined]  # the guard sets it
    state, head = here.workplace.desk.study(), here.workplace.ledger.head()
    return shapes.Study(
        id=state.id,
        version=state.protocol_version,
        protocol=state.protocol,
        mode=state.mode,
        simulated=state.mode == "rehearsal",
        locked=state.locked,
        opened=[name for name, site in sorted(state.sites.items()) if site.opened],
        commitment=state.commitment,
        head=shapes.Head(seq=head.seq, hash=head.hash),
    )


@router.get(
    "/study/file", response={200: dict[str, Any], **UNANSWERED}, operation_id="study-file", tags=["questions"]
)
def study_file(request: HttpRequest) -> HttpResponse:
    """The study file in force, as its canonical JSON: the very bytes whose hash the ledger holds."""
    here: Here = request.here  # type: ignore[attr-defined]  # the guard sets it
    return HttpResponse(here.protocol.text, content_type="application/json; charset=utf-8")


@router.get("/study/flow", response={200: shapes.Flow, **UNANSWERED}, operation_id="flow", tags=["questions"])
def flow(request: HttpRequest) -> shapes.Flow:
    """How many people are where, against the plan; pooled."""
    here = _at(request, "overview")
    everyone = here.workplace.desk.participants()
    randomized = [one for one in everyone if one.allocation is not None]
    by_site = Counter(one.site for one in randomized if one.site in here.sites)
    return shapes.Flow(
        planned=here.protocol.population.enrollment,
        consented=len(everyone),
        randomized=len(randomized),
        by_status=dict(sorted(Counter(one.status for one in everyone).items())),
        by_site=dict(sorted(by_site.items())),
    )


@router.get(
    "/participants",
    response={200: list[shapes.Card], **UNANSWERED},
    operation_id="participants",
    tags=["questions"],
)
def participants(request: HttpRequest) -> list[shapes.Card]:
    """Everyone in this person's scope, by number."""
    here = _at(request, "participants")
    return [shapes.Card(**_card(one)) for one in here.participants()]


@router.get(
    "/participants/{participant}",
    response={200: shapes.Participant, **UNANSWERED},
    operation_id="participant",
    tags=["questions"],
)
def participant(request: HttpRequest, participant: str) -> shapes.Participant:
    """One participant's record."""
    here = _at(request, "participant")
    one = here.participant(participant)
    allocation = one.allocation
    return shapes.Participant(
        **_card(one),
        consented=one.consented,
        previous=one.previous,
        rescreened=one.rescreened,
        randomized=allocation.effective if allocation else None,
        kit=allocation.kit if allocation else None,
        treatment_ended=one.treatment_ended.effective if one.treatment_ended else None,
        visits=_visits(one),
        forms=_forms(here, one),
        queries=_queries(here, one),
        dispensed=[
            shapes.Dispensed(visit=some.visit, kit=some.kit, packs=some.packs, effective=some.effective)
            for some in one.dispensed
        ],
    )


def _card(one: ParticipantState) -> dict[str, Any]:
    return {
        "id": one.id,
        "site": one.site,
        "version": one.version,
        "status": one.status,
        "signed": one.signature is not None,
        "frozen": one.frozen,
    }


def _visits(one: ParticipantState) -> list[shapes.Visit]:
    return [
        shapes.Visit(
            visit=name,
            occurrence=occurrence,
            effective=visit.effective,
            day=visit.day,
            in_window=visit.in_window,
            missed=visit.missed,
        )
        for (name, occurrence), visit in one.visits.items()
    ]


def _forms(here: Here, one: ParticipantState) -> list[shapes.Row]:
    return [
        shapes.Row(
            **_place(key),
            effective=form.effective,
            items={item: shapes.Record(**_seen(here, item, kept)) for item, kept in form.items.items()},
            missing=list(one.missing.get(key, ())),
        )
        for key, form in one.forms.items()
        if here.opens("visit") and sight.sees_form(here, key.form)
    ]


def _seen(here: Here, item: str, kept: Mapping[str, Any]) -> Mapping[str, Any]:
    """A record as this role sees it: that there is none is no secret; an erased value is withheld from all."""
    known = here.protocol.items.get(item)
    erased = "commitment" in kept
    if not kept or (known is not None and sight.sees_item(here, known) and not erased):
        return kept
    return {"withheld": True}


def _place(key: FormKey) -> dict[str, Any]:
    return {"form": key.form, "visit": key.visit, "occurrence": key.occurrence, "row": key.row}


def _queries(here: Here, one: ParticipantState) -> list[shapes.Query]:
    return [
        shapes.Query(
            id=query.id,
            **_place(query.place),
            item=query.item,
            words=asked(here, one, query, here.language),
            status=query.status,
            by=query.by,
        )
        for query in one.queries.values()
        if here.opens("queries") and sight.sees_item(here, here.protocol.items[query.item])
    ]


@router.get(
    "/participants/{participant}/eligibility",
    response={200: shapes.Eligibility, **UNANSWERED},
    operation_id="eligibility",
    tags=["questions"],
)
def eligibility(
    request: HttpRequest,
    participant: str,
    index: Annotated[date | None, Query(description="the day; today at the site where none is given")] = None,
) -> shapes.Eligibility:
    """Every criterion's verdict on a day, with its trace and what is missing."""
    here = _at(request, "eligibility")
    one = here.participant(participant)
    day = index or here.today(one.site)
    language = here.language
    verdicts = []
    for name, found in here.workplace.desk.eligibility(participant, day).items():
        criterion, verdict = here.protocol.eligibility[name], WORDS[found.truth]
        verdicts.append(
            shapes.Verdict(
                id=name,
                kind=criterion.kind,
                text=criterion.text.say(language),
                verdict=verdict,
                lets_in=lets_in(criterion, verdict),
                trace=found.trace.words(language),
                missing=list(found.trace.missing(language)) if verdict == "unknown" else [],
            )
        )
    return shapes.Eligibility(
        index=day.isoformat(), settled=all(one.lets_in is True for one in verdicts), criteria=verdicts
    )


@router.get(
    "/participants/{participant}/history",
    response={200: list[shapes.Step], **UNANSWERED},
    operation_id="history",
    tags=["questions"],
)
def history(request: HttpRequest, participant: str) -> list[shapes.Step]:
    """Every event of a participant's stream, oldest first."""
    here = _at(request, "history")
    one = here.participant(participant)
    return [_step(event) for event in here.workplace.ledger.events(f"participant/{one.id}")]


def _step(event: Event) -> shapes.Step:
    payload = event.payload
    return shapes.Step(
        seq=event.seq,
        version=event.version,
        at=event.at.isoformat(),
        actor=event.actor,
        role=event.role,
        kind=event.kind,
        place=_where(payload),
        items=_items(payload),
        reason=event.reason,
        hash=event.hash,
    )


def _where(payload: Mapping[str, Any]) -> str:
    if "form" in payload:
        return str(FormKey(payload["visit"], payload["occurrence"], payload["form"], payload["row"]))
    return str(payload.get("visit", ""))


def _items(payload: Mapping[str, Any]) -> list[str]:
    return [payload["item"]] if "item" in payload else list(payload.get("items", ()))
