"""Strata, standardization and regression of a binary outcome: identities and sparse strata."""

import math

import numpy as np
import pytest

from trialist import statistics as st
from trialist.statistics.score import Tables, _mn_weights, restricted
from trialist.statistics.stratified import _stratified_wilson

STRATA = [(8, 20, 2, 21), (17, 22, 11, 21)]
SPARSE = [(1, 1, 0, 2), (0, 2, 0, 1), (2, 3, 1, 3), (3, 4, 1, 3), (1, 2, 0, 3)]


@pytest.mark.parametrize("weighting", ["MN", "MH", "IVS"])
@pytest.mark.parametrize("contrast", ["difference", "ratio", "odds-ratio"])
def test_one_stratum_gives_the_plain_interval(weighting, contrast):
    plain = st.score_interval(8, 20, 2, 21, contrast=contrast)
    strata = st.stratified_score_interval([(8, 20, 2, 21)], contrast=contrast, weighting=weighting)
    assert (strata.estimate, strata.low, strata.high) == pytest.approx(
        (plain.estimate, plain.low, plain.high), rel=1e-6
    )


@pytest.mark.parametrize("weighting", ["MN", "MH", "IVS"])
@pytest.mark.parametrize("contrast", ["difference", "ratio", "odds-ratio"])
def test_equal_strata_estimate_what_one_of_them_does(weighting, contrast):
    one = st.score_interval(8, 20, 4, 21, contrast=contrast, corrected=False)
    many = st.stratified_score_interval(
        [(8, 20, 4, 21)] * 4, contrast=contrast, weighting=weighting, corrected=False
    )
    whole = st.score_interval(32, 80, 16, 84, contrast=contrast, corrected=False)
    assert many.estimate == pytest.approx(one.estimate, rel=1e-6)
    assert (many.low, many.high) == pytest.approx((whole.low, whole.high), rel=1e-6)


def test_mh_weights_make_the_estimate_the_mantel_haenszel_difference():
    interval = st.stratified_score_interval(STRATA, weighting="MH")
    weights = [20 * 21 / 41, 22 * 21 / 43]
    gaps = [8 / 20 - 2 / 21, 17 / 22 - 11 / 21]
    by_hand = sum(w * g for w, g in zip(weights, gaps, strict=True)) / sum(weights)
    assert interval.estimate == pytest.approx(by_hand)
    assert st.mh_risk_difference(STRATA).estimate == pytest.approx(by_hand)


@pytest.mark.parametrize(("contrast", "theta"), [("difference", 0.2), ("ratio", 1.7), ("odds-ratio", 0.4)])
def test_mn_weights_are_the_reciprocal_variances_at_the_average_proportions(contrast, theta):
    # Miettinen and Nurminen (1985), Statistics in Medicine 4:213-226, section on stratified data.
    table = Tables(*np.array([(8, 20, 2, 21), (17, 22, 11, 81), (3, 50, 1, 9)], dtype=float).T)
    p1, p2 = restricted(theta, table, contrast)
    weights = _mn_weights(theta, table, contrast, p1, p2)
    r1, r2 = np.average(p1, weights=weights), np.average(p2, weights=weights)
    slope1, slope2 = {
        "difference": (1, 1),
        "ratio": (1, theta),
        "odds-ratio": (1 / (r1 * (1 - r1)), 1 / (r2 * (1 - r2))),
    }[contrast]
    variance = slope1**2 * r1 * (1 - r1) / table.n1 + slope2**2 * r2 * (1 - r2) / table.n2
    assert weights * variance == pytest.approx(np.full(3, weights[0] * variance[0]), rel=1e-9)


@pytest.mark.parametrize("weighting", ["MN", "MH"])
def test_cmh_is_the_stratified_score_test_at_zero(weighting):
    score = st.score_test(STRATA, corrected=True, weighting=weighting)
    assert score.statistic**2 == pytest.approx(st.cmh_test(STRATA).statistic)
    assert score.p == pytest.approx(st.cmh_test(STRATA).p)


def test_the_interval_excludes_zero_exactly_when_cmh_rejects():
    for x in range(3, 12):
        strata = [(x, 20, 2, 21), (x, 22, 6, 21)]
        interval = st.stratified_score_interval(strata, weighting="MH")
        assert (interval.low > 0 or interval.high < 0) == (st.cmh_test(strata).p < 0.05)


def test_cmh_is_hand_arithmetic():
    expected = [20 * 10 / 41, 22 * 28 / 43]
    variance = sum(
        n1 * n2 * e * (n1 + n2 - e) / ((n1 + n2) ** 2 * (n1 + n2 - 1))
        for n1, n2, e in ((20, 21, 10), (22, 21, 28))
    )
    excess = 25 - sum(expected)
    assert st.cmh_test(STRATA).statistic == pytest.approx(excess**2 / variance)
    assert st.cmh_test(STRATA, corrected=True).statistic == pytest.approx((excess - 0.5) ** 2 / variance)


METHODS = [
    st.cmh_test,
    st.mh_odds_ratio,
    st.mh_risk_difference,
    st.mh_risk_ratio,
    st.stratified_newcombe,
    st.stratified_score_interval,
    st.sato_variance,
    st.exact_conditional_test,
]


@pytest.mark.parametrize("method", METHODS)
def test_a_stratum_empty_in_one_arm_says_nothing(method):
    assert method([*STRATA, (0, 0, 3, 4), (2, 2, 0, 0)]) == method(STRATA)


@pytest.mark.parametrize("method", METHODS)
def test_without_any_comparable_stratum_there_is_no_answer(method):
    with pytest.raises(st.StatisticsRefusal) as refusal:
        method([(0, 0, 3, 4)])
    assert refusal.value.code == "statistics.empty_arm"


def test_no_events_anywhere_still_has_intervals_of_the_difference():
    strata = [(0, 20, 0, 21), (0, 22, 0, 21)]
    for interval in (st.stratified_score_interval(strata), st.stratified_newcombe(strata)):
        assert interval.low < 0 < interval.high
        assert interval.estimate == pytest.approx(0, abs=1e-9)
    with pytest.raises(st.StatisticsRefusal, match="exact p is 1"):
        st.cmh_test(strata)
    assert st.exact_conditional_test(strata).p == 1
    for ratio in (st.mh_odds_ratio, st.mh_risk_ratio):
        with pytest.raises(st.StatisticsRefusal) as refusal:
            ratio(strata)
        assert refusal.value.code == "statistics.zero_cell"


def test_stratified_newcombe_with_one_stratum_is_method_10():
    one, plain = st.stratified_newcombe([(8, 20, 2, 21)]), st.newcombe(8, 20, 2, 21)
    # Yan and Su's form differs from square-and-add only in how the limits' variance is written.
    assert (one.low, one.high) == pytest.approx((plain.low, plain.high), abs=1e-9)


def test_risk_ratio_and_its_variance_are_hand_arithmetic():
    found = st.mh_risk_ratio([(8, 20, 2, 21)])
    assert found.estimate == pytest.approx((8 / 20) / (2 / 21))
    variance = 1 / 8 - 1 / 20 + 1 / 2 - 1 / 21
    assert math.log(found.high / found.estimate) == pytest.approx(1.959963984540054 * math.sqrt(variance))


def test_greenland_robins_variance_is_the_binomial_one_in_one_stratum():
    found = st.mh_risk_difference([(8, 20, 2, 21)], variance="greenland-robins")
    wald = st.wald_difference(8, 20, 2, 21)
    assert (found.low, found.high) == pytest.approx((wald.low, wald.high))


def test_breslow_day_is_zero_for_equal_odds_ratios_and_refuses_what_it_cannot_see():
    assert st.breslow_day([(8, 20, 4, 20), (16, 40, 8, 40)]).statistic == pytest.approx(0, abs=1e-9)
    assert st.breslow_day([(8, 20, 2, 21), (2, 22, 11, 21)]).p < 0.01
    with pytest.raises(st.StatisticsRefusal, match="two strata"):
        st.breslow_day([(8, 20, 2, 21)])
    with pytest.raises(st.StatisticsRefusal, match="one outcome"):
        st.breslow_day([(8, 20, 2, 21), (0, 3, 0, 4)])
    with pytest.raises(st.StatisticsRefusal, match="one outcome"):
        st.breslow_day([(8, 20, 2, 21), (3, 3, 4, 4)])


@pytest.mark.parametrize(
    ("contrast", "stratum"),
    [("ratio", (3, 10, 0, 10)), ("odds-ratio", (3, 10, 0, 10)), ("odds-ratio", (9, 9, 5, 9))],
)
def test_a_ratio_is_unbounded_only_where_every_stratum_leaves_it_so(contrast, stratum):
    x1, n1, x2, n2 = stratum
    other, turned = (4, 10, 2, 10), (2, 10, 4, 10)
    bounded = st.stratified_score_interval([stratum, other], contrast=contrast)
    inverted = st.stratified_score_interval([(x2, n2, x1, n1), turned], contrast=contrast)
    assert 0 < bounded.low < bounded.estimate < bounded.high < math.inf
    assert (inverted.low, inverted.high) == pytest.approx((1 / bounded.high, 1 / bounded.low), rel=1e-6)
    open_above = st.stratified_score_interval([stratum, stratum], contrast=contrast)
    open_below = st.stratified_score_interval([(x2, n2, x1, n1)] * 2, contrast=contrast)
    assert open_above.low > 0
    assert (open_above.estimate, open_above.high) == (math.inf, math.inf)
    assert (open_below.estimate, open_below.low) == (0, 0)
    assert open_below.high == pytest.approx(1 / open_above.low, rel=1e-6)


def test_breslow_day_is_the_distance_from_tables_with_the_common_odds_ratio():
    strata = [(8, 20, 2, 21), (17, 22, 11, 21), (5, 9, 6, 8)]
    ratio = st.mh_odds_ratio(strata).estimate
    gaps, variances = [], []
    for x1, n1, x2, n2 in strata:
        low, high = max(0, x1 + x2 - n2), min(n1, x1 + x2)
        for _ in range(60):  # the fitted count, by bisection on the odds ratio of the fitted table
            a = (low + high) / 2
            b, c = x1 + x2 - a, n1 - a
            low, high = (low, a) if a * (n2 - b) > ratio * b * c else (a, high)
        gaps.append(x1 - a)
        variances.append(1 / (1 / a + 1 / b + 1 / c + 1 / (n2 - b)))
    plain = sum(gap**2 / variance for gap, variance in zip(gaps, variances, strict=True))
    assert st.breslow_day(strata, tarone=False).statistic == pytest.approx(plain)
    assert st.breslow_day(strata).statistic == pytest.approx(plain - sum(gaps) ** 2 / sum(variances))
    assert st.breslow_day(strata, tarone=False).p == pytest.approx(
        math.exp(-plain / 2)
    )  # two degrees of freedom


@pytest.mark.parametrize("weighting", ["MN", "MH", "IVS"])
@pytest.mark.parametrize("skewness", [False, True])
@pytest.mark.parametrize("silent", [(0, 3, 0, 4), (1, 1, 1, 1), (5, 5, 2, 2)])
def test_a_stratum_of_one_outcome_says_nothing_about_an_odds_ratio(weighting, skewness, silent):
    options = {"contrast": "odds-ratio", "weighting": weighting, "skewness": skewness}
    alone = st.stratified_score_interval(STRATA, **options)
    assert st.stratified_score_interval([*STRATA, silent], **options) == alone
    assert st.score_test([*STRATA, silent], **options) == st.score_test(STRATA, **options)
    nothing = st.stratified_score_interval([silent, silent], **options)
    assert (nothing.estimate, nothing.low, nothing.high) == (None, 0, math.inf)


def test_strata_of_nobody_and_of_everybody_have_no_variance_together():
    strata = [(0, 3, 0, 4), (5, 5, 2, 2)]
    for contrast in ("difference", "odds-ratio"):
        with pytest.raises(st.StatisticsRefusal) as refused:
            st.score_test(strata, contrast=contrast)
        assert refused.value.code == "statistics.no_variation"
    found = st.stratified_score_interval(strata, contrast="odds-ratio")
    assert (found.estimate, found.low, found.high) == (None, 0, math.inf)


def test_each_stratum_may_leave_an_odds_ratio_open_in_its_own_way():
    open_below = st.stratified_score_interval([(0, 5, 2, 5), (3, 5, 5, 5)], contrast="odds-ratio")
    assert (open_below.estimate, open_below.low) == (0, 0)
    assert 0 < open_below.high < 1
    open_above = st.stratified_score_interval([(5, 5, 3, 5), (2, 5, 0, 5)], contrast="odds-ratio")
    assert (open_above.estimate, open_above.high) == (math.inf, math.inf)
    assert open_above.low == pytest.approx(1 / open_below.high)


def test_strata_open_at_opposite_ends_bound_an_odds_ratio_only_where_their_score_reaches_the_quantile():
    strata = [(1, 1, 1, 2), (0, 3, 1, 2)]  # the first allows infinity, the second zero
    half, most = (st.stratified_score_interval(strata, level, contrast="odds-ratio") for level in (0.5, 0.95))
    assert 0 < half.low < half.estimate < half.high < most.high < math.inf
    assert most.low == 0
    turned = [(x2, n2, x1, n1) for x1, n1, x2, n2 in strata]
    mirrored = st.stratified_score_interval(turned, contrast="odds-ratio")
    assert mirrored.high == math.inf
    assert mirrored.low == pytest.approx(1 / most.high)


@pytest.mark.parametrize("contrast", ["difference", "ratio", "odds-ratio"])
def test_an_estimate_is_where_the_score_turns(contrast):
    for strata in (STRATA, STRATA[:1]):
        for options in ({}, {"skewness": True}, {"bias": True}, {"weighting": "MH"}):
            estimate = st.stratified_score_interval(strata, contrast=contrast, **options).estimate
            told = st.score_test(strata, estimate, contrast=contrast, corrected=True, **options)
            assert told.statistic == pytest.approx(0, abs=1e-8)


def test_stratified_newcombe_weighs_as_mantel_and_haenszel_and_is_walds_in_large_strata():
    # Yan and Su (2010), section 3: weighted differences, and for large strata z·√Σw²(p1q1/n1 + p2q2/n2).
    strata = [(8_000, 40_000, 90_000, 250_000), (6_000, 90_000, 2_000, 10_000)]
    found = st.stratified_newcombe(strata)
    wald = st.mh_risk_difference(strata, variance="greenland-robins")
    assert found.estimate == pytest.approx(wald.estimate)
    assert (found.low - found.estimate, found.high - found.estimate) == pytest.approx(
        (wald.low - wald.estimate, wald.high - wald.estimate), rel=0.02
    )
    low, high = _stratified_wilson(np.array([8e3, 9e4]), np.array([4e4, 2e5]), np.array([0.3, 0.7]), 1.96)
    middle = 0.3 * 0.2 + 0.7 * 0.45
    half = 1.96 * math.sqrt(0.3**2 * 0.16 / 4e4 + 0.7**2 * 0.45 * 0.55 / 2e5)
    assert (low, high) == pytest.approx((middle - half, middle + half), abs=0.02 * half)


@pytest.mark.parametrize("skewness", [False, True])
def test_sparse_strata_have_an_interval(skewness):
    for weighting in ("MN", "MH", "IVS"):
        interval = st.stratified_score_interval(SPARSE, weighting=weighting, skewness=skewness)
        assert -1 <= interval.low < interval.estimate < interval.high <= 1


RNG = np.random.default_rng(7)
X = RNG.normal(size=200)
ARM = (np.arange(200) % 2).astype(float)
Y = (RNG.random(200) < 1 / (1 + np.exp(-(0.3 + 0.8 * ARM - X)))).astype(float)


def test_logistic_regression_solves_the_score_equations():
    design = np.column_stack([np.ones(200), ARM, X])
    fit = st.logistic_regression(Y, design)
    assert design.T @ (Y - fit.fitted) == pytest.approx(np.zeros(3), abs=1e-6)
    weights = fit.fitted * (1 - fit.fitted)
    assert np.linalg.inv(fit.covariance) == pytest.approx((design.T * weights) @ design)
    log_likelihood = np.sum(Y * np.log(fit.fitted) + (1 - Y) * np.log(1 - fit.fitted))
    assert fit.deviance == pytest.approx(-2 * log_likelihood)


def test_a_binary_predictor_alone_reproduces_the_log_odds_ratio():
    y = np.repeat([1.0, 0, 1, 0], [8, 12, 2, 19])
    arm = np.repeat([1.0, 1, 0, 0], [8, 12, 2, 19])
    fit = st.logistic_regression(y, np.column_stack([np.ones(41), arm]))
    assert fit.coefficients[1] == pytest.approx(math.log(8 * 19 / (12 * 2)))
    assert fit.standard_errors[1] == pytest.approx(math.sqrt(1 / 8 + 1 / 12 + 1 / 2 + 1 / 19))


def test_separation_and_collinearity_are_refused():
    x = np.arange(20.0)
    for y in ((x > 9).astype(float), np.zeros(20), np.ones(20)):
        with pytest.raises(st.StatisticsRefusal) as refusal:
            st.logistic_regression(y, np.column_stack([np.ones(20), x]))
        assert refusal.value.code == "statistics.separation"
    with pytest.raises(st.StatisticsRefusal, match="dependent"):
        st.logistic_regression((x % 2), np.column_stack([np.ones(20), x, 2 * x]))


def test_standardization_without_covariates_is_the_plain_difference():
    none = np.zeros((200, 0))
    effect = st.g_computation(Y, ARM, none, "Ge")
    p1, p0 = Y[ARM == 1].mean(), Y[ARM == 0].mean()
    assert effect.proportions == pytest.approx((p1, p0))
    assert effect.estimate == pytest.approx(p1 - p0)
    assert effect.se == pytest.approx(math.sqrt((p1 * (1 - p1) + p0 * (1 - p0)) / 100))
    unbiased = st.g_computation(Y, ARM, none, "Ye")
    assert unbiased.se == pytest.approx(math.sqrt((Y[ARM == 1].var(ddof=1) + Y[ARM == 0].var(ddof=1)) / 100))


@pytest.mark.parametrize(
    ("contrast", "value"),
    [
        ("diff", lambda a, b: a - b),
        ("rr", lambda a, b: a / b),
        ("logrr", lambda a, b: math.log(a / b)),
        ("or", lambda a, b: a / (1 - a) / b * (1 - b)),
        ("logor", lambda a, b: math.log(a / (1 - a) / b * (1 - b))),
    ],
)
def test_marginal_contrasts_and_their_delta_method(contrast, value):
    base = st.g_computation(Y, ARM, X[:, None], "Ye", "diff")
    effect = st.g_computation(Y, ARM, X[:, None], "Ye", contrast)
    assert effect.estimate == pytest.approx(value(*base.proportions))
    interval = effect.interval()
    assert (interval.high - interval.low) == pytest.approx(2 * 1.959963984540054 * effect.se)


def test_formulas_become_matrices_in_the_usual_coding():
    columns = {
        "y": [1.0, 2, 3, 4],
        "arm": ["B", "A", "B", "A"],
        "visit": [1, 1, 2, 2],
        "x": [0.5, 1.5, 2.5, 3.5],
    }
    y, design = st.model("y ~ arm*visit + x", columns, factors=("visit",))
    coding = st.coding("y ~ arm*visit + x", columns, ("visit",))
    assert coding.names == ("(intercept)", "arm[B]", "visit[2]", "x", "arm[B]:visit[2]")
    assert design.tolist() == [[1, 1, 0, 0.5, 0], [1, 0, 0, 1.5, 0], [1, 1, 1, 2.5, 1], [1, 0, 1, 3.5, 0]]
    assert y.tolist() == [1, 2, 3, 4]
    assert coding.marginal(columns, {"arm": "B"}).tolist() == [1, 1, 0.5, 2.0, 0.5]
    assert st.coding("y ~ arm", columns, references={"arm": "B"}).names[1] == "arm[A]"
    assert st.parse("logit(y) ~ a + b:c + 1") == ("y", ((), ("a",), ("b", "c")))


def test_what_is_no_formula_or_no_level_is_refused():
    with pytest.raises(st.StatisticsRefusal, match="cannot read"):
        st.parse("y ~ a - b")
    for formula in ("y ~ a*2b", "y ~ 2b:a", "y ~ a +", "y ~ 1*a"):
        with pytest.raises(st.StatisticsRefusal, match="cannot read"):
            st.parse(formula)
    with pytest.raises(st.StatisticsRefusal, match="cannot read"):
        st.parse("a + b")
    coding = st.coding("y ~ arm", {"arm": ["A", "B"]})
    with pytest.raises(st.StatisticsRefusal, match="unknown level C"):
        coding.matrix({"arm": ["C"]})
