"""The desk: read state, decide, ask the vault, append. The one write path of real and rehearsed trials."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from typing import Protocol as Shape

from trialist import criteria
from trialist.conduct import commands as c
from trialist.conduct.commands import Actor, Command, Fact
from trialist.conduct.decide import STUDY, decide
from trialist.conduct.history import history_of
from trialist.conduct.messages import refusal
from trialist.conduct.state import ParticipantState, StudyState
from trialist.conduct.view import Decision, View
from trialist.desk.first_answer import same_act
from trialist.desk.standing import Ahead, Standing, States
from trialist.findings import Finding, Refusal
from trialist.ledger import Event, Ledger, Turn
from trialist.protocol import Protocol

SYSTEM = Actor("system", "system")
Beside = Callable[[], object]
"""What is written with an act, in its transaction, on the connection of whichever thread commits it."""


class Vault(Shape):
    """What the desk asks of the vault."""

    def assign(self, participant: str, stratum: str, at: datetime) -> Any:
        """The receipt: stratum, ordinal, kit; the same for ever."""

    def assign_all(self, questions: Sequence[tuple[str, str, datetime]]) -> Sequence[Any]:
        """Several such questions in one transaction: of each its receipt, or the exception that it met."""

    def reveal(self, participant: str, to: str, reason: str, at: datetime) -> str:
        """One participant's arm."""

    def open(self, keys: Mapping[str, bytes], at: datetime) -> Any:
        """The annex, to two holders."""

    @property
    def log(self) -> Any:
        """Its own chained log; `lines()` gives every question, oldest first."""


def _by_a_person(by: Actor) -> None:
    """The role of the software is nobody's to claim."""
    if by.role == SYSTEM.role:
        raise refusal("desk.system")


@contextmanager
def _though_the_ledger_fails() -> Iterator[None]:
    """Go on, whatever a database raises; a refusal is an answer and passes."""
    try:
        yield
    except Refusal:
        raise
    except Exception:  # noqa: BLE001, S110 - drivers share no base class; the vault's log keeps what is to be copied
        pass


@dataclass(frozen=True, slots=True)
class Receipt:
    """What an act left in the ledger, and what its author should know.

    A repeated act (same key) gives the first events again, without the findings.
    """

    events: tuple[Event, ...]
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class _Asked:
    """An act that somebody asks for: what, who, when, its key, and what is written with it."""

    command: Command
    by: Actor
    at: datetime
    key: str
    beside: Beside | None = None


@dataclass(frozen=True, slots=True)
class _Decided:
    """A decision, and the versions of the streams that it rests on."""

    asked: _Asked
    decision: Decision
    expected: Mapping[str, int]


class Desk:
    """The desk of one study.

    States are kept per stream and moved on by events; desks of several threads may share them, by `standing`.
    They may be behind the ledger when others write too. So an act is decided on what is known, in its own thread;
    then, while the end of the chain is held, decided again if what it rests on has moved. Acts that wait for each other
    are committed together (`together`), in one order, each decided on what those before it left. A refusal is given
    only on states that are up to date.
    """

    def __init__(
        self,
        ledger: Ledger,
        vault: Vault,
        protocol: Protocol,
        salts: Callable[[], bytes],
        standing: Standing | None = None,
    ) -> None:
        self._ledger, self._vault, self._protocol, self._salts = ledger, vault, protocol, salts
        self._hash = protocol.hash
        self._standing = Standing() if standing is None else standing
        self._ahead: Ahead | None = None
        self._looks = True
        self._read_on()

    # --- reading -------------------------------------------------------------------------------------------

    def look_no_more(self) -> None:
        """From now on answer by what is known, until `look_again`: one page tells of one state of the ledger.

        Acts do not rest on it: they are decided on what the ledger has when they are recorded.
        """
        self._looks = False

    def look_again(self) -> None:
        """From now on every question is answered by what the ledger has at that moment."""
        self._looks = True

    def study(self) -> StudyState:
        """The study as it now stands in the ledger."""
        self._look()
        return self._standing.study

    def participant(self, name: str) -> ParticipantState:
        """One participant as they now stand in the ledger; of version 0 where there is none."""
        self._look()
        return self._standing.person(name)

    def held(self, name: str) -> ParticipantState:
        """One participant as the ledger will have them; for what is written with events, in their transaction."""
        return (self._ahead or self._standing).person(name)

    def participants(self) -> tuple[ParticipantState, ...]:
        """All participants, in the order of their first events."""
        self._look()
        return tuple(self._standing.people.values())

    def eligibility(self, participant: str, index: date) -> dict[str, criteria.Verdict]:
        """Every criterion's verdict on a day, with its trace."""
        history = history_of(self.participant(participant), self._protocol, index)
        return {
            name: criteria.evaluate(rule, history, self._protocol.dictionary)
            for name, rule in self._protocol.rules.criterion.items()
        }

    def done(self, key: str) -> bool:
        """Whether the act of this name is in the ledger."""
        self._look()
        return key in self._standing.keys

    def pending(self) -> tuple[str, ...]:
        """Participants whose randomization is requested and not answered."""
        return tuple(person.id for person in self.participants() if person.status == "requested")

    # --- writing -------------------------------------------------------------------------------------------

    def act(
        self, command: Command, *, by: Actor, at: datetime, key: str, beside: Beside | None = None
    ) -> Receipt:
        """Decide a command and record what follows.

        Args:
            command: what somebody wants.
            by: who; the server says so, never the caller.
            at: now, UTC.
            key: the act's own name. The same key with the same command gives the first answer again.
            beside: committed with the events, or undone with them.

        Raises:
            Refusal: the rules say no, or the key was used for another act.
        """
        _by_a_person(by)
        return self._act(_Asked(command, by, at, key, beside))

    def randomize(self, participant: str, *, by: Actor, at: datetime, effective: str, key: str) -> Receipt:
        """Two events around one repeatable question: requested, the vault's receipt, randomized.

        A request that was left open is completed, whoever asks.

        Raises:
            Refusal: the participant may not be randomized, or randomization is paused.
        """
        if self.participant(participant).status == "requested" and key not in self._standing.keys:
            return self.complete(participant, at=at)
        requested = self.act(c.RequestRandomization(participant, effective), by=by, at=at, key=key)
        answered = self.complete(participant, at=at)
        return Receipt(requested.events + answered.events, requested.findings)

    def complete(self, participant: str, *, at: datetime) -> Receipt:
        """Answer an open request; the vault gives every repetition of the question the same receipt."""
        person, key = self._standing.person(participant), f"randomized/{participant}"
        if person.allocation is not None and (answered := self._ledger.of_command(key)):
            return Receipt(answered)
        if person.request is None:
            raise refusal("randomization.not_requested", participant=participant)
        question = (participant, person.request.stratum, at)
        receipt = self._standing.asking.do(question, self._assigned)
        command = c.RecordAllocation(participant, receipt.stratum, receipt.ordinal, receipt.kit)
        return self._act(_Asked(command, SYSTEM, at, key))

    def complete_pending(self, *, at: datetime) -> tuple[str, ...]:
        """Answer all open requests, as at start-up; who was answered."""
        waiting = self.pending()
        for participant in waiting:
            self.complete(participant, at=at)
        return waiting

    def break_code(
        self, participant: str, *, to: str, reason: str, by: Actor, at: datetime, effective: str, key: str
    ) -> str:
        """One participant's arm, to one person: the vault's log first, then the ledger, without the arm.

        The same key asks no second time: the vault has the question in its log and answers it again. What it reveals
        is in its own log, on the disk, even where the ledger cannot be written (`copy_code_breaks`).

        Raises:
            Refusal: the role may not, nothing was assigned, or the key was used for another act.
        """
        _by_a_person(by)
        command, first = c.RecordCodeBreak(participant, reason, effective, to), None
        with self._standing.breaking:
            with _though_the_ledger_fails():
                self._read_on()
                first = self._broken_before(command, by, key)
            decide(command, self._view(command, self._standing), by, at)
            if first is not None:
                return self._vault.reveal(participant, to, reason, first.at)
            arm = self._vault.reveal(participant, to, reason, at)
            with _though_the_ledger_fails():
                self._act(_Asked(command, by, at, key))
        return arm

    def _broken_before(self, command: c.RecordCodeBreak, by: Actor, key: str) -> Event | None:
        """What this very act left, if it is done; that a second click states a later minute makes it no other act."""
        if key not in self._standing.keys:
            return None
        first = self._ledger.of_command(key)[0]
        command = replace(command, effective=first.payload.get("effective", command.effective))
        self._first_answer(_Asked(command, by, first.at, key))
        return first

    def copy_code_breaks(self, *, at: datetime) -> tuple[str, ...]:
        """Record what the vault's log says was revealed and the ledger does not; whose codes these were.

        In an emergency the vault answers though the ledger cannot be written. What was revealed to whom is
        then copied from the vault's log, by the system, with the vault's own time.
        """
        recorded = Counter(
            (one.id, broken.revealed_to) for one in self.participants() for broken in one.code_breaks
        )
        copied = []
        for line in self._vault.log.lines():
            if line["question"] != "reveal":
                continue
            asked = (line["participant"], line["to"])
            if recorded[asked]:
                recorded[asked] -= 1
                continue
            command = c.RecordCodeBreak(line["participant"], line["reason"], line["at"], line["to"])
            self._act(_Asked(command, SYSTEM, at, f"vault log {line['seq']}"))
            copied.append(line["participant"])
        return tuple(copied)

    def open_blind(self, keys: Mapping[str, bytes], *, by: Actor, at: datetime, key: str) -> Any:
        """The annex, to two key holders, after the lock; the opening is recorded.

        Raises:
            Refusal: the study is not locked, or the keys are not those of two holders.
        """
        commitment = self.study().commitment or ""
        names = tuple(sorted(keys))
        if len(names) != 2:
            raise refusal("study.two_keys", path="keys")
        command = c.RecordOpening((names[0], names[1]), commitment)
        if key not in self._standing.keys:
            decide(command, self._view(command, self._standing), by, at)
        annex = self._vault.open(keys, at)
        if annex.commitment != commitment:
            raise refusal("study.other_annex", path="commitment")
        self.act(command, by=by, at=at, key=key)
        return annex

    # --- inside --------------------------------------------------------------------------------------------

    def _act(self, asked: _Asked) -> Receipt:
        while asked.key not in self._standing.keys:
            if decided := self._decided(asked):
                receipt: Receipt | None = self._standing.writing.do(decided, self._recorded)
                if receipt is not None:
                    return receipt
                self._read_on()
        return self._first_answer(asked)

    def _decided(self, asked: _Asked) -> _Decided | None:
        """The decision on what is known; None when that was old and there is more to know."""
        seen = self._standing.head
        view = self._view(asked.command, self._standing)
        try:
            decision = decide(asked.command, view, asked.by, asked.at)
        except Refusal:
            self._read_on()
            if self._standing.head == seen and asked.key not in self._standing.keys:
                raise
            return None
        return _Decided(asked, decision, self._expected(view, decision.facts))

    def _recorded(self, acts: Sequence[_Decided]) -> list[Receipt | Refusal | None]:
        """Commit several acts as one: their receipts, refusals, and None for a key that is known by now."""
        with ExitStack() as until_known, self._ledger.held() as turn:
            ahead = self._ahead = Ahead(self._standing, turn.head)
            until_known.callback(setattr, self, "_ahead", None)
            known = set() if ahead.knows_all else self._ledger.known([one.asked.key for one in acts])
            streams = {stream for one in acts for stream in one.expected}
            if ahead.knows_all:
                turn.know({stream: ahead.version(stream) for stream in streams})
            else:
                turn.look_up(streams)
            answers = [
                None
                if one.asked.key in known or ahead.knows(one.asked.key)
                else self._appended(one, turn, ahead)
                for one in acts
            ]
            turn.write()
            for one, answer in zip(acts, answers, strict=True):
                if isinstance(answer, Receipt) and one.asked.beside is not None:
                    one.asked.beside()
            until_known.enter_context(self._standing.committing(ahead))
        if not ahead.knows_all:
            self._read_on()
        return answers

    def _appended(self, decided: _Decided, turn: Turn, ahead: Ahead) -> Receipt | Refusal | None:
        """One act, on what those before it left."""
        asked, decision, expected = decided.asked, decided.decision, decided.expected
        on_everybody = type(asked.command) in STUDY  # those that came since have no version in `expected`
        if on_everybody or not turn.stands_at(expected):
            ahead.catch_up(self._ledger)
            view = self._view(asked.command, ahead)
            try:
                decision = decide(asked.command, view, asked.by, asked.at)
            except Refusal as refused:
                return refused
            expected = self._expected(view, decision.facts)
        events = turn.append(
            decision.facts,
            command=asked.key,
            actor=asked.by.person,
            role=asked.by.role,
            at=asked.at,
            protocol=self._hash,
            expected=expected,
            salts=self._salts,
        )
        for event, fact in zip(events, decision.facts, strict=True):
            ahead.follow(event, fact.payload)
        return Receipt(events, decision.findings)

    def _first_answer(self, asked: _Asked) -> Receipt:
        """What the act of this key left, if it was this very act; else a refusal."""
        events = self._ledger.of_command(asked.key)
        by_the_same = events[0].actor in (asked.by.person, SYSTEM.person)
        if not (by_the_same and same_act(asked.command, events, self._ledger.disclosed)):
            raise refusal("desk.key_reused", key=asked.key)
        return Receipt(events)

    def _assigned(self, questions: Sequence[tuple[str, str, datetime]]) -> Sequence[Any]:
        """The vault's answers, in its order of asking."""
        if len(questions) == 1:
            return [self._vault.assign(*questions[0])]
        return self._vault.assign_all(questions)

    def _view(self, command: Command, states: States) -> View:
        if type(command) in STUDY:
            everyone = states.people.values() if isinstance(command, c.LockStudy) else ()
            return View(states.study, None, self._protocol, everyone=tuple(everyone))
        name = getattr(command, "participant", "")
        person = states.person(name if isinstance(name, str) else "")
        earlier = command.previous if isinstance(command, c.Consent) else None
        previous = states.people.get(earlier) if isinstance(earlier, str) else None
        return View(states.study, person, self._protocol, previous)

    def _expected(self, view: View, facts: tuple[Fact, ...]) -> dict[str, int]:
        """Every stream that the decision rests on, and the version it had."""
        expected = {"study": view.study.version}
        for person in (view.participant, view.previous, *view.everyone):
            if person is not None:
                expected[f"participant/{person.id}"] = person.version
        sites = {fact.site for fact in facts}
        if view.participant is not None:
            sites.add(view.participant.site)
        for site in sites:
            if site:
                known = view.study.sites.get(site)
                expected[f"site/{site}"] = 0 if known is None else known.version
        return expected

    def _look(self) -> None:
        if self._looks:
            self._read_on()

    def _read_on(self) -> None:
        """Take in what the ledger has beyond what was seen."""
        self._standing.read_on(self._ledger)
