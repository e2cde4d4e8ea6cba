"""What may happen to a participant and is written down on one small sheet each: its command, its fields, its time.

Who may is the role table's to say, whether it can be is the desk's; here stands when a sheet makes sense at all, so
that a page can say beforehand why it does not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args, get_type_hints

from trialist.conduct import commands as c
from trialist.conduct.state import ParticipantState
from trialist.protocol import Protocol

Part = Literal["screening", "drug", "visits", "protocol", "leaving", "record", "emergency"]
PARTS: tuple[Part, ...] = get_args(Part)
"""Parts of the page, in the order of a course; visits and the emergency have pages of their own."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a sheet: a moment, one of a few choices, or words. `name` is the command's field."""

    name: str
    takes: Literal["moment", "choice", "words"]
    choices: tuple[str, ...] = ()
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """One kind of happening. `not_now` gives the key of the words that say why it cannot be, or None."""

    name: str
    command: type
    part: Part
    fields: tuple[Field, ...]
    not_now: Callable[[ParticipantState], str | None]
    fixed: Mapping[str, Any] = field(default_factory=dict)
    while_frozen: bool = False

    def choices(self, of: Field, protocol: Protocol) -> tuple[str, ...]:
        """What a field may say; the criteria of the study file where it is about them."""
        return (
            (*of.choices, *protocol.eligibility)
            if of.name == "reason" and self.name == "fail"
            else of.choices
        )

    def act(self, participant: str, typed: Mapping[str, str]) -> Any:
        """The command of what was typed; an optional field that was left empty says nothing."""
        said = {
            one.name: typed[one.name] for one in self.fields if typed[one.name].strip() or not one.optional
        }
        return self.command(participant, **said, **self.fixed)


EFFECTIVE = Field("effective", "moment")
DEVIATIONS = (
    "consent", "eligibility", "study_drug", "prohibited_medication", "procedure", "visit_window", "randomization",
    "safety_report", "confidentiality", "other",
)  # fmt: skip
"""Categories of departures that a site or a monitor records; the ledger takes any."""
STOPS = tuple(
    one
    for one in get_args(get_type_hints(c.EndTreatment)["reason"])
    if one not in ("withdrawn", "lost", "died")
)
"""Reasons for which a product is ended by itself; the others come with leaving the study."""


def _taking(person: ParticipantState) -> str | None:
    if person.first_dose is None:
        return "why_no_dose"
    return None if person.treatment_ended is None else "why_treatment_ended"


def _hold(person: ParticipantState) -> str | None:
    return _taking(person) or (None if person.held is None else "why_held")


def _restart(person: ParticipantState) -> str | None:
    return _taking(person) or ("why_not_held" if person.held is None else None)


def _screening(person: ParticipantState) -> str | None:
    return None if person.status in ("screening", "eligible") else "why_screening_over"


def _leave(person: ParticipantState) -> str | None:
    return "why_left" if person.status in ("died", "withdrawn", "lost", "completed") else None


def _finish(person: ParticipantState) -> str | None:
    if person.allocation is None:
        return "why_not_randomized"
    if (left := _leave(person)) is not None:
        return left
    return "why_treatment_first" if _taking(person) is None else None


def _always(_person: ParticipantState) -> str | None:
    return None


SHEETS: tuple[Sheet, ...] = (
    Sheet(
        "fail",
        c.FailScreening,
        "screening",
        (EFFECTIVE, Field("reason", "choice", ("declined",))),
        _screening,
    ),
    Sheet("hold", c.HoldDose, "drug", (EFFECTIVE, Field("reason", "words")), _hold),
    Sheet("restart", c.RestartDose, "drug", (EFFECTIVE,), _restart),
    Sheet("stop", c.EndTreatment, "drug", (EFFECTIVE, Field("reason", "choice", STOPS)), _taking),
    Sheet(
        "deviation",
        c.RecordDeviation,
        "protocol",
        (
            EFFECTIVE,
            Field("category", "choice", DEVIATIONS),
            Field("grade", "choice", ("minor", "major")),
            Field("text", "words"),
        ),
        _always,
    ),
    Sheet("complete", c.CompleteStudy, "leaving", (EFFECTIVE,), _finish),
    Sheet(
        "withdraw",
        c.WithdrawConsent,
        "leaving",
        (
            EFFECTIVE,
            Field("scope", "choice", ("visits", "all_new_data")),
            Field("reason", "words", optional=True),
        ),
        _leave,
    ),
    Sheet("lost", c.LoseToFollowUp, "leaving", (EFFECTIVE,), _leave),
    Sheet(
        "death",
        c.RecordDeath,
        "leaving",
        (EFFECTIVE, Field("cause", "words")),
        lambda person: None if person.died is None else "why_died",
        while_frozen=True,
    ),
    Sheet(
        "freeze",
        c.Freeze,
        "record",
        (Field("reason", "words", optional=True),),
        lambda person: "why_is_frozen" if person.frozen else None,
        fixed={"thaw": False},
        while_frozen=True,
    ),
    Sheet(
        "thaw",
        c.Freeze,
        "record",
        (Field("reason", "words"),),
        lambda person: None if person.frozen else "why_not_frozen",
        fixed={"thaw": True},
        while_frozen=True,
    ),
)
"""Every sheet, in the order of a participant's course."""


def why_not(sheet: Sheet, person: ParticipantState, *, locked: bool) -> str | None:
    """Why a sheet cannot be filled in now, as the key of words; None where it can."""
    if locked:
        return "why_locked"
    if person.frozen and not sheet.while_frozen:
        return "why_frozen"
    return sheet.not_now(person)
