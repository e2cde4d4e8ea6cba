"""What has happened to a participant so far, in a few lines: no value, no arm, the latest first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from trialist.conduct.state import Happened, ParticipantState
from trialist.findings import Language
from trialist.server import plan, words
from trialist.server.access import Here
from trialist.server.chronicle import listed_words, reason_words, visit_words


@dataclass(frozen=True, slots=True)
class Milestone:
    """One thing that happened: its day (None where a missed visit has none), what, and a quiet remark."""

    day: date | None
    what: str
    remark: str = ""


def milestones(here: Here, person: ParticipantState, language: Language) -> list[Milestone]:
    """Consent, randomization, the product, departures, code breaks and the ends, the latest first."""
    found = list(_Milestones(here, person, language).all())[::-1]
    return sorted(found, key=lambda one: one.day or date.min, reverse=True)


class _Milestones:
    def __init__(self, here: Here, person: ParticipantState, language: Language) -> None:
        self.here, self.person, self.language = here, person, language

    def all(self) -> Iterator[Milestone]:
        person = self.person
        yield self._of("consented", person.consented)
        if person.screening_failed is not None:
            yield self._happened("failed", person.screening_failed)
        if person.rescreened is not None:
            yield Milestone(None, words.say("so_rescreened", self.language, to=person.rescreened))
        if person.allocation is not None:
            yield self._of("randomized", person.allocation.effective)
        if person.first_dose is not None:
            yield self._of("first_dose", person.first_dose)
        for name in ("held", "treatment_ended", "withdrawn", "lost", "died", "completed"):
            happened: Happened | None = getattr(person, name)
            if happened is not None:
                yield self._happened(name, happened)
        yield from self._departures()

    def _departures(self) -> Iterator[Milestone]:
        for one in self.person.deviations:
            grade = listed_words("choice", one.grade, self.language)
            what = listed_words("deviation", one.category, self.language)
            remark = words.say("by_system", self.language) if one.by_system else ""
            yield self._of("deviation", one.effective, remark, grade=grade, what=what)
        for broken in self.person.code_breaks:
            yield self._of("code_broken", broken.effective, who=broken.revealed_to)
        for (visit, _), record in self.person.visits.items():
            if record.missed is not None:
                why = reason_words(self.here, record.missed, self.language)
                said = words.say(
                    "so_missed", self.language, visit=visit_words(self.here, visit, self.language), why=why
                )
                yield Milestone(None, said)

    def _happened(self, name: str, happened: Happened) -> Milestone:
        why = reason_words(self.here, happened.reason, self.language) or words.say("no_words", self.language)
        return self._of(name, happened.effective, why=why)

    def _of(self, name: str, effective: str | None, remark: str = "", **fields: str) -> Milestone:
        day = plan.day_of(effective, self.person, self.here.protocol)
        return Milestone(day, words.say(f"so_{name}", self.language, **fields), remark)
