"""What an estimand makes of each participant: the endpoint's rule, intercurrent events, what is missing.

In this order: an intercurrent event handled by a composite strategy decides the outcome; else the endpoint's
rule does; where the rule (or whether such an event happened) cannot be known, the outcome is missing, and the
estimand says what that counts as.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from trialist import criteria
from trialist.analysis.histories import Reader, walk
from trialist.analysis.messages import refuse
from trialist.analysis.people import Person, day
from trialist.criteria import nodes
from trialist.criteria.history import History
from trialist.criteria.truth import Truth
from trialist.protocol.model import Estimand, Strategy

SOURCES = {"treatment_ended": "treatment_ended", "died": "died", "lost": "lost", "withdrawn": "withdrawn"}
"""Source of an intercurrent event → what the disposition table calls it."""
OBSERVED, MISSING, NOT_DUE = "observed", "missing", "not_due"
LEAVING = ("completed", "withdrawn", "lost", "died")


@dataclass(frozen=True)
class Case:
    """A randomized participant, and the history that rules read."""

    person: Person
    history: History
    stratum: str | None
    """The stratum by the values as they now stand; None where the rules cannot tell."""
    events: Mapping[tuple[str, str], Truth]
    """(Intercurrent event, named time) → whether it happened before that time."""
    as_of: date
    """The day up to which the tables tell."""

    @property
    def arm(self) -> str:
        """The arm (a dummy in a blinded snapshot)."""
        return self.person.arm or ""

    def stratum_by(self, strata: str) -> str:
        """The stratum to analyze by: `actual` (where unknown, the recorded one) or `as_randomized`."""
        if strata == "none":
            return ""
        recorded = self.person.about["stratum"] or ""
        return recorded if strata == "as_randomized" else self.stratum or recorded

    def seen_from(self, time: str) -> History:
        """The history with the day of a named time as index: look-backs count from it, courses end at it."""
        return replace(self.history, index=self.history.anchors[time])

    def due(self, time: str) -> bool:
        """Whether nothing more can come for a named time: its days are over, or the participant has left."""
        return self.history.times[time].last <= self.as_of or any(self.person.happened(*LEAVING))


@dataclass(frozen=True, slots=True)
class Outcome:
    """One participant's outcome: `response` None if missing or not yet due.

    `why` says what decided: observed, missing, not_due, or the id of an event.
    """

    case: Case
    response: bool | None
    why: str

    @property
    def place(self) -> str:
        """Where the participant stands at the end of the flow."""
        return self.why if self.why != OBSERVED else "response" if self.response else "no_response"


def cases(reader: Reader, everybody: Iterable[Person], as_of: date) -> tuple[Case, ...]:
    """All randomized participants, in file order."""
    return tuple(_case(reader, person, as_of) for person in everybody if person.randomized and person.arm)


def _case(reader: Reader, person: Person, as_of: date) -> Case:
    history = reader.history(person)
    dictionary = reader.protocol.dictionary
    strata = reader.protocol.rules.stratum
    actual = (
        name for name, rule in strata.items() if criteria.decide(rule, history, dictionary) is Truth.TRUE
    )
    case = Case(person, history, next(actual, None), {}, as_of)
    return replace(case, events=dict(_events(reader, case)))


def _events(reader: Reader, case: Case) -> Iterator[tuple[tuple[str, str], Truth]]:
    """Every event that some estimand handles by a composite strategy."""
    endpoints = reader.protocol.endpoints
    handled = {
        (strategy.event, endpoints[estimand.endpoint].time): None
        for estimand in reader.protocol.estimands.values()
        for strategy in estimand.intercurrent
        if strategy.strategy == "composite"
    }
    for event, time in handled:
        yield (event, time), happened(reader, event, case, time)


def outcomes(reader: Reader, estimand: Estimand, everybody: Sequence[Case]) -> tuple[Outcome, ...]:
    """The outcomes that the estimand defines, before what is missing is counted as anything.

    Raises:
        InputError: the estimand handles an event by a strategy that has no analysis here.
    """
    decisive = tuple(composite(estimand))
    return tuple(
        _outcome(reader, estimand, decisive, case) for case in everybody if _among(reader, estimand, case)
    )


def _among(reader: Reader, estimand: Estimand, case: Case) -> bool:
    """Whether the endpoint is asked of this participant: what its `among` says holds on the day of randomization."""
    rule = reader.protocol.rules.among.get(estimand.endpoint)
    return rule is None or criteria.decide(rule, case.history, reader.protocol.dictionary) is Truth.TRUE


def composite(estimand: Estimand) -> Iterator[Strategy]:
    """The events that decide the outcome by themselves.

    Raises:
        InputError: an event has a strategy that has no analysis here.
    """
    for strategy in estimand.intercurrent:
        if strategy.strategy == "composite":
            yield strategy
        elif strategy.strategy != "treatment_policy":
            raise refuse(
                "strategy", event=strategy.event, strategy=strategy.strategy, endpoint=estimand.endpoint
            )


def _outcome(reader: Reader, estimand: Estimand, decisive: Sequence[Strategy], case: Case) -> Outcome:
    unsure, time = False, reader.protocol.endpoints[estimand.endpoint].time
    for strategy in decisive:
        happened = case.events[strategy.event, time]
        if happened is Truth.TRUE:
            return Outcome(case, strategy.counts_as == "response", strategy.event)
        unsure = unsure or happened is Truth.UNKNOWN
    rule = reader.protocol.rules.endpoint[estimand.endpoint]
    truth = criteria.decide(rule, case.seen_from(time), reader.protocol.dictionary)
    if truth is Truth.UNKNOWN or (unsure and truth is Truth.TRUE):
        return Outcome(case, None, MISSING if case.due(time) else NOT_DUE)
    return Outcome(case, truth is Truth.TRUE, OBSERVED)


def happened(reader: Reader, event: str, case: Case, time: str) -> Truth:
    """Whether an intercurrent event befell the participant before the endpoint's time."""
    declared = reader.protocol.intercurrent_events[event]
    if declared.source == "rule":
        rule = reader.protocol.rules.event[event]
        return criteria.decide(rule, case.seen_from(time), reader.protocol.dictionary)
    until = case.history.anchors[time]
    days = [day(row["effective"]) for row in case.person.happened(SOURCES[declared.source])]
    return Truth.of(any(found is None or found <= until for found in days))


def counted(found: Iterable[Outcome], missing: str) -> tuple[Outcome, ...]:
    """The outcomes with what is missing counted (`non_response`) or left out (`excluded`).

    Whose endpoint is not yet due is always left out.
    """
    due = (one for one in found if one.why != NOT_DUE)
    if missing == "excluded":
        return tuple(one for one in due if one.response is not None)
    return tuple(replace(one, response=bool(one.response)) for one in due)


def confirmed(reader: Reader, estimand: Estimand, everybody: Sequence[Case]) -> tuple[Outcome, ...]:
    """Outcomes where a response must also hold at the confirmation: the time named `<time>_confirmed`.

    The endpoint's own time is then read from the visits that are not the confirmation's, so that one count
    never confirms itself. A confirmation that is missing confirms nothing.

    Raises:
        InputError: the study file names no such time.
    """
    time = reader.protocol.endpoints[estimand.endpoint].time
    again = f"{time}_confirmed"
    if again not in reader.protocol.schedule.times:
        raise refuse("confirmation", time=again, endpoint=estimand.endpoint)
    first, second = [], []
    for case in everybody:
        times = case.history.times
        own = replace(times[time], visits=times[time].visits - times[again].visits)
        first.append(replace(case, history=replace(case.history, times={**times, time: own})))
        second.append(replace(case, history=replace(case.history, times={**times, time: times[again]})))
    both = zip(outcomes(reader, estimand, first), outcomes(reader, estimand, second), strict=True)
    return tuple(
        replace(one, response=False) if one.response and not two.response else one for one, two in both
    )


@dataclass(frozen=True, slots=True)
class Edge:
    """A value that lies exactly on a limit of a rule that compares strictly, and so decides by a hair."""

    case: Case
    value: Fraction
    unit: str


def on_the_edge(reader: Reader, endpoint: str, everybody: Sequence[Case]) -> tuple[Edge, ...]:
    """Participants whose value at the endpoint's time equals a limit that its rules name (exactly 100)."""
    dictionary = reader.protocol.dictionary
    limits: dict[tuple[nodes.At, Fraction], None] = {}
    for node in walk(reader.protocol.rules.endpoint[endpoint]):
        if (
            isinstance(node, nodes.Compare)
            and isinstance(node.left, nodes.At)
            and isinstance(node.right, nodes.Number)
        ):
            limits[node.left, node.right.value] = None
    found = []
    for case in everybody:
        for at, limit in limits:
            if criteria.compute(at, case.history, dictionary).value == limit:
                found.append(Edge(case, limit, at.unit))
    return tuple(found)
