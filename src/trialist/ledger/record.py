"""An event as its exact line, and back."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from trialist.allocation.canonical import canonical
from trialist.ledger.event import Event

FIELDS = tuple(sorted(set(Event._fields) - {"line", "hash"}))
"""The fields of a line, in canonical order."""


def moment(at: datetime) -> str:
    """`at` as the ledger writes it: UTC to the microsecond, `2026-03-30T01:40:00.000000Z`."""
    if at.tzinfo is None:
        raise ValueError("a time without its zone cannot be recorded")
    if at.tzinfo is not UTC:
        at = at.astimezone(UTC)
    return at.isoformat(timespec="microseconds")[:26] + "Z"


def parse_moment(text: str) -> datetime:
    """The time that `moment` wrote; ValueError for any other text."""
    at = datetime.fromisoformat(text)
    if moment(at) != text:
        raise ValueError(f"{text!r} is no UTC time with microseconds")
    return at.astimezone(UTC)


def link(record: dict[str, Any], at: datetime) -> Event:
    """The event that `record` (its fields, `at` as text) makes; `record` is used up."""
    line = canonical(record)
    record["at"] = at
    return Event(**record, line=line, hash=sha256(line.encode()).hexdigest())


def from_line(line: str) -> Event:
    """The event of a stored line. The line is trusted; `chain` checks lines that are not."""
    record = json.loads(line)
    record["at"] = datetime.fromisoformat(record["at"])
    return Event(**record, line=line, hash=sha256(line.encode()).hexdigest())
