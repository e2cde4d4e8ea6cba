"""What an estimand makes of each participant: the endpoint's rule, intercurrent events, what is missing.

In this order (strategies of ICH E9(R1), A.3.2):

1. an event handled by a composite strategy decides the outcome;
2. after an event handled while on treatment, the last value of a named time that was taken before it stands for
   the endpoint's own, and the endpoint's rule judges it;
3. after an event handled as hypothetical, there is no value: it is imputed (`imputed.hypothetical`);
4. else the endpoint's rule decides.

Where the rule (or whether such an event happened) cannot be known, the outcome is missing, and the estimand says
what that counts as.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction

from trialist import criteria
from trialist.analysis.histories import Reader, walk
from trialist.analysis.messages import refuse
from trialist.analysis.people import Person, day
from trialist.criteria import nodes
from trialist.criteria.history import History, TimeWindow
from trialist.criteria.truth import Truth
from trialist.protocol import Protocol
from trialist.protocol.model import Estimand, Strategy

SOURCES = {"treatment_ended": "treatment_ended", "died": "died", "lost": "lost", "withdrawn": "withdrawn"}
"""Source of an intercurrent event → what the disposition table calls it."""
OBSERVED, MISSING, NOT_DUE = "observed", "missing", "not_due"
LEAVING = ("completed", "withdrawn", "lost", "died")
COMPLETED = "completed"
"""Reason of a treatment that ended as planned: no intercurrent event."""
HANDLED = ("composite", "while_on_treatment", "hypothetical")
"""Strategies that change an outcome; treatment policy changes none."""


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
    """One participant's outcome: `response` None if missing, not yet due, or to be imputed as hypothetical.

    `why` says what decided: observed, missing, not_due, or the id of an event. `time` is the named time whose value
    counts, and `read` the case as the endpoint's rule read it, where an event moved them from the endpoint's own.
    """

    case: Case
    response: bool | None
    why: str
    time: str = ""
    read: Case | None = None

    @property
    def hypothetical(self) -> bool:
        """Whether an event took the value away, so that it is imputed."""
        return self.response is None and self.why not in (MISSING, NOT_DUE)

    @property
    def place(self) -> str:
        """Where the participant stands at the end of the flow."""
        if self.response is not None and (self.why == OBSERVED or self.read is not None):
            return "response" if self.response else "no_response"
        return self.why


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
    """Every event that the estimand of some endpoint handles by a strategy that changes outcomes."""
    endpoints = reader.protocol.endpoints
    known = {
        (strategy.event, endpoints[estimand.endpoint].time): None
        for estimand in reader.protocol.estimands.values()
        for strategy in estimand.intercurrent
        if strategy.strategy in HANDLED and endpoints[estimand.endpoint].type == "binary"
    }
    for event, time in known:
        yield (event, time), happened(reader, event, case, time)


def main_estimands(protocol: Protocol) -> dict[str, str]:
    """Endpoint → the estimand that its result is of: the primary one, else the first that names it."""
    found: dict[str, str] = {}
    for name, estimand in protocol.estimands.items():
        if estimand.level == "primary":
            found[estimand.endpoint] = name
        found.setdefault(estimand.endpoint, name)
    return found


def supplementary_estimands(protocol: Protocol) -> tuple[str, ...]:
    """The other estimands of binary endpoints: the same variable, intercurrent events handled otherwise."""
    main = main_estimands(protocol).values()
    return tuple(
        name
        for name, one in protocol.estimands.items()
        if name not in main and protocol.endpoints[one.endpoint].type == "binary"
    )


def outcomes(reader: Reader, estimand: Estimand, everybody: Sequence[Case]) -> tuple[Outcome, ...]:
    """The outcomes that the estimand defines, before what is missing is counted as anything.

    Raises:
        InputError: the estimand handles an event by a strategy that has no analysis here.
    """
    _check(estimand)
    return tuple(_outcome(reader, estimand, case) for case in everybody if _among(reader, estimand, case))


def _among(reader: Reader, estimand: Estimand, case: Case) -> bool:
    """Whether the endpoint is asked of this participant: what its `among` says holds on the day of randomization."""
    rule = reader.protocol.rules.among.get(estimand.endpoint)
    return rule is None or criteria.decide(rule, case.history, reader.protocol.dictionary) is Truth.TRUE


def _check(estimand: Estimand) -> None:
    for one in estimand.intercurrent:
        if one.strategy not in (*HANDLED, "treatment_policy"):
            raise refuse("strategy", event=one.event, strategy=one.strategy, endpoint=estimand.endpoint)


def handled(estimand: Estimand, *strategies: str) -> tuple[Strategy, ...]:
    """The events that the estimand handles by one of these strategies; without any, by one that changes outcomes."""
    return tuple(one for one in estimand.intercurrent if one.strategy in (strategies or HANDLED))


def _outcome(reader: Reader, estimand: Estimand, case: Case) -> Outcome:
    possible, time = set(), reader.protocol.endpoints[estimand.endpoint].time
    for strategy in handled(estimand, "composite"):
        truth, counts_as = case.events[strategy.event, time], strategy.counts_as == "response"
        if truth is Truth.TRUE:
            return Outcome(case, counts_as, strategy.event)
        if truth is Truth.UNKNOWN:
            possible.add(counts_as)
    found = _on_treatment(reader, estimand, case)
    return _unknown(case, time) if possible - {found.response} else found


def _unknown(case: Case, time: str) -> Outcome:
    return Outcome(case, None, MISSING if case.due(time) else NOT_DUE)


def _on_treatment(reader: Reader, estimand: Estimand, case: Case) -> Outcome:
    """The outcome by the value at the endpoint's time, or by the last one before an event that ends the treatment.

    Where it is not known whether such an event happened, the outcome is known only if both readings agree.
    """
    time = reader.protocol.endpoints[estimand.endpoint].time
    events = [one.event for one in handled(estimand, "while_on_treatment")]
    truths = {event: case.events[event, time] for event in events}
    sure = [event for event in events if truths[event] is Truth.TRUE]
    found = _before(reader, estimand, case, sure) if sure else _observed(reader, estimand, case)
    possible = [event for event in events if truths[event] is not Truth.FALSE]
    if possible != sure and _before(reader, estimand, case, possible).response != found.response:
        return _unknown(case, time)
    return found


def _before(reader: Reader, estimand: Estimand, case: Case, events: Sequence[str]) -> Outcome:
    """The outcome by the last value before these events; missing where there is none after randomization."""
    time = reader.protocol.endpoints[estimand.endpoint].time
    for name in reversed(reader.times_until(time)):
        moved = _last_before(reader, case, time, case.history.times[name], events)
        if moved is not None:
            found = _observed(reader, estimand, moved)
            why = found.why if found.response is None else events[0]
            return replace(found, case=case, why=why, time=name, read=moved)
    return _unknown(case, time)


def _last_before(
    reader: Reader, case: Case, time: str, window: TimeWindow, events: Sequence[str]
) -> Case | None:
    """The case with the window's last value before the events standing for the endpoint's own; None without any."""
    analyte = reader.analyte_at[time]
    while window.last >= window.first:
        times = {**case.history.times, time: window}
        moved = replace(case.history, times=times)
        taken = reader.selected(moved, time, analyte)
        if taken is None:
            return None
        on = taken.date.earliest
        found = replace(case, history=replace(moved, anchors={**moved.anchors, time: on}))
        if all(happened(reader, event, found, time) is Truth.FALSE for event in events):
            return found
        window = replace(window, last=on - timedelta(days=1))
    return None


def _observed(reader: Reader, estimand: Estimand, case: Case) -> Outcome:
    """The outcome by the endpoint's rule, unless an event handled as hypothetical took the value away."""
    time = reader.protocol.endpoints[estimand.endpoint].time
    supposed = {
        one.event: happened(reader, one.event, case, time) for one in handled(estimand, "hypothetical")
    }
    gone = next((event for event, truth in supposed.items() if truth is Truth.TRUE), None)
    if gone is not None and case.due(time):
        return Outcome(case, None, gone)
    unsure = any(truth is not Truth.FALSE for truth in supposed.values())
    rule = reader.protocol.rules.endpoint[estimand.endpoint]
    truth = criteria.decide(rule, case.seen_from(time), reader.protocol.dictionary)
    if unsure or truth is Truth.UNKNOWN:
        return _unknown(case, time)
    return Outcome(case, truth is Truth.TRUE, OBSERVED)


def happened(reader: Reader, event: str, case: Case, time: str) -> Truth:
    """Whether an intercurrent event befell the participant before the endpoint's time."""
    declared = reader.protocol.intercurrent_events[event]
    if declared.source == "rule":
        rule = reader.protocol.rules.event[event]
        return criteria.decide(rule, case.seen_from(time), reader.protocol.dictionary)
    until = case.history.anchors[time]
    rows = (row for row in case.person.happened(SOURCES[declared.source]) if row["reason"] != COMPLETED)
    days = [day(row["effective"]) for row in rows]
    return Truth.of(any(found is None or found <= until for found in days))


def counted(found: Iterable[Outcome], missing: str) -> tuple[Outcome, ...]:
    """The outcomes with what is missing counted (`non_response`) or left out (`excluded`).

    Whose endpoint is not yet due is always left out. What is to be imputed as hypothetical stays as it is.
    """
    due = (one for one in found if one.why != NOT_DUE)
    if missing == "excluded":
        return tuple(one for one in due if one.why != MISSING)
    return tuple(replace(one, response=False) if one.why == MISSING else one for one in due)


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
