"""Listings: the data behind the tables, row by row, as one role may see them.

A snapshot is taken for a role, so what that role must not see is not in it. Deviations and missed visits have no
table of their own; they are read from the events that the snapshot was taken from, up to its head.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from trialist.analysis import compliance, exposure, outcomes
from trialist.analysis.exposure import Dosing
from trialist.analysis.histories import Reader
from trialist.analysis.laboratory import Bench, Value
from trialist.analysis.outcomes import Case
from trialist.analysis.people import Cells, Person, day, people
from trialist.analysis.safety import SEVERE, class_of
from trialist.ledger.event import Event
from trialist.ledger.folding import Disclose
from trialist.ledger.lens import exact
from trialist.ledger.snapshot import BLINDED_VIEWER, OPEN_VIEWER, Snapshot
from trialist.protocol import Protocol

OUTCOMES_FOR = frozenset({BLINDED_VIEWER, OPEN_VIEWER})
"""Roles that see everybody's outcomes side by side; the others see pooled operations and safety."""
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,40}", re.ASCII)
_BEFORE = 3
"""How many of the last laboratory days before a serious event its narrative shows."""

Row = tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """One listing: columns by name, rows in order. The first column is the participant."""

    id: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Narrative:
    """What is on record about one serious adverse event, for whoever writes its narrative."""

    participant: str
    event: Mapping[str, str | None]
    person: Mapping[str, str | None]
    doses: Listing
    drugs: Listing
    conditions: Listing
    laboratory: Listing


@dataclass(frozen=True, slots=True)
class Listings:
    """All listings of one snapshot, for one role."""

    role: str
    tables: tuple[Listing, ...]
    narratives: tuple[Narrative, ...]


def listings(
    protocol: Protocol,
    snapshot: Snapshot,
    events: Iterable[Event],
    *,
    role: str | None = None,
    disclose: Disclose | None = None,
) -> Listings:
    """The listings of a snapshot.

    Args:
        protocol: The study file.
        snapshot: Taken for the role that will read.
        events: The events it was taken from; those after its head are left aside.
        role: The role; by default the statistician, blinded or not as the snapshot is.
        disclose: Puts sealed words back; used only where the arms are known.
    """
    role = role or (BLINDED_VIEWER if snapshot.blinded else OPEN_VIEWER)
    clerk = _Clerk(protocol, snapshot, role)
    kept = [event for event in events if event.seq <= snapshot.head.seq]
    tables = [
        clerk.participants(),
        clerk.disposition(),
        clerk.deviations(kept, None if snapshot.blinded else disclose),
        clerk.exposure(),
        clerk.adverse_events(),
        clerk.laboratory(),
    ]
    if role in OUTCOMES_FOR:
        tables.append(clerk.endpoints())
    return Listings(role, tuple(tables), tuple(clerk.narratives()))


class _Clerk:
    """Writes the listings of one snapshot; an arm is a column only where it is real."""

    def __init__(self, protocol: Protocol, snapshot: Snapshot, role: str) -> None:
        self.protocol, self.snapshot, self.role = protocol, snapshot, role
        self.everybody = people(snapshot)
        self.as_of = snapshot.as_of.date()
        found = (exposure.dosing(one, self.as_of) for one in self.everybody if one.randomized)
        self.dosings = {one.person.id: one for one in found if one}
        self.bench = Bench(protocol)

    def _listing(
        self, name: str, columns: Sequence[str], rows: Iterable[Mapping[str, str | None]]
    ) -> Listing:
        shown = [one for one in columns if one != "arm" or not self.snapshot.blinded]
        return Listing(name, tuple(shown), tuple(tuple(row.get(one) for one in shown) for row in rows))

    def participants(self) -> Listing:
        columns = (
            "participant", "site", "arm", "age", "sex", "stratum", "consented", "randomized", "first_dose",
            "treatment_ended", "study_ended", "status",
        )  # fmt: skip
        return self._listing("participants", columns, (_days(person.about) for person in self.everybody))

    def disposition(self) -> Listing:
        columns = ("participant", "site", "what", "on", "study_day", "reason", "event")
        return self._listing("disposition", columns, self._turns())

    def _turns(self) -> Iterator[dict[str, str | None]]:
        for person in self.everybody:
            for row in person.disposition:
                on = day(row["effective"])
                yield {
                    "participant": person.id,
                    "site": row["site"],
                    "what": row["what"],
                    "on": _iso(on),
                    "study_day": _since(person, on),
                    "reason": row["reason"],
                    "event": row["seq"],
                }

    def deviations(self, events: Sequence[Event], disclose: Disclose | None) -> Listing:
        columns = ["participant", "site", "category", "visit", "severity", "on", "study_day", "event"]
        if disclose is not None:
            columns.append("words")
        by_id = {person.id: person for person in self.everybody}
        rows = [
            self._deviation(by_id[event.stream.removeprefix("participant/")], event, disclose)
            for event in events
            if event.kind in ("deviation recorded", "visit missed")
            and event.stream.removeprefix("participant/") in by_id
        ]
        return self._listing("deviations", columns, sorted(rows, key=lambda row: row["participant"] or ""))

    def _deviation(self, person: Person, event: Event, disclose: Disclose | None) -> dict[str, str | None]:
        payload = disclose(event) if disclose else event.payload
        missed = event.kind == "visit missed"
        on, text = day(payload.get("effective")), payload.get("reason" if missed else "text")
        category = "missed_visit" if missed else payload.get("category")
        return {
            "participant": person.id,
            "site": person.about["site"],
            "category": category if disclose or _CODE.fullmatch(category or "") else None,
            "visit": payload.get("visit"),
            "severity": payload.get("grade"),
            "on": _iso(on),
            "study_day": _since(person, on),
            "event": str(event.seq),
            "words": text if isinstance(text, str) else None,
        }

    def exposure(self) -> Listing:
        columns = (
            "participant", "arm", "first_dose", "last_dose", "days", "held", "dispensed", "taken", "due",
            "share", "verdict",
        )  # fmt: skip
        return self._listing("exposure", columns, map(self._dose, self.dosings.values()))

    def _dose(self, dosing: Dosing) -> dict[str, str | None]:
        account = compliance.account(self.protocol, dosing)
        share = account.share
        return {
            "participant": dosing.person.id,
            "arm": dosing.person.arm,
            "first_dose": _iso(dosing.first),
            "last_dose": _iso(dosing.last) if dosing.ended else None,
            "days": str(dosing.days),
            "held": str(dosing.held),
            "dispensed": str(sum(one.dispensed for one in account.supplies)),
            "taken": str(sum(one.taken or 0 for one in account.closed)),
            "due": str(sum(one.due or 0 for one in account.closed)),
            "share": None if share is None else f"{float(100 * share):.1f} %",
            "verdict": account.verdict,
        }

    def adverse_events(self) -> Listing:
        columns = (
            "participant", "arm", "term", "class", "grade", "serious", "related", "action", "outcome", "onset",
            "study_day", "end", "event",
        )  # fmt: skip
        rows = (self._event(person, row) for person in self.everybody for row in person.adverse_events)
        return self._listing("adverse_events", columns, rows)

    def _event(self, person: Person, row: Cells) -> dict[str, str | None]:
        return {
            "participant": person.id,
            "arm": person.arm,
            "term": row["category"] if row["term"] == row["category"] else row["term"],
            "class": class_of(self.protocol, row["category"]),
            "study_day": _since(person, day(row["onset"])),
            "event": row["seq"],
            **{
                name: row[name]
                for name in ("grade", "serious", "related", "action", "outcome", "onset", "end")
            },
        }

    def laboratory(self) -> Listing:
        """Values of grade 3 or more after the first dose."""
        columns = (
            "participant",
            "arm",
            "analyte",
            "visit",
            "on",
            "study_day",
            "value",
            "limits",
            "grade",
            "event",
        )
        return self._listing("laboratory", columns, self._graded())

    def _graded(self) -> Iterator[dict[str, str | None]]:
        for dosing in self.dosings.values():
            for one in self.bench.values(dosing.person):
                if (one.grade or 0) >= SEVERE and one.on > dosing.first:
                    yield {
                        "participant": dosing.person.id,
                        "arm": dosing.person.arm,
                        **_value(dosing.person, one),
                    }

    def endpoints(self) -> Listing:
        """The primary endpoint's analyte at baseline and at its time, and every binary outcome.

        A supplementary estimand has a column under its own name.
        """
        reader = Reader(self.protocol)
        cases = outcomes.cases(reader, self.everybody, self.as_of)
        usual = outcomes.main_estimands(self.protocol).values()
        binary = {
            name: one
            for name, one in self.protocol.estimands.items()
            if self.protocol.endpoints[one.endpoint].type == "binary"
        }
        found = {
            (one.endpoint if name in usual else name): {
                outcome.case.person.id: outcome for outcome in outcomes.outcomes(reader, one, cases)
            }
            for name, one in binary.items()
        }
        main = next(one for one in binary.values() if one.level == "primary").endpoint
        columns = ("participant", "arm", "stratum", "baseline", "value", "on", "study_day", *found, "decided")
        rows = [self._outcome(reader, case, main) | _said(found, main, case) for case in cases]
        return self._listing("endpoints", columns, rows)

    def _outcome(self, reader: Reader, case: Case, endpoint: str) -> dict[str, str | None]:
        time = self.protocol.endpoints[endpoint].time
        analyte = reader.analyte_at[time]
        measured = reader.selected(case.history, time, analyte)
        base, value = (reader.at(name, analyte, case.history) for name in ("baseline", time))
        on = measured.date.earliest if measured else None
        return {
            "participant": case.person.id,
            "arm": case.person.arm,
            "stratum": case.stratum,
            "baseline": None if base is None else exact(base),
            "value": None if value is None else exact(value),
            "on": _iso(on),
            "study_day": _since(case.person, on),
        }

    # --- serious events -----------------------------------------------------------------------------------------

    def narratives(self) -> Iterator[Narrative]:
        for person in self.everybody:
            for row in person.adverse_events:
                if row["serious"] == "true":
                    yield self._narrative(person, row)

    def _narrative(self, person: Person, row: Cells) -> Narrative:
        onset, dosing = day(row["onset"]), self.dosings.get(person.id)
        about: dict[str, str | None] = {
            name: person.about[name] for name in ("site", "age", "sex", "stratum")
        } | {
            "randomized": _iso(person.randomized),
            "first_dose": _iso(person.first_dose),
            "days_since_first_dose": _between(person.first_dose, onset),
            "last_dose": _iso(dosing.last) if dosing and dosing.ended else None,
        }
        if not self.snapshot.blinded:
            about["arm"] = person.arm
        return Narrative(
            person.id,
            self._event(person, row),
            about,
            self._listing(
                "doses", ("what", "visit", "units", "on", "reason"), map(_dispensed, person.exposure)
            ),
            self._listing("drugs", ("substance", "dose", "start", "end"), _drugs(person, onset)),
            self._listing("conditions", ("condition", "start", "end"), self._conditions(person)),
            self._listing(
                "before",
                ("analyte", "visit", "on", "study_day", "value", "limits", "grade"),
                self._before(person, onset),
            ),
        )

    def _conditions(self, person: Person) -> Iterator[dict[str, str | None]]:
        groups: dict[str | None, dict[str, str | None]] = {}
        for cells in person.values:
            if self.protocol.forms[cells["form"] or ""].record == "conditions":
                means = self.protocol.items[cells["item"] or ""].means or ""
                groups.setdefault(cells["row"], {})[means] = cells["value"]
        for row in groups.values():
            if row.get("condition"):
                yield {name: row.get(name) for name in ("condition", "start", "end")}

    def _before(self, person: Person, onset: date | None) -> Iterator[dict[str, str | None]]:
        """The last laboratory days up to the onset."""
        known = [one for one in self.bench.values(person) if onset is None or one.on <= onset]
        days = sorted({one.on for one in known})[-_BEFORE:]
        for one in sorted(known, key=lambda value: value.on):
            if one.on in days and (one.range or one.grade is not None):
                yield _value(person, one)


def _said(found: Mapping[str, Mapping[str, Any]], main: str, case: Case) -> dict[str, str | None]:
    said = {True: "response", False: "non_response", None: None}
    row: dict[str, str | None] = {name: said[of[case.person.id].response] for name, of in found.items()}
    return row | {"decided": found[main][case.person.id].why}


def _value(person: Person, one: Value) -> dict[str, str | None]:
    ends = [None if end is None else exact(end) for end in (one.low, one.high)]
    return {
        "analyte": one.analyte,
        "visit": one.visit,
        "on": _iso(one.on),
        "study_day": _since(person, one.on),
        "value": f"{_short(one)} {one.unit}",
        "limits": f"{ends[0] or ''}–{ends[1] or ''}" if any(ends) else None,
        "grade": None if one.grade is None else str(one.grade),
        "event": one.cells["seq"],
    }


def _short(one: Value) -> str:
    """The number with at most two decimals: listings are read, derived tables are computed with."""
    return f"{float(one.value):.2f}".rstrip("0").rstrip(".")


def _dispensed(row: Cells) -> dict[str, str | None]:
    return {name: row[name] for name in ("what", "visit", "units", "reason")} | {
        "on": _iso(day(row["effective"]))
    }


def _drugs(person: Person, onset: date | None) -> Iterator[dict[str, str | None]]:
    """Drugs that may have been taken on the day of the onset, or in the month before."""
    for row in person.medications:
        start, end = day(row["start"]), day(row["end"])
        over = end is not None and onset is not None and (onset - end).days > 30
        late = start is not None and onset is not None and start > onset
        if not over and not late:
            dose = " ".join(part for part in (row["dose"], row["unit"]) if part)
            yield {
                "substance": row["substance"],
                "dose": dose or None,
                "start": row["start"],
                "end": row["end"],
            }


def _days(about: Cells) -> dict[str, str | None]:
    """Moments as days; the rest as it stands."""
    moments = ("consented", "randomized", "first_dose", "treatment_ended", "study_ended")
    return {name: _iso(day(text)) if name in moments else text for name, text in about.items()}


def _since(person: Person, on: date | None) -> str | None:
    return _between(person.randomized, on)


def _between(first: date | None, second: date | None) -> str | None:
    return None if first is None or second is None else str((second - first).days)


def _iso(on: date | None) -> str | None:
    return on.isoformat() if on else None
