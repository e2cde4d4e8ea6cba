"""What is known of a study and of one participant, folded from events: frozen, replaced and never changed.

Values stay as they were typed. A mapping in a state is copied before it changes (they are small), so an old
state stays what it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple, final

Status = Literal[
    "unknown", "screening", "screen_failed", "declined", "eligible", "requested", "randomized",
    "completed", "withdrawn", "lost", "died",
]  # fmt: skip
Record = Mapping[str, str]
"""One entry as an event keeps it: `value`, `unit`, `comparator`, `not_done`, `confirmed`, no empty ones."""


class FormKey(NamedTuple):
    """Where a row of a form stands: its visit (None for a log), the visit's occurrence, the form, the row."""

    visit: str | None
    occurrence: int
    form: str
    row: int

    def __str__(self) -> str:
        visit = (
            ""
            if self.visit is None
            else f"{self.visit} "
            if self.occurrence == 1
            else f"{self.visit}.{self.occurrence} "
        )
        row = "" if self.row == 1 else f" row {self.row}"
        return f"{visit}{self.form}{row}"


def place_of(key: FormKey) -> dict[str, Any]:
    """The place as the payload of an event names it."""
    return {"form": key.form, "visit": key.visit, "occurrence": key.occurrence, "row": key.row}


@dataclass(frozen=True, slots=True)
class FormRecord:
    """One saved row: its items as they now stand, and the place in the ledger where each was recorded.

    `effective` is the day or moment the data belong to. `memo` holds what readers derived from the record;
    it is no part of its value.
    """

    effective: str
    items: Mapping[str, Record]
    seqs: Mapping[str, int]
    memo: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class VisitRecord:
    """A visit that took place (`effective`), or did not (`missed` says why)."""

    effective: str | None = None
    day: int | None = None
    in_window: bool | None = None
    missed: str | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """A question about a value, and how far it has come. `check` names the check that asked; None: people."""

    id: str
    place: FormKey
    item: str
    text: object
    check: str | None = None
    by: str = "system"
    status: Literal["open", "answered", "closed"] = "open"


@dataclass(frozen=True, slots=True)
class Eligibility:
    """The investigator's confirmation, and the verdicts it rests on."""

    effective: str
    index: str
    criteria: Mapping[str, str]
    by: str


@dataclass(frozen=True, slots=True)
class Request:
    """A randomization that was decided and committed; the vault answers it."""

    effective: str
    stratum: str
    at: datetime
    seq: int


@dataclass(frozen=True, slots=True)
class Allocation:
    """The vault's receipt: everything about an allocation but the arm."""

    stratum: str
    ordinal: int
    kit: str
    effective: str


@dataclass(frozen=True, slots=True)
class Dispensed:
    """Packs of a kit that were handed over."""

    visit: str
    kit: str
    packs: int
    units: int
    effective: str


@dataclass(frozen=True, slots=True)
class Happened:
    """Something that happened once: when, and its reason, scope or cause where it has one."""

    effective: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Deviation:
    """A departure from the protocol."""

    category: str
    grade: str
    effective: str
    by_system: bool


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature: who, when, what it means, and the hash of the record it is bound to.

    `superseded` is the `seq` of the change that voided it; None while it stands.
    """

    by: str
    name: str
    meaning: str
    at: datetime
    over: str
    seq: int
    superseded: int | None = None


@dataclass(frozen=True, slots=True)
class CodeBreak:
    """One participant's treatment was revealed to one person."""

    effective: str
    revealed_to: str


@final
@dataclass(frozen=True)  # without slots: `moved_on` copies the dictionary of fields
class ParticipantState:
    """Everything known of one participant, as of `version` of the stream `participant/ID`.

    `memo` holds what readers worked out, beside what they worked it out from; it is no part of the state.
    """

    id: str
    version: int = 0
    site: str = ""
    consented: str | None = None
    previous: str | None = None
    rescreened: str | None = None
    visits: Mapping[tuple[str, int], VisitRecord] = field(default_factory=dict)
    forms: Mapping[FormKey, FormRecord] = field(default_factory=dict)
    missing: Mapping[FormKey, tuple[str, ...]] = field(default_factory=dict)
    queries: Mapping[str, Query] = field(default_factory=dict)
    screening_failed: Happened | None = None
    eligibility: Eligibility | None = None
    request: Request | None = None
    allocation: Allocation | None = None
    dispensed: tuple[Dispensed, ...] = ()
    held: Happened | None = None
    treatment_ended: Happened | None = None
    withdrawn: Happened | None = None
    lost: Happened | None = None
    died: Happened | None = None
    completed: Happened | None = None
    deviations: tuple[Deviation, ...] = ()
    signatures: tuple[Signature, ...] = ()
    code_breaks: tuple[CodeBreak, ...] = ()
    frozen: bool = False
    memo: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    def moved_on(self, changes: Mapping[str, Any]) -> ParticipantState:
        """The state with some fields changed: as `dataclasses.replace`, at a tenth of its cost.

        Every event of a trial moves a state on, and its constructor sets all 26 fields one by one.
        """
        state = object.__new__(ParticipantState)
        vars(state).update(vars(self), **changes)
        return state

    @property
    def exists(self) -> bool:
        """Whether somebody consented under this number."""
        return self.consented is not None

    @property
    def first_dose(self) -> str | None:
        """When the first pack was handed over; a fixed dose starts that day."""
        return self.dispensed[0].effective if self.dispensed else None

    @property
    def status(self) -> Status:
        """Where the participant stands; the last word is death, then the ways out, then the way in."""
        if self.died is not None:
            return "died"
        if self.withdrawn is not None:
            return "withdrawn"
        if self.lost is not None:
            return "lost"
        if self.completed is not None:
            return "completed"
        return self._way_in

    @property
    def _way_in(self) -> Status:
        if self.allocation is not None:
            return "randomized"
        if self.request is not None:
            return "requested"
        if self.screening_failed is not None:
            return "declined" if self.screening_failed.reason == "declined" else "screen_failed"
        if self.eligibility is not None:
            return "eligible"
        return "screening" if self.exists else "unknown"

    @property
    def ended(self) -> bool:
        """Whether no further visit is expected."""
        return self.status in ("died", "withdrawn", "lost", "completed", "screen_failed", "declined")

    @property
    def open_queries(self) -> tuple[Query, ...]:
        """Queries that the data manager has not closed, the answered ones too."""
        return tuple(query for query in self.queries.values() if query.status != "closed")

    @property
    def signature(self) -> Signature | None:
        """The signature that stands, if the record has not changed since."""
        standing = [one for one in self.signatures if one.superseded is None]
        return standing[-1] if standing else None

    @property
    def unsigned_since(self) -> int | None:
        """The `seq` of the change that voided the last signature; None where one stands or none was given."""
        return None if self.signature or not self.signatures else self.signatures[-1].superseded


@dataclass(frozen=True, slots=True)
class Appointment:
    """A line of the delegation log: a role at some sites (none: the whole study), from a day, until a day."""

    role: str
    sites: tuple[str, ...]
    start: str
    end: str | None = None


@dataclass(frozen=True, slots=True)
class SiteState:
    """One site, as of `version` of the stream `site/NN`."""

    version: int = 0
    opened: str | None = None
    closed: str | None = None

    @property
    def enrolls(self) -> bool:
        """Whether somebody may enter here."""
        return self.opened is not None and self.closed is None


@dataclass(frozen=True, slots=True)
class StudyState:
    """The study, as of `version` of the stream `study`; `sites` are as of their own streams."""

    version: int = 0
    id: str = ""
    mode: str = ""
    protocol: str = ""
    protocol_version: str = ""
    commitment: str | None = None
    people: Mapping[str, tuple[Appointment, ...]] = field(default_factory=dict)
    sites: Mapping[str, SiteState] = field(default_factory=dict)
    paused: str | None = None
    locked: str | None = None
    opening: tuple[str, str] | None = None
