"""Missing repeated measures: imputed at random or as if the reference treatment had been taken.

The imputation model is a repeated-measures model with visit-specific intercept, arm effect and covariate
slopes and an unstructured covariance. From the first visit after a participant departs, their mean becomes,
by strategy, MAR own arm's; JR (jump to reference) the reference's; CR (copy reference) the reference's at
all visits; CIR (copy increments in reference) own arm's at the last visit before, plus the reference's
increments since. Missing values then follow the normal law given those observed.

Sources: Carpenter, Roger and Kenward (2013), J Biopharm Stat 23:1352-1371; Wolbers et al. (2022),
Pharmaceutical Statistics 21:1246-1257, for conditional means with the jackknife or bootstrap; Rubin (1987),
Multiple Imputation. Checked against R rbmi (conditional mean, jackknife: MAR and JR) and, for the other
strategies, hand calculation.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from trialist.statistics import normal
from trialist.statistics.continuous import Effect, ancova
from trialist.statistics.repeated import fit_mmrm
from trialist.statistics.results import Interval, StatisticsRefusal

Array = NDArray[np.float64]
Strategy = Literal["MAR", "JR", "CR", "CIR"]


@dataclass(frozen=True)
class Longitudinal:
    """Participants' outcomes by visit.

    Attributes:
        outcomes: One row per participant, one column per visit; NaN where missing.
        arm: 0 for the reference arm, 1 for the other.
        covariates: One row per participant; may have no column.
        departed: Of each participant, the first visit (0, 1, …) at which a reference-based strategy holds;
            the number of visits for nobody's departure. By default the visit after the last observed one.
    """

    outcomes: Array
    arm: Array
    covariates: Array
    departed: NDArray[np.intp] | None = None

    def __post_init__(self) -> None:
        n, _ = self.outcomes.shape
        if len(self.arm) != n or self.covariates.shape[0] != n:
            raise StatisticsRefusal("bad_shape", "outcomes, arm and covariates have one row per participant")

    @property
    def departures(self) -> NDArray[np.intp]:
        """The first affected visit of each participant."""
        if self.departed is not None:
            return self.departed
        seen = ~np.isnan(self.outcomes)
        visits = seen.shape[1]
        last = np.where(seen.any(axis=1), visits - np.argmax(seen[:, ::-1], axis=1), 0)
        return last.astype(np.intp)

    def only(self, rows: NDArray[np.intp]) -> "Longitudinal":
        """These participants, in this order, repetitions allowed."""
        return Longitudinal(self.outcomes[rows], self.arm[rows], self.covariates[rows], self.departures[rows])


@dataclass(frozen=True)
class Model:
    """Means by visit and covariance of the imputation model."""

    coefficients: Array
    sigma: Array

    def means(self, arm: Array, covariates: Array) -> Array:
        """Expected outcomes, participants by visits."""
        predictors = np.column_stack([np.ones(len(arm)), arm, covariates])
        result: Array = predictors @ self.coefficients.T
        return result


def _fit(data: Longitudinal) -> Model:
    """Fit the imputation model by REML to what was observed."""
    seen = ~np.isnan(data.outcomes)
    who, visit = np.nonzero(seen)
    predictors = np.column_stack([np.ones(len(data.arm)), data.arm, data.covariates])[who]
    visits = data.outcomes.shape[1]
    design = np.zeros((len(who), visits, predictors.shape[1]))
    design[np.arange(len(who)), visit] = predictors
    fit = fit_mmrm(data.outcomes[seen], design.reshape(len(who), -1), who.tolist(), visit.tolist())
    sigma = fit.sigma[None]
    assert sigma is not None
    return Model(fit.coefficients.reshape(visits, -1), sigma)


def assumed_means(data: Longitudinal, model: Model, strategy: Strategy) -> Array:
    """Each participant's mean under the strategy."""
    own = model.means(data.arm, data.covariates)
    reference = model.means(np.zeros(len(data.arm)), data.covariates)
    visits = own.shape[1]
    since = data.departures
    after = np.arange(visits)[None, :] >= since[:, None]
    if strategy == "MAR":
        return own
    if strategy == "CR":
        return np.where((since < visits)[:, None], reference, own)
    shifted = reference
    if strategy == "CIR":
        last = np.maximum(since - 1, 0)[:, None]
        gap = np.take_along_axis(own - reference, last, axis=1)
        shifted = reference + np.where(since[:, None] > 0, gap, 0.0)
    return np.where(after, shifted, own)


def impute(
    data: Longitudinal,
    model: Model,
    strategy: Strategy = "MAR",
    delta: float = 0.0,
    rng: np.random.Generator | None = None,
) -> Array:
    """Complete outcomes: conditional means, or with a random source draws from the conditional law.

    `delta` is added to the imputed values of arm 1.
    """
    complete = data.outcomes.copy()
    means = assumed_means(data, model, strategy)
    for i, row in enumerate(data.outcomes):
        gone = np.isnan(row)
        if gone.any():
            complete[i, gone] = _conditional(row, means[i], model.sigma, gone, rng) + delta * (
                data.arm[i] == 1
            )
    return complete


def _conditional(
    row: Array, mean: Array, sigma: Array, gone: NDArray[np.bool_], rng: np.random.Generator | None
) -> Array:
    """The missing part given the observed one: its mean, or one draw."""
    here = ~gone
    slope = np.linalg.solve(sigma[np.ix_(here, here)], sigma[np.ix_(here, gone)]).T
    expected: Array = mean[gone] + slope @ (row[here] - mean[here])
    if rng is None:
        return expected
    spread = sigma[np.ix_(gone, gone)] - slope @ sigma[np.ix_(here, gone)]
    noise: Array = np.linalg.cholesky(spread) @ rng.standard_normal(int(gone.sum()))
    return expected + noise


@dataclass(frozen=True)
class ByVisit:
    """A treatment effect at each visit with normal inference."""

    estimates: tuple[float, ...]
    standard_errors: tuple[float, ...]

    @property
    def p(self) -> tuple[float, ...]:
        """Two-sided p-values."""
        pairs = zip(self.estimates, self.standard_errors, strict=True)
        return tuple(normal.p_value(estimate / se) for estimate, se in pairs)

    def interval(self, visit: int, level: float = 0.95) -> Interval:
        """The interval at a visit (0, 1, …)."""
        half = normal.critical(level) * self.standard_errors[visit]
        estimate = self.estimates[visit]
        return Interval(estimate, estimate - half, estimate + half, level, "conditional mean imputation")


def conditional_mean_effects(data: Longitudinal, strategy: Strategy = "MAR", delta: float = 0.0) -> Array:
    """The analysis-of-covariance effect at each visit after conditional mean imputation."""
    complete = impute(data, _fit(data), strategy, delta)
    return np.array([ancova(column, data.arm, data.covariates).estimate for column in complete.T])


def conditional_mean_jackknife(data: Longitudinal, strategy: Strategy = "MAR", delta: float = 0.0) -> ByVisit:
    """Conditional mean imputation with jackknife standard errors, (n-1)/n·Σ(θ₍₋ᵢ₎ - mean)². Deterministic."""
    n = len(data.arm)
    everybody = np.arange(n)
    left_out = np.array(
        [conditional_mean_effects(data.only(np.delete(everybody, i)), strategy, delta) for i in everybody]
    )
    variance = (n - 1) / n * ((left_out - left_out.mean(axis=0)) ** 2).sum(axis=0)
    estimates = conditional_mean_effects(data, strategy, delta)
    return ByVisit(tuple(estimates.tolist()), tuple(np.sqrt(variance).tolist()))


def conditional_mean_bootstrap(
    data: Longitudinal,
    rng: np.random.Generator,
    strategy: Strategy = "MAR",
    delta: float = 0.0,
    draws: int = 200,
) -> ByVisit:
    """Conditional mean imputation with bootstrap standard errors, participants drawn within arms."""
    effects = np.array(
        [conditional_mean_effects(data.only(_resampled(data, rng)), strategy, delta) for _ in range(draws)]
    )
    estimates = conditional_mean_effects(data, strategy, delta)
    return ByVisit(tuple(estimates.tolist()), tuple(effects.std(axis=0, ddof=1).tolist()))


def _resampled(data: Longitudinal, rng: np.random.Generator) -> NDArray[np.intp]:
    arms = [np.flatnonzero(data.arm == arm) for arm in np.unique(data.arm)]
    return np.concatenate([rng.choice(members, len(members)) for members in arms])


def multiple_imputation(
    data: Longitudinal,
    rng: np.random.Generator,
    strategy: Strategy = "MAR",
    delta: float = 0.0,
    draws: int = 50,
) -> tuple[Effect, ...]:
    """Multiple imputation, analysis of covariance at each visit, Rubin's rules.

    The model's parameters vary between imputations by refitting it to participants drawn anew within arms
    (approximate Bayesian imputation). For reference-based strategies Rubin's variance is conservative; the
    jackknife is not.
    """
    analyses: list[list[Effect]] = []
    for _ in range(draws):
        complete = impute(data, _fit(data.only(_resampled(data, rng))), strategy, delta, rng)
        analyses.append([ancova(column, data.arm, data.covariates) for column in complete.T])
    return tuple(rubin(by_visit) for by_visit in zip(*analyses, strict=True))


def rubin(effects: Iterable[Effect]) -> Effect:
    """Pool the effects of completed data sets.

    Total variance W + (1 + 1/M)·B; degrees of freedom by Barnard and Rubin (1999), Biometrika 86:948-955,
    from those of the complete data.

    Raises:
        StatisticsRefusal: `too_few_values` with fewer than two effects.
    """
    found = list(effects)
    if len(found) < 2:
        raise StatisticsRefusal("too_few_values", "Rubin's rules need two completed data sets")
    estimates = np.array([one.estimate for one in found])
    within, between = float(np.mean([one.se**2 for one in found])), float(estimates.var(ddof=1))
    extra = (1 + 1 / len(found)) * between
    total = within + extra
    whole = found[0].df
    if extra <= 1e-14 * total:
        return Effect(float(estimates.mean()), math.sqrt(total), whole)
    share = extra / total
    old = (len(found) - 1) / share**2
    seen = 1 - share if math.isinf(whole) else (whole + 1) / (whole + 3) * whole * (1 - share)
    df = old if math.isinf(whole) else 1 / (1 / old + 1 / seen)
    return Effect(float(estimates.mean()), math.sqrt(total), df)


@dataclass(frozen=True)
class Tipping:
    """Where a conclusion turns.

    Attributes:
        path: Each delta tried with its p-value.
        point: The first delta at which p exceeds alpha; None when none does.
    """

    path: tuple[tuple[float, float], ...]
    point: float | None


def tipping_point(p_value: Callable[[float], float], deltas: Sequence[float], alpha: float = 0.05) -> Tipping:
    """Repeat an analysis over penalties, from the mildest on, until significance is lost.

    Args:
        p_value: The analysis: delta → p-value, as `lambda d: conditional_mean_jackknife(data, "MAR",
            d).p[-1]`.
        deltas: In the order in which they grow less favorable.
        alpha: The level whose crossing counts.
    """
    path: list[tuple[float, float]] = []
    for delta in deltas:
        path.append((delta, p_value(delta)))
        if path[-1][1] > alpha:
            return Tipping(tuple(path), delta)
    return Tipping(tuple(path), None)
