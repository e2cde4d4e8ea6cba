"""Eligibility: what every criterion says of a participant on a day, sign-off, the request to randomize."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from trialist import criteria
from trialist.conduct import commands as c
from trialist.conduct.calendar import Moment, moment
from trialist.conduct.history import history_of
from trialist.conduct.messages import refusal, shown
from trialist.conduct.state import ParticipantState
from trialist.conduct.study_acts import enrollment_goes_on
from trialist.conduct.view import Act, Decision, only
from trialist.criteria import Truth
from trialist.criteria.history import History
from trialist.protocol import Protocol
from trialist.protocol.model import Criterion

Said = Literal["met", "not_met", "unknown"]
WORDS: Mapping[Truth, Said] = {Truth.TRUE: "met", Truth.FALSE: "not_met", Truth.UNKNOWN: "unknown"}


@dataclass(frozen=True, slots=True)
class Findings:
    """What the criteria say on one day, and the history that they read."""

    forms: object
    protocol: Protocol
    index: date
    history: History
    said: Mapping[str, Said]

    def stands(self, state: ParticipantState, protocol: Protocol, index: date) -> bool:
        """Whether nothing that was read has changed."""
        return self.forms is state.forms and self.protocol is protocol and self.index == index


def judged(state: ParticipantState, protocol: Protocol, index: date) -> Findings:
    """Criterion → what it says; for an exclusion `met` means that the excluding condition holds.

    Sign-off and randomization of one day ask the same; the answer is kept as long as no form changes. Before
    randomization, forms and day are all that criteria read.
    """
    known: Findings | None = state.memo.get("judged")
    if known is None or not known.stands(state, protocol, index):
        history, dictionary = history_of(state, protocol, index), protocol.dictionary
        truths = criteria.decide_all(protocol.rules.criterion, history, dictionary)
        said = {name: WORDS[truth] for name, truth in truths.items()}
        known = state.memo["judged"] = Findings(state.forms, protocol, index, history, said)
    return known


def lets_in(criterion: Criterion, said: Said) -> bool | None:
    """Whether a verdict lets a person in; None: it is open, and the criterion's policy is to ask."""
    if said == "unknown":
        return {"block": None, "pass": True, "fail": False}[criterion.missing]
    return (said == "met") == (criterion.kind == "inclusion")


def unsettled(said: Mapping[str, Said], protocol: Protocol) -> dict[str, Said]:
    """The criteria that do not let a person in, and what each says."""
    return {
        name: verdict
        for name, verdict in said.items()
        if lets_in(protocol.eligibility[name], verdict) is not True
    }


def fail_screening(act: Act) -> Decision:
    """The person does not enter; the criteria as they stand are kept beside the reason."""
    command: c.FailScreening = act.command
    _still_screening(act)
    protocol = act.view.protocol
    if command.reason != "declined" and command.reason not in protocol.eligibility:
        raise refusal("screening.reason", path="reason", reason=shown(command.reason))
    when = _after_consent(act, command.effective)
    said = judged(act.person, protocol, when.day).said
    return only(
        act.fact(
            "screening failed",
            {"effective": command.effective, "reason": command.reason, "criteria": said},
        )
    )


def sign_eligibility(act: Act) -> Decision:
    """The investigator confirms; every criterion is settled on that day."""
    command: c.SignEligibility = act.command
    _still_screening(act)
    when = _after_consent(act, command.effective)
    said = _all_settled(act, when.day)
    return only(
        act.fact(
            "eligibility signed",
            {"effective": command.effective, "criteria": said, "index": when.day.isoformat()},
        )
    )


def request_randomization(act: Act) -> Decision:
    """Once, after sign-off, on criteria and a stratum worked out here and now; the caller names neither."""
    command: c.RequestRandomization = act.command
    person, protocol = act.person, act.view.protocol
    if person.request is not None or person.allocation is not None:
        raise refusal("randomization.once", participant=person.id, status=person.status)
    _still_screening(act)
    if act.view.study.commitment is None:
        raise refusal("study.not_committed")
    enrollment_goes_on(act, act.site)
    if person.eligibility is None:
        raise refusal("eligibility.missing", participant=person.id)
    when = _after_consent(act, command.effective)
    signed = moment(person.eligibility.effective, act.zone)
    if not _follows(when, signed):
        raise refusal("order.eligibility", path="effective", signed=signed.day, day=command.effective)
    said = _all_settled(act, when.day)
    stratum = stratum_of(judged(person, protocol, when.day).history, protocol, person.id)
    return only(
        act.fact(
            "randomization requested",
            {"effective": command.effective, "stratum": stratum, "criteria": said},
        )
    )


def record_allocation(act: Act) -> Decision:
    """The vault's receipt answers the request."""
    command: c.RecordAllocation = act.command
    request = act.person.request
    if act.person.allocation is not None:
        raise refusal("randomization.once", participant=act.person.id, status=act.person.status)
    if request is None:
        raise refusal("randomization.not_requested", participant=act.person.id)
    if command.stratum != request.stratum:
        raise refusal(
            "randomization.receipt",
            got=shown(command.stratum),
            known=request.stratum,
            participant=act.person.id,
        )
    return only(
        act.fact(
            "randomized",
            {
                "stratum": command.stratum,
                "ordinal": command.ordinal,
                "kit": command.kit,
                "effective": request.effective,
            },
        )
    )


def stratum_of(history: History, protocol: Protocol, participant: str) -> str:
    """The one stratum whose rule holds.

    Raises:
        Refusal: none holds, or more than one.
    """
    said = criteria.decide_all(protocol.rules.stratum, history, protocol.dictionary)
    holding = [name for name, truth in said.items() if truth is Truth.TRUE]
    if len(holding) == 1:
        return holding[0]
    words = ", ".join(f"{name} {WORDS[truth]}" for name, truth in said.items())
    raise refusal("randomization.stratum", participant=participant, words=words)


def _all_settled(act: Act, index: date) -> Mapping[str, Said]:
    protocol = act.view.protocol
    said = judged(act.person, protocol, index).said
    open_ones = unsettled(said, protocol)
    if open_ones:
        words = ", ".join(f"{name} {verdict.replace('_', ' ')}" for name, verdict in open_ones.items())
        words_zh = "，".join(f"{name} {_ZH[verdict]}" for name, verdict in open_ones.items())
        raise refusal(
            "eligibility.not_settled",
            path=next(iter(open_ones)),
            participant=act.person.id,
            words=words,
            words_zh=words_zh,
        )
    return said


_ZH: Mapping[Said, str] = {"met": "成立", "not_met": "不成立", "unknown": "未知"}


def _still_screening(act: Act) -> None:
    person: ParticipantState = act.person
    if person.status not in ("screening", "eligible"):
        raise refusal("screening.over", participant=person.id, status=person.status)


def _after_consent(act: Act, text: str) -> Moment:
    when = act.when(text)
    consent = moment(act.person.consented or "", act.zone)
    if not _follows(when, consent):
        raise refusal("order.before_consent", path="effective", what=text, day=when.day, consent=consent.day)
    return when


def _follows(later: Moment, earlier: Moment) -> bool:
    """Whether one moment may come after another; within a day the clocks decide, where both are known."""
    if later.day != earlier.day or later.instant is None or earlier.instant is None:
        return later.day >= earlier.day
    return later.instant > earlier.instant
