"""Where a study stands: its states and its known acts, moved on by the ledger's events.

One standing may serve the desks of many threads. Each desk reads through a connection of its own; what one has read,
all know. States are values, so whoever holds one keeps what they saw, and an append that rests on an old version
conflicts.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from threading import Lock
from typing import Any

from trialist.conduct.evolve import evolve
from trialist.conduct.state import ParticipantState, StudyState
from trialist.desk.together import Together
from trialist.ledger import Event, Head, Ledger
from trialist.ledger.event import GENESIS

_STREAM = "participant/"


class States:
    """The states of a study and its participants, and the acts that made them, up to an event of the chain."""

    def __init__(
        self,
        study: StudyState,
        people: MutableMapping[str, ParticipantState],
        keys: set[str],
        head: Head,
    ) -> None:
        self.study, self.people, self.keys, self.head = study, people, keys, head

    def person(self, name: str) -> ParticipantState:
        """One participant, of version 0 where there is none."""
        return self.people.get(name) or ParticipantState(name)

    def follow(self, event: Event, payload: Mapping[str, Any]) -> None:
        """Move on by the next event."""
        place = (event.kind, event.schema, payload, event.at, event.actor, event.seq, event.version)
        self.keys.add(event.command)
        if event.stream.startswith(_STREAM):
            name = event.stream.removeprefix(_STREAM)
            self.people[name] = evolve(self.person(name), *place)
        else:
            self.study = evolve(self.study, *place)
        self.head = Head(event.seq, event.hash)


class Standing(States):
    """What all desks of a process know. `writing` and `asking` are the queues before the ledger and the vault."""

    def __init__(self) -> None:
        super().__init__(StudyState(), {}, set(), _BEGINNING)
        self._lock = Lock()
        self.writing, self.asking = Together(), Together()

    def read_on(self, ledger: Ledger, head: Head | None = None) -> None:
        """Take in what a ledger has beyond what was seen; another chain is read from its beginning."""
        if (head or ledger.head()) == self.head:
            return
        with self._lock:
            head = ledger.head()
            if head.seq < self.head.seq or (head.seq == self.head.seq and head != self.head):
                self.study, self.people, self.keys, self.head = StudyState(), {}, set(), _BEGINNING
            for event in ledger.events(after=self.head.seq):
                self.follow(event, ledger.disclosed(event))

    @contextmanager
    def committing(self, ahead: Ahead) -> Iterator[None]:
        """Around a commit: then `ahead` stands. Who meanwhile sees the new head waits, and need not read."""
        with self._lock:
            yield
            self.keys |= ahead.keys  # first, so that whoever sees an act's effect knows its key
            self.people.update(ahead.moved)
            self.study, self.head = ahead.study, ahead.head


class Ahead(States):
    """What will stand when a transaction commits: what stands, moved on by events that are not committed yet."""

    def __init__(self, standing: Standing) -> None:
        self.moved: dict[str, ParticipantState] = {}
        super().__init__(standing.study, ChainMap(self.moved, standing.people), set(), standing.head)


_BEGINNING = Head(0, GENESIS)
