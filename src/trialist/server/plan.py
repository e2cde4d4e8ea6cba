"""Where a participant stands in the schedule: each visit's target day, its window, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from trialist.conduct.calendar import moment, target
from trialist.conduct.state import FormKey, ParticipantState, VisitRecord
from trialist.protocol import Protocol
from trialist.protocol.model import Visit

State = Literal["done", "missed", "overdue", "open", "coming", "waiting", "closed"]
FormState = Literal["none", "started", "complete"]


@dataclass(frozen=True, slots=True)
class Planned:
    """One visit of one participant.

    `waiting`: what it is counted from has not happened. `closed`: the participant left before it was due.
    `days_left` until the window closes.
    """

    participant: str
    visit: str
    occurrence: int
    model: Visit
    target: date | None
    first: date | None
    last: date | None
    record: VisitRecord | None
    day: date | None
    state: State
    days_left: int = 0


def day_of(text: str | None, person: ParticipantState, protocol: Protocol) -> date | None:
    """The site's day of something recorded."""
    return None if text is None else moment(text, protocol.sites[person.site].zone).day


def anchor(person: ParticipantState, protocol: Protocol, name: str) -> date | None:
    """The day that visits are counted from; None while there is none."""
    ended = person.treatment_ended
    text = {
        "consent": person.consented,
        "randomization": person.allocation.effective if person.allocation else None,
        "first_dose": person.first_dose,
        "last_dose": ended.effective if ended and person.first_dose else None,
    }.get(name)
    if text is None and (record := person.visits.get((name, 1))) is not None:
        text = record.effective
    return day_of(text, person, protocol)


def day_number(person: ParticipantState, protocol: Protocol, day: date) -> int | None:
    """The study day: days since randomization."""
    zero = anchor(person, protocol, "randomization")
    return None if zero is None else (day - zero).days


def plan(person: ParticipantState, protocol: Protocol, today: date) -> tuple[Planned, ...]:
    """Every visit in the order of the schedule; unscheduled ones as far as they took place, by their days."""
    planned = [
        _planned(person, protocol, name, model, today)
        for name, model in protocol.schedule.visits.items()
        if model.kind != "unscheduled"
    ]
    return tuple(planned) + tuple(_unscheduled(person, protocol))


def _planned(person: ParticipantState, protocol: Protocol, name: str, model: Visit, today: date) -> Planned:
    due = target(model, anchor(person, protocol, model.anchor))
    before, after = model.window or (0, 0)
    first = None if due is None else due - timedelta(days=before)
    last = None if due is None else due + timedelta(days=after)
    record = person.visits.get((name, 1))
    return Planned(
        participant=person.id,
        visit=name,
        occurrence=1,
        model=model,
        target=due,
        first=first,
        last=last,
        record=record,
        day=None if record is None else day_of(record.effective, person, protocol),
        state=_state(person, record, first, last, today),
        days_left=0 if last is None else (last - today).days,
    )


def _state(
    person: ParticipantState, record: VisitRecord | None, first: date | None, last: date | None, today: date
) -> State:
    if record is not None:
        return "missed" if record.missed is not None else "done"
    if person.ended:
        return "closed"
    if first is None or last is None:
        return "waiting"
    if today < first:
        return "coming"
    return "open" if today <= last else "overdue"


def _unscheduled(person: ParticipantState, protocol: Protocol) -> Iterator[Planned]:
    for (name, occurrence), record in sorted(person.visits.items(), key=lambda pair: pair[0][1]):
        model = protocol.schedule.visits[name]
        if model.kind == "unscheduled":
            day = day_of(record.effective, person, protocol)
            yield Planned(person.id, name, occurrence, model, day, day, day, record, day, "done")


def next_unscheduled(person: ParticipantState, protocol: Protocol) -> tuple[str, int] | None:
    """The unscheduled visit that would be the next, and its number; None where the schedule has none."""
    for name, model in protocol.schedule.visits.items():
        if model.kind == "unscheduled":
            return name, 1 + max((n for visit, n in person.visits if visit == name), default=0)
    return None


def form_state(person: ParticipantState, key: FormKey) -> FormState:
    """How far a row has come."""
    if key not in person.forms:
        return "none"
    return "started" if person.missing.get(key) else "complete"


def rows_of(person: ParticipantState, visit: str | None, occurrence: int, form: str) -> tuple[int, ...]:
    """The rows of a form that were saved at a place."""
    return tuple(sorted(key.row for key in person.forms if key[:3] == (visit, occurrence, form)))


def asked(protocol: Protocol, planned: Planned) -> tuple[str, ...]:
    """Forms filled in at a visit: not the participant's logs, nor what is entered later from stored samples."""
    return tuple(
        name for name in planned.model.forms if not (protocol.forms[name].log or protocol.forms[name].batch)
    )


def unfinished(person: ParticipantState, protocol: Protocol, planned: Planned) -> tuple[str, ...]:
    """Forms of a visit that took place and are not complete."""
    if planned.state != "done":
        return ()
    return tuple(
        name
        for name in asked(protocol, planned)
        if form_state(person, FormKey(planned.visit, planned.occurrence, name, 1)) != "complete"
    )
