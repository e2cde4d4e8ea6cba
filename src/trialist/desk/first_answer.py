"""Whether a repeated key repeats its act: the command compared with the events that the first one left."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from trialist.conduct import commands as c
from trialist.conduct.commands import Command, Entry
from trialist.conduct.entry import record
from trialist.ledger import Event

LEAVES: Mapping[type, str] = {
    c.OpenStudy: "study opened",
    c.ActivateProtocol: "protocol activated",
    c.CommitAllocation: "allocation sealed",
    c.Appoint: "person appointed",
    c.OpenSite: "site opened",
    c.CloseSite: "site closed",
    c.PauseEnrollment: "enrollment paused",
    c.LockStudy: "study locked",
    c.RecordOpening: "allocation opened",
    c.Consent: "consented",
    c.RecordVisit: "visit recorded",
    c.MissVisit: "visit missed",
    c.SaveForm: "form saved",
    c.CorrectValue: "value corrected",
    c.FailScreening: "screening failed",
    c.SignEligibility: "eligibility signed",
    c.RequestRandomization: "randomization requested",
    c.RecordAllocation: "randomized",
    c.Dispense: "kit dispensed",
    c.HoldDose: "dose held",
    c.RestartDose: "dose restarted",
    c.EndTreatment: "treatment ended",
    c.OpenQuery: "query opened",
    c.AnswerQuery: "query answered",
    c.CloseQuery: "query closed",
    c.RecordDeviation: "deviation recorded",
    c.Sign: "signed",
    c.RecordCodeBreak: "code broken",
    c.WithdrawConsent: "consent withdrawn",
    c.LoseToFollowUp: "lost to follow-up",
    c.RecordDeath: "died",
    c.CompleteStudy: "study completed",
    c.Freeze: "frozen",
}
"""Command → the kind of its first event."""


def same_act(
    command: Command, events: tuple[Event, ...], disclosed: Callable[[Event], Mapping[str, Any]]
) -> bool:
    """Whether `events` are what this command leaves. A sealed value that is not held is taken as equal."""
    first = events[0]
    participant = getattr(command, "participant", None)
    if first.kind != LEAVES[type(command)]:
        return False
    if participant is not None and first.stream != f"participant/{participant}":
        return False
    payload = disclosed(first)
    if "why" in payload:  # where a reason is kept that is the act's own, and not that of a change
        payload = {"reason": payload["why"], **payload}
    return all(
        _equal(payload[field.name], said)
        for field in fields(command)
        if field.name in payload and (said := getattr(command, field.name)) is not None
    ) and _same_entries(command, payload)


def _equal(kept: Any, said: Any) -> bool:
    if isinstance(kept, Mapping) and set(kept) == {"commitment"}:
        return True
    if isinstance(said, Entry):
        return bool(kept == record(said))
    return bool(kept == (list(said) if isinstance(said, tuple) else said))


def _same_entries(command: Command, payload: Mapping[str, Any]) -> bool:
    if not isinstance(command, c.SaveForm):
        return True
    items = payload["items"]
    return all(item in items and _equal(items[item], entry) for item, entry in command.entries.items())
