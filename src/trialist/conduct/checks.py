"""Edit checks: what should be looked at in a row, and the queries that ask.

A check that does not hold, or that errs, opens a query; none is ever closed here. A hard check that does not hold lets
the row be saved only with a reason why the value stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from trialist import criteria
from trialist.conduct.calendar import Moment
from trialist.conduct.commands import Entry, Fact
from trialist.conduct.history import history_of
from trialist.conduct.intake import Value, plausible, reread
from trialist.conduct.messages import finding
from trialist.conduct.oversight import next_query
from trialist.conduct.state import FormKey, Record, place_of
from trialist.conduct.tables import CheckTable, FormTable
from trialist.conduct.view import Act, Decision
from trialist.criteria import History, Truth
from trialist.findings import Finding, Refusal


class Row(NamedTuple):
    """A row as it will stand: its records, its typed values, and which items this act changes.

    `confirmed` are items whose implausible value stands with a reason, `erred` computed items whose formula failed.
    """

    key: FormKey
    table: FormTable
    effective: Moment
    records: Mapping[str, Record]
    changed: frozenset[str]
    values: Mapping[str, Value]
    confirmed: tuple[str, ...] = ()
    erred: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something in a row that a person should look at, and whether it is saved only with a reason."""

    check: str
    item: str
    finding: Finding
    needs_reason: bool = False


def with_queries(act: Act, row: Row, *facts: Fact) -> Decision:
    """The facts, and a query for everything that should be looked at.

    Raises:
        Refusal: a hard check does not hold, and nobody says that the value stands.
    """
    doubts = list(_doubts(act, row))
    unconfirmed = [one.finding for one in doubts if one.needs_reason]
    if unconfirmed:
        raise Refusal(*unconfirmed)
    new = [one for one in doubts if not _asked(act, row, one.check)]
    queries = [_query(act, row, one, place) for place, one in enumerate(new)]
    return Decision((*facts, *queries), tuple(one.finding for one in new))


def _asked(act: Act, row: Row, check: str) -> bool:
    """Whether the same check has an open query on this row already."""
    return any(query.place == row.key and query.check == check for query in act.person.open_queries)


def _doubts(act: Act, row: Row) -> Iterator[Doubt]:
    """What should be looked at in a row: values confirmed outside the plausible, checks that do not hold."""
    for item in row.confirmed:
        gate = row.table.gates[item]
        entry = Entry(**row.records[item])  # type: ignore[arg-type]  # a record is an entry's parts
        about = finding("query.plausible", path=f"{row.table.id}.{item}", **plausible(gate, entry))
        yield Doubt(f"{item}.plausible", item, about)
    for item in row.erred:
        about = finding(
            "query.rule_error", path=f"{row.table.id}.{item}", check=f"{item}.formula", error="formula"
        )
        yield Doubt(f"{item}.formula", item, about)
    due = [check for check in row.table.checks if not check.mentions.isdisjoint(row.changed)]
    if due:
        reading = _Reading(act, row, due)
        yield from (found for check in due if (found := _doubt(row, check, reading)) is not None)


class _Reading:
    """A rule read first with what was entered alone; the whole record is gathered where that settles nothing.

    Kleene's logic allows it: more knowledge makes no definite answer another one.
    """

    def __init__(self, act: Act, row: Row, due: list[CheckTable]) -> None:
        previous = {item for check in due for item in check.previous}
        self.act, self.row, self.due = act, row, due
        self.entered = {**row.values, **_previous(act, row, previous)} if previous else row.values
        self.alone = History(index=row.effective.day, entered=self.entered)
        self.dictionary = act.tables.dictionary
        self.whole: History | None = None

    def says(self, check: CheckTable) -> Truth:
        """Whether a check's rule holds."""
        truth = criteria.decide(check.rule, self.alone, self.dictionary)
        if truth is not Truth.UNKNOWN or not check.reads_record:
            return truth
        return criteria.decide(check.rule, self._whole(), self.dictionary)

    def _whole(self) -> History:
        if self.whole is None:
            self.whole = history_of(
                self.act.person,
                self.act.view.protocol,
                self.row.effective.day,
                entered=self.entered,
                without=self.row.key,
                times=any(check.times for check in self.due),
            )
        return self.whole


def _previous(act: Act, row: Row, items: set[str]) -> dict[str, Value]:
    """The last value of each item before this row: of the latest day, and within it the last recorded."""
    found: dict[str, Value] = {}
    for item in items:
        earlier = [
            (act.day_of(other.effective), other.seqs[item], other.items[item])
            for key, other in act.person.forms.items()
            if item in other.items and key != row.key
        ]
        before = [one for one in earlier if one[0] <= row.effective.day]
        taken = reread(row.table.gates.get(item), max(before)[2], act.today) if before else None
        if taken is not None and taken.value is not None:
            found[f"previous:{item}"] = taken.value
    return found


def _doubt(row: Row, check: CheckTable, reading: _Reading) -> Doubt | None:
    path = f"{row.table.id}.{check.item}"
    try:
        holds = reading.says(check)
    except Exception as error:  # noqa: BLE001 - whatever went wrong in a rule, a person looks at the value
        about = finding("query.rule_error", path=path, check=check.name, error=type(error).__name__)
        return Doubt(check.name, check.item, about)
    if holds is not Truth.FALSE:
        return None
    say = check.check.say
    stands = any("confirmed" in row.records.get(item, {}) for item in check.mentions)
    asks = check.check.severity == "hard" and not stands
    about = finding(
        "check.confirm" if asks else "query.check", path=path, say=say.say("en"), say_zh=say.say("zh")
    )
    return Doubt(check.name, check.item, about, needs_reason=asks)


def _query(act: Act, row: Row, doubt: Doubt, more: int) -> Fact:
    payload = {
        "query": next_query(act.person, more),
        **place_of(row.key),
        "item": doubt.item,
        "text": doubt.finding.code,
        "check": doubt.check,
        "by": "system",
    }
    return act.fact("query opened", payload, by_system=True)
