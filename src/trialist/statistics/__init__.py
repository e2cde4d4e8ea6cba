"""Numerical methods that know no trial (line 1).

Importing this package loads nothing; a name loads its module when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trialist.statistics.fisher import R_TOLERANCE as R_TOLERANCE
    from trialist.statistics.fisher import conditional_odds_ratio as conditional_odds_ratio
    from trialist.statistics.fisher import exact_conditional_test as exact_conditional_test
    from trialist.statistics.fisher import fisher_test as fisher_test
    from trialist.statistics.logistic import logistic_regression as logistic_regression
    from trialist.statistics.paired import mcnemar as mcnemar
    from trialist.statistics.paired import mcnemar_exact as mcnemar_exact
    from trialist.statistics.results import Interval as Interval
    from trialist.statistics.results import StatisticsRefusal as StatisticsRefusal
    from trialist.statistics.results import TestResult as TestResult
    from trialist.statistics.score import score_interval as score_interval
    from trialist.statistics.score import score_test as score_test
    from trialist.statistics.score import stratified_score_interval as stratified_score_interval
    from trialist.statistics.single_proportion import agresti_coull as agresti_coull
    from trialist.statistics.single_proportion import clopper_pearson as clopper_pearson
    from trialist.statistics.single_proportion import jeffreys as jeffreys
    from trialist.statistics.single_proportion import wilson as wilson
    from trialist.statistics.standardization import g_computation as g_computation
    from trialist.statistics.stratified import breslow_day as breslow_day
    from trialist.statistics.stratified import cmh_test as cmh_test
    from trialist.statistics.stratified import mh_odds_ratio as mh_odds_ratio
    from trialist.statistics.stratified import mh_risk_difference as mh_risk_difference
    from trialist.statistics.stratified import mh_risk_ratio as mh_risk_ratio
    from trialist.statistics.stratified import stratified_newcombe as stratified_newcombe
    from trialist.statistics.two_proportions import agresti_caffo as agresti_caffo
    from trialist.statistics.two_proportions import chi_square as chi_square
    from trialist.statistics.two_proportions import newcombe as newcombe
    from trialist.statistics.two_proportions import wald_difference as wald_difference
    from trialist.statistics.two_proportions import z_pooled as z_pooled

_NAMES = {
    "fisher": "R_TOLERANCE conditional_odds_ratio exact_conditional_test fisher_test",
    "logistic": "logistic_regression",
    "paired": "mcnemar mcnemar_exact",
    "results": "Interval StatisticsRefusal TestResult",
    "score": "score_interval score_test stratified_score_interval",
    "single_proportion": "agresti_coull clopper_pearson jeffreys wilson",
    "standardization": "g_computation",
    "stratified": "breslow_day cmh_test mh_odds_ratio mh_risk_difference mh_risk_ratio stratified_newcombe",
    "two_proportions": "agresti_caffo chi_square newcombe wald_difference z_pooled",
}
_HOME = {name: module for module, names in _NAMES.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    """The public name from the module it lives in (PEP 562)."""
    if name in _HOME:
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    raise AttributeError(name)


def __dir__() -> list[str]:
    """The public names."""
    return sorted(_HOME)
