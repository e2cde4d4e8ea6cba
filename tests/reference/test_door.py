"""The door itself: it reads the shapes in which reference sets write a case, and cannot flatter a wrong answer."""

import math
from math import exp

import pytest
from test_cases import CASES, differences

from trialist import reference
from trialist import statistics as st


def answer(topic, inputs, *keys):
    return reference.run({"topic": topic, "inputs": inputs, "expected": dict.fromkeys(keys)})


def test_every_topic_of_the_set_has_a_case_here():
    assert {case["topic"] for case in CASES} == set(reference.TOPICS)


@pytest.mark.parametrize(
    ("got", "want"),
    [
        (1.001, 1.0),
        ([1.0, 2.0], [1.0, 2.1]),
        ([1.0], [1.0, 1.0]),
        (math.inf, 5.0),
        (math.nan, 1.0),
        ({"a": 1.0}, {"a": 2.0}),
    ],
)
def test_a_wrong_answer_is_seen(got, want):
    assert differences(got, want, 1e-4)


def test_infinity_and_refusals_are_written_as_the_sets_write_them():
    assert not differences(math.inf, "Inf", 1e-6)
    strata = [{"x1": 0, "n1": 3, "x2": 0, "n2": 4}, {"x1": 2, "n1": 5, "x2": 1, "n2": 6}]
    assert math.isnan(answer("cochran_mantel_haenszel", {"strata": strata}, "breslow_day")["breslow_day"])


def test_listings_are_rounded_as_printed_and_nothing_else_is():
    inputs = {"x1": 5, "n1": 42, "x2": 0, "n2": 42}
    case = {"topic": "chi_square_2x2", "inputs": inputs, "expected": {"x2": 5.32}, "published": "SAS listing"}
    assert reference.run(case) == {"x2": 5.32}
    assert reference.run(case | {"published": "a paper"})["x2"] == pytest.approx(5.316455696)


def test_a_design_with_looks_inflates_the_fixed_size():
    common = {"pi1": 0.6, "pi2": 0.3, "power": 0.8, "alpha": 0.025, "sided": 1, "ratio": 2}
    fixed = answer("sample_size_two_proportions", common, "n_total", "n1", "n2")
    looks = answer(
        "sample_size_two_proportions", common | {"design": "OF", "kMax": 2}, "n_total", "n1", "expected_H1"
    )
    design = st.obrien_fleming_design([0.5, 1.0])
    assert fixed["n1"] == pytest.approx(2 * fixed["n2"])
    assert looks["n_total"] / fixed["n_total"] == pytest.approx(design.inflation(0.8))
    assert looks["expected_H1"] < fixed["n_total"] < looks["n_total"]


def test_gsdesign_writes_the_ratio_the_other_way_round_and_nulls_as_logarithms():
    common = {
        "p1": 0.5,
        "p2": 0.2,
        "alpha": 0.025,
        "beta": 0.2,
        "sided": 1,
        "scale": "OR",
        "ratio": 2,
        "delta0": 0.1,
    }
    n = st.sample_size_proportions(
        0.5, 0.2, 0.8, 0.025, sided=1, ratio=0.5, null=exp(0.1), contrast="odds-ratio"
    )
    assert answer("sample_size_two_proportions", common, "n_total")["n_total"] == pytest.approx(n.total)


@pytest.mark.parametrize(
    ("rpact", "gsdesign"),
    [
        ({"type": "asOF", "kMax": 3, "sided": 1}, {"sfu": "sfLDOF", "k": 3}),
        ({"type": "asP", "kMax": 2, "sided": 1}, {"sfu": "sfLDPocock", "k": 2, "test.type": 1}),
        (
            {"type": "asHSD", "gamma": -4, "information_rates": [0.4, 1.0], "sided": 1},
            {"sfu": "HSD -4", "k": 2, "timing": 0.4},
        ),
    ],
)
def test_both_packages_names_of_a_design_mean_the_same(rpact, gsdesign):
    one = answer("group_sequential_spending", rpact | {"alpha": 0.025}, "critical_values", "alpha_spent")
    other = answer("group_sequential_spending", gsdesign | {"alpha": 0.025}, "upper", "spend")
    assert one["critical_values"] == pytest.approx(other["upper"])
    assert one["alpha_spent"][-1] == pytest.approx(sum(other["spend"]))


def test_a_topic_that_nobody_knows_is_an_error():
    with pytest.raises(KeyError):
        answer("astrology", {}, "fate")
