"""Safety, exposure, compliance, laboratory grades: counted by hand on small trials; nothing is ever NaN."""

import json
import math
from datetime import date, timedelta
from fractions import Fraction

import pytest
from snapshot_cast import DAY_0, Trial, smart

from trialist.analysis import analyze, compliance, exposure, laboratory, rates
from trialist.analysis.people import people
from trialist.ledger.snapshot import take
from trialist.statistics import wilson


def safety(trial, arms):
    return analyze(smart(), take(trial.events, smart(), arms=arms, disclose=trial.disclose)).as_json()[
        "safety"
    ]


def row(found, key, kind="total"):
    return next(one for one in found["rows"] if (one["kind"], one["key"]) == (kind, key))


# --- rates ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("events", "years", "low", "high"),
    [  # R 4.4: poisson.test(x, T)$conf.int
        (0, 1.0, 0.0, 3.688879),
        (10, 1.0, 4.795389, 18.39036),
        (3, 1.0, 0.6186721, 8.767273),
    ],
)
def test_the_interval_of_a_rate_is_that_of_poisson_test_in_r(events, years, low, high):
    found = rates.rate(events, years)
    assert (found.low / 100, found.high / 100) == pytest.approx((low, high), rel=1e-5, abs=1e-9)
    assert found.value == pytest.approx(100 * events / years)


def test_nobody_observed_has_no_rate():
    assert rates.rate(0, 0.0) is None


# --- events -----------------------------------------------------------------------------------------------------


def test_events_are_counted_by_participant_by_event_and_by_class_with_the_worst_grade():
    trial = Trial()
    for name in ("01-001", "01-002", "01-003"):
        trial.enter(name)
    trial.adverse("01-001", "bleeding", row=1, ae_grade="1")
    trial.adverse("01-001", "thrombosis", row=2, ae_grade="3", ae_serious="true", ae_related="probable")
    trial.adverse("01-002", "infection", ae_grade="2", ae_action="interrupted")
    found = safety(trial, {"01-001": "sirolimus", "01-002": "sirolimus", "01-003": "placebo"})
    vessels = row(found, "blood_and_vessels", "class")["arms"]["sirolimus"]
    assert (vessels["participants"], vessels["events"], vessels["worst_grade"]) == (1, 2, {"3": 1})
    assert row(found, "bleeding", "term")["within"] == "blood_and_vessels"
    assert row(found, "serious_related")["arms"]["sirolimus"]["participants"] == 1
    assert row(found, "drug_interrupted")["arms"]["sirolimus"]["events"] == 1
    everything = row(found, "any")
    assert everything["arms"]["sirolimus"]["participants"] == 2
    around = wilson(2, 2)
    assert everything["arms"]["sirolimus"]["share_ci"] == pytest.approx([around.low, around.high])
    assert everything["arms"]["placebo"]["rate_ci"][0] == 0
    assert everything["difference"]["estimate"] == 1.0


def test_an_arm_without_anybody_has_zeros_and_no_numbers_that_are_none():
    trial = Trial()
    trial.enter("01-001")
    trial.adverse("01-001", "infection")
    found = safety(trial, {"01-001": "sirolimus"})
    empty = row(found, "any")["arms"]["placebo"]
    assert (empty["n"], empty["participants"], empty["rate"], empty["share_ci"]) == (0, 0, None, None)
    assert row(found, "any")["difference"] is None
    assert found["exposure"]["placebo"]["days"]["mean"] is None
    json.dumps(found, allow_nan=False)


# --- exposure and compliance ------------------------------------------------------------------------------------


def someone(trial, name="01-001"):
    return next(one for one in people(take(trial.events, smart(), disclose=trial.disclose)) if one.id == name)


def on(days):
    return DAY_0 + timedelta(days=days)


def local(days):
    return f"{on(days)}T12:00+08:00"


def test_days_on_the_drug_leave_out_the_days_on_which_it_was_held():
    trial = Trial()
    trial.enter("01-001")
    trial.to("01-001", "dose held", effective=local(10), reason="infection")
    trial.to("01-001", "dose restarted", effective=local(15))
    trial.to("01-001", "treatment ended", effective=local(29), reason="other")
    found = exposure.dosing(someone(trial), on(100))
    assert (found.first, found.last, found.ended) == (on(0), on(29), True)
    assert (found.held, found.days) == (5, 25)
    assert found.years == pytest.approx(101 / 365.25)


def test_a_hold_without_a_restart_lasts_to_the_end():
    trial = Trial()
    trial.enter("01-001")
    trial.to("01-001", "dose held", effective=local(10), reason="infection")
    assert exposure.dosing(someone(trial), on(19)).days == 10


def test_168_handed_over_and_56_back_after_60_days_are_112_of_120():
    trial = Trial()
    trial.consent("01-001")
    trial.randomize("01-001")
    trial.to("01-001", "kit dispensed", visit="M1", kit="1", packs=2, units=168, effective=local(30))
    trial.save("01-001", "visit_assessment", {"capsules_returned": "56"}, visit="M3", on=on(90))
    found = compliance.account(smart(), exposure.dosing(someone(trial), on(200)))
    (supply,) = found.supplies
    assert (supply.taken, supply.due) == (112, 120)
    assert found.share == Fraction(112, 120)
    assert found.verdict == "within"


def test_more_back_than_went_out_is_impossible_and_counts_as_no_share():
    trial = Trial()
    trial.consent("01-001")
    trial.randomize("01-001")
    trial.to("01-001", "kit dispensed", visit="D0", kit="1", packs=1, units=84, effective=local(0))
    trial.save("01-001", "visit_assessment", {"capsules_returned": "90"}, visit="M1", on=on(30))
    found = compliance.account(smart(), exposure.dosing(someone(trial), on(200)))
    assert found.verdict == "impossible"
    record = compliance.record([found], [found.dosing.person.arm])
    assert record["arms"][found.dosing.person.arm]["share"]["n"] == 0


def test_nothing_back_is_unknown():
    trial = Trial()
    trial.enter("01-001")
    found = compliance.account(smart(), exposure.dosing(someone(trial), on(200)))
    assert (found.share, found.verdict) == (None, "unknown")


# --- laboratory -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("analyte", "value", "grade"),
    [
        ("platelets", "125", 0),
        ("platelets", "124", 1),
        ("platelets", "75", 1),
        ("platelets", "74", 2),
        ("platelets", "24", 4),
        ("alt", "40", 0),
        ("alt", "120", 1),
        ("alt", "121", 2),
        ("alt", "801", 4),
    ],
)
def test_grades_begin_beyond_their_limits(analyte, value, grade):
    about = smart().dictionaries.analytes[analyte]
    limits = {"platelets": (125, 350), "alt": (7, 40)}[analyte]
    found = laboratory.beginnings(about, *map(Fraction, limits))
    assert laboratory.reached(Fraction(value), found) == grade


def test_without_the_laboratorys_limit_a_multiple_of_it_is_no_grade():
    assert laboratory.beginnings(smart().dictionaries.analytes["alt"], None, None) is None
    assert laboratory.reached(Fraction(99), None) is None


def test_shifts_go_from_the_last_value_up_to_the_first_dose_to_the_worst_after_it():
    trial = Trial()
    trial.enter("01-001")
    for visit, days, count in (("SCR", -20, 80), ("D0", 0, 60), ("W2", 14, 40), ("M1", 30, 130)):
        trial.save("01-001", "hematology", {"platelets": count}, visit=visit, on=on(days))
    found = safety(trial, {"01-001": "sirolimus"})["laboratory"]
    platelets = next(one for one in found if one["analyte"] == "platelets")["arms"]["sirolimus"]
    assert platelets["shift"] == {"2": {"3": 1}}
    assert (platelets["worse"], platelets["grade_3_or_more"], platelets["newly_low"]) == (1, 1, 0)


def test_what_is_withheld_makes_no_row():
    trial = Trial()
    trial.enter("01-001")
    for visit, days in (("D0", 0), ("M1", 30)):
        trial.save("01-001", "lipids", {"ldl": "3.9", "triglycerides": "3.0"}, visit=visit, on=on(days))
    blinded = analyze(smart(), take(trial.events, smart(), disclose=trial.disclose)).safety
    assert blinded["laboratory"] == []
    opened = safety(trial, {"01-001": "placebo"})["laboratory"]
    assert {one["analyte"] for one in opened} == {"ldl", "triglycerides"}


def test_summaries_of_nothing_are_none():
    assert set(exposure.summary([]).values()) == {0, None}
    one = exposure.summary([4])
    assert (one["mean"], one["sd"], one["median"]) == (4, None, 4)
    assert not math.isnan(one["q1"])
    assert exposure.Hold(date(2026, 1, 5), date(2026, 1, 9)).within(date(2026, 1, 1), date(2026, 1, 6)) == 2
