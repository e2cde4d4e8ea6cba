"""The desk: one write path, idempotent by key, sure of its versions, and two events around one question."""

from __future__ import annotations

import sqlite3
import threading
from datetime import timedelta

import pytest

from conduct_cast import (
    COORDINATOR,
    DATA_MANAGER,
    INVESTIGATOR,
    SAFETY,
    Trial,
    counted_salts,
    counts,
    numbered_bytes,
)
from trialist.conduct import commands as c
from trialist.conduct.commands import Entry
from trialist.conduct.evolve import evolve
from trialist.conduct.state import ParticipantState
from trialist.desk import Desk
from trialist.findings import Refusal
from trialist.ledger import Ledger
from trialist.vault import Vault

P, Q = "03-001", "03-002"
DAY = "2026-03-09"


def another_desk(trial: Trial) -> Trial:
    """A second process's desk on the same ledger and vault."""
    other = Trial(trial.ledger, trial.vault)
    other.now, other._keys = trial.now, (number for number in range(10_000, 20_000))
    return other


def test_the_state_at_hand_is_the_state_folded_from_the_ledger():
    trial = Trial().open().treat(P)
    fresh = Desk(trial.ledger, trial.vault, trial.protocol, counted_salts())
    assert fresh.participant(P) == trial.desk.participant(P)
    assert fresh.study() == trial.desk.study()
    state = ParticipantState(P)
    for event in trial.ledger.events(f"participant/{P}"):
        place = (event.at, event.actor, event.seq, event.version)
        state = evolve(state, event.kind, event.schema, trial.ledger.disclosed(event), *place)
    assert state == trial.desk.participant(P)


def test_the_same_act_with_the_same_key_gets_the_first_answer():
    trial = Trial().open().consent(P)
    command = c.SaveForm(P, "hematology", {"platelets": Entry("45", "10*9/L")}, "SCR")
    first = trial.do(command, key="click")
    head = trial.ledger.head()
    assert trial.do(command, key="click").events == first.events
    assert another_desk(trial).do(command, key="click").events == first.events
    assert trial.ledger.head() == head


def test_a_repeated_visit_is_answered_and_not_refused():
    trial = Trial().open().treat(P).on("2026-03-23")
    command = c.RecordVisit(P, "W2", "2026-03-23")
    first = trial.do(command, key="click")
    assert another_desk(trial).do(command, key="click").events == first.events
    with pytest.raises(Refusal, match="recorded already"):
        trial.do(command, key="another click")


@pytest.mark.parametrize(
    ("command", "by"),
    [
        (c.SaveForm(P, "hematology", {"platelets": Entry("46", "10*9/L")}, "SCR"), COORDINATOR),
        (c.SaveForm(P, "hematology", {"platelets": Entry("45", "10*9/L")}, "SCR", row=2), COORDINATOR),
        (c.SaveForm(P, "hematology", {"platelets": Entry("45", "10*9/L")}, "SCR"), INVESTIGATOR),
        (c.SaveForm(P, "demographics", {"birth_date": Entry("1971-05")}, "SCR"), COORDINATOR),
        (c.RecordVisit(P, "UNS", "2026-03-02"), COORDINATOR),
        (c.FailScreening(P, "E9", "2026-03-02"), COORDINATOR),
    ],
)
def test_the_same_key_with_another_act_is_refused(command, by):
    trial = Trial().open().consent(P)
    trial.do(c.SaveForm(P, "hematology", {"platelets": Entry("45", "10*9/L")}, "SCR"), key="click")
    head = trial.ledger.head()
    for desk in (trial, another_desk(trial)):
        with pytest.raises(Refusal, match="used for another act"):
            desk.do(command, by, key="click")
    assert trial.ledger.head() == head


def test_a_desk_that_is_behind_reads_on_and_decides_again():
    trial = Trial().open().consent(P)
    behind = another_desk(trial)
    trial.save(P, "SCR", "hematology", counts("45"))
    behind.save(P, "SCR", "hematology", {"specimen_date": "2026-03-02"})
    (record,) = behind.desk.participant(P).forms.values()
    assert set(record.items) == {"specimen_date", "platelets", "wbc", "hemoglobin"}
    assert trial.desk.participant(P) == behind.desk.participant(P)


def test_a_desk_that_is_behind_does_not_refuse_what_has_become_right():
    trial = Trial().open()
    behind = another_desk(trial)
    trial.consent(P)
    behind.now = trial.now
    behind.save(P, "SCR", "hematology", counts("45"))


def test_a_desk_that_is_behind_does_not_record_what_has_become_wrong():
    trial = Trial().open().treat(P)
    behind = another_desk(trial)
    trial.do(c.Freeze(P), DATA_MANAGER)
    with pytest.raises(Refusal, match="frozen"):
        behind.do(c.RecordVisit(P, "UNS", DAY))
    behind = another_desk(trial)
    trial.do(c.Freeze(P, thaw=True, reason="late report"), DATA_MANAGER)
    trial.on("2026-09-20")
    trial.do(c.EndTreatment(P, "2026-09-07", "completed"))
    trial.do(c.CompleteStudy(P, "2026-09-20"))
    trial.do(c.Sign(P, "reviewed"), INVESTIGATOR)
    trial.do(c.LockStudy(), DATA_MANAGER)
    behind.now = trial.now
    with pytest.raises(Refusal, match="locked"):
        behind.do(c.RecordVisit(P, "UNS", DAY))


def test_an_appointment_that_ended_meanwhile_is_seen():
    trial = Trial().open().consent(P)
    behind = another_desk(trial)
    trial.consent(Q)
    receipt = behind.save(P, "SCR", "hematology", counts("45"))
    assert receipt.events[0].seq == trial.ledger.head().seq, "others wrote in between, to other streams"
    assert behind.desk.participant(Q) == trial.desk.participant(Q)


def test_randomizing_leaves_two_events_around_one_answer():
    trial = Trial().open().consent(P).screen(P).baseline(P)
    receipt = trial.randomize(P)
    requested, randomized = receipt.events
    assert (requested.kind, requested.actor) == ("randomization requested", "Li")
    assert (randomized.kind, randomized.actor, randomized.role) == ("randomized", "system", "system")
    assert randomized.payload["effective"] == requested.payload["effective"]
    assert "sirolimus" not in randomized.line
    assert "placebo" not in randomized.line


def test_fifty_simultaneous_clicks_leave_one_allocation(tmp_path):
    key = b"the running vault's own key, 32b"
    first = Trial(
        Ledger.sqlite(tmp_path / "l.db"), Vault.sqlite(tmp_path / "v.db", key, entropy=numbered_bytes())
    )
    first.open().consent(P).screen(P).baseline(P)
    kits: list[str] = []
    refused: list[str] = []

    def click(number: int) -> None:
        trial = Trial(
            Ledger.sqlite(tmp_path / "l.db"), Vault.sqlite(tmp_path / "v.db", key, entropy=numbered_bytes())
        )
        try:
            receipt = trial.randomize(P, DAY, key="one click" if number % 2 else f"click {number}")
            kits.append(receipt.events[-1].payload["kit"])
        except Refusal as refusal:
            refused.append(refusal.findings[0].code)
        finally:
            trial.ledger.close()
            trial.vault.close()

    threads = [threading.Thread(target=click, args=(number,)) for number in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(kits)) == 1
    assert len(kits) + len(refused) == 50
    assert set(refused) <= {"randomization.once", "desk.key_reused"}
    assert len(first.vault.receipts()) == 1
    assert [event.kind for event in first.ledger.events()].count("randomized") == 1
    first.ledger.close()
    first.vault.close()


def test_when_the_vault_pauses_nothing_is_assigned_and_the_request_stays_open():
    trial = Trial().open().consent(P).screen(P).baseline(P)
    assign, trial.vault.assign = trial.vault.assign, paused
    with pytest.raises(Refusal, match="Nothing was assigned"):
        trial.randomize(P, key="click")
    assert trial.desk.pending() == (P,)
    trial.vault.assign = assign
    assert trial.randomize(P, key="click").events[-1].kind == "randomized"
    assert trial.desk.pending() == ()


def paused(*_):
    from trialist.conduct.messages import refusal

    raise refusal("randomization.paused")


def test_a_code_break_is_asked_of_the_vault_and_recorded_without_the_arm():
    trial = Trial().open().treat(P)
    arm = trial.desk.break_code(
        P,
        to="Li",
        reason="bleeding, needs surgery",
        by=INVESTIGATOR,
        at=trial.now,
        effective=DAY,
        key="break",
    )
    assert arm in ("sirolimus", "placebo")
    (event,) = [event for event in trial.ledger.events() if event.kind == "code broken"]
    assert event.payload["revealed_to"] == "Li"
    lines = "".join(event.line for event in trial.ledger.events(after=2))
    assert f'"{arm}"' not in lines.replace('"substance":"sirolimus"', "")
    assert "surgery" not in lines
    questions = [line["question"] for line in trial.vault.log.lines()]
    assert questions[-1] == "reveal"
    assert trial.desk.participant(P).code_breaks[0].revealed_to == "Li"


def breaks(trial: Trial, *, key: str = "break", **other) -> str:
    """Li's act of breaking the code of P, or one that differs in something."""
    trial.now += timedelta(seconds=20)
    said = {"to": "Li", "reason": "bleeding, needs surgery", "by": INVESTIGATOR, "participant": P} | other
    return trial.desk.break_code(at=trial.now, effective=trial.now.isoformat(), key=key, **said)


def test_a_second_click_on_a_code_break_gets_the_answer_and_asks_nothing_again():
    trial = Trial().open().treat(P)
    arm = breaks(trial)
    questions, head = trial.vault.log.head(), trial.ledger.head()
    assert breaks(trial) == breaks(another_desk(trial)) == arm
    assert trial.vault.log.head() == questions
    assert trial.ledger.head() == head
    assert trial.desk.copy_code_breaks(at=trial.now) == ()
    assert breaks(trial, key="another need") == arm
    assert trial.vault.log.head() != questions
    assert len(trial.desk.participant(P).code_breaks) == 2


@pytest.mark.parametrize(
    "other", [{"reason": "curious"}, {"to": "Sha"}, {"participant": Q}, {"by": SAFETY}], ids=str
)
def test_the_key_of_a_code_break_opens_no_other_code_and_to_nobody_else(other):
    trial = Trial().open().treat(P).treat(Q)
    breaks(trial)
    questions = trial.vault.log.head()
    with pytest.raises(Refusal, match="used for another act"):
        breaks(trial, **other)
    trial.do(c.RecordVisit(P, "UNS", DAY), key="a visit")
    with pytest.raises(Refusal, match="used for another act"):
        breaks(trial, key="a visit")
    assert trial.vault.log.head() == questions


@pytest.mark.parametrize("by", [COORDINATOR, DATA_MANAGER], ids=lambda one: one.role)
def test_who_may_not_break_a_code_does_not_even_reach_the_vault(by):
    trial = Trial().open().treat(P)
    questions = trial.vault.log.head()
    with pytest.raises(Refusal, match="may not break a code"):
        trial.desk.break_code(P, to="x", reason="curious", by=by, at=trial.now, effective=DAY, key="break")
    assert trial.vault.log.head() == questions


def test_a_code_break_works_while_the_ledger_cannot_be_written_and_is_copied_later():
    trial = Trial().open().treat(P)
    held = trial.ledger.held

    def read_only():
        raise sqlite3.OperationalError("attempt to write a readonly database")

    trial.ledger.held = read_only
    arm = trial.desk.break_code(
        P, to="Sha", reason="expedited report", by=SAFETY, at=trial.now, effective=DAY, key="break"
    )
    assert arm in ("sirolimus", "placebo")
    assert trial.desk.participant(P).code_breaks == ()
    trial.ledger.held = held
    assert trial.desk.copy_code_breaks(at=trial.now) == (P,)
    assert trial.desk.participant(P).code_breaks[0].revealed_to == "Sha"
    assert trial.desk.copy_code_breaks(at=trial.now) == ()


def test_no_error_of_the_desk_speaks_of_an_arm():
    trial = Trial().open().treat(P)
    for command, by in [
        (c.Dispense(P, "M1", "no such kit", 2, DAY), COORDINATOR),
        (c.RequestRandomization(P, DAY), INVESTIGATOR),
        (c.LockStudy(), DATA_MANAGER),
    ]:
        with pytest.raises(Refusal) as caught:
            trial.do(command, by)
        said = " ".join(found.words + found.words_zh for found in caught.value.findings)
        assert "sirolimus" not in said
        assert "placebo" not in said
