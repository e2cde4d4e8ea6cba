"""Exact methods against direct enumeration."""

import math
from fractions import Fraction
from itertools import product
from math import comb

import numpy as np
import pytest

from trialist import statistics as st
from trialist.statistics.unconditional import binomial_laws, size, z_values


def probability(k, n1, n2, events):
    return Fraction(comb(n1, k) * comb(n2, events - k), comb(n1 + n2, events))


def by_definition(x1, n1, x2, n2, side):
    events = x1 + x2
    law = {k: probability(k, n1, n2, events) for k in range(max(0, events - n2), min(events, n1) + 1)}
    chosen = {
        "less": [k for k in law if k <= x1],
        "greater": [k for k in law if k >= x1],
        "two-sided": [k for k in law if law[k] <= law[x1]],
    }[side]
    return float(sum(law[k] for k in chosen))


@pytest.mark.parametrize("side", ["less", "greater", "two-sided"])
def test_fisher_is_the_sum_over_margins_in_exact_fractions(side):
    whole = st.fisher_p_values(6, 9, side)
    for x1, x2 in product(range(7), range(10)):
        expected = by_definition(x1, 6, x2, 9, side)
        assert st.fisher_test(x1, 6, x2, 9, side).p == pytest.approx(expected, abs=1e-13)
        assert whole[x1, x2] == pytest.approx(expected, abs=1e-12)


def test_the_exact_stratified_test_is_the_convolution():
    strata = [(2, 4, 1, 5), (3, 3, 1, 4)]
    law = {}
    for a, b in product(range(4), range(4)):
        if a <= 3 and 0 <= 4 - b <= 4 and b <= 3:
            law[a + b] = law.get(a + b, 0) + probability(a, 4, 5, 3) * probability(b, 3, 4, 4)
    p = float(sum(mass for mass in law.values() if mass <= law[5]))
    assert st.exact_conditional_test(strata).p == pytest.approx(p)
    assert st.exact_conditional_test(strata, "greater").p == pytest.approx(
        float(sum(m for k, m in law.items() if k >= 5))
    )


def test_empty_strata_do_not_change_an_exact_answer():
    strata = [(2, 4, 1, 5), (3, 3, 1, 4)]
    assert st.exact_conditional_test([*strata, (0, 0, 2, 3)]).p == st.exact_conditional_test(strata).p
    with pytest.raises(st.StatisticsRefusal, match="both arms"):
        st.exact_conditional_test([(0, 0, 2, 3)])


def test_the_conditional_estimate_makes_the_expectation_the_observation():
    found = st.conditional_odds_ratio([(7, 12, 3, 15)])
    weights = {k: comb(12, k) * comb(15, 10 - k) * found.estimate**k for k in range(11)}
    assert sum(k * w for k, w in weights.items()) / sum(weights.values()) == pytest.approx(7)
    for limit, tail in ((found.low, lambda k: k >= 7), (found.high, lambda k: k <= 7)):
        weights = {k: comb(12, k) * comb(15, 10 - k) * limit**k for k in range(11)}
        assert sum(w for k, w in weights.items() if tail(k)) / sum(weights.values()) == pytest.approx(0.025)


def test_one_sided_odds_ratios_are_open_on_the_other_side():
    table = [(7, 12, 3, 15)]
    assert st.conditional_odds_ratio(table, alternative="less").low == 0
    assert st.conditional_odds_ratio(table, alternative="greater").high == math.inf
    assert st.conditional_odds_ratio([(0, 5, 0, 5)]).estimate is None
    assert st.conditional_odds_ratio([(0, 5, 3, 5)]).estimate == 0


def test_rs_tolerance_moves_the_digits_only():
    exact, coarse = (st.conditional_odds_ratio([(3, 4, 1, 4)], tolerance=t) for t in (1e-15, st.R_TOLERANCE))
    assert exact.estimate == pytest.approx(6.408319652, abs=1e-8)
    assert coarse.estimate != exact.estimate
    assert coarse.estimate == pytest.approx(exact.estimate, rel=1e-4)


@pytest.mark.parametrize("ordering", ["boschloo", "z-pooled", "z-unpooled"])
@pytest.mark.parametrize("side", ["two-sided", "greater", "less"])
def test_unconditional_p_is_the_largest_tail_over_a_fine_grid(ordering, side):
    n1, n2, x1, x2 = 5, 7, 4, 2
    fisher = st.fisher_p_values(n1, n2, side)
    z = z_values(n1, n2, pooled=ordering == "z-pooled")
    order = {"boschloo": -fisher, "two": np.abs(z), "greater": z, "less": -z}
    statistic = order["boschloo"] if ordering == "boschloo" else order["two" if side == "two-sided" else side]
    tail = statistic >= statistic[x1, x2] - 1e-12
    grid = np.linspace(0.0005, 0.9995, 1999)
    total = 0.0
    for p in grid:
        total = max(
            total,
            sum(
                comb(n1, a) * comb(n2, b) * p ** (a + b) * (1 - p) ** (n1 + n2 - a - b)
                for a, b in product(range(n1 + 1), range(n2 + 1))
                if tail[a, b]
            ),
        )
    assert st.unconditional_test(x1, n1, x2, n2, ordering, alternative=side).p == pytest.approx(
        total, abs=2e-7
    )


def test_berger_and_boos_add_what_they_leave_out():
    plain = st.unconditional_test(14, 20, 6, 20)
    limited = st.unconditional_test(14, 20, 6, 20, berger_boos=0.001)
    assert limited.p <= plain.p + 0.001 + 1e-9
    assert limited.p > 0.001


@pytest.mark.parametrize("ordering", ["boschloo", "z-pooled", "z-unpooled"])
def test_the_region_is_the_set_of_tables_with_p_at_most_alpha(ordering):
    region = st.critical_region(6, 8, 0.05, ordering)
    for x1, x2 in product(range(7), range(9)):
        assert region[x1, x2] == (st.unconditional_test(x1, 6, x2, 8, ordering).p <= 0.05)


@pytest.mark.parametrize(
    ("method", "true_size"), [("pearson", 0.063), ("fisher", 0.0375), ("boschloo", 0.048)]
)
def test_true_sizes_at_42_a_side_are_the_known_ones(method, true_size):
    assert st.exact_size(42, 42, method=method) == pytest.approx(true_size, abs=0.0006)


def test_exact_power_sums_the_region_under_both_binomials():
    region = st.rejection_region(5, 6, 0.1, "fisher")
    total = sum(
        comb(5, a) * 0.9**a * 0.1 ** (5 - a) * comb(6, b) * 0.2**b * 0.8 ** (6 - b)
        for a, b in product(range(6), range(7))
        if region[a, b]
    )
    assert st.exact_power(0.9, 0.2, 5, 6, 0.1, method="fisher") == pytest.approx(total)


@pytest.mark.parametrize("method", ["pearson", "yates", "n-1"])
def test_chi_square_regions_follow_their_p_values(method):
    region = st.rejection_region(7, 9, 0.05, method)
    correction = {"pearson": "none"}.get(method, method)
    for x1, x2 in product(range(8), range(10)):
        if x1 + x2 not in (0, 16):
            assert region[x1, x2] == (st.chi_square(x1, 7, x2, 9, correction).p <= 0.05)
    assert not region[0, 0]


def test_one_sided_regions_lie_on_their_side():
    greater, less = (st.rejection_region(8, 8, 0.05, "pearson", side) for side in ("greater", "less"))
    assert (greater == less.T).all()
    assert greater[8, 0]
    assert not greater[0, 8]


def test_the_exact_sample_size_is_the_first_that_reaches_the_power():
    n = st.exact_sample_size(0.9, 0.2, 0.8)
    assert st.exact_power(0.9, 0.2, n, n, method="fisher") >= 0.8
    assert st.exact_power(0.9, 0.2, n - 1, n - 1, method="fisher") < 0.8


def test_binomial_laws_are_laws_at_the_ends_too():
    laws = binomial_laws(4, np.array([0.0, 0.3, 1.0]))
    assert laws.sum(axis=1) == pytest.approx(1)
    assert laws[0, 0] == laws[2, 4] == 1


def test_size_finds_a_narrow_peak_between_grid_points():
    region = np.zeros((41, 41), dtype=bool)
    region[20, 20] = True
    peak = comb(40, 20) ** 2 * 0.25**40
    assert size(region, grid=10) == pytest.approx(peak, rel=1e-4)


GRID = np.linspace(0.05, 0.95, 19)


@pytest.mark.parametrize(
    ("method", "least", "mean"),
    [
        (st.clopper_pearson, 0.95, 0.97),
        (st.wilson, 0.90, 0.95),
        (st.jeffreys, 0.90, 0.95),
        (st.agresti_coull, 0.92, 0.96),
    ],
)
def test_coverage_of_one_proportion_by_enumeration(method, least, mean):
    limits = np.array([(found.low, found.high) for found in (method(x, 21) for x in range(22))])
    inside = (limits[:, :1] <= GRID) & (limits[:, 1:] >= GRID)
    coverage = np.einsum("gx,xg->g", binomial_laws(21, GRID), inside.astype(float))
    assert coverage.min() >= least
    assert coverage.mean() == pytest.approx(mean, abs=0.012)


@pytest.mark.parametrize(
    ("method", "least", "mean"),
    [
        (st.score_interval, 0.925, 0.953),
        (lambda *t: st.score_interval(*t, skewness=True), 0.93, 0.953),
        (st.newcombe, 0.89, 0.955),
        (st.agresti_caffo, 0.925, 0.957),
        (st.wald_difference, 0.70, 0.915),
    ],
)
def test_coverage_of_a_difference_by_enumeration(method, least, mean):
    n1, n2 = 14, 11
    tables = list(product(range(n1 + 1), range(n2 + 1)))
    limits = np.array([(found.low, found.high) for found in (method(a, n1, b, n2) for a, b in tables)])
    one, two = binomial_laws(n1, GRID), binomial_laws(n2, GRID)
    coverage = []
    for i, j in product(range(len(GRID)), repeat=2):
        theta = GRID[i] - GRID[j]
        inside = (limits[:, 0] <= theta + 1e-9) & (limits[:, 1] >= theta - 1e-9)
        coverage.append(np.outer(one[i], two[j]).ravel() @ inside)
    assert min(coverage) >= least
    assert np.mean(coverage) == pytest.approx(mean, abs=0.012)
