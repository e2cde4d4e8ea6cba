"""What the reference set does not ask but could: other counts, levels, sides, ratios, nulls, designs and edges.

`variations.json` holds numbers that the named packages computed for such cases. The tests below it hold the
same door against oracles that share no code with it: enumeration in whole numbers, numerical maximization,
SciPy's multivariate normal law, and symmetries that every method must have.
"""

import json
import math
import os
from fractions import Fraction
from itertools import combinations, permutations, product
from pathlib import Path

import numpy as np
import pytest
from scipy import optimize, stats
from test_cases import HERE, WHOLE, differences

from trialist import reference
from trialist import statistics as st
from trialist.statistics.covariance import structure

CASES = json.loads((HERE / "variations.json").read_text())["cases"]
Z975 = stats.norm.ppf(0.975)


@pytest.fixture(autouse=True)
def _data(monkeypatch):
    if WHOLE.exists() and "TRIALIST_REFERENCE_DATA" not in os.environ:
        monkeypatch.setenv("TRIALIST_REFERENCE_DATA", str(WHOLE.parent))


def answer(topic, inputs, *keys):
    return reference.run({"topic": topic, "inputs": inputs, "expected": dict.fromkeys(keys)})


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_a_neighbor_of_a_case_meets_what_the_package_computed(case):
    name = case["inputs"].get("data")
    if name and not (Path(os.environ.get("TRIALIST_REFERENCE_DATA", HERE)) / name).exists():
        pytest.skip(f"the data file {name} is not here")
    assert differences(reference.run(case), case["expected"], case["tol"]) == []


def test_every_topic_has_variations():
    assert {case["topic"] for case in CASES} == set(reference.TOPICS)


DEFAULTS = [
    ("fisher_exact", {"table": [[3, 9], [7, 5]]}, {"alternative": "two.sided", "conf_level": 0.95}),
    ("single_proportion_ci", {"x": 3, "n": 20}, {"conf_level": 0.95}),
    (
        "stratified_score_rd",
        {"x1": [3, 5], "n1": [9, 9], "x2": [1, 3], "n2": [8, 9]},
        {"weighting": "MH", "skew": True},
    ),
    ("sample_size_two_proportions", {"p1": 0.5, "p2": 0.2, "power": 0.8}, {"alpha": 0.05, "sided": 2}),
    (
        "sample_size_two_proportions",
        {"p1": 0.5, "p2": 0.2, "beta": 0.2},
        {"alpha": 0.025, "sided": 1, "ratio": 1},
    ),
    (
        "sample_size_two_proportions",
        {"pi1": 0.5, "pi2": 0.2, "power": 0.8},
        {"alpha": 0.025, "sided": 1, "kMax": 1},
    ),
    ("group_sequential_boundary", {"type": "OF"}, {"alpha": 0.025, "sided": 1, "kMax": 3}),
    ("group_sequential_spending", {"sfu": "sfLDOF"}, {"alpha": 0.025, "test.type": 1, "k": 3}),
    (
        "exact_power",
        {"p_control": 0.2, "p_treat": 0.6, "n1": 9, "n2": 8},
        {"alpha": 0.05, "sided": 2, "method": "z-pooled"},
    ),
    ("power_two_proportions_arcsine", {"h": 0.4, "n": 30}, {"alpha": 0.05, "alternative": "two.sided"}),
    ("multiplicity", {"p": [0.03, 0.01, 0.2]}, {"method": "holm"}),
    ("t_test", {"x": [1.0, 2.0, 4.0], "y": [2.0, 5.0, 6.0]}, {"paired": False, "var_equal": False}),
    ("wilcoxon", {"x": [1.0, 2.0, 4.0], "y": [2.5, 5.0, 6.0]}, {"paired": False, "correct": True}),
]


@pytest.mark.parametrize(("topic", "inputs", "defaults"), DEFAULTS)
def test_what_a_case_leaves_out_is_the_default_of_its_packages_function(topic, inputs, defaults):
    given = reference.TOPICS[topic](inputs | defaults)
    assert differences(reference.TOPICS[topic](inputs), given, 1e-12) == []


# --- tables ---------------------------------------------------------------------------------------------


def ways(x1, n1, x2, n2):
    return math.comb(n1, x1) * math.comb(n2, x2)


@pytest.mark.parametrize("table", [(0, 7, 4, 9), (7, 7, 0, 9), (3, 12, 9, 13), (0, 5, 0, 6), (5, 5, 6, 6)])
def test_fishers_p_is_the_count_of_arrangements(table):
    x1, n1, x2, n2 = table
    cells = [[x1, n1 - x1], [x2, n2 - x2]]
    possible = [k for k in range(n1 + 1) if 0 <= x1 + x2 - k <= n2]
    weight = {k: Fraction(ways(k, n1, x1 + x2 - k, n2), math.comb(n1 + n2, x1 + x2)) for k in possible}
    due = {
        "less": sum(weight[k] for k in possible if k <= x1),
        "greater": sum(weight[k] for k in possible if k >= x1),
        "two.sided": sum(w for w in weight.values() if w <= weight[x1]),
    }
    for side, p in due.items():
        got = answer("fisher_exact", {"table": cells, "alternative": side}, "p")["p"]
        assert got == pytest.approx(float(p), rel=1e-12)


@pytest.mark.parametrize("method", ["z-pooled", "z-unpooled", "boschloo"])
@pytest.mark.parametrize(
    ("table", "side"), [((5, 6, 1, 7), "greater"), ((1, 9, 4, 5), "less"), ((0, 6, 3, 5), "two.sided")]
)
def test_an_unconditional_p_is_the_worst_over_a_fine_grid(method, table, side):
    x1, n1, x2, n2 = table
    extreme = {cell: distance(cell, n1, n2, method, side) for cell in product(range(n1 + 1), range(n2 + 1))}
    region = [cell for cell, far in extreme.items() if far >= extreme[x1, x2] - 1e-9]
    grid = np.linspace(0.0005, 0.9995, 1999)
    law = sum(stats.binom.pmf(a, n1, grid) * stats.binom.pmf(b, n2, grid) for a, b in region)
    inputs = {"x1": x1, "n1": n1, "x2": x2, "n2": n2, "alternative": side, "method": method}
    assert answer("unconditional_exact", inputs, "p")["p"] == pytest.approx(law.max(), abs=2e-6)


def distance(cell, n1, n2, method, side):
    """How far one table speaks against equality, by SciPy or by hand."""
    (x1, x2), p1, p2 = cell, cell[0] / n1, cell[1] / n2
    if method == "boschloo":
        return -stats.fisher_exact([[x1, n1 - x1], [x2, n2 - x2]], side.replace(".", "-")).pvalue
    p = (x1 + x2) / (n1 + n2)
    variance = p * (1 - p) * (1 / n1 + 1 / n2)
    if method == "z-unpooled":
        variance = p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2
    z = (
        0.0
        if p1 == p2
        else (p1 - p2) / math.sqrt(variance)
        if variance > 0
        else math.copysign(math.inf, p1 - p2)
    )
    return {"greater": z, "less": -z, "two.sided": abs(z)}[side]


@pytest.mark.parametrize("table", [(3, 11, 6, 9), (0, 8, 5, 12), (9, 9, 2, 7)])
def test_miettinen_and_nurminens_limits_solve_their_equation(table):
    """The restricted proportions by numerical maximization instead of the cubic."""
    x1, n1, x2, n2 = table
    inputs = {"x1": x1, "n1": n1, "x2": x2, "n2": n2, "conf_level": 0.95}
    limits = answer("two_proportion_ci", inputs, "rd_miettinen_nurminen")["rd_miettinen_nurminen"]
    for limit, target in zip(limits, (Z975, -Z975), strict=True):
        if abs(limit) == 1:
            continue

        def loss(p2, limit=limit):
            return -stats.binom.logpmf(x1, n1, p2 + limit) - stats.binom.logpmf(x2, n2, p2)

        low, high = max(0.0, -limit), min(1.0, 1 - limit)
        p2 = optimize.minimize_scalar(loss, bounds=(low, high), method="bounded", options={"xatol": 1e-11}).x
        p1, total = p2 + limit, n1 + n2
        variance = (p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2) * total / (total - 1)
        assert (x1 / n1 - x2 / n2 - limit) / math.sqrt(variance) == pytest.approx(target, abs=1e-4)


@pytest.mark.parametrize("strata", [[(2, 3, 1, 4), (0, 2, 0, 3), (3, 3, 1, 2)], [(1, 1, 0, 2), (4, 5, 2, 4)]])
def test_the_exact_stratified_p_is_the_count_of_arrangements(strata):
    def law(x1, n1, x2, n2):
        events = x1 + x2
        return {k: ways(k, n1, events - k, n2) for k in range(n1 + 1) if 0 <= events - k <= n2}

    sums: dict[int, int] = {}
    for chosen in product(*(law(*stratum).items() for stratum in strata)):
        total = sum(k for k, _ in chosen)
        sums[total] = sums.get(total, 0) + math.prod(w for _, w in chosen)
    observed = sums[sum(stratum[0] for stratum in strata)]
    due = Fraction(sum(w for w in sums.values() if w <= observed), sum(sums.values()))
    tables = [dict(zip(("x1", "n1", "x2", "n2"), stratum, strict=True)) for stratum in strata]
    got = answer("cochran_mantel_haenszel", {"strata": tables}, "p_exact")["p_exact"]
    assert got == pytest.approx(float(due), rel=1e-10)


def test_a_stratum_of_one_outcome_does_not_take_all_the_weight():
    """Under inverse-variance weights it has no variance at θ = 0, and would hold the estimate there."""
    inputs = {"x1": [3, 9], "n1": [3, 12], "x2": [4, 3], "n2": [4, 12], "weighting": "IVS", "skew": False}
    assert 0.2 < answer("stratified_score_rd", inputs, "est")["est"] < 0.5


SYMMETRIC = [
    (
        "two_proportion_ci",
        {"conf_level": 0.9},
        ["rd_newcombe10", "rd_miettinen_nurminen", "rd_scas", "rd_wald"],
    ),
    ("two_proportion_ci", {"adj": 1, "alpha": 0.1}, ["rd_ci"]),
]


@pytest.mark.parametrize(("topic", "options", "keys"), SYMMETRIC)
@pytest.mark.parametrize("table", [(3, 11, 6, 9), (0, 8, 5, 12), (10, 10, 0, 6)])
def test_swapped_arms_mirror_a_difference(topic, options, keys, table):
    x1, n1, x2, n2 = table
    one = answer(topic, {"x1": x1, "n1": n1, "x2": x2, "n2": n2, **options}, *keys)
    other = answer(topic, {"x1": x2, "n1": n2, "x2": x1, "n2": n1, **options}, *keys)
    for key in keys:
        assert one[key] == pytest.approx([-other[key][1], -other[key][0]], abs=1e-9)


# --- samples --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("side", ["two.sided", "less", "greater"])
@pytest.mark.parametrize("paired", [False, True])
def test_t_tests_and_their_one_sided_intervals_are_scipys(side, paired):
    x, y = [2.1, 3.3, 1.7, 4.4, 2.9], [1.2, 2.8, 2.9, 3.1, 0.4]
    inputs = {"x": x, "y": y, "paired": paired, "alternative": side, "conf_level": 0.9}
    options = {"alternative": side.replace(".", "-")}
    due = stats.ttest_rel(x, y, **options) if paired else stats.ttest_ind(x, y, equal_var=False, **options)
    interval = due.confidence_interval(0.9)
    got = answer("t_test", inputs, "t", "df", "p", "ci")
    assert (got["t"], got["df"], got["p"]) == pytest.approx((due.statistic, due.df, due.pvalue))
    assert got["ci"] == pytest.approx([interval.low, interval.high])


@pytest.mark.parametrize("side", ["two.sided", "less", "greater"])
def test_an_exact_rank_sum_p_is_the_count_of_rankings(side):
    x, y = [1.1, 2.7, 5.2], [0.3, 3.1, 4.4, 6.6]
    ranks = stats.rankdata([*x, *y])[: len(x)].sum()
    sums = np.array([sum(chosen) for chosen in combinations(range(1, 8), 3)])
    lower, upper = np.mean(sums <= ranks), np.mean(sums >= ranks)
    due = {"less": lower, "greater": upper, "two.sided": min(1.0, 2 * min(lower, upper))}[side]
    inputs = {"x": x, "y": y, "paired": False, "alternative": side}
    assert answer("wilcoxon", inputs, "p")["p"] == pytest.approx(due)


def test_hommels_adjustment_is_the_closed_test_of_simes():
    p = [0.031, 0.004, 0.2, 0.019, 0.04]

    def simes(chosen):
        ordered = sorted(p[i] for i in chosen)
        return min(len(ordered) * value / rank for rank, value in enumerate(ordered, 1))

    subsets = [chosen for size in range(1, 6) for chosen in combinations(range(5), size)]
    due = [max(simes(chosen) for chosen in subsets if i in chosen) for i in range(5)]
    assert answer("multiplicity", {"p": p, "method": "hommel"}, "adjusted")["adjusted"] == pytest.approx(due)


# --- designs --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("design", ["OF", "P", "HP", "asOF"])
def test_power_with_two_looks_is_a_rectangle_of_the_normal_law(design):
    inputs = {"pi1": 0.35, "pi2": 0.5, "n_total": 90, "design": design, "kMax": 2, "alpha": 0.05, "sided": 1}
    bound = answer("group_sequential_boundary", {**inputs, "type": design}, "critical_values")[
        "critical_values"
    ]
    n1, n2 = 60, 30
    v1 = 0.35 * 0.65 / n1 + 0.5 * 0.5 / n2
    pooled = (n1 * 0.35 + n2 * 0.5) / 90
    v0 = pooled * (1 - pooled) * (1 / n1 + 1 / n2)
    drift = 0.15 / math.sqrt(v1) + stats.norm.ppf(0.95) * (1 - math.sqrt(v0 / v1))
    shared = math.sqrt(0.5)
    going = stats.multivariate_normal.cdf(bound, [drift * shared, drift], [[1, shared], [shared, 1]])
    early = stats.norm.sf(bound[0] - drift * shared)
    got = answer(
        "power_group_sequential",
        {**inputs, "ratio": 2, "directionUpper": False},
        "power",
        "early_stop",
        "expected_n",
    )
    assert (got["power"], got["early_stop"]) == pytest.approx((1 - going, early), abs=1e-6)
    assert got["expected_n"] == pytest.approx(90 * (1 - early / 2), abs=1e-4)


def test_two_sided_power_without_an_effect_is_the_level():
    inputs = {"pi1": 0.3, "pi2": 0.3, "n_total": 90, "design": "P", "kMax": 3, "alpha": 0.05, "sided": 2}
    assert answer("power_group_sequential", inputs, "power")["power"] == pytest.approx(0.05)


def test_data_after_the_crossing_do_not_change_the_final_inference():
    crossed = {"n1": 21, "x1": 17, "n2": 21, "x2": 3}
    first, *others = (
        answer(
            "group_sequential_analysis",
            {"stages": [crossed, *later], "design": "OF K=2 alpha .025 one-sided"},
            "final_p",
            "median_unbiased",
        )
        for later in ([], [{"n1": 21, "x1": 9, "n2": 21, "x2": 9}], [{"n1": 21, "x1": 3, "n2": 21, "x2": 15}])
    )
    assert others == [first, first]
    assert first["median_unbiased"] == pytest.approx(14 / 21)


@pytest.mark.parametrize("sizes", [[2, 4], [4, 4], [2, 2, 4]])
def test_guessing_blocks_one_after_another_is_counted_order_by_order(sizes):
    blocks = [sorted(set(permutations("A" * (size // 2) + "B" * (size // 2)))) for size in sizes]
    orders = ["".join("".join(block) for block in chosen) for chosen in product(*blocks)]
    hits = Fraction(0)
    for order in orders:
        for at, arm in enumerate(order):
            lead = order[:at].count("A") - order[:at].count("B")
            hits += Fraction(1, 2) if lead == 0 else (arm == "B") == (lead > 0)
    got = answer(
        "permuted_block",
        {"blocks": sizes, "ratio": "1:1"},
        "n_sequences",
        "expected_correct_guess_convergence",
    )
    assert got["n_sequences"] == len(orders)
    assert got["expected_correct_guess_convergence"] == pytest.approx(float(hits / len(orders) / sum(sizes)))


# --- models ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["spexp", "spgau"])
def test_derivatives_of_a_spatial_covariance_are_those_of_its_values(name):
    places, at = np.array([[0.0, 1.0], [1.5, 0.5], [4.0, 2.0]]), np.array([2.0, 1.7])
    pieces, step = structure(name, 3).pieces, 1e-5
    _, first, second = pieces(at, places)
    for k, shift in enumerate(np.eye(2) * step):
        up, down = pieces(at + shift, places), pieces(at - shift, places)
        assert first[k] == pytest.approx((up[0] - down[0]) / (2 * step), abs=1e-8)
        assert second[k] == pytest.approx((up[1] - down[1]) / (2 * step), abs=1e-8)


@pytest.mark.parametrize("covariance", ["us", "csh", "spgau"])
def test_the_likelihood_of_a_repeated_measures_model_is_the_normal_law(covariance):
    """By SciPy's density, participant by participant, some visits missing; a spatial one at its parameters."""
    rng = np.random.default_rng(7)
    visits = np.arange(3.0)
    people = [visits[rng.random(3) < 0.8] for _ in range(40)]
    rows = [(who, visit) for who, own in enumerate(people) for visit in own]
    who, visit = (np.array(column) for column in zip(*rows, strict=True))
    y = rng.normal(size=40)[who] + rng.normal(size=len(rows)) + visit
    design = np.column_stack([np.ones(len(rows)), visit])
    options = {"coordinates": visit[:, None]} if covariance == "spgau" else {}
    fit = st.fit_mmrm(
        y, design, who.tolist(), visit.tolist(), covariance=covariance, criterion="ML", **options
    )
    whole = structure(covariance, 3).pieces(fit.parameters, visits[:, None] if options else visits)[0]
    total = 0.0
    for one in set(who.tolist()):
        own, at = who == one, visit[who == one].astype(int)
        total += stats.multivariate_normal.logpdf(
            y[own], design[own] @ fit.coefficients, whole[np.ix_(at, at)]
        )
    assert fit.minus2_log_likelihood == pytest.approx(-2 * total, abs=1e-8)
