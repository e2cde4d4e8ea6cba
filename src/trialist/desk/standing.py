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

    def version(self, stream: str) -> int:
        """How many events a stream has had."""
        if stream == "study":
            return self.study.version
        if stream.startswith(_STREAM):
            return self.person(stream.removeprefix(_STREAM)).version
        site = self.study.sites.get(stream.removeprefix("site/"))
        return 0 if site is None else site.version

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
    """What all desks of a process know.

    `writing` and `asking` are the queues before the ledger and the vault; `breaking` is held while a code is broken.
    """

    def __init__(self) -> None:
        super().__init__(StudyState(), {}, set(), _BEGINNING)
        self._lock = Lock()
        self.writing, self.asking, self.breaking = Together(), Together(), Lock()

    def read_on(self, ledger: Ledger) -> None:
        """Take in what a ledger has beyond what was seen; another chain is read from its beginning."""
        if ledger.head() == self.head:
            return
        with self._lock:
            head = ledger.head()
            if head.seq < self.head.seq or (head.seq == self.head.seq and head != self.head):
                self.study, self.people, self.keys, self.head = StudyState(), {}, set(), _BEGINNING
            for event in ledger.events(after=self.head.seq):
                self.follow(event, ledger.disclosed(event))

    @contextmanager
    def committing(self, ahead: Ahead) -> Iterator[None]:
        """Around a commit: then `ahead` stands, if it rests on all that is known.

        Who meanwhile sees the new head waits, and need not read.
        """
        with self._lock:
            yield
            if ahead.knows_all and ahead.end == self.head:
                self.keys |= ahead.keys  # first, so that whoever sees an act's effect knows its key
                self.people.update(ahead.moved)
                self.study, self.head = ahead.study, ahead.head


class Ahead(States):
    """What will stand when a transaction commits: what stands, moved on by events that are not committed yet.

    `end` is the last event of others. What stands may be behind it: then states of streams that others have moved are
    old, and `catch_up` is due before anything rests on them.
    """

    def __init__(self, standing: Standing, end: Head) -> None:
        self._standing, self.end = standing, end
        self._followed: list[tuple[Event, Mapping[str, Any]]] = []
        self._rest_on_what_stands()

    def _rest_on_what_stands(self) -> None:
        below = self._standing
        self.knows_all = below.head == self.end  # asked first: nobody moves what stands beyond the end
        self.moved: dict[str, ParticipantState] = {}
        super().__init__(below.study, ChainMap(self.moved, below.people), set(), below.head)

    def catch_up(self, ledger: Ledger) -> None:
        """Learn what others have committed; what was followed here comes after it."""
        if not self.knows_all:
            self._standing.read_on(ledger)
            self._rest_on_what_stands()
            for event, payload in self._followed:
                super().follow(event, payload)

    def follow(self, event: Event, payload: Mapping[str, Any]) -> None:
        """Move on by the next event of this transaction."""
        self._followed.append((event, payload))
        super().follow(event, payload)

    def knows(self, key: str) -> bool:
        """Whether the act of this name is among what is known."""
        return key in self.keys or key in self._standing.keys


_BEGINNING = Head(0, GENESIS)
