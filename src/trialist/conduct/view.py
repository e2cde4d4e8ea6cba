"""What a decision rests on, and what it concludes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from trialist.conduct.calendar import Moment, moment
from trialist.conduct.commands import Actor, Fact
from trialist.conduct.messages import refusal, shown
from trialist.conduct.state import ParticipantState, StudyState
from trialist.conduct.tables import Tables, tables
from trialist.findings import Finding
from trialist.protocol import Protocol


class View(NamedTuple):
    """What is known when a command is decided.

    `participant` is the one that the command names (empty, of version 0, when nobody has that number).
    `previous` is the one that a rescreening names; `everyone` are all participants, handed over for the
    lock alone.
    """

    study: StudyState
    participant: ParticipantState | None
    protocol: Protocol
    previous: ParticipantState | None = None
    everyone: Iterable[ParticipantState] = ()


class Decision(NamedTuple):
    """The facts that follow from a command, in order, and what its author should know."""

    facts: tuple[Fact, ...]
    findings: tuple[Finding, ...] = ()


class Act(NamedTuple):
    """One command being decided, with what every rule needs at hand.

    `today` is the day of recording on the calendar of the place.
    """

    command: Any
    view: View
    by: Actor
    at: datetime
    today: date
    site: str = ""

    @property
    def person(self) -> ParticipantState:
        """The participant that the command names."""
        assert self.view.participant is not None, "participant commands come with a participant"
        return self.view.participant

    @property
    def tables(self) -> Tables:
        """The study file's tables."""
        return tables(self.view.protocol)

    @property
    def zone(self) -> str:
        """The site's time zone."""
        return self.view.protocol.sites[self.site].zone

    def when(self, text: str, field: str = "effective") -> Moment:
        """The moment that a field names.

        Raises:
            Refusal: no day of the calendar, or one after the day of recording.
        """
        try:
            found = moment(text, self.zone)
        except ValueError:
            raise refusal("intake.date", path=field, field=field, got=shown(text)) from None
        late = found.instant is not None and found.instant > self.at
        if found.day > self.today or late:
            raise refusal("intake.future", path=field, field=field, got=text, today=self.today)
        return found

    def day_of(self, text: str) -> date:
        """The site's day of something recorded."""
        return moment(text, self.zone).day

    def fact(self, kind: str, payload: Mapping[str, object], **more: Any) -> Fact:
        """A fact about the participant."""
        return Fact(f"participant/{self.person.id}", kind, payload, site=self.site, **more)


Rule = Callable[[Act], Decision]


def only(*facts: Fact) -> Decision:
    """A decision without findings."""
    return Decision(facts)
