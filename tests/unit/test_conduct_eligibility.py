"""Sign-off and randomization: every criterion settled, here and now; the stratum from the record alone."""

from __future__ import annotations

from datetime import date

import pytest

from conduct_cast import INVESTIGATOR, Trial, counts
from trialist.conduct import commands as c
from trialist.conduct.commands import Entry
from trialist.conduct.eligibility import lets_in, stratum_of
from trialist.conduct.history import history_of
from trialist.criteria import Truth
from trialist.findings import Refusal
from trialist.protocol.model import Criterion

P = "03-001"
DAY = "2026-03-09"


def ready(platelets: str = "46") -> Trial:
    """Everything recorded for a sign-off on day 0, and the sign-off not yet given."""
    trial = Trial().open().consent(P).screen(P).on(DAY, "09:00")
    trial.do(c.RecordVisit(P, "D0", f"{DAY}T08:30+08:00"))
    trial.save(P, "D0", "hematology", {"specimen_date": DAY, **counts(platelets)})
    return trial


def sign(trial: Trial) -> None:
    trial.do(c.SignEligibility(P, f"{DAY}T09:00+08:00"), INVESTIGATOR)


def refusal_of(act) -> str:
    with pytest.raises(Refusal) as caught:
        act()
    assert caught.value.findings[0].words_zh
    return caught.value.findings[0].words


@pytest.mark.parametrize(
    ("kind", "missing", "verdict", "answer"),
    [
        ("inclusion", "block", "met", True),
        ("inclusion", "block", "not_met", False),
        ("inclusion", "block", "unknown", None),
        ("inclusion", "pass", "unknown", True),
        ("inclusion", "fail", "unknown", False),
        ("exclusion", "block", "met", False),
        ("exclusion", "block", "not_met", True),
        ("exclusion", "block", "unknown", None),
        ("exclusion", "pass", "unknown", True),
        ("exclusion", "fail", "unknown", False),
    ],
)
def test_what_a_verdict_means_for_entry(kind, missing, verdict, answer):
    assert lets_in(Criterion(kind=kind, text="…", rule="true", missing=missing), verdict) is answer


def test_the_verdicts_are_kept_with_the_sign_off():
    trial = ready()
    sign(trial)
    person = trial.desk.participant(P)
    assert person.status == "eligible"
    assert person.eligibility.index == DAY
    assert set(person.eligibility.criteria) == set(trial.protocol.eligibility)
    assert {person.eligibility.criteria[name] for name in ("AGE", "I1", "I2")} == {"met"}
    assert {person.eligibility.criteria[name] for name in ("E1", "E2", "E9")} == {"not_met"}


@pytest.mark.parametrize(
    ("form", "criterion"),
    [
        ("demographics", "AGE"),
        ("lipids", "E9"),
        ("chemistry", "E7"),
        ("exclusions", "E5"),
        ("antibodies", "I1"),
    ],
)
def test_unknown_is_not_a_pass(form, criterion):
    trial = Trial().open().consent(P)
    save = trial.save
    trial.save = lambda person, visit, name, *more, **named: (
        name == form or save(person, visit, name, *more, **named)
    )
    trial.screen(P)
    trial.save = save
    trial.on(DAY, "09:00").do(c.RecordVisit(P, "D0", DAY))
    trial.save(P, "D0", "hematology", {"specimen_date": DAY, **counts("46")})
    assert f"{criterion} unknown" in refusal_of(lambda: sign(trial))


def test_a_criterion_that_speaks_against_entry_is_named():
    trial = Trial().open().consent(P).screen(P)
    to = Entry("121", "mg/dL")
    trial.do(c.CorrectValue(P, "lipids", "ldl", to, "misread", "SCR"))
    trial.on(DAY, "09:00")
    words = refusal_of(lambda: sign(trial))
    assert "E9 met" in words, "121 mg/dL is 3.129 mmol/L"


def test_compared_unrounded_after_conversion():
    trial = Trial().open().consent(P).screen(P)
    trial.do(c.CorrectValue(P, "lipids", "ldl", Entry("120", "mg/dL"), "misread", "SCR"))
    assert trial.desk.eligibility(P, date(2026, 3, 9))["E9"].truth is Truth.TRUE, "120 mg/dL is 3.1032 mmol/L"
    trial.do(c.CorrectValue(P, "lipids", "ldl", Entry("119", "mg/dL"), "misread", "SCR"))
    assert trial.desk.eligibility(P, date(2026, 3, 9))["E9"].truth is Truth.FALSE


def test_the_reporting_laboratorys_own_limit_decides():
    # laboratory B: ALT up to 50 U/L, three times of it 150; laboratory A, up to 40, would exclude 121
    trial = Trial().open().consent(P).screen(P)
    for value, truth in [("121", Truth.FALSE), ("150", Truth.FALSE), ("151", Truth.TRUE)]:
        trial.do(c.CorrectValue(P, "chemistry", "alt", Entry(value, "U/L"), "test", "SCR"))
        assert trial.desk.eligibility(P, date(2026, 3, 9))["E7"].truth is truth


def test_randomization_evaluates_again_at_the_time_of_the_request():
    trial = ready()
    sign(trial)
    trial.on(DAY, "09:30")
    drug = {"med_substance": "amoxicillin", "med_start": "2026-03-08"}
    trial.save(P, None, "medications", drug)
    words = refusal_of(lambda: trial.randomize(P))
    assert "E3 met" in words
    assert trial.desk.pending() == ()
    assert trial.vault.receipts() == ()


def test_a_correction_after_the_sign_off_is_seen():
    trial = ready()
    sign(trial)
    trial.do(c.CorrectValue(P, "hematology", "platelets", Entry("112", "10*9/L"), "misread", "D0"))
    assert "I2 not met" in refusal_of(lambda: trial.randomize(P))


def test_the_look_back_counts_from_the_day_of_randomization():
    trial = ready()
    sign(trial)
    later = "2026-04-06"
    words = refusal_of(lambda: trial.randomize(P, later))
    assert "unknown" in words, "laboratory values of 2 March are older than 28 days on 6 April"


@pytest.mark.parametrize(("platelets", "stratum"), [("49", "low"), ("50", "high"), ("51", "high")])
def test_the_stratum_comes_from_the_rule_at_its_boundary(platelets, stratum):
    trial = ready(platelets)
    sign(trial)
    trial.randomize(P)
    assert trial.desk.participant(P).allocation.stratum == stratum


def test_without_a_baseline_there_is_no_stratum_and_no_randomization():
    trial = Trial().open().consent(P).screen(P).on(DAY, "09:00")
    sign(trial)
    words = refusal_of(lambda: trial.randomize(P))
    assert "belongs to no single stratum" in words
    assert "platelets" not in words


def test_a_clumped_count_is_no_baseline():
    trial = ready()
    person = trial.desk.participant(P)
    history = history_of(person, trial.protocol, date(2026, 3, 9))
    assert stratum_of(history, trial.protocol, P) == "low"
    trial.save(P, "D0", "hematology", {"platelet_clumps": "true"})
    history = history_of(trial.desk.participant(P), trial.protocol, date(2026, 3, 9))
    with pytest.raises(Refusal, match="no single stratum"):
        stratum_of(history, trial.protocol, P)


def test_nobody_is_randomized_before_the_list_is_sealed():
    trial = ready()
    sign(trial)
    from dataclasses import replace

    trial.desk._standing.study = replace(trial.desk.study(), commitment=None)
    assert "not sealed" in refusal_of(lambda: trial.do(c.RequestRandomization(P, DAY), INVESTIGATOR))


def test_nobody_is_randomized_without_a_sign_off():
    trial = ready()
    assert "not signed" in refusal_of(lambda: trial.randomize(P))


def test_nobody_is_randomized_twice():
    trial = ready()
    sign(trial)
    trial.randomize(P)
    assert "nobody is randomized twice" in refusal_of(lambda: trial.randomize(P))
    assert "nobody is randomized twice" in refusal_of(
        lambda: trial.do(c.RequestRandomization(P, f"{DAY}T09:25+08:00"), INVESTIGATOR)
    )
    assert "screening is over" in refusal_of(lambda: trial.do(c.FailScreening(P, "E9", DAY)))


def test_who_withdraws_before_randomization_is_not_randomized():
    trial = ready()
    sign(trial)
    trial.do(c.WithdrawConsent(P, DAY, "all_new_data"))
    assert "withdrawn" in refusal_of(lambda: trial.randomize(P))


def test_a_wrong_stratum_found_later_keeps_allocation_and_list():
    trial = ready("49")
    sign(trial)
    trial.randomize(P)
    before = trial.desk.participant(P).allocation
    trial.do(c.CorrectValue(P, "hematology", "platelets", Entry("52", "10*9/L"), "misread", "D0"))
    assert trial.desk.participant(P).allocation == before
    trial.consent("03-002", "2026-03-02").screen("03-002").baseline("03-002", DAY)
    trial.randomize("03-002", DAY)
    assert trial.desk.participant("03-002").allocation.ordinal == 2, "the list goes on, nothing is given back"


def test_the_history_holds_what_was_recorded_in_the_units_it_was_printed_in():
    trial = ready()
    save = {"med_substance": "prednisone", "med_dose": "7.5", "med_dose_unit": "mg/d", "med_start": "2026-01"}
    trial.save(P, None, "medications", save)
    trial.save(P, None, "medical_history", {"history_condition": "thrombosis", "history_start": "2024"})
    history = history_of(trial.desk.participant(P), trial.protocol, date(2026, 3, 9))
    alt = next(one for one in history.measurements if one.analyte == "alt")
    assert (alt.value, alt.unit, alt.upper_limit, alt.laboratory) == (22, "U/L", 50, "LAB-B")
    ldl = next(one for one in history.measurements if one.analyte == "ldl")
    assert (ldl.unit, ldl.upper_limit) == ("mg/dL", 130)
    lupus = [one for one in history.measurements if one.analyte == "lupus_anticoagulant"]
    assert [(str(one.date), one.positive) for one in lupus] == [("2025-11-03", True), ("2026-02-23", True)]
    (drug,) = history.exposures
    assert (drug.substance, drug.dose, drug.unit, str(drug.start)) == ("prednisone", 7.5, "mg/d", "2026-01")
    (condition,) = history.conditions
    assert (condition.condition, str(condition.date)) == ("thrombosis", "2024")
    assert history.complete == {"conditions", "exposures"}
    assert history.attestations["bleeding_tendency"] is False
    assert (history.sex, str(history.birth_date)) == ("F", "1971-05")
    assert history.times["baseline"].last == date(2026, 3, 9)
    assert history.measurements[0].source.seq is not None
