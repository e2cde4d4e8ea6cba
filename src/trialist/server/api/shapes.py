"""What the API answers, as schemas: names and no more."""

from __future__ import annotations

from typing import Literal

from ninja import Schema
from pydantic import Field

from trialist.server.api.problems import Said


class Session(Schema):
    """Who is signed in, in which role, at which sites."""

    person: str
    role: str
    roles: list[str]
    sites: list[str]
    language: Literal["en", "zh"]
    csrf: str = Field(description="sent back as the header X-CSRFToken with every act")


class Head(Schema):
    """The end of the ledger's chain."""

    seq: int
    hash: str


class Study(Schema):
    """The study as it now stands."""

    id: str
    version: str
    protocol: str = Field(description="SHA-256 of the study file in force")
    mode: str
    simulated: bool
    locked: str | None
    opened: list[str] = Field(description="sites that may enroll")
    commitment: str | None = Field(description="to the sealed annex")
    head: Head


class Flow(Schema):
    """How many people are where; pooled, never by arm."""

    planned: int
    consented: int
    randomized: int
    by_status: dict[str, int]
    by_site: dict[str, int] = Field(description="randomized at each site in this person's scope")


class Card(Schema):
    """Where one participant stands."""

    id: str
    site: str
    version: int
    status: str
    signed: bool
    frozen: bool


class Visit(Schema):
    """A visit that took place, or did not (`missed` says why)."""

    visit: str
    occurrence: int
    effective: str | None
    day: int | None
    in_window: bool | None
    missed: str | None


class Record(Schema):
    """What was recorded for one item; `withheld` where this role does not see it."""

    value: str | None = None
    unit: str | None = None
    comparator: str | None = None
    not_done: str | None = None
    confirmed: str | None = None
    withheld: bool = False


class Row(Schema):
    """One row of a form."""

    form: str
    visit: str | None
    occurrence: int
    row: int
    effective: str
    items: dict[str, Record]
    missing: list[str]


class Query(Schema):
    """A question about a value."""

    id: str
    form: str
    visit: str | None
    occurrence: int
    row: int
    item: str
    words: str
    status: str
    by: str


class Dispensed(Schema):
    """Packs that were handed over."""

    visit: str
    kit: str
    packs: int
    effective: str


class Participant(Card):
    """One participant's record, as this person's role sees it."""

    consented: str | None
    previous: str | None
    rescreened: str | None
    randomized: str | None
    kit: str | None
    treatment_ended: str | None
    visits: list[Visit]
    forms: list[Row]
    queries: list[Query]
    dispensed: list[Dispensed]


class Verdict(Schema):
    """What one criterion says on a day; for an exclusion `met` means that the excluding condition holds."""

    id: str
    kind: Literal["inclusion", "exclusion"]
    text: str
    verdict: Literal["met", "not_met", "unknown"]
    lets_in: bool | None
    trace: str
    missing: list[str]


class Eligibility(Schema):
    """Every criterion's verdict on a day."""

    index: str
    settled: bool
    criteria: list[Verdict]


class Step(Schema):
    """One event of a record: who, when, what, why, and its hash. Values stand in the record, not here."""

    seq: int
    version: int
    at: str
    actor: str
    role: str
    kind: str
    place: str
    items: list[str]
    reason: str | None
    hash: str


class Event(Schema):
    """What an act left in the ledger."""

    seq: int
    stream: str
    version: int
    kind: str
    hash: str


class Receipt(Schema):
    """An act was done. A repeated key gives the first events again, without the findings."""

    events: list[Event]
    findings: list[Said]
    version: int = Field(description="of the stream that the act moved on; expect it at the next save")
    kit: str | None = Field(None, description="after a randomization: the number of the kit")
