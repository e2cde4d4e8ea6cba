"""Rows that are made from the ledger's states by pure functions, in the transaction of the events.

They can be made anew at any time; `differences` says where the live ones are not what the ledger says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from trialist.conduct.state import ParticipantState
from trialist.ledger import Event
from trialist.server.models import ParticipantCard

Known = Callable[[str], ParticipantState]
"""A participant's state after the events."""
_STREAM = "participant/"


def card(state: ParticipantState) -> dict[str, Any]:
    """The row of one participant."""
    allocation = state.allocation
    return {
        "version": state.version,
        "site": state.site,
        "status": state.status,
        "stratum": "" if allocation is None else allocation.stratum,
        "kit": "" if allocation is None else allocation.kit,
        "open_queries": len(state.open_queries),
        "signed": state.signature is not None,
        "frozen": state.frozen,
    }


def follow(events: Iterable[Event], known: Known) -> None:
    """Move the rows on by events that are just being appended, in one statement."""
    names = {event.stream.removeprefix(_STREAM): None for event in events if event.stream.startswith(_STREAM)}
    rows = [ParticipantCard(id=name, **card(known(name))) for name in names]
    ParticipantCard.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["id"], update_fields=list(card(ParticipantState("")))
    )


def rebuild(states: Iterable[ParticipantState]) -> int:
    """Make all rows anew; how many."""
    rows = [ParticipantCard(id=state.id, **card(state)) for state in states]
    ParticipantCard.objects.all().delete()
    ParticipantCard.objects.bulk_create(rows)
    return len(rows)


def differences(states: Iterable[ParticipantState]) -> list[str]:
    """Participants whose live row is not what the ledger says."""
    live = {row.pop("id"): row for row in ParticipantCard.objects.values()}
    told = {state.id: card(state) for state in states}
    return sorted(name for name in live.keys() | told.keys() if live.get(name) != told.get(name))
