"""Sample sizes, group-sequential designs, monitoring: inverses, published tables, simulation."""

import math
from itertools import pairwise
from math import comb

import numpy as np
import pytest

from trialist import statistics as st
from trialist.statistics import spending

Z975, Z80 = 1.959963984540054, 0.8416212335729143


def test_size_and_power_invert_each_other():
    for contrast, null in (("difference", 0.0), ("difference", -0.1), ("ratio", 1.0), ("odds-ratio", 1.0)):
        n = st.sample_size_proportions(0.6, 0.35, 0.83, 0.04, ratio=2, null=null, contrast=contrast)
        assert n.n1 == pytest.approx(2 * n.n2)
        power = st.power_proportions(0.6, 0.35, n.n1, n.n2, 0.04, null=null, contrast=contrast)
        assert power == pytest.approx(0.83)
    n = st.sample_size_arcsine(0.5, 0.9, ratio=1.5)
    assert st.power_arcsine(0.5, n.n1, n.n2) == pytest.approx(0.9, abs=1e-6)
    n = st.sample_size_means(2.0, 4.0, 0.9, ratio=0.5)
    assert st.power_means(2.0, 4.0, n.n1, n.n2) == pytest.approx(0.9, abs=1e-8)


def test_the_textbook_t_test_needs_64_a_group():
    # Cohen (1988), table 2.4.1: d = 0.5, two-sided 5 %, power 80 %.
    assert st.sample_size_means(0.5, 1.0).inflated() == (64, 64)


def test_cohens_h_is_the_arcsine_difference():
    assert st.cohen_h(0.6, 0.3) == pytest.approx(2 * math.asin(0.6**0.5) - 2 * math.asin(0.3**0.5))


def test_wrong_side_rejections_count_when_asked():
    assert st.power_proportions(0.3, 0.3, 40, 40) == pytest.approx(0.025)
    assert st.power_proportions(0.3, 0.3, 40, 40, strict=True) == pytest.approx(0.05)
    assert st.power_means(0.0, 1.0, 20, 20, strict=True) == pytest.approx(0.05)
    assert st.power_arcsine(0.4, 30, 30, alternative="less") < 0.01


def test_dropout_inflates_and_non_response_dilutes():
    assert st.SampleSize(36.2, 36.2).inflated(0.1) == (41, 41)
    assert st.SampleSize(36.0, 36.0).inflated() == (36, 36)
    assert st.non_response_inflated(0.6, 0.1) == pytest.approx(0.54)
    with pytest.raises(st.StatisticsRefusal):
        st.SampleSize(3, 3).inflated(1.0)


@pytest.mark.parametrize("size", [st.sample_size_proportions, st.sample_size_means])
def test_no_effect_needs_no_finite_size(size):
    with pytest.raises(st.StatisticsRefusal) as refusal:
        size(*((0.3, 0.3) if size is st.sample_size_proportions else (0.0, 1.0)))
    assert refusal.value.code == "statistics.no_effect"


def test_a_repeated_measures_size_with_everybody_kept_is_the_last_visits():
    sigma = np.array([[1.0, 0.5], [0.5, 2.0]])
    n = st.sample_size_mmrm(0.8, sigma, (1.0, 1.0))
    assert n.n1 == pytest.approx((Z975 + Z80) ** 2 * 2.0 * 2 / 0.64)
    fewer = st.sample_size_mmrm(0.8, sigma, (1.0, 0.7))
    alone = (Z975 + Z80) ** 2 * (2.0 / 0.7) * 2 / 0.64
    assert n.n1 < fewer.n1 < alone
    with pytest.raises(st.StatisticsRefusal, match="non-increasing"):
        st.sample_size_mmrm(0.8, sigma, (0.7, 1.0))


# Jennison and Turnbull (2000), Group Sequential Methods, tables 2.1 and 2.3 (two-sided 5 %): C_P(K) and C_B(K).
@pytest.mark.parametrize(
    ("looks", "pocock", "obrien"),
    [(2, 2.178, 1.977), (3, 2.289, 2.004), (4, 2.361, 2.024), (5, 2.413, 2.040)],
)
def test_published_constants(looks, pocock, obrien):
    rates = st.equal_rates(looks)
    assert st.pocock_design(rates, 0.05, 2).upper[-1] == pytest.approx(pocock, abs=6e-4)
    assert st.obrien_fleming_design(rates, 0.05, 2).upper[-1] == pytest.approx(obrien, abs=6e-4)


def test_one_look_is_the_fixed_design():
    design = st.obrien_fleming_design([1.0])
    assert design.upper == pytest.approx((Z975,))
    assert design.inflation(0.8) == pytest.approx(1)
    assert design.drift_for(0.8) == pytest.approx(Z975 + Z80)


def simulated(design, drift, trials=200_000, seed=5):
    rng = np.random.default_rng(seed)
    times = np.array(design.rates)
    steps = np.diff(times, prepend=0)
    score = np.cumsum(drift * steps + np.sqrt(steps) * rng.standard_normal((trials, len(times))), axis=1)
    z = score / np.sqrt(times)
    up, down = z >= design.upper, z < design.lower
    first = np.argmax(up | down, axis=1)
    stopped = (up | down).any(axis=1)
    won = stopped & up[np.arange(trials), first]
    return won.mean(), [(won & (first == k)).mean() for k in range(len(times))]


@pytest.mark.parametrize("binding", [False, True])
def test_crossing_probabilities_are_those_of_simulated_trials(binding):
    design = st.futility_design(
        spending.obrien_fleming, spending.hwang_shih_decani(-2), [0.4, 0.7, 1.0], 0.025, 0.1, binding=binding
    )
    found = design.crossing(design.drift)
    assert found.power == pytest.approx(0.9, abs=1e-6)
    power, by_look = simulated(design, design.drift)
    assert power == pytest.approx(0.9, abs=0.003)
    assert by_look == pytest.approx(found.upper, abs=0.003)
    assert math.fsum(found.stopping) == pytest.approx(1)
    assert design.spent[-1] == pytest.approx(0.025, abs=1e-9)
    assert design.lower[-1] == design.upper[-1]
    null = design.crossing(0.0)
    assert (null.power == pytest.approx(0.025, abs=1e-7)) is binding


def test_two_sided_spending_spends_half_on_each_side():
    design = st.spending_design(spending.pocock, [0.3, 1.0], 0.05, 2)
    assert design.lower == tuple(-bound for bound in design.upper)
    assert design.spent == pytest.approx((2 * spending.pocock(0.3, 0.025), 0.05))


@pytest.mark.parametrize(
    "spent",
    [
        spending.pocock,
        spending.obrien_fleming,
        spending.hwang_shih_decani(-4),
        spending.hwang_shih_decani(0),
        spending.power_family(3),
    ],
)
def test_spending_starts_at_nothing_ends_at_all_and_never_falls(spent):
    values = [spent(t, 0.025) for t in np.linspace(0, 1, 21)]
    assert values[0] == 0
    assert values[-1] == pytest.approx(0.025)
    assert all(a <= b for a, b in pairwise(values))
    assert spent(1.2, 0.025) == pytest.approx(0.025)


def test_early_looks_shrink_the_expected_trial_but_inflate_the_largest():
    design = st.pocock_design(st.equal_rates(3))
    assert design.inflation(0.9) > 1.1
    assert design.expected_information(design.drift_for(0.9)) * design.inflation(0.9) < 1


def test_information_must_grow():
    for rates in ([], [0.0, 1.0], [0.5, 0.5, 1.0]):
        with pytest.raises(st.StatisticsRefusal, match="increasing"):
            st.pocock_design(rates)


def test_conditional_and_predictive_power_are_those_of_simulated_futures():
    rng = np.random.default_rng(11)
    z, t, bound, drift = 1.2, 0.4, 1.99, 2.5
    noise = rng.standard_normal(400_000)
    final = math.sqrt(t) * z + drift * (1 - t) + math.sqrt(1 - t) * noise
    assert st.conditional_power(z, t, bound, drift) == pytest.approx((final >= bound).mean(), abs=0.003)
    drifts = z / math.sqrt(t) + rng.standard_normal(400_000) / math.sqrt(t)
    final = math.sqrt(t) * z + drifts * (1 - t) + math.sqrt(1 - t) * noise
    assert st.predictive_power(z, t, bound) == pytest.approx((final >= bound).mean(), abs=0.003)
    assert st.conditional_power(z, t, bound) == pytest.approx(
        st.conditional_power(z, t, bound, z / math.sqrt(t))
    )
    with pytest.raises(st.StatisticsRefusal):
        st.conditional_power(z, 1.0, bound)


def test_the_reestimated_size_has_the_conditional_power_it_was_made_for():
    n = st.reestimated_size(1.2, 0.5, 1.98, 0.6, 0.3, power=0.85)
    power = st.conditional_power_proportions(1.2, 0.5, 1.98, p1=0.6, p2=0.3, n1=n.n1, n2=n.n2)
    assert power == pytest.approx(0.85)
    assert st.reestimated_size(1.2, 0.5, 1.98, 0.6, 0.3, power=0.85, most=10).total == 10
    assert st.reestimated_size(6.0, 0.5, 1.98, 0.6, 0.3).total == 0
    assert st.conditional_power_proportions(1.2, 0.5, 1.98, p1=0.3, p2=0.3, n1=50, n2=50) < 0.1


def test_blinded_reestimation_keeps_the_difference():
    assert st.blinded_size(0.45, 0.3).total == pytest.approx(st.sample_size_proportions(0.6, 0.3).total)
    with pytest.raises(st.StatisticsRefusal, match="cannot differ"):
        st.blinded_size(0.1, 0.4)


def test_stages_combine_by_their_weights():
    assert st.combined_z([1.0, 2.0], [1.0, 1.0]) == pytest.approx(3 / math.sqrt(2))


def test_stagewise_inference_without_looks_is_the_plain_one():
    design = st.obrien_fleming_design([1.0])
    assert st.stagewise_p(design, 2.2, 1) == pytest.approx(0.0139, abs=1e-4)
    assert st.stagewise_interval(design, 2.2, 1) == pytest.approx((2.2 - Z975, 2.2 + Z975), abs=1e-8)
    early = st.stagewise_p(st.pocock_design([0.5, 1.0]), 2.3, 1)
    assert early == pytest.approx(0.0107, abs=1e-4)


def test_a_trial_that_may_go_on_has_no_final_p():
    design = st.obrien_fleming_design([0.5, 1.0])
    going = st.sequential_analysis(design, [(12, 21, 6, 21)])
    assert (going.p, going.median_unbiased) == (None, None)
    stopped = st.sequential_analysis(design, [(18, 21, 3, 21)])
    assert stopped.p < 0.0026
    assert stopped.median_unbiased == pytest.approx(15 / 21)  # at the first look nothing was truncated


def test_a_sequential_sample_size_is_the_fixed_one_inflated():
    design = st.obrien_fleming_design(st.equal_rates(2))
    n, expected = st.sequential_sample_size(design, 0.6, 0.3, 0.8)
    fixed = st.sample_size_proportions(0.6, 0.3, 0.8, 0.025, sided=1)
    assert n.total / fixed.total == pytest.approx(design.inflation(0.8))
    assert expected < fixed.total


def greater_exactly(a1, b1, a2, b2):
    """P(p1 > p2) for whole-number parameters: p1 exceeds p2 by the sum over i < a1 of a beta-binomial tail.

    P(p1 > x) = Σ_{i<a1} C(a1+b1-1, i)·x^i·(1-x)^(a1+b1-1-i), integrated over p2's law.
    """
    from scipy.special import betaln

    n = a1 + b1 - 1
    log_choose = [math.lgamma(n + 1) - math.lgamma(i + 1) - math.lgamma(n - i + 1) for i in range(a1)]
    return math.fsum(
        math.exp(c + betaln(a2 + i, b2 + n - i) - betaln(a2, b2)) for i, c in enumerate(log_choose)
    )


@pytest.mark.parametrize("table", [(5, 20, 2, 21), (40, 42, 1, 42), (0, 10, 0, 10), (900, 1000, 850, 1000)])
def test_posterior_probability_is_the_finite_sum(table):
    x1, n1, x2, n2 = table
    exact = greater_exactly(x1 + 1, n1 - x1 + 1, x2 + 1, n2 - x2 + 1)
    assert st.posterior_probability(table) == pytest.approx(exact, abs=1e-9)


def test_a_margin_and_a_prior_shift_the_posterior():
    rng = np.random.default_rng(3)
    p1, p2 = rng.beta(2 + 8, 3 + 12, 400_000), rng.beta(1 + 3, 1 + 18, 400_000)
    found = st.posterior_probability((8, 20, 3, 21), 0.1, st.Beta(2, 3))
    assert found == pytest.approx((p1 > p2 + 0.1).mean(), abs=0.003)
    assert st.Beta(3, 2).above(0.4) == pytest.approx((rng.beta(3, 2, 400_000) > 0.4).mean(), abs=0.003)
    low, high = st.Beta(10, 15).interval(0.9)
    assert st.Beta(10, 15).above(low) - st.Beta(10, 15).above(high) == pytest.approx(0.9)
    with pytest.raises(st.StatisticsRefusal, match="positive"):
        st.Beta(0, 1)


def test_predictive_probability_sums_over_all_futures():
    table, planned = (4, 6, 1, 6), (9, 10)
    total = 0.0
    for k1 in range(4):
        for k2 in range(5):
            mass = beta_binomial(k1, 3, 5, 3) * beta_binomial(k2, 4, 2, 6)
            total += mass * (st.posterior_probability((4 + k1, 9, 1 + k2, 10)) > 0.95)
    assert st.predictive_probability(table, planned, 0.95) == pytest.approx(total)
    assert st.predictive_probability((9, 9, 0, 10), planned) == 1
    with pytest.raises(st.StatisticsRefusal, match="more participants"):
        st.predictive_probability((9, 12, 0, 10), planned)


def beta_binomial(k, n, a, b):
    def beta(x, y):
        return math.gamma(x) * math.gamma(y) / math.gamma(x + y)

    return comb(n, k) * beta(a + k, b + n - k) / beta(a, b)
