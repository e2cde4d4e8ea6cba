"""One participant's way through the trial, act by act, as their site would record it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from trialist.conduct import commands as c
from trialist.conduct.commands import Actor, Command, Entry
from trialist.conduct.state import ParticipantState
from trialist.findings import Refusal
from trialist.population import Model, Person
from trialist.protocol import Protocol
from trialist.rehearsal.agenda import Act, Pause, Sitting
from trialist.rehearsal.cast import DATA_MANAGER, Team
from trialist.rehearsal.printouts import Entries, Laboratory
from trialist.rehearsal.slips import Slip, slip

_ASKS_TO_CONFIRM = frozenset({"item.confirm", "check.confirm"})
_REASON = "So on the printout; seen by the investigator."
Doing = Generator[Act | Pause, Any, Any]
"""Part of a sitting: it yields acts and returns what its caller wants to know."""


class Place(NamedTuple):
    """Where a row of a form stands."""

    form: str
    visit: str | None = None
    occurrence: int = 1
    row: int = 1

    def fields(self) -> dict[str, Any]:
        """As the commands name it."""
        return {"form": self.form, "visit": self.visit, "occurrence": self.occurrence, "row": self.row}


@dataclass(frozen=True, slots=True)
class Drug:
    """A row of the medication log; `end` None: it goes on. `dose` is daily."""

    substance: str
    start: str
    end: str | None
    why: str
    dose: str | None = None
    unit: str | None = "mg/d"


@dataclass(frozen=True, slots=True)
class Trial:
    """What everybody in a rehearsed trial shares."""

    protocol: Protocol
    model: Model
    zones: Mapping[str, ZoneInfo]
    laboratories: Mapping[str, Laboratory]
    teams: Mapping[str, Team]
    state: Callable[[str], ParticipantState]
    begin: Callable[[Sitting], None]
    screened_out: Callable[[datetime], None]
    randomized: Callable[[], None]
    ended: Callable[[], None]
    contents: Mapping[str, str]
    break_code: Callable[[], bool]


class Watch:
    """A site's clock during one visit: local for what happened, UTC for when it was recorded."""

    def __init__(self, day: date, u: float, zone: ZoneInfo, before: Watch | None = None) -> None:
        self.arrival = datetime.combine(day, time(8, 30), zone) + timedelta(minutes=int(u * 300))
        if before is not None:
            self.arrival = max(self.arrival, before.present + timedelta(minutes=1))
        self._minutes = 0

    @property
    def day(self) -> date:
        """The day on the site's calendar."""
        return self.arrival.date()

    @property
    def effective(self) -> str:
        """The moment of arrival, local with offset."""
        return self.arrival.isoformat(timespec="minutes")

    @property
    def present(self) -> datetime:
        """The present moment."""
        return self.arrival + timedelta(minutes=self._minutes)

    @property
    def now(self) -> str:
        """The present moment, local with offset."""
        return self.present.isoformat(timespec="minutes")

    def later(self, minutes: int = 4) -> datetime:
        """The moment of recording, some minutes on."""
        self._minutes += minutes
        return self.present.astimezone(UTC)


class Participant:
    """One screening number: a person at a site, and what everybody who deals with them does."""

    def __init__(self, trial: Trial, name: str, site: str, person: Person) -> None:
        self.trial, self.name, self.site, self.person = trial, name, site, person
        self.team = trial.teams[site]
        self.laboratory = trial.laboratories[site]
        self._watch: Watch | None = None
        self.medications = 0
        self.events = 0

    def watch(self, day: date, u: float) -> Watch:
        """The site's clock on `day`; `u` places the arrival, after whatever went before."""
        self._watch = Watch(day, u, self.trial.zones[self.site], self._watch)
        return self._watch

    # --- saving a form ----------------------------------------------------------------------------

    def fill(
        self,
        watch: Watch,
        place: Place,
        entries: Entries,
        u: float,
        *,
        by: Actor | None = None,
        at_once: bool = False,
    ) -> Doing:
        """Save a row, perhaps mistyped; `at_once`: what is wrong is mended before anything rests on it."""
        by = by or self.team.coordinator
        mistyped = slip(entries, u, self.trial.model, self.trial.protocol)
        typed = entries | {mistyped.item: mistyped.typed} if mistyped else entries
        queries = yield from self._save(watch, place, typed, by)
        if mistyped and at_once:
            queries += yield from self._correct(watch.later, place, mistyped, by)
        mended = None if at_once else mistyped
        if queries or mended:
            self.trial.begin(self._settle(place, tuple(queries), mended, watch.later(0), by))

    def _save(self, watch: Watch, place: Place, entries: Entries, by: Actor) -> Doing:
        """Save; what is implausible is confirmed with a reason. Returns the queries that opened."""
        effective = watch.effective if place.visit is None else None
        command = c.SaveForm(self.name, entries=entries, effective=effective, **place.fields())
        while True:
            try:
                return _opened((yield Act(watch.later(), by, command)))
            except Refusal as refusal:
                command = replace(command, entries=_confirmed(command.entries, refusal))

    def _correct(self, later: Callable[[int], datetime], place: Place, mistyped: Slip, by: Actor) -> Doing:
        """Put what the source says in the place of what was typed."""
        reason = "Typing error; corrected from the source."
        command = c.CorrectValue(
            self.name, item=mistyped.item, entry=mistyped.meant, reason=reason, **place.fields()
        )
        while True:
            try:
                return _opened((yield Act(later(2), by, command)))
            except Refusal as refusal:
                confirmed = _confirmed({mistyped.item: command.entry}, refusal)
                command = replace(command, entry=confirmed[mistyped.item])

    # --- queries ----------------------------------------------------------------------------------

    def _settle(
        self, place: Place, queries: tuple[str, ...], mistyped: Slip | None, since: datetime, by: Actor
    ) -> Sitting:
        """Answer the next day, close the day after; what no check caught, the monitor finds."""
        if mistyped and not queries:
            queries = yield from self._verify(place, mistyped, since + timedelta(days=9))
            since += timedelta(days=10)
        answering = _Steps(since + timedelta(days=1))
        answer = "Checked against the source: the value stands."
        if mistyped:
            more = yield from self._correct(answering, place, mistyped, by)
            queries = (*queries, *more)
            answer = "Checked against the source and corrected."
        for query in queries:
            yield Act(answering(3), self.team.coordinator, c.AnswerQuery(self.name, query, answer))
        closing = _Steps(answering(0) + timedelta(days=1))
        for query in queries:
            yield Act(closing(2), DATA_MANAGER, c.CloseQuery(self.name, query, "Settled."))

    def _verify(self, place: Place, mistyped: Slip, at: datetime) -> Doing:
        """The monitor compares the record with the source and asks."""
        question = "The source says something else; please check."
        command = c.OpenQuery(self.name, item=mistyped.item, text=question, **place.fields())
        receipt = yield Act(at, self.team.monitor, command)
        return _opened(receipt)

    # --- logs -------------------------------------------------------------------------------------

    def medication(self, watch: Watch, drug: Drug) -> Doing:
        """One row of the medication log."""
        self.medications += 1
        entries = {
            "med_substance": Entry(drug.substance),
            "med_start": Entry(drug.start),
            "med_indication": Entry(drug.why),
        }
        if drug.dose is not None:
            entries |= {"med_dose": Entry(drug.dose), "med_dose_unit": Entry(drug.unit)}
        if drug.end is not None:
            entries["med_end"] = Entry(drug.end)
        yield from self.fill(watch, Place("medications", row=self.medications), entries, 1.0)

    def do(self, watch: Watch, command: Command, by: Actor | None = None, minutes: int = 4) -> Doing:
        """One act a few minutes on."""
        return (yield Act(watch.later(minutes), by or self.team.coordinator, command))


class _Steps:
    """Moments a few minutes apart."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    def __call__(self, minutes: int = 1) -> datetime:
        self._now += timedelta(minutes=minutes)
        return self._now


def _opened(receipt: Any) -> list[str]:
    """The queries that an act opened."""
    return [event.payload["query"] for event in receipt.events if event.kind == "query opened"]


def _confirmed(entries: Mapping[str, Entry], refusal: Refusal) -> dict[str, Entry]:
    """The entries with a reason beside each value that the desk asked to have confirmed.

    Raises:
        Refusal: the desk refused for another reason, or asks again.
    """
    doubted = {finding.path.rpartition(".")[2] for finding in refusal.findings}
    if (
        not {finding.code for finding in refusal.findings} <= _ASKS_TO_CONFIRM
        or not doubted <= entries.keys()
    ):
        raise refusal
    if any(entries[item].confirmed for item in doubted):
        raise refusal
    return dict(entries) | {item: replace(entries[item], confirmed=_REASON) for item in doubted}


def in_order(happenings: Iterable[tuple[int, int, Any]]) -> list[tuple[int, int, Any]]:
    """Happenings by day, and within a day by rank."""
    return sorted(happenings, key=lambda one: one[:2])
