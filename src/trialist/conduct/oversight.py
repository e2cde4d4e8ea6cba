"""Oversight of a record: queries, deviations, signatures, code breaks, freezing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256

from trialist.conduct import commands as c
from trialist.conduct.commands import Sealed
from trialist.conduct.course import after_consent
from trialist.conduct.messages import refusal, shown
from trialist.conduct.state import FormKey, ParticipantState, Query
from trialist.conduct.tables import tables
from trialist.conduct.view import Act, Decision, only
from trialist.protocol import Protocol


def open_query(act: Act) -> Decision:
    """A person asks about a recorded row's item."""
    command: c.OpenQuery = act.command
    key = FormKey(command.visit, command.occurrence, command.form, command.row)
    form = act.tables.forms.get(command.form)
    if form is None or key not in act.person.forms or command.item not in form.gates:
        raise refusal("value.not_recorded", path="item", place=key, item=shown(command.item))
    for query in act.person.open_queries:
        if (query.place, query.item, query.check) == (key, command.item, None):
            raise refusal("query.twice", path="item", item=command.item, query=query.id)
    payload = {
        "query": next_query(act.person),
        "form": command.form,
        "visit": command.visit,
        "occurrence": command.occurrence,
        "row": command.row,
        "item": command.item,
        "text": Sealed(command.text),
        "check": None,
        "by": "person",
    }
    return only(act.fact("query opened", payload))


def next_query(person: ParticipantState, more: int = 0) -> str:
    """The next id of a query of this participant, after `more` others of the same act."""
    return f"Q{len(person.queries) + more + 1}"


def answer_query(act: Act) -> Decision:
    """The site answers; the data manager decides whether that closes it."""
    command: c.AnswerQuery = act.command
    _open(act, command.query)
    return only(act.fact("query answered", {"query": command.query, "text": Sealed(command.text)}))


def close_query(act: Act) -> Decision:
    """The data manager is satisfied."""
    command: c.CloseQuery = act.command
    _open(act, command.query)
    return only(act.fact("query closed", {"query": command.query, "text": Sealed(command.text)}))


def _open(act: Act, name: str) -> Query:
    query = act.person.queries.get(name)
    if query is None:
        raise refusal("query.unknown", path="query", participant=act.person.id, query=shown(name))
    if query.status == "closed":
        raise refusal("query.closed", path="query", query=name)
    return query


def record_deviation(act: Act) -> Decision:
    """The protocol was not followed."""
    command: c.RecordDeviation = act.command
    after_consent(act, command.effective)
    return only(
        act.fact(
            "deviation recorded",
            {
                "category": command.category,
                "grade": command.grade,
                "text": Sealed(command.text),
                "effective": command.effective,
            },
        )
    )


def sign(act: Act) -> Decision:
    """A signature bound to the record as it stands."""
    command: c.Sign = act.command
    over = record_hash(act.person, act.view.protocol)
    payload = {"meaning": command.meaning, "over": over, "name": act.by.person}
    return only(act.fact("signed", payload, signature=payload))


def record_hash(person: ParticipantState, protocol: Protocol) -> str:
    """SHA-256 of everything recorded of a participant: what a signature is bound to.

    A sealed value is named by its place in the ledger alone, where the chain binds its commitment. A hash
    over the value itself could be tried out by anyone who reads the rest.
    """
    text = json.dumps(list(_recorded(person, protocol)), ensure_ascii=False, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()


def _recorded(person: ParticipantState, protocol: Protocol) -> Iterator[object]:
    yield [person.id, person.site, person.consented, person.previous]
    for visit, record in sorted(person.visits.items()):
        yield [*visit, record.effective, record.missed is not None]
    forms = tables(protocol).forms
    for key, row in sorted(person.forms.items(), key=lambda pair: [str(part) for part in pair[0]]):
        gates = forms[key.form].gates if key.form in forms else {}
        yield [*key, row.effective]
        for item, entry in sorted(row.items.items()):
            sealed = item not in gates or gates[item].sealed
            yield [item, row.seqs[item], None if sealed else sorted(entry.items())]
    if person.allocation is not None:
        yield [person.allocation.stratum, person.allocation.kit, person.allocation.effective]
    for handed in person.dispensed:
        yield [handed.visit, handed.kit, handed.packs, handed.effective]
    for end in (person.screening_failed, person.treatment_ended, person.withdrawn, person.lost, person.died):
        yield None if end is None else end.effective
    yield None if person.completed is None else person.completed.effective


def record_code_break(act: Act) -> Decision:
    """One participant's treatment was revealed to one person; what it was stays in the vault."""
    command: c.RecordCodeBreak = act.command
    if act.person.allocation is None:
        raise refusal("dispense.not_randomized", participant=act.person.id)
    after_consent(act, command.effective)
    return only(
        act.fact(
            "code broken",
            {
                "effective": command.effective,
                "revealed_to": command.revealed_to,
                "why": Sealed(command.reason),
            },
        )
    )


def freeze(act: Act) -> Decision:
    """The data manager closes a record to entry, or opens it again with a reason."""
    command: c.Freeze = act.command
    person = act.person
    if command.thaw and not person.frozen:
        raise refusal("participant.not_frozen", participant=person.id)
    if not command.thaw and person.frozen:
        raise refusal("participant.frozen", participant=person.id)
    if command.thaw and command.reason is None:
        raise refusal("intake.blank", path="reason", field="reason")
    return only(act.fact("frozen", {"thaw": command.thaw}, reason=command.reason))
