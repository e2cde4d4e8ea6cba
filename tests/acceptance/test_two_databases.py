"""Two databases never commit as one: a process that dies while it randomizes gives nothing twice.

A process of its own is killed with SIGKILL at five points. Whoever starts next completes what was asked for,
from the files alone. `TRIALIST_PROVE_REPEATS=50` repeats each point fifty times, on other people and after other
histories.
"""

from __future__ import annotations

import os
import shutil
import signal
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path

import pytest

from conduct_cast import Trial, counted_salts, numbered_bytes
from trialist.desk import Desk, Standing
from trialist.findings import Refusal
from trialist.ledger import Ledger, export, verify
from trialist.vault import Vault

REPEATS = int(os.environ.get("TRIALIST_PROVE_REPEATS", "3"))
PEOPLE = tuple(f"03-{number:03d}" for number in range(1, 7))
KEY = b"the running vault's own key, 32b"
DAY = "2026-03-09"
Kill = Callable[[Trial], None]


def die() -> None:
    """The process ends here, as if the power had failed."""
    os.kill(os.getpid(), signal.SIGKILL)


def at_commit(number: int) -> Kill:
    """Die inside the ledger's transaction, everything written and nothing committed."""

    def arm(trial: Trial) -> None:
        seen = {"commits": 0}

        def watch(statement: str) -> None:
            seen["commits"] += statement == "COMMIT"
            if seen["commits"] == number:
                die()

        trial.ledger._connection.set_trace_callback(watch)

    return arm


def after_append(number: int) -> Kill:
    """Die as soon as the ledger has committed for the nth time."""

    def arm(trial: Trial) -> None:
        held, calls = trial.ledger.held, []

        @contextmanager
        def deadly():
            with held() as turn:
                yield turn
            calls.append(turn)
            if len(calls) == number:
                die()

        trial.ledger.held = deadly

    return arm


def after_vault(trial: Trial) -> None:
    """Die when the vault has committed and answered, and nobody has heard it."""
    assign = trial.vault.assign

    def deadly(*question):
        assign(*question)
        die()

    trial.vault.assign = deadly


POINTS: dict[str, tuple[Kill, bool, bool]] = {
    # point: how to die, whether an open request is left behind, whether the vault has answered
    "before the request is committed": (at_commit(1), False, False),
    "after the request is committed": (after_append(1), True, False),
    "after the vault has committed": (after_vault, True, True),
    "before the allocation is committed": (at_commit(2), True, True),
    "after the allocation is committed": (after_append(2), False, True),
}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory) -> Path:
    """Files of a study in which six people are signed eligible and nobody is randomized."""
    folder = tmp_path_factory.mktemp("prepared")
    trial = opened(folder).open()
    for person in PEOPLE:
        trial.consent(person).screen(person).baseline(person, DAY)
    closed(trial)
    return folder


def opened(folder: Path) -> Trial:
    """A process's own desk on the files of a folder."""
    ledger = Ledger.sqlite(folder / "ledger.db")
    return Trial(ledger, Vault.sqlite(folder / "vault.db", KEY, entropy=numbered_bytes()))


def closed(trial: Trial) -> None:
    trial.ledger.close()
    trial.vault.close()


def killed_while_randomizing(folder: Path, person: str, kill: Kill) -> None:
    """Randomize in another process, which dies on the way; the way it ended is checked."""
    child = os.fork()
    if child == 0:
        try:
            trial = opened(folder)
            kill(trial)
            trial.randomize(person, DAY, key=f"click {person}")
        finally:
            os._exit(9)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), "the process was to be killed, and ended by itself"
    assert os.WTERMSIG(status) == signal.SIGKILL


@pytest.mark.parametrize("repeat", range(REPEATS))
@pytest.mark.parametrize("point", POINTS)
def test_whoever_comes_next_completes_a_randomization_that_was_killed(prepared, tmp_path, point, repeat):
    kill, left_open, answered = POINTS[point]
    folder = Path(shutil.copytree(prepared, tmp_path / "files"))
    before, person, after = people_of(repeat)
    trial = opened(folder)
    for one in before:
        trial.randomize(one, DAY)
    closed(trial)

    killed_while_randomizing(folder, person, kill)

    trial = opened(folder)
    assert trial.desk.pending() == ((person,) if left_open else ())
    promised = {receipt.participant: receipt.kit for receipt in trial.vault.receipts()}
    assert (person in promised) == answered

    assert trial.desk.complete_pending(at=trial.now) == ((person,) if left_open else ())
    retried = trial.randomize(person, DAY, key=f"click {person}")
    kit = trial.desk.participant(person).allocation.kit
    assert retried.events[-1].payload["kit"] == kit == promised.get(person, kit)
    again = trial.randomize(person, DAY, key=f"click {person}")
    assert again.events == retried.events
    with pytest.raises(Refusal, match="nobody is randomized twice"):
        trial.randomize(person, DAY, key="another click")
    trial.randomize(after, DAY)
    reconciled(trial, folder, {*before, person, after})
    closed(trial)


def people_of(repeat: int) -> tuple[tuple[str, ...], str, str]:
    """Who is randomized before, who at the kill, who after: other people at every repeat."""
    turn = repeat % len(PEOPLE)
    order = PEOPLE[turn:] + PEOPLE[:turn]
    earlier = repeat % 5
    return order[:earlier], order[earlier], order[earlier + 1]


def reconciled(trial: Trial, folder: Path, expected: set[str]) -> None:
    """Slots used are participants randomized; both logs say the same; a stranger can verify it."""
    randomized = {
        event.stream.removeprefix("participant/"): (
            event.payload["stratum"],
            event.payload["ordinal"],
            event.payload["kit"],
        )
        for event in trial.ledger.events()
        if event.kind == "randomized"
    }
    slots = {one.participant: (one.stratum, one.ordinal, one.kit) for one in trial.vault.receipts()}
    assert set(randomized) == expected
    assert randomized == slots
    ordinals = sorted(place[:2] for place in slots.values())
    assert ordinals == [("low", number) for number in range(1, len(slots) + 1)], (
        "no slot is skipped or used twice"
    )
    logged = [line for line in trial.vault.log.lines() if line["question"] == "assign"]
    assert {line["participant"]: (line["stratum"], line["ordinal"], line["kit"]) for line in logged} == slots
    assert len(logged) == len(slots)
    assert trial.vault.log.broken() is None
    export(trial.ledger, folder / "ledger.jsonl")
    verification = verify(folder / "ledger.jsonl", trial.annex)
    assert verification.ok, verification.say()
    assert verification.allocations == len(expected)


# --- several in one transaction ---


def at_vault_commit(trial: Trial) -> None:
    """Die inside the vault's transaction, everything written and nothing committed."""
    trial.vault._connection.set_trace_callback(lambda statement: statement == "COMMIT" and die())


def after_vault_together(trial: Trial) -> None:
    """Die when the vault has committed, whether it was asked for one or for several."""
    after_vault(trial)
    assign_all = trial.vault.assign_all

    def deadly(questions):
        assign_all(questions)
        die()

    trial.vault.assign_all = deadly


TOGETHER: dict[str, tuple[Kill, bool, bool]] = {
    # point: how to die, whether the open requests are left behind, whether the vault has answered one
    "before the requests are committed": (at_commit(1), False, False),
    "after the requests are committed": (after_append(1), True, False),
    "before the vault has committed": (at_vault_commit, True, False),
    "after the vault has committed": (after_vault_together, True, True),
}


def killed_while_randomizing_together(folder: Path, people: tuple[str, ...], kill: Kill) -> None:
    """Randomize several people by as many threads of another process, whose requests are one transaction."""
    child = os.fork()
    if child == 0:
        try:
            standing = Standing()

            def click(person: str) -> None:
                trial = opened(folder)
                trial.desk = Desk(trial.ledger, trial.vault, trial.protocol, counted_salts(), standing)
                kill(trial)
                trial.randomize(person, DAY, key=f"click {person}")

            def until_all_wait(asked):
                for person in people:
                    threading.Thread(target=click, args=(person,)).start()
                while len(standing.writing._waiting) < len(people):
                    time.sleep(0.001)
                return asked

            standing.writing.do("nothing", until_all_wait)
            time.sleep(20)
        finally:
            os._exit(9)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), "the process was to be killed, and ended by itself"
    assert os.WTERMSIG(status) == signal.SIGKILL


@pytest.mark.parametrize("repeat", range(REPEATS // 3))
@pytest.mark.parametrize("point", TOGETHER)
def test_people_whose_common_transaction_was_killed_are_all_in_it_or_none(prepared, tmp_path, point, repeat):
    kill, left_open, answered = TOGETHER[point]
    folder = Path(shutil.copytree(prepared, tmp_path / "files"))
    before, together = PEOPLE[:1], PEOPLE[1 : 3 + repeat % 4]
    trial = opened(folder)
    for one in before:
        trial.randomize(one, DAY)
    closed(trial)

    killed_while_randomizing_together(folder, together, kill)

    trial = opened(folder)
    assert set(trial.desk.pending()) == (set(together) if left_open else set())
    promised = {receipt.participant: receipt.kit for receipt in trial.vault.receipts()[len(before) :]}
    assert bool(promised) == answered
    trial.desk.complete_pending(at=trial.now)
    for person in together:
        retried = trial.randomize(person, DAY, key=f"click {person}")
        assert retried.events[-1].payload["kit"] == promised.get(
            person, trial.desk.participant(person).allocation.kit
        )
    reconciled(trial, folder, {*before, *together})
    closed(trial)


@pytest.mark.parametrize("repeat", range(REPEATS))
def test_twelve_processes_that_randomize_at_once_leave_one_slot_for_each_person(prepared, tmp_path, repeat):
    folder = Path(shutil.copytree(prepared, tmp_path / "files"))
    children = [_randomizing(folder, person, click) for click in range(2) for person in PEOPLE]
    for child in children:
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == 0
    trial = opened(folder)
    assert trial.desk.pending() == ()
    reconciled(trial, folder, set(PEOPLE))
    closed(trial)


def _randomizing(folder: Path, person: str, click: int) -> int:
    """A process that randomizes one person; a refusal of the second click is an answer too."""
    child = os.fork()
    if child == 0:
        outcome = 1
        try:
            trial = opened(folder)
            try:
                trial.randomize(person, DAY, key=f"click {click} {person}")
                outcome = 0
            except Refusal as refusal:
                outcome = 0 if refusal.findings[0].code == "randomization.once" else 2
        finally:
            os._exit(outcome)
    return child
