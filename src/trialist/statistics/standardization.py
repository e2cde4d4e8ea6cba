"""Standardized (marginal) contrasts of a binary outcome by g-computation after logistic regression.

Each participant's probability is predicted under each arm; the averages μ1, μ0 over all participants are
contrasted. Consistent for the marginal effect in a randomized trial even where the regression is wrong (Ye's
variance), with all randomized participants' covariates known. Checked against R beeca.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from trialist.statistics import normal
from trialist.statistics.logistic import LogisticFit, logistic_regression
from trialist.statistics.results import Interval

Array = NDArray[np.float64]
Marginal = Literal["diff", "rr", "or", "logrr", "logor"]
Robust = Literal["HC0", "HC1", "HC2", "HC3", "model-based"]
"""White's covariance plain, times n/(n - p), or with residuals over √(1 - h) or 1 - h; or not robust at all."""


@dataclass(frozen=True)
class MarginalEffect:
    """A marginal contrast with its standard error, both on the contrast's own scale."""

    estimate: float
    se: float
    contrast: Marginal
    method: str
    proportions: tuple[float, float]

    def interval(self, level: float = 0.95) -> Interval:
        """Wald's interval on this scale; choose `logrr` or `logor` and exponentiate for a ratio."""
        half = normal.critical(level) * self.se
        return Interval(self.estimate, self.estimate - half, self.estimate + half, level, self.method)


def g_computation(
    response: Array,
    arm: Array,
    covariates: Array,
    method: Literal["Ge", "Ye"] = "Ye",
    contrast: Marginal = "diff",
    *,
    robust: Robust = "HC0",
) -> MarginalEffect:
    """The marginal effect of arm 1 against arm 0, adjusted for covariates.

    Args:
        response: 0 or 1.
        arm: 0 or 1, 1 the treatment.
        covariates: One row per participant, without intercept and arm; may have no column.
        method: Variance: `Ge` the delta method on the regression's sandwich covariance (Ge et al. 2011,
            Drug Information Journal 45:481-493), conditional on the covariates; `Ye` robust to a wrong model
            and counting the covariates' sampling (Ye et al. 2023, Statistical Theory and Related Fields
            7:159-163).
        contrast: `diff`, or a ratio or its logarithm.
        robust: Which sandwich `Ge` takes (MacKinnon and White 1985, Journal of Econometrics 29:305-325).

    Raises:
        StatisticsRefusal: as `logistic_regression`.
    """
    y, a = np.asarray(response, dtype=float), np.asarray(arm, dtype=float)
    rows = len(y)
    design, treated, untreated = (
        np.column_stack([np.ones(rows), column, covariates]) for column in (a, np.ones(rows), np.zeros(rows))
    )
    fit = logistic_regression(y, design)
    predicted = [1 / (1 + np.exp(-under @ fit.coefficients)) for under in (treated, untreated)]
    mean1, mean0 = (float(p.mean()) for p in predicted)
    if method == "Ge":
        slopes = np.array(
            [(p * (1 - p)) @ under / rows for p, under in zip(predicted, (treated, untreated), strict=True)]
        )
        covariance = slopes @ _sandwich(fit, y, design, robust) @ slopes.T
    else:
        covariance = _ye(y, a, predicted[0], predicted[1])
    estimate, gradient = _contrast(mean1, mean0, contrast)
    return MarginalEffect(
        estimate, math.sqrt(gradient @ covariance @ gradient), contrast, method, (mean1, mean0)
    )


def _sandwich(fit: LogisticFit, y: Array, design: Array, robust: Robust) -> Array:
    """The covariance of the coefficients: White's, or the inverse information."""
    if robust == "model-based":
        return fit.covariance
    rows, columns = design.shape
    residual = y - fit.fitted
    leverage = fit.fitted * (1 - fit.fitted) * np.einsum("ij,jk,ik->i", design, fit.covariance, design)
    residual = (
        residual
        * {
            "HC0": np.ones(rows),
            "HC1": np.full(rows, math.sqrt(rows / (rows - columns))),
            "HC2": 1 / np.sqrt(1 - leverage),
            "HC3": 1 / (1 - leverage),
        }[robust]
    )
    scores = design * residual[:, None]
    result: Array = fit.covariance @ (scores.T @ scores) @ fit.covariance
    return result


def _ye(y: Array, arm: Array, predicted1: Array, predicted0: Array) -> Array:
    """The covariance of the two standardized proportions (Ye et al. 2023, equation 3)."""
    predicted = {1: predicted1, 0: predicted0}
    inside = {a: arm == a for a in (1, 0)}

    def variance(a: int) -> float:
        here, mu = inside[a], predicted[a]
        residual = np.var(y[here] - mu[here], ddof=1) / here.mean()
        return float(residual + 2 * np.cov(y[here], mu[here])[0, 1] - np.var(mu, ddof=1))

    cross = (
        np.cov(y[inside[1]], predicted0[inside[1]])[0, 1]
        + np.cov(y[inside[0]], predicted1[inside[0]])[0, 1]
        - np.cov(predicted1, predicted0)[0, 1]
    )
    return np.array([[variance(1), cross], [cross, variance(0)]]) / len(y)


def _contrast(p1: float, p0: float, contrast: Marginal) -> tuple[float, Array]:
    """The contrast and its gradient in (p1, p0)."""
    odds1, odds0 = p1 / (1 - p1), p0 / (1 - p0)
    if contrast == "diff":
        return p1 - p0, np.array([1.0, -1.0])
    if contrast in ("rr", "logrr"):
        value, gradient = p1 / p0, np.array([1 / p1, -1 / p0])
    else:
        value, gradient = odds1 / odds0, np.array([1 / (p1 * (1 - p1)), -1 / (p0 * (1 - p0))])
    if contrast.startswith("log"):
        return math.log(value), gradient
    return value, value * gradient
