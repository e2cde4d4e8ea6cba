"""`evolve`: the state after one event. Total: a kind that it does not know changes nothing."""

# ruff: noqa: ARG001, ARG005 - the folds of one table share one signature

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from trialist.conduct.commands import Sealed
from trialist.conduct.state import (
    Allocation,
    Appointment,
    CodeBreak,
    Deviation,
    Dispensed,
    Eligibility,
    FormKey,
    FormRecord,
    Happened,
    ParticipantState,
    Query,
    Request,
    Signature,
    SiteState,
    StudyState,
    VisitRecord,
)

Payload = Mapping[str, Any]
State = TypeVar("State", ParticipantState, StudyState)


class Place(NamedTuple):
    """Who recorded an event, when, and where it stands."""

    at: datetime
    actor: str
    seq: int


def evolve(  # noqa: PLR0917 - an event's parts in the order of its columns
    state: State, kind: str, schema: int, payload: Payload, at: datetime, actor: str, seq: int, version: int
) -> State:
    """The state after the event.

    `payload` may hold sealed values opened, still wrapped, or as bare commitments (where the value was
    erased or is not for this reader); a bare commitment reads as a value that is there and not known.
    `schema` is 1 for every kind.
    """
    place = Place(at, actor, seq)
    if isinstance(state, StudyState):
        return _study(state, kind, payload, place, version)
    fold = PARTICIPANT_FOLDS.get(kind)
    changes = {} if fold is None else fold(state, payload, place)
    return state.moved_on({**changes, "version": version})


def _study(state: StudyState, kind: str, payload: Payload, place: Place, version: int) -> StudyState:
    if kind in SITE_FOLDS:
        site = payload["site"]
        at_site = SITE_FOLDS[kind](state.sites.get(site, SiteState()), place.at.isoformat())
        return replace(state, sites={**state.sites, site: replace(at_site, version=version)})
    fold = STUDY_FOLDS.get(kind)
    return replace(state, version=version, **({} if fold is None else fold(state, payload, place)))


# --- the study ---------------------------------------------------------------------------------------------


def _opened(state: StudyState, payload: Payload, place: Place) -> Payload:
    return {"id": payload["study"], "mode": payload["mode"]}


def _activated(state: StudyState, payload: Payload, place: Place) -> Payload:
    return {"protocol": payload["hash"], "protocol_version": payload["version"]}


def _appointed(state: StudyState, payload: Payload, place: Place) -> Payload:
    line = Appointment(payload["appointed"], tuple(payload["sites"]), payload["start"], payload.get("end"))
    person = payload["person"]
    lines = state.people.get(person, ())
    return {"people": {**state.people, person: restated(lines, line)}}


def restated(lines: tuple[Appointment, ...], line: Appointment) -> tuple[Appointment, ...]:
    """A person's lines with one more; the same role, sites and start stand for the line that was there."""
    same = [(one.role, one.sites, one.start) == (line.role, line.sites, line.start) for one in lines]
    if any(same):
        return tuple(line if here else one for one, here in zip(lines, same, strict=True))
    return (*lines, line)


SITE_FOLDS: Mapping[str, Callable[[SiteState, str], SiteState]] = {
    "site opened": lambda site, at: replace(site, opened=at, closed=None),
    "site closed": lambda site, at: replace(site, closed=at),
}


STUDY_FOLDS: Mapping[str, Callable[[StudyState, Payload, Place], Payload]] = {
    "study opened": _opened,
    "protocol activated": _activated,
    "allocation sealed": lambda state, payload, place: {"commitment": payload["commitment"]},
    "person appointed": _appointed,
    "enrollment paused": lambda state, payload, place: {
        "paused": None if payload["resume"] else place.at.isoformat()
    },
    "study locked": lambda state, payload, place: {"locked": place.at.isoformat()},
    "allocation opened": lambda state, payload, place: {"opening": tuple(payload["keys"])},
}


# --- a participant -----------------------------------------------------------------------------------------


def _key(payload: Payload) -> FormKey:
    return FormKey(payload["visit"], payload["occurrence"], payload["form"], payload["row"])


def opened(value: Any) -> Any:
    """A value that may still be wrapped: what is inside."""
    return value.value if isinstance(value, Sealed) else value


def words(value: Any) -> str | None:
    """Sealed words, or None where only their commitment is left."""
    inner = opened(value)
    return inner if isinstance(inner, str) else None


def _changed(state: ParticipantState, place: Place) -> Payload:
    """A change of the record: a signature over what it was is superseded, and kept."""
    if state.signature is None:
        return {}
    return {
        "signatures": tuple(
            one if one.superseded is not None else replace(one, superseded=place.seq)
            for one in state.signatures
        )
    }


def _consented(state: ParticipantState, payload: Payload, place: Place) -> Payload:
    return {
        "site": payload["site"],
        "consented": payload["effective"],
        "previous": payload.get("previous"),
    }


def _visited(state: ParticipantState, payload: Payload, place: Place) -> Payload:
    record = VisitRecord(payload["effective"], payload.get("day"), payload.get("in_window"))
    return {
        "visits": {**state.visits, (payload["visit"], payload["occurrence"]): record},
        **_changed(state, place),
    }


def _missed(state: ParticipantState, payload: Payload, place: Place) -> Payload:
    record = VisitRecord(missed=words(payload["reason"]) or "")
    return {"visits": {**state.visits, (payload["visit"], 1): record}, **_changed(state, place)}


def _saved(state: ParticipantState, payload: Payload, place: Place) -> Payload:
    key = _key(payload)
    before = state.forms.get(key)
    items = {} if before is None else dict(before.items)
    seqs = {} if before is None else dict(before.seqs)
    for item, entry in payload["items"].items():
        _put(items, seqs, item, entry, place.seq)
    missing = dict(state.missing)
    missing.pop(key, None)
    if payload["missing"]:
        missing[key] = tuple(payload["missing"])
    return {
        "forms": {**state.forms, key: FormRecord(payload["effective"], items, seqs)},
        "missing": missing,
        **_changed(state, place),
    }


def _corrected(state: ParticipantState, payload: Payload, place: Place) -> Payload:
    key = _key(payload)
    before = state.forms.get(key) or FormRecord("", {}, {})
    items, seqs = dict(before.items), dict(before.seqs)
    _put(items, seqs, payload["item"], payload["entry"], place.seq)
    missing = dict(state.missing)
    missing.pop(key, None)
    if payload.get("missing"):
        missing[key] = tuple(payload["missing"])
    return {
        "forms": {**state.forms, key: FormRecord(before.effective, items, seqs)},
        "missing": missing,
        **_changed(state, place),
    }


def _put(items: dict[str, Any], seqs: dict[str, int], item: str, entry: Any, seq: int) -> None:
    record = opened(entry)
    seqs[item] = seq
    if record:
        items[item] = record
    else:
        items.pop(item, None)


def _queried(state: ParticipantState, payload: Payload, place: Place) -> Payload:
    query = Query(
        id=payload["query"],
        place=_key(payload),
        item=payload["item"],
        text=opened(payload["text"]),
        check=payload.get("check"),
        by=payload.get("by", "system"),
    )
    return {"queries": {**state.queries, query.id: query}}


def _query_to(status: str) -> Callable[[ParticipantState, Payload, Place], Payload]:
    def fold(state: ParticipantState, payload: Payload, place: Place) -> Payload:
        query = state.queries.get(payload["query"])
        if query is None:
            return {}
        return {"queries": {**state.queries, query.id: replace(query, status=status)}}  # type: ignore[arg-type]  # the table below names the two

    return fold


def _failed(state: ParticipantState, payload: Payload, place: Place) -> Payload:
    return {"screening_failed": Happened(payload["effective"], payload["reason"]), **_changed(state, place)}


def _eligible(state: ParticipantState, payload: Payload, place: Place) -> Payload:
    return {
        "eligibility": Eligibility(payload["effective"], payload["index"], payload["criteria"], place.actor)
    }


def _requested(state: ParticipantState, payload: Payload, place: Place) -> Payload:
    return {"request": Request(payload["effective"], payload["stratum"], place.at, place.seq)}


def _randomized(state: ParticipantState, payload: Payload, place: Place) -> Payload:
    allocation = Allocation(payload["stratum"], payload["ordinal"], payload["kit"], payload["effective"])
    return {"allocation": allocation, **_changed(state, place)}


def _dispensed(state: ParticipantState, payload: Payload, place: Place) -> Payload:
    handed = Dispensed(
        payload["visit"], payload["kit"], payload["packs"], payload["units"], payload["effective"]
    )
    return {"dispensed": (*state.dispensed, handed), **_changed(state, place)}


def _once(field: str, reason: str | None = None) -> Callable[[ParticipantState, Payload, Place], Payload]:
    def fold(state: ParticipantState, payload: Payload, place: Place) -> Payload:
        why = None if reason is None else words(payload.get(reason))
        return {field: Happened(payload["effective"], why), **_changed(state, place)}

    return fold


def _restarted(state: ParticipantState, payload: Payload, place: Place) -> Payload:
    return {"held": None, **_changed(state, place)}


def _deviated(state: ParticipantState, payload: Payload, place: Place) -> Payload:
    deviation = Deviation(
        payload["category"], payload["grade"], payload["effective"], place.actor == "system"
    )
    return {"deviations": (*state.deviations, deviation)}


def _signed(state: ParticipantState, payload: Payload, place: Place) -> Payload:
    signature = Signature(
        place.actor, payload["name"], payload["meaning"], place.at, payload["over"], place.seq
    )
    return {"signatures": (*state.signatures, signature)}


def _broken(state: ParticipantState, payload: Payload, place: Place) -> Payload:
    broken = CodeBreak(payload["effective"], payload["revealed_to"])
    return {"code_breaks": (*state.code_breaks, broken)}


PARTICIPANT_FOLDS: Mapping[str, Callable[[ParticipantState, Payload, Place], Payload]] = {
    "consented": _consented,
    "rescreened": lambda state, payload, place: {"rescreened": payload["to"]},
    "visit recorded": _visited,
    "visit missed": _missed,
    "form saved": _saved,
    "value corrected": _corrected,
    "screening failed": _failed,
    "eligibility signed": _eligible,
    "randomization requested": _requested,
    "randomized": _randomized,
    "kit dispensed": _dispensed,
    "dose held": _once("held", "reason"),
    "dose restarted": _restarted,
    "treatment ended": _once("treatment_ended", "reason"),
    "query opened": _queried,
    "query answered": _query_to("answered"),
    "query closed": _query_to("closed"),
    "deviation recorded": _deviated,
    "signed": _signed,
    "code broken": _broken,
    "consent withdrawn": _once("withdrawn", "scope"),
    "lost to follow-up": _once("lost"),
    "died": _once("died", "cause"),
    "study completed": _once("completed"),
    "frozen": lambda state, payload, place: {"frozen": not payload["thaw"]},
}
