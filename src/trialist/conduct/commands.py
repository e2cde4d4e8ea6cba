"""The acts of a trial: everything a person may ask the desk to record.

A command is what somebody wants; `decide` answers with facts or a refusal. `effective` is when the thing
itself happened, ISO 8601 in the site's local time with offset (or a date, possibly partial, where only that
is known); when it is recorded is not the caller's to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple


@dataclass(frozen=True, slots=True)
class Entry:
    """What was typed for one item: text, exactly as typed, and its unit.

    `not_done` is the reason why there is no value. `confirmed` is the reason why a value outside the
    plausible range stands. `comparator` is `<` or `>` for a result beyond the limit of quantification.
    """

    value: str | None = None
    unit: str | None = None
    comparator: Literal["<", ">"] | None = None
    not_done: str | None = None
    confirmed: str | None = None


# --- the study ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OpenStudy:
    """The first act: the mode can never change."""

    study: str
    mode: Literal["production", "rehearsal"]


@dataclass(frozen=True, slots=True)
class ActivateProtocol:
    """A version of the study file comes into force (its full canonical text goes into the ledger)."""

    text: str


@dataclass(frozen=True, slots=True)
class CommitAllocation:
    """The commitment to the sealed annex, before the first participant."""

    commitment: str
    generator: str


@dataclass(frozen=True, slots=True)
class Appoint:
    """A line of the delegation log: who may do what, where, from when (and until when).

    The same person, role, sites and start again state the line anew: so an appointment is ended.
    """

    person: str
    appointed: str
    sites: tuple[str, ...]
    start: str
    end: str | None = None


@dataclass(frozen=True, slots=True)
class OpenSite:
    """A site may enroll; one that was closed, again."""

    site: str


@dataclass(frozen=True, slots=True)
class CloseSite:
    """Nobody enters at a site any more; who takes part there is followed to the end."""

    site: str
    reason: str


@dataclass(frozen=True, slots=True)
class PauseEnrollment:
    """Nobody enters and nobody is randomized anywhere; `resume` ends it. Visits and doses go on."""

    reason: str
    resume: bool = False


@dataclass(frozen=True, slots=True)
class LockStudy:
    """No data event may follow; blockers refuse it."""


@dataclass(frozen=True, slots=True)
class RecordOpening:
    """Two key holders have opened the treatment codes."""

    keys: tuple[str, str]
    commitment: str


# --- a participant -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Consent:
    """A person agrees to take part; a screening number begins. `previous` links a rescreening."""

    participant: str
    site: str
    effective: str
    previous: str | None = None


@dataclass(frozen=True, slots=True)
class RecordVisit:
    """A visit took place; `visit` is a planned one or `UNS`, with its own number in `occurrence`."""

    participant: str
    visit: str
    effective: str
    occurrence: int = 1


@dataclass(frozen=True, slots=True)
class MissVisit:
    """A planned visit did not take place."""

    participant: str
    visit: str
    reason: str


@dataclass(frozen=True, slots=True)
class SaveForm:
    """One form, one row, saved as one act; incomplete is allowed. Logs (`visit` None) hold drugs, events.

    `reason` is needed where a recorded value changes. `expected` is the version of the participant's stream
    that the caller saw; if the participant's record has moved on since, the act is refused.
    """

    participant: str
    form: str
    entries: Mapping[str, Entry]
    visit: str | None = None
    occurrence: int = 1
    row: int = 1
    effective: str | None = None
    reason: str | None = None
    expected: int | None = None


@dataclass(frozen=True, slots=True)
class CorrectValue:
    """A recorded value was wrong; the old one stays in the ledger. `expected` as in `SaveForm`."""

    participant: str
    form: str
    item: str
    entry: Entry
    reason: str
    visit: str | None = None
    occurrence: int = 1
    row: int = 1
    expected: int | None = None


@dataclass(frozen=True, slots=True)
class FailScreening:
    """The person does not enter; `reason` is a criterion's id, or `declined`."""

    participant: str
    reason: str
    effective: str


@dataclass(frozen=True, slots=True)
class SignEligibility:
    """The investigator confirms that every criterion is settled."""

    participant: str
    effective: str


@dataclass(frozen=True, slots=True)
class RequestRandomization:
    """First of the two events: decided here, answered by the vault."""

    participant: str
    effective: str


@dataclass(frozen=True, slots=True)
class RecordAllocation:
    """Second of the two events: the vault's receipt. Only the system may."""

    participant: str
    stratum: str
    ordinal: int
    kit: str


@dataclass(frozen=True, slots=True)
class Dispense:
    """Packs of the assigned kit are handed over."""

    participant: str
    visit: str
    kit: str
    packs: int
    effective: str


@dataclass(frozen=True, slots=True)
class HoldDose:
    """The participant stops taking the product for a while."""

    participant: str
    effective: str
    reason: str


@dataclass(frozen=True, slots=True)
class RestartDose:
    """The participant takes the product again."""

    participant: str
    effective: str


@dataclass(frozen=True, slots=True)
class EndTreatment:
    """The product is stopped for good; the participant stays in the study."""

    participant: str
    effective: str
    reason: Literal[
        "completed",
        "adverse_event",
        "lack_of_effect",
        "rescue",
        "participant_decision",
        "investigator_decision",
        "code_broken",
        "pregnancy",
        "withdrawn",
        "lost",
        "died",
    ]


@dataclass(frozen=True, slots=True)
class OpenQuery:
    """A question about a value."""

    participant: str
    form: str
    item: str
    text: str
    visit: str | None = None
    occurrence: int = 1
    row: int = 1


@dataclass(frozen=True, slots=True)
class AnswerQuery:
    """The site answers."""

    participant: str
    query: str
    text: str


@dataclass(frozen=True, slots=True)
class CloseQuery:
    """The data manager is satisfied."""

    participant: str
    query: str
    text: str


@dataclass(frozen=True, slots=True)
class RecordDeviation:
    """The protocol was not followed."""

    participant: str
    category: str
    grade: Literal["minor", "major"]
    text: str
    effective: str


@dataclass(frozen=True, slots=True)
class Sign:
    """An electronic signature on a participant's record as it stands; `meaning` is printed with it."""

    participant: str
    meaning: str


@dataclass(frozen=True, slots=True)
class RecordCodeBreak:
    """One participant's treatment was revealed to one person; what it was is not recorded in the open."""

    participant: str
    reason: str
    effective: str
    revealed_to: str


@dataclass(frozen=True, slots=True)
class WithdrawConsent:
    """The participant withdraws from visits, or from all new data (from treatment alone: `EndTreatment`)."""

    participant: str
    effective: str
    scope: Literal["visits", "all_new_data"]
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class LoseToFollowUp:
    """Attempts to reach the participant have ended."""

    participant: str
    effective: str


@dataclass(frozen=True, slots=True)
class RecordDeath:
    """The participant died."""

    participant: str
    effective: str
    cause: str


@dataclass(frozen=True, slots=True)
class CompleteStudy:
    """The participant reached the end of study as planned."""

    participant: str
    effective: str


@dataclass(frozen=True, slots=True)
class Freeze:
    """The data manager closes a participant's record to entry until it is thawed."""

    participant: str
    thaw: bool = False
    reason: str | None = None


StudyCommand = (
    OpenStudy
    | ActivateProtocol
    | CommitAllocation
    | Appoint
    | OpenSite
    | CloseSite
    | PauseEnrollment
    | LockStudy
    | RecordOpening
)
ParticipantCommand = (
    Consent
    | RecordVisit
    | MissVisit
    | SaveForm
    | CorrectValue
    | FailScreening
    | SignEligibility
    | RequestRandomization
    | RecordAllocation
    | Dispense
    | HoldDose
    | RestartDose
    | EndTreatment
    | OpenQuery
    | AnswerQuery
    | CloseQuery
    | RecordDeviation
    | Sign
    | RecordCodeBreak
    | WithdrawConsent
    | LoseToFollowUp
    | RecordDeath
    | CompleteStudy
    | Freeze
)
Command = StudyCommand | ParticipantCommand


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person, in a role. Scope and dates come from the delegation log, not from the caller."""

    person: str
    role: str
    site: str | None = None


@dataclass(frozen=True, slots=True)
class Sealed:
    """A value that must not stand in the open ledger: it enters as a salted commitment."""

    value: object


class Fact(NamedTuple):
    """What `decide` concluded, before the ledger gives it a place: the body of an event."""

    stream: str
    kind: str
    payload: Mapping[str, object]
    schema: int = 1
    reason: str | None = None
    signature: Mapping[str, object] | None = None
    by_system: bool = False
    site: str | None = None
