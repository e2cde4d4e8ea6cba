"""Where the repeated-measures likelihood is begun, and how a trial with looks is read: by definition, not by result."""

import math

import numpy as np
import pytest

from trialist import statistics as st
from trialist.statistics.likelihood import Slopes, _direction, _halved, minimize, slopes_of
from trialist.statistics.repeated import _mivque0, _problem, _rough, _spacing

SIGMA = np.array([[1.0, 0.5, 0.3], [0.5, 1.4, 0.6], [0.3, 0.6, 2.0]])


def trial(missing=True, n=9):
    """Rows of participants with three visits, some of them missing, and two arms."""
    kept = np.ones((n, 3), dtype=bool)
    if missing:
        kept[[0, 3], 2] = kept[4, 1] = kept[5, 0] = False
    who, visit = np.nonzero(kept)
    design = np.column_stack([visit == 0, visit == 1, visit == 2, (who % 2) * (visit + 1)]).astype(float)
    return design, who, visit


def rows(kind, criterion, y, missing=True):
    design, who, visit = trial(missing)
    choices = (kind, criterion, None, None, None)
    return design, who, visit, _problem(y, design, who.tolist(), visit.tolist(), choices)[0]


@pytest.mark.parametrize("kind", ["us", "cs", "toep"])
def test_the_first_guess_for_sas_is_unbiased(kind):
    # A quadratic estimate y'Ay has expectation tr(AV), the sum of its values at the columns of a root of V.
    form = st.structure(kind, 3)
    psi = form.start(SIGMA)
    sigma = form.pieces(psi, np.arange(3.0))[0]
    design, who, visit, problem = rows(kind, "REML", np.arange(len(trial()[1]), dtype=float) % 5)
    law = np.where(who[:, None] == who[None, :], sigma[np.ix_(visit, visit)], 0.0)
    guesses = [_mivque0(problem, y, design, who.tolist(), visit.tolist()) for y in np.linalg.cholesky(law).T]
    assert np.sum(guesses, axis=0) == pytest.approx(psi)


def test_with_everybody_complete_the_first_guess_is_the_covariance_of_residuals():
    outcomes = np.random.default_rng(1).normal(size=(9, 3))
    who, visit = np.repeat(np.arange(9), 3), np.tile(np.arange(3), 9)
    design = np.eye(3)[visit]
    y, lower = outcomes.ravel(), np.tril_indices(3)
    cross = np.cov(outcomes.T, ddof=0) * 9
    for criterion, divisor in (("REML", 8), ("ML", 9)):
        choices = ("us", criterion, None, None, None)
        problem, start, _ = _problem(y, design, who.tolist(), visit.tolist(), choices)
        guess = _mivque0(problem, y, design, who.tolist(), visit.tolist())
        assert guess == pytest.approx(cross[lower] / divisor)
        assert start == pytest.approx(
            cross[lower] / 9
        )  # the room's own start: moments, by nothing but counts
        fit = st.fit_mmrm(y, design, who.tolist(), visit.tolist(), criterion=criterion)
        assert fit.sigma[None] == pytest.approx(cross / divisor, rel=1e-6)


def test_a_rough_covariance_counts_pairs_that_were_seen():
    y = np.array([1.0, 2.0, -1.0, 3.0, 0.5, 1.5])
    people, codes = (
        [np.array([0, 1]), np.array([2, 3]), np.array([4]), np.array([5])],
        np.array([0, 1, 0, 1, 0, 1]),
    )
    table = np.column_stack([np.zeros((6, 1)), y])  # a design of nothing: residuals are the values
    guess = _rough(people, codes, table, 2)
    assert guess == pytest.approx(
        np.array([[(1 + 1 + 0.25) / 3, (2 - 3) / 2], [(2 - 3) / 2, (4 + 9 + 2.25) / 3]])
    )
    nothing = _rough([np.array([0]), np.array([1])], np.array([0, 1]), table[:2], 2)
    assert nothing == pytest.approx(np.diag([1.0, 4.0]))


def test_a_visit_without_residuals_begins_at_a_thousandth_of_the_others():
    table = np.column_stack([np.zeros((4, 1)), [1.0, 0.0, -1.0, 0.0]])
    guess = _rough([np.array([0, 1]), np.array([2, 3])], np.array([0, 1, 0, 1]), table, 2)
    assert np.diag(guess) == pytest.approx([1.0, 0.0005], rel=1e-3)


def test_a_rough_covariance_is_shrunk_until_it_is_one():
    # Visits that no participant shares with a third make a matrix of pairs that no data have.
    y = np.array([1.0, 1.0, 1.0, 1.0, 1.0, -1.0])
    people = [np.array([0, 1]), np.array([2, 3]), np.array([4, 5])]
    codes = np.array([0, 1, 1, 2, 0, 2])
    guess = _rough(people, codes, np.column_stack([np.zeros(6), y]), 3)
    assert np.linalg.eigvalsh(guess).min() > 0
    assert np.diag(guess) == pytest.approx(np.ones(3))
    assert guess[0, 1] == guess[1, 2] == -guess[0, 2]
    assert 0.3 < guess[0, 1] < 0.5  # beyond ½ the smallest eigenvalue 1 - 2r is negative


def test_a_range_is_begun_at_the_spread_of_the_places():
    assert _spacing(np.array([0.0, 10.0, 20.0, 30.0])) == pytest.approx(math.sqrt(125))
    assert _spacing(np.array([[0.0, 0.0], [6.0, 8.0]])) == pytest.approx(5)
    assert _spacing(np.array([4.0, 4.0])) == 1


def test_a_spatial_fit_does_not_depend_on_the_unit_of_distance():
    rng = np.random.default_rng(2)
    design, who, visit = trial()
    y = rng.normal(size=len(who)) + rng.normal(size=9)[who]
    fits = [
        st.fit_mmrm(y, design, who.tolist(), visit.tolist(), covariance="spexp", coordinates=unit * visit)
        for unit in (1e-4, 1.0, 1e5)
    ]
    for fit, unit in zip(fits, (1e-4, 1.0, 1e5), strict=True):
        assert fit.minus2_log_likelihood == pytest.approx(fits[1].minus2_log_likelihood, abs=1e-8)
        assert fit.parameters[1] / unit == pytest.approx(fits[1].parameters[1], rel=1e-4)


class Bowl:
    """-2 log L with its minimum at 3, steep far away: a full Newton step from afar overshoots."""

    def __init__(self):
        self.asked = []

    def value(self, parameters):
        x = float(parameters[0]) - 3
        self.asked.append(x + 3)
        return math.sqrt(1 + x * x)


def test_a_step_that_overshoots_is_halved_until_it_gains():
    bowl = Bowl()
    found, value = _halved(bowl, np.array([0.0]), np.array([16.0]), bowl.value(np.array([0.0])))
    assert bowl.asked[1:] == [16.0, 8.0, 4.0]
    assert (found[0], value) == (4.0, math.sqrt(2))
    assert _halved(bowl, np.array([3.0]), np.array([1.0]), 1.0) is None


def slopes(gradient, hessian, expected):
    return Slopes(np.array(gradient), np.array(hessian), np.array(expected), np.zeros(1), np.eye(1))


def test_the_direction_is_newtons_or_where_the_hessian_bends_down_fishers():
    assert _direction(slopes([2.0], [[4.0]], [[1.0]])) == pytest.approx([-0.5])
    assert _direction(slopes([2.0], [[-4.0]], [[1.0]])) == pytest.approx([-2.0])
    with pytest.raises(st.StatisticsRefusal, match="not identified"):
        _direction(slopes([2.0], [[-4.0]], [[0.0]]))


@pytest.mark.parametrize("tolerance", [1e-14, 1e-8])
def test_the_search_ends_where_the_decrement_is_small_beside_the_likelihood(tolerance):
    rng = np.random.default_rng(3)
    *_, problem = rows("cs", "REML", rng.normal(size=len(trial()[1])))
    start = np.array([1.0, 0.1])
    found = minimize(problem, start, tolerance)
    at = slopes_of(problem, problem.moments(found))
    decrement = at.gradient @ np.linalg.solve(at.hessian, at.gradient)
    assert abs(decrement) < tolerance * abs(problem.value(found))
    with pytest.raises(st.StatisticsRefusal, match="not positive definite"):
        minimize(problem, np.array([1.0, -40.0]))


# Trials with looks


def test_limits_of_the_drift_have_their_stagewise_tails():
    design = st.obrien_fleming_design([0.5, 1.0])
    for look, z in ((1, 1.0), (2, 2.1)):
        low, high = st.stagewise_interval(design, z, look)
        assert st.stagewise_p(design, z, look, low) == pytest.approx(0.025, abs=1e-8)
        assert st.stagewise_p(design, z, look, high) == pytest.approx(0.975, abs=1e-8)
        assert st.stagewise_interval(design, z, look, 0.5)[0] > low


def test_a_trial_with_looks_is_read_from_its_cumulated_tables():
    design = st.pocock_design([0.5, 1.0])
    stages = [(9, 20, 5, 20), (12, 20, 6, 20)]
    whole = (21, 40, 11, 40)
    found = st.sequential_analysis(design, stages)
    assert found.z == pytest.approx((st.z_pooled(*stages[0]).statistic, st.z_pooled(*whole).statistic))
    for interval, table, bound in zip(found.repeated, (stages[0], whole), design.upper, strict=True):
        plain = st.score_interval(*table, math.erf(bound / math.sqrt(2)), corrected=False)
        assert (interval.low, interval.high) == pytest.approx((plain.low, plain.high), rel=1e-6)
    assert found.p == pytest.approx(st.stagewise_p(design, found.z[1], 2))
    drift = found.median_unbiased / (10 / 40) * found.z[1]
    assert st.stagewise_p(design, found.z[1], 2, drift) == pytest.approx(0.5, abs=1e-6)


def test_reaching_the_boundary_ends_the_trial():
    table = (18, 21, 3, 21)
    z = st.z_pooled(*table).statistic
    at = st.SequentialDesign((0.5, 1.0), (z, 2.0), (-math.inf, -math.inf), 0.025)
    above = st.SequentialDesign((0.5, 1.0), (z + 1e-9, 2.0), (-math.inf, -math.inf), 0.025)
    assert st.sequential_analysis(at, [table]).p is not None
    assert st.sequential_analysis(above, [table]).p is None


def test_without_a_difference_the_estimate_is_none():
    found = st.sequential_analysis(st.obrien_fleming_design([1.0]), [(5, 20, 5, 20)])
    assert (found.median_unbiased, found.p) == (0.0, pytest.approx(0.5))


def test_the_drift_of_a_trial_without_looks_is_what_its_size_was_made_for():
    z80 = 0.8416212335729143
    for alpha, sided, z in ((0.025, 1, 1.959963984540054), (0.05, 2, 1.959963984540054)):
        n = st.sample_size_proportions(0.6, 0.3, 0.8, alpha, sided=sided)
        drift = st.drift_proportions(0.6, 0.3, n.n1, n.n2, alpha, sided=sided)
        assert drift == pytest.approx(z + z80)
    shifted = st.sample_size_proportions(0.5, 0.5, 0.8, 0.025, sided=1, null=-0.2)
    assert st.drift_proportions(0.5, 0.5, shifted.n1, shifted.n2, null=-0.2) == pytest.approx(
        1.959963984540054 + z80
    )


def test_expected_information_weighs_each_look_by_its_stopping():
    design = st.haybittle_peto_design([0.25, 0.5, 1.0])
    assert design.upper[:2] == (3.0, 3.0)
    assert design.spent[-1] == pytest.approx(0.025, abs=1e-9)
    assert design.spent[0] == pytest.approx(math.erfc(3 / math.sqrt(2)) / 2)
    assert design.stage_levels[0] == pytest.approx(math.erfc(3 / math.sqrt(2)) / 2)
    first, second = design.crossing(2.0).upper[:2]
    assert design.expected_information(2.0) == pytest.approx(
        0.25 * first + 0.5 * second + (1 - first - second)
    )


def test_where_nothing_is_spent_no_boundary_is_reached():
    late = lambda t, level: 0.0 if t < 0.4 else level * t  # noqa: E731 - a spending function is a function
    design = st.futility_design(late, late, [0.3, 0.6, 1.0], 0.025, 0.2)
    plain = st.futility_design(late, late, [0.6, 1.0], 0.025, 0.2)
    assert design.upper[0] > 20
    assert design.lower[0] < -20
    assert (design.upper[1:], design.lower[1:]) == (pytest.approx(plain.upper), pytest.approx(plain.lower))
    assert design.drift == pytest.approx(plain.drift)


def test_a_two_sided_design_treats_both_arms_alike():
    design = st.spending_design(st.spending.hwang_shih_decani(1.0), [0.3, 0.6, 1.0], 0.1, 2)
    up, down = design.crossing(1.3), design.crossing(-1.3)
    assert up.upper == pytest.approx(down.lower)
    assert up.lower == pytest.approx(down.upper)
    assert math.fsum(design.crossing(0.0).upper) == pytest.approx(0.05, abs=1e-9)


def test_an_interim_look_needs_a_fraction_between_none_and_all():
    for t in (0.0, 1.0):
        for call in (st.conditional_power, st.predictive_power):
            with pytest.raises(st.StatisticsRefusal):
                call(1.0, t, 2.0)


def test_predictive_power_is_surest_when_little_is_left():
    # Where z/√t exceeds the bound by d the power is Φ(d·√(t/(1 - t))): d = 1 and t = ½, ⁴/₅ and ⁹/₁₀.
    for t, sure in ((0.5, 1.0), (0.8, 2.0), (0.9, 3.0)):
        found = st.predictive_power(3.0 * math.sqrt(t), t, 2.0)
        assert found == pytest.approx(math.erfc(-sure / math.sqrt(2)) / 2)
        assert st.predictive_power(1.0 * math.sqrt(t), t, 2.0) == pytest.approx(1 - found)


def test_the_prediction_of_two_arms_that_both_respond_throughout():
    for threshold in (0.3, 0.45, 0.6):
        total = 0.0
        for k1 in range(3):
            for k2 in range(4):
                # All of five responded: k of m more have probability C(m, k)·B(6 + k, 1 + m - k)/B(6, 1).
                mass = 1.0
                for k, m in ((k1, 2), (k2, 3)):
                    mass *= (
                        math.comb(m, k) * 6 * math.gamma(6 + k) * math.gamma(1 + m - k) / math.gamma(7 + m)
                    )
                won = st.posterior_probability((5 + k1, 7, 5 + k2, 8)) > threshold
                total += mass * won
        assert st.predictive_probability((5, 5, 5, 5), (7, 8), threshold) == pytest.approx(total)


def test_a_graph_passes_the_level_as_weighted_bonferroni_tests_do():
    # Bretz et al. (2011), Biometrical Journal 53:894-913: the closed test whose intersections weigh as the graph
    # does when all hypotheses outside are rejected; the order of rejection does not matter.
    graph = st.Graph((0.6, 0.3, 0.1), ((0.0, 0.7, 0.3), (0.4, 0.0, 0.6), (1.0, 0.0, 0.0)))
    rng = np.random.default_rng(4)

    def weights(left):
        w, g = list(graph.weights), [list(row) for row in graph.transitions]
        for j in set(range(3)) - set(left):
            new = [[0.0] * 3 for _ in range(3)]
            for k in range(3):
                for m in range(3):
                    if k not in (j, m) and m != j and g[k][j] * g[j][k] < 1:
                        new[k][m] = (g[k][m] + g[k][j] * g[j][m]) / (1 - g[k][j] * g[j][k])
            w = [0.0 if k == j else w[k] + w[j] * g[j][k] for k in range(3)]
            g = new
        return w

    subsets = [[0], [1], [2], [0, 1], [0, 2], [1, 2], [0, 1, 2]]
    for p in [*rng.random((20, 3)), [0.01, 0.01, 0.5], [0.0, 1.0, 0.02]]:
        local = {
            tuple(s): min((p[i] / weights(s)[i] for i in s if weights(s)[i] > 0), default=1.0)
            for s in subsets
        }
        closed = [min(1.0, max(local[tuple(s)] for s in subsets if j in s)) for j in range(3)]
        assert st.graphical(list(p), graph) == pytest.approx(closed)
