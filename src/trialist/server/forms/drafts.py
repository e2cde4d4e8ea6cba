"""Drafts: what somebody has typed into a form and not saved, kept on the server with what the form showed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from trialist.conduct.state import FormKey
from trialist.server.access import Here
from trialist.server.forms.typed import Typed
from trialist.server.models import Draft


@dataclass(frozen=True, slots=True)
class Kept:
    """A draft: the fields, what the form showed when it was opened, the participant's version then."""

    typed: Mapping[str, Typed]
    base: Mapping[str, Typed]
    reason: str
    expected: int
    at: datetime


def place_of(key: FormKey) -> str:
    """The name of a row in the drafts."""
    return "/".join((key.visit or "", str(key.occurrence), key.form, str(key.row)))


def find(here: Here, participant: str, key: FormKey) -> Kept | None:
    """The draft that this account left at a row."""
    row = Draft.objects.filter(account=here.account, participant=participant, place=place_of(key)).first()
    if row is None:
        return None
    entries: dict[str, Any] = row.entries
    return Kept(
        typed={item: Typed(**one) for item, one in entries["typed"].items()},
        base={item: Typed(**one) for item, one in entries["base"].items()},
        reason=entries["reason"],
        expected=row.expected,
        at=row.updated,
    )


def keep(
    here: Here,
    participant: str,
    key: FormKey,
    *,
    typed: Mapping[str, Typed],
    base: Mapping[str, Typed],
    reason: str,
    expected: int,
) -> Kept | None:
    """Write a draft down."""
    entries = {
        "typed": {item: one.as_json() for item, one in typed.items()},
        "base": {item: one.as_json() for item, one in base.items()},
        "reason": reason,
    }
    Draft.objects.update_or_create(
        account=here.account,
        participant=participant,
        place=place_of(key),
        defaults={"entries": entries, "expected": expected},
    )
    return find(here, participant, key)


def drop(here: Here, participant: str, key: FormKey) -> None:
    """The form is saved, or the draft is not wanted."""
    Draft.objects.filter(account=here.account, participant=participant, place=place_of(key)).delete()


def begun(here: Here, participant: str) -> frozenset[str]:
    """Places at which this account has a draft."""
    rows = Draft.objects.filter(account=here.account, participant=participant)
    return frozenset(rows.values_list("place", flat=True))
