"""A missing binary response: counted as non-response, imputed at random, or as if on the reference treatment.

Sources: Rubin (1987), Multiple Imputation, 5.2-5.3; White et al. (2011), Statistics in Medicine 30:377-399,
for draws of a logistic model; Yan, Lee and Li (2009), Drug Information Journal 43:379-388, for the table of
all completions. Non-response is checked by counting, multiple imputation against complete data and a long
run of draws.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from trialist.statistics.continuous import Effect
from trialist.statistics.imputation import rubin
from trialist.statistics.logistic import logistic_regression
from trialist.statistics.results import StatisticsRefusal, Stratum
from trialist.statistics.stratified import mh_risk_difference, sato_variance

Array = NDArray[np.float64]
Assumption = Literal["MAR", "reference"]


@dataclass(frozen=True)
class BinaryOutcome:
    """Participants' responses.

    Attributes:
        response: 1, 0, or NaN where missing.
        arm: 0 for the reference arm, 1 for the other.
        stratum: A number per stratum; strata are compared within.
        covariates: One row per participant, for the imputation model; may have no column.
    """

    response: Array
    arm: Array
    stratum: Array
    covariates: Array

    def tables(self, response: Array | None = None) -> list[Stratum]:
        """(x1, n1, x0, n0) of each stratum; responses that are missing are left out."""
        y = self.response if response is None else response
        return [self._table(y, self.stratum == one) for one in np.unique(self.stratum)]

    def _table(self, y: Array, here: NDArray[np.bool_]) -> Stratum:
        known = here & ~np.isnan(y)
        one, zero = y[known & (self.arm == 1)], y[known & (self.arm == 0)]
        return int(one.sum()), len(one), int(zero.sum()), len(zero)


def non_responder_imputed(data: BinaryOutcome) -> list[Stratum]:
    """The tables with every missing response counted as non-response."""
    return data.tables(np.nan_to_num(data.response, nan=0.0))


def multiple_binary_imputation(
    data: BinaryOutcome,
    rng: np.random.Generator,
    assumption: Assumption = "MAR",
    delta: float = 0.0,
    draws: int = 100,
) -> Effect:
    """The pooled Mantel-Haenszel risk difference after multiple imputation.

    Without covariates each arm's probability is drawn from its Beta(x + ½, n - x + ½); with them,
    coefficients of a logistic regression on arm and covariates from their normal approximation.

    Args:
        data: The responses.
        rng: Where the draws come from.
        assumption: `MAR`, or `reference`: missing responses of arm 1 arise as in the reference arm.
        delta: Added to the log odds of imputed responses of arm 1.
        draws: Number of imputations.

    Raises:
        StatisticsRefusal: `separation` when the logistic model has no maximum; `empty_arm`.
    """
    effects = []
    for complete in completed_responses(data, rng, assumption, delta, draws):
        tables = data.tables(complete)
        estimate = mh_risk_difference(tables).estimate or 0.0
        effects.append(Effect(estimate, math.sqrt(max(sato_variance(tables), 0.0)), math.inf))
    return rubin(effects)


def completed_responses(
    data: BinaryOutcome,
    rng: np.random.Generator,
    assumption: Assumption = "MAR",
    delta: float = 0.0,
    draws: int = 100,
) -> Array:
    """The completed responses behind `multiple_binary_imputation`: draws by participants.

    Raises:
        StatisticsRefusal: as there.
    """
    gone = np.isnan(data.response)
    draw = _beta_draw(data) if data.covariates.shape[1] == 0 else _logistic_draw(data)
    acting = np.where(assumption == "reference", 0.0, data.arm[gone])
    complete = np.repeat(data.response[None, :], draws, axis=0)
    for row in complete:
        log_odds = draw(rng, acting, data.covariates[gone]) + delta * (data.arm[gone] == 1)
        row[gone] = rng.random(int(gone.sum())) < 1 / (1 + np.exp(-log_odds))
    return complete


_Draw = Callable[[np.random.Generator, Array, Array], Array]


def _beta_draw(data: BinaryOutcome) -> _Draw:
    tables = np.array(data.tables()).sum(axis=0)
    seen = {1.0: tables[:2], 0.0: tables[2:]}
    if 0 in (seen[1.0][1], seen[0.0][1]):
        raise StatisticsRefusal("empty_arm", "an arm has no observed response")

    def draw(rng: np.random.Generator, arm: Array, _: Array) -> Array:
        p = {a: rng.beta(x + 0.5, n - x + 0.5) for a, (x, n) in seen.items()}
        return np.array([math.log(p[a] / (1 - p[a])) for a in arm.tolist()])

    return draw


def _logistic_draw(data: BinaryOutcome) -> _Draw:
    known = ~np.isnan(data.response)
    design = np.column_stack([np.ones(len(data.arm)), data.arm, data.covariates])
    fit = logistic_regression(data.response[known], design[known])
    root = np.linalg.cholesky(fit.covariance)

    def draw(rng: np.random.Generator, arm: Array, covariates: Array) -> Array:
        beta = fit.coefficients + root @ rng.standard_normal(len(root))
        result: Array = np.column_stack([np.ones(len(arm)), arm, covariates]) @ beta
        return result

    return draw


def completions(observed: Stratum, missing: tuple[int, int], p_value: Callable[[Stratum], float]) -> Array:
    """The p-value of every way to complete a table: entry [k1, k2] with so many responders among the missing.

    Args:
        observed: (x1, n1, x2, n2) of those observed.
        missing: How many are missing in each arm.
        p_value: The test; a refused one counts as 1.
    """
    x1, n1, x2, n2 = observed
    found = np.ones((missing[0] + 1, missing[1] + 1))
    for k1 in range(missing[0] + 1):
        for k2 in range(missing[1] + 1):
            found[k1, k2] = _or_one(p_value, (x1 + k1, n1 + missing[0], x2 + k2, n2 + missing[1]))
    return found


def _or_one(p_value: Callable[[Stratum], float], table: Stratum) -> float:
    try:
        return p_value(table)
    except StatisticsRefusal:
        return 1.0
