"""What the study's definition of response does to virtual participants: the rehearsal's model, person by person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from trialist.design.definition import Definition
from trialist.population import Contact, Course, Model, Person, stream
from trialist.protocol import Protocol

TRANSFUSION_DISTURBS_DAYS = 7


@dataclass(frozen=True, slots=True)
class Outcome:
    """One person on one arm: the baseline, the endpoint's count (None: missing), and what made it void."""

    baseline: int
    count: int | None
    left: bool
    rescued: bool


@dataclass(frozen=True)
class Crowd:
    """Eligible virtual people, the same on every arm."""

    protocol: Protocol
    model: Model
    people: tuple[Person, ...]

    @classmethod
    def gather(cls, protocol: Protocol, model: Model, number: int, seed: int) -> Crowd:
        """The first `number` people of the seed whose screening and baseline counts lie in the range of entry."""
        low, high = map(int, model["screening.referral_counts"])
        people: list[Person] = []
        ordinal = 0
        while len(people) < number:
            person = Person.draw(model, ordinal, stream(seed, f"design {ordinal}"))
            ordinal += 1
            if low <= person.screening_count <= high and low <= person.baseline_count <= high:
                people.append(person)
        return cls(protocol, model, tuple(people))

    def outcomes(self, arm: str, time: str) -> Iterator[Outcome]:
        """What each of them comes to on `arm` at a named time of the schedule."""
        window = self.protocol.schedule.times[time]
        for person in self.people:
            course = Course.follow(person, arm, self.model)
            chosen = _chosen(course, person, window, self._visits(window.visits))
            yield Outcome(
                baseline=person.baseline_count,
                count=None if chosen is None else chosen.platelets,
                left=course.departure is not None,
                rescued=course.rescue is not None,
            )

    def _visits(self, named: tuple[str, ...]) -> frozenset[str]:
        """The visits that a named time reads, as courses call them: the confirmation has no name there."""
        planned = {plan.visit for plan in self.model.plan}
        if not named:
            return frozenset({*planned, ""})
        return frozenset(visit if visit in planned else "" for visit in named)


def _chosen(course: Course, person: Person, window: Any, visits: frozenset[str]) -> Contact | None:
    """The contact whose count is read: in the window, closest to its target, the later on a tie."""
    fit = [
        contact
        for contact in course.contacts
        if contact.visit in visits
        and window.from_day <= contact.day <= window.to_day
        and not (contact.missed or contact.clumped or _disturbed(person, contact.day))
    ]
    target = window.to_day if window.target is None else window.target
    return min(fit, key=lambda contact: (abs(contact.day - target), -contact.day), default=None)


def _disturbed(person: Person, day: int) -> bool:
    given = person.transfusion_day
    return given is not None and 0 <= day - given <= TRANSFUSION_DISTURBS_DAYS


def described(definition: Definition, crowd: Crowd, arms: tuple[str, str], time: str) -> dict[str, Any]:
    """What the definition does to these people, as shares."""
    entrants = [person.baseline_count for person in crowd.people]
    first = definition.baselines[0]
    return {
        "scenario": crowd.model.scenario,
        "people": len(entrants),
        "reachable": {
            name: _share(baseline in set(definition.reachable(name)) for baseline in entrants)
            for name in definition.responds
        },
        "strata": {
            name: _share(definition.stratum[baseline - first] == place for baseline in entrants)
            for place, name in enumerate(definition.strata)
        },
        "arms": {arm: _arm(definition, list(crowd.outcomes(arm, time))) for arm in arms},
    }


def _arm(definition: Definition, outcomes: list[Outcome]) -> dict[str, float]:
    """Shares of one arm: each endpoint as the estimand counts it, and why there is no response."""
    first, holes = definition.baselines[0], set(definition.holes())

    def meets(name: str, one: Outcome) -> bool:
        void = one.count is None or one.left or one.rescued
        return not void and bool(definition.responds[name][one.baseline - first, one.count])

    return {
        **{name: _share(meets(name, one) for one in outcomes) for name in definition.responds},
        "left": _share(one.left for one in outcomes),
        "rescued": _share(one.rescued and not one.left for one in outcomes),
        "missing": _share(one.count is None and not one.left and not one.rescued for one in outcomes),
        "in_hole": _share((one.baseline, one.count) in holes for one in outcomes),
    }


def _share(hits: Any) -> float:
    found = [bool(one) for one in hits]
    return sum(found) / len(found)
