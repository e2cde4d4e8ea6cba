"""The ends of every method's domain, and independent ways to the same number where the usual data do not reach."""

import math
from itertools import product

import numpy as np
import pytest
from scipy import special, stats

from trialist import statistics as st
from trialist.statistics import enumeration
from trialist.statistics.bayes import probability_greater
from trialist.statistics.covariance import structure
from trialist.statistics.roots import crossing
from trialist.statistics.score import Tables, restricted
from trialist.statistics.single_proportion import wilson_limits
from trialist.statistics.unconditional import _distinct

Z975 = 1.959963984540054
NAMES = ["us", "cs", "csh", "toep", "toeph", "ar1", "ar1h", "ad", "adh", "spexp", "spgau"]


# The root finder


@pytest.mark.parametrize(
    ("f", "low", "high", "most"),
    [
        (lambda x: math.cos(x) - x, 0.0, 1.0, 9),
        (lambda x: math.exp(x) - 3, 0.0, 3.0, 12),
        (lambda x: x**3 - 2, 0.0, 3.0, 12),
        (lambda x: 3 - math.exp(x), 0.0, 3.0, 12),
        (math.log, 0.1, 9.0, 13),
        (lambda x: x - 0.7, -5.0, 5.0, 4),
    ],
)
def test_a_smooth_root_takes_less_than_a_third_of_bisections_steps(f, low, high, most):
    asked = []

    def counted(x):
        asked.append(x)
        return f(x)

    root = crossing(counted, low, high)
    assert abs(f(root)) < 1e-14
    assert len(asked) <= most < 0.3 * math.log2((high - low) / 1e-14)
    assert all(low <= x <= high for x in asked)


@pytest.mark.parametrize("power", [3, 9, 19])
def test_a_flat_root_ends_after_no_more_steps_than_brent_proves(power):
    # Brent (1973), chapter 4: at most about the square of bisection's number; in practice twice to three times.
    asked = []

    def flat(x):
        asked.append(x)
        return (x - 0.3) ** power

    assert crossing(flat, -1.0, 1.0, 1e-10) == pytest.approx(0.3, abs=1e-2)
    assert len(asked) < 4 * math.log2(2 / 1e-10)


def test_beside_an_infinite_value_the_bracket_is_halved():
    asked = []

    def walled(x):
        asked.append(x)
        return -math.inf if x < 1.1 else x - 1.3

    assert crossing(walled, 0.0, 3.0) == pytest.approx(1.3)
    assert asked[:4] == [0.0, 3.0, 1.5, 0.75]
    asked.clear()
    assert crossing(lambda x: -walled(3 - x), 0.0, 3.0) == pytest.approx(1.7)
    assert asked[:4] == [3.0, 0.0, 1.5, 0.75]


# One and two proportions


def test_limits_never_leave_the_scale_by_a_rounding_error():
    for n in (*range(1, 30), 97, 1000):
        for x in range(n + 1) if n < 30 else (0, 1, n - 1, n):
            for z in (0.5, Z975, 4.0):
                low, high = wilson_limits(x / n, n, z)
                assert 0 <= low < high <= 1


@pytest.mark.parametrize("corrected", [False, True])
def test_newcombes_limits_stay_on_the_scale_of_a_difference(corrected):
    for x1, n1, x2, n2 in product(range(6), [5], range(10), [9]):
        found = st.newcombe(x1, n1, x2, n2, corrected=corrected)
        assert -1 <= found.low <= found.estimate <= found.high <= 1


def test_stratified_newcombe_answers_where_all_and_none_respond():
    for sizes in ((2, 5, 13), (4, 7, 8), (4, 13, 18)):  # whose weights add to a little more than 1
        found = st.stratified_newcombe([(n, n, 0, n + 1) for n in sizes])
        mirrored = st.stratified_newcombe([(0, n + 1, n, n) for n in sizes])
        assert (found.estimate, found.high) == pytest.approx((1, 1))
        assert 0.5 < found.low < 1
        assert (mirrored.low, mirrored.high) == pytest.approx((-1, -found.low))
    assert st.stratified_newcombe([(2, 2, 1, 1), (9, 9, 0, 1)]).high == 1  # the formula says 1.066
    assert st.stratified_newcombe([(1, 1, 2, 2), (0, 1, 9, 9)]).low == -1


@pytest.mark.parametrize("contrast", ["difference", "ratio", "odds-ratio"])
def test_restricted_proportions_are_proportions_at_every_contrast(contrast):
    at = np.linspace(-0.999, 0.999, 41) if contrast == "difference" else np.exp(np.linspace(-24, 24, 41))
    tables = np.array(list(product(range(4), [3], range(8), [7])), dtype=float)
    columns = Tables(*tables.T)
    for theta in at:
        p1, p2 = restricted(float(theta), columns, contrast)
        assert ((p1 >= 0) & (p1 <= 1) & (p2 >= 0) & (p2 <= 1)).all()


def test_a_posterior_asks_for_possible_counts_and_answers_before_anybody_was_seen():
    assert st.posterior_probability((0, 0, 0, 0)) == pytest.approx(0.5)
    assert st.posterior_probability((0, 0, 3, 4)) == pytest.approx(
        1 - 4 / 6
    )  # the mean of the other's Beta(4, 2)
    assert st.posterior_probability((3, 4, 0, 0)) == pytest.approx(4 / 6)
    with pytest.raises(st.StatisticsRefusal, match="no participants"):
        st.posterior_probability((1, 0, 3, 4))
    for table in ((5, 4, 0, 3), (0, 3, 5, 4), (-1, 4, 0, 3)):
        with pytest.raises(st.StatisticsRefusal) as refused:
            st.posterior_probability(table)
        assert refused.value.code == "statistics.bad_counts"


def test_one_of_two_probabilities_is_greater_by_more_than_a_margin_or_not():
    one, two = st.Beta(3.5, 2.0), st.Beta(1.2, 4.0)
    for margin in (-0.4, -0.1, 0.0, 0.3, 0.95):
        other = probability_greater(two, one, -margin)
        assert probability_greater(one, two, margin) + other == pytest.approx(1, abs=2e-6)
    assert probability_greater(st.Beta(1, 1), st.Beta(1, 1), 0.3) == pytest.approx(0.7**2 / 2, abs=1e-6)


def test_a_credible_interval_leaves_equal_tails():
    law = st.Beta(3, 5)
    low, high = law.interval(0.9)
    assert (special.betainc(3, 5, low), 1 - special.betainc(3, 5, high)) == pytest.approx((0.05, 0.05))
    assert law.after(2, 7) == st.Beta(5, 10)
    for a, b in ((0, 1), (1, 0), (-1, 2)):
        with pytest.raises(st.StatisticsRefusal):
            st.Beta(a, b)


@pytest.mark.parametrize("gamma", [0.001, 0.05])
def test_berger_and_boos_search_where_the_common_proportion_may_lie(gamma):
    # Berger and Boos (1994): the largest probability over Clopper and Pearson's interval of all 9 of 14, plus γ.
    table, events = (6, 7, 3, 7), 9
    p1, p2 = np.arange(8)[:, None] / 7, np.arange(8)[None, :] / 7
    pooled = (p1 + p2) / 2
    with np.errstate(invalid="ignore"):
        z = np.nan_to_num(np.abs(p1 - p2) / np.sqrt(pooled * (1 - pooled) * 2 / 7))
    tail = z >= z[6, 3] - 1e-9
    low, high = stats.beta.ppf(gamma / 2, events, 6), stats.beta.ppf(1 - gamma / 2, events + 1, 5)
    grid = np.linspace(low, high, 4001)
    one = stats.binom.pmf(np.arange(8)[None, :], 7, grid[:, None])
    largest = np.einsum("gi,ij,gj->g", one, tail.astype(float), one).max()
    found = st.unconditional_test(*table, "z-pooled", berger_boos=gamma)
    assert found.p == pytest.approx(largest + gamma, abs=1e-5)
    assert st.BERGER_BOOS == 0.001  # as R Exact's exact.test(gamma = ) by default


def test_the_shared_table_of_fisher_is_not_written_to():
    with pytest.raises(ValueError, match="read-only"):
        st.fisher_p_values(3, 3)[0, 0] = 0.5


@pytest.mark.parametrize(
    ("options", "name"),
    [({}, "miettinen-nurminen"), ({"corrected": False}, "mee"), ({"skewness": True}, "scas")],
)
def test_a_score_interval_has_the_name_it_goes_by(options, name):
    assert st.score_interval(8, 20, 2, 21, **options).method == name
    stratified = st.stratified_score_interval([(8, 20, 2, 21)] * 2, weighting="MH", **options)
    assert stratified.method == f"stratified {name}, MH weights"


@pytest.mark.parametrize("level", [0.01, 0.025, 0.05, 0.1, 0.2])
def test_at_the_end_everything_is_spent_to_the_last_digit(level):
    for spent in (st.spending.obrien_fleming, st.spending.power_family(2), st.spending.hwang_shih_decani(-4)):
        assert spent(1.0, level) == level


def test_one_draw_is_the_least_re_randomization():
    found = st.rerandomization_test([1, 0], lambda _: [0, 1], lambda one: one[0] - one[1], 1)
    assert (found.p, found.draws) == (1.0, 1)


def test_with_nobody_left_the_prediction_is_the_decision():
    for table in ((9, 10, 2, 10), (5, 10, 4, 10)):
        won = st.posterior_probability(table) > 0.975
        assert st.predictive_probability(table, (10, 10)) == pytest.approx(float(won))
    for planned in ((9, 10), (10, 9)):
        with pytest.raises(st.StatisticsRefusal):
            st.predictive_probability((5, 10, 4, 10), planned)


@pytest.mark.parametrize("side", ["less", "greater"])
def test_a_one_sided_odds_ratio_has_its_whole_tail_on_one_side(side):
    table, level = (7, 12, 3, 15), 0.9
    found = st.conditional_odds_ratio([table], level, side)
    limit, tail = (found.high, range(8)) if side == "less" else (found.low, range(7, 11))
    weights = [math.comb(12, k) * math.comb(15, 10 - k) * limit**k for k in range(11)]
    assert sum(weights[k] for k in tail) / sum(weights) == pytest.approx(0.1)


def test_equal_counts_of_equal_arms_have_a_conditional_odds_ratio_of_one():
    found = st.conditional_odds_ratio([(5, 10, 5, 10)])
    assert found.estimate == 1
    assert found.low * found.high == pytest.approx(1)


def test_conditional_odds_ratios_invert_when_the_arms_change_places():
    for x1, x2 in ((7, 3), (1, 9), (0, 4), (12, 9), (6, 7)):
        one, other = (
            st.conditional_odds_ratio([(x1, 12, x2, 15)]),
            st.conditional_odds_ratio([(x2, 15, x1, 12)]),
        )
        pairs = ((one.low, other.high), (one.high, other.low), (one.estimate, other.estimate))
        for a, b in pairs:
            assert a == pytest.approx(math.inf if b == 0 else 1 / b, rel=1e-9)


def test_margins_that_allow_one_table_only_say_nothing_and_two_say_something():
    only = st.conditional_odds_ratio([(3, 3, 4, 4)])
    assert (only.estimate, only.low, only.high) == (None, 0.0, math.inf)
    two = st.conditional_odds_ratio([(1, 1, 0, 1)])  # the odds ratio's likelihood rises without end
    assert (two.estimate, two.high) == (math.inf, math.inf)
    assert two.low == pytest.approx(0.025 / 0.975)  # θ/(1 + θ) = 0.025


@pytest.mark.parametrize("table", [(1, 1, 2, 9), (0, 1, 2, 9), (2, 9, 1, 1), (2, 9, 0, 1)])
def test_an_arm_of_one_is_an_arm(table):
    x1, n1, x2, n2 = table
    pooled = (x1 + x2) / 10
    z = (x1 / n1 - x2 / n2) / math.sqrt(pooled * (1 - pooled) * (1 + 1 / 9))
    assert st.z_pooled(*table).statistic == pytest.approx(z)
    assert st.chi_square(*table).statistic == pytest.approx(z**2)
    assert st.cmh_test([table]).statistic == pytest.approx(z**2 * 9 / 10)
    assert st.mh_risk_difference([table]).estimate == pytest.approx(x1 / n1 - x2 / n2)
    for method in (st.newcombe, st.score_interval, st.agresti_caffo, st.wald_difference):
        found = method(*table)
        assert found.low < found.estimate < found.high
    for found in (st.stratified_newcombe([table]), st.stratified_score_interval([table])):
        assert found.low < found.estimate < found.high
    fisher = st.fisher_p_values(n1, n2)[x1, x2]
    assert st.fisher_test(*table).p == pytest.approx(fisher)
    assert st.critical_region(n1, n2, 0.5).any()
    for sizes in ((0, 9), (9, 0)):
        with pytest.raises(st.StatisticsRefusal) as refused:
            st.critical_region(*sizes, 0.5)
        assert refused.value.code == "statistics.empty_arm"


# Exact sizes


def test_the_search_for_a_number_begins_at_two_and_ends_at_the_largest_arm(monkeypatch):
    assert st.exact_sample_size(1.0, 0.0, 0.8, 0.35) == 2  # two against none of two: Fisher's p is 1/3
    needed = st.exact_sample_size(0.9, 0.2)
    monkeypatch.setattr(enumeration, "_LARGEST_ARM", needed)
    assert st.exact_sample_size(0.9, 0.2) == needed
    monkeypatch.setattr(enumeration, "_LARGEST_ARM", needed - 1)
    with pytest.raises(st.StatisticsRefusal) as refused:
        st.exact_sample_size(0.9, 0.2)
    assert refused.value.code == "statistics.too_large"


def test_an_exact_p_value_is_a_probability_in_every_table():
    for n1, n2 in ((1, 1), (5, 9), (42, 42), (30, 71)):
        for side in ("two-sided", "greater", "less"):
            p = st.fisher_p_values(n1, n2, side)
            assert ((p > 0) & (p <= 1)).all()
        assert st.fisher_p_values(n1, n2).max() == 1
    assert st.fisher_test(21, 42, 21, 42).p == pytest.approx(1)
    for ordering in ("boschloo", "z-pooled", "z-unpooled"):
        assert st.unconditional_test(5, 10, 5, 10, ordering).p == pytest.approx(1)
        assert st.unconditional_test(5, 10, 5, 10, ordering, berger_boos=0.01).p == 1


@pytest.mark.parametrize("n1", range(2, 9))
def test_a_region_may_be_the_most_extreme_table_alone(n1):
    for n2 in (2, 3, 5):
        alone = np.zeros((n1 + 1, n2 + 1), dtype=bool)
        alone[n1, 0] = True
        least = enumeration.size(alone)
        assert (st.critical_region(n1, n2, least, alternative="greater") == alone).all()
        assert not st.critical_region(n1, n2, least * 0.999, alternative="greater").any()


def test_a_p_value_of_exactly_alpha_rejects():
    exact = st.fisher_p_values(5, 5)[5, 1]
    assert st.rejection_region(5, 5, exact, "fisher")[5, 1]
    assert not st.rejection_region(5, 5, exact * (1 - 1e-9), "fisher")[5, 1]
    for ordering in ("boschloo", "z-pooled"):
        largest = st.unconditional_test(5, 5, 1, 5, ordering).p
        assert st.rejection_region(5, 5, largest, ordering)[5, 1]
        assert not st.rejection_region(5, 5, largest * (1 - 1e-9), ordering)[5, 1]


@pytest.mark.parametrize("side", ["two-sided", "greater", "less"])
@pytest.mark.parametrize("ordering", ["boschloo", "z-pooled", "z-unpooled"])
def test_a_critical_region_is_as_large_as_its_level_allows(ordering, side):
    for alpha in (0.02, 0.2):
        region = st.critical_region(6, 5, alpha, ordering, side)
        accepted = [
            st.unconditional_test(a, 6, b, 5, ordering, alternative=side).p <= alpha
            for a, b in product(range(7), range(6))
        ]
        assert region.ravel().tolist() == accepted
    assert not st.critical_region(2, 2, 0.01, ordering, side).any()


def test_the_largest_size_lies_between_the_bounds_it_was_sought_in():
    region = np.zeros((11, 11), dtype=bool)
    region[10, 10] = True  # probability π²⁰, largest at the upper end
    assert enumeration.size(region, 0.2, 0.6) == pytest.approx(0.6**20, rel=1e-4)
    region = region[::-1, ::-1]  # (1 - π)²⁰, largest at the lower end
    assert enumeration.size(region, 0.2, 0.6) == pytest.approx(0.8**20, rel=1e-4)


def test_the_suprema_of_suissa_and_shuster_are_met_where_the_two_by_two_table_is_small():
    # Two against two, all against none: P(2, 0) + P(0, 2) = 2π²(1-π)², at most 1/8; one-sided 1/16.
    for ordering in ("boschloo", "z-pooled"):
        assert st.unconditional_test(2, 2, 0, 2, ordering).p == pytest.approx(1 / 8)
        assert st.unconditional_test(2, 2, 0, 2, ordering, alternative="greater").p == pytest.approx(1 / 16)


def test_statistics_that_differ_by_rounding_are_one_and_others_are_not():
    # Up to 1 the slack is 1e-9, beyond it is relative: 100 and 100 + 5e-8 are tied, 100 + 1.5e-7 is another.
    clusters = [[100 + 1.5e-7], [100 + 5e-8, 100.0], [3.0], [0.5 + 6e-10, 0.5], [0.5 - 1.6e-9], [0.0]]
    values = np.array([value for cluster in clusters for value in cluster])
    cuts = _distinct(np.random.default_rng(1).permutation(values))
    assert [int((values >= cut).sum()) for cut in cuts] == np.cumsum([len(one) for one in clusters]).tolist()


# Means and ranks


def test_two_values_make_a_sample_and_one_makes_a_rank():
    assert st.mean_difference([1.0, 3.0], [2.0, 6.0]).df == pytest.approx(25 / 17)
    assert st.paired_difference([1.0, 3.0], [0.0, 1.0]).df == 1
    assert st.rank_sum_test([2.0], [1.0]).statistic == 1
    assert st.signed_rank_test([2.0]).statistic == 1
    for refused in (lambda: st.rank_sum_test([], [1.0]), lambda: st.signed_rank_test([])):
        with pytest.raises(st.StatisticsRefusal):
            refused()


def test_a_line_through_three_points_leaves_one_degree_of_freedom():
    effect = st.ancova([1.0, 2.0, 6.0], np.array([0.0, 1.0, 1.0]), np.zeros((3, 0)))
    assert (effect.estimate, effect.df) == (pytest.approx(3.0), 1)
    assert effect.se == pytest.approx(math.sqrt(8 * (1 + 1 / 2)))
    with pytest.raises(st.StatisticsRefusal, match="no degree of freedom"):
        st.ancova([1.0, 2.0], np.array([0.0, 1.0]), np.zeros((2, 0)))


@pytest.mark.parametrize("side", ["two-sided", "greater", "less"])
def test_scipys_t_tests_and_intervals_are_the_same(side):
    rng = np.random.default_rng(1)
    x, y = rng.normal(0.4, 1, 9), rng.normal(0, 3, 14)
    for equal in (True, False):
        ours, theirs = st.mean_difference(x, y, equal_variances=equal), stats.ttest_ind(x, y, equal_var=equal)
        assert (ours.t, ours.df) == pytest.approx((theirs.statistic, theirs.df))
        wanted = stats.ttest_ind(x, y, equal_var=equal, alternative=side).pvalue
        assert ours.test(side).p == pytest.approx(wanted)
        low, high = theirs.confidence_interval(0.9)
        found = ours.interval(0.9)
        assert (found.low, found.high) == pytest.approx((low, high))
    assert st.paired_difference(x, y[:9]).test(side).p == pytest.approx(
        stats.ttest_rel(x, y[:9], alternative=side).pvalue
    )


@pytest.mark.parametrize("side", ["two-sided", "greater", "less"])
@pytest.mark.parametrize("tied", [False, True])
def test_scipys_rank_tests_are_the_same(side, tied):
    rng = np.random.default_rng(2)
    x, y = rng.normal(0.3, 1, 60), rng.normal(0, 1, 55)
    if tied:
        x, y = np.round(x), np.round(y)
    ours = st.rank_sum_test(x, y, side)
    theirs = stats.mannwhitneyu(x, y, alternative=side, method="asymptotic")
    assert (ours.statistic, ours.p) == pytest.approx((theirs.statistic, theirs.pvalue))
    gaps = x[:55] - y
    ours = st.signed_rank_test(x[:55], y, side)
    theirs = stats.wilcoxon(gaps, alternative=side, method="asymptotic", correction=True)
    assert ours.p == pytest.approx(theirs.pvalue)


def test_rank_tests_are_exact_below_fifty_values():
    # R's wilcox.test: "an exact p-value is computed if the samples contain less than 50 finite values".
    values = np.arange(1.0, 51.0) * np.where(np.arange(50) % 3, 1, -1)
    assert st.signed_rank_test(values[:49]).method == "signed rank, exact"
    assert st.signed_rank_test(values).method == "signed rank, normal"
    assert st.rank_sum_test(values[:49], [0.5]).method == "rank sum, exact"
    assert st.rank_sum_test([0.5], values).method == "rank sum, normal"


# Covariance structures


@pytest.mark.parametrize("name", NAMES)
def test_a_matrix_of_the_structure_starts_at_its_own_parameters(name):
    form = structure(name, 4)
    rough = np.array([[1.0, 0.5, 0.3, 0.2], [0.5, 1.4, 0.6, 0.4], [0.3, 0.6, 2.0, 0.9], [0.2, 0.4, 0.9, 2.5]])
    psi = form.start(rough)
    assert form.start(form.pieces(psi, np.arange(4.0))[0]) == pytest.approx(psi)


@pytest.mark.parametrize("name", ["csh", "ar1", "ar1h", "spexp", "spgau"])
@pytest.mark.parametrize("shared", [1.0, 0.99, -0.4])
def test_a_structure_of_one_correlation_starts_at_a_covariance_whatever_the_data(name, shared):
    rough = shared * np.ones((4, 4)) + (1 - shared) * np.eye(4)
    form = structure(name, 4)
    np.linalg.cholesky(form.pieces(form.start(rough), np.arange(4.0))[0])


@pytest.mark.parametrize("name", NAMES)
def test_one_visit_has_a_variance_and_what_lives_between_visits_needs_two(name):
    if name in ("ad", "spexp", "spgau"):
        with pytest.raises(st.StatisticsRefusal, match="two visits"):
            structure(name, 1)
        return
    form = structure(name, 1)
    psi = form.start(np.array([[2.5]]))
    assert form.pieces(psi, np.zeros(1))[0] == pytest.approx(np.array([[2.5]]))


@pytest.mark.parametrize("name", ["csh", "ar1", "spexp"])
def test_no_matrix_has_a_variance_or_a_range_of_zero(name):
    form = structure(name, 3)
    psi = form.start(np.eye(3))
    for place in (0, -1) if name == "spexp" else (0,):
        edge = psi.copy()
        edge[place] = 0.0
        with pytest.raises(np.linalg.LinAlgError):
            form.pieces(edge, np.arange(3.0))


def test_the_distance_of_visits_in_a_plane_is_euclidean():
    places = np.array([[0.0, 0.0], [3.0, 4.0]])
    sigma = structure("spexp", 2).pieces(np.array([2.0, 5.0]), places)[0]
    assert sigma[0, 1] == pytest.approx(2 * math.exp(-5 / 5))


# Standardization


def cluster(n=4000):
    """The same covariate values in both arms, a large effect, responses of a model that is wrong."""
    rng = np.random.default_rng(3)
    x = np.tile(rng.normal(size=n // 2), 2)
    arm = np.repeat([1.0, 0.0], n // 2)
    p = 1 / (1 + np.exp(-(1.5 * x + 2.2 * arm - 0.6 + 0.4 * x**2 * (1 - arm))))
    return (rng.random(n) < p).astype(float), arm, x[:, None]


def test_yes_variance_is_that_of_the_influence_function():
    # θₐ is asymptotically the mean of 1{A = a}/πₐ·(Y - μₐ(X)) + μₐ(X): Tsiatis et al. (2008), Stat Med 27:4658.
    y, arm, x = cluster()
    design = np.column_stack([np.ones(len(y)), arm, x])
    beta = st.logistic_regression(y, design).coefficients
    influence = {}
    for a in (1, 0):
        mu = 1 / (1 + np.exp(-(beta[0] + beta[1] * a + x[:, 0] * beta[2])))
        influence[a] = (arm == a) / 0.5 * (y - mu) + mu
    n = len(y)
    for contrast, gradient in (("diff", lambda a, b: (1, -1)), ("rr", lambda a, b: (1 / b, -a / b**2))):
        found = st.g_computation(y, arm, x, "Ye", contrast)
        g1, g0 = gradient(*found.proportions)
        expected = np.var(g1 * influence[1] + g0 * influence[0]) / n
        assert found.se == pytest.approx(math.sqrt(expected), rel=1e-3)


def test_ges_variance_is_the_delta_method_on_whites_covariance():
    y, arm, x = cluster(400)
    design = np.column_stack([np.ones(len(y)), arm, x])

    def averages(beta):
        return np.array(
            [np.mean(1 / (1 + np.exp(-(beta[0] + beta[1] * a + x[:, 0] * beta[2])))) for a in (1, 0)]
        )

    def gradient(beta):
        return design.T @ (y - 1 / (1 + np.exp(-design @ beta)))

    fit = st.logistic_regression(y, design)
    beta, step = fit.coefficients, 1e-5 * np.eye(3)
    bread = np.linalg.inv(np.array([(gradient(beta - e) - gradient(beta + e)) / 2e-5 for e in step]))
    scores = design * (y - 1 / (1 + np.exp(-design @ beta)))[:, None]
    slopes = np.array([(averages(beta + e) - averages(beta - e)) / 2e-5 for e in step]).T
    covariance = slopes @ bread @ scores.T @ scores @ bread @ slopes.T
    found = st.g_computation(y, arm, x, "Ge")
    assert found.proportions == pytest.approx(tuple(averages(beta)))
    assert found.se == pytest.approx(math.sqrt(np.array([1, -1]) @ covariance @ [1, -1]), rel=1e-5)
    z = beta / np.sqrt(np.diag(fit.covariance))
    assert fit.p == pytest.approx([math.erfc(abs(one) / math.sqrt(2)) for one in z])


@pytest.mark.parametrize("contrast", ["diff", "rr", "logrr", "or", "logor"])
def test_standard_errors_of_contrasts_follow_their_slopes(contrast):
    from trialist.statistics.standardization import _contrast

    p1, p0, step = 0.7, 0.4, 1e-6
    slopes = [
        (_contrast(p1 + step, p0, contrast)[0] - _contrast(p1 - step, p0, contrast)[0]) / (2 * step),
        (_contrast(p1, p0 + step, contrast)[0] - _contrast(p1, p0 - step, contrast)[0]) / (2 * step),
    ]
    assert _contrast(p1, p0, contrast)[1] == pytest.approx(slopes, rel=1e-6)


# Sizes


def test_whole_participants_are_not_rounded_up_again():
    assert st.SampleSize(36 * 0.9, 18 * 0.9).inflated(0.1) == (36, 18)
    assert st.SampleSize(36.001, 17.999).inflated() == (37, 18)
    for dropout in (-0.1, 1.0):
        with pytest.raises(st.StatisticsRefusal):
            st.SampleSize(3, 3).inflated(dropout)


@pytest.mark.parametrize("sided", [1, 2])
@pytest.mark.parametrize("ratio", [0.25, 1.0, 3.0])
def test_a_size_has_the_power_it_was_made_for_on_one_side_and_on_two(sided, ratio):
    for difference in (0.3, 1.0, 4.0):
        n = st.sample_size_means(difference, 2.0, 0.9, 0.03, sided=sided, ratio=ratio)
        assert n.n1 == pytest.approx(ratio * n.n2)
        assert st.power_means(difference, 2.0, n.n1, n.n2, 0.03, sided=sided) == pytest.approx(0.9)
    n = st.sample_size_arcsine(0.6, 0.9, 0.03, sided=sided, ratio=ratio)
    side = "two-sided" if sided == 2 else "greater"
    assert st.power_arcsine(0.6, n.n1, n.n2, 0.03, side) == pytest.approx(0.9, abs=1e-6)
    assert st.power_arcsine(-0.6, n.n1, n.n2, 0.03, "less" if sided == 1 else side) == pytest.approx(
        st.power_arcsine(0.6, n.n1, n.n2, 0.03, side)
    )
    n = st.sample_size_proportions(0.6, 0.4, 0.9, 0.03, sided=sided, ratio=ratio)
    assert st.power_proportions(0.6, 0.4, n.n1, n.n2, 0.03, sided=sided) == pytest.approx(0.9)
    sigma = np.array([[2.0]])
    n = st.sample_size_mmrm(0.5, sigma, (0.8,), 0.9, 0.03, sided=sided, ratio=ratio)
    z = stats.norm.ppf(1 - 0.03 / sided) + stats.norm.ppf(0.9)
    assert (1 / n.n1 + 1 / n.n2) * 2.0 / 0.8 == pytest.approx((0.5 / z) ** 2)


@pytest.mark.parametrize(("ratio", "arms"), [(1.0, (2, 2)), (0.25, (2, 8)), (3.0, (6, 2))])
def test_an_overwhelming_effect_needs_two_in_the_smaller_arm(ratio, arms):
    n = st.sample_size_means(500.0, 1.0, ratio=ratio)
    assert (n.n1, n.n2) == arms


def test_no_arcsine_difference_needs_no_finite_size():
    with pytest.raises(st.StatisticsRefusal) as refused:
        st.sample_size_arcsine(0.0)
    assert refused.value.code == "statistics.no_effect"


def test_the_t_tests_power_is_the_noncentral_ts():
    # Cohen (1988), table 2.3.5 (two-sided 5 %): n = 20 a group, d = 0.8, power 0.69; table 2.3.2, one side: 0.80.
    assert st.power_means(0.8, 1.0, 20, 20) == pytest.approx(0.69, abs=0.005)
    assert st.power_means(0.8, 1.0, 20, 20, sided=1) == pytest.approx(0.80, abs=0.005)
    law = stats.nct(33, 0.8 * math.sqrt(15 * 20 / 35))
    bound = stats.t.ppf(0.975, 33)
    assert st.power_means(1.6, 2.0, 15, 20) == pytest.approx(law.sf(bound))
    assert st.power_means(-0.2, 2.0, 15, 20, strict=True) > st.power_means(-0.2, 2.0, 15, 20)


def test_dropout_at_the_last_visit_is_worth_what_the_earlier_one_predicts():
    # Two visits, correlation ρ, a share r kept: the variance of the last mean is σ²(1 - ρ²(1 - r))/r.
    rho, kept, variance = 0.6, 0.7, 2.0
    sigma = np.array([[1.0, rho * math.sqrt(variance)], [rho * math.sqrt(variance), variance]])
    full, some = (st.sample_size_mmrm(0.8, sigma, (1.0, r)).n1 for r in (1.0, kept))
    assert some / full == pytest.approx((1 - rho**2 * (1 - kept)) / kept)
    for retention in ((1.0,), (1.0, 0.0), (0.7, 0.8)):
        with pytest.raises(st.StatisticsRefusal, match="retention"):
            st.sample_size_mmrm(0.8, sigma, retention)
