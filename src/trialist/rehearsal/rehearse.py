"""A whole virtual trial: opened, recruited, followed, cleaned, signed, locked, opened by two keys."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from trialist.allocation.annex import Annex
from trialist.conduct import commands as c
from trialist.conduct.commands import Command, Entry
from trialist.desk import Desk
from trialist.findings import InputError
from trialist.findings.catalog import Message
from trialist.ledger import Ledger
from trialist.population import Model, Person, stream
from trialist.population.stream import chosen
from trialist.protocol import Protocol
from trialist.rehearsal.agenda import Act, Agenda, Pause, Sitting
from trialist.rehearsal.cast import DATA_MANAGER, HOLDERS, SPONSOR, STATISTICIAN, Team, appointments
from trialist.rehearsal.participant import Doing, Participant, Place, Trial
from trialist.rehearsal.printouts import Laboratory, titers
from trialist.rehearsal.screening import screen
from trialist.vault import Vault

Progress = Callable[[str, float], None]
"""What is going on, and the share of it that is done."""

MESSAGES = {
    "rehearsal.no_parameters": Message(
        en="The study file has no section 'rehearsal': nothing says what virtual participants are like.",
        zh="研究文件没有 rehearsal 部分：未说明虚拟受试者的特征。",
        ways_en=("Add the section; the bundled study 'smart' shows one.",),
        ways_zh=("请添加该部分；内置研究 smart 中有示例。",),
    ),
    "rehearsal.live_annex": Message(
        en="This annex is live: a rehearsal would use up and reveal the list of a real trial.",
        zh="该附件为正式附件：预演会消耗并泄露真实试验的随机列表。",
        ways_en=("Make one for rehearsals: trialist seal STUDY --rehearsal --out ANNEX.",),
        ways_zh=("请为预演制作附件：trialist seal STUDY --rehearsal --out ANNEX。",),
    ),
}
_LAST_STEPS = timedelta(days=30)
_TO_BE_SEEN = timedelta(days=2)
"""From the call that announces a person to the first visit."""


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What a rehearsal leaves behind.

    `opened` is false when it was stopped before the opening. `people` is nature's own book, participant →
    person, which no part of a trial may read; tests compare what was found with what was so.
    """

    ledger: Ledger
    vault: Vault
    annex: Annex
    desk: Desk
    opened: bool
    people: Mapping[str, Person]


def rehearse(
    protocol: Protocol,
    seed: int,
    *,
    participants: int | None = None,
    scenario: str | None = None,
    until: date | None = None,
    ledger: Ledger | None = None,
    vault: Vault | None = None,
    contents: Mapping[str, str] | None = None,
    commitment: str | None = None,
    opening: bool = True,
    progress: Progress | None = None,
) -> Rehearsed:
    """Send virtual participants through the desk, from the first appointment to the two-key opening.

    The same arguments give the same ledger, byte for byte. Nature knows what the kits hold because it packed
    them: from `contents`, never from the vault.

    Args:
        protocol: the study; its section `rehearsal` holds all parameters.
        seed: another seed is another trial.
        participants: how many are randomized; default the planned enrollment.
        scenario: a scenario of the file; default the file's own.
        until: stop at the end of this day (UTC): not locked, not opened.
        ledger: where events go; default in memory.
        vault: a vault that is sealed already; default one in memory, sealed with the seed's own annex. To
            replay a trial with the arms swapped, hand over a vault that holds the swapped annex, and as
            `contents` and `commitment` those of the original: then everything observable is the same.
        contents: kit → arm, what nature gives to whoever gets the kit; default the seed's own annex.
        commitment: what the ledger records as the sealed annex; default the seed's own.
        opening: whether the codes are opened after the lock. A vault with another annex cannot be opened
            under the original's commitment.
        progress: told what is going on.

    Raises:
        InputError: no parameters, or no such scenario.
    """
    if protocol.rehearsal is None:
        code = "rehearsal.no_parameters"
        raise InputError(MESSAGES[code].finding(code, path="rehearsal"))
    model = Model.of(protocol.rehearsal, protocol.schedule, scenario)
    wanted = participants or protocol.population.enrollment
    annex = Annex.make(protocol, _bytes(seed, "annex"), "rehearsal", participants=wanted)
    keys = {name: _bytes(seed, f"key/{name}") for name in HOLDERS}
    start = datetime.combine(model["recruitment.first_consent"], time(0, 0), UTC) - timedelta(days=30)
    if vault is None:
        vault = Vault.memory(entropy=_entropy(seed))
        vault.seal(annex, keys, start)
    if vault.mode != "rehearsal":
        code = "rehearsal.live_annex"
        raise InputError(MESSAGES[code].finding(code))
    ledger = ledger or Ledger.memory()
    desk = Desk(ledger, vault, protocol, _salts(seed))
    kits = contents if contents is not None else dict(annex.kit_list)
    world = _World(
        desk=desk,
        protocol=protocol,
        model=model,
        seed=seed,
        wanted=wanted,
        contents=kits,
        progress=progress,
    )
    end = None if until is None else datetime.combine(until + timedelta(days=1), time(0, 0), UTC)
    sealed = commitment or annex.commitment
    with _no_search_for_cycles():
        over = world.run(start, sealed, annex.generator, keys if opening else None, end)
    people = {one.name: one.person for one in world.people}
    return Rehearsed(ledger, vault, annex, desk, opened=over and opening, people=people)


@contextmanager
def _no_search_for_cycles() -> Iterator[None]:
    """Python's search for garbage in cycles, off for a while.

    It walks over every state that is kept, again and again, so that a trial of 2,000 would cost more per
    participant than one of 84; frozen states and events hold no cycles.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _bytes(seed: int, label: str) -> bytes:
    return sha256(f"rehearsal {seed}|{label}".encode()).digest()


def _counter(seed: int, label: str) -> Iterator[bytes]:
    n = 0
    while True:
        yield _bytes(seed, f"{label}/{n}")
        n += 1


def _salts(seed: int) -> Callable[[], bytes]:
    return _counter(seed, "salt").__next__


def _entropy(seed: int) -> Callable[[int], bytes]:
    """Random bytes for a rehearsal's vault: reproducible, so worth nothing as a secret."""
    blocks = _counter(seed, "vault")

    def entropy(size: int) -> bytes:
        found = b""
        while len(found) < size:
            found += next(blocks)
        return found[:size]

    return entropy


class _World:
    """The rehearsed trial while it runs."""

    def __init__(
        self,
        *,
        desk: Desk,
        protocol: Protocol,
        model: Model,
        seed: int,
        wanted: int,
        contents: Mapping[str, str],
        progress: Progress | None,
    ) -> None:
        self.desk, self.protocol, self.model, self.seed, self.wanted = desk, protocol, model, seed, wanted
        self.agenda = Agenda(self._carry_out)
        self.arrivals = stream(seed, "arrivals")
        self.progress = progress
        self.people: list[Participant] = []
        self.screening = self.randomized = self.ended = self.persons = 0
        self.waiting_for_a_place = False
        self.code_is_broken = False
        self._numbers = dict.fromkeys(protocol.sites, 0)
        self._acts: dict[str, int] = {}
        self.trial = Trial(
            protocol=protocol,
            model=model,
            zones={name: ZoneInfo(site.zone) for name, site in protocol.sites.items()},
            laboratories={name: Laboratory(protocol, name) for name in protocol.sites},
            teams={name: Team.of(name) for name in protocol.sites},
            state=desk.participant,
            begin=self.agenda.add,
            screened_out=self._screened_out,
            randomized=self._randomized,
            ended=self._ended,
            contents=contents,
            break_code=self._first_break,
        )

    def run(
        self,
        start: datetime,
        commitment: str,
        generator: str,
        keys: Mapping[str, bytes] | None,
        until: datetime | None,
    ) -> bool:
        """Open, recruit, follow, close; whether the trial came to its end."""
        self._set_up(start, commitment, generator)
        self.agenda.add(self._arrive(start + timedelta(days=30)))
        if not self.agenda.run(until):
            return False
        assert self.agenda.now is not None, "something happened"
        self.agenda.add(self._close(self.agenda.now + _LAST_STEPS))
        if not self.agenda.run(until):
            return False
        if keys is not None:
            two = {name: keys[name] for name in sorted(keys)[-2:]}
            at = self.agenda.now + timedelta(days=7)
            self.desk.open_blind(two, by=STATISTICIAN, at=at, key="study/opening")
        return True

    # --- carrying out -----------------------------------------------------------------------------

    def _carry_out(self, act: Act) -> Any:
        command = act.command
        name = getattr(command, "participant", "study")
        number = self._acts[name] = self._acts.get(name, 0) + 1
        key = f"{name}/{number}"
        if isinstance(command, c.RequestRandomization):
            return self.desk.randomize(name, by=act.by, at=act.at, effective=command.effective, key=key)
        if isinstance(command, c.RecordCodeBreak):
            return self.desk.break_code(
                name,
                to=command.revealed_to,
                reason=command.reason,
                by=act.by,
                at=act.at,
                effective=command.effective,
                key=key,
            )
        return self.desk.act(command, by=act.by, at=act.at, key=key)

    def _set_up(self, start: datetime, commitment: str, generator: str) -> None:
        study = self.protocol.study.id
        acts: list[tuple[Any, Command]] = [
            (SPONSOR, c.OpenStudy(study, "rehearsal")),
            (SPONSOR, c.ActivateProtocol(self.protocol.text)),
        ]
        acts += [(SPONSOR, line) for line in appointments(self.protocol, start.date().isoformat())]
        acts.append((STATISTICIAN, c.CommitAllocation(commitment, generator)))
        acts += [(SPONSOR, c.OpenSite(site)) for site in self.protocol.sites]
        for minute, (actor, command) in enumerate(acts):
            self._carry_out(Act(start + timedelta(minutes=minute), actor, command))

    # --- recruitment ------------------------------------------------------------------------------

    def _arrive(self, since: datetime) -> Sitting:
        """People come one after another while there are places; the site of each is drawn by its share."""
        model, r = self.model, self.arrivals
        months, share = model["recruitment.months"], model["recruitment.randomized_per_assessed"]
        gap = months * 30.44 * share / self.wanted
        shares = {
            name: float(site.recruitment_share if site.recruitment_share is not None else 1)
            for name, site in self.protocol.sites.items()
        }
        while self.randomized + self.screening < self.wanted:
            since += timedelta(days=r.expovariate(1) * gap)
            site = chosen(r.random(), shares)
            yield Pause(since)
            self._screen(_workday(since.date() + _TO_BE_SEEN), site)
        self.waiting_for_a_place = True

    def _screen(self, day: date, site: str) -> None:
        self._numbers[site] += 1
        self.screening += 1
        participant = Participant(self.trial, f"{site}-{self._numbers[site]:03d}", site, self._person())
        self.people.append(participant)
        self.agenda.add(screen(participant, day))

    def _person(self) -> Person:
        """The next person whom a doctor refers."""
        while True:
            self.persons += 1
            person = Person.draw(self.model, self.persons, stream(self.seed, f"person {self.persons}"))
            if person.referred:
                return person

    def _screened_out(self, at: datetime) -> None:
        self.screening -= 1
        if self.waiting_for_a_place:
            self.waiting_for_a_place = False
            self.agenda.add(self._arrive(at))

    def _randomized(self) -> None:
        self.screening -= 1
        self.randomized += 1
        if self.progress is not None:
            self.progress("Randomizing and following", (self.randomized + self.ended) / (2 * self.wanted))

    def _ended(self) -> None:
        self.ended += 1
        if self.progress is not None:
            self.progress("Randomizing and following", (self.randomized + self.ended) / (2 * self.wanted))

    def _first_break(self) -> bool:
        first, self.code_is_broken = not self.code_is_broken, True
        return first

    # --- closing ----------------------------------------------------------------------------------

    def _close(self, at: datetime) -> Sitting:
        """The antibody batch, the investigators' signatures, frozen records, the lock."""
        step = timedelta(minutes=2)
        randomized = [one for one in self.people if self.desk.participant(one.name).allocation is not None]
        for participant in randomized:
            for visit in ("D0", "M6"):
                at += step
                yield from self._batch(participant, visit, at)
        at += timedelta(days=14)
        for participant in randomized:
            at += step
            meaning = "I have reviewed this record; it is complete and correct."
            yield Act(at, participant.team.investigator, c.Sign(participant.name, meaning))
            at += step
            yield Act(at, DATA_MANAGER, c.Freeze(participant.name))
        yield Act(at + timedelta(days=1), DATA_MANAGER, c.LockStudy())

    def _batch(self, participant: Participant, visit: str, at: datetime) -> Doing:
        """Antibodies of one stored sample, measured with all others in one laboratory with one kit."""
        state = self.desk.participant(participant.name)
        visited = state.visits.get((visit, 1))
        if visited is None or visited.effective is None:
            return
        person, day = participant.person, date.fromisoformat(visited.effective[:10])
        factor, specimen = (1.0, 2) if visit == "D0" else (self._titer_factor(participant), 3)
        entries = participant.laboratory.antibodies(
            day, person, titers(person, specimen, factor), positive=person.lupus_anticoagulant
        )
        entries["assay"] = Entry(next(iter(self.protocol.codelists["assay"])))
        place = Place("antibody_batch", visit)
        yield Act(at, DATA_MANAGER, c.SaveForm(participant.name, entries=entries, **place.fields()))

    def _titer_factor(self, participant: Participant) -> float:
        allocation = self.desk.participant(participant.name).allocation
        assert allocation is not None, "only the randomized are measured"
        return float(self.model["antibodies.factor"][self.trial.contents[allocation.kit]])


def _workday(day: date) -> date:
    """That day, or the Monday after its weekend."""
    return day + timedelta(days=max(0, 7 - day.weekday())) if day.weekday() >= 5 else day


__all__ = ["MESSAGES", "Progress", "Rehearsed", "rehearse"]
