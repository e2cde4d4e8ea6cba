"""Titers, adverse events, courses over time: what is described rather than tested."""

import math
import statistics
from datetime import timedelta
from functools import cache

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from snapshot_cast import DAY_0, Trial, smart

from trialist.analysis import analyze, censored
from trialist.analysis.censored import Value
from trialist.analysis.courses import quantile
from trialist.ledger.snapshot import take
from trialist.protocol import Protocol
from trialist.statistics import StatisticsRefusal

MONTH_6 = DAY_0 + timedelta(days=180)


def run(trial, arms):
    return analyze(smart(), take(trial.events, smart(), arms=arms, disclose=trial.disclose))


# --- values beyond a limit ------------------------------------------------------------------------------


def exactly(*values):
    return [Value(value, value) for value in values]


def test_without_censoring_it_is_the_two_sample_t_interval():
    from scipy import stats

    first, second = [0.1, -0.4, 0.3, 0.9, -0.2], [-0.5, 0.0, 0.2, -0.9]
    found = censored.compare(exactly(*first), exactly(*second))
    expected = stats.ttest_ind(first, second).confidence_interval(0.95)
    assert found.difference == pytest.approx(statistics.mean(first) - statistics.mean(second))
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), rel=1e-6)


def test_with_censoring_no_other_parameters_are_likelier():
    from scipy import optimize

    first = [*exactly(0.1, -0.4, 0.3), Value(0.8, None), Value(None, -0.6)]
    second = [*exactly(-0.5, 0.0, 0.2), Value(None, -0.7), Value(0.1, None)]
    found = censored.fit((first, second))

    def unlikely(at):
        return -censored.log_likelihood((first, second), (at[0], at[1], math.exp(at[2])))

    best = optimize.minimize(
        unlikely, [0.0, 0.0, 0.0], method="Nelder-Mead", tol=1e-12, options={"maxiter": 9999}
    )
    assert found == pytest.approx((best.x[0], best.x[1], math.exp(best.x[2])), abs=1e-5)


@given(st.lists(st.floats(-3, 3), min_size=3, max_size=8), st.floats(-2, 2))
def test_a_value_known_only_to_lie_higher_pulls_its_group_up(values, bound):
    assume(max(values) - min(values) > 0.1)
    without = censored.fit((exactly(*values), exactly(0.0, 1.0)))
    above = censored.fit(([*exactly(*values), Value(bound, None)], exactly(0.0, 1.0)))
    below = censored.fit(([*exactly(*values), Value(None, bound)], exactly(0.0, 1.0)))
    assert below[0] < above[0]
    assert all(math.isfinite(number) for number in (*without, *above, *below))


@pytest.mark.parametrize("first", [exactly(0.1), [Value(0.1, None)] * 5, []])
def test_too_few_values_are_refused_in_words(first):
    with pytest.raises(StatisticsRefusal, match="fewer than two"):
        censored.compare(first, exactly(0.1, 0.2))


def test_values_that_do_not_vary_are_refused_in_words():
    with pytest.raises(StatisticsRefusal, match="do not vary"):
        censored.compare(exactly(0.1, 0.1), exactly(0.2, 0.2))


@pytest.mark.parametrize("df", [2, 3, 10, 11, 82, 1998])
@pytest.mark.parametrize("level", [0.9, 0.95, 0.99])
def test_students_t_is_scipys(df, level):
    from scipy.special import stdtrit

    assert censored.student(level, df) == pytest.approx(stdtrit(df, (1 + level) / 2), rel=1e-9)


# --- titers ---------------------------------------------------------------------------------------------


def titer(trial, participant, visit, value, comparator=None, assay="batch_kit"):
    entry = {"value": str(value)} | ({"comparator": comparator} if comparator else {})
    on = DAY_0 if visit == "D0" else MONTH_6
    trial.save(participant, "antibody_batch", {"acl_igg": entry, "assay": assay}, visit=visit, on=on)


@cache
def plainer():
    """The bundled study whose titers are compared by the ratio alone."""
    assert smart().text.count('"model":"mmrm"') == 1
    return Protocol.from_text(smart().text.replace('"model":"mmrm",', ""))


def titers(*changes):
    """The plainer model's record of participants by turns in both arms, each with a titer at day 0 and month 6."""
    trial, arms = Trial(), {}
    for number, (before, after) in enumerate(changes):
        name = f"01-{number:03d}"
        trial.enter(name)
        arms[name] = ("sirolimus", "placebo")[number % 2]
        titer(trial, name, "D0", *before)
        titer(trial, name, "M6", *after)
    taken = take(trial.events, plainer(), arms=arms, disclose=trial.disclose)
    return analyze(plainer(), taken).endpoints["titer_change.acl_igg"]


def test_the_change_of_titer_is_a_ratio_of_geometric_means():
    found = titers(((80,), (40,)), ((80,), (80,)), ((100,), (60,)), ((60,), (66,)))
    logs = [math.log(0.5), math.log(0.6)], [0.0, math.log(1.1)]
    assert found["estimate"] == pytest.approx(math.exp(statistics.mean(logs[0]) - statistics.mean(logs[1])))
    assert found["arms"]["sirolimus"]["mean"] == pytest.approx(statistics.mean(logs[0]))
    assert found["ci"][0] < found["estimate"] < found["ci"][1]


@pytest.mark.parametrize(
    ("before", "after", "n", "censored_"),
    [
        ((39.9,), (20,), 0, 0), ((40,), (20,), 1, 0), ((160, ">"), (100,), 1, 1), ((100,), (2, "<"), 1, 1),
        ((160, ">"), (160, ">"), 0, 0), ((160, ">"), (2, "<"), 1, 1), ((80,), (40, None, "other"), 0, 0),
    ],
)  # fmt: skip
def test_who_counts_for_a_change_of_titer(before, after, n, censored_):
    arm = titers((before, after))["arms"]["sirolimus"]
    assert (arm["n"], arm["censored"]) == (n, censored_)


def test_too_few_titers_give_no_number_and_a_reason():
    found = titers(((80,), (40,)))
    assert (found["estimate"], found["ci"]) == (None, None)
    assert "fewer than two" in found["refusal"]


# --- adverse events -------------------------------------------------------------------------------------


def test_participants_are_counted_once_per_category_and_events_every_time():
    trial = Trial()
    trial.enter("01-001")
    trial.enter("01-002")
    trial.adverse("01-001", "infection", row=1, ae_grade="3")
    trial.adverse("01-001", "infection", row=2, ae_serious="true", ae_related="possible")
    trial.adverse("01-002", "bleeding", onset=-3)
    trial.happened("01-002", "died", 100, cause="c")
    arm = run(trial, {"01-001": "placebo", "01-002": "placebo"}).safety["arms"]["placebo"]
    assert arm == {
        "n": 2, "any": 1, "serious": 1, "related": 1, "grade_3_or_more": 1, "events": 2,
        "categories": {"infection": 1}, "deaths": 1,
    }  # fmt: skip


def test_safety_is_of_those_who_received_the_product():
    trial = Trial()
    trial.consent("01-001")
    trial.randomize("01-001")
    trial.adverse("01-001", "infection")
    assert run(trial, {"01-001": "placebo"}).safety["arms"]["placebo"]["n"] == 0


def test_a_blinded_record_names_the_categories_it_leaves_out_and_not_their_number():
    trial = Trial()
    trial.enter("01-001")
    trial.adverse("01-001", "mouth_ulcer")
    found = analyze(smart(), take(trial.events, smart(), disclose=trial.disclose)).safety
    assert found["withheld"] == ["mouth_ulcer", "hyperlipidemia"]
    assert all("mouth_ulcer" not in arm["categories"] for arm in found["arms"].values())
    assert sum(arm["any"] for arm in found["arms"].values()) == 0


# --- courses --------------------------------------------------------------------------------------------


@given(st.lists(st.floats(0, 1000), min_size=2, max_size=30))
def test_quartiles_are_those_of_the_standard_library(values):
    ordered = sorted(values)
    expected = statistics.quantiles(ordered, n=4, method="inclusive")
    assert [quantile(ordered, share) for share in (0.25, 0.5, 0.75)] == pytest.approx(expected)


def test_a_course_tells_every_point_and_the_medians_of_the_visits():
    trial = Trial()
    for name, count in (("01-001", 100), ("01-002", 200), ("01-003", 400)):
        trial.enter(name, month_6=count, baseline=50)
        trial.count(name, "UNS", 20, 30)
    found = run(trial, dict.fromkeys(("01-001", "01-002", "01-003"), "placebo")).trajectories
    at_month_6 = next(visit for visit in found["arms"]["placebo"] if visit["visit"] == "M6")
    assert (at_month_6["n"], at_month_6["q1"], at_month_6["median"], at_month_6["q3"]) == (3, 150, 200, 300)
    assert found["participants"][0]["points"] == [[0, "D0", 50.0], [20, "UNS", 30.0], [180, "M6", 100.0]]
    assert all(visit["n"] == 0 and visit["median"] is None for visit in found["arms"]["sirolimus"])
    assert "UNS" not in {visit["visit"] for visit in found["arms"]["placebo"]}


def test_months_without_anybody_are_there_too():
    trial = Trial()
    trial.consent("01-001", on=DAY_0 - timedelta(days=90))
    trial.consent("01-002")
    found = run(trial, {}).enrollment
    assert [month["month"] for month in found["months"]] == ["2025-12", "2026-01"]
    trial.consent("01-003", on=DAY_0 + timedelta(days=100))
    months = run(trial, {}).enrollment["months"]
    assert [(one["month"], one["consented"], one["consented_total"]) for one in months][2:] == [
        ("2026-02", 0, 2), ("2026-03", 0, 2), ("2026-04", 0, 2), ("2026-05", 0, 2), ("2026-06", 1, 3),
    ]  # fmt: skip
