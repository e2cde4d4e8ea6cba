"""Small things that a change of one operator or number would spoil, found by making such changes."""

import math

import numpy as np
import pytest

from trialist import statistics as st


def test_a_credible_interval_is_of_95_percent_unless_asked():
    assert st.Beta(3, 5).interval() == st.Beta(3, 5).interval(0.95)


def test_mcnemar_says_whether_it_was_corrected():
    assert st.mcnemar(9, 3).method == "McNemar"
    assert st.mcnemar(9, 3, corrected=True).method == "McNemar, continuity corrected"


def test_the_signed_rank_statistic_of_ties_is_compared_with_its_mean():
    x = [1.0, 1.0, -1.0, 2.0, 2.0, 3.0, -4.0, 5.0]
    ranks = np.array([2, 2, 2, 4.5, 4.5, 6, 7, 8])
    statistic, n = ranks[np.array(x) > 0].sum(), len(x)
    variance = n * (n + 1) * (2 * n + 1) / 24 - ((3**3 - 3) + (2**3 - 2)) / 48
    z = (statistic - n * (n + 1) / 4 - 0.5) / math.sqrt(variance)
    found = st.signed_rank_test(x)
    assert found.statistic == statistic
    assert found.p == pytest.approx(math.erfc(z / math.sqrt(2)))


def test_a_design_with_looks_finds_the_drift_of_a_small_power_too():
    design = st.obrien_fleming_design([0.5, 1.0])
    assert design.crossing(design.drift_for(0.06)).power == pytest.approx(0.06, abs=1e-8)


def test_the_continuity_correction_of_cmh_begins_at_a_half():
    variance = 2 * 3 * 1 * 4 / (25 * 4)
    assert st.cmh_test([(1, 2, 0, 3)], corrected=True).statistic == pytest.approx(0.1**2 / variance)
    assert st.cmh_test([(1, 3, 0, 2)], corrected=True).statistic == pytest.approx(0.4**2 / variance)


def test_one_stratum_without_failures_leaves_a_common_odds_ratio_bounded():
    found = st.stratified_score_interval([(5, 5, 2, 5), (3, 5, 2, 5)], contrast="odds-ratio")
    assert 1 < found.estimate < found.high < math.inf
    both = st.stratified_score_interval([(5, 5, 2, 5), (5, 5, 2, 5)], contrast="odds-ratio")
    assert both.high == math.inf


def test_benjamini_and_yekutieli_multiply_by_the_harmonic_number_of_the_hypotheses():
    assert st.benjamini_yekutieli([0.01]) == pytest.approx([0.01])
    assert st.benjamini_yekutieli([0.01, 0.02, 0.03]) == pytest.approx([0.03 * 11 / 6] * 3)


def test_a_stratum_with_one_control_takes_part_in_the_exact_test():
    assert st.exact_conditional_test([(2, 3, 0, 1)]).p == pytest.approx(1)
    alone = st.exact_conditional_test([(9, 10, 2, 10)]).p
    assert st.exact_conditional_test([(9, 10, 2, 10), (3, 3, 0, 1)]).p < alone


def test_an_interaction_brings_every_smaller_one_and_a_colon_only_itself():
    _, terms = st.parse("y ~ a*b*c")
    assert set(terms) == {(), ("a",), ("b",), ("c",), ("a", "b"), ("a", "c"), ("b", "c"), ("a", "b", "c")}
    assert st.parse("y ~ a:b")[1] == ((), ("a", "b"))


@pytest.mark.parametrize("degrees", ["kenward-roger", "kenward-roger-linear"])
def test_the_f_test_of_one_contrast_is_its_t_test(degrees):
    rng = np.random.default_rng(4)
    people, visits = np.repeat(np.arange(30), 3), np.tile([1, 2, 3], 30)
    rows = {"visit": visits, "arm": np.where(people % 2, "drug", "placebo")}
    y = rng.normal(size=90) + np.repeat(rng.normal(size=30), 3)
    coding = st.coding("y ~ visit*arm", rows, factors=("visit",), references={"arm": "placebo"})
    fit = st.fit_mmrm(y, coding.matrix(rows), people.tolist(), visits.tolist())
    contrast = coding.marginal(rows, {"visit": 3, "arm": "drug"}) - coding.marginal(
        rows, {"visit": 3, "arm": "placebo"}
    )
    effect = fit.effect(contrast, degrees)
    found = fit.f_test(np.array([contrast]), degrees)
    assert found.statistic == pytest.approx((effect.estimate / effect.se) ** 2)
    assert found.df == pytest.approx(effect.df)
    one = fit._kenward_roger_f(np.array([contrast]), degrees)
    assert one.statistic == pytest.approx(found.statistic)
    assert one.df == pytest.approx(found.df)


def test_a_root_at_an_end_is_found_at_once_and_no_other_value_is_taken_for_one():
    from trialist.statistics.roots import crossing

    assert crossing(lambda x: x, 0.0, 5.0) == 0.0
    assert crossing(lambda x: x, -5.0, 0.0) == 0.0
    assert crossing(lambda x: x, -2.0, 1.0) == pytest.approx(0, abs=1e-12)
    assert crossing(lambda x: x, 1.0, -2.0) == pytest.approx(0, abs=1e-12)


def test_the_limits_of_walds_ratio_lie_on_both_sides_by_hand():
    found = st.wald_ratio(12, 40, 6, 42)
    spread = 1.959964 * math.sqrt(1 / 12 - 1 / 40 + 1 / 6 - 1 / 42)
    ratio = (12 / 40) / (6 / 42)
    assert [found.low, found.high] == pytest.approx(
        [ratio * math.exp(-spread), ratio * math.exp(spread)], rel=1e-6
    )


@pytest.mark.parametrize("pooled", [0.9, 0.1])
def test_a_pooled_response_that_cannot_carry_the_difference_is_refused(pooled):
    with pytest.raises(st.StatisticsRefusal):
        st.blinded_size(pooled, 0.3)


def test_the_exact_number_is_for_a_level_of_5_percent_unless_asked():
    assert st.exact_sample_size(0.7, 0.2) == st.exact_sample_size(0.7, 0.2, 0.8, 0.05)
