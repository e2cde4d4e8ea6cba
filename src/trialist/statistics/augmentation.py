"""Repeated measures completed many times from the posterior law of a normal model, by data augmentation.

Outcomes of a participant are normal with visit-specific intercept, arm effect and slopes, and an unstructured
covariance; p(B, Σ) ∝ |Σ|^-(visits+1)/2. In turn, what is missing is drawn given the parameters, and the
parameters given the completed data: Σ inverse Wishart, B matrix normal. Sources: Tanner and Wong (1987), JASA
82:528-540; Schafer (1997), Analysis of Incomplete Multivariate Data, 5.4; reference-based means as in
`imputation`. Checked against draws of the factored posterior (one Bayesian regression per visit), which is exact
where whoever misses a visit misses all later ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trialist.statistics.imputation import Longitudinal, Model, Strategy, assumed_means
from trialist.statistics.results import StatisticsRefusal

Array = NDArray[np.float64]
Places = tuple[NDArray[Any], ...]
BURN, THIN = 50, 3
"""Rounds before the first draw that is kept, and from one to the next."""


def augmented(
    data: Longitudinal,
    rng: np.random.Generator,
    draws: int = 100,
    strategies: Sequence[Strategy] = ("MAR",),
) -> dict[Strategy, Array]:
    """Complete outcomes: for each strategy, draws by participants by visits.

    Args:
        data: What was observed. Participants without any visit are completed like the others.
        rng: Where the draws come from.
        draws: How many completed data sets.
        strategies: What is assumed of participants after they depart; the parameters are drawn under MAR.

    Raises:
        StatisticsRefusal: `too_few_values` where a visit has fewer values than mean parameters and twice the visits;
            `collinear`; `not_converged`.
    """
    predictors = np.column_stack([np.ones(len(data.arm)), data.arm, data.covariates])
    _check(data, predictors)
    try:
        return _chain(data, predictors, rng, draws, strategies)
    except np.linalg.LinAlgError:
        raise StatisticsRefusal("not_converged", "a drawn covariance is not positive definite") from None


def _chain(
    data: Longitudinal,
    predictors: Array,
    rng: np.random.Generator,
    draws: int,
    strategies: Sequence[Strategy],
) -> dict[Strategy, Array]:
    """Draws of what is missing and of the parameters, in turn."""
    patterns = _patterns(data)
    complete = _started(data, predictors)
    kept: dict[Strategy, list[Array]] = {strategy: [] for strategy in strategies}
    for turn in range(BURN + draws * THIN):
        model = _posterior(complete, predictors, rng)
        complete = _drawn(data, model, assumed_means(data, model, "MAR"), patterns, rng)
        if turn >= BURN and (turn - BURN) % THIN == THIN - 1:
            for strategy in strategies:
                means = assumed_means(data, model, strategy)
                own = strategy == "MAR"
                kept[strategy].append(complete if own else _drawn(data, model, means, patterns, rng))
    return {strategy: np.array(found) for strategy, found in kept.items()}


def _check(data: Longitudinal, predictors: Array) -> None:
    visits, width = data.outcomes.shape[1], predictors.shape[1]
    for column in data.outcomes.T:
        seen = ~np.isnan(column)
        if int(seen.sum()) < width + 2 * visits:
            raise StatisticsRefusal("too_few_values", "a visit has too few values for the imputation model")
        if np.linalg.matrix_rank(predictors[seen]) < width:
            raise StatisticsRefusal("collinear", "at a visit arm and covariates say the same thing")


@dataclass(frozen=True)
class _Pattern:
    """Participants who miss the same visits, as places in the outcomes and in the covariance."""

    who: int
    own: tuple[Places, ...]
    """Of the outcomes: what is seen, what is missing."""
    covariance: tuple[Places, ...]
    """Seen by seen, seen by missing, missing by missing."""


def _patterns(data: Longitudinal) -> list[_Pattern]:
    """Everybody who misses some visit, pattern by pattern."""
    gone = np.isnan(data.outcomes)
    found = []
    for lost in np.unique(gone, axis=0):
        who, here = np.flatnonzero((gone == lost).all(axis=1)), ~lost
        if lost.any():
            own = (np.ix_(who, here), np.ix_(who, lost))
            found.append(
                _Pattern(len(who), own, (np.ix_(here, here), np.ix_(here, lost), np.ix_(lost, lost)))
            )
    return found


def _started(data: Longitudinal, predictors: Array) -> Array:
    """Missing values at their visit's regression on arm and covariates."""
    complete = data.outcomes.copy()
    for visit, column in enumerate(data.outcomes.T):
        seen = ~np.isnan(column)
        slopes = np.linalg.lstsq(predictors[seen], column[seen], rcond=None)[0]
        complete[~seen, visit] = predictors[~seen] @ slopes
    return complete


def _posterior(complete: Array, predictors: Array, rng: np.random.Generator) -> Model:
    """One draw of the parameters given complete data."""
    inverse = np.linalg.inv(predictors.T @ predictors)
    center = inverse @ predictors.T @ complete
    residual: Array = complete - predictors @ center
    sigma = _inverse_wishart(residual.T @ residual, len(complete) - predictors.shape[1], rng)
    noise = rng.standard_normal(center.shape)
    slopes = center + np.linalg.cholesky(inverse) @ noise @ np.linalg.cholesky(sigma).T
    return Model(slopes.T, sigma)


def _inverse_wishart(scale: Array, df: int, rng: np.random.Generator) -> Array:
    """One draw, by Bartlett's decomposition of the Wishart law of the inverse."""
    size = len(scale)
    below = np.tril(rng.standard_normal((size, size)), -1)
    triangle = below + np.diag(np.sqrt(rng.chisquare(df - np.arange(size))))
    # Degenerate residuals (a visit that a regression fits exactly) keep a matrix by a ridge far below them.
    ridge = (1e-12 * float(np.trace(scale)) / size + 1e-300) * np.eye(size)
    root = np.linalg.cholesky(np.linalg.inv(scale + ridge)) @ triangle
    result: Array = np.linalg.inv(root @ root.T)
    return result


def _drawn(
    data: Longitudinal, model: Model, means: Array, patterns: Sequence[_Pattern], rng: np.random.Generator
) -> Array:
    """What is missing, drawn from its normal law given what was observed."""
    complete = data.outcomes.copy()
    for pattern in patterns:
        (seen, missing), (inner, across, outer) = pattern.own, pattern.covariance
        between = model.sigma[across]
        slope = np.linalg.solve(model.sigma[inner], between).T
        root = np.linalg.cholesky(model.sigma[outer] - slope @ between)
        noise = rng.standard_normal((pattern.who, len(root))) @ root.T
        complete[missing] = means[missing] + (data.outcomes[seen] - means[seen]) @ slope.T + noise
    return complete


def penalized(completed: Array, data: Longitudinal, delta: float) -> Array:
    """The draws with `delta` added to what was imputed in arm 1."""
    result: Array = completed + delta * (np.isnan(data.outcomes) & (data.arm == 1)[:, None])
    return result
