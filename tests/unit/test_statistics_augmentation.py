"""Completing repeated measures from the posterior law, held to the factored posterior and to what it assumes."""

import numpy as np
import pytest

from trialist import statistics as st
from trialist.statistics import Longitudinal


def trial(seed=1, n=120, drop=0.3):
    """Three visits, correlated, rising in arm 1; whoever misses one misses all later ones, at random given the last."""
    rng = np.random.default_rng(seed)
    arm = np.arange(n) % 2.0
    baseline = rng.normal(4, 0.3, n)
    shared = rng.normal(0, 0.3, n)
    outcomes = np.column_stack(
        [baseline + shared + arm * rise + rng.normal(0, 0.2, n) for rise in (0.1, 0.4, 0.8)]
    )
    for visit in (1, 2):
        leaves = rng.random(n) < drop * (outcomes[:, visit - 1] < np.median(outcomes[:, visit - 1]))
        outcomes[leaves, visit:] = np.nan
        outcomes[np.isnan(outcomes[:, visit - 1]), visit:] = np.nan
    return Longitudinal(outcomes, arm, baseline[:, None])


def factored(data, rng, draws):
    """The same posterior, visit by visit: a Bayesian linear regression on all before; exact where dropout is monotone.

    The degrees of freedom differ by a few of a hundred between the two priors: below what the comparison sees.
    """
    visits = data.outcomes.shape[1]
    found = []
    for _ in range(draws):
        complete = data.outcomes.copy()
        for visit in range(visits):
            design = np.column_stack([np.ones(len(data.arm)), data.arm, data.covariates, complete[:, :visit]])
            seen = ~np.isnan(data.outcomes[:, visit])
            x, y = design[seen], data.outcomes[seen, visit]
            inverse = np.linalg.inv(x.T @ x)
            center = inverse @ x.T @ y
            residual = y - x @ center
            variance = residual @ residual / rng.chisquare(len(y) - x.shape[1])
            slopes = rng.multivariate_normal(center, inverse * variance)
            gone = ~seen
            complete[gone, visit] = design[gone] @ slopes + rng.normal(0, variance**0.5, gone.sum())
        found.append(complete)
    return np.array(found)


def test_draws_have_the_law_of_the_factored_posterior():
    data = trial()
    gone = np.isnan(data.outcomes[:, 2])
    assert 15 < gone.sum() < 60
    ours = st.augmented(data, np.random.default_rng(2), 400)["MAR"][:, gone, 2]
    theirs = factored(data, np.random.default_rng(3), 2000)[:, gone, 2]
    spread = theirs.std(axis=0)
    assert np.abs((ours.mean(axis=0) - theirs.mean(axis=0)) / spread).max() < 0.3  # six standard errors
    assert np.abs(np.log(ours.std(axis=0) / spread)).max() < 0.25
    arm = data.arm[gone]
    for one in (0, 1):  # of the group's mean, whose error is smaller by far
        gap = ours[:, arm == one].mean() - theirs[:, arm == one].mean()
        assert abs(gap) < 4 * theirs[:, arm == one].mean(axis=1).std() * (1 / 400 + 1 / 2000) ** 0.5 * 1.5


def test_what_was_observed_stays_and_everything_is_completed():
    data = trial()
    seen = ~np.isnan(data.outcomes)
    for completed in st.augmented(data, np.random.default_rng(2), 5, ("MAR", "JR", "CIR")).values():
        assert completed.shape == (5, *data.outcomes.shape)
        assert np.isfinite(completed).all()
        assert (completed[:, seen] == data.outcomes[seen]).all()


def test_after_a_jump_to_reference_arm_1_is_drawn_as_arm_0():
    data = trial()
    gone = np.isnan(data.outcomes[:, 2]) & (data.arm == 1)
    found = st.augmented(data, np.random.default_rng(4), 300, ("MAR", "JR"))
    own, jumped = (found[name][:, gone, 2].mean() for name in ("MAR", "JR"))
    assert jumped < own - 0.15
    reference = np.isnan(data.outcomes[:, 2]) & (data.arm == 0)
    assert found["JR"][:, reference, 2].mean() == pytest.approx(
        found["MAR"][:, reference, 2].mean(), abs=0.05
    )


def test_a_penalty_moves_only_what_was_imputed_in_arm_1():
    data = trial()
    drawn = st.augmented(data, np.random.default_rng(5), 2)["MAR"]
    moved = st.penalized(drawn, data, -0.5) - drawn
    imputed = np.isnan(data.outcomes) & (data.arm == 1)[:, None]
    assert moved[:, imputed] == pytest.approx(-0.5)
    assert (moved[:, ~imputed] == 0).all()


def test_the_same_seed_gives_the_same_draws():
    data = trial()
    one, other = (st.augmented(data, np.random.default_rng(6), 3)["MAR"] for _ in range(2))
    assert (one == other).all()


@pytest.mark.parametrize("n", [4, 8])
def test_too_few_values_are_refused(n):
    with pytest.raises(st.StatisticsRefusal) as refused:
        st.augmented(trial(n=n), np.random.default_rng(1), 2)
    assert refused.value.code == "statistics.too_few_values"


def test_a_visit_of_one_arm_is_refused():
    data = trial()
    data.outcomes[data.arm == 1, 2] = np.nan
    with pytest.raises(st.StatisticsRefusal) as refused:
        st.augmented(data, np.random.default_rng(1), 2)
    assert refused.value.code == "statistics.collinear"
