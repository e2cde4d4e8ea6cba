"""The reference study's criteria on one eligible person and on single departures from her (readings of the study)."""

import pytest
from people import person
from spec_words import CRITERIA, WORDS

from trialist.criteria import Truth, decide, evaluate, parse

ELIGIBLE = (
    "born 1961-05-02",
    "sex F",
    "lupus_anticoagulant positive D-90",
    "lupus_anticoagulant positive D-3",
    "platelets 62 10*3/uL D-20",
    "platelets 58 10*9/L D-2",
    "alt 30 U/L D-5 (limit -40)",
    "ast 28 U/L D-5 (limit -40)",
    "creatinine 70 umol/L D-5",
    "wbc 5.1 10*9/L D-5",
    "hemoglobin 12.4 g/dL D-5",
    "ldl 100 mg/dL D-5",
    "triglycerides 1.2 mmol/L D-5",
    "taking prednisone 7.5 mg/d from 2026-01-01",
    "taking aspirin 100 mg/d from 2025",
    "attested other_ctd no",
    "attested bleeding_tendency no",
    "attested life_threatening no",
    "attested active_infection no",
    "complete exposures conditions",
)
RULES = {name: parse(rule, WORDS) for name, rule in CRITERIA.items()}


def verdicts(*lines, without=""):
    kept = [line for line in ELIGIBLE if not (without and line.startswith(without))]
    history = person([*kept, *lines])
    return {name: decide(rule, history, WORDS) for name, rule in RULES.items()}


def wanted(name):
    return Truth.FALSE if name.startswith("E") else Truth.TRUE


def test_an_eligible_person_meets_every_inclusion_and_no_exclusion():
    assert {name: truth for name, truth in verdicts().items() if truth is not wanted(name)} == {}


@pytest.mark.parametrize(
    ("criterion", "without", "lines"),
    [
        ("AGE", "born", ["born 2008-03-31"]),
        ("I1", "lupus_anticoagulant positive D-90", ["lupus_anticoagulant positive D-86"]),
        ("I2", "", ["platelets 101 10*9/L D-1"]),
        ("I2", "", ["platelets 29 10*9/L D-9"]),
        ("I3", "", ["taking methylprednisolone 2 mg/d from D-200"]),
        ("I3", "", ["taking dexamethasone 0.1 mg/d from D-14 to D-9"]),
        ("I4", "", ["taking hydroxychloroquine 400 mg/d from D-200"]),
        ("I4", "", ["taking hydroxychloroquine 200 mg/d from 2026-03-01"]),
        ("I5", "", ["taking clopidogrel 75 mg/d from D-6"]),
        ("E1", "", ["had other_ctd 2020"]),
        ("E1", "attested other_ctd", ["attested other_ctd yes"]),
        ("E2", "", ["taking eltrombopag 25 mg/d from D-30 to D-14"]),
        ("E2", "", ["taking ivig 0.4 g/kg/d from 2026-02-28 to 2026-02-28"]),
        ("E2", "", ["taking azathioprine 50 mg/d from 2025-12-30 to 2025-12-30"]),
        ("E2", "", ["taking belimumab 200 mg/wk from 2025-12-30 to 2025-12-30"]),
        ("E2", "", ["taking obinutuzumab 1000 mg/d from 2025-09-30 to 2025-09-30"]),
        ("E3", "", ["taking amoxicillin 1 g/d from D-20 to D-14"]),
        ("E4", "", ["had thrombosis D-28"]),
        ("E5", "attested bleeding", ["attested bleeding_tendency yes"]),
        ("E6", "attested life", ["attested life_threatening yes"]),
        ("E7", "", ["alt 121 U/L D-1 (limit -40)"]),
        ("E7", "", ["ast 121 U/L D-1 (limit -40)"]),
        ("E7", "", ["creatinine 200 umol/L D-1"]),
        ("E8", "", ["wbc 2.9 10*9/L D-1"]),
        ("E8", "", ["hemoglobin 9.9 g/dL D-1"]),
        ("E9", "", ["ldl 120 mg/dL D-1"]),
        ("E9", "", ["triglycerides 204 mg/dL D-1"]),
        ("E10", "", ["had infection D-3"]),
        ("E11", "", ["had pregnancy D-60"]),
        ("E11", "", ["had delivery D-42"]),
    ],
)
def test_one_departure_turns_that_criterion_and_no_other(criterion, without, lines):
    found = verdicts(*lines, without=without)
    departed = {name for name, truth in found.items() if truth is not wanted(name)}
    assert departed == {criterion}
    assert found[criterion] is not Truth.UNKNOWN


@pytest.mark.parametrize(
    "line",
    [
        "taking eltrombopag 25 mg/d from D-30 to D-15",
        "taking ivig 0.4 g/kg/d from 2026-02-27 to 2026-02-27",
        "taking azathioprine 50 mg/d from 2025-12-29 to 2025-12-29",
        "taking obinutuzumab 1000 mg/d from 2025-09-29 to 2025-09-29",
        "taking amoxicillin 1 g/d from D-20 to D-15",
        "had thrombosis D-29",
        "had delivery D-43",
        "had infection D-30 to D-1",
        "alt 120 U/L D-1 (limit -40)",
        "wbc 3.0 10*9/L D-1",
        "hemoglobin 10 g/dL D-1",
        "triglycerides 2.3 mmol/L D-1",
        "platelets 100 10*9/L D-1",
        "platelets 30000 /mm3 D-1",
        "taking methylprednisolone 1.9 mg/d from D-200",
        "taking hydroxychloroquine 399 mg/d from D-200",
    ],
)
def test_just_inside_the_limit_she_still_enters(line):
    assert {name: truth for name, truth in verdicts(line).items() if truth is not wanted(name)} == {}


@pytest.mark.parametrize(
    ("criterion", "without"),
    [
        ("AGE", "born"),
        ("I1", "lupus_anticoagulant"),
        ("I2", "platelets"),
        ("E5", "attested bleeding"),
        ("E7", "creatinine"),
        ("E7", "alt"),
        ("E8", "hemoglobin"),
        ("E9", "ldl"),
    ],
)
def test_what_is_not_recorded_is_unknown_and_the_trace_asks_for_it(criterion, without):
    history = person([line for line in ELIGIBLE if not line.startswith(without)])
    verdict = evaluate(RULES[criterion], history, WORDS)
    assert verdict.truth is Truth.UNKNOWN
    assert verdict.trace.missing("en")
    assert verdict.trace.missing("zh")


def test_an_empty_record_decides_nothing():
    empty = person([])
    decided = {name for name, rule in RULES.items() if decide(rule, empty, WORDS) is not Truth.UNKNOWN}
    assert decided == set()


class TestScenarios:
    def test_twelve_weeks_are_84_days_of_the_same_antibody(self):
        rule = RULES["I1"]
        first = "lupus_anticoagulant positive 2026-01-05"
        assert decide(rule, person([first, "lupus_anticoagulant positive 2026-03-29"]), WORDS) is Truth.FALSE
        assert decide(rule, person([first, "lupus_anticoagulant positive 2026-03-30"]), WORDS) is Truth.TRUE
        assert decide(rule, person([first, "acl_igg 60 GPL 2026-03-30"]), WORDS) is Truth.FALSE

    def test_the_reading_of_persistence_decides(self):
        counts = person(["platelets 88 10*9/L D-20", "platelets 104 10*9/L D-9", "platelets 79 10*9/L D-1"])
        lenient = CRITERIA["I2"].replace("'2 wk')", "'2 wk', reading='two_counts')")
        assert decide(RULES["I2"], counts, WORDS) is Truth.FALSE
        assert decide(parse(lenient, WORDS), counts, WORDS) is Truth.TRUE

    @pytest.mark.parametrize(
        ("criterion", "limit", "step", "units", "at_limit"),
        [
            ("E8", 3000, 1, {"10*9/L": 1000, "10*3/uL": 1000, "/mm3": 1}, False),
            ("E8", 10000, 1, {"g/L": 100, "g/dL": 1000}, False),
        ],
    )
    def test_verdicts_at_a_limit_do_not_depend_on_the_unit(self, criterion, limit, step, units, at_limit):
        analyte = "wbc" if "/mm3" in units else "hemoglobin"
        for scaled, expected in ((limit - step, True), (limit, at_limit), (limit + step, False)):
            for unit, parts in units.items():
                line = f"{analyte} {scaled / parts:f} {unit} D-1"
                assert verdicts(line)[criterion] is Truth.of(expected), line

    def test_a_value_is_compared_before_it_is_rounded_and_the_conversion_is_shown(self):
        history = person([*ELIGIBLE, "ldl 120 mg/dL D-1"])
        verdict = evaluate(RULES["E9"], history, WORDS)
        assert verdict.truth is Truth.TRUE
        assert "120 mg/dL (= 3.10318 mmol/L)" in verdict.trace.words("en")
