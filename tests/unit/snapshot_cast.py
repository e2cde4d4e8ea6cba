"""A small trial written event by event, for the tests of snapshots and analyses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

from trialist.ledger.event import GENESIS, Event
from trialist.ledger.record import link
from trialist.protocol import Protocol, load

START = datetime(2026, 1, 5, 1, tzinfo=UTC)
DAY_0 = date(2026, 3, 2)


@cache
def smart() -> Protocol:
    """The bundled study."""
    return load("smart").complete()


def sealed(value: object) -> dict[str, Any]:
    """A commitment, as it stands in an open ledger; `Trial.disclose` knows what is behind it."""
    return {"commitment": "c" * 64, "behind": value}


class Trial:
    """A chain under construction: one hour between events; every method appends what its name says."""

    def __init__(self, mode: str = "rehearsal") -> None:
        self.events: list[Event] = []
        self.at = START
        self.add("study", "study opened", study="SMART", mode=mode)

    def add(self, stream: str, kind: str, **payload: Any) -> Event:
        prev = self.events[-1].hash if self.events else GENESIS
        self.at += timedelta(hours=1)
        record = {
            "seq": len(self.events) + 1,
            "stream": stream,
            "version": 1,
            "command": f"c{len(self.events)}",
            "part": 1,
            "kind": kind,
            "schema": 1,
            "protocol": "p1",
            "actor": "somebody",
            "role": "coordinator",
            "site": "01",
            "at": self.at.isoformat(),
            "reason": None,
            "signature": None,
            "payload": payload,
            "prev": prev,
        }
        self.events.append(link(record, self.at))
        return self.events[-1]

    def to(self, participant: str, kind: str, **payload: Any) -> Event:
        return self.add(f"participant/{participant}", kind, **payload)

    def consent(self, participant: str, on: date = DAY_0 - timedelta(days=30), **more: Any) -> None:
        self.to(participant, "consented", site=participant[:2], effective=f"{on}T09:00+08:00", **more)

    def save(
        self,
        participant: str,
        form: str,
        items: Mapping[str, Any],
        *,
        visit: str | None = None,
        on: date = DAY_0,
        row: int = 1,
        occurrence: int = 1,
    ) -> Event:
        entries = {
            name: entry if isinstance(entry, dict) else {"value": str(entry)} for name, entry in items.items()
        }
        return self.to(
            participant, "form saved", form=form, visit=visit, occurrence=occurrence, row=row, items=entries,
            missing=[], effective=f"{on}T09:30+08:00",
        )  # fmt: skip

    def correct(
        self, participant: str, form: str, item: str, entry: Any, *, visit: str | None = None
    ) -> Event:
        return self.to(
            participant,
            "value corrected",
            form=form,
            visit=visit,
            occurrence=1,
            row=1,
            item=item,
            entry=entry,
            was={},
        )

    def count(self, participant: str, visit: str, day: int, count: object, **more: Any) -> Event:
        """A platelet count so many days after day 0."""
        entry = {"value": str(count), "unit": "10*9/L"}
        return self.save(
            participant,
            "hematology",
            {"platelets": entry},
            visit=visit,
            on=DAY_0 + timedelta(days=day),
            **more,
        )

    def randomize(
        self, participant: str, *, stratum: str = "high", baseline: object = 60, kit: str = "1001"
    ) -> None:
        self.count(participant, "D0", 0, baseline)
        self.to(participant, "eligibility signed", effective=str(DAY_0), criteria={}, index=str(DAY_0))
        self.to(
            participant, "randomized", stratum=stratum, ordinal=1, kit=kit, effective=f"{DAY_0}T10:00+08:00"
        )

    def dose(self, participant: str, kit: str = "1001") -> None:
        on = f"{DAY_0}T10:30+08:00"
        self.to(participant, "kit dispensed", visit="D0", kit=kit, packs=1, units=84, effective=on)

    def drug(
        self,
        participant: str,
        substance: str,
        start: int,
        end: int | None = None,
        *,
        row: int = 1,
        **more: Any,
    ) -> None:
        items = {"med_substance": substance, "med_start": DAY_0 + timedelta(days=start), **more}
        if end is not None:
            items["med_end"] = DAY_0 + timedelta(days=end)
        self.save(participant, "medications", items, row=row)

    def adverse(self, participant: str, term: str, *, row: int = 1, onset: int = 20, **more: Any) -> None:
        items: dict[str, Any] = {
            "ae_term": sealed({"value": term}), "ae_grade": "1", "ae_serious": "false", "ae_related": "none",
            "ae_onset": DAY_0 + timedelta(days=onset), **more,
        }  # fmt: skip
        self.save(participant, "adverse_events", items, row=row)

    def happened(self, participant: str, kind: str, day: int, **more: Any) -> None:
        self.to(participant, kind, effective=str(DAY_0 + timedelta(days=day)), **more)

    def enter(
        self, participant: str, *, baseline: object = 60, month_6: object | None = None, **more: Any
    ) -> None:
        """Somebody who consents, is randomized, takes the first dose, and perhaps has a count on day 180."""
        self.consent(participant)
        self.randomize(participant, baseline=baseline, **more)
        self.dose(participant)
        if month_6 is not None:
            self.count(participant, "M6", 180, month_6)

    def lock(self) -> None:
        self.add("study", "study locked", participants=1, open_queries=0)

    def open(self) -> None:
        self.add("study", "allocation opened", keys=["a", "b"], commitment="0" * 64)

    @staticmethod
    def disclose(event: Event) -> Mapping[str, Any]:
        """The payload with what is behind each commitment."""
        return _behind(event.payload)

    def blind_events(self) -> list[Event]:
        """The chain as it stands without disclosures: commitments only."""
        bare: Callable[[Any], Any] = _bare
        return [event._replace(payload=bare(event.payload)) for event in self.events]


def _behind(value: Any) -> Any:
    if isinstance(value, dict):
        return value["behind"] if "commitment" in value else {key: _behind(one) for key, one in value.items()}
    return value


def _bare(value: Any) -> Any:
    if isinstance(value, dict):
        return (
            {"commitment": value["commitment"]}
            if "behind" in value
            else {key: _bare(one) for key, one in value.items()}
        )
    return value
