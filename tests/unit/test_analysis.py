"""What the analysis makes of each participant, and of two arms."""

import json
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta

import pytest
from snapshot_cast import DAY_0, Trial, smart

from trialist.analysis import analyze, primary
from trialist.findings import InputError
from trialist.ledger.snapshot import take
from trialist.protocol import Protocol

ONE = "01-001"


ANY_TIME = timedelta(days=400)
"""From the first consent of the cast to when everything is over."""


def run(trial, arms=None, protocol=None, *, opened=True, **more):
    protocol = protocol or smart()
    people = {
        event.stream.removeprefix("participant/") for event in trial.events if event.kind == "randomized"
    }
    everybody = dict.fromkeys(sorted(people), "sirolimus") | (arms or {})
    known = everybody if opened else None
    return analyze(protocol, take(trial.events, protocol, arms=known, disclose=trial.disclose, **more))


def changed(old, new):
    """The bundled study with its text changed."""
    assert old in smart().text
    return Protocol.from_text(smart().text.replace(old, new))


def place(trial, arm="sirolimus", **more):
    """What decided the outcome of the only participant."""
    (found,) = run(trial, **more).consort["arms"][arm]["outcomes"]
    return found


@pytest.fixture
def trial():
    trial = Trial()
    trial.at += ANY_TIME
    return trial


# --- one participant ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("baseline", "count", "expected"),
    [
        (60, 101, "response"), (60, 100, "no_response"), (60, 99, "no_response"),
        (49, 99, "response"), (49, 98, "no_response"), (49, 100, "no_response"), (100, 101, "response"),
    ],
)  # fmt: skip
def test_a_response_is_above_100_or_below_it_and_more_than_twice_the_baseline(
    trial, baseline, count, expected
):
    trial.enter(ONE, baseline=baseline, month_6=count)
    assert place(trial) == expected


@pytest.mark.parametrize(("unit", "value"), [("10*3/uL", "101"), ("/uL", "100001"), ("×10⁹/L", "100.001")])
def test_counts_are_compared_unrounded_in_one_unit(trial, unit, value):
    trial.enter(ONE)
    trial.save(
        ONE,
        "hematology",
        {"platelets": {"value": value, "unit": unit}},
        visit="M6",
        on=DAY_0 + timedelta(180),
    )
    assert place(trial) == "response"


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([("M6", 178, 50), ("M6C", 181, 150)], "response"),  # closest to day 180
        ([("M6", 177, 50), ("M6C", 183, 150)], "response"),  # equally close: the later
        ([("M6", 150, 150)], "response"), ([("M6", 149, 150)], "missing"),
        ([("M6", 210, 150)], "response"), ([("M6", 211, 150)], "missing"),
        ([("UNS", 180, 150)], "missing"), ([("M5", 160, 150)], "missing"), ([("M3", 90, 150)], "missing"),
    ],
)  # fmt: skip
def test_the_month_6_count_is_the_closest_from_its_own_visits_in_its_days(trial, counts, expected):
    trial.enter(ONE)
    for visit, day, count in counts:
        trial.count(ONE, visit, day, count)
    assert place(trial) == expected


def test_a_clotted_sample_does_not_count(trial):
    trial.enter(ONE)
    count = {"value": "150", "unit": "10*9/L"}
    trial.save(
        ONE,
        "hematology",
        {"platelets": count, "platelet_clumps": "true"},
        visit="M6",
        on=DAY_0 + timedelta(180),
    )
    assert place(trial) == "missing"


@pytest.mark.parametrize(
    ("day", "expected"), [(172, "response"), (173, "missing"), (180, "missing"), (181, "response")]
)
def test_a_count_within_seven_days_after_a_transfusion_is_missing(trial, day, expected):
    trial.enter(ONE, month_6=150)
    trial.drug(ONE, "platelet_transfusion", day, day)
    assert place(trial) == expected


@pytest.mark.parametrize(
    ("substance", "start", "end", "expected"),
    [
        ("ivig", 100, 104, "rescue"), ("ivig", 180, 181, "rescue"), ("ivig", 181, 185, "response"),
        ("rituximab", 0, 0, "rescue"), ("ivig", -20, -1, "response"), ("eltrombopag", 30, None, "rescue"),
        ("aspirin", 30, None, "response"), ("sirolimus", 30, None, "response"),
    ],
)  # fmt: skip
def test_rescue_lies_between_the_first_dose_and_the_month_6_count(trial, substance, start, end, expected):
    trial.enter(ONE, month_6=150)
    trial.drug(ONE, substance, start, end)
    assert place(trial) == expected


@pytest.mark.parametrize(("days", "expected"), [(6, "response"), (7, "rescue")])
def test_seven_days_of_more_prednisone_are_rescue_and_six_are_not(trial, days, expected):
    trial.enter(ONE, month_6=150)
    dose = {"med_dose": "5", "med_dose_unit": "mg/d"}
    trial.drug(ONE, "prednisone", -60, **dose)
    trial.drug(ONE, "methylprednisolone", 60, 59 + days, row=2, med_dose="4", med_dose_unit="mg/d")
    assert place(trial) == expected


def test_splenectomy_is_rescue(trial):
    trial.enter(ONE, month_6=150)
    on = DAY_0 + timedelta(days=50)
    trial.save(ONE, "medical_history", {"history_condition": "splenectomy", "history_start": on}, on=on)
    assert place(trial) == "rescue"


def test_what_may_have_been_rescue_makes_a_response_unknown(trial):
    trial.enter(ONE, month_6=150)
    trial.drug(ONE, "ivig", 0, med_start="2026-03", med_end="2026-03")  # before the first dose, or after
    assert place(trial) == "missing"
    assert run(trial).endpoints["overall_response"]["arms"]["sirolimus"] == {"n": 1, "events": 0}


def test_stopping_the_capsules_changes_nothing(trial):
    trial.enter(ONE, month_6=150)
    trial.happened(ONE, "treatment ended", 30, reason="adverse_event")
    assert place(trial) == "response"


@pytest.mark.parametrize(("day", "expected"), [(100, "death"), (200, "response")])
def test_death_before_the_month_6_count_is_non_response(trial, day, expected):
    trial.enter(ONE, month_6=150)
    trial.happened(ONE, "died", day, cause="c")
    assert place(trial) == expected


def test_a_correction_decides(trial):
    trial.enter(ONE, month_6=150)
    trial.correct(ONE, "hematology", "platelets", {"value": "50", "unit": "10*9/L"}, visit="M6")
    assert place(trial) == "no_response"


def test_the_primary_result_alone_is_the_one_among_all(trial):
    trial.enter(ONE)
    trial.enter("01-002", month_6=150)
    everybody = {ONE: "sirolimus", "01-002": "placebo"}
    taken = take(trial.events, smart(), arms=everybody, disclose=trial.disclose)
    assert primary(taken, smart()) == analyze(smart(), taken).endpoints["overall_response"]


def test_whose_month_6_has_not_come_is_left_out_and_not_a_non_response(trial):
    trial.at -= timedelta(days=300)
    trial.enter(ONE)
    trial.enter("01-002", month_6=150)
    results = run(trial)
    arm = results.consort["arms"]["sirolimus"]
    assert (arm["allocated"], arm["analyzed"], arm["outcomes"]) == (2, 1, {"not_due": 1, "response": 1})
    assert results.endpoints["overall_response"]["arms"]["sirolimus"] == {"n": 1, "events": 1}


def test_whoever_left_is_missing_at_once(trial):
    trial.at -= timedelta(days=300)
    trial.enter(ONE)
    trial.happened(ONE, "consent withdrawn", 30, scope="visits")
    assert place(trial) == "missing"


# --- sensitivity ----------------------------------------------------------------------------------------


def events(record):
    return {arm: cell["events"] for arm, cell in record["arms"].items()}


def test_a_count_of_exactly_100_is_listed_and_counts_only_in_its_own_analysis(trial):
    trial.enter(ONE, baseline=49, month_6=100)
    trial.enter("01-002", month_6=50)
    trial.enter("01-003", month_6=100)
    trial.drug("01-003", "ivig", 20, 25)
    results = run(trial)
    shown = ("participant", "value", "baseline", "visit", "decided_by")
    listed = [tuple(row[name] for name in shown) for row in results.boundary]
    assert listed == [(ONE, 100.0, 49.0, "M6", "observed"), ("01-003", 100.0, 60.0, "M6", "rescue")]
    assert events(results.endpoints["overall_response"])["sirolimus"] == 0
    assert events(results.sensitivity["exactly_100_counts"])["sirolimus"] == 1


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([("M6", 180, 150), ("M6C", 187, 120)], 1), ([("M6", 180, 150), ("M6C", 187, 100)], 0),
        ([("M6", 180, 150)], 0), ([("M6", 171, 90), ("M6C", 181, 150)], 0),
        ([("M6", 171, 150), ("M6C", 181, 150)], 1),
    ],
)  # fmt: skip
def test_a_confirmed_response_needs_two_counts(trial, counts, expected):
    trial.enter(ONE)
    for visit, day, count in counts:
        trial.count(ONE, visit, day, count)
    assert events(run(trial).sensitivity["confirmed"])["sirolimus"] == expected


def test_observed_only_leaves_out_what_is_missing_and_keeps_the_rescued(trial):
    trial.enter(ONE)
    trial.enter("01-002", month_6=150)
    trial.enter("01-003")
    trial.drug("01-003", "ivig", 20, 25)
    results = run(trial)
    assert results.endpoints["overall_response"]["arms"]["sirolimus"] == {"n": 3, "events": 1}
    assert results.sensitivity["observed_only"]["arms"]["sirolimus"] == {"n": 2, "events": 1}


def test_the_corrected_baseline_sets_the_stratum_and_the_recorded_one_is_a_sensitivity_analysis(trial):
    trial.enter(ONE, baseline=45, month_6=150, stratum="low")
    trial.enter("01-002", baseline=70, month_6=50)
    trial.correct(ONE, "hematology", "platelets", {"value": "52", "unit": "10*9/L"}, visit="D0")
    results = run(trial)
    assert results.strata["moved"] == [{"participant": ONE, "as_randomized": "low", "actual": "high"}]
    by_stratum = results.endpoints["overall_response"]["strata"]
    assert by_stratum["high"]["sirolimus"] == {"n": 2, "events": 1}
    as_randomized = results.sensitivity["as_randomized_stratum"]["strata"]
    assert as_randomized["low"]["sirolimus"] == {"n": 1, "events": 1}


# --- two arms -------------------------------------------------------------------------------------------


def two_arms(trial, sirolimus, placebo, baseline=60):
    """Participants with these month 6 counts, and their arms."""
    arms = {}
    for number, (arm, count) in enumerate(
        [("sirolimus", one) for one in sirolimus] + [("placebo", one) for one in placebo]
    ):
        name = f"01-{number:03d}"
        trial.enter(name, month_6=count, baseline=baseline)
        arms[name] = arm
    return arms


def test_one_stratum_gives_the_known_chi_square(trial):
    arms = two_arms(trial, [150] * 7 + [50] * 3, [150] * 2 + [50] * 8)
    record = run(trial, arms).endpoints["overall_response"]
    assert record["statistic"] == pytest.approx(
        19 * (7 * 8 - 3 * 2) ** 2 / (10 * 10 * 9 * 11)
    )  # (N-1)(ad-bc)²/…
    assert record["estimate"] == pytest.approx(0.5)
    assert record["ci"][0] < 0.5 < record["ci"][1]
    assert record["method"].startswith("Cochran-Mantel-Haenszel")


@pytest.mark.parametrize(
    "counts", [([50] * 4, [50] * 4), ([99, *[50] * 5], [50] * 6), ([150] * 3, [150] * 3), ([150], [])]
)
def test_sparse_tables_survive_with_numbers_or_a_reason_in_words(trial, counts):
    arms = two_arms(trial, *counts, baseline=45)
    results = run(trial, arms)
    record = json.loads(results.text())  # allows no NaN
    for found in (*record["endpoints"].values(), *record["sensitivity"].values()):
        estimate = found.get("estimate")
        assert estimate is not None or "grid" in found or found["refusal_words"]["zh"]
        assert estimate is None or found["ci"][0] <= estimate <= found["ci"][1]


def test_where_nobody_responds_the_exact_p_is_1_and_says_why(trial):
    record = run(trial, two_arms(trial, [50] * 4, [50] * 4)).endpoints["overall_response"]
    assert record["p"] == 1
    assert "no stratum has both events and non-events" in record["method"]


def test_secondary_endpoints_have_intervals_and_claim_nothing(trial):
    results = run(trial, two_arms(trial, [150, 50], [150, 50]))
    for name in ("complete_response", "partial_response"):
        assert results.endpoints[name]["p"] is None
        assert results.endpoints[name]["ci"] is not None


# --- the record -----------------------------------------------------------------------------------------

CONTRACT = {"study", "protocol_version", "snapshot", "consort", "endpoints", "sensitivity", "safety"}


def test_the_record_has_the_published_names(trial):
    record = run(trial, two_arms(trial, [150], [50])).as_json()
    assert set(record) >= CONTRACT | {"boundary", "trajectories", "enrollment", "assumed", "strata"}
    assert set(record["snapshot"]) == {"head", "as_of", "blinded", "simulated"}
    assert list(record["endpoints"]) == [
        "overall_response", "complete_response", "partial_response",
        "titer_change.acl_igg", "titer_change.acl_igm", "titer_change.ab2gp1_igg", "titer_change.ab2gp1_igm",
    ]  # fmt: skip
    for found in record["endpoints"].values():
        assert set(found) >= {"arms", "estimate", "ci", "p", "method", "estimand"}


def test_a_blinded_record_says_so_and_names_no_arm(trial):
    two_arms(trial, [150, 60, 70], [50, 120, 40])
    results = run(trial, opened=False)
    assert results.marks == ("BLINDED", "SIMULATED")
    arms = [results.consort["arms"], *(found["arms"] for found in results.endpoints.values())]
    assert {label for found in arms for label in found} == {"Dummy X", "Dummy Y"}
    record = results.as_json() | {"assumed": []}  # the study file's own words name its arms
    assert "irolimus" not in json.dumps(record)
    assert "lacebo" not in json.dumps(record)


def test_no_record_carries_a_registry_number(trial):
    trial.enter(ONE, month_6=50)
    numbers = [one.number for one in smart().study.registrations]
    assert numbers
    for opened in (True, False):
        text = run(trial, opened=opened).text()
        assert not any(number in text for number in numbers)


def test_the_same_snapshot_gives_the_same_bytes(trial):
    arms = two_arms(trial, [150, 60, 70], [50, 120, 40])
    assert run(trial, arms).text() == run(trial, arms).text()


def test_another_study_or_another_version_is_refused(trial):
    trial.enter(ONE)
    snapshot = take(trial.events, smart(), arms={ONE: "sirolimus"})
    with pytest.raises(InputError, match="another version"):
        analyze(smart(), replace(snapshot, protocol_hash="0" * 64))
    other = changed('"id":"SMART"', '"id":"OTHER"')
    with pytest.raises(InputError, match="The snapshot is of SMART-SIM, the study file of OTHER"):
        analyze(other, replace(snapshot, protocol_hash=other.hash))


def test_a_strategy_without_an_analysis_is_refused_in_both_languages(trial):
    trial.enter(ONE)
    other = changed(
        '"event":"treatment_discontinued","strategy":"treatment_policy"',
        '"event":"treatment_discontinued","strategy":"principal_stratum"',
    )
    with pytest.raises(InputError, match="no analysis for the strategy principal_stratum") as refused:
        run(trial, protocol=other)
    assert "尚无相应分析" in (refused.value.findings[0].words_zh or "")


def test_an_unknown_sensitivity_analysis_is_refused_by_name(trial):
    trial.enter(ONE)
    with pytest.raises(InputError, match="does not exist: guessing"):
        run(trial, protocol=changed('"observed_only"', '"guessing"'))


def test_an_empty_trial_has_a_record_too():
    results = run(Trial())
    assert results.consort["screened"] == results.consort["randomized"] == 0
    assert results.endpoints["overall_response"]["estimate"] is None
    assert "refusal" in results.endpoints["overall_response"]


def test_the_analysis_loads_neither_pandas_nor_scipy_stats():
    code = "import trialist.analysis, sys; assert not {'numpy', 'scipy', 'pandas'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
