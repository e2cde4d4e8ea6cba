"""What a decision rests on, and what it concludes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from trialist.conduct.calendar import Moment, moment
from trialist.conduct.commands import Actor, Fact
from trialist.conduct.messages import refusal, shown
from trialist.conduct.state import ParticipantState, StudyState
from trialist.conduct.tables import Tables
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

    `today` is the day of recording on the calendar of the place, whose time zone is `zone`; `tables` are what
    the study file says, worked out.
    """

    command: Any
    view: View
    by: Actor
    at: datetime
    today: date
    zone: str
    tables: Tables
    site: str = ""

    @property
    def person(self) -> ParticipantState:
        """The participant that the command names."""
        assert self.view.participant is not None, "participant commands come with a participant"
        return self.view.participant

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

    def fact(
        self,
        kind: str,
        payload: Mapping[str, object],
        *,
        reason: str | None = None,
        signature: Mapping[str, object] | None = None,
        by_system: bool = False,
    ) -> Fact:
        """A fact about the participant."""
        stream = f"participant/{self.person.id}"
        return Fact(stream, kind, payload, 1, reason, signature, by_system, self.site)


Rule = Callable[[Act], Decision]


def only(*facts: Fact) -> Decision:
    """A decision without findings."""
    return Decision(facts)
