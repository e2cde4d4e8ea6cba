"""What befalls a person on an arm: the arm chooses among draws that were made without it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, NamedTuple, Self

from trialist.population.model import Model
from trialist.population.person import Mishap, Person, Visit, count
from trialist.population.stream import chosen

Way = Literal["withdrawn_all", "withdrawn_visits", "lost", "died"]


class Contact(NamedTuple):
    """A visit that takes place or is missed, with what the laboratory finds on that day."""

    visit: str
    day: int
    missed: bool
    clumped: bool
    platelets: int
    ldl: float
    triglycerides: float
    u: tuple[float, ...]


class Event(NamedTuple):
    """An adverse event from its first day; `length` in days."""

    term: str
    day: int
    grade: int
    serious: bool
    length: int
    related: float


@dataclass(frozen=True, slots=True)
class Departure:
    """The participant leaves the study for good."""

    day: int
    way: Way


@dataclass(frozen=True, slots=True)
class Course:
    """A participant's time on study, in days from randomization (day 0 is the first dose).

    `contacts` end where the participant leaves; the confirmation follows the last planned visit where that
    took place. `titer_factor` is the change of antibody titers from day 0 to the last visit.
    """

    contacts: tuple[Contact, ...]
    departure: Departure | None
    stop_day: int | None
    rescue: tuple[int, str] | None
    rescue_count: int
    events: tuple[Event, ...]
    titer_factor: float

    @classmethod
    def follow(cls, person: Person, arm: str, model: Model) -> Self:
        """The course of `person` on `arm`."""
        rescued = person.u_rescue < model["scenario.rescue"][arm]
        rescue_day = person.rescue_day if rescued else None
        counts = _Counts(person, arm, model, rescue_day)
        events = tuple(_event(m) for m in person.mishaps if m.u < model[f"adverse_events.{m.term}"][arm])
        visits = (*person.visits, person.confirmation)
        contacts = tuple(_contact(person, visit, arm, model, counts.at(visit)) for visit in visits)
        departure = _departure(person, contacts[:-1], events, model)
        last = departure.day if departure else math.inf
        kept = tuple(contact for contact in contacts if contact.day < last)
        if not departure and contacts[-2].missed:
            kept = kept[:-1]
        stays = rescue_day is not None and rescue_day < last
        drug = chosen(person.u_rescue_drug, model["drugs.rescue_drugs"])
        return cls(
            contacts=kept,
            departure=departure,
            stop_day=person.stop_day if person.stop_day is not None and person.stop_day < last else None,
            rescue=(person.rescue_day, drug) if stays else None,
            rescue_count=counts.on(person.rescue_day, person.rescue_wander + person.rescue_error),
            events=tuple(event for event in events if event.day < last),
            titer_factor=model["antibodies.factor"][arm],
        )


class _Counts:
    """Platelet counts of one participant on one arm."""

    def __init__(self, person: Person, arm: str, model: Model, rescue_day: int | None) -> None:
        responds = person.u_responder < model["scenario.responder"][arm]
        month = model["platelets.month_days"]
        self._level = person.level
        self._effect = person.effect if responds else 0.0
        self._onset = model["platelets.onset_months"] * month
        self._offset = model["platelets.offset_months"] * month
        self._stop = person.stop_day
        self._rescue_day = rescue_day
        self._boost = model["drugs.rescue_boost"]
        self._boost_days = model["drugs.rescue_boost_months"] * month
        self._cap = model["platelets.cap"]
        self._clumped_factor = model["entry.clumped_factor"]

    def at(self, visit: Visit) -> int:
        true = self.on(visit.day, visit.wander + visit.error)
        return round(true * self._clumped_factor) if visit.clumped else true

    def on(self, day: int, noise: float) -> int:
        return count(self._level + self._gain(day) + self._lift(day) + noise, self._cap)

    def _gain(self, day: int) -> float:
        """The drug's effect on the log count: it builds up while taken and wanes afterwards."""
        if self._stop is None or day <= self._stop:
            return self._effect * (1 - math.exp(-day / self._onset))
        reached = self._effect * (1 - math.exp(-self._stop / self._onset))
        return reached * math.exp(-(day - self._stop) / self._offset)

    def _lift(self, day: int) -> float:
        """What a rescue adds for a while."""
        if self._rescue_day is None or day <= self._rescue_day:
            return 0.0
        return float(self._boost) * math.exp(-(day - self._rescue_day) / self._boost_days)


def _event(mishap: Mishap) -> Event:
    serious = mishap.term in {"serious", "thrombosis"}
    term = "infection" if mishap.term == "serious" else mishap.term
    return Event(term, mishap.day, mishap.grade, serious, mishap.length, mishap.related)


def _contact(person: Person, visit: Visit, arm: str, model: Model, platelets: int) -> Contact:
    built_up = 1 - math.exp(-visit.day / 30)
    rise = (model["lipids.ldl_rise"][arm] + person.ldl_change) * built_up
    factor = 1 + (model["lipids.triglycerides_factor"][arm] - 1) * built_up
    return Contact(
        visit=visit.visit,
        day=visit.day,
        missed=visit.missed,
        clumped=visit.clumped,
        platelets=platelets,
        ldl=max(0.6, (person.ldl + rise) * math.exp(visit.lipid_errors[0])),
        triglycerides=person.triglycerides * factor * math.exp(visit.lipid_errors[1]),
        u=visit.u,
    )


def _departure(
    person: Person, contacts: tuple[Contact, ...], events: tuple[Event, ...], model: Model
) -> Departure | None:
    """Leaving, interval by interval between visits; in an informative scenario likelier after bad news."""
    hazard = -math.log1p(-model["leaving.probability"]) / model["leaving.days"]
    since, last = 0, person.baseline_count
    for i, contact in enumerate(contacts):
        factor = _factor(person, since, last, events, model) if model.informative else 1.0
        if person.u_leave[i] < -math.expm1(-hazard * factor * (contact.day - since)):
            day = since + 1 + int(person.u_leave_day[i] * (contact.day - since))
            return Departure(day, chosen(person.u_leave_way, model["leaving.ways"]))  # type: ignore[arg-type]
        since = contact.day
        if not (contact.missed or contact.clumped):
            last = contact.platelets
    return None


def _factor(person: Person, since: int, last: int, events: tuple[Event, ...], model: Model) -> float:
    factor = 1.0
    if any(event.grade >= 2 and event.day <= since for event in events):
        factor *= model["scenario.dropout_factor_after_moderate_event"]
    if since and last < model["scenario.low_below_times_baseline"] * person.baseline_count:
        factor *= model["scenario.dropout_factor_when_low"]
    return factor
