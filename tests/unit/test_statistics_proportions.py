"""Two proportions and one: hand arithmetic, symmetries, duality of test and interval, sparse tables."""

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as some

from trialist import statistics as st
from trialist.statistics.roots import crossing
from trialist.statistics.score import Tables, _Kind, _moments, restricted

SMALL = list(product(range(4), [3], range(5), [4]))
tables = some.tuples(some.integers(1, 30), some.integers(1, 30)).flatmap(
    lambda n: some.tuples(some.integers(0, n[0]), some.just(n[0]), some.integers(0, n[1]), some.just(n[1]))
)


def test_pearson_is_the_sum_of_squared_departures_over_expectation():
    x1, n1, x2, n2 = 8, 20, 3, 25
    observed = np.array([[x1, n1 - x1], [x2, n2 - x2]], dtype=float)
    expected = observed.sum(1)[:, None] * observed.sum(0) / observed.sum()
    assert st.chi_square(x1, n1, x2, n2).statistic == pytest.approx(
        ((observed - expected) ** 2 / expected).sum()
    )


def test_yates_takes_a_half_from_each_departure_and_never_overshoots():
    observed = np.array([[8.0, 12.0], [3.0, 22.0]])
    expected = observed.sum(1)[:, None] * observed.sum(0) / observed.sum()
    by_hand = ((np.abs(observed - expected) - 0.5) ** 2 / expected).sum()
    assert st.chi_square(8, 20, 3, 25, "yates").statistic == pytest.approx(by_hand)
    assert st.chi_square(5, 10, 5, 10, "yates").statistic == 0


def test_n_minus_1_is_cmh_with_one_stratum():
    assert st.chi_square(8, 20, 3, 25, "n-1").statistic == pytest.approx(
        st.cmh_test([(8, 20, 3, 25)]).statistic
    )


def test_the_signed_root_squares_to_pearson_and_its_side_matters():
    z = st.z_pooled(8, 20, 3, 25, "greater")
    assert z.statistic**2 == pytest.approx(st.chi_square(8, 20, 3, 25).statistic)
    assert z.p + st.z_pooled(8, 20, 3, 25, "less").p == pytest.approx(1)
    assert st.z_pooled(8, 20, 3, 25).p == pytest.approx(2 * z.p)


@pytest.mark.parametrize("table", [(0, 5, 0, 7), (5, 5, 7, 7)])
def test_one_outcome_only_is_refused_by_statistics_and_answered_exactly(table):
    for refused in (st.chi_square, st.z_pooled):
        with pytest.raises(st.StatisticsRefusal) as refusal:
            refused(*table)
        assert refusal.value.code == "statistics.no_variation"
        assert refusal.value.way_out
    assert st.fisher_test(*table).p == 1
    assert st.unconditional_test(*table).p == 1


@pytest.mark.parametrize(
    ("table", "code"),
    [((1, 0, 0, 3), "empty_arm"), ((4, 3, 0, 3), "bad_counts"), ((-1, 3, 0, 3), "bad_counts")],
)
def test_impossible_tables_are_refused_everywhere(table, code):
    methods = (
        st.chi_square,
        st.newcombe,
        st.wald_difference,
        st.agresti_caffo,
        st.score_interval,
        st.fisher_test,
        st.unconditional_test,
        st.wald_ratio,
        st.wald_odds_ratio,
    )
    for method in methods:
        with pytest.raises(st.StatisticsRefusal) as refusal:
            method(*table)
        assert refusal.value.code == f"statistics.{code}"


@pytest.mark.parametrize("level", [0.0, 1.0, 1.5])
def test_a_level_outside_its_domain_is_refused(level):
    for method in (st.wilson, st.clopper_pearson, st.jeffreys, st.agresti_coull):
        with pytest.raises(st.StatisticsRefusal, match="strictly between"):
            method(3, 10, level)


@pytest.mark.parametrize(
    "method", [st.wilson, st.wilson_corrected, st.clopper_pearson, st.jeffreys, st.agresti_coull]
)
def test_intervals_of_one_proportion_mirror_with_the_outcome(method):
    for x in range(11):
        one, other = method(x, 10), method(10 - x, 10)
        assert (one.low, one.high) == pytest.approx((1 - other.high, 1 - other.low), abs=1e-12)
        assert one.low <= one.estimate <= one.high or method is st.jeffreys


def test_wilson_inverts_the_score_test():
    limits = st.wilson(7, 20)
    for p in (limits.low, limits.high):
        assert abs(0.35 - p) / math.sqrt(p * (1 - p) / 20) == pytest.approx(1.959963984540054)


def test_wilson_corrected_is_the_published_one():
    # Newcombe (1998), Statistics in Medicine 17:857-872, Table I, method 4.
    interval = st.wilson_corrected(81, 263)
    assert (interval.low, interval.high) == pytest.approx((0.2535, 0.3682), abs=5e-5)
    interval = st.wilson_corrected(0, 20)
    assert (interval.low, interval.high) == pytest.approx((0.0, 0.2005), abs=5e-5)


def test_clopper_pearson_has_the_stated_tails():
    from math import comb

    interval = st.clopper_pearson(3, 12, 0.9)
    above = sum(comb(12, k) * interval.low**k * (1 - interval.low) ** (12 - k) for k in range(3, 13))
    below = sum(comb(12, k) * interval.high**k * (1 - interval.high) ** (12 - k) for k in range(4))
    assert (above, below) == pytest.approx((0.05, 0.05))


def test_jeffreys_modified_covers_the_ends():
    assert st.jeffreys(0, 9, modified=True).low == 0
    assert st.jeffreys(9, 9, modified=True).high == 1
    assert st.jeffreys(0, 9).low > 0


def test_newcombe_11_is_the_published_one():
    # Newcombe (1998), Statistics in Medicine 17:873-890, Table II, contrast (a) 56/70 - 48/80, method 11.
    interval = st.newcombe(56, 70, 48, 80, corrected=True)
    assert (interval.low, interval.high) == pytest.approx((0.0428, 0.3422), abs=5e-5)


DIFFERENCES = [
    st.newcombe,
    st.agresti_caffo,
    st.wald_difference,
    st.score_interval,
    lambda *t: st.score_interval(*t, corrected=False),
    lambda *t: st.score_interval(*t, skewness=True),
]


@pytest.mark.parametrize("method", DIFFERENCES)
@pytest.mark.parametrize("table", SMALL)
def test_a_difference_changes_sign_when_the_arms_change_places(method, table):
    x1, n1, x2, n2 = table
    one, other = method(x1, n1, x2, n2), method(x2, n2, x1, n1)
    assert (one.low, one.high) == pytest.approx((-other.high, -other.low), abs=1e-7)
    assert not math.isnan(one.low + one.high)
    assert one.low - 1e-9 <= one.estimate <= one.high + 1e-9


@pytest.mark.parametrize("contrast", ["ratio", "odds-ratio"])
@pytest.mark.parametrize("table", SMALL)
def test_ratios_invert_when_the_arms_change_places(contrast, table):
    x1, n1, x2, n2 = table
    one, other = (
        st.score_interval(x1, n1, x2, n2, contrast=contrast),
        st.score_interval(x2, n2, x1, n1, contrast=contrast),
    )
    inverse = [math.inf if other.high == 0 else 1 / other.high, math.inf if other.low == 0 else 1 / other.low]
    assert [one.low, one.high] == pytest.approx(inverse, rel=1e-6)
    assert 0 <= one.low <= one.high


@settings(max_examples=60, deadline=None)
@given(tables, some.sampled_from(["difference", "ratio", "odds-ratio"]), some.booleans())
@example((19, 24, 7, 7), "odds-ratio", False)
@example((19, 27, 17, 17), "odds-ratio", True)
def test_score_limits_are_where_the_score_test_turns(table, contrast, corrected):
    interval = st.score_interval(*table, contrast=contrast, corrected=corrected)
    edge = 1.0 if contrast == "difference" else math.inf
    for limit in (interval.low, interval.high):
        if -edge < limit < edge and not (contrast != "difference" and limit == 0):
            test = st.score_test([table], limit, contrast=contrast, corrected=corrected)
            assert test.p == pytest.approx(0.05, abs=1e-6)


@settings(max_examples=60, deadline=None)
@given(tables, some.floats(-0.9, 0.9))
def test_restricted_proportions_maximize_the_likelihood(table, theta):
    x1, n1, x2, n2 = table
    p1, p2 = (float(p[0]) for p in restricted(theta, Tables(*np.array([table], dtype=float).T), "difference"))
    assert p1 - p2 == pytest.approx(theta, abs=1e-9)

    def likelihood(q):
        pairs = ((x1, q + theta), (n1 - x1, 1 - q - theta), (x2, q), (n2 - x2, 1 - q))
        return sum(k * math.log(p) if p > 0 else -math.inf for k, p in pairs if k)

    grid = np.linspace(max(0, -theta), min(1, 1 - theta), 401)
    # at a double root the trigonometric form keeps half of the digits
    assert likelihood(min(max(p2, grid[0]), grid[-1])) >= max(likelihood(q) for q in grid) - 2e-6


def test_double_zero_ratios_are_unbounded_without_estimate():
    for contrast in ("ratio", "odds-ratio"):
        interval = st.score_interval(0, 10, 0, 20, contrast=contrast)
        assert (interval.estimate, interval.low, interval.high) == (None, 0.0, math.inf)
    assert st.score_interval(3, 10, 0, 20, contrast="ratio").estimate == math.inf


def test_log_intervals_agree_with_hand_arithmetic_and_refuse_zero_cells():
    ratio = st.wald_ratio(10, 20, 5, 20)
    half = 1.959963984540054 * math.sqrt(1 / 10 - 1 / 20 + 1 / 5 - 1 / 20)
    assert (ratio.estimate, math.log(ratio.high / 2)) == pytest.approx((2.0, half))
    odds = st.wald_odds_ratio(10, 20, 5, 20)
    half = 1.959963984540054 * math.sqrt(1 / 10 + 1 / 10 + 1 / 5 + 1 / 15)
    assert (odds.estimate, math.log(3 / odds.low)) == pytest.approx((3.0, half))
    with pytest.raises(st.StatisticsRefusal, match="zero"):
        st.wald_ratio(0, 20, 5, 20)
    with pytest.raises(st.StatisticsRefusal, match="empty cell"):
        st.wald_odds_ratio(20, 20, 5, 20)


def test_mcnemar_counts_discordant_pairs_only():
    assert st.mcnemar(10, 4).statistic == pytest.approx(36 / 14)
    assert st.mcnemar(10, 4, corrected=True).statistic == pytest.approx(25 / 14)
    assert st.mcnemar(4, 4, corrected=True).statistic == 0
    assert st.mcnemar_exact(5, 0).p == pytest.approx(2 / 32)
    assert st.mcnemar_exact(0, 0).p == 1
    with pytest.raises(st.StatisticsRefusal, match="discordant"):
        st.mcnemar(0, 0)
    with pytest.raises(st.StatisticsRefusal, match="negative"):
        st.mcnemar_exact(-1, 3)


@pytest.mark.parametrize(
    "f", [lambda x: x**3 - 2, lambda x: math.exp(x) - 3, lambda x: -math.inf if x < 1.1 else x - 1.5]
)
def test_the_root_finder_finds_roots(f):
    assert abs(f(crossing(f, 0.0, 3.0))) < 1e-12


def test_the_root_finder_returns_an_end_that_is_a_root():
    assert crossing(lambda x: x - 2, 2.0, 5.0) == 2.0
    assert crossing(lambda x: x - 5, 2.0, 5.0) == 5.0


@pytest.mark.parametrize(("contrast", "theta"), [("difference", 0.1), ("ratio", 1.7), ("odds-ratio", 2.2)])
def test_the_moments_of_the_score_are_those_of_two_binomials(contrast, theta):
    n1, n2 = 6, 9
    table = Tables(*np.array([[4, n1, 3, n2]], dtype=float).T)
    _, variance, third, p1, p2 = (
        float(part[0]) for part in _moments(theta, table, _Kind(contrast, corrected=False))
    )
    weights = {
        "difference": (1, 1),
        "ratio": (1, theta),
        "odds-ratio": (1 / (p1 * (1 - p1)), 1 / (p2 * (1 - p2))),
    }
    one, two = weights[contrast]
    second = cubed = 0.0
    for a, b in product(range(n1 + 1), range(n2 + 1)):
        mass = (
            math.comb(n1, a) * p1**a * (1 - p1) ** (n1 - a) * math.comb(n2, b) * p2**b * (1 - p2) ** (n2 - b)
        )
        away = one * (a / n1 - p1) - two * (b / n2 - p2)
        second, cubed = second + mass * away**2, cubed + mass * away**3
    assert (variance, third) == pytest.approx((second, cubed))


def test_the_bias_of_the_odds_ratios_score_is_nearly_its_conditional_mean():
    n1, n2, events, theta = 40, 30, 30, 2.5
    table = Tables(*np.array([[15, n1, events - 15, n2]], dtype=float).T)
    plain, biased = (_moments(theta, table, _Kind("odds-ratio", bias=bias))[0][0] for bias in (False, True))
    p1, p2 = (float(p[0]) for p in restricted(theta, table, "odds-ratio"))
    law = np.array(
        [math.comb(n1, k) * math.comb(n2, events - k) * theta**k for k in range(events + 1)], dtype=float
    )
    mean = float(np.arange(events + 1) @ law / law.sum())
    scale = 1 / (n1 * p1 * (1 - p1)) + 1 / (n2 * p2 * (1 - p2))
    assert plain - biased == pytest.approx((mean - n1 * p1) * scale, rel=0.1)


def test_skewness_solves_lauds_quadratic():
    for table in ((8, 42, 1, 42), (6, 7, 2, 7)):
        for contrast in ("difference", "ratio", "odds-ratio"):
            interval = st.score_interval(*table, contrast=contrast, skewness=True)
            for limit, sign in ((interval.low, 1), (interval.high, -1)):
                tables = Tables(*np.array([table], dtype=float).T)
                score, variance, third, *_ = (float(m[0]) for m in _moments(limit, tables, _Kind(contrast)))
                z = sign * 1.959963984540054
                a = third / (6 * variance**1.5)
                assert score / math.sqrt(variance) == pytest.approx(z + a * (z * z - 1), abs=1e-6)
