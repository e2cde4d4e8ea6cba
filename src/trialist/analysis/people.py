"""One participant as the six tables tell of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from trialist.ledger.snapshot import Snapshot

Cells = Mapping[str, str | None]
TOGETHER = "all"
"""The one group of everybody randomized, where arms are not to be told apart."""


@dataclass(frozen=True)
class Person:
    """The rows of one participant, table by table, in file order."""

    about: Cells
    values: tuple[Cells, ...] = ()
    adverse_events: tuple[Cells, ...] = ()
    exposure: tuple[Cells, ...] = ()
    medications: tuple[Cells, ...] = ()
    disposition: tuple[Cells, ...] = ()

    @property
    def id(self) -> str:
        """The participant's number."""
        return self.about["participant"] or ""

    @property
    def arm(self) -> str | None:
        """The arm (a dummy in a blinded snapshot); None where not randomized."""
        return self.about["arm"]

    @cached_property
    def randomized(self) -> date | None:
        """The day of randomization."""
        return day(self.about["randomized"])

    @cached_property
    def first_dose(self) -> date | None:
        """The day of the first dose."""
        return day(self.about["first_dose"])

    def together(self) -> Person:
        """The same person in the one group of everybody randomized."""
        return replace(self, about={**self.about, "arm": TOGETHER if self.randomized else None})

    def happened(self, *what: str) -> Iterator[Cells]:
        """The turns of the participant's way that are one of `what`, in the order of recording."""
        return (row for row in self.disposition if row["what"] in what)


def day(text: str | None) -> date | None:
    """The site's calendar day of an ISO date or date-time; None where it is not known to the day."""
    return date.fromisoformat(text[:10]) if text and len(text) >= len("2026-01-31") else None


def people(snapshot: Snapshot) -> tuple[Person, ...]:
    """Everybody in the snapshot, in file order."""
    rows: dict[str, dict[str, list[Cells]]] = defaultdict(lambda: defaultdict(list))
    for name, table in snapshot.tables.items():
        if name != "participants":
            for row in table:
                rows[row["participant"] or ""][name].append(row)
    return tuple(
        Person(about, **{name: tuple(found) for name, found in rows[about["participant"] or ""].items()})
        for about in snapshot.tables["participants"]
    )
