"""Checks and queries, signatures, and the lock."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from conduct_cast import (
    COORDINATOR,
    DATA_MANAGER,
    HOLDERS,
    INVESTIGATOR,
    MONITOR,
    OFFICE,
    PHARMACIST,
    STATISTICIAN,
    Trial,
    counts,
)
from trialist import criteria
from trialist.conduct import commands as c
from trialist.conduct.commands import Entry
from trialist.conduct.oversight import record_hash
from trialist.findings import Refusal

P = "03-001"


def code(trial: Trial, command: Any, by=COORDINATOR) -> str | None:
    """The first code of a refusal; None when the act was recorded."""
    try:
        trial.do(command, by)
    except Refusal as refusal:
        return refusal.findings[0].code
    return None


def checks(trial: Trial) -> list[tuple[str | None, str]]:
    return [(query.check, query.status) for query in trial.desk.participant(P).queries.values()]


# --- checks ------------------------------------------------------------------------------------------------


def test_a_soft_check_that_does_not_hold_opens_a_query_and_saves():
    trial = Trial().open().consent(P)
    receipt = trial.save(P, "SCR", "screening_tests", {"smear_checked": "false"})
    assert [event.kind for event in receipt.events] == ["form saved", "query opened"]
    assert receipt.events[1].payload["text"] == "query.check"
    assert (
        receipt.findings[0].words == "Pseudothrombocytopenia must be excluded before eligibility is signed."
    )
    assert receipt.findings[0].words_zh == "签署合格性之前须排除假性血小板减少。"


def test_a_hard_check_that_does_not_hold_asks_for_a_reason_and_opens_a_query():
    trial = Trial().open().consent(P)
    positive = {"hbsag": "positive"}
    with pytest.raises(Refusal) as caught:
        trial.save(P, "SCR", "screening_tests", positive)
    assert caught.value.findings[0].code == "check.confirm"
    assert caught.value.findings[0].path == "screening_tests.hbsag"
    confirmed = {"hbsag": Entry("positive", confirmed="on entecavir, viral load zero")}
    receipt = trial.save(P, "SCR", "screening_tests", confirmed)
    assert [event.kind for event in receipt.events] == ["form saved", "query opened"]


def test_a_check_compares_with_the_last_recorded_value():
    trial = Trial().open().consent(P)
    trial.save(P, "SCR", "hematology", {"specimen_date": "2026-02-09", **counts("40")})
    trial.save(P, "SCR", "hematology", {"specimen_date": "2026-02-25", **counts("120")}, row=2)
    assert checks(trial) == []
    trial.save(P, "SCR", "hematology", {"specimen_date": "2026-03-02", **counts("361")}, row=3)
    assert checks(trial) == [("platelets.checks[0]", "open")]


def test_an_item_that_is_missing_is_work_and_no_query():
    trial = Trial().open().consent(P)
    trial.save(P, "SCR", "antibodies", {"specimen_date": "2026-02-09", "lupus_anticoagulant": "positive"})
    assert checks(trial) == []


def test_the_same_doubt_is_asked_once():
    trial = Trial().open().consent(P)
    trial.save(P, "SCR", "screening_tests", {"smear_checked": "false"})
    trial.save(P, "SCR", "screening_tests", {"smear_checked": "false", "hbsag": "negative"})
    assert checks(trial) == [("smear_checked.checks[0]", "open")]


def test_a_correction_that_satisfies_the_check_leaves_the_query_to_people():
    trial = Trial().open().consent(P)
    trial.save(P, "SCR", "screening_tests", {"smear_checked": "false"})
    trial.do(c.CorrectValue(P, "screening_tests", "smear_checked", Entry("true"), "done today", "SCR"))
    assert checks(trial) == [("smear_checked.checks[0]", "open")]
    assert code(trial, c.CloseQuery(P, "Q1", "fine"), COORDINATOR) == "role.not_allowed"
    trial.do(c.AnswerQuery(P, "Q1", "the smear was read today"))
    assert checks(trial) == [("smear_checked.checks[0]", "answered")]
    trial.do(c.CloseQuery(P, "Q1", "seen"), DATA_MANAGER)
    assert checks(trial) == [("smear_checked.checks[0]", "closed")]
    assert code(trial, c.CloseQuery(P, "Q1", "seen"), DATA_MANAGER) == "query.closed"
    assert code(trial, c.AnswerQuery(P, "Q1", "seen")) == "query.closed"
    assert code(trial, c.AnswerQuery(P, "Q9", "seen")) == "query.unknown"


def test_a_value_that_a_data_manager_accepted_is_not_asked_about_again_until_it_changes():
    trial = Trial().open().consent(P)
    trial.save(P, "SCR", "screening_tests", {"smear_checked": "false"})
    trial.do(c.CloseQuery(P, "Q1", "accepted"), DATA_MANAGER)
    trial.save(P, "SCR", "screening_tests", {"hbsag": "negative"})
    assert len(checks(trial)) == 1
    for value in ("true", "false"):
        trial.do(c.CorrectValue(P, "screening_tests", "smear_checked", Entry(value), "again", "SCR"))
    assert [status for _, status in checks(trial)] == ["closed", "open"]


def test_a_rule_that_errs_opens_a_query_and_closes_none(monkeypatch):
    trial = Trial().open().consent(P)
    trial.save(P, "SCR", "screening_tests", {"smear_checked": "false"})

    def errs(*_):
        raise TypeError("a wrong type inside the rule, with a value of 4711 in its words")

    monkeypatch.setattr(criteria, "decide", errs)
    receipt = trial.do(
        c.CorrectValue(P, "screening_tests", "smear_checked", Entry("true"), "now done", "SCR")
    )
    assert checks(trial) == [("smear_checked.checks[0]", "open")]
    receipt = trial.save(P, "SCR", "screening_tests", {"tuberculosis_test": "negative"})
    assert [event.payload.get("text") for event in receipt.events[1:]] == ["query.rule_error"]
    assert "4711" not in receipt.findings[0].words, "an error's own words may hold values"
    assert [status for _, status in checks(trial)] == ["open", "open"]


def test_people_ask_too_and_their_words_are_sealed():
    trial = Trial().open().consent(P)
    trial.save(P, "SCR", "hematology", counts("45"))
    ask = c.OpenQuery(P, "hematology", "platelets", "is this Mrs Zhao's?", "SCR")
    receipt = trial.do(ask, MONITOR)
    assert "Zhao" not in receipt.events[0].line
    assert code(trial, ask, DATA_MANAGER) == "query.twice"
    nothing = c.OpenQuery(P, "lipids", "ldl", "sure?", "SCR")
    assert code(trial, nothing, MONITOR) == "value.not_recorded"


# --- signatures --------------------------------------------------------------------------------------------


def test_a_signature_is_bound_to_the_record_and_a_change_voids_it_and_keeps_it():
    trial = Trial().open().treat(P)
    trial.do(c.Sign(P, "I have reviewed this record"), INVESTIGATOR)
    person = trial.desk.participant(P)
    assert person.signature.over == record_hash(replace(person, signatures=()), trial.protocol)
    correction = c.CorrectValue(P, "hematology", "platelets", Entry("47", "10*9/L"), "misread", "D0")
    changed = trial.do(correction).events[0]
    person = trial.desk.participant(P)
    assert person.signature is None
    assert person.unsigned_since == changed.seq
    assert [one.superseded for one in person.signatures] == [changed.seq]
    trial.do(c.Sign(P, "I have reviewed this record"), INVESTIGATOR)
    first, second = trial.desk.participant(P).signatures
    assert (first.superseded, second.superseded) == (changed.seq, None)
    assert first.over != second.over


def test_a_query_changes_no_record_and_voids_no_signature():
    trial = Trial().open().treat(P)
    trial.do(c.Sign(P, "I have reviewed this record"), INVESTIGATOR)
    trial.do(c.OpenQuery(P, "hematology", "platelets", "sure?", "D0"), DATA_MANAGER)
    assert trial.desk.participant(P).signature is not None


def test_a_signature_of_one_record_fits_no_other():
    trial = Trial().open().treat(P)
    other = replace(trial.desk.participant(P), id="03-002")
    assert record_hash(other, trial.protocol) != record_hash(trial.desk.participant(P), trial.protocol)


def test_nobody_can_try_out_a_sealed_value_against_a_signature():
    trial = Trial().open().treat(P)
    person = trial.desk.participant(P)
    key = next(key for key in person.forms if key.form == "demographics")
    row = person.forms[key]
    guessed = replace(row, items={**row.items, "birth_date": {"value": "1950-01"}})
    assert record_hash(replace(person, forms={**person.forms, key: guessed}), trial.protocol) == record_hash(
        person, trial.protocol
    )


def test_the_manifest_of_a_signature_is_in_the_ledger():
    trial = Trial().open().treat(P)
    (event,) = trial.do(c.Sign(P, "I have reviewed this record"), INVESTIGATOR).events
    assert event.signature["meaning"] == "I have reviewed this record"
    assert event.signature["name"] == "Li"
    assert len(event.signature["over"]) == 64


# --- lock and opening --------------------------------------------------------------------------------------


def ended(trial: Trial) -> Trial:
    """One participant through to the end, signed."""
    trial.treat(P).on("2026-09-20")
    trial.do(c.EndTreatment(P, "2026-09-07", "completed"))
    trial.do(c.CompleteStudy(P, "2026-09-20"))
    trial.do(c.Sign(P, "I have reviewed this record"), INVESTIGATOR)
    return trial


def test_a_lock_lists_everything_that_stands_against_it():
    trial = Trial().open().treat(P).consent("03-002", "2026-03-10")
    trial.do(c.OpenQuery(P, "hematology", "platelets", "sure?", "D0"), DATA_MANAGER)
    with pytest.raises(Refusal) as caught:
        trial.do(c.LockStudy(), DATA_MANAGER)
    found = [(one.code, one.path) for one in caught.value.findings]
    assert found == [
        ("study.blocked", ""),
        ("lock.query", P),
        ("lock.not_ended", P),
        ("lock.treatment", P),
        ("lock.unsigned", P),
        ("lock.not_ended", "03-002"),
    ]
    trial.do(c.AnswerQuery(P, "Q1", "yes"))
    with pytest.raises(Refusal, match="query Q1 about platelets is answered"):
        trial.do(c.LockStudy(), DATA_MANAGER)


def test_an_open_request_stands_against_the_lock():
    trial = Trial().open().consent(P).screen(P).baseline(P).on("2026-03-09", "09:30")
    trial.do(c.RequestRandomization(P, "2026-03-09T09:20+08:00"))
    with pytest.raises(Refusal, match="requested and not answered"):
        trial.do(c.LockStudy(), DATA_MANAGER)


def test_after_the_lock_no_data_is_written():
    trial = ended(Trial().open())
    trial.do(c.LockStudy(), DATA_MANAGER)
    last = trial.ledger.head()
    for command, by in [
        (c.SaveForm(P, "hematology", {"platelets": Entry("47", "10*9/L")}, "D0", reason="late"), COORDINATOR),
        (c.CorrectValue(P, "hematology", "platelets", Entry("47", "10*9/L"), "late", "D0"), COORDINATOR),
        (c.RecordVisit(P, "UNS", "2026-09-20"), COORDINATOR),
        (c.RecordDeath(P, "2026-09-20", "unknown"), COORDINATOR),
        (c.OpenQuery(P, "hematology", "platelets", "sure?", "D0"), DATA_MANAGER),
        (c.Sign(P, "again"), INVESTIGATOR),
        (c.Dispense(P, "M1", "1", 2, "2026-09-20"), PHARMACIST),
        (c.Consent("03-009", "03", "2026-09-20"), COORDINATOR),
        (c.LockStudy(), DATA_MANAGER),
        (c.OpenSite("01"), OFFICE),
        (c.ActivateProtocol(trial.protocol.text), OFFICE),
    ]:
        assert code(trial, command, by) == "study.locked", command
    assert trial.ledger.head() == last


def test_codes_are_opened_after_the_lock_by_two_people_and_once():
    trial = ended(Trial().open())
    two = {name: HOLDERS[name] for name in ("Uma", "escrow")}
    opening = {"by": STATISTICIAN, "at": trial.now, "key": "opening"}
    questions = trial.vault.log.head()
    with pytest.raises(Refusal, match="not locked"):
        trial.desk.open_blind(two, **opening)
    assert trial.vault.log.head() == questions, "the vault was not even asked"
    trial.do(c.LockStudy(), DATA_MANAGER)
    with pytest.raises(Refusal, match="two different people"):
        trial.desk.open_blind({"Uma": HOLDERS["Uma"]}, **opening)
    with pytest.raises(Refusal):
        trial.desk.open_blind({"Uma": HOLDERS["Uma"], "escrow": HOLDERS["sponsor"]}, **opening)
    assert trial.desk.study().opening is None
    annex = trial.desk.open_blind(two, **opening)
    assert annex == trial.annex
    assert trial.desk.study().opening == ("Uma", "escrow")
    last = list(trial.ledger.events())[-1]
    assert (last.kind, last.payload["commitment"]) == ("allocation opened", trial.annex.commitment)
    assert annex.secret not in last.line
    again = trial.desk.open_blind(two, **opening)
    assert again == annex, "the same act again gives the same answer"
    with pytest.raises(Refusal, match="opened already"):
        trial.desk.open_blind(two, by=STATISTICIAN, at=trial.now, key="another")
