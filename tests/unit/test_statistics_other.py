"""Multiplicity, t and rank tests, imputation, re-randomization, and the room's manners."""

import inspect
import itertools
import math
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from trialist import statistics as st
from trialist.statistics.imputation import Model, assumed_means
from trialist.statistics.messages import MESSAGES

P = [0.01, 0.04, 0.03, 0.005]


def closed(p, local):
    """Adjusted p-values of the closed test, by definition: the largest local p of all intersections."""
    count = len(p)
    return [
        max(
            local([p[i] for i in chosen])
            for size in range(1, count + 1)
            for chosen in itertools.combinations(range(count), size)
            if j in chosen
        )
        for j in range(count)
    ]


def simes(values):
    return min(len(values) * p / (i + 1) for i, p in enumerate(sorted(values)))


@pytest.mark.parametrize("p", [P, [0.02, 0.02, 0.9], [0.3], [0.001, 0.2, 0.021, 0.03, 0.011]])
def test_holm_and_hommel_are_closed_tests(p):
    assert st.holm(p) == pytest.approx(closed(p, lambda q: min(1, len(q) * min(q))))
    assert st.hommel(p) == pytest.approx(closed(p, simes))


def test_hochberg_bonferroni_and_the_discovery_rate_by_hand():
    assert st.hochberg(P) == pytest.approx([0.03, 0.04, 0.04, 0.02])
    assert st.bonferroni(P) == pytest.approx([0.04, 0.16, 0.12, 0.02])
    assert st.benjamini_hochberg(P) == pytest.approx([0.02, 0.04, 0.04, 0.02])
    assert st.fixed_sequence([0.01, 0.04, 0.03]) == [0.01, 0.04, 0.04]


def test_graphs_contain_holm_and_the_fixed_sequence():
    count = len(P)
    even = tuple(tuple(0.0 if i == j else 1 / (count - 1) for j in range(count)) for i in range(count))
    assert st.graphical(P, st.Graph((0.25,) * 4, even)) == pytest.approx(st.holm(P))
    chain = tuple(tuple(float(j == i + 1) for j in range(count)) for i in range(count))
    assert st.graphical(P, st.Graph((1.0, 0, 0, 0), chain)) == pytest.approx(st.fixed_sequence(P))


def test_a_gatekeeping_graph_by_hand():
    # Two primary hypotheses at ½ each; each passes half its level to the other, half to its own secondary one.
    graph = st.Graph((0.5, 0.5, 0, 0), ((0, 0.5, 0.5, 0), (0.5, 0, 0, 0.5), (0, 1, 0, 0), (1, 0, 0, 0)))
    adjusted = st.graphical([0.01, 0.02, 0.005, 0.5], graph)
    # The first goes at 0.01/½ and leaves ¾ and ¼; the third at 0.005/¼ and leaves all to the second: 0.02/1.
    assert adjusted == pytest.approx([0.02, 0.02, 0.02, 0.5])


@pytest.mark.parametrize(
    ("weights", "passing"),
    [
        ((0.7, 0.7), ((0, 1), (1, 0))),
        ((0.5, 0.5), ((0.5, 0.5), (1, 0))),
        ((1,), ((0, 1),)),
        ((0.5, -0.1), ((0, 1), (1, 0))),
        ((0.5, 0.5), ((0, -0.1), (1, 0))),
        ((0.5, 0.5), ((0, 1.1), (1, 0))),
        ((0.5, 0.5), ((0, 1), (1, 0), (0, 0))),
    ],
)
def test_graphs_that_spend_too_much_are_refused(weights, passing):
    with pytest.raises(st.StatisticsRefusal):
        st.Graph(weights, passing)


def test_p_values_are_probabilities():
    for p in ([], [1.2], [-0.1], [math.nan], [0.5, 1.2], [-0.1, 0.5]):
        with pytest.raises(st.StatisticsRefusal, match="between 0 and 1"):
            st.holm(p)


A, B = [5.1, 4.2, 6.3, 5.8, 7.7], [3.9, 4.4, 5.0, 4.1]


def test_the_pooled_t_test_is_regression_on_the_arm():
    pooled = st.mean_difference(A, B, equal_variances=True)
    arm = np.array([1.0] * 5 + [0.0] * 4)
    regression = st.ancova(A + B, arm, np.zeros((9, 0)))
    assert (pooled.estimate, pooled.se, pooled.df) == pytest.approx((regression.estimate, regression.se, 7))
    welch = st.mean_difference(A, B)
    assert welch.se == pytest.approx(math.sqrt(np.var(A, ddof=1) / 5 + np.var(B, ddof=1) / 4))
    assert welch.df < 7


def test_sides_and_intervals_of_t_agree():
    effect = st.paired_difference([1.0, 2.5, 3.0, 4.8], [0.5, 2.0, 3.5, 3.1])
    assert effect.test("less").p + effect.test("greater").p == pytest.approx(1)
    assert effect.test().p == pytest.approx(2 * effect.test("greater").p)
    interval = effect.interval(1 - effect.test().p)
    assert interval.low == pytest.approx(0, abs=1e-9)
    assert effect.estimate == pytest.approx(0.55)


def test_covariates_are_adjusted_for():
    rng = np.random.default_rng(2)
    x, arm = rng.normal(size=(50, 2)), (np.arange(50) % 2).astype(float)
    y = 3 + 2 * arm + x @ [1.0, -1.0]
    effect = st.ancova(y + 1e-6 * rng.normal(size=50), arm, x)
    assert effect.estimate == pytest.approx(2, abs=1e-5)
    assert effect.df == 46


@pytest.mark.parametrize(
    "call",
    [
        lambda: st.mean_difference([1.0], [1.0, 2.0]),
        lambda: st.mean_difference([1.0, 1.0], [2.0, 2.0]),
        lambda: st.paired_difference([1.0, 2.0], [0.0, 1.0]),
        lambda: st.ancova([1.0, 2.0], np.array([0.0, 1.0]), np.zeros((2, 0))),
        lambda: st.signed_rank_test([1.0, 2.0], [1.0, 2.0]),
        lambda: st.rank_sum_test([1.0, 1.0], [1.0, 1.0]),
        lambda: st.mean_difference([1.0, math.nan], [1.0, 2.0]),
        lambda: st.ancova([1.0, 2.0, 3.0, 5.0], np.array([0.0, 1.0, 0.0, 1.0]), np.ones((4, 1))),
    ],
)
def test_continuous_methods_refuse_what_they_cannot_answer(call):
    with pytest.raises(st.StatisticsRefusal):
        call()


@pytest.mark.parametrize("side", ["two-sided", "greater", "less"])
def test_exact_rank_tests_are_the_enumeration(side):
    ranks = np.argsort(np.argsort(A + B)) + 1
    sums = [sum(chosen) - 15 for chosen in itertools.combinations(ranks, 5)]
    seen = ranks[:5].sum() - 15
    found = st.rank_sum_test(A, B, side)
    assert found.statistic == seen
    assert found.p == pytest.approx(tail(sums, seen, side))
    gaps = np.array([0.3, -0.1, 0.9, 1.4, -0.6, 0.2])
    order = np.argsort(np.argsort(abs(gaps))) + 1
    sums = [
        sum(r for r, sign in zip(order, signs, strict=True) if sign)
        for signs in itertools.product((0, 1), repeat=6)
    ]
    seen = order[gaps > 0].sum()
    assert st.signed_rank_test(gaps, alternative=side).p == pytest.approx(tail(sums, seen, side))


def tail(sums, seen, side):
    lower = sum(s <= seen for s in sums) / len(sums)
    upper = sum(s >= seen for s in sums) / len(sums)
    return {"less": lower, "greater": upper, "two-sided": min(1, 2 * min(lower, upper))}[side]


def test_tied_rank_tests_use_the_normal_law_with_ties():
    # R 4.2.2: wilcox.test(c(1,2,2,3,4), c(2,3,5,6,6,7)): W = 4.5, p-value = 0.06494
    found = st.rank_sum_test([1, 2, 2, 3, 4], [2, 3, 5, 6, 6, 7])
    assert found.statistic == 4.5
    variance = 30 / 12 * (12 - (24 + 6 + 6) / 110)
    assert found.p == pytest.approx(math.erfc((15 - 4.5 - 0.5) / math.sqrt(2 * variance)))
    found = st.signed_rank_test([1.0, -1.0, 2.0, 3.0, 0.0])
    assert found.statistic == 8.5
    assert found.method == "signed rank, normal"


def wide(n=60, seed=9, missing=0.3):
    rng = np.random.default_rng(seed)
    arm = (np.arange(n) % 2).astype(float)
    base = rng.normal(size=(n, 1))
    sigma = 0.5 + 0.5 * np.eye(3)
    outcomes = rng.multivariate_normal(np.zeros(3), sigma, n) + base + np.outer(arm, [0.2, 0.6, 1.0])
    for i in np.flatnonzero(rng.random(n) < missing):
        outcomes[i, rng.integers(1, 3) :] = np.nan
    return st.Longitudinal(outcomes, arm, base)


def test_without_missing_values_imputation_changes_nothing():
    data = wide(missing=0.0)
    plain = [st.ancova(column, data.arm, data.covariates).estimate for column in data.outcomes.T]
    for strategy in ("MAR", "JR", "CR", "CIR"):
        assert st.conditional_mean_effects(data, strategy) == pytest.approx(plain)


def test_strategies_take_the_means_that_their_names_say():
    model = Model(np.array([[1.0, 10.0], [2.0, 20.0], [3.0, 30.0]]), np.eye(3))
    outcomes = np.array([[0.0, np.nan, np.nan], [np.nan] * 3, [0.0, 0.0, 0.0]])
    data = st.Longitudinal(outcomes, np.ones(3), np.zeros((3, 0)))
    assert data.departures.tolist() == [1, 0, 3]
    own, reference = [11.0, 22.0, 33.0], [1.0, 2.0, 3.0]
    expected = {
        "MAR": [own, own, own],
        "JR": [[11.0, 2.0, 3.0], reference, own],
        "CR": [reference, reference, own],
        "CIR": [[11.0, 12.0, 13.0], reference, own],
    }
    for strategy, means in expected.items():
        assert assumed_means(data, model, strategy).tolist() == means


def test_reference_based_effects_are_weaker_and_delta_moves_the_treated_only():
    data = wide()
    mar, jr = (st.conditional_mean_effects(data, strategy)[-1] for strategy in ("MAR", "JR"))
    assert abs(jr) < abs(mar)
    gone = np.isnan(data.outcomes[:, 2]) & (data.arm == 1)
    shifted = st.conditional_mean_effects(data, "MAR", -1.0)[-1]
    penalty = st.ancova(np.where(gone, -1.0, 0.0), data.arm, data.covariates).estimate
    assert shifted == pytest.approx(mar + penalty)


def test_jackknife_bootstrap_and_rubin_agree_in_size():
    data = wide(40)
    jackknife = st.conditional_mean_jackknife(data)
    bootstrap = st.conditional_mean_bootstrap(data, np.random.default_rng(1), draws=60)
    pooled = st.multiple_imputation(data, np.random.default_rng(2), draws=20)
    assert bootstrap.estimates == jackknife.estimates
    assert bootstrap.standard_errors == pytest.approx(jackknife.standard_errors, rel=0.35)
    assert pooled[-1].se == pytest.approx(jackknife.standard_errors[-1], rel=0.35)
    assert pooled[-1].estimate == pytest.approx(jackknife.estimates[-1], abs=0.2)
    interval = jackknife.interval(2)
    assert (interval.low > 0) == (jackknife.p[2] < 0.05)


def test_rubin_by_hand():
    effects = [st.Effect(1.0, 0.5, 50), st.Effect(1.4, 0.5, 50), st.Effect(1.2, 0.5, 50)]
    pooled = st.rubin(effects)
    total = 0.25 + 4 / 3 * 0.04
    assert (pooled.estimate, pooled.se) == pytest.approx((1.2, math.sqrt(total)))
    share = 4 / 3 * 0.04 / total
    old, seen = 2 / share**2, 51 / 53 * 50 * (1 - share)
    assert pooled.df == pytest.approx(old * seen / (old + seen))
    assert st.rubin([st.Effect(1.0, 0.5, 50)] * 3) == st.Effect(1.0, 0.5, 50)
    assert st.rubin([st.Effect(e.estimate, e.se, math.inf) for e in effects]).df == pytest.approx(old)
    with pytest.raises(st.StatisticsRefusal):
        st.rubin(effects[:1])


def test_the_tipping_point_is_the_first_penalty_that_costs_significance():
    found = st.tipping_point(lambda delta: 0.01 - 0.02 * delta, [0.0, -1.0, -2.5, -3.0])
    assert found.point == -2.5
    assert [delta for delta, _ in found.path] == [0.0, -1.0, -2.5]
    assert st.tipping_point(lambda _: 0.01, [0.0, -1.0]).point is None


def binary():
    response = np.array([1, 1, 0, np.nan, 1, np.nan, 0, 0, 1, 0, np.nan, 0] * 4)
    arm = np.array([1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0] * 4, dtype=float)
    return st.BinaryOutcome(response, arm, np.repeat([1.0, 2.0], 24), np.zeros((48, 0)))


def test_missing_is_non_response_where_it_is_said_to_be():
    assert st.non_responder_imputed(binary()) == [(6, 12, 2, 12), (6, 12, 2, 12)]
    assert binary().tables() == [(6, 8, 2, 10), (6, 8, 2, 10)]


@pytest.mark.parametrize("covariates", [0, 1])
def test_binary_imputation_depends_on_what_is_assumed(covariates):
    data = binary()
    rng = np.random.default_rng(5)
    data = st.BinaryOutcome(data.response, data.arm, data.stratum, rng.normal(size=(48, covariates)))
    mar = st.multiple_binary_imputation(data, np.random.default_rng(1), draws=200)
    reference = st.multiple_binary_imputation(data, np.random.default_rng(1), "reference", draws=200)
    worst = st.multiple_binary_imputation(data, np.random.default_rng(1), delta=-30.0, draws=20)
    assert mar.estimate == pytest.approx(12 / 16 - 4 / 20, abs=0.06)
    assert worst.estimate < reference.estimate < mar.estimate
    assert worst.estimate == pytest.approx(12 / 24 - 4 / 20, abs=0.06)


def test_all_completions_are_tried():
    found = st.completions((6, 8, 2, 10), (2, 1), lambda table: st.chi_square(*table).p)
    assert found.shape == (3, 2)
    assert found[2, 0] == st.chi_square(8, 10, 2, 11).p
    assert st.completions((0, 3, 0, 3), (0, 0), lambda table: st.chi_square(*table).p)[0, 0] == 1


def test_re_randomization_over_all_allocations_is_fishers_test():
    outcome = np.array([1, 1, 1, 0, 1, 0, 0, 0])
    allocations = list(itertools.combinations(range(8), 4))

    def gap(chosen):
        return 2 * outcome[list(chosen)].sum() - outcome.sum()

    found = st.rerandomization_test(allocations[0], lambda i: allocations[i], gap, len(allocations))
    exact = st.fisher_test(3, 4, 1, 4).p
    assert found.p == pytest.approx((1 + exact * 70) / 71)
    one = st.rerandomization_test(allocations[0], lambda i: allocations[i], gap, 70, "greater")
    assert one.p == pytest.approx((1 + st.fisher_test(3, 4, 1, 4, "greater").p * 70) / 71)
    less = st.rerandomization_test(allocations[0], lambda i: allocations[i], gap, 70, "less")
    assert less.p == pytest.approx((1 + st.fisher_test(3, 4, 1, 4, "less").p * 70) / 71)
    assert found.error == pytest.approx(math.sqrt(found.p * (1 - found.p) / 70))
    with pytest.raises(st.StatisticsRefusal):
        st.rerandomization_test(allocations[0], lambda i: allocations[i], gap, 0)
    with pytest.raises(st.StatisticsRefusal):
        st.rerandomization_test(allocations[0], lambda i: allocations[i], lambda _: math.nan, 5)


def test_every_public_name_loads_and_is_documented():
    for name in dir(st):
        value = getattr(st, name)
        if inspect.isfunction(value) or inspect.isclass(value):
            assert value.__doc__, name
    with pytest.raises(AttributeError):
        _ = st.nothing_of_this_name


def test_the_primary_path_loads_numpy_and_nothing_heavier():
    code = (
        "import sys; from trialist import statistics as st; assert 'numpy' not in sys.modules\n"
        "t = [(8, 20, 2, 21), (17, 22, 11, 21)]\n"
        "st.cmh_test(t), st.stratified_score_interval(t), st.stratified_newcombe(t), st.mh_risk_difference(t)\n"
        "st.wilson(3, 9), st.newcombe(*t[0]), st.fisher_test(*t[0]), st.exact_conditional_test(t)\n"
        "heavy = {'scipy', 'pandas', 'statsmodels', 'numba'} & set(sys.modules); assert not heavy, heavy"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_every_refusal_has_a_sentence_in_both_languages():
    source = Path(st.__file__).parent
    codes = {
        f"statistics.{code}"
        for file in source.glob("*.py")
        for code in re.findall(r'StatisticsRefusal\(\s*"(\w+)"', file.read_text())
    }
    assert codes == set(MESSAGES)
    finding = st.StatisticsRefusal("empty_arm", "an arm has no participants").finding()
    assert "an arm has no participants" in finding.words
    assert finding.say("zh") != finding.words
