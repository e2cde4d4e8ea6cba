"""Where a study stands: its states and its known acts, moved on by the ledger's events.

One standing may serve the desks of many threads. Each desk reads through a connection of its own; what one has read,
all know. States are values, so whoever holds one keeps what they saw, and an append that rests on an old version
conflicts.
"""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock
from typing import Any

from trialist.conduct.evolve import evolve
from trialist.conduct.state import ParticipantState, StudyState
from trialist.ledger import Event, Head, Ledger
from trialist.ledger.event import GENESIS

_STREAM = "participant/"


class Standing:
    """The states of a study and its participants, up to an event of the chain."""

    def __init__(self) -> None:
        self._lock = Lock()
        self.turn = Lock()
        self._begin()

    def _begin(self) -> None:
        self.study = StudyState()
        self.people: dict[str, ParticipantState] = {}
        self.keys: set[str] = set()
        self.head = Head(0, GENESIS)

    def person(self, name: str) -> ParticipantState:
        """One participant, of version 0 where there is none."""
        return self.people.get(name) or ParticipantState(name)

    def read_on(self, ledger: Ledger) -> None:
        """Take in what a ledger has beyond what was seen; another chain is read from its beginning."""
        if ledger.head() == self.head:
            return
        with self._lock:
            head = ledger.head()
            if head.seq < self.head.seq or (head.seq == self.head.seq and head != self.head):
                self._begin()
            for event in ledger.events(after=self.head.seq):
                self._take_in(event, ledger.disclosed(event))

    def take_in(self, events: tuple[Event, ...], payloads: tuple[Mapping[str, Any], ...]) -> bool:
        """Take in events that were just appended; False, and nothing is, unless they are the very next."""
        with self._lock:
            if events[0].seq != self.head.seq + 1:
                return False
            for event, payload in zip(events, payloads, strict=True):
                self._take_in(event, payload)
            return True

    def _take_in(self, event: Event, payload: Mapping[str, Any]) -> None:
        place = (event.kind, event.schema, payload, event.at, event.actor, event.seq, event.version)
        if event.stream.startswith(_STREAM):
            name = event.stream.removeprefix(_STREAM)
            self.people[name] = evolve(self.person(name), *place)
        else:
            self.study = evolve(self.study, *place)
        self.keys.add(event.command)
        self.head = Head(event.seq, event.hash)
