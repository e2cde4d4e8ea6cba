"""Logistic regression by maximum likelihood, with a stated refusal where there is no maximum."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trialist.statistics import normal
from trialist.statistics.results import StatisticsRefusal

Array = NDArray[np.float64]
_ROUNDS, _TOLERANCE = 50, 1e-12
_SEPARATED = 1e-9  # a fitted probability this close to 0 or 1 is on its way there


@dataclass(frozen=True)
class LogisticFit:
    """A fitted logistic regression: coefficients in the order of the design's columns."""

    coefficients: Array
    covariance: Array
    deviance: float
    fitted: Array

    @property
    def standard_errors(self) -> Array:
        """Square roots of the covariance's diagonal."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def p(self) -> list[float]:
        """Wald's two-sided p-values against zero, by the normal distribution."""
        return [normal.p_value(float(z)) for z in self.coefficients / self.standard_errors]


def logistic_regression(response: Array, design: Array) -> LogisticFit:
    """Fit logit P(y = 1) = Xβ by iteratively reweighted least squares.

    Source: McCullagh and Nelder (1989), Generalized Linear Models, 2.5. The covariance is the inverse
    expected information. Assumes independent participants. Checked against R `glm`.

    Args:
        response: 0 or 1 per participant.
        design: One row per participant, the intercept among its columns.

    Raises:
        StatisticsRefusal: `separation` when a combination of columns predicts outcomes perfectly, so that no
            maximum exists; `collinear` when the columns are linearly dependent.
    """
    y, x = np.asarray(response, dtype=float), np.asarray(design, dtype=float)
    if np.linalg.matrix_rank(x) < x.shape[1]:
        raise StatisticsRefusal("collinear", "the columns of the design are linearly dependent")
    beta, deviance = np.zeros(x.shape[1]), np.inf
    for _ in range(_ROUNDS):
        fitted = 1 / (1 + np.exp(-np.clip(x @ beta, -700, 700)))
        previous, deviance = deviance, _deviance(y, fitted)
        weights = np.maximum(fitted * (1 - fitted), 1e-100)
        information = (x.T * weights) @ x
        if np.any(weights < _SEPARATED) and abs(previous - deviance) < _SEPARATED * (1 + deviance):
            break
        if abs(previous - deviance) < _TOLERANCE * (0.1 + deviance):
            return LogisticFit(beta, np.linalg.inv(information), deviance, fitted)
        beta = beta + np.linalg.solve(information, x.T @ (y - fitted))
    raise StatisticsRefusal(
        "separation", "the outcome is perfectly predicted", "use an exact or stratified method"
    )


def _deviance(y: Array, fitted: Array) -> float:
    likelihood = np.where(y == 1, fitted, 1 - fitted)
    return float(-2 * np.sum(np.log(np.maximum(likelihood, 1e-300))))
