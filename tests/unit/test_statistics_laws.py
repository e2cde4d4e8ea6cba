"""Random draws held to the moments that theory gives them, at numbers where every constant of the law shows."""

import math

import numpy as np
import pytest

from trialist import statistics as st
from trialist.statistics.augmentation import _drawn, _inverse_wishart, _patterns, _posterior, _started
from trialist.statistics.imputation import Model, _conditional, _fit, _resampled, impute

SIGMA = np.array([[1.0, 0.6, 0.3], [0.6, 2.0, 0.8], [0.3, 0.8, 1.5]])


def test_inverse_wishart_draws_have_the_mean_and_the_variance_of_their_law():
    # Mardia, Kent and Bibby (1979), Multivariate Analysis, 3.8: E = S/(df - p - 1), Var of a diagonal entry
    # 2·s²/((df - p - 1)²(df - p - 3)).
    df, size, rng = 14, 3, np.random.default_rng(1)
    draws = np.array([_inverse_wishart(SIGMA * 10, df, rng) for _ in range(6000)])
    mean = SIGMA * 10 / (df - size - 1)
    assert draws.mean(axis=0) == pytest.approx(mean, abs=0.03)
    variance = 2 * np.diag(mean) ** 2 / (df - size - 3)
    assert draws.var(axis=0).diagonal() == pytest.approx(variance, rel=0.12)


def test_a_visit_without_residuals_keeps_a_covariance():
    drawn = _inverse_wishart(np.diag([1.0, 0.0]), 12, np.random.default_rng(1))
    assert np.isfinite(drawn).all()
    assert 0 <= drawn[1, 1] < 1e-9 < drawn[0, 0] < 1


def test_parameters_given_complete_data_have_the_posterior_of_multivariate_regression():
    # p(B, Σ) ∝ |Σ|^-(v+1)/2: Σ is inverse Wishart with n - k degrees of freedom, vec(B) normal with Σ ⊗ (X'X)⁻¹.
    rng = np.random.default_rng(2)
    n, width, visits = 15, 2, 2
    x = np.column_stack([np.ones(n), np.arange(n) % 2])
    y = rng.multivariate_normal([1.0, 3.0], SIGMA[:2, :2], n) + np.outer(x[:, 1], [0.5, 2.0])
    center = np.linalg.lstsq(x, y, rcond=None)[0]
    residual = y - x @ center
    mean = residual.T @ residual / (n - width - visits - 1)
    models = [_posterior(y, x, rng) for _ in range(6000)]
    slopes = np.array([one.coefficients.T.ravel() for one in models])
    assert slopes.mean(axis=0) == pytest.approx(center.ravel(), abs=0.04)
    assert np.array([one.sigma for one in models]).mean(axis=0) == pytest.approx(mean, rel=0.05, abs=0.03)
    spread = np.kron(np.linalg.inv(x.T @ x), mean)
    assert np.cov(slopes.T) == pytest.approx(spread, abs=0.06 * spread.max())


def many(row, n=20_000):
    """So many participants with the same outcomes."""
    return st.Longitudinal(np.tile(row, (n, 1)), np.zeros(n), np.zeros((n, 0)))


@pytest.mark.parametrize("way", ["at once", "one by one"])
def test_what_is_missing_is_drawn_from_its_conditional_normal_law(way):
    # Σ₁₁ - Σ₁₂Σ₂₂⁻¹Σ₂₁ about μ₁ + Σ₁₂Σ₂₂⁻¹(y₂ - μ₂), entry by entry in fractions: y₂ is the second visit alone.
    model = Model(np.array([[1.0, 0.0], [2.0, 0.0], [3.0, 0.0]]), SIGMA)
    data = many([np.nan, 3.0, np.nan], 20_000 if way == "at once" else 4000)
    rng = np.random.default_rng(3)
    if way == "at once":
        means = np.tile([1.0, 2.0, 3.0], (20_000, 1))
        drawn = _drawn(data, model, means, _patterns(data), rng)
    else:
        drawn = impute(data, model, rng=rng)
    assert (drawn[:, 1] == 3.0).all()
    lost = drawn[:, [0, 2]]
    assert lost.mean(axis=0) == pytest.approx([1 + 0.6 / 2, 3 + 0.8 / 2], abs=0.06)
    law = np.array([[1 - 0.36 / 2, 0.3 - 0.48 / 2], [0.3 - 0.48 / 2, 1.5 - 0.64 / 2]])
    assert np.cov(lost.T) == pytest.approx(law, abs=0.07)
    gone = np.array([True, False, True])
    expected = _conditional(np.array([np.nan, 3.0, np.nan]), np.array([1.0, 2.0, 3.0]), SIGMA, gone, None)
    assert expected == pytest.approx([1.3, 3.4])


def test_a_penalty_falls_on_what_was_imputed_in_arm_1():
    model = Model(np.array([[1.0, 10.0], [2.0, 20.0]]), SIGMA[:2, :2])
    data = st.Longitudinal(np.array([[1.0, np.nan], [11.0, np.nan]]), np.array([0.0, 1.0]), np.zeros((2, 0)))
    assert impute(data, model, delta=-3.0) == pytest.approx(np.array([[1, 2], [11, 22 - 3]]))


def test_completion_begins_at_the_regression_of_each_visit():
    rng = np.random.default_rng(4)
    x = np.column_stack([np.ones(12), np.arange(12) % 2, rng.normal(size=12)])
    truth = x @ np.array([[1.0, 2.0], [3.0, -1.0], [0.5, 0.25]])
    outcomes = truth.copy()
    outcomes[[2, 7], 1] = np.nan
    begun = _started(st.Longitudinal(outcomes, x[:, 1], x[:, 2:]), x)
    assert begun == pytest.approx(truth)


@pytest.mark.parametrize(("participants", "enough"), [(9, True), (8, False)])
def test_a_visit_needs_its_mean_parameters_and_twice_the_visits(participants, enough):
    rng = np.random.default_rng(5)
    arm = np.arange(participants) % 2.0
    data = st.Longitudinal(rng.normal(size=(participants, 3)), arm, rng.normal(size=(participants, 1)))
    if enough:
        assert st.augmented(data, rng, 2)["MAR"].shape == (2, 9, 3)
    else:
        with pytest.raises(st.StatisticsRefusal, match="too few values"):
            st.augmented(data, rng, 2)


def responses(seen1, seen0, missing, covariates=0):
    """Responses of arm 1 and arm 0, then so many missing ones in each arm."""
    response = np.concatenate(
        [np.repeat([1.0, 0.0], seen) for seen in (seen1, seen0)] + [[np.nan] * missing * 2]
    )
    arm = np.repeat([1.0, 0.0, 1.0, 0.0], [sum(seen1), sum(seen0), missing, missing])
    extra = np.random.default_rng(6).normal(size=(len(arm), covariates))
    return st.BinaryOutcome(response, arm, np.ones(len(arm)), extra)


def test_a_missing_response_is_beta_binomial_with_jeffreyss_prior():
    # Of two missing in an arm with x of n: mean q = (x + ½)/(n + 1), both respond q·(x + 3/2)/(n + 2).
    data = responses((0, 3), (2, 1), 2)
    drawn = st.completed_responses(data, np.random.default_rng(7), draws=6000)[:, -4:]
    both = [drawn[:, :2].all(axis=1).mean(), drawn[:, 2:].all(axis=1).mean()]
    assert drawn.mean(axis=0) == pytest.approx([0.5 / 4] * 2 + [2.5 / 4] * 2, abs=0.02)
    assert both == pytest.approx([0.5 / 4 * 1.5 / 5, 2.5 / 4 * 3.5 / 5], abs=0.02)


@pytest.mark.parametrize("covariates", [0, 1])
def test_imputed_odds_are_the_observed_ones_times_what_is_assumed(covariates):
    data = responses((3000, 9000), (8000, 4000), 500, covariates)
    for assumption, delta, odds1 in (("MAR", 0.0, 1 / 3), ("MAR", math.log(6), 2.0), ("reference", 0.0, 2.0)):
        drawn = st.completed_responses(data, np.random.default_rng(8), assumption, delta, 40)[:, -1000:]
        assert drawn[:, :500].mean() == pytest.approx(odds1 / (1 + odds1), abs=0.015)
        assert drawn[:, 500:].mean() == pytest.approx(2 / 3, abs=0.015)


def test_a_coefficient_varies_between_imputations_as_its_estimate_does():
    # Without covariates that matter, each arm's log odds have variance 1/x + 1/(n - x).
    data = responses((30, 30), (40, 20), 1500, 1)
    data.covariates[:] = np.tile([-1.0, 1.0], len(data.arm))[: len(data.arm), None]
    shares = st.completed_responses(data, np.random.default_rng(9), draws=500)[:, -3000:-1500].mean(axis=1)
    log_odds = np.log(shares / (1 - shares))
    assert log_odds.std() == pytest.approx(math.sqrt(1 / 30 + 1 / 30 + 4 / 1500), rel=0.15)


def test_pooled_responses_have_rubins_variance():
    data = responses((6, 6), (3, 9), 4)
    drawn = st.completed_responses(data, np.random.default_rng(3), draws=30)
    tables = [data.tables(row) for row in drawn]
    effects = [
        st.Effect(st.mh_risk_difference(one).estimate, math.sqrt(st.sato_variance(one)), math.inf)
        for one in tables
    ]
    assert st.multiple_binary_imputation(data, np.random.default_rng(3), draws=30) == st.rubin(effects)


def test_participants_are_drawn_anew_within_their_arms():
    arm = np.array([0.0] * 7 + [1.0] * 3)
    data = st.Longitudinal(np.zeros((10, 1)), arm, np.zeros((10, 0)))
    chosen = [_resampled(data, np.random.default_rng(seed)) for seed in range(60)]
    assert all(arm[rows].tolist() == arm.tolist() for rows in chosen)
    assert len({tuple(rows) for rows in chosen}) > 50
    assert set(np.concatenate(chosen).tolist()) == set(range(10))


def two_visits():
    rng = np.random.default_rng(11)
    outcomes = rng.normal(size=(16, 2)) + rng.normal(size=(16, 1))
    outcomes[[3, 8, 13], 1] = np.nan
    return st.Longitudinal(outcomes, np.arange(16) % 2.0, np.zeros((16, 0)))


def test_bootstrap_errors_are_standard_deviations_of_the_samples_effects():
    data, rng = two_visits(), np.random.default_rng(12)
    found = st.conditional_mean_bootstrap(data, np.random.default_rng(12), "JR", 0.3, draws=4)
    effects = [st.conditional_mean_effects(data.only(_resampled(data, rng)), "JR", 0.3) for _ in range(4)]
    assert found.standard_errors == pytest.approx(np.sqrt(np.var(effects, axis=0, ddof=1)))
    assert found.estimates == pytest.approx(st.conditional_mean_effects(data, "JR", 0.3))


def test_multiple_imputation_pools_analyses_of_what_was_drawn():
    data, rng = two_visits(), np.random.default_rng(13)
    found = st.multiple_imputation(data, np.random.default_rng(13), "JR", -0.5, draws=3)
    by_visit = [[], []]
    for _ in range(3):
        complete = impute(data, _fit(data.only(_resampled(data, rng))), "JR", -0.5, rng)
        for visit, column in enumerate(complete.T):
            by_visit[visit].append(st.mean_difference(column[1::2], column[::2], equal_variances=True))
    for one, effects in zip(found, by_visit, strict=True):
        pooled = st.rubin(effects)
        assert (one.estimate, one.se, one.df) == pytest.approx((pooled.estimate, pooled.se, pooled.df))


def test_the_jackknife_leaves_out_everybody_once():
    rng = np.random.default_rng(10)
    y, arm = rng.normal(size=12), np.arange(12) % 2.0
    data = st.Longitudinal(y[:, None], arm, np.zeros((12, 0)))
    full = y[arm == 1].mean() - y[arm == 0].mean()
    moved = []
    for i in range(12):
        kept = np.arange(12) != i
        moved.append(y[kept & (arm == 1)].mean() - y[kept & (arm == 0)].mean())
    variance = 11 / 12 * sum((one - np.mean(moved)) ** 2 for one in moved)
    found = st.conditional_mean_jackknife(data)
    assert found.estimates == pytest.approx((full,))
    assert found.standard_errors == pytest.approx((math.sqrt(variance),))
    z = full / math.sqrt(variance)
    assert found.p == pytest.approx((math.erfc(abs(z) / math.sqrt(2)),))
    interval = found.interval(0, 0.9)
    assert (interval.low, interval.high) == pytest.approx(
        (full - 1.6448536269514722 * math.sqrt(variance), full + 1.6448536269514722 * math.sqrt(variance))
    )
