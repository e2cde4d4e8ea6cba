"""Acts that wait for each other are committed as one: each with its own answer, none for another's fault."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from pathlib import Path

from conduct_cast import COORDINATOR, DATA_MANAGER, INVESTIGATOR, Trial, counted_salts, numbered_bytes
from trialist.conduct import commands as c
from trialist.conduct.commands import Entry
from trialist.desk import Desk, Standing
from trialist.desk.together import MOST, Together
from trialist.findings import Refusal
from trialist.ledger import Ledger
from trialist.vault import Vault

DAY = "2026-03-09"


class Crowd:
    """Threads that come one after the other while the first is held at work."""

    def __init__(self, together: Together) -> None:
        self._together, self.answers = together, {}
        self._threads: list[threading.Thread] = []

    def comes(self, name: str, do: Callable[[], object]) -> None:
        """One more thread; it stands in the queue, or leads, when this returns."""
        before = len(self._together._waiting)

        def run() -> None:
            try:
                self.answers[name] = do()
            except BaseException as error:  # noqa: BLE001 - it is what this thread was told
                self.answers[name] = error

        thread = threading.Thread(target=run)
        self._threads.append(thread)
        thread.start()
        while thread.is_alive() and len(self._together._waiting) == before and self._threads[1:]:
            thread.join(0.001)

    def goes(self) -> dict[str, object]:
        """All have left; what each was told."""
        for thread in self._threads:
            thread.join(20)
            assert not thread.is_alive(), "somebody was left waiting"
        return self.answers


class Held:
    """Work whose first turn lasts until it is released; what was done together, in order."""

    def __init__(self, work: Callable[[Sequence], Sequence] = list) -> None:
        self.batches: list[list] = []
        self._work, self._begun, self._on = work, threading.Event(), threading.Event()

    def __call__(self, asked: Sequence) -> Sequence:
        self.batches.append(list(asked))
        if len(self.batches) == 1:
            self._begun.set()
            assert self._on.wait(20)
        return self._work(asked)

    def begun(self) -> None:
        assert self._begun.wait(20)

    def release(self) -> None:
        self._on.set()


def all_come(names: Sequence[str], work: Held) -> dict[str, object]:
    """The first is at work while the others come; what each was told."""
    together = Together()
    crowd = Crowd(together)
    for name in names:
        crowd.comes(name, lambda name=name: together.do(name, work))
        work.begun()
    work.release()
    return crowd.goes()


def test_who_comes_while_another_works_is_done_in_the_next_turn_with_all_others_in_order():
    work = Held()
    assert all_come("abcd", work) == {name: name for name in "abcd"}
    assert work.batches == [["a"], ["b", "c", "d"]]


def test_no_more_are_done_together_than_is_good_for_those_who_wait():
    work, names = Held(), [f"{n}" for n in range(MOST + 3)]
    assert all_come(names, work) == {name: name for name in names}
    assert [len(batch) for batch in work.batches] == [1, MOST, 2]


def test_an_answer_that_is_a_failure_meets_its_own_author():
    work = Held(lambda asked: [ValueError(one) if one == "c" else one for one in asked])
    told = all_come("abcd", work)
    assert isinstance(told.pop("c"), ValueError)
    assert told == {"a": "a", "b": "b", "d": "d"}
    assert len(work.batches) == 2


def test_when_the_common_work_fails_everyone_works_alone_and_one_fails():
    def fails_at_c(asked: Sequence) -> Sequence:
        if "c" in asked:
            raise OSError
        return asked

    work = Held(fails_at_c)
    told = all_come("abcd", work)
    assert isinstance(told.pop("c"), OSError)
    assert told == {"a": "a", "b": "b", "d": "d"}
    assert work.batches == [["a"], ["b", "c", "d"], ["b"], ["c"], ["d"]]


def test_a_thread_that_is_ended_at_work_leaves_nobody_waiting():
    def ends(asked: Sequence) -> Sequence:
        if asked[0] == "b":
            raise SystemExit
        return asked

    told = all_come("abcd", Held(ends))
    assert isinstance(told.pop("b"), SystemExit)
    assert told == {"a": "a", "c": "c", "d": "d"}


# --- the desk ---

PEOPLE = tuple(f"03-{number:03d}" for number in range(1, 7))
KEY = b"the running vault's own key, 32b"


class Office:
    """Desks of several threads on one database, whose queue can be held up while they come."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.standing = folder, Standing()
        first = self.trial()
        first.open()
        for person in PEOPLE:
            first.consent(person)
        self.first, self.transactions = first, 0

    def trial(self, standing: Standing | None = None) -> Trial:
        """A thread's own connections, and its desk."""
        ledger = Ledger.sqlite(self.folder / "l.db")
        vault = Vault.sqlite(self.folder / "v.db", KEY, entropy=numbered_bytes())
        trial = Trial(ledger, vault)
        trial.desk = Desk(ledger, vault, trial.protocol, counted_salts(), standing or Standing())
        return trial

    def together(self, acts: dict[str, Callable[[Trial], object]]) -> dict[str, object]:
        """All acts, come while somebody was at work; what each was told."""
        crowd, work = Crowd(self.standing.writing), Held()
        crowd.comes("nobody", lambda: self.standing.writing.do("nothing", work))
        work.begun()
        for name, act in acts.items():
            crowd.comes(name, lambda act=act: self.alone(act))
        work.release()
        told = crowd.goes()
        told.pop("nobody")
        return told

    def alone(self, act: Callable[[Trial], object]) -> object:
        """An act in a thread of its own; its transactions are counted."""
        trial = self.trial(self.standing)
        trial.now = self.first.now
        held = trial.ledger.held

        @contextmanager
        def counted():
            with held() as turn:
                self.transactions += 1
                yield turn

        trial.ledger.held = counted
        try:
            return act(trial)
        finally:
            trial.ledger.close()
            trial.vault.close()


def said(trial: Trial, command: c.Command, key: str, **more):
    return trial.desk.act(command, by=COORDINATOR, at=trial.now, key=key, **more)


def count(person: str, value: str = "45", **more) -> c.SaveForm:
    return c.SaveForm(person, "hematology", {"platelets": Entry(value, "10*9/L")}, "SCR", **more)


def chain_is_whole(office: Office) -> list:
    events = list(office.first.ledger.events())
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert [event.prev for event in events[1:]] == [event.hash for event in events[:-1]]
    fresh = office.trial()
    shared = office.trial(office.standing)
    assert shared.desk.participants() == fresh.desk.participants()
    assert shared.desk.study() == fresh.desk.study()
    return events


def test_acts_that_wait_are_committed_in_one_transaction_in_their_order(tmp_path):
    office = Office(tmp_path)
    before = office.first.ledger.head().seq
    told = office.together(
        {person: lambda trial, person=person: said(trial, count(person), person) for person in PEOPLE}
    )
    assert office.transactions == 1
    events = chain_is_whole(office)[before:]
    assert [event.command for event in events] == list(PEOPLE)
    assert [told[person].events for person in PEOPLE] == [(event,) for event in events]


def test_a_refused_act_takes_none_of_its_neighbors_down(tmp_path):
    office = Office(tmp_path)
    one, other, third = PEOPLE[:3]
    told = office.together(
        {
            "visit": lambda trial: said(trial, c.RecordVisit(one, "UNS", "2026-03-02"), "visit"),
            "frozen out": lambda trial: said(trial, c.FailScreening(other, "declined", "2026-03-02"), "x"),
            "too late": lambda trial: said(trial, c.FailScreening(other, "declined", "2026-03-02"), "y"),
            "save": lambda trial: said(trial, count(third), "save"),
        }
    )
    assert isinstance(told["too late"], Refusal), "decided on what the one before it left"
    assert all(told[name].events for name in ("visit", "frozen out", "save"))
    assert office.transactions == 1
    chain_is_whole(office)


def test_a_failure_in_the_common_transaction_meets_its_author_alone(tmp_path):
    office = Office(tmp_path)

    def wrong() -> None:
        raise sqlite3.IntegrityError("beside")

    def plainly(person: str) -> Callable[[Trial], object]:
        return lambda trial: said(trial, count(person), person)

    one, other, third = PEOPLE[:3]
    told = office.together(
        {
            one: plainly(one),
            other: lambda trial: said(trial, count(other), other, beside=wrong),
            third: plainly(third),
        }
    )
    assert isinstance(told[other], sqlite3.IntegrityError)
    events = chain_is_whole(office)
    assert [event.command for event in events[-2:]] == [one, third]
    assert told[one].events == (events[-2],)
    assert office.first.ledger.of_command(other) == ()


def test_what_is_written_beside_an_act_is_written_once_and_with_it(tmp_path):
    office = Office(tmp_path)
    written = []
    office.together(
        {
            f"{person} {click}": lambda trial, person=person: said(
                trial, count(person), person, beside=lambda: written.append(person)
            )
            for person in PEOPLE[:3]
            for click in range(2)
        }
    )
    assert written == list(PEOPLE[:3])


def test_two_clicks_in_one_transaction_leave_one_act_and_get_one_answer(tmp_path):
    office = Office(tmp_path)
    person = PEOPLE[0]
    told = office.together(
        {
            "click": lambda trial: said(trial, count(person), "key"),
            "second click": lambda trial: said(trial, count(person), "key"),
            "another act of that name": lambda trial: said(trial, count(person, "46"), "key"),
        }
    )
    assert told["click"].events == told["second click"].events
    assert told["another act of that name"].findings[0].code == "desk.key_reused"
    assert len(chain_is_whole(office)) == told["click"].events[-1].seq


def test_two_editors_in_one_transaction_do_not_overwrite_each_other(tmp_path):
    office = Office(tmp_path)
    person = PEOPLE[0]
    seen = office.first.desk.participant(person).version
    told = office.together(
        {
            value: lambda trial, value=value: said(trial, count(person, value, expected=seen), value)
            for value in ("45", "46")
        }
    )
    assert told["45"].events
    assert isinstance(told["46"], Refusal)


def test_nothing_is_saved_after_the_lock_in_the_same_transaction(tmp_path):
    office = Office(tmp_path)
    for person in PEOPLE:
        office.first.do(c.FailScreening(person, "declined", "2026-03-02"))
    lock = c.LockStudy()
    told = office.together(
        {
            "before": lambda trial: said(trial, count(PEOPLE[0]), "before"),
            "lock": lambda trial: trial.desk.act(lock, by=DATA_MANAGER, at=trial.now, key="lock"),
            "after": lambda trial: said(trial, count(PEOPLE[1]), "after"),
        }
    )
    assert told["before"].events
    assert told["lock"].events
    assert told["after"].findings[0].code == "study.locked"
    assert office.transactions == 1
    assert chain_is_whole(office)[-1].kind == "study locked"


def test_a_lock_sees_who_consented_in_the_same_transaction(tmp_path):
    office = Office(tmp_path)
    for person in PEOPLE:
        office.first.do(c.FailScreening(person, "declined", "2026-03-02"))
    lock, newcomer = c.LockStudy(), c.Consent("03-099", "03", "2026-03-02")
    told = office.together(
        {
            "newcomer": lambda trial: said(trial, newcomer, "newcomer"),
            "lock": lambda trial: trial.desk.act(lock, by=DATA_MANAGER, at=trial.now, key="lock"),
        }
    )
    assert told["newcomer"].events
    assert isinstance(told["lock"], Refusal)


def test_acts_of_another_process_are_learned_where_an_act_rests_on_them(tmp_path):
    office = Office(tmp_path)
    one, other = PEOPLE[:2]
    here, elsewhere = office.trial(office.standing), office.trial()
    here.now = elsewhere.now = office.first.now
    here.now, elsewhere.now = office.first.now, office.first.now
    elsewhere.save(one, "SCR", "hematology", {"specimen_date": "2026-03-02"})
    said(here, count(other), "beside it")
    assert here.desk._standing.head == here.ledger.head()
    elsewhere.save(one, "SCR", "hematology", {"wbc": ("5", "10*9/L")})
    said(here, count(one), "on top of it")
    (record,) = here.desk.participant(one).forms.values()
    assert set(record.items) == {"specimen_date", "wbc", "platelets"}
    chain_is_whole(office)


def test_a_click_that_another_process_has_recorded_is_answered(tmp_path):
    office = Office(tmp_path)
    here, elsewhere = office.trial(office.standing), office.trial()
    here.now = elsewhere.now = office.first.now
    first = said(elsewhere, count(PEOPLE[0]), "click")
    assert said(here, count(PEOPLE[0]), "click").events == first.events


def test_people_who_are_randomized_together_get_slots_in_order_and_two_events_each(tmp_path):
    office = Office(tmp_path)
    for person in PEOPLE:
        office.first.screen(person).baseline(person)
    office.first.on(DAY)

    def click(person: str) -> Callable[[Trial], object]:
        return lambda trial: trial.desk.randomize(
            person, by=INVESTIGATOR, at=trial.now, effective=f"{DAY}T09:20+08:00", key=f"click {person}"
        )

    told = office.together({f"{person} {n}": click(person) for person in PEOPLE for n in range(2)})
    kits = {name: receipt.events[-1].payload["kit"] for name, receipt in told.items()}
    receipts = office.first.vault.receipts()
    assert {one.participant: one.kit for one in receipts} == {name[:6]: kit for name, kit in kits.items()}
    assert [one.ordinal for one in receipts] == list(range(1, len(PEOPLE) + 1))
    kinds = [event.kind for event in chain_is_whole(office)]
    assert kinds.count("randomization requested") == kinds.count("randomized") == len(PEOPLE)
