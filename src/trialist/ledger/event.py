"""One thing that happened, as the ledger keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple


class Event(NamedTuple):
    """One link of a study's chain.

    `seq` is the place in the chain, from 1, without gaps, in commit order. `stream` is `study`, `site/NN` or
    `participant/ID`, `version` the place in that stream, from 1. `command` names the act (the idempotency key),
    `part` this event's place among those the act caused. `kind` and `schema` say how to read `payload`.
    `protocol` is the hash of the study file in force. `at` is the time of recording, UTC to the microsecond; when
    the thing itself happened is `effective` in the payload. `payload` holds no float. `prev` is the hash of
    the event before; `hash` is SHA-256 of `line`, the canonical JSON of everything else.
    """

    seq: int
    stream: str
    version: int
    command: str
    part: int
    kind: str
    schema: int
    protocol: str
    actor: str
    role: str
    site: str | None
    at: datetime
    reason: str | None
    signature: Mapping[str, Any] | None
    payload: Mapping[str, Any]
    prev: str
    line: str
    hash: str


class Head(NamedTuple):
    """The end of a chain: printed on every report, export and receipt, so that a copy lives outside."""

    seq: int
    hash: str

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash}"


GENESIS = "0" * 64
"""`prev` of the first event."""
